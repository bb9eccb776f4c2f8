//! The request of `lists`.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use serde::{Deserialize, Deserializer, Serialize};

use crate::blocklist::{self, Catalogued, ListId, MOST_LISTS, Report, catalogued};
use crate::download::without_secrets;
use crate::error::{Code, Error, Result};
use crate::net::Addresses;
use crate::ops::parts::ask::Ask;
use crate::ops::parts::network::{BaseUrl, Timeout};
use crate::protocol::Version;

/// The most bytes of a pasted list.
const LONGEST_TEXT: usize = 1 << 20;

/// Get block lists, then update the kernel if the policy uses one that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ListsRequest {
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
    /// After so many seconds no further publisher is asked, and no download goes on for long.
    #[serde(default)]
    pub total_seconds: Option<Timeout>,
    /// Accept lists that changed beyond reason.
    #[serde(default)]
    pub force: bool,
}

/// A list to keep. One of the catalogue needs its id alone. Of any other, exactly one more field says what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WantedList {
    /// Its id.
    pub id: ListId,
    /// Where it is published.
    #[serde(default)]
    pub url: Option<ListUrl>,
    /// Its content, as somebody pasted it.
    #[serde(default)]
    pub text: Option<String>,
    /// The administrator's own key, for a list of the catalogue that needs one. It is sent to its publisher and nowhere else.
    #[serde(default)]
    pub key: Option<ListKey>,
    /// A local copy, which is read instead of asking the publisher.
    #[serde(default)]
    pub file: Option<PathBuf>,
}

/// The `http` or `https` URL of a list. User, password and query may be secret.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ListUrl(String);

impl ListUrl {
    /// The whole URL.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ListUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_secrets(&self.0))
    }
}

impl FromStr for ListUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_url = ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
        let is_url = is_url && reqwest::Url::parse(text).is_ok_and(|url| url.host_str().is_some());
        if is_url && text.contains("***") {
            Err("its secret has to be given anew: *** stands for one that is not shown".to_owned())
        } else if is_url {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("{:?} is not an http(s) URL", without_secrets(text)))
        }
    }
}

impl<'de> Deserialize<'de> for ListUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for ListUrl {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ListUrl".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "uri", "pattern": "^https?://" })
    }
}

/// A key that a publisher gives to an administrator: 8 to 128 letters, digits, hyphens and underscores. It is never shown.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ListKey(String);

impl ListKey {
    /// The key itself.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ListKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl FromStr for ListKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || [b'-', b'_'].contains(&byte);
        if (8..=128).contains(&text.len()) && text.bytes().all(is_part) {
            Ok(Self(text.to_owned()))
        } else {
            Err("it is no key: 8 to 128 letters, digits, hyphens and underscores")
        }
    }
}

impl<'de> Deserialize<'de> for ListKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for ListKey {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ListKey".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{8,128}$" })
    }
}

#[derive(Debug, Args)]
pub struct ListsFlags {
    /// The lists of the catalogue to keep.
    #[arg(long, value_delimiter = ',', value_name = "IDS")]
    lists: Vec<ListId>,
    /// When publishers are asked.
    #[arg(long)]
    ask: Option<Ask>,
    /// Accept lists that changed beyond reason.
    #[arg(long)]
    force: bool,
}

impl ListsFlags {
    pub(super) fn into_request(self) -> ListsRequest {
        let Self { lists, ask, force } = self;
        let wanted = |id| WantedList { id, url: None, text: None, key: None, file: None };
        ListsRequest {
            v: Version,
            lists: lists.into_iter().map(wanted).collect(),
            ask: ask.unwrap_or_default(),
            base_url: None,
            timeout_seconds: Timeout::default(),
            total_seconds: None,
            force,
        }
    }
}

/// The addresses of a pasted list. An empty text is a list of nobody.
///
/// # Errors
/// Those of [`blocklist::read`].
pub(super) fn pasted(text: &str) -> Result<(Addresses, Report)> {
    if text.trim().is_empty() { Ok(Default::default()) } else { blocklist::read(&mut text.as_bytes()) }
}

impl ListsRequest {
    /// Refuses a request that cannot be right.
    pub(super) fn check(&self) -> Result<()> {
        let invalid = |field: String, what: &str| {
            Err(Error::new(Code::RequestInvalid, format!("{field}: {what}")).with_field(field))
        };
        if self.lists.len() > MOST_LISTS {
            return invalid("lists".into(), &format!("there are more than {MOST_LISTS}"));
        }
        let mut ids = BTreeSet::new();
        for (place, WantedList { id, url, text, key, file }) in self.lists.iter().enumerate() {
            let field = |name: &str| format!("lists[{place}].{name}");
            let given =
                [url.is_some(), text.is_some(), file.is_some()].into_iter().filter(|given| *given).count();
            if !ids.insert(id) {
                return invalid(field("id"), &format!("{id} occurs twice"));
            }
            match catalogued(id) {
                Some(_) if url.is_some() || text.is_some() => {
                    return invalid(field("id"), &format!("{id} is the list of a publisher"));
                }
                None if given != 1 => {
                    let what = format!(
                        "{id} is none of the catalogue, so exactly one of url, text and file is needed"
                    );
                    return invalid(field("id"), &what);
                }
                _ => {}
            }
            let is_keyed = catalogued(id).is_some_and(Catalogued::needs_key);
            if key.is_some() && !is_keyed {
                return invalid(field("key"), &format!("{id} needs no key"));
            }
            if is_keyed && key.is_none() && file.is_none() && self.base_url.is_none() {
                return invalid(field("key"), &format!("{id} needs a key, which its publisher gives you"));
            }
            if let Some(text) = text {
                if text.len() > LONGEST_TEXT {
                    return invalid(field("text"), &format!("it is longer than {LONGEST_TEXT} bytes"));
                }
                pasted(text).map(drop).or_else(|error| invalid(field("text"), error.message()))?;
            }
        }
        Ok(())
    }
}
