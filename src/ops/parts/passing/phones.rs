//! The phones that keep their way, as replies contain them.

use std::fmt::Write;

use jiff::Timestamp;
use serde::Serialize;

use crate::activity::Sender;
use crate::context::Context;
use crate::country::CountryCode;
use crate::enforcement::passing;
use crate::net::PhoneName;
use crate::plan::Policy;
use crate::records::passing::phones::{Kept, warnings};
use crate::storage::{Moment, whole_second};

/// A phone that keeps its way from an address that would be dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PhoneData {
    /// Its name.
    pub phone: PhoneName,
    /// The address from which it was registered: an IPv4 address, or the /64 around an IPv6 address.
    pub address: Sender,
    /// The country of the address; null if no country holds it.
    pub country: Option<CountryCode>,
    /// Since when it passes, RFC 3339 in UTC and whole seconds.
    pub since: String,
    /// When Asterisk last listed it with this address.
    pub seen_at: String,
    /// When it ceases to pass, unless it is seen there again.
    pub expires_at: String,
    /// True if it was registered from there when Asterisk was last asked.
    pub is_registered: bool,
}

/// The phones that keep their way under `policy`, by name and address. Adds the warnings about them.
pub(super) fn tell(context: &mut Context<'_>, policy: &Policy) -> Vec<PhoneData> {
    if !policy.may_keep_phones() {
        return Vec::new();
    }
    let (known, now) = (passing::known_phones(context), Moment::of(&*context.clock));
    context.warnings.extend(warnings(&known));
    known.kept(policy, &now).iter().map(|kept| PhoneData::of(kept, &now)).collect()
}

impl PhoneData {
    fn of(kept: &Kept<'_>, now: &Moment) -> Self {
        let text = |moment: Timestamp| whole_second(moment).to_string();
        // A wrong clock may have written a moment that is yet to come.
        let past = |moment: Timestamp| text(moment.min(now.wall));
        let end = now.wall.checked_add(kept.left).unwrap_or(Timestamp::MAX);
        Self {
            phone: kept.phone.clone(),
            address: kept.net.into(),
            country: kept.country,
            since: past(kept.since),
            seen_at: past(kept.seen_at),
            expires_at: text(end),
            is_registered: kept.is_registered,
        }
    }
}

/// The phones as text, a line for each.
pub(super) fn lines(phones: &[PhoneData]) -> String {
    phones.iter().fold(String::new(), |mut text, phone| {
        let PhoneData { phone, address, expires_at, is_registered, .. } = phone;
        let state = if *is_registered { "registered" } else { "not registered" };
        let _ = writeln!(text, "phone {phone}: {address}, {state}, until {expires_at}");
        text
    })
}
