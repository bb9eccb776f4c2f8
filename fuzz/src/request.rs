//! Requests: an accepted request is valid, and means the same after it is written and parsed again.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;

use geoip_helper::asn::MOST_NETWORKS;
use geoip_helper::dataset::SourceId;
use geoip_helper::error::Code;
use geoip_helper::ops::{
    ApplyRequest, AttachRequest, BaseUrls, ConfirmRequest, CountriesRequest, DetachRequest, ExplainRequest,
    ExportRequest, NetworksRequest, PreviewRequest, RevokeRequest, RollbackRequest, StatusRequest,
    UpdateRequest, ValidateRequest,
};
use geoip_helper::plan::{MOST_HOSTS, MOST_PHONES, Policy};
use geoip_helper::protocol;
use reqwest::Url;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Parses the bytes as a request of every operation.
pub fn request(json: &[u8]) -> bool {
    let update = accepted::<UpdateRequest>(json);
    if let Some(update) = &update {
        let seconds = Duration::from(update.timeout_seconds).as_secs();
        assert!((1..=600).contains(&seconds), "{seconds} seconds");
        check_mirrors(&update.base_urls);
    }
    let apply = accepted::<ApplyRequest>(json);
    let preview = accepted::<PreviewRequest>(json);
    let explain = accepted::<ExplainRequest>(json);
    if let Some(apply) = apply.as_ref().filter(|apply| apply.confirm.is_none()) {
        // Everything that can be applied can also be previewed and validated.
        let preview = preview.as_ref().expect("apply is accepted, preview is not");
        assert_eq!((&apply.policy, apply.source), (&preview.policy, preview.source));
        assert_eq!(apply.contacts, preview.contacts);
        // What has contacts is no request to validate.
        let validate = accepted::<ValidateRequest>(json);
        assert!(validate.is_some() || apply.contacts.is_some(), "apply is accepted, validate is not");
        if let Some(validate) = validate {
            assert_eq!((&apply.policy, apply.source), (&validate.policy, validate.source));
        }
    }
    let policies = preview.iter().map(|request| &request.policy);
    policies.chain(explain.iter().filter_map(|request| request.policy.as_ref())).for_each(check_policy);

    // A plain request is one of each of these; that of the status may say more.
    let status = accepted::<StatusRequest>(json).is_some();
    let plain = accepted::<AttachRequest>(json).is_some();
    assert_eq!(accepted::<DetachRequest>(json).is_some(), plain);
    assert!(status || !plain, "attach is accepted, status is not");
    let networks = accepted::<NetworksRequest>(json).is_some();
    assert!(networks || !plain, "attach is accepted, networks is not");
    let countries = accepted::<CountriesRequest>(json).is_some();
    let confirm = accepted::<ConfirmRequest>(json).is_some();
    // `when_due` exists only in the request of a rollback.
    let rollback = accepted::<RollbackRequest>(json).is_some();
    assert!(rollback || !confirm, "confirm is accepted, rollback is not");
    let revoke = accepted::<RevokeRequest>(json);
    let export = accepted::<ExportRequest>(json);
    export
        .iter()
        .filter_map(|request| request.wanted.as_ref())
        .for_each(|wanted| check_policy(&wanted.policy));
    let about_policies = apply.is_some() || preview.is_some() || explain.is_some();
    status
        || countries
        || networks
        || update.is_some()
        || about_policies
        || rollback
        || revoke.is_some()
        || export.is_some()
}

fn accepted<T: DeserializeOwned + Serialize + PartialEq + Debug>(json: &[u8]) -> Option<T> {
    match protocol::parse::<T>(json) {
        Ok(request) => {
            let written = serde_json::to_vec(&request).expect("an accepted request can be written");
            assert_eq!(protocol::parse::<T>(&written).as_ref().ok(), Some(&request), "{}", text(&written));
            Some(request)
        }
        Err(error) => {
            assert_eq!(error.code(), Code::RequestInvalid, "{error}");
            assert!(!error.message().is_empty(), "a refusal without a reason");
            None
        }
    }
}

fn check_policy(policy: &Policy) {
    for subnet in policy.exceptions.iter().filter_map(|exception| exception.excepted.subnet()) {
        assert_eq!(subnet.net(), subnet.net().trunc(), "host bits are left");
    }
    assert!(policy.networks.len() <= MOST_NETWORKS, "{} networks", policy.networks.len());
    let hosts: BTreeSet<&str> = policy.hosts().map(|(host, _)| host.as_str()).collect();
    assert!(hosts.len() <= MOST_HOSTS, "{} hosts", hosts.len());
    let phones: BTreeSet<String> = policy.phones().map(|(phone, _)| phone.to_string()).collect();
    assert!(phones.len() <= MOST_PHONES, "{} phones", phones.len());
    assert!(phones.iter().all(|phone| (1..=64).contains(&phone.len())), "{phones:?}");
    for host in hosts {
        assert!(host.contains('.') && !host.ends_with('.') && host.len() <= 253, "{host:?}");
        assert!(!host.bytes().any(|byte| byte.is_ascii_uppercase()), "{host:?}");
    }
}

/// The URL of a file on a mirror belongs to that server, uses HTTP, and ends with the file's name.
fn check_mirrors(mirrors: &BaseUrls) {
    for base in SourceId::ALL.into_iter().filter_map(|source| mirrors.of(source)) {
        let mirror = Url::parse(base).expect("an accepted mirror is a URL");
        let file = format!("{}/MD5SUM", base.trim_end_matches('/'));
        let file = Url::parse(&file).unwrap_or_else(|error| panic!("{file:?} is no URL: {error}"));
        assert!(["http", "https"].contains(&file.scheme()), "{file}");
        assert_eq!((file.host(), file.port()), (mirror.host(), mirror.port()), "{base:?}");
        assert!(file.path().ends_with("/MD5SUM"), "{base:?} does not lead to its files");
        assert_eq!((file.query(), file.fragment()), (None, None), "{base:?}");
        // The published schema requires it.
        assert!(base.starts_with("http://") || base.starts_with("https://"), "{base:?}");
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
