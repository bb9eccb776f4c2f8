//! Records on disk: JSON, each in its own file, with a format version and a checksum.
//!
//! ```json
//! {"format": 1, "crc32": 3735928559, "record": {…}}
//! ```
//! The checksum covers the text of the record in the file, so that a flipped bit cannot make another valid record.

use std::io::Write;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::file::{read, remove};
use super::{LockKind, StagedReplacement, StateDir, StateFile};
use crate::error::{Code, Error, Result};

/// A type that can be stored as a record.
pub trait Record: Serialize + DeserializeOwned {
    /// The version of its format. Raised with every change that makes earlier records unreadable.
    const FORMAT: u32;
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    format: u32,
    crc32: u32,
    #[serde(borrow)]
    record: &'a RawValue,
}

/// Reads a record. `None` if there is no such file.
///
/// # Errors
/// `state.damaged` if it is not a valid record of this format; `state.io`, `state.unsafe`.
pub fn load<T: Record>(file: &StateFile) -> Result<Option<T>> {
    let Some(text) = read(file)? else { return Ok(None) };
    open::<T>(&text).map(Some).map_err(|what| {
        let message = format!("{}: {what}", file.display());
        Error::new(Code::StateDamaged, message)
    })
}

fn open<T: Record>(text: &[u8]) -> Result<T, String> {
    let envelope: Envelope = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let content = envelope.record.get();
    if crc32fast::hash(content.as_bytes()) != envelope.crc32 {
        return Err("its checksum does not match".to_owned());
    }
    if envelope.format != T::FORMAT {
        return Err(format!("its format is {}, but this helper reads format {}", envelope.format, T::FORMAT));
    }
    serde_json::from_str(content).map_err(|error| error.to_string())
}

/// As [`load`], for records that are not essential: if one is unreadable, it logs the reason and returns `None`.
pub fn load_or_forget<T: Record>(file: &StateFile) -> Option<T> {
    load(file).unwrap_or_else(|error| {
        log::warn!("{error}");
        None
    })
}

/// Writes a record, completely or not at all. The caller holds the lock.
///
/// # Errors
/// `state.io`; the earlier record is then untouched.
pub fn save<T: Record>(file: &StateFile, lock: LockKind, record: &T) -> Result<()> {
    stage(file, lock, record)?.put_in_place()
}

/// Writes a record to a staged file, which does not replace the record yet.
///
/// # Errors
/// `state.io`.
pub fn stage<T: Record>(file: &StateFile, lock: LockKind, record: &T) -> Result<StagedReplacement> {
    StagedReplacement::write(file, lock, |output| {
        let record = serde_json::value::to_raw_value(record)?;
        let crc32 = crc32fast::hash(record.get().as_bytes());
        serde_json::to_writer(&mut *output, &Envelope { format: T::FORMAT, crc32, record: &record })?;
        output.write_all(b"\n")
    })
}

/// Removes records of earlier versions.
pub fn remove_former(state: &StateDir, names: &[&str]) {
    for name in names {
        remove(&state.file(name)).unwrap_or_else(|error| log::warn!("{error}"));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Note {
        text: String,
    }

    impl Record for Note {
        const FORMAT: u32 = 3;
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_damage_is_detected() {
        let directory = tempfile::tempdir().unwrap();
        let file = StateDir::open(directory.path()).unwrap().file("note.json");
        assert_eq!(load::<Note>(&file).unwrap(), None);
        let note = Note { text: "said".to_owned() };
        save(&file, LockKind::Firewall, &note).unwrap();
        assert_eq!(load(&file).unwrap(), Some(note));
        let whole = fs::read(&file).unwrap();
        for place in 0..whole.len() - 1 {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            fs::write(&file, &damaged).unwrap();
            assert_eq!(load::<Note>(&file).unwrap_err().code(), Code::StateDamaged, "byte {place}");
        }
        assert_eq!(load_or_forget::<Note>(&file), None);
    }

    #[test]
    fn a_record_of_another_format_is_not_reported_as_damaged() {
        let directory = tempfile::tempdir().unwrap();
        let file = StateDir::open(directory.path()).unwrap().file("note.json");
        let record = r#"{"text":"said"}"#;
        let crc32 = crc32fast::hash(record.as_bytes());
        fs::write(&file, format!(r#"{{"format": 2, "crc32": {crc32}, "record": {record}}}"#)).unwrap();
        let error = load::<Note>(&file).unwrap_err();
        assert!(
            error.message().ends_with("its format is 2, but this helper reads format 3"),
            "{}",
            error.message()
        );
    }
}
