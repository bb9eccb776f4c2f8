//! The lists that are kept in the state directory, one file each.

use serde::{Deserialize, Serialize};

use super::{Batches, ListId, Report, file};
use crate::dataset::ReadFile;
use crate::error::{Code, Error, Result};
use crate::net::Addresses;
use crate::storage::{self, LockKind, StateDir, StateFile, write_atomically};

const PREFIX: &str = "list-";
const SUFFIX: &str = ".geolist";

/// A list with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptList {
    /// Where it comes from, and what happened to its rows.
    pub head: Head,
    /// Its addresses.
    pub content: Addresses,
}

/// Where a list comes from, and what happened to its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Head {
    /// The list.
    pub id: ListId,
    /// The files that it was read from.
    pub files: Vec<ReadFile>,
    /// When they were read, RFC 3339 in UTC.
    pub read_at: String,
    /// When the publisher made it, RFC 3339 in UTC; null if neither the list nor the server says so.
    pub made_at: Option<String>,
    /// What happened to its rows.
    pub rows: Report,
    /// The number of IPv4 addresses in it.
    pub v4_addresses: u64,
    /// The number of IPv6 networks of /64 in it, or parts of them.
    pub v6_networks: u64,
}

impl KeptList {
    /// A list that was read at a moment of RFC 3339.
    pub fn new(
        id: ListId,
        files: Vec<ReadFile>,
        read_at: String,
        (content, rows): (Addresses, Report),
    ) -> Self {
        let head = Head {
            id,
            files,
            read_at,
            made_at: rows
                .made_at
                .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
                .map(|at| at.to_string()),
            v4_addresses: content.v4_addresses(),
            v6_networks: content.v6_networks(),
            rows,
        };
        Self { head, content }
    }
}

/// The lists in a state directory.
#[derive(Debug, Clone)]
pub struct ListStore {
    directory: StateDir,
}

impl ListStore {
    /// The store in `directory`.
    pub fn new(directory: &StateDir) -> Self {
        Self { directory: directory.clone() }
    }

    fn path(&self, id: &ListId) -> StateFile {
        self.directory.file(&format!("{PREFIX}{id}{SUFFIX}"))
    }

    /// The ids of all lists that are kept, in order.
    pub fn ids(&self) -> Vec<ListId> {
        let id = |file: StateFile| file.name().strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse().ok();
        let mut ids: Vec<ListId> = self.directory.files().filter_map(id).collect();
        ids.sort_unstable();
        ids
    }

    /// Reads and checks a list.
    ///
    /// # Errors
    /// `list.missing`, `database.corrupt`, `database.version`, `state.unsafe`, `state.io`.
    pub fn load(&self, id: &ListId) -> Result<KeptList> {
        let path = self.path(id);
        let missing = || Error::new(Code::ListMissing, format!("the list {id} has not been downloaded yet"));
        let input = storage::open(&path)?.ok_or_else(missing)?;
        file::read(input).map_err(|error| file::describe(error, path.path()))
    }

    /// Replaces a list, completely or not at all.
    ///
    /// # Errors
    /// `state.io`; what was kept then stays.
    pub fn save(&self, list: &KeptList) -> Result<()> {
        write_atomically(&self.path(&list.head.id), LockKind::Data, |output| file::write(list, output))
    }

    /// Removes a list. A missing one is no error.
    ///
    /// # Errors
    /// `state.io`.
    pub fn remove(&self, id: &ListId) -> Result<()> {
        Batches::remove(&self.directory, id)?;
        storage::remove(&self.path(id))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn list(text: &str) -> KeptList {
        let read = super::super::read(&mut text.as_bytes()).unwrap();
        let file =
            ReadFile { location: "text".into(), sha256: String::new(), etag: None, last_modified: None };
        KeptList::new("mine".parse().unwrap(), vec![file], "2026-11-29T10:00:00Z".into(), read)
    }

    #[test]
    fn a_list_is_kept_as_it_was_read_and_damage_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(&directory.path().join("state")).unwrap();
        let (store, mine) = (ListStore::new(&state), "mine".parse().unwrap());
        assert_eq!(store.load(&mine).unwrap_err().code(), Code::ListMissing);
        let kept = list("198.51.100.0/24\n203.0.113.7\n2001:db8::/63\n2001:db8:1::1\n");
        assert_eq!((kept.head.v4_addresses, kept.head.v6_networks), (257, 3));
        store.save(&kept).unwrap();
        assert_eq!((store.ids(), store.load(&mine).unwrap()), (vec![mine.clone()], kept));
        let path = state.path().join("list-mine.geolist");
        let whole = fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            fs::write(&path, &damaged).unwrap();
            assert!(store.load(&mine).is_err(), "byte {place}");
            fs::write(&path, &whole[..place]).unwrap();
            assert!(store.load(&mine).is_err(), "length {place}");
        }
        store.remove(&mine).unwrap();
        store.remove(&mine).unwrap();
        assert!(store.ids().is_empty());
    }
}
