//! Downloads over an unreliable network, from a server that misbehaves as instructed.

mod batches;
mod editions;
mod ipdeny;
mod lists;
mod misbehaving;
mod networks;
mod publishers;
mod registries;

use jiff::{ToSpan, Zoned};
use serde_json::{Value, json};

use crate::server::{Authority, PUBLISHERS, Server, tunnel_everything_to};
use crate::world::{Outcome, World, ask, gzip};

const REGISTRIES: [&str; 5] = ["afrinic", "apnic", "arin", "lacnic", "ripencc"];

/// Rows of this many countries, each with a /24 and an IPv6 address.
fn rows(countries: usize) -> String {
    const CODES: [&str; 10] = ["AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AR", "AT"];
    let v4 = (0..countries).map(|n| format!("1.0.{n}.0,1.0.{n}.255,{}\n", CODES[n]));
    let v6 = (0..countries).map(|n| format!("2a00:{n}::,2a00:{n}::,{}\n", CODES[n]));
    v4.chain(v6).collect()
}

/// The same rows, packed like DB-IP.
fn csv(countries: usize) -> Vec<u8> {
    gzip(rows(countries).as_bytes())
}

/// The file name of DB-IP's edition some months ago.
fn dbip_path(months_ago: i32) -> String {
    let month = Zoned::now().date().first_of_month().checked_sub(months_ago.months()).unwrap();
    format!("/dbip-country-lite-{:04}-{:02}.csv.gz", month.year(), month.month())
}

fn release(months_ago: i32) -> String {
    dbip_path(months_ago)["/dbip-country-lite-".len()..][..7].to_owned()
}

fn request(source: &str, online: &str, base: &str) -> Value {
    json!({"v": 1, "source": source, "online": online, "base_urls": {source: base}, "timeout_seconds": 2})
}

impl World {
    /// Updates from a mirror.
    fn update_online(&self, source: &str, online: &str, server: &Server) -> Outcome {
        self.ask("update", &request(source, online, &server.url()))
    }
}

fn countries(outcome: &Outcome) -> u64 {
    outcome.data()["countries"].as_u64().unwrap()
}

/// A delegation file with one /24 and one /48 for each of these countries.
fn delegation(registry: &str, codes: &[&str]) -> String {
    let octet = 10 + REGISTRIES.iter().position(|other| *other == registry).unwrap();
    let record = |(n, code): (usize, &&str)| {
        format!(
            "{registry}|{code}|ipv4|{octet}.0.{n}.0|256|20200101|allocated|x\n\
             {registry}|{code}|ipv6|2a00:{octet}:{n}::|48|20200101|allocated|x\n"
        )
    };
    let records: String = codes.iter().enumerate().map(record).collect();
    let count = codes.len();
    format!(
        "2|{registry}|20261101|{count}|19830101|20261101|+0000\n{registry}|*|ipv4|*|{count}|summary\n\
         {registry}|*|ipv6|*|{count}|summary\n{registry}|*|asn|*|0|summary\n{records}"
    )
}

fn md5_hex(content: &[u8]) -> String {
    use md5::{Digest, Md5};
    Md5::digest(content).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// Serves the delegation file of a registry with its checksum file, in the style of that registry.
fn serve_registry(server: &Server, registry: &str, codes: &[&str]) {
    let name = format!("delegated-{registry}-extended-latest");
    let file = delegation(registry, codes);
    let sum = md5_hex(file.as_bytes());
    let companion = match registry {
        "arin" => format!("{sum}  delegated-arin-extended-20261101"),
        _ => format!("MD5 ({name}) = {sum}\n"),
    };
    server.serve(&format!("/{name}"), file);
    server.serve(&format!("/{name}.md5"), companion);
}

const CODES: [[&str; 2]; 5] = [["ZA", "EG"], ["CN", "JP"], ["US", "CA"], ["BR", "AR"], ["DE", "RU"]];

fn serve_all_registries(server: &Server) {
    for (registry, codes) in REGISTRIES.iter().zip(CODES) {
        serve_registry(server, registry, &codes);
    }
}

/// The publishers, all played by one server behind a proxy that directs every tunnel to it.
struct Publishers {
    server: Server,
    world: World,
    authority: Authority,
    proxy: String,
}

impl Publishers {
    fn new() -> Self {
        let world = World::new();
        let authority = Authority::new(&world.file(""));
        let server = Server::https(authority.server_config(&PUBLISHERS, false));
        let proxy = tunnel_everything_to(server.address());
        Self { server, world, authority, proxy }
    }

    fn update(&self, source: &str) -> Outcome {
        self.ask("update", &json!({"v": 1, "source": source, "online": "if_newer", "timeout_seconds": 2}))
    }

    fn ask(&self, operation: &str, request: &Value) -> Outcome {
        let mut helper = self.world.helper(operation);
        helper
            .env("SSL_CERT_FILE", &self.authority.file)
            .env("HTTPS_PROXY", &self.proxy)
            .env_remove("NO_PROXY");
        ask(helper, request)
    }
}

/// A tarball of zones, packed like ipdeny.
pub fn zones(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut tarball = tar::Builder::new(Vec::new());
    for (name, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mtime(1_793_491_200);
        header.set_mode(0o644);
        tarball.append_data(&mut header, name, content.as_bytes()).unwrap();
    }
    gzip(&tarball.into_inner().unwrap())
}
