//! Compiled data on disk, as `status` describes it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::Serialize;

use super::family_counts::FamilyCounts;
use crate::database::Metadata;
use crate::dataset::SourceId;
use crate::source::{self, Attribution};

/// A compiled database on disk.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DatabaseData {
    /// The source.
    pub source: SourceId,
    /// The edition; null if unknown.
    pub release: Option<String>,
    /// When it was compiled, RFC 3339 in UTC.
    pub compiled_at: String,
    /// When it was compiled or last found to be the newest there is, RFC 3339 in UTC.
    pub checked_at: String,
    /// When the publisher last gave it or found nothing newer, RFC 3339 in UTC; null if it was never asked, or not yet
    /// with success.
    pub publisher_answered_at: Option<String>,
    /// Whole days since the edition's date, the first of a month for a monthly one; since `checked_at` if it has none.
    pub age_days: u64,
    /// True if the edition should long have had a successor.
    pub stale: bool,
    /// True if the applied policy rests on it.
    pub is_used: bool,
    /// Prefixes of the minimal CIDR cover of each country, summed over all countries.
    pub subnets: FamilyCounts,
    /// Number of countries that hold addresses.
    pub countries: usize,
    /// The licence of the data and the attribution it asks for.
    pub licence: String,
    /// Whom to name where the data is shown.
    pub attribution: Attribution,
}

impl DatabaseData {
    /// Describes a database. `answered_at` is when its publisher was last asked with success, if it ever was.
    pub(in crate::ops) fn of(
        metadata: Metadata,
        answered_at: Option<Timestamp>,
        is_used: bool,
        now: Timestamp,
    ) -> Self {
        let source = source::of(metadata.source);
        let compiled_at = metadata.compiled_at.parse().ok();
        let checked_at = answered_at.max(compiled_at);
        let published = metadata.release().and_then(date_of_release).or(checked_at.map(utc_date));
        let age_days = published.map_or(0, |date| days_between(date, utc_date(now)));
        Self {
            source: metadata.source,
            release: metadata.release().map(str::to_owned),
            checked_at: checked_at
                .map_or_else(|| metadata.compiled_at.clone(), |checked_at| checked_at.to_string()),
            publisher_answered_at: answered_at.map(|moment| moment.to_string()),
            age_days,
            stale: age_days > u64::from(source.stale_after_days()),
            is_used,
            subnets: FamilyCounts::subnets(&metadata),
            countries: metadata.statistics.len(),
            licence: source.licence().to_owned(),
            attribution: source.attribution(),
            compiled_at: metadata.compiled_at,
        }
    }
}

/// The day that a release names, or the first of its month.
fn date_of_release(release: &str) -> Option<Date> {
    release.parse().or_else(|_| format!("{release}-01").parse()).ok()
}

fn utc_date(moment: Timestamp) -> Date {
    Offset::UTC.to_datetime(moment).date()
}

/// 0 for a day that is yet to come.
fn days_between(from: Date, to: Date) -> u64 {
    u64::try_from(from.duration_until(to).as_hours() / 24).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Provenance;

    const COMPILED: &str = "2026-06-20T12:00:00Z";

    fn described(source: SourceId, release: Option<&str>, checked: Option<&str>, now: &str) -> DatabaseData {
        let part = Provenance {
            part: "all".to_owned(),
            location: String::new(),
            release: release.map(str::to_owned),
            read_at: COMPILED.to_owned(),
            sha256: String::new(),
            rows: crate::dataset::RowCounts::default(),
            etag: None,
            last_modified: None,
            unknown_codes: Vec::new(),
        };
        let metadata = Metadata::new(source, COMPILED.to_owned(), vec![part]);
        let moment = |text: &str| text.parse().unwrap();
        DatabaseData::of(metadata, checked.map(moment), true, moment(now))
    }

    #[test]
    fn an_edition_is_as_old_as_its_date_says_and_stale_when_its_publisher_is_late() {
        for (source, release, now, age_days, stale) in [
            (SourceId::Dbip, "2026-06", "2026-06-20T23:00:00Z", 19, false),
            (SourceId::Dbip, "2026-06", "2026-07-16T00:00:00Z", 45, false),
            (SourceId::Dbip, "2026-06", "2026-07-17T00:00:00Z", 46, true),
            (SourceId::Rir, "2026-06-20", "2026-07-05T12:00:00Z", 15, false),
            (SourceId::Rir, "2026-06-20", "2026-07-06T12:00:00Z", 16, true),
            (SourceId::Ipdeny, "2026-07-01", "2026-06-20T12:00:00Z", 0, false),
        ] {
            let data = described(source, Some(release), None, now);
            assert_eq!((data.age_days, data.stale), (age_days, stale), "{source} {release} at {now}");
        }
    }

    #[test]
    fn data_without_a_date_is_as_old_as_the_last_word_on_it() {
        let now = "2026-07-20T12:00:00Z";
        for release in [None, Some("lately")] {
            let never_checked = described(SourceId::Rir, release, None, now);
            assert_eq!((never_checked.checked_at.as_str(), never_checked.age_days), (COMPILED, 30));
            let checked = described(SourceId::Rir, release, Some("2026-07-19T00:00:00Z"), now);
            assert_eq!((checked.checked_at.as_str(), checked.age_days), ("2026-07-19T00:00:00Z", 1));
        }
        let checked_before = described(SourceId::Rir, None, Some("2026-01-01T00:00:00Z"), now);
        assert_eq!(checked_before.checked_at, COMPILED);
        assert_eq!(checked_before.publisher_answered_at.as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(
            described(SourceId::Rir, None, None, now).publisher_answered_at,
            None,
            "a bundle is no answer"
        );
    }
}
