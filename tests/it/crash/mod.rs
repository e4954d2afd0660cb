//! Kill -9 at every recorded step. The real binary, a real token, strace as the executioner and
//! OpenSC's pkcs11-spy as the witness of what the token was asked to sign.

mod disk;
mod memory;
mod poison;
mod service;
mod stamped;
mod witness;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery::domain::ids::{ExternalReference, OperationId};
use chancery::domain::scope::Scope;
use serde_json::{Value, json};

use service::{Installation, Kill};

/// Documents of the operation; with the installation's chunks of five that is nine commits.
const DOCUMENTS: usize = 20;

/// More steps than an operation has.
const MANY_STEPS: u32 = 30;

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Killed as the n-th commit reaches the disk, for every n until the operation has no more.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_commit() {
    let installation = Installation::new().await;
    let mut step = 1;
    while is_killed(&installation, Kill::AtSync(step)).await {
        step += 1;
        assert!(step < MANY_STEPS, "the operation never ended");
    }
    // accept, and for each of four chunks the intents and the outcomes
    assert!(step > 9, "only {} commits were seen", step - 1);
}

/// Killed in the middle of the key's work, early and late.
#[tokio::test(flavor = "multi_thread")]
async fn killed_between_signatures() {
    let installation = Installation::new().await;
    // The lane makes three calls for each of the twenty signatures.
    for call in [1, 6, 17, 28, 39, 50, 60] {
        let killed = is_killed(&installation, Kill::AtTokenCall(call)).await;
        assert!(killed, "the token was called less than {call} times");
    }
}

/// One life, a death and a second life. Returns whether the kill came before the answer.
async fn is_killed(installation: &Installation, kill: Kill) -> bool {
    let mark = kill.mark();
    let request = request(&mark);
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
    assert_eq!(sealed.len(), DOCUMENTS, "{mark}");
    for (position, before) in sealed_before {
        assert_eq!(sealed[position], before, "{mark}: sealed bytes changed");
    }
    if let Ok(answer) = &answer {
        assert_eq!(answer["status"], "EXECUTED", "{mark}");
        assert!(answer["documentList"] == repeated["documentList"], "{mark}: the answer changed");
    }
    installation.verify(&sealed[0]);
    installation.verify(&sealed[DOCUMENTS - 1]);

    // Over both lives the token was shown one digest for each document and no other.
    assert_eq!(installation.asked(&mark).len(), DOCUMENTS, "{mark}: digests shown to the token");
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

fn request(mark: &str) -> Value {
    request_of(mark, DOCUMENTS)
}

fn request_of(mark: &str, documents: usize) -> Value {
    let documents: Vec<Value> = (0..documents)
        .map(|number| {
            let content = format!("<Invoice><ID>{mark} {number}</ID><Sum>12.30</Sum></Invoice>");
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
