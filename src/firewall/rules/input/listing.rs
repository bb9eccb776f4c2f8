//! Parses the output of `iptables -S` into the chains of the filter table.

use std::collections::BTreeMap;

/// The rules of a filter table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    /// True if the policy of INPUT is to accept.
    pub(super) accepts_by_policy: bool,
    /// The rules of each chain in order, each starting with `-A CHAIN`. A rule may contain line breaks.
    chains: BTreeMap<String, Vec<String>>,
    /// Lines that could not be parsed.
    pub(super) unparsed: Vec<String>,
}

impl Listing {
    /// Parses a listing. `None` if the text has no policy of INPUT or does not end with a line break, as every listing
    /// does.
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
                // iptables-nft adds comments about other content of the kernel.
                _ if entry.is_empty() || entry.starts_with('#') => {}
                _ => {
                    // It may continue the previous rule, after a line break in an option that the tool does not quote.
                    let chain = last_chain.as_ref().and_then(|chain| listing.chains.get_mut(chain));
                    if let Some(rule) = chain.and_then(|rules| rules.last_mut()) {
                        rule.push('\n');
                        rule.push_str(entry);
                    }
                    listing.unparsed.push(entry.to_owned());
                }
            }
        }
        let policy = policy?;
        listing.accepts_by_policy = policy.split(' ').next() == Some("ACCEPT");
        text.ends_with('\n').then_some(listing)
    }

    /// The rules of a chain, or `None` if it does not exist.
    pub(crate) fn chain(&self, name: &str) -> Option<&[String]> {
        self.chains.get(name).map(Vec::as_slice)
    }

    /// All chains with their rules.
    pub(super) fn chains(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.chains.iter().map(|(name, rules)| (name.as_str(), rules.as_slice()))
    }
}

/// Length of the first entry of a text, without its line break. Only a rule may contain line breaks, in quotes.
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

/// The words of a rule. Quotes are kept.
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

/// True for an option whose value may be quoted. Names are listed without quoting, so a quote in them is part of the
/// name.
fn may_have_text(word: &str) -> bool {
    const PLAIN: [&str; 6] =
        ["--name", "--match-set", "--add-set", "--del-set", "--map-set", "--hashlimit-name"];
    word.starts_with("--") && !PLAIN.contains(&word)
}

/// Length of the first word of a text. Quotes within quoted text are escaped. A quoted value of an option may contain
/// line breaks, even followed by text that looks like a rule. A quote that is never closed is part of a plain word.
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
    fn chains_and_policy_are_parsed() {
        let text = "-P INPUT DROP\n-P OUTPUT ACCEPT\n-N other\n-A INPUT -j other\n-A other -j RETURN\n";
        let listing = Listing::read(text).unwrap();
        assert!(!listing.accepts_by_policy);
        assert_eq!(listing.chain("other").unwrap(), ["-A other -j RETURN"]);
        assert_eq!(listing.chain("OUTPUT").unwrap(), [""; 0]);
        assert_eq!(listing.chain("none"), None);
        assert_eq!(listing.unparsed, [""; 0]);
    }

    #[test]
    fn comments_of_the_tool_are_ignored() {
        let text = "# Table `filter' contains incompatible base-chains, use 'nft' tool to list them.\n\
            -P INPUT ACCEPT\n-A INPUT -j DROP\n# Warning: iptables-legacy tables present\n";
        assert_eq!(input(text), ["-A INPUT -j DROP"]);
        assert_eq!(Listing::read(text).unwrap().unparsed, [""; 0]);
    }

    #[test]
    fn quoted_text_with_line_breaks_belongs_to_its_rule() {
        let rules = [
            "-A INPUT -m comment --comment \"ssh\n-A INPUT -j GEOIP_CHECK\" -j ACCEPT",
            "-A INPUT -m comment --comment \"said \\\"yes\\\"\n# \\\\\" -j ACCEPT",
            "-A INPUT -j LOG --log-prefix \"a\n-P INPUT DROP\"",
        ];
        assert_eq!(input(&format!("-P INPUT ACCEPT\n{}\n", rules.join("\n"))), rules);
    }

    #[test]
    fn an_unclosed_quote_does_not_swallow_other_rules() {
        let rules = [
            "-A INPUT -m recent --name \"b --rsource -j ACCEPT",
            "-A INPUT -i \"x -m comment --comment \"a b\" -j ACCEPT",
            "-A INPUT -j DROP",
        ];
        assert_eq!(input(&format!("-P INPUT ACCEPT\n{}\n", rules.join("\n"))), rules);
    }

    #[test]
    fn lines_that_cannot_be_parsed_are_kept_and_hide_no_rule() {
        let text =
            "hello\n-P INPUT ACCEPT\n-A INPUT -m recent --name a\nb --rsource -j ACCEPT\n-A INPUT -j DROP\n";
        let listing = Listing::read(text).unwrap();
        assert_eq!(listing.chain("INPUT").unwrap().len(), 2);
        assert_eq!(listing.unparsed, ["hello", "b --rsource -j ACCEPT"]);
    }

    #[test]
    fn text_that_is_no_listing_is_refused() {
        for text in ["", "\n", "nonsense\n", "-A INPUT -j ACCEPT\n", "-P OUTPUT ACCEPT\n", "-P INPUT ACCEPT"]
        {
            assert_eq!(Listing::read(text), None, "{text:?}");
        }
    }

    #[test]
    fn quoted_text_is_one_word() {
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
            prop_assert!(listing.accepts_by_policy);
        }

        #[test]
        fn any_text_is_parsed_without_losing_a_word(text in "((-A INPUT |-P INPUT |-N |# )?([ -~]|\"|\\\\|\\PC){0,20}\n){0,8}") {
            let _ = Listing::read(&text);
            let dense = |text: String| text.replace(char::is_whitespace, "");
            prop_assert_eq!(dense(words(&text).concat()), dense(text));
        }
    }
}
