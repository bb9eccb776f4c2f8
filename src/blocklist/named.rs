//! The lists that a policy names, with their addresses.

use std::net::IpAddr;

use super::{ListId, ListStore};
use crate::error::{Code, Error, Result};
use crate::net::{AddressRange, Addresses, IpBits};
use crate::storage::StateDir;

/// The most lists that a policy names and that are kept. More only cost time: the good ones hold each other's addresses.
pub const MOST_LISTS: usize = 16;

/// The lists that a policy names, with their addresses, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedLists(Vec<(ListId, Addresses)>);

impl NamedLists {
    /// Reads the lists of a policy.
    ///
    /// # Errors
    /// `list.missing`, `database.corrupt`, `database.version`, `state.*` for the first that is not usable.
    pub fn load(state: &StateDir, ids: &[ListId]) -> Result<Self> {
        let (usable, errors) = Self::usable(state, ids);
        errors.into_iter().next().map_or(Ok(usable), Err)
    }

    /// As [`Self::load`], but lists that are not usable are left out, each with the reason.
    pub fn usable(state: &StateDir, ids: &[ListId]) -> (Self, Vec<Error>) {
        let (store, mut lists, mut errors) = (ListStore::new(state), Vec::new(), Vec::new());
        for (place, id) in ids.iter().enumerate() {
            match store.load(id) {
                Ok(list) => lists.push((id.clone(), list.content)),
                Err(error) if error.code() == Code::ListMissing => {
                    errors.push(error.with_field(format!("policy.lists[{place}]")));
                }
                Err(error) => errors.push(error),
            }
        }
        (Self(lists), errors)
    }

    /// The first list that holds an address, with the range in it.
    pub fn holding<A: IpBits>(&self, address: A) -> Option<(&ListId, AddressRange<A>)> {
        self.0.iter().find_map(|(id, list)| Some((id, A::within(list).range_of(address)?)))
    }

    /// The lists that hold an address.
    pub fn all_holding(&self, address: IpAddr) -> Vec<ListId> {
        self.0.iter().filter(|(_, list)| list.contain(address)).map(|(id, _)| id.clone()).collect()
    }

    /// The addresses of all lists.
    pub fn addresses<A: IpBits>(&self) -> impl Iterator<Item = AddressRange<A>> {
        self.0.iter().flat_map(|(_, list)| A::within(list).ranges().iter().copied())
    }
}
