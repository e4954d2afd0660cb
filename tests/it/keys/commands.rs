//! Commands about keys and credentials, as an operator types them.

use std::path::Path;
use std::process::Command;

use super::run;

/// An installation with keys in files.
struct House(tempfile::TempDir);

impl House {
    fn new(settings: &str) -> Self {
        let house = Self(tempfile::tempdir().unwrap());
        house.configure(settings);
        house
    }

    fn configure(&self, settings: &str) {
        let root = self.path().display();
        let text = format!(
            "{settings}\n[store]\nurl = \"sqlite://{root}/c.db\"\n[oauth]\n\
             signing_key_file = \"{root}/t.pem\"\n[secrets]\nkey_file = \"{root}/s.key\"\n\
             [keys]\nproduction = false\n[keys.backends.files]\nkind = \"software\"\n\
             directory = \"{root}/keys\"\n"
        );
        std::fs::create_dir_all(self.path().join("keys")).unwrap();
        std::fs::write(self.path().join("chancery.toml"), text).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, arguments: &str) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_chancery"))
            .arg("--config")
            .arg(self.path().join("chancery.toml"))
            .args(arguments.split(' '))
            .output()
            .unwrap();
        let both = [&output.stdout[..], &output.stderr[..]].concat();
        (output.status.success(), String::from_utf8(both).unwrap())
    }

    #[track_caller]
    fn good(&self, arguments: &str) -> String {
        let (success, said) = self.run(arguments);
        assert!(success, "{arguments}: {said}");
        said
    }

    /// A certificate that the key signs itself, for a number of days.
    fn certificate(&self, label: &str, days: u32) {
        let request = format!(
            "req -x509 -new -key keys/{label}.pem -subj /CN={label} -days {days} -outform DER -out \
             {label}.der -addext basicConstraints=critical,CA:FALSE"
        );
        run("openssl", &request.split_whitespace().collect::<Vec<_>>(), self.path());
    }

    fn import(&self, label: &str) -> String {
        let file = self.path().join(format!("{label}.der"));
        let file = file.display();
        self.good(&format!("credential import --alias {label} --backend files --chain {file}"))
    }

    #[track_caller]
    fn line(&self, what: &str) -> String {
        let (_, said) = self.run("check");
        let line = said.lines().find(|line| line.contains(what));
        line.unwrap_or_else(|| panic!("no {what} in {said}")).to_owned()
    }
}

/// What the calendar of algorithms has against a key is said when it is made, when it is imported, and
/// by the doctor; an installation's own calendar speaks in its place.
#[test]
fn commands_speak_by_the_calendar() {
    let house = House::new("");
    let said = house.good("keys generate --backend files --label old --kind rsa-2048");
    for word in ["RSA-2048", "2026-12-31", "2028-12-31", "119 312"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    let said = house.good("keys generate --backend files --label new --kind p-256");
    assert!(!said.contains("Beware"), "{said}");
    let said = house.good("keys generate --backend files --label odd --kind secp256k1");
    assert!(said.contains("not in the calendar"), "{said}");
    house.certificate("old", 1500);
    house.certificate("new", 1500);
    let said = house.import("old");
    assert!(said.contains("RSA-2048 is accepted until 2028-12-31"), "{said}");
    assert!(!house.import("new").contains("Beware"));
    assert!(house.line("credential old").contains("RSA-2048 is accepted until 2028-12-31"));

    let calendar = house.path().join("calendar.toml");
    let row =
        "[[row]]\nwhat = \"key\"\nname = \"P-256\"\nuntil = 2027-03-31\nsource = \"the board\"\n";
    std::fs::write(&calendar, format!("name = \"ours\"\n{row}seen = 2026-12-01\n")).unwrap();
    house.configure(&format!("[algorithms]\ncalendar = \"{}\"\n", calendar.display()));
    let said = house.good("keys generate --backend files --label newer --kind p-256");
    assert!(said.contains("2027-03-31 (the board)"), "{said}");
    assert!(house.line("credential new").contains("2027-03-31 (the board)"));
    std::fs::write(&calendar, format!("name = \"ours\"\n{row}")).unwrap();
    let (success, said) = house.run("keys generate --backend files --label newest --kind p-384");
    assert!(!success && said.contains("algorithms.calendar") && said.contains("seen"), "{said}");
}

#[test]
fn a_credential_is_disabled_and_enabled() {
    let house = House::new("");
    house.good("keys generate --backend files --label acme");
    house.certificate("acme", 30);
    house.import("acme");
    assert!(house.good("credential list").contains("ACTIVE"));
    house.good("credential disable --alias acme");
    assert!(house.good("credential list").contains("DISABLED"));
    let line = house.line("credential acme");
    assert!(line.contains("disabled") && line.contains("credential enable"), "{line}");
    house.good("credential enable --alias acme");
    let line = house.line("credential acme");
    assert!(line.contains("P-256, signs"), "{line}");
    let (success, said) = house.run("credential disable --alias nobody");
    assert!(!success && said.contains("credential list"), "{said}");
}
