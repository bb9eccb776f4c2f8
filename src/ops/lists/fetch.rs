//! Gets the content of one list: from the request, its publisher or a mirror.

use std::io::Read;
use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use sha2::{Digest, Sha256};

use super::request::{ListsRequest, WantedList, pasted};
use crate::blocklist::{self, Batches, KEY, KeptList, Report, catalogued};
use crate::context::Context;
use crate::dataset::ReadFile;
use crate::download::{Downloaded, Downloader, Site, Url, Validators};
use crate::error::Result;
use crate::net::{Addresses, RangeSet};
use crate::ops::parts::ask::DataOrigin;
use crate::ops::parts::files::{described, newer};
use crate::source::{FILE_LIMIT, SourceFile};
use crate::storage::columns::hex;

/// One list of a request.
pub(super) struct Fetcher<'a, 'b> {
    pub(super) request: &'a ListsRequest,
    pub(super) context: &'a Context<'b>,
    pub(super) wanted: &'a WantedList,
    /// When no further attempt is to be begun.
    pub(super) deadline: Option<Instant>,
}

/// One file of a list that was read.
pub(super) struct Part {
    pub(super) file: ReadFile,
    pub(super) content: Addresses,
    pub(super) report: Report,
}

impl Fetcher<'_, '_> {
    /// The list that the request holds or names a file of.
    pub(super) fn given(&self) -> Result<Option<(DataOrigin, KeptList)>> {
        let part = match (&self.wanted.text, &self.wanted.file) {
            (Some(text), _) => of_text(text)?,
            (None, Some(path)) => local(path)?,
            (None, None) => return Ok(None),
        };
        Ok(Some((DataOrigin::Given, self.joined(vec![part]))))
    }

    /// The list of the publisher or the mirror. `None` if it is what is kept.
    pub(super) fn download(&self, kept: Option<&KeptList>) -> Result<Option<(DataOrigin, KeptList)>> {
        if self.is_in_batches() {
            return self.in_batches(kept).map(Some);
        }
        let (site, urls) = self.place();
        let downloader = self.downloader(site, FILE_LIMIT)?;
        let known = kept.map_or(&[][..], |kept| &kept.head.files);
        let Some(files) = newer(&downloader, &urls, known)? else { return Ok(None) };
        let parts = files.iter().map(downloaded).collect::<Result<Vec<Part>>>()?;
        Ok(Some((DataOrigin::Online, self.joined(parts))))
    }

    pub(super) fn downloader(&self, site: Site<'_>, limit: u64) -> Result<Downloader> {
        let downloader =
            Downloader::new(site, &self.context.state, limit, self.request.timeout_seconds.into())?;
        Ok(match self.deadline {
            Some(deadline) => downloader.until(deadline),
            None => downloader,
        })
    }

    /// True if the list that is kept came from where it is published now, as far as that can be told.
    pub(super) fn is_from_here(&self, kept: &KeptList) -> bool {
        let (_, urls) = self.place();
        urls.iter().map(ToString::to_string).eq(kept.head.files.iter().map(|file| file.location.clone()))
    }

    /// True if all is kept that the publisher had when it was asked last, as far as that can be told.
    pub(super) fn is_complete(&self) -> bool {
        !self.is_in_batches() || Batches::load(&self.context.state, &self.wanted.id).is_complete()
    }

    fn is_in_batches(&self) -> bool {
        catalogued(&self.wanted.id).is_some_and(|list| list.is_in_batches)
    }

    /// Where the list is published: the site, and the URLs of its files.
    pub(super) fn place(&self) -> (Site<'_>, Vec<Url>) {
        let url = |text: &str| match &self.wanted.key {
            Some(key) => Url::new(text.replace(KEY, key.as_str())).hiding(key.as_str()),
            None => Url::new(text.to_owned()),
        };
        match (catalogued(&self.wanted.id), &self.wanted.url, self.request.base_url.as_ref()) {
            (Some(list), _, None) => (Site::Publisher, list.files.iter().map(|file| url(file)).collect()),
            (Some(list), _, Some(base)) => {
                let base = base.as_str().trim_end_matches('/');
                let names = list.files.iter().filter_map(|file| file.rsplit('/').next());
                (Site::Mirror(base), names.map(|name| url(&format!("{base}/{name}"))).collect())
            }
            // Who names a URL answers for it, as for a mirror.
            (None, Some(own), _) => (Site::Mirror(own.as_str()), vec![url(own.as_str())]),
            (None, None, _) => (Site::Publisher, Vec::new()),
        }
    }

    pub(super) fn joined(&self, parts: Vec<Part>) -> KeptList {
        let mut files = Vec::new();
        let (mut v4, mut v6, mut rows) = (Vec::new(), Vec::new(), Report::default());
        for Part { file, content, report } in parts {
            let made_at = report.made_at.or_else(|| modified_at(&file));
            v4.extend_from_slice(content.v4.ranges());
            v6.extend_from_slice(content.v6.ranges());
            rows = rows.plus(Report { made_at, ..report });
            files.push(file);
        }
        let content = Addresses { v4: RangeSet::from_iter(v4), v6: RangeSet::from_iter(v6) };
        KeptList::new(self.wanted.id.clone(), files, self.context.now().to_string(), (content, rows))
    }
}

fn of_text(text: &str) -> Result<Part> {
    let sha256 = hex(&Sha256::digest(text.as_bytes()));
    let file = ReadFile { location: "text".to_owned(), sha256, etag: None, last_modified: None };
    let (content, report) = pasted(text)?;
    Ok(Part { file, content, report })
}

fn local(path: &Path) -> Result<Part> {
    part(&SourceFile::open(path)?, Validators::default())
}

fn downloaded(downloaded: &Downloaded) -> Result<Part> {
    let file = SourceFile::downloaded(downloaded, String::new())?;
    part(&file, downloaded.validators.clone())
}

fn part(file: &SourceFile, validators: Validators) -> Result<Part> {
    let read = |_: &str, content: &mut dyn Read| blocklist::read(content);
    let (content, report) = file.read(&mut |_| {}, read).map_err(|error| error.within(&file.location))?;
    Ok(Part { file: described(file, validators)?, content, report })
}

/// When the server says that a file was made, in seconds since 1970.
fn modified_at(file: &ReadFile) -> Option<i64> {
    let parsed = rfc2822::DateTimeParser::new().parse_timestamp(file.last_modified.as_ref()?);
    parsed.ok().map(Timestamp::as_second)
}
