//! Sends UDP packets that bear source addresses of one's choice: `flood TO COUNT <sources`, one address a line.
//!
//! It prints the nanoseconds of CPU time that a packet took. Over the loopback device a packet is received within the
//! very call that sends it, so that the time holds what the firewall spends on it.

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rustix::net::{AddressFamily, Protocol, SendFlags, SocketType, ipproto, sendto, socket};
use rustix::time::{ClockId, clock_gettime};

/// The destination port; nobody listens.
const PORT: u16 = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(to), Some(count)) = (arguments.next(), arguments.next()) else {
        return Err("usage: flood TO COUNT <sources".into());
    };
    let (to, count): (IpAddr, u32) = (to.parse()?, count.parse()?);
    let packets: Vec<Vec<u8>> =
        io::stdin().lines().map(|from| packet(from?.parse()?, to)).collect::<Result<_, Box<dyn Error>>>()?;
    let family = if to.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    // On a socket of this protocol the headers are ours to write, for both families.
    let raw = Protocol::from_raw(ipproto::RAW.as_raw());
    let socket = socket(family, SocketType::RAW, Some(raw))?;
    let destination = SocketAddr::new(to, 0);
    let send = |packet: &Vec<u8>| sendto(&socket, packet, SendFlags::empty(), &destination).map(drop);
    // The first round finds in the caches what another program left there.
    packets.iter().try_for_each(send)?;
    let begin = cpu_time();
    packets.iter().cycle().take(usize::try_from(count)?).try_for_each(send)?;
    println!("{}", cpu_time().saturating_sub(begin).as_nanos() / u128::from(count));
    Ok(())
}

/// What this process has taken so far.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// An empty UDP datagram in its IP packet. The kernel fills in the checksum of an IPv4 header.
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
