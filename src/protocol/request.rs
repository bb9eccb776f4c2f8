//! Requests. Unknown fields are refused; what is read here is valid.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::error::{Code, Error, Result};
use crate::plan::Policy;
use crate::source::SourceId;

/// The protocol version, always 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Version;

impl Version {
    /// The number that requests and replies carry.
    pub const NUMBER: u32 = 1;
}

impl Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(Self::NUMBER)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            Self::NUMBER => Ok(Self),
            other => Err(serde::de::Error::custom(format_args!(
                "protocol version {other} is not known, only {}",
                Self::NUMBER
            ))),
        }
    }
}

/// When `update` may use the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Online {
    /// Stay offline: use the bundle or what is on disk.
    Never,
    /// Only when there is neither a usable bundle nor data on disk.
    #[default]
    IfMissing,
    /// Ask the publisher for a newer edition.
    IfNewer,
}

/// The beginning of an `http` or `https` URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BaseUrl(String);

impl FromStr for BaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A URL parser mends slashes, drops spaces and reads other letters as dots; file names are put behind the
        // text as it stands, so it has to be plain.
        let is_plain = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let behind_scheme = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        let behind_scheme = behind_scheme.filter(|rest| !rest.starts_with('/') && is_plain(rest));
        match reqwest::Url::parse(text) {
            Ok(url) if behind_scheme.is_some() && url.query().is_none() && url.fragment().is_none() => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(format!("{text:?} is not the beginning of an http(s) URL")),
        }
    }
}

impl<'de> Deserialize<'de> for BaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A number of seconds from 1 to 600.
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

/// Get and compile data, then refresh the kernel if a policy of this source is applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UpdateRequest {
    /// The protocol version.
    pub v: Version,
    /// The source to update.
    pub source: SourceId,
    /// A local copy of the source's file to use where nothing newer is at hand.
    #[serde(default)]
    pub bundle: Option<PathBuf>,
    /// When the network may be used.
    #[serde(default)]
    pub online: Online,
    /// Local copies of the source's files, for systems without a network.
    #[serde(default)]
    pub files: Vec<PathBuf>,
    /// Mirrors to ask in the place of the publishers.
    #[serde(default)]
    pub base_urls: BaseUrls,
    /// Seconds without a byte after which an attempt to reach a server counts as failed.
    #[serde(default)]
    pub timeout_seconds: Timeout,
    /// Take the data even if it holds far less than the last good data.
    #[serde(default)]
    pub force: bool,
}

/// Everything before the files' own names, for each source that has a mirror.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BaseUrls {
    /// Mirror of `dbip-country-lite-YYYY-MM.csv.gz`.
    #[serde(default)]
    pub dbip: Option<BaseUrl>,
    /// Mirror of the `delegated-<registry>-extended-latest` files and their `.md5` companions.
    #[serde(default)]
    pub rir: Option<BaseUrl>,
    /// Mirror of `all-zones.tar.gz`, `ipv6-all-zones.tar.gz` and `MD5SUM`.
    #[serde(default)]
    pub ipdeny: Option<BaseUrl>,
}

impl BaseUrls {
    /// The mirror of one source.
    pub fn new(source: SourceId, mirror: Option<BaseUrl>) -> Self {
        let mut urls = Self::default();
        match source {
            SourceId::Dbip => urls.dbip = mirror,
            SourceId::Rir => urls.rir = mirror,
            SourceId::Ipdeny => urls.ipdeny = mirror,
        }
        urls
    }

    /// The mirror of a source, if it has one.
    pub fn of(&self, source: SourceId) -> Option<&str> {
        let url = match source {
            SourceId::Dbip => &self.dbip,
            SourceId::Rir => &self.rir,
            SourceId::Ipdeny => &self.ipdeny,
        };
        url.as_ref().map(|url| url.0.as_str())
    }
}

/// Make the kernel hold a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ApplyRequest {
    /// The protocol version.
    pub v: Version,
    /// The source that says which country holds an address.
    pub source: SourceId,
    /// Which addresses to drop.
    pub policy: Policy,
}

/// Say what `apply` would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PreviewRequest {
    /// The protocol version.
    pub v: Version,
    /// The source that says which country holds an address.
    pub source: SourceId,
    /// Which addresses to drop.
    pub policy: Policy,
    /// Addresses to answer for: would they be cut off?
    #[serde(default)]
    pub addresses: Vec<IpAddr>,
}

/// Say what happens to addresses, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExplainRequest {
    /// The protocol version.
    pub v: Version,
    /// The addresses.
    pub addresses: Vec<IpAddr>,
    /// The source that decides; that of the applied policy if left out.
    #[serde(default)]
    pub source: Option<SourceId>,
    /// The policy that decides; the applied one if left out.
    #[serde(default)]
    pub policy: Option<Policy>,
}

/// List the countries and what a source holds of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CountriesRequest {
    /// The protocol version.
    pub v: Version,
    /// The source whose counts are wanted.
    pub source: SourceId,
}

macro_rules! plain_requests {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        pub struct $name {
            /// The protocol version.
            pub v: Version,
        }
    )+};
}

plain_requests! {
    /// Put chain and jump in place; restore the sets where the kernel has none.
    AttachRequest;
    /// Remove everything from the kernel and forget the applied policy.
    DetachRequest;
    /// Say what is in force, as read from the kernel and the disk.
    StatusRequest;
}

/// A request of any operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// See [`UpdateRequest`].
    Update(UpdateRequest),
    /// See [`ApplyRequest`].
    Apply(ApplyRequest),
    /// See [`AttachRequest`].
    Attach(AttachRequest),
    /// See [`DetachRequest`].
    Detach(DetachRequest),
    /// See [`ExplainRequest`].
    Explain(ExplainRequest),
    /// See [`StatusRequest`].
    Status(StatusRequest),
    /// See [`CountriesRequest`].
    Countries(CountriesRequest),
    /// See [`PreviewRequest`].
    Preview(PreviewRequest),
}

impl Request {
    /// Reads the JSON request of one operation.
    ///
    /// # Errors
    /// `request.invalid`, with the path of the field at fault.
    pub fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T> {
        let invalid = |message: String| Error::new(Code::RequestInvalid, message);
        if json.trim_ascii().is_empty() {
            return Err(invalid("the request is empty".into())
                .with_hint("Send a JSON request such as {\"v\":1} on stdin, or give flags (see --help)."));
        }
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let request = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let field = error.path().to_string();
            let reason = error.into_inner();
            invalid(if field == "." { reason.to_string() } else { format!("{field}: {reason}") })
        })?;
        deserializer.end().map_err(|error| invalid(error.to_string()))?;
        Ok(request)
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
impl schemars::JsonSchema for Version {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "const": Self::NUMBER, "description": "Protocol version" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(json: &str) -> String {
        let error = Request::parse::<ApplyRequest>(json.as_bytes()).unwrap_err();
        assert_eq!(error.code(), Code::RequestInvalid);
        error.message().to_owned()
    }

    #[test]
    fn an_unknown_field_is_named_with_its_place() {
        let message =
            refusal(r#"{"v":1,"source":"dbip","policy":{"mode":"block","countries":[],"colour":1}}"#);
        assert!(message.starts_with("policy.colour: unknown field `colour`"), "{message}");
        assert!(refusal(r#"{"v":1,"sauce":"dbip"}"#).contains("`sauce`"));
    }

    #[test]
    fn wrong_values_are_named_with_their_place() {
        let request = |policy: &str| format!(r#"{{"v":1,"source":"dbip","policy":{policy}}}"#);
        let message = refusal(&request(r#"{"mode":"block","countries":["DE","Germany"]}"#));
        assert!(message.starts_with("policy.countries[1]: \"Germany\" is not"), "{message}");
        let message = refusal(&request(r#"{"mode":"block","countries":[],"allow":["10.0.0.0/33"]}"#));
        assert!(message.starts_with("policy.allow[0]: \"10.0.0.0/33\" is not"), "{message}");
        assert!(
            refusal(&request(r#"{"mode":"deny","countries":[]}"#))
                .starts_with("policy.mode: unknown variant")
        );
    }

    #[test]
    fn other_versions_and_what_is_not_json_are_refused() {
        assert!(refusal(r#"{"v":2,"source":"dbip"}"#).contains("protocol version 2 is not known"));
        assert!(
            refusal(r#"{"source":"dbip","policy":{"mode":"block","countries":[]}}"#)
                .contains("missing field `v`")
        );
        assert!(refusal("").contains("empty"));
        assert!(refusal("{").contains("EOF"));
        assert!(refusal(r#"{"v":1,"v":1}"#).contains("duplicate field"));
        assert!(
            refusal(r#"{"v":1,"source":"dbip","policy":{"mode":"block","countries":[]}} x"#)
                .contains("trailing")
        );
    }

    #[test]
    fn a_mirror_is_text_that_file_names_can_be_put_behind() {
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

    #[test]
    fn left_out_fields_take_their_defaults() {
        let update: UpdateRequest = Request::parse(br#"{"v":1,"source":"dbip"}"#).unwrap();
        assert_eq!((update.bundle, update.online, update.force), (None, Online::IfMissing, false));
    }
}
