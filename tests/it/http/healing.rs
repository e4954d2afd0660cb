//! Tokens that fail and come back: what waits goes on by itself, at once, and `/readyz` says how it is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chancery::app::App;
use chancery::keys::{BackendConfig, Pkcs11Config};
use chancery::pki::algorithm::KeyKind;
use chancery::pki::certificate::Chain;
use chancery::workflow::alarms::Watcher;
use chancery::workflow::quarantine::{self, Released};
use serde_json::Value;
use sqlx::Row as _;

use crate::support::authority::AUTHORITY;
use crate::support::client::{Client, HTTP, PATIENCE, all_sealed, small};
use crate::support::service::{Service, Setup, run, unique};
use crate::support::shim::{Shim, TRIAL};

/// SHA-256 of what trial signatures are over.
fn trial() -> String {
    chancery::domain::text::hex(&chancery::pki::digest::sha256(TRIAL))
}

/// A P-256 key in the shim's token with a certificate of the authority.
async fn sealing(shim: &Shim) -> Chain {
    let keyring = shim.token.keyring();
    let label = unique("seal");
    keyring.generate("hsm", &label, KeyKind::P256).await.unwrap();
    let key = Arc::new(keyring.public_key("hsm", &label).await.unwrap());
    AUTHORITY.chain_for("CN=Shaky seal", &key).await
}

fn settings(shim: &Shim) -> BackendConfig {
    BackendConfig::Pkcs11(Pkcs11Config {
        sessions: 2,
        call_deadline_ms: 300,
        deadline_ms: 2000,
        ..shim.token.config()
    })
}

/// Probes come quickly, tries of operations never by themselves: what goes on does because a key healed.
fn setup(back_ends: Vec<(&'static str, BackendConfig)>) -> Setup {
    let mut setup = Setup::new();
    setup.back_ends = back_ends;
    setup.config.workflow.probe_ms = 100;
    setup.config.workflow.retry_ladder_ms = vec![600_000];
    setup
}

async fn readyz(service: &Service) -> (u16, Value) {
    let answer = HTTP.get(format!("{}/readyz", service.base)).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// What `/readyz` tells who comes over a proxy from there.
async fn told(service: &Service, from: &str) -> Vec<String> {
    let asked = HTTP.get(format!("{}/readyz", service.base)).header("x-forwarded-for", from);
    let body: Value = asked.send().await.unwrap().json().await.unwrap();
    let mut members: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
    members.sort();
    members
}

#[test]
fn strangers_hear_whether_it_is_ready_and_no_names() {
    run(async {
        let mut setup = Setup::new();
        setup.config.web.monitors = vec!["192.0.2.0/24".parse().unwrap()];
        let service = setup.start().await;
        service.client().await;
        for stranger in ["203.0.113.9", "127.0.0.1", "192.0.2.1, 203.0.113.9"] {
            let told = told(&service, stranger).await;
            assert_eq!(told, ["clock", "database", "keys", "status"], "{stranger}");
        }
        for details in
            [readyz(&service).await.1.to_string(), told(&service, "192.0.2.9").await.concat()]
        {
            assert!(details.contains("credentials"), "{details}");
        }
        service.stop().await;
    });
}

/// Waits until `/readyz` says so.
async fn until_ready(service: &Service, says: impl Fn(u16, &Value) -> bool) -> Value {
    let mut last = Value::Null;
    let seen = tokio::time::timeout(PATIENCE, async {
        loop {
            let (status, body) = readyz(service).await;
            if says(status, &body) {
                return body;
            }
            last = body;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    seen.await.unwrap_or_else(|_| panic!("it never said so: {last}"))
}

fn state_of<'a>(body: &'a Value, alias: &str) -> &'a str {
    let credentials = body["credentials"].as_array().unwrap();
    let found = credentials.iter().find(|it| it["alias"] == alias).unwrap();
    found["state"].as_str().unwrap()
}

/// Sends a document that cannot be sealed now; returns its reference.
async fn postponed(client: &Client) -> String {
    let reference = unique("healing");
    let answer = client.sign(&small(&reference)).await;
    let body = answer.good();
    assert_eq!(body["status"], "EXECUTION_ERROR", "{body}");
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=600).contains(&seconds), "{seconds}");
    reference
}

/// Waits for what goes on by itself.
async fn sealed_in_the_end(client: &Client, reference: &str) {
    let body = client.finished(reference).await;
    assert_eq!(body["status"], "EXECUTED", "{body}");
    assert_eq!(body["documentList"][0]["signStatus"], "SIGNED", "{body}");
}

/// Every digest that keys were shown for documents was an intent first, and none was shown for two.
async fn every_digest_is_an_intent(service: &Service, shims: &[&Shim]) {
    let pool = sqlx::AnyPool::connect(&service.database).await.unwrap();
    let rows = sqlx::query("SELECT digest FROM intent").fetch_all(&pool).await.unwrap();
    pool.close().await;
    let intents: Vec<String> =
        rows.iter().map(|row| chancery::domain::text::hex(&row.get::<Vec<u8>, _>(0))).collect();
    let distinct: BTreeSet<&String> = intents.iter().collect();
    assert_eq!(distinct.len(), intents.len(), "one digest per document");
    for shim in shims {
        for digest in shim.calls("C_Sign").into_iter().filter(|digest| *digest != trial()) {
            assert!(distinct.contains(&digest), "{digest} is no intent");
        }
    }
}

#[test]
fn a_token_heals_and_what_waits_goes_on_at_once() {
    run(async {
        let shim = Shim::new("heals");
        let chain = sealing(&shim).await;
        let service = setup(vec![("shaky", settings(&shim))]).start().await;
        let (client, alias) = service.client_on("shaky", &chain).await;
        until_ready(&service, |status, body| status == 200 && body["status"] == "ok").await;
        all_sealed(&client.sign(&small(&unique("before"))).await.good());
        for fault in [
            "C_Sign error CKR_DEVICE_ERROR",
            "C_Sign error CKR_SESSION_HANDLE_INVALID\nC_OpenSession error CKR_HOST_MEMORY",
            "C_GetSlotList wrong\nC_GetSessionInfo error CKR_SESSION_HANDLE_INVALID\n\
             C_Sign error CKR_SESSION_HANDLE_INVALID",
        ] {
            shim.say(fault);
            let reference = postponed(&client).await;
            // Twice: what is asked while it fails, and what finds it failing.
            let other = postponed(&client).await;
            let body = until_ready(&service, |status, _| status == 503).await;
            assert_eq!((&body["keys"], &body["database"]), (&"not available".into(), &"ok".into()));
            assert_eq!(state_of(&body, &alias), "failing", "{body}");
            assert_eq!(body["backEnds"][0]["state"], "failing", "{body}");
            for of in ["credentials", "backEnds"] {
                assert!(body[of][0]["failingSeconds"].is_u64(), "{body}");
            }
            shim.say("");
            // What was asked before may still fail.
            let before = shim.calls("C_Sign").len();
            for reference in [reference, other] {
                sealed_in_the_end(&client, &reference).await;
            }
            let after = shim.calls("C_Sign").split_off(before);
            let probes = after.iter().filter(|digest| **digest == trial()).count();
            let first = after.iter().position(|digest| *digest != trial()).unwrap_or_default();
            println!("{fault:?}: {probes} probes, the first seal after {first}");
            assert!(first <= 2, "the next probe brings it on, or the one after: {after:?}");
            let body =
                until_ready(&service, |status, body| status == 200 && body["status"] == "ok").await;
            assert_eq!(state_of(&body, &alias), "ok");
            assert!(body["credentials"][0]["failingSeconds"].is_null(), "{body}");
        }
        every_digest_is_an_intent(&service, &[&shim]).await;
        service.stop().await;
    });
}

#[test]
fn a_token_that_hangs_takes_no_other_with_it() {
    run(async {
        let (hung, good) = (Shim::new("hangs"), Shim::new("good"));
        let chains = (sealing(&hung).await, sealing(&good).await);
        let back_ends = vec![("hung", settings(&hung)), ("good", settings(&good))];
        let service = setup(back_ends).start().await;
        let (client, alias) = service.client_on("hung", &chains.0).await;
        let (other, other_alias) = service.client_on("good", &chains.1).await;
        until_ready(&service, |status, body| status == 200 && body["status"] == "ok").await;

        hung.say("C_Sign hang");
        let mut waiting = Vec::new();
        for _ in 0..4 {
            waiting.push(postponed(&client).await);
            all_sealed(&other.sign(&small(&unique("beside"))).await.good());
        }
        let body = until_ready(&service, |_, body| state_of(body, &alias) == "failing").await;
        assert_eq!((&body["status"], &body["keys"]), (&"degraded".into(), &"ok".into()), "{body}");
        assert_eq!(state_of(&body, &other_alias), "ok", "{body}");
        println!("meanwhile: {body}");
        // Until nothing is asked any more: every thread of the token hangs.
        let stuck = tokio::time::timeout(PATIENCE, async {
            while service.app.keyring.condition("hung").await.is_ok()
                || hung.calls("C_Sign").iter().rev().take_while(|it| **it == trial()).count() < 2
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        stuck.await.expect("the token goes out of service");
        all_sealed(&other.sign(&small(&unique("beside"))).await.good());

        hung.say("");
        for reference in waiting {
            sealed_in_the_end(&client, &reference).await;
        }
        until_ready(&service, |status, body| status == 200 && body["status"] == "ok").await;
        every_digest_is_an_intent(&service, &[&hung, &good]).await;
        service.stop().await;
    });
}

/// Never ok while every signature fails, whatever the token says of itself.
#[test]
fn a_service_whose_keys_never_signed_is_not_ready() {
    run(async {
        let shim = Shim::new("never");
        let chain = sealing(&shim).await;
        let first = setup(vec![("shaky", settings(&shim))]).start().await;
        let (_, alias) = first.client_on("shaky", &chain).await;
        shim.say("C_Sign error CKR_FUNCTION_FAILED");
        let mut setup = Setup::same_database(&first);
        setup.back_ends = vec![("shaky", settings(&shim))];
        let second = setup.start().await;
        let (status, body) = readyz(&second).await;
        assert_eq!((status, state_of(&body, &alias)), (503, "failing"), "{body}");
        assert!(second.app.keyring.condition("shaky").await.is_ok(), "the token itself is well");
        second.stop().await;
        first.stop().await;
    });
}

/// Whoever repeats a request where the key signs is answered with the seal, although nobody noticed there
/// that it had not signed: another process tried, and left the operation to its ladder.
#[test]
fn a_repeat_begins_the_next_try_where_the_key_is_well() {
    run(async {
        let (shaky, well) = (Shim::new("repeat-shaky"), Shim::new("repeat-well"));
        let chain = sealing(&shaky).await;
        let first = setup(vec![("shaky", settings(&shaky))]).start().await;
        let (client, _) = first.client_on("shaky", &chain).await;
        // The same token, by a module that never fails.
        let mut second = Setup::same_database(&first);
        second.config.workflow.retry_ladder_ms = vec![600_000];
        second.back_ends = vec![(
            "shaky",
            BackendConfig::Pkcs11(Pkcs11Config {
                module: well.token.config().module,
                ..shaky.token.config()
            }),
        )];
        let second = second.start().await;
        for service in [&first, &second] {
            until_ready(service, |status, body| status == 200 && body["status"] == "ok").await;
        }
        shaky.say("C_Sign error CKR_DEVICE_ERROR");
        let wish = small(&unique("repeated"));
        let waiting = client.sign(&wish).await.good();
        assert_eq!(waiting["status"], "EXECUTION_ERROR", "{waiting}");
        let again = client.sign(&wish).await;
        assert_eq!(again.good()["status"], "EXECUTION_ERROR", "the key is not well here");

        let again = client.at(&second.base).await.sign(&wish).await;
        assert_eq!(again.header("idempotent-replayed"), "true");
        let again = again.good();
        assert_eq!((&again["id"], &again["status"]), (&waiting["id"], &"EXECUTED".into()));
        every_digest_is_an_intent(&second, &[&shaky, &well]).await;
        first.stop().await;
        second.stop().await;
    });
}

/// A wrong value is thrown away, its key used by nobody (not by a service that starts later either), and
/// released by an operator after a good trial signature.
#[test]
fn a_key_that_answered_wrongly_waits_for_its_release() {
    run(async {
        let shim = Shim::new("wrong");
        let chain = sealing(&shim).await;
        let service = setup(vec![("shaky", settings(&shim))]).start().await;
        let (client, alias) = service.client_on("shaky", &chain).await;
        until_ready(&service, |status, body| status == 200 && body["status"] == "ok").await;
        shim.say("C_Sign wrong");
        let reference = postponed(&client).await;
        let body = until_ready(&service, |status, _| status == 503).await;
        assert_eq!(state_of(&body, &alias), "quarantined", "{body}");

        // It could sign well again; nobody asks it, here or elsewhere.
        shim.say("");
        let mut later = Setup::same_database(&service);
        later.config.workflow.probe_ms = 100;
        later.back_ends = vec![("shaky", settings(&shim))];
        let later = later.start().await;
        let asked = shim.calls("C_Sign").len();
        let body = until_ready(&later, |_, body| state_of(body, &alias) == "quarantined").await;
        assert_eq!(body["keys"], "not available", "{body}");
        let other = postponed(&client).await;
        assert_eq!(shim.calls("C_Sign").len(), asked, "a key in quarantine is not asked");
        let pool = sqlx::AnyPool::connect(&service.database).await.unwrap();
        let newest = "SELECT failures FROM operation ORDER BY id DESC LIMIT 1";
        let failures: i64 = sqlx::query_scalar(newest).fetch_one(&pool).await.unwrap();
        pool.close().await;
        assert_eq!(failures, 0, "what is not asked does not fail: its documents wait");

        let mut watcher = Watcher::default();
        watcher.look(&service.app).await.unwrap();
        let standing = async || {
            let all = service.app.reader.alarms().await.unwrap();
            let standing = all.into_iter().filter(|it| it.cleared.is_none());
            standing.map(|it| it.name).collect::<Vec<_>>()
        };
        assert_eq!(standing().await, [format!("key:{alias}/quarantined")]);

        // What the command does, in a process of its own. A value that is wrong still releases nothing.
        let command = operator(&service, &shim).await;
        shim.say("C_Sign wrong");
        let refused = quarantine::release(&command, &alias).await.unwrap_err();
        println!("while it is wrong: {}", chancery::domain::sources::sources(&refused));
        shim.say("");
        let command = operator(&service, &shim).await;
        let released = quarantine::release(&command, &alias).await.unwrap();
        assert!(matches!(released, Released::Yes(_)), "{released:?}");
        for reference in [reference, other] {
            sealed_in_the_end(&client, &reference).await;
        }
        for service in [&service, &later] {
            let body = until_ready(service, |status, body| status == 200 && body["status"] == "ok");
            assert_eq!(state_of(&body.await, &alias), "ok");
        }
        watcher.look(&service.app).await.unwrap();
        assert!(standing().await.is_empty());
        every_digest_is_an_intent(&service, &[&shim]).await;
        later.stop().await;
        service.stop().await;
    });
}

/// The house as a command assembles it over the same database, with no loops.
async fn operator(service: &Service, shim: &Shim) -> Arc<App> {
    let mut setup = Setup::same_database(service);
    setup.back_ends = vec![("shaky", settings(shim))];
    setup.assemble().await
}
