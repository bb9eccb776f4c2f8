//! What a policy drops, as a file for firewalls other than that of this system: a Docker host's, a router's, an edge's.
//!
//! A file is complete: it replaces what an earlier one left. The same addresses give the same bytes.

mod cidr;
mod ipset;
mod nft;
mod routeros;

use std::fmt::Display;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::net::{Family, IpBits, RangeSet};
use crate::plan::{Action, PassingAddress, Plan, Policy};
use crate::source::Attribution;

/// Who takes the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Format {
    /// `ipset restore`, for a Linux host whose rules are made by `iptables`.
    Ipset,
    /// `nft -f`, for a Linux host; rules included.
    Nft,
    /// Whatever takes one CIDR block a line.
    Cidr,
    /// `MikroTik RouterOS`, which has to import it; rule included.
    #[value(name = "routeros")]
    RouterOs,
}

/// How connections come to a PBX in a container.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Network {
    /// It shares the network of its host: they come in through the host's INPUT.
    #[default]
    Host,
    /// It has a network of its own behind a bridge: the host forwards them.
    Bridge,
}

/// The addresses that a policy drops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    v4: RangeSet<u32>,
    v6: RangeSet<u128>,
}

impl Dropped {
    /// What `plan` drops, without the exceptions of `policy` that end and without the addresses that are `passing` for a
    /// while: a file cannot wait for their end, so these addresses pass until another file is made. The plan itself leaves
    /// out those that last.
    pub fn new(plan: &Plan, policy: &Policy, passing: &[PassingAddress]) -> Self {
        Self {
            v4: plan.v4().matching().difference(&excepted(policy, passing)),
            v6: plan.v6().matching().difference(&excepted(policy, passing)),
        }
    }

    /// Number of entries of a family.
    pub fn count(&self, family: Family, entries: Entries) -> u64 {
        match family {
            Family::V4 => entries.count(&self.v4),
            Family::V6 => entries.count(&self.v6),
        }
    }

    /// Calls `write` for each entry of a family, in order.
    fn each(
        &self,
        family: Family,
        entries: Entries,
        write: impl FnMut(&dyn Display) -> io::Result<()>,
    ) -> io::Result<()> {
        match family {
            Family::V4 => entries.each(&self.v4, write),
            Family::V6 => entries.each(&self.v6, write),
        }
    }
}

/// What a file is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entries {
    /// CIDR blocks.
    Blocks,
    /// Ranges: a CIDR block where it is one, else from the first to the last address.
    Ranges,
}

impl Entries {
    fn count<A: IpBits>(self, set: &RangeSet<A>) -> u64 {
        match self {
            Self::Blocks => set.ranges().iter().map(|range| u64::from(range.prefix_count())).sum(),
            Self::Ranges => set.ranges().len() as u64,
        }
    }

    fn each<A: IpBits>(
        self,
        set: &RangeSet<A>,
        mut write: impl FnMut(&dyn Display) -> io::Result<()>,
    ) -> io::Result<()> {
        set.ranges().iter().try_for_each(|range| {
            if self == Self::Ranges && range.prefix_count() > 1 {
                write(range)
            } else {
                range.prefixes().try_for_each(|block| write(&block))
            }
        })
    }
}

fn excepted<A: IpBits>(policy: &Policy, passing: &[PassingAddress]) -> RangeSet<A> {
    let timed = policy.timed().filter_map(|timed| Some(timed.excepted.subnet()?.net()));
    let nets = timed.chain(passing.iter().map(|address| address.net));
    nets.filter_map(A::prefix_of).map(Into::into).collect()
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The addresses.
    pub dropped: Dropped,
    /// Whom to name for the country data.
    pub attribution: Attribution,
    /// Whether connections are dropped or counted, where the file holds rules.
    pub action: Action,
    /// Who takes it.
    pub format: Format,
    /// How connections come to the PBX.
    pub network: Network,
    /// The families in it.
    pub families: Vec<Family>,
}

impl Export {
    /// Writes the file.
    ///
    /// # Errors
    /// Those of `output`.
    pub fn write(&self, output: &mut impl Write) -> io::Result<()> {
        match self.format {
            Format::Ipset => ipset::write(self, output),
            Format::Nft => nft::write(self, output),
            Format::Cidr => cidr::write(self, output),
            Format::RouterOs => routeros::write(self, output),
        }
    }

    /// What to run where the file is taken, in this order. `file` is its name there.
    pub fn commands(&self, file: &str) -> Vec<String> {
        match self.format {
            Format::Ipset => ipset::commands(self, file),
            Format::Nft => vec![format!("nft -f {file}")],
            Format::Cidr => Vec::new(),
            Format::RouterOs => vec![format!("/import file-name={file}")],
        }
    }

    /// The number of entries in it.
    pub fn count(&self) -> u64 {
        self.families.iter().map(|family| self.dropped.count(*family, self.entries(*family))).sum()
    }

    /// Routers and nftables take ranges where others need several blocks; `RouterOS` knows those of IPv4 alone.
    fn entries(&self, family: Family) -> Entries {
        match (self.format, family) {
            (Format::Nft, _) | (Format::RouterOs, Family::V4) => Entries::Ranges,
            _ => Entries::Blocks,
        }
    }

    /// Calls `write` for each entry of a family, in order.
    fn each_entry(
        &self,
        family: Family,
        write: impl FnMut(&dyn Display) -> io::Result<()>,
    ) -> io::Result<()> {
        self.dropped.each(family, self.entries(family), write)
    }

    /// The first lines: what this is, and whose data. All of these formats take `#` for the beginning of a comment.
    fn head(&self, output: &mut impl Write) -> io::Result<()> {
        let Attribution { text, url } = self.attribution;
        writeln!(
            output,
            "# GeoIP Filter: the addresses that its policy blocks. Made by a program; each file replaces the last."
        )?;
        writeln!(output, "# Country data: {text}, {url}")
    }
}

#[cfg(test)]
mod tests;
