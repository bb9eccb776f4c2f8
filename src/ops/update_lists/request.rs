//! The request of `update_lists`.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::super::update::{BaseUrl, Timeout};
use crate::blocklist::ListId;
use crate::error::{Code, Error, Result};
use crate::protocol::Version;

/// When `update_lists` asks publishers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Ask {
    /// Never: only texts and files are read.
    Never,
    /// About each list whose time has come.
    #[default]
    IfDue,
    /// About each list, unless its publisher bears no request so soon.
    Now,
}

/// Get block lists, then update the kernel if the policy uses one that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UpdateListsRequest {
    /// The protocol version.
    pub v: Version,
    /// The lists to keep, each once. Others are removed, unless the applied policy names them.
    pub lists: Vec<WantedList>,
    /// When the network may be used.
    #[serde(default)]
    pub ask: Ask,
    /// A mirror of the publishers' files: the URL to which their names are appended.
    #[serde(default)]
    pub base_url: Option<BaseUrl>,
    /// An attempt to reach a server fails after this many seconds without a byte.
    #[serde(default)]
    pub timeout_seconds: Timeout,
    /// Accept lists that changed beyond reason.
    #[serde(default)]
    pub force: bool,
}

/// A list to keep. One of the catalogue needs its id alone; of another, one of the other fields says what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WantedList {
    /// Its id.
    pub id: ListId,
    /// Where it is published.
    #[serde(default)]
    pub url: Option<BaseUrl>,
    /// Its content, as somebody pasted it.
    #[serde(default)]
    pub text: Option<String>,
    /// A local copy of it, which is read instead of asking the publisher.
    #[serde(default)]
    pub file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct UpdateListsFlags {
    /// The lists of the catalogue to keep.
    #[arg(long, value_delimiter = ',', value_name = "IDS")]
    lists: Vec<ListId>,
    /// When the network may be used.
    #[arg(long)]
    ask: Option<Ask>,
    /// Accept lists that changed beyond reason.
    #[arg(long)]
    force: bool,
}
