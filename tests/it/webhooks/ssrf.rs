//! Webhooks never reach into the house.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chancery::domain::delivery::Verdict;
use chancery::outbound::webhook::{UrlRefused, WebhookSender};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use serde_json::json;

use super::receiver::Receiver;
use super::sending::{config, send};

/// The defaults, with plain HTTP so that a packet would be understood.
fn strict() -> chancery::outbound::webhook::Config {
    let mut strict = config();
    strict.allow_networks = Vec::new();
    strict
}

#[test]
fn literal_addresses_inside_are_refused_in_every_spelling() {
    let sender = WebhookSender::new(strict()).unwrap();
    let refused = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.1",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "0",
        "0.0.0.0",
        "10.0.0.1",
        "012.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "169.254.169.254",
        "2852039166",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.31.196.1",
        "192.52.193.1",
        "192.175.48.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::10.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::808:808]",
        "[::ffff:0:8.8.8.8]",
        "[100:0:0:1::1]",
        "[2001:4:112::1]",
        "[2001:20::1]",
        "[2620:4f:8000::1]",
        "[100::1]",
        "[2001::1]",
        "[2001:2::1]",
        "[2001:db8::1]",
        "[2002:7f00:1::1]",
        "[2002:808:808::1]",
        "[3fff::1]",
        "[5f00::1]",
        "[fc00::1]",
        "[fd12:3456::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[ff0e::1]",
    ];
    for host in refused {
        for url in [format!("http://{host}/"), format!("http://{host}:8080/a?b")] {
            let verdict = sender.check(&url);
            assert!(matches!(verdict, Err(UrlRefused::Address(_))), "{url}: {verdict:?}");
        }
    }
    let fine = [
        "8.8.8.8",
        "0x08080808",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.255.255",
        "172.32.0.1",
        "192.167.255.255",
        "198.17.255.255",
        "198.20.0.1",
        "223.255.255.255",
        "hooks.example.com",
        "[2606:4700::1111]",
        "[2a00:1450::1]",
        "[64:ff9b::808:808]",
        "[::ffff:8.8.8.8]",
        "localhost.example.com",
    ];
    for host in fine {
        assert_eq!(sender.check(&format!("http://{host}:9999/hooks")), Ok(()), "{host}");
    }
}

#[test]
fn other_urls_are_refused_by_name() {
    let mut https = strict();
    https.allow_http = false;
    let sender = WebhookSender::new(https).unwrap();
    let long = format!("https://example.com/{}", "a".repeat(2000));
    for (url, expected) in [
        ("http://example.com/", UrlRefused::Scheme),
        ("ftp://example.com/", UrlRefused::Scheme),
        ("file:///etc/passwd", UrlRefused::Scheme),
        ("https://user@example.com/", UrlRefused::Userinfo),
        ("https://user:word@example.com/", UrlRefused::Userinfo),
        ("https://example.com:99999/", UrlRefused::Malformed),
        ("https://example.com:0/", UrlRefused::Port),
        ("https://[fe80::1%25eth0]/", UrlRefused::Malformed),
        ("example.com/hooks", UrlRefused::Malformed),
        ("https://", UrlRefused::Malformed),
        ("", UrlRefused::Malformed),
        (&long, UrlRefused::Malformed),
    ] {
        assert_eq!(sender.check(url), Err(expected), "{url}");
    }
}

#[test]
fn an_operator_can_allow_networks_of_the_house() {
    let mut config = strict();
    config.allow_networks =
        ["10.20.0.0/16", "fd00:1234::/32"].map(|net| net.parse().unwrap()).into();
    let sender = WebhookSender::new(config).unwrap();
    for host in ["10.20.3.4", "[::ffff:10.20.3.4]", "[fd00:1234::9]"] {
        assert_eq!(sender.check(&format!("http://{host}/")), Ok(()), "{host}");
    }
    for host in ["10.21.0.1", "127.0.0.1", "[fd00:1235::9]"] {
        assert!(sender.check(&format!("http://{host}/")).is_err(), "{host}");
    }
}

/// Answers the first question with one list of addresses, later ones with another.
struct Rebinding {
    asked: AtomicUsize,
    answers: [Vec<SocketAddr>; 2],
}

impl Resolve for Rebinding {
    fn resolve(&self, _: Name) -> Resolving {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst).min(1);
        let answer = self.answers[turn].clone();
        Box::pin(async move { Ok(Box::new(answer.into_iter()) as Addrs) })
    }
}

#[test]
fn a_name_is_judged_by_where_it_leads_each_time() {
    // Nothing may connect there; a connection would be in its queue.
    let sink = TcpListener::bind("127.0.0.1:0").unwrap();
    sink.set_nonblocking(true).unwrap();
    let port = sink.local_addr().unwrap().port();
    let receiver = Receiver::answering(&[], &json!([{"headers": {"connection": "close"}}]));

    // First to an address that is allowed, then inside: the second connection is refused.
    let mut config = strict();
    config.allow_networks = vec!["127.0.0.1/32".parse().unwrap()];
    let answers = [vec!["127.0.0.1:0".parse().unwrap()], vec!["127.0.0.2:0".parse().unwrap()]];
    let resolver = Arc::new(Rebinding { asked: AtomicUsize::new(0), answers });
    let sender = WebhookSender::resolving_with(config, Arc::clone(&resolver) as _).unwrap();
    let url = format!("http://rebinding.example:{}/", receiver.port);
    assert_eq!(send(&sender, &url, &[]).verdict, Verdict::Accepted);
    let tried = send(&sender, &url, &[]);
    assert_eq!((&tried.verdict, tried.phase), (&Verdict::Later, "resolve"), "{tried:?}");
    assert!(!tried.reply.contains("127.0.0") && !tried.ambiguous, "{tried:?}");
    let (_, inside) = tried.reply.split_once(" leads ").unwrap();
    let inside = inside.to_owned();
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 2);

    // A name with nothing but addresses inside, among them mapped ones.
    let addresses = ["127.0.0.1:0", "[::1]:0", "[::ffff:127.0.0.1]:0", "10.0.0.1:0"];
    let addresses = addresses.map(|address| address.parse().unwrap()).to_vec();
    let answers = [addresses.clone(), addresses];
    let resolver = Arc::new(Rebinding { asked: AtomicUsize::new(0), answers });
    let sender = WebhookSender::resolving_with(strict(), resolver).unwrap();
    let tried = send(&sender, &format!("http://inside.example:{port}/"), &[]);
    assert_eq!(tried.phase, "resolve", "{tried:?}");
    // A name of the house and one that nobody has look the same.
    let nobody = send(&sender, &format!("http://nowhere.invalid:{port}/"), &[]);
    for tried in [tried, nobody] {
        assert!(tried.reply.ends_with(&inside), "{tried:?}");
    }
    assert_eq!(sink.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn the_names_of_this_machine_are_refused() {
    let sender = WebhookSender::new(strict()).unwrap();
    for name in ["localhost", "LOCALHOST.", "ip6-localhost"] {
        let tried = send(&sender, &format!("http://{name}:1/"), &[]);
        assert_eq!(tried.phase, "resolve", "{name}: {tried:?}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let sink = TcpListener::bind("127.0.0.1:0").unwrap();
    sink.set_nonblocking(true).unwrap();
    let inside = format!("http://127.0.0.1:{}/latest/meta-data", sink.local_addr().unwrap().port());
    for status in [301, 302, 303, 307, 308] {
        let answers = json!([{"status": status, "headers": {"Location": inside}}]);
        let receiver = Receiver::answering(&[], &answers);
        let sender = WebhookSender::new(config()).unwrap();
        let tried = send(&sender, &receiver.url(), &[]);
        assert_eq!((&tried.verdict, tried.phase), (&Verdict::Later, "response"), "{tried:?}");
        assert!(tried.reply.contains("redirects are not followed"), "{tried:?}");
        assert_eq!(receiver.next()["path"], "/hooks");
        assert!(receiver.rest().is_empty());
    }
    assert_eq!(sink.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}
