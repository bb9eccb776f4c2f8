//! Two network namespaces joined by a cable: a PBX with the real kernel firewall, and the internet around it.
//!
//! In the internet namespace every address is local, so a socket there can send from any address in the world and
//! receive the answers.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

pub const PBX_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 255, 0, 1));
pub const PBX_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0x255, 0, 0, 0, 0, 0, 1));
/// The internet's own addresses on the cable. They are private, so no policy drops them.
const ROUTER_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 255, 0, 2));
const ROUTER_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0x255, 0, 0, 0, 0, 0, 2));
pub const SIP: u16 = 5060;
const PBX_MAC: &str = "02:00:00:00:00:01";
const ROUTER_MAC: &str = "02:00:00:00:00:02";

/// A name that is not in use, not even by a killed run with the same process id.
pub fn unique(role: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    format!("geoip-{}-{now:x}-{number}-{role}", process::id())
}

/// The same command, started by another program.
pub fn started_by(program: &str, arguments: &[&str], command: &Command) -> Command {
    let mut wrapped = Command::new(program);
    wrapped.args(arguments).arg(command.get_program()).args(command.get_args());
    wrapped.envs(command.get_envs().filter_map(|(key, value)| Some((key, value?))));
    wrapped
}

/// A network namespace that is removed when this value is dropped.
pub struct Namespace {
    name: String,
}

impl Namespace {
    pub fn new(role: &str) -> Self {
        let name = unique(role);
        run("ip", &["netns", "add", &name]);
        let namespace = Self { name };
        namespace.run("ip", &["link", "set", "lo", "up"]);
        namespace
    }

    /// Runs a command inside, which must succeed, and returns its output.
    pub fn run<S: AsRef<OsStr>>(&self, program: &str, arguments: &[S]) -> String {
        let mut words: Vec<&OsStr> = ["netns", "exec", &self.name, program].map(OsStr::new).to_vec();
        words.extend(arguments.iter().map(AsRef::as_ref));
        run("ip", &words)
    }

    /// Runs command lines inside, one after the other.
    pub fn run_lines(&self, lines: &str) {
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (program, arguments) = line.split_once(' ').unwrap_or((line, ""));
            self.run(program, &arguments.split_whitespace().collect::<Vec<_>>());
        }
    }

    /// Lets commands inside ask these name servers, and know no hosts by themselves.
    pub fn resolve_by(&self, servers: &[IpAddr]) {
        let lines: Vec<String> = servers.iter().map(|server| format!("nameserver {server}\n")).collect();
        self.write_etc("resolv.conf", &lines.concat());
        self.know_hosts("");
    }

    /// What `/etc/hosts` is for commands inside.
    pub fn know_hosts(&self, lines: &str) {
        self.write_etc("hosts", lines);
    }

    /// Writes a file that commands inside see in `/etc`.
    fn write_etc(&self, name: &str, content: &str) {
        fs::create_dir_all(self.etc()).unwrap();
        fs::write(self.etc().join(name), content).unwrap();
    }

    /// The directory whose files `ip netns exec` puts over those of `/etc`.
    fn etc(&self) -> PathBuf {
        PathBuf::from("/etc/netns").join(&self.name)
    }

    /// The same command, started inside.
    pub fn wrap(&self, command: &Command) -> Command {
        started_by("ip", &["netns", "exec", &self.name], command)
    }

    /// Calls `work` on a thread inside.
    pub fn enter<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let enter = || {
            let namespace = File::open(format!("/run/netns/{}", self.name)).unwrap();
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            work()
        };
        thread::scope(|scope| scope.spawn(enter).join().unwrap())
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        run("ip", &["netns", "del", &self.name]);
        // Most have no such directory.
        let _ = fs::remove_dir_all(self.etc());
    }
}

/// The PBX and the internet.
pub struct Lab {
    pub pbx: Namespace,
    pub internet: Namespace,
    v4: Service,
    v6: Service,
}

/// The listener on the SIP port of the PBX, and the sender of fence packets.
struct Service {
    udp: UdpSocket,
    tcp: TcpListener,
    router: IpAddr,
}

impl Service {
    fn new(pbx: &Namespace, address: IpAddr, router: IpAddr) -> Self {
        let address = SocketAddr::new(address, SIP);
        let (udp, tcp) =
            pbx.enter(|| (UdpSocket::bind(address).unwrap(), TcpListener::bind(address).unwrap()));
        udp.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        Self { udp, tcp, router }
    }
}

impl Lab {
    pub fn new() -> Self {
        let (pbx, internet) = (Namespace::new("pbx"), Namespace::new("net"));
        let (pbx_name, internet_name) = (&pbx.name, &internet.name);
        run(
            "ip",
            &[
                "link",
                "add",
                "cable",
                "netns",
                pbx_name,
                "type",
                "veth",
                "peer",
                "cable",
                "netns",
                internet_name,
            ],
        );
        pbx.run_lines(&format!(
            "ip link set cable address {PBX_MAC} up
             ip address add {PBX_V4}/30 dev cable
             ip address add {PBX_V6}/64 dev cable nodad
             ip neighbour replace {ROUTER_V4} lladdr {ROUTER_MAC} dev cable
             ip neighbour replace {ROUTER_V6} lladdr {ROUTER_MAC} dev cable
             ip route add default via {ROUTER_V4}
             ip -6 route add default via {ROUTER_V6}"
        ));
        // Every address is local except the PBX, for which a rule precedes the local table.
        internet.run_lines(&format!(
            "ip link set cable address {ROUTER_MAC} up
             ip address add {ROUTER_V4}/30 dev cable
             ip address add {ROUTER_V6}/64 dev cable nodad
             ip neighbour replace {PBX_V4} lladdr {PBX_MAC} dev cable
             ip neighbour replace {PBX_V6} lladdr {PBX_MAC} dev cable
             ip rule add pref 10 to {PBX_V4} lookup main
             ip rule add pref 100 lookup local
             ip rule delete pref 0
             ip route add local 0.0.0.0/0 dev lo table local
             sysctl -q -w net.ipv6.ip_nonlocal_bind=1
             ip -6 rule add pref 10 to {PBX_V6} lookup main
             ip -6 rule add pref 100 lookup local
             ip -6 rule delete pref 0
             ip -6 route add local ::/0 dev lo table local"
        ));
        let v4 = Service::new(&pbx, PBX_V4, ROUTER_V4);
        let v6 = Service::new(&pbx, PBX_V6, ROUTER_V6);
        Self { pbx, internet, v4, v6 }
    }

    /// Sends one UDP packet to the SIP port from each address. Returns the addresses whose packet arrived.
    pub fn arriving(&self, sources: &[IpAddr]) -> HashSet<IpAddr> {
        /// Number of packets sent at once, so that no socket buffer overflows.
        const BATCH: usize = 100;
        let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = sources.iter().partition(|source| source.is_ipv4());
        let batches = v4.chunks(BATCH).map(|batch| (&self.v4, batch));
        let batches = batches.chain(v6.chunks(BATCH).map(|batch| (&self.v6, batch)));
        batches.flat_map(|(service, batch)| self.arriving_batch(service, batch)).collect()
    }

    /// Sends this many UDP packets to the SIP port from one IPv4 address, as fast as possible.
    pub fn flood(&self, source: IpAddr, packets: usize) {
        /// Fewer packets than a device queues.
        const BURST: usize = 500;
        let pbx = self.v4.udp.local_addr().unwrap();
        self.internet.enter(|| {
            let socket = UdpSocket::bind((source, 0)).unwrap();
            for burst in vec![b"probe"; packets].chunks(BURST) {
                for payload in burst {
                    socket.send_to(*payload, pbx).unwrap();
                }
                thread::sleep(Duration::from_millis(1));
            }
        });
    }

    fn arriving_batch(&self, service: &Service, sources: &[IpAddr]) -> HashSet<IpAddr> {
        /// Packets stay in order on the cable, so when a fence packet arrives, all packets before it have arrived.
        const FENCE: &[u8] = b"fence";
        let pbx = service.udp.local_addr().unwrap();
        self.internet.enter(|| {
            let send = |source: IpAddr, payload: &[u8]| {
                let socket = UdpSocket::bind((source, 0)).unwrap_or_else(|error| panic!("{source}: {error}"));
                socket.send_to(payload, pbx).unwrap_or_else(|error| panic!("{source}: {error}"));
            };
            for source in sources {
                send(*source, b"probe");
            }
            send(service.router, FENCE);
        });
        let mut arrived = HashSet::new();
        let mut buffer = [0; 16];
        loop {
            let (length, from) = service.udp.recv_from(&mut buffer).expect("the fence arrives");
            if &buffer[..length] == FENCE {
                return arrived;
            }
            arrived.insert(from.ip());
        }
    }

    /// True if a TCP connection from `source` to the SIP port is accepted and transfers data both ways.
    pub fn connects(&self, source: IpAddr) -> bool {
        self.try_open(source).is_some_and(Flow::still_flows)
    }

    /// Opens a TCP connection from `source`, which must succeed.
    pub fn open_flow(&self, source: IpAddr) -> Flow {
        self.try_open(source).unwrap_or_else(|| panic!("{source} cannot connect"))
    }

    fn try_open(&self, source: IpAddr) -> Option<Flow> {
        let (service, family) =
            if source.is_ipv4() { (&self.v4, AddressFamily::INET) } else { (&self.v6, AddressFamily::INET6) };
        let client = self.internet.enter(|| {
            // A tool that another test starts must not inherit it, or it would go on knocking when it is given up.
            let client = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
            set_socket_timeout(&client, Timeout::Send, Some(Duration::from_millis(300))).unwrap();
            bind(&client, &SocketAddr::new(source, 0)).unwrap();
            let pbx = service.tcp.local_addr().unwrap();
            connect(&client, &pbx).is_ok().then(|| TcpStream::from(client))
        })?;
        let (server, from) = service.tcp.accept().unwrap();
        assert_eq!(from.ip(), source);
        Some(Flow { client, server })
    }
}

/// An open TCP connection.
pub struct Flow {
    client: TcpStream,
    server: TcpStream,
}

impl Flow {
    /// True if data is still transferred both ways.
    pub fn still_flows(mut self) -> bool {
        carries(&mut self.client, &mut self.server) && carries(&mut self.server, &mut self.client)
    }
}

fn carries(from: &mut TcpStream, to: &mut TcpStream) -> bool {
    let mut received = [0; 7];
    to.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    from.write_all(b"SIP/2.0").is_ok() && to.read_exact(&mut received).is_ok() && received == *b"SIP/2.0"
}

/// Runs a command, which must succeed, and returns its output.
pub fn run<S: AsRef<OsStr>>(program: &str, arguments: &[S]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let words: Vec<_> = arguments.iter().map(AsRef::as_ref).collect();
    assert!(output.status.success(), "{program} {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
