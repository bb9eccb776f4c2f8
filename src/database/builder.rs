//! Turns the rows of a source, in whatever order and however they overlap, into partitions.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::country_sets::{CountrySetId, CountrySetTable};
use super::{Database, Metadata, Segments};
use crate::country::CountryCode;
use crate::error::{Code, Error, Result};
use crate::net::{Address, AddressRange};

/// Collects rows and builds the compiled columns.
///
/// Rows that ascend without overlap, as DB-IP ships them, go straight into their final place; the others wait
/// and are laid over at the end. Addresses that several countries claim are held by all of them.
#[derive(Debug, Default)]
pub struct DatabaseBuilder {
    country_sets: CountrySetTable,
    v4: PartitionBuilder<u32>,
    v6: PartitionBuilder<u128>,
    rows: u64,
}

/// A few times as many as any source has: they bound the memory that rows take, however well they are packed.
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
        Err(Error::new(Code::SourceTooLarge, format!("it holds more than {ROWS} rows, as no real data does")))
    }

    /// Number of rows that did not begin above the end of all rows before them: out of order or overlapping.
    pub fn displaced_rows(&self) -> u64 {
        self.v4.displaced.rows + self.v6.displaced.rows
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
struct PartitionBuilder<A> {
    columns: Columns<A>,
    /// The lowest address that no row has reached yet; none when the last one is taken.
    next: Option<A>,
    displaced: Displaced<A>,
}

impl<A: Address> Default for PartitionBuilder<A> {
    fn default() -> Self {
        Self { columns: Columns::default(), next: Some(A::MIN), displaced: Displaced::default() }
    }
}

impl<A: Address> PartitionBuilder<A> {
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
            _ => self.displaced.push(range, country),
        }
        Ok(())
    }

    fn finish(mut self, table: &mut CountrySetTable) -> Result<Segments<A>> {
        if let Some(next) = self.next {
            self.columns.append(next, CountrySetId::NOBODY);
        }
        let ordered = self.columns.into_partition();
        if self.displaced.rows == 0 { Ok(ordered) } else { overlay(&ordered, self.displaced.claims, table) }
    }
}

/// What a country claims.
type Claim<A> = (AddressRange<A>, CountryCode);

/// Rows that have to wait. What a country claims twice is kept once.
#[derive(Debug)]
struct Displaced<A> {
    claims: Vec<Claim<A>>,
    /// So many claims wait until they are joined again.
    enough: usize,
    rows: u64,
}

impl<A> Default for Displaced<A> {
    fn default() -> Self {
        Self { claims: Vec::new(), enough: 1 << 16, rows: 0 }
    }
}

impl<A: Address> Displaced<A> {
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

/// The columns of a partition in the making.
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
    /// Begins a segment, unless the one before has the same holder.
    fn append(&mut self, start: A, country_set: CountrySetId) {
        if self.country_sets.last() != Some(&country_set) {
            self.starts.push(start);
            self.country_sets.push(country_set);
        }
    }

    fn into_partition(self) -> Segments<A> {
        Segments::from_columns(self.starts, self.country_sets).unwrap_or_default()
    }
}

/// Sweeps over the ends of all rows, so that each address ends up with every country that claims it.
fn overlay<A: Address>(
    ordered: &Segments<A>,
    mut displaced: Vec<Claim<A>>,
    table: &mut CountrySetTable,
) -> Result<Segments<A>> {
    displaced.sort_unstable_by_key(|(range, _)| range.first());
    let (mut ordered, mut displaced) = (ordered.held_segments().peekable(), displaced.into_iter().peekable());
    let mut sweep = Sweep::default();
    let mut columns = Columns::default();
    loop {
        let begins = [
            ordered.peek().map(|segment| segment.range.first()),
            displaced.peek().map(|(range, _)| range.first()),
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
        while let Some((range, country)) = displaced.next_if(|(range, _)| range.first() == address) {
            sweep.begin(range, country);
        }
        let claimants: Vec<CountryCode> = sweep.claims.keys().copied().collect();
        columns.append(address, table.intern(&claimants)?);
    }
    Ok(columns.into_partition())
}

/// Who claims the addresses that a sweep has reached.
struct Sweep<A> {
    /// How many rows of each country.
    claims: BTreeMap<CountryCode, u32>,
    /// The address behind each of those rows, unless it ends with the family.
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
        let (mut builder, mut table) = (PartitionBuilder::default(), CountrySetTable::default());
        // Rows of so few that all of them are joined now and then.
        builder.displaced.enough = 2;
        for (range, country) in rows {
            builder.push(*range, *country, &mut table).unwrap();
        }
        let partition = builder.finish(&mut table).unwrap();
        (partition, table)
    }

    proptest! {
        #[test]
        fn every_address_is_held_by_exactly_the_countries_that_claim_it(rows in rows()) {
            let (partition, table) = build(&rows);
            for address in 0..=255 {
                let mut claimants: Vec<CountryCode> =
                    rows.iter().filter(|(range, _)| range.contains(address)).map(|(_, country)| *country).collect();
                claimants.sort_unstable();
                claimants.dedup();
                let segment = partition.segment_of(address);
                prop_assert!(segment.range.contains(address));
                prop_assert_eq!(table.countries(segment.country_set), &claimants[..]);
            }
        }

        #[test]
        fn the_order_of_rows_makes_no_difference(rows in rows(), seed: u64) {
            let (partition, table) = build(&rows);
            let mut shuffled = rows;
            let turn = usize::try_from(seed % 12).unwrap().min(shuffled.len());
            shuffled.rotate_left(turn);
            let (again, again_table) = build(&shuffled);
            let named = |partition: &Segments<u8>, table: &CountrySetTable| -> Vec<_> {
                partition.segments().map(|s| (s.range, table.countries(s.country_set).to_vec())).collect()
            };
            prop_assert_eq!(named(&partition, &table), named(&again, &again_table));
        }
    }

    #[test]
    fn what_is_claimed_again_and_again_waits_once() {
        let (mut builder, mut table) = (PartitionBuilder::<u128>::default(), CountrySetTable::default());
        for row in 0..1_000_000 {
            let range = AddressRange::new(row % 5, row % 5 + 2).unwrap();
            builder.push(range, CODES[0].parse().unwrap(), &mut table).unwrap();
        }
        assert_eq!(builder.displaced.rows, 999_998);
        assert!(builder.displaced.claims.capacity() <= 1 << 17, "{}", builder.displaced.claims.capacity());
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
    fn rows_to_the_very_end_of_the_family_leave_no_gap_behind() {
        let (partition, _) = build(&[(AddressRange::new(250, 255).unwrap(), "DE".parse().unwrap())]);
        assert_eq!(partition.starts(), [0, 250]);
    }
}
