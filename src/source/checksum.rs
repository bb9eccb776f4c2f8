//! Verifies the checksums that publishers put beside their files, in their various styles.

use std::fmt;
use std::fs::File;
use std::io;

use md5::Md5;
use sha2::Sha256;

use super::file::hex_digest;
use super::{Online, Warning};
use crate::download::{Downloaded, Site, Url};
use crate::error::{Code, Error, Result};
use crate::warning::WarningCode;

/// A kind of checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sum {
    /// Against accidents only.
    Md5,
    /// Against forgery, too.
    Sha256,
}

impl Sum {
    /// Its length in hex digits.
    fn digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha256 => 64,
        }
    }

    fn of(self, file: &File) -> io::Result<String> {
        match self {
            Self::Md5 => hex_digest::<Md5>(file),
            Self::Sha256 => hex_digest::<Sha256>(file),
        }
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        })
    }
}

/// Compares a file with the sum that the text at `url` lists for `file_name`.
///
/// HTTPS protects against forgery already. The sum detects a file that the publisher is replacing at this moment.
///
/// # Errors
/// `source.checksum` if the sum differs, or if the publisher's own site lists none; `source.download`.
pub(crate) fn verify(
    sum: Sum,
    downloaded: &Downloaded,
    url: &Url,
    file_name: &str,
    online: &Online<'_>,
) -> Result<()> {
    let text = online.downloader.get_text(url)?;
    let Some(expected) = text.as_deref().and_then(|text| find_sum(sum, text, file_name)) else {
        let message = format!("there is no {sum} sum of {file_name} at {url}");
        return match online.site {
            Site::Publisher => Err(Error::new(Code::SourceChecksum, message)),
            Site::Mirror(_) => {
                (online.warn)(Warning::new(WarningCode::NoChecksum, message));
                Ok(())
            }
        };
    };
    let file = downloaded.file.reopen().map_err(Error::state_io("read", downloaded.file.path()))?;
    let found = sum.of(&file).map_err(Error::state_io("read", downloaded.file.path()))?;
    if found == expected {
        return Ok(());
    }
    let message = format!("{} has the {sum} sum {found} instead of {expected}", downloaded.url);
    Err(Error::new(Code::SourceChecksum, message))
}

/// The first run of hex digits of that length on a line that names the file. In a text of a single line the name does not
/// matter, because some publishers write a dated name there.
fn find_sum(sum: Sum, text: &str, file_name: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let is_about = |line: &&&str| lines.len() == 1 || names(line, file_name);
    lines.iter().filter(is_about).find_map(|line| {
        let mut words = line.split(|c: char| !c.is_ascii_hexdigit());
        words.find(|word| word.len() == sum.digits()).map(str::to_ascii_lowercase)
    })
}

/// True if the line names this file. A longer name that contains it, such as `ipv6-all-zones.tar.gz`, is another file.
fn names(line: &str, file_name: &str) -> bool {
    let is_of_name = |c: char| c.is_alphanumeric() || "-_.+~".contains(c);
    line.match_indices(file_name).any(|(place, _)| {
        let (before, behind) = (&line[..place], &line[place + file_name.len()..]);
        !before.ends_with(is_of_name) && !behind.starts_with(is_of_name)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SUM: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn sums_are_found_in_every_known_style() {
        let name = "delegated-arin-extended-latest";
        for text in [
            format!("MD5 ({name}) = {SUM}\n"),
            format!("{SUM}  delegated-arin-extended-20260601"),
            format!("{}  {name}", SUM.to_uppercase()),
            format!("ffffffffffffffffffffffffffffffff  other.tar.gz\n{SUM}  {name}\n"),
        ] {
            assert_eq!(find_sum(Sum::Md5, &text, name).as_deref(), Some(SUM), "{text}");
        }
        assert_eq!(find_sum(Sum::Md5, "<html>404</html>", name), None);
        assert_eq!(find_sum(Sum::Md5, &format!("{SUM} a\n{SUM} b\n"), name), None);
    }

    #[test]
    fn a_longer_name_is_another_file() {
        let listing = format!("{}  ipv6-all-zones.tar.gz\n{SUM}  all-zones.tar.gz\n", "f".repeat(32));
        assert_eq!(find_sum(Sum::Md5, &listing, "all-zones.tar.gz").as_deref(), Some(SUM));
        let listing = format!("{}  all-zones.tar.gz.old\n{SUM} *./all-zones.tar.gz\n", "f".repeat(32));
        assert_eq!(find_sum(Sum::Md5, &listing, "all-zones.tar.gz").as_deref(), Some(SUM));
    }

    proptest! {
        #[test]
        fn a_sum_that_is_found_occurs_in_the_text(text in "([0-9a-fA-F]{31,33}|[ -~]{0,9}|zones|\n|\\PC){0,12}") {
            if let Some(sum) = find_sum(Sum::Md5, &text, "zones") {
                prop_assert_eq!(sum.len(), 32);
                prop_assert!(text.to_ascii_lowercase().contains(&sum));
            }
        }

        #[test]
        fn the_order_of_the_lines_makes_no_difference(
            names in proptest::collection::hash_set("[a-z0-9.-]{1,3}", 2..9),
            digit in "[0-9a-f]",
        ) {
            let sum = |name: &str| digit.repeat(32 - 2 * name.len()) + &hex_name(name);
            let mut lines: Vec<String> = names.iter().map(|name| format!("{}  {name}", sum(name))).collect();
            for _ in 0..2 {
                let text = lines.join("\n");
                for name in &names {
                    prop_assert_eq!(find_sum(Sum::Md5, &text, name), Some(sum(name)));
                }
                lines.reverse();
            }
        }
    }

    fn hex_name(name: &str) -> String {
        crate::storage::columns::hex(name.as_bytes())
    }
}
