//! How both databases go about every statement of the store: none reads a table that grows from its
//! beginning to its end, and none sorts all that there is to return some of it. Every method is called once against PostgreSQL, which writes down what it is
//! asked; both databases then say how they would answer that.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use chancery::domain::act::{Act, ActKind};
use chancery::domain::bulk::{Bulk, BulkKind, BulkState};
use chancery::domain::client_service::{
    Alias, AuthorityOrder, Change, ClientService, ClientServiceStatus, DocumentReferences, Lint,
    ProfileName, SealSettingsChange, SecretOverlap, Timestamps,
};
use chancery::domain::company::CompanyStatus;
use chancery::domain::credential::{Credential, CredentialStatus};
use chancery::domain::delivery::{DeliveryStatus, MailAddress, Tried, Verdict};
use chancery::domain::document::{Document, DocumentState, SealSettings, SigningError};
use chancery::domain::ids::{
    ActId, BulkId, ClientServiceId, CompanyId, CredentialId, DocumentId, EndpointId, EventId,
    EvidenceGroupId, ExternalReference, MessageId, OperationId, ParcelId, PersonId, ProcessId,
};
use chancery::domain::instant::Instant;
use chancery::domain::level::Level;
use chancery::domain::listing::{ErrorCode, ListPlace, OperationFilter, OperationKind};
use chancery::domain::operation::{Custody, Extension, Operation, OperationState};
use chancery::domain::outbox::{Message, MessageKind, MessageLease, Next, Target, Way};
use chancery::domain::pades::ActiveContent;
use chancery::domain::preservation::RenewalTimes;
use chancery::domain::profile::{DigestAlgorithm, Format, Profile};
use chancery::domain::scope::{Scope, ServiceSet};
use chancery::domain::smtp::SmtpSettings;
use chancery::domain::usage::{AccessGrant, UsageLimit};
use chancery::domain::visible::CoordinateOrigin;
use chancery::domain::webhook::{
    DisabledReason, Endpoint, EndpointStatus, EventKind, SignatureScheme,
};
use chancery::store::Store;
use chancery::store::acts::Occasion;
use chancery::store::alarms::NewAlarm;
use chancery::store::bulk::BulkItem;
use chancery::store::contents::{Bytes, ContentChange};
use chancery::store::documents::Intent;
use chancery::store::events::Event;
use chancery::store::kept_values::KeptValue;
use chancery::store::leases::Lease;
use chancery::store::lists::ListChoice;
use chancery::store::mail_templates::{TemplateKey, TemplateParts};
use chancery::store::operations::{Ending, NewDocument, NewOperation, Outcome};
use chancery::store::outbox::{MailLimits, ResendCaps, ResendOccasion, Resent};
use chancery::store::pieces::Span;
use chancery::store::preservation::{
    ExtendedDocument, GroupStamp, LeafBlock, NewLeaf, PreservedDocument, RenewedGroup,
};
use chancery::store::webhooks::{EndpointChange, EventCursor, LogCursor, ReplayWish, SealedSecret};
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyPool, AssertSqlSafe, Row as _};

use crate::store::people;
use crate::store::{issuer, sqlite, store};
use crate::support::outbox::enqueue;
use crate::support::postgres::Postgres;
use crate::tidy::source::Source;

/// Tables that get longer with every operation.
const GROWING: [&str; 25] = [
    "operation",
    "document",
    "content",
    "piece",
    "loose",
    "intent",
    "kept_value",
    "preserved",
    "evidence_group",
    "evidence_chain",
    "evidence_leaf",
    "evidence_block",
    "evidence_stamp",
    "event",
    "message",
    "attempt",
    "usage_day",
    "mail_day",
    "mail_count",
    "mail_template",
    "act",
    "bulk",
    "bulk_item",
    "person_session",
    "audit_entry",
];

/// Indexes that may be read as a whole, as they never hold much.
const SHORT: [(&str, &str); 12] = [
    ("operation_unfinished", "what is not finished"),
    ("operation_open", "the same, in the order it was accepted"),
    ("bulk_running", "what is being done"),
    ("audit_entry_unchained", "what was there before the record was a chain, or was put in"),
    ("evidence_group_building", "what waits for a timestamp"),
    ("preserved_waiting", "what has no evidence yet: the oldest of it"),
    ("preserved_seal_due", "which is due first: it stops at what is kept still"),
    ("message_due", "what is to be sent"),
    ("message_due_of", "mails that are"),
    ("event_unfanned", "what nobody has been told yet"),
    ("message_troubled", "mails that went wrong"),
    ("message_link", "whether there is one: it stops at the first"),
];

/// Statements that return a table as a whole.
const WHOLE: [(&str, &str); 1] = [(
    "SELECT client_service_id, day, CAST(SUM(sealed) AS BIGINT) AS many FROM usage_day",
    "the report of every month says what every day says",
)];

/// Statements that sort before they cut off: what they sort is short.
const SORTED: [(&str, &str); 2] = [
    ("SELECT id AS operation_id FROM operation WHERE external_reference = $1", "one reference"),
    ("SELECT operation_id FROM document WHERE external_reference = $1", "one reference"),
];

pub(crate) const AT: Instant = Instant::from_unix_ms(1_795_342_761_000);
pub(crate) const LATER: Instant = AT.plus_ms(60_000);
const PROCESS: ProcessId = ProcessId::from_i64(1);
const SERVICE: ClientServiceId = ClientServiceId::from_i64(1);
const CREDENTIAL: CredentialId = CredentialId::from_i64(1);

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_reads_through_a_table_that_grows() {
    let server = Postgres::that_writes_statements_down();
    let asked = store(server.url()).await;
    ask_everything(&asked).await;
    // As if one entry of the audit record had been there before its chain.
    let before = pool(&server.url()).await;
    let unchained = "UPDATE audit_entry SET place = NULL, hash = NULL WHERE id = 36";
    sqlx::query(unchained).execute(&before).await.unwrap();
    sqlx::query("UPDATE audit_head SET adopted = 0 WHERE id = 1").execute(&before).await.unwrap();
    before.close().await;
    asked.migrate().await.unwrap();
    asked.close().await;
    let statements: BTreeSet<String> =
        server.statements().into_iter().filter(|asked| is_ours(asked)).collect();
    everything_was_asked(&statements);

    let (_folder, url) = sqlite();
    store(url.clone()).await.close().await;
    let lite = pool(&url).await;
    let postgres = pool(&server.url()).await;
    sqlx::raw_sql("SET enable_seqscan = off").execute(&postgres).await.unwrap();
    sqlx::raw_sql("SET plan_cache_mode = force_generic_plan").execute(&postgres).await.unwrap();
    // It sorts tables that are empty for no reason; now it does where it must.
    let unsorted = pool(&server.url()).await;
    for setting in
        ["enable_seqscan = off", "plan_cache_mode = force_generic_plan", "enable_sort = off"]
    {
        sqlx::raw_sql(AssertSqlSafe(format!("SET {setting}"))).execute(&unsorted).await.unwrap();
    }
    let mut wrong = Vec::new();
    for statement in &statements {
        if WHOLE.iter().any(|(whole, _)| statement.starts_with(whole)) {
            continue;
        }
        let some_of_it =
            cuts_off(statement) && !SORTED.iter().any(|(sorted, _)| statement.starts_with(sorted));
        let plan = sqlite_plan(&lite, statement).await;
        let sorts = some_of_it && plan.iter().any(|step| step == SQLITE_SORTS);
        if sorts || plan.iter().any(|step| sqlite_scans(step)) {
            wrong.push(format!("SQLite: {statement}\n  {}", plan.join("\n  ")));
        }
        let plan = postgres_plan(&postgres, statement).await;
        if postgres_scans(&plan) {
            wrong.push(format!("PostgreSQL: {statement}\n{}", plan.join("\n")));
        }
        if some_of_it {
            let plan = postgres_plan(&unsorted, statement).await;
            if postgres_sorts(&plan) || postgres_scans(&plan) {
                wrong.push(format!("PostgreSQL: {statement}\n{}", plan.join("\n")));
            }
        }
    }
    lite.close().await;
    postgres.close().await;
    unsorted.close().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    println!("{} statements read no table that grows as a whole", statements.len());
}

#[test]
fn a_scan_is_known_when_it_is_seen() {
    for scan in [
        "SCAN operation",
        "SCAN operation USING INDEX operation_reference",
        "SCAN message USING COVERING INDEX sqlite_autoindex_message_1",
    ] {
        assert!(sqlite_scans(scan), "{scan}");
    }
    for fine in [
        "SEARCH operation USING INDEX operation_reference (external_reference=?)",
        "SCAN company",
        "SCAN message USING INDEX message_due",
        "SCAN CONSTANT ROW",
        "USE TEMP B-TREE FOR ORDER BY",
    ] {
        assert!(!sqlite_scans(fine), "{fine}");
    }
    let plan = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for scan in [
        "Limit\n  ->  Seq Scan on operation\n        Filter: (external_reference = $1)",
        "Index Scan Backward using message_pkey on message\n  Filter: (channel = 'MAIL'::text)",
        "Sort\n  ->  Index Only Scan using a on event e\n  ->  Index Scan using b on company\n        Index Cond: (id = 1)",
    ] {
        assert!(postgres_scans(&plan(scan)), "{scan}");
    }
    for fine in [
        "Seq Scan on company",
        "Index Scan using operation_reference on operation\n  Index Cond: (external_reference = $1)",
        "Index Scan using message_due on message\n  Filter: (tries = 0)",
        "Bitmap Heap Scan on message\n  Recheck Cond: (a = $1)\n  ->  Bitmap Index Scan on message_of\n        Index Cond: (a = $1)",
    ] {
        assert!(!postgres_scans(&plan(fine)), "{fine}");
    }
}

#[test]
fn a_sort_is_known_when_it_is_seen() {
    let plan = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for sort in ["Sort", "Limit\n  ->  Sort\n        Sort Key: a\n        ->  Result"] {
        assert!(postgres_sorts(&plan(sort)), "{sort}");
    }
    let fine = "Limit\n  ->  Incremental Sort\n        Sort Key: a, b\n        Presorted Key: a";
    assert!(!postgres_sorts(&plan(fine)));
    assert!(cuts_off("SELECT id FROM event ORDER BY id LIMIT $1"));
    assert!(!cuts_off("SELECT id FROM event LIMIT $1"));
    assert!(!cuts_off("SELECT id FROM company ORDER BY id LIMIT $1"));
}

async fn pool(url: &str) -> AnyPool {
    AnyPoolOptions::new().max_connections(1).connect(url).await.unwrap()
}

fn is_ours(statement: &str) -> bool {
    let verb = statement.split(' ').next().unwrap_or_default();
    matches!(verb, "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "WITH")
        && !["_sqlx_migrations", "pg_catalog", "current_", "pg_advisory"]
            .iter()
            .any(|foreign| statement.contains(foreign))
}

/// Every statement that stands in the source of the store is among those that were asked.
fn everything_was_asked(statements: &BTreeSet<String>) {
    let mut written = 0;
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for (line, literal) in Source::read(&text, &[]).strings {
                let begins = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "{COLUMNS}"];
                // The list of migrations does not grow.
                let migrations = literal.contains("_sqlx_migrations");
                if migrations || !begins.iter().any(|begin| literal.starts_with(begin)) {
                    continue;
                }
                written += 1;
                let pieces = pieces(&literal);
                let asked = statements.iter().any(|statement| holds_in_order(statement, &pieces));
                assert!(asked, "{}:{line} was never asked: {literal}", path.display());
            }
        }
    }
    assert!(written > 100, "only {written} statements were found in the source");
}

/// The text of a statement between what is put into it when it runs.
fn pieces(literal: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    for part in literal.split('{') {
        let fixed = part.split_once('}').map_or(part, |(_, fixed)| fixed);
        pieces.push(fixed.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    pieces
}

fn holds_in_order(statement: &str, pieces: &[String]) -> bool {
    let mut rest = statement;
    pieces.iter().all(|piece| match rest.find(piece.as_str()) {
        Some(at) => {
            rest = &rest[at + piece.len()..];
            true
        }
        None => false,
    })
}

async fn sqlite_plan(pool: &AnyPool, statement: &str) -> Vec<String> {
    let sql = format!("EXPLAIN QUERY PLAN {statement}");
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(pool).await;
    let rows = rows.unwrap_or_else(|error| panic!("{statement}: {error}"));
    rows.iter().map(|row| row.get::<String, _>("detail")).collect()
}

/// `SCAN table` goes through all of it, `SEARCH table` does not.
fn sqlite_scans(step: &str) -> bool {
    let mut words = step.split(' ');
    words.next() == Some("SCAN")
        && words.next().is_some_and(|table| GROWING.contains(&table))
        && !words.any(|word| SHORT.iter().any(|(index, _)| *index == word))
}

/// Sorts everything; what comes in order but for its last terms is told otherwise.
const SQLITE_SORTS: &str = "USE TEMP B-TREE FOR ORDER BY";

/// Whether a statement returns the first of what is in some order in a table that grows.
fn cuts_off(statement: &str) -> bool {
    let grows = GROWING.iter().any(|table| statement.contains(&format!(" FROM {table} ")));
    grows && statement.find(" ORDER BY ").is_some_and(|at| statement[at..].contains(" LIMIT "))
}

fn postgres_sorts(plan: &[String]) -> bool {
    plan.iter().any(|line| line.trim_start().trim_start_matches("->  ") == "Sort")
}

async fn postgres_plan(pool: &AnyPool, statement: &str) -> Vec<String> {
    // SQLite binds no more than that.
    let numbers = 1..32_766;
    let parameters = numbers.take_while(|n| statement.contains(&format!("${n}"))).count();
    let nothing = vec!["NULL"; parameters].join(", ");
    let arguments = if parameters == 0 { String::new() } else { format!("({nothing})") };
    let ask = |sql: String| async move {
        let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(pool).await;
        rows.unwrap_or_else(|error| panic!("{statement}: {error}"))
    };
    ask(format!("PREPARE asked AS {statement}")).await;
    let rows = ask(format!("EXPLAIN (COSTS OFF) EXECUTE asked{arguments}")).await;
    ask("DEALLOCATE asked".to_owned()).await;
    rows.iter().map(|row| row.get::<String, _>(0)).collect()
}

/// A node that reads a growing table, or a long index of it, without a condition.
fn postgres_scans(plan: &[String]) -> bool {
    plan.iter().enumerate().any(|(at, line)| {
        let Some((node, rest)) = line.split_once("Scan ") else { return false };
        let node = node.trim_start().trim_start_matches("->").trim();
        let words: Vec<&str> = rest.split(' ').collect();
        let after = |name: &str| {
            words.iter().position(|word| *word == name).and_then(|at| words.get(at + 1)).copied()
        };
        match node {
            "Seq" => after("on").is_some_and(|table| GROWING.contains(&table)),
            "Index" | "Index Only" => {
                let of_node = plan[at + 1..].iter().take_while(|line| !line.contains("->"));
                after("on").is_some_and(|table| GROWING.contains(&table))
                    && !of_node.into_iter().any(|line| line.contains("Index Cond:"))
                    && !SHORT.iter().any(|(index, _)| Some(*index) == after("using"))
            }
            _ => false,
        }
    })
}

// Everything the store is ever asked.

async fn ask_everything(store: &Store) {
    companies_and_services(store).await;
    operations(store).await;
    delivery(store).await;
    webhooks(store).await;
    alarms_and_usage(store).await;
    people::ask(store).await;
    people::ask_renewals(store).await;
    people::ask_filters(store).await;
    store.probe_write().await.unwrap();
    store.clock().await.unwrap();
    store.only_reads().await.unwrap();
    put_ahead(store).await;
    drafts(store).await;
    preservation(store).await;
    looking_up(store).await;
    sheets_and_acts(store).await;
    sets(store).await;
}

/// Sights of the house: all of it, one client service, some, and more than are looked through one by one.
fn sights() -> Vec<ServiceSet> {
    let of = |numbers: &[i64]| {
        ServiceSet::Of(numbers.iter().map(|number| ClientServiceId::from_i64(*number)).collect())
    };
    vec![ServiceSet::All, of(&[1]), of(&[1, 2, 3]), of(&(1..40).collect::<Vec<_>>())]
}

async fn looking_up(store: &Store) {
    let reports = store.reports();
    let any = OperationFilter::default;
    let filters = [
        any(),
        OperationFilter { from: Some(AT), until: Some(LATER), ..any() },
        OperationFilter { state: Some(OperationState::PendingExecution), ..any() },
        OperationFilter { state: Some(OperationState::ExecutionFailed), ..any() },
        OperationFilter { state: Some(OperationState::Executed), ..any() },
        OperationFilter { kind: Some(OperationKind::Sign), ..any() },
        OperationFilter { kind: Some(OperationKind::ExtendPreservation), ..any() },
        OperationFilter { format: Some(Format::Xades), ..any() },
        OperationFilter { profile: ProfileName::parse("facturae"), ..any() },
        OperationFilter { error: Some(ErrorCode::Error(SigningError::Internal)), ..any() },
        OperationFilter { error: Some(ErrorCode::Reason("internal".to_owned())), ..any() },
        OperationFilter { receiver: MailAddress::parse("receiver@example.com"), ..any() },
        OperationFilter { standing: Some(DeliveryStatus::Sent), ..any() },
        OperationFilter { standing: Some(DeliveryStatus::Received), ..any() },
        OperationFilter { standing: Some(DeliveryStatus::SendingFailed), ..any() },
    ];
    let operations = (1..9).map(OperationId::from_i64).collect();
    for services in sights() {
        for filter in filters.clone() {
            let choice = ListChoice { filter, services: services.clone() };
            let beginning = ListPlace::BEGINNING;
            reports.operations(&choice, beginning, 2).await.unwrap();
            reports.tally(&choice, 2).await.unwrap();
            store.reader().chosen_operations(&choice, beginning).await.unwrap();
        }
        reports.lines(&services, &operations).await.unwrap();
        for text in ["1", "receiver@example.com", "a.xml"] {
            reports.matches(&services, (text, text)).await.unwrap();
        }
        reports.matches_sha256(&services, (&[0; 32], &[9; 32])).await.unwrap();
        let days = (0, 100_000);
        reports.counted_by_service(&services, days).await.unwrap();
        reports.counted_by_day(&services, days).await.unwrap();
        reports.ended_on(&services, AT).await.unwrap();
        reports.waiting(&services, AT).await.unwrap();
    }
    assert!(reports.operation_with(DocumentId::from_i64(10)).await.unwrap().is_some());
}

async fn sheets_and_acts(store: &Store) {
    let reader = store.reader();
    let id = OperationId::from_i64(1);
    reader.intent_span(id).await.unwrap().unwrap();
    reader.last_error(id).await.unwrap();
    assert_eq!(reader.known_documents(id, 0, 2).await.unwrap().len(), 2);
    reader.tries_of(id).await.unwrap();
    let act = act(1, ActKind::Retried);
    let occasion = Occasion { act: Some(&act), item: None };
    assert!(store.hasten(id, occasion, AT).await.unwrap().is_some());
    assert!(store.hasten(id, occasion, AT).await.unwrap().is_none());
    assert_eq!(reader.acts_of(id).await.unwrap().len(), 1);
    reader.act(act.id).await.unwrap().unwrap();
    let revoked = self::act(2, ActKind::LinksRevoked);
    let occasion = Occasion { act: Some(&revoked), item: None };
    store.revoke_links(id, None, (AT, AT), occasion).await.unwrap().unwrap();
    let mails = MailLimits { all: 100, domain: 100 };
    let caps = ResendCaps { since: AT, of_operation: 10, to_receiver: 10, mails };
    let mistaken = ["receiver@example.com".to_owned()];
    let on = ResendOccasion {
        mistaken: &mistaken,
        newest: Some(MessageId::from_i64(201)),
        ..ResendOccasion::default()
    };
    let again = [mail(700, MessageKind::Resend, Some(id))];
    let resent = store.enqueue_again((id, SERVICE), &again, caps, on, AT).await.unwrap();
    assert_eq!(resent, Resent::Queued);
    let resent = store.enqueue_again((id, SERVICE), &again, caps, on, AT).await.unwrap();
    assert_eq!(resent, Resent::Overtaken);
}

fn act(number: i64, kind: ActKind) -> Act {
    Act {
        id: ActId::from_i64(number),
        person: PersonId::from_i64(number),
        kind,
        operation: Some((OperationId::from_i64(1), SERVICE)),
        bulk: Some(BulkId::from_i64(1)),
        content: "{}".to_owned(),
        at: AT,
    }
}

async fn sets(store: &Store) {
    let reader = store.reader();
    let id = BulkId::from_i64(1);
    let bulk = Bulk {
        id,
        kind: BulkKind::Retry,
        state: BulkState::Counting,
        filter: String::new(),
        person: PersonId::from_i64(1),
        created: AT,
        approved_by: None,
        ended: None,
        items: 0,
        operations: 0,
        done: 0,
        refused: 0,
    };
    let choice = ListChoice { filter: OperationFilter::default(), services: ServiceSet::All };
    let operations = [OperationId::from_i64(1)];
    for status in [DeliveryStatus::SendingFailed, DeliveryStatus::Received] {
        reader.mails_to_resend(&choice, status, &operations).await.unwrap();
    }
    assert!(store.begin_bulk(&bulk).await.unwrap());
    let item = |number| BulkItem {
        number,
        operation: operations[0],
        client_service: SERVICE,
        message: None,
    };
    assert!(store.add_to_bulk(id, &[item(1), item(2)]).await.unwrap());
    assert!(store.close_bulk(id, &act(10, ActKind::BulkCounted)).await.unwrap());
    let confirmed = Act { person: bulk.person, ..act(11, ActKind::BulkConfirmed) };
    assert!(store.confirm_bulk(id, BulkState::Proposed, &confirmed).await.unwrap());
    assert!(store.approve_bulk(id, &act(12, ActKind::BulkApproved)).await.unwrap());
    assert_eq!(store.lease_bulk((AT, LATER)).await.unwrap().map(|it| it.id), Some(id));
    assert_eq!(reader.waiting_items(id, 10).await.unwrap().len(), 2);
    let occasion = Occasion { act: Some(&act(13, ActKind::Retried)), item: Some((id, 1)) };
    let mut new = operation(1000, 1);
    new.messages.clear();
    store.open_operation(&new, &[]).await.unwrap();
    let waits = Lease { operation: new.operation.id, attempt: 1 };
    store.postpone(waits, LATER, 1, (None, "no key")).await.unwrap();
    assert!(store.hasten(waits.operation, occasion, AT).await.unwrap().unwrap().operation);
    store.refuse_item((id, 2), "no").await.unwrap();
    assert_eq!(reader.refused_items(id, 0, 10).await.unwrap().len(), 1);
    assert!(store.renew_bulk(id, LATER).await.unwrap());
    assert!(store.finish_bulk(id, AT).await.unwrap());
    assert!(!store.cancel_bulk(id, &act(14, ActKind::BulkCancelled)).await.unwrap());
    assert_eq!(reader.acts_of_bulk(id).await.unwrap().len(), 6);
    let references = reader.references(&[item(1).operation, item(2).operation]).await.unwrap();
    assert!(!references.is_empty());
    for services in sights() {
        reader.bulk((bulk.person, &services), id).await.unwrap().unwrap();
        assert_eq!(reader.bulks((bulk.person, &services), 10).await.unwrap().len(), 1);
    }
}

async fn extended(store: &Store, documents: &[PreservedDocument]) {
    let mut new = operation(8, 0);
    new.operation.extends = Some(Extension { of: documents[0].operation, to: Some(Level::Lta) });
    new.operation.attempts = 1;
    new.messages.clear();
    store.open_operation(&new, &[]).await.unwrap();
    let lease = Lease { operation: new.operation.id, attempt: 1 };
    let ids: Vec<DocumentId> = documents.iter().map(|it| it.document).collect();
    let custody = (documents[0].operation, 240, LATER.plus_ms(1));
    store.extend_custody(lease, LATER, custody, &ids).await.unwrap();
    let times = RenewalTimes { ends: LATER, due: AT };
    let changed = ExtendedDocument {
        document: ids[0],
        was: documents[0].sha256,
        sha256: [9; 32],
        length: 1,
        settings: settings(),
        archive: Some(times),
    };
    let content =
        ContentChange::Replaced { document: ids[0], bytes: Bytes::Here(Arc::new(b"x".to_vec())) };
    store.record_extended(lease, LATER, &changed, &content, AT).await.unwrap();
    store.note_unextended(lease, LATER, ids[0], &settings()).await.unwrap();
    let known = store.reader().preserved(ids[0]).await.unwrap().unwrap();
    assert_eq!((known.group, known.sha256, known.archive), (None, [9; 32], Some(times)));
    assert_eq!(store.reader().seals_due(AT, 10).await.unwrap().len(), 1);
}

async fn preservation(store: &Store) {
    let reader = store.reader();
    let turn = store.take_preservation_turn(AT, LATER).await.unwrap().unwrap();
    assert_eq!(store.take_preservation_turn(AT, LATER).await.unwrap(), None, "somebody has it");
    store.keep_preservation_turn(turn, LATER).await.unwrap();
    let id = EvidenceGroupId::from_i64(1);
    let digest = DigestAlgorithm::Sha256;
    store.begin_evidence_group(turn, id, LATER, digest, AT).await.unwrap();
    let waiting = reader.documents_without_evidence(LATER, 10).await.unwrap();
    let leaf = |document: &PreservedDocument| NewLeaf {
        document: document.document,
        until: document.until,
        digest: Some(document.sha256.to_vec()),
    };
    assert!(!waiting.is_empty(), "what was sealed is preserved");
    let joining: Vec<_> = waiting.iter().map(|it| (leaf(it), it.sha256)).collect();
    store.join_group(turn, id, &joining).await.unwrap();
    assert!(reader.documents_without_evidence(LATER, 10).await.unwrap().is_empty());
    assert_eq!(reader.preserved(waiting[0].document).await.unwrap().unwrap().group, Some(id));
    store.close_leaves(turn, id).await.unwrap();
    let leaves = reader.leaves((id, 1), &[], 10).await.unwrap();
    let block = LeafBlock { number: 0, first: leaves[0].clone(), root: leaves[0].clone() };
    store.add_blocks(turn, (id, 1), &[block.clone(), block]).await.unwrap();
    assert_eq!(reader.leaf_blocks((id, 1)).await.unwrap().len(), 1);
    let group = reader.building_group().await.unwrap().unwrap();
    let times = RenewalTimes { ends: LATER, due: AT };
    let stamp = GroupStamp { der: vec![1], stamped: AT, times };
    store.record_first_stamp(turn, &group, &stamp).await.unwrap();
    assert_eq!(reader.building_group().await.unwrap(), None);
    let group = reader.evidence_group(id).await.unwrap().unwrap();
    assert_eq!(reader.groups_due(AT, 10).await.unwrap(), [group]);
    let renewed = RenewedGroup { group, completed: Some(vec![2]), stamp };
    store.record_renewals(turn, &[renewed]).await.unwrap();
    let group = reader.evidence_group(id).await.unwrap().unwrap();
    let chains = reader.evidence_chains(id).await.unwrap();
    assert_eq!(chains[0].stamps, [vec![2], vec![1]]);
    store.complete_stamp(turn, &group, &[3]).await.unwrap();
    store.set_renewal_times(turn, &[(id, times)]).await.unwrap();
    assert_eq!(reader.groups_after(EvidenceGroupId::from_i64(0), 10).await.unwrap().len(), 1);
    store.begin_evidence_chain(turn, &group, DigestAlgorithm::Sha512).await.unwrap();
    let documents = reader.documents_of_group(id, DocumentId::from_i64(0), 10).await.unwrap();
    assert_eq!(documents.len(), waiting.len());
    let last = documents[documents.len() - 1].document;
    let all: Vec<NewLeaf> = documents.iter().map(leaf).collect();
    store.add_leaves(turn, (id, 2), &all, last).await.unwrap();
    let building = reader.building_group().await.unwrap().unwrap();
    assert_eq!((building.chain, building.through, building.gathered), (2, last, false));
    store.give_up_chain(turn, &building).await.unwrap();
    extended(store, &documents).await;
    store.reports().preservation(AT).await.unwrap();
    store.keep_preservation_turn(turn, Instant::from_unix_ms(0)).await.unwrap();
    let next = store.take_preservation_turn(AT, LATER).await.unwrap().unwrap();
    let late = store.close_leaves(turn, id).await;
    assert!(matches!(late, Err(chancery::store::Error::LeaseLost)), "{late:?}");
    store.close_leaves(next, id).await.unwrap();
}

pub(crate) async fn companies_and_services(store: &Store) {
    let reader = store.reader();
    let company = issuer(1);
    let (email, language) = (Change::To(None), Change::To(None));
    store.change_company_contact(company.id, &email, &language).await.unwrap();
    reader.company(company.id).await.unwrap();
    reader.company_by_vat("PRT", "505767451").await.unwrap();
    reader.companies().await.unwrap();

    let credential = Credential {
        id: CREDENTIAL,
        alias: "seal".to_owned(),
        backend: "software".to_owned(),
        chain_der: Vec::new(),
        status: CredentialStatus::Active,
        created: AT,
    };
    store.add_credential(&credential).await.unwrap();
    store.set_credential_status(CREDENTIAL, CredentialStatus::Active, None).await.unwrap();
    reader.credential_status(CREDENTIAL).await.unwrap();
    reader.credential(CREDENTIAL).await.unwrap();
    reader.credential_by_alias("seal").await.unwrap();
    reader.credentials().await.unwrap();

    let service = ClientService {
        id: SERVICE,
        alias: Alias::parse("plans").unwrap(),
        issuer: company.id,
        status: ClientServiceStatus::Active,
        credential: None,
        document_references: DocumentReferences::Unique,
        profile: None,
        allow_sha1: false,
        lint: Lint::None,
        signature_template: None,
        active_content: ActiveContent::Warn,
        coordinate_origin: CoordinateOrigin::TopLeft,
        level: Level::B,
        timestamps: Timestamps::Refuse,
        timestamp_authorities: Vec::new(),
        timestamp_order: AuthorityOrder::InOrder,
        language: None,
        mails_per_day: None,
        tokens_not_before: None,
        created: AT,
    };
    store.add_client_service(&company, &service, (1, [1; 32]), None).await.unwrap();
    for status in [CompanyStatus::Suspended, CompanyStatus::Active] {
        store.set_company_status(company.id, status, AT, None).await.unwrap();
    }
    store.set_client_service_status(SERVICE, ClientServiceStatus::Active, AT, None).await.unwrap();
    store.assign_credential(SERVICE, CREDENTIAL).await.unwrap();
    store.set_client_service_language(SERVICE, None).await.unwrap();
    store.set_mails_per_day(SERVICE, None).await.unwrap();
    let change = SealSettingsChange {
        profile: Change::To(None),
        allow_sha1: Change::To(false),
        lint: Change::To(Lint::None),
        signature_template: Change::To(None),
        active_content: Change::To(ActiveContent::Warn),
        coordinate_origin: Change::To(CoordinateOrigin::TopLeft),
        level: Change::To(Level::B),
        timestamps: Change::To(Timestamps::Refuse),
        timestamp_authorities: Change::To(vec!["first".to_owned()]),
        timestamp_order: Change::To(AuthorityOrder::Shared),
        document_references: Change::To(DocumentReferences::Unique),
    };
    store.change_seal_settings(SERVICE, &change).await.unwrap();
    secrets(store).await;
    reader.standing(SERVICE).await.unwrap();
    reader.client_service(SERVICE).await.unwrap();
    reader.client_service_by_alias("plans").await.unwrap();
    reader.client_services().await.unwrap();
    store.reports().last_accepted(SERVICE).await.unwrap();

    let key =
        TemplateKey { client_service: SERVICE, kind: "NOTIFICATION".to_owned(), language: None };
    let text = || "text".to_owned();
    let parts = TemplateParts { subject: text(), text: text(), html: text() };
    store.add_template_version(&key, Some(&parts), "", AT, None).await.unwrap();
    assert_eq!(reader.template_history(&key).await.unwrap().len(), 1);
    assert_eq!(reader.newest_template(&key).await.unwrap().unwrap().number, 1);
    reader.templates(SERVICE).await.unwrap();
    reader.usual_language(SERVICE).await.unwrap();

    let settings = SmtpSettings {
        description: String::new(),
        host: "mail.example.com".to_owned(),
        port: 25,
        security: "none".to_owned(),
        from: MailAddress::parse("from@example.com").unwrap(),
        from_name: String::new(),
        username: None,
        connect_timeout_ms: 1000,
        command_timeout_ms: 1000,
        write_timeout_ms: 1000,
        public_only: false,
    };
    store.set_smtp_account(SERVICE, &settings, None, AT, None).await.unwrap();
    reader.smtp_account(SERVICE).await.unwrap();
    store.reset_smtp_account(SERVICE, None).await.unwrap();
    reader.sealed_secrets().await.unwrap();
    reader.needs_its_key().await.unwrap();
}

async fn secrets(store: &Store) {
    for (number, overlap) in
        [(2, SecretOverlap::UntilNext), (3, SecretOverlap::For(1000)), (4, SecretOverlap::None)]
    {
        store.rotate_secret(SERVICE, (number, [2; 32]), AT, overlap, None).await.unwrap();
    }
    store.reader().client_secrets(SERVICE, AT).await.unwrap();
    store.reader().secret_lives(SERVICE, AT).await.unwrap();
}

pub(crate) fn operation(number: i64, documents: i64) -> NewOperation {
    let id = OperationId::from_i64(number);
    let reference = |text: String| ExternalReference::parse(&text).unwrap();
    let document = |at: i64| NewDocument {
        document: Document {
            id: DocumentId::from_i64(number * 10 + at),
            operation: id,
            position: u32::try_from(at).unwrap(),
            external_reference: reference(format!("{number}/{at}")),
            name: "a.xml".to_owned(),
            content_type: "text/xml".to_owned(),
            content_length: 4,
            received: AT,
            state: DocumentState::Received,
        },
        settings: settings(),
        sha256: [3; 32],
    };
    NewOperation {
        operation: Operation {
            id,
            client_service: SERVICE,
            external_reference: reference(number.to_string()),
            description: String::new(),
            credential: CREDENTIAL,
            state: OperationState::PendingExecution,
            accepted: AT,
            finished: None,
            attempts: 1,
            failures: 0,
            begun: 1,
            next_try: None,
            waits_for: None,
            custody: Custody { preserve: true, months: Custody::MONTHS },
            extends: None,
        },
        fingerprint: [0; 32],
        documents: (0..documents).map(document).collect(),
        messages: vec![mail(number * 10, MessageKind::Notification, Some(id))],
        event_ids: (0..=documents).map(|at| EventId::from_i64(number * 10 + at)).collect(),
        unique_document_references: true,
        lease_until: AT,
        process: PROCESS,
        mail_limits: MailLimits { all: 100, domain: 100 },
    }
}

pub(crate) fn received(new: &NewOperation) -> Vec<ContentChange> {
    let bytes = Arc::new(b"<a/>".to_vec());
    let here = || Bytes::Here(Arc::clone(&bytes));
    let document = |id| ContentChange::Received { document: id, bytes: here() };
    new.documents.iter().map(|new| document(new.document.id)).collect()
}

fn settings() -> SealSettings {
    SealSettings {
        profile: None,
        seal: Profile::usual(Format::Xades),
        level: Level::B,
        room: 0,
        lint: Lint::None,
        expected: None,
        notes: Vec::new(),
    }
}

async fn before_and_after_the_key(store: &Store, lease: Lease, intents: &[Intent]) {
    store.record_intents(lease, LATER, intents, AT).await.unwrap();
    let kept = KeptValue { document: intents[0].document, value: vec![1], token: None };
    store.keep_values(lease, LATER, &[kept]).await.unwrap();
    store.reader().kept_values(lease.operation).await.unwrap();
}

async fn operations(store: &Store) {
    let reader = store.reader();
    let new = operation(1, 3);
    store.open_operation(&new, &received(&new)).await.unwrap();
    store.open_operation(&new, &received(&new)).await.unwrap();
    let mut other = operation(1, 3);
    other.operation.id = OperationId::from_i64(2);
    other.operation.external_reference = ExternalReference::parse("2").unwrap();
    for (document, id) in other.documents.iter_mut().zip(20..) {
        document.document.operation = other.operation.id;
        document.document.id = DocumentId::from_i64(id);
    }
    store.open_operation(&other, &received(&other)).await.unwrap();
    let (reason, detail) = (String::new(), String::new());
    let failed = DocumentState::Failed { error: SigningError::Configuration, reason, detail };
    let mut hopeless = operation(3, 1);
    hopeless.operation.state = OperationState::ExecutionFailed;
    hopeless.operation.finished = Some(AT);
    hopeless.documents[0].document.state = failed.clone();
    store.open_operation(&hopeless, &[]).await.unwrap();

    let but = (&[ClientServiceId::from_i64(7)][..], &[OperationId::from_i64(7)][..]);
    let (lease, _) = store.lease_due(PROCESS, (AT, LATER), LATER, (1, but)).await.unwrap()[0];
    store.lease_due(PROCESS, (AT, LATER), LATER, (10, (&[], &[]))).await.unwrap();
    store.lease_waiting(PROCESS, lease.operation, AT, LATER).await.unwrap();
    store.renew_lease(lease, LATER).await.unwrap();
    let intent = |document: i64| Intent {
        document: DocumentId::from_i64(document),
        certificate_sha256: [0; 32],
        algorithm: "x".to_owned(),
        signing_time: AT,
        digest_algorithm: DigestAlgorithm::Sha256,
        digest: vec![0; 32],
    };
    before_and_after_the_key(store, lease, &[intent(10), intent(11)]).await;
    let sealed = DocumentState::Sealed { signing_time: AT, sha256: [0; 32], length: 1 };
    let outcome = |document: i64, state: &DocumentState| Outcome {
        document: DocumentId::from_i64(document),
        state: state.clone(),
        settings: Some(settings()),
        archive: None,
    };
    let sealed_bytes = |document: i64, beside_original: bool| ContentChange::Sealed {
        document: DocumentId::from_i64(document),
        bytes: Bytes::Here(Arc::new(b"s".to_vec())),
        beside_original,
    };
    let ids: Vec<EventId> = (100..110).map(EventId::from_i64).collect();
    let dropped = ContentChange::Dropped { document: DocumentId::from_i64(12) };
    let ending = Ending {
        outcomes: &[outcome(10, &sealed), outcome(12, &failed)],
        contents: &[sealed_bytes(10, false), dropped],
        end: None,
        event_ids: &ids[..3],
    };
    store.record_outcomes(lease, LATER, &ending, AT).await.unwrap();
    store.begin_try(lease, LATER, DocumentId::from_i64(11)).await.unwrap();
    store.reader().tries(lease.operation).await.unwrap();
    store.release_leases(&[lease], AT).await.unwrap();
    let lease = store.take_over(lease.operation, LATER).await.unwrap().unwrap();
    store.give_back(lease, LATER, "a fault").await.unwrap();
    store.give_back(lease, LATER, "another's by now").await.unwrap();
    let lease = store.take_over(lease.operation, LATER).await.unwrap().unwrap();
    store.postpone(lease, LATER, 1, (None, "no key")).await.unwrap();
    assert_eq!(store.make_due(CREDENTIAL, 1, AT).await.unwrap(), 1);
    let ending = Ending {
        outcomes: &[outcome(11, &sealed)],
        contents: &[sealed_bytes(11, true)],
        end: Some(OperationState::Executed),
        event_ids: &ids[3..5],
    };
    store.record_outcomes(lease, LATER, &ending, AT).await.unwrap();
    store.renew_lease(Lease { attempt: 99, ..lease }, LATER).await.unwrap_err();

    let id = lease.operation;
    let document = DocumentId::from_i64(10);
    let reference = ExternalReference::parse("1").unwrap();
    for scope in [Scope::ClientService(SERVICE), Scope::Installation] {
        reader.operation(scope, id).await.unwrap().unwrap();
        let found = reader.operation_by_reference(scope, &reference).await.unwrap();
        assert_eq!(found, Some(id));
        let of_document = ExternalReference::parse("1/1").unwrap();
        let found = reader.operation_of_document(scope, &of_document).await.unwrap();
        assert_eq!(found, Some(id));
    }
    let stranger = Scope::ClientService(ClientServiceId::from_i64(9));
    assert_eq!(reader.operation(stranger, id).await.unwrap(), None);
    assert_eq!(reader.operation_by_reference(stranger, &reference).await.unwrap(), None);
    reader.fingerprint(SERVICE, &reference).await.unwrap();
    reader.documents(id).await.unwrap();
    reader.documents_shown(id).await.unwrap();
    reader.documents_length(id).await.unwrap();
    reader.document(id, document).await.unwrap();
    reader.document_counts(id).await.unwrap();
    reader.intents(id).await.unwrap();
    reader.sealed_contents(id).await.unwrap();
    reader.original_contents(id).await.unwrap();
    reader.sealed_content(document).await.unwrap();
    reader.original_content(document).await.unwrap();
    reader.kept_contents(id).await.unwrap();
    reader.original_lengths(id).await.unwrap();
}

async fn put_ahead(store: &Store) {
    let parcel = ParcelId::from_i64(1);
    store.put_pieces(parcel, 1, &[b"<a", b"/>"], LATER).await.unwrap();
    store.put_pieces(parcel, 3, &[b"s"], LATER).await.unwrap();
    let span = Bytes::Ahead(Span { parcel, first: 1, last: 3 });
    let mut new = operation(5, 1);
    new.messages.clear();
    let change = ContentChange::Received { document: new.documents[0].document.id, bytes: span };
    store.open_operation(&new, &[change]).await.unwrap();
    let other = ParcelId::from_i64(2);
    store.put_pieces(other, 1, &[b"x"], AT).await.unwrap();
    assert!(store.reader().overdue_pieces(AT).await.unwrap());
    store.give_up_overdue_pieces(AT).await.unwrap();
    store.give_up_pieces(other).await.unwrap();
    let loose = store.reader().loose_pieces().await.unwrap().unwrap();
    store.sweep(&loose).await.unwrap();
    assert_eq!(store.reader().loose_pieces().await.unwrap(), None);
}

async fn drafts(store: &Store) {
    let mut new = operation(6, 2);
    new.messages.clear();
    store.begin_draft(&new).await.unwrap();
    store.add_to_draft(&new, 0..2, &received(&new), LATER).await.unwrap();
    store.complete_draft(&new, &received(&new), AT).await.unwrap();
    let mut other = operation(7, 1);
    other.messages.clear();
    store.begin_draft(&other).await.unwrap();
    assert_eq!(store.reader().overdue_drafts(AT).await.unwrap(), [other.operation.id]);
    store.give_up_draft(other.operation.id, Some(AT)).await.unwrap();
}

fn mail(number: i64, kind: MessageKind, operation: Option<OperationId>) -> Message {
    let address = MailAddress::parse("receiver@example.com").unwrap();
    let target = Target::Mail { address, language: None };
    Message {
        client_service: Some(SERVICE),
        operation,
        link_expires: Some(LATER),
        ..Message::due(MessageId::from_i64(number), kind, target, AT)
    }
}

async fn delivery(store: &Store) {
    let reader = store.reader();
    let operation = OperationId::from_i64(1);
    enqueue(store, &[mail(200, MessageKind::Test, None)]).await;
    let again = [mail(201, MessageKind::Resend, Some(operation))];
    let mails = MailLimits { all: 100, domain: 100 };
    let caps = ResendCaps { since: AT, of_operation: 10, to_receiver: 10, mails };
    let on = ResendOccasion::default();
    store.enqueue_again((operation, SERVICE), &again, caps, on, AT).await.unwrap();
    let ways = [
        Way::Mail(None),
        Way::Mail(Some(SERVICE)),
        Way::Hook(EndpointId::from_i64(1)),
        Way::Hook(EndpointId::from_i64(2)),
    ];
    for way in ways {
        store.rest_way(way, AT, AT, "rests").await.unwrap();
        store.wake_way(way, LATER, AT).await.unwrap();
        let events = [EventId::from_i64(399)];
        store.give_up_overdue(way, (AT.plus_ms(-1), AT), "waited", &events).await.unwrap();
    }
    for full in [&[][..], &[EndpointId::from_i64(1), EndpointId::from_i64(2)]] {
        store.lease_hooks((AT, AT), 10, full).await.unwrap();
    }
    let lease = MessageLease { message: MessageId::from_i64(200), number: 99 };
    store.renew_messages(&[lease], LATER).await.unwrap();
    store.put_back(&[lease], LATER, Some("later")).await.unwrap();
    for (next, to) in
        [(Next::Again { at: AT, counted: true, links_only: false }, "again"), (Next::Sent, "sent")]
    {
        reader.due_mailers(AT).await.unwrap();
        let shares = [(None, 10), (Some(SERVICE), 10)];
        let leased = store.lease_mails(&shares, (AT, LATER)).await.unwrap();
        let due: Vec<MessageLease> = leased.iter().map(|(lease, _)| *lease).collect();
        let begun = store.begin_attempts(&due, AT).await.unwrap();
        assert!(!begun.is_empty(), "{to}");
        for (lease, event) in begun.into_iter().zip(300..) {
            let tried = Tried::new(Verdict::Later, "data", to);
            let event = EventId::from_i64(event);
            store.record_try(lease, &tried, &next, event, AT).await.unwrap();
        }
    }
    store.give_up(lease, "no", EventId::from_i64(400), AT).await.unwrap();
    let message = MessageId::from_i64(201);
    store.record_opening(message, EventId::from_i64(401), AT).await.unwrap();
    let on = Occasion::default();
    store.revoke_links(operation, Some(message), (AT, AT), on).await.unwrap();
    store.revoke_links(operation, None, (AT, AT), on).await.unwrap();
    reader.message(message).await.unwrap();
    reader.mails_of(operation).await.unwrap();
    reader.attempts_of(message).await.unwrap();
    store.reports().troubled_mails(None, 10).await.unwrap();
}

fn event(number: i64) -> Event {
    Event {
        id: EventId::from_i64(number),
        client_service: SERVICE,
        kind: EventKind::WebhookTest,
        operation: None,
        document: None,
        message: None,
        content: None,
        created: AT,
    }
}

async fn webhooks(store: &Store) {
    let reader = store.reader();
    let endpoint = Endpoint {
        id: EndpointId::from_i64(1),
        client_service: SERVICE,
        url: "https://example.com/".to_owned(),
        events: Vec::new(),
        description: String::new(),
        status: EndpointStatus::Active,
        created: AT,
    };
    let secret =
        |id| SealedSecret { id, scheme: SignatureScheme::Hmac, sealed: vec![0; 8], created: AT };
    let id = endpoint.id;
    store.add_endpoint(&endpoint, &secret(1), 5, None).await.unwrap();
    for enabled in [None, Some(false), Some(true)] {
        let change = EndpointChange { enabled, ..EndpointChange::default() };
        store.change_endpoint(id, &change, AT, None).await.unwrap();
    }
    store.endpoint_fails(id, AT).await.unwrap();
    store.endpoint_works(id).await.unwrap();
    store.disable_endpoint(id, DisabledReason::Asked, AT).await.unwrap();
    store.rotate_endpoint_secret(id, &secret(2), false, None).await.unwrap();
    store.rotate_endpoint_secret(id, &secret(3), true, None).await.unwrap();
    let target = Target::Webhook { endpoint: id, event: EventId::from_i64(500) };
    let hook = Message::due(MessageId::from_i64(500), MessageKind::Test, target, AT);
    store.record_test(&event(500), &hook, None).await.unwrap();
    reader.unfanned_events(10).await.unwrap();
    store.fan_out(&[EventId::from_i64(501)], &[]).await.unwrap();
    reader.event(EventId::from_i64(501)).await.unwrap();
    store.replay(&[hook.id], &[], AT, None).await.unwrap();
    // A fact about an operation whose client service listens, and repeats references.
    let mut new = operation(4, 1);
    new.unique_document_references = false;
    store.open_operation(&new, &received(&new)).await.unwrap();
    let lease = Lease { operation: OperationId::from_i64(4), attempt: 1 };
    let end = Some(OperationState::ExecutionFailed);
    let ids = [EventId::from_i64(502), EventId::from_i64(503)];
    let failed = DocumentState::Failed {
        error: SigningError::Configuration,
        reason: String::new(),
        detail: String::new(),
    };
    let document = DocumentId::from_i64(40);
    let outcomes = [Outcome { document, state: failed, settings: None, archive: None }];
    let ending = Ending { outcomes: &outcomes, contents: &[], end, event_ids: &ids };
    store.record_outcomes(lease, LATER, &ending, AT).await.unwrap();
    reader.endpoints(SERVICE).await.unwrap();
    reader.endpoint(id).await.unwrap();
    reader.endpoint_secrets(id).await.unwrap();
    store.reports().endpoint_attempts(id, LogCursor::BEGINNING, 10).await.unwrap();
    let behind = EventCursor::since(AT);
    let wish = ReplayWish { behind, until: LATER, failed_only: false, limit: 10 };
    reader.replayable(&endpoint, wish).await.unwrap();
    reader.failing_endpoints().await.unwrap();
    reader.failing_since(SERVICE).await.unwrap();
    let alarm = NewAlarm {
        name: "alarm",
        content: "{}",
        cleared_before: None,
        quiet_since: AT,
        told_before: None,
    };
    let told = [mail(600, MessageKind::Alarm, None)];
    assert!(store.raise_alarm(&alarm, &told, &[event(600)], AT).await.unwrap());
    store.clear_alarm("alarm", (AT, AT)).await.unwrap();
    store.remove_endpoint(id, AT, None).await.unwrap();
}

async fn alarms_and_usage(store: &Store) {
    let reader = store.reader();
    reader.alarms().await.unwrap();
    store.reports().backlog().await.unwrap();
    let company = CompanyId::from_i64(1);
    let limit = UsageLimit { documents: 1, from: AT, until: LATER };
    store.set_usage_limit(company, Some(&limit)).await.unwrap();
    store.set_usage_limit(company, None).await.unwrap();
    let grant = AccessGrant { granted: AT, expires: LATER, signatures: 1 };
    store.set_access_grant(CREDENTIAL, &grant, None).await.unwrap();
    store.reports().usage_limits().await.unwrap();
    store.reports().usage_limit(company).await.unwrap();
    store.reports().access_grants().await.unwrap();
    store.reports().sealed_of_company(company, AT, LATER).await.unwrap();
    store.reports().sealed_with_credential(CREDENTIAL, AT).await.unwrap();
    store.quarantine_key([1; 32], AT).await.unwrap();
    assert_eq!(store.reader().quarantined_keys().await.unwrap().len(), 1);
    assert!(store.reader().is_quarantined([1; 32]).await.unwrap());
    assert!(store.release_key([1; 32]).await.unwrap());
    store.reports().sealed_by_day().await.unwrap();
}
