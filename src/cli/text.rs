//! Replies as readable text.

use std::fmt::Write;

use crate::activity::Tally;
use crate::country::CountryCode;
use crate::firewall::{Decider, Outcome, SetData};
use crate::protocol::{
    ActivityData, AddressData, AddressesData, ChangeData, ChangeState, CheckData, CountriesData, DetachData,
    Enforcement, FamilyCounts, HealData, PreviewData, StatusData, UpdateData, ValidateData, WayData,
};
use crate::records::drift::Drift;

/// Data of a reply that a person can read.
pub(super) trait Text {
    /// Lines, each ended by a line feed.
    fn text(&self) -> String;
}

impl Text for UpdateData {
    fn text(&self) -> String {
        let Self { source, release, subnets, countries, licence, .. } = self;
        let origin = format!("{:?}", self.origin).to_lowercase();
        let release = release.as_deref().unwrap_or("of unknown date");
        let kernel = self.applied.as_ref().map(Text::text).unwrap_or_default();
        format!(
            "{source} {release} ({origin}): {countries} countries, {}\n{licence}\n{kernel}",
            in_words(*subnets)
        )
    }
}

impl Text for Enforcement {
    fn text(&self) -> String {
        let attached = if self.attached { "attached to INPUT" } else { "not attached to INPUT" };
        let changed = if self.changed { "changed" } else { "already so" };
        format!("{}{attached}, {changed}\n", set_lines(&self.sets))
    }
}

impl Text for HealData {
    fn text(&self) -> String {
        if self.repaired.is_empty() {
            "all is well\n".into()
        } else {
            drift_lines("repaired", &self.repaired)
        }
    }
}

impl Text for CheckData {
    fn text(&self) -> String {
        if self.drifts.is_empty() { "all is well\n".into() } else { drift_lines("known", &self.drifts) }
    }
}

impl Text for PreviewData {
    fn text(&self) -> String {
        let changed = if self.changed { "would change" } else { "is in force already" };
        format!("{}{changed}\n{}", set_lines(&self.sets), address_lines(&self.addresses))
    }
}

impl Text for ValidateData {
    fn text(&self) -> String {
        "the policy is right\n".into()
    }
}

impl Text for DetachData {
    fn text(&self) -> String {
        if self.changed { "removed\n".into() } else { "nothing was there\n".into() }
    }
}

impl Text for ChangeData {
    fn text(&self) -> String {
        let state = match self.state {
            ChangeState::Pending => "waits for its confirmation",
            ChangeState::Confirmed => "is confirmed",
            ChangeState::RolledBack => "is rolled back: the former policy is in force",
        };
        let left = self.seconds_left.map(|seconds| format!(", {seconds} s left")).unwrap_or_default();
        format!("the change {} {state}{left}\n", self.token)
    }
}

impl Text for AddressesData {
    fn text(&self) -> String {
        address_lines(&self.addresses)
    }
}

impl Text for CountriesData {
    fn text(&self) -> String {
        let mut text = format!("{:<4} {:<36} {:>9} {:>9}\n", "code", "name", "IPv4", "IPv6");
        for country in &self.countries {
            let FamilyCounts { v4, v6 } = country.subnets;
            let _ = writeln!(text, "{:<4} {:<36} {v4:>9} {v6:>9}", country.code, country.name);
        }
        text
    }
}

impl Text for StatusData {
    fn text(&self) -> String {
        let mut text = format!("{}\n", if self.active { "active" } else { "not active" });
        for problem in &self.problems {
            let _ = writeln!(text, "problem: {} [{}]; {}", problem.message, problem.code, problem.hint);
        }
        if let Some(healed) = &self.healed {
            text += &drift_lines(&format!("repaired {}", healed.healed_at), &healed.repaired);
        }
        if let Some(applied) = &self.applied {
            let mode = format!("{:?}", applied.policy.mode).to_lowercase();
            let codes: Vec<String> = applied.policy.countries.iter().map(ToString::to_string).collect();
            let _ = writeln!(text, "policy: {mode} {} by {}", codes.join(" "), applied.source);
        }
        text += &self.change.as_ref().map(Text::text).unwrap_or_default();
        text += &set_lines(&self.sets);
        for database in &self.databases {
            let release = database.release.as_deref().unwrap_or("of unknown date");
            let subnets = in_words(database.subnets);
            let _ =
                writeln!(text, "{} {release}: {} countries, {subnets}", database.source, database.countries);
        }
        text
    }
}

impl Text for ActivityData {
    fn text(&self) -> String {
        let mut text = format!("since {}\n", self.since);
        let lines = [("IPv4", self.v4), ("IPv6", self.v6), ("of forgotten senders", self.unattributed)];
        for (what, packets) in lines {
            let _ = writeln!(text, "{what}: {}", packets_in_words(packets));
        }
        for activity in &self.countries {
            let country = activity.country.as_ref().map_or("no country", CountryCode::name);
            let packets = packets_in_words(activity.packets);
            let _ = writeln!(text, "{country}: {packets} from {} addresses", activity.addresses);
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

fn drift_lines(what: &str, drifts: &[Drift]) -> String {
    drifts.iter().fold(String::new(), |mut text, drift| {
        let _ = writeln!(text, "{what}: {} [{}]", drift.message, drift.code);
        text
    })
}

fn in_words(subnets: FamilyCounts) -> String {
    format!("{} IPv4 and {} IPv6 subnets", subnets.v4, subnets.v6)
}

fn set_lines(sets: &[SetData]) -> String {
    sets.iter().fold(String::new(), |mut text, set| {
        let _ = writeln!(text, "{}: {} entries, {} bytes", set.name, set.entries, set.memory_bytes);
        text
    })
}

fn address_lines(addresses: &[AddressData]) -> String {
    addresses.iter().fold(String::new(), |mut text, answer| {
        let country = answer
            .country
            .map_or_else(|| "no country".to_owned(), |country| format!("{} ({country})", country.name()));
        let verdict = format!("{:?}", answer.verdict).to_lowercase();
        let reason = serde_json::to_value(answer.reason).ok();
        let reason = reason.as_ref().and_then(|reason| reason.as_str()).unwrap_or_default().replace('_', " ");
        let entry = answer.entry.as_deref().map(|entry| format!(" [{entry}]")).unwrap_or_default();
        let _ = writeln!(text, "{}: {verdict}, {reason}: {country}{entry}", answer.address);
        text += &answer.way.as_ref().map(way_line).unwrap_or_default();
        for (source, country) in &answer.by_source {
            let country = country.map_or_else(|| "-".to_owned(), |country| country.to_string());
            let _ = writeln!(text, "  {source}: {country}");
        }
        text
    })
}

/// A sentence about a new connection.
fn way_line(way: &WayData) -> String {
    let protocol = format!("{:?}", way.protocol).to_uppercase();
    let subject = format!("  A new connection to {protocol} port {}", way.port);
    let Some(passage) = &way.passage else {
        return format!("{subject} may get in or not: the rules in the kernel cannot be read.\n");
    };
    let outcome = match passage.outcome {
        Outcome::Accepted => "gets in",
        Outcome::Dropped => "does not get in",
        Outcome::Unknown => "may get in or not",
    };
    let decider = match passage.decided_by {
        Decider::RuleBefore => "a rule in front of the filter decides",
        Decider::Filter => "the filter decides",
        Decider::RuleBehind => "a rule behind the filter decides",
        Decider::Policy => "the policy of INPUT decides",
    };
    let rule = passage.rule.as_deref().map(|rule| format!(": {rule}")).unwrap_or_default();
    format!("{subject} {outcome}; {decider}{rule}\n")
}
