//! What the doctor says about delivery, with a mail server that is asked and gets no mail.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use aws_lc_rs::signature::Ed25519KeyPair;

use crate::support::smtp::{Act, Script, SmtpServer, Step};

/// An installation without keys, whose commands are run.
struct Installation(tempfile::TempDir);

impl Installation {
    fn new() -> Self {
        let new = Self(tempfile::tempdir().unwrap());
        new.configure("");
        new
    }

    /// Replaces what the configuration says beside its files.
    fn configure(&self, settings: &str) {
        let root = self.0.path().display();
        let text = format!(
            "{settings}\n[store]\nurl = \"sqlite://{root}/c.db\"\n[oauth]\n\
             signing_key_file = \"{root}/t.pem\"\n[secrets]\nkey_file = \"{root}/s.key\"\n"
        );
        std::fs::write(self.0.path().join("chancery.toml"), text).unwrap();
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
        command.arg("--config").arg(self.0.path().join("chancery.toml"));
        command.args(arguments.split(' '));
        command
    }

    fn run(&self, arguments: &str) -> (bool, String) {
        said(&self.command(arguments).output().unwrap())
    }

    #[track_caller]
    fn good(&self, arguments: &str) -> String {
        let (success, said) = self.run(arguments);
        assert!(success, "{arguments}: {said}");
        said
    }

    /// Runs a command and types something.
    fn typing(&self, arguments: &str, typed: &str) -> (bool, String) {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        said(&child.wait_with_output().unwrap())
    }

    /// The line of `check` about something.
    #[track_caller]
    fn line(&self, what: &str) -> String {
        let (_, said) = self.run("check");
        let about = |line: &&str| line.get(6..).is_some_and(|rest| rest.starts_with(what));
        said.lines().find(about).unwrap_or_else(|| panic!("no {what} in {said}")).to_owned()
    }

    fn client_service(&self, alias: &str) {
        self.good(&format!(
            "client-service create --alias {alias} --issuer-name ACME --issuer-vat 505767457 \
             --issuer-country PRT"
        ));
    }
}

fn said(output: &Output) -> (bool, String) {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.success(), String::from_utf8(both).unwrap())
}

fn mail(server: &SmtpServer) -> String {
    format!(
        "[mail]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"a@seal.test\"\n",
        server.port()
    )
}

#[test]
fn mail_servers_are_asked_and_get_no_mail() {
    let house = Installation::new();
    assert!(house.line("mail ").starts_with("WARN"), "there is none");
    let server = SmtpServer::start(Script::default());
    house.configure(&mail(&server));
    let line = house.line("mail ");
    assert!(line.starts_with("OK ") && line.contains("would take mail"), "{line}");
    server.set(|script| script.at(Step::Connect, Act::say("554 5.7.1 not you")));
    let line = house.line("mail ");
    assert!(line.starts_with("WARN") && line.contains("554 5.7.1 not you"), "{line}");

    house.client_service("own");
    let own = SmtpServer::start(Script {
        login: Some(("own".to_owned(), "right".to_owned())),
        ..Script::default()
    });
    let set = format!(
        "mail set own --host 127.0.0.1 --port {} --security none --from b@own.test --username own \
         --password-file -",
        own.port()
    );
    let (success, said) = house.typing(&set, "wrong\n");
    assert!(success, "{said}");
    let line = house.line("mail of own");
    assert!(line.starts_with("WARN") && line.contains("535 5.7.8"), "{line}");
    let (success, said) = house.typing(&set, "right\n");
    assert!(success, "{said}");
    assert!(house.line("mail of own").starts_with("OK "));
    for server in [&server, &own] {
        server.wait_for_quiet();
        let commands = server.commands();
        assert!(!commands.iter().any(|(_, command)| command.starts_with("MAIL")), "{commands:?}");
    }
}

#[test]
fn links_that_lead_nowhere_and_silence_are_named() {
    let house = Installation::new();
    let (_, whole) = house.run("check");
    assert!(!whole.contains("public_url"), "nobody gets a link: {whole}");
    assert!(house.line("alarms").starts_with("WARN"));
    assert!(house.line("messages").starts_with("OK "));
    assert!(house.line("secrets").starts_with("OK "));

    let server = SmtpServer::start(Script::default());
    let mail = mail(&server);
    for (url, word, text) in [
        ("", "WARN", "http://127.0.0.1:8080"),
        ("http://seal.test", "WARN", "not https"),
        ("https://seal.test", "OK ", "https://seal.test"),
    ] {
        house.configure(&format!("[web]\npublic_url = \"{url}\"\n{mail}"));
        let line = house.line("public_url");
        assert!(line.starts_with(word) && line.contains(text), "{line}");
    }
    house.configure(&format!("[alarms]\nreceivers = [\"night@seal.test\"]\n{mail}"));
    assert!(house.line("alarms").starts_with("OK "));
}

#[test]
fn a_lost_key_is_not_replaced_and_a_wrong_one_is_named() {
    let house = Installation::new();
    house.client_service("own");
    let key = house.0.path().join("s.key");
    std::fs::remove_file(&key).unwrap();
    house.good("mail show");
    assert!(!key.exists(), "a look makes nothing");
    house.good("mail reset own");
    assert!(key.exists(), "nothing needs the old one, so there is a new one");

    let set = "mail set own --host mx.own.test --from b@own.test --username own --password-file -";
    let (success, text) = house.typing(set, "canary");
    assert!(success, "{text}");
    let right = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let (success, text) = house.run("mail show");
    assert!(!success && text.contains("secrets.key_file") && text.contains("copy"), "{text}");
    assert!(!key.exists(), "a new key would hide that the old one is lost");
    let line = house.line("service");
    assert!(line.starts_with("BAD") && line.contains("secrets.key_file"), "{line}");

    let other = "A".repeat(43) + "=";
    std::fs::write(&key, other).unwrap();
    let line = house.line("secrets");
    assert!(line.starts_with("BAD") && line.contains("another key"), "{line}");
    assert!(line.contains("own") && !line.contains("canary"), "{line}");
    assert!(warned(&house).contains("another key"));
    std::fs::write(&key, right).unwrap();
    assert!(house.line("secrets").starts_with("OK "));
}

/// What a service logs before it serves.
fn warned(house: &Installation) -> String {
    use std::io::{BufRead as _, BufReader};
    house.configure("[web]\nlisten = \"127.0.0.1:0\"\n");
    let mut command = house.command("serve");
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let logged: Vec<String> = lines.take_while(|line| !line.contains("serving")).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    logged.concat()
}

#[test]
fn the_dns_record_of_the_signing_key_is_shown() {
    let house = Installation::new();
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).unwrap();
    let pem = der::pem::encode_string("PRIVATE KEY", der::pem::LineEnding::LF, pkcs8.as_ref());
    let file = house.0.path().join("dkim.pem");
    std::fs::write(&file, pem.unwrap()).unwrap();
    house.configure(&format!(
        "[mail]\nhost = \"mx.seal.test\"\nfrom = \"a@seal.test\"\ndkim_domain = \"seal.test\"\n\
         dkim_selector = \"s1\"\ndkim_key_file = \"{}\"\n",
        file.display()
    ));
    house.good("migrate");
    let shown = house.good("mail show");
    assert!(shown.contains("s1._domainkey.seal.test"), "{shown}");
    assert!(shown.contains("v=DKIM1; k=ed25519; p="), "{shown}");
}

#[test]
fn settings_with_which_nothing_is_delivered_are_refused() {
    let house = Installation::new();
    for (setting, words) in [
        ("mail_ladder = \"standrad\"", "compat or standard"),
        ("mail_ladder = \"webhook\"", "compat or standard"),
        ("senders = 0", "delivery.senders = 0: use 1 to"),
        ("senders_per_way = 0", "delivery.senders_per_way"),
        ("lease_ms = 999", "delivery.lease_ms = 999: use 1000 to"),
        ("poll_ms = 0", "delivery.poll_ms"),
        ("rest_ms = 0", "delivery.rest_ms"),
        ("rest_at_most_ms = 10", "delivery.rest_at_most_ms = 10: use 30000 to"),
        ("give_up_hours = 0", "delivery.give_up_hours"),
        ("link_days = 0", "delivery.link_days"),
        ("mail_waits_ms = [1000, -1]", "delivery.mail_waits_ms"),
        ("webhook_waits_ms = [-1]", "delivery.webhook_waits_ms"),
    ] {
        house.configure(&format!("[delivery]\n{setting}\n"));
        let (success, said) = house.run("mail show");
        assert!(!success && said.contains(words), "{setting}: {said}");
    }
    house.configure("[delivery]\nmail_ladder = \"standard\"\nlease_ms = 1000\n");
    house.good("migrate");
    house.good("mail show");
}
