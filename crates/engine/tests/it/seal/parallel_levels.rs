//! Seals beside and over others, at every level: each gets its own, and what was there keeps the one that it has, archive
//! timestamps included. xmlsec1, openssl, pdfsig, pyHanko and lxml with openssl say so; EU DSS in `conformance`.

use chancery_engine::domain::cades::{CadesPackaging, ExistingCmsSignatures};
use chancery_engine::domain::level::Level;
use chancery_engine::domain::profile::Profile;
use chancery_engine::pki::validation_data::CollectedData;
use chancery_engine::seal::long_term::{
    LongTermFault, LongTermSettings, WhichSeals, in_turn, raise_of, seals, stamp_of,
};
use chancery_engine::seal::{Limits, Room, prepare, prepare_with_room};
use chancery_engine::verify::{
    Indication, RaisedSeal, RevocationDemand, SealFacts, VerifySettings, check_raised, verify,
};
use chancery_testing::judges::{countersignatures, xades_schema};
use chancery_testing::pdf_judges::{pdfsig, pyhanko_long_term, pyhanko_verify, qpdf_check};
use chancery_testing::pdfs;
use chancery_testing::tsa::TSA;
use serde_json::{Value, json};

use super::extend::{cades, cades_with, judge_timestamps, kept, openssl_verify, signed, stamped};
use super::long_term::{ROOM, archived, collected, lists, now, trust};
use super::packaging::verify_all;
use super::settings::CATALOGUE;
use super::support::*;

/// The levels that a seal may have when another comes, and that the other may have.
pub(crate) const LEVELS: [Level; 4] = [Level::B, Level::T, Level::Lt, Level::Lta];

pub(crate) fn xades_profile(settings: &Value) -> Profile {
    let settings = CATALOGUE.settings(None, settings.as_object().unwrap()).unwrap();
    Profile::Xades(Box::new(settings))
}

fn with_value(value: &[u8]) -> WhichSeals {
    WhichSeals::WithValue(value.to_vec())
}

/// Seals a document as the service does: its own seal gets the level, and is looked at before it is released.
pub(crate) fn sealed_at(
    document: &[u8],
    key: &TestKey,
    profile: &Profile,
    level: Level,
) -> Vec<u8> {
    let (limits, trust) = (Limits::default(), trust());
    let room = Room { unsigned: if matches!(profile, Profile::Pades(_)) { ROOM } else { 0 } };
    let document = document.to_vec();
    let prepared = prepare_with_room(document, profile, &key.signer, key.now(), &limits, room);
    let signed = signed(prepared.unwrap(), key);
    if level == Level::B {
        return signed.finish().into_bytes();
    }
    let sealed = stamped(signed);
    if level == Level::T {
        return sealed.into_bytes();
    }
    let facts = SealFacts::of(&sealed);
    let settings = LongTermSettings { trust: &trust, at: now(), limits: &limits, content: None };
    let data = collected(&lists());
    let ours = with_value(facts.value());
    let lt = raise_of(sealed.into_bytes(), data, &settings, &ours).unwrap();
    assert_eq!(lt.level, Level::Lt);
    let bytes = if level == Level::Lt {
        lt.bytes
    } else {
        archived(lt.archive_of(ROOM, &limits, None, &ours).unwrap(), "rsa").bytes
    };
    let (facts, trust) = (&facts, &trust);
    let made = RaisedSeal { profile, beside: None, facts, level, trust, now: now() };
    check_raised(&bytes, &made, &limits).unwrap();
    bytes
}

/// The levels that we find, of seals that all hold.
#[track_caller]
pub(crate) fn levels(file: &[u8]) -> Vec<Level> {
    let mut settings = VerifySettings::new(trust(), now());
    settings.revocation = RevocationDemand::NotAsked;
    let report = verify(file, &settings);
    assert_eq!(report.indication, Indication::Passed, "{report:#?}");
    let levels = report.signatures.iter().filter_map(|one| one.level);
    levels.map(|level| Level::parse(level).unwrap()).collect()
}

/// The level of a seal at level T for which the validation data of another do as well.
fn shared(level: Level, other: Level) -> Level {
    if level == Level::T && other > Level::T { Level::Lt } else { level }
}

/// Timestamps in a seal of a level, with those over it.
const fn timestamps(level: Level) -> usize {
    match level {
        Level::B => 0,
        Level::T | Level::Lt => 1,
        Level::Lta => 2,
    }
}

#[test]
fn xml_seals_beside_and_over_others_have_their_levels() {
    let parallel = json!({ "existingSignatures": "PARALLEL", "signatureTransform": "XPATH" });
    let counter = json!({ "existingSignatures": "COUNTERSIGN" });
    let mut files = Vec::new();
    for (document, over) in
        [("<a><b/></a>", &parallel), (INVOICE, &parallel), ("<a><b/></a>", &counter)]
    {
        for first in LEVELS {
            let (one, other) = (xades_profile(&parallel), xades_profile(over));
            let before = sealed_at(document.as_bytes(), &PKI.rsa, &one, first);
            assert_eq!(levels(&before), [first]);
            for second in LEVELS {
                let both = sealed_at(&before, &PKI.p256, &other, second);
                // what is in a countersignature is in the signature around it
                let around = if *over == counter { shared(first, second) } else { first };
                assert_eq!(levels(&both), [around, second], "{over}");
                let file = write(&both);
                let stamped = timestamps(first) + timestamps(second);
                if stamped > 0 {
                    judge_timestamps(std::slice::from_ref(&file), stamped);
                }
                files.push(file);
            }
        }
    }
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        assert_eq!(verify_all(&text), [true, true], "{}", file.display());
    }
    for verdict in xades_schema(&files) {
        assert!(verdict.accepted, "{}: {}", verdict.path.display(), verdict.said);
    }
}

#[test]
fn cms_signers_beside_others_have_their_levels() {
    let (one, other) =
        (cades(false, CadesPackaging::Attached), cades(true, CadesPackaging::Attached));
    for first in LEVELS {
        let before = sealed_at(b"content", &PKI.rsa, &one, first);
        for second in LEVELS {
            let both = sealed_at(&before, &PKI.p256, &other, second);
            let mut found = levels(&both);
            // a set has an order of its own
            found.sort_unstable();
            let mut expected = [shared(first, second), shared(second, first)];
            expected.sort_unstable();
            assert_eq!(found, expected);
            let file = kept(&both, "p7m");
            assert_eq!(openssl_verify(&file, None), b"content");
            // it knows signature timestamps
            let stamped = [first, second].into_iter().filter(|level| *level > Level::B).count();
            if stamped > 0 {
                judge_timestamps(&[file], stamped);
            }
        }
    }
}

pub(crate) fn countersigning() -> Profile {
    cades_with(ExistingCmsSignatures::Countersign, CadesPackaging::Attached)
}

/// The archive timestamp of a countersignature is one of the signer that it is in, and covers both.
#[test]
fn cms_countersignatures_have_their_levels() {
    let one = cades(false, CadesPackaging::Attached);
    let mut files = Vec::new();
    for first in LEVELS {
        let before = sealed_at(b"content", &PKI.rsa, &one, first);
        for second in LEVELS {
            let both = sealed_at(&before, &PKI.p256, &countersigning(), second);
            let around = if second == Level::Lta { Level::Lta } else { shared(first, second) };
            assert_eq!(levels(&both), [around, shared(second, first)], "{first} {second}");
            let file = kept(&both, "p7m");
            assert_eq!(openssl_verify(&file, None), b"content");
            let stamped = [first, second].into_iter().filter(|level| *level > Level::B).count();
            if stamped > 0 {
                judge_timestamps(std::slice::from_ref(&file), stamped);
            }
            files.push(file);
        }
    }
    for verdict in countersignatures(&files) {
        assert!(verdict.accepted, "{}: {}", verdict.path.display(), verdict.said);
    }
}

/// Of a detached signature the content is not asked for, but by an archive timestamp, which is over it.
#[test]
fn detached_signatures_are_countersigned_up_to_lt() {
    let (limits, trust, counter) = (Limits::default(), trust(), countersigning());
    let first = sealed_at(b"content", &PKI.rsa, &cades(false, CadesPackaging::Detached), Level::T);
    for level in [Level::B, Level::T, Level::Lt] {
        let both = sealed_at(&first, &PKI.p256, &counter, level);
        let file = kept(&both, "p7s");
        openssl_verify(&file, Some(&kept(b"content", "bin")));
        assert!(countersignatures(&[file])[0].accepted);
        let mut settings = VerifySettings::new(trust.clone(), now());
        settings.revocation = RevocationDemand::NotAsked;
        settings.detached = Some(b"content".to_vec());
        let report = verify(&both, &settings);
        assert_eq!(report.indication, Indication::Passed, "{report:#?}");
        assert_eq!(report.signatures[1].level, Some(level.as_str()));
    }
    let prepared = prepare(first, &counter, &PKI.p256.signer, PKI.p256.now(), &limits);
    let sealed = stamped(signed(prepared.unwrap(), &PKI.p256));
    let facts = SealFacts::of(&sealed);
    let settings = LongTermSettings { trust: &trust, at: now(), limits: &limits, content: None };
    let ours = with_value(facts.value());
    let lt = raise_of(sealed.into_bytes(), collected(&lists()), &settings, &ours);
    let fault = lt.unwrap().archive_of(ROOM, &limits, None, &ours).err().unwrap();
    assert!(matches!(fault, LongTermFault::ContentMissing), "{fault}");
}

/// More in a countersignature would break an archive timestamp of the signer that it is in.
#[test]
fn a_cms_countersignature_under_an_archive_timestamp_stays_as_it_is() {
    let limits = Limits::default();
    let first = sealed_at(b"content", &PKI.rsa, &cades(false, CadesPackaging::Attached), Level::T);
    let both = sealed_at(&first, &PKI.p256, &countersigning(), Level::B);
    let [inner, outer] = in_turn(&both, Level::Lta, &limits).unwrap().try_into().unwrap();
    let trust = trust();
    let settings = LongTermSettings { trust: &trust, at: now(), limits: &limits, content: None };
    let lt = raise_of(both, collected(&lists()), &settings, &outer).unwrap();
    let around = archived(lt.archive_of(0, &limits, None, &outer).unwrap(), "rsa").bytes;
    let fault = stamp_of(around.clone(), 0, &limits, None, &inner).err().unwrap();
    assert!(matches!(fault, LongTermFault::ArchivedAround { .. }), "{fault}");
    assert!(fault.to_string().starts_with("countersigner 1 of signer 1 "), "{fault}");
    let archived_around = seals(&around, &limits).unwrap().into_iter();
    assert_eq!(
        archived_around
            .map(|one| (one.is_countersignature, one.is_archived_around))
            .collect::<Vec<_>>(),
        [(false, false), (true, true)]
    );
    assert_eq!(in_turn(&around, Level::Lta, &limits).unwrap(), std::slice::from_ref(&outer));
    // it is proven to have been there
    assert_eq!(levels(&around), [Level::Lta, Level::Lta]);
}

#[test]
fn pdf_seals_behind_others_have_their_levels() {
    let profile = Profile::Pades(Box::default());
    let (mut all, mut lasting) = (Vec::new(), Vec::new());
    for first in LEVELS {
        let before = sealed_at(&pdfs::named("classic").bytes, &PKI.rsa, &profile, first);
        for second in LEVELS {
            let both = sealed_at(&before, &PKI.p256, &profile, second);
            assert!(both.starts_with(&before));
            // a document timestamp is over all that is there
            let found = levels(&both);
            assert_eq!(found.len(), 2, "{first} {second}");
            assert!(found[0] >= first, "{first} {second}: {found:?}");
            assert_eq!(found[1], shared(second, first), "{first} {second}");
            let file = kept(&both, "pdf");
            qpdf_check(&file).unwrap();
            // it knows no document timestamps
            let mut seals = pdfsig(&file);
            seals.retain(|report| report.sub_filter == "ETSI.CAdES.detached");
            assert!(seals.len() == 2 && seals.iter().all(|report| report.valid), "{seals:?}");
            if first >= Level::Lt && second >= Level::Lt {
                lasting.push(file.clone());
            }
            all.push(file);
        }
    }
    let roots = [PKI.root(), TSA.root()];
    for verdict in pyhanko_verify(&roots, &all) {
        assert!(verdict.accepted, "{verdict:?}");
    }
    let verdicts = pyhanko_long_term(&roots, &lasting);
    assert_eq!(verdicts.len(), 8);
    for verdict in verdicts {
        assert!(verdict.accepted, "{verdict:?}");
    }
}

/// What is not there is not taken for a seal, and nothing is added to what is not right.
#[test]
fn a_seal_that_is_not_there_is_not_raised() {
    let parallel = json!({ "existingSignatures": "PARALLEL", "signatureTransform": "XPATH" });
    let cms = cades(false, CadesPackaging::Attached);
    let (trust, limits) = (trust(), Limits::default());
    let settings = LongTermSettings { trust: &trust, at: now(), limits: &limits, content: None };
    for (document, profile) in [
        (&b"<a/>"[..], xades_profile(&parallel)),
        (b"content", cms),
        (&pdfs::named("classic").bytes, Profile::Pades(Box::default())),
    ] {
        let sealed = sealed_at(document, &PKI.rsa, &profile, Level::T);
        let other = with_value(b"another value");
        let raised = raise_of(sealed, CollectedData::default(), &settings, &other);
        assert!(matches!(raised, Err(LongTermFault::NoSeal)), "{raised:?}");
    }
}

/// More certificates would break what is over all of them (EN 319 122-1, annex A.2), so that nothing is put beside it.
#[test]
fn nothing_is_put_beside_an_archive_timestamp_over_everything() {
    let one = cades(false, CadesPackaging::Attached);
    let mut file = sealed_at(b"content", &PKI.rsa, &one, Level::Lta);
    let identifier = [6, 4, 0, 0x8D, 0x45, 2, 4];
    let at = file.windows(identifier.len()).position(|window| window == identifier).unwrap();
    let prepared = |file: &[u8]| {
        let (profile, key) = (cades(true, CadesPackaging::Attached), &PKI.p256);
        prepare(file.to_vec(), &profile, &key.signer, key.now(), &Limits::default())
    };
    prepared(&file).unwrap();
    // archive-time-stamp-v3 becomes long-term-validation
    file[at + identifier.len() - 1] = 2;
    let refusal = prepared(&file).err().unwrap();
    assert_eq!(refusal.code(), "would-break-signature");
    assert!(refusal.to_string().contains("before version 3"), "{refusal}");
}

/// More properties in a countersignature would break an archive timestamp around it (EN 319 132-1, 5.5.2.2).
#[test]
fn a_countersignature_under_an_archive_timestamp_stays_as_it_is() {
    let parallel = json!({ "existingSignatures": "PARALLEL", "signatureTransform": "XPATH" });
    let counter = json!({ "existingSignatures": "COUNTERSIGN" });
    let (limits, trust) = (Limits::default(), trust());
    let first = sealed_at(b"<a><b/></a>", &PKI.rsa, &xades_profile(&parallel), Level::T);
    let both = sealed_at(&first, &PKI.p256, &xades_profile(&counter), Level::T);
    let settings = LongTermSettings { trust: &trust, at: now(), limits: &limits, content: None };
    let raised =
        |file: Vec<u8>, one: &WhichSeals| raise_of(file, collected(&lists()), &settings, one);
    let archived = |file: Vec<u8>, one: &WhichSeals| {
        archived(raised(file, one).unwrap().archive_of(0, &limits, None, one).unwrap(), "rsa")
    };
    // the one inside comes first
    let [inner, outer] = in_turn(&both, Level::Lta, &limits).unwrap().try_into().unwrap();
    let around = archived(both.clone(), &outer).bytes;
    assert_eq!(levels(&around), [Level::Lta, Level::T]);
    let fault = raised(around.clone(), &inner).unwrap_err().to_string();
    assert!(fault.contains("an archive timestamp around it covers it"), "{fault}");
    let archived_around = seals(&around, &limits).unwrap().into_iter();
    assert_eq!(
        archived_around
            .map(|one| (one.is_countersignature, one.is_archived_around))
            .collect::<Vec<_>>(),
        [(false, false), (true, true)]
    );
    assert_eq!(in_turn(&around, Level::Lta, &limits).unwrap(), std::slice::from_ref(&outer));
    let both = archived(archived(both, &inner).bytes, &outer).bytes;
    assert_eq!(levels(&both), [Level::Lta, Level::Lta]);
    judge_timestamps(&[write(&both)], 4);
}

/// Seals that are there are raised one after the other.
#[test]
fn each_of_several_seals_is_raised_for_itself() {
    let parallel = json!({ "existingSignatures": "PARALLEL", "signatureTransform": "XPATH" });
    let xml = [xades_profile(&parallel), xades_profile(&parallel)];
    let attached = || cades(false, CadesPackaging::Attached);
    let cms = [attached(), cades(true, CadesPackaging::Attached)];
    let over = [attached(), countersigning()];
    let (limits, trust) = (Limits::default(), trust());
    let settings = LongTermSettings { trust: &trust, at: now(), limits: &limits, content: None };
    for (document, [one, other]) in [("<a><b/></a>", xml), ("content", cms), ("content", over)] {
        let first = sealed_at(document.as_bytes(), &PKI.rsa, &one, Level::B);
        let mut file = sealed_at(&first, &PKI.p256, &other, Level::B);
        for one in in_turn(&file, Level::Lta, &limits).unwrap() {
            let plan = stamp_of(file, 0, &limits, None, &one).unwrap();
            file = archived(plan, "rsa").bytes;
            let lt = raise_of(file, collected(&lists()), &settings, &one).unwrap();
            file = archived(lt.archive_of(0, &limits, None, &one).unwrap(), "rsa").bytes;
        }
        assert_eq!(levels(&file), [Level::Lta, Level::Lta]);
    }
}
