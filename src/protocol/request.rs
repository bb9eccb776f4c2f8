//! Requests. Unknown fields are refused; what is read here is valid.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::de::SliceRead;

use super::{ActivityRequest, Asked, BaseUrls, ConfirmWithin, Timeout, Token};
use crate::download::with_urls_masked;
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
    /// Bring the former policy back unless the change is confirmed.
    #[serde(default)]
    pub confirm: Option<ConfirmWithin>,
}

/// Let a change stay that was to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConfirmRequest {
    /// The protocol version.
    pub v: Version,
    /// The change.
    pub token: Token,
}

/// Bring the policy before a change back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RollbackRequest {
    /// The protocol version.
    pub v: Version,
    /// The change.
    pub token: Token,
    /// Not now, but when nobody has confirmed it in time; the helper waits for that.
    #[serde(default)]
    pub when_due: bool,
}

/// Say whether a policy is right, without computing anything from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValidateRequest {
    /// The protocol version.
    pub v: Version,
    /// The source that says which codes there are beyond the well-known ones.
    pub source: SourceId,
    /// The policy.
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
    /// Addresses and connections to answer for: would they be cut off?
    #[serde(default)]
    pub addresses: Vec<Asked>,
}

/// Say what happens to addresses, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExplainRequest {
    /// The protocol version.
    pub v: Version,
    /// The addresses, or connections from them.
    pub addresses: Vec<Asked>,
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
}

/// Compare everything in the kernel with what was applied, and repair what is ours and differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HealRequest {
    /// The protocol version.
    pub v: Version,
    /// Whether INPUT is to lead into the chain; if not, INPUT is left alone.
    #[serde(default = "yes")]
    pub attach: bool,
}

/// Compare everything in the kernel with what was applied, and fail if drift stays that nobody knows of yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckRequest {
    /// The protocol version.
    pub v: Version,
    /// Seconds after which drift is looked at again before it counts: somebody may be rebuilding the firewall.
    #[serde(default = "CheckRequest::settle_seconds")]
    pub settle_seconds: u8,
}

impl CheckRequest {
    /// Longer than Core needs to rebuild INPUT.
    pub fn settle_seconds() -> u8 {
        20
    }
}

/// Say what is in force, as read from the kernel and the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatusRequest {
    /// The protocol version.
    pub v: Version,
    /// Compare numbers of entries instead of the entries.
    #[serde(default)]
    pub quick: bool,
}

fn yes() -> bool {
    true
}

/// A request of any operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// See [`UpdateRequest`].
    Update(UpdateRequest),
    /// See [`ApplyRequest`].
    Apply(ApplyRequest),
    /// See [`ConfirmRequest`].
    Confirm(ConfirmRequest),
    /// See [`RollbackRequest`].
    Rollback(RollbackRequest),
    /// See [`AttachRequest`].
    Attach(AttachRequest),
    /// See [`DetachRequest`].
    Detach(DetachRequest),
    /// See [`HealRequest`].
    Heal(HealRequest),
    /// See [`CheckRequest`].
    Check(CheckRequest),
    /// See [`ExplainRequest`].
    Explain(ExplainRequest),
    /// See [`StatusRequest`].
    Status(StatusRequest),
    /// See [`CountriesRequest`].
    Countries(CountriesRequest),
    /// See [`PreviewRequest`].
    Preview(PreviewRequest),
    /// See [`ValidateRequest`].
    Validate(ValidateRequest),
    /// See [`ActivityRequest`].
    Activity(ActivityRequest),
}

impl Request {
    /// Reads the JSON request of one operation.
    ///
    /// # Errors
    /// `request.invalid`, with the path of the field at fault.
    pub fn parse<T: DeserializeOwned + Serialize>(json: &[u8]) -> Result<T> {
        let mut deserializer = begin(json)?;
        let request = serde_path_to_error::deserialize(&mut deserializer).map_err(wrong_field)?;
        end(deserializer)?;
        refuse_arrays(serde_json::from_slice(json), serde_json::to_value(&request))?;
        Ok(request)
    }
}

// What is the same for every request stands outside of what is made anew for each.

fn begin(json: &[u8]) -> Result<serde_json::Deserializer<SliceRead<'_>>> {
    if json.trim_ascii().is_empty() {
        return Err(Error::new(Code::RequestInvalid, "the request is empty")
            .with_hint("Send a JSON request such as {\"v\":1} on stdin, or give flags (see --help)."));
    }
    Ok(serde_json::Deserializer::from_slice(json))
}

fn end(mut deserializer: serde_json::Deserializer<SliceRead<'_>>) -> Result<()> {
    deserializer.end().map_err(|error| Error::new(Code::RequestInvalid, error.to_string()))
}

/// Refuses an array in the place of an object: it would be taken for one whose fields have no names.
fn refuse_arrays(written: serde_json::Result<Value>, meant: serde_json::Result<Value>) -> Result<()> {
    let invalid = |reason: String| Error::new(Code::RequestInvalid, reason);
    let unreadable = |error: serde_json::Error| invalid(error.to_string());
    let place = array_for_object(&written.map_err(unreadable)?, &meant.map_err(unreadable)?);
    place.map_or(Ok(()), |place| {
        let error = invalid("it is an array instead of an object".into());
        Err(if place.is_empty() { error } else { error.within(place.trim_start_matches('.')) })
    })
}

/// Where an array was written for what is an object.
fn array_for_object(written: &Value, meant: &Value) -> Option<String> {
    match (written, meant) {
        (Value::Array(_), Value::Object(_)) => Some(String::new()),
        (Value::Object(written), Value::Object(meant)) => written
            .iter()
            .find_map(|(name, value)| Some(format!(".{name}{}", array_for_object(value, meant.get(name)?)?))),
        (Value::Array(written), Value::Array(meant)) => {
            let mut pairs = written.iter().zip(meant).enumerate();
            pairs.find_map(|(index, (written, meant))| {
                Some(format!("[{index}]{}", array_for_object(written, meant)?))
            })
        }
        _ => None,
    }
}

fn wrong_field(error: serde_path_to_error::Error<serde_json::Error>) -> Error {
    let field = error.path().to_string();
    let reason = error.into_inner();
    let message = if field == "." { reason.to_string() } else { format!("{field}: {reason}") };
    // A mirror that was written into another field is repeated here.
    Error::new(Code::RequestInvalid, with_urls_masked(&message))
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
    fn an_array_is_no_object_wherever_it_stands() {
        let whole = Request::parse::<StatusRequest>(b"[1,true]").unwrap_err();
        assert_eq!(whole.message(), "it is an array instead of an object");
        let request = |policy: &str| format!(r#"{{"v":1,"source":"dbip","policy":{policy}}}"#);
        let message = refusal(&request(r#"["block",["CN"]]"#));
        assert!(message.starts_with("policy: it is an array"), "{message}");
        let pass = r#"{"mode":"block","countries":[],"passes":[["198.51.100.7","2026-12-01T18:00:00Z"]]}"#;
        let message = refusal(&request(pass));
        assert!(message.starts_with("policy.passes[0]: it is an array"), "{message}");
        let confirm = r#"{"v":1,"source":"dbip","policy":{"mode":"block","countries":[]},"confirm":["a",9]}"#;
        assert!(refusal(confirm).starts_with("confirm: it is an array"));
        let mirrors = Request::parse::<UpdateRequest>(br#"{"v":1,"source":"dbip","base_urls":["http://m"]}"#);
        assert!(mirrors.unwrap_err().message().starts_with("base_urls: it is an array"));
    }

    #[test]
    fn left_out_fields_take_their_defaults() {
        let update: UpdateRequest = Request::parse(br#"{"v":1,"source":"dbip"}"#).unwrap();
        assert_eq!((update.bundle, update.online, update.force), (None, Online::IfMissing, false));
    }
}
