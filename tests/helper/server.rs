//! A real HTTP(S) server on loopback that misbehaves as instructed, with its own certificate authority.

use std::collections::HashMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The hosts of all publishers.
pub const PUBLISHERS: [&str; 10] = [
    "apiban.org",
    "download.db-ip.com",
    "ftp.afrinic.net",
    "ftp.apnic.net",
    "ftp.arin.net",
    "ftp.lacnic.net",
    "ftp.ripe.net",
    "github.com",
    "lists.blocklist.de",
    "www.ipdeny.com",
];

/// What the server does with requests for a path.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// Sends the body with an `ETag`. Supports ranges, and answers 304 if the tag matches.
    Serve(Vec<u8>),
    /// Sends the body evenly over a period.
    Slow(Vec<u8>, Duration),
    /// Answers with a status only.
    Status(u16),
    /// Announces the whole body and closes the connection half-way, but supports ranges.
    CutOff(Vec<u8>),
    /// Announces the whole body and closes the connection half-way, every time.
    Truncate(Vec<u8>),
    /// Does not answer for a long time.
    Silent,
    /// Redirects the client.
    Redirect(String),
    /// Fails this many times with 503, then behaves.
    FailFirst(u32, Box<Behaviour>),
    /// Sends a part of the first body and breaks off. A request for the rest gets these words as the answer, and a
    /// request for the whole file the second body.
    Replace(Vec<u8>, &'static str, Vec<u8>),
    /// Sends exactly these bytes, including the status line.
    Raw(Vec<u8>),
    /// As `Raw`, with other bytes for each request. The last ones are repeated.
    InTurn(Vec<Vec<u8>>),
}

/// A request that the server received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub path: String,
    pub status: u16,
    pub user_agent: String,
    pub authorization: Option<String>,
}

#[derive(Default)]
struct Site {
    paths: HashMap<String, Behaviour>,
    log: Vec<Asked>,
    date: Option<String>,
}

/// A running server.
pub struct Server {
    address: SocketAddr,
    scheme: &'static str,
    site: Arc<Mutex<Site>>,
}

/// A certificate authority that only the tests trust.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pub file: PathBuf,
}

impl Authority {
    /// Creates the authority and writes its certificate to a file.
    pub fn new(directory: &Path) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let file = directory.join("authority.pem");
        fs::write(&file, issuer.pem()).unwrap();
        Self { issuer, file }
    }

    /// The configuration of a server with a certificate for these names.
    pub fn server_config(&self, names: &[&str], expired: bool) -> Arc<ServerConfig> {
        let mut params =
            CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
        if expired {
            (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap())
    }
}

impl Server {
    /// Starts a server without TLS.
    pub fn http() -> Self {
        Self::start("http", None)
    }

    /// Starts a server with TLS.
    pub fn https(config: Arc<ServerConfig>) -> Self {
        Self::start("https", Some(config))
    }

    fn start(scheme: &'static str, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let site = Arc::new(Mutex::new(Site::default()));
        let shared = Arc::clone(&site);
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let (site, tls) = (Arc::clone(&shared), tls.clone());
                // It is no error if a client closes the connection.
                thread::spawn(move || match tls {
                    None => drop(serve(connection, &site)),
                    Some(config) => {
                        let session = ServerConnection::new(config).unwrap();
                        drop(serve(StreamOwned::new(session, connection), &site));
                    }
                });
            }
        });
        Self { address, scheme, site }
    }

    /// The base URL of this server.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets the behaviour for a path.
    pub fn at(&self, path: &str, behaviour: Behaviour) {
        self.site.lock().unwrap().paths.insert(path.to_owned(), behaviour);
    }

    /// Serves a body at a path.
    pub fn serve(&self, path: &str, body: impl Into<Vec<u8>>) {
        self.at(path, Behaviour::Serve(body.into()));
    }

    /// Sets the `Date` header.
    pub fn set_date(&self, date: &str) {
        self.site.lock().unwrap().date = Some(date.to_owned());
    }

    /// The requests since the last call.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.site.lock().unwrap().log)
    }

    /// The paths and statuses of the requests since the last call.
    pub fn answered(&self) -> Vec<(String, u16)> {
        self.asked().into_iter().map(|asked| (asked.path, asked.status)).collect()
    }
}

/// A request, as far as the tests need it.
struct Request {
    path: String,
    headers: HashMap<String, String>,
}

fn read_request(stream: &mut impl BufRead) -> io::Result<Request> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let path = line.split(' ').nth(1).ok_or(io::ErrorKind::InvalidData)?.to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    Ok(Request { path, headers })
}

/// Answers one request and closes the connection.
fn serve(stream: impl Read + Write, site: &Mutex<Site>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let request = read_request(&mut stream)?;
    let (behaviour, date) = {
        let mut site = site.lock().unwrap();
        let behaviour = match site.paths.get_mut(&request.path) {
            Some(Behaviour::FailFirst(left, then)) if *left == 0 => (**then).clone(),
            Some(Behaviour::FailFirst(left, _)) => {
                *left -= 1;
                Behaviour::Status(503)
            }
            Some(behaviour) => behaviour.clone(),
            None => Behaviour::Status(404),
        };
        (behaviour, site.date.clone())
    };
    let date = date.map(|date| format!("Date: {date}\r\n")).unwrap_or_default();
    if let Some(raw) = raw_answer(&behaviour, &request, site) {
        stream.get_mut().write_all(&raw)?;
        return stream.get_mut().flush();
    }
    let answer = answer(&behaviour, &request);
    site.lock().unwrap().log.push(Asked {
        path: request.path,
        status: answer.status,
        user_agent: request.headers.get("user-agent").cloned().unwrap_or_default(),
        authorization: request.headers.get("authorization").cloned(),
    });
    let stream = stream.get_mut();
    write!(
        stream,
        "HTTP/1.1 {} x\r\n{date}{}Content-Length: {}\r\nConnection: close\r\n\r\n",
        answer.status, answer.headers, answer.promised
    )?;
    match behaviour {
        Behaviour::Slow(_, duration) => write_slowly(stream, &answer.body, duration)?,
        _ => stream.write_all(&answer.body)?,
    }
    stream.flush()?;
    if matches!(behaviour, Behaviour::Silent) {
        thread::sleep(Duration::from_secs(30));
    }
    Ok(())
}

/// The raw bytes to send, for behaviours that have some.
fn raw_answer(behaviour: &Behaviour, request: &Request, site: &Mutex<Site>) -> Option<Vec<u8>> {
    let raw = match behaviour {
        Behaviour::Raw(raw) => raw.clone(),
        Behaviour::InTurn(answers) => {
            let log = &site.lock().unwrap().log;
            let earlier = log.iter().filter(|asked| asked.path == request.path).count();
            answers[earlier.min(answers.len() - 1)].clone()
        }
        Behaviour::Replace(first, rest, then) => {
            let begun = site.lock().unwrap().log.iter().any(|asked| asked.path == request.path);
            match (begun, request.headers.contains_key("range")) {
                (false, _) => {
                    let head =
                        format!("HTTP/1.1 200 x\r\nETag: \"a\"\r\nContent-Length: {}\r\n\r\n", first.len());
                    [head.as_bytes(), &first[..first.len() - 9]].concat()
                }
                (true, true) => rest.as_bytes().to_vec(),
                (true, false) => {
                    let head =
                        format!("HTTP/1.1 200 x\r\nETag: \"b\"\r\nContent-Length: {}\r\n\r\n", then.len());
                    [head.as_bytes(), then].concat()
                }
            }
        }
        _ => return None,
    };
    let status = String::from_utf8_lossy(&raw).split(' ').nth(1).and_then(|status| status.parse().ok());
    site.lock().unwrap().log.push(Asked {
        path: request.path.clone(),
        status: status.unwrap_or(0),
        user_agent: request.headers.get("user-agent").cloned().unwrap_or_default(),
        authorization: request.headers.get("authorization").cloned(),
    });
    Some(raw)
}

fn write_slowly(stream: &mut impl Write, body: &[u8], duration: Duration) -> io::Result<()> {
    const PIECES: u32 = 100;
    for piece in body.chunks(body.len() / PIECES as usize + 1) {
        stream.write_all(piece)?;
        stream.flush()?;
        thread::sleep(duration / PIECES);
    }
    Ok(())
}

struct Answer {
    status: u16,
    headers: String,
    /// The announced length.
    promised: usize,
    body: Vec<u8>,
}

fn answer(behaviour: &Behaviour, request: &Request) -> Answer {
    let plain = |status, headers: String| Answer { status, headers, promised: 0, body: Vec::new() };
    match behaviour {
        Behaviour::Serve(body) | Behaviour::Slow(body, _) => serve_body(body, body.len(), request),
        Behaviour::CutOff(body) => serve_body(body, body.len() / 2, request),
        Behaviour::Truncate(body) => Answer {
            promised: body.len(),
            body: body[..body.len() / 2].to_vec(),
            ..plain(200, String::new())
        },
        Behaviour::Status(status) => plain(*status, String::new()),
        Behaviour::Redirect(target) => plain(302, format!("Location: {target}\r\n")),
        Behaviour::Silent => Answer { promised: 1000, ..plain(200, String::new()) },
        Behaviour::FailFirst(..) | Behaviour::Replace(..) | Behaviour::Raw(_) | Behaviour::InTurn(_) => {
            plain(500, String::new())
        }
    }
}

/// Sends at most `available` bytes of a body, from the requested position.
fn serve_body(body: &[u8], available: usize, request: &Request) -> Answer {
    let tag = format!("\"{:08x}\"", crc32(body));
    let header = |name: &str| request.headers.get(name).map(String::as_str);
    let headers = format!("ETag: {tag}\r\n");
    if header("if-none-match") == Some(&tag) {
        return Answer { status: 304, headers, promised: 0, body: Vec::new() };
    }
    let resumed = header("range").filter(|_| header("if-range") == Some(&tag));
    let from =
        resumed.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    let Some(from) = from else {
        return Answer { status: 200, headers, promised: body.len(), body: body[..available].to_vec() };
    };
    let rest = &body[from..];
    let headers = format!("{headers}Content-Range: bytes {from}-{}/{}\r\n", body.len() - 1, body.len());
    Answer { status: 206, headers, promised: rest.len(), body: rest.to_vec() }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// A proxy that directs every tunnel to one server, whatever its host.
pub fn tunnel_everything_to(server: SocketAddr) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || drop(tunnel(client, server)));
        }
    });
    url
}

fn tunnel(client: TcpStream, server: SocketAddr) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    read_request(&mut reader)?;
    let server = TcpStream::connect(server)?;
    (&client).write_all(b"HTTP/1.1 200 x\r\n\r\n")?;
    let (mut from_server, mut to_client) = (server.try_clone()?, client);
    let back = thread::spawn(move || {
        let _ = io::copy(&mut from_server, &mut to_client);
        to_client.shutdown(std::net::Shutdown::Write)
    });
    io::copy(&mut reader, &mut &server)?;
    server.shutdown(std::net::Shutdown::Write)?;
    drop(back.join());
    Ok(())
}
