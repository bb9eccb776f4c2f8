//! Refuses a list that changed beyond reason: it was cut off, or somebody else's file came instead.

use super::Head;
use crate::error::{Code, Error, Result};

/// A list of fewer addresses may shrink and grow as it likes, for percentages say nothing of it.
const FEW: u64 = 1_000;
/// A list must keep one of so many of its addresses.
const SHRINKS_TO: u64 = 5;
/// A list may become so many times as large.
const GROWS_TO: u64 = 10;

/// Compares a list of a publisher with what is kept of it.
///
/// # Errors
/// `source.shrunk` if a family keeps less than a fifth of its addresses, `source.grown` if it has more than ten times as
/// many. A family of fewer than 1,000 addresses, or networks of IPv6, may do either.
pub fn refuse_leap(kept: &Head, new: &Head) -> Result<()> {
    let families = [
        ("IPv4 addresses", kept.v4_addresses, new.v4_addresses),
        ("IPv6 networks", kept.v6_networks, new.v6_networks),
    ];
    for (what, before, after) in families {
        let code = if before >= FEW && after < before / SHRINKS_TO {
            Code::SourceShrunk
        } else if after >= FEW && after / GROWS_TO > before.max(FEW) {
            Code::SourceGrown
        } else {
            continue;
        };
        let message =
            format!("the new list {} has {after} {what}; the one that is kept has {before}", new.id);
        return Err(Error::new(code, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocklist::Report;

    fn head(v4_addresses: u64) -> Head {
        let (id, read_at) = ("mine".parse().unwrap(), String::new());
        Head {
            id,
            files: Vec::new(),
            read_at,
            made_at: None,
            rows: Report::default(),
            v4_addresses,
            v6_networks: 0,
        }
    }

    #[test]
    fn only_large_lists_have_to_stay_large_and_none_may_explode() {
        let change = |before, after| refuse_leap(&head(before), &head(after)).map_err(|error| error.code());
        for (before, after) in [(85, 0), (85, 110), (999, 1), (10_000, 2_000), (0, 10_000), (5_000, 50_000)] {
            assert_eq!(change(before, after), Ok(()), "{before} to {after}");
        }
        assert_eq!(change(10_000, 1_999), Err(Code::SourceShrunk));
        assert_eq!(change(5_000, 50_010), Err(Code::SourceGrown));
        assert_eq!(change(85, 11_000), Err(Code::SourceGrown));
    }
}
