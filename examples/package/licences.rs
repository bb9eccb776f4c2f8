//! The licences of all that others wrote and the zip contains: most of them ask that their text comes with every copy.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::Result;
use crate::packages::{ASSETS, linked, metadata, text};

/// What a file with a licence, or with whom to name, is called; often with an ending.
const NAMES: [&str; 7] =
    ["LICENSE", "LICENCE", "UNLICENSE", "COPYING", "COPYRIGHT", "NOTICE", "DBIP-LICENSE"];

const HEAD: &str = "\
GeoIP Filter is free software under the GNU General Public License, version 3 or later: see LICENSE. It contains the work
of others, whose licences follow.

The helpers contain the standard library of Rust (MIT OR Apache-2.0) and the GNU C Library (LGPL-2.1-or-later), both from
Debian, which offers their source.
";

/// The licence texts, each once, with the packages that come with it.
pub(super) fn third_party_licences(root: &Path) -> Result<String> {
    let mut packages_by_text: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |package: String, directory: &Path| -> Result<()> {
        let texts = licence_texts(directory)?;
        if texts.is_empty() {
            return Err(format!("{package} comes without the text of its licence").into());
        }
        for text in texts {
            packages_by_text.entry(text).or_default().push(package.clone());
        }
        Ok(())
    };
    let metadata = metadata(root)?;
    for package in linked(&metadata)? {
        let (name, version, licence) =
            (text(package, "name")?, text(package, "version")?, text(package, "license")?);
        let manifest = Path::new(text(package, "manifest_path")?);
        let directory = manifest.parent().ok_or("a manifest is in no directory")?;
        add(format!("{name} {version} ({licence})"), directory)?;
    }
    for name in ASSETS {
        add(name.to_owned(), &root.join("third-party/node_modules").join(name))?;
    }

    let mut document = HEAD.to_owned();
    for (text, packages) in packages_by_text {
        write!(document, "\n{}\n{}\n\n{}\n", "=".repeat(80), packages.join(", "), text.trim_end())?;
    }
    Ok(document)
}

/// The texts in the files of a package's directory, in the order of their names.
fn licence_texts(directory: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        if path.is_file() && NAMES.iter().any(|begin| name.starts_with(begin)) {
            paths.push(path);
        }
    }
    paths.sort();
    let text = |path| Ok(String::from_utf8_lossy(&fs::read(path)?).replace("\r\n", "\n"));
    paths.into_iter().map(text).collect()
}
