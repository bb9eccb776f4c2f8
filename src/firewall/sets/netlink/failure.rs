//! The meaning of the kernel's refusals.

use std::io;

use rustix::io::Errno;

use super::socket::{Broken, Refusal};
use crate::error::{Code, Error};

impl Refusal {
    /// The kernel has no `ip_set`, and no module for it.
    pub(super) const NO_SUBSYSTEM: Self = Self(Errno::INVAL.raw_os_error());
    pub(super) const NO_SUCH_SET: Self = Self(Errno::NOENT.raw_os_error());
    const NOT_PERMITTED: Self = Self(Errno::PERM.raw_os_error());
    /// Another process is listing the set, so it cannot be swapped.
    const LISTED: Self = Self(Errno::BUSY.raw_os_error());
    const NO_MEMORY: Self = Self(Errno::NOMEM.raw_os_error());
    // Error numbers of ipset, from `linux/netfilter/ipset/ip_set.h`.
    const NO_SUCH_TYPE: Self = Self(4098);
    const TOO_MANY_SETS: Self = Self(4099);
    const IN_USE: Self = Self(4100);
    const NO_OTHER_SET: Self = Self(4101);
    const OTHER_TYPE: Self = Self(4102);
    /// Also the answer to a test for an address that is not in the set.
    pub(super) const MEMBER_EXISTS: Self = Self(4103);
    const REFERENCED: Self = Self(4108);
    const HASH_FULL: Self = Self(4352);

    fn code(self) -> Code {
        match self {
            Self::NOT_PERMITTED => Code::FirewallPermission,
            Self::NO_SUCH_TYPE => Code::FirewallUnsupported,
            Self::IN_USE => Code::FirewallSetInUse,
            // A set that is being renamed is not yet used by a rule, so it can only be a listing.
            Self::LISTED | Self::REFERENCED => Code::FirewallSetsListed,
            Self::NO_MEMORY => Code::FirewallMemory,
            _ => Code::FirewallCommand,
        }
    }

    fn words(self) -> String {
        let words = match self {
            Self::NO_SUCH_TYPE => "it does not support this set type",
            Self::TOO_MANY_SETS => "there are too many sets",
            Self::IN_USE => "the set is in use",
            Self::LISTED | Self::REFERENCED => "another process is listing the set",
            Self::NO_OTHER_SET => "the second set does not exist, or its name is taken",
            Self::OTHER_TYPE => "the sets are of different types",
            Self::MEMBER_EXISTS => "the entry is in the set already",
            Self::HASH_FULL => "the set is full",
            Self(number) if number < 4096 => return io::Error::from_raw_os_error(number).to_string(),
            Self(number) => return format!("error {number} of ipset"),
        };
        words.to_owned()
    }
}

/// The error for a request that the kernel refused. `what` is a phrase such as "load a set".
pub(super) fn refused(what: &str, refusal: Refusal) -> Error {
    Error::new(refusal.code(), format!("the kernel cannot {what}: {}", refusal.words()))
}

/// The error for an exchange that failed as a whole.
pub(super) fn broken(what: &str, broken: Broken) -> Error {
    let (code, why) = match broken {
        Broken::Io(error) => match error.kind() {
            io::ErrorKind::WouldBlock => (Code::FirewallTimeout, "it does not answer".to_owned()),
            io::ErrorKind::PermissionDenied => (Code::FirewallPermission, error.to_string()),
            io::ErrorKind::OutOfMemory => (Code::FirewallMemory, error.to_string()),
            _ => (Code::FirewallCommand, error.to_string()),
        },
        Broken::Unintelligible => (Code::FirewallCommand, "its answer cannot be parsed".to_owned()),
    };
    Error::new(code, format!("the kernel cannot {what}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_with_their_own_remedy_have_their_own_code() {
        // Linux's EPERM, ENOMEM, EBUSY and EINVAL, and numbers of `linux/netfilter/ipset/ip_set.h`.
        let cases = [
            (1, Code::FirewallPermission),
            (12, Code::FirewallMemory),
            (16, Code::FirewallSetsListed),
            (22, Code::FirewallCommand),
            (4098, Code::FirewallUnsupported),
            (4100, Code::FirewallSetInUse),
            (4108, Code::FirewallSetsListed),
            (4352, Code::FirewallCommand),
        ];
        for (number, code) in cases {
            let error = refused("remove a set", Refusal(number));
            assert_eq!(error.code(), code, "{error}");
            assert!(error.message().starts_with("the kernel cannot remove a set: "), "{error}");
        }
    }
}
