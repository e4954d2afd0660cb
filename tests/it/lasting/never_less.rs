//! What was asked for at level LT or LTA is never released with less, whatever fails on the way: it waits or fails as
//! its client service chose, and has its level when everybody answers again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chancery::domain::client_service::Timestamps;
use chancery::domain::profile::DigestAlgorithm;
use chancery::workflow::timestamps::trial;
use chancery_testing::tsa::TSA;
use chancery_testing::tsa_server::{SeenQuery, TsaReply};
use serde_json::{Value, json};

use super::World;
use crate::support::client::{Client, document, request};
use crate::support::service::{Service, run, unique};

/// Every format at a level, and what its answer says then.
const WISHES: [(&str, &str, Option<&str>, &str); 6] = [
    ("XAdES", "LT", None, "XAdES-BASELINE-LT"),
    ("XAdES", "LTA", None, "XAdES-BASELINE-LTA"),
    ("PAdES", "LTA", None, "PAdES-BASELINE-LTA"),
    ("CAdES", "LTA", None, "CAdES-BASELINE-LTA"),
    ("XAdES", "LTA", Some("asic-e"), "ASiC-E with XAdES-BASELINE-LTA"),
    ("CAdES", "LT", Some("asic-e"), "ASiC-E with CAdES-BASELINE-LT"),
];

/// Something that goes wrong, what is told to a client service that does not wait, and at which levels.
struct Trouble {
    name: &'static str,
    begins: fn(&World),
    reason: &'static str,
    /// Whether level LT has all that it takes.
    of_archives: bool,
}

const DATA: &str = "validation-data-unavailable";
const TOKEN: &str = "timestamp-unavailable";

const TROUBLES: [Trouble; 8] = [
    Trouble {
        name: "nobody tells of the seal's certificate",
        begins: |world| world.status.silences(&["/ocsp", "/ca.crl"]),
        reason: DATA,
        of_archives: false,
    },
    Trouble {
        name: "nobody tells of the issuing certificate",
        begins: |world| world.status.silences(&["/root.crl"]),
        reason: DATA,
        of_archives: false,
    },
    Trouble {
        name: "nobody tells of the authority's certificate",
        begins: |world| world.status.silences(&["/tsa.crl"]),
        reason: DATA,
        of_archives: false,
    },
    Trouble {
        name: "a stale list",
        begins: |world| {
            world.status.answers(|keys, query| {
                let dates = "-crl_lastupdate 20200101000000Z -crl_nextupdate 20200102000000Z";
                let stale = || TsaReply::of(keys.list("root", dates));
                (query.path == "/root.crl").then(stale)
            });
        },
        reason: DATA,
        of_archives: false,
    },
    Trouble {
        name: "the authority's certificate was revoked",
        begins: |world| {
            let list = TSA.list_with("rsa");
            world.status.answers(move |_, query| {
                (query.path == "/tsa.crl").then(|| TsaReply::of(list.clone()))
            });
        },
        reason: DATA,
        of_archives: false,
    },
    Trouble {
        name: "no timestamp",
        begins: |world| world.tsa.goes_away(),
        reason: TOKEN,
        of_archives: false,
    },
    Trouble {
        name: "no archive timestamp",
        begins: |world| {
            archive_is_answered(world, |_| TsaReply { status: 503, ..TsaReply::of(Vec::new()) });
        },
        reason: TOKEN,
        of_archives: true,
    },
    Trouble {
        name: "an archive timestamp over something else",
        begins: |world| {
            archive_is_answered(world, |query| {
                let mut other = query.clone();
                let at = other.body.len() - 20;
                other.body[at] ^= 1;
                TsaReply::good(&other)
            });
        },
        reason: TOKEN,
        of_archives: true,
    },
];

/// What is asked for after there was one question for each document is about archive timestamps; whether the authority
/// is well again may be asked at any time.
fn archive_is_answered(world: &World, answer: fn(&SeenQuery) -> TsaReply) {
    let left = AtomicUsize::new(WISHES.len());
    let trial = trial(DigestAlgorithm::Sha256);
    world.tsa.answers(move |query| {
        let asked_for = query.body.windows(trial.value().len());
        if asked_for.clone().any(|octets| octets == trial.value()) {
            return TsaReply::good(query);
        }
        let one_less = |left: usize| left.checked_sub(1);
        match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) {
            Ok(_) => TsaReply::good(query),
            Err(_) => answer(query),
        }
    });
}

fn wish(mark: &str) -> Value {
    let pdf = std::fs::read("samples/pdf/invoice.pdf").unwrap();
    let documents = WISHES.iter().enumerate().map(|(at, (format, level, profile, _))| {
        let (content, content_type) = match *format {
            "PAdES" => (pdf.clone(), "application/pdf"),
            _ => (b"<a><b>1</b></a>".to_vec(), "application/xml"),
        };
        let mut one = document(&format!("{mark}/{at}"), content);
        one["documentRequest"]["contentType"] = json!(content_type);
        one["signatureInfo"] =
            json!({ "signatureType": format, "signatureLevel": level, "profile": profile });
        one
    });
    request(mark, documents.collect::<Vec<_>>())
}

/// Demands of each document that it is sealed at its level, or not at all and for this reason.
#[track_caller]
fn never_less(answer: &Value, name: &str, reason: &str, (waits, sealed): (bool, &[usize])) {
    for (at, (.., level)) in WISHES.iter().enumerate() {
        let document = &answer["documentList"][at];
        if sealed.contains(&at) {
            assert_eq!(document["signatureLevel"], *level, "{name}: {document}");
            assert!(document["signedContent"].is_string(), "{name}: {document}");
            continue;
        }
        assert!(document.get("signedContent").is_none(), "{name}: {document}");
        let (status, reason) =
            if waits { ("RECEIVED", "postponed") } else { ("ERROR_SIGNING", reason) };
        assert_eq!(document["signStatus"], status, "{name}: {document}");
        assert_eq!(document["signErrorReason"], reason, "{name}: {document}");
    }
}

/// Which documents have all that they need.
fn unharmed(trouble: &Trouble) -> Vec<usize> {
    let is_lt = |at: &usize| trouble.of_archives && WISHES[*at].1 == "LT";
    (0..WISHES.len()).filter(is_lt).collect()
}

async fn patient(world: &World, client: &Client, trouble: &Trouble) {
    let Trouble { name, begins, reason, .. } = trouble;
    begins(world);
    let wish = wish(&unique("patient"));
    let answer = client.sign(&wish).await.good();
    assert_eq!(answer["status"], "EXECUTION_ERROR", "{name}: {answer}");
    never_less(&answer, name, reason, (true, &unharmed(trouble)));
    world.status.comes_back();
    world.tsa.comes_back();
    client.finished(wish["externalReference"].as_str().unwrap()).await;
    let answer = client.sign(&wish).await.good();
    let all: Vec<usize> = (0..WISHES.len()).collect();
    never_less(&answer, name, reason, (true, &all));
}

async fn hasty(world: &World, client: &Client, trouble: &Trouble) {
    let Trouble { name, begins, reason, .. } = trouble;
    begins(world);
    let wish = wish(&unique("hasty"));
    let answer = client.sign(&wish).await.good();
    never_less(&answer, name, reason, (false, &unharmed(trouble)));
    world.status.comes_back();
    world.tsa.comes_back();
}

/// A service that keeps nothing of what it was told.
async fn forgetful(world: &World) -> Service {
    let mut setup = world.setup(0);
    setup.config.revocation.cache_bytes = 0;
    setup.start().await
}

#[test]
fn whatever_fails_on_the_way_it_waits_or_fails() {
    run(async {
        let world = World::new();
        let service = forgetful(&world).await;
        let waits = world.client(&service, Timestamps::Wait).await;
        let fails = world.client(&service, Timestamps::Fail).await;
        for trouble in &TROUBLES {
            hasty(&world, &fails, trouble).await;
            patient(&world, &waits, trouble).await;
        }
        service.stop().await;
    });
}

/// The responder says that the certificate is good, and when the timestamp is there that it was revoked.
#[test]
fn what_is_revoked_on_the_way_fails_whoever_waits() {
    run(async {
        let world = World::new();
        let service = forgetful(&world).await;
        let client = world.client(&service, Timestamps::Wait).await;
        let asked = Arc::new(AtomicUsize::new(0));
        world.status.answers(move |keys, query| {
            if query.path != "/ocsp" || asked.fetch_add(1, Ordering::SeqCst) == 0 {
                return None;
            }
            Some(TsaReply::of(keys.ocsp(&query.body, "revoked", "-ndays 3")))
        });
        let answer = client.sign(&wish(&unique("revoked"))).await.good();
        never_less(&answer, "revoked", "certificate-revoked", (false, &[]));
        let again = client.sign(&wish(&unique("later"))).await;
        let again: Value = serde_json::from_slice(&again.body).unwrap();
        assert_eq!(again["reason"], "credential-disabled", "{again}");
        service.stop().await;
    });
}
