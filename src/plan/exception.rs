//! Exceptions from a policy: subnets that are never dropped, whatever their country.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::moment;
use crate::net::Subnet;

/// A subnet that is never dropped, whatever its country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Exception {
    /// The subnet.
    pub subnet: Subnet,
    /// When the exception ends, RFC 3339. Left out for an exception without an end.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "moment::deserialize_optional"
    )]
    pub expires_at: Option<Timestamp>,
}

/// An exception that ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimedException {
    /// The subnet.
    pub subnet: Subnet,
    /// The moment at which the exception ends.
    pub expires_at: Timestamp,
}

/// A field of an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum ExceptionField {
    /// The subnet.
    Subnet,
    /// The end.
    ExpiresAt,
}

impl Exception {
    /// Reads an exception from what somebody wrote.
    ///
    /// # Errors
    /// The field that cannot be right, the subnet first.
    pub fn read(subnet: &str, expires_at: Option<&str>) -> Result<Self, ExceptionField> {
        let subnet = subnet.trim().parse().map_err(|_| ExceptionField::Subnet)?;
        let expires_at = expires_at.map(moment::parse).transpose().map_err(|_| ExceptionField::ExpiresAt)?;
        Ok(Self { subnet, expires_at })
    }

    /// True if it has ended at `now`.
    pub fn is_over(self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// The exception with its end, or `None` if it has no end.
    pub fn timed(self) -> Option<TimedException> {
        self.expires_at.map(|expires_at| TimedException { subnet: self.subnet, expires_at })
    }
}

impl From<TimedException> for Exception {
    fn from(TimedException { subnet, expires_at }: TimedException) -> Self {
        Self { subnet, expires_at: Some(expires_at) }
    }
}

impl FromStr for Exception {
    type Err = String;

    /// Reads `SUBNET` or `SUBNET@TIME`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (subnet, time) = text.split_once('@').map_or((text, None), |(subnet, time)| (subnet, Some(time)));
        Ok(Self { subnet: subnet.parse()?, expires_at: time.map(moment::parse).transpose()? })
    }
}

impl fmt::Display for TimedException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} until {}", self.subnet, self.expires_at)
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
}
