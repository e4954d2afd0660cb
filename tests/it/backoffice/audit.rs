//! The audit record: its chain names what was changed, taken away or put in, on both databases; and its pages.

use std::sync::Arc;

use chancery::app::App;
use chancery::domain::audit::{Actor, AuditAction, AuditEntry, RecordedEntry};
use chancery::domain::delivery::MailAddress;
use chancery::domain::ids::PersonId;
use chancery::domain::instant::Instant;
use chancery::domain::language::Language;
use chancery::domain::person::{Rights, Role, Sight};
use chancery::domain::text::{hex, sha256_of_hex};
use chancery::pki::audit_chain::link;
use chancery::pki::digest::sha256;
use chancery::workflow::audit::{ChainReport, Misfit, verify};
use chancery::workflow::people::{self as persons, Doer, NewPerson};
use sqlx::{AnyPool, AssertSqlSafe};

use super::{House, between};
use crate::store::{migrated_to, sqlite};
use crate::support::postgres::Postgres;
use crate::support::service::{Setup, run};

/// Runs a test on both databases.
fn on_both(test: impl AsyncFn(String)) {
    run(async {
        let (folder, url) = sqlite();
        test(url).await;
        drop(folder);
        let server = Postgres::start();
        test(server.url()).await;
        drop(server);
    });
}

/// A process on a database.
async fn process(url: &str) -> Arc<App> {
    let mut setup = Setup::new();
    url.clone_into(&mut setup.config.store.url);
    setup.assemble().await
}

/// Somebody, with one entry about the invitation.
async fn somebody(app: &App) -> PersonId {
    let new = NewPerson {
        address: MailAddress::parse("ana@acme.example").unwrap(),
        name: "Ana".to_owned(),
        language: Language::En,
        role: Role::Administrator,
        rights: Rights::Operator,
        sight: Sight::Everything,
    };
    persons::invite(app, new, &Doer::command()).await.unwrap().person.id
}

/// Entries about somebody.
async fn record(app: &App, person: PersonId, many: i64, first: i64) {
    for number in first..first + many {
        let entry = AuditEntry {
            id: number,
            at: Instant::from_unix_ms(1_795_342_761_000 + number / 3),
            actor: if number % 2 == 0 { Actor::Stranger } else { Actor::Person(person) },
            about: None,
            action: AuditAction::SignInFailed,
            person,
            detail: format!("try {number}"),
            address: (number % 5 != 0).then(|| "192.0.2.1".to_owned()),
        };
        app.store.record_audit(&entry).await.unwrap();
    }
}

async fn does(pool: &AnyPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.unwrap();
}

async fn looked(app: &App) -> ChainReport {
    verify(app, None).await.unwrap()
}

#[test]
fn what_was_changed_taken_away_or_put_in_is_named() {
    on_both(async |url| {
        let app = process(&url).await;
        let empty = ChainReport { entries: 0, head: None, misfit: None, kept_at: None };
        assert_eq!(looked(&app).await, empty);
        let person = somebody(&app).await;
        // More than are verified at once.
        record(&app, person, 599, 1).await;
        let whole = looked(&app).await;
        assert_eq!((whole.entries, whole.misfit), (600, None));
        let pool = AnyPool::connect(&url).await.unwrap();
        does(&pool, "CREATE TABLE kept AS SELECT * FROM audit_entry").await;
        does(&pool, "CREATE TABLE kept_head AS SELECT * FROM audit_head").await;
        let insert = |id: i64, place: &str| {
            format!(
                "INSERT INTO audit_entry (id, at_ms, actor, actor_id, action, person_id, detail,
                     address, place, hash)
                 SELECT {id}, at_ms, actor, actor_id, action, person_id, detail, address, {place},
                     hash FROM audit_entry WHERE place = 7"
            )
        };
        let changed = |place| Misfit::Changed { place };
        let missing = |place| Misfit::Missing { place };
        let inserted = |id| Misfit::Inserted { id };
        let cases: &[(&str, Misfit)] = &[
            ("UPDATE audit_entry SET detail = 'none' WHERE place = 300", changed(300)),
            ("UPDATE audit_entry SET at_ms = at_ms + 1 WHERE place = 1", changed(1)),
            ("UPDATE audit_entry SET actor = 'COMMAND' WHERE place = 501", changed(501)),
            ("UPDATE audit_entry SET address = NULL WHERE place = 9", changed(9)),
            ("UPDATE audit_entry SET action = 'NOTHING' WHERE place = 600", changed(600)),
            ("UPDATE audit_entry SET hash = NULL WHERE place = 44", changed(44)),
            ("UPDATE audit_head SET hash = NULL WHERE id = 1", changed(600)),
            ("DELETE FROM audit_entry WHERE place = 1", missing(1)),
            ("DELETE FROM audit_entry WHERE place > 400 AND place < 520", missing(401)),
            ("DELETE FROM audit_entry WHERE place = 600", missing(600)),
            ("DELETE FROM audit_entry", missing(1)),
            (&insert(77_001, "NULL"), inserted(77_001)),
            (&insert(77_002, "601"), inserted(77_002)),
            (&insert(77_003, "0"), inserted(77_003)),
            // One is taken away, and all behind it move up.
            (
                "DELETE FROM audit_entry WHERE place = 590;
                 UPDATE audit_entry SET place = -place WHERE place > 590;
                 UPDATE audit_entry SET place = -place - 1 WHERE place < 0",
                changed(590),
            ),
            ("DELETE FROM audit_head", Misfit::Headless),
        ];
        for (sql, misfit) in cases {
            does(&pool, sql).await;
            assert_eq!(looked(&app).await.misfit, Some(*misfit), "{sql}");
            does(&pool, "DELETE FROM audit_entry").await;
            does(&pool, "INSERT INTO audit_entry SELECT * FROM kept").await;
            does(&pool, "DELETE FROM audit_head").await;
            does(&pool, "INSERT INTO audit_head SELECT * FROM kept_head").await;
            assert_eq!(looked(&app).await, whole, "{sql}");
        }
        pool.close().await;
        app.store.close().await;
    });
}

/// Who writes the whole chain anew is seen only by who has kept a head.
#[test]
fn a_head_that_was_kept_elsewhere_shows_a_chain_that_was_written_anew() {
    on_both(async |url| {
        let app = process(&url).await;
        let person = somebody(&app).await;
        record(&app, person, 9, 1).await;
        let then = looked(&app).await.head.unwrap();
        record(&app, person, 5, 20).await;
        let report = verify(&app, Some(then)).await.unwrap();
        assert_eq!((report.misfit, report.kept_at, report.entries), (None, Some(10), 15));
        let pool = AnyPool::connect(&url).await.unwrap();
        // The last six are taken away, and the head set to what is left.
        does(
            &pool,
            "DELETE FROM audit_entry WHERE place > 9;
             UPDATE audit_head SET place = 9,
                 hash = (SELECT hash FROM audit_entry WHERE place = 9) WHERE id = 1",
        )
        .await;
        assert_eq!(looked(&app).await.misfit, None);
        let report = verify(&app, Some(then)).await.unwrap();
        assert_eq!((report.misfit, report.kept_at), (Some(Misfit::NotKept), None));
        // What is written after that goes on from there, and does not hide it.
        record(&app, person, 6, 40).await;
        assert_eq!(looked(&app).await.misfit, None);
        assert_eq!(verify(&app, Some(then)).await.unwrap().misfit, Some(Misfit::NotKept));
        pool.close().await;
        app.store.close().await;
    });
}

#[test]
fn two_processes_at_once_write_one_chain() {
    on_both(async |url| {
        let (one, two) = (process(&url).await, process(&url).await);
        let person = somebody(&one).await;
        tokio::join!(
            record(&one, person, 40, 100),
            record(&two, person, 40, 200),
            record(&one, person, 40, 300),
            record(&two, person, 40, 400),
        );
        for app in [&one, &two] {
            let report = looked(app).await;
            assert_eq!((report.entries, report.misfit), (161, None));
        }
        one.store.close().await;
        two.store.close().await;
    });
}

/// What entries were made of at first.
const FIRST: &str = "id, at_ms, actor, actor_id, action, person_id, detail, address";

/// More than are chained in one transaction, by two processes that begin at once.
#[test]
fn what_was_recorded_before_there_was_a_chain_is_chained_once() {
    on_both(async |url| {
        let pool = migrated_to(&url, 39).await;
        does(
            &pool,
            "INSERT INTO person (id, address, address_folded, name, language, theme, role, rights,
                 status, created_ms)
             VALUES (1, 'a@a.example', 'a@a.example', 'Ana', 'en', 'system', 'AUDITOR', 'VIEWER',
                 'ACTIVE', 0)",
        )
        .await;
        let rows: Vec<String> = (1..=450)
            .map(|id| format!("({id}, {}, 'COMMAND', NULL, 'PROVED', 1, 'x', NULL)", 1000 - id / 4))
            .collect();
        let sql = format!("INSERT INTO audit_entry ({FIRST}) VALUES {}", rows.join(","));
        does(&pool, &sql).await;
        let (one, two) = tokio::join!(process(&url), process(&url));
        let report = looked(&one).await;
        assert_eq!((report.entries, report.misfit), (450, None));
        let first = one.reader.chained((0, 1), 1).await.unwrap();
        assert_eq!(first[0].entry.as_ref().unwrap().id, 448, "the oldest comes first");
        // What comes later without a place is not taken for one of them.
        pool.close().await;
        let pool = AnyPool::connect(&url).await.unwrap();
        let late = "(451, 1, 'COMMAND', NULL, 'PROVED', 1, 'x', NULL)";
        does(&pool, &format!("INSERT INTO audit_entry ({FIRST}) VALUES {late}")).await;
        let three = process(&url).await;
        assert_eq!(looked(&three).await.misfit, Some(Misfit::Inserted { id: 451 }));
        pool.close().await;
        for app in [one, two, three] {
            app.store.close().await;
        }
    });
}

/// What a hash is over is written down in docs/decisions/0031; somebody else finds the same.
#[test]
fn a_hash_is_over_tagged_fields_with_their_lengths() {
    fn field(name: &str, value: &[u8]) -> Vec<u8> {
        let length = |part: &[u8]| u64::try_from(part.len()).unwrap().to_be_bytes().to_vec();
        [length(name.as_bytes()), name.as_bytes().to_vec(), length(value), value.to_vec()].concat()
    }
    let number = |name: &str, value: i64| field(name, &value.to_be_bytes());
    let entry = RecordedEntry {
        id: 12,
        at_ms: 1_795_342_761_000,
        actor: "PERSON".to_owned(),
        actor_id: Some(3),
        action: "PROVED".to_owned(),
        person: 4,
        subject: Some("company:5".to_owned()),
        detail: "déjà".to_owned(),
        address: None,
    };
    let octets = [
        field("form", b"chancery/audit/1"),
        number("place", 2),
        field("before", &[9; 32]),
        number("id", 12),
        number("at", 1_795_342_761_000),
        field("actor", b"PERSON"),
        number("actor-id", 3),
        field("action", b"PROVED"),
        number("person", 4),
        field("subject", b"company:5"),
        field("detail", "déjà".as_bytes()),
    ];
    assert_eq!(link(2, Some(&[9; 32]), &entry), sha256(&octets.concat()));
    let first = link(1, None, &entry);
    assert_ne!(first, link(1, Some(&[0; 32]), &entry));
    let unsaid = RecordedEntry { subject: None, ..entry.clone() };
    assert_ne!(first, link(1, None, &unsaid));
    let moved =
        RecordedEntry { detail: String::new(), address: Some("déjà".to_owned()), ..entry };
    assert_ne!(first, link(1, None, &moved));
    assert_eq!(sha256_of_hex(&hex(&first)), Some(first));
    for wrong in ["", "00", &"0g".repeat(32), &"00".repeat(33)] {
        assert_eq!(sha256_of_hex(wrong), None, "{wrong}");
    }
}

#[test]
fn the_record_is_read_chosen_saved_and_verified_on_pages() {
    run(async {
        let house = House::new().await;
        let mut ana = house.administrator().await;
        let mut auditor = house.somebody(Role::Auditor, Rights::Viewer, Sight::Everything).await;
        let app = &house.service.app;
        record(app, auditor.id, 230, 1_000).await;
        let mut page = async |path: &str| {
            let answer = auditor.tab.get(path).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            answer.text().to_owned()
        };
        let newest = page("/office/audit").await;
        assert_eq!(newest.matches("<tr><td>").count(), 100, "{newest}");
        // Page by page, each entry once.
        let failed = format!("/office/audit?what=SIGN_IN_FAILED&about={}", auditor.id);
        let (mut path, mut seen) = (failed.clone(), Vec::new());
        loop {
            let shown = page(&path).await;
            let rows = shown.split("<td>try ").skip(1);
            seen.extend(rows.map(|row| row.split('<').next().unwrap().parse::<i64>().unwrap()));
            let Some((before, _)) = shown.split_once("\" rel=\"next\"") else { break };
            let query = before.rsplit_once("href=\"").unwrap().1.replace("&#38;", "&");
            path = query.replace("&amp;", "&");
        }
        let all: Vec<i64> = (1_000..1_230).rev().collect();
        assert_eq!(seen, all);
        let strangers = page(&format!("{failed}&by=STRANGER")).await;
        assert!(strangers.contains("try 1228<") && !strangers.contains("try 1229<"));
        let none = page("/office/audit?until=2001-01-01").await;
        assert!(none.contains("Nothing like that is in the record"), "{none}");
        let csv =
            page(&format!("/office/audit.csv?what=SIGN_IN_FAILED&about={}", auditor.id)).await;
        assert_eq!(csv.lines().count(), 231, "{csv}");
        assert!(csv.starts_with("entry,time,by,what,about,subject,from,details"), "{csv}");
        for wrong in ["/office/audit?what=NOTHING", "/office/audit?who=1", "/office/audit?from=x"] {
            let answer = ana.tab.get(wrong).await;
            assert_eq!(answer.status, 422, "{wrong}: {}", answer.text());
        }
        let whole = page("/office/audit/chain?head=").await;
        assert!(whole.contains("The chain is whole."), "{whole}");
        let head = between(&whole, "Head: keep it elsewhere</dt><dd><code>", "<").to_owned();
        let again = page(&format!("/office/audit/chain?head={head}")).await;
        assert!(again.contains("The head that you gave is that of entry "), "{again}");
        let other = page(&format!("/office/audit/chain?head={}", "0".repeat(64))).await;
        assert!(other.contains("is of no entry"), "{other}");
        assert_eq!(ana.tab.get("/office/audit/chain?head=12").await.status, 422);
        let pool = AnyPool::connect(&house.service.database).await.unwrap();
        does(&pool, "UPDATE audit_entry SET detail = 'nothing' WHERE place = 5").await;
        pool.close().await;
        let broken = page("/office/audit/chain").await;
        assert!(broken.contains("entry 5 is not what was chained there"), "{broken}");
        assert!(broken.contains("role=\"alert\""), "{broken}");
        house.service.stop().await;
    });
}
