//! Sealing in one line, and the judges of a whole set of files at once.

use std::path::{Path, PathBuf};

use chancery_engine::domain::pades::PadesProfile;
use chancery_engine::domain::profile::Profile;
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::seal::{Limits, Sealed, prepare};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::seal::support::{PKI, TestKey};
use chancery_testing::pdf_judges::{mutool_info, pdfsig, pyhanko_verify, qpdf_check};
use chancery_testing::sealing::checked;

/// Settings as they stand in a request.
pub(crate) fn settings(written: &Value) -> PadesProfile {
    serde_json::from_value(written.clone()).unwrap()
}

/// Seals with settings and the P-256 key.
pub(super) fn try_seal(document: &[u8], settings: &PadesProfile) -> Result<Sealed, Refusal> {
    seal_with(document, settings, &PKI.p256)
}

pub(super) fn seal_with(
    document: &[u8],
    settings: &PadesProfile,
    key: &TestKey,
) -> Result<Sealed, Refusal> {
    let profile = Profile::Pades(Box::new(settings.clone()));
    let limits = Limits::default();
    let prepared = prepare(document.to_vec(), &profile, &key.signer, key.now(), &limits)?;
    let value = key.sign(prepared.to_be_signed());
    Ok(checked(prepared.attach(value).expect("a right value is taken").finish(), &profile))
}

/// The code of a refusal.
#[track_caller]
pub(super) fn refused(document: &[u8], written: &Value) -> &'static str {
    match try_seal(document, &settings(written)) {
        Ok(_) => panic!("sealed with {written}"),
        Err(refusal) => refusal.code(),
    }
}

/// Settings of a visible signature at coordinates from the lower left corner.
pub(crate) fn at(page: i32, x: f64, y: f64) -> Value {
    let place = json!({ "COORDINATE": { "page": page, "x": x, "y": y } });
    json!({ "visible": { "place": place, "coordinateOrigin": "BOTTOM_LEFT" } })
}

/// Files that pyHanko cannot read at all, sealed or not, and why; the other judges decide alone.
const CLOSED_TO_PYHANKO: [(&str, &str); 5] = [
    ("junk-before", "it wants the header in the first byte"),
    ("junk-before-counted", "it wants the header in the first byte"),
    ("qpdf__leading-junk", "it wants the header in the first byte"),
    ("encrypted-aes-256-r5", "it does not open revision 5 with the empty password"),
    ("contents-emptied", "it gives up at the earlier signature, whose value is zeros"),
];

/// Sealed files in a folder of their own.
pub(super) struct SealedFiles {
    folder: TempDir,
    files: Vec<(String, PathBuf, PathBuf)>,
}

impl SealedFiles {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), files: Vec::new() }
    }

    /// Writes a sealed file beside its original, after looking at what was appended.
    #[track_caller]
    pub(super) fn add(&mut self, name: &str, original: &[u8], sealed: &[u8]) {
        assert!(sealed.starts_with(original), "{name}: the document comes first, bit for bit");
        let path = |kind: &str| {
            self.folder.path().join(format!("{}.{kind}.pdf", name.replace(['/', ' '], "_")))
        };
        let (before, after) = (path("original"), path("sealed"));
        std::fs::write(&before, original).unwrap();
        std::fs::write(&after, sealed).unwrap();
        self.files.push((name.to_owned(), before, after));
    }

    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.files.iter().map(|(_, _, sealed)| sealed.clone()).collect()
    }

    /// Asks pyHanko, pdfsig, qpdf and mutool; panics with everything that they find wrong.
    #[track_caller]
    pub(super) fn judge(&self) {
        let mut wrong = Vec::new();
        let paths = self.paths();
        let verdicts = pyhanko_verify(&[PKI.root()], &paths);
        for (name, original, sealed) in &self.files {
            let of_file: Vec<_> = verdicts.iter().filter(|it| it.path == *sealed).collect();
            let stem = name.split(' ').next().unwrap_or(name);
            match of_file.last() {
                Some(last) if last.number == 0 && closed_to_pyhanko(stem) => {}
                Some(last) if last.number > 0 => {
                    // Earlier signatures are by others, whom nobody trusts here.
                    if !last.accepted || last.coverage != "ENTIRE_FILE" {
                        wrong.push(format!("{name}: pyHanko: {last:?}"));
                    }
                    if !last.lacks.is_empty() {
                        wrong.push(format!("{name}: not baseline: {}", last.lacks));
                    }
                }
                _ => wrong.push(format!("{name}: pyHanko finds no signature: {of_file:?}")),
            }
            let reports = pdfsig(sealed);
            match reports.iter().find(|report| report.total) {
                Some(report) if report.valid => {}
                _ => wrong.push(format!("{name}: pdfsig: {reports:?}")),
            }
            wrong.extend(worse(name, "qpdf", qpdf_check, original, sealed));
            wrong.extend(worse(name, "mutool", mutool_info, original, sealed));
        }
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), self.files.len(), wrong.join("\n"));
    }
}

fn closed_to_pyhanko(name: &str) -> bool {
    CLOSED_TO_PYHANKO.iter().any(|(closed, _)| *closed == name)
}

/// What a reader finds wrong with a sealed file; what it finds wrong with the original is not ours.
fn worse(
    name: &str,
    judge: &str,
    ask: fn(&Path) -> Result<(), String>,
    original: &Path,
    sealed: &Path,
) -> Option<String> {
    let said = ask(sealed).err()?;
    ask(original).is_ok().then(|| format!("{name}: {judge}: {said}"))
}

/// PDFs of the shared samples in a folder; none where there are none.
pub(crate) fn shared_pdfs(folder: &str) -> Vec<PathBuf> {
    chancery_testing::judges::corpus_files(folder, "pdf")
}

/// The name of a file without its folders.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}
