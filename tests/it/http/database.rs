//! A database in trouble: clients are told to come back, and everything goes on when it is over.

use std::time::Duration;

use chancery::domain::delivery::MailAddress;
use chancery::domain::ids::MessageId;
use chancery::domain::outbox::{Message, MessageKind, Target};
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyPool, AssertSqlSafe, Connection as _};

use crate::support::client::{Answer, Client, small};
use crate::support::outbox::enqueue;
use crate::support::postgres::Postgres;
use crate::support::service::{Service, Setup, now, run, unique};

/// What every answer is that a database in trouble has.
#[track_caller]
fn comes_back(answer: &Answer) {
    answer.error(503, "2.0.3", "unavailable");
    assert_eq!(answer.header("retry-after"), "2");
}

async fn service_at(postgres: &Postgres, lock_ms: u64, statement_ms: u64) -> (Service, Client) {
    let mut setup = Setup::new();
    setup.config.store.url = postgres.url();
    setup.config.store.lock_ms = lock_ms;
    setup.config.store.statement_ms = statement_ms;
    let service = setup.start().await;
    let client = service.client().await;
    (service, client)
}

async fn somebody(postgres: &Postgres) -> AnyPool {
    AnyPoolOptions::new().max_connections(1).connect(&postgres.url()).await.unwrap()
}

#[test]
fn a_lock_of_somebody_else_is_waited_for_a_moment() {
    let postgres = Postgres::start();
    run(async {
        // Enough for everything else that is asked on a busy machine.
        for (lock_ms, statement_ms) in [(1000, 0), (0, 1000)] {
            let (service, client) = service_at(&postgres, lock_ms, statement_ms).await;
            let other = somebody(&postgres).await;
            let mut held = other.begin().await.unwrap();
            let lock = "LOCK TABLE operation IN ACCESS EXCLUSIVE MODE";
            sqlx::raw_sql(lock).execute(&mut *held).await.unwrap();
            let wish = small(&unique("locked"));
            comes_back(&client.sign(&wish).await);
            held.rollback().await.unwrap();
            assert_eq!(client.sign(&wish).await.good()["status"], "EXECUTED");
            other.close().await;
            service.stop().await;
        }
    });
}

#[test]
fn a_server_that_only_reads_is_told_as_trouble_that_passes() {
    let postgres = Postgres::start();
    run(async {
        let (service, client) = service_at(&postgres, 0, 0).await;
        let other = somebody(&postgres).await;
        let only_reads = async |value: &str| {
            let sql = format!(
                "ALTER DATABASE {} SET default_transaction_read_only = {value}",
                postgres.name()
            );
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&other).await.unwrap();
            // Sessions that are there keep what they had.
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
            sqlx::raw_sql(end).execute(&other).await.unwrap();
        };
        only_reads("on").await;
        let wish = small(&unique("read-only"));
        comes_back(&client.sign(&wish).await);
        assert!(service.app.store.probe_write().await.is_err());
        only_reads("off").await;
        assert_eq!(client.sign(&wish).await.good()["status"], "EXECUTED");
        other.close().await;
        service.stop().await;
    });
}

/// When the server ends the session at the commit, nobody knows what became of it: the answer says so.
#[test]
fn a_commit_that_was_not_confirmed_may_have_been_made() {
    let postgres = Postgres::start();
    run(async {
        let (service, client) = service_at(&postgres, 0, 0).await;
        let other = somebody(&postgres).await;
        let trap = "CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
                    CREATE CONSTRAINT TRIGGER trap AFTER INSERT ON operation
                    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION trap()";
        sqlx::raw_sql(trap).execute(&other).await.unwrap();
        let wish = small(&unique("unconfirmed"));
        let answer = client.sign(&wish).await.error(503, "2.0.3", "outcome-unknown");
        let cause = answer["causeMessage"].as_str().unwrap();
        assert!(cause.contains("may have been recorded"), "{cause}");
        assert!(cause.contains("repeat the same request"), "{cause}");
        sqlx::raw_sql("DROP TRIGGER trap ON operation").execute(&other).await.unwrap();
        assert_eq!(client.sign(&wish).await.good()["status"], "EXECUTED");
        other.close().await;
        service.stop().await;
    });
}

/// What goes wrong behind the acceptance names the operation.
#[test]
fn a_recorded_request_is_never_said_to_be_none() {
    let postgres = Postgres::start();
    run(async {
        let mut setup = Setup::new();
        setup.config.store.url = postgres.url();
        setup.config.store.lock_ms = 500;
        setup.config.workflow.lease_ms = 300;
        // Tried again and again it does not end as long as the lock is held.
        setup.config.web.sync_wait_ms = 2000;
        let service = setup.start().await;
        let client = service.client().await;
        let other = somebody(&postgres).await;
        let mut held = other.begin().await.unwrap();
        // Needed for the answer, not for the acceptance.
        let lock = "LOCK TABLE message IN ACCESS EXCLUSIVE MODE";
        sqlx::raw_sql(lock).execute(&mut *held).await.unwrap();
        let wish = small(&unique("recorded"));
        let answer = client.sign(&wish).await.error(503, "2.0.3", "unavailable");
        let cause = answer["causeMessage"].as_str().unwrap();
        assert!(cause.contains("is recorded as operation"), "{cause}");
        held.rollback().await.unwrap();
        let again = client.sign(&wish).await;
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(again.good()["id"], answer["operationId"]);
        other.close().await;
        service.stop().await;
    });
}

/// What passes, by its SQLSTATE: a client is told to come back, and is served when it is over. What only
/// another transaction was in the way of is begun again, and no client hears of it.
#[test]
fn trouble_that_passes_is_known_by_its_code() {
    let postgres = Postgres::start();
    run(async {
        let (service, client) = service_at(&postgres, 0, 0).await;
        let other = somebody(&postgres).await;
        let sql = async |sql: String| {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&other).await.unwrap();
        };
        let trouble = async |code: &str, times: u32| {
            // Numbers of a sequence are used up by what is rolled back too.
            sql(format!(
                "CREATE OR REPLACE FUNCTION trouble() RETURNS trigger AS $$ BEGIN
                     IF nextval('trouble_seen') <= {times} THEN
                         RAISE EXCEPTION 'trouble' USING ERRCODE = '{code}';
                     END IF;
                     RETURN NEW;
                 END $$ LANGUAGE plpgsql;
                 ALTER SEQUENCE trouble_seen RESTART"
            ))
            .await;
        };
        sql("CREATE SEQUENCE trouble_seen".to_owned()).await;
        trouble("57014", 0).await;
        sql("CREATE TRIGGER trouble BEFORE INSERT ON operation
             FOR EACH ROW EXECUTE FUNCTION trouble()"
            .to_owned())
        .await;
        for code in ["25006", "25P03", "55000", "55P03", "57014", "57P01", "53300"] {
            let wish = small(&unique(code));
            trouble(code, 1000).await;
            comes_back(&client.sign(&wish).await);
            trouble(code, 0).await;
            assert_eq!(client.sign(&wish).await.good()["status"], "EXECUTED", "{code}");
        }
        for code in ["40001", "40P01"] {
            trouble(code, 2).await;
            let answer = client.sign(&small(&unique(code))).await;
            assert_eq!(answer.good()["status"], "EXECUTED", "{code}");
        }
        other.close().await;
        service.stop().await;
    });
}

/// Of two transactions that wait for each other one is rolled back; here it is begun again.
#[test]
fn a_deadlock_is_not_the_clients_business() {
    let postgres = Postgres::start();
    run(async {
        // Whose wait is checked once both wait is the one that is rolled back: ours, however slow the
        // machine is.
        sqlx::any::install_default_drivers();
        let other = somebody(&postgres).await;
        let patience = "DO $$ BEGIN EXECUTE format(
                        'ALTER DATABASE %I SET deadlock_timeout = ''3s''', current_database()); END $$";
        sqlx::raw_sql(patience).execute(&other).await.unwrap();
        let (service, _) = service_at(&postgres, 0, 0).await;
        let store = &service.app.store;
        let ids = [1, 2].map(MessageId::from_i64);
        let messages = ids.map(|id| Message { next: None, ended: Some(now()), ..mail(id) });
        enqueue(store, &messages).await;
        let mut connection = other.acquire().await.unwrap();
        let mut theirs = connection.begin().await.unwrap();
        let later = "SET LOCAL deadlock_timeout = '60s'";
        sqlx::raw_sql(later).execute(&mut *theirs).await.unwrap();
        let touch = |id: i64| {
            let sql = format!("UPDATE message SET attach = attach WHERE id = {id}");
            sqlx::raw_sql(AssertSqlSafe(sql))
        };
        touch(ids[1].as_i64()).execute(&mut *theirs).await.unwrap();
        let again = store.clone();
        let ours = tokio::spawn(async move { again.replay(&ids, &[], now(), None).await });
        // Ours has the first and waits for the second.
        let waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
                     AND wait_event_type = 'Lock'";
        // Asked outside of their transaction, which would see what it saw first.
        let watcher = somebody(&postgres).await;
        while sqlx::query(waits).fetch_optional(&watcher).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        watcher.close().await;
        touch(ids[0].as_i64()).execute(&mut *theirs).await.unwrap();
        theirs.commit().await.unwrap();
        ours.await.unwrap().unwrap();
        drop(connection);
        other.close().await;
        service.stop().await;
    });
}

fn mail(id: MessageId) -> Message {
    let address = MailAddress::parse("somebody@example.com").unwrap();
    Message::due(id, MessageKind::Test, Target::Mail { address, language: None }, now())
}
