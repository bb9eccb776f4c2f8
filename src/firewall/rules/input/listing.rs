//! What `iptables -S` prints, taken apart into the chains of the filter table.

use std::collections::BTreeMap;

/// A filter table as its tool lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    /// True if INPUT accepts what comes to its end.
    pub(super) accepts_at_the_end: bool,
    /// The rules of each chain in order, each with its `-A CHAIN`. One with a line break in a text is one rule.
    chains: BTreeMap<String, Vec<String>>,
    /// Lines that are neither policy, chain, rule nor remark.
    pub(super) strange: Vec<String>,
}

impl Listing {
    /// Reads a listing; none if the text is none. Each names the policy of INPUT and ends with a line break.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut listing = Self::default();
        let mut policy = None;
        let mut last_chain = None;
        let mut rest = text;
        while !rest.is_empty() {
            let entry = &rest[..entry_length(rest)];
            rest = rest[entry.len()..].strip_prefix('\n').unwrap_or_default();
            let mut words = entry.splitn(3, ' ');
            match (words.next(), words.next()) {
                (Some("-P"), Some(chain)) => {
                    listing.chains.entry(chain.to_owned()).or_default();
                    policy = if chain == super::INPUT { words.next() } else { policy };
                }
                (Some("-N"), Some(chain)) => drop(listing.chains.entry(chain.to_owned()).or_default()),
                (Some("-A"), Some(chain)) => {
                    listing.chains.entry(chain.to_owned()).or_default().push(entry.to_owned());
                    last_chain = Some(chain.to_owned());
                }
                // iptables-nft remarks on what it found in the kernel besides.
                _ if entry.is_empty() || entry.starts_with('#') => {}
                _ => {
                    // It may belong to the rule before it: an option with a line break that the tool does not quote.
                    let chain = last_chain.as_ref().and_then(|chain| listing.chains.get_mut(chain));
                    if let Some(rule) = chain.and_then(|rules| rules.last_mut()) {
                        rule.push('\n');
                        rule.push_str(entry);
                    }
                    listing.strange.push(entry.to_owned());
                }
            }
        }
        let policy = policy?;
        listing.accepts_at_the_end = policy.split(' ').next() == Some("ACCEPT");
        text.ends_with('\n').then_some(listing)
    }

    /// The rules of a chain; none if there is no such chain.
    pub(crate) fn chain(&self, name: &str) -> Option<&[String]> {
        self.chains.get(name).map(Vec::as_slice)
    }

    /// All chains with their rules.
    pub(super) fn chains(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.chains.iter().map(|(name, rules)| (name.as_str(), rules.as_slice()))
    }
}

/// Length of the entry that a text begins with, without the line break behind it. Only a rule may hold others, in quotes.
fn entry_length(text: &str) -> usize {
    let line = text.find('\n').unwrap_or(text.len());
    if !text.starts_with("-A ") {
        return line;
    }
    let (mut length, mut is_value) = (0, false);
    while length < text.len() && !text[length..].starts_with('\n') {
        let word = word_length(&text[length..], is_value);
        is_value = may_have_text(&text[length..length + word]);
        length += word;
        length += usize::from(text[length..].starts_with(' '));
    }
    length
}

/// The words of a rule, quotes included.
pub(super) fn words(rule: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut rest, mut is_value) = (rule.trim_start(), false);
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(word_length(rest, is_value));
        is_value = may_have_text(word);
        words.push(word);
        rest = behind.trim_start();
    }
    words
}

/// True for an option whose value may be a quoted text. Some names are listed as they are: a quote in them is none.
fn may_have_text(word: &str) -> bool {
    const PLAIN: [&str; 6] =
        ["--name", "--match-set", "--add-set", "--del-set", "--map-set", "--hashlimit-name"];
    word.starts_with("--") && !PLAIN.contains(&word)
}

/// Length of the word that a text begins with. Quoted texts escape quotes; in the value of an option they may hold line
/// breaks, and then even lines that read like rules. What looks like an open quote and is none is a plain word.
fn word_length(text: &str, is_value: bool) -> usize {
    let plain = text.find([' ', '\n']).unwrap_or(text.len());
    let Some(quoted) = text.strip_prefix('"') else { return plain };
    let bytes = quoted.as_bytes();
    let mut place = 0;
    while place < bytes.len() {
        match bytes[place] {
            b'\\' => place += 1,
            b'\n' if !is_value => break,
            b'"' if matches!(bytes.get(place + 1), None | Some(b' ' | b'\n')) => return place + 2,
            _ => {}
        }
        place += 1;
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn input(text: &str) -> Vec<String> {
        Listing::read(text).unwrap().chain("INPUT").unwrap().to_vec()
    }

    #[test]
    fn chains_and_policy_are_told_apart() {
        let text = "-P INPUT DROP\n-P OUTPUT ACCEPT\n-N other\n-A INPUT -j other\n-A other -j RETURN\n";
        let listing = Listing::read(text).unwrap();
        assert!(!listing.accepts_at_the_end);
        assert_eq!(listing.chain("other").unwrap(), ["-A other -j RETURN"]);
        assert_eq!(listing.chain("OUTPUT").unwrap(), [""; 0]);
        assert_eq!(listing.chain("none"), None);
        assert_eq!(listing.strange, [""; 0]);
    }

    #[test]
    fn remarks_of_the_tool_are_no_rules() {
        let text = "# Table `filter' contains incompatible base-chains, use 'nft' tool to list them.\n\
            -P INPUT ACCEPT\n-A INPUT -j DROP\n# Warning: iptables-legacy tables present\n";
        assert_eq!(input(text), ["-A INPUT -j DROP"]);
        assert_eq!(Listing::read(text).unwrap().strange, [""; 0]);
    }

    #[test]
    fn a_text_with_line_breaks_belongs_to_its_rule_whatever_it_reads_like() {
        let rules = [
            "-A INPUT -m comment --comment \"ssh\n-A INPUT -j GEOIP_CHECK\" -j ACCEPT",
            "-A INPUT -m comment --comment \"said \\\"yes\\\"\n# \\\\\" -j ACCEPT",
            "-A INPUT -j LOG --log-prefix \"a\n-P INPUT DROP\"",
        ];
        assert_eq!(input(&format!("-P INPUT ACCEPT\n{}\n", rules.join("\n"))), rules);
    }

    #[test]
    fn a_quote_that_never_ends_takes_no_other_rule_with_it() {
        let rules = [
            "-A INPUT -m recent --name \"b --rsource -j ACCEPT",
            "-A INPUT -i \"x -m comment --comment \"a b\" -j ACCEPT",
            "-A INPUT -j DROP",
        ];
        assert_eq!(input(&format!("-P INPUT ACCEPT\n{}\n", rules.join("\n"))), rules);
    }

    #[test]
    fn what_is_not_understood_is_kept_and_hides_nothing() {
        let text =
            "hello\n-P INPUT ACCEPT\n-A INPUT -m recent --name a\nb --rsource -j ACCEPT\n-A INPUT -j DROP\n";
        let listing = Listing::read(text).unwrap();
        assert_eq!(listing.chain("INPUT").unwrap().len(), 2);
        assert_eq!(listing.strange, ["hello", "b --rsource -j ACCEPT"]);
    }

    #[test]
    fn what_is_no_listing_is_refused() {
        for text in ["", "\n", "nonsense\n", "-A INPUT -j ACCEPT\n", "-P OUTPUT ACCEPT\n", "-P INPUT ACCEPT"]
        {
            assert_eq!(Listing::read(text), None, "{text:?}");
        }
    }

    #[test]
    fn words_of_texts_are_one_word() {
        let rule = r#"-p tcp -m comment --comment "from -s \"X\" -j DROP" --name "open -j ACCEPT"#;
        let expected = [
            "-p",
            "tcp",
            "-m",
            "comment",
            "--comment",
            r#""from -s \"X\" -j DROP""#,
            "--name",
            "\"open",
            "-j",
            "ACCEPT",
        ];
        assert_eq!(words(rule), expected);
    }

    proptest! {
        #[test]
        fn any_comment_leaves_the_other_rules_alone(comment in "([ -~]|\n|\n-A INPUT -j X|\n-P INPUT DROP){0,20}") {
            let escaped = comment.replace('\\', "\\\\").replace('"', "\\\"").replace('\'', "\\'");
            let rules = [
                "-A INPUT -i lo -j ACCEPT".to_owned(),
                format!("-A INPUT -m comment --comment \"{escaped}\" -j ACCEPT"),
                "-A INPUT -j DROP".to_owned(),
            ];
            let listing = Listing::read(&format!("-P INPUT ACCEPT\n{}\n", rules.join("\n"))).unwrap();
            prop_assert_eq!(listing.chain("INPUT").unwrap(), rules);
            prop_assert!(listing.accepts_at_the_end);
        }

        #[test]
        fn any_text_is_read_and_no_word_of_it_is_lost(text in "((-A INPUT |-P INPUT |-N |# )?([ -~]|\"|\\\\|\\PC){0,20}\n){0,8}") {
            let _ = Listing::read(&text);
            let dense = |text: String| text.replace(char::is_whitespace, "");
            prop_assert_eq!(dense(words(&text).concat()), dense(text));
        }
    }
}
