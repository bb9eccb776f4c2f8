//! Which network, by AS number, holds an address.
//!
//! It is data of its own beside that of countries. A policy names networks beside countries and lists. All of them fill the
//! same sets of the kernel, so a network costs a packet nothing.

mod chosen;
mod file;
mod guard;
mod holder_blocks;
mod holders;
mod name;
mod number;
mod preset;
mod row;
mod source;
mod store;
mod sweep;
mod table;

pub use chosen::{ChosenNetwork, ChosenNetworks, MOST_NETWORKS};
pub use file::NetworkFile;
pub use guard::refuse_loss;
pub use holders::{Holders, NamedNetwork, SizedNetwork};
pub use number::AsNumber;
pub use preset::{PRESETS, Preset};
pub use source::{NetworkSource, SourceFacts};
pub use store::{Head, NetworkStore};
pub use table::{NetworkTable, Report, Rows};

/// The most rows that are read. Real data has a quarter of that.
const MOST_ROWS: usize = 2_000_000;
/// The most networks that hold addresses. Real data has half of that.
const MOST_HOLDERS: usize = 200_000;
