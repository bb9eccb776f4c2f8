//! Which set backend there is on this system.

use std::env;

use super::backend::SetBackend;
use super::ipset::Ipset;
use super::netlink::Netlink;
use crate::error::{Code, Result};

/// The environment variable that chooses between the two backends.
const BACKEND_VARIABLE: &str = "GEOIP_SET_BACKEND";

/// The kernel itself, or the `ipset` tool where the kernel and we do not understand each other.
///
/// `GEOIP_SET_BACKEND=ipset` in the environment chooses the tool, `GEOIP_SET_BACKEND=netlink` rules it out.
pub(in crate::firewall) fn system_set_backend() -> Result<Box<dyn SetBackend>> {
    let chosen = env::var(BACKEND_VARIABLE).unwrap_or_default();
    if chosen == "ipset" {
        return Ok(Box::new(Ipset::find()?));
    }
    match Netlink::open() {
        Ok(netlink) => Ok(Box::new(netlink)),
        Err(error) if chosen == "netlink" => Err(error),
        // The tool would get no further.
        Err(error) if matches!(error.code(), Code::FirewallPermission | Code::FirewallIpsetMissing) => {
            Err(error)
        }
        Err(error) => {
            log::warn!("{error}; using the ipset tool instead");
            Ok(Box::new(Ipset::find()?))
        }
    }
}
