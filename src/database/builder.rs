//! Compiles the rows of a source into segments, in any order and however the rows overlap.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::country_sets::{CountrySetId, CountrySetTable};
use super::{Database, Metadata, Segments};
use crate::country::CountryCode;
use crate::error::{Code, Error, Result};
use crate::net::{Address, AddressRange};

/// Collects rows and compiles them.
///
/// Rows in ascending order without overlap, as DB-IP ships them, go straight to their final place. All other rows are
/// kept aside and merged at the end. If several countries claim an address, all of them hold it.
#[derive(Debug, Default)]
pub struct DatabaseBuilder {
    country_sets: CountrySetTable,
    v4: SegmentsBuilder<u32>,
    v6: SegmentsBuilder<u128>,
    rows: u64,
}

/// The most rows of one database, a few times as many as any source has. It bounds the memory that rows can take,
/// however well they are compressed.
const ROWS: u64 = 2_000_000;

impl DatabaseBuilder {
    /// Adds an IPv4 row.
    ///
    /// # Errors
    /// `source.too_large` for more rows than any source has; see also [`CountrySetTable::intern`].
    pub fn push_v4(&mut self, range: AddressRange<u32>, country: CountryCode) -> Result<()> {
        self.count_row()?;
        self.v4.push(range, country, &mut self.country_sets)
    }

    /// Adds an IPv6 row.
    ///
    /// # Errors
    /// As [`Self::push_v4`].
    pub fn push_v6(&mut self, range: AddressRange<u128>, country: CountryCode) -> Result<()> {
        self.count_row()?;
        self.v6.push(range, country, &mut self.country_sets)
    }

    fn count_row(&mut self) -> Result<()> {
        self.rows += 1;
        if self.rows <= ROWS {
            return Ok(());
        }
        Err(Error::new(
            Code::SourceTooLarge,
            format!("it has more than {ROWS} rows, which no real source has"),
        ))
    }

    /// Number of rows that are out of order or overlap earlier rows: they start below the end of a row before them.
    pub fn out_of_order_rows(&self) -> u64 {
        self.v4.out_of_order.rows + self.v6.out_of_order.rows
    }

    /// Compiles the rows.
    ///
    /// # Errors
    /// See [`CountrySetTable::intern`].
    pub fn finish(mut self, mut metadata: Metadata) -> Result<Database> {
        let v4 = self.v4.finish(&mut self.country_sets)?;
        let v6 = self.v6.finish(&mut self.country_sets)?;
        metadata.take_statistics(&self.country_sets, &v4, &v6);
        Ok(Database { metadata, country_sets: self.country_sets, v4, v6 })
    }
}

/// The rows of one family.
#[derive(Debug)]
struct SegmentsBuilder<A> {
    columns: Columns<A>,
    /// The lowest address that no row has reached yet, or `None` after the last address of the family.
    next: Option<A>,
    out_of_order: OutOfOrder<A>,
}

impl<A: Address> Default for SegmentsBuilder<A> {
    fn default() -> Self {
        Self { columns: Columns::default(), next: Some(A::MIN), out_of_order: OutOfOrder::default() }
    }
}

impl<A: Address> SegmentsBuilder<A> {
    fn push(
        &mut self,
        range: AddressRange<A>,
        country: CountryCode,
        table: &mut CountrySetTable,
    ) -> Result<()> {
        match self.next {
            Some(next) if next <= range.first() => {
                if next < range.first() {
                    self.columns.append(next, CountrySetId::NOBODY);
                }
                self.columns.append(range.first(), table.intern(&[country])?);
                self.next = range.last().successor();
            }
            _ => self.out_of_order.push(range, country),
        }
        Ok(())
    }

    fn finish(mut self, table: &mut CountrySetTable) -> Result<Segments<A>> {
        if let Some(next) = self.next {
            self.columns.append(next, CountrySetId::NOBODY);
        }
        let ordered = self.columns.into_segments();
        if self.out_of_order.rows == 0 {
            Ok(ordered)
        } else {
            overlay(&ordered, self.out_of_order.claims, table)
        }
    }
}

/// A range and a country that claims it.
type Claim<A> = (AddressRange<A>, CountryCode);

/// Rows that are out of order. Overlapping claims of one country are joined, which bounds the memory.
#[derive(Debug)]
struct OutOfOrder<A> {
    claims: Vec<Claim<A>>,
    /// How many claims may wait before they are joined again.
    enough: usize,
    rows: u64,
}

impl<A> Default for OutOfOrder<A> {
    fn default() -> Self {
        Self { claims: Vec::new(), enough: 1 << 16, rows: 0 }
    }
}

impl<A: Address> OutOfOrder<A> {
    fn push(&mut self, range: AddressRange<A>, country: CountryCode) {
        self.rows += 1;
        self.claims.push((range, country));
        if self.claims.len() >= self.enough {
            self.join();
            self.enough = self.enough.max(2 * self.claims.len());
        }
    }

    fn join(&mut self) {
        self.claims.sort_unstable_by_key(|(range, country)| (*country, range.first()));
        self.claims.dedup_by(|next, kept| next.1 == kept.1 && kept.0.join(next.0));
    }
}

/// The columns of [`Segments`] under construction.
#[derive(Debug)]
struct Columns<A> {
    starts: Vec<A>,
    country_sets: Vec<CountrySetId>,
}

impl<A> Default for Columns<A> {
    fn default() -> Self {
        Self { starts: Vec::new(), country_sets: Vec::new() }
    }
}

impl<A: Address> Columns<A> {
    /// Begins a segment, unless the previous one has the same countries.
    fn append(&mut self, start: A, country_set: CountrySetId) {
        if self.country_sets.last() != Some(&country_set) {
            self.starts.push(start);
            self.country_sets.push(country_set);
        }
    }

    fn into_segments(self) -> Segments<A> {
        Segments::from_columns(self.starts, self.country_sets).unwrap_or_default()
    }
}

/// Walks over the ends of all rows, so that each address gets every country that claims it.
fn overlay<A: Address>(
    ordered: &Segments<A>,
    mut out_of_order: Vec<Claim<A>>,
    table: &mut CountrySetTable,
) -> Result<Segments<A>> {
    out_of_order.sort_unstable_by_key(|(range, _)| range.first());
    let (mut ordered, mut out_of_order) =
        (ordered.held_segments().peekable(), out_of_order.into_iter().peekable());
    let mut sweep = Sweep::default();
    let mut columns = Columns::default();
    loop {
        let begins = [
            ordered.peek().map(|segment| segment.range.first()),
            out_of_order.peek().map(|(range, _)| range.first()),
        ];
        let Some(address) = begins.into_iter().chain([sweep.next_end()]).flatten().min() else { break };
        if columns.starts.is_empty() && address > A::MIN {
            columns.append(A::MIN, CountrySetId::NOBODY);
        }
        sweep.end_at(address);
        while let Some(segment) = ordered.next_if(|segment| segment.range.first() == address) {
            for country in table.countries(segment.country_set) {
                sweep.begin(segment.range, *country);
            }
        }
        while let Some((range, country)) = out_of_order.next_if(|(range, _)| range.first() == address) {
            sweep.begin(range, country);
        }
        let claimants: Vec<CountryCode> = sweep.claims.keys().copied().collect();
        columns.append(address, table.intern(&claimants)?);
    }
    Ok(columns.into_segments())
}

/// The countries that claim the address which the sweep has reached.
struct Sweep<A> {
    /// How many open rows each country has.
    claims: BTreeMap<CountryCode, u32>,
    /// For each open row, the first address after it. Rows that end with the family have none.
    ends: BinaryHeap<Reverse<(A, CountryCode)>>,
}

impl<A: Address> Default for Sweep<A> {
    fn default() -> Self {
        Self { claims: BTreeMap::new(), ends: BinaryHeap::new() }
    }
}

impl<A: Address> Sweep<A> {
    fn begin(&mut self, range: AddressRange<A>, country: CountryCode) {
        *self.claims.entry(country).or_default() += 1;
        self.ends.extend(range.last().successor().map(|beyond| Reverse((beyond, country))));
    }

    fn next_end(&self) -> Option<A> {
        self.ends.peek().map(|Reverse((beyond, _))| *beyond)
    }

    fn end_at(&mut self, address: A) {
        while let Some(Reverse((_, country))) =
            self.ends.peek().filter(|Reverse((beyond, _))| *beyond == address)
        {
            if let Some(rows) = self.claims.get_mut(country) {
                *rows -= 1;
                if *rows == 0 {
                    self.claims.remove(country);
                }
            }
            self.ends.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const CODES: [&str; 3] = ["CN", "DE", "XK"];

    fn rows() -> impl Strategy<Value = Vec<(AddressRange<u8>, CountryCode)>> {
        vec((any::<u8>(), any::<u8>(), 0..CODES.len()), 0..12).prop_map(|rows| {
            rows.into_iter()
                .map(|(a, b, code)| {
                    (AddressRange::new(a.min(b), a.max(b)).unwrap(), CODES[code].parse().unwrap())
                })
                .collect()
        })
    }

    fn build(rows: &[(AddressRange<u8>, CountryCode)]) -> (Segments<u8>, CountrySetTable) {
        let (mut builder, mut table) = (SegmentsBuilder::default(), CountrySetTable::default());
        // A low limit, so that the few rows of this test are joined several times.
        builder.out_of_order.enough = 2;
        for (range, country) in rows {
            builder.push(*range, *country, &mut table).unwrap();
        }
        let segments = builder.finish(&mut table).unwrap();
        (segments, table)
    }

    proptest! {
        #[test]
        fn every_address_is_held_by_exactly_the_countries_that_claim_it(rows in rows()) {
            let (segments, table) = build(&rows);
            for address in 0..=255 {
                let mut claimants: Vec<CountryCode> =
                    rows.iter().filter(|(range, _)| range.contains(address)).map(|(_, country)| *country).collect();
                claimants.sort_unstable();
                claimants.dedup();
                let segment = segments.segment_of(address);
                prop_assert!(segment.range.contains(address));
                prop_assert_eq!(table.countries(segment.country_set), &claimants[..]);
            }
        }

        #[test]
        fn the_order_of_rows_makes_no_difference(rows in rows(), seed: u64) {
            let (segments, table) = build(&rows);
            let mut shuffled = rows;
            let turn = usize::try_from(seed % 12).unwrap().min(shuffled.len());
            shuffled.rotate_left(turn);
            let (again, again_table) = build(&shuffled);
            let named = |segments: &Segments<u8>, table: &CountrySetTable| -> Vec<_> {
                segments.segments().map(|s| (s.range, table.countries(s.country_set).to_vec())).collect()
            };
            prop_assert_eq!(named(&segments, &table), named(&again, &again_table));
        }
    }

    #[test]
    fn a_claim_that_is_repeated_is_kept_once() {
        let (mut builder, mut table) = (SegmentsBuilder::<u128>::default(), CountrySetTable::default());
        for row in 0..1_000_000 {
            let range = AddressRange::new(row % 5, row % 5 + 2).unwrap();
            builder.push(range, CODES[0].parse().unwrap(), &mut table).unwrap();
        }
        assert_eq!(builder.out_of_order.rows, 999_998);
        assert!(
            builder.out_of_order.claims.capacity() <= 1 << 17,
            "{}",
            builder.out_of_order.claims.capacity()
        );
    }

    #[test]
    fn more_rows_than_any_source_has_are_refused() {
        let mut builder = DatabaseBuilder::default();
        let mut push = |row: u32| {
            builder.push_v4(AddressRange::new(row, row).unwrap(), CODES[row as usize % 3].parse().unwrap())
        };
        for row in 0..2_000_000 {
            push(row).unwrap();
        }
        assert_eq!(push(2_000_000).unwrap_err().code(), Code::SourceTooLarge);
    }

    #[test]
    fn a_row_that_ends_with_the_family_leaves_no_gap_behind() {
        let (segments, _) = build(&[(AddressRange::new(250, 255).unwrap(), "DE".parse().unwrap())]);
        assert_eq!(segments.starts(), [0, 250]);
    }
}
