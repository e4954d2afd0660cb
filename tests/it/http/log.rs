//! The command `serve` as an operator runs it: what it logs, and how it stops.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use chancery::web::request_id::loggable;

use crate::support::client::{Answer, HTTP, token};
use crate::support::service::run;

#[test]
fn the_log_shows_request_ids_and_no_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("chancery.toml");
    let place = folder.path().display();
    let settings = format!(
        "[web]\nlisten = \"127.0.0.1:0\"\n[oauth]\nsigning_key_file = \"{place}/key.pem\"\n[secrets]\nkey_file = \"{place}/s.key\"\n\
         [store]\nurl = \"sqlite://{place}/chancery.db\"\n"
    );
    std::fs::write(&config, settings).unwrap();
    let made = Command::new(env!("CARGO_BIN_EXE_chancery"))
        .args(["client-service", "create", "--alias", "PRT.somebody", "--issuer-name", "ACME"])
        .args(["--issuer-vat", "505767457", "--issuer-country", "PRT", "--json", "--config"])
        .arg(&config)
        .output()
        .unwrap();
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    let secret = made["client_secret"].as_str().unwrap();
    let mut serve = Command::new(env!("CARGO_BIN_EXE_chancery"))
        .args(["serve", "--config"])
        .arg(&config)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(serve.stderr.take().unwrap());
    let mut first = String::new();
    while !first.contains("serving") {
        let length = log.read_line(&mut first).unwrap();
        assert!(length > 0, "it does not serve: {first}");
    }
    let address = first.split("address=").nth(1).unwrap().split_whitespace().next().unwrap();
    let base = format!("http://{address}");

    let links = [
        "/r/AAAAAAAAAAA.c0deOfAL1nkN0t4Logs-_x",
        "/r/AAAAAAAAAAA%2Ec0deOfAL1nkN0t4Logs-_x",
        "/r/AAAAAAAAAAA%252Ec0deOfAL1nkN0t4Logs-_x",
        "/r/AAAAAAAAAAA.%630deOfAL1nkN0t4Logs-_x/documents.zip?lang=c0deOfAL1nkN0t4Logs",
        "/r/AAAAAAAAAAA%2Ec0deOfAL1nkN0t4Logs-_x/documents/1",
        "/r/AAAAAAAAAAA%2Ec0deOfAL1nkN0t4Logs-_x/nothing",
        "/r%2FAAAAAAAAAAA.c0deOfAL1nkN0t4Logs-_x",
        "/%72/AAAAAAAAAAA.c0deOfAL1nkN0t4Logs-_x",
        "/R/AAAAAAAAAAA.c0deOfAL1nkN0t4Logs-_x",
        "/under/r/AAAAAAAAAAA.c0deOfAL1nkN0t4Logs-_x",
        "//r//AAAAAAAAAAA.c0deOfAL1nkN0t4Logs-_x//",
    ];
    let ids = run(async {
        for link in links {
            let answer = Answer::of(HTTP.get(format!("{base}{link}"))).await;
            assert_eq!(answer.status, 404, "{link}");
            assert!(!answer.text().contains("0deOfAL1nk"), "{link}: {}", answer.text());
            let posted = Answer::of(HTTP.post(format!("{base}{link}"))).await;
            assert!(!posted.text().contains("0deOfAL1nk"), "{link}: {}", posted.text());
        }
        let named = HTTP.get(format!("{base}/nothing?secret=in-the-address"));
        let named =
            named.header("x-request-id", "order-4711.retry").bearer_auth("eyJ.forged.token");
        let named = Answer::of(named).await;
        named.error(404, "0.0.6", "address-unknown");
        let refused = token(&base, "PRT.nobody", "chancery_cs_not-for-logs").await;
        assert_eq!(refused.status, 401);
        for _ in 0..3 {
            assert_eq!(token(&base, "PRT.nobody", "chancery_cs_not-for-logs").await.status, 401);
        }
        let forged = format!("evil\nalias\u{1b}[1m{}", "x".repeat(200));
        assert_eq!(token(&base, &forged, "chancery_cs_not-for-logs").await.status, 401);
        // Sent in each other's place.
        assert_eq!(token(&base, secret, "PRT.somebody").await.status, 401);
        token(&base, "PRT.somebody", secret).await.good();
        [named, refused].map(|answer| answer.header("x-request-id").to_owned())
    });
    let stop = Command::new("kill").args(["-TERM", &serve.id().to_string()]).status().unwrap();
    assert!(stop.success());
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert!(serve.wait().unwrap().success(), "{rest}");

    assert_eq!(ids[0], "order-4711.retry");
    for (id, path) in ids.iter().zip(["/nothing", "/oauth2/token"]) {
        let told = |line: &str| line.contains(id.as_str()) && line.contains(path);
        assert!(rest.lines().any(told), "{id} in\n{rest}");
    }
    for secret in ["not-for-logs", "in-the-address", "eyJ.forged", "0deOfAL1nk"] {
        assert!(!rest.contains(secret), "{secret} in\n{rest}");
    }
    assert!(rest.contains("path=\"/r/{token}/documents.zip\""), "{rest}");
    // Once in a burst, and nothing but aliases as claimed; and who came in.
    let often = |wanted: &str| rest.lines().filter(|line| line.contains(wanted)).count();
    assert_eq!(
        often("a log-in failed alias=\"PRT.nobody\" address=127.0.0.1 failures=1"),
        1,
        "{rest}"
    );
    assert_eq!(often("a log-in failed alias=\"sha256:"), 2, "{rest}");
    assert!(!rest.contains("evil"), "{rest}");
    assert_eq!(often("an access token was granted client_service=\"PRT.somebody\""), 1, "{rest}");
    assert!(!rest.contains(secret), "{rest}");
    assert!(rest.contains("stopped"), "{rest}");
}

#[test]
fn the_code_of_a_link_is_not_logged() {
    for (route, path, logged) in [
        (Some("/r/{token}"), "/r/AAAA%2Ec0de", "/r/{token}"),
        (
            Some("/office/invitation/{code}"),
            "/office/invitation/AAAAc0de",
            "/office/invitation/{code}",
        ),
        (
            Some("/api/v0/operation/status/{id}"),
            "/api/v0/operation/status/4.7",
            "/api/v0/operation/status/4.7",
        ),
        (None, "/api/v0/documents/sign/base64", "/api/v0/documents/sign/base64"),
        (None, "/proxied/r/AAAA.c0de/documents.zip", "/proxied/r/…/…"),
        (None, "/r%2FAAAA.c0de", "/…"),
    ] {
        assert_eq!(loggable(route, path), logged);
    }
}
