//! Any bytes for the readers of what lasts: revocation lists, answers of OCSP responders, evidence records, trusted
//! lists, and files with validation data and archive timestamps.

use std::sync::{Arc, LazyLock};

use chancery_engine::domain::instant::{DAY_MS, Instant};
use chancery_engine::pki::certificate::Certificate;
use chancery_engine::pki::certificate_file;
use chancery_engine::pki::path::TrustAnchor;
use chancery_engine::pki::revocation::crl::Crl;
use chancery_engine::pki::revocation::ocsp::{OcspLimits, OcspResponse};
use chancery_engine::pki::validation_data::CollectedData;
use chancery_engine::seal::Limits;
use chancery_engine::seal::evidence::StoredEvidence;
use chancery_engine::seal::long_term::{LongTermSettings, raise, stamp};
use chancery_engine::verify::trusted_list::{ListFile, ListUse, gather};
use chancery_engine::verify::{Indication, RevocationDemand, VerifySettings, verify_evidence};
use chancery_testing::cost;
use chancery_testing::tsa::TSA;

use super::pades::SOON;
use super::verify::read;
use super::{SIGNER, TIME_STAMPED};

/// The certificate of these functions.
fn own() -> Certificate {
    Certificate::from_der(SIGNER.certificate().der()).unwrap()
}

/// The time at which it is asked: tokens of this run were made before it.
fn soon() -> Instant {
    TSA.now().plus_ms(3_600_000)
}

/// The roots of seals and timestamps.
pub(crate) fn trusted() -> Vec<TrustAnchor> {
    let tsa = certificate_file::certificates(&std::fs::read(TSA.root()).unwrap()).unwrap();
    tsa.into_iter().chain([own()]).map(TrustAnchor::of).collect()
}

/// As a revocation list, complete or a delta, of one issuer or indirect.
pub(crate) fn revocation_lists(bytes: &[u8]) {
    let certificate = own();
    cost::at_most(SOON, "it", || {
        let Ok(list) = Crl::read(bytes.to_vec()) else { return };
        assert_eq!(list.der(), bytes);
        assert!(list.count() * 5 <= bytes.len(), "an entry has octets");
        let entry = list.entry(&certificate);
        assert!(entry.is_none() || list.count() > 0);
        assert!(list.check_signature(&certificate).is_err(), "that key signs no lists");
        nothing_is_proven(bytes);
    });
}

/// As an answer of an OCSP responder.
pub(crate) fn answers(bytes: &[u8]) {
    let certificate = own();
    cost::at_most(SOON, "it", || {
        let Ok(answer) = OcspResponse::read(bytes.to_vec()) else { return };
        assert_eq!(answer.der(), bytes);
        let limits = OcspLimits::at(answer.produced_at());
        assert!(
            answer.check(&certificate, &certificate, &limits).is_err(),
            "that key answers nobody"
        );
        for one in answer.certificates() {
            let _ = answer.check(&certificate, one, &limits);
        }
        nothing_is_proven(bytes);
    });
}

/// Nobody whose key is trusted signed it: it proves nothing of a certificate that nobody issued.
fn nothing_is_proven(bytes: &[u8]) {
    let mut data = CollectedData::default();
    let _ = data.add_revocation(bytes);
    let stranger = Certificate::from_der(SIGNER.certificate().der()).unwrap();
    assert!(data.prove(&[], &[&stranger], soon(), 10_000).is_err());
}

/// As an evidence record.
pub(crate) fn evidence(bytes: &[u8]) {
    let mut settings = VerifySettings::new(trusted(), soon());
    settings.revocation = RevocationDemand::NotAsked;
    cost::at_most(SOON, "it", || {
        let report = verify_evidence(bytes, &[TIME_STAMPED], &settings);
        let Ok(record) = StoredEvidence::read(bytes) else {
            // an algorithm that is not known is no failure by EN 319 102-1, and proves nothing either
            assert_ne!(report.indication, Indication::Passed, "{report:#?}");
            assert!(report.chains.is_empty() && report.proven_time.is_none(), "{report:#?}");
            return;
        };
        let again = StoredEvidence::read(&record.octets()).expect("what is read can be written");
        assert_eq!(again.octets(), record.octets());
        assert_eq!(report.proven_time.is_some(), report.indication == Indication::Passed);
        let limits = Limits::default();
        if record.tokens(&[TIME_STAMPED], &limits).is_ok() {
            assert!(record.tokens(&[b"something else"], &limits).is_err(), "{report:#?}");
        } else {
            assert_ne!(report.indication, Indication::Passed);
        }
    });
}

/// As a trusted list that this key may sign, alone and with another file beside it.
pub(crate) fn trusted_lists(bytes: &[u8]) {
    let limits = Limits { nodes: 50_000, ..Limits::default() };
    let certificate = own();
    let at = SIGNER.certificate().not_before().plus_ms(DAY_MS);
    cost::at_most(SOON, "it", || {
        let file =
            |octets: &[u8]| ListFile { name: "list.xml".to_owned(), octets: octets.to_vec() };
        let used = |files: &[ListFile], signers: &[Certificate]| {
            let lists = gather(files, signers, at, &limits);
            assert_eq!(lists.standings.len(), files.len());
            let used = lists.standings.iter().any(|one| one.used != ListUse::Refused);
            assert!(used || lists.services.is_empty(), "{:?}", lists.standings);
            let mut settings = VerifySettings::new(Vec::new(), at);
            settings.services = Some(Arc::new(lists.services));
            let _ = chancery_engine::verify::verify(bytes, &settings);
            used
        };
        assert!(!used(&[file(bytes)], &[]), "nobody may sign it");
        if used(&[file(bytes)], std::slice::from_ref(&certificate)) {
            let changed = [bytes, b"<a/>"].concat();
            assert!(!used(&[file(&changed)], std::slice::from_ref(&certificate)));
        }
        let _ =
            used(&[file(bytes), file(b"<a/>"), file(bytes)], std::slice::from_ref(&certificate));
    });
}

static SETTINGS: LazyLock<VerifySettings> = LazyLock::new(|| {
    let mut settings = VerifySettings::new(trusted(), soon());
    settings.limits = Limits { nodes: 50_000, ..Limits::default() };
    settings
});

/// As a file with validation data and archive timestamps: XML, CMS, PDF, container. Whoever passes was signed by the
/// one key that is trusted; and what is there can be raised only once nothing is wrong with it.
pub(crate) fn archives(bytes: &[u8]) {
    let report = cost::at_most(SOON, "it", || read(bytes, &SETTINGS));
    let own = chancery_engine::domain::text::hex(&SIGNER.certificate().fingerprint());
    for signature in &report.signatures {
        let holding = signature.timestamps.iter().filter(|it| it.holds).count();
        assert!(signature.proven_time.is_none() || holding > 0 || report.signatures.len() > 1);
        if signature.indication == Indication::Passed && !signature.format.contains("timestamp") {
            assert_eq!(signature.signer.as_ref().map(|it| &it.fingerprint), Some(&own));
            assert_eq!(signature.value_holds, Some(true), "{signature:#?}");
        }
    }
    let trust = trusted();
    let limits = &SETTINGS.limits;
    let settings = LongTermSettings { trust: &trust, at: soon(), limits, content: None };
    cost::at_most(SOON, "it", || {
        if let Ok(raised) = raise(bytes.to_vec(), CollectedData::default(), &settings) {
            let again = raise(raised.bytes.clone(), CollectedData::default(), &settings);
            let again = again.expect("what was raised can be raised");
            assert_eq!(again.bytes, raised.bytes, "nothing is missing then");
            assert_eq!(again.level, raised.level);
        }
        drop(stamp(bytes.to_vec(), 64, limits, None));
    });
}

/// Whether a file passes by what is in it.
pub(crate) fn lasts(bytes: &[u8]) -> bool {
    read(bytes, &SETTINGS).indication == Indication::Passed
}
