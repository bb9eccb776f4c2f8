//! What was applied last: the policy, and the plan ready to be loaded again after a reboot.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::codec::{Cell, Checksummed, FormatError, read_column, write_column};
use crate::error::{Code, Error, Result};
use crate::net::{Address, Family, Prefix, PrefixTable, TableEntry};
use crate::plan::{Plan, Policy};
use crate::protocol::Version;
use crate::source::SourceId;
use crate::state::{StateDir, write_atomically};

const RECORD: &str = "applied.json";
const PLAN_PREFIX: &str = "plan-";
const PLAN_MAGIC: [u8; 8] = *b"GEOIPLN\0";
/// Raised with every change of the layout or meaning of a plan file.
const PLAN_VERSION: u32 = 1;

/// The record of what was applied last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    v: Version,
    /// The source that the plan was computed from.
    pub source: SourceId,
    /// The policy.
    pub policy: Policy,
    /// When it was applied, RFC 3339 in UTC.
    pub applied_at: String,
    /// SHA-256 of the plan, in hex; also the name of its file.
    digest: String,
    entries_v4: u64,
    entries_v6: u64,
}

impl Applied {
    /// The record of `plan`.
    pub fn new(source: SourceId, policy: &Policy, plan: &Plan) -> Self {
        Self {
            v: Version,
            source,
            policy: policy.clone(),
            applied_at: jiff::Timestamp::now().to_string(),
            digest: plan.digest(),
            entries_v4: plan.entries(Family::V4),
            entries_v6: plan.entries(Family::V6),
        }
    }

    /// Number of entries that the set of a family should have.
    pub fn entries(&self, family: Family) -> u64 {
        match family {
            Family::V4 => self.entries_v4,
            Family::V6 => self.entries_v6,
        }
    }

    /// True if both records are of the same plan.
    pub fn same_plan(&self, other: &Self) -> bool {
        self.digest == other.digest
    }

    /// Reads the record; none if nothing is applied.
    ///
    /// # Errors
    /// `state.io`; a damaged record counts as unreadable.
    pub fn load(state: &StateDir) -> Result<Option<Self>> {
        let path = state.file(RECORD);
        match fs::read(&path) {
            Ok(json) => serde_json::from_slice(&json)
                .map(Some)
                .map_err(|error| Error::state_io("understand", &path)(error.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::state_io("read", &path)(error)),
        }
    }

    /// Makes this the record, with its plan beside it. The plans of earlier records stay until [`Self::prune`].
    ///
    /// # Errors
    /// `state.io`; the earlier record is then untouched.
    pub fn save(&self, plan: &Plan, state: &StateDir) -> Result<()> {
        write_atomically(&self.plan_path(state), |file| write_plan(plan, file))?;
        self.save_record(state)
    }

    /// Makes this the record again; its plan is still on disk.
    ///
    /// # Errors
    /// `state.io`.
    pub fn save_record(&self, state: &StateDir) -> Result<()> {
        write_atomically(&state.file(RECORD), |file| {
            let json = serde_json::to_vec_pretty(self)?;
            file.write_all(&json)?;
            file.write_all(b"\n")
        })
    }

    /// Loads the plan of this record.
    ///
    /// # Errors
    /// `database.corrupt` or `database.version` when the file is damaged or foreign, `state.io`.
    pub fn load_plan(&self, state: &StateDir) -> Result<Plan> {
        let path = self.plan_path(state);
        let file = File::open(&path).map_err(Error::state_io("open", &path))?;
        let plan = read_plan(file)
            .map_err(|error| error.describe(&path, Code::DatabaseCorrupt, Code::DatabaseVersion))?;
        if plan.digest() == self.digest {
            Ok(plan)
        } else {
            Err(Error::new(Code::DatabaseCorrupt, format!("{} is not the applied plan", path.display())))
        }
    }

    /// Removes the plans of other records.
    pub fn prune(&self, state: &StateDir) {
        remove_plans(state, Some(&self.plan_path(state)));
    }

    /// Forgets what was applied.
    ///
    /// # Errors
    /// `state.io`.
    pub fn forget(state: &StateDir) -> Result<()> {
        let path = state.file(RECORD);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::state_io("remove", &path)(error));
            }
            _ => remove_plans(state, None),
        }
        Ok(())
    }

    fn plan_path(&self, state: &StateDir) -> PathBuf {
        // The record may have been tampered with: only a hex digest becomes part of a path.
        let name: String = self.digest.chars().filter(char::is_ascii_hexdigit).take(16).collect();
        state.file(&format!("{PLAN_PREFIX}{name}.bin"))
    }
}

fn remove_plans(state: &StateDir, keep: Option<&PathBuf>) {
    let files = fs::read_dir(state.path()).into_iter().flatten().flatten();
    let plans = files.filter(|file| file.file_name().as_encoded_bytes().starts_with(PLAN_PREFIX.as_bytes()));
    for plan in plans.map(|file| file.path()).filter(|path| Some(path) != keep) {
        fs::remove_file(&plan)
            .unwrap_or_else(|error| log::warn!("cannot remove {}: {error}", plan.display()));
    }
}

fn write_plan(plan: &Plan, output: impl Write) -> io::Result<()> {
    let mut output = Checksummed::new(BufWriter::new(output));
    output.write_all(&PLAN_MAGIC)?;
    output.write_all(&PLAN_VERSION.to_le_bytes())?;
    write_table(&plan.v4, &mut output)?;
    write_table(&plan.v6, &mut output)?;
    output.write_checksum()?;
    output.flush()
}

fn read_plan(input: impl Read) -> Result<Plan, FormatError> {
    let mut input = Checksummed::new(BufReader::new(input));
    if input.read_array()? != PLAN_MAGIC {
        return Err(FormatError::Corrupt("it does not begin like a plan"));
    }
    let version = u32::from_le_bytes(input.read_array()?);
    if version != PLAN_VERSION {
        return Err(FormatError::Version(version));
    }
    let plan = Plan { v4: read_table(&mut input)?, v6: read_table(&mut input)? };
    input.check_checksum()?;
    input.check_end()?;
    Ok(plan)
}

fn write_table<A: Address + Cell>(
    table: &PrefixTable<A>,
    output: &mut Checksummed<impl Write>,
) -> io::Result<()> {
    let column = |value: fn(&TableEntry<A>) -> u8| table.entries().iter().map(value).collect::<Vec<u8>>();
    let bases: Vec<A> = table.entries().iter().map(|entry| entry.prefix.base()).collect();
    output.write_all(&(table.len() as u64).to_le_bytes())?;
    write_column(&bases, output)?;
    write_column(&column(|entry| entry.prefix.length()), output)?;
    write_column(&column(|entry| entry.nomatch.into()), output)
}

fn read_table<A: Address + Cell>(input: &mut Checksummed<impl Read>) -> Result<PrefixTable<A>, FormatError> {
    let length = usize::try_from(u64::from_le_bytes(input.read_array()?)).unwrap_or(usize::MAX);
    let bases: Vec<A> = read_column(input, length)?;
    let lengths: Vec<u8> = read_column(input, length)?;
    let nomatch: Vec<u8> = read_column(input, length)?;
    let entry = |((base, length), nomatch)| {
        Some(TableEntry { prefix: Prefix::around(base, length)?, nomatch: nomatch != 0 })
    };
    let entries: Option<Vec<_>> = bases.into_iter().zip(lengths).zip(nomatch).map(entry).collect();
    entries.and_then(PrefixTable::new).ok_or(FormatError::Corrupt("its entries are not in order"))
}
