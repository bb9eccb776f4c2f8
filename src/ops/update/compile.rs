//! Parses a file and compiles its rows.

use std::io::Read;
use std::thread;

use crate::context::Context;
use crate::database::{Database, Metadata};
use crate::dataset::Provenance;
use crate::download::Validators;
use crate::error::{Error, Result};
use crate::source::{RowReport, RowSink, Source, SourceFile};
use crate::stage::Stage;
use crate::warning::{Warning, WarningCode};

/// A compiled part, with warnings about its rows.
pub(super) struct Compiled {
    pub(super) database: Database,
    pub(super) warnings: Vec<Warning>,
}

/// Parses a file and compiles its rows.
pub(super) fn part(
    context: &mut Context<'_>,
    source: &dyn Source,
    part: &str,
    file: &SourceFile,
    validators: Validators,
) -> Result<Compiled> {
    let mut rows = RowSink::default();
    let mut report = |percent| context.progress.report(Stage::Parse, percent, &file.name);
    let in_file = |error: Error| error.within(&file.location);
    let sha256 = thread::scope(|scope| {
        let sha256 = scope.spawn(|| file.sha256());
        let read = |name: &str, content: &mut dyn Read| source.read(part, name, content, &mut rows);
        file.read(&mut report, read).map_err(in_file)?;
        sha256.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    let (builder, report) = rows.finish().map_err(in_file)?;

    context.progress.report(Stage::Compile, 0, &file.name);
    let mut warnings = row_warnings(&report);
    let now = jiff::Timestamp::now().to_string();
    let provenance = Provenance {
        part: part.to_owned(),
        location: file.location.clone(),
        release: report.release,
        read_at: now.clone(),
        sha256: sha256.to_owned(),
        rows: report.counts,
        etag: validators.etag,
        last_modified: validators.last_modified,
        unknown_codes: report.unknown_codes.into_iter().collect(),
    };
    let database = builder.finish(Metadata::new(source.id(), now, vec![provenance]))?;
    if source.parts().len() == 1 {
        warnings.extend(contested(&database));
    }
    Ok(Compiled { database, warnings })
}

fn row_warnings(report: &RowReport) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if let Some(first) = &report.first_malformed {
        let message = format!("{} rows were left out as malformed ({first})", report.counts.malformed);
        warnings.push(Warning::new(WarningCode::MalformedRows, message));
    }
    if let Some(release) = &report.future_release {
        let message =
            format!("its name is of {release}, which lies in the future; its date counts as unknown");
        warnings.push(Warning::new(WarningCode::FutureRelease, message));
    }
    if !report.unknown_codes.is_empty() {
        let codes: Vec<String> = report.unknown_codes.iter().map(ToString::to_string).collect();
        let message = format!("unknown country codes: {}", codes.join(", "));
        warnings.push(Warning::new(WarningCode::UnknownCodes, message));
    }
    warnings
}

/// The warning about addresses that several countries claim.
pub(super) fn contested(database: &Database) -> Option<Warning> {
    let contested = database.metadata.contested_segments;
    (contested > 0).then(|| {
        let message = format!("{contested} address ranges are claimed by several countries");
        Warning::new(WarningCode::Contested, message)
    })
}
