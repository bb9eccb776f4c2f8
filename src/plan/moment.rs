//! Parsing of RFC 3339 times, including those beyond the range of our clock.

use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;
use serde::{Deserialize, Deserializer};

/// Parses an RFC 3339 time. A valid time beyond the range of [`Timestamp`] becomes the last whole second of that range,
/// or the first.
pub(super) fn parse(text: &str) -> Result<Timestamp, String> {
    text.parse().or_else(|_| beyond(text).ok_or_else(|| format!("{text:?} is not a time of RFC 3339")))
}

fn beyond(text: &str) -> Option<Timestamp> {
    let pieces = Pieces::parse(text).ok()?;
    let (Some(_), Some(_), None) = (pieces.time(), pieces.offset(), pieces.time_zone_annotation()) else {
        return None;
    };
    let end = if pieces.date().year() > 0 { Timestamp::MAX } else { Timestamp::MIN };
    Timestamp::from_second(end.as_second()).ok()
}

/// As [`parse`], for an optional JSON string.
pub(super) fn deserialize_optional<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| parse(&text)).transpose().map_err(serde::de::Error::custom)
}
