//! Exceptions from a policy: subnets, hosts and phones that are never dropped, whatever their country.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use super::moment;
use crate::net::{HostName, PhoneName, Subnet};

/// The most hosts that are exceptions of a policy: each of them is asked about every five minutes.
pub const MOST_HOSTS: usize = 64;
/// The most phones that are exceptions of a policy.
pub const MOST_PHONES: usize = 1000;
/// What stands before the name of a phone where a host or a subnet may stand, too.
const PHONE: &str = "phone:";

/// Somebody who is never dropped, whatever the country.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Exception {
    /// Whose exception it is.
    pub excepted: Excepted,
    /// When the exception ends. `None` for an exception without an end.
    pub expires_at: Option<Timestamp>,
}

/// Whose exception it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Excepted {
    /// That of a subnet.
    Subnet(Subnet),
    /// That of a host, whatever addresses name servers give for it.
    Host(HostName),
    /// That of a phone: the addresses from which it is registered, but for the ports of administration.
    Phone(PhoneName),
}

/// An exception that ends by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TimedException {
    /// Whose exception it is.
    pub excepted: Excepted,
    /// The moment at which the exception ends.
    pub expires_at: Timestamp,
}

/// An exception in JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Exception", extend("oneOf" = [
    {"required": ["subnet"]}, {"required": ["host"]}, {"required": ["phone"]}
])))]
struct Written {
    /// The subnet, unless it is a host or a phone.
    #[cfg_attr(test, schemars(with = "Subnet"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subnet: Option<Subnet>,
    /// The host, unless it is a subnet or a phone.
    #[cfg_attr(test, schemars(with = "HostName"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<HostName>,
    /// The phone, unless it is a subnet or a host.
    #[cfg_attr(test, schemars(with = "PhoneName"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<PhoneName>,
    /// When the exception ends, RFC 3339. Left out for an exception without an end.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "moment::deserialize_optional"
    )]
    expires_at: Option<Timestamp>,
}

/// A field of an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum ExceptionField {
    /// The subnet.
    Subnet,
    /// The host.
    Host,
    /// The phone.
    Phone,
    /// The end.
    ExpiresAt,
}

impl Excepted {
    /// The subnet, if it is one.
    pub fn subnet(&self) -> Option<Subnet> {
        match self {
            Self::Subnet(subnet) => Some(*subnet),
            Self::Host(_) | Self::Phone(_) => None,
        }
    }

    /// The host, if it is one.
    pub fn host(&self) -> Option<&HostName> {
        match self {
            Self::Host(host) => Some(host),
            Self::Subnet(_) | Self::Phone(_) => None,
        }
    }

    /// The phone, if it is one.
    pub fn phone(&self) -> Option<&PhoneName> {
        match self {
            Self::Phone(phone) => Some(phone),
            Self::Subnet(_) | Self::Host(_) => None,
        }
    }

    /// Reads any of them from what somebody wrote; a phone with `phone:` before its name.
    ///
    /// # Errors
    /// What it seems to be but is not, with the reason.
    pub fn read(text: &str) -> Result<Self, (ExceptionField, String)> {
        let text = text.trim();
        if let Some(name) = text.strip_prefix(PHONE) {
            return name.parse().map(Self::Phone).map_err(|error| (ExceptionField::Phone, error));
        }
        let is_like_address = text.bytes().all(|byte| byte.is_ascii_digit() || b".:/".contains(&byte))
            || text.contains([':', '/']);
        if is_like_address {
            text.parse().map(Self::Subnet).map_err(|error| (ExceptionField::Subnet, error))
        } else {
            text.parse().map(Self::Host).map_err(|error| (ExceptionField::Host, error))
        }
    }
}

impl Exception {
    /// An exception that lasts until `expires_at`, RFC 3339, if that is given.
    ///
    /// # Errors
    /// The field of the end, if it cannot be right.
    pub fn until(excepted: Excepted, expires_at: Option<&str>) -> Result<Self, ExceptionField> {
        let expires_at = expires_at.map(moment::parse).transpose().map_err(|_| ExceptionField::ExpiresAt)?;
        Ok(Self { excepted, expires_at })
    }

    /// True if it has ended at `now`.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// The exception with its end, or `None` if it has no end.
    pub fn timed(&self) -> Option<TimedException> {
        self.expires_at.map(|expires_at| TimedException { excepted: self.excepted.clone(), expires_at })
    }
}

/// Reads the exceptions of a policy.
pub(super) fn deserialize_list<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Exception>, D::Error> {
    let exceptions = Vec::deserialize(deserializer)?;
    refuse_too_many_names(&exceptions).map_err(serde::de::Error::custom)?;
    Ok(exceptions)
}

/// Refuses more hosts than [`MOST_HOSTS`] and more phones than [`MOST_PHONES`].
///
/// # Errors
/// The reason.
pub fn refuse_too_many_names(exceptions: &[Exception]) -> Result<(), String> {
    let excepted: HashSet<&Excepted> = exceptions.iter().map(|exception| &exception.excepted).collect();
    let hosts = excepted.iter().filter(|excepted| excepted.host().is_some()).count();
    let phones = excepted.iter().filter(|excepted| excepted.phone().is_some()).count();
    for (number, most, what) in [(hosts, MOST_HOSTS, "hosts"), (phones, MOST_PHONES, "phones")] {
        if number > most {
            return Err(format!("{number} {what} are more than the {most} that a policy may name"));
        }
    }
    Ok(())
}

impl TryFrom<Written> for Exception {
    type Error = &'static str;

    fn try_from(Written { subnet, host, phone, expires_at }: Written) -> Result<Self, Self::Error> {
        let excepted = match (subnet, host, phone) {
            (Some(subnet), None, None) => Excepted::Subnet(subnet),
            (None, Some(host), None) => Excepted::Host(host),
            (None, None, Some(phone)) => Excepted::Phone(phone),
            (None, None, None) => return Err("it has none of `subnet`, `host` and `phone`"),
            _ => return Err("it has more than one of `subnet`, `host` and `phone`"),
        };
        Ok(Self { excepted, expires_at })
    }
}

impl From<Exception> for Written {
    fn from(Exception { excepted, expires_at }: Exception) -> Self {
        let (subnet, host, phone) = match excepted {
            Excepted::Subnet(subnet) => (Some(subnet), None, None),
            Excepted::Host(host) => (None, Some(host), None),
            Excepted::Phone(phone) => (None, None, Some(phone)),
        };
        Self { subnet, host, phone, expires_at }
    }
}

impl From<TimedException> for Exception {
    fn from(TimedException { excepted, expires_at }: TimedException) -> Self {
        Self { excepted, expires_at: Some(expires_at) }
    }
}

impl FromStr for Exception {
    type Err = String;

    /// Reads `SUBNET`, `HOST` or `phone:NAME`, with or without `@TIME` behind it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (who, time) = text.split_once('@').map_or((text, None), |(who, time)| (who, Some(time)));
        let excepted = Excepted::read(who).map_err(|(_, reason)| reason)?;
        Ok(Self { excepted, expires_at: time.map(moment::parse).transpose()? })
    }
}

impl fmt::Display for Excepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subnet(subnet) => subnet.fmt(f),
            Self::Host(host) => host.fmt(f),
            Self::Phone(phone) => write!(f, "{PHONE}{phone}"),
        }
    }
}

impl fmt::Display for TimedException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} until {}", self.excepted, self.expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_may_end_at_any_time_a_date_field_can_show() {
        let ends = |text: &str| {
            format!("198.51.100.7@{text}")
                .parse::<Exception>()
                .map(|exception| exception.expires_at.unwrap().to_string())
        };
        let last = "9999-12-30T22:00:00Z";
        for (text, end) in [
            ("2026-12-01T18:00:00+02:00", "2026-12-01T16:00:00Z"),
            ("9999-12-31T23:59:59Z", last),
            ("9999-12-31T23:59:59.999999999-14:00", last),
            ("9999-12-30T22:00:00Z", last),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("-009999-01-01T00:00:00+14:00", "-009999-01-02T01:59:59Z"),
        ] {
            assert_eq!(ends(text).as_deref(), Ok(end), "{text}");
        }
        for bad in [
            "",
            "tomorrow",
            "2026-12-01",
            "2026-12-01T18:00:00",
            "9999-12-31T23:59:59",
            "9999-12-32T00:00:00Z",
            "10000-01-01T00:00:00Z",
        ] {
            assert!(ends(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn an_exception_without_a_time_never_ends() {
        let exception: Exception = "198.51.100.7".parse().unwrap();
        assert_eq!(exception.timed(), None);
        assert_eq!(serde_json::to_string(&exception).unwrap(), r#"{"subnet":"198.51.100.7/32"}"#);
        assert_eq!(
            serde_json::from_str::<Exception>(r#"{"subnet":"198.51.100.7","expires_at":null}"#).unwrap(),
            exception
        );
    }

    #[test]
    fn an_exception_is_of_one_subnet_one_host_or_one_phone() {
        let read = serde_json::from_str::<Exception>;
        let host = read(r#"{"host":"Anna.example.net.","expires_at":"2026-12-01T18:00:00+02:00"}"#).unwrap();
        let text = r#"{"host":"anna.example.net","expires_at":"2026-12-01T16:00:00Z"}"#;
        assert_eq!(serde_json::to_string(&host).unwrap(), text);
        let phone = read(r#"{"phone":"202"}"#).unwrap();
        assert_eq!(serde_json::to_string(&phone).unwrap(), r#"{"phone":"202"}"#);
        for (bad, why) in [
            ("{}", "none of"),
            (r#"{"expires_at":null}"#, "none of"),
            (r#"{"subnet":"1.0.0.7","host":"anna.example.net"}"#, "more than one"),
            (r#"{"phone":"202","host":"anna.example.net"}"#, "more than one"),
            (r#"{"phone":"20 2"}"#, "not the name of a phone"),
            (r#"{"host":"1.0.0.7"}"#, "an address"),
            (r#"{"subnet":"anna.example.net"}"#, "not an address"),
            (r#"{"name":"anna.example.net"}"#, "unknown field"),
        ] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains(why), "{bad}: {error}");
        }
    }

    #[test]
    fn what_somebody_wrote_is_a_subnet_or_a_host() {
        let read = |text: &str| {
            Excepted::read(text).map(|excepted| (excepted.to_string(), excepted.host().is_some()))
        };
        for (text, meant, is_host) in [
            (" 198.51.100.7/24 ", "198.51.100.0/24", false),
            ("2001:DB8::1", "2001:db8::1/128", false),
            ("Anna.example.net", "anna.example.net", true),
            ("4.example", "4.example", true),
            ("fed.cafe", "fed.cafe", true),
        ] {
            assert_eq!(read(text), Ok((meant.to_owned(), is_host)), "{text}");
        }
        for (text, field) in [
            ("", ExceptionField::Subnet),
            ("10.0.0.300", ExceptionField::Subnet),
            ("anna.example.net:5060", ExceptionField::Subnet),
            ("anna.example.net/24", ExceptionField::Subnet),
            ("anna", ExceptionField::Host),
            ("*.example.net", ExceptionField::Host),
            ("phone:", ExceptionField::Phone),
            ("phone:20 2", ExceptionField::Phone),
        ] {
            assert_eq!(read(text).unwrap_err().0, field, "{text}");
        }
        let exception: Exception = "anna.example.net@2026-12-01T18:00:00Z".parse().unwrap();
        assert_eq!(exception.timed().unwrap().to_string(), "anna.example.net until 2026-12-01T18:00:00Z");
        let exception: Exception = "phone:202@2026-12-01T18:00:00Z".parse().unwrap();
        assert_eq!(exception.timed().unwrap().to_string(), "phone:202 until 2026-12-01T18:00:00Z");
    }

    #[test]
    fn a_policy_names_at_most_64_hosts_and_1000_phones() {
        let hosts = |number: usize| {
            let host = |number| format!("host-{number}.example.net").parse().unwrap();
            (0..number).map(host).chain(["host-0.example.net".parse().unwrap()]).collect::<Vec<Exception>>()
        };
        assert_eq!(refuse_too_many_names(&hosts(64)), Ok(()), "one of them twice");
        assert!(refuse_too_many_names(&hosts(65)).is_err());
        let phones = |number: usize| -> Vec<Exception> {
            (0..number).map(|number| format!("phone:{number}").parse().unwrap()).collect()
        };
        assert_eq!(refuse_too_many_names(&phones(1000)), Ok(()));
        assert!(refuse_too_many_names(&phones(1001)).is_err());
    }
}
