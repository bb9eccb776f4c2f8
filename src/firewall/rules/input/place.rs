//! The position of the jump: directly before the first rule of INPUT that accepts anybody.

use super::INPUT;
use super::walk::AcceptPath;

/// The existing jumps to our chain, and the position where the jump belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::firewall) struct Jumps {
    /// The positions of existing jumps, counted from 0 over all rules of INPUT.
    pub(super) found: Vec<usize>,
    /// The proper position, counted from 0 over all rules except our jumps.
    pub(super) place: usize,
    /// The first rule that accepts anybody, counted in the same path.
    pub(super) open: Option<usize>,
}

impl Jumps {
    /// True if there is exactly one jump, at the proper position.
    pub(in crate::firewall) fn are_right(&self) -> bool {
        self.found == [self.place]
    }

    /// The problem of the jump to this chain, if there is one.
    pub(in crate::firewall) fn fault(&self, chain: &str) -> Option<String> {
        match self.found[..] {
            [] => Some(format!("{INPUT} does not lead to {chain}")),
            [found] if found == self.place => None,
            [found] => {
                let reason = match self.open {
                    Some(open) if open < found => "a rule before the filter accepts everybody",
                    _ if found < self.place => "trusted sources reach the filter first",
                    _ => "no packet reaches it",
                };
                let (found, place) = (found + 1, self.place + 1);
                Some(format!(
                    "{INPUT} leads to {chain} at the wrong place, by rule {found} instead of rule {place}: {reason}"
                ))
            }
            _ => Some(format!("{INPUT} leads to {chain} {} times", self.found.len())),
        }
    }

    /// Lines of `iptables-restore` that leave exactly one jump, at its proper position.
    pub(in crate::firewall) fn attach(&self, jump: &str) -> Vec<String> {
        let mut lines = self.detach(jump);
        lines.push(format!("-I {INPUT} {} {jump}", self.place + 1));
        lines
    }

    /// Lines of `iptables-restore` that remove all jumps.
    pub(in crate::firewall) fn detach(&self, jump: &str) -> Vec<String> {
        vec![format!("-D {INPUT} {jump}"); self.found.len()]
    }

    /// Describes a path for an administrator: the rule of INPUT by number, and the accepting rule.
    pub(super) fn describe(&self, path: &AcceptPath) -> String {
        let number = self.found.iter().fold(path.begin, |number, jump| number + usize::from(*jump <= number));
        let rule = path.rule.replace('\n', " ");
        if rule.strip_prefix("-A ").is_some_and(|rule| rule.starts_with("INPUT ")) {
            format!("rule {} of {INPUT}, \"{rule}\"", number + 1)
        } else {
            format!("the rule \"{rule}\", to which rule {} of {INPUT} leads", number + 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Input;
    use super::super::testing::{JUMP, listing};

    const ESTABLISHED: &str = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";
    const RATE_LIMIT: &str =
        "-p udp -m state --state NEW -m udp --dport 5060 -m hashlimit --hashlimit-above 10/sec -j DROP";
    const SUBNET: &str = "-s 192.168.0.0/16 -p udp -m multiport --dports 5060,10000:10200 -j ACCEPT";
    const LOOPBACK: &str = "-s 127.0.0.1/32 -j ACCEPT";
    const CATCH_ALL: &str = "-p udp -m multiport --dports 5060,10000:10200 -j ACCEPT";
    const CERTIFICATES: &str = "-p tcp -m tcp --dport 80 -j ACCEPT";
    const DROP: &str = "-j DROP";

    fn read(rules: &[&str]) -> Input {
        let rules: Vec<String> = rules.iter().map(|rule| format!("INPUT {rule}")).collect();
        Input::read(&listing("ACCEPT", &rules.iter().map(String::as_str).collect::<Vec<_>>()), JUMP)
    }

    /// INPUT after the jump is put in place.
    fn attached(rules: &[&str]) -> Vec<String> {
        let mut result: Vec<String> = rules.iter().map(ToString::to_string).collect();
        for line in read(rules).jumps.attach(JUMP) {
            if line.starts_with("-D") {
                let place = result.iter().position(|rule| rule == JUMP).unwrap();
                result.remove(place);
            } else {
                let place: usize = line.split(' ').nth(2).unwrap().parse().unwrap();
                result.insert(place - 1, JUMP.to_owned());
            }
        }
        assert!(read(&result.iter().map(String::as_str).collect::<Vec<_>>()).jumps.are_right(), "{result:?}");
        result
    }

    #[test]
    fn the_jump_is_between_the_last_trusted_rule_and_the_first_catch_all() {
        let rules = [ESTABLISHED, RATE_LIMIT, SUBNET, LOOPBACK, CATCH_ALL, DROP];
        assert_eq!(attached(&rules), [ESTABLISHED, RATE_LIMIT, SUBNET, LOOPBACK, JUMP, CATCH_ALL, DROP]);
        assert_eq!(read(&rules).returns, [""; 0]);
    }

    #[test]
    fn while_core_still_builds_input_the_jump_is_at_the_end() {
        assert_eq!(attached(&[ESTABLISHED, SUBNET, LOOPBACK]), [ESTABLISHED, SUBNET, LOOPBACK, JUMP]);
        assert_eq!(attached(&[]), [JUMP]);
    }

    #[test]
    fn without_an_open_rule_the_jump_is_before_the_final_drop() {
        assert_eq!(attached(&[ESTABLISHED, SUBNET, DROP]), [ESTABLISHED, SUBNET, JUMP, DROP]);
        let reject = "-m comment --comment end -j REJECT --reject-with icmp-port-unreachable";
        assert_eq!(attached(&[SUBNET, reject, CATCH_ALL]), [SUBNET, JUMP, reject, CATCH_ALL]);
    }

    #[test]
    fn misplaced_and_repeated_jumps_become_one() {
        let rules = [JUMP, ESTABLISHED, SUBNET, CATCH_ALL, JUMP, DROP, JUMP];
        assert_eq!(attached(&rules), [ESTABLISHED, SUBNET, JUMP, CATCH_ALL, DROP]);
    }

    #[test]
    fn the_jump_is_before_the_first_open_rule_and_trusted_sources_after_it_are_honoured() {
        let rules = ["-p icmp -j ACCEPT", ESTABLISHED, SUBNET, CATCH_ALL, DROP];
        assert_eq!(attached(&rules)[0], JUMP);
        assert_eq!(read(&rules).returns, ["-s 192.168.0.0/16 -p udp -m multiport --dports 5060,10000:10200"]);
        // MikoPBX appends addresses after the catch-all rules, possibly several times.
        let own = "-s 203.0.113.7/32 -m comment --comment \"own address\" -j ACCEPT";
        let rules = [ESTABLISHED, SUBNET, CATCH_ALL, own, LOOPBACK, own, DROP, SUBNET];
        assert_eq!(attached(&rules)[2], JUMP);
        assert_eq!(read(&rules).returns, ["-s 127.0.0.1/32", "-s 203.0.113.7/32"]);
    }

    #[test]
    fn our_copy_of_a_recent_rule_does_not_remove_the_source() {
        let knocked = "-m recent --remove --name knock --mask 255.255.255.255 --rsource -j ACCEPT";
        let returns = read(&[CATCH_ALL, knocked, DROP]).returns;
        assert_eq!(returns, ["-m recent --rcheck --name knock --mask 255.255.255.255 --rsource"]);
    }

    #[test]
    fn the_jump_is_never_after_a_rule_that_accepts_new_connections_of_anybody() {
        for open in [
            "-p udp -m state --state NEW,ESTABLISHED -m udp --dport 5060 -j ACCEPT",
            "-p udp -m conntrack ! --ctstate RELATED,ESTABLISHED -m udp --dport 5060 -j ACCEPT",
            "-m conntrack --ctstate ESTABLISHED,UNTRACKED -j ACCEPT",
            "-m conntrack --ctstate DNAT -j ACCEPT",
            "-i eth0 -p udp -m udp --dport 5060 -j ACCEPT",
            "-i ppp+ -j ACCEPT",
            "-i lo+ -j ACCEPT",
            "! -i lo -j ACCEPT",
            "! -s 192.168.0.0/16 -p tcp -j ACCEPT",
            "-m iprange ! --src-range 1.0.1.1-1.0.1.9 -j ACCEPT",
            "-m iprange --src-range 0.0.0.0-255.255.255.255 -j ACCEPT",
            "-m set --match-set servers dst -j ACCEPT",
            "-m set --match-set pairs dst,src -j ACCEPT",
            "-m set ! --match-set bad src -j ACCEPT",
            "-m mac ! --mac-source 02:00:00:00:00:02 -j ACCEPT",
            "-m recent --set --name x --mask 255.255.255.255 --rsource -j ACCEPT",
            "-m recent ! --rcheck --name x --mask 255.255.255.255 --rsource -j ACCEPT",
            "-m recent --rcheck --name x --mask 255.255.255.255 --rdest -j ACCEPT",
            "-m policy --dir in --pol none -j ACCEPT",
            "-m limit --limit 3/sec -j ACCEPT",
            "-m addrtype --src-type UNICAST -j ACCEPT",
            "-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT",
            "-p tcp -m tcp -j ACCEPT",
            "-m comment --comment \"from -s \\\"ESTABLISHED\\\" -j DROP\" -j ACCEPT",
            "-p udp -m comment --comment -s -j ACCEPT",
            "-p udp -j NFQUEUE --queue-num 1 --queue-bypass",
            "-p tcp -j RETURN",
        ] {
            let read = read(&[SUBNET, open, SUBNET, DROP]);
            assert_eq!((read.jumps.place, read.jumps.open), (1, Some(1)), "{open}");
        }
    }

    #[test]
    fn the_jump_is_after_rules_that_accept_named_sources() {
        for trusting in [
            "-s 1.0.3.0/255.0.255.0 -j ACCEPT",
            "-m iprange --src-range 1.0.1.1-1.0.1.9 -j ACCEPT",
            "-m mac --mac-source 02:00:00:00:00:02 -j ACCEPT",
            "-p tcp -m set --match-set phones src --return-nomatch -j ACCEPT",
            "-m set --match-set pairs src,dst -j ACCEPT",
            "-m recent --update --seconds 30 --name x --mask 255.255.255.255 --rsource -j ACCEPT",
            "-m policy --dir in --pol ipsec -j ACCEPT",
            "-m conntrack --ctproto 6 --ctorigsrc 1.2.3.4 -j ACCEPT",
            "-i lo -j ACCEPT",
            "-m state --state RELATED -j ACCEPT",
            "-s 1.2.3.4/32 -m u32 --u32 \"0x6&0xff=0x1\" -j ACCEPT",
            "-s 1.2.3.4/32 -j NFQUEUE --queue-num 1",
        ] {
            let read = read(&[trusting, CATCH_ALL, DROP]);
            assert_eq!((read.jumps.place, read.jumps.open), (1, Some(1)), "{trusting}");
            assert_eq!(read.not_understood, [""; 0], "{trusting}");
        }
    }

    #[test]
    fn unclear_rules_do_not_move_the_jump_and_are_reported_before_and_after_it() {
        let marked = "-m mark --mark 0x1 -j ACCEPT";
        let read = read(&[
            JUMP,
            marked,
            "-m u32 --u32 \"0=1\" -j DROP",
            CATCH_ALL,
            "-m geoip --src-cc CN -j ACCEPT",
            DROP,
        ]);
        assert_eq!(read.jumps.place, 2);
        let [before, behind] = &read.not_understood[..] else { panic!("{:?}", read.not_understood) };
        assert!(before.starts_with("rule 2 of INPUT, \"-A INPUT -m mark --mark 0x1 -j ACCEPT\""), "{before}");
        assert!(
            before.ends_with("connections are not filtered") && behind.ends_with("filtered like all others"),
            "{behind}"
        );
    }

    #[test]
    fn the_rule_for_certificates_at_the_top_does_not_move_the_jump() {
        let rules = [CERTIFICATES, ESTABLISHED, SUBNET, CATCH_ALL, DROP];
        assert!(read(&rules).is_open_for_certificates);
        assert_eq!(attached(&rules)[3], JUMP);
        // At any other position it is an ordinary rule, even if the jump is already before it.
        assert_eq!(attached(&[ESTABLISHED, CERTIFICATES, DROP])[1], JUMP);
        let read = read(&[JUMP, CERTIFICATES, ESTABLISHED, DROP]);
        assert!(read.jumps.are_right() && !read.is_open_for_certificates);
    }

    #[test]
    fn a_misplaced_jump_is_reported_with_its_consequence() {
        let fault = |rules: &[&str]| read(rules).jumps.fault("GEOIP_CHECK").unwrap();
        assert_eq!(fault(&[SUBNET]), "INPUT does not lead to GEOIP_CHECK");
        assert!(fault(&[JUMP, SUBNET, JUMP]).contains("2 times"));
        assert!(
            fault(&[CATCH_ALL, SUBNET, JUMP])
                .contains("by rule 3 instead of rule 1: a rule before the filter accepts everybody")
        );
        assert!(fault(&[JUMP, SUBNET, DROP]).contains("by rule 1 instead of rule 2: trusted sources"));
        assert!(fault(&[SUBNET, DROP, JUMP]).contains("by rule 3 instead of rule 2: no packet"));
    }

    #[test]
    fn trusted_sources_beyond_the_limit_are_reported() {
        let rules: Vec<String> = (0..300)
            .map(|number| format!("-s 10.0.{}.{}/32 -j ACCEPT", number / 256, number % 256))
            .collect();
        let rules: Vec<&str> = [CATCH_ALL].into_iter().chain(rules.iter().map(String::as_str)).collect();
        let read = read(&rules);
        assert_eq!((read.returns.len(), read.not_honoured.len()), (256, 17));
        assert_eq!(read.not_honoured.last().unwrap(), "28 more rules of this kind");
    }

    #[test]
    fn a_mark_that_is_set_after_the_filter_cannot_be_checked_in_it() {
        let trunk = "-s 203.0.113.7/32 -m mark --mark 0x1 -j ACCEPT";
        let marks = "-p udp -j MARK --set-xmark 0x1/0xffffffff";
        let found = read(&[CATCH_ALL, marks, trunk, SUBNET, DROP]);
        assert_eq!(found.returns, ["-s 192.168.0.0/16 -p udp -m multiport --dports 5060,10000:10200"]);
        assert!(found.not_honoured[0].contains("-s 203.0.113.7/32"), "{:?}", found.not_honoured);
        // A mark that is set before INPUT can be checked.
        let found = read(&[CATCH_ALL, trunk, DROP]);
        assert_eq!(found.returns, ["-s 203.0.113.7/32 -m mark --mark 0x1"]);
    }

    #[test]
    fn rules_beyond_the_limit_are_reported() {
        let named =
            (0..20_001).map(|number| format!("a -s 10.0.{}.{}/32 -j ACCEPT", number / 256, number % 256));
        let rules: Vec<String> =
            ["INPUT ! -i lo -j a".to_owned(), "INPUT -j DROP".to_owned()].into_iter().chain(named).collect();
        let found =
            Input::read(&listing("DROP", &rules.iter().map(String::as_str).collect::<Vec<_>>()), JUMP);
        assert_eq!((found.jumps.place, &found.returns[..]), (0, &[][..]));
        assert!(
            found.not_understood[0]
                .starts_with("rule 1 of INPUT, \"-A INPUT ! -i lo -j a\": it leads to more")
        );
    }
}
