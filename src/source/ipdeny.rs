//! ipdeny.com: one list of CIDR blocks per country, packed into one tarball per address family.

use std::io::{self, BufReader, Read};
use std::path::Path;
use std::str::FromStr;
use std::thread;
use std::time::Duration;

use ipnet::IpNet;
use jiff::Timestamp;
use tar::Archive;

use super::checksum::{Sum, verify};
use super::text::{broken, only_zeros};
use super::{
    Attribution, Fetched, Online, Row, RowSink, Source, SourceId, Unpacked, absent, for_each_line,
    refuse_unless_whole, utc_date, validators,
};
use crate::country::{COUNTRIES, CountryCode};
use crate::dataset::Provenance;
use crate::download::{Downloaded, Response, Site, StatusCode, Url, Validators, jittered};
use crate::error::{Code, Error, Result};
use crate::warning::{Warning, WarningCode};

/// ipdeny.com, <https://www.ipdeny.com/ipblocks/>.
pub(super) struct Ipdeny;

/// Entries of a tar archive begin at multiples of this number of bytes.
const BLOCK: u64 = 512;

const V4: &str = "v4";
const V6: &str = "v6";

/// The names and URLs of a family's files.
struct Layout {
    tarball: &'static str,
    tarball_base: &'static str,
    zone_base: &'static str,
}

const V4_LAYOUT: Layout = Layout {
    tarball: "all-zones.tar.gz",
    tarball_base: "https://www.ipdeny.com/ipblocks/data/countries",
    zone_base: "https://www.ipdeny.com/ipblocks/data/aggregated",
};

const V6_LAYOUT: Layout = Layout {
    tarball: "ipv6-all-zones.tar.gz",
    tarball_base: "https://www.ipdeny.com/ipv6/ipaddresses/blocks",
    zone_base: "https://www.ipdeny.com/ipv6/ipaddresses/aggregated",
};

fn layout(part: &str) -> &'static Layout {
    if part == V6 { &V6_LAYOUT } else { &V4_LAYOUT }
}

impl Source for Ipdeny {
    fn id(&self) -> SourceId {
        SourceId::Ipdeny
    }

    fn title(&self) -> &'static str {
        "ipdeny.com"
    }

    fn licence(&self) -> &'static str {
        "Country zones of ipdeny.com (https://www.ipdeny.com), by its usage limits"
    }

    fn attribution(&self) -> Attribution {
        Attribution { text: "ipdeny.com", url: "https://www.ipdeny.com" }
    }

    fn stale_after_days(&self) -> u16 {
        15
    }

    fn parts(&self) -> &'static [&'static str] {
        &[V4, V6]
    }

    fn part_of(&self, file_name: &str) -> Option<&'static str> {
        let is_tarball = [".tar.gz", ".tar"].iter().any(|ending| file_name.ends_with(ending));
        is_tarball.then(|| if file_name.contains("ipv6") { V6 } else { V4 })
    }

    fn read(&self, part: &str, _: &str, content: &mut dyn Read, rows: &mut RowSink) -> Result<()> {
        let mut archive = Archive::new(Unpacked::new(content)?);
        let (mut newest, mut end) = (0, 0);
        // Raw entries, because the tar library would read long names and extended headers into memory without a limit.
        // Zones need neither. A zone with such a header, or a zone that is a link, must fail: it would silently be
        // missing.
        for entry in archive.entries().map_err(|error| broken(&error))?.raw(true) {
            let mut entry = entry.map_err(|error| broken(&error))?;
            end =
                entry.raw_file_position().saturating_add(entry.size().div_ceil(BLOCK).saturating_mul(BLOCK));
            let kind = entry.header().entry_type();
            if kind.is_gnu_longname() || kind.is_pax_local_extensions() && renames(&mut entry) {
                return Err(Error::new(
                    Code::SourceMalformed,
                    "it contains long names, which zones do not need",
                ));
            }
            if kind.is_pax_local_extensions() {
                continue;
            }
            let path = entry.path().map_err(|error| broken(&error))?.into_owned();
            let Some(country) = country_of(&path) else { continue };
            if !kind.is_file() {
                let message = format!("{} is no plain file", path.display());
                return Err(Error::new(Code::SourceMalformed, message));
            }
            newest = newest.max(entry.header().mtime().unwrap_or(0));
            let parse = |line: &[u8]| parse_block(line, country, part);
            for_each_line(entry, parse, |number, row| rows.take(number, row))
                .map_err(|error| error.within(&path.display().to_string()))?;
        }
        check_end(archive.into_inner(), end).map_err(|error| broken(&error))?;
        let newest = i64::try_from(newest).ok().filter(|seconds| *seconds > 0);
        let newest = newest.and_then(|seconds| Timestamp::from_second(seconds).ok());
        rows.set_release(newest.map(|time| utc_date(time).to_string()));
        Ok(())
    }

    fn wants_one_at_a_time(&self) -> bool {
        true
    }

    fn fetch(&self, part: &str, online: &Online<'_>, last: Option<&Provenance>) -> Result<Fetched> {
        let failure = match fetch_tarball(layout(part), online, last) {
            Err(failure) if matches!(online.site, Site::Publisher) => failure,
            outcome => return outcome,
        };
        log::info!("{failure}; downloading one file per country instead");
        fetch_zones(layout(part), online).map_err(|error| error.within(failure.message()))
    }
}

fn fetch_tarball(layout: &Layout, online: &Online<'_>, last: Option<&Provenance>) -> Result<Fetched> {
    let url = online.url(layout.tarball_base, layout.tarball);
    match online.downloader.get(&url, validators(last, &url).as_ref(), online.progress)? {
        Response::NotModified => Ok(Fetched::Unchanged),
        Response::NotFound { status, .. } => Err(absent(&url, &status)),
        Response::File(downloaded) => {
            verify(
                Sum::Md5,
                &downloaded,
                &online.url(layout.tarball_base, "MD5SUM"),
                layout.tarball,
                online,
            )?;
            Ok(Fetched::New { downloaded, file_name: layout.tarball.to_owned() })
        }
    }
}

/// Downloads the zones one by one, with pauses, and packs them like the tarball. Countries without addresses have no
/// zone.
fn fetch_zones(layout: &Layout, online: &Online<'_>) -> Result<Fetched> {
    /// Pause between requests. The terms of use ask for one request at a time, with pauses.
    const REQUEST_DELAY: Duration = Duration::from_millis(200);
    let mut tarball = tar::Builder::new(online.downloader.new_file()?);
    let mut absent = Vec::new();
    for (index, country) in COUNTRIES.iter().enumerate() {
        let name = format!("{}-aggregated.zone", country.code.as_str().to_ascii_lowercase());
        let url = Url::new(format!("{}/{name}", layout.zone_base));
        match online.downloader.get(&url, None, &|_, _| {})? {
            Response::File(mut zone) => {
                refuse_unless_whole(&zone)?;
                tarball
                    .append_file(&name, zone.file.as_file_mut())
                    .map_err(Error::state_io("pack", Path::new(&name)))?;
            }
            Response::NotModified | Response::NotFound { .. } => absent.push(country.code.as_str()),
        }
        (online.progress)(index as u64 + 1, Some(COUNTRIES.len() as u64));
        thread::sleep(jittered(REQUEST_DELAY));
    }
    if absent.len() == COUNTRIES.len() {
        return Err(Error::new(Code::SourceDownload, format!("there are no zones at {}", layout.zone_base)));
    }
    let file = tarball.into_inner().map_err(Error::state_io("pack", Path::new(layout.tarball)))?;
    let gaps =
        if absent.is_empty() { String::new() } else { format!("; no zones for {}", absent.join(", ")) };
    let message = format!("the tarball is not available, so the zones were downloaded one by one{gaps}");
    (online.warn)(Warning::new(WarningCode::OneByOne, message));
    let url = Url::new(layout.zone_base.to_owned());
    let (validators, status) = (Validators::default(), StatusCode::OK);
    let downloaded = Downloaded { file, url, validators, status, is_complete: true };
    Ok(Fetched::New { downloaded: Box::new(downloaded), file_name: layout.tarball.to_owned() })
}

/// Reads an archive to its end, because only there is the gzip checksum verified. A block of zeros must end the
/// entries, and only zeros may follow.
fn check_end(rest: Unpacked<'_>, end_of_entries: u64) -> io::Result<()> {
    if rest.position() <= end_of_entries {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    only_zeros(&mut BufReader::new(rest))
}

/// True if an extended header renames the next entry.
fn renames(header: &mut impl Read) -> bool {
    /// The most bytes of an extended header. A zone needs less.
    const LIMIT: u64 = 4096;
    let mut content = Vec::new();
    let is_read = header.take(LIMIT).read_to_end(&mut content).is_ok() && (content.len() as u64) < LIMIT;
    !is_read || memchr::memmem::find(&content, b" path=").is_some()
}

/// `./cn.zone` and `cn-aggregated.zone` belong to CN. Other entries are not zones.
fn country_of(path: &Path) -> Option<CountryCode> {
    let name = path.file_name()?.to_str()?.strip_suffix(".zone")?;
    CountryCode::from_str(name.strip_suffix("-aggregated").unwrap_or(name)).ok()
}

/// Parses a CIDR block of the part's family. Host bits are cleared.
fn parse_block(line: &[u8], country: CountryCode, part: &str) -> Result<Row, &'static str> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not text")?;
    let net: IpNet = text.parse().map_err(|_| "it is not a CIDR block")?;
    if (part == V6) != matches!(net, IpNet::V6(_)) {
        return Err("it belongs to the other address family");
    }
    Ok(Row { first: net.network(), last: net.broadcast(), country: Some(country) })
}

#[cfg(test)]
mod tests {
    use tar::{Builder, EntryType, Header};

    use super::*;

    fn append(tarball: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, content: &str) {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tarball.append_data(&mut header, name, content.as_bytes()).unwrap();
    }

    #[test]
    fn zones_are_plain_files_with_short_names_and_an_archive_that_hides_one_is_refused() {
        let read = |hiding: &[(EntryType, &str, &str)]| {
            let mut tarball = Builder::new(Vec::new());
            append(&mut tarball, EntryType::Regular, "./cn.zone", "1.0.1.0/24\n");
            append(&mut tarball, EntryType::XHeader, "PaxHeaders/de.zone", "20 mtime=1780272000.5\n");
            append(&mut tarball, EntryType::Regular, "de.zone", "2.16.0.0/13\n");
            for (kind, name, content) in hiding {
                append(&mut tarball, *kind, name, content);
            }
            append(&mut tarball, EntryType::Regular, "named otherwise", "2.0.0.0/12\n");
            let mut rows = RowSink::default();
            Ipdeny.read(V4, "", &mut &tarball.into_inner().unwrap()[..], &mut rows)?;
            rows.finish().map(|(_, report)| (report.counts.used, report.counts.malformed))
        };
        assert_eq!(read(&[]).unwrap(), (2, 0));
        for hiding in [
            (EntryType::GNULongName, "././@LongLink", "fr.zone"),
            (EntryType::XHeader, "PaxHeaders/x", "16 path=fr.zone\n"),
            (EntryType::Link, "fr.zone", ""),
        ] {
            assert_eq!(read(&[hiding]).unwrap_err().code(), Code::SourceMalformed, "{hiding:?}");
        }
    }
}
