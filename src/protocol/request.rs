//! Parses requests. Unknown fields are refused, and every value is validated while it is parsed.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::de::SliceRead;

use crate::download::with_urls_masked;
use crate::error::{Code, Error, Result};

/// Parses the JSON request of an operation.
///
/// # Errors
/// `request.invalid`. The message names the field.
pub fn parse<T: DeserializeOwned + Serialize>(json: &[u8]) -> Result<T> {
    let mut deserializer = begin(json)?;
    let request = serde_path_to_error::deserialize(&mut deserializer).map_err(wrong_field)?;
    end(deserializer)?;
    refuse_arrays(serde_json::from_slice(json), serde_json::to_value(&request))?;
    Ok(request)
}

// These functions are not generic, so that they are compiled only once.

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

/// Refuses an array in place of an object: serde would take its items as the fields in order.
fn refuse_arrays(written: serde_json::Result<Value>, meant: serde_json::Result<Value>) -> Result<()> {
    let invalid = |reason: String| Error::new(Code::RequestInvalid, reason);
    let unreadable = |error: serde_json::Error| invalid(error.to_string());
    let place = array_for_object(&written.map_err(unreadable)?, &meant.map_err(unreadable)?);
    place.map_or(Ok(()), |place| {
        let error = invalid("it is an array instead of an object".into());
        Err(if place.is_empty() { error } else { error.within(place.trim_start_matches('.')) })
    })
}

/// The path at which `written` has an array but `meant` an object.
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
    // The message repeats the value and the path repeats the key. Either may be a URL with a password.
    let error = Error::new(Code::RequestInvalid, with_urls_masked(&message));
    if field == "." { error } else { error.with_field(with_urls_masked(&field)) }
}
