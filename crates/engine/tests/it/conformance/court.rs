//! The judges, each asked about the seals that it understands.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use chancery_engine::domain::xades::XadesLevel;

use super::claims::ProfileClaims;
use super::sealing::{Case, TestAuthority};
use chancery_testing::judges::{
    DssVerdict, SignatureVerdict, corpus, dss_validate, en16931_rules, jdk_verify,
    python_xmlsec_verify, repository, ubl_tr_rules, ubl_valid, xades_schema, xmlsec1,
};

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

/// What one judge says of some seals.
pub(super) struct Tally {
    pub(super) judge: &'static str,
    /// Verifies digests and signature value.
    pub(super) is_engine: bool,
    verdicts: Vec<(PathBuf, Result<(), String>)>,
}

impl Tally {
    pub(super) const fn new(judge: &'static str, is_engine: bool) -> Self {
        Self { judge, is_engine, verdicts: Vec::new() }
    }

    pub(super) fn push(&mut self, file: &Path, verdict: Result<(), String>) {
        self.verdicts.push((file.to_owned(), verdict));
    }

    /// With what the same judge said of other files.
    pub(super) fn extend(&mut self, others: Self) {
        self.verdicts.extend(others.verdicts);
    }

    /// Only what the same judge accepted this time, too, where it was asked about it.
    pub(super) fn and(&mut self, again: &Self) {
        for (file, verdict) in &mut self.verdicts {
            let other = again.verdicts.iter().find(|(asked, _)| asked == file);
            if let (Ok(()), Some((_, other))) = (&verdict, other) {
                *verdict = other.clone();
            }
        }
    }

    /// What it says of some files.
    pub(super) fn of(&self, files: &[&Path]) -> Self {
        let Self { judge, is_engine, verdicts } = self;
        let some = verdicts.iter().filter(|(file, _)| files.contains(&file.as_path()));
        Self { judge, is_engine: *is_engine, verdicts: some.cloned().collect() }
    }

    pub(super) fn total(&self) -> usize {
        self.verdicts.len()
    }

    pub(super) fn accepted(&self) -> usize {
        self.verdicts.iter().filter(|(_, verdict)| verdict.is_ok()).count()
    }

    pub(super) fn refused(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.verdicts.iter().filter_map(|(file, verdict)| {
            verdict.as_ref().err().map(|said| (file.as_path(), said.as_str()))
        })
    }
}

/// All judges of one profile.
pub(super) struct Court<'a> {
    pub(super) authority: &'a TestAuthority,
    pub(super) claims: &'a ProfileClaims,
}

impl Court<'_> {
    /// Every judge.
    pub(super) fn all(&self, cases: &[Case]) -> Vec<Tally> {
        let mut tallies = self.engines(cases);
        tallies.push(Self::schema(cases));
        tallies.extend(self.signxml(cases));
        tallies.extend(self.ubl_schema(cases));
        tallies.extend(self.national_schema(cases));
        tallies.extend(self.national_rules(cases));
        tallies
    }

    /// Those that verify digests and signature values.
    pub(super) fn engines(&self, cases: &[Case]) -> Vec<Tally> {
        let libxmlsec = self.by_folder(cases, "libxmlsec 1.3", python_xmlsec_verify);
        let mut engines = vec![self.xmlsec1(cases), libxmlsec];
        engines.push(self.by_folder(cases, "JDK", jdk_verify));
        engines.extend(self.dss(cases));
        engines
    }

    /// xmlsec1 before the last signature of each file; it also verifies the chain.
    pub(super) fn xmlsec1(&self, cases: &[Case]) -> Tally {
        let mut tally = Tally::new("xmlsec1", true);
        for batch in cases.chunks(100) {
            let files: Vec<&Path> = batch.iter().map(|case| case.file.as_path()).collect();
            let together = self.xmlsec1_at("last()", &files);
            for case in batch {
                let verdict = match &together {
                    Ok(()) => Ok(()),
                    Err(_) => self.xmlsec1_at("last()", &[case.file.as_path()]),
                };
                tally.verdicts.push((case.file.clone(), verdict));
            }
        }
        tally
    }

    /// xmlsec1 before one signature, by its position in the document, of files in one folder.
    pub(super) fn xmlsec1_at(&self, position: &str, files: &[&Path]) -> Result<(), String> {
        let signature = format!("local-name()='Signature' and namespace-uri()='{DS}'");
        let Some(folder) = files.first().and_then(|file| file.parent()) else { return Ok(()) };
        let mut extra: Vec<OsString> =
            ["--id-attr:Id".to_owned(), format!("{DS}:KeyInfo")].map(OsString::from).into();
        extra.extend(ids_of(&self.claims.profile).into_iter().map(OsString::from));
        extra.extend(["--node-xpath".into(), format!("(//*[{signature}])[{position}]").into()]);
        extra.extend(["--untrusted-pem".into(), self.authority.path("issuers.pem").into()]);
        xmlsec1(folder, &self.authority.path("root.pem"), &extra, files)
    }

    /// Judges that look references to files up in one folder.
    fn by_folder(
        &self,
        cases: &[Case],
        judge: &'static str,
        ask: impl Fn(Option<&Path>, &[PathBuf]) -> Vec<SignatureVerdict>,
    ) -> Tally {
        let mut tally = Tally::new(judge, true);
        // The files of one call stand in one folder: good ones in one, damaged ones in another.
        let folder = cases.first().and_then(|case| case.file.parent());
        let files: Vec<PathBuf> = cases.iter().map(|case| case.file.clone()).collect();
        let verdicts = ask(folder.filter(|_| self.claims.is_detached()), &files);
        for case in cases {
            // A document may hold foreign signatures; ours is the last.
            let ours = verdicts.iter().rfind(|verdict| verdict.path == case.file);
            let verdict = match ours {
                Some(verdict) if verdict.accepted => Ok(()),
                Some(SignatureVerdict { number, references, reason, .. }) => {
                    Err(format!("signature {number}: {references} {reason}"))
                }
                None => Err("nothing said".to_owned()),
            };
            tally.verdicts.push((case.file.clone(), verdict));
        }
        tally
    }

    /// EU DSS: the level that the profile claims; baseline passes, older levels do not fail.
    fn dss(&self, cases: &[Case]) -> Option<Tally> {
        // EU DSS does not evaluate here().
        if self.claims.has_here() || cases.is_empty() {
            return None;
        }
        let mut tally = Tally::new("EU DSS", true);
        // It does not take UTF-16 for XML.
        let is_utf16 = |case: &&Case| {
            let bytes = std::fs::read(&case.original).unwrap();
            bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF])
        };
        let cases: Vec<&Case> = cases.iter().filter(|case| !is_utf16(case)).collect();
        let files: Vec<_> =
            cases.iter().map(|case| (case.file.clone(), case.content.clone())).collect();
        let verdicts = dss_validate(&self.authority.trust(), &files);
        for case in cases {
            let ours = verdicts.iter().rfind(|verdict| verdict.path == case.file);
            let verdict = match ours {
                Some(verdict) => self.dss_verdict(verdict),
                None => Err("nothing said".to_owned()),
            };
            tally.verdicts.push((case.file.clone(), verdict));
        }
        Some(tally)
    }

    fn dss_verdict(&self, verdict: &DssVerdict) -> Result<(), String> {
        let claims = self.claims;
        let sub = verdict.sub_indication.as_deref().unwrap_or_default();
        // Without XAdES, or with SHA-1, no policy of today's is met; digests and value are right.
        let policy = sub.starts_with("CRYPTO_CONSTRAINTS") || sub == "SIG_CONSTRAINTS_FAILURE";
        let passed = verdict.indication == "TOTAL_PASSED";
        let enough = match (claims.level(), claims.uses_sha1()) {
            (_, true) => passed || policy,
            (XadesLevel::None, false) => policy,
            (XadesLevel::Bes | XadesLevel::Epes | XadesLevel::B, false) => passed,
        };
        if enough && verdict.intact && claims.is_level(&verdict.level) {
            return Ok(());
        }
        let DssVerdict { id, level, indication, intact, errors, warnings, .. } = verdict;
        Err(format!("{id} {level} {indication} {sub} intact={intact} {errors} {warnings}"))
    }

    /// The schemas of W3C and ETSI.
    pub(super) fn schema(cases: &[Case]) -> Tally {
        let mut tally = Tally::new("XAdES schema", false);
        let files: Vec<PathBuf> = cases.iter().map(|case| case.file.clone()).collect();
        for verdict in xades_schema(&files) {
            tally.verdicts.push((verdict.path, verdict.accepted.then_some(()).ok_or(verdict.said)));
        }
        tally
    }

    /// signxml, which knows version 2 properties and no XPath. It wants one signature in the file.
    pub(super) fn signxml(&self, cases: &[Case]) -> Option<Tally> {
        let claims = self.claims;
        if claims.level() != XadesLevel::B || claims.has_xpath() || claims.is_detached() {
            return None;
        }
        let mut tally = Tally::new("signxml", true);
        let one = |case: &&Case| {
            let before = std::fs::read(&case.original).unwrap();
            let comments = claims.has_comments() && contains(&before, "<!--");
            !comments && !contains(&before, "<ds:Signature")
        };
        let cases: Vec<&Case> = cases.iter().filter(one).collect();
        let output = Command::new(repository().join(".venv/bin/python"))
            .arg(repository().join("tests/peers/verify_xades.py"))
            .arg(self.authority.path("issuers.pem"))
            .args(cases.iter().map(|case| &case.file))
            .output()
            .expect("the Python judges are missing: scripts/setup.sh test (make test does it)");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        for case in cases {
            let file = case.file.display().to_string();
            let line = said.lines().find(|line| line.split(' ').nth(1) == Some(&*file));
            let verdict = match line {
                Some(line) if line.starts_with("OK ") => Ok(()),
                Some(line) => Err(line.to_owned()),
                None => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
            };
            tally.verdicts.push((case.file.clone(), verdict));
        }
        Some(tally)
    }

    /// UBL's schemas, for documents that they accept once they are sealed in the UBL place.
    pub(super) fn ubl_schema(&self, cases: &[Case]) -> Option<Tally> {
        let in_place = ["ubl", "ubl-nonfinal", "ubl-nonfinal-here", "peppol", "cius-pt"];
        let own = ["ubl-tr", "dian", "sunat", "sunat-sha1"];
        let profile = self.claims.profile.as_str();
        let cases: Vec<&Case> = if in_place.contains(&profile) {
            let originals: Vec<PathBuf> = cases.iter().map(|case| case.original.clone()).collect();
            let valid = ubl_valid(&originals);
            cases.iter().filter(|case| valid.contains(&case.original)).collect()
        } else if own.contains(&profile) {
            // An empty ext:ExtensionContent is not valid before, so only ours are known to be.
            let ours = format!("-{profile}-{}-", profile.trim_end_matches("-sha1"));
            cases.iter().filter(|case| case.file.to_string_lossy().contains(&ours)).collect()
        } else {
            return None;
        };
        let mut tally = Tally::new("UBL 2.1 schema", false);
        let files: Vec<PathBuf> = cases.iter().map(|case| case.file.clone()).collect();
        let valid = ubl_valid(&files);
        for file in files {
            let verdict =
                valid.contains(&file).then_some(()).ok_or("not valid any more".to_owned());
            tally.verdicts.push((file, verdict));
        }
        Some(tally)
    }

    /// Schemas of authorities, from the larger corpus.
    fn national_schema(&self, cases: &[Case]) -> Option<Tally> {
        let schema = match self.claims.profile.as_str() {
            "facturae-3.2" => "Facturae_v3.2.2.xsd",
            "fatturapa" => "FatturaPA_v1.2.2.xsd",
            "sri" | "sri-sha256" => "SRI_factura_V1.1.0.xsd",
            _ => return None,
        };
        let folder = corpus()?.with_file_name("xsd");
        let mut tally = Tally::new("national schema", false);
        let judge = |file: &Path| {
            let output = Command::new("xmllint")
                .env("XML_CATALOG_FILES", folder.join("catalog.xml"))
                .args(["--nonet", "--noout", "--schema"])
                .arg(folder.join("national").join(schema))
                .arg(file)
                .output()
                .expect("xmllint is missing: apt-get install libxml2-utils");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            output.status.success().then_some(()).ok_or(said)
        };
        for case in cases.iter().filter(|case| judge(&case.original).is_ok()) {
            tally.verdicts.push((case.file.clone(), judge(&case.file)));
        }
        Some(tally)
    }

    /// Rules of authorities: they find what they found before, or nothing.
    fn national_rules(&self, cases: &[Case]) -> Option<Tally> {
        let files: Vec<PathBuf> = cases.iter().map(|case| case.file.clone()).collect();
        if self.claims.profile == "ubl-tr" {
            let originals: Vec<PathBuf> = cases.iter().map(|case| case.original.clone()).collect();
            let mut tally = Tally::new("GIB rules", false);
            for (before, after) in ubl_tr_rules(&originals).iter().zip(ubl_tr_rules(&files)) {
                // Some published samples break other rules, sealed or not.
                let known = |rule: &str| {
                    let name = rule.split(':').next().unwrap_or_default();
                    !rule.contains("Signature") && before.said.contains(name)
                };
                let ours = after.path.to_string_lossy().contains("-ubl-tr-ubl-tr-");
                let rules = after.said.split("; ").skip(1).flat_map(|rules| rules.split(" | "));
                let fits = after.accepted || (!ours && rules.into_iter().all(known));
                tally.verdicts.push((after.path, fits.then_some(()).ok_or(after.said)));
            }
            return Some(tally);
        }
        if self.claims.profile != "peppol" && self.claims.profile != "cius-pt" {
            return None;
        }
        let originals: Vec<PathBuf> = cases.iter().map(|case| case.original.clone()).collect();
        let mut tally = Tally::new("EN 16931 rules", false);
        for (before, after) in en16931_rules(&originals).iter().zip(en16931_rules(&files)) {
            let same = before.accepted == after.accepted;
            let said = format!("before: {}; after: {}", before.said, after.said);
            tally.verdicts.push((after.path, same.then_some(()).ok_or(said)));
        }
        Some(tally)
    }
}

/// In any encoding whose ASCII characters are ASCII bytes, zeros aside.
fn contains(bytes: &[u8], text: &str) -> bool {
    let bytes: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Attributes of the documents that xmlsec1 is told are Ids.
pub(super) fn ids_of(profile: &str) -> Vec<String> {
    let ids: &[(&str, &str)] = match profile {
        "sri" | "sri-sha256" => &[("id", "factura")],
        "sii-dte" => &[
            ("ID", "http://www.sii.cl/SiiDte:Documento"),
            ("ID", "http://www.sii.cl/SiiDte:SetDTE"),
            ("ID", "Documento"),
        ],
        "sifen" => &[("Id", "http://ekuatia.set.gov.py/sifen/xsd:DE")],
        _ => &[],
    };
    ids.iter()
        .flat_map(|(name, element)| [format!("--id-attr:{name}"), (*element).to_owned()])
        .collect()
}
