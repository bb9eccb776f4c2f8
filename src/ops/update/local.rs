//! The local files in an update request.

use std::path::Path;

use super::UpdateRequest;
use crate::error::{Code, Error, Result};
use crate::source::{Source, SourceFile};

/// Opens the files of a request and determines which part of the source each of them is.
pub(super) fn files(source: &dyn Source, request: &UpdateRequest) -> Result<Vec<(&'static str, SourceFile)>> {
    let invalid = |message: String| Error::new(Code::RequestInvalid, message);
    if request.bundle.is_some() && source.parts().len() > 1 {
        return Err(invalid(format!("bundle: {} comes in several files", source.id()))
            .with_hint("Name the files in `files`."));
    }
    if request.bundle.is_some() && !request.files.is_empty() {
        return Err(invalid("files: cannot be combined with a bundle".into()));
    }
    let mut found: Vec<(&'static str, &Path)> = Vec::new();
    for path in request.bundle.iter().chain(&request.files) {
        let part =
            file_name(path).and_then(|name| source.part_of(name)).or_else(|| zipped_part(source, path));
        let part = part.ok_or_else(|| {
            let known = source.parts().join(", ");
            invalid(format!("files: {} is not a file of {} ({known})", path.display(), source.title()))
        })?;
        if found.iter().any(|(other, _)| *other == part) {
            return Err(invalid(format!("files: {} is a second file of {part}", path.display())));
        }
        found.push((part, path));
    }
    found.into_iter().map(|(part, path)| Ok((part, SourceFile::open(path)?))).collect()
}

/// The part of the source that is in a zip with another name.
fn zipped_part(source: &dyn Source, path: &Path) -> Option<&'static str> {
    source.part_of(&SourceFile::open(path).ok()?.zipped_name().ok()??)
}

fn file_name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}
