//! Files of publishers that are asked for only if they changed.

use crate::dataset::ReadFile;
use crate::download::{Downloaded, Downloader, Response, Url, Validators};
use crate::error::Result;
use crate::source::{SourceFile, absent, refuse_unless_whole};

/// Downloads files that belong together, or none if all are those that are `known`.
///
/// # Errors
/// `source.download`, `source.too_large`, `state.io`.
pub(in crate::ops) fn newer(
    downloader: &Downloader,
    urls: &[Url],
    known: &[ReadFile],
) -> Result<Option<Vec<Downloaded>>> {
    // Of a URL with a secret only a part is known, so it may have been another.
    let are_same = known.len() == urls.len()
        && known.iter().zip(urls).all(|(file, url)| url.is_shown_whole() && file.location == url.to_string());
    let validators = |place: usize| known.get(place).filter(|_| are_same).map(Validators::from);
    let mut files = Vec::new();
    for (place, url) in urls.iter().enumerate() {
        files.push(get(downloader, url, validators(place).as_ref())?);
    }
    if files.iter().all(Option::is_none) {
        return Ok(None);
    }
    // Those that did not change are needed, too.
    for (url, file) in urls.iter().zip(&mut files) {
        if file.is_none() {
            *file = get(downloader, url, None)?;
        }
    }
    let files: Vec<Downloaded> = files.into_iter().flatten().collect();
    files.iter().try_for_each(refuse_unless_whole)?;
    Ok(Some(files))
}

/// A file, unless the server says that it is the one we have.
fn get(downloader: &Downloader, url: &Url, known: Option<&Validators>) -> Result<Option<Downloaded>> {
    match downloader.get(url, known, &|_, _| {})? {
        Response::File(downloaded) => Ok(Some(*downloaded)),
        Response::NotModified => Ok(None),
        Response::NotFound { status, .. } => Err(absent(url, &status)),
    }
}

/// Describes a file that was read.
///
/// # Errors
/// `source.unreadable`.
pub(in crate::ops) fn described(file: &SourceFile, validators: Validators) -> Result<ReadFile> {
    let Validators { etag, last_modified } = validators;
    Ok(ReadFile { location: file.location.clone(), sha256: file.sha256()?.to_owned(), etag, last_modified })
}
