//! The database by itself: the same facts on SQLite and PostgreSQL.

use chancery::config::Config;
use chancery::domain::client_service::{
    Alias, Change, ClientService, ClientServiceStatus, DocumentReferences, Lint, ProfileName,
    SealSettingsChange,
};
use chancery::domain::company::{Company, CompanyStatus};
use chancery::domain::ids::{ClientServiceId, CompanyId};
use chancery::domain::pades::ActiveContent;
use chancery::store::Store;

use crate::support::postgres::Postgres;
use crate::support::service::now;

/// A database with its tables. Tables are brought up to date twice, which changes nothing.
async fn store(url: String) -> Store {
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

fn issuer(number: i64) -> Company {
    Company {
        id: CompanyId::from_i64(number),
        name: "ACME, Lda".to_owned(),
        vat_number: format!("50576745{number}"),
        country_code: "PRT".to_owned(),
        status: CompanyStatus::Active,
    }
}

fn client_service(number: i64, alias: &str) -> ClientService {
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
        created: now(),
    }
}

async fn seal_settings_are_kept(url: String) {
    let store = store(url).await;
    let reader = store.reader();
    store.open_company(&issuer(1), now()).await.unwrap();
    let plain = client_service(1, "plain");
    let special = ClientService {
        profile: ProfileName::parse("zatca-2.1"),
        allow_sha1: true,
        lint: Lint::Schema,
        signature_template: Some("$date".to_owned()),
        active_content: ActiveContent::Refuse,
        ..client_service(2, "special")
    };
    store.add_client_service(&plain, 1, [1; 32]).await.unwrap();
    store.add_client_service(&special, 2, [2; 32]).await.unwrap();
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
    };
    store.change_seal_settings(plain.id, &change).await.unwrap();
    let changed = ClientService {
        profile,
        allow_sha1: true,
        lint: Lint::Basic,
        signature_template: Some("$reason".to_owned()),
        active_content: ActiveContent::Refuse,
        ..plain.clone()
    };
    assert_eq!(read("plain").await, changed);
    let back = SealSettingsChange {
        profile: Change::To(None),
        allow_sha1: Change::To(false),
        lint: Change::To(Lint::None),
        signature_template: Change::To(None),
        active_content: Change::To(ActiveContent::Warn),
    };
    store.change_seal_settings(plain.id, &back).await.unwrap();
    assert_eq!(reader.client_services().await.unwrap(), [plain, special]);
    store.close().await;
}

async fn companies_are_suspended_alone(url: String) {
    let store = store(url).await;
    let reader = store.reader();
    for number in [1, 2] {
        store.open_company(&issuer(number), now()).await.unwrap();
    }
    let found = reader.company_by_vat("PRT", "505767452").await.unwrap().unwrap();
    assert_eq!(found, issuer(2));
    assert_eq!(reader.company_by_vat("ESP", "505767452").await.unwrap(), None);
    store.set_company_status(found.id, CompanyStatus::Suspended).await.unwrap();
    let suspended = Company { status: CompanyStatus::Suspended, ..issuer(2) };
    assert_eq!(reader.companies().await.unwrap(), [issuer(1), suspended.clone()]);
    let again = store.open_company(&issuer(2), now()).await.unwrap();
    assert_eq!(again, suspended, "a further client service does not activate it");
    store.close().await;
}

fn sqlite() -> (tempfile::TempDir, String) {
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
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    let server = Postgres::start();
    seal_settings_are_kept(server.url()).await;
    let server = Postgres::start();
    companies_are_suspended_alone(server.url()).await;
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
