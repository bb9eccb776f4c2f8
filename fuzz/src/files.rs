//! The helper's own files: what is accepted is whole, and written again it is the same bytes.

use geoip_helper::database::Database;
use geoip_helper::error::{Code, Result};
use geoip_helper::plan::Plan;

use super::compiled::{check_database, check_table};

/// Magic, version and head length of a database.
const DATABASE_OPENING: usize = 16;
const CHECKSUM: usize = 4;

/// Takes the bytes for a compiled database, as they are and with checksums that fit.
pub fn database(bytes: &[u8]) -> bool {
    let as_it_is = read_database(bytes);
    read_database(&sealed_database(bytes)) || as_it_is
}

fn read_database(bytes: &[u8]) -> bool {
    let Some(database) = accepted(Database::read(bytes)) else { return false };
    check_database(&database);
    let mut written = Vec::new();
    database.write(&mut written).expect("an accepted database can be written");
    // JSON may say the same in other words: spaces, order. The columns may not.
    assert_eq!(columns(&written), columns(bytes), "the columns changed");
    let again = Database::read(&written[..]).expect("what was written can be read");
    assert_eq!(again, database);
    let mut twice = Vec::new();
    again.write(&mut twice).expect("what was read can be written");
    assert_eq!(twice, written);
    true
}

/// Takes the bytes for a plan, as they are and with a checksum that fits.
pub fn plan(bytes: &[u8]) -> bool {
    let as_it_is = read_plan(bytes);
    let mut sealed = bytes.to_vec();
    seal(&mut sealed, 0);
    read_plan(&sealed) || as_it_is
}

fn read_plan(bytes: &[u8]) -> bool {
    let Some(plan) = accepted(Plan::read(bytes)) else { return false };
    check_table(plan.v4());
    check_table(plan.v6());
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

fn columns(database: &[u8]) -> &[u8] {
    &database[head_end(database).expect("an accepted database has a head") + CHECKSUM..]
}

/// Where the head ends and its checksum begins, if the file is that long.
fn head_end(database: &[u8]) -> Option<usize> {
    let length = database.get(DATABASE_OPENING - 4..DATABASE_OPENING)?;
    let length = u32::from_le_bytes(length.try_into().expect("four bytes"));
    let end = DATABASE_OPENING.checked_add(length as usize)?;
    (end + CHECKSUM <= database.len()).then_some(end)
}

/// Both checksums made to fit, so that what lies behind them is reached.
fn sealed_database(bytes: &[u8]) -> Vec<u8> {
    let mut sealed = bytes.to_vec();
    if let Some(end) = head_end(bytes) {
        seal(&mut sealed[..end + CHECKSUM], 0);
        seal(&mut sealed, end + CHECKSUM);
    }
    sealed
}

/// Writes the checksum of what stands from `start` on into the last bytes.
fn seal(bytes: &mut [u8], start: usize) {
    let Some(end) = bytes.len().checked_sub(CHECKSUM).filter(|end| *end >= start) else { return };
    let checksum = crc32fast::hash(&bytes[start..end]);
    bytes[end..].copy_from_slice(&checksum.to_le_bytes());
}
