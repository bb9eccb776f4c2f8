//! Parses addresses as publishers write them. It works on bytes because an update spends most of its time here.
//!
//! Tests prove that it accepts exactly what the standard library accepts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address of either family.
pub(crate) fn parse_ip(text: &[u8]) -> Option<IpAddr> {
    parse_ipv4(text).map(IpAddr::V4).or_else(|| parse_ipv6(text).map(IpAddr::V6))
}

/// Four decimal numbers without leading zeros.
pub(super) fn parse_ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    leading_ipv4(text).filter(|(_, rest)| rest.is_empty()).map(|(address, _)| address)
}

/// Eight groups of hexadecimal digits, or fewer around one `::`.
pub(super) fn parse_ipv6(text: &[u8]) -> Option<Ipv6Addr> {
    match leading_ipv6(text) {
        Some((address, [])) => Some(address),
        // The last 32 bits may be written as IPv4. Publishers do not write it, so it may be slow.
        _ if text.contains(&b'.') => std::str::from_utf8(text).ok()?.parse().ok(),
        _ => None,
    }
}

/// The address at the start of a text, and the text after it.
pub(super) type Leading<'a, A> = Option<(A, &'a [u8])>;

/// As [`parse_ipv4`], for the start of a text.
pub(super) fn leading_ipv4(text: &[u8]) -> Leading<'_, Ipv4Addr> {
    let mut octets = [0; 4];
    let mut rest = text;
    for (index, octet) in octets.iter_mut().enumerate() {
        if index > 0 {
            rest = rest.strip_prefix(b".")?;
        }
        (*octet, rest) = parse_octet(rest)?;
    }
    Some((Ipv4Addr::from(octets), rest))
}

fn parse_octet(text: &[u8]) -> Option<(u8, &[u8])> {
    let mut number = 0_u32;
    let mut digits = 0;
    while let Some(digit) = text.get(digits).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
        number = number * 10 + u32::from(digit);
        digits += 1;
        if digits > 3 || (digits > 1 && text[0] == b'0') {
            return None;
        }
    }
    let octet = u8::try_from(number).ok().filter(|_| digits > 0)?;
    Some((octet, &text[digits..]))
}

/// As [`parse_ipv6`], for the start of a text. `None` also for an address that ends in IPv4 notation.
pub(super) fn leading_ipv6(text: &[u8]) -> Leading<'_, Ipv6Addr> {
    const GROUPS: u32 = 8;
    const GROUP_BITS: u32 = 16;
    let (mut bits, mut groups, mut groups_before_gap) = (0_u128, 0, None);
    let mut rest = text;
    if let Some(behind) = rest.strip_prefix(b"::") {
        (groups_before_gap, rest) = (Some(0), behind);
    }
    loop {
        let Some((group, behind)) = parse_group(rest) else {
            // The text may end with the gap.
            if groups_before_gap == Some(groups) {
                break;
            }
            return None;
        };
        bits = bits << GROUP_BITS | u128::from(group);
        groups += 1;
        rest = match behind {
            [b':', b':', behind @ ..] if groups_before_gap.is_none() => {
                groups_before_gap = Some(groups);
                behind
            }
            [b':', behind @ ..] => behind,
            [b'.', ..] => return None,
            _ => {
                rest = behind;
                break;
            }
        };
    }
    let Some(before) = groups_before_gap else {
        return (groups == GROUPS).then_some((Ipv6Addr::from_bits(bits), rest));
    };
    let missing = GROUPS.checked_sub(groups).filter(|missing| *missing > 0)?;
    let behind_gap = (groups - before) * GROUP_BITS;
    let low = bits & ((1 << behind_gap) - 1);
    let high = (bits ^ low) << ((missing * GROUP_BITS) % u128::BITS);
    Some((Ipv6Addr::from_bits(high | low), rest))
}

fn parse_group(text: &[u8]) -> Option<(u16, &[u8])> {
    // A shortcut: most groups of a range's last address are `ffff`.
    if let [b'f', b'f', b'f', b'f', behind @ ..] = text {
        return Some((0xffff, behind));
    }
    let mut group = 0_u16;
    let mut digits = 0;
    while let Some(digit) = text.get(digits).map(|byte| HEX[usize::from(*byte)]).filter(|digit| *digit < 16) {
        group = group << 4 | u16::from(digit);
        digits += 1;
        if digits > 4 {
            return None;
        }
    }
    (digits > 0).then(|| (group, &text[digits..]))
}

/// The value of each byte as a hexadecimal digit, or 16 if it is none.
static HEX: [u8; 256] = {
    let mut values = [16; 256];
    let digits = *b"0123456789abcdef";
    let mut value = 0_u8;
    while value < 16 {
        let digit = digits[value as usize];
        values[digit as usize] = value;
        values[digit.to_ascii_uppercase() as usize] = value;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &[u8]) -> Result<(), TestCaseError> {
        let expected = std::str::from_utf8(text).ok().and_then(|text| text.parse::<IpAddr>().ok());
        prop_assert_eq!(parse_ip(text), expected, "{}", String::from_utf8_lossy(text));
        Ok(())
    }

    proptest! {
        #[test]
        fn every_way_to_write_an_address_is_read(v4: u32, v6: u128, mask: u128) {
            check(Ipv4Addr::from_bits(v4).to_string().as_bytes())?;
            for bits in [v6, v6 & mask, v6 & v6.rotate_left(1) & mask, u128::from(v4), v6 << 64, mask << 100] {
                let address = Ipv6Addr::from_bits(bits);
                check(address.to_string().as_bytes())?;
                check(address.to_string().to_uppercase().as_bytes())?;
                let groups = address.segments().map(|group| format!("{group:04x}"));
                check(groups.join(":").as_bytes())?;
            }
        }

        #[test]
        fn what_the_standard_library_refuses_is_refused(
            dotted in "([0-9]{0,4}|25[0-9]|0[0-9])(\\.([0-9]{0,3}|25[0-9])){2,5}",
            grouped in "(:|::)?([0-9a-fA-F]{0,5}(:|::)){0,9}[0-9a-fA-Fg]{0,4}",
            mixed in "[0-9a-f:.]{0,20}",
            bytes: [u8; 6],
        ) {
            for text in [dotted.as_bytes(), grouped.as_bytes(), mixed.as_bytes(), &bytes] {
                check(text)?;
            }
        }
    }

    #[test]
    fn the_gap_stands_for_at_least_one_group() {
        for text in [
            "::",
            "::1",
            "1::",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1:2:3:4::5:6:7:8",
            "1::2::3",
            ":1",
            "1:",
        ] {
            assert_eq!(parse_ip(text.as_bytes()), text.parse().ok(), "{text}");
        }
    }
}
