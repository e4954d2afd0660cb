//! PDFs of every kind, made by `tests/peers/make_pdfs.py` and kept in `target/tmp` until the makers
//! change, with what is to become of each.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::judges::{kept, repository};
use super::python::python;

/// What is to become of a PDF that is sealed with the settings of no profile: invisibly, in a field
/// of its own, not certifying.
#[derive(Clone, Debug)]
pub enum Expectation {
    Seal,
    /// Refused for one of these reasons, by their code.
    Refuse(Vec<String>),
    /// Sealed, or refused for one of these reasons; none given means any. Never a crash, and quickly.
    Either(Vec<String>),
}

impl Expectation {
    /// Whether it was met: sealed, or refused with a code.
    pub fn is_met(&self, refused: Option<&str>) -> bool {
        let names =
            |codes: &[String], code: &str| codes.iter().any(|one| one == code || one.is_empty());
        match (self, refused) {
            (Self::Seal | Self::Either(_), None) => true,
            (Self::Refuse(codes), Some(code)) => names(codes, code),
            (Self::Either(codes), Some(code)) => codes.is_empty() || names(codes, code),
            (Self::Seal, Some(_)) | (Self::Refuse(_), None) => false,
        }
    }

    fn read(written: &str) -> Self {
        let (kind, codes) = written.split_once(':').unwrap_or((written, ""));
        let codes = codes.split('|').filter(|code| !code.is_empty()).map(str::to_owned).collect();
        match kind {
            "seal" => Self::Seal,
            "refuse" => Self::Refuse(codes),
            "either" => Self::Either(codes),
            _ => panic!("make_pdfs.py expects {written}"),
        }
    }
}

/// A PDF to try the engine on.
#[derive(Debug)]
pub struct TestPdf {
    pub name: String,
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    pub expectation: Expectation,
    /// The PDF/A that it is, as `2b`: a sealed one must stay so.
    pub flavour: Option<String>,
}

/// All of them, nearly 200; one has 12 MB. Some are hostile.
pub fn all() -> &'static [TestPdf] {
    static ALL: OnceLock<Vec<TestPdf>> = OnceLock::new();
    ALL.get_or_init(|| {
        let folder = made();
        let index = fs::read_to_string(folder.join("index.tsv")).unwrap();
        index.lines().map(|line| read(&folder, line)).collect()
    })
}

/// The one of a name.
pub fn named(name: &str) -> &'static TestPdf {
    all().iter().find(|one| one.name == name).unwrap_or_else(|| panic!("no test PDF {name}"))
}

fn read(folder: &Path, line: &str) -> TestPdf {
    let [name, expectation, flavour] = line.split('\t').collect::<Vec<_>>()[..] else {
        panic!("make_pdfs.py wrote {line}")
    };
    let path = folder.join(format!("{name}.pdf"));
    TestPdf {
        name: name.to_owned(),
        bytes: fs::read(&path).unwrap(),
        path,
        expectation: Expectation::read(expectation),
        flavour: (flavour != "-").then(|| flavour.to_owned()),
    }
}

/// The folder of this state of the makers. Several test processes may come here at once: each makes a
/// folder of its own, and the first gives it its name.
fn made() -> PathBuf {
    let makers = ["make_pdfs.py", "pdf_writer.py", "pdf_signed.py", "pdf_hostile.py"]
        .map(|name| format!("tests/peers/{name}"));
    let mut state = DefaultHasher::new();
    for file in makers.iter().map(String::as_str).chain(["tests/peers/requirements.txt"]) {
        fs::read(repository().join(file)).unwrap().hash(&mut state);
    }
    let tmp = kept();
    let folder = tmp.join(format!("test-pdfs-{:016x}", state.finish()));
    if !folder.is_dir() {
        let unfinished = tempfile::TempDir::new_in(&tmp).unwrap();
        let output = python("make_pdfs.py").arg(unfinished.path()).output();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "make_pdfs.py (scripts/setup.sh test sets it up): {said}");
        if fs::rename(unfinished.path(), &folder).is_err() {
            assert!(folder.is_dir(), "{} cannot be made", folder.display());
        }
    }
    folder
}
