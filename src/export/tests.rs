use super::*;
use crate::net::AddressRange;

fn range<A: IpBits>(first: A, last: A) -> AddressRange<A> {
    AddressRange::new(first, last).unwrap()
}

/// Three addresses from 192.0.2.0 on, 198.51.100.0/24 and `2001:db8::/32`.
fn export(format: Format) -> Export {
    let v4 = [range(0xc000_0200_u32, 0xc000_0202), range(0xc633_6400, 0xc633_64ff)];
    let v6 = [range(0x2001_0db8_u128 << 96, (0x2001_0db9 << 96) - 1)];
    Export {
        dropped: Dropped { v4: v4.into_iter().collect(), v6: v6.into_iter().collect() },
        attribution: Attribution { text: "Somebody's data", url: "https://example.net" },
        action: Action::Drop,
        format,
        network: Network::Host,
        families: Family::ALL.to_vec(),
    }
}

fn text(export: &Export) -> String {
    let mut text = Vec::new();
    export.write(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// The lines after the head.
fn lines(export: &Export) -> Vec<String> {
    text(export).lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn each_format_names_whose_data_it_is_and_gives_the_same_bytes_again() {
    for format in [Format::Ipset, Format::Nft, Format::Cidr, Format::RouterOs] {
        let written = text(&export(format));
        assert!(written.contains("# Country data: Somebody's data, https://example.net\n"));
        assert_eq!(written, text(&export(format)));
    }
}

#[test]
fn a_list_has_one_block_a_line() {
    let expected = ["192.0.2.0/31", "192.0.2.2/32", "198.51.100.0/24", "2001:db8::/32"];
    assert_eq!(lines(&export(Format::Cidr)), expected);
    let v6 = Export { families: vec![Family::V6], ..export(Format::Cidr) };
    assert_eq!((lines(&v6), v6.count()), (vec!["2001:db8::/32".to_owned()], 1));
}

#[test]
fn sets_are_filled_beside_the_old_ones_and_swapped() {
    let lines = lines(&export(Format::Ipset));
    let at = |word: &str| lines.iter().position(|line| line.starts_with(word)).unwrap();
    let order = ["create geoip_host_v4", "create geoip_host_next_v4", "flush geoip_host_next_v4"];
    let then = ["add geoip_host_next_v4 192.0.2.0/31", "swap geoip_host_next_v4 geoip_host_v4"];
    let places: Vec<_> =
        order.into_iter().chain(then).chain(["destroy geoip_host_next_v4"]).map(at).collect();
    assert!(places.is_sorted(), "{lines:?}");
}

#[test]
fn rules_stand_where_connections_come_in_and_only_count_where_the_policy_does() {
    let commands = |export: &Export| export.commands("FILE").join("\n");
    let bridge = Export { network: Network::Bridge, ..export(Format::Ipset) };
    let shown = commands(&bridge);
    assert!(shown.contains("-I DOCKER-USER -j GEOIP_HOST") && shown.contains("--ctstate DNAT"), "{shown}");
    assert!(shown.contains("geoip_host_v4 src -j DROP") && shown.contains("-D INPUT"), "{shown}");
    let counting = commands(&Export { action: Action::Count, ..export(Format::Ipset) });
    assert!(counting.contains("geoip_host_v6 src\n") && !counting.contains("DROP"), "{counting}");

    let bridge = text(&Export { network: Network::Bridge, ..export(Format::Nft) });
    assert!(
        bridge.contains("hook forward")
            && bridge.contains("ct status dnat ip saddr @dropped_v4 counter drop\n")
    );
    let counting = text(&Export { action: Action::Count, ..export(Format::Nft) });
    assert!(counting.contains("hook input") && counting.contains("\t\tip saddr @dropped_v4 counter\n"));
}

#[test]
fn a_router_gets_ranges_of_ipv4_and_its_list_in_use_stays_until_the_rule_names_the_other() {
    let v4 = Export { families: vec![Family::V4], ..export(Format::RouterOs) };
    let lines = lines(&v4);
    assert_eq!(v4.count(), 2);
    let at = |word: &str| lines.iter().position(|line| line.contains(word)).unwrap();
    let order = [
        "src-address-list=\"geoip-a\"",
        "find where list=$geoipNext",
        "$ga 192.0.2.0-192.0.2.2",
        "$ga 198.51.100.0/24",
        "set [/ip firewall filter find where comment",
        "find where list=$geoipLast",
    ];
    let places: Vec<_> = order.into_iter().map(at).collect();
    assert!(places.is_sorted(), "{places:?} {lines:#?}");
}

#[test]
fn a_family_without_addresses_has_a_set_without_elements() {
    let empty = Dropped { v4: RangeSet::default(), v6: RangeSet::default() };
    let written = text(&Export { dropped: empty, ..export(Format::Nft) });
    assert!(written.contains("set dropped_v6") && !written.contains("elements"));
}
