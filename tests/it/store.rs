//! The database by itself: the same facts on SQLite and PostgreSQL.

pub(crate) mod people;
mod settings;

use chancery::config::Config;
use chancery::domain::client_service::{
    Alias, AuthorityOrder, Change, ClientService, ClientServiceStatus, DocumentReferences, Lint,
    ProfileName, SealSettingsChange, Timestamps,
};
use chancery::domain::company::{Company, CompanyStatus};
use chancery::domain::delivery::MailAddress;
use chancery::domain::ids::{
    ClientServiceId, CompanyId, CredentialId, DocumentId, EndpointId, EventId, MessageId,
    OperationId,
};
use chancery::domain::instant::Instant;
use chancery::domain::language::Language;
use chancery::domain::level::Level;
use chancery::domain::outbox::{Message, MessageKind, Target, Way};
use chancery::domain::pades::ActiveContent;
use chancery::domain::profile::DigestAlgorithm;
use chancery::domain::visible::CoordinateOrigin;
use chancery::store::documents::Intent;
use chancery::store::leases::Lease;
use chancery::store::webhooks::LogCursor;
use chancery::store::{Error, Store};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, AssertSqlSafe, SqlSafeStr as _};

use crate::support::outbox::{enqueue, lease_due_mails};
use crate::support::postgres::Postgres;
use crate::support::service::now;

/// A database with its tables. Tables are brought up to date twice, which changes nothing.
pub(crate) async fn store(url: String) -> Store {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chancery.toml");
    std::fs::write(&file, "").unwrap();
    let mut config = Config::load(Some(&file)).unwrap();
    config.store.url = url;
    let store = Store::connect(&config.store).await.unwrap();
    store.migrate().await.unwrap();
    store.migrate().await.unwrap();
    store
}

pub(crate) fn issuer(number: i64) -> Company {
    Company {
        id: CompanyId::from_i64(number),
        name: "ACME, Lda".to_owned(),
        vat_number: format!("50576745{number}"),
        country_code: "PRT".to_owned(),
        status: CompanyStatus::Active,
        language: None,
        email: None,
        created: Instant::from_unix_ms(1_795_342_761_000),
    }
}

pub(crate) fn client_service(number: i64, alias: &str) -> ClientService {
    ClientService {
        id: ClientServiceId::from_i64(number),
        alias: Alias::parse(alias).unwrap(),
        issuer: CompanyId::from_i64(1),
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
        created: now(),
    }
}

/// Records a company, which comes with a client service.
pub(crate) async fn company(store: &Store, company: &Company) {
    let number = 1000 + company.id.as_i64();
    let service = client_service(number, &format!("of-{}", company.id));
    store.add_client_service(company, &service, (number, [0; 32]), None).await.unwrap();
}

async fn of_two_who_ask_at_once_one_is_answered(url: String) {
    let store = store(url).await;
    let service = client_service(1, "one");
    store.add_client_service(&issuer(1), &service, (1, [1; 32]), None).await.unwrap();
    people::ask(&store).await;
}

async fn seal_settings_are_kept(url: String) {
    let store = store(url).await;
    let reader = store.reader();
    let plain = client_service(1, "plain");
    let special = ClientService {
        profile: ProfileName::parse("zatca-2.1"),
        allow_sha1: true,
        lint: Lint::Schema,
        signature_template: Some("$date".to_owned()),
        active_content: ActiveContent::Refuse,
        coordinate_origin: CoordinateOrigin::BottomLeft,
        level: Level::Lta,
        timestamps: Timestamps::Wait,
        timestamp_authorities: vec!["second".to_owned(), "first".to_owned()],
        timestamp_order: AuthorityOrder::Shared,
        language: Some(Language::De),
        mails_per_day: Some(7),
        tokens_not_before: Some(Instant::from_unix_ms(1_795_342_761_000)),
        ..client_service(2, "special")
    };
    store.add_client_service(&issuer(1), &plain, (1, [1; 32]), None).await.unwrap();
    store.add_client_service(&issuer(1), &special, (2, [2; 32]), None).await.unwrap();
    let read = async |alias: &str| reader.client_service_by_alias(alias).await.unwrap().unwrap();
    assert_eq!(read("plain").await, plain);
    assert_eq!(read("special").await, special);

    // What a change does not name stays, and nobody else is changed.
    let change = SealSettingsChange {
        profile: Change::To(ProfileName::parse("facturae")),
        ..SealSettingsChange::default()
    };
    store.change_seal_settings(plain.id, &change).await.unwrap();
    let profile = ProfileName::parse("facturae");
    assert_eq!(read("plain").await, ClientService { profile: profile.clone(), ..plain.clone() });
    let change = SealSettingsChange {
        profile: Change::Keep,
        allow_sha1: Change::To(true),
        lint: Change::To(Lint::Basic),
        signature_template: Change::To(Some("$reason".to_owned())),
        active_content: Change::To(ActiveContent::Refuse),
        coordinate_origin: Change::To(CoordinateOrigin::BottomLeft),
        document_references: Change::To(DocumentReferences::Reusable),
        level: Change::To(Level::Lt),
        timestamps: Change::To(Timestamps::Fail),
        timestamp_authorities: Change::To(vec!["first".to_owned()]),
        timestamp_order: Change::To(AuthorityOrder::Shared),
    };
    store.change_seal_settings(plain.id, &change).await.unwrap();
    let changed = ClientService {
        profile,
        allow_sha1: true,
        lint: Lint::Basic,
        signature_template: Some("$reason".to_owned()),
        active_content: ActiveContent::Refuse,
        coordinate_origin: CoordinateOrigin::BottomLeft,
        document_references: DocumentReferences::Reusable,
        level: Level::Lt,
        timestamps: Timestamps::Fail,
        timestamp_authorities: vec!["first".to_owned()],
        timestamp_order: AuthorityOrder::Shared,
        ..plain.clone()
    };
    assert_eq!(read("plain").await, changed);
    let back = SealSettingsChange {
        profile: Change::To(None),
        allow_sha1: Change::To(false),
        lint: Change::To(Lint::None),
        signature_template: Change::To(None),
        active_content: Change::To(ActiveContent::Warn),
        coordinate_origin: Change::To(CoordinateOrigin::TopLeft),
        document_references: Change::To(DocumentReferences::Unique),
        level: Change::To(Level::B),
        timestamps: Change::To(Timestamps::Refuse),
        timestamp_authorities: Change::To(Vec::new()),
        timestamp_order: Change::To(AuthorityOrder::InOrder),
    };
    store.change_seal_settings(plain.id, &back).await.unwrap();
    assert_eq!(reader.client_services().await.unwrap(), [plain, special]);
    store.close().await;
}

async fn companies_are_suspended_alone(url: String) {
    let store = store(url).await;
    let reader = store.reader();
    for number in [1, 2] {
        company(&store, &issuer(number)).await;
    }
    let found = reader.company_by_vat("PRT", "505767452").await.unwrap().unwrap();
    assert_eq!(found, issuer(2));
    assert_eq!(reader.company_by_vat("ESP", "505767452").await.unwrap(), None);
    store.set_company_status(found.id, CompanyStatus::Suspended, now(), None).await.unwrap();
    let suspended = Company { status: CompanyStatus::Suspended, ..issuer(2) };
    assert_eq!(reader.companies().await.unwrap(), [issuer(1), suspended.clone()]);
    let again = Company { id: CompanyId::from_i64(3), name: "Other".to_owned(), ..issuer(2) };
    let service = client_service(9, "further");
    let further =
        store.add_client_service(&again, &service, (9, [9; 32]), None).await.unwrap().unwrap();
    assert_eq!(further.issuer, suspended.id, "one company, however many client services");
    assert_eq!(reader.company(suspended.id).await.unwrap(), Some(suspended), "nor activated");
    // With an alias that is taken neither comes.
    let error =
        store.add_client_service(&issuer(4), &service, (10, [9; 32]), None).await.unwrap_err();
    assert!(matches!(error, Error::Exists { .. }));
    assert_eq!(reader.company_by_vat("PRT", "505767454").await.unwrap(), None);
    store.close().await;
}

/// The tables as they were with the first migrations.
pub(crate) async fn migrated_to(url: &str, last: i64) -> AnyPool {
    sqlx::any::install_default_drivers();
    let options = sqlx::any::AnyPoolOptions::new().max_connections(1);
    let pool = options.connect(&format!("{url}{}", mode(url))).await.unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    // Some are another text in the other database.
    let other = if url.starts_with("sqlite") { ".postgres" } else { ".sqlite" };
    let mut migrations: Vec<Migration> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.file_stem().unwrap().to_str().unwrap().ends_with(other))
        .map(|path| {
            let (version, name) =
                path.file_stem().unwrap().to_str().unwrap().split_once('_').unwrap();
            let sql = AssertSqlSafe(std::fs::read_to_string(&path).unwrap()).into_sql_str();
            let name = name.to_owned().into();
            Migration::new(version.parse().unwrap(), name, MigrationType::Simple, sql, false)
        })
        .filter(|migration| migration.version <= last)
        .collect();
    migrations.sort_by_key(|migration| migration.version);
    Migrator::with_migrations(migrations).run(&pool).await.unwrap();
    pool
}

/// The tables as they were before there was delivery, with two sealed documents of one day, one of the
/// next, one that failed and one that waits.
async fn before_delivery(url: &str) {
    let pool = migrated_to(url, 3).await;
    let rows = format!(
        "INSERT INTO company (id, name, vat_number, country_code, status, created_ms)
             VALUES (1, 'ACME', '505767451', 'PRT', 'ACTIVE', 0);
         INSERT INTO credential (id, alias, backend, chain_der, status, created_ms)
             VALUES (7, 'c', 'hsm', {empty}, 'ACTIVE', 0);
         INSERT INTO client_service (id, alias, issuer_id, credential_id, status,
             document_references, created_ms) VALUES (3, 'a', 1, 7, 'ACTIVE', 'UNIQUE', 0);
         INSERT INTO operation (id, client_service_id, external_reference, fingerprint, description,
             preserve_content, credential_id, state, accepted_ms, attempts, failures, run_ms)
             VALUES (5, 3, 'r', {empty}, '', 0, 7, 'EXECUTED_WITH_ERRORS', 0, 1, 0, 0);",
        empty = if url.starts_with("sqlite") { "X''" } else { "''" },
    );
    let day = 86_400_000_i64;
    let documents = [
        ("SIGNED", Some(20_000 * day)),
        ("SIGNED", Some(20_001 * day - 1)),
        ("SIGNED", Some(20_001 * day)),
        ("ERROR_SIGNING", None),
        ("RECEIVED", None),
    ];
    let documents: Vec<String> = documents
        .iter()
        .enumerate()
        .map(|(at, (state, signed))| {
            let signed = signed.map_or_else(|| "NULL".to_owned(), |ms: i64| ms.to_string());
            format!(
                "INSERT INTO document (id, operation_id, client_service_id, position,
                 external_reference, name, content_type, content_length, settings, received_ms,
                 state, signing_time_ms)
                 VALUES ({at}, 5, 3, {at}, 'd', 'n', 't', 1, '{{}}', 0, '{state}', {signed});"
            )
        })
        .collect();
    sqlx::raw_sql(AssertSqlSafe(format!("{rows}{}", documents.concat())))
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
}

fn mode(url: &str) -> &'static str {
    if url.starts_with("sqlite") { "?mode=rwc" } else { "" }
}

async fn what_was_sealed_before_the_upgrade_counts(url: String) {
    before_delivery(&url).await;
    let store = store(url).await;
    let days = store.reports().sealed_by_day().await.unwrap();
    let counted: Vec<_> = days
        .iter()
        .map(|day| (day.client_service.as_i64(), day.day.unix_ms() / 86_400_000, day.sealed))
        .collect();
    assert_eq!(counted, [(3, 20_000, 2), (3, 20_001, 1)]);
    let since = Instant::from_unix_ms(0);
    let credential = CredentialId::from_i64(7);
    assert_eq!(store.reports().sealed_with_credential(credential, since).await.unwrap(), 3);
    store.close().await;
}

/// An intent is written once, with all its siblings or not at all; those of earlier releases, which did
/// not say what made their digest, are read.
async fn intents_are_inserted_or_nothing_is(url: String) {
    before_delivery(&url).await;
    let options = sqlx::any::AnyPoolOptions::new().max_connections(1);
    let pool = options.connect(&url).await.unwrap();
    let bytes = |octet: &str| {
        let hex = octet.repeat(32);
        if url.starts_with("sqlite") { format!("X'{hex}'") } else { format!("'\\x{hex}'") }
    };
    let old = format!(
        "INSERT INTO intent (document_id, certificate_sha256, algorithm, signing_time_ms, digest,
             recorded_ms) VALUES (0, {}, 'ECDSA-SHA384', 1000, {}, 0)",
        bytes("07"),
        bytes("09")
    );
    sqlx::raw_sql(AssertSqlSafe(old)).execute(&pool).await.unwrap();
    pool.close().await;

    let store = store(url).await;
    let operation = OperationId::from_i64(5);
    let intent = |document, digest: u8| Intent {
        document: DocumentId::from_i64(document),
        certificate_sha256: [7; 32],
        algorithm: "ECDSA-SHA256".to_owned(),
        signing_time: Instant::from_unix_ms(1000),
        digest_algorithm: DigestAlgorithm::Sha256,
        digest: vec![digest; 32],
    };
    let record = async |intents: &[Intent]| {
        let lease = Lease { operation, attempt: 1 };
        store.record_intents(lease, now().plus_ms(60_000), intents, now()).await
    };
    record(&[intent(4, 1)]).await.unwrap();
    for again in [vec![intent(4, 2)], vec![intent(3, 2), intent(4, 1)]] {
        let refused = record(&again).await.unwrap_err();
        assert!(matches!(refused, Error::Exists { .. }), "{refused:?}");
    }
    let mut stored = store.reader().intents(operation).await.unwrap();
    stored.sort_by_key(|intent| intent.document);
    let old = Intent {
        algorithm: "ECDSA-SHA384".to_owned(),
        digest_algorithm: DigestAlgorithm::Sha384,
        ..intent(0, 9)
    };
    assert_eq!(stored, [old, intent(4, 1)]);
    store.close().await;
}

/// Tries that were made before tries had an endpoint stand in its log.
async fn the_log_of_an_endpoint_goes_back_before_the_upgrade(url: String) {
    let pool = migrated_to(&url, 14).await;
    let rows = "INSERT INTO company (id, name, vat_number, country_code, status, created_ms)
             VALUES (1, 'ACME', '505767451', 'PRT', 'ACTIVE', 0);
         INSERT INTO client_service (id, alias, issuer_id, status, document_references, created_ms)
             VALUES (3, 'a', 1, 'ACTIVE', 'UNIQUE', 0);
         INSERT INTO webhook_endpoint (id, client_service_id, url, description, events, status,
             created_ms) VALUES (4, 3, 'https://example.com/', '', '', 'ACTIVE', 0);
         INSERT INTO event (id, client_service_id, kind, created_ms, fanned)
             VALUES (5, 3, 'operation.finished', 0, 1);
         INSERT INTO message (id, channel, kind, client_service_id, position, attach, links_only,
             endpoint_id, event_id, status, leases, tries, created_ms)
             VALUES (6, 'WEBHOOK', 'EVENT', 3, 0, 0, 0, 4, 5, 'SENT', 2, 1, 0);
         INSERT INTO message (id, channel, kind, client_service_id, position, address, attach,
             links_only, status, leases, tries, created_ms)
             VALUES (7, 'MAIL', 'TEST', 3, 0, 'a@example.com', 0, 0, 'SENT', 1, 0, 0);
         INSERT INTO attempt (message_id, number, started_ms, ambiguous)
             VALUES (6, 1, 10, 0), (6, 2, 20, 0), (7, 1, 15, 0);";
    sqlx::raw_sql(rows).execute(&pool).await.unwrap();
    pool.close().await;

    let store = store(url).await;
    let endpoint = EndpointId::from_i64(4);
    let log = store.reports().endpoint_attempts(endpoint, LogCursor::BEGINNING, 10).await.unwrap();
    let log: Vec<_> = log.iter().map(|it| (it.message.as_i64(), it.attempt.number)).collect();
    assert_eq!(log, [(6, 2), (6, 1)]);
    store.close().await;
}

/// Of mails that waited too long all are given up at once; where one cannot be, none is, and all are due as
/// they were.
async fn overdue_mails_are_given_up_together(url: String) {
    let store = store(url.clone()).await;
    let address = MailAddress::parse("receiver@example.com").unwrap();
    let at = Instant::from_unix_ms(1_795_342_761_000);
    let mails = [1, 2].map(|id| {
        let target = Target::Mail { address: address.clone(), language: None };
        let mail = Message::due(MessageId::from_i64(id), MessageKind::Test, target, at);
        Message { released: Some(at), ..mail }
    });
    enqueue(&store, &mails).await;
    sqlx::any::install_default_drivers();
    let pool = sqlx::any::AnyPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
    let (refuse, allow) = if url.starts_with("sqlite") {
        (
            "CREATE TRIGGER refuse BEFORE UPDATE ON message
             WHEN NEW.id = 2 AND NEW.ended_ms IS NOT NULL BEGIN SELECT RAISE(ABORT, 'no'); END",
            "DROP TRIGGER refuse",
        )
    } else {
        (
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN RAISE EXCEPTION ''no''; END';
             CREATE TRIGGER refuse BEFORE UPDATE ON message FOR EACH ROW
                 WHEN (NEW.id = 2 AND NEW.ended_ms IS NOT NULL) EXECUTE FUNCTION refuse()",
            "DROP TRIGGER refuse ON message",
        )
    };
    sqlx::raw_sql(refuse).execute(&pool).await.unwrap();
    let events = [1, 2].map(EventId::from_i64);
    let give_up =
        async || store.give_up_overdue(Way::Mail(None), (at, at), "waited", &events).await;
    give_up().await.unwrap_err();
    let due = lease_due_mails(&store, (at, at)).await;
    assert_eq!(due.len(), 2, "they are due as they were");
    sqlx::raw_sql(allow).execute(&pool).await.unwrap();
    pool.close().await;
    give_up().await.unwrap();
    assert_eq!(lease_due_mails(&store, (at, at)).await.len(), 0);
    let troubled = store.reports().troubled_mails(None, 10).await.unwrap();
    assert_eq!(troubled.len(), 2);
    store.close().await;
}

pub(crate) fn sqlite() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("chancery.db").display());
    (folder, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    let (_folder, url) = sqlite();
    seal_settings_are_kept(url).await;
    let (_folder, url) = sqlite();
    companies_are_suspended_alone(url).await;
    let (_folder, url) = sqlite();
    what_was_sealed_before_the_upgrade_counts(url).await;
    let (_folder, url) = sqlite();
    intents_are_inserted_or_nothing_is(url).await;
    let (_folder, url) = sqlite();
    the_log_of_an_endpoint_goes_back_before_the_upgrade(url).await;
    let (_folder, url) = sqlite();
    overdue_mails_are_given_up_together(url).await;
    let (_folder, url) = sqlite();
    of_two_who_ask_at_once_one_is_answered(url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    let server = Postgres::start();
    seal_settings_are_kept(server.url()).await;
    let server = Postgres::start();
    companies_are_suspended_alone(server.url()).await;
    let server = Postgres::start();
    what_was_sealed_before_the_upgrade_counts(server.url()).await;
    let server = Postgres::start();
    intents_are_inserted_or_nothing_is(server.url()).await;
    let server = Postgres::start();
    the_log_of_an_endpoint_goes_back_before_the_upgrade(server.url()).await;
    let server = Postgres::start();
    overdue_mails_are_given_up_together(server.url()).await;
    let server = Postgres::start();
    of_two_who_ask_at_once_one_is_answered(server.url()).await;
}

#[test]
fn names_of_profiles() {
    for good in ["a", "zatca", "facturae-3.2.2", &"x".repeat(100)] {
        assert_eq!(ProfileName::parse(good).unwrap().as_str(), good);
    }
    for bad in ["", "Zatca", "a b", "a/b", "é", "a_b", &"x".repeat(101)] {
        assert_eq!(ProfileName::parse(bad), None, "{bad}");
    }
    for level in [Lint::None, Lint::Basic, Lint::Schema] {
        assert_eq!(Lint::parse(level.as_str()), Some(level));
    }
    assert_eq!(Lint::parse("basic"), None);
}
