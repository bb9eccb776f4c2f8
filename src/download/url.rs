//! URLs of files. User, password, query and key may be secret: they are sent to the server and never shown or stored.

use std::fmt;

/// The URL of a file. Displayed without user, password, query and key.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    text: String,
    /// A part of it that is secret wherever it stands.
    key: Option<Box<str>>,
}

impl Url {
    /// True if nothing of it is kept back when it is shown.
    pub fn is_shown_whole(&self) -> bool {
        self.to_string() == self.text
    }

    /// Wraps a URL.
    pub fn new(text: String) -> Self {
        Self { text, key: None }
    }

    /// The same URL, of which `key` is not shown.
    #[must_use]
    pub fn hiding(self, key: &str) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// The URL with `ending` appended.
    #[must_use]
    pub fn with(&self, ending: &str) -> Self {
        Self { text: format!("{}{ending}", self.text), key: self.key.clone() }
    }

    /// The complete URL, for the request itself.
    pub(super) fn as_asked(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = without_secrets(&self.text);
        f.write_str(&self.key.as_ref().map_or_else(|| shown.clone(), |key| shown.replace(&**key, "***")))
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A URL, or a text that should be one, in which `***` replaces user and password, and the query.
pub fn without_secrets(text: &str) -> String {
    let is_scheme = |scheme: &str| !scheme.contains(['/', '\\', '?', '#', '@']);
    let (scheme, rest) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)).unwrap_or(("", text));
    let separator = if scheme.is_empty() { "" } else { "://" };
    // Without a scheme it is unclear where the server's name ends, because a password may contain a slash.
    let ends = |end: &usize| !scheme.is_empty() && has_server(&rest[..*end]);
    let end = rest.find(['/', '\\', '?', '#']).filter(ends);
    let (server, place) = rest.split_at(end.unwrap_or(rest.len()));
    let shown = match server.rsplit_once('@') {
        Some((_, host)) => format!("***@{host}{place}"),
        None => rest.to_owned(),
    };
    let (shown, query) = shown.split_once(['?', '#']).map_or((&*shown, ""), |(shown, _)| (shown, "?***"));
    format!("{scheme}{separator}{shown}{query}")
}

/// A text in which every URL is masked as by [`without_secrets`].
pub fn with_urls_masked(text: &str) -> String {
    let is_between = |c: char| c.is_whitespace() || "\"'`".contains(c);
    let masked = |word: &str| if word.contains("://") { without_secrets(word) } else { word.to_owned() };
    text.split_inclusive(is_between)
        .map(|part| {
            let word = part.trim_end_matches(is_between);
            masked(word) + &part[word.len()..]
        })
        .collect()
}

/// True if nothing but a port follows the server's name. Otherwise the text before a slash is part of a password.
fn has_server(text: &str) -> bool {
    let behind_user = text.rsplit_once('@').map_or(text, |(_, server)| server);
    let behind_address = behind_user.rsplit_once(']').map_or(behind_user, |(_, port)| port);
    let port = behind_address.rsplit_once(':').map_or("", |(_, port)| port);
    port.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked() {
        for (text, shown) in [
            ("https://mirror.example/a/b.csv.gz", "https://mirror.example/a/b.csv.gz"),
            ("https://user:word@mirror.example:8443/a", "https://***@mirror.example:8443/a"),
            ("https://token@[2001:db8::1]/a", "https://***@[2001:db8::1]/a"),
            ("https://user:w@rd@mirror.example", "https://***@mirror.example"),
            ("https://mirror.example/npm/@scope/file", "https://mirror.example/npm/@scope/file"),
            ("https://mirror.example/a?token=word", "https://mirror.example/a?***"),
            ("https://mirror.example/a#word", "https://mirror.example/a?***"),
            ("https://user:wo/rd@mirror.example/a", "https://***@mirror.example/a"),
            ("https://us@er:wo/rd@mirror.example/a", "https://***@mirror.example/a"),
            ("https://[2001:db8::1]/a/@b", "https://[2001:db8::1]/a/@b"),
            ("https://[2001:db8::1]:8443/@b", "https://[2001:db8::1]:8443/@b"),
            ("https://user:wo?rd@mirror.example/a", "https://***@mirror.example/a"),
            ("https://mirror.example?a=me@there", "https://mirror.example?***"),
            ("https://[2001:db8::f]/a/@b", "https://[2001:db8::f]/a/@b"),
            ("http:user:wo/rd@mirror.example", "***@mirror.example"),
            ("http:/user:word@mirror.example/?a=b://c", "***@mirror.example/?***"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(text), shown, "{text}");
            assert_eq!(format!("{:?}", Url::new(text.into())), shown);
        }
    }

    #[test]
    fn a_key_is_masked_wherever_it_stands() {
        let url = Url::new("https://lists.example/api/12ab34cd/banned".into()).hiding("12ab34cd").with("/7");
        assert_eq!(url.to_string(), "https://lists.example/api/***/banned/7");
        assert_eq!(url.as_asked(), "https://lists.example/api/12ab34cd/banned/7");
        assert!(!url.is_shown_whole());
    }

    #[test]
    fn urls_in_a_text_are_masked_and_its_words_are_kept() {
        for (text, shown) in [
            ("", ""),
            ("invalid: \"x@y\",  expected\n1", "invalid: \"x@y\",  expected\n1"),
            ("string \"http://a:b@host/?c\", expected", "string \"http://***@host/?***\", expected"),
            ("field `http://a:b@host/`", "field `http://***@host/`"),
        ] {
            assert_eq!(with_urls_masked(text), shown);
        }
    }
}
