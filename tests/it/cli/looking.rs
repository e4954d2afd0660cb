//! Commands that only look: they make nothing, say where they look, and speak JSON to programs.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::{BINARY, text};

/// A folder with a configuration that names files in it.
pub(super) struct House(tempfile::TempDir);

impl House {
    pub(super) fn new() -> Self {
        let house = Self(tempfile::tempdir().unwrap());
        house.configure("");
        house
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Replaces what the configuration says beside its files.
    pub(super) fn configure(&self, settings: &str) {
        let root = self.path().display();
        let listen =
            if settings.contains("[web]") { "" } else { "[web]\nlisten = \"127.0.0.1:0\"\n" };
        let text = format!(
            "{listen}{settings}\n[store]\nurl = \"sqlite://{root}/c.db\"\n[oauth]\n\
             signing_key_file = \"{root}/t.pem\"\n[secrets]\nkey_file = \"{root}/s.key\"\n"
        );
        std::fs::write(self.path().join("chancery.toml"), text).unwrap();
    }

    pub(super) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(self.path().join("chancery.toml"));
        command.args(arguments.split(' ')).current_dir(self.path());
        // For tests, and to the program a variable that is no setting.
        command.env_remove("CHANCERY_SHARED");
        command
    }

    pub(super) fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    #[track_caller]
    pub(super) fn good(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments}: {}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    pub(super) fn bad(&self, arguments: &str, words: &str) {
        let output = self.run(arguments);
        let said = text(&output);
        assert!(!output.status.success() && said.contains(words), "{arguments}: {said}");
    }

    #[track_caller]
    fn json(&self, arguments: &str) -> Value {
        let said = self.good(arguments);
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{arguments}: {error}: {said}"))
    }

    fn files(&self) -> BTreeSet<PathBuf> {
        std::fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

/// The line of `check` about something.
#[track_caller]
fn line(said: &str, what: &str) -> String {
    let about = |line: &&str| line.get(6..).is_some_and(|rest| rest.starts_with(what));
    said.lines().find(about).unwrap_or_else(|| panic!("no {what} in {said}")).to_owned()
}

const LISTS: &[&str] = &[
    "client-service list",
    "company list",
    "company usage",
    "company usage --csv",
    "credential list",
    "alarm list",
    "audit verify",
    "mail show",
    "notification list --troubled",
    "notification attempts --message 1",
    "webhook list --client-service a",
    "template list --client-service a",
    "template history --client-service a",
    "template show --client-service a",
];

#[test]
fn looking_makes_nothing() {
    let house = House::new();
    let before = house.files();
    for list in LISTS {
        house.bad(list, "there is no database at");
        house.bad(list, "chancery migrate");
    }
    let said = text(&house.run("check"));
    assert!(line(&said, "database").contains("the first start makes it"), "{said}");
    assert!(line(&said, "oauth.signing_key_file").contains("t.pem"), "{said}");
    assert!(line(&said, "credentials").contains("none yet"), "the look goes on: {said}");
    assert_eq!(house.files(), before);

    // Nor beside a database whose key files are gone, or that is of an earlier release.
    house.good("migrate");
    let before = house.files();
    assert!(text(&house.run("client-service list")).contains("No client services yet"));
    assert!(line(&text(&house.run("check")), "database").starts_with("OK "));
    assert_eq!(house.files(), before);

    let place = format!("sqlite://{}", house.path().join("c.db").display());
    crate::support::service::block_on(async {
        let pool = sqlx_pool(&place).await;
        sqlx::query("DELETE FROM _sqlx_migrations WHERE version > 2").execute(&pool).await.unwrap();
        pool.close().await;
    });
    let stored = std::fs::read(house.path().join("c.db")).unwrap();
    house.bad("client-service list", "of an earlier release");
    let said = text(&house.run("check"));
    assert!(line(&said, "database").contains("make a copy first"), "{said}");
    assert_eq!(std::fs::read(house.path().join("c.db")).unwrap(), stored, "nothing was changed");
}

pub(super) async fn sqlx_pool(place: &str) -> sqlx::AnyPool {
    sqlx::any::install_default_drivers();
    sqlx::AnyPool::connect(place).await.unwrap()
}

#[test]
fn the_doctor_tries_what_the_service_would() {
    let house = House::new();
    let settings =
        |listen: &str| format!("[web]\nlisten = \"{listen}\"\n[log]\nfilter = \"a=b=c\"\n");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    house.configure(&settings(&address));
    let check = house.run("check");
    let said = text(&check);
    assert!(!check.status.success());
    assert!(line(&said, "listen").contains("another program listens"), "{said}");
    assert!(line(&said, "log").starts_with("WARN"), "{said}");
    drop(taken);
    house.configure(&settings(&address));
    assert!(line(&text(&house.run("check")), "listen").starts_with("OK "));
    house.configure(&settings("192.0.2.1:80"));
    assert!(line(&text(&house.run("check")), "listen").contains("cannot listen"));

    // A database and keys that cannot be made.
    let text_of = |root: &str| {
        format!(
            "[store]\nurl = \"sqlite://{root}/c.db\"\n[secrets]\nkey_file = \"{root}/s.key\"\n\
             [oauth]\nsigning_key_file = \"{root}/t.pem\"\n"
        )
    };
    std::fs::write(house.path().join("chancery.toml"), text_of("/nowhere")).unwrap();
    let said = text(&house.run("check"));
    for what in ["database", "secrets.key_file", "oauth.signing_key_file"] {
        let line = line(&said, what);
        assert!(line.starts_with("BAD") && line.contains("there is no folder /nowhere"), "{said}");
    }
}

#[test]
fn who_is_believed_about_addresses_is_named_behind_a_proxy() {
    let house = House::new();
    let web = "[web]\nlisten = \"127.0.0.1:0\"\n";
    let public = "public_url = \"https://seals.example\"\n";
    let one = "proxies = [\"127.0.0.1/32\", \"10.1.2.3/32\"]\n";
    for (settings, told) in [
        (web.to_owned(), false),
        (format!("{web}{public}"), true),
        (format!("{web}{public}{one}"), false),
    ] {
        house.configure(&settings);
        let said = text(&house.run("check"));
        let named = said.lines().find(|line| line.contains("X-Forwarded-For"));
        assert_eq!(named.is_some(), told, "{settings}: {said}");
        let all = |line: &str| line.contains("10.0.0.0/8") && line.contains("fc00::/7");
        assert!(named.is_none_or(|line| line.starts_with("WARN") && all(line)), "{said}");
    }
}

#[test]
fn the_configuration_that_was_read_is_named() {
    let house = House::new();
    house.good("migrate");
    let file = house.path().join("chancery.toml");
    let file = file.to_str().unwrap();
    let list = house.run("client-service list");
    assert!(String::from_utf8_lossy(&list.stderr).contains(file), "{}", text(&list));
    assert!(!String::from_utf8_lossy(&list.stdout).contains(file), "pipes stay clean");
    let check = house.command("check").env("CHANCERY_LOG__FILTER", "warn").output().unwrap();
    let said = text(&check);
    let named = line(&said, "configuration");
    assert!(named.contains(file) && named.contains("CHANCERY_LOG__FILTER"), "{named}");

    let empty = tempfile::tempdir().unwrap();
    let mut bare = Command::new(BINARY);
    bare.arg("check").current_dir(empty.path()).env_remove("CHANCERY_CONFIG");
    let said = text(&bare.output().unwrap());
    if !Path::new("/etc/chancery/chancery.toml").exists() {
        let named = line(&said, "configuration");
        assert!(
            named.contains("the defaults alone") && named.contains("./chancery.toml"),
            "{named}"
        );
    }
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0);
}

#[test]
fn variables_of_the_environment_are_settings_or_named() {
    let house = House::new();
    let with =
        |name: &str, value: &str| text(&house.command("check").env(name, value).output().unwrap());
    let said = with("CHANCERY_STORE__URI", "sqlite://x.db");
    assert!(
        said.contains("CHANCERY_STORE__URI is no setting; did you mean CHANCERY_STORE__URL?"),
        "{said}"
    );
    let said = with("CHANCERY_WEB_LISTEN", "127.0.0.1:1");
    let named = line(&said, "environment");
    assert!(named.starts_with("WARN") && named.contains("CHANCERY_WEB__LISTEN?"), "{named}");
    let said = with("CHANCERY_ALARMS__RECEIVERS", "a@a.example, b@b.example");
    assert!(line(&said, "alarms").contains("2 are told by mail"), "{said}");
    let said = with("CHANCERY_ALARMS__EXPIRY_DAYS", "30,soon");
    assert!(said.contains("CHANCERY_ALARMS__EXPIRY_DAYS"), "{said}");

    // A variable that a setting names holds a secret: it is no stray.
    let mut command = house.command("check");
    command.env("CHANCERY_MAIL__HOST", "127.0.0.1").env("CHANCERY_MAIL__PORT", "1");
    command.env("CHANCERY_MAIL__FROM", "a@seal.test").env("CHANCERY_MAIL__SECURITY", "none");
    command.env("CHANCERY_MAIL__USERNAME", "007");
    command.env("CHANCERY_MAIL__PASSWORD_ENV", "CHANCERY_PASSWORD").env("CHANCERY_PASSWORD", "x");
    let said = text(&command.output().unwrap());
    assert!(!said.contains("CHANCERY_PASSWORD is no setting"), "{said}");
    assert!(line(&said, "mail").contains("127.0.0.1:1"), "{said}");
}

#[test]
fn what_is_shown_is_shown_to_programs_too() {
    let house = House::new();
    let created = house.json(
        "client-service create --alias acme --issuer-name ACME --issuer-vat 505767457 \
         --issuer-country PRT --profile facturae-3.2 --json",
    );
    assert_eq!(created["client_id"], "acme");
    assert!(created["client_secret"].as_str().unwrap().starts_with("chancery_cs_"));
    assert!(house.json("client-service rotate-secret acme --json")["client_secret"].is_string());
    let services = house.json("client-service list --json");
    assert_eq!(services[0]["alias"], "acme");
    assert_eq!(services[0]["profile"], "facturae-3.2");
    assert_eq!(services[0]["credential"], Value::Null);
    assert_eq!(services[0]["allowSha1"], false);
    assert_eq!(house.json("company list --json")[0]["vatNumber"], "505767457");
    assert_eq!(house.json("company usage --json")[0]["sealed"], 0);
    for empty in [
        "credential list",
        "alarm list",
        "keys list",
        "notification list --troubled",
        "template list --client-service acme",
        "template history --client-service acme",
        "webhook list --client-service acme",
    ] {
        assert_eq!(house.json(&format!("{empty} --json")), serde_json::json!([]), "{empty}");
    }
    let chain = house.json("audit verify --json");
    assert_eq!((&chain["whole"], &chain["entries"]), (&true.into(), &0.into()), "{chain}");
    assert_eq!(house.json("mail show --json"), Value::Null);
    let letter = house.json("template show --client-service acme --language pt --json");
    assert!(letter["subject"].is_string() && letter["html"].is_string());
    let written = house.json("template preview --client-service acme --language pt --json");
    assert_ne!(written["subject"], letter["subject"], "sample data is filled in");

    let added = house.json("webhook add https://erp.example/h --client-service acme --json");
    assert!(added["secret"].as_str().unwrap().starts_with("whsec_"), "{added}");
    let id = added["id"].as_i64().unwrap();
    let listed = house.json("webhook list --client-service acme --json");
    assert_eq!((&listed[0]["id"], &listed[0]["status"]), (&added["id"], &"ACTIVE".into()));
    let shown = house.json(&format!("webhook show {id} --client-service acme --json"));
    assert_eq!(shown["secrets"][0]["scheme"], "HMAC");
    let disabled = house.json(&format!("webhook disable {id} --client-service acme --json"));
    assert_eq!(disabled["disabledReason"], "ASKED");
    let test = house.run(&format!("webhook test {id} --client-service acme --json"));
    let said: Value = serde_json::from_slice(&test.stdout).unwrap_or_default();
    assert!(!test.status.success() && said["accepted"] != true, "{}", text(&test));
    let tries = house.json(&format!("webhook attempts {id} --client-service acme --json"));
    assert_eq!(tries[0]["type"], "webhook.test");

    let profiles = house.json("profile list --json");
    assert!(profiles.as_array().unwrap().len() > 20);
    let profile = house.json("profile show facturae-3.2 --json");
    assert!(profile["settings"]["XAdES"].is_object(), "{profile}");

    let check = house.run("check --json");
    let said: Value = serde_json::from_slice(&check.stdout).unwrap();
    assert_eq!(said["good"], false, "there are no keys");
    let about = |what: &str| {
        let all = said["findings"].as_array().unwrap();
        all.iter().find(|it| it["about"] == what).map(|it| it["level"].clone()).unwrap()
    };
    assert_eq!((about("database"), about("keys")), ("OK".into(), "BAD".into()));
}

#[test]
fn a_name_that_is_taken_is_said_in_words() {
    let house = House::new();
    let create = "client-service create --alias acme --issuer-name ACME --issuer-vat 505767457 \
                  --issuer-country PRT";
    house.good(create);
    house.bad(create, "the alias acme is taken; choose another with --alias");
}

/// Log lines are coloured for eyes only: in a file they are plain.
#[test]
fn no_colours_go_into_files() {
    let house = House::new();
    house.good("migrate");
    house.configure("[log]\nfilter = \"trace\"\n");
    let output = house.run(
        "client-service create --alias a --issuer-name A --issuer-vat 1 \
                            --issuer-country PRT",
    );
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(log.contains("DEBUG") || log.contains("TRACE"), "there is something to colour: {log}");
    assert!(!log.contains('\u{1b}'), "{log:?}");
}
