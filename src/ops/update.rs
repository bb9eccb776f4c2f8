//! `update`: get and compile data, then refresh the kernel if a policy of this source is applied.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::enforce::Enforcer;
use super::{Context, subnet_counts};
use crate::applied::Applied;
use crate::codec::hex;
use crate::database::{Database, Metadata, Provenance, RowCounts, refuse_shrinkage};
use crate::error::{Code, Error, Result};
use crate::plan::Plan;
use crate::protocol::{Enforcement, Origin, Stage, UpdateData, UpdateRequest, WarningCode};
use crate::source::{RowReport, RowSink, SourceId};
use crate::state::Guarded;

/// Compiles the best data at hand. New data is stored only when it is whole and not suspiciously small.
///
/// # Errors
/// `state.busy` while another update runs, `source.*` for data that is refused, `database.missing` when there
/// is nothing at all, `firewall.*` when the kernel could not be refreshed. The last good data always stays.
pub fn update(context: &mut Context<'_>, request: &UpdateRequest) -> Result<UpdateData> {
    let lock = context.state.lock(Guarded::Data, Duration::ZERO)?;
    context.state.sweep(&lock);
    let kept = context.usable_database(request.source);
    let packed = request.bundle.as_deref().map(PackedFile::open).transpose()?;

    let (database, origin) = match (kept, packed) {
        (Some(kept), Some(packed)) if packed.is_in(&kept.metadata) => (kept, Origin::Kept),
        (kept, Some(packed)) => {
            let last_good = kept.map(|kept| kept.metadata);
            let database = compile(context, request, packed, last_good.as_ref())?;
            context.store().save(&database)?;
            (database, Origin::Bundle)
        }
        (Some(kept), None) => (kept, Origin::Kept),
        (None, None) => {
            let message = format!("there is no data of {} and no bundle to take it from", request.source);
            return Err(Error::new(Code::DatabaseMissing, message)
                .with_hint("Name a bundle, or allow the helper to go online."));
        }
    };
    let applied = refresh_kernel(context, request.source, &database)?;
    Ok(describe(database.metadata, origin, applied))
}

/// A source file with its checksum, not yet read.
struct PackedFile<'a> {
    path: &'a Path,
    file: File,
    bytes: u64,
    sha256: String,
}

impl<'a> PackedFile<'a> {
    fn open(path: &'a Path) -> Result<Self> {
        /// No source's file is larger.
        const LIMIT: u64 = 64 << 20;
        let unreadable = |error: io::Error| {
            Error::new(Code::SourceUnreadable, format!("cannot read {}: {error}", path.display()))
        };
        let mut file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(unreadable(io::Error::other("it is not a regular file")));
        }
        if metadata.len() > LIMIT {
            let message = format!("{} is larger than {} MiB", path.display(), LIMIT >> 20);
            return Err(Error::new(Code::SourceTooLarge, message));
        }
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer).map_err(unreadable)? {
                0 => break,
                length => hasher.update(&buffer[..length]),
            }
        }
        io::Seek::rewind(&mut file).map_err(unreadable)?;
        Ok(Self { path, file, bytes: metadata.len(), sha256: hex(&hasher.finalize()) })
    }

    /// True if the data was compiled from this very file.
    fn is_in(&self, metadata: &Metadata) -> bool {
        metadata.parts.iter().any(|part| part.sha256 == self.sha256)
    }

    fn name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }
}

/// Counts what is read, for progress in percent.
struct Metered<'a, 'b> {
    file: &'a File,
    read: u64,
    total: u64,
    report: &'b mut dyn FnMut(u8),
}

impl Read for Metered<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.read += length as u64;
        (self.report)(u8::try_from((self.read * 100).checked_div(self.total).unwrap_or(100)).unwrap_or(100));
        Ok(length)
    }
}

fn compile(
    context: &mut Context<'_>,
    request: &UpdateRequest,
    packed: PackedFile<'_>,
    last_good: Option<&Metadata>,
) -> Result<Database> {
    let source = request.source.source();
    let mut rows = RowSink::default();
    let mut report = |percent| (context.progress)(Stage::Parse, percent, packed.name());
    let mut content = Metered { file: &packed.file, read: 0, total: packed.bytes, report: &mut report };
    let in_file = |error: Error| error.within(&packed.path.display().to_string());
    source.read(packed.name(), &mut content, &mut rows).map_err(in_file)?;
    let (builder, RowReport { counts, unknown_codes, release, first_malformed }) =
        rows.finish().map_err(in_file)?;

    (context.progress)(Stage::Compile, 0, source.title());
    let now = jiff::Timestamp::now().to_string();
    let provenance = Provenance {
        part: packed.name().to_owned(),
        location: packed.path.display().to_string(),
        release,
        read_at: now.clone(),
        sha256: packed.sha256,
        rows: counts,
        unknown_codes: unknown_codes.iter().copied().collect(),
    };
    let database = builder.finish(Metadata::new(request.source, now, vec![provenance]))?;
    if let Some(last_good) = last_good.filter(|_| !request.force) {
        refuse_shrinkage(last_good, &database.metadata)?;
    }
    (context.progress)(Stage::Compile, 100, source.title());

    if let Some(first) = first_malformed {
        let message = format!("{} rows were left out as malformed ({first})", counts.malformed);
        context.warn(WarningCode::MalformedRows, message);
    }
    if !unknown_codes.is_empty() {
        let codes: Vec<String> = unknown_codes.iter().map(ToString::to_string).collect();
        context.warn(WarningCode::UnknownCodes, format!("unknown country codes: {}", codes.join(", ")));
    }
    let contested = database.metadata.contested_segments;
    if contested > 0 {
        let message = format!("{contested} address ranges are claimed by several countries");
        context.warn(WarningCode::Contested, message);
    }
    Ok(database)
}

/// Applies the applied policy again if it rests on this source and the data now gives another plan.
fn refresh_kernel(
    context: &mut Context<'_>,
    source: SourceId,
    database: &Database,
) -> Result<Option<Enforcement>> {
    let Some(applied) = Applied::load(&context.state)?.filter(|applied| applied.source == source) else {
        return Ok(None);
    };
    (context.progress)(Stage::Apply, 0, "kernel");
    let plan = Plan::new(database, &applied.policy);
    let renewed = Applied::new(source, &applied.policy, &plan);
    let enforcer = Enforcer::new(context)?;
    let enforcement = enforcer.apply(context, &renewed, &plan)?;
    (context.progress)(Stage::Apply, 100, "kernel");
    Ok(Some(enforcement))
}

fn describe(metadata: Metadata, origin: Origin, applied: Option<Enforcement>) -> UpdateData {
    let rows = metadata.parts.iter().fold(RowCounts::default(), |sum, part| sum.plus(part.rows));
    UpdateData {
        source: metadata.source,
        origin,
        release: metadata.release().map(str::to_owned),
        subnets: subnet_counts(&metadata),
        countries: metadata.census.len(),
        rows,
        licence: metadata.source.source().licence().to_owned(),
        compiled_at: metadata.compiled_at,
        applied,
    }
}
