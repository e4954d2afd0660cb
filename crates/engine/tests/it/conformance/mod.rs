//! Every profile before every foreign judge that understands it; PDFs and files of every kind before
//! theirs.
//!
//! What needs no JVM runs with the ordinary tests, on our own documents; `make conformance` sets up EU
//! DSS, the JDK and the rules of authorities, takes the larger corpus too, and writes the table profile
//! by judge to `target/conformance/report.md`.

mod authorities;
mod beside;
mod claims;
mod court;
pub(crate) mod documents;
mod evidence;
mod files;
mod levels;
mod long_term;
mod pdf_court;
mod pdfs;
mod report;
mod sealing;
mod several;
mod trusted_lists;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use chancery_engine::domain::profile::Format;
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::domain::xades::XadesLevel;
use chancery_engine::seal::catalogue::Catalogue;

use claims::ProfileClaims;
use court::{Court, Tally};
use sealing::{Case, TestAuthority};

/// Profiles of authorities that are not XML signatures: they have judges of their own.
const OTHERS: [&str; 2] = ["zatca-simplified", "myinvois"];

/// So many seals of each profile are damaged and shown to every engine.
const DAMAGED: usize = 6;

fn profiles() -> (Catalogue, Vec<String>) {
    let catalogue = Catalogue::built_in().unwrap();
    // Containers and other formats have tests of their own.
    let xml = catalogue.entries().filter(|(name, entry)| {
        *name != "asic-e" && entry.formats().any(|format| format == Format::Xades)
    });
    let names = xml.map(|(name, _)| name.to_owned());
    let names = names.filter(|name| !OTHERS.contains(&name.as_str())).collect();
    (catalogue, names)
}

/// A seal of each profile, with RSA and (where the profile does not say RSA) with P-256: xmlsec1 and
/// libxml2's schemas accept it, signxml does where it knows the transforms, and one byte changed inside
/// what is signed makes xmlsec1 refuse.
#[test]
fn every_profile_is_accepted_without_a_jvm() {
    let authority = TestAuthority::new();
    let (catalogue, names) = profiles();
    let mut report = String::new();
    for name in &names {
        let claims = ProfileClaims::of(&catalogue, name);
        let cases = authority.seal_all(&catalogue, name, &documents::few(&catalogue, name), 2);
        assert!(!cases.is_empty(), "no document of ours for {name}");
        let court = Court { authority: &authority, claims: &claims };
        let mut tallies = vec![court.xmlsec1(&cases), Court::schema(&cases)];
        tallies.extend(court.signxml(&cases));
        tallies.extend(court.ubl_schema(&cases));
        complain(&mut report, name, &tallies);
        let damaged: Vec<Case> = cases.iter().map(|case| case.damaged(&authority)).collect();
        let digests = court.xmlsec1(&damaged);
        let mismatched = |said: &str| said.contains("data and digest do not match");
        if digests.refused().filter(|(_, said)| mismatched(said)).count() < damaged.len() {
            let _ = writeln!(report, "{name}: xmlsec1 finds no wrong digest in a damaged file");
        }
    }
    assert!(report.is_empty(), "{report}");
}

/// Two companies seal one after the other under the non-final profile: both stand.
#[test]
fn seals_stand_beside_each_other_in_ubl() {
    let authority = TestAuthority::new();
    let (catalogue, _) = profiles();
    let mut document = documents::own(&catalogue, "ubl-nonfinal").remove(0);
    let mut files = Vec::new();
    for _ in 0..2 {
        let sealed = authority.seal_one(&catalogue, "ubl-nonfinal", &document, 0);
        let file = sealed.unwrap().file;
        document =
            documents::Specimen { name: "again".to_owned(), bytes: fs::read(&file).unwrap() };
        files.push(file);
    }
    let claims = ProfileClaims::of(&catalogue, "ubl-nonfinal");
    let court = Court { authority: &authority, claims: &claims };
    for position in ["1", "2"] {
        court.xmlsec1_at(position, &[&files[1]]).unwrap();
    }
}

fn complain(report: &mut String, name: &str, tallies: &[Tally]) {
    for tally in tallies {
        for (file, said) in tally.refused() {
            let file = file.display();
            let _ = writeln!(report, "{name}: {} refuses {file}: {said}", tally.judge);
        }
    }
}

/// Every profile with every document there is for it and every key, before every judge.
#[test]
#[ignore = "needs a JVM and the national judges: make conformance"]
fn conformance_of_every_profile() {
    let authority = TestAuthority::new();
    let (catalogue, names) = profiles();
    let (mut complaints, mut rows, mut refusals) = (String::new(), Vec::new(), Vec::new());
    let mut judges = BTreeSet::new();
    for name in &names {
        let claims = ProfileClaims::of(&catalogue, name);
        let (own, corpus) = (documents::own(&catalogue, name), documents::corpus(&catalogue, name));
        let mut cases = authority.seal_all(&catalogue, name, &own, 3);
        for (turn, document) in corpus.iter().enumerate() {
            match authority.seal_one(&catalogue, name, document, turn) {
                Ok(sealed) => cases.push(sealed),
                Err(refusal) => {
                    refusals.push(format!("{name}: {}: {refusal}", document.name));
                    if !is_expected(&refusal) {
                        let _ = writeln!(complaints, "{name}: {}: {refusal}", document.name);
                    }
                }
            }
        }
        let court = Court { authority: &authority, claims: &claims };
        let verdicts = court.all(&cases);
        complain(&mut complaints, name, &verdicts);
        println!("{name}: {} seals asked about", cases.len());
        let engines = verdicts.iter().filter(|tally| tally.is_engine && tally.total() > 0);
        if engines.count() == 0 {
            let _ = writeln!(complaints, "{name}: no independent judge was asked");
        }
        let damaged: Vec<Case> =
            cases.iter().take(DAMAGED).map(|case| case.damaged(&authority)).collect();
        for tally in court.engines(&damaged) {
            if tally.accepted() > 0 {
                let (judge, wrong) = (tally.judge, tally.accepted());
                let _ = writeln!(complaints, "{name}: {judge} accepts {wrong} damaged");
            }
        }
        judges.extend(verdicts.iter().map(|tally| tally.judge));
        let level = claims.level();
        rows.push((name.clone(), level, verdicts));
    }
    let text = table(&rows, &judges, &refusals);
    report::write("Profiles before judges", &text);
    assert!(complaints.is_empty(), "{complaints}");
}

/// Documents of the corpus that nobody may seal, or that have no place for this seal.
const fn is_expected(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::DoctypeForbidden
            | Refusal::EncodingContradicted { .. }
            | Refusal::XmlVersionUnsupported { .. }
            | Refusal::LocationAmbiguous { .. }
            | Refusal::PlaceAmbiguous { .. }
            | Refusal::LocationOccupied { .. }
            | Refusal::LocationPlaceholder { .. }
    )
}

fn table(
    rows: &[(String, XadesLevel, Vec<Tally>)],
    judges: &BTreeSet<&'static str>,
    refusals: &[String],
) -> String {
    let mut text = String::new();
    let columns: Vec<&str> = judges.iter().copied().collect();
    text.push_str(&report::head(&["Profile", "Level"], &columns));
    for (name, level, tallies) in rows {
        text.push_str(&report::row(&[name, &format!("{level:?}")], &columns, tallies));
    }
    if !refusals.is_empty() {
        let _ = writeln!(text, "\nDocuments of the corpus that are refused:\n");
        for refusal in refusals {
            let _ = writeln!(text, "- {refusal}");
        }
    }
    text
}
