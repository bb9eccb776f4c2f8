//! The folders of `src/` stand in one order, that of the table in `docs/architecture.md`. None uses a later one.

#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as expected")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A file of `src/`: its place, the layer that it belongs to, and its code without comments.
struct Source {
    path: PathBuf,
    layer: String,
    code: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The layers, the lowest first: the words in backquotes of the first column.
fn order() -> Vec<String> {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, section) = page.split_once("## Layout of src/").unwrap();
    let rows =
        section.lines().skip_while(|line| !line.starts_with("| `")).take_while(|line| line.starts_with('|'));
    let first_columns = rows.filter_map(|row| row.split('|').nth(1));
    first_columns.flat_map(|column| column.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

fn sources() -> Vec<Source> {
    let mut directories = vec![root().join("src")];
    let mut sources = Vec::new();
    while let Some(directory) = directories.pop() {
        for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let path = path.strip_prefix(root().join("src")).unwrap().to_owned();
            let layer = path.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
            if ["lib", "main"].contains(&&*layer) {
                continue;
            }
            let text = fs::read_to_string(root().join("src").join(&path)).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            sources.push(Source { code: code.collect::<Vec<_>>().join("\n"), path, layer });
        }
    }
    assert!(sources.len() > 100);
    sources
}

fn word(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())]
}

/// The type to which a line gives methods of its own, without a trait.
fn extended_type(line: &str) -> Option<&str> {
    let mut rest = line.strip_prefix("impl").filter(|_| !line.contains(" for "))?;
    if rest.starts_with('<') {
        let mut depth = 0;
        let end = rest.find(|c| {
            depth += i32::from(c == '<') - i32::from(c == '>');
            depth == 0
        });
        rest = &rest[end? + 1..];
    }
    let rest = rest.trim_start();
    Some(word(rest.strip_prefix("dyn ").unwrap_or(rest))).filter(|name| !name.is_empty())
}

/// The layers that declare a type, by its name.
fn declarations(sources: &[Source]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut declarations: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in sources {
        let words: Vec<&str> = source.code.split_whitespace().collect();
        for pair in words.windows(2).filter(|pair| ["struct", "enum", "trait", "type"].contains(&pair[0])) {
            declarations.entry(word(pair[1])).or_default().insert(&source.layer);
        }
    }
    declarations
}

#[test]
fn every_folder_has_its_place_in_the_order() {
    let order = order();
    let places: BTreeSet<&str> = order.iter().map(String::as_str).collect();
    assert_eq!(places.len(), order.len(), "one is listed twice");
    let sources = sources();
    assert_eq!(places, sources.iter().map(|source| &*source.layer).collect());
}

#[test]
fn a_folder_uses_only_those_before_it() {
    let order = order();
    let place = |layer: &str| order.iter().position(|other| other == layer);
    for Source { path, layer, code } in sources() {
        for used in code.split("crate::").skip(1).map(word).filter(|used| *used != layer) {
            assert!(!used.is_empty(), "{}: one line for each layer", path.display());
            // What has no place is of the crate itself, such as its version.
            let is_before = place(used).is_none_or(|used| used < place(&layer).unwrap());
            assert!(is_before, "{} uses {used}, which comes after {layer}", path.display());
        }
    }
}

/// Otherwise a folder could call a later one without importing it.
#[test]
fn a_type_gets_its_methods_in_its_own_folder() {
    let sources = sources();
    let declarations = declarations(&sources);
    let mut extended = 0;
    for Source { path, layer, code } in &sources {
        for name in code.lines().filter_map(extended_type) {
            let at_home = declarations.get(name).is_none_or(|layers| layers.contains(&**layer));
            assert!(at_home, "{} gives methods to {name} of {:?}", path.display(), declarations[name]);
            extended += 1;
        }
    }
    assert!(extended > 100);
}
