//! Killed while a time-stamp authority is asked: the key has signed, and nothing of it is written. The next life
//! has the same digests signed and every document stamped, once.

use chancery_testing::judges::signature_timestamps;
use chancery_testing::tsa::TSA;
use chancery_testing::tsa_server::{TsaReply, TsaServer};
use serde_json::json;

use super::service::Installation;
use super::{PATIENCE, SMALL, look_at_the_disk, request, sealed_documents};

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_an_authority_is_asked() {
    let installation = Installation::new().await;
    let server = TsaServer::start();
    installation.stamps(&server.url()).await;
    let mark = "asked";
    let mut wish = request(mark);
    for document in wish["documents"].as_array_mut().unwrap() {
        document["signatureInfo"]["applyTimestamp"] = json!(true);
    }
    // The first chunk has its timestamps, the second one hears half of an answer.
    let asked = std::sync::atomic::AtomicUsize::new(0);
    server.answers(move |query| {
        let number = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let stops_after = (number >= 5).then_some(10);
        TsaReply { stops_after, ..TsaReply::good(query) }
    });
    let service = installation.start(mark).await;
    let halfway = tokio::time::timeout(PATIENCE, async {
        while server.seen().len() < 6 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    });
    tokio::select! {
        answer = service.sign(&wish) => panic!("it was answered: {answer:?}"),
        seen = halfway => seen.unwrap(),
    }
    service.kill().await;
    let (found, sealed_before) = look_at_the_disk(&installation, mark).await;
    assert_eq!(sealed_before.len(), 5, "the first chunk");

    server.comes_back();
    let service = installation.start(mark).await;
    service.finishes(found.unwrap().as_i64()).await;
    let repeated = service.sign(&wish).await.unwrap();
    service.kill().await;
    assert_eq!(repeated["replayed"], true, "{repeated}");
    let sealed = sealed_documents(&repeated);
    for (position, before) in sealed_before {
        assert_eq!(sealed[position], before, "sealed bytes changed");
    }
    assert_eq!(installation.asked(mark).len(), SMALL.documents, "digests shown to the token");
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<_> = sealed
        .iter()
        .enumerate()
        .map(|(at, sealed)| {
            let file = folder.path().join(format!("{at}.xml"));
            std::fs::write(&file, sealed).unwrap();
            file
        })
        .collect();
    let found = signature_timestamps(&files);
    assert_eq!(found.len(), SMALL.documents);
    for one in found {
        TSA.verify(&one.token, &one.octets).unwrap();
    }
    installation.verify(&sealed[SMALL.documents - 1]);
}
