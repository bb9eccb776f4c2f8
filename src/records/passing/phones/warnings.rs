//! What an administrator should know of the phones that keep their way.

use super::{LeftOut, MOST_ADDRESSES, MOST_PHONES, PhoneAddresses};
use crate::error::Error;
use crate::warning::{Warning, WarningCode};

/// How many of those that are left out are named.
const MOST_NAMED: usize = 16;

/// What there is to tell of them.
pub fn warnings(known: &PhoneAddresses) -> Vec<Warning> {
    let (of_phones, of_addresses): (Vec<&LeftOut>, Vec<&LeftOut>) =
        known.left_out.iter().partition(|left_out| left_out.is_of_phones);
    let told = [
        (WarningCode::PhoneManyAddresses, of_addresses, format!("{MOST_ADDRESSES} addresses of a phone")),
        (WarningCode::PhoneManyPhones, of_phones, format!("{MOST_PHONES} phones")),
    ];
    let told = told.into_iter().filter(|(_, left_out, _)| !left_out.is_empty());
    let told = told.map(|(code, left_out, most)| {
        let named =
            left_out.iter().take(MOST_NAMED).map(|LeftOut { phone, net, .. }| format!("{phone} from {net}"));
        let named: Vec<String> = named.collect();
        let more = left_out.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        Warning::new(code, format!("at most {most} pass; left out: {}{more}", named.join(", ")))
    });
    told.collect()
}

/// The record cannot be read.
pub fn warning_of_damage(damage: &Error) -> Warning {
    let message = format!(
        "{}: phones keep their way anew when Asterisk is asked, also from addresses that were ended",
        damage.message()
    );
    Warning::new(WarningCode::PhoneAddressesLost, message)
}
