//! Documents that are CMS signatures: refused, wrapped, or signed again beside the signers they have.

use std::fs;

use chancery_engine::domain::cades::{CadesPackaging, CadesProfile, ExistingCmsSignatures};
use chancery_engine::domain::refusal::{CmsRefusal, Refusal};
use chancery_engine::pki::cms::MAX_SIGNERS;
use chancery_engine::seal::Profile;
use chancery_testing::hostile;

use super::support::{cades, certificate, key_file, openssl_verify, refusal, seal, sh};

pub(super) const DOCUMENT: &[u8] = b"<Fattura>1250.00</Fattura>";

pub(super) fn profile(existing_signatures: ExistingCmsSignatures) -> Profile {
    cades(CadesProfile { existing_signatures, ..CadesProfile::default() })
}

/// What OpenSSL signs with the P-384 key.
pub(super) fn by_openssl(document: &[u8], options: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("document"), document).unwrap();
    let line = format!(
        "openssl cms -sign -binary -in document -signer '{}' -inkey '{}' -outform DER {options} \
         -out signed",
        certificate("P-384").display(),
        key_file("P-384").display()
    );
    sh(&line, folder.path()).unwrap();
    fs::read(folder.path().join("signed")).unwrap()
}

/// How many signers OpenSSL accepts, whoever they are.
pub(super) fn signers(file: &[u8]) -> usize {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), file).unwrap();
    let verify = "openssl cms -verify -binary -inform DER -in file -noverify -out content && \
                  openssl cms -cmsout -print -noout -inform DER -in file";
    let said = sh(verify, folder.path()).unwrap();
    assert!(said.contains("Verification successful"), "{said}");
    said.matches("d.issuerAndSerialNumber:").count()
}

#[test]
fn a_second_signature_stands_beside_the_first() {
    let large = vec![b'x'; 100_000];
    for document in [DOCUMENT, &large] {
        for options in ["-nodetach -cades", "-nodetach -stream -cades", "-nodetach -md sha512"] {
            let first = by_openssl(document, options);
            let both = seal(&first, &profile(ExistingCmsSignatures::Parallel), "P-256");
            assert_eq!(signers(both.bytes()), 2, "{options}");
            let content = {
                let folder = tempfile::tempdir().unwrap();
                fs::write(folder.path().join("file"), both.bytes()).unwrap();
                let trusted = format!(
                    "cat '{}' '{}' > both && openssl cms -verify -binary -inform DER -in file \
                     -CAfile both -purpose any -out content",
                    certificate("P-256").display(),
                    certificate("P-384").display()
                );
                sh(&trusted, folder.path()).unwrap();
                fs::read(folder.path().join("content")).unwrap()
            };
            assert_eq!(content, document);
            // What the first signer signed and wrote is there as it was.
            let length = first.len() - document.len();
            let tail = &first[first.len() - length.min(70)..];
            let tail = tail.strip_suffix(&[0; 6]).unwrap_or(tail);
            assert!(both.bytes().windows(tail.len()).any(|it| it == tail), "{options}");
        }
    }
}

#[test]
fn our_own_signature_gets_another() {
    let first = seal(DOCUMENT, &profile(ExistingCmsSignatures::Refuse), "rsa2048");
    let both = seal(first.bytes(), &profile(ExistingCmsSignatures::Parallel), "P-521");
    assert_eq!(signers(both.bytes()), 2);
    let three = seal(both.bytes(), &profile(ExistingCmsSignatures::Parallel), "rsa4096");
    assert_eq!(signers(three.bytes()), 3);
}

#[test]
fn a_signature_can_be_wrapped() {
    let first = by_openssl(DOCUMENT, "-nodetach -stream");
    for packaging in [CadesPackaging::Attached, CadesPackaging::Detached] {
        let existing_signatures = ExistingCmsSignatures::Wrap;
        let profile =
            cades(CadesProfile { packaging, existing_signatures, ..CadesProfile::default() });
        let sealed = seal(&first, &profile, "P-256");
        let content = (packaging == CadesPackaging::Detached).then_some(&*first);
        assert_eq!(openssl_verify(sealed.bytes(), content, "P-256").unwrap(), first);
    }
}

#[test]
fn a_signed_document_is_refused_by_default() {
    let signed = Refusal::Cms(CmsRefusal::Signed);
    let usual = profile(ExistingCmsSignatures::Refuse);
    for options in ["-nodetach", "-nodetach -stream", ""] {
        assert_eq!(refusal(&by_openssl(DOCUMENT, options), &usual), signed, "{options}");
    }
    for options in ["-nodetach -outform PEM", "-nodetach -stream -outform PEM"] {
        let pem = by_openssl(DOCUMENT, options);
        assert_eq!(refusal(&pem, &usual), signed);
        let lines = String::from_utf8(pem).unwrap();
        let naked: Vec<&str> = lines.lines().filter(|line| !line.starts_with('-')).collect();
        assert_eq!(refusal(naked.join("\n").as_bytes(), &usual), signed);
    }
}

#[test]
fn signatures_that_cannot_be_joined_are_refused_by_name() {
    let parallel = profile(ExistingCmsSignatures::Parallel);
    let detached = by_openssl(DOCUMENT, "");
    assert_eq!(refusal(&detached, &parallel), Refusal::Cms(CmsRefusal::ContentMissing));
    for options in ["-nodetach", "-nodetach -stream"] {
        let whole = by_openssl(DOCUMENT, options);
        // From where it is recognized as a signature.
        for end in 17..whole.len() {
            let said = refusal(&whole[..end], &parallel);
            assert_eq!(said.code(), "cms-malformed", "{options} {end}: {said}");
        }
        let longer = [&whole[..], b"\n"].concat();
        assert_eq!(refusal(&longer, &parallel).code(), "cms-malformed");
    }
    let deep =
        [&by_openssl(DOCUMENT, "-nodetach -stream")[..15], &[0x30, 0x80].repeat(100_000)].concat();
    assert_eq!(refusal(&deep, &parallel).code(), "cms-malformed");
    // Segments of one byte would make lists far larger than the file.
    let whole = by_openssl(DOCUMENT, "-nodetach -stream");
    let start = whole.windows(2).position(|it| it == [0x24, 0x80]).expect("segments") + 2;
    let segment = whole[start..].iter().position(|it| *it == b'<').unwrap() + DOCUMENT.len();
    let segments = [4, 1, b'x'].repeat(1_000_000);
    let small = [&whole[..start], &segments, &whole[start + segment..]].concat();
    let said = refusal(&small, &parallel).to_string();
    assert!(said.contains("too many small parts"), "{said}");
    let pem = by_openssl(DOCUMENT, "-nodetach -outform PEM");
    assert_eq!(refusal(&pem, &parallel).code(), "cms-malformed");
    // A seal beside what cannot be read would not be found again.
    for strange in [hostile::cms_signers(3), hostile::cms_nested(900)] {
        let said = refusal(&strange.document, &parallel);
        assert_eq!(said.code(), "cms-malformed", "{}: {said}", strange.name);
    }
}

#[test]
fn seals_stand_beside_each_other_as_long_as_each_is_looked_at() {
    let parallel = profile(ExistingCmsSignatures::Parallel);
    let mut file = DOCUMENT.to_vec();
    for _ in 0..MAX_SIGNERS {
        file = seal(&file, &parallel, "P-256").bytes().to_vec();
    }
    assert_eq!(signers(&file), MAX_SIGNERS);
    let said = refusal(&file, &parallel);
    assert_eq!(said.code(), "cms-too-many-inside");
    assert!(said.to_string().contains("more than the 15 signers"), "{said}");
}

/// The shared samples have an Italian invoice with indefinite lengths; without them nothing is tried.
#[test]
fn an_italian_invoice_gets_a_second_signature() {
    let Some(shared) = chancery_testing::judges::corpus() else { return };
    let file = shared.join("signed-xml/FatturaElettronica__IT02182030391_31.xml.p7m");
    let first = fs::read(file).unwrap();
    let both = seal(&first, &profile(ExistingCmsSignatures::Parallel), "P-256");
    assert_eq!(signers(&first), 1);
    assert_eq!(signers(both.bytes()), 2);
}
