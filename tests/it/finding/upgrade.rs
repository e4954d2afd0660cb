//! What was recorded by an earlier release is found, listed and counted too.

use std::collections::BTreeSet;

use chancery::domain::client_service::ProfileName;
use chancery::domain::delivery::MailAddress;
use chancery::domain::ids::OperationId;
use chancery::domain::instant::Instant;
use chancery::domain::listing::{ListPlace, OperationFilter};
use chancery::domain::profile::Format;
use chancery::domain::scope::ServiceSet;
use chancery::store::lists::ListChoice;
use chancery::store::search::Matched;
use chancery::store::today::EndedOnDay;

use crate::store::{migrated_to, sqlite, store};
use crate::support::postgres::Postgres;
use crate::support::service::run;

const DAY: i64 = 86_400_000;

async fn before(url: &str) {
    let pool = migrated_to(url, 26).await;
    let octets = |octet: &str| {
        let hex = octet.repeat(32);
        if url.starts_with("sqlite") { format!("X'{hex}'") } else { format!("'\\x{hex}'") }
    };
    let settings = "{\"format\":\"PAdES\",\"profile\":\"pt-pdf\",\"notes\":[\"a \\u0000 b\"]}";
    let plain = "{\"format\":\"PAdES\",\"profile\":\"pt-pdf\"}";
    let rows = format!(
        "INSERT INTO company (id, name, vat_number, country_code, status, created_ms)
             VALUES (1, 'ACME', '505767451', 'PRT', 'ACTIVE', 0);
         INSERT INTO credential (id, alias, backend, chain_der, status, created_ms)
             VALUES (7, 'c', 'hsm', {digest}, 'ACTIVE', 0);
         INSERT INTO client_service (id, alias, issuer_id, credential_id, status,
             document_references, created_ms) VALUES (3, 'a', 1, 7, 'ACTIVE', 'UNIQUE', 0);
         INSERT INTO operation (id, client_service_id, external_reference, live_reference, fingerprint,
             description, preserve_content, credential_id, state, accepted_ms, finished_ms, attempts,
             failures, run_ms)
             VALUES (5, 3, 'Äpfel-1', 'Äpfel-1', {digest}, '', 0, 7, 'EXECUTED', {at}, {at}, 1, 0, 0),
                    (6, 3, 'zz', NULL, {digest}, '', 0, 7, 'EXECUTION_FAILED', {at}, {at}, 1, 0, 0);
         INSERT INTO document (id, operation_id, client_service_id, position, external_reference,
             live_reference, name, content_type, content_length, settings, received_ms, state,
             signing_time_ms, sealed_sha256, sealed_length)
             VALUES (50, 5, 3, 0, 'd-50', 'd-50', 'Z.pdf', 't', 1, '{plain}', {at}, 'SIGNED', {at},
                     {sealed}, 1),
                    (51, 5, 3, 1, 'd-51', 'd-51', 'z.pdf', 't', 1, '{settings}', {at}, 'RECEIVED',
                     NULL, NULL, NULL);
         INSERT INTO message (id, channel, kind, client_service_id, operation_id, position, address,
             address_folded, attach, links_only, status, leases, tries, created_ms)
             VALUES (8, 'MAIL', 'NOTIFICATION', 3, 5, 0, 'A@a.example', 'a@a.example', 0, 0, 'SENT', 1,
                     0, {later});",
        digest = octets("07"),
        sealed = octets("2A"),
        at = 20_000 * DAY + 5,
        later = 20_000 * DAY + 900,
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(rows)).execute(&pool).await.unwrap();
    pool.close().await;
}

async fn is_found(url: String) {
    before(&url).await;
    let store = store(url).await;
    let reports = store.reports();
    let all = ServiceSet::All;
    let (five, six) = (OperationId::from_i64(5), OperationId::from_i64(6));
    let found = async |text: &str| {
        let kinds = reports.matches(&all, (text, text)).await.unwrap();
        let found = kinds.into_iter().flat_map(|kind| kind.found);
        found.map(|one| (one.by, one.operation, one.text)).collect::<Vec<_>>()
    };
    let one = |by, id, text: &str| vec![(by, id, text.to_owned())];
    assert_eq!(found("Äp").await, one(Matched::RequestReference, five, "Äpfel-1"));
    assert_eq!(found("z").await.len(), 2, "octet by octet: Z is another letter");
    assert_eq!(found("Z").await, one(Matched::DocumentName, five, "Z.pdf"));
    assert_eq!(found("a@").await, one(Matched::Receiver, five, "a@a.example"));
    let kinds = reports.matches_sha256(&all, (&[0x2A; 32], &[0x2A; 32])).await.unwrap();
    assert_eq!(kinds[0].found[0].operation, five);
    let listed = async |filter: OperationFilter| {
        let choice = ListChoice { filter, services: ServiceSet::All };
        let page = reports.operations(&choice, ListPlace::BEGINNING, 10).await.unwrap();
        page.lines.into_iter().map(|line| line.id).collect::<Vec<_>>()
    };
    let any = OperationFilter::default;
    assert_eq!(listed(any()).await, [six, five]);
    let format = Some(Format::Pades);
    assert_eq!(listed(OperationFilter { format, ..any() }).await, [five]);
    let profile = ProfileName::parse("pt-pdf");
    assert_eq!(listed(OperationFilter { profile, ..any() }).await, [five]);
    let receiver = MailAddress::parse("a@A.example");
    assert_eq!(listed(OperationFilter { receiver, ..any() }).await, [five]);
    let lines = reports.lines(&all, &BTreeSet::from([five])).await.unwrap();
    assert_eq!((lines[0].documents, lines[0].sealed), (2, 1));
    let day = Instant::from_unix_ms(20_000 * DAY);
    let ended = reports.ended_on(&all, day).await.unwrap();
    let wanted = EndedOnDay { executed: 1, execution_failed: 1, sealed: 1, unsealed: 0 };
    assert_eq!(
        (ended.executed, ended.execution_failed),
        (wanted.executed, wanted.execution_failed)
    );
    let known = store.reader().known_documents(five, 0, 10).await.unwrap();
    assert_eq!(known[0].original_sha256, None, "nobody kept it");
    store.close().await;
}

#[test]
fn what_an_earlier_release_recorded_is_found() {
    run(async {
        let (_folder, url) = sqlite();
        is_found(url).await;
        let server = Postgres::start();
        is_found(server.url()).await;
        drop(server);
    });
}
