//! Levels LT and LTA: what a file has of validation data and archive timestamps is used, and nothing else is believed
//! because of it. That the files are good, others say (`seal/long_term`, `conformance`).

use chancery_engine::domain::cades::CadesPackaging;
use chancery_engine::domain::instant::DAY_MS;
use chancery_engine::domain::level::Level;
use chancery_engine::pki::revocation::crl::Crl;
use chancery_engine::pki::validation_data::CollectedData;
use chancery_engine::seal::Limits;
use chancery_engine::seal::long_term::{LongTermSettings, Raised, raise};
use chancery_engine::verify::{
    Indication, SubIndication, VerificationReport, VerifiedSignature, VerifySettings, verify,
};
use chancery_testing::pdfs;
use chancery_testing::tsa::TSA;
use serde_json::json;

use super::support::told;
use crate::seal::extend::{cades, prepare_cms, signed, stamped, xades};
use crate::seal::long_term::{
    OF_PYHANKO, ROOM, archived, collected, lists, now, timestamped, trust,
};
use crate::seal::long_term_asic::containers;
use crate::seal::support::*;

/// What is verified beside its file, some days from now, with fresh lists of the TSA or without.
fn report(file: &[u8], content: Option<&[u8]>, days: i64, fresh: bool) -> VerificationReport {
    let mut settings = VerifySettings::new(trust(), now().plus_ms(days * DAY_MS + 60_000));
    settings.detached = content.map(<[u8]>::to_vec);
    if fresh {
        let days = u32::try_from(days).unwrap();
        settings.lists.push(Crl::read(TSA.list_in_days(days)).unwrap());
    }
    verify(file, &settings)
}

fn raised(file: &[u8], content: Option<&[u8]>, data: CollectedData) -> Raised {
    let (trust, limits) = (trust(), Limits::default());
    let settings = LongTermSettings { trust: &trust, at: now(), limits: &limits, content };
    raise(file.to_vec(), data, &settings).unwrap()
}

fn archive(file: &[u8], content: Option<&[u8]>, data: CollectedData, tsa: &str) -> Vec<u8> {
    let raised = raised(file, content, data);
    let lta = archived(raised.archive(ROOM, &Limits::default(), content).unwrap(), tsa);
    assert_eq!(lta.level, Level::Lta);
    lta.bytes
}

/// What it is called, its file, and what it signs.
type TestSeal = (&'static str, Vec<u8>, Option<&'static [u8]>);

/// A seal at level T in every format that is raised, with what it signs when that is elsewhere.
fn seals() -> Vec<TestSeal> {
    let cms = |packaging| {
        stamped(signed(prepare_cms(b"content", &cades(false, packaging), &PKI.p256), &PKI.p256))
            .into_bytes()
    };
    let [first, second] = containers();
    vec![
        (first.0, first.1, None),
        (second.0, second.1, None),
        ("PDF", timestamped(&pdfs::named("classic").bytes), None),
        ("PDF with streams", timestamped(&pdfs::named("xref-stream").bytes), None),
        ("XML", xades(INVOICE.as_bytes(), &PKI.p256, &json!({})).into_bytes(), None),
        ("CMS", cms(CadesPackaging::Attached), None),
        ("detached CMS", cms(CadesPackaging::Detached), Some(&b"content"[..])),
    ]
}

/// Reports of seals that were archived, in every format.
pub(super) fn archived_reports() -> Vec<(&'static str, VerificationReport)> {
    let reported = seals().into_iter().map(|(name, sealed, content)| {
        let lt = raised(&sealed, content, collected(&lists())).bytes;
        let lta = archive(&lt, content, CollectedData::default(), "rsa");
        (name, report(&lta, content, 0, true))
    });
    reported.collect()
}

/// The seal, beside its archive timestamps.
fn seal(report: &VerificationReport) -> &VerifiedSignature {
    report.signatures.iter().find(|one| one.format.ends_with("AdES")).unwrap()
}

fn verdict(report: &VerificationReport) -> (Indication, Option<&'static str>) {
    (report.indication, seal(report).level)
}

#[test]
fn each_level_is_said_and_what_is_in_the_file_is_enough() {
    for (name, sealed, content) in seals() {
        let t = report(&sealed, content, 0, false);
        assert_eq!(verdict(&t), (Indication::Indeterminate, Some("B")), "{name}: {}", told(&t));
        let lt = raised(&sealed, content, collected(&lists())).bytes;
        let verified = report(&lt, content, 0, false);
        let expected = (Indication::Passed, Some("LT"));
        assert_eq!(verdict(&verified), expected, "{name}: {}", told(&verified));
        let mut lta = archive(&lt, content, CollectedData::default(), "rsa");
        for renewals in 0..4 {
            let verified = report(&lta, content, 0, false);
            let expected = (Indication::Passed, Some("LTA"));
            assert_eq!(verdict(&verified), expected, "{name}, {renewals}: {}", told(&verified));
            lta = archive(&lta, content, collected(&[TSA.list()]), "ec");
        }
    }
}

/// Certificates of seals end after 20 days, those of timestamps after 30, that of `renewed` after 40.
#[test]
fn what_is_archived_outlives_all_certificates_that_it_had() {
    for (name, sealed, content) in seals() {
        let lt = raised(&sealed, content, collected(&lists())).bytes;
        let lta = archive(&lt, content, CollectedData::default(), "rsa");
        let renewed = archive(&lta, content, collected(&[TSA.list()]), "renewed");
        let verified = report(&renewed, content, 35, true);
        let expected = (Indication::Passed, Some("LTA"));
        assert_eq!(verdict(&verified), expected, "{name}: {}", told(&verified));
        // nothing keeps the last timestamp, and without a word about its TSA none of them
        for (file, fresh) in [(&lt, true), (&lta, true), (&renewed, false)] {
            let verified = report(file, content, 35, fresh);
            assert_eq!(verified.indication, Indication::Indeterminate, "{name}");
            let sub = seal(&verified).sub_indication;
            assert_eq!(sub, Some(SubIndication::OutOfBoundsNoPoe), "{name}: {}", told(&verified));
            assert_eq!(seal(&verified).level, Some("B"), "{name}");
        }
    }
}

#[test]
fn what_pyhanko_made_is_verified() {
    let [b, t, lt, lta] = OF_PYHANKO.each_ref();
    for (file, indication, level) in [
        (b, Indication::Indeterminate, "B"),
        (t, Indication::Indeterminate, "B"),
        (lt, Indication::Passed, "LT"),
        (lta, Indication::Passed, "LTA"),
    ] {
        let verified = report(file, None, 0, false);
        assert_eq!(verdict(&verified), (indication, Some(level)), "{}", told(&verified));
    }
}

/// Whatever still passes says what it said before, or proves less.
#[test]
fn what_is_archived_cannot_be_changed() {
    const CHANGES: usize = 20;
    let meaning = |report: &VerificationReport| {
        let seal = seal(report);
        let signer = seal.signer.as_ref().map(|signer| signer.fingerprint.clone());
        (signer, seal.covers_document, seal.claimed_time.clone())
    };
    let mut broken = 0;
    for (name, sealed, content) in seals() {
        let lt = raised(&sealed, content, collected(&lists())).bytes;
        let lta = archive(&lt, content, CollectedData::default(), "rsa");
        for file in [lt, lta] {
            let before = report(&file, content, 0, false);
            for change in 0..CHANGES {
                let mut changed = file.clone();
                changed[(change * 2 + 1) * file.len() / (2 * CHANGES)] ^= 1;
                let after = report(&changed, content, 0, false);
                if after.indication == Indication::Passed {
                    assert_eq!(meaning(&after), meaning(&before), "{name} {change}");
                    let [now, then] = [&after, &before].map(|it| seal(it).proven_time.clone());
                    assert!(now.is_none() || now == then, "{name} {change}: {now:?}, {then:?}");
                } else {
                    broken += 1;
                }
            }
        }
    }
    assert!(broken > 10 * CHANGES, "only {broken} changes break anything");
}

/// Where a word stands last in a file.
fn last(file: &[u8], word: &str) -> usize {
    file.windows(word.len()).rposition(|window| window == word.as_bytes()).unwrap()
}

/// The number behind a word.
fn number(file: &[u8], word: &str) -> usize {
    let text = &file[last(file, word) + word.len()..];
    let text = String::from_utf8_lossy(&text[..text.len().min(20)]).into_owned();
    let digits: String = text.trim_start().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

/// An update with one object.
fn with_object(file: &[u8], object: usize, body: &str) -> Vec<u8> {
    let (previous, root, size) =
        (number(file, "startxref"), number(file, "/Root"), number(file, "/Size"));
    let mut bytes = [file, b"\n"].concat();
    let at = bytes.len();
    bytes.extend(format!("{object} 0 obj\n{body}\nendobj\n").into_bytes());
    let xref = bytes.len();
    let size = size.max(object + 1);
    bytes.extend(
        format!(
            "xref\n{object} 1\n{at:010} 00000 n \ntrailer\n<</Size {size}/Root {root} 0 R/Prev \
             {previous}>>\nstartxref\n{xref}\n%%EOF\n"
        )
        .into_bytes(),
    );
    bytes
}

/// Nobody signed what follows the last signature.
#[test]
fn only_validation_data_may_follow_the_last_signature() {
    let sealed = timestamped(&pdfs::named("classic").bytes);
    let lt = raised(&sealed, None, collected(&lists())).bytes;
    let root = number(&lt, "/Root");
    let begin = last(&lt, &format!("{root} 0 obj")) + format!("{root} 0 obj").len();
    let body = &lt[begin..];
    let end = body.windows(6).position(|window| window == b"endobj").unwrap();
    let catalog = String::from_utf8_lossy(&body[..end]).trim().to_owned();
    let store = number(&lt, "/DSS");
    let more = |entry: &str| catalog.replacen("<<", &format!("<<{entry}"), 1);
    // the same again is nothing new
    let same = report(&with_object(&lt, root, &catalog), None, 0, false);
    assert_eq!(verdict(&same), (Indication::Passed, Some("LT")), "{}", told(&same));
    let size = number(&lt, "/Size");
    for (what, file) in [
        ("an action", with_object(&lt, root, &more("/OpenAction[1 0 R/Fit]"))),
        ("names", with_object(&lt, root, &more("/Names<<>>"))),
        ("an object of no use", with_object(&lt, size, "<</Type/Annot>>")),
        ("a page", with_object(&lt, 1, "<</Type/Catalog>>")),
        ("no object", [&lt[..], b"\n% 9250.00\n"].concat()),
        ("another form", with_object(&lt, root, &catalog.replace("/AcroForm", "/AcroForm_"))),
    ] {
        let verified = report(&file, None, 0, false);
        assert_ne!(verified.indication, Indication::Passed, "{what}");
    }
    // without what is in the store nothing is known of revocation
    let verified = report(&with_object(&lt, store, "<<>>"), None, 0, false);
    assert_ne!(verified.indication, Indication::Passed, "{}", told(&verified));
}
