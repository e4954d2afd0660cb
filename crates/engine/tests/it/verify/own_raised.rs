//! The check of our own seals at levels LT and LTA before they are released: what must not pass does not.

use std::collections::BTreeMap;

use chancery_engine::domain::cades::CadesPackaging;
use chancery_engine::domain::instant::DAY_MS;
use chancery_engine::domain::level::Level;
use chancery_engine::domain::pades::{Certification, PadesProfile};
use chancery_engine::domain::profile::Profile;
use chancery_engine::pki::path::TrustAnchor;
use chancery_engine::seal::long_term::{LongTermSettings, WhichSeals, raise_of};
use chancery_engine::seal::reading::container as container_files;
use chancery_engine::seal::{Limits, Patience, Room, Sealed, prepare_with_room};
use chancery_engine::verify::{
    Indication, RaisedSeal, SealFacts, VerifySettings, check_raised, verify,
};
use chancery_testing::pdfs;
use serde_json::json;

use crate::seal::extend::{cades, signed, stamped};
use crate::seal::long_term::{ROOM, archived, collected, lists, now, trust};
use crate::seal::settings::CATALOGUE;
use crate::seal::support::*;

/// A seal at level T, with what is needed to look at it later.
pub(crate) struct RaisableSeal {
    pub(crate) sealed: Sealed,
    profile: Profile,
    facts: SealFacts,
}

fn xades(settings: &serde_json::Value) -> Profile {
    let settings = CATALOGUE.settings(None, settings.as_object().unwrap()).unwrap();
    Profile::Xades(Box::new(settings))
}

pub(crate) fn stamp(document: &[u8], key: &TestKey, profile: Profile) -> RaisableSeal {
    let (limits, document) = (Limits::default(), document.to_vec());
    let room = Room { unsigned: if matches!(profile, Profile::Pades(_)) { ROOM } else { 0 } };
    let prepared = prepare_with_room(document, &profile, &key.signer, key.now(), &limits, room);
    let sealed = stamped(signed(prepared.unwrap(), key));
    let facts = SealFacts::of(&sealed);
    RaisableSeal { sealed, profile, facts }
}

/// Every kind of seal that has such levels.
fn all() -> Vec<RaisableSeal> {
    let xml = INVOICE.as_bytes();
    let detached = json!({ "packaging": "DETACHED", "signatureTransform": "NONE",
        "reference": { "uri": "a.xml" } });
    let asic = json!({ "packaging": "ASIC_E", "reference": { "uri": "a.xml" } });
    let profiles = [
        xades(&json!({})),
        xades(&json!({ "packaging": "ENVELOPING" })),
        xades(&detached),
        xades(&asic),
        cades(false, CadesPackaging::Attached),
        cades(false, CadesPackaging::Detached),
        cades(false, CadesPackaging::AsicE),
    ];
    let mut all: Vec<RaisableSeal> =
        profiles.into_iter().map(|profile| stamp(xml, &PKI.rsa, profile)).collect();
    for certification in [Certification::None, Certification::NoChanges] {
        let profile = PadesProfile { certification, ..PadesProfile::default() };
        let pdf = &pdfs::named("classic").bytes;
        all.push(stamp(pdf, &PKI.p256, Profile::Pades(Box::new(profile))));
    }
    all
}

impl RaisableSeal {
    pub(crate) fn raised(&self, level: Level) -> Vec<u8> {
        let (trust, limits, content) = (trust(), Limits::default(), self.sealed.beside());
        let settings = LongTermSettings { trust: &trust, at: now(), limits: &limits, content };
        // as the service does: ours alone where it stands beside others in a container
        let which = if self.profile.is_beside_in_container() {
            WhichSeals::WithValue(self.facts.value().to_vec())
        } else {
            WhichSeals::All
        };
        let document = self.sealed.bytes().to_vec();
        let lt = raise_of(document, collected(&lists()), &settings, &which).unwrap();
        assert_eq!(lt.level, Level::Lt);
        if level == Level::Lt {
            return lt.bytes;
        }
        let plan = lt.archive_of(ROOM, &limits, content, &which);
        archived(plan.unwrap(), "rsa").bytes
    }

    fn seal<'s>(&'s self, level: Level, trust: &'s [TrustAnchor]) -> RaisedSeal<'s> {
        RaisedSeal {
            profile: &self.profile,
            beside: self.sealed.beside(),
            facts: &self.facts,
            level,
            trust,
            now: now(),
        }
    }

    /// What is wrong with a file at a level; nothing when it passes.
    fn said(&self, file: &[u8], level: Level) -> String {
        said(file, &self.seal(level, &trust()))
    }
}

fn said(file: &[u8], seal: &RaisedSeal<'_>) -> String {
    let checked = check_raised(file, seal, &Limits::default());
    checked.map_or_else(|fault| fault.to_string(), |()| String::new())
}

#[test]
fn what_has_not_its_level_is_withheld() {
    for stamped in all() {
        let name = format!("{:?}", stamped.profile);
        let [lt, lta] = [Level::Lt, Level::Lta].map(|level| stamped.raised(level));
        assert_eq!(stamped.said(&lt, Level::Lt), "", "{name}");
        assert_eq!(stamped.said(&lta, Level::Lta), "", "{name}");
        let less = stamped.said(&lt, Level::Lta);
        assert!(less.contains("level LT and not LTA"), "{name}: {less}");
        for level in [Level::Lt, Level::Lta] {
            let less = stamped.said(stamped.sealed.bytes(), level);
            assert_ne!(less, "", "{name}: level T is not {level}");
        }
        // somebody who trusts one of the two finds less
        let trust = trust();
        for anchor in &trust {
            let some = said(&lta, &stamped.seal(Level::Lta, std::slice::from_ref(anchor)));
            assert_ne!(some, "", "{name}");
        }
        // the certificate of the authority for timestamps has ended
        let later =
            RaisedSeal { now: now().plus_ms(70 * DAY_MS), ..stamped.seal(Level::Lt, &trust) };
        assert_ne!(said(&lt, &later), "", "{name}");
    }
}

/// Wherever a file is changed: what passes all the same is nothing that anybody relies on.
#[test]
fn whatever_is_changed_in_a_raised_file_is_withheld() {
    for stamped in all() {
        let name = format!("{:?}", stamped.profile);
        for level in [Level::Lt, Level::Lta] {
            let file = stamped.raised(level);
            let value = stamped.sealed.value().octets();
            let word = |word: &[u8]| file.windows(word.len()).position(|window| window == word);
            let sure = [word(b"1250.00"), word(&value[..value.len().min(40)])];
            let spread = (1..40).map(|number| file.len() * number / 40);
            let mut withheld = 0;
            for (at, is_sure) in
                sure.into_iter().flatten().map(|at| (at, true)).chain(spread.map(|at| (at, false)))
            {
                let mut changed = file.clone();
                changed[at] ^= 1;
                let passes = stamped.said(&changed, level).is_empty();
                withheld += usize::from(!passes);
                assert!(!(passes && is_sure), "{name} {level}: {at}");
                if passes && stamped.sealed.beside().is_none() {
                    let settings = VerifySettings::new(trust(), now());
                    let report = verify(&changed, &settings);
                    assert_eq!(
                        report.indication,
                        Indication::Passed,
                        "{name} {level}: {at}: {report:#?}"
                    );
                }
            }
            assert!(withheld > 20, "{name} {level}: {withheld}");
            for cut in [10, file.len() / 2] {
                assert_ne!(stamped.said(&file[..file.len() - cut], level), "", "{name} {level}");
            }
        }
    }
}

#[test]
fn a_raised_seal_of_another_document_key_or_value_is_withheld() {
    let all = all();
    let others: Vec<RaisableSeal> = all
        .iter()
        .map(|one| match &one.profile {
            Profile::Pades(_) => {
                stamp(&pdfs::named("hybrid").bytes, &PKI.p256, one.profile.clone())
            }
            _ => stamp(b"<a>another</a>", &PKI.rsa, one.profile.clone()),
        })
        .collect();
    for (one, other) in all.iter().zip(&others) {
        let file = one.raised(Level::Lt);
        let trust = trust();
        let mixed = RaisedSeal { facts: &other.facts, ..one.seal(Level::Lt, &trust) };
        // a container and a CMS are made with the seal, which is of the same key and time
        let is_made_with = matches!(one.profile, Profile::Cades(_))
            || format!("{:?}", one.profile).contains("AsicE");
        assert!(is_made_with || !said(&file, &mixed).is_empty(), "{:?}", one.profile);
        if one.sealed.beside().is_some() {
            let beside = Some(&b"<another/>"[..]);
            assert_ne!(said(&file, &RaisedSeal { beside, ..one.seal(Level::Lt, &trust) }), "");
            let beside = None;
            assert_ne!(said(&file, &RaisedSeal { beside, ..one.seal(Level::Lt, &trust) }), "");
        }
    }
}

/// Others' signatures are raised with ours, and have to hold as before.
#[test]
fn what_stands_beside_a_raised_seal_still_holds() {
    let parallel = json!({ "existingSignatures": "PARALLEL", "signatureTransform": "XPATH" });
    let first = stamp(INVOICE.as_bytes(), &PKI.p256, xades(&parallel)).sealed;
    let both = stamp(first.bytes(), &PKI.rsa, xades(&parallel));
    assert_eq!(both.said(&both.raised(Level::Lt), Level::Lt), "");

    let parallel = cades(true, CadesPackaging::Attached);
    let first = stamp(b"content", &PKI.p256, cades(false, CadesPackaging::Attached)).sealed;
    let both = stamp(first.bytes(), &PKI.rsa, parallel);
    let file = both.raised(Level::Lt);
    assert_eq!(both.said(&file, Level::Lt), "");
    let value = first.value().to_der(PKI.p256.signer.certificate().key_kind()).unwrap();
    let at = file.windows(value.len()).position(|window| window == value).unwrap();
    let mut changed = file;
    changed[at + value.len() - 1] ^= 1;
    let broken = both.said(&changed, Level::Lt);
    assert!(broken.contains("another signature of the file does not hold"), "{broken}");

    // in a PDF the one before is covered by ours
    let profile = || Profile::Pades(Box::default());
    let first = stamp(&pdfs::named("classic").bytes, &PKI.p256, profile()).sealed;
    let both = stamp(first.bytes(), &PKI.rsa, profile());
    for level in [Level::Lt, Level::Lta] {
        let file = both.raised(level);
        assert_eq!(both.said(&file, level), "");
        let mut changed = file.clone();
        changed[first.signature().start + 100] ^= 1;
        assert_ne!(both.said(&changed, level), "");
    }
}

/// Beside others in a container ours alone is raised, whatever level those have; their files keep their octets.
#[test]
fn a_seal_beside_others_in_a_container_is_raised_alone() {
    let asic = json!({ "packaging": "ASIC_E", "reference": { "uri": "a.xml" } });
    let parallel = json!({ "packaging": "ASIC_E", "existingSignatures": "PARALLEL" });
    let profiles = [
        (xades(&asic), xades(&parallel)),
        (cades(false, CadesPackaging::AsicE), cades(true, CadesPackaging::AsicE)),
    ];
    let octets = |container: &[u8]| -> BTreeMap<String, Vec<u8>> {
        let files = container_files(container, &Patience::ENDLESS).unwrap();
        files.into_iter().map(|file| (file.name, file.octets.into_owned())).collect()
    };
    for (first, profile) in profiles {
        let name = format!("{:?}", first.format());
        let document = INVOICE.as_bytes();
        let at_b = crate::seal::extend::prepare_cms(document, &first, &PKI.p256);
        let at_b = signed(at_b, &PKI.p256).finish().into_bytes();
        let at_t = stamp(document, &PKI.p256, first);
        let standing = [
            (at_b, Some("B")),
            (at_t.sealed.bytes().to_vec(), Some("T")),
            (at_t.raised(Level::Lt), Some("LT")),
            (at_t.raised(Level::Lta), Some("LTA")),
        ];
        for (container, level) in standing {
            let ours = stamp(&container, &PKI.rsa, profile.clone());
            for asked in [Level::Lt, Level::Lta] {
                let file = ours.raised(asked);
                assert_eq!(ours.said(&file, asked), "", "{name} {level:?} {asked}");
                let (before, after) = (octets(&container), octets(&file));
                for (name, content) in &before {
                    // the newest list of what is archived is called so
                    let newest = "META-INF/ASiCArchiveManifest.xml";
                    let kept = after.get(name) == Some(content)
                        || (name == newest
                            && after.get("META-INF/ASiCArchiveManifest001.xml") == Some(content));
                    assert!(kept, "{name} {level:?} {asked}");
                }
                let mut settings = VerifySettings::new(trust(), now());
                settings.lists = collected(&lists()).lists().to_vec();
                let report = verify(&file, &settings);
                assert_eq!(report.indication, Indication::Passed, "{name} {level:?}: {report:#?}");
                let seals: Vec<_> = report
                    .signatures
                    .iter()
                    .filter(|one| one.format != "container timestamp")
                    .map(|one| one.level)
                    .collect();
                let [older, newer] = seals.as_slice() else { panic!("{report:#?}") };
                assert_eq!(*newer, Some(asked.as_str()), "{name} {level:?}");
                assert!(*older >= level.min(Some("B")), "{name}: {older:?}");
                // an octet of the document, and one of each signature
                for word in [&b"1250.00"[..], &ours.sealed.value().octets()[..20]] {
                    let Some(at) = file.windows(word.len()).position(|window| window == word)
                    else {
                        continue;
                    };
                    let mut changed = file.clone();
                    changed[at] ^= 1;
                    assert_ne!(ours.said(&changed, asked), "", "{name} {level:?} {asked}");
                    let found = verify(&changed, &settings).indication;
                    assert_ne!(found, Indication::Passed, "{name} {level:?} {asked}");
                }
            }
        }
    }
}
