//! Moments as others write them.

use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;
use serde::{Deserialize, Deserializer};

/// A moment of RFC 3339. Clocks elsewhere go on for a little longer than ours: what lies beyond is its last whole
/// second, or its first.
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

/// As [`parse`]; none for null.
pub(super) fn deserialize_optional<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| parse(&text)).transpose().map_err(serde::de::Error::custom)
}
