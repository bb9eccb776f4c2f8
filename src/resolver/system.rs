//! The resolver of this system: the name servers of `/etc/resolv.conf` and the hosts of `/etc/hosts`.
//!
//! The system's own functions cannot be used: in a static binary they would load libraries that may not fit.

use std::collections::HashSet;
use std::fs;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::config::ResolverConfig;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::rdata::CNAME;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::{TokioResolver, system_conf};
use tokio::runtime::Builder;
use tokio::time::timeout;

use super::{Answer, Answers, Resolver};
use crate::net::HostName;

/// The name servers that are asked, one after the other: as many as the system's own functions ask.
const NAME_SERVERS: usize = 3;
/// More questions than are asked at once.
const MOST_QUESTIONS: usize = 256;
const RESOLV_CONF: &str = "/etc/resolv.conf";
const NOBODY: &str = "no name server answered in time";

/// The resolver of this system.
#[derive(Debug, Clone, Copy)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve(&self, hosts: &[HostName], patience: Duration) -> Vec<Answers> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let asked = runtime.map_err(|error| error.to_string()).and_then(|runtime| {
            let servers: Arc<[TokioResolver]> =
                name_servers(patience).map_err(|error| error.to_string())?.into();
            Ok(runtime.block_on(ask(&servers, hosts, patience)))
        });
        asked.unwrap_or_else(|reason| {
            let silence = Answer::Silence(format!("name servers cannot be asked: {reason}"));
            hosts.iter().map(|_| Answers { v4: silence.clone(), v6: silence.clone() }).collect()
        })
    }
}

/// The name servers of this system in their order, each as a resolver of its own: one that fails is no answer, and the next
/// is asked.
fn name_servers(patience: Duration) -> Result<Vec<TokioResolver>, NetError> {
    let (config, mut options) = system_conf::parse_resolv_conf(without_domains(&fs::read(RESOLV_CONF)?))?;
    let servers: Vec<_> = config.name_servers().iter().take(NAME_SERVERS).cloned().collect();
    let share = patience / u32::try_from(servers.len().max(1)).unwrap_or(1);
    // A question that was lost is asked once more.
    (options.timeout, options.attempts) = (share / 2, 1);
    options.max_active_requests = MOST_QUESTIONS;
    let resolver = |server| {
        let config = ResolverConfig::from_name_servers(vec![server]);
        let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        builder.with_options(options.clone()).build()
    };
    servers.into_iter().map(resolver).collect()
}

/// The configuration without the domains of this system, which need not be valid, for names are never looked up in them.
fn without_domains(configuration: &[u8]) -> Vec<u8> {
    let names_domains = |line: &[u8]| {
        let word = line.trim_ascii_start().split(u8::is_ascii_whitespace).next();
        word.is_some_and(|word| [&b"domain"[..], b"search"].contains(&word))
    };
    let lines = configuration.split_inclusive(|byte| *byte == b'\n');
    lines.filter(|line| !names_domains(line)).flatten().copied().collect()
}

async fn ask(servers: &Arc<[TokioResolver]>, hosts: &[HostName], patience: Duration) -> Vec<Answers> {
    let ask_one = |host: &HostName, kind| {
        // A dot at the end keeps the domains of the system from being tried behind the name.
        let (servers, name) = (Arc::clone(servers), format!("{host}."));
        tokio::spawn(async move { timeout(patience, ask_in_turn(&servers, &name, kind)).await })
    };
    let ask_both = |host| [RecordType::A, RecordType::AAAA].map(|kind| ask_one(host, kind));
    let questions: Vec<_> = hosts.iter().map(ask_both).collect();
    let mut answers = Vec::new();
    for [v4, v6] in questions {
        let [v4, v6] = [v4.await, v6.await].map(|answer| match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Answer::Silence(NOBODY.to_owned()),
            Err(error) => Answer::Silence(error.to_string()),
        });
        answers.push(Answers { v4, v6 });
    }
    answers
}

/// The first certain answer. That there is no address is believed without proof only if no other server knows one.
async fn ask_in_turn(servers: &[TokioResolver], name: &str, kind: RecordType) -> Answer {
    let mut last = Answer::Silence("no name server is known".to_owned());
    for server in servers {
        match Reply::of(name, server.lookup(name, kind).await) {
            Reply::Addresses(addresses) => return Answer::Addresses(addresses),
            Reply::Nothing => last = Answer::Addresses(Vec::new()),
            Reply::Silence(reason) if matches!(last, Answer::Silence(_)) => last = Answer::Silence(reason),
            Reply::Silence(_) => {}
        }
    }
    last
}

/// What one name server says.
enum Reply {
    /// The addresses; none if it proves that there are none.
    Addresses(Vec<IpAddr>),
    /// It names none, without proof.
    Nothing,
    /// It does not answer, or cannot.
    Silence(String),
}

impl Reply {
    fn of(name: &str, found: Result<Lookup, NetError>) -> Self {
        match found {
            Ok(found) => match found.message().metadata.response_code {
                ResponseCode::NoError | ResponseCode::NXDomain => {
                    Self::Addresses(addresses_of(name, found.answers()))
                }
                code => Self::Silence(code.to_string()),
            },
            Err(NetError::Dns(DnsError::NoRecordsFound(none))) => match none.response_code {
                ResponseCode::NXDomain => Self::Addresses(Vec::new()),
                _ if none.soa.is_some() => Self::Addresses(Vec::new()),
                _ if none.ns.is_some() => Self::Silence("it only refers to other name servers".to_owned()),
                _ => Self::Nothing,
            },
            Err(NetError::Timeout) => Self::Silence(NOBODY.to_owned()),
            Err(error) => Self::Silence(error.to_string()),
        }
    }
}

/// The addresses of the name, or of those that it stands for. What belongs to other names is none of its own.
fn addresses_of(name: &str, records: &[Record]) -> Vec<IpAddr> {
    let Ok(asked) = Name::from_ascii(name) else { return Vec::new() };
    let mut owners = HashSet::from([&asked]);
    // A chain may come in any order; each round finds at least one more link, or ends.
    loop {
        let links = records.iter().filter(|record| owners.contains(&record.name));
        let targets: Vec<&Name> = links.filter_map(target).collect();
        let before = owners.len();
        owners.extend(targets);
        if owners.len() == before {
            break;
        }
    }
    let own = records.iter().filter(|record| owners.contains(&record.name));
    own.filter_map(|record| record.data.ip_addr()).collect()
}

/// The name for which the owner of a record is another.
fn target(record: &Record) -> Option<&Name> {
    match &record.data {
        RData::CNAME(CNAME(name)) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use hickory_resolver::proto::rr::rdata::A;

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    fn address(owner: &str, address: [u8; 4]) -> Record {
        Record::from_rdata(name(owner), 60, RData::A(A(address.into())))
    }

    fn other_name(owner: &str, target: &str) -> Record {
        Record::from_rdata(name(owner), 60, RData::CNAME(CNAME(name(target))))
    }

    #[test]
    fn only_addresses_of_the_name_or_of_those_it_stands_for_are_its_own() {
        let records = [
            address("c.example.", [1, 0, 0, 3]),
            address("evil.example.", [1, 0, 0, 9]),
            other_name("b.example.", "c.example."),
            other_name("A.example.", "b.example."),
            address("a.example.", [1, 0, 0, 1]),
        ];
        let found = addresses_of("a.example.", &records);
        assert_eq!(found, ["1.0.0.3", "1.0.0.1"].map(|address| address.parse::<IpAddr>().unwrap()));
        assert!(addresses_of("d.example.", &records).is_empty());
    }

    #[test]
    fn a_domain_that_cannot_be_right_keeps_nobody_from_asking() {
        let written =
            "# domain\ndomain b\u{fc}ro\nnameserver 198.51.100.53\n\tsearch a..b c\noptions ndots:1\n";
        let read = without_domains(written.as_bytes());
        assert_eq!(read, b"# domain\nnameserver 198.51.100.53\noptions ndots:1\n");
        let (config, _) = system_conf::parse_resolv_conf(read).unwrap();
        assert_eq!(config.name_servers().len(), 1);
        assert!(system_conf::parse_resolv_conf(written).is_err());
    }
}
