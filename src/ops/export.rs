//! `export`: writes what a policy drops as a file for other firewalls.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::parts::family_counts::FamilyCounts;
use super::parts::policy::{PolicyFlags, check_countries, warn_of_shortfalls, warn_of_unknown_networks};
use super::parts::stand_in::{Fallback, with_data};
use super::{Operation, Text};
use crate::context::Context;
use crate::database::CountryRanges;
use crate::dataset::SourceId;
use crate::enforcement::{passing, plan_at_hand};
use crate::error::{Code, Error, Result};
use crate::export::{Dropped, Entries, Export, Format, Network};
use crate::net::Family;
use crate::plan::{self, Plan, Policy};
use crate::protocol::Version;
use crate::source;
use crate::storage::columns::hex;
use crate::warning::{Warning, WarningCode};

/// What stands for the name of the file in commands.
const FILE: &str = "FILE";
/// Entries of an address list that a router of the common sizes still takes.
const MANY_FOR_ROUTER: u64 = 10_000;
/// Entries from which on small routers leave some out, and do not say so.
const TOO_MANY_FOR_ROUTER: u64 = 30_000;

/// Write what a policy drops as a file for other firewalls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExportRequest {
    /// The protocol version.
    pub v: Version,
    /// Who takes the file.
    pub format: Format,
    /// How connections come to the PBX, where the file or its commands hold rules.
    #[serde(default)]
    pub network: Network,
    /// The only family in the file. Without it both are, but for `routeros`, whose files hold one: then IPv4.
    #[serde(default)]
    pub family: Option<Family>,
    /// The policy with its source. Without it, what is applied.
    #[serde(default)]
    pub wanted: Option<WantedPolicy>,
    /// The file to write, by its whole path. What it held before is replaced when the new content is complete.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// Only a person at the command line has the file on stdout, where programs expect the reply.
    #[serde(skip)]
    to_stdout: bool,
}

/// A policy that need not be applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WantedPolicy {
    /// The source of the country data.
    pub source: SourceId,
    /// The policy.
    pub policy: Policy,
    /// What stands in if `source` has no usable data. Without it, that is an error.
    #[serde(default)]
    pub fallback: Option<Fallback>,
}

/// Data of `export`: what was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExportData {
    /// The file; null if it went to stdout.
    pub file: Option<PathBuf>,
    /// The source of the country data.
    pub source: SourceId,
    /// The CIDR blocks in it.
    pub subnets: FamilyCounts,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in hex: the same as long as the same is dropped.
    pub sha256: String,
    /// What to run where the file is taken, in this order; `FILE` stands for its name. Empty if that depends.
    pub commands: Vec<String>,
}

#[derive(Debug, Args)]
pub struct ExportFlags {
    /// Who takes the file.
    #[arg(long)]
    format: Option<Format>,
    /// How connections come to the PBX.
    #[arg(long)]
    network: Option<Network>,
    /// The only family in the file.
    #[arg(long)]
    family: Option<Family>,
    /// The file to write instead of stdout.
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    #[command(flatten)]
    policy: PolicyFlags,
}

impl Operation for ExportRequest {
    type Flags = ExportFlags;
    type Data = ExportData;

    fn from_flags(ExportFlags { format, network, family, file, policy }: ExportFlags) -> Result<Self> {
        let format = format.ok_or_else(|| {
            Error::new(Code::RequestInvalid, "--format is missing").with_hint("See --help.")
        })?;
        let source = policy.source_or_default();
        let wanted = policy.whole_policy()?.map(|policy| WantedPolicy { source, policy, fallback: None });
        let (network, to_stdout) = (network.unwrap_or_default(), file.is_none());
        let whole = |file: PathBuf| std::path::absolute(&file).map_err(cannot_write(&file));
        let file = file.map(whole).transpose()?;
        Ok(Self { v: Version, format, network, family, wanted, file, to_stdout })
    }

    /// Writes the file. Exceptions that end are left out of it like those that last: they pass until the file that is
    /// made after their end. So are the addresses that hosts had when name servers were last asked, and those of phones
    /// that keep their way.
    ///
    /// # Errors
    /// `policy.none` if nothing is applied and no policy is given, `database.*`, `request.*`, `plan.too_large`;
    /// `state.io` if the file cannot be written, which then is what it was.
    fn run(&self, context: &mut Context<'_>) -> Result<ExportData> {
        let (source, action, dropped) = self.dropped(context)?;
        let families = match (self.family, self.format) {
            (Some(family), _) => vec![family],
            (None, Format::RouterOs) => vec![Family::V4],
            (None, _) => Family::ALL.to_vec(),
        };
        let attribution = source::of(source).attribution();
        let Self { format, network, .. } = *self;
        let export = Export { dropped, attribution, action, format, network, families };
        context.warnings.extend(warning_for_router(&export));
        let (bytes, sha256) = self.write(&export)?;
        let blocks =
            |family| export.families.contains(&family).then(|| export.dropped.count(family, Entries::Blocks));
        Ok(ExportData {
            file: self.file.clone(),
            source,
            subnets: FamilyCounts {
                v4: blocks(Family::V4).unwrap_or_default(),
                v6: blocks(Family::V6).unwrap_or_default(),
            },
            bytes,
            sha256,
            commands: export.commands(FILE),
        })
    }

    fn prints_file(&self) -> bool {
        self.to_stdout
    }
}

impl ExportRequest {
    /// What is dropped, by whose data, or only counted.
    fn dropped(&self, context: &mut Context<'_>) -> Result<(SourceId, plan::Action, Dropped)> {
        let Some(WantedPolicy { source, policy, fallback }) = &self.wanted else {
            let applied = plan_at_hand::wanted(context)?;
            let (applied, plan) = plan_at_hand::usable(context, &applied)?;
            let policy = applied.policy_now(context.now());
            return Ok((applied.source, policy.action, dropped_by(context, &plan, &policy)));
        };
        let policy = policy.clone().at(context.now());
        let by_data_of = |context: &mut Context<'_>, source| {
            let database = context.store().open(source)?;
            check_countries(&policy, &database.country_sets().all_countries())?;
            context.warn_of_missing_families(database.metadata());
            let judge = context.judge(&policy)?;
            let plan = Plan::new(&database, &judge)?;
            warn_of_unknown_networks(context, &judge);
            Ok(dropped_by(context, &plan, &policy))
        };
        let (source, dropped) = with_data(context, *source, fallback.as_ref(), by_data_of)?;
        Ok((source, policy.action, dropped))
    }

    /// Writes the file to its place. Returns its size and its SHA-256.
    fn write(&self, export: &Export) -> Result<(u64, String)> {
        match &self.file {
            Some(file) if is_something_else(file) => {
                Err(refused(format!("file: {} is no regular file", file.display())))
            }
            Some(file) if file.is_absolute() => write_to(file, export).map_err(cannot_write(file)),
            Some(file) => Err(refused(format!("file: {} is no whole path", file.display()))),
            None if self.to_stdout => write_sealed(export, io::stdout().lock())
                .map_err(|error| Error::new(Code::StateIo, format!("cannot write to stdout: {error}"))),
            None => Err(refused("file: the file to write is missing".to_owned())),
        }
    }
}

fn refused(message: String) -> Error {
    Error::new(Code::RequestInvalid, message).with_field("file".to_owned())
}

fn cannot_write(file: &Path) -> impl FnOnce(io::Error) -> Error {
    let error = Error::state_io("write to", file);
    |cause| error(cause).with_hint("Check that its directory exists, and that there is space left.")
}

/// True for a device, a pipe or a link, which a file must not take the place of.
fn is_something_else(file: &Path) -> bool {
    fs::symlink_metadata(file).is_ok_and(|found| !found.is_file())
}

/// Writes a file beside `path`, which it replaces when it is complete.
fn write_to(path: &Path, export: &Export) -> io::Result<(u64, String)> {
    let mut next = path.as_os_str().to_owned();
    next.push(format!(".unfinished-{}", std::process::id()));
    let file = File::create_new(&next)?;
    let written = write_sealed(export, &file).and_then(|sealed| {
        file.sync_all()?;
        fs::rename(&next, path)?;
        Ok(sealed)
    });
    written.inspect_err(|_| {
        fs::remove_file(&next).unwrap_or_else(|error| log::warn!("cannot remove what was written: {error}"));
    })
}

fn write_sealed(export: &Export, output: impl Write) -> io::Result<(u64, String)> {
    let mut sealed = Sealed { output: BufWriter::new(output), digest: Sha256::new(), bytes: 0 };
    export.write(&mut sealed)?;
    sealed.flush()?;
    Ok((sealed.bytes, hex(&sealed.digest.finalize())))
}

/// Counts and digests what passes through.
struct Sealed<W> {
    output: W,
    digest: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Sealed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.output.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// What a policy drops but for who passes for a while. Adds the warnings about what it does not achieve in a file.
fn dropped_by(context: &mut Context<'_>, plan: &Plan, policy: &Policy) -> Dropped {
    warn_of_shortfalls(context, policy, plan);
    context.warnings.extend(warning_of_admin(policy));
    Dropped::new(plan, policy, &passing::addresses(context, policy))
}

/// Only addresses are exported, not ports.
fn warning_of_admin(policy: &Policy) -> Option<Warning> {
    let ports = policy.admin.as_ref()?.ports;
    let message = format!(
        "the file does not restrict who may administer: ports {ports} are open to all that it lets in"
    );
    let hint = "Restrict these ports on that firewall by a rule of its own.";
    Some(Warning::new(WarningCode::AdminLeftOut, message).with_hint(hint))
}

/// Routers take fewer entries than a kernel on a PC.
fn warning_for_router(export: &Export) -> Option<Warning> {
    let entries = export.count();
    if export.format != Format::RouterOs || entries <= MANY_FOR_ROUTER {
        return None;
    }
    let what = if entries > TOO_MANY_FOR_ROUTER {
        "small routers leave some of so many out, and do not say so"
    } else {
        "small routers are slow with so many"
    };
    let message = format!("the file has {entries} entries: {what}");
    let hint = "Allow only a few countries, or block fewer, or filter on a Linux host.";
    Some(Warning::new(WarningCode::ManyForRouter, message).with_hint(hint))
}

impl Text for ExportData {
    /// Nothing after a file that went to stdout.
    fn text(&self) -> String {
        let Some(file) = &self.file else { return String::new() };
        let head = format!("{}: {}, {} bytes\n", file.display(), self.subnets, self.bytes);
        let name = file.display().to_string();
        self.commands.iter().fold(head, |text, command| text + "run: " + &command.replace(FILE, &name) + "\n")
    }
}
