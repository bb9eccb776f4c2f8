//! Chooses the data for an answer when the wanted source has none that is usable.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::dataset::SourceId;
use crate::error::{Code, Error, Result};
use crate::ops::update::compile_bundle;
use crate::warning::{Warning, WarningCode};

/// The data that stands in for a source without usable data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Fallback {
    /// The source that stands in first; any other on disk after it.
    pub source: SourceId,
    /// A local copy of its one file, compiled if there is no usable data of it on disk.
    #[serde(default)]
    pub bundle: Option<PathBuf>,
}

/// Data that may be there.
enum Candidate<'a> {
    OnDisk(SourceId),
    Bundle(SourceId, &'a PathBuf),
}

impl Candidate<'_> {
    fn source(&self) -> SourceId {
        match self {
            Self::OnDisk(source) | Self::Bundle(source, _) => *source,
        }
    }

    /// Has the data on disk.
    fn make(&self, context: &mut Context<'_>) -> Result<()> {
        match self {
            Self::OnDisk(_) => Ok(()),
            Self::Bundle(source, bundle) => compile_bundle(context, *source, bundle),
        }
    }
}

/// What may be used, in order of preference. Without a fallback only the wanted source is.
fn candidates(wanted: SourceId, fallback: Option<&Fallback>) -> Vec<Candidate<'_>> {
    let mut candidates = vec![Candidate::OnDisk(wanted)];
    let Some(Fallback { source, bundle }) = fallback else { return candidates };
    if *source != wanted {
        candidates.push(Candidate::OnDisk(*source));
    }
    candidates.extend(bundle.as_ref().map(|bundle| Candidate::Bundle(*source, bundle)));
    let others = SourceId::ALL.into_iter().filter(|other| ![wanted, *source].contains(other));
    candidates.extend(others.map(Candidate::OnDisk));
    candidates
}

/// Does `work` with the data of `wanted`, or of its stand-in. Data that `work` finds damaged counts as missing. Returns
/// the source that was used.
///
/// # Errors
/// Those of `work`; what is wrong with the data of `wanted` if none is usable.
pub(in crate::ops) fn with_data<T>(
    context: &mut Context<'_>,
    wanted: SourceId,
    fallback: Option<&Fallback>,
    mut work: impl FnMut(&mut Context<'_>, SourceId) -> Result<T>,
) -> Result<(SourceId, T)> {
    let mut failure: Option<Error> = None;
    for candidate in candidates(wanted, fallback) {
        let (source, warnings) = (candidate.source(), context.warnings.len());
        let made = candidate.make(context);
        context.warnings.truncate(warnings);
        let error = match made {
            Ok(()) => match work(context, source) {
                Ok(done) => return Ok((source, done)),
                Err(error) if is_about_data(&error) => error,
                Err(error) => return Err(error),
            },
            Err(error) if error.code() == Code::StateBusy => return Err(error),
            Err(error) => {
                context.warnings.push(Warning::from(&error));
                continue;
            }
        };
        // These warnings are about data that is not used in the end.
        context.warnings.truncate(warnings);
        if error.code() != Code::DatabaseMissing {
            context.warn(WarningCode::DatabaseUnusable, error.message());
        }
        failure.get_or_insert(error);
    }
    Err(failure.unwrap_or_else(|| Error::new(Code::DatabaseMissing, format!("there is no data of {wanted}"))))
}

/// True for an error that other data can make up for.
pub(in crate::ops) fn is_about_data(error: &Error) -> bool {
    matches!(error.code(), Code::DatabaseMissing | Code::DatabaseCorrupt | Code::DatabaseVersion)
}
