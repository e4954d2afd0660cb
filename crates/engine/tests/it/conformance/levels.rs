//! Every format and packaging at every level, after one renewal and after three, and the profiles of authorities that can
//! be raised, before every judge that understands the file: the table of `make conformance`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use chancery_engine::domain::cades::CadesPackaging;
use chancery_engine::domain::instant::{DAY_MS, Instant};
use chancery_engine::domain::xades::XadesLevel;
use chancery_engine::seal::long_term::{LongTermFault, stamp};
use chancery_engine::seal::{Limits, Prepared};
use chancery_testing::judges::{DssTrust, DssVerdict, dss_validate, signature_timestamps, xmlsec1};
use chancery_testing::pdf_judges::{pyhanko_long_term, pyhanko_time_stamped, pyhanko_verify};
use chancery_testing::pdfs;
use chancery_testing::tsa::TSA;
use serde_json::json;
use tempfile::TempDir;

use super::claims::ProfileClaims;
use super::court::{Tally, ids_of};
use super::{documents, profiles, report};
use crate::seal::extend::{cades, prepare_cms, prepare_pdf, signed};
use crate::seal::long_term::{ROOM, archived, collected, lists, now, timestamped, try_raise_over};
use crate::seal::settings::{ID_ATTRIBUTES, prepare_as};
use crate::seal::support::{INVOICE, PKI, TestKey};

const JUDGES: [&str; 4] = ["EU DSS", "pyHanko", "xmlsec1", "openssl"];

/// A sealed file at a level.
struct LevelFile {
    format: &'static str,
    packaging: String,
    step: Step,
    file: PathBuf,
    content: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    B,
    T,
    Lt,
    Lta,
    Renewed,
    RenewedThrice,
}

impl Step {
    const fn shown(self) -> &'static str {
        match self {
            Self::B => "B",
            Self::T => "T",
            Self::Lt => "LT",
            Self::Lta => "LTA",
            Self::Renewed => "LTA, renewed",
            Self::RenewedThrice => "LTA, renewed 3 times",
        }
    }

    /// As EU DSS ends the name of a level.
    const fn level(self) -> &'static str {
        match self {
            Self::B => "B",
            Self::T => "T",
            Self::Lt => "LT",
            Self::Lta | Self::Renewed | Self::RenewedThrice => "LTA",
        }
    }
}

/// The files of one table, in one folder with the document `a.xml`.
struct LevelDocket {
    folder: TempDir,
    files: Vec<LevelFile>,
}

impl LevelDocket {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.xml"), INVOICE).unwrap();
        Self { folder, files: Vec::new() }
    }

    /// A seal at B, and what becomes of it, level by level.
    fn raise(
        &mut self,
        (format, packaging): (&'static str, &str),
        extension: &str,
        sealed: Vec<u8>,
        stamped: Option<Vec<u8>>,
        content: Option<&[u8]>,
    ) -> Result<(), LongTermFault> {
        let limits = Limits::default();
        let raise = |document: &[u8], lists: &[PathBuf]| {
            try_raise_over(document, content, collected(lists))
        };
        let archive = |raised: chancery_engine::seal::long_term::Raised| {
            raised.archive(ROOM, &limits, content).map(|plan| archived(plan, "rsa").bytes)
        };
        let stamped = match stamped {
            Some(stamped) => stamped,
            None => archived(stamp(sealed.clone(), ROOM, &limits, content)?, "rsa").bytes,
        };
        let lt = raise(&stamped, &lists())?;
        let mut steps = vec![(Step::B, sealed), (Step::T, stamped), (Step::Lt, lt.bytes.clone())];
        let mut lta = archive(lt)?;
        steps.push((Step::Lta, lta.clone()));
        for number in 1..=3 {
            lta = archive(raise(&lta, &[TSA.list()])?)?;
            match number {
                1 => steps.push((Step::Renewed, lta.clone())),
                3 => steps.push((Step::RenewedThrice, lta.clone())),
                _ => {}
            }
        }
        for (step, bytes) in steps {
            let file = self.folder.path().join(format!("{:03}.{extension}", self.files.len()));
            std::fs::write(&file, bytes).unwrap();
            let content = content.map(|_| self.folder.path().join("a.xml"));
            let packaging = packaging.to_owned();
            self.files.push(LevelFile { format, packaging, step, file, content });
        }
        Ok(())
    }

    fn formats(&mut self) {
        let document = INVOICE.as_bytes();
        let plain = |prepared: Prepared, key: &TestKey| signed(prepared, key).finish().into_bytes();
        for (packaging, settings, extension) in [
            ("enveloped", json!({}), "xml"),
            ("enveloping", json!({ "packaging": "ENVELOPING" }), "xml"),
            (
                "detached",
                json!({ "packaging": "DETACHED", "reference": { "uri": "a.xml" } }),
                "xml",
            ),
            ("ASiC-E", json!({ "packaging": "ASIC_E", "reference": { "uri": "a.xml" } }), "asice"),
        ] {
            let sealed = plain(prepare_as(document, &PKI.rsa, None, &settings).unwrap(), &PKI.rsa);
            let content = (packaging == "detached").then_some(document);
            self.raise(("XAdES", packaging), extension, sealed, None, content).unwrap();
        }
        for (packaging, how, extension) in [
            ("attached", CadesPackaging::Attached, "p7m"),
            ("detached", CadesPackaging::Detached, "p7s"),
            ("ASiC-E", CadesPackaging::AsicE, "asice"),
        ] {
            let sealed = plain(prepare_cms(document, &cades(false, how), &PKI.p256), &PKI.p256);
            let content = (packaging == "detached").then_some(document);
            self.raise(("CAdES", packaging), extension, sealed, None, content).unwrap();
        }
        for name in ["classic", "xref-stream"] {
            let pdf = &pdfs::named(name).bytes;
            let sealed = plain(prepare_pdf(pdf, ROOM), &PKI.rsa);
            let stamped = Some(timestamped(pdf));
            self.raise(("PAdES", "in the PDF"), "pdf", sealed, stamped, None).unwrap();
        }
    }

    /// What EU DSS says of some files at a time, with revocation lists beside them or without.
    fn dss(some: &[&LevelFile], lists: Vec<PathBuf>, time: Option<Instant>) -> Tally {
        let trust = DssTrust {
            roots: vec![PKI.root(), TSA.root()],
            revocation_lists: lists,
            time: time.map(Instant::to_rfc3339),
            ..DssTrust::default()
        };
        let asked: Vec<_> = some.iter().map(|it| (it.file.clone(), it.content.clone())).collect();
        let mut tally = Tally::new("EU DSS", true);
        let verdicts = dss_validate(&trust, &asked);
        for one in some {
            let verdict = verdicts.iter().rfind(|verdict| verdict.path == one.file);
            tally.push(&one.file, verdict.map_or(Err("nothing said".to_owned()), |it| one.dss(it)));
        }
        tally
    }

    /// Everybody about everything.
    fn judged(&self) -> Vec<Tally> {
        // At B and T nothing in the file says whether a certificate was revoked.
        let (without, with): (Vec<_>, Vec<_>) =
            self.files.iter().partition(|it| it.step <= Step::T);
        let mut dss = Self::dss(&without, lists(), None);
        dss.extend(Self::dss(&with, Vec::new(), None));
        // The certificates of seals end after 20 days, those of timestamps after 30.
        let archived: Vec<&LevelFile> =
            self.files.iter().filter(|it| it.step >= Step::Lta).collect();
        let later = now().plus_ms(22 * DAY_MS);
        dss.and(&Self::dss(&archived, Vec::new(), Some(later)));
        let [mut xmlsec, mut openssl] = ["xmlsec1", "openssl"].map(|it| Tally::new(it, true));
        for one in &self.files {
            if let Some(verdict) = self.xmlsec1(one) {
                xmlsec.push(&one.file, verdict);
            }
            if let Some(verdict) = Self::openssl(one) {
                openssl.push(&one.file, verdict);
            }
        }
        vec![dss, self.pyhanko(), xmlsec, openssl]
    }

    /// PDFs: from level LT on from what is in the file alone.
    fn pyhanko(&self) -> Tally {
        let mut tally = Tally::new("pyHanko", true);
        if self.files.iter().all(|it| it.format != "PAdES") {
            return tally;
        }
        let roots = [PKI.root(), TSA.root()];
        let of = |wanted: fn(Step) -> bool| -> Vec<PathBuf> {
            let pdfs = self.files.iter().filter(|it| it.format == "PAdES" && wanted(it.step));
            pdfs.map(|it| it.file.clone()).collect()
        };
        for verdict in pyhanko_verify(&roots, &of(|step| step == Step::B)) {
            tally.push(&verdict.path, verdict.accepted.then_some(()).ok_or(verdict.reason));
        }
        for verdict in pyhanko_time_stamped(&roots, &of(|step| step == Step::T)) {
            tally.push(&verdict.path, verdict.accepted.then_some(()).ok_or(verdict.reason));
        }
        for verdict in pyhanko_long_term(&roots, &of(|step| step >= Step::Lt)) {
            tally.push(&verdict.path, verdict.accepted.then_some(()).ok_or(verdict.reason));
        }
        tally
    }

    /// XML, also in a container.
    fn xmlsec1(&self, one: &LevelFile) -> Option<Result<(), String>> {
        let ask = |folder: &Path, ids: &[String], file: &Path| {
            let known = ID_ATTRIBUTES.iter().map(|it| (*it).to_owned());
            let untrusted = PKI.root().with_file_name("ca.pem").display().to_string();
            let more = ids.iter().cloned().chain(["--untrusted-pem".to_owned(), untrusted]);
            let extra: Vec<String> = known.chain(more).collect();
            xmlsec1(folder, &PKI.root(), &extra, &[file])
        };
        match (one.format, one.packaging.as_str()) {
            ("XAdES", "ASiC-E") => {
                let inside = unpacked(&one.file);
                Some(ask(inside.path(), &[], &signatures_in(inside.path(), "xml")))
            }
            ("XAdES", packaging) => Some(ask(self.folder.path(), &ids_of(packaging), &one.file)),
            _ => None,
        }
    }

    /// CMS with the lists in it from level LT on, and every timestamp in XML over what lxml says that it is over.
    fn openssl(one: &LevelFile) -> Option<Result<(), String>> {
        let listed = one.step >= Step::Lt;
        match (one.format, one.packaging.as_str()) {
            ("CAdES", "ASiC-E") => {
                let inside = unpacked(&one.file);
                let manifest = inside.path().join("META-INF/ASiCManifest001.xml");
                // From LTA on the lists are in a token.
                let listed = one.step == Step::Lt;
                Some(cms(&signatures_in(inside.path(), "p7s"), Some(&manifest), listed))
            }
            ("CAdES", _) => Some(cms(&one.file, one.content.as_deref(), listed)),
            ("XAdES", "enveloped" | "enveloping") if one.step >= Step::T => {
                let found = signature_timestamps(std::slice::from_ref(&one.file));
                Some(found.iter().try_for_each(|it| TSA.verify(&it.token, &it.octets)))
            }
            _ => None,
        }
    }

    /// A line for each format, packaging and level.
    fn table(&self, tallies: &[Tally]) -> String {
        let mut rows: BTreeMap<(&str, &str, Step), Vec<&Path>> = BTreeMap::new();
        for one in &self.files {
            let row = rows.entry((one.format, one.packaging.as_str(), one.step)).or_default();
            row.push(&one.file);
        }
        let mut text = report::head(&["Format", "Packaging", "Level"], &JUDGES);
        for ((format, packaging, step), files) in rows {
            let of: Vec<Tally> = tallies.iter().map(|tally| tally.of(&files)).collect();
            text.push_str(&report::row(&[format, packaging, step.shown()], &JUDGES, &of));
        }
        text
    }

    fn complaints(&self, tallies: &[Tally]) -> String {
        let mut complaints = String::new();
        for tally in tallies {
            for (file, said) in tally.refused() {
                let one = self.files.iter().find(|it| it.file == file).unwrap();
                let LevelFile { format, packaging, step, .. } = one;
                let (judge, step) = (tally.judge, step.shown());
                let _ = writeln!(complaints, "{judge} refuses {format} {packaging} {step}: {said}");
            }
        }
        complaints
    }
}

impl LevelFile {
    /// Whether EU DSS finds exactly the level, and passes it.
    fn dss(&self, verdict: &DssVerdict) -> Result<(), String> {
        let level = format!("{}-BASELINE-{}", self.format, self.step.level());
        let passed = verdict.indication == "TOTAL_PASSED";
        let right = verdict.intact && verdict.level == level && passed;
        right.then_some(()).ok_or_else(|| format!("{verdict:?}"))
    }
}

fn unpacked(container: &Path) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let unzip =
        Command::new("unzip").arg("-qq").arg(container).arg("-d").arg(folder.path()).status();
    assert!(unzip.unwrap().success());
    folder
}

/// The signature file of a container.
fn signatures_in(folder: &Path, extension: &str) -> PathBuf {
    let inside = std::fs::read_dir(folder.join("META-INF")).unwrap();
    let mut files = inside.map(|file| file.unwrap().path()).filter(|file| {
        let name = file.file_name().unwrap().to_string_lossy();
        name.starts_with("signature") && name.ends_with(extension)
    });
    files.next().unwrap()
}

fn cms(file: &Path, content: Option<&Path>, listed: bool) -> Result<(), String> {
    let mut command = Command::new("openssl");
    command.args(["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any"]);
    if listed {
        command.arg("-crl_check_all");
    }
    if let Some(content) = content {
        command.arg("-content").arg(content);
    }
    command.args(["-out", "/dev/null", "-in"]).arg(file).arg("-CAfile").arg(PKI.root());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    output.status.success().then_some(()).ok_or(said)
}

#[test]
#[ignore = "needs a JVM: make conformance"]
fn conformance_of_every_level() {
    let mut docket = LevelDocket::new();
    docket.formats();
    let tallies = docket.judged();
    report::write("Levels before judges", &docket.table(&tallies));
    let complaints = docket.complaints(&tallies);
    assert!(complaints.is_empty(), "{complaints}");
}

/// The profiles that claim baseline signatures, each with a document of its own; `here()` EU DSS does not evaluate.
#[test]
#[ignore = "needs a JVM: make conformance"]
fn conformance_of_profiles_at_every_level() {
    let (catalogue, names) = profiles();
    let mut docket = LevelDocket::new();
    let mut left = String::new();
    for name in names {
        let claims = ProfileClaims::of(&catalogue, &name);
        if claims.level() != XadesLevel::B || claims.has_here() || claims.is_detached() {
            let _ = writeln!(
                left,
                "- {name}: no baseline signature, or one with here() or outside of its document"
            );
            continue;
        }
        let document = documents::few(&catalogue, &name).remove(0);
        let sealed = [&PKI.rsa, &PKI.p256].into_iter().find_map(|key| {
            let prepared = prepare_as(&document.bytes, key, Some(&name), &json!({})).ok()?;
            Some(signed(prepared, key).finish().into_bytes())
        });
        let Some(sealed) = sealed else {
            let _ = writeln!(left, "- {name}: neither of the keys");
            continue;
        };
        if let Err(fault) = docket.raise(("XAdES", name.as_str()), "xml", sealed, None, None) {
            let _ = writeln!(left, "- {name}: {fault}");
        }
    }
    let tallies = docket.judged();
    let text = format!("{}\nNot raised:\n\n{left}", docket.table(&tallies));
    report::write("Profiles at every level", &text);
    let complaints = docket.complaints(&tallies);
    assert!(complaints.is_empty(), "{complaints}");
}
