//! The reply of `lists`.

use std::fmt::Write;

use serde::Serialize;

use super::request::WantedList;
use crate::blocklist::{Head, ListId};
use crate::enforcement::KernelData;
use crate::error::Error;
use crate::ops::Text;
use crate::ops::parts::ask::DataOrigin;
use crate::protocol::Problem;

/// Data of `lists`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ListsData {
    /// One for each list of the request, in its order.
    pub lists: Vec<ListData>,
    /// What the kernel holds, if the applied policy names a list that changed; null if not.
    pub applied: Option<KernelData>,
}

/// A list of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ListData {
    /// Its id.
    pub id: ListId,
    /// Where its content comes from now.
    pub origin: DataOrigin,
    /// True if other addresses are listed than before.
    pub is_changed: bool,
    /// What is kept of it; null if nothing is.
    pub kept: Option<Head>,
    /// Why nothing newer could be taken; null if it could, or if there is nothing newer.
    pub failure: Option<Problem>,
}

impl ListData {
    pub(super) fn new(
        wanted: &WantedList,
        origin: DataOrigin,
        is_changed: bool,
        kept: Option<Head>,
        failure: Option<&Error>,
    ) -> Self {
        Self { id: wanted.id.clone(), origin, is_changed, kept, failure: failure.map(Problem::from) }
    }
}

impl Text for ListsData {
    fn text(&self) -> String {
        let lists = self.lists.iter().fold(String::new(), |mut text, list| {
            let _ = match &list.kept {
                Some(kept) => writeln!(
                    text,
                    "{}: {} IPv4 addresses, {} IPv6 networks, read {}",
                    list.id, kept.v4_addresses, kept.v6_networks, kept.read_at
                ),
                None => writeln!(text, "{}: nothing is kept", list.id),
            };
            if let Some(failure) = &list.failure {
                let _ = writeln!(text, "  {}: {}", failure.code, failure.message);
            }
            text
        });
        lists + &self.applied.as_ref().map(Text::text).unwrap_or_default()
    }
}
