//! `update`: gets and compiles country data, then updates the kernel if a policy uses it.

mod compile;
mod data;
mod fetch;
mod local;
mod request;

use std::path::Path;
use std::time::Duration;

use super::Operation;
use super::parts::family_counts::FamilyCounts;
use super::parts::reapply::reapply;
use crate::context::Context;
use crate::database::{Changes, Database, Metadata, changes, merge, refuse_shrinkage};
use crate::dataset::{Provenance, RowCounts, SourceId};
use crate::download::Validators;
use crate::enforcement::KernelData;
use crate::error::{Code, Error, ExitClass, Result};
use crate::plan::{MOST_ENTRIES, Plan};
use crate::protocol::Problem;
use crate::records::Applied;
use crate::records::editions::CheckedEditions;
use crate::source::{self, Fetched, Source, SourceFile};
use crate::stage::Stage;
use crate::storage::LockKind;
use crate::warning::{Warning, WarningCode};
use compile::Compiled;
use data::{Origin, UpdateData};
pub use request::UpdateRequest;
use request::{Online, UpdateFlags};

impl Operation for UpdateRequest {
    type Flags = UpdateFlags;
    type Data = UpdateData;

    fn from_flags(flags: UpdateFlags) -> Result<Self> {
        flags.into_request()
    }

    /// Compiles the best available data. New data is stored only if it is complete and not suspiciously small.
    ///
    /// If a download fails while other data is available, the failure becomes a warning.
    ///
    /// # Errors
    /// `state.busy` while another update is running, `source.*` for data that is refused, `database.missing` without
    /// any data, `plan.too_large` for data that the kernel cannot hold, `firewall.*` if the kernel could not be
    /// updated. The last good data always stays.
    fn run(&self, context: &mut Context<'_>) -> Result<UpdateData> {
        let lock = context.state.lock(LockKind::Data, Duration::ZERO)?;
        context.state.remove_stale_files(&lock);
        let taken = self.take(context)?;
        context.warn_of_missing_families(&taken.database.metadata);
        context.progress.begin_phase(100);
        let database = &taken.database;
        let uses_it = |applied: &Applied| applied.source == database.metadata.source;
        let applied = reapply(context, uses_it, |opening, _, judge| opening.plan(database, judge))?;
        let stage = if applied.is_some() { Stage::Apply } else { Stage::Compile };
        context.progress.report(stage, 100, source::of(self.source).title());
        Ok(describe(taken, applied))
    }
}

/// Compiles a local copy of a source's one file where there is no usable data of it. The kernel is left as it is.
///
/// # Errors
/// `state.busy` while an update runs, `source.*` for a copy that is refused.
pub(super) fn compile_bundle(context: &mut Context<'_>, source: SourceId, bundle: &Path) -> Result<()> {
    let lock = context.state.lock(LockKind::Data, Duration::ZERO)?;
    context.state.remove_stale_files(&lock);
    UpdateRequest::of_bundle(source, bundle).take(context).map(drop)
}

/// The best data at hand, which is on disk.
struct Taken {
    database: Database,
    origin: Origin,
    /// The differences from the data before.
    changes: Option<Changes>,
    /// Why the publisher gave nothing.
    failure: Option<Error>,
}

impl UpdateRequest {
    fn take(&self, context: &mut Context<'_>) -> Result<Taken> {
        let request = self;
        let kept = context.usable_database(request.source);
        let mut intake = Intake::new(context, request, kept.as_ref());

        context.progress.begin_phase(if request.online == Online::Never { PARTS_END } else { FILES_END });
        let local = intake.take_files(context);
        let is_missing = kept.is_none() && intake.origin == Origin::Kept;
        let goes_online = match request.online {
            Online::Never => false,
            Online::IfMissing => is_missing,
            Online::IfNewer => true,
        };
        match local {
            // The bundle is a fallback for the network here, so its failure is not final.
            Err(failure)
                if goes_online
                    && request.bundle.is_some()
                    && failure.code().exit_class() == ExitClass::Failed =>
            {
                intake.take_online(context).map_err(|_| failure.clone())?;
                context.warnings.push(Warning::from(&failure));
            }
            Err(failure) => return Err(failure),
            Ok(()) if goes_online => intake.take_online(context)?,
            Ok(()) => {}
        }
        let origin = intake.origin;
        let failure = intake.failure.take().filter(|_| origin != Origin::Online);
        let is_newest = goes_online && intake.is_answered;
        let (database, changes) = match (intake.assemble(context)?, kept) {
            (Some(database), kept) => {
                refuse_too_large(context, &database)?;
                let changes = kept.as_ref().map(|kept| changes(kept, &database));
                context.store().save(&database)?;
                (database, changes)
            }
            (None, Some(kept)) => (kept, None),
            (None, None) => {
                let message = format!("there is no data of {} and no file to compile", request.source);
                return Err(Error::new(Code::DatabaseMissing, message)
                    .with_hint("Name a bundle or files, or allow the update to use the network."));
            }
        };
        if is_newest {
            // Without this note, the next update asks the publisher again.
            CheckedEditions::note(&context.state, request.source, context.now())
                .unwrap_or_else(|error| log::warn!("{error}"));
        }
        Ok(Taken { database, origin, changes, failure })
    }
}

/// Overall percentages at which the phases of an update end: local files, downloads, and the downloaded parts one after
/// the other. The kernel is the last phase.
const FILES_END: u8 = 10;
const DOWNLOAD_END: u8 = 60;
const PARTS_END: u8 = 95;

fn part_end(index: usize, parts: usize) -> u8 {
    let share = usize::from(PARTS_END - DOWNLOAD_END) * (index + 1) / parts.max(1);
    DOWNLOAD_END + u8::try_from(share).unwrap_or(0)
}

/// The parts of a source, on disk and new.
struct Intake<'a> {
    request: &'a UpdateRequest,
    source: &'static dyn Source,
    /// True if there is a usable database already.
    has_data: bool,
    parts: Vec<Part>,
    origin: Origin,
    /// The first failure of the publisher that was survived.
    failure: Option<Error>,
    /// True if the publisher has said of each part that it is the newest, or given it.
    is_answered: bool,
}

struct Part {
    name: &'static str,
    /// The metadata of the part on disk.
    last: Option<Metadata>,
    /// The new data.
    new: Option<Database>,
}

impl Part {
    /// The origin of the best data for this part.
    fn provenance(&self) -> Option<&Provenance> {
        let metadata = self.new.as_ref().map(|new| &new.metadata).or(self.last.as_ref());
        metadata.and_then(|metadata| metadata.parts.first())
    }

    /// Takes new data, unless it is suspiciously small.
    fn take(&mut self, context: &mut Context<'_>, compiled: Compiled, force: bool) -> Result<()> {
        if let Some(last) = self.last.as_ref().filter(|_| !force) {
            refuse_shrinkage(last, &compiled.database.metadata)?;
        }
        context.warnings.extend(compiled.warnings);
        self.new = Some(compiled.database);
        Ok(())
    }
}

impl<'a> Intake<'a> {
    fn new(context: &Context<'_>, request: &'a UpdateRequest, kept: Option<&Database>) -> Self {
        let (store, source) = (context.store(), source::of(request.source));
        let last = |name| match source.parts() {
            [_] => kept.map(|kept| kept.metadata.clone()),
            // A damaged part counts as missing, so that it is downloaded again.
            _ => store.load_part(request.source, name).map(|database| database.metadata).ok(),
        };
        let parts = source.parts().iter().map(|name| Part { name, last: last(name), new: None });
        Self {
            request,
            source,
            has_data: kept.is_some(),
            parts: parts.collect(),
            origin: Origin::Kept,
            failure: None,
            is_answered: false,
        }
    }

    /// Takes the files in the request.
    fn take_files(&mut self, context: &mut Context<'_>) -> Result<()> {
        for (part, file) in local::files(self.source, self.request)? {
            self.take_local(context, part, &file)?;
        }
        Ok(())
    }

    /// Takes a local file. A bundle is ignored if the part on disk has a later release.
    fn take_local(&mut self, context: &mut Context<'_>, name: &str, file: &SourceFile) -> Result<()> {
        let UpdateRequest { force, ref bundle, .. } = *self.request;
        let Some(part) = self.parts.iter_mut().find(|part| part.name == name) else { return Ok(()) };
        let last = part.provenance();
        if let Some(last) = last
            && last.sha256 == file.sha256()?
        {
            return Ok(());
        }
        let compiled = compile::part(context, self.source, part.name, file, Validators::default())?;
        let last_release = last.and_then(|last| last.release.as_deref());
        if bundle.is_some() && !force && compiled.database.metadata.release() < last_release {
            return Ok(());
        }
        part.take(context, compiled, force)?;
        self.origin = Origin::Bundle;
        Ok(())
    }

    /// Downloads the parts that the publisher or the mirror has in a newer version.
    fn take_online(&mut self, context: &mut Context<'_>) -> Result<()> {
        let wanted: Vec<_> = self.parts.iter().map(|part| (part.name, part.provenance())).collect();
        context.progress.begin_phase(DOWNLOAD_END);
        let fetched = fetch::all(context, self.source, self.request, &wanted)?;
        let parts = fetched.len();
        for (index, (part, fetched)) in self.parts.iter_mut().zip(fetched).enumerate() {
            context.progress.begin_phase(part_end(index, parts));
            let taken = fetched.and_then(|fetched| match fetched {
                Fetched::Unchanged => Ok(false),
                Fetched::New { downloaded, file_name } => {
                    let file = SourceFile::downloaded(&downloaded, file_name)?;
                    let compiled =
                        compile::part(context, self.source, part.name, &file, downloaded.validators)?;
                    part.take(context, compiled, self.request.force).map(|()| true)
                }
            });
            match taken {
                Ok(true) => self.origin = Origin::Online,
                Ok(false) => {}
                Err(error) if self.has_data || part.provenance().is_some() => {
                    context.warnings.push(Warning::from(&error));
                    self.failure.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        self.is_answered = self.failure.is_none();
        Ok(())
    }

    /// Stores the new parts and merges all parts. `None` if the database on disk is made of the same parts already.
    fn assemble(mut self, context: &mut Context<'_>) -> Result<Option<Database>> {
        if let [only] = &mut self.parts[..] {
            return Ok(only.new.take());
        }
        let store = context.store();
        store.save_parts(self.parts.iter().filter_map(|part| Some((part.name, part.new.as_ref()?))))?;
        let missing = self.parts.iter().filter(|part| part.provenance().is_none()).map(|part| part.name);
        let missing: Vec<&str> = missing.collect();
        if !missing.is_empty() {
            if self.origin != Origin::Bundle {
                return Ok(None);
            }
            let message = format!("there is no data of {}", missing.join(", "));
            context.warn(WarningCode::Incomplete, message);
        }
        let sums = |parts: &[Provenance]| parts.iter().map(|part| part.sha256.clone()).collect::<Vec<_>>();
        let made_of: Vec<Provenance> =
            self.parts.iter().filter_map(|part| part.provenance().cloned()).collect();
        let on_disk = store.load_metadata(self.request.source).ok();
        if made_of.is_empty() || on_disk.is_some_and(|on_disk| sums(&on_disk.parts) == sums(&made_of)) {
            return Ok(None);
        }
        let parts = self.parts.into_iter().filter(|part| part.provenance().is_some());
        let parts: Vec<Database> = parts
            .map(|part| part.new.map_or_else(|| store.load_part(self.request.source, part.name), Ok))
            .collect::<Result<_>>()?;
        let whole = merge(self.request.source, parts)?;
        context.warnings.extend(compile::contested(&whole));
        Ok(Some(whole))
    }
}

/// Refuses data with which the applied policy would be too large for the kernel. The plan is computed only for data
/// that is larger than any real data.
fn refuse_too_large(context: &Context<'_>, database: &Database) -> Result<()> {
    let (v4, v6) = database.metadata.subnets();
    if v4.saturating_add(v6) <= MOST_ENTRIES {
        return Ok(());
    }
    match context.wanted()?.filter(|applied| applied.source == database.metadata.source) {
        Some(applied) => Plan::new(database, &context.judge(&applied.policy)?).map(drop),
        None => Ok(()),
    }
}

fn describe(taken: Taken, applied: Option<KernelData>) -> UpdateData {
    let Taken { database: Database { metadata, .. }, origin, changes, failure } = taken;
    let rows = metadata.parts.iter().fold(RowCounts::default(), |sum, part| sum.plus(part.rows));
    UpdateData {
        source: metadata.source,
        origin,
        release: metadata.release().map(str::to_owned),
        subnets: FamilyCounts::subnets(&metadata),
        countries: metadata.statistics.len(),
        rows,
        licence: source::of(metadata.source).licence().to_owned(),
        parts: metadata.parts,
        compiled_at: metadata.compiled_at,
        changes,
        applied,
        failure: failure.as_ref().map(Problem::from),
    }
}
