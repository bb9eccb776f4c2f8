//! Invariants of every compiled database and every plan, whatever its input.

use std::collections::BTreeMap;

use geoip_helper::country::CountryCode;
use geoip_helper::database::{CountrySetId, Database, DatabaseFamily, FamilyStatistics};
use geoip_helper::net::{Address, IpBits, PrefixTable, RangeSet};
use geoip_helper::plan::Tables;

/// Checks that the parts are consistent: complete segments, and known country sets in order.
pub fn check_database(database: &Database) {
    let combinations = database.country_sets.combinations();
    assert!(combinations[0].is_empty(), "the first combination is nobody's");
    for (index, held) in combinations.iter().enumerate() {
        assert!(held.is_sorted_by(|a, b| a < b), "{held:?} is out of order");
        assert!(!combinations[..index].contains(held), "{held:?} is there twice");
    }
    check_segments::<u32>(database);
    check_segments::<u128>(database);
    let (v4, v6) = database.metadata.subnets();
    let empty = database.metadata.statistics.is_empty();
    assert!(!empty || (v4, v6) == (0, 0));
}

fn check_segments<A: DatabaseFamily>(database: &Database) {
    let segments_of = A::segments(database);
    let segments: Vec<_> = segments_of.segments().collect();
    assert_eq!(segments.first().map(|segment| segment.range.first()), Some(A::MIN));
    assert_eq!(segments.last().map(|segment| segment.range.last()), Some(A::MAX));
    for pair in segments.windows(2) {
        assert_eq!(pair[0].range.last().successor(), Some(pair[1].range.first()), "a gap or an overlap");
        assert_ne!(pair[0].country_set, pair[1].country_set, "neighbours with one set of countries");
    }
    for segment in segments {
        assert!(segment.range.first() <= segment.range.last());
        assert!(
            segment.country_set.index() < database.country_sets.combinations().len(),
            "an unknown set of countries"
        );
        let held = database.country_sets.countries(segment.country_set);
        assert_eq!(held.is_empty(), segment.country_set == CountrySetId::NOBODY);
        for address in [segment.range.first(), segment.range.last()] {
            assert_eq!(database.lookup(address), (segment, held));
        }
    }
}

/// Checks the counts in the head against the columns, country by country.
pub fn check_statistics(database: &Database) {
    let counted = (addresses_of::<u32>(database), addresses_of::<u128>(database));
    let statistics = &database.metadata.statistics;
    let counts = |of: fn(&geoip_helper::database::CountryStatistics) -> FamilyStatistics| -> BTreeMap<_, _> {
        let held = statistics.iter().map(|(country, statistics)| (*country, of(statistics).addresses));
        held.filter(|(_, addresses)| *addresses > 0).collect()
    };
    assert_eq!(counted, (counts(|statistics| statistics.v4), counts(|statistics| statistics.v6)));
    for statistics in statistics.values().flat_map(|statistics| [statistics.v4, statistics.v6]) {
        assert!(statistics.subnets == 0 || statistics.addresses >= u128::from(statistics.subnets));
        assert_eq!(statistics.subnets == 0, statistics.addresses == 0);
    }
    let contested = |ids: &[CountrySetId]| {
        ids.iter().filter(|id| database.country_sets.countries(**id).len() > 1).count()
    };
    let contested = contested(database.v4.country_sets()) + contested(database.v6.country_sets());
    assert_eq!(database.metadata.contested_segments, contested as u64);
}

fn addresses_of<A: DatabaseFamily>(database: &Database) -> BTreeMap<CountryCode, u128> {
    let mut counted = BTreeMap::new();
    for segment in A::segments(database).held_segments() {
        for country in database.country_sets.countries(segment.country_set) {
            let sum: &mut u128 = counted.entry(*country).or_default();
            *sum = sum.saturating_add(segment.range.span()).saturating_add(1);
        }
    }
    counted
}

/// Checks that the kernel can hold the tables and that specific entries lie in mixed blocks.
pub fn check_tables<A: IpBits>(tables: &Tables<A>) {
    for table in [tables.blocked(), tables.mixed(), tables.specific()] {
        check_table(table);
    }
    let (matching, mixed) = (tables.matching(), tables.mixed().matching());
    assert_eq!(
        tables.specific().matching().difference(&mixed),
        RangeSet::default(),
        "specific entries outside mixed blocks"
    );
    for entry in tables.blocked().entries().iter().chain(tables.specific().entries()) {
        let first = entry.prefix.base();
        assert_eq!(tables.matches(first), matching.contains(first), "two ways to an address differ");
    }
}

/// Checks that the kernel can hold the table: sorted, without duplicates, `/0` or host bits.
fn check_table<A: Address>(table: &PrefixTable<A>) {
    let place = |index: usize| {
        let prefix = table.entries()[index].prefix;
        (prefix.base(), prefix.length())
    };
    for index in 0..table.len() {
        let (base, length) = place(index);
        assert!((1..=A::WIDTH).contains(&length), "/{length}");
        assert_eq!(base & A::low_ones(A::WIDTH - length), A::MIN, "host bits are left");
        assert!(index == 0 || place(index - 1) < place(index), "entries are out of order");
    }
    let lookup = table.lookup();
    for entry in table.entries() {
        let first = entry.prefix.base();
        let deeper = table.entries().iter().filter(|other| {
            other.prefix.length() > entry.prefix.length()
                && other.prefix.base() <= first
                && first <= other.prefix.last()
        });
        if deeper.count() == 0 {
            assert_eq!(lookup.matches(first), !entry.nomatch, "the longest prefix does not decide");
        }
    }
}
