//! What earlier versions left in the state directory.

use std::fs;

use super::bench::{Bench, plain};
use crate::ops::AttachRequest;

#[test]
fn records_of_earlier_versions_are_removed_and_nothing_else() {
    let bench = Bench::blocking(&["CN"]);
    let state = bench.state();
    let mut expected = names(&bench);
    expected.push("notes.txt".into());
    expected.sort();
    for name in ["applied.json", "change.json", "change-undone.json", "healed.json", "notes.txt"] {
        fs::write(state.path().join(name), "{}").unwrap();
    }
    bench.run::<AttachRequest>(&plain()).unwrap();
    assert_eq!(names(&bench), expected);
    bench.assert_blocked(&["CN"]);
}

fn names(bench: &Bench) -> Vec<String> {
    let entries = fs::read_dir(bench.state().path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
