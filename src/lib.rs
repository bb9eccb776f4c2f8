//! The work behind GeoIP Filter for MikoPBX: country data in, kernel rules out.
//!
//! Data takes one road: [`source`] → [`database`] → [`plan`] → [`firewall`]; [`ops`] walks it for each operation of
//! the [`protocol`]. What the rules count comes back by [`activity`].

pub mod activity;
pub mod cli;
pub mod context;
pub mod country;
pub mod database;
pub mod dataset;
pub mod download;
pub mod enforcement;
pub mod error;
pub mod firewall;
pub mod net;
pub mod ops;
pub mod plan;
pub mod protocol;
pub mod records;
pub mod remedy;
pub mod source;
pub mod stage;
pub mod storage;
pub mod warning;

/// Version and commit of this build.
pub const VERSION: &str = env!("GEOIP_VERSION");
