//! What an administrator should know of the hosts that are exceptions.

use super::HostAnswer;
use super::answer::Said;
use crate::error::Error;
use crate::net::HostName;
use crate::storage::{Moment, whole_second};
use crate::warning::{Warning, WarningCode};

/// What there is to tell of a host. `answer` is what name servers said, if they were asked.
pub fn warnings(host: &HostName, answer: Option<&HostAnswer>, now: &Moment) -> Vec<Warning> {
    let Some(answer) = answer else {
        let message =
            format!("name servers have not been asked about {host} yet: nobody passes as this host");
        return vec![Warning::new(WarningCode::HostSilent, message)];
    };
    let told = [
        silence(host, answer, now),
        missing(host, answer, now),
        refused(host, answer, now),
        left_out(host, answer),
    ];
    told.into_iter().flatten().collect()
}

/// The record cannot be read.
pub fn warning_of_damage(damage: &Error) -> Warning {
    let message = format!("{}: name servers will be asked about all hosts again", damage.message());
    Warning::new(WarningCode::HostAnswersLost, message)
}

fn silence(host: &HostName, answer: &HostAnswer, now: &Moment) -> Option<Warning> {
    let (since, reason) = answer.silence()?;
    let kept = match answer.kept_for(now) {
        Some(left) => format!("its last addresses pass for another {} minutes", left.as_secs() / 60),
        None if answer.present(now).is_empty() => "nobody passes as this host".to_owned(),
        None => "only the addresses of the other family pass".to_owned(),
    };
    let about = match answer.said().map(Said::is_silent) {
        [true, false] => "the IPv4 addresses of ",
        [false, true] => "the IPv6 addresses of ",
        _ => "",
    };
    let message = format!(
        "since {}, name servers have not answered about {about}{host} ({reason}): {kept}",
        whole_second(since)
    );
    Some(Warning::new(WarningCode::HostSilent, message))
}

fn missing(host: &HostName, answer: &HostAnswer, now: &Moment) -> Option<Warning> {
    answer.said().into_iter().all(Said::is_empty).then(|| {
        let passing = if answer.former(now).is_empty() {
            "nobody passes as this host"
        } else {
            "its former addresses pass some minutes longer"
        };
        let message = format!("{host} has no address by its name servers: {passing}");
        Warning::new(WarningCode::HostWithoutAddress, message)
    })
}

fn refused(host: &HostName, answer: &HostAnswer, now: &Moment) -> Option<Warning> {
    let refused: Vec<String> =
        answer.said().iter().flat_map(|said| &said.refused).map(ToString::to_string).collect();
    (!refused.is_empty()).then(|| {
        let kept = answer.kept_for(now).filter(|_| answer.silence().is_none());
        let kept =
            kept.map(|left| format!("; its last addresses pass for another {} minutes", left.as_secs() / 60));
        let message = format!(
            "{host} has addresses that are private or special-purpose, which change nothing: {}{}",
            refused.join(", "),
            kept.unwrap_or_default()
        );
        Warning::new(WarningCode::HostNotPublic, message)
    })
}

fn left_out(host: &HostName, answer: &HostAnswer) -> Option<Warning> {
    let (all, passing) = answer.counts();
    (passing < all).then(|| {
        let message = format!("{host} has {all} addresses: {passing} of them pass, the others do not");
        Warning::new(WarningCode::HostManyAddresses, message)
    })
}
