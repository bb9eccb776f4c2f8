//! Plays the publishers of country data for tests that are not written in Rust: a TLS server for all of their names,
//! behind a proxy that directs every tunnel to it.
//!
//! `publishers DIRECTORY` writes the certificate of its authority into the directory and prints the URL of the proxy.
//! Then it reads commands from stdin, one per line, and answers each with `done`:
//!
//! ```text
//! serve PATH FILE          sends the file
//! slow SECONDS PATH FILE   sends it, evenly, in so many seconds
//! cut PATH FILE            hangs up half-way, every time
//! status NUMBER PATH       answers with a status alone
//! ```

#[path = "../tests/helper/server.rs"]
#[allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "it is a test's, which uses the rest too")]
mod server;

use std::error::Error;
use std::path::Path;
use std::time::Duration;
use std::{env, fs, io};

use server::{Authority, Behaviour, PUBLISHERS, Server, tunnel_everything_to};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = env::args().nth(1).ok_or("usage: publishers DIRECTORY")?;
    let authority = Authority::new(Path::new(&directory));
    let server = Server::https(authority.server_config(&PUBLISHERS, false));
    println!("{}", tunnel_everything_to(server.address()));
    for line in io::stdin().lines() {
        let line = line?;
        let (path, behaviour) = match *line.split(' ').collect::<Vec<_>>() {
            ["serve", path, file] => (path, Behaviour::Serve(fs::read(file)?)),
            ["slow", seconds, path, file] => {
                (path, Behaviour::Slow(fs::read(file)?, Duration::from_secs(seconds.parse()?)))
            }
            ["cut", path, file] => (path, Behaviour::Truncate(fs::read(file)?)),
            ["status", number, path] => (path, Behaviour::Status(number.parse()?)),
            _ => return Err(format!("what is {line:?}?").into()),
        };
        server.at(path, behaviour);
        println!("done");
    }
    Ok(())
}
