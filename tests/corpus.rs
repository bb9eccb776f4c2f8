//! Runs the checks of the fuzz targets on stable Rust: with every seed, and with the same mutations of it in every run.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a check ends where a promise is broken")]
#![allow(unreachable_pub, reason = "nothing of a test is reachable")]

#[path = "../fuzz/src/lib.rs"]
mod checks;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use checks::{Check, TARGETS, Ways};

/// Number of mutants per seed.
const MUTANTS: u64 = 100;
/// The time limit for a seed or a mutant, which have a few kilobytes.
const TIME_LIMIT: Duration = Duration::from_secs(1);

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

/// Name and content of every seed of a target, sorted by name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(corpus(target)).unwrap().map(|file| file.unwrap().path());
    let mut seeds: Vec<_> = files
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    seeds.sort();
    seeds
}

/// Runs a check. An input that fails it is saved, to be examined and added to the seeds.
fn run(check: Check, target: &str, origin: &str, bytes: &[u8]) -> bool {
    let begun = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| check(bytes)));
    let took = begun.elapsed();
    if took < TIME_LIMIT
        && let Ok(accepted) = outcome
    {
        return accepted;
    }
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{target}-finding"));
    fs::write(&kept, bytes).unwrap();
    panic!("{target}: {origin} took {took:?} or broke a promise; it is kept as {}", kept.display());
}

fn replay(target: &str) {
    let check = TARGETS.iter().find(|(name, _)| *name == target).unwrap().1;
    let seeds = seeds(target);
    let accepted = seeds.iter().filter(|(name, seed)| run(check, target, name, seed)).count();
    // If all seeds are refused, for example after a change of a format, the check tests nothing.
    assert!(accepted >= 2, "{target}: only {accepted} of {} seeds are accepted", seeds.len());
    for (index, (name, seed)) in seeds.iter().enumerate() {
        for mutant in 0..MUTANTS {
            let mut dice = Dice(index as u64 * MUTANTS + mutant);
            let bytes = mutated(seed, &seeds[dice.below(seeds.len())].1, &mut dice);
            run(check, target, &format!("mutant {mutant} of {name}"), &bytes);
        }
    }
}

/// Mutates a seed with one to four changes: flipped bits, other bytes, cuts, repetitions, or pieces of another seed.
fn mutated(seed: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    const TELLING: &[u8] = b"\0\xff\x7f\x80\n,|\"'/:-. 0919azAZ{}[]";
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(4) {
        let (start, length) = (dice.below(bytes.len() + 1), 1 + dice.below(64));
        let end = bytes.len().min(start + length);
        match dice.below(7) {
            0 if start < bytes.len() => bytes[start] ^= 1 << dice.below(8),
            1 if start < bytes.len() => bytes[start] = TELLING[dice.below(TELLING.len())],
            2 => bytes.truncate(start),
            3 => drop(bytes.drain(start..end)),
            4 => {
                let chunk = bytes[start..end].repeat(1 + dice.below(8));
                bytes.splice(start..start, chunk);
            }
            5 => {
                let from = dice.below(other.len() + 1);
                let chunk = other[from..other.len().min(from + length)].to_vec();
                bytes.splice(start..end, chunk);
            }
            _ => bytes.insert(start, TELLING[dice.below(TELLING.len())]),
        }
    }
    bytes
}

/// Pseudo-random numbers that are the same in every run (`SplitMix64`, Steele et al. 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }
}

macro_rules! replays {
    ($($test:ident: $target:literal;)+) => {
        $(
            #[test]
            fn $test() {
                replay($target);
            }
        )+

        #[test]
        fn every_target_is_replayed() {
            assert!(TARGETS.iter().map(|(target, _)| *target).eq([$($target),+]));
            for (target, _) in TARGETS {
                assert!(seeds(target).iter().all(|(_, seed)| seed.len() < 4200), "{target}");
            }
        }
    };
}

replays! {
    requests_are_refused_or_mean_the_same_when_written_again: "request";
    dbip_files_are_refused_or_compile: "dbip";
    delegation_files_are_refused_or_compile: "rir";
    tarballs_are_refused_or_compile: "ipdeny";
    lists_are_refused_or_mean_the_same_when_written_again: "list";
    network_data_is_refused_or_means_the_same_when_written_again: "networks";
    databases_are_refused_or_are_the_same_when_written_again: "database";
    plans_are_refused_or_are_the_same_when_written_again: "plan";
}

/// A fuzz target tries one of the ways to read an input; this tries them all.
#[test]
fn every_way_to_read_an_input_agrees() {
    type InWays = fn(&[u8], Ways) -> bool;
    for (target, check) in
        [("dbip", checks::dbip as InWays), ("rir", checks::rir), ("ipdeny", checks::ipdeny)]
    {
        for (name, seed) in seeds(target) {
            assert!(!check(&seed, Ways::One) || check(&seed, Ways::All), "{target}: {name}");
        }
    }
}

/// Writes the seeds of the binary formats, made from those of the text formats. To be run after a change of format.
#[test]
#[ignore = "writes files of the corpus"]
fn write_the_binary_seeds() {
    use geoip_helper::database::Metadata;
    use geoip_helper::dataset::SourceId;
    use geoip_helper::dataset::{Provenance, RowCounts};
    use geoip_helper::plan::{Judge, Plan, Policy};
    use geoip_helper::source::{self, RowSink};

    let policies = [
        ("block", r#"{"mode":"block","countries":["CN","DE"],"exceptions":[{"subnet":"1.0.2.0/24"}]}"#),
        ("allow", r#"{"mode":"allow","countries":["AU","NL"],"unknown":"drop"}"#),
    ];
    for (source, seed) in
        [("dbip", "rows.csv"), ("dbip", "overlaps.csv"), ("rir", "ripencc.txt"), ("ipdeny", "zones-v6.tar")]
    {
        let id: SourceId = source.parse().unwrap();
        let part = if source == "ipdeny" { "v6" } else { source::of(id).parts().last().unwrap() };
        let mut rows = RowSink::default();
        let bytes = fs::read(corpus(source).join(seed)).unwrap();
        source::of(id).read(part, seed, &mut &bytes[..], &mut rows).unwrap();
        let (builder, report) = rows.finish().unwrap();
        let provenance = Provenance {
            part: part.to_owned(),
            location: format!("https://mirror.example/{seed}"),
            release: report.release.clone(),
            read_at: "2026-06-01T00:00:00Z".into(),
            sha256: "0".repeat(64),
            rows: RowCounts { ..report.counts },
            etag: Some("\"1\"".into()),
            last_modified: None,
            unknown_codes: report.unknown_codes.into_iter().collect(),
        };
        let metadata = Metadata::new(id, "2026-06-01T00:00:00Z".into(), vec![provenance]);
        let database = builder.finish(metadata).unwrap();
        let name = seed.split('.').next().unwrap();
        database
            .write(fs::File::create(corpus("database").join(format!("{source}-{name}.geodb"))).unwrap())
            .unwrap();
        for (mode, policy) in policies {
            let plan =
                Plan::new(&database, &Judge::new(&serde_json::from_str::<Policy>(policy).unwrap())).unwrap();
            let path = corpus("plan").join(format!("{source}-{name}-{mode}.bin"));
            plan.write(fs::File::create(path).unwrap()).unwrap();
        }
    }
}
