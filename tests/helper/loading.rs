//! Loading sets: over netlink, by the tool, and with helpers that are killed.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::lab::Lab;
use crate::real_data::{TEN, compiled, selections};
use crate::world::{IPSET_TOOL, NETLINK, Outcome, SET_BACKEND, World, ask, block_request, plain_request};

/// The output of the tool without random seeds and what depends on them: by chance, a bucket overflows and the kernel
/// doubles the hash.
fn printed(lab: &Lab, arguments: &[&str]) -> Vec<String> {
    const CHANCE: [&str; 3] = ["initval", "hashsize", "Size in memory:"];
    let without = |line: &str, word: &str| match line.split_once(word) {
        Some((before, behind)) => before.to_owned() + behind.trim_start().trim_start_matches(|c| c != ' '),
        None => line.to_owned(),
    };
    let printed = lab.pbx.run("ipset", arguments);
    printed
        .lines()
        .map(|line| CHANCE.iter().fold(line.to_owned(), |line, word| without(&line, word)))
        .collect()
}

/// The lines of `ipset save`, sorted, because their order is random.
fn saved_sets(lab: &Lab) -> Vec<String> {
    let mut lines = printed(lab, &["save"]);
    lines.sort();
    lines
}

/// The output of `ipset list -t` for each set.
fn listed_sets(lab: &Lab) -> Vec<String> {
    printed(lab, &["list", "-t"])
}

#[test]
fn netlink_and_the_tool_create_the_same_sets() {
    let world = compiled();
    for countries in selections() {
        let [ours, tools] = [NETLINK, IPSET_TOOL].map(|backend| {
            let lab = Lab::new();
            let mut helper = world.helper("apply");
            helper.env(SET_BACKEND, backend);
            let outcome = ask(lab.pbx.wrap(&helper), &block_request(&countries));
            assert!(outcome.is_ok(), "{backend}: {outcome:?}");
            (saved_sets(&lab), listed_sets(&lab))
        });
        assert_eq!(ours.1, tools.1);
        assert!(
            ours.0.len() > 200 && ours.0 == tools.0,
            "{} and {} lines differ",
            ours.0.len(),
            tools.0.len()
        );
    }
}

#[test]
fn sets_loaded_over_netlink_can_be_saved_and_restored_by_the_tool() {
    let (world, lab, other) = (compiled(), Lab::new(), Lab::new());
    assert!(ask(lab.pbx.wrap(&world.helper("apply")), &block_request(&TEN)).is_ok());
    let saved = world.file("sets");
    std::fs::write(&saved, lab.pbx.run("ipset", &["save"])).unwrap();
    other.pbx.run("ipset", &["restore", "-file", saved.to_str().unwrap()]);
    assert!(std::fs::read_to_string(&saved).unwrap() == other.pbx.run("ipset", &["save"]), "the sets differ");
}

/// The numbers of entries of the sets in force.
fn entries(lab: &Lab) -> BTreeMap<String, u64> {
    let listed = lab.pbx.run("ipset", &["list", "-t"]);
    let sets = listed.split("\n\n").filter_map(|set| {
        let field = |name: &str| set.lines().find_map(|line| line.strip_prefix(name));
        Some((field("Name: ")?.to_owned(), field("Number of entries: ")?.parse().unwrap()))
    });
    sets.filter(|(name, _)| !name.starts_with("geoip_next")).collect()
}

/// So many that the kills hit every step.
const KILLS: u32 = 40;

#[test]
fn a_killed_apply_leaves_every_set_old_or_new_and_attach_repairs_the_rest() {
    let (world, lab) = (compiled(), Lab::new());
    let requests = [block_request(&TEN), block_request(&TEN[..5])];
    let helper = |world: &World, operation: &str, request: &Value| -> Outcome {
        let outcome = ask(lab.pbx.wrap(&world.helper(operation)), request);
        assert!(outcome.is_ok(), "{outcome:?}");
        outcome
    };
    let mut whole = Duration::ZERO;
    let [first, second] = [0, 1].map(|place| {
        let started = Instant::now();
        helper(&world, "apply", &requests[place]);
        whole = started.elapsed();
        entries(&lab)
    });
    helper(&world, "attach", &plain_request());
    for kill in 0..KILLS {
        let wanted = &requests[kill as usize % 2];
        let mut command: Command = lab.pbx.wrap(&world.helper("apply"));
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        serde_json::to_writer(child.stdin.take().unwrap(), wanted).unwrap();
        std::thread::sleep(whole * kill / KILLS);
        child.kill().unwrap();
        child.wait().unwrap();
        for (name, found) in entries(&lab) {
            assert!(
                [first[&name], second[&name]].contains(&found),
                "kill {kill}: {name} has {found} entries"
            );
        }
        let mended = helper(&world, "attach", &plain_request());
        assert_eq!(mended.data()["attached"], true);
        assert!([&first, &second].contains(&&entries(&lab)), "kill {kill}: neither the old sets nor the new");
        assert_eq!(helper(&world, "status", &plain_request()).data()["active"], true, "kill {kill}");
    }
}
