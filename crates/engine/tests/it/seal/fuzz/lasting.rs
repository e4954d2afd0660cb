//! First inputs for the readers of what lasts.

use std::fs;

use chancery_engine::domain::profile::{DigestAlgorithm, Profile};
use chancery_engine::pki::certificate_file::certificates;
use chancery_engine::pki::evidence::{EvidenceRecord, Renewal};
use chancery_engine::pki::validation_data::CollectedData;
use chancery_engine::seal::Limits;
use chancery_engine::seal::long_term::{ArchivePlan, LongTermSettings, Raised, raise, stamp};
use chancery_testing::judges::repository;
use chancery_testing::tsa::TSA;
use serde_json::json;

use super::bodies;
use crate::pdf::made::simple;
use crate::pki::pkits::data::Data;
use crate::seal::extend::token_of;
use crate::seal::long_term::{ROOM, collected};
use crate::seal::support::PKI;
use crate::verify::evidence::{records, renewed};
use crate::verify::trusted_lists::made::{MadeList, extensions, pointer_of, service};
use crate::verify::xml_evidence;

/// Of this run, and of PKITS: complete ones, deltas, indirect ones, those of some reasons.
pub(super) fn revocation_lists() -> Vec<Vec<u8>> {
    let lists = Data::read().lists;
    let mut all: Vec<Vec<u8>> = lists.into_values().collect();
    all.retain(|list| list.len() < 1500);
    let own = [&PKI.lists()[..], &[TSA.list()]].concat();
    for file in own {
        all.extend(collected(&[file]).lists().iter().map(|list| list.der().to_vec()));
    }
    assert!(all.len() > 50, "only {} lists", all.len());
    all
}

/// With each status, and what a responder says instead of an answer.
pub(super) fn answers() -> Vec<Vec<u8>> {
    let mut all = vec![PKI.answer(false), PKI.answer(true)];
    all.extend((1..7).map(|status| vec![0x30, 3, 0x0A, 1, status]));
    all
}

/// Records of what the other seeds are over, in DER and XML, alone and in a tree, renewed by time and by hash.
pub(super) fn evidence() -> Vec<Vec<u8>> {
    let data = [bodies::TIME_STAMPED.to_vec(), b"two".to_vec(), b"three".to_vec()];
    let first = records(&data);
    let timed = renewed(first.clone(), &data, Renewal::Time, "ec");
    let again = Renewal::Hash(DigestAlgorithm::Sha512);
    let hashed = renewed(timed.clone(), &data, again, "rsa");
    let alone = records(&data[..1]);
    let der = [&alone, &first, &timed, &hashed].into_iter().flatten();
    let mut all: Vec<Vec<u8>> = der.map(EvidenceRecord::to_der).collect();
    let first = xml_evidence::records(&data);
    let timed = xml_evidence::renewed(&first, &data, Renewal::Time, "ec");
    let hashed = xml_evidence::renewed(&timed, &data, again, "rsa");
    let xml = [&first, &hashed].into_iter().flatten();
    all.extend(xml.map(|record| record.octets().to_vec()));
    all
}

/// Signed by the key of the targets, by nobody, lists of lists and of states.
pub(super) fn trusted_lists() -> Vec<Vec<u8>> {
    let certificate = certificates(&bodies::certificate_der()).unwrap().remove(0);
    let issued = certificate.not_before().plus_ms(3_600_000);
    let uses = extensions(&["ForeSeals"], &["QCStatement", "QCQSCDStatusAsInCert"], "");
    let states =
        [("granted", "2020-01-01T00:00:00Z", &*uses), ("withdrawn", "2017-01-01T00:00:00Z", "")];
    let services =
        [service(&certificate, "CA/QC", &states), service(&certificate, "TSA/QTST", &states[..1])];
    let national = MadeList { issued, next_update: None, ..MadeList::national("XX", &services) };
    let pointers = [
        pointer_of("EU", "EUlistofthelists", &[&certificate]),
        pointer_of("XX", "EUgeneric", &[&certificate]),
    ];
    let head = MadeList { issued, next_update: None, ..MadeList::of_lists(&pointers) };
    let signed = |text: &str| {
        let profile = Profile::Xades(Box::default());
        bodies::seal_only(text.as_bytes().to_vec(), &profile, &Limits::default()).unwrap()
    };
    let texts = [national.text(), head.text()];
    let mut all: Vec<Vec<u8>> = texts.iter().map(|text| signed(text)).collect();
    all.extend(texts.map(String::into_bytes));
    all.push(signed(
        &national.text().replace("TSLVersionIdentifier>5<", "TSLVersionIdentifier>4<"),
    ));
    all.push(signed(&national.text().replace("<TSPServices>", "<TSPServices><TSPService/>")));
    all.push(signed("<a/>"));
    all
}

fn archived(plan: ArchivePlan) -> Raised {
    let token = token_of(plan.imprint(DigestAlgorithm::Sha256), "ec");
    plan.attach(&token, &bodies::trusted(), &Limits::default()).unwrap()
}

/// Each format at each level, by the key of the targets.
pub(super) fn archives() -> Vec<Vec<u8>> {
    let small = b"<a Id='i'><b>MTIz</b>text</a>".to_vec();
    let xades = |settings: serde_json::Value| {
        Profile::Xades(Box::new(bodies::profile(settings.as_object().unwrap()).unwrap()))
    };
    let cades = |settings| Profile::Cades(Box::new(serde_json::from_value(settings).unwrap()));
    let (trust, limits) = (bodies::trusted(), Limits::default());
    let at = TSA.now().plus_ms(3_600_000);
    let settings = LongTermSettings { trust: &trust, at, limits: &limits, content: None };
    let raised = |file: &[u8], data: CollectedData| raise(file.to_vec(), data, &settings).unwrap();
    let mut all = Vec::new();
    for (document, profile) in [
        (small.clone(), xades(json!({}))),
        (small.clone(), xades(json!({ "packaging": "ASIC_E" }))),
        (small.clone(), cades(json!({}))),
        (small, cades(json!({ "packaging": "ASIC_E" }))),
        (simple(), Profile::Pades(Box::default())),
    ] {
        let sealed = bodies::seal_only(document, &profile, &limits).unwrap();
        let t = archived(stamp(sealed, ROOM, &limits, None).unwrap()).bytes;
        let lt = raised(&t, collected(&[TSA.list()]));
        let lt_bytes = lt.bytes.clone();
        let lta = archived(lt.archive(ROOM, &limits, None).unwrap()).bytes;
        let again = raised(&lta, collected(&[TSA.list()]));
        let twice = archived(again.archive(ROOM, &limits, None).unwrap()).bytes;
        for file in [&lt_bytes, &lta, &twice] {
            assert!(bodies::lasts(file), "{profile:?}");
        }
        all.extend([lt_bytes, lta, twice]);
    }
    let containers = repository().join("crates/engine/tests/data/asic");
    all.push(fs::read(containers.join("dss-cades-twice.asice")).unwrap());
    all
}
