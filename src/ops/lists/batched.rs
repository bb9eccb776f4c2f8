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

/// The most batches that are asked for at once. The publisher refuses more than some five in two minutes.
const MOST_REQUESTS: usize = 5;

impl Fetcher<'_, '_> {
    /// The list with the batches that came since the last time. Of many, those that are left come next time.
    ///
    /// # Errors
    /// `list.key_refused`, `source.*` if not a single batch could be had; `state.io`.
    pub(super) fn in_batches(&self) -> Result<(DataOrigin, KeptList)> {
        let (state, id) = (&self.context.state, &self.wanted.id);
        let (site, urls) = self.place();
        let first = urls.into_iter().next().unwrap_or_else(|| Url::new(String::new()));
        let downloader = Downloader::new(site, state, BATCH_LIMIT, self.request.timeout_seconds.into())?;
        let downloader = downloader.understanding(&[
            StatusCode::BAD_REQUEST,
            StatusCode::UNAUTHORIZED,
            StatusCode::FORBIDDEN,
            StatusCode::TOO_MANY_REQUESTS,
        ]);
        let mut batches = Batches::load(state, id);
        batches.note_end(false);
        for request in 0..MOST_REQUESTS {
            let url = batches.next().map_or_else(|| first.clone(), |name| first.with(&format!("/{name}")));
            match self.batch(&downloader, site, &url, &mut batches) {
                Ok(true) => {}
                Ok(false) => {
                    batches.note_end(true);
                    break;
                }
                Err(error) if request == 0 => return Err(error),
                // What came before it counts.
                Err(error) => {
                    log::info!("{error}");
                    break;
                }
            }
        }
        batches.forget_old(self.context.now());
        batches.save(state, id)?;
        let (content, report) = batches.list()?;
        let sha256 = hex(&Sha256::digest(batches.text().as_bytes()));
        let file = ReadFile { location: first.to_string(), sha256, etag: None, last_modified: None };
        Ok((DataOrigin::Online, self.joined(vec![Part { file, content, report }])))
    }

    /// Gets one batch. Returns false if there is none behind it.
    fn batch(
        &self,
        downloader: &Downloader,
        site: Site<'_>,
        url: &Url,
        batches: &mut Batches,
    ) -> Result<bool> {
        let (status, is_publisher) = match downloader.get(url, None, &|_, _| {})? {
            Response::File(downloaded) => {
                refuse_unless_whole(&downloaded)?;
                let file =
                    downloaded.file.reopen().map_err(Error::state_io("read", downloaded.file.path()))?;
                return batches
                    .take(file, self.context.now())
                    .map_err(|error| error.within(&url.to_string()));
            }
            Response::NotModified => return Ok(false),
            Response::NotFound { status, .. } => (status, matches!(site, Site::Publisher)),
        };
        let is = |code: StatusCode| status.starts_with(code.as_str());
        let message = format!("cannot get {url}: the server answered {status}");
        if is(StatusCode::BAD_REQUEST) && batches.next().is_some() {
            // It has nothing behind this batch.
            Ok(false)
        } else if is_publisher && (is(StatusCode::UNAUTHORIZED) || is(StatusCode::FORBIDDEN)) {
            Err(Error::new(Code::ListKeyRefused, message))
        } else {
            Err(Error::new(Code::SourceDownload, message))
        }
    }
}
