//! The network data that is kept in the state directory.

use std::fs::File;

use serde::{Deserialize, Serialize};

use super::file::{self, NetworkFile};
use super::{NetworkSource, NetworkTable, Report};
use crate::dataset::ReadFile;
use crate::error::{Code, Error, Result};
use crate::storage::{self, LockKind, StateDir, StateFile, write_atomically};

const NAME: &str = "networks.geonet";

/// Where network data comes from, and what it holds in total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Head {
    /// Its source.
    pub source: NetworkSource,
    /// The files that it was read from.
    pub files: Vec<ReadFile>,
    /// The month of the edition, such as `2026-06`; null if the source names none.
    pub release: Option<String>,
    /// When the files were read, RFC 3339 in UTC.
    pub read_at: String,
    /// What happened to their rows.
    pub rows: Report,
    /// How many networks hold addresses.
    pub networks: u64,
    /// The IPv4 addresses that they hold.
    pub v4_addresses: u64,
    /// The IPv6 networks of /64 that they hold, or parts of them.
    pub v6_networks: u64,
}

/// The network data in a state directory.
#[derive(Debug, Clone)]
pub struct NetworkStore {
    place: StateFile,
}

impl NetworkStore {
    /// The store in `directory`.
    pub fn new(directory: &StateDir) -> Self {
        Self { place: directory.file(NAME) }
    }

    /// Opens the data and reads its head.
    ///
    /// # Errors
    /// `network.missing`, `database.corrupt`, `database.version`, `state.unsafe`, `state.io`.
    pub fn open(&self) -> Result<NetworkFile<File>> {
        let missing =
            || Error::new(Code::NetworkMissing, "the data that tells networks has not been downloaded yet");
        let file = storage::open(&self.place)?.ok_or_else(missing)?;
        NetworkFile::open(file, self.place.path())
    }

    /// Replaces the data, completely or not at all.
    ///
    /// # Errors
    /// `state.io`; what was kept then stays.
    pub fn save(&self, head: &Head, table: &NetworkTable) -> Result<()> {
        write_atomically(&self.place, LockKind::Data, |output| file::write(head, table, output))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::IpAddr;

    use super::*;
    use crate::asn::{AsNumber, Rows};

    fn kept(text: &str) -> (Head, NetworkTable) {
        let mut rows = Rows::default();
        rows.read(&mut text.as_bytes()).unwrap();
        let (table, rows) = rows.compile();
        let (v4_addresses, v6_networks) = table.held();
        let head = Head {
            source: NetworkSource::DbipAsn,
            files: Vec::new(),
            release: Some("2026-06".to_owned()),
            read_at: "2026-11-29T10:00:00Z".to_owned(),
            rows,
            networks: table.holders().len() as u64,
            v4_addresses,
            v6_networks,
        };
        (head, table)
    }

    /// Reads all that can be read of the file, or the first error.
    fn read(
        store: &NetworkStore,
        asked: &[&str],
    ) -> Result<(Head, Vec<Option<u32>>, crate::asn::ChosenNetworks)> {
        let mut file = store.open()?;
        let addresses: Vec<IpAddr> = asked.iter().map(|address| address.parse().unwrap()).collect();
        let found = file.holding(&addresses)?;
        let holders =
            addresses.iter().map(|address| found.get(address).map(|network| network.number.get())).collect();
        file.holders()?;
        file.chosen_around(&[AsNumber::new(7).unwrap()], &addresses)?;
        let chosen = file.chosen(&[7, 9, 8].map(|number| AsNumber::new(number).unwrap()))?;
        Ok((file.head().clone(), holders, chosen))
    }

    #[test]
    fn data_is_kept_as_it_was_read_and_damage_of_any_byte_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(&directory.path().join("state")).unwrap();
        let store = NetworkStore::new(&state);
        assert_eq!(store.open().unwrap_err().code(), Code::NetworkMissing);
        let (head, table) =
            kept("5.0.0.0,5.0.0.255,7,One\n5.0.2.0,5.0.2.255,8,Two\n2a00::,2a00::ffff,7,One\n");
        store.save(&head, &table).unwrap();
        let asked = ["5.0.0.255", "5.0.1.0", "5.0.2.7", "2a00::7", "2a01::", "255.255.255.255"];
        let (read_head, holders, chosen) = read(&store, &asked).unwrap();
        assert_eq!(read_head, head);
        assert_eq!(holders, [Some(7), None, Some(8), Some(7), None, None]);
        assert_eq!(chosen, table.chosen(&[7, 9, 8].map(|number| AsNumber::new(number).unwrap())));
        assert_eq!(chosen.unknown().map(AsNumber::get).collect::<Vec<_>>(), [9]);
        let path = state.path().join(NAME);
        let whole = fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            fs::write(&path, &damaged).unwrap();
            assert!(read(&store, &asked).is_err(), "byte {place}");
            fs::write(&path, &whole[..place]).unwrap();
            assert!(read(&store, &asked).is_err(), "length {place}");
        }
    }

    #[test]
    fn many_blocks_tell_the_same_as_the_table() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(&directory.path().join("state")).unwrap();
        let rows: Vec<String> = (0..5000_u32)
            .map(|row| {
                let (third, fourth) = (row / 256, row % 256);
                format!("5.{third}.{fourth}.0,5.{third}.{fourth}.{},{},x\n", row % 255, 1 + row % 7)
            })
            .collect();
        let (head, table) = kept(&rows.concat());
        let store = NetworkStore::new(&state);
        store.save(&head, &table).unwrap();
        let numbers: Vec<AsNumber> = (1..9).map(|number| AsNumber::new(number).unwrap()).collect();
        let mut file = store.open().unwrap();
        let chosen = file.chosen(&numbers).unwrap();
        assert_eq!(chosen, table.chosen(&numbers));
        let asked: Vec<IpAddr> =
            (0..5000_u32).map(|row| IpAddr::V4(((5 << 24) | (row << 8)).into())).collect();
        let found = file.holding(&asked).unwrap();
        for (row, address) in (0..).zip(&asked) {
            assert_eq!(found[address].number.get(), 1 + row % 7, "{address}");
        }
    }
}
