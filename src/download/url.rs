//! Addresses of files. What may be a secret in one is sent to its server and to nobody else.

use std::fmt;

/// The URL of a file. It is shown and stored without its user, password and query.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// A URL of this text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// That of another file, whose name goes on with `ending`.
    #[must_use]
    pub fn with(&self, ending: &str) -> Self {
        Self(format!("{}{ending}", self.0))
    }

    /// As the server is asked for it.
    pub(super) fn as_asked(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_secrets(&self.0))
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is a URL, or should be one, with `***` in the place of user and password, and of the query.
pub fn without_secrets(text: &str) -> String {
    const MASK: &str = "***";
    let (place, query) = text.split_once(['?', '#']).map_or((text, ""), |(place, _)| (place, "?***"));
    let (scheme, rest) = place.split_once("://").map_or(("", place), |(scheme, rest)| (scheme, rest));
    let separator = if scheme.is_empty() { "" } else { "://" };
    // Without a scheme nobody can tell where the server's name ends: a password may hold a slash.
    let end = if scheme.is_empty() { None } else { rest.find(['/', '\\']) };
    let (server, path) = rest.split_at(end.unwrap_or(rest.len()));
    let shown =
        server.rsplit_once('@').map_or_else(|| server.to_owned(), |(_, host)| format!("{MASK}@{host}"));
    format!("{scheme}{separator}{shown}{path}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_shown_as_stars() {
        for (text, shown) in [
            ("https://mirror.example/a/b.csv.gz", "https://mirror.example/a/b.csv.gz"),
            ("https://user:word@mirror.example:8443/a", "https://***@mirror.example:8443/a"),
            ("https://token@[2001:db8::1]/a", "https://***@[2001:db8::1]/a"),
            ("https://user:w@rd@mirror.example", "https://***@mirror.example"),
            ("https://mirror.example/npm/@scope/file", "https://mirror.example/npm/@scope/file"),
            ("https://mirror.example/a?token=word", "https://mirror.example/a?***"),
            ("https://mirror.example/a#word", "https://mirror.example/a?***"),
            ("http:user:wo/rd@mirror.example", "***@mirror.example"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(text), shown, "{text}");
            assert_eq!(format!("{:?}", Url::new(text.into())), shown);
        }
    }
}
