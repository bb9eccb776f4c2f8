//! The error type: a stable code, what happened to what, and what an administrator can do.

use std::fmt;
use std::path::Path;

use crate::remedy::Remedy;
use crate::stage::Stage;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of failure, as the exit status of the process. The code in the reply is more specific.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitClass {
    /// The operation failed.
    Failed = 1,
    /// The request is invalid; nothing was done.
    BadRequest = 2,
    /// Another helper is running; try again.
    Busy = 3,
    /// The system lacks something that the operation needs.
    NotAvailable = 4,
}

/// A column of a table of codes: a variant of an enum, or `-` for none.
macro_rules! one_of {
    ($of:ident, -) => {
        None
    };
    ($of:ident, $variant:ident) => {
        Some($of::$variant)
    };
}
pub(crate) use one_of;

macro_rules! codes {
    ($(
        $(#[doc = $doc:literal])+
        $variant:ident = $text:literal, $exit:ident, $retryable:literal, $stage:tt, $remedy:tt, $hint:literal;
    )+) => {
        /// Stable error codes. A code never changes its meaning; new codes may be added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The code in replies.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The exit status class.
            pub fn exit_class(self) -> ExitClass {
                match self { $(Self::$variant => ExitClass::$exit),+ }
            }

            /// True if the same request may succeed later without any change.
            pub fn is_retryable(self) -> bool {
                match self { $(Self::$variant => $retryable),+ }
            }

            /// The step of an update in which a publisher or its data was at fault; none if neither was.
            pub fn stage(self) -> Option<Stage> {
                match self { $(Self::$variant => one_of!(Stage, $stage)),+ }
            }

            /// What helps, if one step does.
            pub fn remedy(self) -> Option<Remedy> {
                match self { $(Self::$variant => one_of!(Remedy, $remedy)),+ }
            }

            /// What an administrator can do, unless the error has a more specific hint.
            pub fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint),+ }
            }

            /// The meaning of the code, for the documentation.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+)),+ }
            }
        }
    };
}

// A code, its exit class, whether a retry may help, the stage of an update, the remedy, the hint.
codes! {
    /// The request is not valid JSON, lacks a field, or has an unknown field or an invalid value.
    RequestInvalid = "request.invalid", BadRequest, false, -, -, "Compare the request with the JSON Schema of the operation.";
    /// A country code of the policy is neither in ISO 3166-1 nor in the data source.
    RequestUnknownCountry = "request.unknown_country", BadRequest, false, -, -, "Take codes from the `countries` operation.";
    /// A source file cannot be opened or read.
    SourceUnreadable = "source.unreadable", Failed, false, -, -, "Check that the file exists and is readable.";
    /// A source file is not what its publisher ships: wrong format, truncated, damaged.
    SourceMalformed = "source.malformed", Failed, true, Parse, -, "The data in force stays. Download the file again or choose another source.";
    /// A file cannot be downloaded.
    SourceDownload = "source.download", Failed, true, Download, -, "The data in force stays. Check the connection, the proxy and the clock, or name a mirror.";
    /// A file does not have the checksum that its publisher lists.
    SourceChecksum = "source.checksum", Failed, true, Verify, -, "The data in force stays. The publisher may be replacing the file at the moment: try again later.";
    /// A source file is larger than any real one, packed or unpacked.
    SourceTooLarge = "source.too_large", Failed, false, Download, -, "The data in force stays. Check the origin of the file.";
    /// New data is far smaller than the last good data, so it was refused.
    SourceShrunk = "source.shrunk", Failed, true, Parse, Force, "The data in force stays. If the loss is real, repeat the update with `force`.";
    /// A new list has far more addresses than the last good one, so it was refused.
    SourceGrown = "source.grown", Failed, true, Parse, Force, "The list that is kept stays. If the growth is real, repeat the update with `force`.";
    /// A list that the policy names has not been downloaded yet, so it blocks nobody.
    ListMissing = "list.missing", Failed, false, -, Lists, "Run `lists` for this list first.";
    /// The publisher of a list does not accept the administrator's key.
    ListKeyRefused = "list.key_refused", Failed, false, -, -, "The list that is kept stays. Check the key; the publisher gives a new one.";
    /// The policy names networks, and the data that tells them has not been downloaded yet, so nobody is blocked for them.
    NetworkMissing = "network.missing", Failed, false, -, Lists, "Run `networks` first.";
    /// There is no compiled data of the source on disk, and none could be compiled.
    DatabaseMissing = "database.missing", Failed, false, -, Update, "Run `update` for this source first.";
    /// A compiled database on disk is damaged.
    DatabaseCorrupt = "database.corrupt", Failed, false, -, Update, "Run `update` for this source: it compiles the data again.";
    /// A compiled database on disk was written by another version of the helper.
    DatabaseVersion = "database.version", Failed, false, -, Update, "Run `update` for this source: it compiles the data again.";
    /// Another helper holds the lock.
    StateBusy = "state.busy", Busy, true, -, -, "Wait until the other operation is done.";
    /// The recorded plan is missing or damaged, so the sets can be neither compared nor restored.
    StatePlanUnusable = "state.plan_unusable", Failed, false, -, Heal, "Run `heal`: it computes the plan again from the data.";
    /// A file of the state directory cannot be read or written.
    StateIo = "state.io", Failed, true, -, -, "Check the free space and the permissions of the state directory.";
    /// The record of the applied policy is damaged.
    StateDamaged = "state.damaged", Failed, false, -, Apply, "The filter in force stays. Run `apply`: it writes a new record.";
    /// The state directory or a file in it can be changed by another user than root and the helper's own, or is neither a directory nor a regular file.
    StateUnsafe = "state.unsafe", Failed, false, -, -, "Make root the owner and the only one who can write; remove what is not a regular file.";
    /// The change was not confirmed in time, and the former policy is back in force.
    ChangeRolledBack = "change.rolled_back", Failed, false, -, -, "Apply the policy again and confirm it in time.";
    /// The change is confirmed already.
    ChangeConfirmed = "change.confirmed", Failed, false, -, -, "Apply the former policy to go back to it.";
    /// This is not the last change: another one followed, or it never existed.
    ChangeUnknown = "change.unknown", Failed, false, -, -, "Ask `status` for the last change.";
    /// The operation needs an applied policy and there is none.
    PolicyNone = "policy.none", Failed, false, -, Apply, "Run `apply` with a policy first.";
    /// The applied policy, or the source that it was to rest on, is not the wanted one.
    PolicyPending = "policy.pending", Failed, false, -, Apply, "The applied policy stays in force. Run `apply` with the wanted policy.";
    /// With this data, the policy needs more entries in the kernel than any policy does with real data.
    PlanTooLarge = "plan.too_large", Failed, false, -, -, "The filter in force stays. Choose fewer countries or exceptions, or update the data.";
    /// The policy drops no address: no country is listed, or the data has no addresses for those that are.
    PolicyDropsNobody = "policy.drops_nobody", Failed, false, -, -, "Choose countries for which the data has addresses, or another source.";
    /// The exceptions cover every address of a family, so nobody is dropped there.
    PolicyExemptsEverybody = "policy.exempts_everybody", Failed, false, -, -, "Make the exceptions smaller.";
    /// The kernel does not support IP sets, or neither netlink nor the `ipset` tool can reach them.
    FirewallIpsetMissing = "firewall.ipset_missing", NotAvailable, false, -, -, "Update the system to a release whose kernel has ip_set.";
    /// The `iptables` tools are not installed.
    FirewallIptablesMissing = "firewall.iptables_missing", NotAvailable, false, -, -, "Install iptables.";
    /// The kernel refuses firewall changes to this process.
    FirewallPermission = "firewall.permission", NotAvailable, false, -, -, "Run as root; a container needs the capability NET_ADMIN.";
    /// The kernel lacks the set type, the set match or connection tracking.
    FirewallUnsupported = "firewall.unsupported", NotAvailable, false, -, -, "The kernel needs ip_set with hash:net, hash:ip and bitmap:ip, xt_set and nf_conntrack.";
    /// A firewall tool failed, or the kernel refused something.
    FirewallCommand = "firewall.command", Failed, true, -, -, "The filter in force stays. The message contains the tool's or the kernel's own message.";
    /// The kernel has no memory left for the sets.
    FirewallMemory = "firewall.memory", Failed, true, -, -, "The filter in force stays. Free memory, then apply again.";
    /// A firewall tool did not finish in time.
    FirewallTimeout = "firewall.timeout", Failed, true, -, -, "The filter in force stays. Another program may hold the firewall's lock.";
    /// The kernel does not contain what was loaded into it.
    FirewallUnverified = "firewall.unverified", Failed, true, -, -, "The filter in force stays. Apply the policy again.";
    /// A set in the kernel is missing, or its entries differ from the applied policy.
    FirewallSetsDrifted = "firewall.sets_drifted", Failed, false, -, Heal, "Run `heal`: it restores the sets.";
    /// A set in the kernel has another type or other options than it should, such as a limit or a timeout.
    FirewallSetOptionsDrifted = "firewall.set_options_drifted", Failed, false, -, Heal, "Run `heal`: it replaces the set.";
    /// Our chain in the kernel is missing or changed.
    FirewallChainDrifted = "firewall.chain_drifted", Failed, false, -, Heal, "Run `heal`: it restores the chain.";
    /// INPUT does not jump to our chain, or not at the right position.
    FirewallNotAttached = "firewall.not_attached", Failed, false, -, Heal, "Run `heal`: it puts the jump in its place.";
    /// The jump was put in its place, but another program has changed INPUT since, so the place is wrong again.
    FirewallInputChanged = "firewall.input_changed", Failed, true, -, -, "Let MikoPBX build INPUT again, then attach again.";
    /// Another program is listing sets, so they cannot be replaced.
    FirewallSetsListed = "firewall.sets_listed", Failed, true, -, -, "The filter in force stays. End the program that lists sets, such as an `ipset list` in a pager, then try again.";
    /// A rule lets everybody in before the filter, for longer than the renewal of a certificate takes.
    FirewallAcceptedBefore = "firewall.accepted_before", Failed, false, -, Firewall, "Remove the firewall rule, or end the program that has put it there.";
    /// A set cannot be removed because a rule outside our chains uses it. `detach` empties it.
    FirewallSetInUse = "firewall.set_in_use", Failed, false, -, Firewall, "Remove the firewall rule that uses the set.";
    /// A chain cannot be removed because a rule outside our chains jumps to it. `detach` empties it.
    FirewallChainInUse = "firewall.chain_in_use", Failed, false, -, Firewall, "Remove the firewall rule that jumps to the chain.";
}

/// An error with its stable code.
#[derive(Debug, Clone)]
pub struct Error {
    code: Code,
    message: String,
    hint: Option<String>,
    /// The path of the field at fault, of a request that was refused.
    field: Option<String>,
}

impl Error {
    /// An error. The message says what was being done, to what, and what went wrong.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, field: None }
    }

    /// Replaces the general hint of the code by a specific one.
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

    /// Puts the object of the failure, such as a file name, before the message.
    #[must_use]
    pub fn within(mut self, object: &str) -> Self {
        self.message = format!("{object}: {}", self.message);
        self
    }

    /// A failed operation on a file of the state directory. `verb` is a word such as "write".
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
