//! The helper's own files: a file that is accepted is complete, and writing it again gives the same bytes.

use std::io::Cursor;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use geoip_helper::country::CountryCode;
use geoip_helper::database::{CountryRanges, Database, DatabaseFamily, DatabaseReader, Excerpt};
use geoip_helper::error::{Code, Result};
use geoip_helper::net::RangeSet;
use geoip_helper::plan::Plan;

use super::compiled::{check_database, check_tables};

/// Selects combinations of countries.
type Choice = dyn Fn(&[CountryCode]) -> bool;
/// Addresses of both families.
type Held = (RangeSet<u32>, RangeSet<u128>);

/// Bytes of magic, version and head length of a database.
const DATABASE_OPENING: usize = 16;
const CHECKSUM: usize = 4;

/// Reads the bytes as a compiled database, as they are and with corrected checksums.
pub fn database(bytes: &[u8]) -> bool {
    let as_it_is = read_database(bytes);
    read_database(&sealed_database(bytes)) || as_it_is
}

fn read_database(bytes: &[u8]) -> bool {
    let Some(reader) = accepted(DatabaseReader::open(Cursor::new(bytes))) else {
        assert!(accepted(Database::read(bytes)).is_none(), "what has no beginning was read");
        return false;
    };
    let excerpt = |addresses: &[IpAddr]| DatabaseReader::open(Cursor::new(bytes))?.excerpt(addresses);
    // Damage outside the parts that are read is not noticed here.
    let lowest = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
    accepted(excerpt(&lowest));
    let held = |holdings: &dyn Fn(&Choice) -> Result<Held>| {
        [<[_]>::is_empty, |countries: &[_]| !countries.is_empty()].map(|choice| accepted(holdings(&choice)))
    };
    let by_block = held(&|choice| Ok((reader.v4_of(choice)?, reader.v6_of(choice)?)));
    let Some(database) = accepted(Database::read(bytes)) else {
        assert_eq!(by_block, [None, None], "damage went unnoticed block by block");
        return false;
    };
    assert_eq!(by_block, held(&|choice| Ok((database.v4_of(choice)?, database.v6_of(choice)?))));
    check_database(&database);
    let mut written = Vec::new();
    database.write(&mut written).expect("an accepted database can be written");
    // The same JSON may be written differently. The bytes after the head must be equal.
    assert_eq!(behind_head(&written), behind_head(bytes), "index or blocks changed");
    let v4 = database.v4.starts().iter().map(|start| IpAddr::from(Ipv4Addr::from_bits(*start)));
    let v6 = database.v6.starts().iter().map(|start| IpAddr::from(Ipv6Addr::from_bits(*start)));
    let addresses: Vec<IpAddr> = v4.chain(v6).collect();
    let excerpt = excerpt(&addresses).expect("an accepted database is whole");
    check_excerpt::<u32>(&excerpt, &database);
    check_excerpt::<u128>(&excerpt, &database);
    let again = Database::read(&written[..]).expect("what was written can be read");
    assert_eq!(again, database);
    let mut twice = Vec::new();
    again.write(&mut twice).expect("what was read can be written");
    assert_eq!(twice, written);
    true
}

fn check_excerpt<A: DatabaseFamily>(excerpt: &Excerpt, database: &Database) {
    for start in A::segments(database).starts() {
        assert_eq!(excerpt.lookup(*start), Some(database.lookup(*start)), "the excerpt tells something else");
    }
}

/// Reads the bytes as a plan, as they are and with a corrected checksum.
pub fn plan(bytes: &[u8]) -> bool {
    let as_it_is = read_plan(bytes);
    let mut sealed = bytes.to_vec();
    seal(&mut sealed, 0);
    read_plan(&sealed) || as_it_is
}

fn read_plan(bytes: &[u8]) -> bool {
    let Some(plan) = accepted(Plan::read(bytes)) else { return false };
    check_tables(plan.v4());
    check_tables(plan.v6());
    let mut written = Vec::new();
    plan.write(&mut written).expect("an accepted plan can be written");
    assert_eq!(written, bytes, "written again it is another file");
    true
}

fn accepted<T>(read: Result<T>) -> Option<T> {
    read.inspect_err(|error| {
        let expected = [Code::DatabaseCorrupt, Code::DatabaseVersion];
        assert!(expected.contains(&error.code()), "{error}");
    })
    .ok()
}

fn behind_head(database: &[u8]) -> &[u8] {
    &database[head_end(database).expect("an accepted database has a head") + CHECKSUM..]
}

/// The end of the head, where its checksum begins, if the file is long enough.
fn head_end(database: &[u8]) -> Option<usize> {
    let length = database.get(DATABASE_OPENING - 4..DATABASE_OPENING)?;
    let length = u32::from_le_bytes(length.try_into().expect("four bytes"));
    let end = DATABASE_OPENING.checked_add(length as usize)?;
    (end + CHECKSUM <= database.len()).then_some(end)
}

/// The database with all checksums corrected, so that the code after the checksum check is reached.
fn sealed_database(bytes: &[u8]) -> Vec<u8> {
    let mut sealed = bytes.to_vec();
    let Some(head_end) = head_end(bytes) else { return sealed };
    let mut begin = 0;
    let mut rest = vec![head_end + CHECKSUM];
    rest.extend(column_lengths(&bytes[DATABASE_OPENING..head_end]));
    for length in rest {
        let end = begin + length;
        if end > sealed.len() {
            break;
        }
        seal(&mut sealed[..end], begin);
        begin = end;
    }
    sealed
}

/// The lengths of everything after the head, checksums included: the index, then each block of both families.
fn column_lengths(head: &[u8]) -> Vec<usize> {
    const BLOCK: usize = 1024;
    const V4: usize = 4;
    const V6: usize = 16;
    const HOLDER: usize = 2;
    let head: serde_json::Value = serde_json::from_slice(head).unwrap_or_default();
    let segments = |key| {
        // Larger counts would only be a long list of missing blocks.
        head[key].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0).min(1 << 20)
    };
    let (v4, v6) = (segments("segments_v4"), segments("segments_v6"));
    let blocks = |segments: usize, address: usize| {
        let lengths = (0..segments).step_by(BLOCK).map(move |begin| (segments - begin).min(BLOCK));
        lengths.map(move |length| length * (address + HOLDER) + CHECKSUM)
    };
    let index = v4.div_ceil(BLOCK) * V4 + v6.div_ceil(BLOCK) * V6 + CHECKSUM;
    std::iter::once(index).chain(blocks(v4, V4)).chain(blocks(v6, V6)).collect()
}

/// Writes the checksum of the bytes from `start` on into the last bytes.
fn seal(bytes: &mut [u8], start: usize) {
    let Some(end) = bytes.len().checked_sub(CHECKSUM).filter(|end| *end >= start) else { return };
    let checksum = crc32fast::hash(&bytes[start..end]);
    bytes[end..].copy_from_slice(&checksum.to_le_bytes());
}
