//! Seals beside and over others, each at every level, before EU DSS: both pass, and it finds the level that we find of each,
//! but for two differences that have a name.

use std::fmt::Write as _;
use std::path::PathBuf;

use chancery_engine::domain::cades::CadesPackaging;
use chancery_engine::domain::level::Level;
use chancery_engine::domain::profile::Profile;
use chancery_testing::judges::{DssTrust, DssVerdict, dss_validate};
use chancery_testing::pdfs;
use chancery_testing::tsa::TSA;
use serde_json::json;

use super::court::Tally;
use super::report;
use crate::seal::extend::{cades, kept};
use crate::seal::long_term::lists;
use crate::seal::parallel_levels::{LEVELS, countersigning, levels, sealed_at, xades_profile};
use crate::seal::support::{INVOICE, PKI};

/// A file with two seals.
struct SealedTwice {
    kind: &'static str,
    first: Level,
    second: Level,
    /// What we find.
    levels: Vec<Level>,
    file: PathBuf,
}

/// Every kind, what it is made of, and with which settings.
fn kinds() -> Vec<(&'static str, &'static str, Vec<u8>, [Profile; 2])> {
    let beside = json!({ "existingSignatures": "PARALLEL", "signatureTransform": "XPATH" });
    let parallel = || xades_profile(&beside);
    let over = xades_profile(&json!({ "existingSignatures": "COUNTERSIGN" }));
    let cms = |beside| cades(beside, CadesPackaging::Attached);
    let pdf = || Profile::Pades(Box::default());
    let xml = INVOICE.as_bytes().to_vec();
    vec![
        ("XAdES beside", "xml", xml.clone(), [parallel(), parallel()]),
        ("XAdES over", "xml", xml.clone(), [parallel(), over]),
        ("CAdES beside", "p7m", xml.clone(), [cms(false), cms(true)]),
        ("CAdES over", "p7m", xml, [cms(false), countersigning()]),
        ("PAdES behind", "pdf", pdfs::named("classic").bytes.clone(), [pdf(), pdf()]),
    ]
}

fn cases() -> Vec<SealedTwice> {
    let mut cases = Vec::new();
    for (kind, extension, document, [one, other]) in kinds() {
        for first in LEVELS {
            let before = sealed_at(&document, &PKI.rsa, &one, first);
            for second in LEVELS {
                let both = sealed_at(&before, &PKI.p256, &other, second);
                let file = kept(&both, extension);
                cases.push(SealedTwice { kind, first, second, levels: levels(&both), file });
            }
        }
    }
    cases
}

impl SealedTwice {
    /// The levels that EU DSS has to find. It counts an archive timestamp for the signer that it is in and for no
    /// countersignature, and asks a signature timestamp of that signer; in a PDF it takes level LT from what is in the store
    /// for a timestamp before that alone.
    fn expected(&self) -> Vec<Level> {
        match (self.kind, self.first, self.second) {
            ("CAdES over", Level::B, Level::Lta) => vec![Level::B, Level::Lt],
            ("CAdES over", _, Level::Lta) => vec![Level::Lta, Level::Lt],
            ("PAdES behind", first @ (Level::Lt | Level::Lta), Level::T) => vec![first, Level::T],
            _ => self.levels.clone(),
        }
    }

    /// Two signatures that pass, of the levels that they are to have.
    fn judged(&self, verdicts: &[&DssVerdict]) -> Result<(), String> {
        let passed = |one: &&&DssVerdict| one.intact && one.indication == "TOTAL_PASSED";
        if verdicts.len() != 2 || verdicts.iter().filter(passed).count() != 2 {
            return Err(format!("{verdicts:?}"));
        }
        let format = self.kind.split(' ').next().unwrap();
        let expected = self.expected().into_iter();
        let mut expected: Vec<String> =
            expected.map(|level| format!("{format}-BASELINE-{level}")).collect();
        let mut theirs: Vec<&str> = verdicts.iter().map(|one| one.level.as_str()).collect();
        expected.sort_unstable();
        theirs.sort_unstable();
        if expected == theirs { Ok(()) } else { Err(format!("{theirs:?} and not {expected:?}")) }
    }
}

#[test]
#[ignore = "needs a JVM: make conformance"]
fn conformance_of_seals_beside_and_over_others_at_every_level() {
    let cases = cases();
    let trust = DssTrust {
        roots: vec![PKI.root(), TSA.root()],
        // at B and T nothing in the file says whether a certificate was revoked
        revocation_lists: lists(),
        ..DssTrust::default()
    };
    let files: Vec<_> = cases.iter().map(|case| (case.file.clone(), None)).collect();
    let verdicts = dss_validate(&trust, &files);
    let (mut text, mut complaints) = (report::head(&["Seals"], &["EU DSS"]), String::new());
    for kind in kinds().iter().map(|(kind, ..)| *kind) {
        let mut tally = Tally::new("EU DSS", true);
        for case in cases.iter().filter(|case| case.kind == kind) {
            let own: Vec<_> = verdicts.iter().filter(|one| one.path == case.file).collect();
            let judged = case.judged(&own);
            if let Err(wrong) = &judged {
                let (first, second) = (case.first, case.second);
                let _ = writeln!(complaints, "{kind} {first}, {second}: {wrong}");
            }
            tally.push(&case.file, judged);
        }
        text += &report::row(&[kind], &["EU DSS"], &[tally]);
    }
    report::write("Seals beside and over others at every level", &text);
    assert!(complaints.is_empty(), "{complaints}");
}
