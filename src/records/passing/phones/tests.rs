use std::sync::Arc;

use super::*;
use crate::plan::{Action, Mode, Unknown};
use crate::storage::clock::TestClock;

const HOUR: u64 = 3600;

/// What is known of phones, the policy, and the clock of this machine. Addresses that begin with 5 are in DE, all others in
/// CN, which the policy blocks.
struct Known {
    phones: PhoneAddresses,
    policy: Policy,
    clock: Arc<TestClock>,
}

fn holders(address: IpAddr) -> Holders {
    let country = if address.to_string().starts_with('5') { "DE" } else { "CN" };
    let lists =
        if address.to_string().ends_with('9') { vec!["scanners".parse().unwrap()] } else { Vec::new() };
    Holders { countries: vec![country.parse().unwrap()], lists, networks: Vec::new() }
}

fn contacts(listed: &[(&str, &str)]) -> Contacts {
    let contact = |(phone, address): &(&str, &str)| Contact {
        phone: phone.parse().unwrap(),
        address: address.parse().unwrap(),
    };
    listed.iter().map(contact).collect::<Vec<_>>().try_into().unwrap()
}

impl Known {
    fn new(keep_phones: bool, exceptions: &[&str]) -> Self {
        let policy = Policy {
            mode: Mode::Block,
            countries: vec!["CN".parse().unwrap()],
            lists: Vec::new(),
            networks: Vec::new(),
            exceptions: exceptions.iter().map(|exception| exception.parse().unwrap()).collect(),
            unknown: Unknown::Pass,
            action: Action::Drop,
            keep_phones,
            admin: None,
        };
        Self { phones: PhoneAddresses::default(), policy, clock: TestClock::at("2026-11-29T10:00:00Z") }
    }

    fn now(&self) -> Moment {
        Moment::of(&*self.clock)
    }

    fn list(&mut self, listed: &[(&str, &str)]) {
        let now = self.now();
        self.phones.note(&contacts(listed), &self.policy, |address| Some(holders(address)), &now);
        // As from disk.
        let stored = serde_json::to_string(&self.phones).unwrap();
        self.phones = serde_json::from_str(&stored).unwrap();
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// What passes for whom, each with the seconds for which it will.
    fn kept(&self) -> Vec<(String, String, u64)> {
        let kept = self.phones.kept(&self.policy, &self.now());
        kept.iter().map(|kept| (kept.phone.to_string(), kept.net.to_string(), kept.left.as_secs())).collect()
    }

    fn nets(&self) -> Vec<String> {
        self.kept().into_iter().map(|(_, net, _)| net).collect()
    }

    fn revoke(&mut self, phone: &str, net: Option<&str>) -> Vec<String> {
        let (now, net) = (self.now(), net.map(|net| net.parse().unwrap()));
        let ended = self.phones.revoke(&phone.parse().unwrap(), net, &self.policy, &now);
        ended.iter().map(ToString::to_string).collect()
    }
}

fn of(phone: &str, net: &str, seconds: u64) -> (String, String, u64) {
    (phone.to_owned(), net.to_owned(), seconds)
}

#[test]
fn a_phone_is_kept_for_a_day_after_it_was_last_listed() {
    let mut known = Known::new(true, &[]);
    known.list(&[("202", "1.0.0.7"), ("203", "2a00::9"), ("204", "5.0.0.7"), ("205", "::ffff:1.0.0.8")]);
    let day = 24 * HOUR;
    assert_eq!(
        known.kept(),
        [of("202", "1.0.0.7/32", day), of("203", "2a00::/64", day), of("205", "1.0.0.8/32", day)]
    );
    known.pass(HOUR);
    known.list(&[("202", "1.0.0.7")]);
    let kept = known.phones.kept(&known.policy, &known.now()).into_iter();
    assert_eq!(kept.map(|kept| kept.is_registered).collect::<Vec<_>>(), [true, false, false]);
    known.pass(23 * HOUR - 1);
    assert_eq!(known.kept()[1], of("203", "2a00::/64", 1));
    known.pass(1);
    assert_eq!(known.kept(), [of("202", "1.0.0.7/32", HOUR)]);
    known.list(&[]);
    assert_eq!(known.kept(), [of("202", "1.0.0.7/32", HOUR)]);
    known.pass(HOUR);
    assert_eq!(known.kept(), []);
    known.list(&[]);
    assert!(known.phones.held.is_empty());
}

#[test]
fn nobody_is_held_who_needs_nothing() {
    let mut known = Known::new(true, &["1.0.0.0/24", "2a00::/48", "1.0.1.7@2027-01-01T00:00:00Z"]);
    let excepted = [("202", "1.0.0.7"), ("203", "2a00::9")];
    let special = [("204", "192.168.1.7"), ("205", "fe80::9"), ("206", "100.64.0.9")];
    known.list(&[&excepted[..], &special, &[("207", "1.0.1.7")]].concat());
    assert_eq!(known.nets(), ["1.0.1.7/32"], "an exception that ends does not help for long");
}

#[test]
fn an_address_of_which_the_data_says_nothing_waits_and_one_that_is_held_stays() {
    let mut known = Known::new(true, &[]);
    known.list(&[("202", "1.0.0.7")]);
    known.pass(HOUR);
    let now = known.now();
    known.phones.note(&contacts(&[("202", "1.0.0.7"), ("203", "1.0.0.8")]), &known.policy, |_| None, &now);
    assert_eq!(known.kept(), [of("202", "1.0.0.7/32", 24 * HOUR)]);
}

#[test]
fn an_exception_keeps_its_phone_alone_and_no_longer_than_it_lasts() {
    let mut known = Known::new(false, &["phone:202@2026-11-29T12:00:00Z", "phone:203"]);
    let listed = [("202", "1.0.0.7"), ("203", "1.0.0.8"), ("204", "1.0.0.9")];
    known.list(&listed);
    assert_eq!(known.kept(), [of("202", "1.0.0.7/32", 2 * HOUR), of("203", "1.0.0.8/32", 24 * HOUR)]);
    known.clock.set("1970-01-01T00:00:00Z");
    known.pass(HOUR);
    known.list(&listed);
    assert_eq!(
        known.kept()[0],
        of("202", "1.0.0.7/32", HOUR),
        "a clock that is set back makes nothing longer"
    );
    known.pass(HOUR);
    known.list(&listed);
    assert_eq!(known.kept(), [of("203", "1.0.0.8/32", 24 * HOUR)]);
    known.policy.keep_phones = true;
    known.list(&listed);
    assert_eq!(known.nets().len(), 3);
}

#[test]
fn of_several_exceptions_the_one_that_lasts_longest_counts() {
    let mut known = Known::new(false, &["phone:202@2026-11-29T11:00:00Z", "phone:202@2026-11-29T13:00:00Z"]);
    known.list(&[("202", "1.0.0.7")]);
    assert_eq!(known.kept(), [of("202", "1.0.0.7/32", 3 * HOUR)]);
}

#[test]
fn a_clock_that_is_set_makes_no_address_pass_longer() {
    let mut known = Known::new(true, &[]);
    known.list(&[("202", "1.0.0.7")]);
    for set_to in ["1970-01-01T00:00:00Z", "2030-01-01T00:00:00Z"] {
        let before = known.kept()[0].2;
        known.clock.set(set_to);
        known.pass(HOUR);
        assert_eq!(known.kept(), [of("202", "1.0.0.7/32", before - HOUR)], "{set_to}");
        let now = known.now();
        known.phones.pass_time(&known.policy, &now);
    }
    // Across a boot the wall clock is asked. One that was set back in between counts for nothing.
    known.clock.reboot();
    known.clock.set("1970-01-01T00:00:00Z");
    assert_eq!(known.kept()[0].2, 22 * HOUR);
    known.pass(HOUR);
    let now = known.now();
    known.phones.pass_time(&known.policy, &now);
    known.pass(22 * HOUR);
    assert_eq!(known.kept(), []);
}

#[test]
fn eight_addresses_of_a_phone_pass_those_first_from_where_it_is_registered() {
    let mut known = Known::new(true, &[]);
    known.list(&[("202", "1.0.0.1")]);
    known.pass(60);
    let many: Vec<String> = (2..=10).map(|last| format!("1.0.0.{last}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|address| ("202", address.as_str())).collect();
    known.list(&many);
    let passing: Vec<String> = (2..=9).map(|last| format!("1.0.0.{last}/32")).collect();
    assert_eq!(known.nets(), passing);
    let told = warnings(&known.phones).remove(0);
    assert_eq!(told.code, "phone.many_addresses");
    assert!(told.message.contains("202 from 1.0.0.10/32, 202 from 1.0.0.1/32"), "{told:?}");
    known.pass(60);
    known.list(&[("202", "1.0.0.10"), ("202", "1.0.0.9")]);
    assert!(known.nets().contains(&"1.0.0.10/32".to_owned()));
    known.list(&many[..8]);
    known.list(&many[..2]);
    assert_eq!(warnings(&known.phones), []);
}

#[test]
fn no_more_than_4096_phones_pass_and_the_others_are_named() {
    let mut known = Known::new(true, &[]);
    known.list(&[("former", "1.9.9.9")]);
    known.pass(60);
    let many: Vec<(String, String)> = (0..4097)
        .map(|number| (format!("{number:04}"), format!("1.0.{}.{}", number >> 8, number & 255)))
        .collect();
    let many: Vec<(&str, &str)> =
        many.iter().map(|(phone, address)| (phone.as_str(), address.as_str())).collect();
    known.list(&many);
    assert_eq!(known.nets().len(), MOST_PHONES);
    let told = warnings(&known.phones).remove(0);
    assert_eq!(told.code, "phone.many_phones");
    assert!(told.message.contains("4096 from 1.0.16.0/32, former from 1.9.9.9/32"), "{told:?}");
}

#[test]
fn what_was_ended_does_not_pass_again_until_a_day_after_it_was_registered_there() {
    let mut known = Known::new(true, &[]);
    let listed = [("202", "1.0.0.7"), ("202", "1.0.0.8"), ("203", "1.0.0.7")];
    known.list(&listed);
    assert_eq!(known.revoke("202", Some("1.0.0.7/32")), ["1.0.0.7/32"]);
    assert_eq!(known.revoke("202", Some("1.0.0.7/32")), [""; 0]);
    for _ in 0..48 {
        known.pass(HOUR);
        known.list(&listed);
        assert_eq!(known.nets(), ["1.0.0.8/32", "1.0.0.7/32"]);
    }
    assert_eq!(known.revoke("202", None), ["1.0.0.8/32"]);
    known.list(&[("202", "1.0.0.7"), ("202", "1.0.0.9")]);
    assert_eq!(known.nets(), ["1.0.0.9/32", "1.0.0.7/32"], "from another address it is kept");
    known.pass(23 * HOUR);
    known.list(&[]);
    known.pass(HOUR - 1);
    known.list(&[("202", "1.0.0.8")]);
    assert_eq!(known.nets(), ["1.0.0.9/32", "1.0.0.7/32"]);
    known.pass(1);
    known.list(&[]);
    known.list(&[("202", "1.0.0.7")]);
    assert_eq!(known.nets(), ["1.0.0.7/32"]);
}

#[test]
fn while_asterisk_is_silent_what_was_ended_stays_so() {
    let mut known = Known::new(true, &[]);
    known.list(&[("202", "1.0.0.7")]);
    known.revoke("202", None);
    for _ in 0..60 {
        known.pass(HOUR);
        let now = known.now();
        known.phones.pass_time(&known.policy, &now);
    }
    known.list(&[("202", "1.0.0.7")]);
    assert_eq!(known.nets(), [""; 0]);
}

#[test]
fn a_request_names_at_most_10000_contacts_each_with_a_phone_and_an_address() {
    let read = serde_json::from_value::<Contacts>;
    let contact = serde_json::json!({"phone": "202", "address": "203.0.113.9"});
    assert!(read(vec![contact.clone(); 10_000].into()).is_ok());
    assert!(read(vec![contact; 10_001].into()).is_err());
    for bad in [
        serde_json::json!([{"phone": "202"}]),
        serde_json::json!([{"phone": "", "address": "203.0.113.9"}]),
        serde_json::json!([{"phone": "202", "address": "203.0.113.9:5060"}]),
        serde_json::json!([{"phone": "202", "address": "pbx.example.net"}]),
        serde_json::json!({}),
    ] {
        assert!(read(bad.clone()).is_err(), "{bad} was accepted");
    }
}

#[test]
fn a_phone_on_a_list_keeps_its_way_where_the_policy_names_the_list() {
    let mut known = Known::new(true, &[]);
    known.list(&[("202", "5.0.0.9")]);
    assert!(known.phones.kept(&known.policy, &known.now()).is_empty(), "nothing is against it");
    known.policy.lists = vec!["scanners".parse().unwrap()];
    known.list(&[("202", "5.0.0.9"), ("203", "5.0.0.8")]);
    let kept = known.phones.kept(&known.policy, &known.now());
    assert_eq!(kept.iter().map(|kept| kept.net.to_string()).collect::<Vec<_>>(), ["5.0.0.9/32"]);
}
