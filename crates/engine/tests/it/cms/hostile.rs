//! ZIPs made to mislead or to exhaust a reader: each refused for what it is, and soon.

use std::fs;

use chancery_engine::domain::cades::{CadesPackaging, CadesProfile};
use chancery_engine::domain::xades::{Packaging, ReferenceSettings, XadesProfile};
use chancery_engine::seal::Profile;
use chancery_testing::cost;

use super::asic::zip;
use super::support::{cades, refusal, sh, signer, try_prepare};

fn container() -> Profile {
    cades(CadesProfile { packaging: CadesPackaging::AsicE, ..CadesProfile::default() })
}

/// Replaces every occurrence, headers of a ZIP having most things twice.
fn replaced(document: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut changed = document.to_vec();
    let places: Vec<usize> =
        (0..document.len() - from.len()).filter(|at| document[*at..].starts_with(from)).collect();
    assert!(!places.is_empty());
    for at in places {
        changed[at..at + to.len()].copy_from_slice(to);
    }
    changed
}

fn assert_refused(document: &[u8], code: &str) {
    let said = cost::at_most(1000, code, || refusal(document, &container()));
    assert_eq!(said.code(), code, "{said}");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in [
        "../evil.txt",
        "a/../../evil.txt",
        "/etc/passwd",
        "a//b",
        "./a",
        "c:evil.txt",
        "a\\b",
        "line\nbreak",
        "mimetype",
        "META-INF",
        "META-INF/manifest.xml",
        "meta-inf/other.txt",
    ] {
        assert_refused(&zip(&[("good.txt", b"1"), (name, b"2")], "STORED"), "container-name");
    }
    let long = "a".repeat(501);
    assert_refused(&zip(&[(&long, b"1")], "STORED"), "container-name");
    // The name of a document on its own is held to the same.
    let reference =
        ReferenceSettings { uri: Some("..%2Fevil.txt".to_owned()), ..ReferenceSettings::default() };
    let xades = XadesProfile { packaging: Packaging::AsicE, reference, ..XadesProfile::default() };
    let said = refusal(b"text", &Profile::Xades(Box::new(xades)));
    assert_eq!(said.code(), "container-name");
}

#[test]
fn one_name_twice_is_refused() {
    let two = zip(&[("one.txt", b"1"), ("two.txt", b"2")], "STORED");
    assert_refused(&replaced(&two, b"two.txt", b"one.txt"), "container-name-repeated");
    assert_refused(&zip(&[("A.txt", b"1"), ("a.TXT", b"2")], "STORED"), "container-name-repeated");
}

#[test]
fn sealed_containers_are_refused() {
    for name in ["META-INF/signatures.xml", "META-INF/signature.p7s", "META-INF/ASiCManifest1.xml"]
    {
        assert_refused(&zip(&[("a.txt", b"1"), (name, b"2")], "DEFLATED"), "container-sealed");
    }
}

#[test]
fn what_says_two_things_is_refused() {
    let good = zip(&[("one.txt", b"first content"), ("two.txt", b"second")], "STORED");
    let local = good.windows(7).position(|it| it == b"one.txt").unwrap();
    let mut other_name = good.clone();
    other_name[local] = b'x';
    assert_refused(&other_name, "container-malformed");
    let mut content = good.clone();
    content[local + 7] ^= 1;
    assert_refused(&content, "container-malformed");
    // A second file hidden between the first and the directory moves the directory.
    let directory = good.windows(4).position(|it| it == b"PK\x01\x02").unwrap();
    let hidden = [&good[..directory], b"hidden", &good[directory..]].concat();
    assert_refused(&hidden, "container-malformed");
}

#[test]
fn nothing_but_a_whole_zip_is_read() {
    let good = zip(&[("one.txt", &b"first content ".repeat(50)), ("two.txt", b"2")], "DEFLATED");
    assert!(try_prepare(&good, &container(), &signer("P-256")).is_ok());
    for end in 4..good.len() {
        assert_refused(&good[..end], "container-malformed");
    }
    assert_refused(&[&good[..], b"more"].concat(), "container-malformed");
    // Whatever bit is turned, nothing panics and nothing is read wrongly without a word.
    for at in 4..good.len() {
        for bit in 0..8 {
            let mut changed = good.clone();
            changed[at] ^= 1 << bit;
            let _ = try_prepare(&changed, &container(), &signer_once());
        }
    }
    assert_refused(&zip(&[], "STORED"), "container-empty");
    assert_refused(&zip(&[("folder/", b"")], "STORED"), "container-empty");
}

fn signer_once() -> chancery_engine::seal::Signer {
    use std::sync::LazyLock;
    static SIGNER: LazyLock<chancery_engine::seal::Signer> = LazyLock::new(|| signer("P-256"));
    SIGNER.clone()
}

#[test]
fn bombs_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let make = "
import zipfile, struct
with zipfile.ZipFile('honest.zip', 'w', zipfile.ZIP_DEFLATED) as z:
    with z.open('zeros', 'w') as f:
        for _ in range(300): f.write(bytes(1 << 20))
data = bytearray(open('honest.zip', 'rb').read())
# says that it unpacks to a thousand bytes, in both headers
struct.pack_into('<I', data, 22, 1000)
struct.pack_into('<I', data, data.rindex(b'PK\\x01\\x02') + 24, 1000)
open('lying.zip', 'wb').write(data)
with zipfile.ZipFile('many.zip', 'w') as z:
    for n in range(60000): z.writestr(str(n), b'')
with zipfile.ZipFile('more.zip', 'w') as z:
    for n in range(100000): z.writestr(str(n), b'')
# many names for the same packed bytes
with zipfile.ZipFile('one.zip', 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('a', bytes(10 << 20))
data = open('one.zip', 'rb').read()
directory = data.rindex(b'PK\\x01\\x02'); end = data.rindex(b'PK\\x05\\x06')
entry = data[directory:end]; entries = entry.replace(b'a', b'a') + entry
tail = struct.pack('<4s4H2IH', b'PK\\x05\\x06', 0, 0, 2, 2, len(entries), directory, 0)
open('overlap.zip', 'wb').write(data[:directory] + entries + tail)
";
    fs::write(folder.path().join("make.py"), make).unwrap();
    sh("python3 make.py", folder.path()).unwrap();
    for (name, code) in [
        ("honest", "container-too-large"),
        ("lying", "container-malformed"),
        ("many", "container-too-many-files"),
        ("more", "container-too-many-files"),
        ("overlap", "container-malformed"),
    ] {
        let document = fs::read(folder.path().join(format!("{name}.zip"))).unwrap();
        assert_refused(&document, code);
    }
}

#[test]
fn other_kinds_of_entries_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let make = "
import zipfile
with zipfile.ZipFile('link.zip', 'w') as z:
    link = zipfile.ZipInfo('link'); link.create_system = 3; link.external_attr = 0o120777 << 16
    z.writestr(link, b'/etc/passwd')
with zipfile.ZipFile('bzip2.zip', 'w', zipfile.ZIP_BZIP2) as z: z.writestr('a', b'a' * 100)
data = bytearray(open('link.zip', 'rb').read())
";
    fs::write(folder.path().join("make.py"), make).unwrap();
    sh("python3 make.py", folder.path()).unwrap();
    for name in ["link", "bzip2"] {
        let document = fs::read(folder.path().join(format!("{name}.zip"))).unwrap();
        assert_refused(&document, "container-name");
    }
    // Bit 0 of the flags: encrypted.
    let good = zip(&[("one.txt", b"1")], "STORED");
    let directory = good.windows(4).rposition(|it| it == b"PK\x01\x02").unwrap();
    let mut encrypted = good;
    (encrypted[6], encrypted[directory + 8]) = (1, 1);
    assert_refused(&encrypted, "container-name");
}
