//! Somebody else's verdict: xmlsec1 looks at every sealed XML, poppler's pdfsig at every sealed PDF.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::Failure;
use super::client::Batch;
use super::folder::Folder;

/// A verdict on one file.
pub(super) struct DemoVerdict {
    pub(super) file: PathBuf,
    pub(super) good: bool,
    pub(super) words: String,
}

/// Writes every sealed document into the folder and has it verified.
pub(super) fn verify(
    folder: &Folder,
    anchor: &Path,
    batches: &[Batch],
) -> Result<Vec<DemoVerdict>, Failure> {
    let mut verdicts = Vec::new();
    for batch in batches {
        for document in &batch.documents {
            let name = format!("{}.{}.{}", document.name, batch.key, document.extension);
            let file = folder.sealed().join(name);
            let verdict = match &document.result {
                Err(reason) => {
                    DemoVerdict { file, good: false, words: format!("not sealed: {reason}") }
                }
                Ok(bytes) => {
                    std::fs::write(&file, bytes)?;
                    match document.extension {
                        "pdf" => pdfsig(&file),
                        _ => xmlsec1(&file, anchor),
                    }
                }
            };
            let mark = if verdict.good { "OK  " } else { "BAD " };
            let name = verdict.file.file_name().unwrap_or_default().to_string_lossy();
            say!("   {mark} {name} {}", if verdict.good { "" } else { &verdict.words });
            verdicts.push(verdict);
        }
    }
    Ok(verdicts)
}

fn xmlsec1(file: &Path, anchor: &Path) -> DemoVerdict {
    let output = Command::new("xmlsec1")
        .args(["--verify", "--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"])
        .arg("--trusted-pem")
        .arg(anchor)
        .arg(file)
        .output();
    let (good, words) = match output {
        Ok(output) if output.status.success() => (true, "verified".to_owned()),
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr);
            (false, errors.lines().last().unwrap_or("refused").to_owned())
        }
        Err(error) => (false, format!("xmlsec1 cannot be run ({error}); apt-get install xmlsec1")),
    };
    DemoVerdict { file: file.to_owned(), good, words }
}

/// pdfsig looks at value, digest and coverage; whom it may trust it cannot be told in a command.
fn pdfsig(file: &Path) -> DemoVerdict {
    let output = Command::new("pdfsig").arg("-nocert").arg(file).output();
    let (good, words) = match output {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout);
            let good = ["Signature is Valid.", "Total document signed"];
            if good.iter().all(|words| said.contains(words)) {
                (true, "verified".to_owned())
            } else {
                (false, said.lines().last().unwrap_or("refused").trim().to_owned())
            }
        }
        Err(error) => {
            (false, format!("pdfsig cannot be run ({error}); apt-get install poppler-utils"))
        }
    };
    DemoVerdict { file: file.to_owned(), good, words }
}
