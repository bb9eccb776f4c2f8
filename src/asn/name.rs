//! The names of networks as people are shown them. Publishers take them from registries, where anybody may write anything.

/// The most letters of a name. Only few real ones are longer.
const LONGEST: usize = 120;

/// A name without blanks around it, entities of HTML, and what is no letter: control characters, and those that turn the
/// direction of writing or cannot be seen.
pub(super) fn cleaned(name: &str) -> String {
    let name = if name.contains('&') { without_entities(name) } else { name.to_owned() };
    let mut cleaned = String::with_capacity(name.len());
    for word in name.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|c| !is_unseen(*c)).collect();
        if !word.is_empty() {
            cleaned.push_str(if cleaned.is_empty() { "" } else { " " });
            cleaned.push_str(&word);
        }
    }
    match cleaned.char_indices().nth(LONGEST) {
        Some((end, _)) => cleaned[..end].trim_end().to_owned() + "…",
        None => cleaned,
    }
}

/// The same with each entity as the character that it stands for. What is none stays as it is.
fn without_entities(name: &str) -> String {
    /// No entity of a name is longer.
    const LONGEST_ENTITY: usize = 10;
    let (mut decoded, mut rest) = (String::with_capacity(name.len()), name);
    while let Some(start) = rest.find('&') {
        let behind = &rest[start + 1..];
        let entity = behind.find(';').filter(|end| *end <= LONGEST_ENTITY);
        let meant = entity.and_then(|end| Some((character(&behind[..end])?, end)));
        decoded.push_str(&rest[..start]);
        rest = if let Some((meant, end)) = meant {
            decoded.push(meant);
            &behind[end + 1..]
        } else {
            decoded.push('&');
            behind
        };
    }
    decoded + rest
}

fn character(entity: &str) -> Option<char> {
    let Some(number) = entity.strip_prefix('#') else {
        let named = [("amp", '&'), ("quot", '"'), ("apos", '\''), ("lt", '<'), ("gt", '>'), ("nbsp", ' ')];
        return named.into_iter().find(|(name, _)| *name == entity).map(|(_, meant)| meant);
    };
    let number = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    char::from_u32(number.ok()?)
}

/// True for a character that has no shape of its own: of Unicode's format characters, variation selectors and tags, and the
/// characters that have no meaning.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffd}' | '\u{e0000}'..='\u{e0fff}'
        | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_shown_as_their_owners_meant_them() {
        for (written, shown) in [
            ("OVH SAS", "OVH SAS"),
            ("  Leading \t blanks\u{a0}", "Leading blanks"),
            ("AT&amp;T", "AT&T"),
            ("AT&T; Q&A", "AT&T; Q&A"),
            ("&#8207;right&#x200F; to left", "right to left"),
            ("\u{202e}evil\u{202c}", "evil"),
            ("so\u{ad}ft", "soft"),
            ("a\u{0}b\u{1b}[31mc", "a b [31mc"),
            ("&#0;&#55296;&unknown;&", "&#55296;&unknown;&"),
            ("Société Générale «»", "Société Générale «»"),
            ("\u{200b}", ""),
        ] {
            assert_eq!(cleaned(written), shown, "{written:?}");
        }
        assert_eq!(cleaned(&"ä".repeat(500)).chars().count(), LONGEST + 1);
        assert_eq!(cleaned(&"ä".repeat(LONGEST)), "ä".repeat(LONGEST));
    }

    proptest! {
        #[test]
        fn whatever_is_written_the_name_is_short_and_can_be_seen(written in "(\\PC|&#[0-9a-fx]{0,7};|\\s|&amp;){0,80}") {
            let shown = cleaned(&written);
            prop_assert!(shown.chars().count() <= LONGEST + 1);
            prop_assert!(!shown.chars().any(|c| c.is_control() || is_unseen(c)));
            prop_assert_eq!(shown.trim(), &shown);
        }
    }
}
