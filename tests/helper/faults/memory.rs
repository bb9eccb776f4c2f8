//! Too little memory: a small control group, and a limited address space.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;
use serde_json::Value;

use super::{EDITIONS, Stand, behind, chosen, rows, run_anyhow};
use crate::lab::unique;
use crate::world::{dbip_bundle, gzip, plain_request, update_request};

/// A control group that limits the memory of its processes and of their sets in the kernel.
struct Group {
    path: PathBuf,
}

impl Group {
    /// Works with either version of control groups. `None` if this system has no memory controller.
    fn new(name: &str, limit: u64) -> Option<Self> {
        let (root, file) = if Path::new("/sys/fs/cgroup/memory/cgroup.procs").exists() {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else {
            // It fails if it is enabled already, or if it belongs to another user.
            let _ = fs::write("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
            ("/sys/fs/cgroup", "memory.max")
        };
        let group = Self { path: Path::new(root).join(unique(name)) };
        fs::create_dir(&group.path).ok()?;
        fs::write(group.path.join(file), limit.to_string()).ok()?;
        Some(group)
    }

    /// Runs an operation in the group. Returns true if it succeeded.
    fn run(&self, stand: &Stand, operation: &str, request: &Value) -> bool {
        // Entered from outside, because control groups look different within a network namespace.
        let helper = stand.pbx.lab.pbx.wrap(&stand.pbx.helper(operation));
        let join = format!("echo $$ >{}/cgroup.procs && exec \"$@\"", self.path.display());
        let mut command = Command::new("sh");
        command.args(["-c", &join, "sh"]).arg(helper.get_program()).args(helper.get_args());
        command.envs(helper.get_envs().filter_map(|(key, value)| Some((key, value?))));
        run_anyhow(command, request)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.path);
    }
}

/// The rows of these tests, together with those of a real release elsewhere in the address space.
fn full_size_rows() -> String {
    let mut real = String::new();
    GzDecoder::new(fs::File::open(dbip_bundle()).unwrap()).read_to_string(&mut real).unwrap();
    let is_ours =
        |row: &&str| ["1.", "9.9.", "20.", "2a0", "2c0", "300"].iter().any(|begin| row.starts_with(begin));
    let others: String = real.lines().filter(|row| !is_ours(row)).flat_map(|row| [row, "\n"]).collect();
    rows(EDITIONS[0]) + &others
}

#[test]
fn a_full_update_in_64_mib_and_less() {
    let stand = Stand::usual();
    let full = stand.pbx.world.file("full.csv.gz");
    fs::write(&full, gzip(full_size_rows().as_bytes())).unwrap();
    let full = update_request(&full);
    let Some(group) = Group::new("64", 64 << 20) else {
        eprintln!("no control group for memory can be made here");
        return;
    };
    stand.at_point(|| assert!(group.run(&stand, "update", &full), "64 MiB are too little"));
    for mebibytes in chosen((2..=48).step_by(2).collect(), 3) {
        let group = Group::new(&mebibytes.to_string(), mebibytes << 20).unwrap();
        let done = stand.at_point(|| {
            let done = group.run(&stand, "update", &full);
            assert!(stand.attach().is_ok());
            assert!(stand.ask("update", &full).is_ok());
            done
        });
        println!("an update in {mebibytes} MiB: {}", if done { "done" } else { "not done" });
        stand.assert_whole(&format!("{mebibytes} MiB"));
    }
    stand.report("control group of 2 to 64 MiB for a full update", "done in 64 MiB; killed or told in less");
}

#[test]
fn address_space_that_ends_anywhere() {
    let stand = Stand::usual();
    for (turn, mebibytes) in chosen((4..=124).step_by(2).collect(), 4).into_iter().enumerate() {
        let limit = format!("--as={}", mebibytes << 20);
        stand.drift();
        stand.at_point(|| {
            for (operation, request) in
                [("attach", plain_request()), ("update", stand.edition(turn)), ("apply", super::policy(turn))]
            {
                let mut limited = behind(&stand, "prlimit", &[&limit, "--"], operation);
                // Printing a backtrace needs even more memory.
                limited.env("RUST_BACKTRACE", "1");
                run_anyhow(limited, &request);
            }
            assert!(stand.attach().is_ok());
            assert!(stand.update(turn).is_ok());
        });
        stand.assert_whole(&limit);
    }
    stand.report("address space of 4 to 124 MiB", "done, told or aborted; the next run mends");
}
