//! 128-bit numbers in JSON, written as text because most JSON readers would round them.

/// Writes a 128-bit number as decimal text and reads it back.
pub mod number_as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    /// Serialises the number as text.
    ///
    /// # Errors
    /// Those of the serialiser.
    pub fn serialize<S: Serializer>(number: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    /// Reads the number from text.
    ///
    /// # Errors
    /// Fails if the text is not a decimal number.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
