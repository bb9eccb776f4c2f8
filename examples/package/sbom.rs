//! The bill of materials: all third-party content of the zip, as a reproducible `CycloneDX` document.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::packages::{ASSETS, linked, metadata, text};
use crate::{Result, VERSION};

/// Lists every crate in the helpers and every package in the page.
pub(super) fn bill_of_materials(root: &Path) -> Result<Vec<u8>> {
    let mut components = crates(root)?;
    components.extend(assets(root)?);
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {
            "type": "application",
            "bom-ref": "ModuleGeoIP",
            "name": "ModuleGeoIP",
            "version": VERSION,
            "licenses": [{"expression": env!("CARGO_PKG_LICENSE")}],
        }},
        "components": components,
    });
    let mut bytes = serde_json::to_vec_pretty(&document)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The crates that are linked into the helpers, with the checksums of the lock file.
fn crates(root: &Path) -> Result<Vec<Value>> {
    let metadata = metadata(root)?;
    let lock = fs::read_to_string(root.join("Cargo.lock"))?;
    let checksums = locked_checksums(&lock);
    let mut components = BTreeMap::new();
    for package in linked(&metadata)? {
        let (name, version) = (text(package, "name")?, text(package, "version")?);
        let checksum = checksums.get(&(name, version)).ok_or_else(|| format!("{name} has no checksum"))?;
        // In older manifests, `/` means OR.
        let licence = text(package, "license")?.replace('/', " OR ");
        let component = json!({
            "type": "library",
            "bom-ref": format!("pkg:cargo/{name}@{version}"),
            "name": name,
            "version": version,
            "purl": format!("pkg:cargo/{name}@{version}"),
            "licenses": [{"expression": licence}],
            "hashes": [{"alg": "SHA-256", "content": checksum}],
        });
        components.insert((name, version), component);
    }
    Ok(components.into_values().collect())
}

/// Checksums by name and version.
fn locked_checksums(lock: &str) -> BTreeMap<(&str, &str), &str> {
    lock.split("[[package]]").filter_map(locked_checksum).collect()
}

fn locked_checksum(package: &str) -> Option<((&str, &str), &str)> {
    let field = |name: &str| {
        let begin = format!("{name} = \"");
        package.lines().find_map(|line| line.strip_prefix(begin.as_str())?.strip_suffix('"'))
    };
    Some(((field("name")?, field("version")?), field("checksum")?))
}

/// The npm packages in the lock file.
fn assets(root: &Path) -> Result<Vec<Value>> {
    let lock: Value = serde_json::from_slice(&fs::read(root.join("third-party/package-lock.json"))?)?;
    let component = |name: &&str| -> Result<Value> {
        let package = &lock["packages"][format!("node_modules/{name}")];
        let version = text(package, "version")?;
        let purl = format!("pkg:npm/{}@{version}", name.replace('@', "%40"));
        Ok(json!({
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "purl": purl,
            "licenses": [{"license": {"name": text(package, "license")?}}],
        }))
    };
    ASSETS.iter().map(component).collect()
}
