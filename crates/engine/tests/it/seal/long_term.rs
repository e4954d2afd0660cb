//! From level B to LTA: seals that are there get timestamps, and the validation data of all that is in them.
//! pyHanko then validates them from the file alone, with every certificate demanded to have revocation data
//! there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use chancery_engine::domain::cades::CadesPackaging;
use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::level::Level;
use chancery_engine::domain::profile::DigestAlgorithm;
use chancery_engine::pki::certificate_file::certificates;
use chancery_engine::pki::digest::Digest;
use chancery_engine::pki::path::TrustAnchor;
use chancery_engine::pki::validation_data::{CollectedData, Insufficient};
use chancery_engine::seal::long_term::{
    ArchivePlan, LongTermFault, LongTermSettings, Raised, raise, stamp,
};
use chancery_engine::seal::{Limits, Profile};
use chancery_testing::pdf_judges::{
    pdfsig, pyhanko_levels, pyhanko_long_term, pyhanko_time_stamped, pyhanko_verify, qpdf_check,
};
use chancery_testing::pdfs;
use chancery_testing::tsa::TSA;

use super::extend::{cades, kept, prepare_cms, prepare_pdf, signed, stamped, token_of};
use super::support::*;

/// Octets that a gap has to have for a timestamp of [`TSA`].
pub(crate) const ROOM: usize = 4096;

#[expect(clippy::disallowed_methods, reason = "lists and tokens are of now")]
pub(crate) fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Instant::from_unix_ms(since.as_millis().try_into().unwrap())
}

/// The roots of seals and timestamps.
pub(crate) fn trust() -> Vec<TrustAnchor> {
    let read = |file: PathBuf| certificates(&std::fs::read(file).unwrap()).unwrap();
    [PKI.root(), TSA.root()].into_iter().flat_map(read).map(TrustAnchor::of).collect()
}

/// Validation data of files.
pub(crate) fn collected(files: &[PathBuf]) -> CollectedData {
    let mut data = CollectedData::default();
    for file in files {
        data.add_revocation(&std::fs::read(file).unwrap()).unwrap();
    }
    data
}

/// Lists of all who issue anything here.
pub(crate) fn lists() -> Vec<PathBuf> {
    [&PKI.lists()[..], &[TSA.list()]].concat()
}

pub(crate) fn try_raise(document: &[u8], data: CollectedData) -> Result<Raised, LongTermFault> {
    try_raise_over(document, None, data)
}

pub(crate) fn try_raise_over(
    document: &[u8],
    content: Option<&[u8]>,
    data: CollectedData,
) -> Result<Raised, LongTermFault> {
    let (trust, limits) = (trust(), Limits::default());
    let settings = LongTermSettings { trust: &trust, at: now(), limits: &limits, content };
    raise(document.to_vec(), data, &settings)
}

/// A PDF with a seal of level T.
pub(crate) fn timestamped(document: &[u8]) -> Vec<u8> {
    stamped(signed(prepare_pdf(document, ROOM), &PKI.rsa)).into_bytes()
}

/// Takes a token of [`TSA`].
pub(crate) fn archived(plan: ArchivePlan, tsa: &str) -> Raised {
    let token = token_of(plan.imprint(DigestAlgorithm::Sha256), tsa);
    plan.attach(&token, &trust(), &Limits::default()).unwrap()
}

#[test]
fn a_pdf_gets_the_validation_data_of_its_seals() {
    let mut files = Vec::new();
    for name in ["classic", "xref-stream", "hybrid", "encrypted-aes-256-r6", "twice"] {
        let document = match name {
            "twice" => timestamped(&timestamped(&pdfs::named("classic").bytes)),
            name => timestamped(&pdfs::named(name).bytes),
        };
        let raised = try_raise(&document, collected(&lists())).unwrap();
        assert_eq!((raised.level, raised.changed), (Level::Lt, true), "{name}");
        assert!(raised.bytes.starts_with(&document), "{name}");
        // Again, with nothing but what is in it: all of it is there.
        let again = try_raise(&raised.bytes, CollectedData::default()).unwrap();
        assert_eq!((again.level, again.changed), (Level::Lt, false), "{name}");
        assert_eq!(again.bytes, raised.bytes);
        let file = kept(&raised.bytes, "pdf");
        qpdf_check(&file).unwrap();
        assert!(pdfsig(&file).iter().all(|report| report.valid), "{name}");
        files.push(file);
    }
    let roots = [PKI.root(), TSA.root()];
    for verdict in pyhanko_time_stamped(&roots, &files) {
        assert!(verdict.accepted, "{verdict:?}");
        let expected = if verdict.number == 1 && verdict.coverage == "ENTIRE_REVISION" {
            ["LTA_UPDATES", "FORM_FILLING"].as_slice()
        } else {
            &["LTA_UPDATES"]
        };
        assert!(expected.contains(&&*verdict.modification), "{verdict:?}");
    }
    files.retain(|file| !std::fs::read(file).unwrap().windows(8).any(|it| it == b"/Encrypt"));
    let verdicts = pyhanko_long_term(&roots, &files);
    assert_eq!(verdicts.len(), 5);
    for verdict in verdicts {
        // Seal, intermediate, root, TSA, its root; two lists and that of the TSA's root.
        assert!(verdict.accepted && (verdict.named, verdict.archived) == (8, 0), "{verdict:?}");
    }
}

#[test]
fn an_answer_of_a_responder_does_as_well_as_a_list() {
    let document = timestamped(&pdfs::named("classic").bytes);
    let mut data = collected(&[PKI.lists()[0].clone(), TSA.list()]);
    data.add_revocation(&PKI.answer(false)).unwrap();
    let raised = try_raise(&document, data).unwrap();
    let file = [kept(&raised.bytes, "pdf")];
    let verdicts = pyhanko_long_term(&[PKI.root(), TSA.root()], &file);
    assert!(verdicts[0].accepted && verdicts[0].named == 8, "{verdicts:?}");
    // The judge wants it: without one word about the seal's certificate it says no.
    let without = try_raise(&document, collected(&lists())).unwrap().bytes;
    let at = without.windows(5).rposition(|it| it == b"/CRLs").unwrap();
    let mut without = without;
    without[at..at + 5].copy_from_slice(b"/CrLs");
    let file = [kept(&without, "pdf")];
    assert!(!pyhanko_long_term(&[PKI.root(), TSA.root()], &file)[0].accepted);
}

/// Never is a level said that is not there.
#[test]
fn nothing_is_added_when_something_is_missing() {
    let document = timestamped(&pdfs::named("classic").bytes);
    let all = lists();
    for left_out in 0..all.len() {
        let mut some = all.clone();
        some.remove(left_out);
        let fault = try_raise(&document, collected(&some)).unwrap_err();
        let LongTermFault::Insufficient { signature, fault: Insufficient::NoPath { .. } } = &fault
        else {
            panic!("{fault}");
        };
        assert_eq!(signature, "the signature in 'Signature1'");
        assert!(fault.to_string().contains("it is not known whether"), "{fault}");
    }
    let mut revoked = collected(&all);
    revoked.add_revocation(&PKI.answer(true)).unwrap();
    let fault = try_raise(&document, revoked).unwrap_err().to_string();
    assert!(fault.contains("was revoked on"), "{fault}");

    let plain = signed(prepare_pdf(&pdfs::named("classic").bytes, ROOM), &PKI.rsa).finish();
    let fault = try_raise(plain.bytes(), collected(&all)).unwrap_err().to_string();
    assert_eq!(fault, "the signature in 'Signature1' has no timestamp that holds");
    for (unsealed, said) in [
        (pdfs::named("classic").bytes.as_slice(), "there is no seal in it"),
        (b"<a/>", "there is no seal in it"),
    ] {
        assert_eq!(try_raise(unsealed, collected(&all)).unwrap_err().to_string(), said);
    }
    let mut changed = document.clone();
    let at = changed.windows(5).position(|it| it == b"%PDF-").unwrap();
    changed[at + 7] ^= 1;
    let fault = try_raise(&changed, collected(&all)).unwrap_err().to_string();
    assert!(fault.contains("its message-digest is not the digest"), "{fault}");
}

/// Another program's store and its words stay, ours stand beside them.
#[test]
fn what_a_store_has_stays() {
    let first = timestamped(&pdfs::named("classic").bytes);
    let first = try_raise(&first, collected(&lists())).unwrap().bytes;
    let sealed = timestamped(&first);
    let second = try_raise(&sealed, CollectedData::default()).unwrap();
    assert!(second.changed && second.bytes.starts_with(&sealed));
    let file = [kept(&second.bytes, "pdf")];
    let roots = [PKI.root(), TSA.root()];
    for verdict in pyhanko_verify(&roots, &file) {
        assert!(verdict.accepted, "{verdict:?}");
    }
    let verdicts = pyhanko_long_term(&roots, &file);
    assert!(verdicts.iter().all(|one| one.accepted && one.named == 8), "{verdicts:?}");
    // Nothing stands there twice: only the names of the second seal were added.
    let added = &second.bytes[sealed.len()..];
    assert!(!added.windows(6).any(|it| it == b"stream"), "{}", String::from_utf8_lossy(added));
}

/// Twice, as when the first archive timestamp comes to its end.
#[test]
fn archive_timestamps_keep_what_is_in_a_pdf() {
    let (limits, roots) = (Limits::default(), [PKI.root(), TSA.root()]);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for name in ["classic", "xref-stream", "no-form-at-b"] {
        let document = match name {
            "no-form-at-b" => {
                let sealed = signed(prepare_pdf(&pdfs::named("classic").bytes, 0), &PKI.rsa);
                let plan = stamp(sealed.finish().into_bytes(), ROOM, &limits, None).unwrap();
                let raised = archived(plan, "ec");
                assert_eq!(raised.level, Level::T);
                raised.bytes
            }
            name => timestamped(&pdfs::named(name).bytes),
        };
        let raised = try_raise(&document, collected(&lists())).unwrap();
        let lta = archived(raised.archive(ROOM, &limits, None).unwrap(), "rsa");
        assert_eq!(lta.level, Level::Lta);
        first.push(kept(&lta.bytes, "pdf"));
        let raised = try_raise(&lta.bytes, collected(&[TSA.list()])).unwrap();
        assert_eq!(raised.level, Level::Lta, "{name}: the first one covers what the seal needs");
        let renewed = archived(raised.archive(ROOM, &limits, None).unwrap(), "ec384");
        assert!(renewed.bytes.starts_with(&lta.bytes));
        second.push(kept(&renewed.bytes, "pdf"));
    }
    for (files, archives) in [(&first, [1, 1, 2]), (&second, [2, 2, 3])] {
        for file in files {
            qpdf_check(file).unwrap();
        }
        for verdict in pyhanko_verify(&roots, files) {
            assert!(verdict.accepted, "{verdict:?}");
            assert!(["NONE", "LTA_UPDATES"].contains(&&*verdict.modification), "{verdict:?}");
        }
        for (verdict, archives) in pyhanko_long_term(&roots, files).iter().zip(archives) {
            assert!(verdict.accepted && verdict.archived == archives, "{verdict:?}");
        }
    }
    let changed = std::fs::read(&first[0]).unwrap();
    let token = token_of(Digest::of(DigestAlgorithm::Sha256, b"other"), "rsa");
    let plan = || stamp(changed.clone(), ROOM, &limits, None).unwrap();
    assert!(matches!(
        plan().attach(&token, &trust(), &Limits::default()),
        Err(LongTermFault::NotOver)
    ));
    let right = token_of(plan().imprint(DigestAlgorithm::Sha256), "rsa");
    let others = certificates(&std::fs::read(PKI.root()).unwrap()).unwrap();
    let others: Vec<TrustAnchor> = others.into_iter().map(TrustAnchor::of).collect();
    assert!(matches!(
        plan().attach(&right, &others, &Limits::default()),
        Err(LongTermFault::NotTrusted { .. })
    ));
    let small = stamp(changed.clone(), 100, &limits, None).unwrap();
    let right = token_of(small.imprint(DigestAlgorithm::Sha256), "rsa");
    assert!(matches!(
        small.attach(&right, &trust(), &Limits::default()),
        Err(LongTermFault::NoRoom { room: 100, .. })
    ));
}

/// What was done to a file after a seal is noticed before anything is added to it.
#[test]
fn a_changed_pdf_is_not_raised() {
    let lta = {
        let raised = try_raise(&timestamped(&pdfs::named("classic").bytes), collected(&lists()));
        archived(raised.unwrap().archive(ROOM, &Limits::default(), None).unwrap(), "rsa").bytes
    };
    for at in [lta.len() / 2, lta.len() - 2000, 200] {
        let mut changed = lta.clone();
        changed[at] ^= 1;
        try_raise(&changed, collected(&lists())).unwrap_err();
        assert!(stamp(changed, ROOM, &Limits::default(), None).is_err());
    }
    let cut = &lta[..lta.len() - 40];
    try_raise(cut, collected(&lists())).unwrap_err();
}

/// Asks openssl about a CMS, every certificate of a path demanded to be on no list that is in it.
fn openssl_with_lists(file: &Path, content: Option<&Path>) -> Result<(), String> {
    let mut command = Command::new("openssl");
    command.args(["cms", "-verify", "-cades", "-crl_check_all", "-binary", "-inform", "DER"]);
    command.args(["-purpose", "any", "-out", "/dev/null"]).arg("-CAfile").arg(PKI.root());
    if let Some(content) = content {
        command.arg("-content").arg(content);
    }
    let output = command.arg("-in").arg(file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

#[test]
fn a_cms_signature_gets_the_validation_data_of_its_signers() {
    let seal = |document: &[u8], profile: &Profile, key: &TestKey| {
        stamped(signed(prepare_cms(document, profile, key), key)).into_bytes()
    };
    let content = kept(b"content", "bin");
    let attached = seal(b"content", &cades(false, CadesPackaging::Attached), &PKI.p256);
    let both = seal(&attached, &cades(true, CadesPackaging::Attached), &PKI.rsa);
    let detached = seal(b"content", &cades(false, CadesPackaging::Detached), &PKI.rsa);
    for (document, over) in [(&attached, false), (&both, false), (&detached, true)] {
        let (octets, file) = (over.then_some(&b"content"[..]), over.then_some(&*content));
        let said = openssl_with_lists(&kept(document, "p7m"), file).unwrap_err();
        assert!(said.contains("unable to get certificate CRL"), "{said}");
        let raised = try_raise_over(document, octets, collected(&lists())).unwrap();
        assert_eq!((raised.level, raised.changed), (Level::Lt, true));
        openssl_with_lists(&kept(&raised.bytes, "p7m"), file).unwrap();
        let again = try_raise_over(&raised.bytes, octets, CollectedData::default()).unwrap();
        assert_eq!((again.level, again.changed), (Level::Lt, false));
        assert_eq!(again.bytes, raised.bytes);
    }
    // Answers stand beside lists, and are found there again.
    let mut data = collected(&[PKI.lists()[0].clone(), TSA.list()]);
    data.add_revocation(&PKI.answer(false)).unwrap();
    let raised = try_raise(&both, data).unwrap();
    assert!(!try_raise(&raised.bytes, CollectedData::default()).unwrap().changed);
    let file = kept(&raised.bytes, "p7m");
    let said = openssl_with_lists(&file, None).unwrap_err();
    assert!(said.contains("unable to get certificate CRL"), "{said}");

    let fault = |document: &[u8], content: Option<&[u8]>, files: &[PathBuf]| {
        try_raise_over(document, content, collected(files)).unwrap_err().to_string()
    };
    assert!(fault(&both, None, &lists()[1..]).contains("signer 1: the validation data do not"));
    assert!(fault(&detached, None, &lists()).contains("what it signs is missing"));
    assert!(
        fault(&detached, Some(b"contents"), &lists())
            .contains("its message-digest is not the digest")
    );
    let prepared = prepare_cms(b"content", &cades(false, CadesPackaging::Attached), &PKI.rsa);
    let plain = signed(prepared, &PKI.rsa).finish().into_bytes();
    assert_eq!(fault(&plain, None, &lists()), "signer 1 has no timestamp that holds");
    let limits = Limits::default();
    // with two signers nobody knows whose timestamp it is to be
    assert!(matches!(raised.archive(ROOM, &limits, None), Err(LongTermFault::Several(2))));
    let stamped = archived(stamp(plain, ROOM, &limits, None).unwrap(), "rsa");
    assert_eq!(stamped.level, Level::T);
    let raised = try_raise(&stamped.bytes, collected(&lists())).unwrap();
    let mut lta = archived(raised.archive(ROOM, &limits, None).unwrap(), "ec");
    for tsa in ["rsa", "ec384"] {
        let raised = try_raise(&lta.bytes, collected(&[TSA.list()])).unwrap();
        assert_eq!(raised.level, Level::Lta, "the first one covers what the signature needs");
        lta = archived(raised.archive(ROOM, &limits, None).unwrap(), tsa);
    }
    openssl_with_lists(&kept(&lta.bytes, "p7m"), None).unwrap();
    // every octet of an archive timestamp and of what it covers counts
    for at in [lta.bytes.len() - 200, lta.bytes.len() / 2, lta.bytes.len() - 4000] {
        let mut changed = lta.bytes.clone();
        changed[at] ^= 1;
        try_raise(&changed, collected(&lists())).unwrap_err();
    }
}

/// Seals of pyHanko at the levels B, T, LT and LTA.
pub(crate) static OF_PYHANKO: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| {
    let (seal, [tsa, tsa_key]) = (&PKI.rsa.pem, TSA.files("rsa"));
    let pdf = kept(&pdfs::named("classic").bytes, "pdf");
    let chain = seal.with_extension("chain.pem");
    let before = [seal.with_extension("key"), chain, tsa_key, tsa, TSA.root(), pdf];
    pyhanko_levels(&before, &lists())
});

/// Each to the next level, and pyHanko takes what became of it.
#[test]
fn what_pyhanko_made_is_raised() {
    let [b, t, lt, lta] = OF_PYHANKO.each_ref();
    let limits = Limits::default();
    let raise = |document: &[u8]| try_raise(document, collected(&lists())).unwrap();
    let archive =
        |raised: Raised| archived(raised.archive(ROOM, &limits, None).unwrap(), "ec").bytes;
    let stamped = archived(stamp(b.clone(), ROOM, &limits, None).unwrap(), "rsa").bytes;
    let levels = [raise(&stamped), raise(t), raise(lt)].map(|raised| raised.level);
    assert_eq!(levels, [Level::Lt; 3]);
    let files = [raise(t).bytes, archive(raise(&stamped)), archive(raise(lt)), archive(raise(lta))];
    let files = files.map(|file| kept(&file, "pdf"));
    let archives = [0, 2, 1, 2];
    let verdicts = pyhanko_long_term(&[PKI.root(), TSA.root()], &files);
    for (verdict, archives) in verdicts.iter().zip(archives) {
        assert!(verdict.accepted && verdict.archived == archives, "{verdict:?}");
    }
    assert_eq!(verdicts.len(), 4);
}
