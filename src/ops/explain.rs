//! `explain`: what happens to addresses, and why.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;

use super::check_countries;
use super::reach::{self, Rules};
use crate::context::Context;
use crate::database::Excerpt;
use crate::error::Result;
use crate::plan::{self, Explanation, Judge};
use crate::protocol::{AddressData, AddressesData, Asked, ExplainRequest};
use crate::source::SourceId;

/// Answers for every address, by the policy given or the applied one, and by every source on disk; for a connection, by
/// the rules in the kernel too.
///
/// # Errors
/// `request.unknown_country`. Without data or policy the answers say so.
pub fn explain(context: &mut Context<'_>, request: &ExplainRequest) -> Result<AddressesData> {
    let applied = context.usable_record();
    let source = request.source.or(applied.as_ref().map(|applied| applied.source)).unwrap_or(SourceId::Dbip);
    let asked = request.policy.clone().map(|policy| policy.at(Timestamp::now()));
    let policy = asked.or(applied.map(|applied| applied.policy_now()));
    let addresses: Vec<IpAddr> = request.addresses.iter().copied().map(Asked::address).collect();
    let excerpt = context.usable_excerpt(source, &addresses);
    if let (Some(policy), Some(excerpt)) = (&policy, &excerpt) {
        check_countries(policy, &excerpt.holders().all_countries())?;
    }
    let judge = policy.as_ref().map(Judge::new);
    let mut answers = answer(context, (source, excerpt), judge.as_ref(), &addresses);
    if reach::concerns_rules(&request.addresses) {
        reach::tell_ways(context, Rules::read(), &request.addresses, &mut answers);
    }
    Ok(AddressesData { addresses: answers })
}

/// Answers for addresses by the deciding source, which may be of no use; the other sources on disk are only asked for their country.
pub(super) fn answer(
    context: &mut Context<'_>,
    (deciding, excerpt): (SourceId, Option<Excerpt>),
    judge: Option<&Judge>,
    addresses: &[IpAddr],
) -> Vec<AddressData> {
    let others = SourceId::all().filter(|id| *id != deciding);
    let mut excerpts: BTreeMap<SourceId, Excerpt> =
        others.filter_map(|id| Some((id, context.usable_excerpt(id, addresses)?))).collect();
    excerpts.extend(excerpt.map(|excerpt| (deciding, excerpt)));

    let answer_one = |address: &IpAddr| {
        let mut explanations: BTreeMap<SourceId, Explanation> = excerpts
            .iter()
            .map(|(id, excerpt)| (*id, plan::explain(Some(excerpt), judge, *address)))
            .collect();
        let by_source = explanations.iter().map(|(id, explanation)| (*id, explanation.country)).collect();
        let explanation =
            explanations.remove(&deciding).unwrap_or_else(|| plan::explain(None, judge, *address));
        AddressData {
            address: *address,
            country: explanation.country,
            verdict: explanation.verdict,
            reason: explanation.reason,
            entry: explanation.entry,
            by_source,
            way: None,
        }
    };
    addresses.iter().map(answer_one).collect()
}
