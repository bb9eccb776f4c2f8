//! `preview`: the plan of a policy, not applied.

use std::net::IpAddr;

use jiff::Timestamp;

use super::check_countries;
use super::explain::answer;
use super::reach::{self, Rules};
use crate::context::Context;
use crate::database::CountryRanges;
use crate::error::Result;
use crate::firewall::{KernelSnapshot, SetData};
use crate::net::Family;
use crate::plan::{Judge, Plan, SetId};
use crate::protocol::{Asked, PreviewData, PreviewRequest};
use crate::records::Applied;

/// Says what `apply` would put into the kernel, and what would happen to the addresses and connections asked
/// about.
///
/// # Errors
/// `database.*` without usable data, `request.unknown_country`, `plan.too_large`. A missing firewall is no error here.
pub fn preview(context: &mut Context<'_>, request: &PreviewRequest) -> Result<PreviewData> {
    let database = context.store().open(request.source)?;
    check_countries(&request.policy, &database.holders().all_countries())?;
    context.warn_of_missing_families(database.metadata());
    let plan = Plan::new(&database, &request.policy)?;
    context.say_what_is_left_undone(&request.policy, &plan, &database)?;
    let judge = Judge::new(&request.policy.clone().at(Timestamp::now()));
    let asked: Vec<IpAddr> = request.addresses.iter().copied().map(Asked::address).collect();
    let excerpt = database.excerpt(&asked)?;
    let mut addresses = answer(context, (request.source, Some(excerpt)), Some(&judge), &asked);

    let rules = Rules::read();
    let kernel = rules.found();
    let wanted = Applied::new(request.source, &request.policy, &plan);
    let applied = context.usable_record().filter(|applied| applied.same_plan(&wanted));
    let in_force = applied.is_some() && kernel.is_some_and(|kernel| kernel.holds(|set| wanted.entries(set)));
    let attached = kernel.is_some_and(KernelSnapshot::is_attached);
    reach::tell_ways(context, rules, &request.addresses, &mut addresses);
    Ok(PreviewData {
        sets: Family::ALL.map(|family| expected_sets(&plan, family)).to_vec(),
        attached,
        changed: !in_force,
        addresses,
    })
}

fn expected_sets(plan: &Plan, family: Family) -> SetData {
    SetData {
        name: crate::firewall::set_name(SetId::blocked(family)).to_owned(),
        family,
        entries: SetId::count_entries(family, |set| plan.entries(set)),
        memory_bytes: SetId::of(family).map(|set| plan.memory_estimate(set)).sum(),
    }
}
