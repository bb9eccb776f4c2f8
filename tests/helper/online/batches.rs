//! A list that its publisher hands out in batches, to those who have a key.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Publishers;
use crate::server::Behaviour;
use crate::world::Outcome;

const KEY: &str = "12ab34cd56ef";

/// A batch that leads on to another.
fn batch(addresses: &[&str], next: &str) -> String {
    json!({"ipaddress": addresses, "ID": next}).to_string()
}

/// What the publisher says behind the last batch, and when it is asked too often.
fn said(status: &str, words: &str) -> Behaviour {
    let body = json!({"ipaddress": words, "ID": "none"}).to_string();
    let length = body.len();
    Behaviour::Raw(
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").into(),
    )
}

fn path(ending: &str) -> String {
    format!("/api/{KEY}/banned{ending}")
}

impl Publishers {
    /// A publisher of these batches, each named by its number, the first without a name.
    fn of_batches(batches: &[&[&str]]) -> Self {
        let publishers = Self::new();
        publishers.publish(batches);
        publishers
    }

    fn publish(&self, batches: &[&[&str]]) {
        for (number, addresses) in batches.iter().enumerate() {
            let name = if number == 0 { String::new() } else { format!("/{number}") };
            self.server.serve(&path(&name), batch(addresses, &(number + 1).to_string()));
        }
        self.server.at(&path(&format!("/{}", batches.len())), said("400 Bad Request", "no new bans"));
    }

    fn batches(&self) -> Outcome {
        let lists = json!([{"id": "apiban", "key": KEY}]);
        self.ask("lists", &json!({"v": 1, "lists": lists, "timeout_seconds": 2}))
    }

    fn list(&self) -> Value {
        self.batches().data()["lists"][0].clone()
    }

    fn asked(&self) -> Vec<String> {
        let requests = self.server.answered().into_iter();
        requests.map(|(path, _)| path.rsplit("banned").next().unwrap_or_default().to_owned()).collect()
    }

    fn let_pass(&self, minutes: i64) {
        let before = |text: &Value| {
            let at: Timestamp = text.as_str().unwrap().parse().unwrap();
            json!((at - SignedDuration::from_mins(minutes)).to_string())
        };
        self.world.edit_record_of("list-notes.json", |notes| {
            notes["asked"]["apiban"] = before(&notes["asked"]["apiban"]);
        });
        if self.world.state().join("batches-apiban.json").exists() {
            self.world.edit_record_of("batches-apiban.json", |record| {
                let received = record["received"].as_object_mut().unwrap();
                received.values_mut().for_each(|at| *at = before(at));
                record["asked_at"] = before(&record["asked_at"]);
            });
        }
    }
}

#[test]
fn batches_are_followed_to_the_last_and_later_only_new_ones_are_asked_for() {
    let publishers = Publishers::of_batches(&[&["198.51.100.7", "2001:db8::7"], &["198.51.100.8"]]);
    let list = publishers.list();
    assert_eq!((&list["origin"], &list["failure"]), (&json!("online"), &json!(null)), "{list}");
    assert_eq!((&list["kept"]["v4_addresses"], &list["kept"]["v6_networks"]), (&json!(2), &json!(1)));
    assert_eq!(publishers.asked(), ["", "/1", "/2"]);
    publishers.let_pass(6);
    assert_eq!((publishers.list()["origin"].clone(), publishers.asked()), (json!("kept"), Vec::new()));
    publishers.let_pass(31);
    publishers.publish(&[&[], &[], &["198.51.100.9"]]);
    let list = publishers.list();
    assert_eq!((&list["is_changed"], &list["kept"]["v4_addresses"]), (&json!(true), &json!(3)));
    assert_eq!(publishers.asked(), ["/2", "/3"]);
    publishers.let_pass(7 * 24 * 60);
    publishers.publish(&[&[], &[], &[], &["203.0.113.7"]]);
    assert_eq!(publishers.list()["kept"]["v4_addresses"], 1, "those of a week ago count no more");
}

#[test]
fn of_many_batches_those_that_are_left_come_next_time() {
    let many: Vec<[String; 1]> = (0..7).map(|n| [format!("198.51.100.{n}")]).collect();
    let many: Vec<Vec<&str>> = many.iter().map(|one| vec![one[0].as_str()]).collect();
    let many: Vec<&[&str]> = many.iter().map(Vec::as_slice).collect();
    let publishers = Publishers::of_batches(&many);
    assert_eq!(publishers.list()["kept"]["v4_addresses"], 5);
    assert_eq!(publishers.asked().len(), 5);
    assert_eq!((publishers.list()["origin"].clone(), publishers.asked()), (json!("kept"), Vec::new()));
    publishers.let_pass(6);
    assert_eq!(publishers.list()["kept"]["v4_addresses"], 7);
    assert_eq!(publishers.asked(), ["/5", "/6", "/7"]);
}

#[test]
fn whatever_the_publisher_answers_what_is_kept_stays_and_what_came_counts() {
    let publishers = Publishers::of_batches(&[&["198.51.100.7"]]);
    publishers.list();
    for (behaviour, code) in [
        (Behaviour::Status(401), "list.key_refused"),
        (Behaviour::Status(403), "list.key_refused"),
        (said("403 Forbidden", "unauthorized"), "list.key_refused"),
        (said("200 OK", "unauthorized"), "list.key_refused"),
        (said("429 Too Many Requests", "rate limit exceeded"), "source.download"),
        (Behaviour::Status(500), "source.download"),
        (Behaviour::Silent, "source.download"),
        (Behaviour::Serve(b"<html>Please log in</html>".to_vec()), "source.malformed"),
        (Behaviour::Serve(batch(&["nobody"], "2").into_bytes()), "source.malformed"),
        (Behaviour::Serve(batch(&["198.51.100.8"], "../../x").into_bytes()), "source.malformed"),
        (Behaviour::Truncate(batch(&["198.51.100.8"], "2").into_bytes()), "source.download"),
    ] {
        publishers.let_pass(31);
        publishers.server.at(&path("/1"), behaviour.clone());
        let list = publishers.list();
        assert_eq!(list["failure"]["code"], code, "{behaviour:?}: {list}");
        assert_eq!((&list["origin"], &list["kept"]["v4_addresses"]), (&json!("kept"), &json!(1)));
    }
    publishers.let_pass(31);
    publishers.publish(&[&[], &["198.51.100.8"]]);
    publishers.server.at(&path("/2"), said("429 Too Many Requests", "rate limit exceeded"));
    let list = publishers.list();
    assert_eq!((&list["failure"], &list["kept"]["v4_addresses"]), (&json!(null), &json!(2)));
}

#[test]
fn a_publisher_that_knows_a_batch_no_more_is_asked_from_the_first_on_and_nothing_is_lost_meanwhile() {
    let publishers = Publishers::of_batches(&[&["198.51.100.7"], &["198.51.100.8"]]);
    publishers.list();
    publishers.asked();
    publishers.server.at(&path("/2"), Behaviour::Status(400));
    publishers.let_pass(31);
    assert_eq!(publishers.list()["failure"]["code"], "source.download");
    publishers.publish(&[&["203.0.113.7"]]);
    publishers.server.at(&path("/1"), said("429 Too Many Requests", "rate limit exceeded"));
    publishers.let_pass(31);
    let list = publishers.list();
    assert_eq!(publishers.asked(), ["/2", "", "/1"]);
    assert_eq!((&list["failure"], &list["kept"]["v4_addresses"]), (&json!(null), &json!(3)));
    // A record that is lost costs no address either.
    std::fs::remove_file(publishers.world.state().join("batches-apiban.json")).unwrap();
    publishers.let_pass(31);
    assert_eq!(publishers.list()["kept"]["v4_addresses"], 3);
}

#[test]
fn the_key_goes_to_the_publisher_and_nowhere_else() {
    let publishers = Publishers::of_batches(&[&["198.51.100.7"]]);
    publishers.server.serve(&path("/1"), format!("\"{KEY} is no key\""));
    let first = publishers.batches();
    publishers.let_pass(6);
    let mut told = format!("{first:?} {:?}", publishers.batches());
    assert!(told.contains("https://apiban.org/api/***/banned"), "{told}");
    for file in std::fs::read_dir(publishers.world.state()).unwrap() {
        told += &String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap());
    }
    assert!(!told.contains(KEY), "{told}");
    publishers.ask("lists", &json!({"v": 1, "lists": []}));
    assert!(publishers.world.state().join("batches-apiban.json").exists(), "it cannot be had again so soon");
    publishers.let_pass(6);
    publishers.ask("lists", &json!({"v": 1, "lists": []}));
    assert!(!publishers.world.state().join("batches-apiban.json").exists());
}
