//! Messages that the helper writes: progress, then one reply.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{ChangeData, Version};
use crate::country::{Continent, CountryCode};
use crate::database::{Changes, Provenance, RowCounts};
use crate::error::Error;
use crate::firewall::{Passage, SetData};
use crate::net::{AddressCounts, Transport};
use crate::plan::{Policy, Reason, Verdict};
use crate::records::drift::{Drift, Healed};
use crate::source::SourceId;
use crate::warning::Warning;

/// One line of output.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Message<Data = Box<RawValue>> {
    /// How far a long operation is.
    Progress {
        /// What is being done.
        stage: Stage,
        /// Share of this stage that is done, 0 to 100.
        percent: u8,
        /// Share of the whole operation that is done, 0 to 100; it never goes backwards.
        overall: u8,
        /// What it is being done to, for people.
        detail: String,
    },
    /// The outcome; always the last line.
    Reply(Reply<Data>),
}

impl<Data> From<Reply<Data>> for Message<Data> {
    fn from(reply: Reply<Data>) -> Self {
        Self::Reply(reply)
    }
}

/// The steps of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Stage {
    /// Getting files from the network.
    Download,
    /// Comparing files with their checksums.
    Verify,
    /// Reading and checking the rows.
    Parse,
    /// Compiling and storing the database.
    Compile,
    /// Refreshing the kernel.
    Apply,
}

/// The outcome of an operation.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Reply<Data = Box<RawValue>> {
    /// The protocol version.
    pub v: Version,
    /// True if the operation did what it was asked for.
    pub ok: bool,
    /// What the operation has to tell, if it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Data>,
    /// What went wrong, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
    /// What the administrator should know although the operation succeeded.
    pub warnings: Vec<Warning>,
}

/// A failure in words and code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Problem {
    /// The stable code.
    pub code: &'static str,
    /// What happened to what.
    pub message: String,
    /// What an administrator can do.
    pub hint: String,
    /// True if the same request may succeed later by itself.
    pub retryable: bool,
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        Self {
            code: error.code().as_str(),
            message: error.message().to_owned(),
            hint: error.hint().to_owned(),
            retryable: error.code().is_retryable(),
        }
    }
}

impl<Data> Reply<Data> {
    /// The reply of an operation that succeeded.
    pub fn success(data: Data, warnings: Vec<Warning>) -> Self {
        Self { v: Version, ok: true, data: Some(data), error: None, warnings }
    }
}

impl Reply {
    /// The reply of an operation that failed.
    pub fn failure(error: &Error) -> Self {
        Self { v: Version, ok: false, data: None, error: Some(error.into()), warnings: Vec::new() }
    }
}

/// A number for each family.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FamilyCounts {
    /// IPv4.
    pub v4: u64,
    /// IPv6.
    pub v6: u64,
}

/// Where the data now in use came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Origin {
    /// A file named in the request.
    Bundle,
    /// The publisher or a mirror.
    Online,
    /// It was there before and stays.
    Kept,
}

/// Data of `update`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UpdateData {
    /// The source.
    pub source: SourceId,
    /// Where its data came from.
    pub origin: Origin,
    /// What the publisher calls this edition; null if unknown.
    pub release: Option<String>,
    /// Prefixes of the minimal CIDR cover of each country, summed over all countries.
    pub subnets: FamilyCounts,
    /// Number of countries that hold addresses.
    pub countries: usize,
    /// What became of the rows.
    pub rows: RowCounts,
    /// When the database was compiled, RFC 3339 in UTC.
    pub compiled_at: String,
    /// The licence of the data and the attribution it asks for.
    pub licence: String,
    /// Where each file of the data comes from.
    pub parts: Vec<Provenance>,
    /// What is different from the data before; null if it is the same data or the first.
    pub changes: Option<Changes>,
    /// What became of the kernel, if a policy of this source is applied.
    pub applied: Option<Enforcement>,
}

/// Data of `apply` and `attach`: what the kernel holds now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Enforcement {
    /// The sets.
    pub sets: Vec<SetData>,
    /// True if packets that enter the machine pass through the filter, in every family it covers.
    pub attached: bool,
    /// True if the operation changed anything in the kernel.
    pub changed: bool,
}

/// Data of `heal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HealData {
    /// What was not as it should be and is now; empty if all was well.
    pub repaired: Vec<Drift>,
    /// How many repairs of this kind there were in a row, this one included.
    pub times: u32,
    /// The sets.
    pub sets: Vec<SetData>,
    /// True if packets that enter the machine pass through the filter, in every family it covers.
    pub attached: bool,
}

/// Data of `check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckData {
    /// Drift that was reported before and is left alone for a while; empty if all is well.
    pub drifts: Vec<Drift>,
}

/// Data of `preview`: what the kernel would hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PreviewData {
    /// The sets; their memory is an estimate.
    pub sets: Vec<SetData>,
    /// True if packets pass through the filter now.
    pub attached: bool,
    /// True if `apply` would change the sets.
    pub changed: bool,
    /// What would happen to the addresses of the request.
    pub addresses: Vec<AddressData>,
}

/// Data of `validate`: none, the policy is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValidateData {}

/// Data of `detach`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DetachData {
    /// True if anything of ours was in the kernel.
    pub changed: bool,
}

/// Data of `explain`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AddressesData {
    /// One answer for each address, in the order of the request.
    pub addresses: Vec<AddressData>,
}

/// What happens to an address.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AddressData {
    /// The address.
    pub address: std::net::IpAddr,
    /// The country that decides, by the deciding source; null if none holds the address.
    pub country: Option<CountryCode>,
    /// Whether new connections from it are dropped.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// The entry that decides: an exception, a special-purpose block, or the range in the source; null if none.
    pub entry: Option<String>,
    /// The country by each source on disk; null where it knows none.
    pub by_source: std::collections::BTreeMap<SourceId, Option<CountryCode>>,
    /// Whether a connection gets in, if one was asked about.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub way: Option<WayData>,
}

/// What becomes of a new connection from an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WayData {
    /// Its protocol.
    pub protocol: Transport,
    /// The port of this machine that it is for.
    pub port: u16,
    /// Whether it gets in with the policy in question, and what decides; null if that cannot be told, as a warning says.
    pub passage: Option<Passage>,
}

/// Data of `countries`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CountriesData {
    /// The source whose counts these are.
    pub source: SourceId,
    /// Its edition; null if unknown or without data.
    pub release: Option<String>,
    /// The countries in order of their codes.
    pub countries: Vec<CountryData>,
}

/// A country and what the source holds of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CountryData {
    /// The two-letter code.
    pub code: CountryCode,
    /// The English name.
    pub name: String,
    /// The continent; null outside ISO 3166-1.
    pub continent: Option<Continent>,
    /// True if the code is in ISO 3166-1.
    pub iso: bool,
    /// Prefixes of the minimal CIDR cover.
    pub subnets: FamilyCounts,
    /// Single addresses.
    pub addresses: AddressCounts,
}

/// Data of `status`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatusData {
    /// Version and commit of the helper.
    pub helper: String,
    /// True if the applied policy is in force: sets, chain and jump are in the kernel, as they should be, and drop or
    /// count somebody.
    pub active: bool,
    /// True if every member of every set was compared; false if only their numbers were.
    pub exact: bool,
    /// True if packets pass through the filter now.
    pub attached: bool,
    /// Our sets in the kernel.
    pub sets: Vec<SetData>,
    /// The applied policy; null if there is none.
    pub applied: Option<AppliedData>,
    /// The last change that was to be confirmed; null if there was none.
    pub change: Option<ChangeData>,
    /// The compiled data on disk.
    pub databases: Vec<DatabaseData>,
    /// What was repaired last; null if nothing ever was.
    pub healed: Option<Healed>,
    /// What keeps the policy from being in force.
    pub problems: Vec<Problem>,
}

/// The policy that the kernel should hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AppliedData {
    /// The source it is computed from.
    pub source: SourceId,
    /// The policy.
    pub policy: Policy,
    /// When it was applied, RFC 3339 in UTC.
    pub applied_at: String,
    /// Entries that the sets should have.
    pub entries: FamilyCounts,
}

/// A compiled database on disk.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DatabaseData {
    /// The source.
    pub source: SourceId,
    /// The edition; null if unknown.
    pub release: Option<String>,
    /// When it was compiled, RFC 3339 in UTC.
    pub compiled_at: String,
    /// Prefixes of the minimal CIDR cover of each country, summed over all countries.
    pub subnets: FamilyCounts,
    /// Number of countries that hold addresses.
    pub countries: usize,
    /// The licence of the data and the attribution it asks for.
    pub licence: String,
}
