//! How long look-ups, lists and the first page of the back office take with a million operations and three million
//! documents, on both databases. The databases are filled by statements of their own, past the service.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant as Moment;

use chancery::domain::client_service::ProfileName;
use chancery::domain::delivery::{DeliveryStatus, MailAddress};
use chancery::domain::ids::{ClientServiceId, DocumentId, OperationId};
use chancery::domain::instant::{DAY_MS, Instant};
use chancery::domain::listing::{ErrorCode, ListPlace, OperationFilter};
use chancery::domain::operation::OperationState;
use chancery::domain::profile::Format;
use chancery::domain::scope::ServiceSet;
use chancery::store::lists::ListChoice;
use chancery::store::{Config, Store};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use super::postgres::Postgres;

/// Operations, unless another number is said.
const OPERATIONS: i64 = 1_000_000;
const SERVICES: i64 = 200;

/// Between two operations: a million of them are 23 days.
const APART_MS: i64 = 2000;

/// Operations that are recorded by one statement.
const PORTION: i64 = 100_000;

/// The newest operations, which are not finished.
const OPEN: i64 = 200;

/// When the last operation was accepted.
const NOW: i64 = 1_795_342_761_000;

/// Fills both databases and asks them. `config` says how to connect.
pub(crate) async fn finding(config: &Config, folder: &Path, operations: Option<i64>) {
    let many = operations.unwrap_or(OPERATIONS);
    println!("\nLooking up: {many} operations, {} documents, {SERVICES} client services", 3 * many);
    sqlx::any::install_default_drivers();
    let file = folder.join("finding.db");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
    let lite = filled(config, &format!("sqlite://{}", file.display()), many).await;
    let lite = measured(lite, many).await;
    let server = Postgres::start();
    let postgres = measured(filled(config, &server.url(), many).await, many).await;
    println!("  {:44} {:>19} {:>19}", "", "SQLite", "PostgreSQL");
    println!(
        "  {:44} {:>9} {:>9} {:>9} {:>9} {:>7}",
        "us", "median", "p99", "median", "p99", "ratio"
    );
    for (one, other) in lite.iter().zip(&postgres) {
        println!(
            "  {:44} {:9.0} {:9.0} {:9.0} {:9.0} {:7.1}",
            one.name,
            one.median,
            one.p99,
            other.median,
            other.p99,
            other.median / one.median
        );
    }
    let slowest = |all: &[Measured], lookups: bool| {
        let of = all.iter().filter(|it| it.name.starts_with("look up") == lookups);
        of.map(|it| it.p99).fold(0.0, f64::max) / 1000.0
    };
    for (name, all) in [("SQLite", &lite), ("PostgreSQL", &postgres)] {
        let (lookups, pages) = (slowest(all, true), slowest(all, false));
        println!(
            "  {name}: the slowest look-up {lookups:.2} ms, the slowest part of a page {pages:.1} ms"
        );
    }
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
}

/// A database with its tables and rows.
async fn filled(like: &Config, url: &str, many: i64) -> Store {
    let begin = Moment::now();
    let config = Config { url: url.to_owned(), ..like.clone() };
    let store = Store::connect(&config).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
    let is_lite = url.starts_with("sqlite");
    let mut connection = AnyConnection::connect(url).await.unwrap();
    if is_lite {
        let fast =
            "PRAGMA synchronous = OFF; PRAGMA cache_size = -1500000; PRAGMA foreign_keys = OFF;
             PRAGMA temp_store = MEMORY";
        sqlx::raw_sql(fast).execute(&mut connection).await.unwrap();
    } else {
        let fast = "SET synchronous_commit = off; SET maintenance_work_mem = '512MB';
             SET session_replication_role = replica";
        sqlx::raw_sql(fast).execute(&mut connection).await.unwrap();
    }
    let mut run = async |sql: String| {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    };
    run(people(is_lite)).await;
    for from in (0..many).step_by(usize::try_from(PORTION).unwrap()) {
        let until = (from + PORTION).min(many);
        for sql in rows(is_lite, (from, until), many) {
            run(sql).await;
        }
    }
    run(USAGE.to_owned()).await;
    if is_lite {
        run("PRAGMA wal_checkpoint(TRUNCATE)".to_owned()).await;
    } else {
        run("VACUUM ANALYZE".to_owned()).await;
    }
    connection.close().await.unwrap();
    let store = Store::connect(&config).await.unwrap();
    println!("  {} filled in {:.0} s", store.engine_name(), begin.elapsed().as_secs_f64());
    store
}

/// Numbers from one to before another, as `n.i`.
fn numbers((from, until): (i64, i64)) -> String {
    format!(
        "(WITH RECURSIVE n(i) AS (SELECT CAST({from} AS BIGINT) UNION ALL
             SELECT i + 1 FROM n WHERE i < {until} - 1) SELECT i FROM n) AS n"
    )
}

fn people(is_lite: bool) -> String {
    let nothing = if is_lite { "X''" } else { "CAST('' AS BYTEA)" };
    format!(
        "INSERT INTO company (id, name, vat_number, country_code, status, created_ms)
         SELECT i, 'Company ' || i, 'V' || i, 'PRT', 'ACTIVE', 0 FROM {companies};
         INSERT INTO credential (id, alias, backend, chain_der, status, created_ms)
         VALUES (1, 'seal', 'hsm', {nothing}, 'ACTIVE', 0);
         INSERT INTO client_service (id, alias, issuer_id, credential_id, status, document_references,
             created_ms)
         SELECT i, 'client-' || i, 1 + i % 20, 1, 'ACTIVE', 'UNIQUE', 0 FROM {services}",
        companies = numbers((1, 21)),
        services = numbers((1, SERVICES + 1)),
    )
}

/// The statements that record some operations with their documents and mails.
fn rows(is_lite: bool, range: (i64, i64), many: i64) -> [String; 3] {
    let n = numbers(range);
    let k = "(SELECT 1 AS k UNION ALL SELECT 2 UNION ALL SELECT 3) AS papers";
    let digest = |of: &str| {
        if is_lite {
            "randomblob(32)".to_owned()
        } else {
            format!("sha256(CAST('{of}' || i || '/' || k AS BYTEA))")
        }
    };
    let none = if is_lite { "X'00'" } else { "CAST('0' AS BYTEA)" };
    let begin = NOW - many * APART_MS;
    let open = many - OPEN;
    let failed = format!("(i % 100 = 0 AND i < {open})");
    let id = "1000000000 + i * 8";
    let reference = "'INV-' || (2020 + i % 7) || '-' || i";
    let of = format!("1 + (i * 7919) % {SERVICES}");
    let accepted = format!("{begin} + i * {APART_MS}");
    let operations = format!(
        "INSERT INTO operation (id, client_service_id, external_reference, live_reference, fingerprint,
             description, preserve_content, credential_id, state, accepted_ms, finished_ms, attempts,
             failures, run_ms, postponed)
         SELECT {id}, {of}, {reference}, CASE WHEN {failed} THEN NULL ELSE {reference} END, {none}, '', 0, 1,
             CASE WHEN {failed} THEN 'EXECUTION_FAILED' WHEN i < {open} THEN 'EXECUTED'
                  WHEN i % 2 = 0 THEN 'EXECUTION_ERROR' ELSE 'PENDING_EXECUTION' END,
             {accepted}, CASE WHEN i < {open} THEN {accepted} + 900 END, 1, 0, 0,
             CASE WHEN i < {open} THEN 0 ELSE 1 END
         FROM {n}"
    );
    let documents = format!(
        "INSERT INTO document (id, operation_id, client_service_id, position, external_reference,
             live_reference, name, content_type, content_length, settings, received_ms, state, error,
             error_reason, error_detail, signing_time_ms, sealed_sha256, sealed_length, original_sha256,
             format, profile)
         SELECT {id} + k, {id}, {of}, k - 1, {reference} || '/' || k,
             CASE WHEN {failed} THEN NULL ELSE {reference} || '/' || k END,
             CASE k WHEN 1 THEN 'invoice.xml' WHEN 2 THEN {reference} || '.pdf'
                 ELSE 'attachment-' || (i % 1000) || '.xml' END,
             'application/xml', 20000,
             '{{\"format\":\"XAdES\",\"profile\":\"peppol-bis-3\",\"xades\":{{\"packaging\":\"ENVELOPED\",\"digest\":\"SHA-256\",\"policy\":\"none\"}},\"lint\":\"BASIC\"}}',
             {accepted},
             CASE WHEN {failed} THEN 'ERROR_SIGNING' WHEN i < {open} THEN 'SIGNED' ELSE 'RECEIVED' END,
             CASE WHEN {failed} THEN 'CONFIGURATION_SIGN_ERROR' END,
             CASE WHEN {failed} THEN 'reason-' || (i / 100) % 7 END,
             CASE WHEN {failed} THEN 'it cannot be sealed' END,
             CASE WHEN {failed} OR i >= {open} THEN NULL ELSE {accepted} END,
             CASE WHEN {failed} OR i >= {open} THEN NULL ELSE {sealed} END,
             CASE WHEN {failed} OR i >= {open} THEN NULL ELSE 23000 END, {original},
             CASE WHEN i % 20000 = 7 THEN 'CAdES' WHEN k = 2 THEN 'PAdES' ELSE 'XAdES' END,
             CASE WHEN i % 5000 = 7 THEN 'zatca-2.1' WHEN k = 1 THEN 'peppol-bis-3' END
         FROM {n} CROSS JOIN {k}",
        sealed = digest("sealed"),
        original = digest("original"),
    );
    let address = "'customer' || (i % 50000) || '@mail' || (i % 200) || '.example'";
    let mails = format!(
        "INSERT INTO message (id, channel, kind, client_service_id, operation_id, position, address,
             address_folded, attach, links_only, status, leases, tries, run_ms, created_ms, released_ms,
             ended_ms, link_expires_ms, accepted_ms)
         SELECT {id} + 4, 'MAIL', 'NOTIFICATION', {of}, {id}, 0, {address}, {address}, 0, 0,
             CASE WHEN i >= {open} THEN 'PENDING' WHEN i % 50 = 1 THEN 'SENDING_FAILED'
                 WHEN i >= {open} - 2000 THEN 'SENDING_ERROR' WHEN i % 3 = 0 THEN 'RECEIVED'
                 ELSE 'SENT' END,
             1, 0,
             CASE WHEN i >= {open} - 2000 AND i < {open} AND i % 50 <> 1 THEN {accepted} + 60000 END,
             {accepted}, {accepted} + 900,
             CASE WHEN i < {open} - 2000 OR i % 50 = 1 THEN {accepted} + 5000 END,
             {accepted} + 8640000000, {accepted}
         FROM {n} WHERE i % 5 < 3"
    );
    [operations, documents, mails]
}

const USAGE: &str =
    "INSERT INTO usage_day (client_service_id, credential_id, day, sealed, executed,
         execution_failed, unsealed)
     SELECT client_service_id, credential_id, finished_ms / 86400000, 3 * COUNT(*),
         COUNT(CASE WHEN state = 'EXECUTED' THEN 1 END),
         COUNT(CASE WHEN state = 'EXECUTION_FAILED' THEN 1 END), 0
     FROM operation WHERE finished_ms IS NOT NULL
     GROUP BY client_service_id, credential_id, finished_ms / 86400000";

/// How long a question took, in microseconds.
struct Measured {
    name: String,
    median: f64,
    p99: f64,
}

/// Asks one question many times, each time about another number.
async fn timed(name: &str, times: i64, many: i64, ask: impl AsyncFn(i64)) -> Measured {
    // Spread over all there are, and never in their order.
    let number = |at: i64| (at * 611_953 + 13) % many;
    ask(number(times)).await;
    let mut spent = Vec::new();
    for at in 0..times {
        let begin = Moment::now();
        ask(number(at)).await;
        spent.push(begin.elapsed().as_secs_f64() * 1e6);
    }
    spent.sort_by(f64::total_cmp);
    let at = |part: usize| spent[(spent.len() * part / 100).min(spent.len() - 1)];
    Measured { name: name.to_owned(), median: at(50), p99: at(99) }
}

#[expect(clippy::too_many_lines, reason = "it is a table, row by row")]
async fn measured(store: Store, many: i64) -> Vec<Measured> {
    const TIMES: i64 = 300;
    let reports = store.reports();
    let reader = store.reader();
    let all = ServiceSet::All;
    let id = |i: i64| OperationId::from_i64(1_000_000_000 + i * 8);
    let reference = |i: i64| format!("INV-{}-{i}", 2020 + i % 7);
    let of = |i: i64| {
        ServiceSet::Of(BTreeSet::from([ClientServiceId::from_i64(1 + (i * 7919) % SERVICES)]))
    };
    let partner = ServiceSet::Of((1..=10).map(|at| ClientServiceId::from_i64(at * 20)).collect());
    let mut table = Vec::new();
    for (whose, service) in [("everything", false), ("one client service", true)] {
        let seen = |i: i64| if service { of(i) } else { ServiceSet::All };
        let matches = async |i: i64, text: String| {
            let found = reports.matches(&seen(i), (&text, &text.to_lowercase())).await.unwrap();
            assert!(found.iter().any(|kind| !kind.found.is_empty()), "{text}");
        };
        table.push(
            timed(&format!("look up a reference, {whose}"), TIMES, many, async |i| {
                matches(i, reference(i)).await;
            })
            .await,
        );
        table.push(
            timed(&format!("look up its beginning, {whose}"), TIMES, many, async |i| {
                let text = reference(i);
                matches(i, text[..text.len() - 1].to_owned()).await;
            })
            .await,
        );
        table.push(
            timed(&format!("look up INV-2021, {whose}"), TIMES, many, async |i| {
                matches(i, "INV-2021".to_owned()).await;
            })
            .await,
        );
        table.push(
            timed(&format!("look up invoice.xml, {whose}"), TIMES, many, async |i| {
                matches(i, "invoice.xml".to_owned()).await;
            })
            .await,
        );
        table.push(
            timed(&format!("look up a receiver, {whose}"), TIMES, many, async |i| {
                let i = i - i % 5;
                matches(i, format!("customer{}@mail{}.example", i % 50000, i % 200)).await;
            })
            .await,
        );
    }
    table.push(
        timed("look up a number", TIMES, many, async |i| {
            assert_eq!(
                reports.operation_with(DocumentId::from_i64(id(i).as_i64() + 2)).await.unwrap(),
                Some(id(i))
            );
        })
        .await,
    );
    table.push(
        timed("look up the line of an operation", TIMES, many, async |i| {
            assert_eq!(reports.lines(&all, &BTreeSet::from([id(i)])).await.unwrap().len(), 1);
        })
        .await,
    );
    let mut digests = Vec::new();
    for at in 0..50 {
        let known = reader.known_documents(id(at * 19 + 1), 0, 1).await.unwrap();
        digests.extend(known[0].original_sha256);
    }
    table.push(
        timed("look up a SHA-256", TIMES, many, async |i| {
            let digest = &digests[usize::try_from(i).unwrap() % digests.len()];
            let found = reports.matches_sha256(&all, (digest, digest)).await.unwrap();
            assert!(found.iter().any(|kind| !kind.found.is_empty()));
        })
        .await,
    );
    let any = OperationFilter::default;
    let filters: [(&str, OperationFilter); 9] = [
        ("no filter", any()),
        ("failed", OperationFilter { state: Some(OperationState::ExecutionFailed), ..any() }),
        ("waiting", OperationFilter { state: Some(OperationState::ExecutionError), ..any() }),
        (
            "mail given up",
            OperationFilter { standing: Some(DeliveryStatus::SendingFailed), ..any() },
        ),
        ("mail received", OperationFilter { standing: Some(DeliveryStatus::Received), ..any() }),
        ("an error", OperationFilter { error: ErrorCode::parse("reason-3"), ..any() }),
        (
            "a receiver",
            OperationFilter {
                receiver: MailAddress::parse("customer100@mail100.example"),
                ..any()
            },
        ),
        ("a rare format", OperationFilter { format: Some(Format::Cades), ..any() }),
        ("a rare profile", OperationFilter { profile: ProfileName::parse("zatca-2.1"), ..any() }),
    ];
    for (whose, seen) in [("all", &all), ("one", &of(7)), ("ten", &partner)] {
        for (name, filter) in &filters {
            let choice = ListChoice { filter: filter.clone(), services: seen.clone() };
            let name = format!("page of 50, {name}, of {whose}");
            let page = timed(&name, 40, many, async |i| {
                let accepted = Instant::from_unix_ms(NOW - i * APART_MS);
                let after = if i % 2 == 0 {
                    ListPlace::BEGINNING
                } else {
                    ListPlace { accepted, operation: OperationId::from_i64(i64::MAX) }
                };
                reports.operations(&choice, after, 50).await.unwrap();
            });
            table.push(page.await);
        }
        let choice = ListChoice { filter: any(), services: seen.clone() };
        table.push(
            timed(&format!("count up to 1000, of {whose}"), 40, many, async |_| {
                reports.tally(&choice, 1000).await.unwrap();
            })
            .await,
        );
        table.push(
            timed(&format!("numbers of today, of {whose}"), TIMES, many, async |_| {
                reports.ended_on(seen, Instant::from_unix_ms(NOW - DAY_MS)).await.unwrap();
                reports.waiting(seen, Instant::from_unix_ms(NOW)).await.unwrap();
            })
            .await,
        );
    }
    table.push(
        timed("sheet of an operation", TIMES, many, async |i| {
            reader.document_counts(id(i)).await.unwrap();
            reader.known_documents(id(i), 0, 100).await.unwrap();
            reader.mails_of(id(i)).await.unwrap();
            reader.tries_of(id(i)).await.unwrap();
            reader.acts_of(id(i)).await.unwrap();
            reader.intent_span(id(i)).await.unwrap();
        })
        .await,
    );
    store.close().await;
    table
}
