//! Refuses new data that lost what should be blocked, or in which that grew beyond reason: it was cut off, or a publisher made a
//! mistake.

use super::{AsNumber, Head, Holders};
use crate::error::{Code, Error, Result};

/// New data must keep one of so many addresses.
const SHRINKS_TO: u64 = 2;
/// A chosen network may become so many times as large, or as a network that may grow as it likes.
const GROWS_TO: u64 = 4;
/// A network may get a /16 of IPv4 that had none.
const FREE_V4: u64 = 1 << 16;
/// As [`FREE_V4`], in IPv6 networks of /64: a /28.
const FREE_V6: u64 = 1 << 36;
/// A network of fewer IPv4 addresses, a /22, may lose what it likes: small ones are sold and given up.
const FEW_V4: u64 = 1 << 10;
/// As [`FEW_V4`], in IPv6 networks of /64: a /44.
const FEW_V6: u64 = 1 << 20;

/// Compares new data with what is kept: as a whole, and each of the networks that somebody `chose`.
///
/// # Errors
/// `source.shrunk` if a family or a chosen network keeps less than half of its addresses, `source.grown` if a chosen network
/// has more than four times as many, and more than four times a /16 (for IPv6, a /28). A family in which a network has less than
/// a /22 (for IPv6, a /44) may lose it.
pub fn refuse_loss(
    (kept, kept_holders): (&Head, &Holders),
    (new, new_holders): (&Head, &Holders),
    chosen: impl IntoIterator<Item = AsNumber>,
) -> Result<()> {
    let families = [(kept.v4_addresses, new.v4_addresses), (kept.v6_networks, new.v6_networks)];
    refuse_less("the new network data", families, [0, 0])?;
    for number in chosen {
        let Some(before) = kept_holders.get(number) else { continue };
        let after = new_holders.get(number).map(|after| (after.v4_addresses, after.v6_networks));
        let (v4, v6) = after.unwrap_or_default();
        let families = [(before.v4_addresses, v4), (before.v6_networks, v6)];
        let whose = format!("the network {number} ({})", before.name);
        refuse_less(&whose, families, [FEW_V4, FEW_V6])?;
        refuse_more(&whose, families, [FREE_V4, FREE_V6])?;
    }
    Ok(())
}

fn refuse_more(whose: &str, families: [(u64, u64); 2], free: [u64; 2]) -> Result<()> {
    for (what, ((before, after), free)) in
        ["IPv4 addresses", "IPv6 networks"].into_iter().zip(families.into_iter().zip(free))
    {
        if after / GROWS_TO > before.max(free) {
            let message = format!("{whose} has {after} {what}; in the data that is kept there are {before}");
            return Err(Error::new(Code::SourceGrown, message));
        }
    }
    Ok(())
}

fn refuse_less(whose: &str, families: [(u64, u64); 2], few: [u64; 2]) -> Result<()> {
    for (what, ((before, after), few)) in
        ["IPv4 addresses", "IPv6 networks"].into_iter().zip(families.into_iter().zip(few))
    {
        if before >= few && after < before / SHRINKS_TO {
            let message =
                format!("{whose} has only {after} {what}; in the data that is kept there are {before}");
            return Err(Error::new(Code::SourceShrunk, message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn::{NetworkSource, NetworkTable, Report, Rows};

    fn data(rows: &[(&str, &str, u32)]) -> (Head, NetworkTable) {
        let rows: Vec<String> = rows
            .iter()
            .map(|(first, last, number)| format!("{first},{last},{number},Name {number}\n"))
            .collect();
        let text = rows.concat();
        let mut read = Rows::default();
        read.read(&mut text.as_bytes()).unwrap();
        let (table, _) = read.compile();
        let (v4_addresses, v6_networks) = table.held();
        let head = Head {
            source: NetworkSource::DbipAsn,
            files: Vec::new(),
            release: None,
            read_at: String::new(),
            rows: Report::default(),
            networks: 0,
            v4_addresses,
            v6_networks,
        };
        (head, table)
    }

    fn compared(kept: &[(&str, &str, u32)], new: &[(&str, &str, u32)], chosen: &[u32]) -> Result<()> {
        let ((kept, kept_table), (new, new_table)) = (data(kept), data(new));
        let chosen = chosen.iter().filter_map(|number| AsNumber::new(*number));
        refuse_loss((&kept, kept_table.holders()), (&new, new_table.holders()), chosen)
    }

    const KEPT: [(&str, &str, u32); 4] = [
        ("5.0.0.0", "5.3.255.255", 7),
        ("6.0.0.0", "6.0.15.255", 8),
        ("7.0.0.0", "7.0.1.255", 9),
        ("2a00::", "2a00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 8),
    ];

    #[test]
    fn a_whole_that_lost_half_of_a_family_is_refused_whatever_was_chosen() {
        assert!(compared(&KEPT, &KEPT, &[7, 8, 9]).is_ok());
        let refused = compared(&KEPT, &KEPT[1..], &[]).unwrap_err();
        assert_eq!(refused.code(), Code::SourceShrunk);
        assert!(refused.message().contains("IPv4 addresses"), "{refused}");
        let refused = compared(&KEPT, &KEPT[..3], &[]).unwrap_err();
        assert!(refused.message().contains("IPv6 networks"), "{refused}");
    }

    #[test]
    fn a_chosen_network_that_lost_half_is_refused_by_name_and_others_and_small_ones_may_lose_all() {
        let without_eight = [KEPT[0], KEPT[2], (KEPT[3].0, KEPT[3].1, 7)];
        assert!(compared(&KEPT, &without_eight, &[9, 11]).is_ok());
        let refused = compared(&KEPT, &without_eight, &[8]).unwrap_err();
        assert_eq!(refused.code(), Code::SourceShrunk);
        assert!(refused.message().contains("AS8 (Name 8) has only 0 IPv4"), "{refused}");
        let grown = [("5.0.0.0", "5.31.255.255", 7), KEPT[1], KEPT[2], KEPT[3]];
        assert_eq!(compared(&KEPT, &grown, &[7]).unwrap_err().code(), Code::SourceGrown);
        assert!(compared(&KEPT, &grown, &[8]).is_ok());
        let without_nine = [KEPT[0], KEPT[1], KEPT[3]];
        assert!(compared(&KEPT, &without_nine, &[9]).is_ok());
        let halved = [KEPT[0], ("6.0.0.0", "6.0.7.255", 8), KEPT[2], KEPT[3]];
        assert!(compared(&KEPT, &halved, &[8]).is_ok());
    }
}
