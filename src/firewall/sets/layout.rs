//! The specifications of our sets: what the kernel must hold for a plan, for exceptions and for counting.

use super::names::Purpose;
use super::spec::{Members, SetKind, SetSpec, TimedMember};
use crate::net::Family;
use crate::plan::{BLOCK_LENGTH, Content, Plan, SetContents, SetId, hash_size};

/// The specification of a set of a plan.
pub(in crate::firewall) fn plan_spec(set: SetId, contents: &impl SetContents) -> SetSpec<'_> {
    let hash = |entries: usize| SetKind::HashNet { family: set.family, hash_size: kernel_hash_size(entries) };
    let (kind, members) = match contents.content(set) {
        Content::V4(table) => (hash(table.len()), Members::V4(table.entries())),
        Content::V6(table) => (hash(table.len()), Members::V6(table.entries())),
        Content::Blocks(blocks) => {
            (SetKind::BitmapIp { netmask: BLOCK_LENGTH }, Members::Blocks(blocks.ranges()))
        }
    };
    spec(Purpose::Plan(set), kind, members)
}

/// The content hash that the header of a set carries. `None` for a bitmap, whose header has no place for it.
pub fn mark(set: SetId, plan: &Plan) -> Option<u32> {
    let spec = plan_spec(set, plan);
    matches!(spec.kind, SetKind::HashNet { .. }).then(|| spec.capacity())
}

/// A set of those who pass for a while. All of `members` belong to its family.
pub(in crate::firewall) fn timed_spec(purpose: Purpose, members: &[TimedMember]) -> SetSpec<'_> {
    let kind = SetKind::Timed { family: purpose.family(), hash_size: kernel_hash_size(members.len()) };
    spec(purpose, kind, Members::Timed(members))
}

/// The set of a family's senders, which the kernel fills.
pub(in crate::firewall) fn senders_spec(family: Family) -> SetSpec<'static> {
    spec(Purpose::Senders(family), SetKind::Senders { family }, Members::ByPackets)
}

fn spec(purpose: Purpose, kind: SetKind, members: Members<'_>) -> SetSpec<'_> {
    SetSpec { name: purpose.name(), next_name: purpose.next(), kind, members }
}

fn kernel_hash_size(entries: usize) -> u32 {
    u32::try_from(hash_size(entries)).unwrap_or(u32::MAX)
}
