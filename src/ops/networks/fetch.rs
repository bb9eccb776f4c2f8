//! Gets network data: from files in the request, its publisher or a mirror.

use std::sync::{Mutex, PoisonError};

use crate::asn::{Head, NetworkSource, NetworkTable, Rows};
use crate::context::Context;
use crate::dataset::ReadFile;
use crate::download::{Downloaded, Downloader, Site, Url, Validators};
use crate::error::Result;
use crate::net::Family;
use crate::ops::parts::ask::DataOrigin;
use crate::ops::parts::files::{described, newer};
use crate::source::{DBIP_ASN, Edition, FILE_LIMIT, Fetched, Online, Release, SourceFile, Sum, verify};
use crate::stage::Stage;
use crate::warning::{Warning, WarningCode};

use super::READ_END;
use super::request::NetworksRequest;

/// Where `origin-asn` is published. Its files have checksums elsewhere.
const ORIGIN_ASN: &str = "https://github.com/sapics/ip-location-db/releases/download/latest";
const ORIGIN_ASN_SUMS: &str = "https://github.com/sapics/ip-location-db/releases/download/checksum";
const ORIGIN_ASN_FILES: [&str; 2] = ["origin-asn-ipv4.csv", "origin-asn-ipv6.csv"];

/// Data that was read, and where it comes from.
pub(super) type Taken = (DataOrigin, Head, NetworkTable);

/// A file with what the server said about it.
type File = (SourceFile, Validators);

/// The data in the files of the request. `None` if it names none, or if they are those that are kept.
pub(super) fn given(
    request: &NetworksRequest,
    context: &mut Context<'_>,
    kept: Option<&Head>,
) -> Result<Option<Taken>> {
    let mut files = Vec::new();
    for path in &request.files {
        files.push((SourceFile::open(path)?, Validators::default()));
    }
    read(request.source, context, kept, &files, DataOrigin::Given)
}

/// The data of the publisher or the mirror. `None` if it is what is kept.
pub(super) fn download(
    request: &NetworksRequest,
    context: &mut Context<'_>,
    kept: Option<&Head>,
) -> Result<Option<Taken>> {
    let kept = kept.filter(|kept| kept.source == request.source);
    let site = request.base_url.as_ref().map_or(Site::Publisher, |base| Site::Mirror(base.as_str()));
    let downloader = Downloader::new(site, &context.state, FILE_LIMIT, request.timeout_seconds.into())?;
    let warnings = Mutex::default();
    let warn = |warning| lock(&warnings).push(warning);
    let online = Online { site, downloader: &downloader, progress: &|_, _| {}, warn: &warn };
    context.progress.report(Stage::Download, 0, request.source.facts().name);
    let files = match request.source {
        NetworkSource::DbipAsn => monthly(&online, kept),
        NetworkSource::OriginAsn => with_sums(&online, kept),
    };
    context.warnings.append(&mut lock(&warnings));
    let files = files?;
    context.progress.report(Stage::Verify, 100, request.source.facts().name);
    read(request.source, context, kept, &files, DataOrigin::Online)
}

fn lock(warnings: &Mutex<Vec<Warning>>) -> impl std::ops::DerefMut<Target = Vec<Warning>> {
    warnings.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file of the newest month, if it is not the one that is kept.
fn monthly(online: &Online<'_>, kept: Option<&Head>) -> Result<Vec<File>> {
    let edition =
        |kept: &Head| Some(Edition { release: kept.release.clone(), file: kept.files.first()?.clone() });
    match DBIP_ASN.fetch(online, kept.and_then(edition).as_ref())? {
        Fetched::Unchanged => Ok(Vec::new()),
        Fetched::New { downloaded, file_name } => Ok(vec![file(*downloaded, &file_name)?]),
    }
}

/// Both files, compared with their checksums, if one of them is not the one that is kept.
fn with_sums(online: &Online<'_>, kept: Option<&Head>) -> Result<Vec<File>> {
    let urls: Vec<Url> = ORIGIN_ASN_FILES.iter().map(|name| online.url(ORIGIN_ASN, name)).collect();
    let known = kept.map_or(&[][..], |kept| &kept.files);
    let files = newer(online.downloader, &urls, known)?.unwrap_or_default();
    let checked = files.into_iter().zip(ORIGIN_ASN_FILES).map(|(downloaded, name)| {
        let sums = online.url(ORIGIN_ASN_SUMS, &format!("{name}.sha256"));
        verify(Sum::Sha256, &downloaded, &sums, name, online)?;
        file(downloaded, name)
    });
    checked.collect()
}

fn file(downloaded: Downloaded, name: &str) -> Result<File> {
    Ok((SourceFile::downloaded(&downloaded, name.to_owned())?, downloaded.validators))
}

/// Reads and compiles files. `None` if there are none, or if they are those that are kept.
fn read(
    source: NetworkSource,
    context: &mut Context<'_>,
    kept: Option<&Head>,
    opened: &[File],
    origin: DataOrigin,
) -> Result<Option<Taken>> {
    let described = opened.iter().map(|(file, validators)| described(file, validators.clone()));
    let files = described.collect::<Result<Vec<ReadFile>>>()?;
    let sums = |files: &[ReadFile]| files.iter().map(|file| file.sha256.clone()).collect::<Vec<_>>();
    if files.is_empty() || kept.is_some_and(|kept| kept.source == source && sums(&kept.files) == sums(&files))
    {
        return Ok(None);
    }
    context.progress.begin_phase(READ_END);
    let (mut rows, mut release) = (Rows::default(), None);
    for (file, _) in opened {
        let mut report = |percent| context.progress.report(Stage::Parse, percent, &file.name);
        let read = file.read(&mut report, |name, content| {
            let packed_name = rows.read(content)?;
            Ok(DBIP_ASN.release([Some(name), packed_name.as_deref()]))
        });
        match read.map_err(|error| error.within(&file.location))? {
            Release::Known(month) => release = Some(month),
            Release::Future(month) => context.warn(
                WarningCode::FutureRelease,
                format!("its name is of {month}, which lies in the future; its date counts as unknown"),
            ),
            Release::Unknown => {}
        }
    }
    context.progress.report(Stage::Compile, 0, source.facts().name);
    let (table, rows) = rows.compile();
    if let Some(first) = &rows.first_malformed {
        let message = format!("{} rows were left out as malformed ({first})", rows.malformed);
        context.warn(WarningCode::MalformedRows, message);
    }
    let (v4_addresses, v6_networks) = table.held();
    for (family, held) in [(Family::V4, v4_addresses), (Family::V6, v6_networks)] {
        if held == 0 {
            let message = format!("the network data has no {family} addresses, so networks drop none");
            context.warn(WarningCode::FamilyMissing, message);
        }
    }
    let networks = table.holders().len() as u64;
    let read_at = context.now().to_string();
    let head = Head { source, files, release, read_at, rows, networks, v4_addresses, v6_networks };
    Ok(Some((origin, head, table)))
}
