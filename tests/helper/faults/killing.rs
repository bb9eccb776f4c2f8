//! Signals at every step. `strace` delivers a signal at the n-th system call of a kind, so that the helper or its tool
//! dies in each state between two effects.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::{Stand, behind, chosen, policy, run_anyhow};
use crate::pbx::Flavour;
use crate::world::{IPSET_TOOL, NETLINK, plain_request};

/// The system calls with a lasting effect, by their names on all architectures.
const EFFECTS: &str =
    "/^(open|write|fsync|rename|unlink|mkdir|fchmod|ftruncate|flock|send|setsockopt|clone|vfork|execve)";
/// Steps per operation in an everyday run.
const USUALLY: usize = 6;
/// The most steps for one system call. More calls of the same kind are much alike.
const ALIKE: u32 = 60;

/// The n-th entry of a thread into a system call.
#[derive(Debug)]
pub(super) struct Step {
    call: String,
    occurrence: u32,
}

impl Step {
    /// The steps of an operation, recorded during a complete run.
    pub(super) fn all(stand: &Stand, operation: &str, request: &Value) -> Vec<Self> {
        let log = stand.pbx.world.file("calls");
        let arguments = ["-f", "-qq", "-e", &format!("trace={EFFECTS}"), "-o", log.to_str().unwrap()];
        assert!(run_anyhow(behind(stand, "strace", &arguments, operation), request), "{operation}");
        let mut counts: BTreeMap<(String, String), u32> = BTreeMap::new();
        for line in fs::read_to_string(log).unwrap().lines() {
            let (thread, rest) = line.split_once(' ').unwrap();
            if let Some((call, _)) = rest.trim_start().split_once('(')
                && call.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            {
                *counts.entry((call.to_owned(), thread.to_owned())).or_default() += 1;
            }
        }
        let mut most: BTreeMap<String, u32> = BTreeMap::new();
        for ((call, _), count) in counts {
            let entry = most.entry(call).or_default();
            *entry = count.max(*entry);
        }
        assert!(most.len() > 5, "{most:?}");
        let of_call = |(call, most): (String, u32)| {
            let occurrences = (1..=most).step_by(most.div_ceil(ALIKE) as usize);
            occurrences.map(move |occurrence| Self { call: call.clone(), occurrence })
        };
        most.into_iter().flat_map(of_call).collect()
    }

    /// Runs an operation that gets `signal` at this step.
    pub(super) fn strike(&self, stand: &Stand, signal: &str, operation: &str, request: &Value) {
        let Self { call, occurrence } = self;
        let trace = format!("trace={call}");
        let inject = format!("inject={call}:signal={signal}:when={occurrence}");
        let arguments = ["-f", "-qq", "-e", &trace, "-e", &inject, "-o", "/dev/null"];
        run_anyhow(behind(stand, "strace", &arguments, operation), request);
    }
}

/// Kills an operation at its steps, each time after `begin` has prepared work for it. Then `mend` repairs.
fn sweep(
    stand: &Stand,
    signal: &str,
    operation: &str,
    request: impl Fn(usize) -> Value + Sync,
    begin: impl Fn() + Sync,
    mend: impl Fn(usize) + Sync,
) {
    begin();
    let steps = chosen(Step::all(stand, operation, &request(1)), USUALLY);
    for (turn, step) in steps.into_iter().enumerate() {
        stand.at_point(|| {
            begin();
            step.strike(stand, signal, operation, &request(turn));
            mend(turn);
        });
        stand.assert_whole(&format!("{operation}, {signal} at {step:?}"));
    }
}

fn applies(flavour: Flavour, backend: &'static str, signal: &str) {
    let stand = Stand::new(flavour, backend);
    sweep(
        &stand,
        signal,
        "apply",
        policy,
        || {},
        |turn| {
            // What an administrator would do next, in turns with what Core does next.
            let outcome = if turn % 4 < 2 { stand.attach() } else { stand.apply(turn) };
            assert!(outcome.is_ok(), "{outcome:?}");
        },
    );
    stand.report(
        &format!("SIG{signal} in `apply` ({flavour:?}, {backend})"),
        "old or new; `attach` or `apply` mends",
    );
}

#[test]
fn an_apply_that_is_killed_at_any_step() {
    applies(Flavour::Legacy, NETLINK, "KILL");
}

#[test]
fn an_apply_by_the_tool_that_is_killed_at_any_step() {
    applies(Flavour::Legacy, IPSET_TOOL, "KILL");
}

#[test]
fn an_apply_with_nft_that_is_terminated_at_any_step() {
    applies(Flavour::Nft, NETLINK, "TERM");
}

#[test]
fn an_update_that_is_killed_at_any_step() {
    let stand = Stand::usual();
    sweep(
        &stand,
        "KILL",
        "update",
        |turn| stand.edition(turn),
        || {},
        |turn| {
            assert!(stand.attach().is_ok());
            let outcome = stand.update(turn);
            assert!(outcome.is_ok(), "{outcome:?}");
        },
    );
    stand.report("SIGKILL in `update`", "old or new; the next `update` mends");
}

fn attaches(flavour: Flavour) {
    let stand = Stand::new(flavour, NETLINK);
    sweep(
        &stand,
        "KILL",
        "attach",
        |_| plain_request(),
        || stand.drift(),
        |_| {
            let outcome = stand.attach();
            assert!(outcome.is_ok(), "{outcome:?}");
        },
    );
    stand.report(&format!("SIGKILL in `attach` ({flavour:?})"), "the next `attach` mends");
}

#[test]
fn an_attach_that_is_killed_at_any_step() {
    attaches(Flavour::Legacy);
}

#[test]
fn an_attach_with_nft_that_is_killed_at_any_step() {
    attaches(Flavour::Nft);
}

/// Until the filter is restored the blocked addresses pass. Nobody else may ever be dropped.
#[test]
fn an_attach_after_a_reboot_that_is_killed_at_any_step() {
    let stand = Stand::usual();
    stand.reboot();
    for step in chosen(Step::all(&stand, "attach", &plain_request()), USUALLY) {
        stand.reboot();
        stand.at_point_unfiltered(|| {
            step.strike(&stand, "KILL", "attach", &plain_request());
            let outcome = stand.attach();
            assert!(outcome.is_ok(), "{outcome:?}");
            stand.pbx.finish_input_behind_the_hook();
        });
        stand.watched(|| stand.assert_whole(&format!("reboot, {step:?}")));
    }
    stand.report("SIGKILL in `attach` after a reboot", "nobody else dropped; the next `attach` filters");
}

#[test]
fn a_detach_that_is_killed_at_any_step() {
    let stand = Stand::usual();
    for step in chosen(Step::all(&stand, "detach", &plain_request()), USUALLY) {
        assert!(stand.apply(0).is_ok() && stand.attach().is_ok());
        stand.at_point_unfiltered(|| {
            step.strike(&stand, "KILL", "detach", &plain_request());
            let outcome = stand.ask("detach", &plain_request());
            assert!(outcome.is_ok(), "{outcome:?}");
        });
        let left = stand.trace();
        assert!(left.sets.is_empty(), "{step:?}: {left:?}");
        assert_eq!(left.files, ["data.lock", "dbip.geodb", "firewall.lock"], "{step:?}");
        assert!(!stand.pbx.iptables("iptables", "-S").contains("GEOIP"), "{step:?}");
    }
    stand.report("SIGKILL in `detach`", "nobody dropped who passed; the next `detach` leaves no trace");
}
