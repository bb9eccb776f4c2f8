//! Block lists from publishers, mirrors and URLs of one's own.

use serde_json::{Value, json};

use crate::server::{Behaviour, Server};
use crate::world::{Outcome, World, gzip};

const V4: &str = "/drop_v4.json";
const V6: &str = "/drop_v6.json";

/// A list in JSON lines, as Spamhaus ships it.
fn drop_list(blocks: &[&str]) -> String {
    let rows: String =
        blocks.iter().map(|block| format!("{{\"cidr\":\"{block}\",\"sblid\":\"SBL1\"}}\n")).collect();
    rows + "{\"type\":\"metadata\",\"timestamp\":1764374400,\"copyright\":\"(c) the publisher\"}\n"
}

impl World {
    /// Updates these lists from a mirror, unless no request is due.
    fn get_lists(&self, lists: &Value, ask: &str, server: &Server) -> Outcome {
        let request =
            json!({"v": 1, "lists": lists, "ask": ask, "base_url": server.url(), "timeout_seconds": 2});
        self.ask("lists", &request)
    }

    fn spamhaus(&self, server: &Server) -> Value {
        self.get_lists(&json!([{"id": "spamhaus-drop"}]), "now", server).data()["lists"][0].clone()
    }

    /// Lets an hour pass since publishers were asked.
    fn forget_requests(&self) {
        std::fs::remove_file(self.state().join("list-notes.json")).unwrap();
    }
}

#[test]
fn all_files_of_a_list_are_one_list_with_the_publishers_date() {
    let (world, server) = (World::new(), Server::http());
    server.serve(V4, drop_list(&["198.51.100.0/24", "10.0.0.0/8"]));
    server.serve(V6, gzip(drop_list(&["2001:db8::/47"]).as_bytes()));
    let list = world.spamhaus(&server);
    let kept = &list["kept"];
    assert_eq!(
        (&list["origin"], &list["is_changed"], &list["failure"]),
        (&json!("online"), &json!(true), &json!(null))
    );
    assert_eq!((&kept["v4_addresses"], &kept["v6_networks"]), (&json!(256), &json!(131_072)));
    assert_eq!((&kept["rows"]["used"], &kept["rows"]["special"]), (&json!(2), &json!(1)));
    assert_eq!(kept["made_at"], "2025-11-29T00:00:00Z");
    assert_eq!(server.answered(), [(V4.to_owned(), 200), (V6.to_owned(), 200)]);
}

#[test]
fn a_publisher_is_not_asked_again_before_its_time_and_then_only_for_what_changed() {
    let (world, server) = (World::new(), Server::http());
    server.serve(V4, drop_list(&["198.51.100.0/24"]));
    server.serve(V6, drop_list(&["2001:db8::/48"]));
    world.spamhaus(&server);
    server.asked();
    for ask in ["never", "if_due", "now"] {
        let outcome = world.get_lists(&json!([{"id": "spamhaus-drop"}]), ask, &server);
        assert_eq!(outcome.data()["lists"][0]["origin"], "kept", "{outcome:?}");
        assert!(server.answered().is_empty(), "{ask}");
    }
    world.forget_requests();
    assert_eq!(world.spamhaus(&server)["origin"], "kept");
    assert_eq!(server.answered(), [(V4.to_owned(), 304), (V6.to_owned(), 304)]);
    world.forget_requests();
    server.serve(V6, drop_list(&["2001:db8::/47"]));
    let list = world.spamhaus(&server);
    assert_eq!((&list["origin"], &list["kept"]["v4_addresses"]), (&json!("online"), &json!(256)));
}

#[test]
fn a_list_that_fails_in_any_way_stays_as_it_is_kept_and_the_others_are_taken() {
    let (world, server) = (World::new(), Server::http());
    let rows: Vec<String> = (0..16).map(|n| format!("198.18.{n}.0/24")).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let whole = drop_list(&rows);
    server.serve(V4, whole.clone());
    server.serve(V6, drop_list(&["2001:db8::/48"]));
    assert_eq!(world.spamhaus(&server)["kept"]["v4_addresses"], 4096);
    server.serve("/sip.txt", "198.51.100.7\n2001:db8::7\n");
    let many: String = (0..200).map(|n| format!("100.{n}.0.0/16\n")).collect();
    for (behaviour, code) in [
        (Behaviour::Status(404), "source.download"),
        (Behaviour::Status(403), "source.download"),
        (Behaviour::Status(500), "source.download"),
        (Behaviour::Silent, "source.download"),
        (Behaviour::Truncate(whole.clone().into_bytes()), "source.download"),
        (
            Behaviour::Raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n198.18.0.0/20\n1".to_vec()),
            "source.download",
        ),
        (Behaviour::Serve(b"<html>Please log in</html>".to_vec()), "source.malformed"),
        (Behaviour::Serve(b"example.org\nexample.net\n".to_vec()), "source.malformed"),
        (Behaviour::Serve(b"# nothing today\n".to_vec()), "source.shrunk"),
        (Behaviour::Serve(drop_list(&["198.18.0.0/24"]).into_bytes()), "source.shrunk"),
        (Behaviour::Serve(many.into_bytes()), "source.grown"),
        (Behaviour::Serve(gzip(whole.as_bytes())[..40].to_vec()), "source.malformed"),
    ] {
        world.forget_requests();
        server.at(V4, behaviour.clone());
        let wanted = json!([{"id": "spamhaus-drop"}, {"id": "blocklist-de-sip"}]);
        let outcome = world.get_lists(&wanted, "now", &server);
        let [spamhaus, sip] = [0, 1].map(|place| &outcome.data()["lists"][place]);
        assert_eq!(spamhaus["failure"]["code"], code, "{behaviour:?}: {outcome:?}");
        assert_eq!((&spamhaus["origin"], &spamhaus["kept"]["v4_addresses"]), (&json!("kept"), &json!(4096)));
        assert_eq!(sip["kept"]["v4_addresses"], 1, "{outcome:?}");
        assert_eq!(outcome.warnings(), [code]);
    }
    world.forget_requests();
    server.serve(V4, drop_list(&["198.18.0.0/24"]));
    let request = json!({"v": 1, "lists": [{"id": "spamhaus-drop"}], "ask": "now", "base_url": server.url(), "force": true});
    assert_eq!(world.ask("lists", &request).data()["lists"][0]["kept"]["v4_addresses"], 256);
}

#[test]
fn a_list_that_could_not_be_had_is_asked_for_again_long_before_one_that_was() {
    let (world, server) = (World::new(), Server::http());
    let get = || world.get_lists(&json!([{"id": "spamhaus-drop"}]), "if_due", &server);
    let an_hour_later = || {
        let before = (jiff::Timestamp::now() - jiff::SignedDuration::from_mins(61)).to_string();
        world.edit_record_of("list-notes.json", |notes| notes["asked"]["spamhaus-drop"] = json!(before));
    };
    server.at(V4, Behaviour::Status(404));
    server.serve(V6, drop_list(&["2001:db8::/48"]));
    assert_eq!(get().data()["lists"][0]["kept"], json!(null));
    assert_eq!(get().data()["lists"][0]["failure"], json!(null), "nobody is asked again at once");
    server.serve(V4, drop_list(&["198.51.100.0/24"]));
    an_hour_later();
    assert_eq!(get().data()["lists"][0]["origin"], "online");
    server.asked();
    an_hour_later();
    assert_eq!((get().data()["lists"][0]["origin"].clone(), server.answered()), (json!("kept"), Vec::new()));
    // One that was kept, and could not be renewed.
    for (status, asked) in [(500, true), (200, false)] {
        world.forget_requests();
        server.at(
            V4,
            if status == 200 {
                Behaviour::Serve(drop_list(&["198.51.100.0/24"]).into())
            } else {
                Behaviour::Status(404)
            },
        );
        get();
        server.answered();
        an_hour_later();
        get();
        assert_eq!(!server.answered().is_empty(), asked, "after {status}");
    }
}

#[test]
fn another_query_is_another_list_although_it_is_not_shown() {
    let (world, server) = (World::new(), Server::http());
    for name in ["ssh", "sip"] {
        server.serve(&format!("/export?list={name}"), "198.51.100.7\n");
        let wanted = json!([{"id": "mine", "url": format!("{}/export?list={name}", server.url())}]);
        let outcome = world.ask("lists", &json!({"v": 1, "lists": wanted, "ask": "now"}));
        assert_eq!(outcome.data()["lists"][0]["origin"], "online", "{outcome:?}");
        assert_eq!(server.answered(), [(format!("/export?list={name}"), 200)]);
        world.forget_requests();
    }
}

#[test]
fn a_list_of_ones_own_is_believed_even_if_it_is_empty_and_its_url_is_never_shown() {
    let (world, server) = (World::new(), Server::http());
    server.serve("/lists/mine?key=secret", "# mine\n198.51.100.7 ; a scanner\n");
    let url = server.url().replace("://", "://user:word@") + "/lists/mine?key=secret";
    let wanted = json!([{"id": "mine", "url": url}]);
    let outcome = world.ask("lists", &json!({"v": 1, "lists": wanted, "ask": "now"}));
    assert_eq!(outcome.data()["lists"][0]["kept"]["v4_addresses"], 1, "{outcome:?}");
    assert_eq!(server.asked()[0].authorization.as_deref(), Some("Basic dXNlcjp3b3Jk"));
    world.forget_requests();
    server.serve("/lists/mine?key=secret", "# nobody\n");
    let outcome = world.ask("lists", &json!({"v": 1, "lists": wanted, "ask": "now"}));
    assert_eq!(outcome.data()["lists"][0]["kept"]["v4_addresses"], 0, "{outcome:?}");
    let told =
        format!("{outcome:?}") + &std::fs::read_to_string(world.state().join("list-notes.json")).unwrap();
    let kept = std::fs::read(world.state().join("list-mine.geolist")).unwrap();
    for secret in ["secret", "word@", "user:"] {
        assert!(
            !told.contains(secret) && !String::from_utf8_lossy(&kept).contains(secret),
            "{secret}: {told}"
        );
    }
}

#[test]
fn a_text_and_a_file_are_lists_and_what_nobody_wants_any_more_is_removed() {
    let world = World::new();
    let file = world.file("list.txt");
    std::fs::write(&file, gzip(b"203.0.113.0 - 203.0.113.127\r\n")).unwrap();
    let wanted =
        json!([{"id": "pasted", "text": "198.51.100.7\n2001:db8::/64\n"}, {"id": "filed", "file": file}]);
    let outcome = world.ask("lists", &json!({"v": 1, "lists": wanted}));
    let lists = outcome.data()["lists"].as_array().unwrap();
    let counts: Vec<_> = lists.iter().map(|list| (&list["origin"], &list["kept"]["v4_addresses"])).collect();
    assert_eq!(counts, [(&json!("given"), &json!(1)), (&json!("given"), &json!(128))]);
    let again = world.ask("lists", &json!({"v": 1, "lists": wanted}));
    assert_eq!(again.data()["lists"][1]["is_changed"], false);
    assert!(world.ask("lists", &json!({"v": 1, "lists": []})).is_ok());
    assert!(!world.state().join("list-pasted.geolist").exists());
}

#[test]
fn a_request_that_cannot_be_right_is_refused_by_its_field() {
    let world = World::new();
    let many: Vec<Value> = (0..17).map(|n| json!({"id": format!("list-{n}"), "text": ""})).collect();
    for (lists, field) in [
        (json!([{"id": "mine"}]), "lists[0].id"),
        (json!([{"id": "mine", "text": "", "url": "https://a.example/"}]), "lists[0].id"),
        (json!([{"id": "spamhaus-drop", "text": ""}]), "lists[0].id"),
        (json!([{"id": "mine", "text": ""}, {"id": "mine", "text": ""}]), "lists[1].id"),
        (json!([{"id": "Mine", "text": ""}]), "lists[0].id"),
        (json!([{"id": "../mine", "text": ""}]), "lists[0].id"),
        (json!([{"id": "apiban"}]), "lists[0].key"),
        (json!([{"id": "apiban", "key": "../../x/y"}]), "lists[0].key"),
        (json!([{"id": "spamhaus-drop", "key": "12ab34cd56"}]), "lists[0].key"),
        (json!([{"id": "mine", "url": "ftp://a.example/"}]), "lists[0].url"),
        (json!([{"id": "mine", "url": "/etc/passwd"}]), "lists[0].url"),
        (json!(many), "lists"),
    ] {
        let outcome = world.ask("lists", &json!({"v": 1, "lists": lists}));
        assert_eq!(outcome.code(), "request.invalid", "{lists}: {outcome:?}");
        assert_eq!(outcome.reply["error"]["field"], field, "{lists}: {outcome:?}");
    }
}
