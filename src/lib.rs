//! The helper of GeoIP Filter for MikoPBX: it compiles country data and enforces a policy with ipset and iptables.
//!
//! Data flows in one direction. A [`source`] is downloaded and compiled into a [`database`]. From a database and a
//! policy follows a [`plan`]: the content of the kernel's sets. The [`firewall`] module talks to the kernel, and
//! [`enforcement`] puts a plan in force step by step and keeps [`records`] of it. [`activity`] is what the kernel
//! counts.
//!
//! PHP calls the [`ops`], one at a time, through the [`protocol`].

pub mod activity;
pub mod asn;
pub mod blocklist;
pub mod cli;
pub mod context;
pub mod country;
pub mod database;
pub mod dataset;
pub mod download;
pub mod enforcement;
pub mod error;
pub mod export;
pub mod firewall;
pub mod net;
pub mod ops;
pub mod plan;
pub mod protocol;
pub mod records;
pub mod remedy;
pub mod resolver;
pub mod source;
pub mod stage;
pub mod storage;
pub mod warning;

/// Version and commit of this build.
pub const VERSION: &str = env!("GEOIP_VERSION");
