//! Builds the module's zip from `module/`, the helpers and the page's script and style that `bin/package` made, and the
//! assets that `bin/setup` generated: the bundled data and the flags. The arguments are the machines whose helpers to
//! pack; the zip of one machine, for tests, bears its name.
//!
//! The same input gives the same bytes: entries are sorted, timestamps and modes are fixed, and nothing depends on the
//! machine.

mod edition;
mod licences;
mod packages;
mod sbom;

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The placeholder for the version in the module's files.
const VERSION_MARK: &str = "%ModuleVersion%";

/// The page's scripts and styles, of which `bin/package` made one each.
const BUNDLED: [&str; 2] = ["public/assets/js/", "public/assets/css/"];

/// The content of the zip: names and bytes.
struct Content(Vec<(String, Vec<u8>)>);

impl Content {
    fn add(&mut self, name: impl Into<String>, bytes: Vec<u8>) {
        self.0.push((name.into(), bytes));
    }

    /// Adds everything below `directory`, with paths relative to it.
    fn add_tree(&mut self, directory: &Path, from: &Path) -> Result<()> {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.symlink_metadata()?.is_dir() {
                self.add_tree(&path, from)?;
            } else {
                let name = path.strip_prefix(from)?.to_str().ok_or("a name is not UTF-8")?.to_owned();
                self.add(name, fs::read(&path)?);
            }
        }
        Ok(())
    }

    fn into_zip(mut self) -> Result<Vec<u8>> {
        self.0.sort();
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::from_date_and_time(1980, 1, 1, 0, 0, 0)?);
        for (name, bytes) in self.0 {
            let mode = if name.starts_with("bin/") { 0o755 } else { 0o644 };
            zip.start_file(name, options.unix_permissions(mode))?;
            zip.write_all(&bytes)?;
        }
        Ok(zip.finish()?.into_inner())
    }
}

fn main() -> Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let target = root.join("target");
    let machines: BTreeSet<String> = std::env::args().skip(1).collect();
    if machines.is_empty() {
        return Err("usage: package MACHINE...".into());
    }
    let mut content = Content(Vec::new());

    for tree in [root.join("module"), target.join("page")] {
        content.add_tree(&tree, &tree)?;
    }
    content.0.retain(|(name, _)| !BUNDLED.iter().any(|folder| name.starts_with(folder)));
    let bundles = target.join("package/page");
    content.add_tree(&bundles, &bundles)?;
    for (name, bytes) in &mut content.0 {
        if name == "module.json" {
            *bytes = String::from_utf8(std::mem::take(bytes))?.replace(VERSION_MARK, VERSION).into_bytes();
        }
    }

    let mut checksums = String::new();
    for machine in &machines {
        let name = format!("geoip-helper-{machine}");
        let path = target.join("package").join(&name);
        let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let digest = Sha256::digest(&bytes);
        for byte in digest {
            write!(checksums, "{byte:02x}")?;
        }
        writeln!(checksums, "  {name}")?;
        content.add(format!("bin/{name}"), bytes);
    }
    content.add("bin/geoip-helper.sha256", checksums.into_bytes());

    let bundle = "dbip-country-lite.csv.gz";
    let bytes = fs::read(target.join("data").join(bundle))?;
    edition::warn_if_stale(&bytes)?;
    content.add(format!("data/{bundle}"), bytes);
    content.add("LICENSE", fs::read(root.join("LICENSE"))?);
    content.add("THIRD-PARTY-LICENSES.txt", licences::third_party_licences(&root)?.into_bytes());
    content.add("sbom.cdx.json", sbom::bill_of_materials(&root)?);

    let zip = content.into_zip()?;
    let of_one = machines.first().filter(|_| machines.len() == 1);
    let name =
        format!("ModuleGeoIP.{VERSION}{}.zip", of_one.map_or(String::new(), |machine| format!("-{machine}")));
    fs::write(target.join(&name), &zip)?;
    println!("target/{name}: {} bytes", zip.len());
    Ok(())
}
