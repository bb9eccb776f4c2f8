//! `explain`: what happens to addresses, and why.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{Context, check_countries};
use crate::applied::Applied;
use crate::database::Database;
use crate::error::Result;
use crate::plan::{self, Explanation, Judge};
use crate::protocol::{AddressData, AddressesData, ExplainRequest};
use crate::source::SourceId;

/// Answers for every address, by the policy given or the applied one, and by every source on disk.
///
/// # Errors
/// `request.unknown_country`, `state.io`. Without data or policy the answers say so.
pub fn explain(context: &mut Context<'_>, request: &ExplainRequest) -> Result<AddressesData> {
    let applied = Applied::load(&context.state)?;
    let source = request.source.or(applied.as_ref().map(|applied| applied.source)).unwrap_or(SourceId::Dbip);
    let policy = request.policy.clone().or(applied.map(|applied| applied.policy));
    let database = context.usable_database(source);
    if let (Some(policy), Some(database)) = (&policy, &database) {
        check_countries(policy, &database.metadata.census)?;
    }
    let judge = policy.as_ref().map(Judge::new);
    let deciding = database.map(|database| (source, database));
    Ok(AddressesData { addresses: answer(context, deciding, judge.as_ref(), &request.addresses) })
}

/// Answers for addresses by the deciding source; the other sources on disk are only asked for their country.
pub(super) fn answer(
    context: &mut Context<'_>,
    deciding: Option<(SourceId, Database)>,
    judge: Option<&Judge>,
    addresses: &[IpAddr],
) -> Vec<AddressData> {
    let deciding_id = deciding.as_ref().map(|(id, _)| *id);
    let others = SourceId::all().filter(|id| Some(*id) != deciding_id);
    let mut databases: BTreeMap<SourceId, Database> =
        others.filter_map(|id| Some((id, context.usable_database(id)?))).collect();
    databases.extend(deciding);

    let answer_one = |address: &IpAddr| {
        let explain = |database| plan::explain(database, judge, *address);
        let mut explanations: BTreeMap<SourceId, Explanation> =
            databases.iter().map(|(id, database)| (*id, explain(Some(database)))).collect();
        let by_source = explanations.iter().map(|(id, explanation)| (*id, explanation.country)).collect();
        let explanation =
            deciding_id.and_then(|id| explanations.remove(&id)).unwrap_or_else(|| explain(None));
        AddressData {
            address: *address,
            country: explanation.country,
            verdict: explanation.verdict,
            reason: explanation.reason,
            entry: explanation.entry,
            by_source,
        }
    };
    addresses.iter().map(answer_one).collect()
}
