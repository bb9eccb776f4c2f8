//! Sends UDP packets with chosen source addresses, in turns in several network namespaces: `flood TO ROUNDS BATCH
//! NETWORK… <sources`, with one address per line, and a namespace as the path of its file.
//!
//! In each round every namespace gets a batch of the same packets. Each round prints one line with the nanoseconds of
//! CPU time per packet for each namespace. So a disturbance of the machine affects all namespaces alike. On the
//! loopback device a packet is received within the call that sends it, so the time includes the firewall.

use std::error::Error;
use std::fs::File;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::net::{AddressFamily, Protocol, SendFlags, SocketType, ipproto, sendto, socket};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use rustix::time::{ClockId, clock_gettime};

/// The destination port, on which nothing listens.
const PORT: u16 = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(to), Some(rounds), Some(batch)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: flood TO ROUNDS BATCH NETWORK… <sources".into());
    };
    let (to, rounds, batch): (IpAddr, usize, u32) = (to.parse()?, rounds.parse()?, batch.parse()?);
    let sockets: Vec<OwnedFd> = arguments.map(|network| open_in(&network, to)).collect::<Result<_, _>>()?;
    let packets: Vec<Vec<u8>> =
        io::stdin().lines().map(|from| packet(from?.parse()?, to)).collect::<Result<_, Box<dyn Error>>>()?;
    let destination = SocketAddr::new(to, 0);
    let send = |socket: &OwnedFd, packet: &[u8]| sendto(socket, packet, SendFlags::empty(), &destination);
    // The first round warms the caches.
    for socket in &sockets {
        packets.iter().try_for_each(|packet| send(socket, packet).map(drop))?;
    }
    let mut next = packets.iter().cycle();
    for _ in 0..rounds {
        let packets: Vec<&Vec<u8>> = next.by_ref().take(usize::try_from(batch)?).collect();
        let cost = |socket: &OwnedFd| {
            let begin = cpu_time();
            packets.iter().try_for_each(|packet| send(socket, packet).map(drop))?;
            Ok((cpu_time().saturating_sub(begin) / batch).as_nanos().to_string())
        };
        let costs = sockets.iter().map(cost).collect::<rustix::io::Result<Vec<String>>>()?;
        println!("{}", costs.join(" "));
    }
    Ok(())
}

/// Opens a raw socket for both families in a network namespace. This thread stays in that namespace.
fn open_in(network: &str, to: IpAddr) -> Result<OwnedFd, Box<dyn Error>> {
    move_into_link_name_space(File::open(network)?.as_fd(), Some(LinkNameSpaceType::Network))?;
    let family = if to.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    Ok(socket(family, SocketType::RAW, Some(Protocol::from_raw(ipproto::RAW.as_raw())))?)
}

/// The CPU time of this process so far.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// An IP packet with an empty UDP datagram. The kernel fills in the checksum of an IPv4 header.
fn packet(from: IpAddr, to: IpAddr) -> Result<Vec<u8>, Box<dyn Error>> {
    const UDP: u8 = 17;
    const HOPS: u8 = 64;
    const UDP_LENGTH: u8 = 8;
    let mut packet = Vec::new();
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            packet.extend([0x45, 0, 0, 20 + UDP_LENGTH, 0, 0, 0, 0, HOPS, UDP, 0, 0]);
            packet.extend(from.octets().iter().chain(&to.octets()));
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            packet.extend([0x60, 0, 0, 0, 0, UDP_LENGTH, UDP, HOPS]);
            packet.extend(from.octets().iter().chain(&to.octets()));
        }
        _ => return Err("source and destination are of different families".into()),
    }
    packet.extend(PORT.to_be_bytes().iter().chain(&PORT.to_be_bytes()));
    packet.extend([0, UDP_LENGTH, 0, 0]);
    Ok(packet)
}
