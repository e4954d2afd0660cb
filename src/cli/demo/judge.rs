//! Somebody else's verdict: xmlsec1 looks at every sealed XML, poppler's pdfsig at every sealed PDF, openssl at CMS
//! and at the timestamps.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::super::Failure;
use super::client::{Batch, SealedSample};
use super::folder::Folder;
use super::tokens;

/// A verdict on one file.
pub(super) struct DemoVerdict {
    pub(super) file: PathBuf,
    pub(super) good: bool,
    pub(super) words: String,
}

/// Writes every sealed document into the folder and has it verified.
pub(super) fn verify(folder: &Folder, anchor: &Path, batches: &[Batch]) -> Vec<DemoVerdict> {
    let mut verdicts = Vec::new();
    for batch in batches {
        for document in &batch.documents {
            let name = format!("{}.{}.{}", document.name, batch.key, document.extension);
            let file = folder.sealed().join(name);
            let judged = judge(document, &file, folder, anchor);
            let good = judged.is_ok();
            let words = judged.map_or_else(|error| error.to_string(), |()| "verified".to_owned());
            let mark = if good { "OK  " } else { "BAD " };
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            say!("   {mark} {name} {}", if good { "" } else { &words });
            verdicts.push(DemoVerdict { file, good, words });
        }
    }
    verdicts
}

fn judge(
    document: &SealedSample,
    file: &Path,
    folder: &Folder,
    anchor: &Path,
) -> Result<(), Failure> {
    let bytes = document.result.as_ref().map_err(|reason| format!("not sealed: {reason}"))?;
    std::fs::write(file, bytes)?;
    let sealed = folder.sealed();
    match document.extension {
        "pdf" if document.is_stamped => {
            pdfsig(file, "Not total document signed")?;
            tokens::openssl(tokens::of_pdf(bytes), &sealed, anchor)
        }
        "pdf" => pdfsig(file, "Total document signed"),
        "p7m" => cms(file, anchor),
        "asice" => {
            let inside = tempdir(&sealed)?;
            let judged = container(file, &inside, anchor);
            std::fs::remove_dir_all(&inside)?;
            judged
        }
        _ => {
            xmlsec1(file, &sealed, anchor)?;
            if document.is_stamped {
                let text = String::from_utf8_lossy(bytes);
                tokens::openssl(tokens::of_xml(&text), &sealed, anchor)?;
            }
            Ok(())
        }
    }
}

/// A folder for what is in a container.
fn tempdir(within: &Path) -> Result<PathBuf, Failure> {
    let folder = within.join(".container");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir(&folder)?;
    Ok(folder)
}

/// The XAdES signature of a container, with the files that it is over beside it, and its timestamp.
fn container(file: &Path, inside: &Path, anchor: &Path) -> Result<(), Failure> {
    let mut unzip = Command::new("unzip");
    unzip.args(["-q", "-o"]).arg(file).arg("-d").arg(inside);
    said(unzip.output(), "unzip", "unzip")?;
    let signatures = inside.join("META-INF/signatures001.xml");
    xmlsec1(&signatures, inside, anchor)?;
    let text = std::fs::read_to_string(&signatures)?;
    tokens::openssl(tokens::of_xml(&text), inside, anchor)
}

fn xmlsec1(file: &Path, folder: &Path, anchor: &Path) -> Result<(), Failure> {
    let mut command = Command::new("xmlsec1");
    command
        .args(["--verify", "--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"])
        .arg("--trusted-pem")
        .arg(anchor)
        .arg(file)
        .current_dir(folder);
    said(command.output(), "xmlsec1", "xmlsec1").map(drop)
}

fn cms(file: &Path, anchor: &Path) -> Result<(), Failure> {
    let mut command = Command::new("openssl");
    command
        .args(["cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-in"])
        .arg(file)
        .arg("-CAfile")
        .arg(anchor)
        .args(["-out", "/dev/null"]);
    said(command.output(), "openssl", "openssl").map(drop)
}

/// pdfsig looks at value, digest and coverage; whom it may trust it cannot be told in a command.
fn pdfsig(file: &Path, coverage: &str) -> Result<(), Failure> {
    let output = Command::new("pdfsig").arg("-nocert").arg(file).output();
    let said = said(output, "pdfsig", "poppler-utils")?;
    if ["Signature is Valid.", coverage].iter().all(|words| said.contains(words)) {
        return Ok(());
    }
    Err(said.lines().last().unwrap_or("refused").trim().to_owned().into())
}

/// What a command wrote; its last complaint when it failed.
fn said(output: std::io::Result<Output>, name: &str, package: &str) -> Result<String, Failure> {
    match output {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr);
            Err(format!("{name}: {}", errors.lines().last().unwrap_or("refused")).into())
        }
        Err(error) => {
            Err(format!("{name} cannot be run ({error}); apt-get install {package}").into())
        }
    }
}
