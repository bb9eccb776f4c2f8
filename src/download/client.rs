//! The HTTP client: TLS with the certificates of the system and of Mozilla, and no downgrade to plain HTTP.

use std::time::Duration;

use reqwest::blocking::Client;
use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore};

use super::Site;
use crate::error::{Code, Error, Result};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REDIRECT_LIMIT: usize = 5;
const USER_AGENT: &str =
    concat!("GeoIP-Filter-for-MikoPBX/", env!("CARGO_PKG_VERSION"), " (+", env!("CARGO_PKG_REPOSITORY"), ")");

pub(super) fn build(site: Site<'_>, silence: Duration) -> Result<Client> {
    // It fails only if a provider is installed already, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(USER_AGENT)
        // A key may be part of the URL.
        .referer(false)
        .https_only(matches!(site, Site::Publisher))
        .redirect(Policy::custom(|attempt| {
            let from_https = attempt.previous().iter().any(|url| url.scheme() == "https");
            if attempt.previous().len() > REDIRECT_LIMIT {
                attempt.error("too many redirects")
            } else if from_https && attempt.url().scheme() != "https" {
                attempt.error("a redirect leads from https to plain http")
            } else {
                attempt.follow()
            }
        }))
        .tls_backend_preconfigured(
            ClientConfig::builder().with_root_certificates(trusted_roots()).with_no_client_auth(),
        )
        .connect_timeout(CONNECT_TIMEOUT.min(silence))
        // For the blocking client this limits each wait for the server, not the whole transfer.
        .timeout(silence)
        .build()
        .map_err(|error| Error::new(Code::SourceDownload, format!("cannot set up the HTTP client: {error}")))
}

/// Mozilla's root certificates, which are always available, and those of the system, which may include a company proxy.
fn trusted_roots() -> RootCertStore {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        log::info!("cannot use a certificate of the system: {error}");
    }
    roots.add_parsable_certificates(system.certs);
    roots
}
