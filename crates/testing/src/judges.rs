//! Foreign judges of sealed documents, and the documents they judge.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use crate::python::{Python, python};
use crate::tsa::TSA;

/// Runs `xmlsec1 --verify` with a trust anchor over files, all in one process when nothing is wrong;
/// `Err` names the first one it refuses.
pub fn xmlsec_verify_under(
    root: impl AsRef<Path>,
    files: &[PathBuf],
    extra: &[&str],
) -> Result<(), String> {
    let run = |files: &[PathBuf]| xmlsec1(Path::new("."), root.as_ref(), extra, files);
    for batch in files.chunks(100) {
        match (run(batch), batch) {
            (Ok(()), _) => {}
            (Err(said), [one]) => return Err(format!("{}: {said}", one.display())),
            (Err(_), several) => {
                for file in several {
                    run(std::slice::from_ref(file))
                        .map_err(|said| format!("{}: {said}", file.display()))?;
                }
            }
        }
    }
    Ok(())
}

/// Runs `xmlsec1 --verify` once, in a folder that references to files are looked up in. `Err` is what it
/// said when it does not accept every file.
pub fn xmlsec1(
    folder: &Path,
    root: &Path,
    extra: &[impl AsRef<OsStr>],
    files: &[impl AsRef<OsStr>],
) -> Result<(), String> {
    let output = Command::new("xmlsec1")
        .current_dir(folder)
        .args(["--verify", "--id-attr:Id"])
        .arg("http://uri.etsi.org/01903/v1.3.2#:SignedProperties")
        .args(extra)
        .arg("--trusted-pem")
        .arg(root)
        .args(files)
        .output()
        .expect("xmlsec1 is missing: apt-get install xmlsec1 (make test does it)");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let accepted = said.lines().filter(|line| *line == "OK").count();
    if output.status.success() && accepted == files.len() { Ok(()) } else { Err(said) }
}

/// Asks signxml whether files carry XAdES of the default profile; `Err` says what it refuses.
///
/// # Errors
/// What it said.
pub fn signxml_verify_under(root: impl AsRef<Path>, files: &[PathBuf]) -> Result<(), String> {
    let output = python("verify_xades.py").arg(root.as_ref()).args(files).output();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let accepted = said.lines().filter(|line| line.starts_with("OK ")).count();
    if output.status.success() && accepted == files.len() {
        return Ok(());
    }
    let refused: Vec<&str> = said.lines().filter(|line| !line.starts_with("OK ")).collect();
    Err(format!("{}\n{}", refused.join("\n"), String::from_utf8_lossy(&output.stderr)))
}

/// Which of these files the official UBL 2.1 schemas accept.
pub fn ubl_valid(files: &[PathBuf]) -> Vec<PathBuf> {
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

/// What EU DSS is given besides files. Without revocation lists it calls a good seal
/// `INDETERMINATE`, `CERTIFICATE_CHAIN_GENERAL_FAILURE` (tests/peers/README.md).
#[derive(Default)]
pub struct DssTrust {
    pub roots: Vec<PathBuf>,
    /// Certificates that a seal may leave out, as its issuers.
    pub certificates: Vec<PathBuf>,
    pub revocation_lists: Vec<PathBuf>,
    /// Identifiers of signature policies with the files they name.
    pub policies: Vec<(String, PathBuf)>,
    /// RFC 3339; now when absent.
    pub time: Option<String>,
}

/// What EU DSS says of one signature; of a file without one, or that it cannot read, the level says
/// `NONE` or `ERROR`.
#[derive(Debug)]
pub struct DssVerdict {
    pub path: PathBuf,
    pub id: String,
    pub level: String,
    pub indication: String,
    pub sub_indication: Option<String>,
    /// Digests and signature value are right, whatever the verdict.
    pub intact: bool,
    pub errors: String,
    pub warnings: String,
    /// What it finds odd about a PDF (`DssValidate.java`); empty when nothing.
    pub odd: String,
}

/// Asks EU DSS about files, in one JVM; a detached seal comes with what it seals. Conformance tests
/// only: `make test` needs no JVM.
pub fn dss_validate(trust: &DssTrust, files: &[(PathBuf, Option<PathBuf>)]) -> Vec<DssVerdict> {
    let mut command = java("dss", "DssValidate");
    for root in &trust.roots {
        command.arg("--root").arg(root);
    }
    for file in &trust.certificates {
        command.arg("--certificates").arg(file);
    }
    for list in &trust.revocation_lists {
        command.arg("--crl").arg(list);
    }
    for (id, file) in &trust.policies {
        command.arg("--policy").arg(format!("{id}={}", file.display()));
    }
    if let Some(time) = &trust.time {
        command.args(["--time", time]);
    }
    let listed = files.iter().map(|(file, content)| match content {
        Some(content) => format!("{}\t{}", file.display(), content.display()),
        None => file.display().to_string(),
    });
    let verdict = |fields: Vec<String>| match <[String; 9]>::try_from(fields) {
        Ok([path, id, level, indication, sub_indication, integrity, errors, warnings, odd]) => {
            DssVerdict {
                odd: if odd == "-" { String::new() } else { odd },
                path: path.into(),
                id,
                level,
                indication,
                sub_indication: (sub_indication != "-").then_some(sub_indication),
                intact: integrity == "intact",
                errors,
                warnings,
            }
        }
        Err(fields) => panic!("DssValidate said {fields:?}"),
    };
    listing(command, listed).into_iter().map(verdict).collect()
}

/// Has EU DSS make seals of every format and level, with the arguments of `DssSeals.java`.
pub fn dss_seals(arguments: &[PathBuf]) {
    let output = java("dss", "DssSeals").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What a judge says of one signature.
#[derive(Debug)]
pub struct SignatureVerdict {
    pub path: PathBuf,
    /// Counted from 1 in document order; 0 when the file has none.
    pub number: usize,
    pub accepted: bool,
    /// A `+` or `-` for each reference, as far as the judge tells.
    pub references: String,
    pub reason: String,
}

/// Verifies every signature of files with the engine of the JDK; references to other files are
/// looked up in `base`. Conformance tests only: `make test` needs no JVM.
pub fn jdk_verify(base: Option<&Path>, files: &[PathBuf]) -> Vec<SignatureVerdict> {
    signatures(java("jdk", "JdkVerify"), base, files)
}

/// Verifies every signature of files with the libxmlsec of PyPI's xmlsec, which knows RSA-PSS.
pub fn python_xmlsec_verify(base: Option<&Path>, files: &[PathBuf]) -> Vec<SignatureVerdict> {
    signatures(python("verify_xml.py"), base, files)
}

fn signatures(
    mut command: impl Judge,
    base: Option<&Path>,
    files: &[PathBuf],
) -> Vec<SignatureVerdict> {
    if let Some(base) = base {
        command.argue("--base".as_ref());
        command.argue(base.as_ref());
    }
    let verdict = |fields: Vec<String>| match <[String; 5]>::try_from(fields) {
        Ok([path, number, verdict, references, reason]) => SignatureVerdict {
            path: path.into(),
            number: number.parse().unwrap(),
            accepted: verdict == "OK",
            references,
            reason,
        },
        Err(fields) => panic!("a judge of signatures said {fields:?}"),
    };
    listing(command, displayed(files)).into_iter().map(verdict).collect()
}

/// What a judge says of one file.
#[derive(Debug)]
pub struct FileVerdict {
    pub path: PathBuf,
    pub accepted: bool,
    /// Everything else, as the judge wrote it: checks, counts, rules that do not hold.
    pub said: String,
}

/// Asks GIB's rules about UBL-TR documents.
pub fn ubl_tr_rules(files: &[PathBuf]) -> Vec<FileVerdict> {
    judged(python("verify_ubltr.py"), files)
}

/// Asks the rules of EN 16931 about UBL invoices and credit notes; only fatal ones refuse.
pub fn en16931_rules(files: &[PathBuf]) -> Vec<FileVerdict> {
    judged(python("verify_en16931.py"), files)
}

/// Validates `ds:Signature` with everything in it against the schemas of W3C and ETSI, wherever it
/// stands.
pub fn xades_schema(files: &[PathBuf]) -> Vec<FileVerdict> {
    judged(python("xades_schema.py"), files)
}

/// Validates reports of a verification against the schema of ETSI TS 119 102-2.
pub fn validation_report_schema(files: &[PathBuf]) -> Vec<FileVerdict> {
    judged(python("validation_report_schema.py"), files)
}

/// Verifies the countersignatures in CMS files, of which each has to have one at least.
pub fn countersignatures(files: &[PathBuf]) -> Vec<FileVerdict> {
    judged(python("verify_countersignatures.py"), files)
}

/// A timestamp that stands in a signature.
#[derive(Debug)]
pub struct FoundTimestamp {
    pub path: PathBuf,
    /// DER of the token.
    pub token: Vec<u8>,
    /// What it has to be over: canonical by lxml, or the value as asn1crypto reads it.
    pub octets: Vec<u8>,
}

/// The signature timestamps in XAdES, CMS and PDF files, of which one has to be there at least.
pub fn signature_timestamps(files: &[PathBuf]) -> Vec<FoundTimestamp> {
    let octets = |hex: &str| -> Vec<u8> {
        let pairs = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
        pairs.collect::<Result<_, _>>().unwrap()
    };
    let found = |fields: Vec<String>| match fields.as_slice() {
        [path, _, token, over] => {
            FoundTimestamp { path: path.into(), token: octets(token), octets: octets(over) }
        }
        _ => panic!("signature_timestamps.py said {fields:?}"),
    };
    listing(python("signature_timestamps.py"), displayed(files)).into_iter().map(found).collect()
}

/// A PDF that pyHanko signed with the key of the samples, with a timestamp of a certificate of the
/// [`TSA`] inside.
pub fn pyhanko_timestamped(document: &Path, tsa: &str) -> Vec<u8> {
    let made = tempfile::NamedTempFile::new().unwrap();
    let mut command = python("timestamped_pdf.py");
    command.args(TSA.files(tsa)).arg(TSA.root()).arg(document).arg(made.path());
    let output = command.output();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read(made.path()).unwrap()
}

/// Recomputes seals of ZATCA's recipe, which no verifier of XML signatures accepts.
pub fn recompute_zatca(files: &[PathBuf]) -> Vec<FileVerdict> {
    judged(python("recompute_zatca.py"), files)
}

/// Recomputes seals of `MyInvois`' recipe, which no verifier of XML signatures accepts.
pub fn recompute_myinvois(files: &[PathBuf]) -> Vec<FileVerdict> {
    judged(python("recompute_myinvois.py"), files)
}

fn judged(command: impl Judge, files: &[PathBuf]) -> Vec<FileVerdict> {
    let verdict = |fields: Vec<String>| match fields.as_slice() {
        [path, verdict, said @ ..] => {
            FileVerdict { path: path.into(), accepted: verdict == "OK", said: said.join("; ") }
        }
        _ => panic!("a judge of files said {fields:?}"),
    };
    let verdicts: Vec<FileVerdict> =
        listing(command, displayed(files)).into_iter().map(verdict).collect();
    assert_eq!(verdicts.len(), files.len(), "a judge left files out: {verdicts:?}");
    verdicts
}

/// How long EU DSS takes for one file.
pub struct DssTiming {
    pub path: PathBuf,
    pub indication: String,
    /// Milliseconds.
    pub least: f64,
    pub median: f64,
}

/// Whether EU DSS can be asked.
pub fn has_dss() -> bool {
    repository().join(".tools/judges/dss/classes").is_dir()
}

/// How long EU DSS takes to validate each of some files, its reports included, so often in one JVM after it
/// has become warm.
pub fn dss_times(root: &Path, files: &[PathBuf], times: usize) -> Vec<DssTiming> {
    let mut command = java("dss", "DssValidate");
    command.arg("--root").arg(root).args(["--times", &times.to_string()]);
    let lines = listing(command, displayed(files));
    let timing = |fields: Vec<String>| match <[String; 4]>::try_from(fields) {
        Ok([path, indication, least, median]) => DssTiming {
            path: path.into(),
            indication,
            least: least.parse().unwrap(),
            median: median.parse().unwrap(),
        },
        Err(fields) => panic!("DssValidate said {fields:?}"),
    };
    lines.into_iter().map(timing).collect()
}

pub(crate) fn displayed(files: &[PathBuf]) -> impl Iterator<Item = String> {
    files.iter().map(|file| file.display().to_string())
}

pub(crate) fn java(judge: &str, program: &str) -> Command {
    let built = repository().join(".tools/judges").join(judge);
    assert!(built.is_dir(), "{} is missing: scripts/setup-judges.sh builds it", built.display());
    let classes = match judge {
        "dss" | "verapdf" => format!("{0}/classes:{0}/lib/*", built.display()),
        _ => built.display().to_string(),
    };
    let mut command = Command::new("java");
    command.args(["-cp", &classes, program]);
    command
}

/// A program that judges files.
pub(crate) trait Judge: std::fmt::Debug {
    /// Gives it one more argument.
    fn argue(&mut self, argument: &OsStr);

    /// Runs it to its end.
    fn judge(&mut self) -> Output;
}

impl Judge for Command {
    fn argue(&mut self, argument: &OsStr) {
        self.arg(argument);
    }

    fn judge(&mut self) -> Output {
        self.output().unwrap_or_else(|error| {
            panic!("{self:?}: {error}; scripts/setup-judges.sh sets the judges up")
        })
    }
}

impl Judge for Python {
    fn argue(&mut self, argument: &OsStr) {
        self.arg(argument);
    }

    fn judge(&mut self) -> Output {
        self.output()
    }
}

/// Runs a judge over a list of files; its lines, cut at tabs. Exit code 1 says that it refused one. About no files nobody
/// is asked: how many there have to be is said where they are made.
pub(crate) fn listing(
    mut command: impl Judge,
    files: impl Iterator<Item = String>,
) -> Vec<Vec<String>> {
    let files: Vec<String> = files.collect();
    if files.is_empty() {
        return Vec::new();
    }
    let mut list = tempfile::NamedTempFile::new().unwrap();
    for file in files {
        writeln!(list, "{file}").unwrap();
    }
    command.argue(format!("@{}", list.path().display()).as_ref());
    let output = command.judge();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{command:?}: {said}");
    let lines = String::from_utf8(output.stdout).unwrap();
    assert!(!lines.is_empty(), "{command:?} said nothing: {said}");
    lines.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// The repository.
pub fn repository() -> &'static Path {
    static ROOT: LazyLock<&Path> = LazyLock::new(|| {
        let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        above.into_iter().nth(2).expect("this package is two folders below the repository")
    });
    &ROOT
}

/// A folder for what tests make once and keep, below the repository's `target`.
pub fn kept() -> PathBuf {
    let folder = repository().join("target/tmp");
    std::fs::create_dir_all(&folder).expect("a folder below target");
    folder
}

/// The folder of foreign material: the one named by `CHANCERY_SHARED`, or a folder `shared` beside the
/// repository or above it. Absent on most machines.
pub fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("CHANCERY_SHARED").map(PathBuf::from);
    let above = repository().ancestors().map(|up| up.join("shared"));
    let found = named.into_iter().chain(above).find(|folder| folder.join("samples").is_dir());
    if found.is_none() {
        missed();
    }
    found
}

/// Says once, past the capture of the test runner, that there is no larger corpus, and notes each test
/// that would use it in the file that `LIST_WITHOUT_CORPUS` names: `make test` counts them.
fn missed() {
    use std::io::Write as _;
    static SAID: std::sync::Once = std::sync::Once::new();
    SAID.call_once(|| {
        let words = "no larger corpus here (set CHANCERY_SHARED); only our own samples are tried\n";
        let _ = std::io::stderr().write_all(words.as_bytes());
    });
    let Some(list) = std::env::var_os("LIST_WITHOUT_CORPUS") else { return };
    let thread = std::thread::current();
    let line = format!("{}\n", thread.name().unwrap_or("a test"));
    let file = std::fs::OpenOptions::new().create(true).append(true).open(list);
    file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the list can be written");
}

/// Fewest files of folders of the larger corpus, by the end of their names.
const LEAST: [(&str, &str, usize); 6] = [
    ("ubl", "xml", 40),
    ("cii", "xml", 6),
    ("other-xml", "xml", 14),
    ("signed-xml", "xml", 30),
    ("pdf", "pdf", 28),
    ("signed-pdf", "pdf", 14),
];

/// The files of a folder of the larger corpus, in order; none without one.
///
/// # Panics
/// When there are fewer than there have to be: what tries nothing proves nothing.
pub fn corpus_files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let Some(corpus) = corpus() else { return Vec::new() };
    let entries = std::fs::read_dir(corpus.join(folder)).expect("a folder of the corpus");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end.eq_ignore_ascii_case(extension)))
        .collect();
    files.sort();
    let least = LEAST.iter().find(|(name, end, _)| *name == folder && *end == extension);
    let (_, _, least) = least.expect("the table has a fewest number");
    assert!(files.len() >= *least, "only {} of {least} files in {folder}", files.len());
    files
}

/// Asserts that so many things were tried, where there is a larger corpus to try.
pub fn at_least(least: usize, tried: usize, what: &str) {
    println!("{tried} {what}");
    assert!(tried >= least || shared().is_none(), "only {tried} {what}, not {least}");
}

/// The larger corpus, in [`shared`].
pub fn corpus() -> Option<PathBuf> {
    shared().map(|folder| folder.join("samples"))
}

/// Where a seal was inserted: asserts that every byte outside of it is the original's, without
/// trusting what the engine says about it. Returns the inserted element, in the document's encoding.
pub fn inserted<'a>(original: &[u8], sealed: &'a [u8]) -> Result<&'a [u8], String> {
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

/// What Bouncy Castle says of the evidence records in a folder, each beside the file that it is over: their names, and
/// `OK` or what is wrong.
pub fn bouncy_evidence(folder: &Path) -> Vec<(String, String)> {
    let output = java("dss", "BcEvidence").arg(folder).output().expect("java must run");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{wrong}");
    let pairs = said.lines().filter_map(|line| line.split_once('\t'));
    pairs.map(|(name, said)| (name.to_owned(), said.to_owned())).collect()
}

/// What EU DSS says of an evidence record in XML.
#[derive(Debug)]
pub struct EvidenceVerdict {
    /// Its name.
    pub name: String,
    pub indication: String,
    /// Whether it is over its file, and each of its timestamps over what it has to be over, whatever the verdict.
    pub proven: bool,
    pub stamps: usize,
    /// Sub-indication and complaints.
    pub said: String,
}

/// Asks EU DSS about the evidence records `NAME.ers.xml` (RFC 6283) in a folder, each beside the file that it is over,
/// with the root and the revocation list of the [`TSA`]. Conformance tests only.
pub fn dss_evidence(folder: &Path) -> Vec<EvidenceVerdict> {
    let mut command = java("dss", "DssEvidence");
    let output = command.arg(TSA.root()).arg(TSA.list()).arg(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{wrong}");
    let verdict = |line: &str| {
        let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
        match <[String; 6]>::try_from(fields) {
            Ok([name, indication, sub, proven, stamps, said]) => EvidenceVerdict {
                name,
                indication,
                proven: proven == "proven",
                stamps: stamps.parse().unwrap(),
                said: format!("{sub} {said}"),
            },
            Err(fields) => panic!("DssEvidence said {fields:?}"),
        }
    };
    said.lines().map(verdict).collect()
}

/// Recomputes evidence records in XML (RFC 6283), each with the file that it is over: by the schema, and by what every
/// timestamp has to be over.
pub fn recompute_evidence(files: &[(PathBuf, PathBuf)]) -> Vec<FileVerdict> {
    let lines = files.iter().map(|(one, data)| format!("{}\t{}", one.display(), data.display()));
    let verdict = |fields: Vec<String>| match fields.as_slice() {
        [path, verdict, said] => {
            FileVerdict { path: path.into(), accepted: verdict == "OK", said: said.clone() }
        }
        _ => panic!("verify_evidence_xml.py said {fields:?}"),
    };
    let verdicts: Vec<FileVerdict> =
        listing(python("verify_evidence_xml.py"), lines).into_iter().map(verdict).collect();
    assert_eq!(verdicts.len(), files.len(), "a judge left files out: {verdicts:?}");
    verdicts
}
