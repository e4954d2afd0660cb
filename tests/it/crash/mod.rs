//! Kill -9 at every recorded step. The real binary, a real token, strace as the executioner and
//! OpenSC's pkcs11-spy as the witness of what the token was asked to sign.

mod disk;
mod lasting;
mod memory;
mod poison;
mod service;
mod stamped;
mod terminated;
mod witness;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery::domain::ids::{ExternalReference, OperationId};
use chancery::domain::scope::Scope;
use serde_json::{Value, json};

use service::{Installation, Kill};

/// What is sealed.
#[derive(Clone, Copy)]
struct Wish {
    documents: usize,
    /// Octets of each, about.
    octets: usize,
}

/// With the installation's chunks of five that is nine commits.
const SMALL: Wish = Wish { documents: 20, octets: 100 };

/// Contents are put down ahead: the original in two commits, what is sealed in as many.
const LARGE: Wish = Wish { documents: 1, octets: 200_000 };

/// Recorded in three portions.
const MANY: Wish = Wish { documents: 60, octets: 100 };

/// More steps than an operation has.
const MANY_STEPS: u32 = 30;

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Killed as the n-th commit reaches the disk, for every n until the operation has no more.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_commit() {
    let installation = Installation::new().await;
    // accept, and for each of four chunks the intents and the outcomes
    assert!(killed_at_each(&installation, SMALL).await >= 9);
}

/// The same of documents that are put down ahead; what nobody refers to afterwards may be swept.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_commit_of_large_documents() {
    let installation = Installation::new().await;
    // accept, intents and outcomes, and what is put down before the first and the last of them
    assert!(killed_at_each(&installation, LARGE).await >= 2 + 3 + 2);
    let store = installation.store().await;
    store
        .give_up_overdue_pieces(chancery::domain::instant::Instant::from_unix_ms(i64::MAX))
        .await
        .unwrap();
    while let Some(loose) = store.reader().loose_pieces().await.unwrap() {
        store.sweep(&loose).await.unwrap();
    }
    store.close().await;
    let strays = "SELECT COUNT(*) FROM piece WHERE NOT EXISTS (
                      SELECT 1 FROM content WHERE content.parcel_id = piece.parcel_id
                      AND number >= first_piece AND number <= last_piece)";
    assert_eq!(installation.counted(strays).await, 0, "pieces that nobody refers to are left");
    assert_eq!(installation.counted("SELECT COUNT(*) FROM loose").await, 0);
}

/// Killed as many documents are recorded in portions: until the last of them nobody hears of the operation, and
/// its references are free again soon.
#[tokio::test(flavor = "multi_thread")]
async fn killed_while_many_documents_are_recorded() {
    let installation = Installation::new().await;
    let mut step = 1;
    loop {
        let kill = Kill::AtSync(step);
        let mark = kill.mark();
        let service = installation.start(&mark).await;
        let executioner = service.attach(&kill).await;
        assert!(service.sign(&wished(&mark, MANY)).await.is_err(), "{mark}: killed");
        service.kill().await;
        drop(executioner);
        if look_at_the_disk(&installation, &mark).await.0.is_some() {
            break;
        }
        // The same references, for something smaller.
        let service = installation.start(&mark).await;
        let small = wished(&mark, SMALL);
        let begin = Instant::now();
        let answer = loop {
            match service.asked_to_sign(&small).await.unwrap() {
                (429, _) => assert!(begin.elapsed() < PATIENCE, "{mark}: references stay taken"),
                (_, answer) => break answer,
            }
        };
        service.kill().await;
        assert_eq!(answer["status"], "EXECUTED", "{mark}: {answer}");
        let left = "SELECT COUNT(*) FROM document
                    JOIN operation ON operation.id = operation_id WHERE draft = 1";
        assert_eq!(installation.counted(left).await, 0, "{mark}: documents of a draft are left");
        step += 1;
        assert!(step < MANY_STEPS, "it was never recorded");
    }
    // the reference, three portions of bytes and of documents each, the whole
    assert!(step > 1 + 3 + 3, "recorded at commit {step}");
}

/// How many commits there are at which it is killed.
async fn killed_at_each(installation: &Installation, wish: Wish) -> u32 {
    let mut step = 1;
    while is_killed(installation, wish, Kill::AtSync(step)).await {
        step += 1;
        assert!(step < MANY_STEPS, "the operation never ended");
    }
    step - 1
}

/// Killed in the middle of the key's work, early and late.
#[tokio::test(flavor = "multi_thread")]
async fn killed_between_signatures() {
    let installation = Installation::new().await;
    // The lane makes three calls for each of the twenty signatures.
    for call in [1, 6, 17, 28, 39, 50, 60] {
        let killed = is_killed(&installation, SMALL, Kill::AtTokenCall(call)).await;
        assert!(killed, "the token was called less than {call} times");
    }
}

/// One life, a death and a second life. Returns whether the kill came before the answer.
async fn is_killed(installation: &Installation, wish: Wish, kill: Kill) -> bool {
    let mark = kill.mark();
    let request = wished(&mark, wish);
    let service = installation.start(&mark).await;
    let executioner = service.attach(&kill).await;
    let answer = service.sign(&request).await;
    service.kill().await;
    drop(executioner);

    let (found, sealed_before) = look_at_the_disk(installation, &mark).await;

    // The second life ends what was accepted, without anybody asking.
    let service = installation.start(&mark).await;
    if let Some(id) = found {
        service.finishes(id.as_i64()).await;
    }
    let repeated = service.sign(&request).await.unwrap();
    service.kill().await;
    assert_eq!(repeated["status"], "EXECUTED", "{mark}: {repeated}");
    if let Some(id) = found {
        assert_eq!(repeated["id"], id.as_i64(), "{mark}: one operation");
        assert_eq!(repeated["replayed"], true, "{mark}");
    }
    let sealed = sealed_documents(&repeated);
    assert_eq!(sealed.len(), wish.documents, "{mark}");
    for (position, before) in sealed_before {
        assert_eq!(sealed[position], before, "{mark}: sealed bytes changed");
    }
    if let Ok(answer) = &answer {
        assert_eq!(answer["status"], "EXECUTED", "{mark}");
        assert!(answer["documentList"] == repeated["documentList"], "{mark}: the answer changed");
    }
    installation.verify(&sealed[0]);
    installation.verify(&sealed[wish.documents - 1]);

    // Over both lives the token was shown one digest for each document and no other.
    let asked = installation.asked(&mark).len();
    assert_eq!(asked, wish.documents, "{mark}: digests shown to the token");
    answer.is_err()
}

/// The sealed documents of an answer.
fn sealed_documents(answer: &Value) -> Vec<Vec<u8>> {
    let documents = answer["documentList"].as_array().unwrap().iter();
    let sealed =
        |document: &Value| document["signedContent"].as_str().map(|it| STANDARD.decode(it));
    documents.map(|document| sealed(document).unwrap().unwrap()).collect()
}

/// The operation and its sealed documents as death left them; proves on the way that no key was
/// asked for anything that is not recorded.
async fn look_at_the_disk(
    installation: &Installation,
    mark: &str,
) -> (Option<OperationId>, BTreeMap<usize, Vec<u8>>) {
    let store = installation.store().await;
    let reader = store.reader();
    let reference = ExternalReference::parse(mark).unwrap();
    let found = reader.operation_by_reference(Scope::Installation, &reference).await.unwrap();
    let mut recorded = BTreeSet::new();
    let mut sealed = BTreeMap::new();
    if let Some(id) = found {
        recorded.extend(reader.intents(id).await.unwrap().into_iter().map(|intent| intent.digest));
        let contents = reader.sealed_contents(id).await.unwrap();
        for (position, (document, _)) in reader.documents(id).await.unwrap().iter().enumerate() {
            sealed.extend(contents.get(&document.id).map(|bytes| (position, bytes.to_vec())));
        }
    }
    let asked = installation.asked(mark);
    assert!(asked.is_subset(&recorded), "{mark}: a key was asked before its intent was stored");
    store.close().await;
    (found, sealed)
}

/// Waits until it is so.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let begin = Instant::now();
    while !is_so().await {
        assert!(begin.elapsed() < PATIENCE, "it is not so");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn request(mark: &str) -> Value {
    wished(mark, SMALL)
}

fn request_of(mark: &str, documents: usize) -> Value {
    wished(mark, Wish { documents, ..SMALL })
}

fn wished(mark: &str, wish: Wish) -> Value {
    let note = "x".repeat(wish.octets);
    let documents: Vec<Value> = (0..wish.documents)
        .map(|number| {
            let content = format!("<Invoice><ID>{mark} {number}</ID><Note>{note}</Note></Invoice>");
            json!({
                "documentRequest": {
                    "externalReference": format!("{mark}/{number}"),
                    "name": format!("{number}.xml"),
                    "contentType": "application/xml",
                    "base64Content": STANDARD.encode(content),
                },
                "signatureInfo": { "signatureType": "XAdES" },
            })
        })
        .collect();
    json!({
        "externalReference": mark,
        "description": "killed on the way",
        "documents": documents,
        "returnSignedContent": true,
    })
}
