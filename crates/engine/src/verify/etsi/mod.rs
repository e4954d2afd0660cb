//! A report as XML (ETSI TS 119 102-2 V1.2.2 and V1.3.1, namespace `http://uri.etsi.org/19102/v1.2.1#`), valid by its schema.
//!
//! Each signature is a `SignatureValidationReport`; certificates, lists, answers and timestamps are
//! `SignatureValidationObjects`, called as EU DSS calls them: `C-`, `R-` and `T-` with the SHA-256 of their octets.
//! Timestamps over files and documents are objects too, with a report of their own. What the standard has no word
//! for, findings and notes, stands in `AdditionalValidationReportData`.

mod objects;
mod write;

use self::objects::{WrittenObjects, timestamp_id};
use self::write::{XmlWriter, uri};
use super::indication::{Indication, SubIndication};
use super::objects::SeenObject;
use super::report::{
    AlgorithmFacts, RevocationFacts, TimestampFacts, VerificationReport, VerifiedSignature,
};
use crate::domain::instant::Instant;
use crate::domain::text::hex;
use crate::pki::digest::sha256;

const NAMESPACES: [(&str, &str); 3] = [
    ("xmlns", "http://uri.etsi.org/19102/v1.2.1#"),
    ("xmlns:ds", "http://www.w3.org/2000/09/xmldsig#"),
    ("xmlns:XAdES", "http://uri.etsi.org/01903/v1.3.2#"),
];
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const POE_VALIDATION: &str = "urn:etsi:019102:poetype:validation";
/// Types of what stands in `AdditionalValidationReportData`.
const FINDING: &str = "urn:x-chancery:verification:finding";
const NOTE: &str = "urn:x-chancery:verification:note";
const NOT_COVERED: &str = "urn:x-chancery:verification:not-covered";
/// Formats that are timestamps and no signatures.
const TIMESTAMPS: [&str; 2] = ["document timestamp", "container timestamp"];

/// SHA-256 of the file that was verified; of what a detached signature is over, where that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentDigest(pub [u8; 32]);

impl DocumentDigest {
    /// Of a file, and of what it was verified with.
    #[must_use]
    pub fn of(file: &[u8], detached: Option<&[u8]>) -> Self {
        Self(sha256(detached.unwrap_or(file)))
    }
}

/// The report as an XML document.
#[must_use]
pub fn validation_report(report: &VerificationReport, document: DocumentDigest) -> String {
    let (timestamps, signatures): (Vec<_>, Vec<_>) =
        report.signatures.iter().partition(|one| TIMESTAMPS.contains(&one.format));
    let mut objects = WrittenObjects::default();
    for signature in &signatures {
        objects.add(&signature.objects);
    }
    let mut xml = XmlWriter::new();
    xml.element("ValidationReport", &NAMESPACES, |xml| {
        let numbered = signatures.iter().zip(1_usize..);
        for (signature, number) in numbered {
            xml.element("SignatureValidationReport", &[], |xml| {
                let signature =
                    Signature { report, signature, id: format!("S-{number}"), document };
                signature.write(xml);
            });
        }
        if signatures.is_empty() {
            xml.element("SignatureValidationReport", &[], |xml| no_signature(report, xml));
        }
        let files = || timestamps.iter().zip(1_usize..);
        let has_tokens = signatures.iter().any(|one| tokens(one).next().is_some());
        if objects.is_empty() && !has_tokens && timestamps.is_empty() {
            return;
        }
        xml.element("SignatureValidationObjects", &[], |xml| {
            objects.write(&report.at, xml);
            for signature in &signatures {
                for (facts, token) in tokens(signature) {
                    if objects.is_new(token) {
                        objects::signature_timestamp(facts, token, &report.at, xml);
                    }
                }
            }
            for (timestamp, number) in files() {
                objects::file_timestamp(report, timestamp, &format!("D-{number}"), xml);
            }
        });
    });
    xml.finish()
}

/// The timestamps of a signature that can be read, with their tokens.
fn tokens(signature: &VerifiedSignature) -> impl Iterator<Item = (&TimestampFacts, &SeenObject)> {
    signature.timestamps.iter().filter_map(|facts| Some((facts, facts.token.as_ref()?)))
}

/// A file without a signature has a verdict too.
fn no_signature(report: &VerificationReport, xml: &mut XmlWriter) {
    xml.element("ValidationTimeInfo", &[], |xml| {
        xml.leaf("ValidationTime", &report.at);
        xml.element("BestSignatureTime", &[], |xml| poe(&report.at, None, xml));
    });
    let told = (report.indication, report.sub_indication);
    xml.element("SignatureValidationStatus", &[], |xml| {
        status(told, "total-", xml);
        let texts = report.findings.iter().map(|finding| (FINDING, finding.text.as_str()));
        let texts: Vec<_> = texts.collect();
        if !texts.is_empty() {
            xml.element("AssociatedValidationReportData", &[], |xml| additional(&texts, xml));
        }
    });
}

/// One signature, and what is said of the file that it is in.
struct Signature<'a> {
    report: &'a VerificationReport,
    signature: &'a VerifiedSignature,
    id: String,
    document: DocumentDigest,
}

impl Signature<'_> {
    fn write(&self, xml: &mut XmlWriter) {
        let signature = self.signature;
        xml.element("SignatureIdentifier", &[("id", &self.id)], |xml| {
            xml.leaf("HashOnly", "false");
            xml.leaf("DocHashOnly", "false");
            xml.leaf("DAIdentifier", &signature.place);
        });
        xml.element("ValidationTimeInfo", &[], |xml| {
            xml.leaf("ValidationTime", &self.report.at);
            let best = signature.proven_time.as_ref().unwrap_or(&self.report.at);
            let by = signature.proven_time.as_ref().and_then(|_| self.proving());
            xml.element("BestSignatureTime", &[], |xml| poe(best, by.as_deref(), xml));
        });
        xml.element("SignersDocument", &[], |xml| digest(self.document.0, xml));
        self.attributes(xml);
        if let Some(signer) = &signature.signer
            && let Some(certificate) = signature.objects.certificates.first()
        {
            xml.element("SignerInformation", &[], |xml| {
                xml.reference("SignerCertificate", &id_of("C", certificate));
                xml.leaf("Signer", &signer.subject);
            });
        }
        let archived = signature.timestamps.iter().any(|it| it.kind == "archive" && it.holds);
        let process = match &signature.proven_time {
            Some(_) if archived => "LTA",
            Some(_) => "LTVM",
            None => "Basic",
        };
        xml.element("SignatureValidationProcess", &[], |xml| {
            let process = format!("urn:etsi:019102:validationprocess:{process}");
            xml.leaf("SignatureValidationProcessID", &process);
        });
        let told = self.report.verdict_on(signature);
        xml.element("SignatureValidationStatus", &[], |xml| {
            status(told, "total-", xml);
            self.data(xml);
        });
    }

    /// The timestamp that proves when the signature was there.
    fn proving(&self) -> Option<String> {
        let proven = &self.signature.proven_time;
        let mut all = tokens(self.signature);
        all.find(|(facts, _)| facts.holds && facts.time == *proven)
            .map(|(_, token)| timestamp_id(token))
    }

    fn attributes(&self, xml: &mut XmlWriter) {
        let signature = self.signature;
        let bound = signature.signer.as_ref().is_some_and(|signer| signer.bound);
        let certificate = signature.objects.certificates.first().filter(|_| bound);
        let policy = signature.policy.as_ref().and_then(|policy| policy.identifier.as_ref());
        let none = signature.claimed_time.is_none() && certificate.is_none() && policy.is_none();
        if none && tokens(signature).next().is_none() {
            return;
        }
        let signed = [("Signed", "true")];
        xml.element("SignatureAttributes", &[], |xml| {
            if let Some(time) = &signature.claimed_time {
                xml.element("SigningTime", &signed, |xml| xml.leaf("Time", time));
            }
            if let Some(certificate) = certificate {
                xml.element("SigningCertificate", &signed, |xml| {
                    xml.reference("AttributeObject", &id_of("C", certificate));
                });
            }
            if let Some(policy) = policy {
                xml.element("SigPolicyIdentifier", &signed, |xml| {
                    xml.leaf("SigPolicyId", &uri(policy));
                });
            }
            for (facts, token) in tokens(signature) {
                let Some(time) = &facts.time else { continue };
                let archive = facts.kind == "archive";
                let name = if archive { "ArchiveTimeStamp" } else { "SignatureTimeStamp" };
                xml.element(name, &[("Signed", "false")], |xml| {
                    xml.reference("AttributeObject", &timestamp_id(token));
                    xml.leaf("TimeStampValue", time);
                });
            }
        });
    }

    /// What the verdict stands on.
    fn data(&self, xml: &mut XmlWriter) {
        let signature = self.signature;
        let certificates = &signature.objects.certificates;
        let has_anchor =
            signature.signer.as_ref().is_some_and(|signer| signer.trust_anchor.is_some());
        xml.element("AssociatedValidationReportData", &[], |xml| {
            let anchor = certificates.last().filter(|_| has_anchor).map(|one| id_of("C", one));
            if let Some(anchor) = &anchor {
                xml.reference("TrustAnchor", anchor);
            }
            if let Some((signing, rest)) = certificates.split_first() {
                xml.element("CertificateChain", &[], |xml| {
                    xml.reference("SigningCertificate", &id_of("C", signing));
                    let between = rest.len().saturating_sub(usize::from(has_anchor));
                    for one in rest.iter().take(between) {
                        xml.reference("IntermediateCertificate", &id_of("C", one));
                    }
                    if let Some(anchor) = &anchor {
                        xml.reference("TrustAnchor", anchor);
                    }
                });
            }
            for (_, token) in tokens(signature) {
                xml.reference("RelatedValidationObject", &timestamp_id(token));
            }
            for object in signature.objects.lists.iter().chain(&signature.objects.answers) {
                xml.reference("RelatedValidationObject", &id_of("R", object));
            }
            self.revocation(xml);
            let ended = signature.algorithms.iter().find(|algorithm| !algorithm.accepted);
            let shown =
                ended.or_else(|| signature.algorithms.iter().find(|it| it.of == "signature"));
            if let Some(algorithm) = shown {
                self.algorithm(algorithm, xml);
            }
            let findings = signature.findings.iter().chain(&self.report.findings);
            let mut texts: Vec<(&str, &str)> =
                findings.map(|finding| (FINDING, finding.text.as_str())).collect();
            texts.extend(signature.notes.iter().map(|note| (NOTE, note.as_str())));
            texts
                .extend(signature.not_covered.iter().map(|part| (NOT_COVERED, part.name.as_str())));
            additional(&texts, xml);
        });
    }

    /// The first certificate of the path that was revoked.
    fn revocation(&self, xml: &mut XmlWriter) {
        let Some(signer) = &self.signature.signer else { return };
        let revoked = signer.revocation.iter().find_map(|facts| Some((facts, since(facts)?)));
        let Some((facts, (time, reason))) = revoked else { return };
        // a path that does not hold is not kept: of its certificates only the first is known
        let signing = (facts.subject == signer.subject)
            .then(|| self.signature.objects.certificates.first())
            .flatten();
        let Some(signing) = signing else { return };
        xml.element("RevocationStatusInformation", &[], |xml| {
            xml.reference("ValidationObjectId", &id_of("C", signing));
            xml.leaf("RevocationTime", time);
            if reason.bytes().all(|octet| octet.is_ascii_alphabetic()) {
                let reason = format!("urn:etsi:019102:revocationReason:{reason}");
                xml.leaf("RevocationReason", &reason);
            }
        });
    }

    fn algorithm(&self, algorithm: &AlgorithmFacts, xml: &mut XmlWriter) {
        xml.element("CryptoInformation", &[], |xml| {
            xml.reference("ValidationObjectId", &self.id);
            xml.leaf("Algorithm", &algorithm_uri(&algorithm.name));
            xml.leaf("SecureAlgorithm", if algorithm.accepted { "true" } else { "false" });
            let until = algorithm.until.as_ref().map(|day| format!("{day}T23:59:59Z"));
            let readable = |until: &String| Instant::parse_rfc3339(until).is_some();
            if let Some(until) = until.filter(readable) {
                xml.leaf("NotAfter", &until);
            }
        });
    }
}

/// Since when a certificate is revoked, and why.
fn since(facts: &RevocationFacts) -> Option<(&str, &str)> {
    let detail = facts.detail.as_deref().filter(|_| facts.status == "revoked")?;
    let (time, reason) = detail.split_once(" (")?;
    Instant::parse_rfc3339(time)?;
    Some((time, reason.trim_end_matches(')')))
}

/// RFC 9231; what has no address there is called by its name.
fn algorithm_uri(name: &str) -> String {
    let address = match name {
        "SHA1" => "http://www.w3.org/2000/09/xmldsig#sha1",
        "SHA256" => SHA256,
        "SHA384" => "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "SHA512" => "http://www.w3.org/2001/04/xmlenc#sha512",
        "RSA-PKCS1-SHA1" => "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "RSA-PKCS1-SHA256" => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "RSA-PKCS1-SHA384" => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
        "RSA-PKCS1-SHA512" => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        "RSA-PSS-SHA1" => "http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1",
        "RSA-PSS-SHA256" => "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
        "RSA-PSS-SHA384" => "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1",
        "RSA-PSS-SHA512" => "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1",
        "ECDSA-SHA1" => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
        "ECDSA-SHA256" => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        "ECDSA-SHA384" => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
        "ECDSA-SHA512" => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
        other => return format!("urn:x-chancery:algorithm:{}", uri(other)),
    };
    address.to_owned()
}

fn id_of(kind: &str, object: &SeenObject) -> String {
    format!("{kind}-{}", hex(&object.sha256()).to_uppercase())
}

/// `MainIndication` and `SubIndication`; signatures come to `total-` indications.
fn status(told: (Indication, Option<SubIndication>), total: &str, xml: &mut XmlWriter) {
    let (indication, sub) = told;
    let main = match indication {
        Indication::Passed => format!("{total}passed"),
        Indication::Failed => format!("{total}failed"),
        Indication::Indeterminate => "indeterminate".to_owned(),
    };
    xml.leaf("MainIndication", &format!("urn:etsi:019102:mainindication:{main}"));
    if let Some(sub) = sub {
        let sub = format!("urn:etsi:019102:subindication:{}", sub.as_str());
        xml.leaf("SubIndication", &sub);
    }
}

/// A time, and the timestamp that proves it; without one it is that of the verification.
fn poe(time: &str, by: Option<&str>, xml: &mut XmlWriter) {
    xml.leaf("POETime", time);
    xml.leaf("TypeOfProof", POE_VALIDATION);
    if let Some(by) = by {
        xml.reference("POEObject", by);
    }
}

fn digest(sha256: [u8; 32], xml: &mut XmlWriter) {
    xml.element("DigestAlgAndValue", &[], |xml| {
        xml.element("ds:DigestMethod", &[("Algorithm", SHA256)], |_| {});
        xml.base64("ds:DigestValue", &sha256);
    });
}

fn additional(texts: &[(&str, &str)], xml: &mut XmlWriter) {
    if texts.is_empty() {
        return;
    }
    xml.element("AdditionalValidationReportData", &[], |xml| {
        for (kind, text) in texts {
            xml.element("ReportData", &[], |xml| {
                xml.leaf("Type", kind);
                xml.leaf("Value", text);
            });
        }
    });
}
