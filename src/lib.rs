//! The work behind GeoIP Filter for MikoPBX: country data in, kernel rules out.
//!
//! Data takes one road: [`source`] → [`database`] → [`plan`] → [`firewall`]; [`ops`] walks it for each operation of
//! the [`protocol`]. What the rules count comes back by [`activity`].

pub mod activity;
pub mod applied;
pub mod certificates;
pub mod change;
pub mod cli;
mod codec;
pub mod country;
pub mod database;
pub mod download;
pub mod error;
pub mod firewall;
pub mod health;
pub mod net;
pub mod ops;
pub mod plan;
pub mod protocol;
pub mod source;
pub mod state;
pub mod warning;

/// Version and commit of this build.
pub const VERSION: &str = env!("GEOIP_VERSION");
