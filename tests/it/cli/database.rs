//! Databases that cannot be used: every command says so at once, and what to do.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;

use super::looking::House;
use super::text;
use crate::support::postgres::Postgres;

/// Neither `serve` nor `check` nor a list gets past it; each says the words.
#[track_caller]
fn none_gets_past(house: &House, words: &str) {
    for command in ["serve", "check", "client-service list", "migrate"] {
        house.bad(command, words);
    }
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let house = House::new();
    let file = house.path().join("c.db");
    std::fs::create_dir(&file).unwrap();
    none_gets_past(&house, "is a folder; name a file in it");
    std::fs::remove_dir(&file).unwrap();
    std::fs::write(&file, "<html>not found</html>").unwrap();
    none_gets_past(&house, "is no database of SQLite");
    assert_eq!(std::fs::read(&file).unwrap(), b"<html>not found</html>", "nothing was changed");
}

#[test]
fn a_file_that_is_damaged_is_named() {
    let house = House::new();
    house.good("migrate");
    let file = house.path().join("c.db");
    assert!(text(&house.run("check")).contains("no damage"));
    let mut octets = std::fs::read(&file).unwrap();
    // Past the first page, which has the list of tables.
    let rest = octets.len() / 2;
    octets[rest..].fill(0x5a);
    std::fs::write(&file, octets).unwrap();
    house.bad("check", "is damaged");
    house.bad("check", "restore a copy");
}

#[test]
fn a_file_of_somebody_else_is_named() {
    let house = House::new();
    house.good("migrate");
    let set = |name: &str, mode: u32| {
        let path = house.path().join(name);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set("c.db", 0o444);
    let mut command = house.command("check");
    let root = text(&std::process::Command::new("id").arg("-u").output().unwrap()).trim() == "0";
    if root {
        // Rights do not stop root.
        set(".", 0o777);
        command.uid(65534).gid(65534).current_dir("/");
    }
    let said = text(&command.output().unwrap());
    assert!(said.contains("cannot be read and written"), "{said}");
    assert!(said.contains("chown"), "{said}");
}

#[test]
fn a_server_that_cannot_be_used_says_why() {
    let postgres = Postgres::start();
    let house = House::new();
    let named = |url: &str| {
        let file = house.path().join("chancery.toml");
        let settings = std::fs::read_to_string(&file).unwrap();
        let lines = settings.lines().map(|line| {
            if line.starts_with("url = ") {
                format!("url = \"{url}\"\nwait_ms = 500")
            } else {
                line.replace("wait_ms = 500", "")
            }
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        std::fs::write(file, text).unwrap();
    };
    named(&postgres.url().replace(postgres.name(), "nowhere"));
    none_gets_past(&house, "there is no such database");
    named("postgres://somebody:wrong@127.0.0.1:1/x");
    none_gets_past(&house, "nobody listens there");
    named(&postgres.url().replace("user=chancery", "user=nobody"));
    none_gets_past(&house, "does not let this user in");
    named(&format!("{}&options=-c%20default_transaction_read_only=on", postgres.url()));
    house.bad("check", "name the primary");
    house.bad("serve", "name the primary");
}
