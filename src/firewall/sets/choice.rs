//! Chooses the set backend: netlink, or the `ipset` tool as a fallback.

use std::env;

use super::backend::SetBackend;
use super::ipset::Ipset;
use super::netlink::Netlink;
use crate::error::{Code, Result};

/// The environment variable that forces one of the two backends.
const BACKEND_VARIABLE: &str = "GEOIP_SET_BACKEND";

/// Netlink, or the `ipset` tool if the kernel speaks another version of the protocol.
///
/// The environment variable `GEOIP_SET_BACKEND` forces one of them: `ipset` or `netlink`.
pub(in crate::firewall) fn system_set_backend() -> Result<Box<dyn SetBackend>> {
    let chosen = env::var(BACKEND_VARIABLE).unwrap_or_default();
    if chosen == "ipset" {
        return Ok(Box::new(Ipset::find()?));
    }
    match Netlink::open() {
        Ok(netlink) => Ok(Box::new(netlink)),
        Err(error) if chosen == "netlink" => Err(error),
        // The tool would fail as well.
        Err(error) if matches!(error.code(), Code::FirewallPermission | Code::FirewallIpsetMissing) => {
            Err(error)
        }
        Err(error) => {
            log::warn!("{error}; using the ipset tool instead");
            Ok(Box::new(Ipset::find()?))
        }
    }
}
