//! Downloads the parts of a source, in parallel if the publisher allows it.

use std::ops::Range;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, ScopedJoinHandle};

use super::UpdateRequest;
use crate::context::Context;
use crate::dataset::Provenance;
use crate::download::{Downloader, Site};
use crate::error::Result;
use crate::source::{FILE_LIMIT, Fetched, Online, Source};
use crate::stage::Stage;
use crate::warning::Warning;

/// A message from a download thread.
enum News {
    /// Part number, bytes downloaded, and the total if known.
    Progress(usize, u64, Option<u64>),
    Warning(Warning),
}

/// Downloads all `wanted` parts, given by name with the origin of the present data.
///
/// # Errors
/// `source.download` if the HTTP client cannot be set up. Failures of single parts are in the result.
pub(super) fn all(
    context: &mut Context<'_>,
    source: &dyn Source,
    request: &UpdateRequest,
    wanted: &[(&str, Option<&Provenance>)],
) -> Result<Vec<Result<Fetched>>> {
    let site = request.base_urls.of(source.id()).map_or(Site::Publisher, Site::Mirror);
    let timeout = request.timeout_seconds.into();
    let downloader = Downloader::new(site, &context.state, FILE_LIMIT, timeout)?;
    let (sender, news) = mpsc::channel();
    let fetch = |index: usize, sender: Sender<News>| {
        let (part, last) = wanted[index];
        // Sending can only fail after the update is over.
        let progress = |done, total| drop(sender.send(News::Progress(index, done, total)));
        let warn = |warning| drop(sender.send(News::Warning(warning)));
        let online = Online { site, downloader: &downloader, progress: &progress, warn: &warn };
        source.fetch(part, &online, last)
    };
    Ok(thread::scope(|scope| {
        let fetch = &fetch;
        let run = |indices: Range<usize>| {
            let sender = sender.clone();
            scope.spawn(move || indices.map(|index| fetch(index, sender.clone())).collect::<Vec<_>>())
        };
        let threads: Vec<_> = if source.wants_one_at_a_time() {
            vec![run(0..wanted.len())]
        } else {
            (0..wanted.len()).map(|index| run(index..index + 1)).collect()
        };
        drop(sender);
        listen(context, source, wanted.len(), &news);
        let joined = threads.into_iter().map(ScopedJoinHandle::join);
        joined.flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    }))
}

/// Forwards the messages until all threads are done.
fn listen(context: &mut Context<'_>, source: &dyn Source, parts: usize, news: &Receiver<News>) {
    let mut progress = vec![(0, None); parts];
    for news in news {
        match news {
            News::Warning(warning) => context.warnings.push(warning),
            News::Progress(part, done, total) => {
                progress[part] = (done, total);
                context.progress.report(Stage::Download, percent(&progress), source.title());
            }
        }
    }
    context.progress.report(Stage::Verify, 100, source.title());
}

/// The percentage of all bytes. Parts with unknown length count with the average of the others.
fn percent(progress: &[(u64, Option<u64>)]) -> u8 {
    let known: Vec<u64> = progress.iter().filter_map(|(_, total)| *total).collect();
    let expected = known.iter().sum::<u64>() * progress.len() as u64;
    let done: u64 = progress.iter().map(|(done, _)| done).sum();
    let percent = (done * 100 * known.len() as u64).checked_div(expected).unwrap_or(0);
    u8::try_from(percent.min(100)).unwrap_or(100)
}
