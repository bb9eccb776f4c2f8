//! Where in INPUT the jump belongs, read from the rules that are there.
//!
//! MikoPBX Core builds INPUT in this order: established connections, scanner and rate-limit drops, trusted
//! subnets and SIP provider hosts, loopback, custom rules, *modules*, catch-all accepts, final drop. The jump
//! belongs behind every accept that names a source and before the first that does not.

/// INPUT as the jump sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Input {
    /// Positions of our jumps, counted from 0 over all rules.
    jumps: Vec<usize>,
    /// Where the jump belongs, counted from 0 over the rules without our jumps.
    place: usize,
    /// True if a rule that accepts everybody stands before that place.
    accepts_before: bool,
}

impl Input {
    /// Reads the `-S` listing of a filter table; `jump` is our rule, without `-A INPUT`.
    pub(super) fn read(listing: &[String], jump: &str) -> Self {
        let rules: Vec<&str> = listing.iter().filter_map(|line| line.strip_prefix("-A INPUT ")).collect();
        let is_jump = |rule: &&str| *rule == jump;
        let jumps =
            rules.iter().enumerate().filter(|(_, rule)| is_jump(rule)).map(|(place, _)| place).collect();
        let kinds: Vec<Kind> =
            rules.iter().filter(|rule| !is_jump(rule)).map(|rule| Kind::of(rule)).collect();

        let reachable = kinds.iter().position(|kind| *kind == Kind::FinalDrop).unwrap_or(kinds.len());
        let kinds = &kinds[..reachable];
        let behind_trusted = kinds.iter().rposition(|kind| *kind == Kind::Trusted).map_or(0, |last| last + 1);
        let catch_all = kinds[behind_trusted..].iter().position(|kind| *kind == Kind::CatchAll);
        Self {
            jumps,
            place: catch_all.map_or(reachable, |offset| behind_trusted + offset),
            accepts_before: kinds[..behind_trusted].contains(&Kind::CatchAll),
        }
    }

    /// True if there is exactly one jump and it stands where it belongs.
    pub(super) fn is_attached(&self) -> bool {
        self.jumps == [self.place]
    }

    /// What is wrong with the jump to this chain; none if all is well.
    pub(super) fn fault(&self, chain: &str) -> Option<String> {
        match self.jumps[..] {
            [] => Some(format!("INPUT does not lead to {chain}")),
            [found] if found == self.place => None,
            [found] => Some(format!(
                "INPUT leads to {chain} at the wrong place: by rule {}, where rule {} is behind all trusted sources \
                 and before everybody else",
                found + 1,
                self.place + 1
            )),
            _ => Some(format!("INPUT leads to {chain} {} times", self.jumps.len())),
        }
    }

    /// True if a rule that accepts everybody stands before the jump's place.
    pub(super) fn accepts_before(&self) -> bool {
        self.accepts_before
    }

    /// Lines of `iptables-restore` that leave exactly one jump, at its place.
    pub(super) fn attach(&self, jump: &str) -> Vec<String> {
        let mut lines = self.detach(jump);
        lines.push(format!("-I INPUT {} {jump}", self.place + 1));
        lines
    }

    /// Lines of `iptables-restore` that leave no jump.
    pub(super) fn detach(&self, jump: &str) -> Vec<String> {
        vec![format!("-D INPUT {jump}"); self.jumps.len()]
    }
}

/// What a rule means for the jump's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Accepts named sources, an interface, or connections that exist already.
    Trusted,
    /// Accepts whoever comes to a port or protocol.
    CatchAll,
    /// Ends the chain for everybody.
    FinalDrop,
    /// Drops some, or leads elsewhere.
    Other,
}

impl Kind {
    fn of(rule: &str) -> Self {
        let words = words(rule);
        // `! -s` names those who are not meant: it accepts everybody else.
        let has = |word: &str| {
            words.iter().enumerate().any(|(place, found)| {
                *found == word && place.checked_sub(1).is_none_or(|before| words[before] != "!")
            })
        };
        let established = words.iter().any(|word| word.contains("ESTABLISHED"));
        let target = words.iter().position(|word| *word == "-j").and_then(|place| words.get(place + 1));
        match target.copied() {
            Some("ACCEPT") if established || has("-s") || has("-i") || has("--match-set") => Self::Trusted,
            Some("ACCEPT") => Self::CatchAll,
            Some("DROP" | "REJECT") if words.first() == Some(&"-j") => Self::FinalDrop,
            _ => Self::Other,
        }
    }
}

/// The words of a rule without the texts of its comments, which may hold anything: `-S` lists them after
/// `--comment`, in quotes where they are more than one plain word.
fn words(rule: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = rule.trim_start();
    while !rest.is_empty() {
        let after_comment = words.last() == Some(&"--comment");
        let length = if rest.starts_with('"') {
            quoted_length(rest)
        } else {
            rest.find(char::is_whitespace).unwrap_or(rest.len())
        };
        let (word, behind) = rest.split_at(length);
        words.push(if after_comment { "" } else { word });
        rest = behind.trim_start();
    }
    words
}

/// Length of the quoted text that `rest` begins with, quotes included; all of it if it never ends.
fn quoted_length(rest: &str) -> usize {
    let mut escaped = true;
    let end = rest.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(rest.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    const JUMP: &str = "-j GEOIP_CHECK";
    const ESTABLISHED: &str = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";
    const RATE_LIMIT: &str =
        "-p udp -m state --state NEW -m udp --dport 5060 -m hashlimit --hashlimit-above 10/sec -j DROP";
    const SUBNET: &str = "-s 192.168.0.0/16 -p udp -m multiport --dports 5060,10000:10200 -j ACCEPT";
    const LOOPBACK: &str = "-s 127.0.0.1/32 -j ACCEPT";
    const CATCH_ALL: &str = "-p udp -m multiport --dports 5060,10000:10200 -j ACCEPT";
    const DROP: &str = "-j DROP";

    /// INPUT after the jump was put in place.
    fn attached(rules: &[&str]) -> Vec<String> {
        let listing: Vec<String> = rules.iter().map(|rule| format!("-A INPUT {rule}")).collect();
        let input = Input::read(&listing, JUMP);
        let mut result: Vec<String> = rules.iter().map(ToString::to_string).collect();
        for line in input.attach(JUMP) {
            if line.starts_with("-D") {
                let place = result.iter().position(|rule| rule == JUMP).unwrap();
                result.remove(place);
            } else {
                let place: usize = line.split(' ').nth(2).unwrap().parse().unwrap();
                result.insert(place - 1, JUMP.to_owned());
            }
        }
        let again: Vec<String> = result.iter().map(|rule| format!("-A INPUT {rule}")).collect();
        assert!(Input::read(&again, JUMP).is_attached(), "not stable: {result:?}");
        result
    }

    #[test]
    fn between_the_last_trusted_and_the_first_catch_all() {
        let rules = [ESTABLISHED, RATE_LIMIT, SUBNET, LOOPBACK, CATCH_ALL, DROP];
        assert_eq!(attached(&rules), [ESTABLISHED, RATE_LIMIT, SUBNET, LOOPBACK, JUMP, CATCH_ALL, DROP]);
    }

    #[test]
    fn inside_the_hook_the_end_is_the_place() {
        assert_eq!(attached(&[ESTABLISHED, SUBNET, LOOPBACK]), [ESTABLISHED, SUBNET, LOOPBACK, JUMP]);
        assert_eq!(attached(&[]), [JUMP]);
    }

    #[test]
    fn before_the_final_drop_when_nothing_is_open_to_everybody() {
        assert_eq!(attached(&[ESTABLISHED, SUBNET, DROP]), [ESTABLISHED, SUBNET, JUMP, DROP]);
    }

    #[test]
    fn strayed_and_repeated_jumps_become_one() {
        let rules = [JUMP, ESTABLISHED, SUBNET, CATCH_ALL, JUMP, DROP, JUMP];
        assert_eq!(attached(&rules), [ESTABLISHED, SUBNET, JUMP, CATCH_ALL, DROP]);
    }

    #[test]
    fn a_trusted_rule_behind_an_open_one_still_comes_first_and_is_reported() {
        let rules = ["-p icmp -j ACCEPT", ESTABLISHED, SUBNET, CATCH_ALL, DROP];
        assert_eq!(attached(&rules)[3], JUMP);
        let listing: Vec<String> = rules.iter().map(|rule| format!("-A INPUT {rule}")).collect();
        assert!(Input::read(&listing, JUMP).accepts_before());
    }

    #[test]
    fn other_chains_and_fail2ban_jumps_do_not_matter() {
        let fail2ban = "-p tcp -m multiport --dports 5060 -j f2b-asterisk";
        let listing = ["-P INPUT ACCEPT", "-N GEOIP_CHECK", "-A f2b-asterisk -s 192.0.2.1/32 -j DROP"];
        let mut listing: Vec<String> = listing.iter().map(ToString::to_string).collect();
        listing.extend([fail2ban, SUBNET, CATCH_ALL].map(|rule| format!("-A INPUT {rule}")));
        let input = Input::read(&listing, JUMP);
        assert_eq!(input.place, 2);
        assert_eq!(input.fault("GEOIP_CHECK").unwrap(), "INPUT does not lead to GEOIP_CHECK");
    }

    #[test]
    fn a_rule_that_leaves_some_out_accepts_everybody_else() {
        let rules = ["! -s 192.168.0.0/16 -p tcp -j ACCEPT", DROP];
        assert_eq!(attached(&rules), [JUMP, rules[0], DROP]);
    }

    #[test]
    fn words_of_a_comment_are_not_words_of_the_rule() {
        let rules = [
            r#"-p tcp -m comment --comment "from -s \"ESTABLISHED\" -j DROP" -j ACCEPT"#,
            "-p udp -m comment --comment -s -j ACCEPT",
        ];
        assert_eq!(attached(&rules), [JUMP, rules[0], rules[1]]);
    }

    fn rules() -> impl Strategy<Value = Vec<&'static str>> {
        let kinds = [ESTABLISHED, RATE_LIMIT, SUBNET, LOOPBACK, CATCH_ALL, DROP, JUMP, "-j f2b-asterisk"];
        proptest::collection::vec(select(kinds.to_vec()), 0..12)
    }

    proptest! {
        #[test]
        fn one_jump_comes_in_and_no_rule_is_lost(rules in rules()) {
            let result = attached(&rules);
            let others = |rules: Vec<&str>| rules.into_iter().filter(|rule| *rule != JUMP).map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(others(result.iter().map(String::as_str).collect()), others(rules));
            let place = result.iter().position(|rule| rule == JUMP).unwrap();
            let reachable = result.iter().position(|rule| rule == DROP).unwrap_or(result.len());
            prop_assert!(place < reachable || place == result.len() - 1 || place + 1 == reachable, "{result:?}");
            let trusted = [ESTABLISHED, SUBNET, LOOPBACK];
            prop_assert!(!result[place..reachable.max(place)].iter().any(|rule| trusted.contains(&rule.as_str())));
        }

        #[test]
        fn a_comment_changes_nothing(rules in rules(), text in "([ -!#-~]|-j DROP|-s |ESTABLISHED|\\\\\"){0,8}") {
            let text = text.replace('\\', "").replace('"', "\\\"");
            let listing = |comment: &str| -> Vec<String> {
                let with = |rule: &&str| match rule.strip_suffix("-j ACCEPT") {
                    Some(matches) => format!("-A INPUT {matches}{comment}-j ACCEPT"),
                    None => format!("-A INPUT {rule}"),
                };
                rules.iter().map(with).collect()
            };
            let comment = format!("-m comment --comment \"{text}\" ");
            prop_assert_eq!(Input::read(&listing(&comment), JUMP), Input::read(&listing(""), JUMP));
        }

        #[test]
        fn any_listing_is_read(lines in proptest::collection::vec("(-A INPUT )?([ -~]|-j |ACCEPT|\\PC){0,20}", 0..8)) {
            let input = Input::read(&lines, JUMP);
            prop_assert!(input.place <= lines.len());
            prop_assert_eq!(input.fault("").is_none(), input.is_attached());
        }
    }
}
