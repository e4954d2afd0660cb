//! Killed on the way to level LTA: while validation data are asked for, while the archive timestamp is, and at every
//! commit. Whatever is on the disk is at its level or not sealed; the next life goes on from there, and the token is
//! shown one digest for each document.

use std::collections::BTreeMap;
use std::time::Duration;

use chancery::domain::instant::Instant;
use chancery::pki::certificate::Certificate;
use chancery::pki::certificate_file::certificates;
use chancery::pki::path::TrustAnchor;
use chancery::verify::{Indication, VerifySettings, verify};
use chancery_testing::status_authority::StatusAuthority;
use chancery_testing::tsa::TSA;
use chancery_testing::tsa_server::{TsaReply, TsaServer};
use serde_json::{Value, json};

use super::service::{Installation, Kill};
use super::{MANY_STEPS, PATIENCE, look_at_the_disk, request_of, sealed_documents};
use crate::support::service::now;

/// Documents of one request: a chunk.
const DOCUMENTS: usize = 3;

struct Lasting {
    installation: Installation,
    tsa: TsaServer,
    status: StatusAuthority,
}

impl Lasting {
    async fn new() -> Self {
        let installation = Installation::new().await;
        let tsa = TsaServer::start();
        let status = installation.lasts(&tsa.url()).await;
        Self { installation, tsa, status }
    }

    /// What is sealed has the level that was asked for, by what is in it.
    fn at_level<'b>(&self, sealed: impl IntoIterator<Item = &'b Vec<u8>>) {
        let read = |file| certificates(&std::fs::read(file).unwrap()).unwrap();
        let roots = [self.status.file("root.pem"), TSA.root()].into_iter().flat_map(read);
        let trust: Vec<TrustAnchor> =
            roots.map(|root: Certificate| TrustAnchor::of(root)).collect();
        for bytes in sealed {
            let at: Instant = now();
            let report = verify(bytes, &VerifySettings::new(trust.clone(), at));
            let level = report.signatures.first().and_then(|signature| signature.level);
            assert_eq!(
                (report.indication, level),
                (Indication::Passed, Some("LTA")),
                "{report:#?}"
            );
        }
    }

    /// Looks at what death left: the second life ends it. Gives how often the authority for timestamps was asked in
    /// that.
    async fn lives_again(&self, mark: &str, wish: &Value) -> usize {
        let (found, before) = look_at_the_disk(&self.installation, mark).await;
        self.at_level(before.values());
        let asked = self.tsa.seen().len();
        let service = self.installation.start(mark).await;
        if let Some(id) = found {
            service.finishes(id.as_i64()).await;
        }
        let repeated = service.sign(wish).await.unwrap();
        service.kill().await;
        assert_eq!(repeated["status"], "EXECUTED", "{mark}: {repeated}");
        let sealed = sealed_documents(&repeated);
        assert_eq!(sealed.len(), DOCUMENTS, "{mark}");
        self.at_level(&sealed);
        let same: BTreeMap<usize, Vec<u8>> =
            before.keys().map(|position| (*position, sealed[*position].clone())).collect();
        assert_eq!(same, before, "{mark}: sealed bytes changed");
        let shown = self.installation.asked(mark).len();
        assert_eq!(shown, DOCUMENTS, "{mark}: digests shown to the token");
        self.tsa.seen().len() - asked
    }
}

fn wish(mark: &str) -> Value {
    let mut wish = request_of(mark, DOCUMENTS);
    for document in wish["documents"].as_array_mut().unwrap() {
        document["signatureInfo"]["signatureLevel"] = json!("LTA");
    }
    wish
}

/// Half of an answer, so that whoever asked waits.
fn half(answer: TsaReply) -> TsaReply {
    TsaReply { stops_after: Some(10), ..answer }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_validation_data_or_archive_timestamps_are_asked_for() {
    let lasting = Lasting::new().await;
    for mark in ["data", "archive"] {
        let before = lasting.tsa.seen().len();
        if mark == "data" {
            lasting.status.answers(|_, query| {
                (query.path == "/tsa.crl").then(|| half(TsaReply::of(vec![0; 100])))
            });
        } else {
            let left = std::sync::atomic::AtomicUsize::new(0);
            lasting.tsa.answers(move |query| {
                let number = left.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let good = TsaReply::good(query);
                if number < DOCUMENTS { good } else { half(good) }
            });
        }
        let is_there = || match mark {
            "data" => lasting.status.asked().iter().any(|path| path == "/tsa.crl"),
            _ => lasting.tsa.seen().len() > before + DOCUMENTS,
        };
        let wish = wish(mark);
        let service = lasting.installation.start(mark).await;
        let on_the_way = tokio::time::timeout(PATIENCE, async {
            while !is_there() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        tokio::select! {
            answer = service.sign(&wish) => panic!("it was answered: {answer:?}"),
            seen = on_the_way => seen.unwrap(),
        }
        service.kill().await;
        lasting.status.comes_back();
        lasting.tsa.comes_back();
        let kept = "SELECT COUNT(*) FROM kept_value WHERE token IS NOT NULL";
        assert_eq!(lasting.installation.counted(kept).await, 3, "{mark}: value and token are kept");
        // one archive timestamp for each: signature timestamps are there
        assert_eq!(lasting.lives_again(mark, &wish).await, DOCUMENTS, "{mark}");
        assert_eq!(lasting.installation.counted(kept).await, 0, "{mark}: nothing is kept longer");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_commit_on_the_way_to_lta() {
    let lasting = Lasting::new().await;
    let mut step = 1;
    loop {
        let kill = Kill::AtSync(step);
        let mark = kill.mark();
        let wish = wish(&mark);
        let service = lasting.installation.start(&mark).await;
        let executioner = service.attach(&kill).await;
        let answered = service.sign(&wish).await;
        service.kill().await;
        drop(executioner);
        lasting.lives_again(&mark, &wish).await;
        if answered.is_ok() {
            break;
        }
        step += 1;
        assert!(step < MANY_STEPS, "the operation never ended");
    }
    // accept, intents, values with their timestamps, outcomes
    assert!(step > 4, "killed at {} commits", step - 1);
}
