//! `validate`: checks a policy, quickly enough to do so before each save.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::parts::policy::{PolicyFlags, check_countries};
use super::{Operation, Text};
use crate::asn::AsNumber;
use crate::blocklist::ListId;
use crate::context::Context;
use crate::country::CountryCode;
use crate::dataset::SourceId;
use crate::error::{Code, Error, Result};
use crate::net::{HostName, PhoneName, Subnet};
use crate::plan::{Admin, Excepted, Exception, ExceptionField, Policy};
use crate::protocol::Version;
use crate::storage::whole_second;
use crate::warning::WarningCode;

/// Check whether a policy is valid, without computing its plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValidateRequest {
    /// The protocol version.
    pub v: Version,
    /// The source whose country codes are valid in addition to the known ones.
    pub source: SourceId,
    /// The policy.
    pub policy: Policy,
    /// What it is compared with: does it want the same?
    #[serde(default)]
    pub compared_with: Option<OtherPolicy>,
    /// Exceptions as somebody wrote them. Each is answered by itself, so that all that is wrong is told at once.
    #[serde(default)]
    pub written: Vec<WrittenException>,
}

/// A policy with its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OtherPolicy {
    /// The source of the country data.
    pub source: SourceId,
    /// The policy.
    pub policy: Policy,
}

/// An exception as somebody wrote it: one of `subnet`, `host`, `phone` and `text`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WrittenException {
    /// An address or a CIDR block, or what is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet: Option<String>,
    /// The name of a host, or what is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The name of a phone, or what is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Any of them, as its form shows; a phone with `phone:` before its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When it ends; left out or null for one that lasts.
    #[serde(default)]
    pub expires_at: Option<String>,
}

/// Data of `validate`: the policy as it is written and compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValidateData {
    /// The countries in order, none twice.
    pub countries: Vec<CountryCode>,
    /// The lists in order, none twice.
    pub lists: Vec<ListId>,
    /// The networks in order, none twice. Left out if there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<AsNumber>,
    /// The restriction of administration, its countries and ports in order, none twice; null without one.
    pub admin: Option<Admin>,
    /// One for each exception of the request, in its order.
    pub exceptions: Vec<ValidException>,
    /// True if no address can be dropped by this policy, whatever the data holds.
    pub drops_nobody: bool,
    /// True if `compared_with` wants the same, expired exceptions left out on both sides; null without it.
    pub is_same: Option<bool>,
    /// One for each of `written`, in its order.
    pub written: Vec<CheckedException>,
}

/// An exception as it is written and compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValidException {
    /// The block without host bits; an address as `/32` or `/128`; mapped addresses as IPv4. Left out if it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet: Option<Subnet>,
    /// The host in lower case, without a dot at its end. Left out if it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<HostName>,
    /// The phone. Left out if it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneName>,
    /// When it ends, RFC 3339 in UTC and whole seconds; null for one that lasts.
    pub expires_at: Option<String>,
    /// True if it has ended already.
    pub is_over: bool,
    /// True if a later one of the request is for the same subnet, host or phone: that one counts.
    pub is_replaced: bool,
}

/// What an exception is that somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckedException {
    /// The exception; null if it is wrong.
    pub exception: Option<ValidException>,
    /// The field that cannot be right; null if none is wrong.
    pub wrong: Option<ExceptionField>,
}

impl Operation for ValidateRequest {
    type Flags = PolicyFlags;
    type Data = ValidateData;

    fn from_flags(flags: PolicyFlags) -> Result<Self> {
        let source = flags.source_or_default();
        let policy = flags.required_policy()?;
        Ok(Self { v: Version, source, policy, compared_with: None, written: Vec::new() })
    }

    /// Refuses a policy that `apply` would refuse. It reads only the head of the database. Without usable data, only
    /// known countries are valid.
    ///
    /// # Errors
    /// `request.unknown_country`, `request.invalid`, `state.io`.
    fn run(&self, context: &mut Context<'_>) -> Result<ValidateData> {
        let held: Vec<_> = match context.store().load_metadata(self.source) {
            Ok(metadata) => metadata.statistics.into_keys().collect(),
            Err(error) if error.code() == Code::StateIo => return Err(error),
            Err(_) => Vec::new(),
        };
        check_countries(&self.policy, &held)?;
        let now = context.now();
        for over in self.policy.timed().filter(|timed| timed.expires_at <= now) {
            context.warn(WarningCode::ExceptionExpired, format!("the exception {over} is over"));
        }
        let countries: BTreeSet<CountryCode> = self.policy.countries.iter().copied().collect();
        let lists: BTreeSet<&ListId> = self.policy.lists.iter().collect();
        let networks: BTreeSet<AsNumber> = self.policy.networks.iter().copied().collect();
        Ok(ValidateData {
            countries: countries.into_iter().collect(),
            lists: lists.into_iter().cloned().collect(),
            networks: networks.into_iter().collect(),
            admin: self.policy.admin.clone().map(Admin::in_order),
            exceptions: valid(&self.policy.exceptions, now),
            drops_nobody: self.policy.drops_nobody(),
            is_same: self.compared_with.as_ref().map(|other| self.is_same_as(other, now)),
            written: checked(&self.written, now)?,
        })
    }
}

impl ValidateRequest {
    fn is_same_as(&self, other: &OtherPolicy, now: Timestamp) -> bool {
        self.source == other.source && self.policy.is_same_at(&other.policy, now)
    }
}

/// The exceptions as they are written. Of several for one subnet, host or phone the last one counts.
fn valid(exceptions: &[Exception], now: Timestamp) -> Vec<ValidException> {
    let places = exceptions.iter().enumerate();
    let last: HashMap<&Excepted, usize> =
        places.map(|(place, exception)| (&exception.excepted, place)).collect();
    let places = exceptions.iter().enumerate();
    let valid = places.map(|(place, exception)| ValidException {
        subnet: exception.excepted.subnet(),
        host: exception.excepted.host().cloned(),
        phone: exception.excepted.phone().cloned(),
        expires_at: exception.expires_at.map(|end| whole_second(end).to_string()),
        is_over: exception.is_over(now),
        is_replaced: last.get(&exception.excepted) != Some(&place),
    });
    valid.collect()
}

fn checked(written: &[WrittenException], now: Timestamp) -> Result<Vec<CheckedException>> {
    let read = written.iter().enumerate().map(|(place, written)| written.read(place));
    let read: Vec<std::result::Result<Exception, ExceptionField>> = read.collect::<Result<_>>()?;
    let right: Vec<Exception> = read.iter().filter_map(|read| read.as_ref().ok()).cloned().collect();
    let mut valid = valid(&right, now).into_iter();
    let checked = read.into_iter().map(|read| match read {
        Ok(_) => CheckedException { exception: valid.next(), wrong: None },
        Err(field) => CheckedException { exception: None, wrong: Some(field) },
    });
    Ok(checked.collect())
}

impl WrittenException {
    /// The exception, or the field that cannot be right. `place` is that in the request.
    fn read(&self, place: usize) -> Result<std::result::Result<Exception, ExceptionField>> {
        let excepted = match (&self.subnet, &self.host, &self.phone, &self.text) {
            (Some(subnet), None, None, None) => {
                subnet.trim().parse().map(Excepted::Subnet).map_err(|_| ExceptionField::Subnet)
            }
            (None, Some(host), None, None) => {
                host.trim().parse().map(Excepted::Host).map_err(|_| ExceptionField::Host)
            }
            (None, None, Some(phone), None) => {
                phone.trim().parse().map(Excepted::Phone).map_err(|_| ExceptionField::Phone)
            }
            (None, None, None, Some(text)) => Excepted::read(text).map_err(|(field, _)| field),
            _ => {
                let field = format!("written[{place}]");
                let message = format!("{field}: it needs one of `subnet`, `host`, `phone` and `text`");
                return Err(Error::new(Code::RequestInvalid, message).with_field(field));
            }
        };
        Ok(excepted.and_then(|excepted| Exception::until(excepted, self.expires_at.as_deref())))
    }
}

impl Text for ValidateData {
    fn text(&self) -> String {
        "the policy is valid\n".into()
    }
}
