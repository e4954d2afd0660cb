//! The command `serve` as an operator runs it: what it logs, and how it stops.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

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

    let ids = run(async {
        let named = HTTP.get(format!("{base}/nothing?secret=in-the-address"));
        let named =
            named.header("x-request-id", "order-4711.retry").bearer_auth("eyJ.forged.token");
        let named = Answer::of(named).await;
        named.error(404, "0.0.6", "address-unknown");
        let refused = token(&base, "PRT.nobody", "chancery_cs_not-for-logs").await;
        assert_eq!(refused.status, 401);
        [named, refused].map(|answer| answer.header("x-request-id").to_owned())
    });
    let stop = Command::new("kill").args(["-TERM", &serve.id().to_string()]).status().unwrap();
    assert!(stop.success());
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert!(serve.wait().unwrap().success(), "{rest}");

    assert_eq!(ids[0], "order-4711.retry");
    for (id, path) in ids.iter().zip(["/nothing", "/oauth2/token"]) {
        let line = rest.lines().find(|line| line.contains(id.as_str()));
        assert!(line.is_some_and(|line| line.contains(path)), "{id} in\n{rest}");
    }
    for secret in ["not-for-logs", "in-the-address", "eyJ.forged"] {
        assert!(!rest.contains(secret), "{secret} in\n{rest}");
    }
    assert!(rest.contains("stopped"), "{rest}");
}
