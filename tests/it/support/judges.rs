//! Foreign judges of sealed documents, and the documents they judge.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::authority::AUTHORITY;

/// Runs `xmlsec1 --verify` over files sealed by the shared authority.
pub(crate) fn xmlsec_verify(files: &[PathBuf], extra: &[&str]) -> Result<(), String> {
    xmlsec_verify_under(AUTHORITY.root(), files, extra)
}

/// Runs `xmlsec1 --verify` with a trust anchor over files, all in one process when nothing is wrong;
/// `Err` names the first one it refuses.
pub(crate) fn xmlsec_verify_under(
    root: impl AsRef<Path>,
    files: &[PathBuf],
    extra: &[&str],
) -> Result<(), String> {
    let run = |files: &[PathBuf]| {
        let output = Command::new("xmlsec1")
            .args(["--verify", "--id-attr:Id"])
            .arg("http://uri.etsi.org/01903/v1.3.2#:SignedProperties")
            .args(extra)
            .arg("--trusted-pem")
            .arg(root.as_ref())
            .args(files)
            .output()
            .expect("xmlsec1 is missing: apt-get install xmlsec1 (make test does it)");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        let accepted = said.lines().filter(|line| *line == "OK").count();
        if output.status.success() && accepted == files.len() { Ok(()) } else { Err(said) }
    };
    for batch in files.chunks(100) {
        if run(batch).is_err() {
            for file in batch {
                run(std::slice::from_ref(file))
                    .map_err(|said| format!("{}: {said}", file.display()))?;
            }
        }
    }
    Ok(())
}

/// Asks signxml whether files carry XAdES of the default profile; `Err` says what it refuses.
pub(crate) fn signxml_verify(files: &[PathBuf]) -> Result<(), String> {
    let output = Command::new(repository().join(".venv/bin/python"))
        .arg(repository().join("tests/peers/verify_xades.py"))
        .arg(AUTHORITY.root())
        .args(files)
        .output()
        .expect("the Python judges are missing: scripts/setup.sh test (make test does it)");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let accepted = said.lines().filter(|line| line.starts_with("OK ")).count();
    if output.status.success() && accepted == files.len() {
        return Ok(());
    }
    let refused: Vec<&str> = said.lines().filter(|line| !line.starts_with("OK ")).collect();
    Err(format!("{}\n{}", refused.join("\n"), String::from_utf8_lossy(&output.stderr)))
}

/// Which of these files the official UBL 2.1 schemas accept.
pub(crate) fn ubl_valid(files: &[PathBuf]) -> Vec<PathBuf> {
    if files.is_empty() {
        return Vec::new();
    }
    let output = Command::new(repository().join("scripts/validate-ubl.sh"))
        .args(files)
        .output()
        .expect("scripts/validate-ubl.sh must run");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let accepts = |file: &&PathBuf| {
        let line = format!("{} validates", file.display());
        said.lines().any(|said| said == line)
    };
    files.iter().filter(accepts).cloned().collect()
}

/// The repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The larger corpus: the folder named by `CHANCERY_SHARED`, or a folder `shared` beside the
/// repository or above it. Absent on most machines.
pub(crate) fn corpus() -> Option<PathBuf> {
    let named = std::env::var_os("CHANCERY_SHARED").map(PathBuf::from);
    let above = repository().ancestors().map(|up| up.join("shared"));
    let found = named.into_iter().chain(above).find(|folder| folder.join("samples").is_dir());
    if found.is_none() {
        println!("no larger corpus here (set CHANCERY_SHARED); only our own samples are tried");
    }
    found.map(|folder| folder.join("samples"))
}

/// Where a seal was inserted: asserts that every byte outside of it is the original's, without
/// trusting what the engine says about it. Returns the inserted element, in the document's encoding.
pub(crate) fn inserted<'a>(original: &[u8], sealed: &'a [u8]) -> Result<&'a [u8], String> {
    let prefix = original.iter().zip(sealed).take_while(|(one, other)| one == other).count();
    let write = |ascii: &str| -> Vec<u8> {
        match original {
            [0xFF, 0xFE, ..] | [b'<', 0, ..] => ascii.bytes().flat_map(|it| [it, 0]).collect(),
            [0xFE, 0xFF, ..] | [0, b'<', ..] => ascii.bytes().flat_map(|it| [0, it]).collect(),
            _ => ascii.as_bytes().to_vec(),
        }
    };
    let (first, last) = (write("<ds:Signature "), write("</ds:Signature>"));
    let is_seal = |range: &[u8]| range.starts_with(&first) && range.ends_with(&last);
    let (empty, open, end_tag) = (write("/>"), write(">"), write("</"));
    // The bytes that follow may begin like the element, so the common prefix may reach into it.
    for at in (0..=prefix).rev() {
        let (before, rest) = original.split_at(at);
        if let Some(element) = sealed[before.len()..].strip_suffix(rest)
            && is_seal(element)
        {
            return Ok(element);
        }
        // An empty-element tag of the parent becomes a start tag and an end tag.
        if let Some(rest) = rest.strip_prefix(&*empty)
            && let Some(element) = sealed[before.len()..].strip_suffix(rest)
            && let Some(element) = element.strip_prefix(&*open)
            && let Some(end) = element.windows(end_tag.len()).rposition(|pair| pair == end_tag)
            && is_seal(&element[..end])
        {
            return Ok(&element[..end]);
        }
    }
    Err(format!("bytes outside of the seal changed; the first {prefix} are equal"))
}
