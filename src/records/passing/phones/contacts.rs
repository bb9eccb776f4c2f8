//! The phones that are registered now, as Asterisk lists them.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::net::PhoneName;

/// The most contacts in a request.
const MOST_CONTACTS: usize = 10_000;

/// A phone that is registered: Asterisk has seen its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Contact {
    /// The name of the extension.
    pub phone: PhoneName,
    /// The address from which it is registered.
    pub address: IpAddr,
}

/// All phones that are registered now, 10,000 at most.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Contact>")]
pub struct Contacts(Vec<Contact>);

impl Contacts {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Contact> {
        self.0.iter()
    }
}

impl TryFrom<Vec<Contact>> for Contacts {
    type Error = String;

    fn try_from(contacts: Vec<Contact>) -> Result<Self, Self::Error> {
        let number = contacts.len();
        if number > MOST_CONTACTS {
            return Err(format!(
                "{number} contacts are more than the {MOST_CONTACTS} that a request may name"
            ));
        }
        Ok(Self(contacts))
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Contacts {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Contacts".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let contact = generator.subschema_for::<Contact>();
        schemars::json_schema!({ "type": "array", "maxItems": MOST_CONTACTS, "items": contact })
    }
}
