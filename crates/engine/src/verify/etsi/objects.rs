//! `SignatureValidationObjects`: each thing once, however many signatures were verified with it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::write::XmlWriter;
use super::{digest, id_of, poe, status};
use crate::verify::indication::{Indication, SubIndication};
use crate::verify::objects::{SeenObject, SeenObjects};
use crate::verify::report::{TimestampFacts, VerificationReport, VerifiedSignature};

/// Certificates, lists and answers by their ids, and the timestamps that were written.
#[derive(Default)]
pub(super) struct WrittenObjects<'a> {
    by_id: BTreeMap<String, (&'static str, &'a SeenObject)>,
    written: RefCell<BTreeSet<String>>,
}

impl<'a> WrittenObjects<'a> {
    pub(super) fn add(&mut self, seen: &'a SeenObjects) {
        let kinds = [
            ("C", "certificate", &seen.certificates),
            ("R", "CRL", &seen.lists),
            ("R", "OCSPResponse", &seen.answers),
        ];
        for (letter, kind, objects) in kinds {
            for object in objects {
                self.by_id.entry(id_of(letter, object)).or_insert((kind, object));
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Whether a timestamp was not written yet.
    pub(super) fn is_new(&self, timestamp: &SeenObject) -> bool {
        self.written.borrow_mut().insert(timestamp_id(timestamp))
    }

    pub(super) fn write(&self, at: &str, xml: &mut XmlWriter) {
        for (id, (kind, object)) in &self.by_id {
            xml.element("ValidationObject", &[("id", id)], |xml| {
                begin(kind, Some(object), xml);
                xml.element("POE", &[], |xml| poe(at, None, xml));
            });
        }
    }
}

pub(super) fn timestamp_id(object: &SeenObject) -> String {
    id_of("T", object)
}

/// A timestamp over a signature, with what it comes to.
pub(super) fn signature_timestamp(
    facts: &TimestampFacts,
    object: &SeenObject,
    at: &str,
    xml: &mut XmlWriter,
) {
    let told = if facts.holds {
        (Indication::Passed, None)
    } else {
        (Indication::Indeterminate, Some(SubIndication::NoCertificateChainFound))
    };
    xml.element("ValidationObject", &[("id", &timestamp_id(object))], |xml| {
        begin("timestamp", Some(object), xml);
        xml.element("POE", &[], |xml| poe(at, None, xml));
        if let Some(time) = &facts.time {
            xml.element("POEProvisioning", &[], |xml| xml.leaf("POETime", time));
        }
        report_of(told, facts.reason.iter().map(String::as_str), xml);
    });
}

/// A timestamp over a file or a document, which stands beside the signatures.
pub(super) fn file_timestamp(
    report: &VerificationReport,
    timestamp: &VerifiedSignature,
    id: &str,
    xml: &mut XmlWriter,
) {
    xml.element("ValidationObject", &[("id", id)], |xml| {
        begin("timestamp", None, xml);
        xml.element("POE", &[], |xml| poe(&report.at, None, xml));
        if let Some(time) = &timestamp.claimed_time {
            xml.element("POEProvisioning", &[], |xml| xml.leaf("POETime", time));
        }
        let texts = timestamp.findings.iter().map(|finding| finding.text.as_str());
        report_of((timestamp.indication, timestamp.sub_indication), texts, xml);
    });
}

fn begin(kind: &str, object: Option<&SeenObject>, xml: &mut XmlWriter) {
    xml.leaf("ObjectType", &format!("urn:etsi:019102:validationObject:{kind}"));
    xml.element("ValidationObjectRepresentation", &[], |xml| {
        let Some(object) = object else { return };
        match object.octets() {
            Some(octets) => xml.base64("base64", octets),
            None => digest(object.sha256(), xml),
        }
    });
}

fn report_of<'t>(
    told: (Indication, Option<SubIndication>),
    texts: impl Iterator<Item = &'t str>,
    xml: &mut XmlWriter,
) {
    let texts: Vec<(&str, &str)> = texts.map(|text| (super::FINDING, text)).collect();
    xml.element("ValidationReport", &[], |xml| {
        xml.element("SignatureValidationStatus", &[], |xml| {
            status(told, "", xml);
            if !texts.is_empty() {
                xml.element("AssociatedValidationReportData", &[], |xml| {
                    super::additional(&texts, xml);
                });
            }
        });
    });
}
