//! Activity: packets counted by the real kernel.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use serde_json::{Value, json};

use crate::lab::Lab;
use crate::pbx::{BOTH, Flavour, Pbx};
use crate::world::{IPSET_TOOL, NETLINK, block_request, plain_request, update_request};

/// The most senders of a family that the kernel records.
const CAPACITY: u64 = 4096;

fn counting(countries: &[&str]) -> Value {
    let mut request = block_request(countries);
    request["policy"]["action"] = "count".into();
    request
}

fn dropped(packets: u64) -> Value {
    json!({"dropped": packets, "counted": 0})
}

fn counted(packets: u64) -> Value {
    json!({"dropped": 0, "counted": packets})
}

impl Pbx {
    fn blocking_cn(flavour: Flavour, backend: &'static str) -> Self {
        let pbx = Self { backend, ..Self::new(flavour) };
        pbx.build_input_up_to_the_hook();
        pbx.apply(&["CN"]);
        pbx.attach();
        pbx.finish_input_behind_the_hook();
        pbx
    }

    fn activity(&self) -> Value {
        self.ask("activity", &plain_request()).data().clone()
    }

    /// Runs a check, as cron does every few minutes.
    fn look(&self) {
        let outcome = self.ask("check", &json!({"v": 1, "settle_seconds": 0}));
        assert!(outcome.is_ok(), "{outcome:?}");
    }

    /// Sends packets from each address, as many as given.
    fn knock(&self, senders: &[(&str, usize)]) {
        let all = senders.iter().flat_map(|(sender, times)| vec![sender.parse().unwrap(); *times]);
        self.lab.arriving(&all.collect::<Vec<IpAddr>>());
    }

    /// Kernel memory of the sender sets.
    fn memory_of_senders(&self) -> u64 {
        let listing = self.lab.pbx.run("ipset", &["list", "-t"]);
        let sets = listing.split("\n\n").filter(|set| set.starts_with("Name: geoip_senders"));
        let size = |set: &str| {
            set.lines().find_map(|line| line.strip_prefix("Size in memory: ")?.parse::<u64>().ok())
        };
        sets.map(|set| size(set).unwrap()).sum()
    }
}

#[test]
fn every_dropped_packet_is_counted_with_its_sender_and_country() {
    for (flavour, backend) in BOTH.into_iter().zip([NETLINK, IPSET_TOOL]) {
        let pbx = Pbx::blocking_cn(flavour, backend);
        pbx.knock(&[("1.0.0.7", 5), ("1.1.0.5", 2), ("1.0.64.7", 3), ("2a00:1::7", 4), ("2a00:1::8", 1)]);
        let activity = pbx.activity();
        assert_eq!((&activity["v4"], &activity["v6"]), (&dropped(7), &dropped(5)), "{flavour:?}");
        assert_eq!(activity["unattributed"], dropped(0));
        assert_eq!(activity["countries"], json!([{"country": "CN", "packets": dropped(12), "addresses": 3}]));
        let addresses = activity["addresses"].as_array().unwrap();
        let of = |place: usize| (addresses[place]["address"].as_str().unwrap(), &addresses[place]["packets"]);
        // Senders with equal counts may come in any order.
        let mut busiest = [of(0), of(1)];
        busiest.sort_by_key(|(address, _)| *address);
        assert_eq!(busiest, [("1.0.0.7", &dropped(5)), ("2a00:1::/64", &dropped(5))]);
        assert_eq!(of(2), ("1.1.0.5", &dropped(2)));
        let first = |address: &str| {
            addresses.iter().find(|one| one["address"] == address).unwrap()["first_address"].clone()
        };
        assert_eq!([first("2a00:1::/64"), first("1.1.0.5")], ["2a00:1::", "1.1.0.5"]);
        assert_eq!(activity["action"], "drop");
    }
}

#[test]
fn a_check_counts_no_packet_twice_and_loses_none() {
    let pbx = Pbx::blocking_cn(Flavour::Legacy, NETLINK);
    for times in 1..=4 {
        pbx.knock(&[("1.0.0.7", 3), ("2a00:1::7", 2)]);
        pbx.look();
        pbx.look();
        let activity = pbx.activity();
        assert_eq!((&activity["v4"], &activity["v6"]), (&dropped(3 * times), &dropped(2 * times)));
        assert_eq!((&activity["unattributed"], &activity["addresses_seen"]), (&dropped(0), &json!(2)));
    }
}

#[test]
fn counts_survive_saves_updates_reloads_repairs_and_a_reboot() {
    let mut pbx = Pbx::blocking_cn(Flavour::Legacy, NETLINK);
    let mut expected = 0;
    let knock = |pbx: &Pbx, expected: &mut u64| {
        pbx.knock(&[("1.0.0.7", 2)]);
        *expected += 2;
        assert_eq!(pbx.activity()["v4"], dropped(*expected));
    };
    knock(&pbx, &mut expected);
    pbx.apply(&["CN", "DE"]);
    knock(&pbx, &mut expected);
    let bundle = pbx.world.bundle("more.csv.gz", &format!("{}3000::,3000::ffff,DE\n", crate::pbx::ROWS));
    assert_eq!(pbx.ask("update", &update_request(&bundle)).data()["applied"]["changed"], true);
    knock(&pbx, &mut expected);
    pbx.build_input_up_to_the_hook();
    pbx.attach();
    pbx.finish_input_behind_the_hook();
    knock(&pbx, &mut expected);
    // The chain is replaced by another one of ours and back.
    assert!(pbx.ask("apply", &counting(&["CN"])).is_ok());
    pbx.apply(&["CN"]);
    knock(&pbx, &mut expected);
    pbx.look();
    pbx.lab = Lab::new();
    pbx.attach();
    knock(&pbx, &mut expected);
    // The counts are stored before the filter is removed.
    assert!(pbx.ask("detach", &plain_request()).is_ok());
    let activity = pbx.activity();
    assert_eq!((&activity["v4"], &activity["action"]), (&dropped(expected), &Value::Null));
}

#[test]
fn a_counting_policy_drops_nobody_and_counts_what_it_would_drop() {
    for flavour in BOTH {
        let pbx = Pbx::blocking_cn(flavour, NETLINK);
        assert!(pbx.ask("apply", &counting(&["CN"])).is_ok());
        pbx.assert_filtering(&["1.0.0.7", "1.0.64.7", "2a00:1::7", "9.9.9.9"], &[]);
        let activity = pbx.activity();
        assert_eq!((&activity["v4"], &activity["v6"]), (&counted(1), &counted(1)), "{flavour:?}");
        assert_eq!(activity["action"], "count");
        assert!(activity["action_since"].is_string());
        let explained = pbx.ask("explain", &json!({"v": 1, "addresses": ["1.0.0.7", "1.0.64.7"]}));
        let verdicts = explained.data()["addresses"].as_array().unwrap();
        assert_eq!((&verdicts[0]["verdict"], &verdicts[1]["verdict"]), (&json!("count"), &json!("pass")));
        assert_eq!(pbx.ask("status", &plain_request()).data()["active"], true);
        // Applying the same policy without counting makes it effective.
        pbx.apply(&["CN"]);
        pbx.assert_filtering(&["1.0.64.7", "9.9.9.9"], &["1.0.1.7", "2a00:2::7"]);
        let activity = pbx.activity();
        assert_eq!(activity["v4"], json!({"dropped": 1, "counted": 1}));
        assert_eq!(activity["countries"][0]["packets"], json!({"dropped": 2, "counted": 2}));
    }
}

#[test]
fn the_start_of_counting_is_kept_until_the_policy_drops() {
    let pbx = Pbx::new(Flavour::Legacy);
    assert!(pbx.ask("apply", &counting(&["CN"])).is_ok());
    let since = pbx.activity()["action_since"].clone();
    assert!(pbx.ask("apply", &counting(&["CN", "DE"])).is_ok());
    assert_eq!(pbx.activity()["action_since"], since);
    pbx.apply(&["CN", "DE"]);
    assert_ne!(pbx.activity()["action_since"], since);
}

#[test]
fn passing_sources_pass_all_the_time_during_a_switch_to_counting_and_back() {
    let pbx = Pbx::blocking_cn(Flavour::Legacy, NETLINK);
    // This policy counts everybody. With sets swapped before the chain, everybody would be dropped for a moment.
    let everybody = counting(&["CN", "DE"]);
    pbx.while_filtering(&["1.0.64.7", "2a00:100::7", "9.9.9.9"], &[], || {
        for _ in 0..10 {
            assert!(pbx.ask("apply", &everybody).is_ok());
            pbx.apply(&["CN"]);
        }
    });
    pbx.assert_filtering(&["1.0.64.7"], &["1.0.0.7", "2a00:1::7"]);
}

#[test]
fn a_counting_policy_that_fails_leaves_the_dropping_one_in_force() {
    let pbx = Pbx::blocking_cn(Flavour::Legacy, IPSET_TOOL);
    let before = pbx.kernel();
    // The chain already counts or checks exceptions when the swap of the sets fails.
    let refuse = "[ \"$1\" = restore ] || exec /usr/sbin/ipset \"$@\"
        script=$(cat)
        case $script in *'swap geoip_next_blocked_v4 '*) echo no >&2; exit 1;; esac
        printf '%s\\n' \"$script\" | /usr/sbin/ipset restore";
    pbx.replace_tool("ipset", refuse);
    let passes = json!([{"subnet": "1.0.0.7", "expires_at": "2099-01-01T00:00:00Z"}]);
    let with_pass = json!({"v": 1, "source": "dbip", "policy": {"mode": "block", "countries": ["DE"], "exceptions": passes}});
    for request in [counting(&["DE"]), with_pass] {
        assert_eq!(pbx.ask("apply", &request).code(), "firewall.command");
        assert_eq!(pbx.kernel(), before);
        pbx.assert_filtering(&["1.0.64.7"], &["1.0.0.7", "2a00:1::7"]);
    }
}

#[test]
fn in_a_flood_memory_is_bounded_drops_are_exact_and_the_loss_is_reported() {
    let pbx = Pbx::blocking_cn(Flavour::Legacy, NETLINK);
    let v4 = (0..12_000_u32).map(|n| IpAddr::from(Ipv4Addr::from(0x0100_4100 + n)));
    let v6 = (0..8_000_u128).map(|n| IpAddr::from(Ipv6Addr::from((0x2a00_u128 << 112) + (n << 64) + 7)));
    let flood: Vec<IpAddr> = v4.chain(v6).collect();
    let mut sizes = Vec::new();
    for half in flood.chunks(10_000) {
        assert!(pbx.lab.arriving(half).is_empty(), "somebody came through");
        sizes.push(pbx.memory_of_senders());
    }
    assert!(sizes.iter().all(|size| *size < 600_000), "{sizes:?}");
    let activity = pbx.activity();
    assert_eq!((&activity["v4"], &activity["v6"]), (&dropped(12_000), &dropped(8_000)));
    let attributed = activity["countries"][0]["packets"]["dropped"].as_u64().unwrap();
    assert!(attributed <= 2 * CAPACITY, "{attributed}");
    assert_eq!(activity["unattributed"], dropped(20_000 - attributed));
    // The kernel records nearly as many senders as it has room for.
    assert!(attributed > CAPACITY, "{attributed}");
    assert_eq!(activity["addresses"].as_array().unwrap().len(), 100);
    // A sender that goes on is recorded in a full set too, except for about one in fifty: its hash bucket may be empty,
    // so that no other entry can be replaced.
    let persistent = ["1.0.30.1", "1.0.30.2", "1.0.30.3", "1.0.30.4"];
    pbx.knock(&persistent.map(|sender| (sender, 500)));
    let busiest = pbx.activity()["addresses"][0]["address"].clone();
    assert!(persistent.iter().any(|sender| busiest == *sender), "{busiest}");
    pbx.look();
    let after = pbx.activity();
    assert_eq!((&after["v4"], &after["addresses_complete"]), (&dropped(14_000), &json!(false)));
}

#[test]
fn in_a_flood_senders_are_recorded_up_to_a_rate_and_all_packets_are_counted() {
    const FLOOD: u32 = 50_000;
    const A_SECOND: u64 = 10_000;
    // Without the rules of MikoPBX, which limit each sender.
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.apply(&["CN"]);
    pbx.attach();
    let begin = Instant::now();
    pbx.lab.flood("1.0.0.7".parse().unwrap(), FLOOD as usize);
    let milliseconds = u64::try_from(begin.elapsed().as_millis()).unwrap() + 1;
    let activity = pbx.activity();
    assert_eq!(activity["v4"], dropped(FLOOD.into()));
    let attributed = activity["addresses"][0]["packets"]["dropped"].as_u64().unwrap();
    // The limit match of the kernel is not exact.
    let at_most = A_SECOND + A_SECOND * milliseconds / 1000 * 5 / 4;
    assert!((A_SECOND..=at_most).contains(&attributed), "{attributed} in {milliseconds} ms");
    assert_eq!(activity["unattributed"], dropped(u64::from(FLOOD) - attributed));
}

#[test]
fn a_kernel_without_the_limit_match_records_every_sender() {
    for (flavour, multi) in BOTH.into_iter().zip(["xtables-legacy-multi", "xtables-nft-multi"]) {
        let pbx = Pbx::new(flavour);
        for tool in ["iptables-restore", "ip6tables-restore"] {
            let refuse = format!(
                "script=$(cat)
                case $script in *'-m limit'*) echo \"Couldn't load match \\`limit'\" >&2; exit 2;; esac
                printf '%s\\n' \"$script\" | /usr/sbin/{multi} {tool} \"$@\""
            );
            pbx.replace_tool(tool, &refuse);
        }
        let request = block_request(&["CN"]);
        assert_eq!(pbx.ask("apply", &request).warnings(), ["firewall.degraded"]);
        pbx.attach();
        pbx.assert_filtering(&["9.9.9.9"], &["1.0.0.7", "2a00:1::7"]);
        let activity = pbx.activity();
        assert_eq!((&activity["addresses_seen"], &activity["unattributed"]), (&json!(2), &dropped(0)));
        // Such a kernel is not reported as drift.
        let kernel = pbx.kernel();
        assert_eq!(pbx.ask("status", &plain_request()).data()["active"], true);
        assert_eq!(pbx.ask("apply", &request).data()["changed"], false);
        assert_eq!(pbx.ask("heal", &plain_request()).data()["repaired"], json!([]));
        assert_eq!(pbx.kernel(), kernel);
    }
}

#[test]
fn hours_beyond_the_stored_period_are_refused() {
    let pbx = Pbx::new(Flavour::Legacy);
    for hours in [0, 745, -1] {
        let outcome = pbx.ask("activity", &json!({"v": 1, "hours": hours}));
        assert_eq!((outcome.status, outcome.code()), (2, "request.invalid"));
        assert!(outcome.message().starts_with("hours"), "{outcome:?}");
    }
    // A filter that was never in force is no error.
    let activity = pbx.activity();
    assert_eq!((&activity["countries"], &activity["v4"]), (&json!([]), &dropped(0)));
}
