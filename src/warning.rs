//! Warnings: what an administrator should know although the operation succeeded.

use serde::Serialize;

use crate::error::{Error, one_of};
use crate::remedy::Remedy;
use crate::stage::Stage;

macro_rules! warning_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal, $remedy:tt;)+) => {
        /// Stable codes of warnings.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum WarningCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl WarningCode {
            /// Every code with its meaning, for the documentation.
            pub const ALL: &[(&str, &str)] = &[$(($text, concat!($($doc),+))),+];

            /// The code in replies.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// What helps, if one step does.
            pub fn remedy(self) -> Option<Remedy> {
                match self { $(Self::$variant => one_of!(Remedy, $remedy)),+ }
            }
        }
    };
}

// A code and its remedy.
warning_codes! {
    /// Some rows of a source could not be parsed and were skipped.
    MalformedRows = "source.malformed_rows", -;
    /// The name of a file contains a month in the future. Its rows are used, but its date counts as unknown.
    FutureRelease = "source.future_release", -;
    /// Rows contain unknown country codes.
    UnknownCodes = "source.unknown_codes", -;
    /// Several countries claim the same addresses. Such an address is dropped only if all of them are.
    Contested = "source.contested", -;
    /// A mirror has no checksum for a file; the file was accepted without one.
    NoChecksum = "source.no_checksum", -;
    /// The file with all countries is not available; the countries were downloaded one by one.
    OneByOne = "source.one_by_one", -;
    /// Not all files of a source were given, so the data is incomplete.
    Incomplete = "source.incomplete", -;
    /// The data has no addresses of a family, so that family is not filtered.
    FamilyMissing = "source.family_missing", Update;
    /// There is no usable data of a source.
    DatabaseUnusable = "database.unusable", -;
    /// The data in use should long have had a successor.
    DatabaseStale = "database.stale", Update;
    /// The system has no usable IPv6 firewall; only IPv4 is filtered.
    NoIpv6 = "firewall.no_ipv6", -;
    /// The kernel lacks a feature that makes the filter faster or its counts more detailed. The verdicts are the same.
    Degraded = "firewall.degraded", -;
    /// A set of another type has one of our names. It is not ours and stays.
    ForeignSet = "firewall.foreign_set", -;
    /// It is unknown which sources a rule in INPUT accepts. Before the filter, they are not filtered; after it, they are.
    RuleNotUnderstood = "firewall.rule_not_understood", Firewall;
    /// A rule after the filter accepts certain sources, but the filter cannot make an exception for them: they are filtered.
    TrustNotHonoured = "firewall.trust_not_honoured", Firewall;
    /// The exported file has more entries than small routers take well.
    ManyForRouter = "export.many_for_router", -;
    /// The exported file does not restrict administration, as the policy does.
    AdminLeftOut = "export.admin_left_out", -;
    /// A network that the policy names holds no address by the data, so it blocks nobody.
    NetworkUnknown = "network.unknown", -;
    /// Countries may administer the PBX, but the policy blocks them.
    AdminBlocked = "policy.admin_blocked", -;
    /// A timed exception in the request has ended already; it was left out.
    ExceptionExpired = "policy.exception_expired", -;
    /// No name server answers about a host that is an exception. The addresses of the last answer pass for 24 hours.
    HostSilent = "host.silent", -;
    /// A host that is an exception has no address, or does not exist.
    HostWithoutAddress = "host.without_address", -;
    /// A host that is an exception has private or special-purpose addresses. They change nothing: without others, those that it
    /// had pass for another day.
    HostNotPublic = "host.not_public", -;
    /// A host that is an exception has more addresses than may pass. The others are left out.
    HostManyAddresses = "host.many_addresses", -;
    /// The record of the addresses of hosts is damaged. Name servers are asked again, at the latest with the next look.
    HostAnswersLost = "host.answers_lost", -;
    /// A phone is registered from more addresses than may pass. The others are left out.
    PhoneManyAddresses = "phone.many_addresses", -;
    /// More phones keep their way than may. The others are left out.
    PhoneManyPhones = "phone.many_phones", -;
    /// The record of the addresses of phones is damaged. The next contacts make a new one, also of addresses that were ended.
    PhoneAddressesLost = "phone.addresses_lost", -;
    /// What was to be ended for a phone does not pass, or has ended already.
    PhoneNotKept = "phone.not_kept", -;
    /// An address that was ended for a phone still passes for another one.
    PhoneAddressShared = "phone.address_shared", -;
    /// All countries are blocked, but addresses that no country holds still pass.
    PassesUnknown = "policy.passes_unknown", -;
    /// Addresses that no country holds should be dropped, but they pass, because not all countries are blocked.
    UnknownIgnored = "policy.unknown_ignored", -;
    /// The record of a day is damaged: what was counted on that day is missing from the activity.
    DayLost = "activity.day_lost", -;
    /// The stored plan was damaged and was computed again.
    PlanRebuilt = "state.plan_rebuilt", -;
}

/// A warning for the administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Warning {
    /// The stable code: that of a warning, or that of an error that did not stop the operation.
    pub code: &'static str,
    /// What happened, and to what.
    pub message: String,
    /// What an administrator can do; left out if that depends on more than this warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// True if the same request may succeed later; only for an error that did not stop the operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
    /// The step in which a source failed; of an error that was survived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// What helps; left out if no single step does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
    /// The path of the field of the request that it is about, if it is about one, such as `policy.networks[0]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl Warning {
    /// A warning of its own.
    pub fn new(code: WarningCode, message: impl Into<String>) -> Self {
        let remedy = code.remedy();
        Self {
            code: code.as_str(),
            message: message.into(),
            hint: None,
            retryable: None,
            stage: None,
            remedy,
            field: None,
        }
    }

    /// The same, about a field of the request.
    #[must_use]
    pub fn with_field(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// The same warning, with what an administrator can do.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl From<&Error> for Warning {
    fn from(error: &Error) -> Self {
        Self {
            code: error.code().as_str(),
            message: error.message().to_owned(),
            hint: Some(error.hint().to_owned()),
            retryable: Some(error.code().is_retryable()),
            stage: error.code().stage(),
            remedy: error.code().remedy(),
            field: error.field().map(str::to_owned),
        }
    }
}
