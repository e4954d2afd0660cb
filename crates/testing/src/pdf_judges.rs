//! Foreign judges of PDFs: pyHanko, poppler's pdfsig, qpdf, mupdf and veraPDF. EU DSS is in
//! [`super::judges`].

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::judges::{displayed, java, listing};
use super::python::python;

/// What pyHanko says of one signature, and what `verify_pades.py` says of its form.
#[derive(Debug)]
pub struct PadesVerdict {
    pub path: PathBuf,
    /// From 1, oldest first; 0 when the file has none or cannot be read.
    pub number: usize,
    pub field: String,
    /// Right, covering a whole revision, followed by nothing suspicious, in keeping with
    /// certifications and, with roots given, trusted.
    pub accepted: bool,
    /// `ENTIRE_FILE`, `ENTIRE_REVISION`, `CONTIGUOUS_BLOCK_FROM_START` or `UNCLEAR`.
    pub coverage: String,
    /// What was changed later: `NONE`, `LTA_UPDATES`, `FORM_FILLING`, `ANNOTATIONS` or `OTHER`.
    pub modification: String,
    /// What the form lacks to be that of PAdES baseline B; empty when nothing.
    pub lacks: String,
    pub sub_filter: String,
    pub digest: String,
    pub subject: String,
    pub reason: String,
}

/// Asks pyHanko about all signatures of files; the trust anchors are PEM files.
pub fn pyhanko_verify(roots: &[PathBuf], files: &[PathBuf]) -> Vec<PadesVerdict> {
    pyhanko(roots, files, &[])
}

/// As [`pyhanko_verify`]; it accepts signatures with a timestamp inside that is right and trusted.
pub fn pyhanko_time_stamped(roots: &[PathBuf], files: &[PathBuf]) -> Vec<PadesVerdict> {
    pyhanko(roots, files, &["--timestamp"])
}

fn pyhanko(roots: &[PathBuf], files: &[PathBuf], options: &[&str]) -> Vec<PadesVerdict> {
    let mut command = python("verify_pades.py");
    command.args(options);
    for root in roots {
        command.arg("--root").arg(root);
    }
    let verdict = |fields: Vec<String>| match <[String; 17]>::try_from(fields) {
        Ok(
            [
                path,
                number,
                field,
                verdict,
                _,
                _,
                _,
                coverage,
                modification,
                _,
                form,
                sub_filter,
                digest,
                _,
                _,
                subject,
                reason,
            ],
        ) => PadesVerdict {
            path: path.into(),
            number: number.parse().unwrap(),
            field,
            accepted: verdict == "OK",
            coverage,
            modification,
            lacks: if form == "baseline" { String::new() } else { form },
            sub_filter,
            digest,
            subject,
            reason,
        },
        Err(fields) => panic!("verify_pades.py said {fields:?}"),
    };
    listing(command, displayed(files)).into_iter().map(verdict).collect()
}

/// What pyHanko says of one seal, from what is in the file alone (`verify_pades_long_term.py`).
#[derive(Debug)]
pub struct LongTermVerdict {
    pub path: PathBuf,
    pub field: String,
    /// Right and trusted with all timestamps, every certificate having revocation data in the file; with a
    /// document timestamp behind it by the process for archival data, too (EN 319 102-1, 5.6.3).
    pub accepted: bool,
    /// Document timestamps behind it.
    pub archived: usize,
    /// Streams of validation data that its entry in the security store names.
    pub named: usize,
    pub reason: String,
}

/// Asks pyHanko about the seals of files that have validation data in them.
pub fn pyhanko_long_term(roots: &[PathBuf], files: &[PathBuf]) -> Vec<LongTermVerdict> {
    let mut command = python("verify_pades_long_term.py");
    for root in roots {
        command.arg("--root").arg(root);
    }
    let verdict = |fields: Vec<String>| match <[String; 6]>::try_from(fields) {
        Ok([path, field, verdict, archived, named, reason]) => LongTermVerdict {
            path: path.into(),
            field,
            accepted: verdict == "OK",
            archived: archived.parse().unwrap(),
            named: named.parse().unwrap(),
            reason,
        },
        Err(fields) => panic!("verify_pades_long_term.py said {fields:?}"),
    };
    listing(command, displayed(files)).into_iter().map(verdict).collect()
}

/// What pdfsig says of one signature.
#[derive(Debug, Default)]
pub struct SignatureReport {
    pub field: String,
    /// `ETSI.CAdES.detached`, `adbe.pkcs7.detached`.
    pub sub_filter: String,
    /// As `SHA-256`.
    pub digest: String,
    /// Digest and value are right. It does not look at certificates, nor at later changes.
    pub valid: bool,
    /// It covers the file to its end.
    pub total: bool,
}

/// Asks pdfsig about the signatures of a file, in the order of fields; none for a file that it cannot
/// read.
pub fn pdfsig(path: &Path) -> Vec<SignatureReport> {
    let output = run(Command::new("pdfsig").arg("-nocert").arg(path), "poppler-utils");
    let mut reports: Vec<SignatureReport> = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        if line.starts_with("Signature #") {
            reports.push(SignatureReport::default());
        }
        let Some(report) = reports.last_mut() else { continue };
        match line.trim_start_matches("  - ").split_once(": ") {
            Some(("Signature Field Name", name)) => name.clone_into(&mut report.field),
            Some(("Signature Type", kind)) => kind.clone_into(&mut report.sub_filter),
            Some(("Signing Hash Algorithm", name)) => name.clone_into(&mut report.digest),
            Some(("Signature Validation", said)) => report.valid = said == "Signature is Valid.",
            _ => report.total |= line == "  - Total document signed",
        }
    }
    // it lists empty fields too
    reports.retain(|report| !report.sub_filter.is_empty());
    reports
}

/// Whether qpdf reads a file, all of its streams included, without a warning.
pub fn qpdf_check(path: &Path) -> Result<(), String> {
    succeeded(&run(Command::new("qpdf").arg("--check").arg(path), "qpdf"))
}

/// Whether mupdf reads a file with all its pages without a warning or a repair.
pub fn mutool_info(path: &Path) -> Result<(), String> {
    let output = run(Command::new("mutool").arg("info").arg(path), "mupdf-tools");
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("warning:") || said.contains("error:") {
        return Err(said.into_owned());
    }
    succeeded(&output)
}

/// What mupdf says of each signature: its last sentence, such as "The document is unchanged since
/// signing." or "The signature is valid but there have been edits since signing."
pub fn mutool_signatures(path: &Path) -> Vec<String> {
    let output = run(Command::new("mutool").args(["sign", "-v"]).arg(path), "mupdf-tools");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let blocks = said.split("Verifying signature ").skip(1);
    blocks.filter_map(|one| Some(one.trim_end().lines().last()?.trim().to_owned())).collect()
}

/// What veraPDF says of one file.
#[derive(Debug)]
pub struct ArchiveVerdict {
    pub path: PathBuf,
    /// `1b`, `3b` and so on, as the file's metadata claims; nothing for a file that claims nothing.
    pub flavour: Option<String>,
    pub accepted: bool,
    /// Rules that do not hold, as clause and test number, or why it could not be read.
    pub said: String,
}

/// Asks veraPDF whether files are the PDF/A that they claim to be, in one JVM. Conformance tests only:
/// `make test` needs no JVM.
pub fn verapdf(files: &[PathBuf]) -> Vec<ArchiveVerdict> {
    veraverdicts(java("verapdf", "VeraValidate"), files)
}

/// Asks veraPDF whether files are PDF/UA-1 (ISO 14289-1), whatever they claim, as far as a machine can say.
pub fn verapdf_accessible(files: &[PathBuf]) -> Vec<ArchiveVerdict> {
    let mut command = java("verapdf", "VeraValidate");
    command.args(["--flavour", "ua1"]);
    veraverdicts(command, files)
}

fn veraverdicts(command: Command, files: &[PathBuf]) -> Vec<ArchiveVerdict> {
    let verdict = |fields: Vec<String>| match <[String; 4]>::try_from(fields) {
        Ok([path, flavour, verdict, said]) => ArchiveVerdict {
            path: path.into(),
            flavour: (flavour != "-").then_some(flavour),
            accepted: verdict == "PASS",
            said,
        },
        Err(fields) => panic!("VeraValidate said {fields:?}"),
    };
    listing(command, displayed(files)).into_iter().map(verdict).collect()
}

fn run(command: &mut Command, package: &str) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}: apt-get install {package}"))
}

fn succeeded(output: &Output) -> Result<(), String> {
    if output.status.success() {
        return Ok(());
    }
    let said = [&*output.stdout, &*output.stderr].concat();
    Err(String::from_utf8_lossy(&said).into_owned())
}

/// Has pyHanko make seals of a PDF at the levels B, T, LT and LTA, in this order, with the arguments of
/// `pades_levels.py` before and behind its folder.
pub fn pyhanko_levels(before: &[PathBuf], behind: &[PathBuf]) -> [Vec<u8>; 4] {
    let folder = tempfile::tempdir().unwrap();
    let output = python("pades_levels.py").args(before).arg(folder.path()).args(behind).output();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    ["b", "t", "lt", "lta"]
        .map(|level| std::fs::read(folder.path().join(format!("{level}.pdf"))).unwrap())
}
