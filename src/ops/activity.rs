//! `activity`: reports what the filter dropped or counted in the last hours.

use std::fmt::Write;
use std::net::IpAddr;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Operation, Text};
use crate::activity::{ActivityData, Days, Hours, Interval, Tally};
use crate::asn::NamedNetwork;
use crate::blocklist::{Head, ListStore};
use crate::context::Context;
use crate::country::CountryCode;
use crate::enforcement::{FirewallLock, counting, rollback};
use crate::error::{Code, Result};
use crate::firewall::{Firewall, KernelSnapshot, Opening};
use crate::plan::Action;
use crate::protocol::Version;
use crate::storage::whole_second;

/// Report what the filter dropped or counted in the last hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ActivityRequest {
    /// The protocol version.
    pub v: Version,
    /// Number of hours, including the current one.
    #[serde(default)]
    pub hours: Hours,
    /// Report all stored hours since the current action began; `hours` is then ignored.
    #[serde(default)]
    pub since_action: bool,
    /// The most addresses to list, those with the most packets first.
    #[serde(default = "ActivityRequest::addresses")]
    pub addresses: u16,
}

impl ActivityRequest {
    /// The default number of addresses.
    pub fn addresses() -> u16 {
        100
    }
}

#[derive(Debug, Args)]
pub struct ActivityFlags {
    /// Number of hours, including the current one.
    #[arg(long)]
    hours: Option<Hours>,
    /// The most addresses to list.
    #[arg(long, value_name = "NUMBER")]
    addresses: Option<u16>,
}

impl Operation for ActivityRequest {
    type Flags = ActivityFlags;
    type Data = ActivityData;

    fn from_flags(ActivityFlags { hours, addresses }: ActivityFlags) -> Result<Self> {
        let addresses = addresses.unwrap_or_else(Self::addresses);
        Ok(Self { v: Version, hours: hours.unwrap_or_default(), since_action: false, addresses })
    }

    /// Reports the activity of the last hours up to now. If the firewall cannot be read, reports only what is stored.
    ///
    /// # Errors
    /// `state.busy`, `state.io`.
    fn run(&self, context: &mut Context<'_>) -> Result<ActivityData> {
        let lock = FirewallLock::take(context)?;
        rollback::settle(context, &lock);
        let applied = context.usable_record();
        let kernel = applied.as_ref().and_then(|applied| Some((applied, open(context)?)));
        let now = match kernel {
            Some((applied, (firewall, found))) => {
                context.warnings.extend(found.sampling_warning());
                counting::look(context, applied, (&firewall, &found))?
            }
            None => Interval::new(whole_second(context.now()), [].into(), (Action::Drop, &[]), |_| None),
        };
        let state = context.state.clone();
        let most = usize::from(self.addresses);
        let since_action = applied.as_ref().filter(|_| self.since_action);
        let hours =
            since_action.map_or(self.hours, |applied| Hours::back_to(applied.action_since, now.until));
        let action = applied.as_ref().map(|applied| (applied.policy.action, applied.action_since));
        let (mut data, senders) = Days::new(&state).report(&now, hours, most, action, &mut context.warnings);
        let addresses: Vec<IpAddr> = senders.iter().map(|(sender, _)| sender.address()).collect();
        data.add_networks(&senders, &context.networks_of(&addresses));
        let used = applied.map(|applied| applied.policy.lists).unwrap_or_default();
        let lists = ListStore::new(&state);
        for id in lists.ids() {
            match lists.load(&id) {
                Ok(kept) if used.contains(&id) || is_recent(&kept.head, context.now()) => {
                    data.add_list(id, &kept.content, &senders);
                }
                // Somebody looked into it once: what it knew then says nothing of today.
                Ok(_) => {}
                Err(error) if error.code() == Code::ListMissing => {}
                Err(error) => context.warnings.push((&error).into()),
            }
        }
        Ok(data)
    }
}

/// True for a list that was downloaded within a day.
fn is_recent(list: &Head, now: Timestamp) -> bool {
    let read_at: Option<Timestamp> = list.read_at.parse().ok();
    read_at.is_some_and(|at| now.duration_since(at) < SignedDuration::from_hours(24))
}

fn open(context: &mut Context<'_>) -> Option<(Firewall, KernelSnapshot)> {
    let opened = Opening::wait(&context.kernel, &mut Vec::new());
    opened.map_err(|error| context.warnings.push((&error).into())).ok()
}

impl Text for ActivityData {
    fn text(&self) -> String {
        let mut text = format!("since {}\n", self.since);
        let lines = [("IPv4", self.v4), ("IPv6", self.v6), ("of unrecorded senders", self.unattributed)];
        for (what, packets) in lines {
            let _ = writeln!(text, "{what}: {}", packets_in_words(packets));
        }
        for activity in &self.countries {
            let country = activity.country.as_ref().map_or("no country", CountryCode::name);
            let packets = packets_in_words(activity.packets);
            let _ = writeln!(text, "{country}: {packets} from {} addresses", activity.addresses);
        }
        for activity in &self.networks {
            let NamedNetwork { number, name } = &activity.network;
            let packets = packets_in_words(activity.packets);
            let _ = writeln!(text, "{number} {name}: {packets} from {} addresses", activity.addresses);
        }
        for activity in &self.lists {
            let packets = packets_in_words(activity.packets);
            let _ = writeln!(
                text,
                "on the list {}: {packets} from {} addresses",
                activity.list, activity.addresses
            );
        }
        for activity in &self.addresses {
            let country = activity.country.map_or_else(|| "-".to_owned(), |country| country.to_string());
            let packets = packets_in_words(activity.packets);
            let _ = writeln!(text, "{} {country}: {packets}, last {}", activity.address, activity.last_seen);
        }
        text
    }
}

fn packets_in_words(packets: Tally) -> String {
    match packets {
        Tally { dropped, counted: 0 } => format!("{dropped} packets dropped"),
        Tally { dropped: 0, counted } => format!("{counted} packets counted"),
        Tally { dropped, counted } => format!("{dropped} packets dropped, {counted} counted"),
    }
}
