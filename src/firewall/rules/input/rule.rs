//! Parses one rule: its conditions and its target.

use super::conditions::{Basic, Conditions, Flag};
use super::listing::words;
use super::matches::{Match, Setting};

/// A rule of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// The rule as listed, with its `-A CHAIN`.
    pub(super) text: String,
    pub(super) conditions: Conditions,
    pub(super) target: Target,
}

/// What happens to a packet that meets all conditions of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// It continues with the next rule.
    Continue,
    Accept,
    Drop,
    Return,
    /// A program in user space decides. If it accepts, all other rules are skipped.
    Queue,
    /// It goes through another chain and returns. If there is no such chain, the target is unknown.
    Jump(String),
    /// As [`Self::Jump`], but it returns to where this chain was called.
    Goto(String),
}

/// Targets after which the packet continues with the next rule.
const CONTINUING: [&str; 25] = [
    "ACCOUNT",
    "AUDIT",
    "CHECKSUM",
    "CLASSIFY",
    "CONNMARK",
    "CONNSECMARK",
    "CT",
    "DSCP",
    "ECN",
    "HL",
    "HMARK",
    "IDLETIMER",
    "LED",
    "LOG",
    "LOGMARK",
    "MARK",
    "NFLOG",
    "NOTRACK",
    "RATEEST",
    "SECMARK",
    "SET",
    "TCPMSS",
    "TEE",
    "TRACE",
    "TTL",
];
/// Options whose value may look like another option.
const WITH_FREE_TEXT: [&str; 6] =
    ["--comment", "--name", "--match-set", "--string", "--hashlimit-name", "--helper"];

impl Rule {
    /// Parses a rule as listed, without knowing other chains.
    pub(super) fn read(text: &str) -> Self {
        Self::read_among(text, |_| false)
    }

    /// As [`Self::read`], for a table with other chains. A chain may have the name of a target that is not installed
    /// here.
    pub(super) fn read_among(text: &str, is_chain: impl Fn(&str) -> bool) -> Self {
        let mut reader = Reader::default();
        let mut words = words(text).into_iter().skip(2);
        while let Some(word) = words.next() {
            match word {
                "-j" | "-g" => {
                    let name = words.next().unwrap_or_default();
                    let target = match word {
                        "-g" => Target::Goto(name.to_owned()),
                        _ if is_chain(name) => Target::Jump(name.to_owned()),
                        _ => jump(name),
                    };
                    return Self { text: text.to_owned(), conditions: reader.finish(), target };
                }
                "!" => reader.negated = true,
                "-m" => reader.begin(words.next().unwrap_or_default()),
                "-f" => reader.basic(Flag::Fragment, ""),
                _ => match Flag::of(word) {
                    Some(flag) => reader.basic(flag, words.next().unwrap_or_default()),
                    None if word.starts_with("--") => {
                        reader.option(word);
                        if WITH_FREE_TEXT.contains(&word) {
                            reader.value(words.next().unwrap_or_default());
                        }
                    }
                    None => reader.value(word),
                },
            }
        }
        Self { text: text.to_owned(), conditions: reader.finish(), target: Target::Continue }
    }
}

fn jump(name: &str) -> Target {
    match name {
        "ACCEPT" => Target::Accept,
        "DROP" | "REJECT" => Target::Drop,
        "RETURN" => Target::Return,
        "NFQUEUE" | "QUEUE" => Target::Queue,
        _ if CONTINUING.contains(&name) => Target::Continue,
        _ => Target::Jump(name.to_owned()),
    }
}

/// The conditions parsed so far.
#[derive(Default)]
struct Reader {
    conditions: Conditions,
    negated: bool,
}

impl Reader {
    fn begin(&mut self, module: &str) {
        self.conditions.matches.push(Match { module: module.to_owned(), settings: Vec::new() });
    }

    fn basic(&mut self, flag: Flag, value: &str) {
        let negated = std::mem::take(&mut self.negated);
        self.conditions.basics.push(Basic { flag, negated, value: value.to_owned() });
    }

    fn option(&mut self, name: &str) {
        let negated = std::mem::take(&mut self.negated);
        let setting = Setting { negated, name: name.to_owned(), values: Vec::new() };
        self.last_match().settings.push(setting);
    }

    fn value(&mut self, value: &str) {
        if self.last_match().settings.is_empty() {
            // There is no option to which it could belong.
            self.option("");
        }
        if let Some(setting) = self.last_match().settings.last_mut() {
            setting.values.push(value.to_owned());
        }
    }

    /// The match that is being parsed. If there is none, one without a name is added.
    fn last_match(&mut self) -> &mut Match {
        if self.conditions.matches.is_empty() {
            self.begin("");
        }
        let last = self.conditions.matches.len() - 1;
        &mut self.conditions.matches[last]
    }

    fn finish(self) -> Conditions {
        self.conditions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rule: &str) -> Rule {
        Rule::read(&format!("-A INPUT {rule}"))
    }

    #[test]
    fn the_target_ends_the_conditions() {
        assert_eq!(read("-j ACCEPT").target, Target::Accept);
        assert_eq!(read("-j REJECT --reject-with icmp-port-unreachable").target, Target::Drop);
        assert_eq!(read("-j LOG --log-prefix \"-j ACCEPT\"").target, Target::Continue);
        assert_eq!(read("-p tcp").target, Target::Continue);
        assert_eq!(read("-j f2b").target, Target::Jump("f2b".into()));
        assert_eq!(read("-g web").target, Target::Goto("web".into()));
        assert_eq!(read("-j NFQUEUE --queue-num 1 --queue-bypass").target, Target::Queue);
    }

    #[test]
    fn conditions_are_written_as_listed_without_comments() {
        for rule in [
            "",
            "-s 1.2.3.0/24 -d 10.0.0.1/32 -i eth0 -p tcp -f -m tcp --dport 22 --tcp-flags FIN,SYN,RST,ACK SYN",
            "! -s 1.2.3.4/32 ! -i eth+ ! -p udp ! -f -m set ! --match-set a src -m set --match-set b src,dst",
            "-m recent --rcheck --seconds 30 --name knock --mask 255.255.255.255 --rsource",
            "-p udp -m string --string \"a \\\"b\" --algo bm --to 65535",
            "-m set --match-set phones src --return-nomatch ! --update-counters --packets-gt 3",
        ] {
            let commented = format!("{rule} -m comment --comment -j -j ACCEPT");
            assert_eq!(read(&commented).conditions.to_string(), rule);
            assert_eq!(read(&commented).target, Target::Accept);
        }
    }
}
