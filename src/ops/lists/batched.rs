//! Gets a list that its publisher hands out in batches.

use sha2::{Digest, Sha256};

use super::fetch::{Fetcher, Part};
use crate::blocklist::{BATCH_LIMIT, Batches, KeptList};
use crate::dataset::ReadFile;
use crate::download::{Downloader, Response, Site, StatusCode, Url};
use crate::error::{Code, Error, Result};
use crate::ops::parts::ask::DataOrigin;
use crate::source::refuse_unless_whole;
use crate::storage::columns::hex;

/// The statuses behind which the publisher says in words what it means.
const WITH_WORDS: [StatusCode; 5] = [
    StatusCode::BAD_REQUEST,
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_FOUND,
    StatusCode::TOO_MANY_REQUESTS,
];
/// The most batches that are asked for at once. The publisher refuses more than some five in two minutes.
const MOST_REQUESTS: usize = 5;

impl Fetcher<'_, '_> {
    /// The list with the batches that came since the last time. Of many, those that are left come next time; until then, what is
    /// `kept` counts beside them.
    ///
    /// # Errors
    /// `list.key_refused`, `source.*` if not a single batch could be had; `state.io`.
    pub(super) fn in_batches(&self, kept: Option<&KeptList>) -> Result<(DataOrigin, KeptList)> {
        let (state, id) = (&self.context.state, &self.wanted.id);
        let (site, urls) = self.place();
        let first = urls.into_iter().next().unwrap_or_else(|| Url::new(String::new()));
        let downloader = self.downloader(site, BATCH_LIMIT)?.understanding(&WITH_WORDS);
        let mut batches = Batches::load(state, id);
        batches.begin(self.context.now());
        let is_complete = self.follow(&downloader, site, &first, &mut batches);
        let is_complete =
            is_complete.and_then(|is_complete| batches.note_end(is_complete).map(|()| is_complete));
        batches.forget_old(self.context.now());
        batches.save(state, id)?;
        let is_complete = is_complete?;
        let (mut content, report) = batches.list()?;
        if let Some(kept) = kept.filter(|kept| !is_complete && self.is_from_here(kept)) {
            content = content.with(&kept.content);
        }
        let sha256 = hex(&Sha256::digest(batches.text().as_bytes()));
        let file = ReadFile { location: first.to_string(), sha256, etag: None, last_modified: None };
        Ok((DataOrigin::Online, self.joined(vec![Part { file, content, report }])))
    }

    /// Asks for one batch after the other. Returns true if there are no more.
    fn follow(
        &self,
        downloader: &Downloader,
        site: Site<'_>,
        first: &Url,
        batches: &mut Batches,
    ) -> Result<bool> {
        for request in 0..MOST_REQUESTS {
            let url = batches.next().map_or_else(|| first.clone(), |name| first.with(&format!("/{name}")));
            match self.batch(downloader, site, &url, batches) {
                Ok(true) => {}
                Ok(false) => return Ok(true),
                Err(error) if request == 0 => return Err(error),
                // What came before it counts. If it was no passing trouble, the next run begins with it.
                Err(error) => {
                    log::info!("{error}");
                    break;
                }
            }
        }
        Ok(false)
    }

    /// Gets one batch. Returns false if there is none behind it.
    fn batch(
        &self,
        downloader: &Downloader,
        site: Site<'_>,
        url: &Url,
        batches: &mut Batches,
    ) -> Result<bool> {
        let refused = |status: &str| {
            let code =
                if matches!(site, Site::Publisher) { Code::ListKeyRefused } else { Code::SourceDownload };
            Error::new(code, format!("cannot get {url}: the server answered {status}"))
        };
        let downloaded = match downloader.get(url, None, &|_, _| {})? {
            Response::File(downloaded) => downloaded,
            Response::NotModified => return Ok(false),
            Response::NotFound { status, .. } => return Err(refused(&status)),
        };
        let status = downloaded.status;
        if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status) {
            return Err(refused(&status.to_string()));
        }
        refuse_unless_whole(&downloaded)?;
        let file = downloaded.file.reopen().map_err(Error::state_io("read", downloaded.file.path()))?;
        let taken = batches.take(file, self.context.now());
        match taken {
            // It does not know the batch any more: all begins anew.
            Err(error) if status != StatusCode::OK && error.code() == Code::SourceMalformed => {
                batches.start_over();
                let message = format!("cannot get {url}: the server answered {status}");
                Err(Error::new(Code::SourceDownload, message))
            }
            taken => taken.map_err(|error| error.within(&url.to_string())),
        }
    }
}
