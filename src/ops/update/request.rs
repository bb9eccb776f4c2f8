//! The request of `update`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::dataset::SourceId;
use crate::error::{Code, Error, Result};
use crate::ops::parts::network::{BaseUrl, BaseUrls, Timeout};
use crate::protocol::Version;

/// When `update` may use the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Online {
    /// Never: use the bundle or the data on disk.
    Never,
    /// Only if there is neither a usable bundle nor data on disk.
    #[default]
    IfMissing,
    /// Always: ask the publisher for a newer edition.
    IfNewer,
}

/// Get and compile country data, then update the kernel if a policy uses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UpdateRequest {
    /// The protocol version.
    pub v: Version,
    /// The source to update.
    pub source: SourceId,
    /// A local copy of the source's file, used unless newer data is available.
    #[serde(default)]
    pub bundle: Option<PathBuf>,
    /// When the network may be used.
    #[serde(default)]
    pub online: Online,
    /// Local copies of the source's files, for systems without a network.
    #[serde(default)]
    pub files: Vec<PathBuf>,
    /// Mirrors to use instead of the publishers.
    #[serde(default)]
    pub base_urls: BaseUrls,
    /// An attempt to reach a server fails after this many seconds without a byte.
    #[serde(default)]
    pub timeout_seconds: Timeout,
    /// Accept data that is far smaller than the last good data.
    #[serde(default)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct UpdateFlags {
    /// The data source.
    #[arg(long)]
    source: Option<SourceId>,
    /// A local copy of the source's file.
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Local copies of the source's files, for systems without a network.
    #[arg(long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// When the network may be used.
    #[arg(long)]
    online: Option<Online>,
    /// A mirror of the source: the URL to which file names are appended.
    // Parsed later, because a parse error of clap would print its password.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Accept data that is far smaller than the last good data.
    #[arg(long)]
    force: bool,
}

impl UpdateRequest {
    /// Compiles a local copy of the source's one file, without the network.
    pub(super) fn of_bundle(source: SourceId, bundle: &Path) -> Self {
        Self {
            v: Version,
            source,
            bundle: Some(bundle.to_owned()),
            online: Online::Never,
            files: Vec::new(),
            base_urls: BaseUrls::default(),
            timeout_seconds: Timeout::default(),
            force: false,
        }
    }
}

impl UpdateFlags {
    pub(super) fn into_request(self) -> Result<UpdateRequest> {
        let Self { source, bundle, files, online, base_url, force } = self;
        let source = source.unwrap_or(SourceId::Dbip);
        let base_url = base_url.map(|url| url.parse::<BaseUrl>()).transpose();
        let base_url =
            base_url.map_err(|reason| Error::new(Code::RequestInvalid, format!("--base-url: {reason}")))?;
        Ok(UpdateRequest {
            v: Version,
            source,
            bundle,
            files,
            online: online.unwrap_or_default(),
            base_urls: BaseUrls::new(source, base_url),
            timeout_seconds: Timeout::default(),
            force,
        })
    }
}
