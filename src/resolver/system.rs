//! The resolver of this system: the name servers of `/etc/resolv.conf` and the hosts of `/etc/hosts`.
//!
//! The system's own functions cannot be used: in a static binary they would load libraries that may not fit.

use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::config::ResolverConfig;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::RecordType;
use hickory_resolver::{TokioResolver, system_conf};
use tokio::runtime::Builder;
use tokio::time::timeout;

use super::{Answer, Answers, Resolver};
use crate::net::HostName;

/// The name servers that are asked, one after the other: as many as the system's own functions ask.
const NAME_SERVERS: usize = 3;
/// More questions than are asked at once.
const MOST_QUESTIONS: usize = 256;
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
    let (config, mut options) = system_conf::read_system_conf()?;
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

/// The first answer, or why the last server gave none.
async fn ask_in_turn(servers: &[TokioResolver], name: &str, kind: RecordType) -> Answer {
    let mut last = Answer::Silence("no name server is known".to_owned());
    for server in servers {
        last = answer_of(server.lookup(name, kind).await);
        if matches!(last, Answer::Addresses(_)) {
            break;
        }
    }
    last
}

fn answer_of(found: Result<Lookup, NetError>) -> Answer {
    match found {
        Ok(found) => {
            Answer::Addresses(found.answers().iter().filter_map(|record| record.data.ip_addr()).collect())
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(_))) => Answer::Addresses(Vec::new()),
        Err(NetError::Timeout) => Answer::Silence(NOBODY.to_owned()),
        Err(error) => Answer::Silence(error.to_string()),
    }
}
