use jiff::ToSpan;

use super::*;
use crate::plan::{Action, Mode, Unknown};
use crate::resolver::Answer;
use crate::storage::clock::TestClock;

const HOST: &str = "anna.example.net";
const MINUTES: u64 = 60;
const HOURS: u64 = 3600;

/// What is known of one host, and the clock of this machine.
struct Known {
    answers: HostAnswers,
    policy: Policy,
    clock: std::sync::Arc<TestClock>,
}

fn addresses(texts: &[&str]) -> Answer {
    Answer::Addresses(texts.iter().map(|text| text.parse().unwrap()).collect())
}

fn silence() -> Answer {
    Answer::Silence("nobody answers".to_owned())
}

impl Known {
    fn new(exceptions: &[&str]) -> Self {
        let policy = Policy {
            mode: Mode::Block,
            countries: Vec::new(),
            lists: Vec::new(),
            networks: Vec::new(),
            exceptions: exceptions.iter().map(|exception| exception.parse().unwrap()).collect(),
            unknown: Unknown::Pass,
            action: Action::Drop,
            keep_phones: false,
            admin: None,
        };
        Self { answers: HostAnswers::default(), policy, clock: TestClock::at("2026-11-29T10:00:00Z") }
    }

    fn now(&self) -> Moment {
        Moment::of(&*self.clock)
    }

    fn note(&mut self, v4: Answer, v6: Answer, occasion: Occasion) {
        let now = self.now();
        self.answers.note(&HOST.parse().unwrap(), &Answers { v4, v6 }, &self.policy, &now, occasion);
    }

    /// A look, five minutes after the one before.
    fn look(&mut self, v4: Answer, v6: Answer) {
        self.pass(5 * MINUTES);
        self.note(v4, v6, Occasion::Look);
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// What passes, with the seconds for which it does.
    fn passing(&self) -> Vec<(String, u32)> {
        let members = self.answers.members(&self.policy, &self.now());
        members.iter().map(|member| (member.net.to_string(), member.seconds)).collect()
    }

    fn nets(&self) -> Vec<String> {
        self.passing().into_iter().map(|(net, _)| net).collect()
    }

    fn codes(&self) -> Vec<&'static str> {
        let host = HOST.parse().unwrap();
        warnings(&host, self.answers.of(&host), &self.now()).iter().map(|warning| warning.code).collect()
    }
}

#[test]
fn an_ipv4_address_passes_alone_and_an_ipv6_address_with_its_network() {
    let mut known = Known::new(&[HOST]);
    known.note(
        addresses(&["1.0.0.7", "1.0.0.7"]),
        addresses(&["2a00::7", "2a00::8:0:0:1", "2a00:0:0:1::9"]),
        Occasion::Apply,
    );
    assert_eq!(known.nets(), ["1.0.0.7/32", "2a00::/64", "2a00:0:0:1::/64"]);
    assert_eq!(known.codes(), [""; 0]);
}

#[test]
fn a_former_address_passes_for_two_looks_whatever_is_applied_meanwhile() {
    let mut known = Known::new(&[HOST]);
    known.note(addresses(&["1.0.0.7"]), addresses(&[]), Occasion::Apply);
    known.look(addresses(&["1.0.0.8"]), addresses(&[]));
    known.note(addresses(&["1.0.0.8"]), addresses(&[]), Occasion::Apply);
    known.look(addresses(&["1.0.0.8"]), addresses(&[]));
    assert_eq!(known.nets(), ["1.0.0.7/32", "1.0.0.8/32"]);
    known.look(addresses(&["1.0.0.8"]), addresses(&[]));
    assert_eq!(known.nets(), ["1.0.0.8/32"]);
}

#[test]
fn a_former_address_ends_by_itself_if_no_look_comes() {
    let mut known = Known::new(&[HOST]);
    known.note(addresses(&["1.0.0.7"]), addresses(&[]), Occasion::Apply);
    known.look(addresses(&["1.0.0.8"]), addresses(&[]));
    assert_eq!(known.passing()[0], ("1.0.0.7/32".to_owned(), 900));
    known.pass(15 * MINUTES);
    assert_eq!(known.nets(), ["1.0.0.8/32"]);
}

#[test]
fn an_address_that_comes_back_is_former_no_more() {
    let mut known = Known::new(&[HOST]);
    for address in ["1.0.0.7", "1.0.0.8", "1.0.0.7", "1.0.0.8"] {
        known.look(addresses(&[address]), addresses(&[]));
    }
    let now = known.now();
    let host = HOST.parse().unwrap();
    let answer = known.answers.of(&host).unwrap();
    assert_eq!((answer.present(&now).len(), answer.former(&now).len()), (1, 1));
}

#[test]
fn that_there_is_no_address_is_an_answer() {
    let mut known = Known::new(&[HOST]);
    known.note(addresses(&["1.0.0.7"]), addresses(&["2a00::7"]), Occasion::Apply);
    known.look(addresses(&[]), addresses(&[]));
    assert_eq!(known.codes(), ["host.without_address"]);
    assert_eq!(known.nets(), ["1.0.0.7/32", "2a00::/64"], "they pass two looks longer");
    known.look(addresses(&[]), addresses(&[]));
    known.look(addresses(&[]), addresses(&[]));
    assert_eq!(known.nets(), [""; 0]);
}

#[test]
fn the_last_answer_counts_for_24_hours_while_nobody_answers() {
    let mut known = Known::new(&[HOST]);
    known.note(addresses(&["1.0.0.7"]), addresses(&[]), Occasion::Apply);
    for _ in 0..24 * 12 - 1 {
        known.look(silence(), silence());
    }
    assert_eq!((known.passing(), known.codes()), (vec![("1.0.0.7/32".to_owned(), 300)], vec!["host.silent"]));
    known.look(silence(), silence());
    assert_eq!((known.passing(), known.codes()), (vec![], vec!["host.silent"]));
    known.look(addresses(&["1.0.0.7"]), addresses(&[]));
    assert_eq!((known.nets(), known.codes()), (vec!["1.0.0.7/32".to_owned()], vec![]));
}

#[test]
fn a_name_server_that_is_silent_about_one_family_does_not_hide_the_other() {
    let mut known = Known::new(&[HOST]);
    known.note(addresses(&["1.0.0.7"]), silence(), Occasion::Apply);
    assert_eq!((known.nets(), known.codes()), (vec!["1.0.0.7/32".to_owned()], vec!["host.silent"]));
    known.look(addresses(&["1.0.0.8"]), addresses(&["2a00::7"]));
    known.look(addresses(&["1.0.0.8"]), silence());
    assert_eq!(known.nets(), ["1.0.0.7/32", "1.0.0.8/32", "2a00::/64"]);
}

#[test]
fn no_clock_makes_an_answer_last_longer() {
    let mut known = Known::new(&[HOST]);
    known.note(addresses(&["1.0.0.7"]), addresses(&[]), Occasion::Apply);
    known.pass(20 * HOURS);
    known.clock.set("1970-01-01T00:00:00Z");
    assert_eq!(known.passing()[0].1, 4 * 3600, "by the time since boot");
    known.note(silence(), silence(), Occasion::Look);
    known.clock.reboot();
    assert_eq!(known.passing()[0].1, 4 * 3600, "what has passed stays passed");
    known.note(silence(), silence(), Occasion::Look);
    known.pass(4 * HOURS);
    assert_eq!(known.passing(), []);
}

#[test]
fn an_exception_that_ends_does_so_by_any_clock() {
    let mut known = Known::new(&["anna.example.net@2026-11-29T12:00:00Z"]);
    let look = |known: &mut Known| known.look(addresses(&["1.0.0.7"]), addresses(&[]));
    known.note(addresses(&["1.0.0.7"]), addresses(&[]), Occasion::Apply);
    assert_eq!(known.passing()[0].1, 7200);
    known.clock.set("1970-01-01T00:00:00Z");
    look(&mut known);
    assert_eq!(known.passing()[0].1, 6900, "it is counted down");
    known.clock.set("2026-11-29T11:59:00Z");
    assert_eq!(known.passing()[0].1, 60, "the wall clock counts too");
    known.clock.set("1970-01-01T00:00:00Z");
    for _ in 0..23 {
        look(&mut known);
    }
    assert_eq!(known.passing(), []);
    known.clock.set("2026-11-29T11:00:00Z");
    assert_eq!(known.passing(), [], "over is over");
}

#[test]
fn the_exception_that_lasts_longest_counts() {
    let mut known = Known::new(&["anna.example.net@2026-11-29T12:00:00Z", HOST]);
    known.note(addresses(&["1.0.0.7"]), addresses(&[]), Occasion::Apply);
    assert_eq!(known.passing(), [("1.0.0.7/32".to_owned(), 24 * 3600)]);
    let passing = known.answers.addresses(&known.policy, &known.now());
    assert!(!passing.is_empty() && passing.iter().all(|address| address.expires_at.is_none()), "{passing:?}");
}

#[test]
fn sixteen_addresses_pass_the_same_ones_each_time() {
    let v4 = |from: u8| (from..from + 20).map(|last| format!("1.0.0.{last}")).collect::<Vec<_>>();
    let mut texts = v4(1);
    let mut known = Known::new(&[HOST]);
    let answer = |texts: &[String]| addresses(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    known.note(answer(&texts), addresses(&["2a00::7"]), Occasion::Apply);
    let first = known.nets();
    assert_eq!((first.len(), known.codes()), (16, vec!["host.many_addresses"]));
    texts.reverse();
    known.look(answer(&texts), addresses(&["2a00::7"]));
    assert_eq!(known.nets(), first);
    for from in [50, 80, 110, 140, 170, 200] {
        known.note(answer(&v4(from)), addresses(&[]), Occasion::Apply);
    }
    assert_eq!(known.nets().len(), 48, "what it had before is bounded too");
}

#[test]
fn private_and_special_addresses_change_nothing() {
    let mut known = Known::new(&[HOST]);
    known.note(
        addresses(&["10.0.0.1", "127.0.0.1", "1.0.0.7", "0.0.0.0"]),
        addresses(&["fd00::1", "::1", "::ffff:1.0.0.8", "1.0.0.9"]),
        Occasion::Apply,
    );
    assert_eq!((known.nets(), known.codes()), (vec!["1.0.0.7/32".to_owned()], vec!["host.not_public"]));
}

#[test]
fn a_moment_that_a_wrong_clock_wrote_is_not_told() {
    let mut known = Known::new(&[HOST]);
    let today = known.now().wall;
    known.clock.set(&(today + (24 * 365 * 80).hours()).to_string());
    known.note(addresses(&["1.0.0.7"]), addresses(&[]), Occasion::Apply);
    known.clock.set(&today.to_string());
    let host = HOST.parse().unwrap();
    assert_eq!(known.answers.of(&host).unwrap().answered_at(&known.now()), None);
    assert_eq!(known.nets(), ["1.0.0.7/32"]);
}

#[test]
fn the_record_is_kept_for_the_hosts_that_a_policy_names_and_goes_with_the_last() {
    let directory = tempfile::tempdir().unwrap();
    let state = StateDir::open(directory.path()).unwrap();
    let mut known = Known::new(&[HOST, "berta.example.net"]);
    known.note(addresses(&["1.0.0.7"]), addresses(&[]), Occasion::Apply);
    known.answers.save(&state).unwrap();
    HostAnswers::prune(&state, [&known.policy]).unwrap();
    assert_eq!(HostAnswers::load(&state).unwrap(), known.answers);
    HostAnswers::prune(&state, [&Known::new(&["berta.example.net"]).policy]).unwrap();
    assert_eq!(HostAnswers::load(&state).unwrap(), HostAnswers::default());
    assert!(state.file(HostAnswers::FILE).path().exists());
    HostAnswers::prune(&state, [&Known::new(&["1.0.0.7@2099-01-01T00:00:00Z"]).policy]).unwrap();
    assert!(!state.file(HostAnswers::FILE).path().exists());
}

#[test]
fn an_answer_of_private_addresses_alone_changes_nothing_for_a_day() {
    let mut known = Known::new(&[HOST]);
    known.note(addresses(&["1.0.0.7"]), addresses(&[]), Occasion::Apply);
    for _ in 0..12 {
        known.look(addresses(&["192.168.1.5", "0.0.0.0"]), addresses(&[]));
        assert_eq!((known.nets(), known.codes()), (vec!["1.0.0.7/32".to_owned()], vec!["host.not_public"]));
    }
    known.pass(22 * HOURS);
    known.look(addresses(&["192.168.1.5"]), addresses(&[]));
    assert_eq!(known.passing(), [("1.0.0.7/32".to_owned(), 55 * 60)]);
    known.pass(HOURS);
    known.look(addresses(&["192.168.1.5"]), addresses(&[]));
    assert_eq!(known.nets(), [""; 0]);
    known.look(addresses(&["1.0.0.8"]), addresses(&[]));
    assert_eq!((known.nets(), known.codes()), (vec!["1.0.0.8/32".to_owned()], vec![]));
}

#[test]
fn networks_about_which_nobody_answers_are_kept_however_many_others_there_are() {
    let mut known = Known::new(&[HOST]);
    let v4 = |number: usize| {
        Answer::Addresses((0..number).map(|last| format!("1.0.0.{last}").parse().unwrap()).collect())
    };
    let v6 = Answer::Addresses((0..8).map(|net| format!("2a00:0:0:{net}::1").parse().unwrap()).collect());
    known.note(v4(4), v6, Occasion::Apply);
    known.look(v4(16), silence());
    let (v6_nets, warned) = (known.nets().iter().filter(|net| net.ends_with("/64")).count(), known.codes());
    assert_eq!((known.nets().len(), v6_nets), (24, 8), "they pass for two looks more");
    assert_eq!(warned, ["host.silent", "host.many_addresses"]);
    for _ in 0..3 {
        known.look(v4(4), silence());
    }
    assert_eq!(known.nets().iter().filter(|net| net.ends_with("/64")).count(), 8);
}
