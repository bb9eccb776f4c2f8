//! Records from where phones are registered whose address the policy drops.

use std::net::IpAddr;

use crate::context::Context;
use crate::database::Excerpt;
use crate::error::Result;
use crate::plan::{Policy, countries_of};
use crate::records::passing::PassingRecord;
use crate::records::passing::phones::{Contacts, PhoneAddresses};
use crate::storage::Moment;
use crate::warning::Warning;

/// Adds to `known` what the contacts say under `policy`, and records it. `excerpt_of` is the country data around some
/// addresses. Without it, or if nothing can be written, there is a warning.
pub(super) fn record(
    context: &mut Context<'_>,
    known: &mut PhoneAddresses,
    contacts: &Contacts,
    policy: &Policy,
    excerpt_of: impl FnOnce(&[IpAddr]) -> Result<Excerpt>,
) {
    let now = Moment::of(&*context.clock);
    let concerned = known.concerned(contacts, policy, &now);
    let excerpt = (!concerned.is_empty()).then(|| excerpt_of(&concerned)).transpose();
    let excerpt = excerpt.unwrap_or_else(|error| {
        context.warnings.push(Warning::from(&error));
        None
    });
    note(context, known, contacts, policy, excerpt.as_ref());
    if let Err(error) = known.save(&context.state) {
        context.warnings.push(Warning::from(&error));
    }
}

/// Adds to `known` what the contacts say under `policy`, and records nothing.
pub(super) fn note(
    context: &Context<'_>,
    known: &mut PhoneAddresses,
    contacts: &Contacts,
    policy: &Policy,
    excerpt: Option<&Excerpt>,
) {
    // What is not usable is reported by whoever puts it in force. Until it is, nobody knows who holds an address.
    let addresses: Vec<IpAddr> = contacts.iter().map(|contact| contact.address).collect();
    let judge = context.whole_judge_of(policy, &addresses);
    let holders = |address| Some(judge.as_ref()?.holders(countries_of(excerpt?, address)?, address));
    known.note(contacts, policy, holders, &Moment::of(&*context.clock));
}

/// Records that time has passed although Asterisk does not say who is registered. A record that cannot be read stays as it is,
/// for the contacts to come.
pub(super) fn pass_time(context: &mut Context<'_>, policy: &Policy) {
    let Ok(mut known) = PhoneAddresses::load(&context.state) else { return };
    known.pass_time(policy, &Moment::of(&*context.clock));
    if let Err(error) = known.save(&context.state) {
        context.warnings.push(Warning::from(&error));
    }
}
