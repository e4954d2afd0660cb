//! PDF: PAdES and other signatures of the CMS kind, document timestamps, and what was done to the file after
//! them.

use super::VerifySettings;
use super::cms::{self, CmsContent};
use super::existence::{ArchiveProof, Existence};
use super::indication::{SubIndication, VerificationFinding};
use super::report::{NamedRange, VerificationReport, VerifiedSignature};
use super::timestamps::{self, TIMESTAMP_OF_DOCUMENT, TimestampedFile};
use super::trust::{Questions, ValidationData};
use crate::domain::instant::Instant;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::PdfRefusal;
use crate::pki::cms::MAX_SIGNERS;
use crate::pki::digest::{Digest, Hasher};
use crate::seal::pdf::PdfFile;
use crate::seal::reading::{
    Existing, Form, HeldPdfSignature, PdfTail, changes, cms_timestamps, pdf_change_since,
    pdf_signature_at_end, pdf_signatures, pdf_signatures_since, pdf_tail, pdf_validation_data,
};

/// Kind of the signatures of PAdES (EN 319 142-1, 6.3).
const CADES: &str = "ETSI.CAdES.detached";

/// Verifies every signature of a PDF.
pub(super) fn verify(file: &[u8], settings: &VerifySettings) -> VerificationReport {
    let at = settings.at.to_rfc3339();
    match signatures(file, settings) {
        Ok(signatures) => VerificationReport::new("PDF", at, signatures, Vec::new()),
        Err(refusal) => {
            let sub = match refusal {
                PdfRefusal::Shadowed { .. } => SubIndication::FormatFailure,
                _ => SubIndication::Generic,
            };
            let finding = VerificationFinding::new(sub, refusal.to_string());
            VerificationReport::new("PDF", at, Vec::new(), vec![finding])
        }
    }
}

fn signatures(
    document: &[u8],
    settings: &VerifySettings,
) -> Result<Vec<VerifiedSignature>, PdfRefusal> {
    let limits = &settings.limits.pdf;
    let file = PdfFile::open(document, limits)?;
    let catalog = file.catalog()?;
    let form = Form::read(&file, &catalog)?;
    let held = pdf_signatures(&file, &form, document)?;
    let end = held.iter().map(HeldPdfSignature::end).max().unwrap_or_default();
    let later = Later {
        document,
        repaired: file.is_repaired(),
        end,
        tail: pdf_tail(&file, document, end, limits),
        // the first of several, which a PDF may not have, speaks for all
        forbidden: held
            .iter()
            .filter(|it| it.permits == Some(1))
            .map(HeldPdfSignature::end)
            .min()
            .map_or(Ok(None), |end| pdf_change_since(&file, &form, document, end, limits)),
        changes: changes(&file, &form, document, limits),
    };
    let questions = Questions::new(settings);
    let (looked_at, left) = held.split_at_checked(MAX_SIGNERS).unwrap_or((&held, &[]));
    let data = data_of(&file, looked_at.iter())?;
    // the last ones first: what they cover was there when they were made
    let mut order: Vec<usize> = (0..looked_at.len()).collect();
    order
        .sort_by_key(|number| std::cmp::Reverse(looked_at.get(*number).map(HeldPdfSignature::end)));
    let (mut proofs, mut ends) = (Vec::new(), Vec::new());
    let mut verified: Vec<(usize, VerifiedSignature)> = Vec::new();
    for number in order {
        settings.limits.patience.check()?;
        let Some(one) = looked_at.get(number) else { continue };
        // of several timestamps over the same revision none proves another
        let over = ends.iter().filter(|end| **end > one.end()).count();
        let skipped = proofs.len() - over;
        let existence =
            Existence { data: &data, archives: proofs.get(skipped..).unwrap_or_default() };
        let (mut signatures, proven) = of_field(one, document, &existence, &questions);
        if let Some(at) = proven {
            let revision = PdfFile::open(document.get(..one.end()).unwrap_or_default(), limits)?;
            let covered = looked_at.iter().filter(|other| other.end() < one.end());
            proofs.insert(0, ArchiveProof { at, data: data_of(&revision, covered)? });
            ends.insert(0, one.end());
        }
        for signature in &mut signatures {
            let counter =
                signature.place.strip_prefix("counter").map(|it| format!(", counter{it}"));
            signature.place = format!("field '{}'{}", one.field, counter.unwrap_or_default());
            later.judge(one, signature);
            if settings.detached.is_some() {
                let text = "it does not refer to the file that was given beside it";
                signature.find(SubIndication::SignedDataNotFound, text);
            }
        }
        verified.extend(signatures.into_iter().map(|it| (number, it.concluded())));
    }
    verified.sort_by_key(|(number, _)| *number);
    let mut verified: Vec<VerifiedSignature> = verified.into_iter().map(|(_, it)| it).collect();
    if let Some(one) = left.first() {
        let mut signature = VerifiedSignature::new(one.field.clone(), "PDF");
        let text = format!("more than {MAX_SIGNERS} signatures are not looked at");
        signature.find(SubIndication::Generic, text);
        verified.push(signature.concluded());
    }
    Ok(verified)
}

/// The validation data of a file, and of some signatures in it.
fn data_of<'h>(
    file: &PdfFile<'_>,
    held: impl Iterator<Item = &'h HeldPdfSignature>,
) -> Result<ValidationData, PdfRefusal> {
    let mut data = ValidationData::default();
    for one in held {
        let Ok(cms) = Existing::read_padded(&one.value) else { continue };
        data.add_cms(&cms);
        let inside = cms_timestamps(&cms).unwrap_or_default();
        inside
            .iter()
            .flat_map(|one| &one.timestamps)
            .flatten()
            .for_each(|token| data.add_token(token));
    }
    data.add_collected(&pdf_validation_data(file)?);
    Ok(data)
}

/// Looks at the last signature, which has to end the file.
///
/// # Errors
/// What the reader of PDF refuses.
pub(super) fn last(
    document: &[u8],
    questions: &Questions<'_>,
) -> Result<Vec<VerifiedSignature>, PdfRefusal> {
    let file = PdfFile::open(document, &questions.settings.limits.pdf)?;
    let catalog = file.catalog()?;
    let form = Form::read(&file, &catalog)?;
    let last = pdf_signature_at_end(&file, &form, document)?;
    let data = ValidationData::default();
    let existence = Existence { data: &data, archives: &[] };
    let found = last.map(|last| of_field(&last, document, &existence, questions));
    let (signatures, _) = found.unwrap_or_default();
    Ok(signatures.into_iter().map(VerifiedSignature::concluded).collect())
}

/// Looks at the signature that covers so much of a file, and at the document timestamps over it: nothing else was
/// added but validation data.
///
/// # Errors
/// What the reader of PDF refuses; [`PdfRefusal::Shadowed`] for anything else that was added.
pub(super) fn raised(
    document: &[u8],
    end: usize,
    questions: &Questions<'_>,
) -> Result<Vec<VerifiedSignature>, PdfRefusal> {
    let limits = &questions.settings.limits.pdf;
    let file = PdfFile::open(document, limits)?;
    let form = Form::read(&file, &file.catalog()?)?;
    let mut held = pdf_signatures_since(&file, &form, document, end)?;
    held.sort_by_key(|one| std::cmp::Reverse(one.end()));
    let data = data_of(&file, held.iter())?;
    let (mut proofs, mut verified) = (Vec::new(), Vec::new());
    for one in &held {
        let existence = Existence { data: &data, archives: &proofs };
        let (signatures, proven) = of_field(one, document, &existence, questions);
        if let Some(at) = proven {
            let revision = PdfFile::open(document.get(..one.end()).unwrap_or_default(), limits)?;
            let covered = held.iter().filter(|other| other.end() < one.end());
            proofs.insert(0, ArchiveProof { at, data: data_of(&revision, covered)? });
        }
        verified.extend(signatures.into_iter().map(VerifiedSignature::concluded));
    }
    let last = held.first().map_or(0, HeldPdfSignature::end);
    let shadowed = |what| Err(PdfRefusal::Shadowed { what });
    // one that came damaged is as it was
    let sealed = |end| PdfFile::open(document.get(..end).unwrap_or_default(), limits);
    if file.is_repaired() && !sealed(end)?.is_repaired() {
        return shadowed("the cross-reference table of the file is damaged".to_owned());
    }
    if let PdfTail::Other(what) = pdf_tail(&file, document, last, limits)? {
        return shadowed(format!("behind its signatures {what}"));
    }
    if held.len() > 1 {
        changes(&file, &form, document, limits)?;
    }
    let is_own = |one: &HeldPdfSignature| one.end() == end && one.sub_filter == CADES;
    if held.last().is_some_and(is_own) { Ok(verified) } else { Ok(Vec::new()) }
}

/// The signature of one field: one signer, or what is wrong with its value; of a document timestamp that holds the
/// time, too.
fn of_field(
    held: &HeldPdfSignature,
    document: &[u8],
    existence: &Existence<'_>,
    questions: &Questions<'_>,
) -> (Vec<VerifiedSignature>, Option<Instant>) {
    let digest = |algorithm| {
        let mut hasher = Hasher::new(algorithm);
        for range in held.covered.clone() {
            hasher.update(document.get(range).unwrap_or_default());
        }
        hasher.finish()
    };
    let unread = |text: String, sub: SubIndication| {
        let mut signature = VerifiedSignature::new(String::new(), "PDF");
        signature.find(sub, text);
        (vec![signature], None)
    };
    let content = CmsContent {
        range: Some(revision(held)),
        claimed: held.claimed,
        data: Some(existence.data),
        archives: existence.archives,
        ..CmsContent::new("ByteRange")
    };
    let formats = match held.sub_filter.as_str() {
        CADES => ["PAdES", "PDF"],
        "adbe.pkcs7.detached" => ["PDF", "PDF"],
        "ETSI.RFC3161" => {
            let (signature, proven) = timestamp(held, &digest, existence, questions);
            return (vec![signature], proven);
        }
        other => {
            let text = format!("signatures of the kind '{other}' are not looked at");
            return unread(text, SubIndication::Generic);
        }
    };
    match Existing::read_padded(&held.value) {
        Ok(existing) if existing.content_ranges().is_some() => {
            let text = "its value has a content of its own, which nobody sees".to_owned();
            unread(text, SubIndication::FormatFailure)
        }
        Ok(existing) => {
            let digest = |algorithm| Some(digest(algorithm));
            let mut all = cms::signers(&existing, &digest, &content, formats, questions);
            if all.len() != 1 {
                let text = "there is not one signer (ISO 32000-2, 12.8.3.3)".to_owned();
                return unread(text, SubIndication::FormatFailure);
            }
            for signature in &mut all {
                cover(held, signature);
            }
            all.extend(cms::countersigners(&existing, &digest, &content, formats, questions));
            (all, None)
        }
        Err(reason) => unread(format!("its value: {reason}"), SubIndication::FormatFailure),
    }
}

fn revision(held: &HeldPdfSignature) -> NamedRange {
    NamedRange { name: "revision".to_owned(), start: 0, end: held.end() }
}

fn gap(held: &HeldPdfSignature) -> NamedRange {
    let [before, after] = &held.covered;
    NamedRange { name: "its value".to_owned(), start: before.end, end: after.start }
}

/// What a signature covers is the revision without its own value.
fn cover(held: &HeldPdfSignature, signature: &mut VerifiedSignature) {
    for covered in &mut signature.covered {
        covered.left_out = vec![gap(held)];
    }
    if !held.is_of_dictionary {
        let text =
            "what stands in the gap of its byte range is not what its dictionary says its value is";
        signature.find(SubIndication::FormatFailure, text);
    }
}

/// A document timestamp (EN 319 142-1, 5.4.3).
fn timestamp(
    held: &HeldPdfSignature,
    digest: &dyn Fn(DigestAlgorithm) -> Digest,
    existence: &Existence<'_>,
    questions: &Questions<'_>,
) -> (VerifiedSignature, Option<Instant>) {
    let token = Existing::unpadded(&held.value);
    let over = TimestampedFile {
        format: TIMESTAMP_OF_DOCUMENT,
        reference: "ByteRange",
        range: revision(held),
        digest,
    };
    let (mut signature, proven) = timestamps::of_file(token, &over, existence, questions);
    cover(held, &mut signature);
    // what is wrong with it proves nothing
    (signature, proven.filter(|_| held.is_of_dictionary))
}

/// What was done to the file after its signatures.
struct Later<'d> {
    document: &'d [u8],
    repaired: bool,
    /// Where the last signature ends.
    end: usize,
    tail: Result<PdfTail, PdfRefusal>,
    /// What was done although a signature certifies that nothing may be.
    forbidden: Result<Option<String>, PdfRefusal>,
    changes: Result<Vec<String>, PdfRefusal>,
}

impl Later<'_> {
    fn judge(&self, held: &HeldPdfSignature, signature: &mut VerifiedSignature) {
        let behind = self.document.get(held.end()..).unwrap_or_default();
        let changed = |bytes: &[u8]| !bytes.iter().all(u8::is_ascii_whitespace);
        if self.repaired {
            let text =
                "the cross-reference table of the file is damaged, so that readers may see another";
            signature.find(SubIndication::SigConstraintsFailure, text);
        }
        match &self.changes {
            Ok(notes) => signature.notes.extend(notes.iter().cloned()),
            Err(refusal @ PdfRefusal::Shadowed { .. }) => {
                signature.find(SubIndication::SigConstraintsFailure, refusal.to_string());
            }
            Err(refusal) => signature.find(SubIndication::Generic, refusal.to_string()),
        }
        if !changed(behind) {
            return;
        }
        signature.covers_document = false;
        signature.not_covered.push(NamedRange {
            name: "what was added later".to_owned(),
            start: held.end(),
            end: self.document.len(),
        });
        if held.permits == Some(1) {
            match &self.forbidden {
                Ok(None) => {}
                Ok(Some(what)) => {
                    let text = format!(
                        "it certifies that nothing may be changed, and the file was: {what}"
                    );
                    signature.find(SubIndication::SigConstraintsFailure, text);
                }
                Err(refusal) => signature.find(SubIndication::Generic, refusal.to_string()),
            }
        }
        match &self.tail {
            Ok(PdfTail::Nothing | PdfTail::ValidationData { described: false }) => {}
            Ok(PdfTail::ValidationData { described: true }) => {
                let text = "with the validation data behind the last signature the document is described anew \
                            (title, author, times), which nobody signed";
                signature.notes.push(text.to_owned());
            }
            Ok(PdfTail::Other(what)) => {
                let text = format!(
                    "{} bytes were added behind the last signature, which nobody signed: {what}",
                    self.document.len().saturating_sub(self.end)
                );
                signature.find(SubIndication::SigConstraintsFailure, text);
            }
            Err(refusal) => signature.find(SubIndication::Generic, refusal.to_string()),
        }
    }
}
