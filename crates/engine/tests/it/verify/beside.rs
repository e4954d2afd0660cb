//! One more seal in a container that has signatures, ours, those of EU DSS and of openssl: it covers every document,
//! what stood there keeps its octets, and openssl, xmlsec1 and we find every signature right. What is not right is
//! refused before a key is used.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::pki::digest::sha256;
use chancery_engine::seal::{Limits, Packer, Prepared, Profile, check_file_names, prepare};
use chancery_engine::verify::{Indication, VerifiedSignature, verify};
use chancery_testing::judges::{repository, xmlsec1};
use chancery_testing::sealing::checked;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::packed::{Packed, files, pack};
use super::support::{passes, report, told, trusting};
use crate::seal::settings::{CATALOGUE, ID_ATTRIBUTES};
use crate::seal::support::*;

const KINDS: [&str; 2] = ["XAdES", "CAdES"];

fn profile(kind: &str, settings: &Value) -> Profile {
    let mut settings = settings.clone();
    settings["packaging"] = json!("ASIC_E");
    match kind {
        "XAdES" => {
            let settings = CATALOGUE.settings(None, settings.as_object().unwrap()).unwrap();
            Profile::Xades(Box::new(settings))
        }
        _ => Profile::Cades(Box::new(serde_json::from_value(settings).unwrap())),
    }
}

/// A seal of its own container.
pub(crate) fn plain(kind: &str) -> Profile {
    profile(kind, &json!({}))
}

/// A seal beside others in a container.
pub(crate) fn parallel(kind: &str) -> Profile {
    profile(kind, &json!({ "existingSignatures": "PARALLEL" }))
}

fn try_prepare(document: &[u8], profile: &Profile) -> Result<Prepared, Refusal> {
    let key = &PKI.p256;
    prepare(document.to_vec(), profile, &key.signer, key.now(), &Limits::default())
}

/// Seals with the check before release.
#[track_caller]
fn seal(document: &[u8], profile: &Profile, key: &TestKey) -> Vec<u8> {
    let prepared =
        prepare(document.to_vec(), profile, &key.signer, key.now(), &Limits::default()).unwrap();
    let value = key.sign(prepared.to_be_signed());
    checked(prepared.attach(value).unwrap().finish(), profile).into_bytes()
}

#[track_caller]
fn refused(document: &[u8], kind: &str, code: &str) -> String {
    let refusal = try_prepare(document, &parallel(kind)).err().expect("a refusal");
    assert_eq!(refusal.code(), code, "{refusal}");
    refusal.to_string()
}

fn two() -> Vec<u8> {
    pack(&[Packed::new("a.txt", b"one"), Packed::new("folder/\u{e9} 1%.txt", b"two")], b"")
}

fn first(kind: &str) -> Vec<u8> {
    seal(&two(), &plain(kind), &PKI.rsa)
}

fn unpacked(container: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("c.zip"), container).unwrap();
    // EU DSS does not say that its names are UTF-8
    let mut python = Command::new("python3");
    python.args(["-m", "zipfile", "--metadata-encoding", "utf-8", "-e", "c.zip", "files"]);
    assert!(python.current_dir(folder.path()).status().unwrap().success());
    folder
}

/// What foreign judges say of one signature in an unpacked container.
fn judged(folder: &Path, file: &str) -> Result<(), String> {
    let root = folder.join("files");
    if file.contains("signatures") {
        return xmlsec1(&root, &PKI.root(), &ID_ATTRIBUTES, &[file]);
    }
    let manifest = file.replace("signature", "ASiCManifest").replace("p7s", "xml");
    let mut openssl = Command::new("openssl");
    openssl.args(["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any"]);
    openssl.args(["-in", file, "-content", &manifest, "-out", "/dev/null", "-CAfile"]);
    let output = openssl.arg(PKI.root()).current_dir(&root).output().unwrap();
    let said = || String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said()) }
}

/// What stands in a container before its directory.
fn standing(container: &[u8]) -> &[u8] {
    let end = container.windows(4).rposition(|window| window == b"PK\x05\x06").unwrap();
    let at = u32::from_le_bytes(container[end + 16..end + 20].try_into().unwrap());
    &container[..usize::try_from(at).unwrap()]
}

fn names(container: &[u8]) -> Vec<String> {
    files(container).into_iter().map(|file| file.name).collect()
}

fn covered(signature: &VerifiedSignature) -> Vec<&str> {
    signature.covered.iter().map(|one| one.reference.as_str()).collect()
}

#[test]
fn a_second_and_a_third_seal_stand_beside_the_first() {
    for kind in KINDS {
        let first = first(kind);
        // as long as nobody asks for it
        let refusal = try_prepare(&first, &plain(kind)).err().unwrap();
        assert_eq!(refusal.code(), "container-sealed");
        let second = seal(&first, &parallel(kind), &PKI.p256);
        let third = seal(&second, &parallel(kind), &PKI.rsa);
        for (before, after) in [(&first, &second), (&second, &third)] {
            assert!(after.starts_with(standing(before)), "{kind}: octets that stood there");
            let (old, new) = (names(before), names(after));
            assert_eq!(new[..old.len()], old);
            assert_eq!(new.len() - old.len(), if kind == "XAdES" { 1 } else { 2 });
        }
        let report = passes(&third);
        assert_eq!(report.signatures.len(), 3);
        for (signature, number) in report.signatures.iter().zip(1..) {
            assert!(signature.place.contains(&format!("00{number}.")), "{}", signature.place);
            assert_eq!((signature.format, signature.level), (kind, Some("B")));
            assert!(signature.covers_document && signature.not_covered.is_empty());
            let covered = covered(signature);
            assert!(covered.contains(&"a.txt"), "{covered:?}");
            assert!(covered.contains(&"folder/%C3%A9%201%25.txt"), "{covered:?}");
        }
        let folder = unpacked(&third);
        let signatures: Vec<String> =
            names(&third).into_iter().filter(|name| name.contains("META-INF/signature")).collect();
        assert_eq!(signatures.len(), 3);
        for file in &signatures {
            judged(folder.path(), file).unwrap();
        }
        // one octet of a document: no signature passes, and nothing is put beside them
        let changed = with(&third, |files| files[1].octets = b"0ne".to_vec());
        let found = self::report(&changed);
        assert!(
            found.signatures.iter().all(|one| one.indication != Indication::Passed),
            "{}",
            told(&found)
        );
        let said = refused(&changed, kind, "container-signature-wrong");
        assert!(said.contains("a.txt"), "{said}");
        if kind == "XAdES" {
            fs::write(folder.path().join("files/a.txt"), "0ne").unwrap();
            for file in &signatures {
                judged(folder.path(), file).unwrap_err();
            }
        }
    }
}

pub(crate) fn with(container: &[u8], change: impl FnOnce(&mut Vec<Packed>)) -> Vec<u8> {
    let mut files = files(container);
    change(&mut files);
    pack(&files, b"")
}

/// Whatever their ZIPs look like.
#[test]
fn containers_of_others_keep_their_octets() {
    for (file, kind, count) in [
        ("dss-xades.asice", "XAdES", 2),
        ("dss-xades-twice.asice", "XAdES", 3),
        ("dss-cades.asice", "CAdES", 2),
        ("dss-cades-twice.asice", "CAdES", 3),
    ] {
        let path = repository().join("crates/engine/tests/data/asic").join(file);
        let container = fs::read(path).unwrap();
        let sealed = seal(&container, &parallel(kind), &PKI.rsa);
        assert!(sealed.starts_with(standing(&container)), "{file}");
        let report = passes(&sealed);
        assert_eq!(report.signatures.len(), count, "{file}");
        assert!(report.signatures.iter().all(|one| one.covers_document), "{file}");
        let folder = unpacked(&sealed);
        let ours = names(&sealed).pop().unwrap();
        judged(folder.path(), &ours).unwrap();
        let other = if kind == "XAdES" { "CAdES" } else { "XAdES" };
        refused(&container, other, "container-kind");
    }
    for (file, kind) in [("dss-xades.asics", "XAdES"), ("dss-cades.asics", "CAdES")] {
        let path = repository().join("crates/engine/tests/data/asic").join(file);
        refused(&fs::read(path).unwrap(), kind, "container-kind");
    }
}

/// A container as somebody makes it with openssl and a few lines of shell.
fn of_openssl(manifest_name: &str, files: &[(&str, &[u8])], arguments: &[&str]) -> Vec<Packed> {
    let mut manifest = "<?xml version=\"1.0\"?>\n<a:ASiCManifest \
         xmlns:a=\"http://uri.etsi.org/02918/v1.2.1#\">\n  <a:SigReference \
         URI=\"META-INF/signature.p7s\"/>\n"
        .to_owned();
    for (name, content) in files {
        let digest = STANDARD.encode(sha256(content));
        let _ = writeln!(
            manifest,
            "  <a:DataObjectReference URI=\"{name}\"><DigestMethod \
             xmlns=\"http://www.w3.org/2000/09/xmldsig#\" \
             Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><DigestValue \
             xmlns=\"http://www.w3.org/2000/09/xmldsig#\">{digest}</DigestValue>\
             </a:DataObjectReference>"
        );
    }
    manifest += "</a:ASiCManifest>\n";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("manifest"), &manifest).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args(["cms", "-sign", "-binary", "-outform", "DER", "-in", "manifest"]);
    openssl.args(["-out", "signature"]).args(arguments).arg("-signer").arg(&PKI.p256.pem);
    openssl.arg("-inkey").arg(PKI.p256.pem.with_extension("key"));
    openssl.arg("-certfile").arg(PKI.p256.pem.with_file_name("ca.pem"));
    let output = openssl.current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let signature = fs::read(folder.path().join("signature")).unwrap();
    let mut all = vec![Packed::new("mimetype", b"application/vnd.etsi.asic-e+zip")];
    all.extend(files.iter().map(|(name, content)| Packed::new(name, content)));
    all.push(Packed::new(manifest_name, manifest.as_bytes()));
    all.push(Packed::new("META-INF/signature.p7s", &signature));
    all
}

#[test]
fn containers_of_openssl_get_a_seal() {
    let content: [(&str, &[u8]); 2] = [("a.xml", b"<a/>"), ("b/c.bin", b"\0\x01")];
    let mut made = of_openssl("META-INF/ASiCManifest.xml", &content, &["-cades"]);
    // a folder, extra fields, a comment
    made.insert(1, Packed::new("b/", b""));
    made[3].extras = [vec![0xFE, 0xCA, 0, 0], vec![0xFE, 0xCA, 0, 0]];
    let comment = b"mimetype=application/vnd.etsi.asic-e+zip";
    let container = pack(&made, comment);
    passes(&container);
    let sealed = seal(&container, &parallel("CAdES"), &PKI.rsa);
    assert!(sealed.starts_with(standing(&container)) && sealed.ends_with(comment));
    let report = passes(&sealed);
    assert_eq!(report.signatures.len(), 2);
    let folder = unpacked(&sealed);
    judged(folder.path(), "META-INF/signature001.p7s").unwrap();

    // One that does not say whose it is has no name for that, and is right all the same.
    let plain = pack(&of_openssl("META-INF/ASiCManifest.xml", &content, &[]), b"");
    let sealed = seal(&plain, &parallel("CAdES"), &PKI.rsa);
    assert_eq!(self::report(&sealed).signatures.len(), 2);
    // One whose certificate is not there cannot be checked, which is told.
    let bare = pack(&of_openssl("META-INF/ASiCManifest.xml", &content, &["-nocerts"]), b"");
    let prepared = try_prepare(&bare, &parallel("CAdES")).unwrap();
    let [note] = prepared.notes() else { panic!("{:?}", prepared.notes()) };
    assert!(note.starts_with("META-INF/signature.p7s was there before"), "{note}");
    seal(&bare, &parallel("CAdES"), &PKI.rsa);
}

/// A name that is taken on any system, by a file or by a folder, is not used again.
#[test]
fn names_never_collide() {
    let content: [(&str, &[u8]); 3] = [
        ("a.txt", b"one"),
        ("meta-inf/SIGNATURE002.P7S", b"a document, whatever it is called"),
        ("META-INF/signature003.p7s/inside", b"another"),
    ];
    let made = of_openssl("META-INF/ASiCManifest001.xml", &content, &["-cades"]);
    let sealed = seal(&pack(&made, b""), &parallel("CAdES"), &PKI.rsa);
    assert_eq!(passes(&sealed).signatures.len(), 2);
    // the first signature is called signature.p7s, its manifest ASiCManifest001.xml
    let last = names(&sealed).split_off(made.len());
    assert_eq!(last, ["META-INF/ASiCManifest004.xml", "META-INF/signature004.p7s"]);
}

#[test]
fn what_is_not_right_gets_no_seal_beside_it() {
    let wrong = |container: &[u8], kind: &str, text: &str| {
        let said = refused(container, kind, "container-signature-wrong");
        assert!(said.contains(text), "{said}");
    };
    for kind in KINDS {
        let first = first(kind);
        // a document that a manifest or a reference names is gone, or another is there
        let gone = with(&first, |files| drop(files.remove(1)));
        let text = if kind == "XAdES" { "is not there" } else { "'a.txt' is not there" };
        wrong(&gone, kind, text);
        // the signature itself
        let end = if kind == "XAdES" { ".xml" } else { ".p7s" };
        let broken = with(&first, |files| {
            let signature = files.iter_mut().rfind(|file| file.name.ends_with(end)).unwrap();
            signature.octets.truncate(signature.octets.len() / 2);
        });
        wrong(&broken, kind, "META-INF/signature");
        // who is named twice, or is there twice
        let twice = with(&first, |files| files.push(Packed::new("A.TXT", b"other")));
        refused(&twice, kind, "container-name-repeated");
        let hidden = with(&first, |files| files[1].behind = b"octets of nobody".to_vec());
        refused(&hidden, kind, "container-malformed");
        let late = with(&first, |files| files.rotate_left(1));
        refused(&late, kind, "container-malformed");
        let text = with(&first, |files| {
            files[0].octets = b"application/vnd.oasis.opendocument.text".to_vec();
        });
        refused(&text, kind, "container-kind");
        let empty = with(&first, |files| {
            files.drain(1..3);
        });
        assert!(try_prepare(&empty, &parallel(kind)).is_err());
    }
    let first = first("CAdES");
    let other = with(&first, |files| {
        let manifest = files.iter_mut().find(|file| file.name.ends_with("001.xml")).unwrap();
        let text = String::from_utf8(manifest.octets.clone()).unwrap();
        manifest.octets = text.replace("signature001", "signature009").into_bytes();
    });
    wrong(&other, "CAdES", "what is over it is not there");
    // a value over something else
    let exchanged = with(&first, |files| {
        let manifest = files.iter_mut().find(|file| file.name.ends_with("001.xml")).unwrap();
        manifest.octets.push(b'\n');
    });
    wrong(&exchanged, "CAdES", "message-digest");
    // without a manifest a signature is over a document, as in ASiC-S
    let simple = with(&first, |files| {
        files.retain(|file| !file.name.ends_with("001.xml"));
        files.remove(2);
    });
    refused(&simple, "CAdES", "container-kind");
}

/// A container in a container is a document like others; only the outer one gets a seal.
#[test]
fn a_container_is_a_document_too() {
    for kind in KINDS {
        let inner = first(kind);
        let outer = pack(&[Packed::new("inner.asice", &inner)], b"");
        let sealed = seal(&outer, &parallel(kind), &PKI.rsa);
        let both = seal(&sealed, &parallel(kind), &PKI.p256);
        let report = passes(&both);
        assert_eq!(report.signatures.len(), 2);
        assert!(report.signatures.iter().all(|one| covered(one).contains(&"inner.asice")));
        assert_eq!(files(&both)[1].octets, inner);
    }
}

#[test]
fn a_container_is_full_before_a_verifier_would_not_look_any_more() {
    for kind in KINDS {
        let mut container = first(kind);
        for _ in 1..15 {
            container = seal(&container, &parallel(kind), &PKI.p256);
        }
        assert_eq!(passes(&container).signatures.len(), 15);
        let said = refused(&container, kind, "container-full");
        assert!(said.contains("14 signatures and timestamps"), "{said}");
    }
    // as many files as may be sealed, and then once more
    let name = |number: usize| format!("{number}.txt");
    let many: Vec<Packed> = (0..1000).map(|number| Packed::new(&name(number), b"x")).collect();
    let many = pack(&many, b"");
    for kind in KINDS {
        let once = seal(&many, &plain(kind), &PKI.p256);
        let said = refused_or_sealed(&once, kind);
        assert!(said.is_empty() || said.contains("files in manifests"), "{said}");
    }
}

fn refused_or_sealed(container: &[u8], kind: &str) -> String {
    match try_prepare(container, &parallel(kind)) {
        Ok(_) => {
            let sealed = seal(container, &parallel(kind), &PKI.p256);
            assert_eq!(passes(&sealed).signatures.len(), 2);
            String::new()
        }
        Err(refusal) => refusal.to_string(),
    }
}

#[test]
fn bombs_get_no_seal_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let container = first("CAdES");
    fs::write(folder.path().join("first.zip"), &container).unwrap();
    let make = "
import zipfile
with zipfile.ZipFile('first.zip', 'a', zipfile.ZIP_DEFLATED) as z:
    with z.open('zeros', 'w') as f:
        for _ in range(80): f.write(bytes(1 << 20))
";
    let python = Command::new("python3").args(["-c", make]).current_dir(folder.path()).status();
    assert!(python.unwrap().success());
    let bomb = fs::read(folder.path().join("first.zip")).unwrap();
    refused(&bomb, "CAdES", "container-too-large");
    // a manifest that lists one file again and again
    let more = with(&container, |files| {
        let manifest = files.iter_mut().find(|file| file.name.ends_with("001.xml")).unwrap();
        let text = String::from_utf8(manifest.octets.clone()).unwrap();
        let (head, rest) = text.split_once("<asic:DataObjectReference").unwrap();
        let (one, _) = rest.split_once("</asic:DataObjectReference>").unwrap();
        let one = format!("<asic:DataObjectReference{one}</asic:DataObjectReference>");
        manifest.octets = [head, &one.repeat(5000), "</asic:ASiCManifest>"].concat().into_bytes();
    });
    let said = refused(&more, "CAdES", "container-signature-wrong");
    assert!(said.contains("more than 4096 files"), "{said}");
}

#[test]
fn settings_that_go_with_it_and_those_that_do_not() {
    use chancery_engine::seal::check_settings;
    for kind in KINDS {
        check_settings(&parallel(kind)).unwrap();
        // what is no container becomes one
        let document = seal(b"text", &parallel(kind), &PKI.p256);
        assert_eq!(passes(&document).signatures.len(), 1);
    }
    let countersign = profile("XAdES", &json!({ "existingSignatures": "COUNTERSIGN" }));
    assert_eq!(check_settings(&countersign).unwrap_err().code(), "setting-conflict");
    let detached = json!({ "existingSignatures": "PARALLEL", "packaging": "DETACHED" });
    let detached = Profile::Cades(Box::new(serde_json::from_value(detached).unwrap()));
    assert_eq!(check_settings(&detached).unwrap_err().code(), "setting-conflict");
}

/// What a request sends file by file is what a ZIP of them is.
#[test]
fn names_of_files_are_checked_one_by_one() {
    let wrong = |names: &[&str]| check_file_names(names).unwrap_err();
    check_file_names(&["a.xml", "b/a.xml", "b/c.xml", "\u{e9}.pdf"]).unwrap();
    for (names, at, code) in [
        (&["a", "b/../c"][..], 1, "container-name"),
        (&["a", "b", "A"], 2, "container-name-repeated"),
        (&["\u{e9}", "e\u{301}"], 1, "container-name-repeated"),
        (&["a/b", "a"], 1, "container-name"),
        (&["a", "a/b"], 0, "container-name"),
        (&["META-INF/signatures001.xml"], 0, "container-name"),
        (&["x", "mimetype"], 1, "container-name"),
        (&["x", "folder/"], 1, "container-name"),
        (&["x", ""], 1, "container-name"),
    ] {
        let (number, refusal) = wrong(names);
        assert_eq!((number, refusal.code()), (at, code), "{names:?}: {refusal}");
    }
    let mut packer = Packer::timeless(0);
    packer.store("a.xml", b"<a/>");
    packer.store("b/c.txt", b"text");
    let zip = packer.finish();
    // any release gives these, so that a request that is sent again is the same
    assert_eq!(
        chancery_engine::domain::text::hex(&sha256(&zip)),
        "e4b6bdf539887a9b2260b5ec5ac9c59bfa729837b48190cbc20e7901e9b58611"
    );
    for kind in KINDS {
        let sealed = seal(&zip, &plain(kind), &PKI.p256);
        let settings = trusting();
        assert_eq!(verify(&sealed, &settings).indication, Indication::Passed);
    }
}
