//! People in the database: what is asked of it, and what it decides when two ask at once.

use chancery::domain::audit::{
    Actor, AuditAction, AuditEntry, AuditFilter, AuditPlace, AuditSubject,
};
use chancery::domain::credential::{Credential, CredentialStatus};
use chancery::domain::delivery::MailAddress;
use chancery::domain::first_import::CredentialImport;
use chancery::domain::ids::{
    ClientServiceId, CompanyId, CredentialId, InvitationId, MessageId, PersonCredentialId,
    PersonId, RenewalId, SessionId,
};
use chancery::domain::instant::Instant;
use chancery::domain::language::Language;
use chancery::domain::listing::{ErrorCode, FilterName, OperationFilter, SavedFilter};
use chancery::domain::outbox::{Message, MessageKind, Target};
use chancery::domain::person::{
    Person, PersonCredentialKind, PersonStatus, Rights, Role, Sight, Theme,
};
use chancery::domain::renewal::{CredentialRenewal, RenewalState};
use chancery::domain::session::{Invitation, PersonSession, SessionStage};
use chancery::store::people::{
    AnsweredChallenge, KeptPasskey, NewCredential, NewInvitation, NewSession, PasskeyUse,
};
use chancery::store::sealed_secrets::SecretPlace;
use chancery::store::{Error, Store};

const AT: Instant = Instant::from_unix_ms(1_795_342_761_000);
const LATER: Instant = AT.plus_ms(60_000);

fn person(number: i64, role: Role, sight: Sight) -> Person {
    Person {
        id: PersonId::from_i64(number),
        address: MailAddress::parse(&format!("Ana{number}@acme.example")).unwrap(),
        name: "Ana".to_owned(),
        language: Language::Pt,
        theme: Theme::Dark,
        role,
        rights: Rights::Operator,
        sight,
        status: PersonStatus::Invited,
        created: AT,
    }
}

fn invitation(number: i64, person: PersonId) -> Invitation {
    Invitation {
        id: InvitationId::from_i64(number),
        person,
        created: AT,
        expires: LATER,
        used: None,
        revoked: None,
    }
}

fn entry(number: i64, person: PersonId, action: AuditAction) -> AuditEntry {
    AuditEntry {
        id: number,
        at: AT,
        actor: Actor::Command,
        action,
        person,
        about: None,
        detail: "a word".to_owned(),
        address: Some("192.0.2.1".to_owned()),
    }
}

fn credential(number: i64, kind: PersonCredentialKind) -> NewCredential {
    NewCredential { id: PersonCredentialId::from_i64(number), kind, value: vec![7], last_step: 5 }
}

fn session(number: i64, person: PersonId) -> NewSession {
    let session = PersonSession {
        id: SessionId::from_i64(number),
        person,
        stage: SessionStage::Half,
        created: AT,
        seen: AT,
        proved: AT,
        ends: LATER,
        address: "192.0.2.1".to_owned(),
        agent: "a browser".to_owned(),
    };
    NewSession { session, token_sha256: [u8::try_from(number).unwrap(); 32] }
}

/// Asks everything about the renewal of a credential once. The store has a credential and people of number 1 and 2.
/// What a person keeps: one of a name, no more than is said.
pub(crate) async fn ask_filters(store: &Store) {
    let ana = PersonId::from_i64(1);
    let filter = |name: &str| SavedFilter {
        name: FilterName::parse(name).unwrap(),
        choice: OperationFilter { error: ErrorCode::parse("lint-failed"), ..Default::default() },
    };
    let (one, other) = (filter("one"), filter("other"));
    let entry = |number| entry(number, ana, AuditAction::PersonChanged);
    assert!(store.save_filter(ana, &one, (1, AT), &entry(80)).await.unwrap());
    assert!(store.save_filter(ana, &one, (1, LATER), &entry(81)).await.unwrap());
    assert!(!store.save_filter(ana, &other, (1, LATER), &entry(82)).await.unwrap());
    assert_eq!(store.reader().saved_filters(ana).await.unwrap(), std::slice::from_ref(&one));
    assert!(store.forget_filter(ana, &one.name, &entry(83)).await.unwrap());
    assert!(!store.forget_filter(ana, &one.name, &entry(84)).await.unwrap());
    assert!(store.reader().saved_filters(ana).await.unwrap().is_empty());
}

pub(crate) async fn ask_renewals(store: &Store) {
    let (ana, rui) = (PersonId::from_i64(1), PersonId::from_i64(2));
    let credential = CredentialId::from_i64(1);
    let proposal = |number, alias: &str| CredentialRenewal {
        id: RenewalId::from_i64(number),
        credential,
        alias: alias.to_owned(),
        chain_der: vec![vec![0x30, 0]],
        state: RenewalState::Open,
        proposed_by: ana,
        proposed: AT,
        decided_by: None,
        decided: None,
    };
    let entry = |number| entry(number, ana, AuditAction::RenewalProposed);
    let (first, second) = (proposal(1, "renewed"), proposal(2, "renewed"));
    assert!(store.propose_renewal(&first, &entry(70)).await.unwrap());
    assert!(!store.propose_renewal(&second, &entry(70)).await.unwrap(), "it was asked for before");
    let waits = store.propose_renewal(&second, &entry(71)).await;
    assert!(matches!(waits, Err(Error::Exists { .. })), "one at a time waits");
    let decided = (rui, LATER);
    assert_eq!(store.refuse_renewal(&first, decided, &entry(72)).await.unwrap(), Some(true));
    assert_eq!(store.refuse_renewal(&first, decided, &entry(72)).await.unwrap(), None);
    let new = Credential {
        id: CredentialId::from_i64(9),
        alias: "renewed".to_owned(),
        backend: "hsm".to_owned(),
        chain_der: vec![vec![0x30, 0]],
        status: CredentialStatus::Active,
        created: LATER,
    };
    let over = store.confirm_renewal(&first, decided, &new, &entry(73)).await.unwrap();
    assert_eq!(over, Some(false), "it was refused");
    assert!(store.propose_renewal(&second, &entry(74)).await.unwrap());
    let done = store.confirm_renewal(&second, decided, &new, &entry(75)).await.unwrap();
    assert_eq!(done, Some(true));
    let reader = store.reader();
    assert_eq!(reader.credential(new.id).await.unwrap(), Some(new.clone()));
    let confirmed = reader.renewal(second.id).await.unwrap().unwrap();
    assert_eq!((confirmed.state, confirmed.decided_by), (RenewalState::Confirmed, Some(rui)));
    assert_eq!(reader.renewals_of(credential, 9).await.unwrap().len(), 2);
    imports(store, (ana, rui)).await;
    assert!(store.record_deed(&entry(76)).await.unwrap());
    assert!(!store.record_deed(&entry(76)).await.unwrap());
}

/// First certificates, proposed by one and decided by another.
async fn imports(store: &Store, (ana, rui): (PersonId, PersonId)) {
    let proposal = |number, alias: &str| CredentialImport {
        id: CredentialId::from_i64(number),
        alias: alias.to_owned(),
        backend: "hsm".to_owned(),
        chain_der: vec![vec![0x30, 0]],
        state: RenewalState::Open,
        proposed_by: ana,
        proposed: AT,
        decided_by: None,
        decided: None,
    };
    let entry = |number| entry(number, ana, AuditAction::ImportProposed);
    let (first, second) = (proposal(20, "first"), proposal(21, "first"));
    assert!(store.propose_import(&first, &entry(170)).await.unwrap());
    assert!(!store.propose_import(&second, &entry(170)).await.unwrap(), "it was asked for before");
    let waits = store.propose_import(&second, &entry(171)).await;
    assert!(matches!(waits, Err(Error::Exists { .. })), "one of a name waits");
    let reader = store.reader();
    assert_eq!(reader.open_imports().await.unwrap(), std::slice::from_ref(&first));
    let decided = (rui, LATER);
    assert_eq!(store.refuse_import(&first, decided, &entry(172)).await.unwrap(), Some(true));
    assert_eq!(store.refuse_import(&first, decided, &entry(172)).await.unwrap(), None);
    let over = store.confirm_import(&first, decided, &entry(173)).await.unwrap();
    assert_eq!(over, Some(false), "it was refused");
    assert!(store.propose_import(&second, &entry(174)).await.unwrap());
    let done = store.confirm_import(&second, decided, &entry(175)).await.unwrap();
    assert_eq!(done, Some(true));
    let confirmed = reader.import(second.id).await.unwrap().unwrap();
    assert_eq!((confirmed.state, confirmed.decided_by), (RenewalState::Confirmed, Some(rui)));
    let became = reader.credential(second.id).await.unwrap().unwrap();
    assert_eq!((became.alias.as_str(), became.created), ("first", LATER));
    assert!(reader.open_imports().await.unwrap().is_empty());
}

/// Asks everything once. The store has a company and a client service of number 1.
pub(crate) async fn ask(store: &Store) {
    let reader = store.reader();
    let ana = person(1, Role::Administrator, Sight::Everything);
    let sight = Sight::Of {
        companies: vec![CompanyId::from_i64(1)],
        client_services: vec![ClientServiceId::from_i64(1)],
    };
    let rui = person(2, Role::Issuer, sight);
    let target = Target::Mail { address: ana.address.clone(), language: None };
    let message = Message::due(MessageId::from_i64(990_001), MessageKind::Invitation, target, AT);
    let first = invitation(1, ana.id);
    let new = NewInvitation { invitation: &first, message: Some(&message) };
    let invited = |number, person| entry(number, person, AuditAction::PersonInvited);
    store.add_person(&ana, &new, &invited(1, ana.id)).await.unwrap();
    let second = invitation(2, rui.id);
    let new = NewInvitation { invitation: &second, message: None };
    store.add_person(&rui, &new, &invited(2, rui.id)).await.unwrap();
    let known = Person {
        address: MailAddress::parse("ANA2@acme.example").unwrap(),
        ..person(3, Role::Auditor, Sight::Everything)
    };
    let again = store.add_person(&known, &new, &invited(3, known.id)).await;
    assert!(matches!(again, Err(Error::Exists { .. })), "a mailbox is one person's");
    assert_eq!(reader.people().await.unwrap(), [ana.clone(), rui.clone()]);
    assert_eq!(reader.person(rui.id).await.unwrap(), Some(rui.clone()));
    let folded = MailAddress::parse("aNA1@ACME.example").unwrap();
    assert_eq!(reader.person_by_address(&folded).await.unwrap(), Some(ana.clone()));

    let act = |number| entry(number, ana.id, AuditAction::PersonChanged);
    let password = || credential(1, PersonCredentialKind::Password);
    for (at, done) in [(10, true), (11, false)] {
        let session = session(at, ana.id);
        let accepted = store.accept_invitation(&first, &password(), &session, &act(at)).await;
        assert_eq!(accepted.unwrap(), done, "an invitation is used once");
    }
    assert!(reader.invitation(first.id).await.unwrap().unwrap().used.is_some());
    credentials(store, ana.id).await;
    passkeys(store, ana.id).await;
    sessions(store, ana.id).await;

    // The only one who manages people stays one who does.
    let lesser = Person { role: Role::Auditor, ..ana.clone() };
    assert!(!store.change_person(&lesser, true, &act(30)).await.unwrap());
    assert!(!store.disable_person(ana.id, true, AT, &act(31)).await.unwrap());
    let third = invitation(3, ana.id);
    let new = NewInvitation { invitation: &third, message: None };
    assert!(!store.reset_person(ana.id, true, &new, &act(32)).await.unwrap());
    let kept = reader.person(ana.id).await.unwrap().unwrap();
    assert_eq!((kept.role, kept.status), (Role::Administrator, PersonStatus::Active));
    assert!(store.reset_person(ana.id, false, &new, &act(33)).await.unwrap());
    assert!(reader.person_credentials(ana.id).await.unwrap().is_empty());
    assert!(reader.sessions_of(ana.id).await.unwrap().is_empty());
    assert!(store.disable_person(rui.id, false, AT, &act(34)).await.unwrap());
    assert!(reader.invitation(second.id).await.unwrap().unwrap().revoked.is_some());
    store.enable_person(rui.id, PersonStatus::Invited, &act(35)).await.unwrap();
    store.record_audit(&entry(36, rui.id, AuditAction::SignInFailed)).await.unwrap();
    let about = AuditSubject::ClientService(ClientServiceId::from_i64(1));
    assert_eq!(reader.audit_about(about, 1).await.unwrap(), []);
    let newest = reader.audit_of(rui.id, 1).await.unwrap();
    assert_eq!(newest, [entry(36, rui.id, AuditAction::SignInFailed)]);
    assert!(reader.is_recorded(36).await.unwrap() && !reader.is_recorded(37).await.unwrap());
    audit_record(store, rui.id).await;
}

/// The record as a whole, chosen in every way, and as a chain.
async fn audit_record(store: &Store, person: PersonId) {
    let reports = store.reports();
    let by = |actor| AuditFilter { actor: Some(actor), ..AuditFilter::default() };
    let choices = [
        AuditFilter::default(),
        by(Actor::Person(person)),
        by(Actor::Command),
        AuditFilter { action: Some(AuditAction::SignInFailed), ..AuditFilter::default() },
        AuditFilter { about: Some(person), from: Some(AT), ..AuditFilter::default() },
        AuditFilter { from: Some(AT), until: Some(LATER), ..AuditFilter::default() },
    ];
    for choice in &choices {
        reports.audit_entries(choice, AuditPlace::BEGINNING, 10).await.unwrap();
    }
    let reader = store.reader();
    let head = reader.audit_head().await.unwrap().unwrap();
    let chained = reader.chained((0, head.place), 1000).await.unwrap();
    assert_eq!(chained.last().map(|last| last.hash), Some(head.hash));
    assert_eq!(reader.unchained().await.unwrap(), None);
}

async fn credentials(store: &Store, ana: PersonId) {
    let reader = store.reader();
    let here = (ana, SessionId::from_i64(10));
    let act = |number| entry(number, ana, AuditAction::SecondFactorSet);
    let app = credential(2, PersonCredentialKind::Totp);
    let code = credential(3, PersonCredentialKind::Recovery);
    store.set_second_factor(here, &[app, code], AT, &act(20)).await.unwrap();
    let app = PersonCredentialId::from_i64(2);
    for (step, taken) in [(5, false), (6, true), (6, false), (4, false), (7, true)] {
        assert_eq!(store.take_step(app, step).await.unwrap(), taken, "{step}");
    }
    let code = PersonCredentialId::from_i64(3);
    assert!(store.spend_recovery_code(code, AT, &act(21)).await.unwrap());
    assert!(!store.spend_recovery_code(code, AT, &act(22)).await.unwrap());
    let code = credential(4, PersonCredentialKind::Recovery);
    store.set_recovery_codes(ana, &[code], AT, &act(23)).await.unwrap();
    let password = credential(5, PersonCredentialKind::Password);
    store.change_password(here, &password, AT, &act(24)).await.unwrap();
    let kept = reader.person_credentials(ana).await.unwrap();
    let kept: Vec<i64> = kept.iter().map(|it| it.id.as_i64()).collect();
    assert_eq!(kept, [2, 4, 5]);
    let sealed = reader.sealed_secrets().await.unwrap();
    let apps = sealed.iter().filter(|(place, _)| matches!(place, SecretPlace::SecondFactor { .. }));
    assert_eq!(apps.count(), 1);
    assert!(reader.needs_its_key().await.unwrap());
}

async fn passkeys(store: &Store, ana: PersonId) {
    let reader = store.reader();
    let act = |number| entry(number, ana, AuditAction::PasskeyAdded);
    let kept = KeptPasskey {
        id: PersonCredentialId::from_i64(6),
        person: ana,
        handle: vec![1, 2],
        name: "phone".to_owned(),
        value: b"{}".to_vec(),
        counter: 2,
        created: AT,
        seen: None,
    };
    let answered = |number| AnsweredChallenge { sha256: [number; 32], ends: LATER };
    assert!(store.add_passkey(&kept, &[], &answered(1), &act(50)).await.unwrap());
    assert!(!store.add_passkey(&kept, &[], &answered(1), &act(51)).await.unwrap(), "answered");
    let known = store.add_passkey(&kept, &[], &answered(2), &act(52)).await;
    assert!(matches!(known, Err(Error::Exists { .. })));
    assert_eq!(reader.passkeys_of(ana).await.unwrap().len(), 1);
    assert_eq!(reader.passkey(&[1]).await.unwrap().map(|it| it.id), None);
    for (number, counter, done) in [(3, 3, true), (3, 4, false), (4, 3, false), (5, 4, true)] {
        let used = PasskeyUse { id: kept.id, value: b"[]".to_vec(), counter };
        let new = session(i64::from(number) + 100, ana);
        let entry = act(i64::from(number) * 10 + counter + 60);
        let (answered, before) = (answered(number), SessionId::from_i64(103));
        let opened = store.open_session_by_passkey(&used, &answered, (&new, Some(before)), &entry);
        assert_eq!(opened.await.unwrap(), done, "{number} {counter}");
    }
    let found = reader.passkey(&[1, 2]).await.unwrap().unwrap();
    assert_eq!((found.counter, found.seen, found.value), (4, Some(AT), b"[]".to_vec()));
    let first = (ana, SessionId::from_i64(10));
    assert!(store.remove_passkey(first, kept.id, &act(53)).await.unwrap());
    assert!(!store.remove_passkey(first, kept.id, &act(54)).await.unwrap());
    assert!(!reader.has_ended_challenges(AT).await.unwrap());
    assert!(reader.has_ended_challenges(LATER).await.unwrap());
    store.sweep_challenges(LATER).await.unwrap();
    assert!(!reader.has_ended_challenges(LATER).await.unwrap());
}

async fn sessions(store: &Store, ana: PersonId) {
    let reader = store.reader();
    let act = entry(25, ana, AuditAction::SignedIn);
    let first = SessionId::from_i64(10);
    store.open_session(&session(12, ana), Some(first), Some(&act)).await.unwrap();
    assert_eq!(reader.session([10; 32]).await.unwrap(), None, "its token is good no more");
    let found = reader.session([12; 32]).await.unwrap().unwrap();
    assert_eq!(found, session(12, ana).session);
    store.note_session(found.id, LATER).await.unwrap();
    assert_eq!(reader.sessions_of(ana).await.unwrap()[0].seen, LATER);
    let end = |number| entry(number, ana, AuditAction::SessionEnded);
    store.end_session(PersonId::from_i64(2), found.id, &end(26)).await.unwrap();
    assert_eq!(reader.sessions_of(ana).await.unwrap().len(), 1, "it is another's");
    store.open_session(&session(13, ana), None, None).await.unwrap();
    store.end_other_sessions(ana, found.id, &end(27)).await.unwrap();
    assert_eq!(reader.session([13; 32]).await.unwrap(), None);
    assert!(!reader.has_ended_sessions(AT).await.unwrap());
    assert!(reader.has_ended_sessions(LATER).await.unwrap());
    store.sweep_sessions(LATER).await.unwrap();
    store.open_session(&session(14, ana), None, None).await.unwrap();
    store.end_session(ana, SessionId::from_i64(14), &end(28)).await.unwrap();
    assert!(reader.sessions_of(ana).await.unwrap().is_empty());
}
