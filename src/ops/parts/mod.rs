//! What operations share: parts of their requests and answers.

pub(super) mod answers;
pub(super) mod ask;
pub(super) mod asked;
pub(super) mod change_data;
pub(super) mod database_data;
pub(super) mod family_counts;
pub(super) mod files;
pub(super) mod network;
pub(super) mod passing;
pub(super) mod policy;
pub(super) mod reach;
pub(super) mod reapply;
pub(super) mod stand_in;
pub(super) mod text;
pub(super) mod way;
