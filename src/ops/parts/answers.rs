//! Verdicts on addresses, as replies contain them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::IpAddr;

use serde::Serialize;

use super::asked::Asked;
use super::way::{WayData, way_line};
use crate::asn::NamedNetwork;
use crate::blocklist::ListId;
use crate::context::Context;
use crate::country::CountryCode;
use crate::database::Excerpt;
use crate::dataset::SourceId;
use crate::net::DroppedConnections;
use crate::plan::{self, Explanation, Judge, Reason, Verdict};
use crate::storage::whole_second;

/// The verdict on an address.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AddressData {
    /// The address as it is written and compared: one that is mapped into IPv6 as IPv4.
    pub address: IpAddr,
    /// The country by the deciding source; null if no country holds the address.
    pub country: Option<CountryCode>,
    /// The block list that decides; left out if none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<ListId>,
    /// The network that holds it, whatever the verdict; null if nobody does, or without data that tells it.
    pub network: Option<NamedNetwork>,
    /// What happens to new connections from it.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// The deciding entry: an exception, a host, a phone, a special-purpose block, or the range in the list, the
    /// network or the source; null if there is none.
    pub entry: Option<String>,
    /// When the deciding exception ends, RFC 3339 in UTC and whole seconds; null if it lasts or none decides.
    pub expires_at: Option<String>,
    /// The country by each source on disk; null where the source names none.
    pub by_source: BTreeMap<SourceId, Option<CountryCode>>,
    /// What happens to connections to the ports of administration by the restriction on them; null without one.
    pub admin: Option<AdminVerdict>,
    /// True if the policy keeps it out: it is dropped, or one of the connections is that were asked about, and no rule in
    /// front of the filter is known to let all of these in.
    pub is_cut_off: bool,
    /// Whether connections are accepted, if the request asked about them.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub way: Option<WayData>,
    /// Which of its connections the policy drops.
    #[serde(skip)]
    pub dropped: DroppedConnections,
}

/// The verdict on connections to the ports of administration, by the restriction on them alone; for a phone that keeps its
/// way, also by its country.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AdminVerdict {
    /// What happens to them.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
}

/// The verdicts on what was asked by the deciding source, which may be unusable. The other sources on disk only give their
/// country.
pub(in crate::ops) fn answer(
    context: &mut Context<'_>,
    (deciding, excerpt): (SourceId, Option<Excerpt>),
    judge: Option<&Judge>,
    asked: &[Asked],
) -> Vec<AddressData> {
    let addresses: Vec<IpAddr> = asked.iter().copied().map(Asked::address).collect();
    let others = SourceId::ALL.into_iter().filter(|id| *id != deciding);
    let mut excerpts: BTreeMap<SourceId, Excerpt> =
        others.filter_map(|id| Some((id, context.usable_excerpt(id, &addresses)?))).collect();
    excerpts.extend(excerpt.map(|excerpt| (deciding, excerpt)));

    let networks = context.networks_of(&addresses);
    let ports = judge.and_then(Judge::admin_ports);
    let answer_one = |asked: &Asked| {
        let address = &asked.address();
        let mut explanations: BTreeMap<SourceId, Explanation> = excerpts
            .iter()
            .map(|(id, excerpt)| (*id, plan::explain(Some(excerpt), judge, *address)))
            .collect();
        let by_source = explanations.iter().map(|(id, explanation)| (*id, explanation.country)).collect();
        let explanation =
            explanations.remove(&deciding).unwrap_or_else(|| plan::explain(None, judge, *address));
        let dropped = match (explanation.verdict, explanation.of_admin, ports) {
            (Verdict::Drop, ..) => DroppedConnections::All,
            (_, Some((Verdict::Drop, _)), Some(ports)) => DroppedConnections::To(ports),
            _ => DroppedConnections::None,
        };
        AddressData {
            address: *address,
            country: explanation.country,
            list: explanation.list,
            network: networks.get(&address.to_canonical()).cloned(),
            verdict: explanation.verdict,
            reason: explanation.reason,
            entry: explanation.entry,
            expires_at: explanation.expires_at.map(|end| whole_second(end).to_string()),
            by_source,
            admin: explanation.of_admin.map(|(verdict, reason)| AdminVerdict { verdict, reason }),
            is_cut_off: asked
                .connections()
                .map_or(dropped == DroppedConnections::All, |all| dropped.concerns_any(&all)),
            way: None,
            dropped,
        }
    };
    asked.iter().map(answer_one).collect()
}

/// The verdicts as text, a few lines for each address.
pub(in crate::ops) fn address_lines(addresses: &[AddressData]) -> String {
    addresses.iter().fold(String::new(), |mut text, answer| {
        let country = answer
            .country
            .map_or_else(|| "no country".to_owned(), |country| format!("{} ({country})", country.name()));
        let decided = verdict_words(answer.verdict, answer.reason);
        let end = answer.expires_at.as_deref().map(|end| format!(" until {end}")).unwrap_or_default();
        let list = answer.list.as_ref().map(|list| format!("{list}: ")).unwrap_or_default();
        let entry = answer.entry.as_deref().map(|entry| format!(" [{list}{entry}{end}]")).unwrap_or_default();
        let _ = writeln!(text, "{}: {decided}: {country}{entry}", answer.address);
        if let Some(AdminVerdict { verdict, reason }) = answer.admin {
            let _ = writeln!(text, "  administration: {}", verdict_words(verdict, reason));
        }
        text += &answer.way.as_ref().map(way_line).unwrap_or_default();
        if let Some(NamedNetwork { number, name }) = &answer.network {
            let _ = writeln!(text, "  network: {number} {name}");
        }
        for (source, country) in &answer.by_source {
            let country = country.map_or_else(|| "-".to_owned(), |country| country.to_string());
            let _ = writeln!(text, "  {source}: {country}");
        }
        text
    })
}

/// A verdict with its reason, such as `drop, country not allowed`.
fn verdict_words(verdict: Verdict, reason: Reason) -> String {
    let verdict = format!("{verdict:?}").to_lowercase();
    let reason = serde_json::to_value(reason).ok();
    let reason = reason.as_ref().and_then(|reason| reason.as_str()).unwrap_or_default().replace('_', " ");
    format!("{verdict}, {reason}")
}
