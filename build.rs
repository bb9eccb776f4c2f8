//! Generates the ISO 3166-1 table from `data/iso3166.csv`, and puts version and commit into the binary.

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

const COUNTRIES: &str = "data/iso3166.csv";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={COUNTRIES}");
    println!("cargo::rerun-if-changed=.git/logs/HEAD");
    println!("cargo::rerun-if-env-changed=GEOIP_COMMIT");
    let table = country_table(&fs::read_to_string(COUNTRIES)?)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("iso3166.rs"), table)?;
    println!("cargo::rustc-env=GEOIP_VERSION={} ({})", env::var("CARGO_PKG_VERSION")?, commit());
    Ok(())
}

/// Rust source of a slice of `Country`, sorted by code. The input has lines of `code,continent,name` and a header.
fn country_table(csv: &str) -> Result<String, String> {
    let mut rows: Vec<Vec<&str>> = csv.lines().skip(1).map(|line| line.splitn(3, ',').collect()).collect();
    rows.sort_unstable();
    let entries = rows.iter().map(|row| match row[..] {
        [code, continent, name] => Ok(format!(
            "Country {{ code: CountryCode(*b{code:?}), continent: Continent::{continent}, name: {name:?} }}"
        )),
        _ => Err(format!("{COUNTRIES}: not three fields: {row:?}")),
    });
    Ok(format!("&[{}]", entries.collect::<Result<Vec<_>, _>>()?.join(",\n")))
}

/// The short commit hash of the source tree, or `unknown` outside a checkout.
fn commit() -> String {
    env::var("GEOIP_COMMIT").unwrap_or_else(|_| {
        Command::new("git")
            .args(["rev-parse", "--short=12", "HEAD"])
            .output()
            .ok()
            .filter(|output| output.status.success())
            .and_then(|output| String::from_utf8(output.stdout).ok())
            .map_or_else(|| "unknown".into(), |hash| hash.trim().into())
    })
}
