//! Forgeries of every kind, many of each by a generator: none passes, and none has what its forger wrote told as
//! covered by a value that holds. docs/verification.md has the table.

mod asic;
mod cms;
mod hmac;
mod pdf;
mod validation;
mod wrapped;
mod xml;

use std::collections::{BTreeMap, BTreeSet};

use chancery_engine::domain::level::Level;
use chancery_engine::verify::{
    Indication, VerificationReport, VerifiedSignature, VerifySettings, verify,
};
use chancery_testing::changes::Xorshift;

use super::support::{report, told};
use crate::seal::long_term::{now, trust};

/// Forgeries of each kind in every run, and in `make conformance`.
const SOME: usize = 40;
const MANY: usize = 500;

/// Makes one forgery, if chance lets it.
pub(super) type Forge = Box<dyn Fn(&mut Xorshift) -> Option<ForgedFile>>;

/// One kind: makes one forgery, if chance lets it; what it begins with is made once.
pub(super) struct ForgeryKind {
    pub(super) name: &'static str,
    pub(super) make: Forge,
    /// Whether a file came as far as the kind means it to.
    pub(super) reached: fn(&VerificationReport) -> bool,
}

/// A file, and what its forger wants to be believed.
pub(super) struct ForgedFile {
    pub(super) octets: Vec<u8>,
    /// Octets of his that nothing may be told to cover; none where somebody who is trusted signed them later.
    pub(super) marker: Option<Vec<u8>>,
    /// The level that its seal must not be found to have; none where it must not pass at all.
    pub(super) lacks: Option<Level>,
}

impl ForgedFile {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "every kind ends with it, and some sooner with none"
    )]
    pub(super) fn new(octets: impl Into<Vec<u8>>, marker: impl Into<Vec<u8>>) -> Option<Self> {
        Some(Self { octets: octets.into(), marker: Some(marker.into()), lacks: None })
    }

    /// One in which somebody who is trusted signed what the forger wrote.
    pub(super) const fn signed(octets: Vec<u8>) -> Self {
        Self { octets, marker: None, lacks: None }
    }

    /// One whose seal is right, and has not a level.
    pub(super) const fn lacking(octets: Vec<u8>, level: Level) -> Self {
        Self { octets, marker: None, lacks: Some(level) }
    }
}

/// That a signature was found and looked at.
pub(super) fn looked_at(report: &VerificationReport) -> bool {
    !report.signatures.is_empty()
}

/// One of several.
pub(super) fn one_of<'a, T>(random: &mut Xorshift, all: &'a [T]) -> &'a T {
    &all[random.below(all.len())]
}

/// Whom nobody trusts: a forger with a key of his own.
const FORGER: &str = "CN=Property tests,O=Chancery test";

/// Whether a part that is told as covered by a value that holds has the marker in it, beside what is left out. What a
/// forger signed himself is covered, by him.
fn covers(report: &VerificationReport, file: &ForgedFile) -> bool {
    let Some(marker) = &file.marker else { return false };
    let others = |it: &&VerifiedSignature| {
        let signer = it.signer.as_ref();
        it.value_holds == Some(true) && signer.is_none_or(|signer| signer.subject != FORGER)
    };
    let holding = report.signatures.iter().filter(others);
    holding.flat_map(|signature| &signature.covered).any(|covered| {
        let Some(part) = covered.element.as_ref().filter(|_| covered.standing == "right") else {
            return false;
        };
        let mut octets = file.octets[part.start..part.end].to_vec();
        for left_out in &covered.left_out {
            octets[left_out.start - part.start..left_out.end - part.start].fill(0);
        }
        octets.windows(marker.len()).any(|window| window == marker)
    })
}

/// Whether a forgery passes, or a seal in it with a level that it has not.
fn is_believed(report: &VerificationReport, file: &ForgedFile) -> bool {
    let Some(lacks) = file.lacks else { return report.indication == Indication::Passed };
    report.signatures.iter().any(|signature| {
        let level = signature.level.and_then(Level::parse);
        signature.indication == Indication::Passed && level.is_some_and(|level| level >= lacks)
    })
}

/// Verifies with the trust anchors of seals and timestamps, and nothing else beside the file.
pub(super) fn with_what_is_inside(file: &[u8]) -> VerificationReport {
    verify(file, &VerifySettings::new(trust(), now().plus_ms(60_000)))
}

/// Makes so many forgeries of a kind that are all different and come far enough, and judges each.
fn judge(kind: &ForgeryKind, count: usize) {
    let mut random = Xorshift(0x9E37_79B9_7F4A_7C15);
    let (mut seen, mut reached) = (BTreeSet::new(), 0);
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut tries = 0;
    while reached < count {
        tries += 1;
        assert!(tries < 20 * count, "{}: {reached} of {tries}, {verdicts:?}", kind.name);
        let Some(file) = (kind.make)(&mut random) else { continue };
        if !seen.insert(file.octets.clone()) {
            continue;
        }
        let report = match file.lacks {
            None => report(&file.octets),
            Some(_) => with_what_is_inside(&file.octets),
        };
        let shown = || String::from_utf8_lossy(&file.octets).into_owned();
        assert!(!is_believed(&report, &file), "{}: {report:#?}\n{}", kind.name, shown());
        assert!(!covers(&report, &file), "{}: {report:#?}\n{}", kind.name, shown());
        *verdicts.entry(report.sub_indication.map_or("none", |it| it.as_str())).or_default() += 1;
        if (kind.reached)(&report) {
            reached += 1;
        } else if std::env::var_os("CHANCERY_FORGED").is_some() {
            println!("{}: not reached: {}", kind.name, told(&report));
        }
    }
    println!("{}: {count} of {} different came far enough: {verdicts:?}", kind.name, seen.len());
}

fn kinds() -> Vec<ForgeryKind> {
    let mut all = wrapped::kinds();
    all.extend(xml::kinds());
    all.extend(cms::kinds());
    all.extend(pdf::kinds());
    all.extend(asic::kinds());
    all.push(validation::kind());
    all
}

#[test]
fn no_forgery_passes() {
    let all = kinds();
    assert_eq!(all.len(), 28);
    for kind in all {
        judge(&kind, SOME);
    }
}

#[test]
#[ignore = "takes a minute; make conformance runs it"]
fn conformance_of_forgeries() {
    for kind in kinds() {
        judge(&kind, MANY);
    }
}
