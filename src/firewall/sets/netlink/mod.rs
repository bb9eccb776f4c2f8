//! The set backend that talks to the kernel over netlink, with many entries in each message.

mod failure;
mod message;
mod protocol;
mod socket;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc;
use std::thread;

use failure::{broken, refused};
use message::{Attributes, Batch};
use protocol::{
    COUNTERS, Command, EXTENSIONS, FORCEADD, LIST_HEADERS, NOMATCH, PROTOCOL, attribute, data, family, flag,
};
use socket::{Broken, Refusal, Socket};

use super::backend::{Change, Counted, SetBackend, Step, Stopped};
use super::spec::{
    Listed, Member, SENDERS_HASH_SIZE, SetHeader, SetKind, SetSpec, TimedMember, sender_netmask,
};
use crate::error::{Code, Error, Result};
use crate::net::Family;

/// Entries per message. Even with the largest entries it stays below the 64 KiB that an attribute can hold.
const MEMBERS_PER_MESSAGE: usize = 1024;
/// Messages are sent as soon as they have this many bytes. With one more message they still fit into 208 KiB, the
/// smallest default send buffer of a Linux socket.
const SEND_BYTES: usize = 128 << 10;
/// The highest revisions of the set types that are supported here. A kernel has a new revision for each new feature.
const HASH_NET_REVISION: u8 = 7;
const BITMAP_IP_REVISION: u8 = 3;
const HASH_IP_REVISION: u8 = 6;
/// The first revision of `hash:net` that supports `nomatch`.
const HASH_NET_NOMATCH_REVISION: u8 = 2;
/// The first revision of `hash:ip` that supports `forceadd`.
const HASH_IP_FORCEADD_REVISION: u8 = 3;

/// Access to the kernel's sets over netlink.
#[derive(Debug)]
pub(in crate::firewall) struct Netlink;

impl Netlink {
    /// Checks that the kernel has sets and supports our protocol version.
    ///
    /// Fails with `firewall.ipset_missing` on a kernel without sets, with `firewall.permission`, or with
    /// `firewall.command` if the `ipset` tool may still work.
    pub(in crate::firewall) fn open() -> Result<Self> {
        let mut spoken = None;
        let batch = Batch::of(Command::Protocol, 0, |_| {});
        let mut socket = Socket::open().map_err(|error| broken("report its protocol version", error))?;
        let outcomes = socket.ask(&batch, |reply| {
            let newest = reply.byte(attribute::PROTOCOL);
            spoken = newest.map(|newest| reply.byte(attribute::PROTOCOL_MIN).unwrap_or(newest)..=newest);
        });
        match outcomes.map_err(|error| broken("report its protocol version", error))?.first() {
            // The kernel has no handler for messages of ip_set, and no module that provides one.
            Some(Err(Refusal::NO_SUBSYSTEM)) => {
                Err(Error::new(Code::FirewallIpsetMissing, "the kernel has no ip_set"))
            }
            Some(Err(refusal)) => Err(refused("report its protocol version", *refusal)),
            _ if spoken.as_ref().is_some_and(|spoken| spoken.contains(&PROTOCOL)) => Ok(Self),
            _ => {
                let message = format!(
                    "the kernel does not support version {PROTOCOL} of the ipset protocol: {spoken:?}"
                );
                Err(Error::new(Code::FirewallCommand, message))
            }
        }
    }
}

impl SetBackend for Netlink {
    fn headers(&self) -> Result<Vec<SetHeader>> {
        list_headers(None)
    }

    fn header(&self, name: &str) -> Result<Option<SetHeader>> {
        list_headers(Some(name)).map(|headers| headers.into_iter().next())
    }

    fn members(&self, name: &str, kind: SetKind) -> Result<Vec<Listed>> {
        list(name, |member| listed(member, kind))
    }

    fn counted(&self, name: &str) -> Result<Vec<Counted>> {
        list(name, counted)
    }

    fn holds(&self, name: &str, address: IpAddr) -> Result<bool> {
        let what = format!("test {name} for {address}");
        let batch = Batch::of(Command::Test, 0, |request| {
            request.text(attribute::SET_NAME, name);
            request.nest(attribute::DATA, |fields| fields.address(data::IP, address));
        });
        match exchange(&what, &batch, |_| {})?[..] {
            [Err(Refusal::MEMBER_EXISTS)] => Ok(false),
            ref outcomes => all_done(&what, outcomes).map(|()| true),
        }
    }

    fn load(&self, set: &SetSpec<'_>) -> Result<()> {
        let revision = revision(set.kind)?;
        let what = format!("load {}", set.next_name);
        let mut socket = Socket::open().map_err(|error| broken(&what, error))?;
        let send = |batch: Batch| -> Result<()> {
            let outcomes = socket.exchange(&batch).map_err(|error| broken(&what, error))?;
            all_done(&what, &outcomes)
        };
        let mut batches = batches(set, revision);
        let first = batches.next();
        if set.members.len() <= MEMBERS_PER_MESSAGE {
            return first.map_or(Ok(()), send);
        }
        // The next batch is written while the kernel handles the current one.
        thread::scope(|scope| {
            let (written, to_send) = mpsc::sync_channel(1);
            scope.spawn(move || first.into_iter().chain(batches).try_for_each(|batch| written.send(batch)));
            to_send.into_iter().try_for_each(send)
        })
    }

    fn change(&self, name: &str, change: Change, members: &[Member]) -> Result<()> {
        let (what, command, flags) = match change {
            Change::Add => (format!("add entries to {name}"), Command::Add, flag::EXCLUSIVE),
            Change::Remove => (format!("remove entries from {name}"), Command::Remove, 0),
        };
        members.chunks(MEMBERS_PER_MESSAGE).try_for_each(|some| {
            let batch =
                Batch::of(command, flags, |request| write_members(request, name, some.iter().copied()));
            exchange(&what, &batch, |_| {}).and_then(|outcomes| all_done(&what, &outcomes))
        })
    }

    fn take(&self, steps: &[Step]) -> Result<(), Stopped> {
        steps.iter().enumerate().try_for_each(|(taken, step)| {
            let (command, from, to, verb) = match *step {
                Step::Swap(one, other) => (Command::Swap, one, other, "swap"),
                Step::Rename(from, to) => (Command::Rename, from, to, "rename"),
            };
            let batch = Batch::of(command, 0, |request| {
                request.text(attribute::SET_NAME, from);
                request.text(attribute::OTHER_SET_NAME, to);
            });
            let what = format!("{verb} {from} and {to}");
            let outcomes = exchange(&what, &batch, |_| {});
            outcomes.and_then(|outcomes| all_done(&what, &outcomes)).map_err(|error| Stopped { taken, error })
        })
    }

    fn flush(&self, name: &str) -> Result<()> {
        if_exists(Command::Flush, "empty", name)
    }

    fn destroy(&self, name: &str) -> Result<()> {
        if_exists(Command::Destroy, "remove", name)
    }
}

/// Sends a command for a set. A missing set is no error.
fn if_exists(command: Command, verb: &str, name: &str) -> Result<()> {
    let what = format!("{verb} {name}");
    let batch = Batch::of(command, 0, |request| request.text(attribute::SET_NAME, name));
    match exchange(&what, &batch, |_| {})?[..] {
        [Err(Refusal::NO_SUCH_SET)] => Ok(()),
        ref outcomes => all_done(&what, outcomes),
    }
}

/// The headers of all sets, or of the named one if it exists.
fn list_headers(name: Option<&str>) -> Result<Vec<SetHeader>> {
    let what = format!("list {}", name.unwrap_or("sets"));
    let batch = Batch::of(Command::List, flag::DUMP, |request| {
        if let Some(name) = name {
            request.text(attribute::SET_NAME, name);
        }
        request.number(attribute::FLAGS, LIST_HEADERS);
    });
    let mut headers = Vec::new();
    match exchange(&what, &batch, |reply| headers.push(header(reply)))?[..] {
        [Err(Refusal::NO_SUCH_SET)] => {}
        ref outcomes => all_done(&what, outcomes)?,
    }
    let headers: Option<Vec<SetHeader>> = headers.into_iter().collect();
    headers.ok_or_else(|| broken(&what, Broken::Unintelligible))
}

/// All entries of a set, parsed by `read`.
fn list<T>(name: &str, read: impl Fn(Attributes<'_>) -> Option<T>) -> Result<Vec<T>> {
    let what = format!("list {name}");
    let batch = Batch::of(Command::List, flag::DUMP, |request| request.text(attribute::SET_NAME, name));
    let mut members = Vec::new();
    let outcomes = exchange(&what, &batch, |reply| {
        let list = reply.nested(attribute::MEMBERS).unwrap_or_default();
        members.extend(list.all_nested(attribute::DATA).map(&read));
    })?;
    all_done(&what, &outcomes)?;
    let members: Option<Vec<T>> = members.into_iter().collect();
    members.ok_or_else(|| broken(&what, Broken::Unintelligible))
}

fn exchange(what: &str, batch: &Batch, take: impl FnMut(Attributes<'_>)) -> Result<Vec<Result<(), Refusal>>> {
    let answered = Socket::open().and_then(|mut socket| socket.ask(batch, take));
    answered.map_err(|error| broken(what, error))
}

/// Returns the first refusal as an error.
fn all_done(what: &str, outcomes: &[Result<(), Refusal>]) -> Result<()> {
    outcomes.iter().try_for_each(|outcome| outcome.map_err(|refusal| refused(what, refusal)))
}

fn header(reply: Attributes<'_>) -> Option<SetHeader> {
    let data = reply.nested(attribute::DATA)?;
    let family = match reply.byte(attribute::FAMILY)? {
        family::V6 => Family::V6,
        _ => Family::V4,
    };
    Some(SetHeader {
        name: reply.text(attribute::SET_NAME)?.to_owned(),
        kind: reply.text(attribute::TYPE_NAME)?.to_owned(),
        family,
        options: options(data, family),
        // A `list:set` has no number of entries.
        entries: data.number(data::ENTRIES).unwrap_or_default().into(),
        references: data.number(data::REFERENCES).unwrap_or(1),
        memory_bytes: data.number(data::MEMORY)?.into(),
    })
}

/// The options of a set in the words of the tool, as [`SetHeader::options`] defines them.
fn options(data: Attributes<'_>, family: Family) -> String {
    let mut words = Vec::new();
    if let Some(capacity) = data.number(data::CAPACITY) {
        words.extend([format!("family {}", family.in_ipset()), format!("maxelem {capacity}")]);
    }
    if let (Some(first), Some(last)) = (data.address(data::IP), data.address(data::IP_TO)) {
        words.push(format!("range {first}-{last}"));
    }
    words.extend(data.byte(data::NETMASK).map(|netmask| format!("netmask {netmask}")));
    words.extend(data.number(data::TIMEOUT).map(|seconds| format!("timeout {seconds}")));
    let flags = data.number(data::FLAGS).unwrap_or_default();
    let extensions = EXTENSIONS.iter().filter(|(flag, _)| flags & flag != 0);
    words.extend(extensions.map(|(_, word)| (*word).to_owned()));
    words.join(" ")
}

fn listed(member: Attributes<'_>, kind: SetKind) -> Option<Listed> {
    Some(Listed {
        address: member.address(data::IP)?,
        length: member.byte(data::PREFIX_LENGTH).unwrap_or(kind.unnamed_length()),
        nomatch: member.number(data::FLAGS).unwrap_or_default() & NOMATCH != 0,
    })
}

fn counted(member: Attributes<'_>) -> Option<Counted> {
    Some(Counted { address: member.address(data::IP)?, packets: member.long_number(data::PACKETS)? })
}

fn family_number(family: Family) -> u8 {
    match family {
        Family::V4 => family::V4,
        Family::V6 => family::V6,
    }
}

/// The newest revision of a set type that the kernel and we support. The tool chooses the same one.
fn revision(kind: SetKind) -> Result<u8> {
    let (type_name, family) = (kind.type_name(), kind.family());
    let (needed, known) = match kind {
        SetKind::HashNet { .. } | SetKind::Timed { .. } => (HASH_NET_NOMATCH_REVISION, HASH_NET_REVISION),
        SetKind::Senders { .. } => (HASH_IP_FORCEADD_REVISION, HASH_IP_REVISION),
        SetKind::BitmapIp { .. } => (0, BITMAP_IP_REVISION),
    };
    let what = format!("create sets of type {type_name} for {family}");
    let batch = Batch::of(Command::Type, 0, |request| {
        request.text(attribute::TYPE_NAME, type_name);
        request.byte(attribute::FAMILY, family_number(family));
    });
    let mut offered = None;
    let outcomes = exchange(&what, &batch, |reply| {
        let newest = reply.byte(attribute::REVISION);
        offered = newest.map(|newest| reply.byte(attribute::REVISION_MIN).unwrap_or(newest)..=newest);
    })?;
    all_done(&what, &outcomes)?;
    let common = offered.map(|offered| (*offered.end()).min(known)).filter(|common| *common >= needed);
    common.ok_or_else(|| {
        Error::new(Code::FirewallUnsupported, format!("the kernel cannot {what} in a supported revision"))
    })
}

/// The requests that create a set and fill it, in batches.
fn batches<'a>(set: &'a SetSpec<'_>, revision: u8) -> impl Iterator<Item = Batch> + 'a {
    let mut members = set.members.iter().peekable();
    let mut is_made = false;
    std::iter::from_fn(move || {
        let mut batch = Batch::default();
        if !is_made {
            create(set, revision, &mut batch);
            is_made = true;
        }
        while members.peek().is_some() && batch.bytes().len() < SEND_BYTES {
            add(set, members.by_ref().take(MEMBERS_PER_MESSAGE), &mut batch);
        }
        (batch.requests() > 0).then_some(batch)
    })
}

fn create(set: &SetSpec<'_>, revision: u8, batch: &mut Batch) {
    batch.request(Command::Create, flag::CREATE | flag::EXCLUSIVE, |request| {
        request.text(attribute::SET_NAME, set.next_name);
        request.text(attribute::TYPE_NAME, set.kind.type_name());
        request.byte(attribute::REVISION, revision);
        request.byte(attribute::FAMILY, family_number(set.kind.family()));
        request.nest(attribute::DATA, |dimensions| match set.kind {
            SetKind::HashNet { hash_size, .. } => {
                dimensions.number(data::HASH_SIZE, hash_size);
                dimensions.number(data::CAPACITY, set.capacity());
            }
            SetKind::Timed { hash_size, .. } => {
                dimensions.number(data::HASH_SIZE, hash_size);
                dimensions.number(data::CAPACITY, set.capacity());
                // By default, entries do not expire.
                dimensions.number(data::TIMEOUT, 0);
            }
            SetKind::Senders { family } => {
                dimensions.number(data::HASH_SIZE, SENDERS_HASH_SIZE);
                dimensions.number(data::CAPACITY, set.capacity());
                if let Some(length) = sender_netmask(family) {
                    dimensions.byte(data::NETMASK, length);
                }
                dimensions.number(data::FLAGS, COUNTERS | FORCEADD);
            }
            SetKind::BitmapIp { netmask } => {
                dimensions.address(data::IP, Ipv4Addr::UNSPECIFIED.into());
                dimensions.address(data::IP_TO, Ipv4Addr::BROADCAST.into());
                dimensions.byte(data::NETMASK, netmask);
            }
        });
    });
}

fn add(set: &SetSpec<'_>, members: impl Iterator<Item = Member>, batch: &mut Batch) {
    batch.request(Command::Add, flag::EXCLUSIVE, |request| write_members(request, set.next_name, members));
}

fn write_members(request: &mut Batch, name: &str, members: impl Iterator<Item = Member>) {
    request.text(attribute::SET_NAME, name);
    // The kernel requires a line number, but reports it only if the entries have their own.
    request.number(attribute::LINE, 0);
    request.nest(attribute::MEMBERS, |list| {
        for member in members {
            list.nest(attribute::DATA, |fields| match member {
                Member::Prefix { address, length, nomatch } => {
                    fields.address(data::IP, address);
                    fields.byte(data::PREFIX_LENGTH, length);
                    if nomatch {
                        fields.number(data::FLAGS, NOMATCH);
                    }
                }
                Member::Timed(TimedMember { net, seconds }) => {
                    fields.address(data::IP, net.addr());
                    fields.byte(data::PREFIX_LENGTH, net.prefix_len());
                    fields.number(data::TIMEOUT, seconds);
                }
                Member::Range { first, last } => {
                    fields.address(data::IP, first);
                    fields.address(data::IP_TO, last);
                }
            });
        }
    });
}
