//! `validate`: is a policy right? Quick enough to ask before each save.

use super::check_countries;
use crate::context::Context;
use crate::error::{Code, Result};
use crate::protocol::{ValidateData, ValidateRequest};

/// Refuses a policy that `apply` would refuse. The head of the database is all that is read; without usable data
/// only well-known countries are right.
///
/// # Errors
/// `request.unknown_country`, `state.io`.
pub fn validate(context: &mut Context<'_>, request: &ValidateRequest) -> Result<ValidateData> {
    let held: Vec<_> = match context.store().load_metadata(request.source) {
        Ok(metadata) => metadata.census.into_keys().collect(),
        Err(error) if error.code() == Code::StateIo => return Err(error),
        Err(_) => Vec::new(),
    };
    check_countries(&request.policy, &held)?;
    Ok(ValidateData {})
}
