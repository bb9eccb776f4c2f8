//! Records: JSON in a file of its own, with the version of its format and a checksum.
//!
//! ```json
//! {"format": 1, "crc32": 3735928559, "record": {…}}
//! ```
//! The checksum is that of the record's text as it stands in the file: no flipped bit becomes another record.

use std::io::Write;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::file::{read, remove};
use super::{LockKind, StagedReplacement, StateDir, StateFile};
use crate::error::{Code, Error, Result};

/// What can be kept on the disk.
pub trait Record: Serialize + DeserializeOwned {
    /// Raised with every change of the format of its file.
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

/// Reads a record; none if there is no such file.
///
/// # Errors
/// `state.damaged` for what is no record, `state.io`, `state.unsafe`.
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
        return Err(format!("its format {} is not known, only {}", envelope.format, T::FORMAT));
    }
    serde_json::from_str(content).map_err(|error| error.to_string())
}

/// As [`load`], for what is not worth failing for: a record that cannot be read is none, and the log says why.
pub fn load_or_forget<T: Record>(file: &StateFile) -> Option<T> {
    load(file).unwrap_or_else(|error| {
        log::warn!("{error}");
        None
    })
}

/// Writes a record, whole or not at all. The caller holds the lock.
///
/// # Errors
/// `state.io`; the earlier record is then untouched.
pub fn save<T: Record>(file: &StateFile, lock: LockKind, record: &T) -> Result<()> {
    stage(file, lock, record)?.put_in_place()
}

/// Puts what shall be the record on the disk, not yet in its place.
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
    fn a_record_comes_back_as_it_was_and_damage_is_named() {
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
    fn a_record_of_another_format_is_told_from_a_damaged_one() {
        let directory = tempfile::tempdir().unwrap();
        let file = StateDir::open(directory.path()).unwrap().file("note.json");
        let record = r#"{"text":"said"}"#;
        let crc32 = crc32fast::hash(record.as_bytes());
        fs::write(&file, format!(r#"{{"format": 2, "crc32": {crc32}, "record": {record}}}"#)).unwrap();
        let error = load::<Note>(&file).unwrap_err();
        assert!(error.message().ends_with("its format 2 is not known, only 3"), "{}", error.message());
    }
}
