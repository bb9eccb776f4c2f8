//! How operations may use the network: mirrors and timeouts.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use crate::dataset::SourceId;
use crate::download::without_secrets;

/// Base URLs of mirrors, one for each source that has one. The publisher's file names are appended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(extend("propertyNames" = { "$ref": "#/$defs/SourceId" })))]
pub struct BaseUrls(BTreeMap<SourceId, BaseUrl>);

impl BaseUrls {
    /// Base URLs with a mirror for one source.
    pub fn new(source: SourceId, mirror: Option<BaseUrl>) -> Self {
        Self(mirror.into_iter().map(|mirror| (source, mirror)).collect())
    }

    /// The mirror of a source, if it has one.
    pub fn of(&self, source: SourceId) -> Option<&str> {
        self.0.get(&source).map(BaseUrl::as_str)
    }
}

/// An `http` or `https` URL to which a file name can be appended.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// The whole URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_secrets(&self.0))
    }
}

impl FromStr for BaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A URL parser corrects slashes, removes spaces and maps characters. File names are appended to the text as
        // given, so only plain text is accepted.
        let is_plain = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let behind_scheme = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        let behind_scheme = behind_scheme.filter(|rest| !rest.starts_with('/') && is_plain(rest));
        match reqwest::Url::parse(text) {
            Ok(url) if behind_scheme.is_some() && url.query().is_none() && url.fragment().is_none() => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(format!(
                "{:?} is not an http(s) URL to which a file name can be appended",
                without_secrets(text)
            )),
        }
    }
}

impl<'de> Deserialize<'de> for BaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A number of seconds, 1 to 600.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Timeout(u16);

impl Default for Timeout {
    fn default() -> Self {
        Self(20)
    }
}

impl From<Timeout> for Duration {
    fn from(timeout: Timeout) -> Self {
        Self::from_secs(timeout.0.into())
    }
}

impl<'de> Deserialize<'de> for Timeout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u16::deserialize(deserializer)? {
            seconds @ 1..=600 => Ok(Self(seconds)),
            other => Err(serde::de::Error::custom(format_args!("{other} is not within 1 to 600"))),
        }
    }
}

#[cfg(test)]
impl schemars::JsonSchema for BaseUrl {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "BaseUrl".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "uri", "pattern": "^https?://" })
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Timeout {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timeout".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": 600 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_is_a_url_to_which_file_names_can_be_appended() {
        for good in ["http://mirror.example", "https://user:word@[2001:db8::1]:8443/a/b/", "http://m/%20"] {
            assert!(good.parse::<BaseUrl>().is_ok(), "{good:?} was refused");
        }
        for bad in [
            "http:mirror.example",
            "http:/./198.51.100.7",
            "http:///mirror.example",
            "http:\\\\mirror.example",
            "http://mirror.example/#files",
            "http://mirror.example/?file=",
            "http://mirror.example/ ",
            "http://mirror\t.example",
            " http://mirror.example",
            "file:///etc",
            "http://",
        ] {
            assert!(bad.parse::<BaseUrl>().is_err(), "{bad:?} was accepted");
        }
    }
}
