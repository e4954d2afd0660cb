//! What the tests of PDF need: updates, and what other readers say of them.

use std::path::Path;
use std::process::{Command, Output};

use chancery_engine::domain::refusal::PdfRefusal;
use chancery_engine::seal::pdf::object::{Dictionary, Object};
use chancery_engine::seal::pdf::{Increment, PdfFile, PdfLimits};

/// The private key that updates add to the catalog.
pub(super) const KEY: &str = "ChanceryTest";

/// Its value: with characters that strings escape.
pub(super) const TEXT: &str = "sealed (1) \\ here";

pub(super) fn open(bytes: &[u8]) -> Result<PdfFile<'_>, PdfRefusal> {
    PdfFile::open(bytes, &PdfLimits::default())
}

/// The file with an update that adds [`KEY`] to the catalog, and a new object that it refers to.
pub(super) fn updated(bytes: &[u8]) -> Result<Vec<u8>, PdfRefusal> {
    let file = open(bytes)?;
    let mut catalog = file.catalog()?;
    let mut increment = Increment::new(&file)?;
    let text = Object::Literal(TEXT.as_bytes().to_vec());
    let added = increment.add(Dictionary::new().with("Text", text.clone()));
    catalog.set(KEY, text);
    catalog.set("ChanceryObject", added.into());
    increment.set(file.root(), catalog);
    Ok([bytes, &increment.finish()?.bytes].concat())
}

/// Asserts that we read back what [`updated`] wrote, without a search.
pub(super) fn assert_updated(name: &str, before: &[u8], after: &[u8]) {
    assert!(after.starts_with(before), "{name}: the original bytes changed");
    let file = open(after).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    assert!(!file.is_repaired(), "{name}: the update left the file in need of repair");
    let catalog = file.catalog().unwrap();
    assert_eq!(catalog.get(KEY).and_then(Object::as_string), Some(TEXT.as_bytes()), "{name}");
    let added = file.dictionary(&catalog, "ChanceryObject").unwrap().unwrap();
    assert_eq!(added.get("Text").and_then(Object::as_string), Some(TEXT.as_bytes()), "{name}");
}

/// What `qpdf --check` says: 0 good, 3 with warnings, 2 bad.
pub(super) fn qpdf_check(bytes: &[u8]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.pdf");
    std::fs::write(&path, bytes).unwrap();
    said(qpdf([&"--check" as &dyn AsRef<std::ffi::OsStr>, &path]))
}

/// The file as qpdf writes it anew: decrypted, unpacked, readable.
pub(crate) fn qpdf_plain(bytes: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from.pdf"), folder.path().join("to.pdf"));
    std::fs::write(&from, bytes).unwrap();
    let (code, text) =
        said(qpdf_with(&["--decrypt", "--qdf", "--object-streams=disable"], &from, &to));
    assert!(matches!(code, 0 | 3), "{text}");
    std::fs::read(&to).unwrap()
}

/// A file changed by qpdf with these options.
pub(crate) fn qpdf_changed(bytes: &[u8], options: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from.pdf"), folder.path().join("to.pdf"));
    std::fs::write(&from, bytes).unwrap();
    let (code, text) = said(qpdf_with(options, &from, &to));
    assert!(matches!(code, 0 | 3), "{options:?}: {text}");
    std::fs::read(&to).unwrap()
}

fn qpdf_with(options: &[&str], from: &Path, to: &Path) -> Output {
    let mut command = Command::new("qpdf");
    command.args(options).arg(from).arg(to);
    command.output().expect("qpdf is installed by scripts/setup.sh test")
}

fn qpdf<'a>(arguments: impl IntoIterator<Item = &'a dyn AsRef<std::ffi::OsStr>>) -> Output {
    let mut command = Command::new("qpdf");
    command.args(arguments.into_iter().map(AsRef::as_ref));
    command.output().expect("qpdf is installed by scripts/setup.sh test")
}

fn said(output: Output) -> (i32, String) {
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned())
}

/// Whether hayro-syntax finds [`KEY`] in the catalog and all pages.
pub(super) fn hayro_reads(bytes: &[u8]) -> Result<usize, String> {
    let pdf = hayro_syntax::Pdf::new(bytes.to_vec()).map_err(|error| format!("{error:?}"))?;
    let catalog = pdf
        .xref()
        .get::<hayro_syntax::object::Dict<'_>>(pdf.xref().root_id())
        .ok_or("no catalog")?;
    let found = catalog.get::<hayro_syntax::object::String<'_>>(KEY.as_bytes());
    match found {
        Some(text) if text.as_ref() == TEXT.as_bytes() => Ok(pdf.pages().len()),
        Some(_) => Err("another text".to_owned()),
        None => Err("no text".to_owned()),
    }
}
