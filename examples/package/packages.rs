//! The packages of others that are in the zip.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::Result;

/// The targets whose helpers are in the zip.
const TARGETS: [&str; 2] = ["aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu"];

/// The npm packages with content in the zip. The others only generate it.
pub(super) const ASSETS: [&str; 3] = ["@ip-location-db/dbip-country", "flag-icons", "world-atlas"];

/// What cargo knows of all crates that the helpers may need.
pub(super) fn metadata(root: &Path) -> Result<Value> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["metadata", "--locked", "--format-version", "1"]);
    cargo.args(TARGETS.into_iter().flat_map(|target| ["--filter-platform", target]));
    let output = cargo.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The crates that the helper depends on at run time, not only for building or testing.
pub(super) fn linked(metadata: &Value) -> Result<Vec<&Value>> {
    let ids = linked_ids(metadata).ok_or("cargo's metadata is not as expected")?;
    let packages = metadata["packages"].as_array().ok_or("there are no packages")?;
    Ok(packages.iter().filter(|package| package["id"].as_str().is_some_and(|id| ids.contains(id))).collect())
}

fn linked_ids(metadata: &Value) -> Option<BTreeSet<&str>> {
    let resolve = &metadata["resolve"];
    let mut dependencies = BTreeMap::new();
    for node in resolve["nodes"].as_array()? {
        dependencies.insert(node["id"].as_str()?, node["deps"].as_array()?);
    }
    let mut linked = BTreeSet::new();
    let mut ahead = vec![resolve["root"].as_str()?];
    while let Some(id) = ahead.pop() {
        for dependency in *dependencies.get(id)? {
            let is_linked = dependency["dep_kinds"].as_array()?.iter().any(|kind| kind["kind"].is_null());
            let id = dependency["pkg"].as_str()?;
            if is_linked && linked.insert(id) {
                ahead.push(id);
            }
        }
    }
    Some(linked)
}

/// A field of a package that must be there.
pub(super) fn text<'a>(object: &'a Value, key: &str) -> Result<&'a str> {
    Ok(object[key].as_str().ok_or_else(|| format!("{key} is missing in {}", object["name"]))?)
}
