//! Merges the parts of a source, such as the files of the five registries, into one database.

use super::{Database, DatabaseBuilder, Metadata};
use crate::dataset::SourceId;
use crate::error::Result;

/// Merges the parts into one database. If several parts claim an address, all of their countries hold it.
///
/// # Errors
/// See [`CountrySetTable::intern`](super::CountrySetTable::intern).
pub fn merge(source: SourceId, parts: Vec<Database>) -> Result<Database> {
    let mut builder = DatabaseBuilder::default();
    let mut provenance = Vec::new();
    for part in parts {
        for segment in part.v4.held_segments() {
            for country in part.country_sets.countries(segment.country_set) {
                builder.push_v4(segment.range, *country)?;
            }
        }
        for segment in part.v6.held_segments() {
            for country in part.country_sets.countries(segment.country_set) {
                builder.push_v6(segment.range, *country)?;
            }
        }
        provenance.extend(part.metadata.parts);
    }
    builder.finish(Metadata::new(source, jiff::Timestamp::now().to_string(), provenance))
}
