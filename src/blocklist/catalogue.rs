//! The lists that a policy can name without more ado, from `data/blocklists.json`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::ListId;

/// A list of a publisher.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogued {
    /// The id.
    pub id: ListId,
    /// The name shown to people.
    pub name: String,
    /// Whom to name for it.
    pub publisher: String,
    /// What is in it, in a sentence or two.
    pub purpose: String,
    /// The URLs of its files. Together they are the list. [`KEY`] in one stands for the administrator's own key.
    pub files: Vec<String>,
    /// True if its only file is the first of its batches.
    #[serde(default)]
    pub is_in_batches: bool,
    /// On what terms it may be used.
    pub terms: String,
    /// Where the publisher states them.
    pub terms_url: String,
    /// How often it is worth a look, in minutes.
    pub every_minutes: u32,
    /// The shortest time between two requests that the publisher bears, in minutes.
    pub shortest_minutes: u32,
}

/// Stands for the key in a URL.
pub const KEY: &str = "{key}";

impl Catalogued {
    /// True if its publisher gives it to those who have a key.
    pub fn needs_key(&self) -> bool {
        self.files.iter().any(|url| url.contains(KEY))
    }
}

/// The lists, in the order in which they are shown.
pub static CATALOGUE: LazyLock<Vec<Catalogued>> = LazyLock::new(|| {
    // A test reads it, so that this cannot fail elsewhere.
    serde_json::from_str(include_str!("../../data/blocklists.json")).unwrap_or_default()
});

/// The list with this id, if it is one of a publisher.
pub fn catalogued(id: &ListId) -> Option<&'static Catalogued> {
    CATALOGUE.iter().find(|list| list.id == *id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_list_can_be_asked_for_and_tells_its_terms() {
        let lists: Vec<Catalogued> =
            serde_json::from_str(include_str!("../../data/blocklists.json")).unwrap();
        assert_eq!(lists, *CATALOGUE);
        assert_eq!(lists.iter().map(|list| &list.id).collect::<BTreeSet<_>>().len(), lists.len());
        for list in lists {
            assert!(list.files.iter().all(|url| url.starts_with("https://")) && !list.files.is_empty());
            assert!(list.terms_url.starts_with("https://") && !list.terms.is_empty(), "{}", list.id);
            assert!(0 < list.shortest_minutes && list.shortest_minutes <= list.every_minutes, "{}", list.id);
            assert_eq!(catalogued(&list.id), Some(&list));
            assert!(!list.is_in_batches || list.files.len() == 1, "{}", list.id);
        }
    }
}
