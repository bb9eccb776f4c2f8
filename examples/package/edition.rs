//! The edition of the bundled data, and whether a release should come with a newer one.

use std::io::Read;

use flate2::read::GzDecoder;
use geoip_helper::dataset::SourceId;
use geoip_helper::source;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::Result;

/// Says on stderr if the bundled data is so old that its publisher must have had newer data for a while.
pub(crate) fn warn_if_stale(bundle: &[u8]) -> Result<()> {
    let limit = source::of(SourceId::Dbip).stale_after_days();
    let published = published(bundle)?;
    let today = Offset::UTC.to_datetime(Timestamp::now()).date();
    let days = published.duration_until(today).as_hours() / 24;
    if days > limit.into() {
        eprintln!(
            "warning: the bundled data is of {}, {days} days old, and stale after {limit}: see \"Newer data in the zip\" in \
             CONTRIBUTING.md",
            published.strftime("%Y-%m")
        );
    }
    Ok(())
}

/// The first of the month in the name that gzip keeps of the packed file.
fn published(bundle: &[u8]) -> Result<Date> {
    let mut unpacker = GzDecoder::new(bundle);
    unpacker.read_exact(&mut [0])?;
    let name = unpacker.header().and_then(|header| header.filename()).unwrap_or_default();
    let name = String::from_utf8_lossy(name);
    let month = name.strip_prefix("dbip-country-lite-").and_then(|rest| rest.get(..7));
    let month =
        month.ok_or_else(|| format!("the bundled data does not say of which month it is: {name:?}"))?;
    Ok(format!("{month}-01").parse()?)
}
