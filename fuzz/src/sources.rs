//! Source files: an accepted file compiles into a consistent database, however its bytes arrive.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use geoip_helper::country::CountryCode;
use geoip_helper::database::{Database, Metadata};
use geoip_helper::dataset::RowCounts;
use geoip_helper::dataset::SourceId;
use geoip_helper::error::{Code, Error, Result};
use geoip_helper::source::{self, RowReport, RowSink};

use super::compiled::{check_database, check_statistics};

const GZIP_MAGIC: &[u8] = b"\x1f\x8b";

/// How many ways of reading the bytes are tried.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ways {
    /// As every possible part, with every variant of delivery.
    All,
    /// As one part with one variant of delivery, which depend on the bytes.
    One,
}

/// Reads the bytes as the CSV file of DB-IP, gzipped or not.
pub fn dbip(bytes: &[u8], ways: Ways) -> bool {
    any_part(SourceId::Dbip, bytes, ways)
}

/// Reads the bytes as the delegation file of a registry, gzipped or not.
pub fn rir(bytes: &[u8], ways: Ways) -> bool {
    any_part(SourceId::Rir, bytes, ways)
}

/// Reads the bytes as a tarball of ipdeny.com, as they are and with corrected header checksums.
pub fn ipdeny(bytes: &[u8], ways: Ways) -> bool {
    let as_it_is = any_part(SourceId::Ipdeny, bytes, ways);
    let sealed = sealed_tarball(bytes);
    (sealed != bytes && any_part(SourceId::Ipdeny, &sealed, ways)) || as_it_is
}

/// Reads the bytes as parts that they may be. A delegation file names its registry in its first line.
fn any_part(source: SourceId, bytes: &[u8], ways: Ways) -> bool {
    let name = String::from_utf8_lossy(bytes.split(|byte| *byte == b'\n').next().unwrap_or_default());
    let parts = source::of(source).parts();
    let named: Vec<&str> = parts.iter().copied().filter(|part| name.contains(*part)).collect();
    let parts = if source == SourceId::Rir && !named.is_empty() { &named } else { parts };
    let chosen = crc32fast::hash(bytes) as usize % parts.len();
    let parts = if ways == Ways::One { &parts[chosen..=chosen] } else { parts };
    parts.iter().filter(|part| check(source, part, &name, bytes, ways)).count() > 0
}

fn check(source: SourceId, part: &str, file_name: &str, bytes: &[u8], ways: Ways) -> bool {
    let outcome = Outcome::of(source, part, file_name, bytes);
    outcome.check(bytes);
    for detour in detours(bytes, ways) {
        let again = match detour {
            Detour::Trickle => Outcome::of(source, part, file_name, Trickle(bytes)),
            Detour::Packed => Outcome::of(source, part, file_name, &packed(bytes)[..]),
        };
        assert_eq!(again, outcome, "{detour:?} bytes are other bytes");
    }
    outcome.compiled.is_ok()
}

/// Variants of delivering the same bytes.
#[derive(Debug)]
enum Detour {
    /// A few bytes at a time.
    Trickle,
    /// Gzipped.
    Packed,
}

fn detours(bytes: &[u8], ways: Ways) -> &'static [Detour] {
    // Files that are gzipped twice are not a source's format.
    let packable = !bytes.is_empty() && !bytes.starts_with(GZIP_MAGIC);
    // Starting a packer is expensive, so it is done for some inputs only. The low bits of the hash have chosen the
    // part.
    let chosen = (crc32fast::hash(bytes) >> 16).is_multiple_of(8);
    match ways {
        _ if !packable => &[Detour::Trickle],
        Ways::All => &[Detour::Trickle, Detour::Packed],
        Ways::One if chosen => &[Detour::Packed],
        Ways::One => &[Detour::Trickle],
    }
}

/// The result of reading a file.
#[derive(Debug, PartialEq)]
struct Outcome {
    compiled: Result<Compiled, Code>,
}

#[derive(Debug, PartialEq)]
struct Compiled {
    database: Database,
    counts: RowCounts,
    unknown_codes: Vec<CountryCode>,
    release: Option<String>,
    first_malformed: Option<String>,
}

impl Outcome {
    fn of(source: SourceId, part: &str, file_name: &str, content: impl Read) -> Self {
        let compiled = compile(source, part, file_name, content).map_err(|error| {
            let expected = [Code::SourceMalformed, Code::SourceTooLarge];
            assert!(expected.contains(&error.code()), "{error}");
            // Which damage is noticed first may depend on the read size, but not whether it is noticed.
            error.code()
        });
        Self { compiled }
    }

    fn check(&self, bytes: &[u8]) {
        let Ok(Compiled { database, counts, unknown_codes, release, first_malformed }) = &self.compiled
        else {
            return;
        };
        check_database(database);
        check_statistics(database);
        assert!(counts.used > 0 && counts.out_of_order <= counts.used, "{counts:?}");
        assert!(counts.malformed <= counts.used.max(1), "{counts:?}");
        assert_eq!(first_malformed.is_some(), counts.malformed > 0);
        if !bytes.starts_with(GZIP_MAGIC) {
            let lines = bytes.split(|byte| *byte == b'\n').count() as u64;
            let RowCounts { used, unassigned, malformed, .. } = counts;
            assert!(used + unassigned + malformed <= lines, "more rows than lines: {counts:?}");
        }
        let held = database.country_sets.all_countries();
        assert!(!held.is_empty() && held.iter().all(|country| !country.is_placeholder()));
        let unknown: Vec<CountryCode> = held.into_iter().filter(|country| !country.is_known()).collect();
        assert_eq!(*unknown_codes, unknown);
        if let Some(release) = release {
            let shape: String = release.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
            assert!(["0000-00", "0000-00-00"].contains(&shape.as_str()), "{release:?} is no edition");
        }
        let mut written = Vec::new();
        database.write(&mut written).expect("what was compiled can be written");
        assert_eq!(Database::read(&written[..]).map_err(|error| error.to_string()).as_ref(), Ok(database));
    }
}

fn compile(source: SourceId, part: &str, file_name: &str, mut content: impl Read) -> Result<Compiled, Error> {
    let mut rows = RowSink::default();
    source::of(source).read(part, file_name, &mut content, &mut rows)?;
    let (builder, report) = rows.finish()?;
    let RowReport { counts, unknown_codes, release, first_malformed, .. } = report;
    let database = builder.finish(Metadata::new(source, "2026-06-01T00:00:00Z".into(), Vec::new()))?;
    let unknown_codes = unknown_codes.into_iter().collect();
    Ok(Compiled { database, counts, unknown_codes, release, first_malformed })
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes everything")
}

/// Delivers its bytes a few at a time, as a pipe may.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(7);
        self.0.read(&mut buffer[..length])
    }
}

/// A tarball with corrected header checksums, so that the code after the checksum check is reached.
fn sealed_tarball(bytes: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 512;
    const SIZE: std::ops::Range<usize> = 124..136;
    const CHECKSUM: std::ops::Range<usize> = 148..156;
    let mut sealed = bytes.to_vec();
    let mut at = 0;
    while let Some(header) = sealed.get_mut(at..at + BLOCK) {
        if header.iter().any(|byte| *byte != 0) {
            header[CHECKSUM].fill(b' ');
            let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
            header[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
        let size = String::from_utf8_lossy(&header[SIZE]);
        let size = size.trim_matches(|c: char| !c.is_digit(8));
        let blocks = usize::from_str_radix(size, 8).unwrap_or(0).div_ceil(BLOCK);
        at = at.saturating_add(BLOCK).saturating_add(blocks.saturating_mul(BLOCK));
        if at > sealed.len() {
            break;
        }
    }
    sealed
}
