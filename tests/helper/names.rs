//! Name servers of the tests: they answer over UDP and TCP as they are told, also wrongly.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::lab::Namespace;

const A: u16 = 1;
const NS: u16 = 2;
const CNAME: u16 = 5;
const AAAA: u16 = 28;
const SERVFAIL: u8 = 2;
const NXDOMAIN: u8 = 3;
/// The longest answer that fits into a datagram (RFC 1035, 2.3.4).
const DATAGRAM: usize = 512;

/// What a server says about a host.
#[derive(Clone, Debug)]
pub enum Says {
    /// It has these addresses.
    Addresses(Vec<IpAddr>),
    /// It is another name of another name, this many times, of the host with these addresses.
    Chain(usize, Vec<IpAddr>),
    /// It is another name of itself.
    Loop,
    /// It does not exist.
    Nxdomain,
    /// The server cannot answer.
    Servfail,
    /// The server names others that might know.
    Referral,
    /// The server says neither that it exists nor that it does not.
    Empty,
    /// It has no address of IPv4, and the server cannot answer about IPv6.
    OnlyV4(Vec<IpAddr>),
    /// Nothing at all.
    Nothing,
}

/// By which transport a question came, and of which type it was.
type Asked = (&'static str, u16);

#[derive(Default)]
struct Zone {
    hosts: HashMap<String, Says>,
    asked: Vec<Asked>,
}

/// A running name server. Hosts of which it was told nothing do not exist.
pub struct NameServer {
    pub address: IpAddr,
    zone: Arc<Mutex<Zone>>,
}

impl NameServer {
    /// Starts a server with this address.
    pub fn start(namespace: &Namespace, address: &str) -> Self {
        let address: IpAddr = address.parse().unwrap();
        let place = SocketAddr::new(address, 53);
        let (udp, tcp) =
            namespace.enter(|| (UdpSocket::bind(place).unwrap(), TcpListener::bind(place).unwrap()));
        let zone = Arc::new(Mutex::new(Zone::default()));
        let shared = Arc::clone(&zone);
        thread::spawn(move || {
            let mut question = [0; DATAGRAM];
            while let Ok((length, from)) = udp.recv_from(&mut question) {
                if let Some(answer) = answer(&shared, &question[..length], "udp") {
                    let _ = udp.send_to(&answer, from);
                }
            }
        });
        let shared = Arc::clone(&zone);
        thread::spawn(move || {
            for connection in tcp.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                // It is no error if a client closes the connection.
                thread::spawn(move || drop(serve(connection, &shared)));
            }
        });
        Self { address, zone }
    }

    /// From now on it says this about a host.
    pub fn say(&self, host: &str, says: Says) {
        self.zone.lock().unwrap().hosts.insert(host.to_owned(), says);
    }

    /// From now on a host has these addresses.
    pub fn answer(&self, host: &str, addresses: &[&str]) {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        self.say(host, Says::Addresses(addresses));
    }

    /// The questions since the last call.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.zone.lock().unwrap().asked)
    }
}

/// Answers over TCP, where two bytes of length come before each message (RFC 1035, 4.2.2).
fn serve(mut connection: TcpStream, zone: &Mutex<Zone>) -> io::Result<()> {
    loop {
        let mut length = [0; 2];
        connection.read_exact(&mut length)?;
        let mut question = vec![0; u16::from_be_bytes(length).into()];
        connection.read_exact(&mut question)?;
        if let Some(answer) = answer(zone, &question, "tcp") {
            connection.write_all(&u16::try_from(answer.len()).unwrap().to_be_bytes())?;
            connection.write_all(&answer)?;
        }
    }
}

/// The name in a question with its type, and where the question ends.
fn read_question(message: &[u8]) -> (String, u16, usize) {
    let (mut labels, mut place) = (Vec::new(), 12);
    while message[place] > 0 {
        let end = place + 1 + usize::from(message[place]);
        labels.push(String::from_utf8(message[place + 1..end].to_vec()).unwrap());
        place = end;
    }
    let kind = u16::from_be_bytes([message[place + 1], message[place + 2]]);
    (labels.join(".").to_lowercase(), kind, place + 5)
}

fn answer(zone: &Mutex<Zone>, question: &[u8], transport: &'static str) -> Option<Vec<u8>> {
    let (host, kind, end) = read_question(question);
    let says = {
        let mut zone = zone.lock().unwrap();
        zone.asked.push((transport, kind));
        zone.hosts.get(&host).cloned().unwrap_or(Says::Nxdomain)
    };
    let is_referral = matches!(says, Says::Referral);
    let (code, records) = match says {
        Says::Addresses(addresses) => (0, records(&host, kind, &addresses)),
        Says::OnlyV4(addresses) if kind == A => (0, records(&host, kind, &addresses)),
        Says::Chain(length, addresses) => (0, chain(&host, length, kind, &addresses)),
        Says::Loop => (0, vec![record(&host, CNAME, &name(&host))]),
        Says::Nxdomain => (NXDOMAIN, Vec::new()),
        Says::Referral | Says::Empty => (0, Vec::new()),
        Says::OnlyV4(_) | Says::Servfail => (SERVFAIL, Vec::new()),
        Says::Nothing => return None,
    };
    let number = u16::try_from(records.len()).unwrap().to_be_bytes();
    let mut message = question[..end].to_vec();
    // An answer, recursion desired and available; one question, so many answers, nothing else.
    message[2..12].copy_from_slice(&[0x81, 0x80 | code, 0, 1, number[0], number[1], 0, 0, 0, 0]);
    message.extend(records.concat());
    if is_referral {
        message[9] = 1;
        message.extend(record("net", NS, &name("a.gtld-servers.net")));
    }
    if transport == "udp" && message.len() > DATAGRAM {
        message.truncate(end);
        message[2] |= 2;
        message[6..8].fill(0);
    }
    Some(message)
}

fn records(host: &str, kind: u16, addresses: &[IpAddr]) -> Vec<Vec<u8>> {
    let of_kind = addresses.iter().filter_map(|address| match (address, kind) {
        (IpAddr::V4(address), A) => Some(record(host, A, &address.octets())),
        (IpAddr::V6(address), AAAA) => Some(record(host, AAAA, &address.octets())),
        _ => None,
    });
    of_kind.collect()
}

fn chain(host: &str, length: usize, kind: u16, addresses: &[IpAddr]) -> Vec<Vec<u8>> {
    let names: Vec<String> = (0..=length)
        .map(|link| if link == 0 { host.to_owned() } else { format!("link-{link}.{host}") })
        .collect();
    let links = names.windows(2).map(|link| record(&link[0], CNAME, &name(&link[1])));
    links.chain(records(&names[length], kind, addresses)).collect()
}

/// A record of class IN that may be kept for a minute.
fn record(owner: &str, kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    [&name(owner)[..], &kind.to_be_bytes(), &[0, 1, 0, 0, 0, 60], &length, data].concat()
}

fn name(text: &str) -> Vec<u8> {
    let labels =
        text.split('.').flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat());
    labels.chain([0]).collect()
}
