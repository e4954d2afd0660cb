//! ASiC-E containers before unzip, Python's zipfile, xmlsec1 and OpenSSL.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use chancery_engine::domain::cades::{CadesPackaging, CadesProfile};
use chancery_engine::domain::profile::{Canonicalization, DigestAlgorithm};
use chancery_engine::domain::xades::{Packaging, ReferenceSettings, XadesProfile};
use chancery_engine::pki::digest::Digest;
use chancery_engine::seal::Profile;
use proptest::prelude::{ProptestConfig, any, proptest};
use roxmltree::Document;
use tempfile::TempDir;

use super::support::{cades, certificate, openssl_verify, seal, sh, signer, try_prepare};

const MEDIA_TYPE: &str = "application/vnd.etsi.asic-e+zip";

fn with_xades() -> XadesProfile {
    XadesProfile { packaging: Packaging::AsicE, ..XadesProfile::default() }
}

fn with_cades() -> CadesProfile {
    CadesProfile { packaging: CadesPackaging::AsicE, ..CadesProfile::default() }
}

fn xades(profile: XadesProfile) -> Profile {
    Profile::Xades(Box::new(profile))
}

/// A ZIP of files as Python writes it, packed or not.
pub(crate) fn zip(files: &[(&str, &[u8])], method: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let mut script = "import zipfile\nz = zipfile.ZipFile('out.zip', 'w')\n".to_owned();
    for (number, (name, content)) in files.iter().enumerate() {
        fs::write(folder.path().join(number.to_string()), content).unwrap();
        let _ = writeln!(
            script,
            "z.writestr({name:?}, open('{number}', 'rb').read(), zipfile.ZIP_{method})"
        );
    }
    script.push_str("z.close()\n");
    fs::write(folder.path().join("make.py"), script).unwrap();
    sh("python3 make.py", folder.path()).unwrap();
    fs::read(folder.path().join("out.zip")).unwrap()
}

/// Unpacks a container with unzip after asking it and Python whether it is whole.
fn unpacked(container: &[u8]) -> TempDir {
    // EN 319 162-1, A.1: the media type stands at fixed places.
    assert_eq!(&container[..4], b"PK\x03\x04");
    assert_eq!(&container[26..30], &[8, 0, 0, 0]);
    assert_eq!(&container[30..38], b"mimetype");
    assert_eq!(&container[38..38 + MEDIA_TYPE.len()], MEDIA_TYPE.as_bytes());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("container.zip"), container).unwrap();
    let line = "unzip -tqq container.zip && python3 -m zipfile -t container.zip && \
                LC_ALL=C.UTF-8 unzip -qq container.zip -d files";
    sh(line, folder.path()).unwrap();
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let listed = sh("cd files && find . -type f | sort", folder).unwrap();
    listed.lines().map(|name| name.trim_start_matches("./").to_owned()).collect()
}

/// Asks xmlsec1 about the signature of an unpacked container, from its root.
fn xmlsec(folder: &Path, key: &str) -> Result<String, String> {
    let line = format!(
        "cd files && xmlsec1 --verify --id-attr:Id \
         http://uri.etsi.org/01903/v1.3.2#:SignedProperties --trusted-pem '{}' \
         META-INF/signatures001.xml",
        certificate(key).display()
    );
    sh(&line, folder)
}

const FILES: [(&str, &[u8]); 4] = [
    ("invoice.xml", b"<Invoice>1250.00</Invoice>\n"),
    ("attachments/scan 1%.pdf", b"%PDF-1.7 not really"),
    ("attachments/\u{15E}ema.txt", b"text"),
    ("empty.bin", b""),
];

#[test]
fn xmlsec_accepts_the_signature_over_every_file() {
    for method in ["STORED", "DEFLATED"] {
        for (key, canonicalization) in
            [("rsa2048", Canonicalization::EXCLUSIVE), ("P-256", Canonicalization::INCLUSIVE)]
        {
            let profile = XadesProfile { canonical_transform: canonicalization, ..with_xades() };
            let sealed = seal(&zip(&FILES, method), &xades(profile), key);
            let text = String::from_utf8(sealed.bytes()[sealed.signature()].to_vec()).unwrap();
            assert!(text.contains("<asic:XAdESSignatures") && text.ends_with("XAdESSignatures>"));
            let folder = unpacked(sealed.bytes());
            let folder = folder.path();
            assert_eq!(
                names(folder),
                [
                    "META-INF/manifest.xml",
                    "META-INF/signatures001.xml",
                    "attachments/scan 1%.pdf",
                    "attachments/\u{15E}ema.txt",
                    "empty.bin",
                    "invoice.xml",
                    "mimetype",
                ]
            );
            for (name, content) in FILES {
                assert_eq!(fs::read(folder.join("files").join(name)).unwrap(), content);
            }
            assert_eq!(text.matches("<ds:Reference").count(), FILES.len() + 1);
            assert_eq!(text.matches("<xades:DataObjectFormat ").count(), FILES.len());
            let tree = Document::parse(&text).unwrap();
            for (uri, media_type) in [
                ("invoice.xml", "text/xml"),
                ("attachments/scan%201%25.pdf", "application/pdf"),
                ("attachments/%C5%9Eema.txt", "text/plain"),
                ("empty.bin", "application/octet-stream"),
            ] {
                let find = |attribute: &str, value: &str| {
                    let mut nodes = tree.descendants();
                    nodes.find(|node| node.attribute(attribute) == Some(value))
                };
                let reference = find("URI", uri).unwrap_or_else(|| panic!("{uri}"));
                let id = format!("#{}", reference.attribute("Id").unwrap());
                let format = find("ObjectReference", &id).unwrap();
                assert_eq!(format.first_element_child().unwrap().text(), Some(media_type));
            }
            xmlsec(folder, key).unwrap();
            for (name, content) in FILES {
                let file = folder.join("files").join(name);
                fs::write(&file, [content, b"!"].concat()).unwrap();
                xmlsec(folder, key).expect_err("a changed file");
                fs::write(&file, content).unwrap();
            }
            xmlsec(folder, key).unwrap();
        }
    }
}

#[test]
fn openssl_accepts_the_signature_over_the_manifest() {
    for key in ["rsa4096", "P-384"] {
        let sealed = seal(&zip(&FILES, "DEFLATED"), &cades(with_cades()), key);
        let folder = unpacked(sealed.bytes());
        let files = folder.path().join("files");
        let manifest = fs::read(files.join("META-INF/ASiCManifest001.xml")).unwrap();
        let signature = fs::read(files.join("META-INF/signature001.p7s")).unwrap();
        assert_eq!(signature, sealed.bytes()[sealed.signature()]);
        openssl_verify(&signature, Some(&manifest), key).unwrap();
        openssl_verify(&signature, Some(b"another"), key).expect_err("another manifest");

        let text = String::from_utf8(manifest).unwrap();
        let tree = Document::parse(&text).unwrap();
        let mut digests = BTreeMap::new();
        for node in tree.descendants().filter(|it| {
            it.has_tag_name(("http://uri.etsi.org/02918/v1.2.1#", "DataObjectReference"))
        }) {
            let value = node.last_element_child().unwrap().text().unwrap();
            let name = percent_encoding::percent_decode_str(node.attribute("URI").unwrap());
            digests.insert(name.decode_utf8().unwrap().into_owned(), value.to_owned());
        }
        assert_eq!(digests.len(), FILES.len());
        let algorithm = match key {
            "P-384" => DigestAlgorithm::Sha384,
            _ => DigestAlgorithm::Sha256,
        };
        for (name, content) in FILES {
            let digest = Digest::of(algorithm, content);
            let digest = base64::engine::general_purpose::STANDARD.encode(digest.value());
            assert_eq!(digests[name], digest, "{name}");
        }
        assert!(text.contains("URI=\"META-INF/signature001.p7s\""));
    }
}

/// One document becomes a container with that one file, and an office document is no folder of files.
#[test]
fn one_document_is_one_file() {
    let office = zip(&FILES, "DEFLATED");
    let office_type = "application/vnd.oasis.opendocument.text";
    for (document, name, media_type) in
        [(&b"<a/>"[..], "a b.xml", "text/xml"), (&office, "letter.odt", office_type)]
    {
        let mime_type = Some(media_type.to_owned());
        let reference = ReferenceSettings {
            uri: Some(name.replace(' ', "%20")),
            ..ReferenceSettings::default()
        };
        let in_xml = XadesProfile { mime_type: mime_type.clone(), reference, ..with_xades() };
        let in_cms = CadesProfile { mime_type, name: Some(name.to_owned()), ..with_cades() };
        for profile in [xades(in_xml), cades(in_cms)] {
            let sealed = seal(document, &profile, "P-256");
            let folder = unpacked(sealed.bytes());
            assert_eq!(fs::read(folder.path().join("files").join(name)).unwrap(), document);
            assert_eq!(names(folder.path()).len(), 4);
            if matches!(profile, Profile::Xades(_)) {
                xmlsec(folder.path(), "P-256").unwrap();
            }
        }
    }
}

/// ZIPs of other programs, whose headers differ.
#[test]
fn zips_of_other_programs_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let make = "
import zipfile, sys
class Pipe:                      # cannot seek: sizes follow after each file
    def __init__(self, path): self.file = open(path, 'wb')
    def write(self, data): return self.file.write(data)
    def flush(self): self.file.flush()
z = zipfile.ZipFile(Pipe('streamed.zip'), 'w', zipfile.ZIP_DEFLATED)
z.writestr('folder/', b'')
z.writestr('folder/a.txt', b'a' * 5000)
z.comment = b'a comment'
z.close()
";
    fs::write(folder.path().join("make.py"), make).unwrap();
    sh("python3 make.py", folder.path()).unwrap();
    let document = fs::read(folder.path().join("streamed.zip")).unwrap();
    let sealed = seal(&document, &xades(with_xades()), "P-256");
    let unpacked = unpacked(sealed.bytes());
    xmlsec(unpacked.path(), "P-256").unwrap();
    let file: PathBuf = unpacked.path().join("files/folder/a.txt");
    assert_eq!(fs::read(file).unwrap(), vec![b'a'; 5000]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Same files, time and key: same bytes to sign, whatever they are.
    #[test]
    fn containers_are_reproducible(content in any::<Vec<u8>>(), name in "[a-z\u{E0}-\u{FC}]{1,8}") {
        let document = zip(&[(&name, &content), ("other.txt", b"other")], "DEFLATED");
        let signer = signer("P-256");
        for profile in [xades(with_xades()), cades(with_cades())] {
            let once = try_prepare(&document, &profile, &signer).unwrap();
            let twice = try_prepare(&document, &profile, &signer).unwrap();
            assert_eq!(once.to_be_signed(), twice.to_be_signed());
        }
    }
}

/// RSA values are the same each time, so the whole container must be.
#[test]
fn the_same_container_comes_out_twice() {
    for profile in [xades(with_xades()), cades(with_cades())] {
        let document = zip(&FILES, "DEFLATED");
        let once = seal(&document, &profile, "rsa2048");
        let twice = seal(&document, &profile, "rsa2048");
        assert_eq!(once.bytes(), twice.bytes());
    }
}
