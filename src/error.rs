//! The one error type: a stable code, what happened to what, and what a person can do about it.

use std::fmt;
use std::path::Path;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure a process exit status tells; the code tells the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitClass {
    /// The operation failed; everything is as it was before.
    Failed = 1,
    /// The request was not understood; nothing was tried.
    BadRequest = 2,
    /// Another helper is at work; try again.
    Busy = 3,
    /// This system lacks something the operation needs.
    NotAvailable = 4,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal, $exit:ident, $retryable:literal, $hint:literal;)+) => {
        /// Stable error codes. They never change meaning; new ones may be added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The code as it stands in a reply.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The exit status class.
            pub fn exit_class(self) -> ExitClass {
                match self { $(Self::$variant => ExitClass::$exit),+ }
            }

            /// True if the same request may succeed later without anybody doing anything.
            pub fn is_retryable(self) -> bool {
                match self { $(Self::$variant => $retryable),+ }
            }

            /// What an administrator can do, unless the error knows better.
            pub fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint),+ }
            }

            /// What the code means, for the documentation.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+)),+ }
            }
        }
    };
}

codes! {
    /// The request is not valid JSON, lacks a field, holds an unknown one or a value out of range.
    RequestInvalid = "request.invalid", BadRequest, false, "Compare the request with the JSON Schema of the operation.";
    /// A country code of the policy is neither in ISO 3166-1 nor in the data source.
    RequestUnknownCountry = "request.unknown_country", BadRequest, false, "Take codes from the `countries` operation.";
    /// A source file cannot be opened or read.
    SourceUnreadable = "source.unreadable", Failed, false, "Check that the file exists and is readable.";
    /// A source file is not what its publisher ships: wrong format, truncated, damaged.
    SourceMalformed = "source.malformed", Failed, true, "The data in force stays. Get the file again or choose another source.";
    /// A file cannot be got from the network.
    SourceDownload = "source.download", Failed, true, "The data in force stays. Check the connection, the proxy and the clock, or name a mirror.";
    /// A file does not have the checksum that its publisher names.
    SourceChecksum = "source.checksum", Failed, true, "The data in force stays. The publisher may be replacing the file just now: try again later.";
    /// A source file exceeds the size that is ever sensible, packed or unpacked.
    SourceTooLarge = "source.too_large", Failed, false, "The data in force stays. Check where the file comes from.";
    /// New data holds far less than the last good data, so it was refused.
    SourceShrunk = "source.shrunk", Failed, true, "The data in force stays. If the loss is real, repeat the update with `force`.";
    /// No compiled data of the source is on disk and none could be made.
    DatabaseMissing = "database.missing", Failed, false, "Run `update` for this source first.";
    /// A compiled database on disk is damaged.
    DatabaseCorrupt = "database.corrupt", Failed, false, "Run `update` for this source to build it anew.";
    /// A compiled database on disk was written by another version of the helper.
    DatabaseVersion = "database.version", Failed, false, "Run `update` for this source to build it anew.";
    /// Another helper holds the lock.
    StateBusy = "state.busy", Busy, true, "Wait until the other operation is done.";
    /// The recorded plan is missing or damaged: sets cannot be compared with it, nor restored from it.
    StatePlanUnusable = "state.plan_unusable", Failed, false, "Run `heal`: it computes the plan anew from the data.";
    /// A file of the state directory cannot be read or written.
    StateIo = "state.io", Failed, true, "Check free space and rights of the state directory.";
    /// The record of what was applied is damaged.
    StateDamaged = "state.damaged", Failed, false, "The filter in force stays. Run `apply`: it writes the record anew.";
    /// The state directory or a file in it can be changed by somebody who is neither root nor the helper's own user, or is something else than a directory or a file.
    StateUnsafe = "state.unsafe", Failed, false, "Give it to root, writable by the owner alone; remove what is no file.";
    /// The change is over: nobody confirmed it in time, and the former policy is back.
    ChangeRolledBack = "change.rolled_back", Failed, false, "Apply the policy once more and confirm it in time.";
    /// The change is confirmed already.
    ChangeConfirmed = "change.confirmed", Failed, false, "Apply the former policy to go back to it.";
    /// Another change came after it, or there never was one of this name.
    ChangeUnknown = "change.unknown", Failed, false, "Ask `status` for the last change.";
    /// The operation needs an applied policy and there is none.
    PolicyNone = "policy.none", Failed, false, "Run `apply` with a policy first.";
    /// A policy on this data would need more entries in the kernel than any does on real data.
    PlanTooLarge = "plan.too_large", Failed, false, "The filter in force stays. Choose fewer countries or exceptions, or get the data anew from its publisher.";
    /// The policy drops no address: no country is listed, or those that are hold none by this data.
    PolicyDropsNobody = "policy.drops_nobody", Failed, false, "Choose countries that hold addresses, or other data.";
    /// Exceptions cover every address of a family, so nobody is dropped there.
    PolicyExemptsEverybody = "policy.exempts_everybody", Failed, false, "Make the exceptions smaller.";
    /// The kernel has no IP sets, or they can be reached neither directly nor through the `ipset` tool.
    FirewallIpsetMissing = "firewall.ipset_missing", NotAvailable, false, "Update the system to a release whose kernel has ip_set.";
    /// The `iptables` tools are not on this system.
    FirewallIptablesMissing = "firewall.iptables_missing", NotAvailable, false, "Install iptables.";
    /// The kernel refuses firewall changes to this process.
    FirewallPermission = "firewall.permission", NotAvailable, false, "Run as root; a container needs the capability NET_ADMIN.";
    /// The kernel lacks the set type, the set match or connection tracking.
    FirewallUnsupported = "firewall.unsupported", NotAvailable, false, "The kernel needs ip_set with hash:net, hash:ip and bitmap:ip, xt_set and nf_conntrack.";
    /// A firewall tool failed, or the kernel refused something.
    FirewallCommand = "firewall.command", Failed, true, "The filter in force stays. The message holds the tool's or the kernel's own words.";
    /// The kernel has no memory left for the sets.
    FirewallMemory = "firewall.memory", Failed, true, "The filter in force stays. Free memory, then apply again.";
    /// A firewall tool did not finish in time.
    FirewallTimeout = "firewall.timeout", Failed, true, "The filter in force stays. Another program may hold the firewall's lock.";
    /// The kernel does not hold what was loaded into it.
    FirewallUnverified = "firewall.unverified", Failed, true, "The filter in force stays. Apply the policy again.";
    /// A set in the kernel is missing or does not hold what was applied.
    FirewallSetsDrifted = "firewall.sets_drifted", Failed, false, "Run `heal`: it restores the sets.";
    /// A set in the kernel has another type or other options than the applied one, such as a limit or a timeout.
    FirewallSetOptionsDrifted = "firewall.set_options_drifted", Failed, false, "Run `heal`: it replaces the set.";
    /// Our chain in the kernel is missing or changed.
    FirewallChainDrifted = "firewall.chain_drifted", Failed, false, "Run `heal`: it restores the chain.";
    /// INPUT does not lead into our chain, or not at the right place.
    FirewallNotAttached = "firewall.not_attached", Failed, false, "Run `heal`: it puts the jump in its place.";
    /// The jump was put in its place, but INPUT is another by now: its place cannot be told while others change it.
    FirewallInputChanged = "firewall.input_changed", Failed, true, "Have whoever builds INPUT build it anew, then attach again.";
    /// Another program is listing sets, which keeps new ones from taking their places.
    FirewallSetsListed = "firewall.sets_listed", Failed, true, "The filter in force stays. End the program that lists sets, such as an `ipset list` in a pager, then try again.";
    /// A rule lets everybody in before the filter, for longer than the renewal of a certificate takes.
    FirewallAcceptedBefore = "firewall.accepted_before", Failed, false, "Remove the firewall rule, or end the program that has put it there.";
    /// A set cannot be removed because a rule outside our chains uses it. `detach` empties it.
    FirewallSetInUse = "firewall.set_in_use", Failed, false, "Remove the firewall rule that names the set.";
    /// A chain cannot be removed because a rule outside our chains leads to it. `detach` empties it.
    FirewallChainInUse = "firewall.chain_in_use", Failed, false, "Remove the firewall rule that leads to the chain.";
}

/// A failure with its stable code.
#[derive(Debug, Clone)]
pub struct Error {
    code: Code,
    message: String,
    hint: Option<String>,
    /// The path of the field at fault, of a request that was refused.
    field: Option<String>,
}

impl Error {
    /// A failure: what was being done, to what, and what went wrong.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, field: None }
    }

    /// Replaces the code's general hint by one that fits this failure.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Names the field of the request that is at fault by its path, such as `policy.countries[1]`.
    #[must_use]
    pub fn with_field(mut self, path: impl Into<String>) -> Self {
        self.field = Some(path.into());
        self
    }

    /// Puts the object of the failure, such as a file's name, before the message.
    #[must_use]
    pub fn within(mut self, object: &str) -> Self {
        self.message = format!("{object}: {}", self.message);
        self
    }

    /// A failed operation in the state directory: `verb` as in "write", and the file.
    pub fn state_io(verb: &str, place: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        move |error| {
            let place = place.as_ref().display();
            Self::new(Code::StateIo, format!("cannot {verb} {place}: {error}"))
        }
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What happened.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The path of the field at fault, of a request that was refused.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// What an administrator can do.
    pub fn hint(&self) -> &str {
        self.hint.as_deref().unwrap_or(self.code.hint())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.message, self.code.as_str())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_distinct_dotted_words() {
        let texts: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for text in texts {
            let (area, what) = text.split_once('.').unwrap();
            assert!(
                [area, what].iter().all(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
            );
        }
    }

    #[test]
    fn the_exit_class_follows_the_area() {
        for code in Code::ALL {
            let area = code.as_str().split_once('.').unwrap().0;
            assert_eq!(code.exit_class() == ExitClass::BadRequest, area == "request", "{}", code.as_str());
        }
    }
}
