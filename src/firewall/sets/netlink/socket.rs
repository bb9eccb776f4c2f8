//! A netlink socket for netfilter messages.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::{Errno, retry_on_intr};
use rustix::net::netlink::{NETFILTER, SocketAddrNetlink};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use super::message::{Attributes, Batch, Message};
use super::protocol::answer;

/// Normally the kernel answers before `send` returns. This limits the wait for an answer that was lost.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// The kernel never sends more at once, except for an error that contains the whole request, of which only the start
/// matters.
const BUFFER_BYTES: usize = 1 << 15;

/// Why an exchange with the kernel failed as a whole.
#[derive(Debug)]
pub(super) enum Broken {
    /// The socket failed.
    Io(io::Error),
    /// The answer violates the protocol.
    Unintelligible,
}

/// The error number of a request that the kernel refused: a Linux error or one of ipset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) i32);

impl From<Errno> for Broken {
    fn from(errno: Errno) -> Self {
        Self::Io(errno.into())
    }
}

/// A netlink socket connected to the kernel, so that no other process can send to it.
#[derive(Debug)]
pub(super) struct Socket {
    socket: OwnedFd,
    buffer: Vec<u8>,
}

impl Socket {
    pub(super) fn open() -> Result<Self, Broken> {
        let (family, kind) = (AddressFamily::NETLINK, SocketType::RAW);
        let socket = rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, Some(NETFILTER))?;
        set_socket_timeout(&socket, Timeout::Recv, Some(ANSWER_TIMEOUT))?;
        rustix::net::connect(&socket, &SocketAddrNetlink::new(0, 0))?;
        Ok(Self { socket, buffer: vec![0; BUFFER_BYTES] })
    }

    /// Sends requests and waits until all are done. Returns the outcome of each.
    pub(super) fn exchange(&mut self, batch: &Batch) -> Result<Vec<Result<(), Refusal>>, Broken> {
        self.ask(batch, |_| {})
    }

    /// As [`Self::exchange`]. `take` is called with the attributes of each message.
    pub(super) fn ask(
        &mut self,
        batch: &Batch,
        mut take: impl FnMut(Attributes<'_>),
    ) -> Result<Vec<Result<(), Refusal>>, Broken> {
        retry_on_intr(|| rustix::net::send(&self.socket, batch.bytes(), SendFlags::empty()))?;
        let mut outcomes = Vec::new();
        while outcomes.len() < batch.requests() as usize {
            let (received, _) =
                retry_on_intr(|| rustix::net::recv(&self.socket, &mut self.buffer[..], RecvFlags::empty()))?;
            for message in Message::all(&self.buffer[..received]) {
                if usize::try_from(message.sequence).ok() != Some(outcomes.len()) {
                    return Err(Broken::Unintelligible);
                }
                match message.kind {
                    // Both start with an error number, which is 0 for success.
                    answer::ERROR | answer::DONE => outcomes.push(match message.error_number() {
                        None => return Err(Broken::Unintelligible),
                        Some(0) => Ok(()),
                        Some(number) => Err(Refusal(number.wrapping_neg())),
                    }),
                    _ => take(message.attributes()),
                }
            }
        }
        Ok(outcomes)
    }
}
