//! The request of `networks`.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::asn::{AsNumber, MOST_NETWORKS, NetworkSource};
use crate::error::{Code, Error, Result};
use crate::ops::parts::ask::Ask;
use crate::ops::parts::network::{BaseUrl, Timeout};
use crate::protocol::Version;

/// The most local files of an edition: one for each family, and room for a publisher who splits them.
const MOST_FILES: usize = 4;

/// Get the data that tells networks, then update the kernel if the policy names one that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NetworksRequest {
    /// The protocol version.
    pub v: Version,
    /// The source of the data.
    #[serde(default)]
    pub source: NetworkSource,
    /// When the network may be used.
    #[serde(default)]
    pub ask: Ask,
    /// Local copies of the source's files, which are read instead of asking the publisher. Together they are the data.
    #[serde(default)]
    pub files: Vec<PathBuf>,
    /// A mirror of the publisher's files: the URL to which their names are appended.
    #[serde(default)]
    pub base_url: Option<BaseUrl>,
    /// An attempt to reach a server fails after this many seconds without a byte.
    #[serde(default)]
    pub timeout_seconds: Timeout,
    /// Networks that are saved and may not be applied yet. They may not lose most of their addresses unnoticed either.
    #[serde(default)]
    pub keep: Vec<AsNumber>,
    /// Accept data that lost most of its addresses, or of those of a network that somebody chose.
    #[serde(default)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct NetworksFlags {
    /// The source of the data.
    #[arg(long)]
    source: Option<NetworkSource>,
    /// When the publisher is asked.
    #[arg(long)]
    ask: Option<Ask>,
    /// Local copies of the source's files, for systems without a network.
    #[arg(long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Accept data that lost most of its addresses.
    #[arg(long)]
    force: bool,
}

impl NetworksFlags {
    pub(super) fn into_request(self) -> NetworksRequest {
        let Self { source, ask, files, force } = self;
        NetworksRequest {
            v: Version,
            source: source.unwrap_or_default(),
            ask: ask.unwrap_or_default(),
            files,
            base_url: None,
            timeout_seconds: Timeout::default(),
            keep: Vec::new(),
            force,
        }
    }
}

impl NetworksRequest {
    /// Refuses a request that cannot be right.
    pub(super) fn check(&self) -> Result<()> {
        for (field, count, most) in
            [("keep", self.keep.len(), MOST_NETWORKS), ("files", self.files.len(), MOST_FILES)]
        {
            if count > most {
                let message = format!("{field}: there are more than {most}");
                return Err(Error::new(Code::RequestInvalid, message).with_field(field));
            }
        }
        Ok(())
    }
}
