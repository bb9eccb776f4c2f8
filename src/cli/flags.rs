//! The flags of each operation, for people; programs send JSON instead.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::VERSION;
use crate::country::CountryCode;
use crate::error::{Code, Error, Result};
use crate::plan::{Action, Mode, Pass, Policy, Subnet, Unknown};
use crate::protocol::{
    ActivityRequest, ApplyRequest, Asked, AttachRequest, BaseUrl, BaseUrls, CheckRequest, ConfirmRequest,
    CountriesRequest, DetachRequest, ExplainRequest, HealRequest, Hours, Online, PreviewRequest, Request,
    RollbackRequest, StatusRequest, Timeout, Token, UpdateRequest, ValidateRequest, Version,
};
use crate::source::SourceId;

const ABOUT: &str = "Drops connections from chosen countries in the kernel, by ipset and iptables.

Programs send one JSON request on stdin and read newline-delimited JSON from stdout. With flags, or on a
terminal, the same operations take their request from the command line and print readable text.";

const EXIT_STATUS: &str = "Exit status: 0 done, 1 failed, 2 request not understood, 3 another helper is at work, \
4 not available on this system.";

#[derive(Debug, Parser)]
#[command(name = "geoip-helper", version = VERSION, about = ABOUT, after_help = EXIT_STATUS)]
pub(super) struct Cli {
    /// Directory of everything the helper remembers; made if missing.
    #[arg(
        long,
        value_name = "DIR",
        env = "GEOIP_STATE_DIR",
        global = true,
        default_value = "/var/lib/geoip-helper"
    )]
    pub(super) state_dir: PathBuf,

    /// Print JSON also on a terminal.
    #[arg(long, global = true)]
    pub(super) json: bool,

    #[command(subcommand)]
    pub(super) operation: Operation,
}

#[derive(Debug, Subcommand)]
pub(super) enum Operation {
    /// Get and compile data, then refresh the kernel if a policy of this source is applied.
    Update(UpdateFlags),
    /// Make the kernel hold a policy.
    Apply(PolicyFlags),
    /// Let a change stay that was to be confirmed.
    Confirm(ConfirmFlags),
    /// Bring the policy before a change back.
    Rollback(RollbackFlags),
    /// Put chain and jump in place; restore the sets where the kernel has none.
    Attach,
    /// Remove everything from the kernel and forget the applied policy.
    Detach,
    /// Say what happens to addresses, and why.
    Explain(ExplainFlags),
    /// Compare everything in the kernel with what was applied, and repair what is ours and differs.
    Heal(HealFlags),
    /// Compare everything in the kernel with what was applied, and fail if drift stays that nobody knows of yet.
    Check(CheckFlags),
    /// Say what is in force, as read from the kernel and the disk.
    Status(StatusFlags),
    /// List the countries and what a source holds of each.
    Countries(CountriesFlags),
    /// Say what `apply` would do.
    Preview(PreviewFlags),
    /// Say whether a policy is right, without computing anything from it.
    Validate(PolicyFlags),
    /// Say what the filter dropped, or only counted, in the last hours.
    Activity(ActivityFlags),
}

#[derive(Debug, Args)]
pub(super) struct UpdateFlags {
    /// The data source.
    #[arg(long)]
    source: Option<SourceId>,
    /// Local copy of the source's file.
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Local copies of the source's files, for systems without a network.
    #[arg(long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// When the network may be used.
    #[arg(long)]
    online: Option<Online>,
    /// A mirror of the source: everything before the files' own names.
    // Read later: whatever is wrong with it, its password is not for the terminal.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Take the data even if it holds far less than the last good data.
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(super) struct PolicyFlags {
    /// The data source.
    #[arg(long)]
    source: Option<SourceId>,
    /// Drop the listed countries (block), or all but them (allow).
    #[arg(long)]
    mode: Option<Mode>,
    /// The countries, by their two-letter codes.
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    countries: Vec<CountryCode>,
    /// Addresses and subnets that always pass.
    #[arg(long, value_delimiter = ',', value_name = "SUBNETS")]
    allow: Vec<Subnet>,
    /// Addresses and subnets that pass until a time of RFC 3339.
    #[arg(long, value_delimiter = ',', value_name = "SUBNET@TIME")]
    passes: Vec<Pass>,
    /// What happens under `--mode allow` to addresses that no country holds.
    #[arg(long)]
    unknown: Option<Unknown>,
    /// What becomes of the connections that the policy is against.
    #[arg(long)]
    action: Option<Action>,
}

#[derive(Debug, Args)]
pub(super) struct ConfirmFlags {
    /// The change, as `status` names it.
    token: Option<Token>,
}

#[derive(Debug, Args)]
pub(super) struct RollbackFlags {
    /// The change, as `status` names it.
    token: Option<Token>,
    /// Wait whether somebody confirms it in time.
    #[arg(long)]
    when_due: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExplainFlags {
    /// The addresses, or new connections from them: 198.51.100.7:443/tcp, IPv6 addresses in brackets.
    #[arg(value_name = "ADDRESS[:PORT/PROTOCOL]")]
    addresses: Vec<Asked>,
    #[command(flatten)]
    policy: PolicyFlags,
}

#[derive(Debug, Args)]
pub(super) struct PreviewFlags {
    #[command(flatten)]
    policy: PolicyFlags,
    /// Addresses to answer for, or new connections from them: 198.51.100.7:443/tcp.
    #[arg(long, value_delimiter = ',', value_name = "ADDRESSES")]
    addresses: Vec<Asked>,
}

#[derive(Debug, Args)]
pub(super) struct CountriesFlags {
    /// The data source.
    #[arg(long)]
    source: Option<SourceId>,
}

#[derive(Debug, Args)]
pub(super) struct HealFlags {
    /// Leave INPUT alone.
    #[arg(long)]
    no_attach: bool,
}

#[derive(Debug, Args)]
pub(super) struct CheckFlags {
    /// Seconds after which drift is looked at again before it counts.
    #[arg(long, value_name = "SECONDS")]
    settle: Option<u8>,
}

#[derive(Debug, Args)]
pub(super) struct StatusFlags {
    /// Compare numbers of entries instead of the entries.
    #[arg(long)]
    quick: bool,
}

#[derive(Debug, Args)]
pub(super) struct ActivityFlags {
    /// How many hours, the one that has begun included.
    #[arg(long)]
    hours: Option<Hours>,
    /// How many addresses at most.
    #[arg(long, value_name = "NUMBER")]
    addresses: Option<u16>,
}

impl PolicyFlags {
    fn any(&self) -> bool {
        self.source.is_some()
            || self.mode.is_some()
            || !self.countries.is_empty()
            || !self.allow.is_empty()
            || !self.passes.is_empty()
            || self.unknown.is_some()
            || self.action.is_some()
    }

    /// The policy; none if no flag says what to do with the countries.
    fn policy(self) -> Option<Policy> {
        let Self { mode, countries, allow, passes, unknown, action, .. } = self;
        let (unknown, action) = (unknown.unwrap_or_default(), action.unwrap_or_default());
        mode.map(|mode| Policy { mode, countries, allow, passes, unknown, action })
    }

    fn required_policy(self) -> Result<Policy> {
        self.policy()
            .ok_or_else(|| Error::new(Code::RequestInvalid, "--mode is missing").with_hint("See --help."))
    }
}

fn required(token: Option<Token>) -> Result<Token> {
    token.ok_or_else(|| Error::new(Code::RequestInvalid, "the change is missing").with_hint("See --help."))
}

impl Operation {
    /// True if the command line says anything beyond the operation's name.
    pub(super) fn has_flags(&self) -> bool {
        match self {
            Self::Update(flags) => {
                flags.source.is_some()
                    || flags.bundle.is_some()
                    || !flags.files.is_empty()
                    || flags.online.is_some()
                    || flags.base_url.is_some()
                    || flags.force
            }
            Self::Apply(policy) | Self::Validate(policy) => policy.any(),
            Self::Preview(flags) => flags.policy.any() || !flags.addresses.is_empty(),
            Self::Explain(flags) => flags.policy.any() || !flags.addresses.is_empty(),
            Self::Countries(flags) => flags.source.is_some(),
            Self::Confirm(flags) => flags.token.is_some(),
            Self::Rollback(flags) => flags.token.is_some() || flags.when_due,
            Self::Heal(flags) => flags.no_attach,
            Self::Check(flags) => flags.settle.is_some(),
            Self::Status(flags) => flags.quick,
            Self::Activity(flags) => flags.hours.is_some() || flags.addresses.is_some(),
            Self::Attach | Self::Detach => false,
        }
    }

    /// True for a process that stays behind when whoever started it is gone.
    pub(super) fn is_left_alone(&self) -> bool {
        matches!(self, Self::Rollback(flags) if flags.when_due)
    }

    /// The request that the flags make.
    pub(super) fn into_request(self) -> Result<Request> {
        let v = Version;
        let default = |source: Option<SourceId>| source.unwrap_or(SourceId::Dbip);
        Ok(match self {
            Self::Update(UpdateFlags { source, bundle, files, online, base_url, force }) => {
                let source = default(source);
                let base_url = base_url.map(|url| url.parse::<BaseUrl>()).transpose();
                let base_url = base_url
                    .map_err(|reason| Error::new(Code::RequestInvalid, format!("--base-url: {reason}")))?;
                Request::Update(UpdateRequest {
                    v,
                    source,
                    bundle,
                    files,
                    online: online.unwrap_or_default(),
                    base_urls: BaseUrls::new(source, base_url),
                    timeout_seconds: Timeout::default(),
                    force,
                })
            }
            Self::Apply(flags) => Request::Apply(ApplyRequest {
                v,
                source: default(flags.source),
                policy: flags.required_policy()?,
                confirm: None,
            }),
            Self::Confirm(flags) => Request::Confirm(ConfirmRequest { v, token: required(flags.token)? }),
            Self::Rollback(RollbackFlags { token, when_due }) => {
                Request::Rollback(RollbackRequest { v, token: required(token)?, when_due })
            }
            Self::Validate(flags) => Request::Validate(ValidateRequest {
                v,
                source: default(flags.source),
                policy: flags.required_policy()?,
            }),
            Self::Preview(PreviewFlags { policy, addresses }) => Request::Preview(PreviewRequest {
                v,
                source: default(policy.source),
                policy: policy.required_policy()?,
                addresses,
            }),
            Self::Explain(ExplainFlags { addresses, policy }) => Request::Explain(ExplainRequest {
                v,
                addresses,
                source: policy.source,
                policy: policy.policy(),
            }),
            Self::Countries(CountriesFlags { source }) => {
                Request::Countries(CountriesRequest { v, source: default(source) })
            }
            Self::Attach => Request::Attach(AttachRequest { v }),
            Self::Detach => Request::Detach(DetachRequest { v }),
            Self::Heal(HealFlags { no_attach }) => Request::Heal(HealRequest { v, attach: !no_attach }),
            Self::Check(CheckFlags { settle }) => Request::Check(CheckRequest {
                v,
                settle_seconds: settle.unwrap_or_else(CheckRequest::settle_seconds),
            }),
            Self::Status(StatusFlags { quick }) => Request::Status(StatusRequest { v, quick }),
            Self::Activity(ActivityFlags { hours, addresses }) => Request::Activity(ActivityRequest {
                v,
                hours: hours.unwrap_or_default(),
                addresses: addresses.unwrap_or_else(ActivityRequest::addresses),
            }),
        })
    }

    /// The request that a program sent.
    pub(super) fn parse_json(&self, json: &[u8]) -> Result<Request> {
        Ok(match self {
            Self::Update(_) => Request::Update(Request::parse(json)?),
            Self::Apply(_) => Request::Apply(Request::parse(json)?),
            Self::Confirm(_) => Request::Confirm(Request::parse(json)?),
            Self::Rollback(_) => Request::Rollback(Request::parse(json)?),
            Self::Attach => Request::Attach(Request::parse(json)?),
            Self::Detach => Request::Detach(Request::parse(json)?),
            Self::Explain(_) => Request::Explain(Request::parse(json)?),
            Self::Heal(_) => Request::Heal(Request::parse(json)?),
            Self::Check(_) => Request::Check(Request::parse(json)?),
            Self::Status(_) => Request::Status(Request::parse(json)?),
            Self::Countries(_) => Request::Countries(Request::parse(json)?),
            Self::Preview(_) => Request::Preview(Request::parse(json)?),
            Self::Validate(_) => Request::Validate(Request::parse(json)?),
            Self::Activity(_) => Request::Activity(Request::parse(json)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_make_the_same_request_as_json() {
        let words =
            ["geoip-helper", "apply", "--mode", "block", "--countries", "cn,RU", "--allow", "198.51.100.7"];
        let request = Cli::parse_from(words).operation.into_request().unwrap();
        let json = br#"{"v":1,"source":"dbip","policy":
            {"mode":"block","countries":["CN","RU"],"allow":["198.51.100.7/32"],"unknown":"pass"}}"#;
        assert_eq!(request, Request::Apply(Request::parse(json).unwrap()));
    }
}
