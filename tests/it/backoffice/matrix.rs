//! Who may what: every page of the table, asked for by everybody, in every way.

use chancery::domain::act::{Act, ActKind};
use chancery::domain::audit::{Actor, AuditAction, AuditEntry};
use chancery::domain::bulk::{Bulk, BulkKind, BulkState};
use chancery::domain::credential::Credential;
use chancery::domain::first_import::CredentialImport;
use chancery::domain::ids::{
    BulkId, ClientServiceId, CompanyId, CredentialId, PersonCredentialId, PersonId,
};
use chancery::domain::person::{Permission, Rights, Role, Sight};
use chancery::domain::renewal::RenewalState;
use chancery::domain::scope::Scope;
use chancery::domain::webhook::SignatureScheme;
use chancery::store::bulk::BulkItem;
use chancery::store::people::{AnsweredChallenge, KeptPasskey};
use chancery::web::backoffice::{Admission, OfficePage, PAGES};
use chancery::workflow::acts::draw;
use chancery::workflow::webhooks::{self, NewEndpoint};
use serde_json::json;

use super::{House, Somebody, Tab};
use crate::support::client::{Answer, Client, document, request};
use crate::support::service::{run, unique};

const PDF: &[u8] = include_bytes!("../../../samples/pdf-one-page/input.pdf");

const WHO: [(Role, Rights); 7] = [
    (Role::Administrator, Rights::Operator),
    (Role::Administrator, Rights::Viewer),
    (Role::Partner, Rights::Operator),
    (Role::Partner, Rights::Viewer),
    (Role::Issuer, Rights::Operator),
    (Role::Issuer, Rights::Viewer),
    (Role::Auditor, Rights::Viewer),
];

/// What each of them may, as it was decided; in the order of [`WHO`].
const MAY: [(Permission, [bool; 7]); 10] = [
    (Permission::Search, [true; 7]),
    (Permission::Act, [true, false, true, false, true, false, false]),
    (Permission::ManageServices, [true, false, true, false, true, false, false]),
    (Permission::CreateServices, [true, false, true, false, false, false, false]),
    (Permission::ManageCompanies, [true, false, false, false, false, false, false]),
    (Permission::SeeCredentials, [true, true, false, false, false, false, true]),
    (Permission::ManageCredentials, [true, false, false, false, false, false, false]),
    (Permission::OwnAccount, [true; 7]),
    (Permission::SeePeople, [true, true, false, false, false, false, true]),
    (Permission::ManagePeople, [true, false, false, false, false, false, false]),
];

fn may(who: usize, permission: Permission) -> bool {
    MAY.iter().find(|(it, _)| *it == permission).unwrap().1[who]
}

/// A PDF that a client sealed: the number of the operation.
async fn sealed_pdf(client: &Client) -> String {
    let reference = unique("matrix");
    let mut wish = request(&reference, [document(&reference, PDF)]);
    let document = &mut wish["documents"][0];
    document["documentRequest"]["name"] = json!("invoice.pdf");
    document["documentRequest"]["contentType"] = json!("application/pdf");
    document["signatureInfo"]["signatureType"] = json!("PAdES");
    let answer = client.sign(&wish).await.good();
    assert_eq!(answer["status"], "EXECUTED", "{answer}");
    answer["id"].to_string()
}

/// A set of that operation, which somebody counted and which waits for a second person.
async fn proposed_set(house: &House, by: PersonId, operation: &str) -> String {
    let app = &house.service.app;
    let id = BulkId::from_i64(draw(app).unwrap().as_i64());
    let bulk = Bulk {
        id,
        kind: BulkKind::Retry,
        state: BulkState::Counting,
        filter: String::new(),
        person: by,
        created: app.now(),
        approved_by: None,
        ended: None,
        items: 0,
        operations: 0,
        done: 0,
        refused: 0,
    };
    assert!(app.store.begin_bulk(&bulk).await.unwrap());
    let operation = operation.parse().unwrap();
    let of = app.reader.operation(Scope::Installation, operation).await.unwrap().unwrap();
    let item = BulkItem { number: 1, operation, client_service: of.client_service, message: None };
    assert!(app.store.add_to_bulk(id, &[item]).await.unwrap());
    let act = |kind| Act {
        id: draw(app).unwrap(),
        person: by,
        kind,
        operation: None,
        bulk: Some(id),
        content: "{}".to_owned(),
        at: app.now(),
    };
    assert!(app.store.close_bulk(id, &act(ActKind::BulkCounted)).await.unwrap());
    let confirmed = act(ActKind::BulkConfirmed);
    assert!(app.store.confirm_bulk(id, BulkState::Proposed, &confirmed).await.unwrap());
    id.to_string()
}

/// A webhook of a client service.
async fn endpoint_of(house: &House, service: ClientServiceId) -> String {
    let new = NewEndpoint {
        url: "https://example.com/hooks".to_owned(),
        events: Vec::new(),
        description: String::new(),
        scheme: SignatureScheme::Hmac,
    };
    let (view, _) = webhooks::add(&house.service.app, service, new).await.unwrap();
    view.endpoint.id.to_string()
}

/// The certificates of a credential, proposed under another name.
async fn import_of(house: &House, by: PersonId, of: &Credential) -> String {
    let app = &house.service.app;
    let id = CredentialId::from_i64(draw(app).unwrap().as_i64());
    let import = CredentialImport {
        id,
        alias: unique("import"),
        backend: of.backend.clone(),
        chain_der: of.chain_der.clone(),
        state: RenewalState::Open,
        proposed_by: by,
        proposed: app.now(),
        decided_by: None,
        decided: None,
    };
    let entry = AuditEntry {
        id: id.as_i64(),
        at: app.now(),
        actor: Actor::Person(by),
        action: AuditAction::ImportProposed,
        person: by,
        about: None,
        detail: String::new(),
        address: None,
    };
    assert!(app.store.propose_import(&import, &entry).await.unwrap());
    id.to_string()
}

/// What pages are about that are about one thing.
pub(super) struct Things {
    person: PersonId,
    operation: String,
    service: ClientServiceId,
    company: CompanyId,
    credential: String,
    set: String,
    endpoint: String,
    /// Of the first key of the back-end `hsm`.
    key: String,
    import: String,
}

impl Things {
    /// A person, and what a client has, with a set that somebody counted.
    pub(super) async fn of(
        house: &House,
        (person, by): (PersonId, PersonId),
        client: &Client,
    ) -> Self {
        let reader = &house.service.app.reader;
        let service = reader.client_service_by_alias(&client.alias).await.unwrap().unwrap();
        let operation = sealed_pdf(client).await;
        let credential = reader.credential(service.credential.unwrap()).await.unwrap().unwrap();
        Self {
            set: proposed_set(house, by, &operation).await,
            person,
            operation,
            service: service.id,
            company: service.issuer,
            credential: credential.alias.clone(),
            endpoint: endpoint_of(house, service.id).await,
            key: house.service.app.keyring.list("hsm").await.unwrap()[0].id.clone(),
            import: import_of(house, by, &credential).await,
        }
    }
}

/// Where a page is.
pub(super) fn path_of_page(page: &OfficePage, things: &Things, who: PersonId) -> String {
    let id = match page.path.split('/').nth(1) {
        Some("operations") => things.operation.clone(),
        Some("sets") => things.set.clone(),
        Some("imports") => things.import.clone(),
        Some("companies") => things.company.to_string(),
        Some("client-services") => things.service.to_string(),
        // Each has a passkey of its own number.
        Some("account") => who.to_string(),
        _ => things.person.to_string(),
    };
    let path = page
        .path
        .replace("{id}", &id)
        .replace("{number}", "1")
        .replace("{alias}", &things.credential)
        .replace("{endpoint}", &things.endpoint)
        .replace("{backend}", "hsm")
        .replace("{key}", &things.key)
        .replace("{language}", "pt")
        .replace("{code}", "AAAA")
        .replace("{reason}", "lint-failed");
    format!("/office{}", path.trim_end_matches('/'))
}

/// A passkey of the same number as its owner, with which nobody signs.
pub(super) async fn give_passkey(house: &House, person: PersonId) {
    let app = &house.service.app;
    let id = person.as_i64();
    let passkey = KeptPasskey {
        id: PersonCredentialId::from_i64(id),
        person,
        handle: id.to_be_bytes().to_vec(),
        name: "a phone".to_owned(),
        value: br#"{"credential_id":[1],"public_key":[],"counter":0,"algorithm":-7}"#.to_vec(),
        counter: 0,
        created: app.now(),
        seen: None,
    };
    let entry = AuditEntry {
        id: draw(app).unwrap().as_i64(),
        at: app.now(),
        actor: Actor::Person(person),
        action: AuditAction::PasskeyAdded,
        person,
        about: None,
        detail: String::new(),
        address: None,
    };
    let mut sha256 = [7; 32];
    sha256[..8].copy_from_slice(&id.to_be_bytes());
    let answered = AnsweredChallenge { sha256, ends: app.now().plus_ms(60_000) };
    assert!(app.store.add_passkey(&passkey, &[], &answered, &entry).await.unwrap());
}

async fn everybody(house: &House, client: &Client) -> Vec<Somebody> {
    let reader = &house.service.app.reader;
    let service = reader.client_service_by_alias(&client.alias).await.unwrap().unwrap();
    let sight = |role: Role| match role {
        Role::Administrator | Role::Auditor => Sight::Everything,
        Role::Partner => Sight::Of { companies: vec![service.issuer], client_services: Vec::new() },
        Role::Issuer => Sight::Of { companies: Vec::new(), client_services: vec![service.id] },
    };
    let mut all = Vec::new();
    for (role, rights) in WHO {
        let somebody = house.somebody(role, rights, sight(role)).await;
        give_passkey(house, somebody.id).await;
        all.push(somebody);
    }
    all
}

#[test]
fn every_page_is_for_whom_it_is_and_nobody_else_sees_that_it_is() {
    run(async {
        let house = House::new().await;
        let client = house.service.client().await;
        let mut all = everybody(&house, &client).await;
        let things = Things::of(&house, (all[6].id, all[0].id), &client).await;
        let mut never = house.tab("192.0.2.1");
        never.cookie.clone_from(&all[0].tab.cookie);
        let unknown = never.get("/office/people/1").await;
        assert_eq!(unknown.status, 404);
        let mut looked = 0;
        for page in PAGES {
            for (number, somebody) in all.iter_mut().enumerate() {
                let path = &path_of_page(page, &things, somebody.id);
                // A form that says nothing that is done: what matters is who gets as far.
                somebody.tab.get("/office").await;
                let look = somebody.tab.get(path).await;
                judge(page.look, number, &look, &format!("{:?} looks at {path}", WHO[number]));
                if page.path == "/sign-out" {
                    continue;
                }
                let mut tab = somebody.tab.clone();
                let sent = tab.send(path, &[]).await;
                judge(page.send, number, &sent, &format!("{:?} sends {path}", WHO[number]));
                looked += 2;
            }
            let path = &path_of_page(page, &things, all[0].id);
            for (admission, answer) in [
                (page.look, house.tab("192.0.2.77").get(path).await),
                (page.send, house.tab("192.0.2.78").send(path, &[]).await),
            ] {
                match admission {
                    None => assert_eq!(answer.status, 405, "{path}"),
                    Some(Admission::Anyone) => assert_ne!(answer.status, 303, "{path}"),
                    Some(_) => {
                        let place = answer.header("location");
                        assert!(place.starts_with("/office/sign-in"), "{path}: {place}");
                    }
                }
            }
        }
        assert!(looked > 150, "{looked}");
        house.service.stop().await;
    });
}

fn judge(admission: Option<Admission>, who: usize, answer: &Answer, what: &str) {
    let status = answer.status;
    match admission {
        None => assert_eq!(status, 405, "{what}"),
        Some(Admission::Anyone) => {
            assert!([200, 303, 404, 422, 429].contains(&status), "{what}: {status}");
        }
        // They owe no second step.
        Some(Admission::Half) => assert_eq!(answer.header("location"), "/office", "{what}"),
        Some(Admission::SignedIn | Admission::Enrolling) => {
            assert!([200, 303, 422].contains(&status), "{what}: {status}");
        }
        Some(Admission::Person(permission) | Admission::Proved(permission)) => {
            if may(who, permission) {
                assert!([200, 303, 422].contains(&status), "{what}: {status}");
                assert!(!answer.header("location").contains("sign-in"), "{what}");
            } else {
                assert_eq!(status, 404, "{what}");
                assert!(answer.text().contains("There is no such page"), "{what}");
            }
        }
    }
}

#[test]
fn the_menu_has_what_a_person_may_see_and_nothing_else() {
    run(async {
        let house = House::new().await;
        let client = house.service.client().await;
        let mut all = everybody(&house, &client).await;
        for (number, somebody) in all.iter_mut().enumerate() {
            let page = somebody.tab.get("/office").await;
            let has = |link: &str| page.text().contains(&format!("href=\"{link}\""));
            let what = format!("{:?}", WHO[number]);
            assert_eq!(has("/office/people"), may(number, Permission::SeePeople), "{what}");
            assert!(has("/office/account") && has("/office"), "{what}");
            let account = somebody.tab.get("/office/account").await;
            assert!(!account.text().contains("/office/people/"), "{what}");
            if may(number, Permission::SeePeople) {
                let list = somebody.tab.get("/office/people").await;
                let invites = list.text().contains("/office/people/invite");
                assert_eq!(invites, may(number, Permission::ManagePeople), "{what}");
                let one = somebody.tab.get(&format!("/office/people/{}", somebody.id)).await;
                assert!(!one.text().contains("name=\"do\""), "{what} changes itself");
            }
        }
        house.service.stop().await;
    });
}

#[test]
fn nobody_gets_further_for_having_shown_who_one_is_long_ago() {
    run(async {
        let house = House::new().await;
        let mut ana = house.administrator().await;
        let client = house.service.client().await;
        let things = Things::of(&house, (ana.id, ana.id), &client).await;
        house.pass(6 * 60_000);
        ana.tab.get("/office").await;
        for page in PAGES {
            let path = path_of_page(page, &things, ana.id);
            let proved = |admission: Option<Admission>| {
                matches!(admission, Some(Admission::Proved(_) | Admission::Enrolling))
            };
            if proved(page.look) {
                let answer = ana.tab.get(&path).await;
                assert!(answer.header("location").starts_with("/office/prove?"), "{path}");
            }
            if proved(page.send) {
                let answer = ana.tab.send(&path, &[("do", "disable")]).await;
                assert!(answer.header("location").starts_with("/office/prove?"), "{path}");
            }
        }
        house.service.stop().await;
    });
}

#[test]
fn what_is_seen_is_what_was_given() {
    let (company, service) = (CompanyId::from_i64(1), ClientServiceId::from_i64(2));
    let of = |companies: &[CompanyId], client_services: &[ClientServiceId]| Sight::Of {
        companies: companies.to_vec(),
        client_services: client_services.to_vec(),
    };
    assert!(Sight::Everything.shows(company, service));
    assert!(of(&[company], &[]).shows(company, ClientServiceId::from_i64(9)));
    assert!(of(&[], &[service]).shows(CompanyId::from_i64(9), service));
    assert!(!of(&[], &[service]).shows(company, ClientServiceId::from_i64(9)));
    assert!(!of(&[], &[]).shows(company, service) && of(&[], &[]).is_blind());
}

/// A page that nobody wrote into the table is served to nobody.
#[test]
fn every_route_is_in_the_table() {
    run(async {
        let house = House::new().await;
        let mut ana = house.administrator().await;
        give_passkey(&house, ana.id).await;
        let mut tab: Tab = ana.tab.clone();
        tab.get("/office").await;
        let things = Things::of(&house, (ana.id, ana.id), &house.service.client().await).await;
        for page in PAGES.iter().filter(|page| page.look.is_some()) {
            let path = path_of_page(page, &things, ana.id);
            let status = ana.tab.get(&path).await.status;
            // The invitation of this code is none.
            let expected = if page.path.contains("{code}") { 404 } else { 200 };
            assert!(status == expected || status == 303, "{path}: {status}");
        }
        house.service.stop().await;
    });
}
