//! What name servers said of one host, how long that counts, and what they said before.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Occasion;
use crate::net::{Family, is_special_purpose};
use crate::records::passing::{Ends, KEPT, around};
use crate::resolver::{Answer, Answers};
use crate::storage::Moment;

/// The most addresses of a host that pass.
pub const MOST_ADDRESSES: usize = 16;
/// The most former addresses of a host that pass.
const MOST_FORMER: usize = 2 * MOST_ADDRESSES;
/// How many refused addresses are remembered, to name them.
const MOST_REFUSED: usize = 4;
/// How many looks longer a former address passes.
const LOOKS: u8 = 2;
/// How long it passes at most, should the looks not come.
const FORMER_KEPT: Duration = Duration::from_secs(15 * 60);

/// What name servers said of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostAnswer {
    v4: Said,
    v6: Said,
    former: Vec<Former>,
    ends: Ends,
    /// When name servers were last asked. All durations of this record are those of that moment.
    looked: Moment,
}

/// What name servers said of the addresses of a family.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    /// What passes: addresses, or the networks around them.
    nets: Vec<IpNet>,
    /// How many more there are.
    pub(super) left_out: usize,
    /// Addresses that no host on the internet has.
    pub(super) refused: Vec<IpAddr>,
    /// When they said it. `None` if they never did.
    answered_at: Option<Timestamp>,
    /// The time since then.
    age: Duration,
    /// Since when they have not answered.
    silence: Option<Silence>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Silence {
    since: Timestamp,
    reason: String,
}

/// An address or network that an earlier answer gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Former {
    net: IpNet,
    /// How many looks it will last.
    looks: u8,
    /// The time since another answer came.
    age: Duration,
}

impl HostAnswer {
    /// A host that nobody was asked about.
    pub(super) fn unknown(now: &Moment) -> Self {
        let (v4, v6) = (Said::default(), Said::default());
        Self { v4, v6, former: Vec::new(), ends: Ends::default(), looked: now.clone() }
    }

    /// Takes in what name servers say now. `ends` are the ends of the host's exceptions.
    pub(super) fn note(&mut self, answers: &Answers, ends: &[Timestamp], now: &Moment, occasion: Occasion) {
        let passed = self.looked.until(now);
        self.looked = now.clone();
        self.ends.count_down(passed, ends, now);
        for former in &mut self.former {
            former.age += passed;
            former.looks -= u8::from(occasion == Occasion::Look && former.looks > 0);
        }
        let before: Vec<IpNet> = self.counting(passed).collect();
        self.v4.take(&answers.v4, Family::V4, passed, now);
        self.v6.take(&answers.v6, Family::V6, passed, now);
        let mut seen: BTreeSet<IpNet> = self.current().collect();
        let replaced = before.into_iter().map(|net| Former { net, looks: LOOKS, age: Duration::ZERO });
        // The newest first, so that of two for one address the one that lasts longer stays.
        self.former = replaced.chain(std::mem::take(&mut self.former)).collect();
        self.former.retain(|former| former.left(Duration::ZERO) > Duration::ZERO && seen.insert(former.net));
        self.former.truncate(MOST_FORMER);
    }

    /// What was said last, as far as it may pass.
    fn current(&self) -> impl Iterator<Item = IpNet> {
        self.timed(Duration::ZERO).map(|(net, _)| net)
    }

    /// The same with the time for which it still counts after some time has passed. IPv4 comes first: of all together only so
    /// many may pass.
    fn timed(&self, passed: Duration) -> impl Iterator<Item = (IpNet, Duration)> {
        let timed = [&self.v4, &self.v6].into_iter().flat_map(move |said| {
            let left = KEPT.saturating_sub(said.age + passed);
            said.nets.iter().map(move |net| (*net, left))
        });
        timed.take(MOST_ADDRESSES)
    }

    /// What passes by the last answer after some time has passed.
    fn counting(&self, passed: Duration) -> impl Iterator<Item = IpNet> {
        self.timed(passed).filter(|(_, left)| *left > Duration::ZERO).map(|(net, _)| net)
    }

    /// All addresses that it has or had, whether they still pass or not.
    pub(super) fn nets(&self) -> impl Iterator<Item = IpNet> {
        self.current().chain(self.former.iter().map(|former| former.net))
    }

    /// The time that is left of an exception that ends at `expires_at`.
    pub(super) fn time_left(&self, expires_at: Timestamp, now: &Moment) -> Duration {
        self.ends.left(expires_at, self.looked.until(now), now)
    }

    /// What passes now, each with the time for which it will without another answer: what it has, and what it had.
    pub(super) fn passing(&self, now: &Moment) -> impl Iterator<Item = (IpNet, Duration)> {
        let passed = self.looked.until(now);
        let present = self.timed(passed);
        let former = self.former.iter().map(move |former| (former.net, former.left(passed)));
        present.chain(former).filter(|(_, left)| *left > Duration::ZERO)
    }

    /// The addresses that it has by the last answer and that pass.
    pub fn present(&self, now: &Moment) -> Vec<IpNet> {
        self.counting(self.looked.until(now)).collect()
    }

    /// The addresses that it had before and that still pass.
    pub fn former(&self, now: &Moment) -> Vec<IpNet> {
        let passed = self.looked.until(now);
        let counts = self.former.iter().filter(|former| former.left(passed) > Duration::ZERO);
        counts.map(|former| former.net).collect()
    }

    /// When name servers last answered; none for a moment that is yet to come, which a wrong clock wrote.
    pub fn answered_at(&self, now: &Moment) -> Option<Timestamp> {
        let answered = self.v4.answered_at.max(self.v6.answered_at);
        answered.filter(|answered_at| *answered_at <= now.wall)
    }

    /// Since when name servers have not answered about a family, and why. None if they do.
    pub fn silence(&self) -> Option<(Timestamp, &str)> {
        let silences = [&self.v4, &self.v6].into_iter().filter_map(|said| said.silence.as_ref());
        silences.min_by_key(|silence| silence.since).map(|silence| (silence.since, &*silence.reason))
    }

    /// How long addresses of an answer that is not renewed will still pass. None if there are none.
    pub fn kept_for(&self, now: &Moment) -> Option<Duration> {
        let passed = self.looked.until(now);
        let kept = [&self.v4, &self.v6].into_iter().filter(|said| said.is_kept());
        kept.map(|said| KEPT.saturating_sub(said.age + passed)).filter(|left| *left > Duration::ZERO).min()
    }

    /// What was said of each family.
    pub(super) fn said(&self) -> [&Said; 2] {
        [&self.v4, &self.v6]
    }

    /// How many addresses it has, and how many of them pass.
    pub(super) fn counts(&self) -> (usize, usize) {
        let all = self.v4.nets.len() + self.v4.left_out + self.v6.nets.len() + self.v6.left_out;
        (all, self.current().count())
    }
}

impl Said {
    /// Takes in an answer. Silence changes nothing for a day, nor does an answer of addresses that no host on the internet
    /// has: that of a name server that blocks, or of a host that is not online.
    fn take(&mut self, answer: &Answer, family: Family, passed: Duration, now: &Moment) {
        match answer {
            Answer::Addresses(addresses) => {
                let new = Self::answered(addresses, family, now);
                if new.nets.is_empty() && !new.refused.is_empty() && !self.nets.is_empty() {
                    (self.refused, self.silence) = (new.refused, None);
                    self.keep(passed);
                } else {
                    *self = new;
                }
            }
            Answer::Silence(reason) => {
                let since = self.silence.take().map_or(now.wall, |silence| silence.since);
                self.silence = Some(Silence { since, reason: reason.clone() });
                self.keep(passed);
            }
        }
    }

    /// Keeps what was said last, unless it is too old by now.
    fn keep(&mut self, passed: Duration) {
        self.age += passed;
        if self.age >= KEPT {
            (self.nets, self.left_out) = (Vec::new(), 0);
        }
    }

    /// True if addresses pass although nobody says any more that the host has them.
    fn is_kept(&self) -> bool {
        !self.nets.is_empty() && (self.silence.is_some() || !self.age.is_zero())
    }

    fn answered(addresses: &[IpAddr], family: Family, now: &Moment) -> Self {
        let of_family = addresses.iter().filter(|address| Family::of((**address).into()) == family);
        let (refused, public): (BTreeSet<IpAddr>, BTreeSet<IpAddr>) =
            of_family.copied().partition(|address| is_special_purpose(*address));
        // In order, so that of many the same ones pass each time.
        let nets: BTreeSet<IpNet> = public.into_iter().map(around).collect();
        Self {
            left_out: nets.len().saturating_sub(MOST_ADDRESSES),
            nets: nets.into_iter().take(MOST_ADDRESSES).collect(),
            refused: refused.into_iter().take(MOST_REFUSED).collect(),
            answered_at: Some(now.wall),
            age: Duration::ZERO,
            silence: None,
        }
    }

    /// True if name servers do not answer.
    pub(super) fn is_silent(&self) -> bool {
        self.silence.is_some()
    }

    /// True if name servers say that there is no address.
    pub(super) fn is_empty(&self) -> bool {
        self.answered_at.is_some()
            && self.silence.is_none()
            && self.nets.is_empty()
            && self.refused.is_empty()
    }
}

impl Former {
    fn left(&self, passed: Duration) -> Duration {
        if self.looks == 0 { Duration::ZERO } else { FORMER_KEPT.saturating_sub(self.age + passed) }
    }
}
