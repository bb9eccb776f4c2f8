//! The filter reports what it does not achieve, even if everything in the kernel is correct.

use geoip_helper::country::COUNTRIES;
use serde_json::{Value, json};

use crate::pbx::{Flavour, Pbx};
use crate::world::{Outcome, exceptions, plain_request};

impl Pbx {
    /// Puts a policy in force. Returns the replies of preview, apply and status.
    fn enforce(&self, policy: &Value) -> [Outcome; 3] {
        let request = json!({"v": 1, "source": "dbip", "policy": policy});
        let replies = ["preview", "apply"].map(|operation| self.ask(operation, &request));
        self.attach();
        let [preview, apply] = replies;
        [preview, apply, self.ask("status", &plain_request())]
    }
}

fn problems(outcome: &Outcome) -> Vec<&str> {
    let problems = outcome.data()["problems"].as_array().unwrap();
    problems.iter().map(|problem| problem["code"].as_str().unwrap()).collect()
}

fn all_countries() -> Vec<&'static str> {
    COUNTRIES.iter().map(|country| country.code.as_str()).collect()
}

#[test]
fn a_policy_that_drops_nobody_is_not_active() {
    let none: &[&str] = &[];
    for (countries, subnets, code) in [
        (json!([]), none, "policy.drops_nobody"),
        (json!(["AQ"]), none, "policy.drops_nobody"),
        (json!(["CN"]), &["1.0.0.0/8", "2a00::/16"], "policy.drops_nobody"),
        (json!(["CN"]), &["0.0.0.0/0", "::/0"], "policy.exempts_everybody"),
        (json!(["CN"]), &["0.0.0.0/1", "128.0.0.0/1"], "policy.exempts_everybody"),
    ] {
        let pbx = Pbx::new(Flavour::Legacy);
        let policy = json!({"mode": "block", "countries": countries, "exceptions": exceptions(subnets)});
        let [preview, apply, status] = pbx.enforce(&policy);
        assert_eq!(preview.warnings(), [code], "{policy}: {preview:?}");
        assert_eq!(problems(&apply), [code], "{policy}: {apply:?}");
        assert_eq!((&status.data()["active"], problems(&status)), (&json!(false), vec![code]), "{policy}");
        let quick = pbx.ask("status", &json!({"v": 1, "quick": true}));
        assert_eq!((&quick.data()["active"], problems(&quick)), (&json!(false), vec![code]), "{policy}");
        // There is no drift in the kernel.
        let check = pbx.ask("check", &json!({"v": 1, "settle_seconds": 0}));
        assert_eq!(check.data()["drifts"], json!([]), "{policy}");
    }
}

#[test]
fn if_all_countries_are_blocked_unknown_addresses_are_reported() {
    let pbx = Pbx::new(Flavour::Legacy);
    let policy =
        |countries: Vec<&str>, unknown| json!({"mode": "block", "countries": countries, "unknown": unknown});

    let replies = pbx.enforce(&policy(all_countries(), "pass"));
    for reply in &replies {
        assert_eq!(reply.warnings(), ["policy.passes_unknown"], "{reply:?}");
    }
    assert_eq!(replies[2].data()["active"], true);
    pbx.assert_filtering(&["9.9.9.9", "3000::1"], &["1.0.0.7", "1.1.0.4"]);

    let replies = pbx.enforce(&policy(all_countries(), "drop"));
    assert!(replies.iter().all(|reply| reply.warnings().is_empty()), "{replies:?}");
    pbx.assert_filtering(&["10.9.9.9", "fd00::9"], &["9.9.9.9", "3000::1", "1.0.0.7"]);
    let explained = pbx.ask("explain", &json!({"v": 1, "addresses": ["9.9.9.9"]}));
    assert_eq!(explained.data()["addresses"][0]["reason"], "unknown_dropped");

    let replies = pbx.enforce(&policy(vec!["CN"], "drop"));
    for reply in &replies {
        assert_eq!(reply.warnings(), ["policy.unknown_ignored"], "{reply:?}");
    }
    pbx.assert_filtering(&["9.9.9.9", "3000::1"], &["1.0.0.7"]);
}
