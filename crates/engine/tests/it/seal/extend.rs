//! Between signed and sealed: a timestamp token of openssl over each kind of signature. Others take the
//! signature as before, find the token in it, and openssl finds it over what they say that it is over.

use std::path::{Path, PathBuf};
use std::process::Command;

use chancery_engine::domain::cades::{CadesPackaging, CadesProfile, ExistingCmsSignatures};
use chancery_engine::domain::level::Level;
use chancery_engine::domain::profile::DigestAlgorithm;
use chancery_engine::pki::digest::Digest;
use chancery_engine::pki::timestamp::{TimestampRequest, TimestampToken, check};
use chancery_engine::seal::extend::{ExtendError, check_place};
use chancery_engine::seal::{Limits, Prepared, Profile, Room, Sealed, Signed};
use chancery_engine::seal::{prepare, prepare_with_room};
use chancery_testing::judges::{signature_timestamps, xades_schema, xmlsec1};
use chancery_testing::pdf_judges::{pdfsig, pyhanko_time_stamped, pyhanko_verify, qpdf_check};
use chancery_testing::pdfs;
use chancery_testing::tsa::TSA;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::packaging::verify_all;
use super::settings::{CATALOGUE, ID_ATTRIBUTES, prepare_as};
use super::support::*;

/// A token over some octets, asked for and checked as a service does.
pub(crate) fn token(octets: &[u8], algorithm: DigestAlgorithm, tsa: &str) -> TimestampToken {
    token_of(Digest::of(algorithm, octets), tsa)
}

/// The same, over a digest.
pub(crate) fn token_of(digest: Digest, tsa: &str) -> TimestampToken {
    let request = TimestampRequest::new(digest, None, Some(7)).unwrap();
    let response = TSA.answer(&request.to_der().unwrap(), tsa, "");
    // The authority began with the run, and a run may take long.
    check(&response, &request, TSA.now(), 3_600_000).unwrap()
}

pub(crate) fn signed(prepared: Prepared, key: &TestKey) -> Signed {
    let value = key.sign(prepared.to_be_signed());
    prepared.attach(value).unwrap()
}

pub(crate) fn stamped(signed: Signed) -> Sealed {
    let token = token(&signed.time_stamped().unwrap(), DigestAlgorithm::Sha256, "rsa");
    let extended = signed.with_time_stamp(&token).unwrap();
    assert_eq!(extended.level(), Level::T);
    let sealed = extended.finish();
    assert_eq!(sealed.level(), Level::T);
    sealed
}

/// Demands that others find so many timestamps in each of some files, over what they say they have to be
/// over.
#[track_caller]
pub(crate) fn judge_timestamps(files: &[PathBuf], count: usize) {
    let found = signature_timestamps(files);
    for file in files {
        let inside = found.iter().filter(|one| one.path == *file).count();
        assert_eq!(inside, count, "{}", file.display());
    }
    for one in found {
        TSA.verify(&one.token, &one.octets).unwrap();
        TSA.verify(&one.token, b"something else").unwrap_err();
    }
}

pub(crate) fn xades(document: &[u8], key: &TestKey, settings: &Value) -> Sealed {
    let prepared = prepare_as(document, key, None, settings);
    stamped(signed(prepared.unwrap_or_else(|refusal| panic!("{settings}: {refusal}")), key))
}

#[test]
fn a_xades_seal_takes_a_timestamp() {
    let latin =
        b"<?xml version='1.0' encoding='ISO-8859-1'?><a xml:lang='de' xmlns:b='urn:b'>\xE9</a>";
    let utf_16: Vec<u8> =
        "\u{FEFF}<a>\u{20AC}</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut files = Vec::new();
    for (document, settings) in [
        (INVOICE.as_bytes(), json!({})),
        (INVOICE.as_bytes(), json!({ "prefixes": { "ds": "", "xades": "x" }, "base64Wrap": 64 })),
        (INVOICE.as_bytes(), json!({ "prefixes": { "ds": "s" }, "ids": { "signatureValue": "" } })),
        (
            INVOICE.as_bytes(),
            json!({ "packaging": "ENVELOPING", "canonicalTransform": "INCLUSIVE" }),
        ),
        (INVOICE.as_bytes(), json!({ "xadesLevel": "BES", "canonicalTransform": "INCLUSIVE_11" })),
        (latin, json!({ "canonicalTransform": "INCLUSIVE_WITH_COMMENTS" })),
        (&utf_16, json!({})),
    ] {
        for key in [&PKI.rsa, &PKI.p256] {
            let file = write(xades(document, key, &settings).bytes());
            files.push(file);
        }
    }
    judge_timestamps(&files, 1);
    xmlsec_verify(&files, &ID_ATTRIBUTES).unwrap();
    for verdict in xades_schema(&files) {
        assert!(verdict.accepted, "{}: {}", verdict.path.display(), verdict.said);
    }
}

#[test]
fn a_detached_seal_takes_a_timestamp() {
    let settings = json!({ "packaging": "DETACHED", "reference": { "uri": "a.xml" } });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.xml"), INVOICE).unwrap();
    let file = folder.path().join("seal.xml");
    std::fs::write(&file, xades(INVOICE.as_bytes(), &PKI.p256, &settings).bytes()).unwrap();
    xmlsec1(folder.path(), &PKI.root(), &ID_ATTRIBUTES, &["seal.xml"]).unwrap();
    judge_timestamps(&[file], 1);
}

/// What is unsigned in one signature is covered by none of the others.
#[test]
fn seals_beside_and_over_one_with_a_timestamp_take_their_own() {
    let parallel = json!({ "existingSignatures": "PARALLEL", "signatureTransform": "XPATH" });
    let counter = json!({ "existingSignatures": "COUNTERSIGN" });
    let first = xades(b"<a><b/></a>", &PKI.rsa, &parallel).into_bytes();
    for settings in [parallel, counter] {
        let second = xades(&first, &PKI.p256, &settings);
        let text = String::from_utf8(second.bytes().to_vec()).unwrap();
        assert_eq!(verify_all(&text), [true, true], "{settings}");
        judge_timestamps(&[write(second.bytes())], 2);
    }
}

#[test]
fn a_timestamp_changes_nothing_of_a_seal() {
    for settings in [json!({}), json!({ "packaging": "ENVELOPING", "prefixes": { "xades": "x" } })]
    {
        let one =
            || signed(prepare_as(INVOICE.as_bytes(), &PKI.rsa, None, &settings).unwrap(), &PKI.rsa);
        let plain = String::from_utf8(one().finish().into_bytes()).unwrap();
        let with = String::from_utf8(stamped(one()).into_bytes()).unwrap();
        let prefix = if with.contains("<x:") { "x" } else { "xades" };
        let begin = with.find(&format!("<{prefix}:UnsignedProperties>")).unwrap();
        let end = format!("</{prefix}:UnsignedProperties>");
        let end_at = with.find(&end).unwrap() + end.len();
        assert_eq!([&with[..begin], &with[end_at..]].concat(), plain);
    }
    let document = &pdfs::named("classic").bytes;
    let one = || signed(prepare_pdf(document, 8192), &PKI.rsa);
    let (plain, with) = (one().finish(), stamped(one()));
    let gap = with.signature();
    assert_eq!(plain.signature(), gap);
    assert_eq!(plain.bytes()[..gap.start], with.bytes()[..gap.start]);
    assert_eq!(plain.bytes()[gap.end..], with.bytes()[gap.end..]);
    assert_ne!(plain.bytes(), with.bytes());
}

#[test]
fn a_profile_without_a_place_for_it_says_so_before_a_key_is_used() {
    let mut refusing = Vec::new();
    for (name, entry) in CATALOGUE.entries() {
        for format in entry.formats() {
            let profile = CATALOGUE.profile(format, Some(name), &serde_json::Map::new()).unwrap();
            if let Err(refusal) = check_place(&profile) {
                assert_eq!(refusal.code(), "setting-conflict");
                refusing.push((name, refusal.to_string()));
            }
        }
    }
    let names: Vec<&str> = refusing.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, NO_PLACE);
    for (name, said) in &refusing {
        let authority = match *name {
            "zatca-simplified" => "ZATCA fixes the whole signature",
            "myinvois" => "MyInvois fixes the whole signature",
            _ => "a plain XML Signature",
        };
        assert!(said.contains(authority) && said.contains("no place for a timestamp"), "{said}");
    }
    let settings = json!({ "xadesLevel": "NONE" });
    let plain = CATALOGUE.settings(None, settings.as_object().unwrap()).unwrap();
    let plain = Profile::Xades(Box::new(plain));
    let (key, limits) = (&PKI.rsa, Limits::default());
    let prepared =
        |room| prepare_with_room(b"<a/>".to_vec(), &plain, &key.signer, key.now(), &limits, room);
    let refusal = prepared(Room { unsigned: 1 }).err().unwrap();
    assert!(refusal.to_string().contains("no place for a timestamp"), "{refusal}");
    let signed = signed(prepared(Room::default()).unwrap(), key);
    assert_eq!(signed.time_stamped().unwrap_err(), ExtendError::NoPlace);
    let token = token(b"", DigestAlgorithm::Sha256, "rsa");
    assert_eq!(signed.with_time_stamp(&token).err(), Some(ExtendError::NoPlace));
}

/// Built-in profiles whose seals have no place for a timestamp.
const NO_PLACE: [&str; 7] =
    ["dgii-ecf", "myinvois", "sifen", "sii-dte", "sunat", "sunat-sha1", "zatca-simplified"];

#[test]
fn a_token_for_another_signature_is_refused() {
    let key = &PKI.p256;
    let other = token(b"another value", DigestAlgorithm::Sha512, "ec");
    let profiles = [Profile::Xades(Box::default()), cades(false, CadesPackaging::Attached)];
    for profile in profiles {
        let refused = signed(prepare_cms(INVOICE.as_bytes(), &profile, key), key);
        assert_eq!(refused.with_time_stamp(&other).err(), Some(ExtendError::NotOver));
        let taken = signed(prepare_cms(INVOICE.as_bytes(), &profile, key), key);
        let right = token(&taken.time_stamped().unwrap(), DigestAlgorithm::Sha512, "ec");
        taken.with_time_stamp(&right).unwrap();
    }
}

pub(crate) fn cades(parallel: bool, packaging: CadesPackaging) -> Profile {
    use ExistingCmsSignatures::{Parallel, Refuse};
    cades_with(if parallel { Parallel } else { Refuse }, packaging)
}

pub(crate) fn cades_with(
    existing_signatures: ExistingCmsSignatures,
    packaging: CadesPackaging,
) -> Profile {
    Profile::Cades(Box::new(CadesProfile {
        packaging,
        existing_signatures,
        ..CadesProfile::default()
    }))
}

pub(crate) fn prepare_cms(document: &[u8], profile: &Profile, key: &TestKey) -> Prepared {
    prepare(document.to_vec(), profile, &key.signer, key.now(), &Limits::default()).unwrap()
}

/// Asks openssl about a CMS under the root of the keys; gives the content.
pub(crate) fn openssl_verify(file: &Path, content: Option<&Path>) -> Vec<u8> {
    let mut command = Command::new("openssl");
    command.args(["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any"]);
    command.arg("-CAfile").arg(PKI.root()).arg("-in").arg(file);
    if let Some(content) = content {
        command.arg("-content").arg(content);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

pub(crate) fn kept(bytes: &[u8], extension: &str) -> PathBuf {
    let file = PKI.path(extension);
    std::fs::write(&file, bytes).unwrap();
    file
}

#[test]
fn a_cades_seal_takes_a_timestamp() {
    let content = kept(b"content", "bin");
    for key in [&PKI.rsa, &PKI.p256] {
        let seal = |document: &[u8], profile: &Profile| {
            kept(stamped(signed(prepare_cms(document, profile, key), key)).bytes(), "p7m")
        };
        let attached = seal(b"content", &cades(false, CadesPackaging::Attached));
        assert_eq!(openssl_verify(&attached, None), b"content");
        let detached = seal(b"content", &cades(false, CadesPackaging::Detached));
        openssl_verify(&detached, Some(&content));
        judge_timestamps(&[attached.clone(), detached], 1);
        // Beside one that has a timestamp: both keep their own.
        let first = std::fs::read(&attached).unwrap();
        let other = if std::ptr::eq(key, &raw const PKI.rsa) { &PKI.p256 } else { &PKI.rsa };
        let prepared = prepare_cms(&first, &cades(true, CadesPackaging::Attached), other);
        let both = kept(stamped(signed(prepared, other)).bytes(), "p7m");
        assert_eq!(openssl_verify(&both, None), b"content");
        judge_timestamps(&[both], 2);
    }
}

/// Unpacks a container.
fn unpacked(sealed: &Sealed) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = kept(sealed.bytes(), "asice");
    let unzip = Command::new("unzip").arg("-qq").arg(file).arg("-d").arg(folder.path()).status();
    assert!(unzip.unwrap().success());
    folder
}

#[test]
fn seals_in_containers_take_a_timestamp() {
    let key = &PKI.p256;
    let settings = json!({ "packaging": "ASIC_E", "reference": { "uri": "a.txt" } });
    let sealed = xades(b"text", key, &settings);
    let folder = unpacked(&sealed);
    let signature = "META-INF/signatures001.xml";
    xmlsec1(folder.path(), &PKI.root(), &ID_ATTRIBUTES, &[signature]).unwrap();
    judge_timestamps(&[folder.path().join(signature)], 1);
    let prepared = prepare_cms(b"text", &cades(false, CadesPackaging::AsicE), key);
    let folder = unpacked(&stamped(signed(prepared, key)));
    let signature = folder.path().join("META-INF/signature001.p7s");
    openssl_verify(&signature, Some(&folder.path().join("META-INF/ASiCManifest001.xml")));
    judge_timestamps(&[signature], 1);
}

pub(crate) fn prepare_pdf(document: &[u8], unsigned: usize) -> Prepared {
    let (key, limits, room) = (&PKI.rsa, Limits::default(), Room { unsigned });
    let profile = Profile::Pades(Box::default());
    prepare_with_room(document.to_vec(), &profile, &key.signer, key.now(), &limits, room).unwrap()
}

#[test]
fn a_pades_seal_takes_a_timestamp_in_the_room_that_is_asked_for() {
    let key = &PKI.rsa;
    let document = &pdfs::named("classic").bytes;
    let in_room = |unsigned| signed(prepare_pdf(document, unsigned), key);
    let small = in_room(0);
    let token = token(&small.time_stamped().unwrap(), DigestAlgorithm::Sha256, "rsa");
    let refused = small.with_time_stamp(&token).err().unwrap();
    assert!(matches!(refused, ExtendError::NoRoom { needed, room } if needed > room), "{refused}");
    // The attribute around the token has a head and an identifier.
    let room = token.der().len() + 64;
    let roots = [PKI.root(), TSA.root()];
    let mut files = Vec::new();
    for name in ["classic", "xref-stream", "hybrid", "signed-by-us"] {
        let document = match name {
            "signed-by-us" => stamped(signed(prepare_pdf(document, room), key)).into_bytes(),
            name => pdfs::named(name).bytes.clone(),
        };
        let sealed = stamped(signed(prepare_pdf(&document, room), key));
        let file = kept(sealed.bytes(), "pdf");
        let reports = pdfsig(&file);
        assert!(!reports.is_empty() && reports.iter().all(|report| report.valid), "{reports:?}");
        qpdf_check(&file).unwrap();
        judge_timestamps(std::slice::from_ref(&file), reports.len());
        files.push(file);
    }
    let verdicts = pyhanko_time_stamped(&roots, &files);
    assert_eq!(verdicts.len(), 5);
    for verdict in verdicts {
        assert!(verdict.accepted && verdict.lacks.is_empty(), "{verdict:?}");
    }
    // A changed token breaks nothing but itself, and pyHanko sees that.
    let mut broken = std::fs::read(&files[0]).unwrap();
    let gap = stamped(in_room(room)).signature();
    let digits = &mut broken[gap];
    let last = digits.iter().rposition(|digit| !b"0>".contains(digit)).unwrap();
    digits[last] = if digits[last] == b'1' { b'2' } else { b'1' };
    let broken = [kept(&broken, "pdf")];
    assert!(pyhanko_verify(&roots, &broken).iter().all(|verdict| verdict.accepted));
    assert!(pyhanko_time_stamped(&roots, &broken).iter().all(|verdict| !verdict.accepted));
    let plain = in_room(0).finish();
    assert_eq!(plain.level(), Level::B);
    assert!(plain.bytes().len() < in_room(4096).finish().bytes().len());
}
