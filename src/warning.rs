//! What an administrator should know although an operation succeeded.

use serde::Serialize;

use crate::error::Error;
use crate::remedy::Remedy;
use crate::stage::Stage;

macro_rules! warning_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal;)+) => {
        /// Stable codes of warnings.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum WarningCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl WarningCode {
            /// Every code with its meaning, for the documentation.
            pub const ALL: &[(&str, &str)] = &[$(($text, concat!($($doc),+))),+];

            /// The code as it stands in a reply.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

warning_codes! {
    /// Some rows of a source could not be understood and were left out.
    MalformedRows = "source.malformed_rows";
    /// A file is named after a month that cannot be there yet; its rows are used, its date counts as unknown.
    FutureRelease = "source.future_release";
    /// Rows name codes that stand for no known country.
    UnknownCodes = "source.unknown_codes";
    /// Several countries claim the same addresses; such an address is dropped only if all of them are.
    Contested = "source.contested";
    /// A mirror has no checksum for a file; it was taken without.
    NoChecksum = "source.no_checksum";
    /// A file that holds all countries could not be had; they were got one by one.
    OneByOne = "source.one_by_one";
    /// Not all files of a source were given; the data lacks the others.
    Incomplete = "source.incomplete";
    /// The data holds no addresses of a family, which is then not filtered at all.
    FamilyMissing = "source.family_missing";
    /// There is no usable data of a source.
    DatabaseUnusable = "database.unusable";
    /// The system has no usable IPv6 firewall; only IPv4 is filtered.
    NoIpv6 = "firewall.no_ipv6";
    /// The kernel lacks what makes the filter quicker or its counts richer; it filters the same without.
    Degraded = "firewall.degraded";
    /// A set of another type bears one of our names; it is not ours and stays.
    ForeignSet = "firewall.foreign_set";
    /// It cannot be told whom a rule in INPUT accepts: before the filter they are not filtered, behind it they are.
    RuleNotUnderstood = "firewall.rule_not_understood";
    /// A rule behind the filter names whom it accepts, but cannot be honoured: they are filtered like everybody.
    TrustNotHonoured = "firewall.trust_not_honoured";
    /// A timed exception of the request is over already; it was left out.
    ExceptionExpired = "policy.exception_expired";
    /// All countries are blocked, and yet addresses that no country holds pass.
    PassesUnknown = "policy.passes_unknown";
    /// Addresses that no country holds are to be dropped, but only some countries are blocked: such addresses pass.
    UnknownIgnored = "policy.unknown_ignored";
    /// The stored plan was damaged and was computed anew.
    PlanRebuilt = "state.plan_rebuilt";
}

/// Something an administrator should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Warning {
    /// The stable code: a warning's own, or that of an error that was survived.
    pub code: &'static str,
    /// What is the matter.
    pub message: String,
    /// What an administrator can do; of an error that was survived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// True if the same request may succeed later by itself; of an error that was survived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
    /// The step in which a source failed; of an error that was survived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// What helps; left out if no single step does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
}

impl WarningCode {
    /// What helps, if one step does.
    pub fn remedy(self) -> Option<Remedy> {
        match self {
            Self::RuleNotUnderstood | Self::TrustNotHonoured => Some(Remedy::Firewall),
            Self::FamilyMissing => Some(Remedy::Update),
            _ => None,
        }
    }
}

impl Warning {
    /// A warning.
    pub fn new(code: WarningCode, message: impl Into<String>) -> Self {
        let remedy = code.remedy();
        Self {
            code: code.as_str(),
            message: message.into(),
            hint: None,
            retryable: None,
            stage: None,
            remedy,
        }
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
        }
    }
}
