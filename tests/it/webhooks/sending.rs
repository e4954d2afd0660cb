//! One try: what arrives, and what is made of the answer.

use std::net::SocketAddr;

use chancery::config::Config;
use chancery::domain::delivery::{Tried, Verdict};
use chancery::domain::webhook::SignatureScheme;
use chancery::outbound::webhook::{self, HookRequest, WebhookSender};
use chancery::pki::webhook_signature::HookSecret;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::receiver::Receiver;
use crate::support::client::PATIENCE;
use crate::support::service::{block_on, now};

const BODY: &str = r#"{"type":"document.sealed","data":{"externalReference":"Fatura é 1"}}"#;

/// The defaults, but receivers on this machine are allowed.
pub(crate) fn config() -> webhook::Config {
    let mut config = Config::load(None).unwrap().webhooks;
    config.allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    config.allow_http = true;
    config.show_inner_answers = true;
    config
}

fn secret(scheme: SignatureScheme, octet: u8) -> HookSecret {
    HookSecret::from_random(scheme, [octet; 32]).unwrap()
}

pub(super) fn send(sender: &WebhookSender, url: &str, secrets: &[HookSecret]) -> Tried {
    let timestamp = now().unix_ms() / 1000;
    let body = BODY.as_bytes();
    block_on(sender.send(&HookRequest { url, id: "msg_1", timestamp, body, secrets }))
}

#[test]
fn the_official_library_accepts_every_live_secret() {
    let secrets = [
        secret(SignatureScheme::Hmac, 1),
        secret(SignatureScheme::Hmac, 2),
        secret(SignatureScheme::Ed25519, 3),
        secret(SignatureScheme::Ed25519, 4),
    ];
    let (new, old) = (secrets[0].text(), secrets[1].text());
    let stranger = secret(SignatureScheme::Hmac, 9).text();
    let publics = secrets.each_ref().map(HookSecret::public_text);
    let stranger_public = secret(SignatureScheme::Ed25519, 9).public_text().unwrap();
    let known = [
        ("new", new.expose_secret()),
        ("old", old.expose_secret()),
        ("stranger", stranger.expose_secret()),
        ("new key", publics[2].as_deref().unwrap()),
        ("old key", publics[3].as_deref().unwrap()),
        ("strange key", &stranger_public),
    ];
    let receiver = Receiver::answering(&known, &json!([{"headers": {"set-cookie": "a=b"}}]));
    let sender = WebhookSender::new(config()).unwrap();
    for _ in 0..2 {
        let tried = send(&sender, &receiver.url(), &secrets);
        assert_eq!(tried, Tried::new(Verdict::Accepted, "response", "HTTP 200"));
        let seen = receiver.next();
        assert_eq!(seen["verified"], json!(["new", "old", "new key", "old key"]), "{seen}");
        assert_eq!(seen["body"], BODY);
        assert_eq!(seen["content_type"], "application/json");
        assert_eq!(seen["cookie"], Value::Null, "an answer's cookie came back");
        assert!(seen["user_agent"].as_str().unwrap().starts_with("chancery/"));
    }
}

#[test]
fn an_answer_decides_about_the_next_try() {
    let in_an_hour = now().plus_ms(3_600_000).unix_ms() / 1000;
    let date = std::time::UNIX_EPOCH + std::time::Duration::from_secs(in_an_hour.unsigned_abs());
    let date = httpdate::fmt_http_date(date);
    // answer, verdict, words, wait asked for
    let cases = [
        (json!({"status": 204}), Verdict::Accepted, "HTTP 204", None),
        (json!({"status": 299, "huge": 50_000_000}), Verdict::Accepted, "HTTP 299: xxx", None),
        (json!({"status": 410, "body": "gone"}), Verdict::Never, "HTTP 410: gone", None),
        (json!({"status": 404, "body": "no"}), Verdict::Later, "HTTP 404: no", None),
        (json!({"status": 500, "huge": 50_000_000}), Verdict::Later, "HTTP 500: xxx", None),
        (json!({"status": 503, "body": "a\r\n\u{1}b"}), Verdict::Later, "HTTP 503: a   b", None),
        (
            json!({"status": 429, "headers": {"Retry-After": "7"}}),
            Verdict::Later,
            "HTTP 429",
            Some(7000..=7000),
        ),
        (
            json!({"status": 503, "headers": {"Retry-After": date}}),
            Verdict::Later,
            "HTTP 503",
            Some(3_590_000..=3_600_000),
        ),
        (
            json!({"status": 503, "headers": {"Retry-After": "4000000000"}}),
            Verdict::Later,
            "HTTP 503",
            Some(86_400_000..=86_400_000),
        ),
        (
            json!({"status": 503, "headers": {"Retry-After": "soon"}}),
            Verdict::Later,
            "HTTP 503",
            None,
        ),
        (json!({"status": 200, "headers": {"Retry-After": "7"}}), Verdict::Accepted, "HTTP", None),
    ];
    let answers: Vec<&Value> = cases.iter().map(|(answer, ..)| answer).collect();
    let receiver = Receiver::answering(&[], &json!(answers));
    let sender = WebhookSender::new(config()).unwrap();
    for (answer, verdict, words, wait) in &cases {
        let tried = send(&sender, &receiver.url(), &[]);
        assert_eq!(tried.verdict, *verdict, "{answer}: {tried:?}");
        assert_eq!(tried.phase, "response", "{answer}");
        assert!(tried.reply.starts_with(words), "{answer}: {tried:?}");
        assert!(tried.reply.chars().count() <= Tried::REPLY_LIMIT, "{answer}");
        assert!(!tried.ambiguous, "{answer}");
        match (tried.wait_ms, wait) {
            (Some(asked), Some(range)) => assert!(range.contains(&asked), "{answer}: {asked}"),
            (asked, expected) => assert_eq!(asked.is_some(), expected.is_some(), "{answer}"),
        }
    }
}

/// Whoever names a receiver inside, where an operator allows that, reads there only a status.
#[test]
fn what_a_receiver_inside_answers_is_not_told() {
    let mut config = config();
    config.show_inner_answers = false;
    let sender = WebhookSender::new(config).unwrap();
    for (status, words) in [(200, "HTTP 200"), (404, "HTTP 404"), (500, "HTTP 500")] {
        let banner = json!([{"status": status, "body": "Welcome to db7.corp.example"}]);
        let receiver = Receiver::answering(&[], &banner);
        assert_eq!(send(&sender, &receiver.url(), &[]).reply, words);
    }
    let closed = chancery_testing::ports::free_address().port();
    let tried = send(&sender, &format!("http://127.0.0.1:{closed}/"), &[]);
    assert_eq!(tried.reply, "the connection was refused");
    // What speaks something else first.
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let says = std::thread::spawn(move || {
        use std::io::Write as _;
        let (mut stream, _) = other.accept().unwrap();
        stream.write_all(b"SSH-2.0-db7.corp.example\r\n").unwrap();
    });
    let tried = send(&sender, &format!("http://127.0.0.1:{port}/"), &[]);
    assert_eq!(tried.phase, "request", "{tried:?}");
    assert!(!tried.reply.contains("SSH") && !tried.reply.contains("db7"), "{tried:?}");
    says.join().unwrap();
}

#[test]
fn the_text_of_an_answer_is_not_waited_for() {
    let dribble = json!([{"status": 500, "body": "x".repeat(10_000), "dribble_ms": 50}]);
    let receiver = Receiver::answering(&[], &dribble);
    let sender = WebhookSender::new(config()).unwrap();
    let begun = std::time::Instant::now();
    let tried = send(&sender, &receiver.url(), &[]);
    assert!(tried.reply.starts_with("HTTP 500: xx"), "{tried:?}");
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
}

#[test]
fn no_answer_may_have_been_one() {
    let mut config = config();
    config.timeout_ms = 300;
    let sender = WebhookSender::new(config).unwrap();
    for (answer, words) in
        [(json!({"delay_ms": 2000}), "no answer within 300 ms"), (json!({"close": true}), "")]
    {
        let receiver = Receiver::answering(&[], &json!([answer]));
        let tried = send(&sender, &receiver.url(), &[]);
        assert_eq!((&tried.verdict, tried.phase), (&Verdict::Later, "request"), "{tried:?}");
        assert!(tried.ambiguous, "{tried:?}");
        assert!(tried.reply.contains(words) && !tried.reply.is_empty(), "{tried:?}");
        assert_eq!(receiver.next()["id"], "msg_1");
        assert!(receiver.rest().is_empty(), "it was sent twice");
    }
}

#[test]
fn what_never_arrived_is_not_ambiguous() {
    let sender = WebhookSender::new(config()).unwrap();
    let closed = chancery_testing::ports::free_address().port();
    let cases = [
        (format!("http://127.0.0.1:{closed}/"), "connect"),
        ("http://nowhere.invalid/".to_owned(), "resolve"),
    ];
    for (url, phase) in cases {
        let tried = send(&sender, &url, &[]);
        assert_eq!((&tried.verdict, tried.phase), (&Verdict::Later, phase), "{tried:?}");
        assert!(!tried.ambiguous && !tried.reply.is_empty(), "{tried:?}");
    }
}

/// Every name leads to this machine.
struct Here;

impl Resolve for Here {
    fn resolve(&self, _: Name) -> Resolving {
        let here: SocketAddr = "127.0.0.1:0".parse().unwrap();
        Box::pin(async move { Ok(Box::new(std::iter::once(here)) as Addrs) })
    }
}

#[test]
fn tls_is_required_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(["--tls", folder.path().to_str().unwrap()]);
    let url = format!("https://localhost:{}/hooks", receiver.port);
    let mut config = config();
    config.allow_http = false;
    let stranger = WebhookSender::new(config.clone()).unwrap();
    let tried = send(&stranger, &url, &[]);
    assert_eq!((&tried.verdict, tried.phase), (&Verdict::Later, "tls"), "{tried:?}");
    assert!(!tried.ambiguous && receiver.rest().is_empty());
    assert!(tried.reply.contains("not trusted"), "{tried:?}");
    // The names in a certificate are not for those who only name an address.
    let other_name = url.replace("localhost", "other.example");
    config.authorities_file = folder.path().join("root.pem");
    let here = WebhookSender::resolving_with(config.clone(), std::sync::Arc::new(Here)).unwrap();
    let tried = send(&here, &other_name, &[]);
    assert_eq!((tried.phase, &*tried.reply), ("tls", "its certificate is for another name"));

    config.authorities_file = folder.path().join("root.pem");
    let sender = WebhookSender::new(config.clone()).unwrap();
    assert_eq!(send(&sender, &url, &[]).verdict, Verdict::Accepted);
    assert_eq!(receiver.next()["path"], "/hooks");
    let plain = send(&sender, &url.replace("https", "http"), &[]);
    assert!(plain.reply.contains("https://"), "{plain:?}");
    assert!(receiver.rest().is_empty());

    config.authorities_file = folder.path().join("none.pem");
    assert!(WebhookSender::new(config).err().unwrap().to_string().contains("none.pem"));
}
