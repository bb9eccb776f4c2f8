//! `revoke`: ends what passes for a phone, and keeps it from passing there again.

use std::fmt::Write;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Operation, Text};
use crate::activity::Sender;
use crate::context::Context;
use crate::enforcement::{FirewallLock, passing, plan_at_hand, rollback};
use crate::error::{Code, Error, Result};
use crate::net::{PhoneName, Subnet};
use crate::protocol::Version;
use crate::records::passing::entry_of;

/// End what passes for a phone that keeps its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RevokeRequest {
    /// The protocol version.
    pub v: Version,
    /// The phone.
    pub phone: PhoneName,
    /// The address, or the /64 around it, as `status` gives it; all addresses of the phone if left out.
    #[serde(default)]
    pub address: Option<Subnet>,
}

/// Data of `revoke`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RevokeData {
    /// What was ended; empty if nothing passed for this phone.
    pub revoked: Vec<RevokedData>,
}

/// An address that passed for a phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RevokedData {
    /// The phone.
    pub phone: PhoneName,
    /// The IPv4 address, or the /64 around an IPv6 address.
    pub address: Sender,
}

#[derive(Debug, Args)]
pub struct RevokeFlags {
    /// The phone.
    phone: Option<PhoneName>,
    /// The address, or the /64 around it; all addresses of the phone without it.
    address: Option<Subnet>,
}

impl Operation for RevokeRequest {
    type Flags = RevokeFlags;
    type Data = RevokeData;

    fn from_flags(RevokeFlags { phone, address }: RevokeFlags) -> Result<Self> {
        let phone = phone.ok_or_else(|| {
            Error::new(Code::RequestInvalid, "the phone is missing").with_hint("See --help.")
        })?;
        Ok(Self { v: Version, phone, address })
    }

    /// Ends what passes for the phone. It does not pass from these addresses again as long as it stays registered there,
    /// and 24 hours longer. Connections that are open stay.
    ///
    /// # Errors
    /// `request.invalid`, `policy.none`, `firewall.*`, `state.*`.
    fn run(&self, context: &mut Context<'_>) -> Result<RevokeData> {
        let net = self.address.map(|subnet| entry_of(subnet.net()).ok_or_else(|| refusal(subnet)));
        let net = net.transpose()?;
        let lock = FirewallLock::take(context)?;
        rollback::settle(context, &lock);
        let applied = plan_at_hand::wanted(context)?;
        let ended = passing::revoke(context, &lock, &applied, &self.phone, net)?;
        let revoked = |net| RevokedData { phone: self.phone.clone(), address: Sender::from(net) };
        Ok(RevokeData { revoked: ended.into_iter().map(revoked).collect() })
    }
}

fn refusal(subnet: Subnet) -> Error {
    let message = format!("address: {subnet} is neither an address nor an IPv6 block of /64");
    Error::new(Code::RequestInvalid, message).with_field("address")
}

impl Text for RevokeData {
    fn text(&self) -> String {
        if self.revoked.is_empty() {
            return "there was nothing to end\n".into();
        }
        self.revoked.iter().fold(String::new(), |mut text, RevokedData { phone, address }| {
            let _ = writeln!(text, "ended: phone {phone} from {address}");
            text
        })
    }
}
