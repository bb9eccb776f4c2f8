//! Who may administer, with the real kernel and real connections.

use serde_json::{Value, json};

use crate::pbx::{Flavour, Pbx};
use crate::world::{block_request, exceptions, plain_request};

/// The port of administration in these tests: the one on which the PBX of the lab takes TCP connections.
const PORT: u16 = 5060;

/// Blocks CN, with administration from these countries, and these exceptions.
fn restricted(countries: &[&str], ports: &[u16], excepted: &[&str]) -> Value {
    let mut request = block_request(&["CN"]);
    request["policy"]["admin"] = json!({"countries": countries, "ports": ports});
    request["policy"]["exceptions"] = exceptions(excepted);
    request
}

impl Pbx {
    fn restrict(&self, request: &Value) {
        let outcome = self.ask("apply", request);
        assert!(outcome.is_ok(), "{outcome:?}");
        self.attach();
        let status = self.ask("status", &plain_request());
        assert_eq!(status.data()["active"], true, "{status:?}");
    }

    fn assert_connecting(&self, connecting: &[&str], refused: &[&str]) {
        for (addresses, is_expected) in [(connecting, true), (refused, false)] {
            for address in addresses {
                assert_eq!(self.lab.connects(address.parse().unwrap()), is_expected, "{address}");
            }
        }
    }
}

#[test]
fn connections_to_the_ports_of_administration_pass_only_from_some_countries() {
    for pbx in [Pbx::new(Flavour::Legacy), Pbx::with_ipset_tool(Flavour::Nft)] {
        pbx.build_input_up_to_the_hook();
        let ports: Vec<u16> = (1..=14).chain([PORT]).collect();
        pbx.restrict(&restricted(&["DE"], &ports, &["9.9.9.8", "2c00::8"]));
        // UDP packets to the same port, as phones send them, ask no restriction.
        pbx.assert_filtering(
            &["1.1.0.10", "9.9.9.9", "9.9.9.8", "2a00:100::", "2c00::9"],
            &["1.0.0.0", "2a00::1"],
        );
        let (from_there, elsewhere) = (
            &["1.1.0.10", "1.0.64.0", "2a00:100::", "9.9.9.8", "2c00::8"],
            &["9.9.9.9", "1.0.0.0", "2c00::9", "2a00::1"],
        );
        pbx.assert_connecting(from_there, elsewhere);
        let established = pbx.lab.open_flow("1.1.0.10".parse().unwrap());
        pbx.restrict(&restricted(&["CN"], &[22, PORT], &[]));
        assert!(established.still_flows(), "a connection that is open stays");
        pbx.assert_connecting(&[], &["1.1.0.10", "9.9.9.9", "1.0.0.0", "2a00:100::"]);
        pbx.restrict(&restricted(&["DE"], &[22], &[]));
        pbx.assert_connecting(&["9.9.9.9", "2c00::9"], &["1.0.0.0"]);
        pbx.restrict(&block_request(&["CN"]));
        pbx.assert_connecting(&["9.9.9.9", "2c00::9"], &["1.0.0.0"]);
        let (v4, v6, _) = pbx.kernel();
        assert!(!format!("{v4}{v6}").contains("admin"), "{v4}{v6}");
    }
}

#[test]
fn a_policy_that_only_counts_restricts_administration_all_the_same() {
    let pbx = Pbx::new(Flavour::Legacy);
    let mut request = restricted(&["DE"], &[PORT], &[]);
    request["policy"]["action"] = json!("count");
    pbx.restrict(&request);
    pbx.assert_filtering(&["1.1.0.10", "9.9.9.9", "1.0.0.0", "2a00::1"], &[]);
    pbx.assert_connecting(&["1.1.0.10", "2a00:100::"], &["9.9.9.9", "1.0.0.0", "2a00::1"]);
}

#[test]
fn a_source_that_the_firewall_trusts_administers_from_anywhere() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.iptables("iptables", "-A INPUT -j DROP");
    pbx.iptables("iptables", "-I INPUT -s 9.9.9.0/24 -j ACCEPT");
    pbx.restrict(&restricted(&["DE"], &[PORT], &[]));
    pbx.assert_connecting(&["9.9.9.9"], &["9.9.8.9"]);
}

#[test]
fn a_restriction_returns_after_a_reboot() {
    let mut pbx = Pbx::new(Flavour::Legacy);
    pbx.restrict(&restricted(&["DE"], &[PORT], &[]));
    pbx.lab = crate::lab::Lab::new();
    pbx.attach();
    pbx.assert_connecting(&["1.1.0.10"], &["9.9.9.9", "1.0.0.0"]);
}
