//! Containers: ours and those of EU DSS pass; a file that is not covered, was changed, is there twice or in
//! some readers only, does not.

use std::collections::BTreeSet;
use std::path::Path;

use chancery_engine::domain::profile::DigestAlgorithm;
use chancery_engine::pki::digest::Digest;
use chancery_engine::verify::{Indication, SubIndication, VerificationReport, verify};
use chancery_testing::judges::repository;
use chancery_testing::tsa::TSA;
use serde_json::json;

use super::cms::sealed;
use super::packed::{Packed, files, pack};
use super::support::{Judged, anchors, passes, report, told, trusting, verdict};
use crate::seal::extend::token;
use crate::seal::settings::seal_as;
use crate::seal::support::*;

const FAILED: Judged = (Indication::Failed, Some(SubIndication::FormatFailure));

/// Both kinds of containers with two files.
fn containers() -> [Vec<u8>; 2] {
    let files = [Packed::new("a.txt", b"one"), Packed::new("folder/\u{e9} 1%.txt", b"two")];
    let files = pack(&files, b"");
    let settings = json!({ "packaging": "ASIC_E" });
    let xades = seal_as(&files, &PKI.p256, None, &settings).unwrap().into_bytes();
    [xades, sealed(&files, &PKI.rsa, &settings)]
}

fn with(container: &[u8], change: impl FnOnce(&mut Vec<Packed>)) -> Vec<u8> {
    let mut files = files(container);
    change(&mut files);
    pack(&files, b"")
}

fn named<'f>(files: &'f mut [Packed], end: &str) -> &'f mut Packed {
    files.iter_mut().find(|file| file.name.ends_with(end)).unwrap()
}

fn edited(file: &mut Packed, from: &str, to: &str) {
    let text = String::from_utf8(file.octets.clone()).unwrap();
    assert!(text.contains(from), "{from}");
    file.octets = text.replacen(from, to, 1).into_bytes();
}

#[track_caller]
fn misses(report: &VerificationReport, name: &str) {
    assert_eq!(report.sub_indication, Some(SubIndication::SigConstraintsFailure), "{report:#?}");
    assert!(told(report).contains(&format!("does not cover: {name}")), "{}", told(report));
    assert!(report.signatures.iter().all(|signature| !signature.covers_document));
}

#[test]
fn our_containers_pass_and_say_where_everything_stands() {
    for (container, format) in containers().iter().zip(["XAdES", "CAdES"]) {
        let report = passes(container);
        let [signature] = report.signatures.as_slice() else { panic!("{report:#?}") };
        assert_eq!(
            (report.content, signature.format, signature.level),
            ("ASiC", format, Some("B"))
        );
        assert!(signature.covers_document && signature.not_covered.is_empty());
        let part = |reference: &str| {
            let found = signature.covered.iter().find(|one| one.reference == reference).unwrap();
            let part = found.element.as_ref().unwrap();
            (part.name.clone(), &container[part.start..part.end])
        };
        assert_eq!(part("a.txt"), ("a.txt".to_owned(), &b"one"[..]));
        let other = "folder/\u{e9} 1%.txt".to_owned();
        assert_eq!(part("folder/%C3%A9%201%25.txt"), (other, &b"two"[..]));
        // packed anew, as others pack
        passes(&with(container, |_| {}));
    }
    let one = seal_as(b"<a/>", &PKI.p256, Some("asic-e"), &json!({})).unwrap();
    passes(one.bytes());
}

#[test]
fn containers_of_dss_pass() {
    let folder = repository().join("crates/engine/tests/data/asic");
    let mut tried = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if Path::new(&name).extension().is_some_and(|it| it == "md") {
            continue;
        }
        let file = std::fs::read(&path).unwrap();
        let report = passes(&file);
        let expected = if name.contains("twice") { 2 } else { 1 };
        assert_eq!(report.signatures.len(), expected, "{name}");
        let format = if name.contains("xades") { "XAdES" } else { "CAdES" };
        assert!(report.signatures.iter().all(|it| it.format == format && it.covers_document));
        // and do not with one more document, whatever becomes of it
        let more = with(&file, |files| files.push(Packed::new("evil.xml", b"<a>9</a>")));
        assert_ne!(verdict(&more).0, Indication::Passed, "{name}");
        tried.insert(name);
    }
    assert_eq!(tried.len(), 8, "{tried:?}");
}

#[test]
fn changed_files_do_not_pass() {
    for container in containers() {
        let mut changed = container.clone();
        let at = container.windows(3).position(|window| window == b"one").unwrap();
        changed[at] = b'0';
        // the checksum of the ZIP says so first
        assert_eq!(verdict(&changed), FAILED);
        let changed = with(&container, |files| files[1].octets = b"0ne".to_vec());
        assert_eq!(verdict(&changed), (Indication::Failed, Some(SubIndication::HashFailure)));
        let swapped = with(&container, |files| {
            let (one, two) = (files[1].octets.clone(), files[2].octets.clone());
            (files[1].octets, files[2].octets) = (two, one);
        });
        assert_eq!(verdict(&swapped), (Indication::Failed, Some(SubIndication::HashFailure)));
        let gone = with(&container, |files| drop(files.remove(1)));
        let gone = report(&gone);
        assert_eq!(gone.sub_indication, Some(SubIndication::SignedDataNotFound), "{gone:#?}");
        let renamed = with(&container, |files| files[1].name = "b.txt".to_owned());
        assert_ne!(verdict(&renamed).0, Indication::Passed);
    }
}

#[test]
fn documents_that_nobody_signed_do_not_pass_wherever_they_are() {
    for container in containers() {
        for name in [
            "evil.txt",
            "folder/a.txt",
            "META-INF/invoice.xml",
            "META-INF/deeper/signatures001.xml",
            "meta-inf/signatures002.xml",
            "META-INF/mimetype",
            "META-INF/signature.txt",
            "a.txt.p7s",
            "folder/mimetype",
        ] {
            let more = with(&container, |files| files.push(Packed::new(name, b"<a/>")));
            misses(&report(&more), name);
            let first = with(&container, |files| files.insert(1, Packed::new(name, b"<a/>")));
            misses(&report(&first), name);
        }
    }
}

#[test]
fn names_that_collide_do_not_pass() {
    for container in containers() {
        let decomposed = "folder/e\u{301} 1%.txt";
        let twice =
            ["a.txt", "A.TXT", "a.txt/x", "../a.txt", "/a.txt", "./a.txt", "mimetype", "folder"];
        for name in twice.into_iter().chain([decomposed, "META-INF", "a\\b.txt", "meta-inf/x/.."]) {
            for at in [1, 2] {
                let more = with(&container, |files| files.insert(at, Packed::new(name, b"one")));
                assert_eq!(verdict(&more), FAILED, "{name}");
            }
        }
        let signature = files(&container).pop().unwrap().name;
        for name in [signature.clone(), signature.to_uppercase()] {
            let more = with(&container, |files| files.push(Packed::new(&name, b"<a/>")));
            assert_eq!(verdict(&more), FAILED, "{name}");
        }
    }
}

/// What programs see that read from the front, or another directory, or another name.
#[test]
fn what_some_readers_see_only_does_not_pass() {
    let hidden = |at: usize| {
        move |files: &mut Vec<Packed>| {
            files.insert(at, Packed { listed: false, ..Packed::new("evil.txt", b"9") });
        }
    };
    // Unicode Path: version, checksum, name
    let renaming = [&[0x75, 0x70, 14, 0, 1, 0, 0, 0, 0][..], b"other.txt"].concat();
    for container in containers() {
        let end = files(&container).len();
        for at in [0, 1, 2, end] {
            assert_eq!(verdict(&with(&container, hidden(at))), FAILED, "{at}");
        }
        for at in [0, 1] {
            let renamed = with(&container, |files| files[1].extras[at].clone_from(&renaming));
            assert_eq!(verdict(&renamed), FAILED);
        }
        let cut = with(&container, |files| files[1].extras[0] = vec![1, 2, 3, 0, 5]);
        assert_eq!(verdict(&cut), FAILED);
        let same = renaming.iter().copied().take(9).chain(*b"a.txt").collect::<Vec<u8>>();
        let same = with(&container, |files| {
            files[1].extras[1].clone_from(&same);
            files[1].extras[1][2] = 10;
        });
        passes(&same);
        let gap = with(&container, |files| files[1].behind = b"something".to_vec());
        assert_eq!(verdict(&gap), FAILED);
        let endless = with(&container, |files| files[1].sizes_follow = true);
        assert_eq!(verdict(&endless), FAILED);
        let files = files(&container);
        passes(&pack(&files, b"a comment, PK"));
        for record in [&b"PK\x05\x06 more"[..], b"PK\x01\x02", b"PK\x06\x06"] {
            assert_eq!(verdict(&pack(&files, record)), FAILED);
        }
        for (before, after) in [(&b"MZ"[..], &b""[..]), (b"PK\x03\x04", b""), (b"", b"more")] {
            let file = [before, container.as_slice(), after].concat();
            assert_ne!(verdict(&file).0, Indication::Passed);
        }
    }
}

#[test]
fn the_media_type_says_that_it_is_a_container() {
    let unknown = (Indication::Indeterminate, Some(SubIndication::Generic));
    for container in containers() {
        let typed = |text: &'static [u8]| with(&container, |files| files[0].octets = text.to_vec());
        assert_eq!(verdict(&typed(b"application/vnd.oasis.opendocument.text")), unknown);
        assert_eq!(verdict(&typed(b"")), unknown);
        let simple = report(&typed(b"application/vnd.etsi.asic-s+zip"));
        assert_eq!((simple.indication, simple.sub_indication), FAILED);
        assert!(told(&simple).contains("more than one document"));
        let later = with(&container, |files| {
            let kind = files.remove(0);
            files.push(kind);
        });
        assert_eq!(verdict(&later), FAILED);
        let extra = with(&container, |files| files[0].extras[0] = vec![1, 2, 0, 0]);
        assert_eq!(verdict(&extra), FAILED);
        // it need not say so
        passes(&with(&container, |files| drop(files.remove(0))));
        let unsigned = with(&container, |files| files.truncate(3));
        assert_eq!(verdict(&unsigned), FAILED);
        let nothing = with(&container, |files| {
            files.truncate(3);
            files.remove(0);
        });
        assert_eq!(verdict(&nothing), unknown);
    }
}

#[test]
fn what_only_looks_covered_by_xml_does_not_pass() {
    let [container, _] = containers();
    let change = |from: &str, to: &str, more: &[(&str, &[u8])]| {
        report(&with(&container, |files| {
            edited(named(files, "signatures001.xml"), from, to);
            files.extend(more.iter().map(|(name, octets)| Packed::new(name, octets)));
        }))
    };
    // a manifest that anybody may have added lists the document with its right digest
    let digest = base64(Digest::of(DigestAlgorithm::Sha256, b"9").value());
    let manifest = format!(
        "<ds:Manifest><ds:Reference URI=\"evil.txt\"><ds:DigestMethod \
         Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>{digest}</ds:DigestValue>\
         </ds:Reference></ds:Manifest>"
    );
    let evil: &[(&str, &[u8])] = &[("evil.txt", b"9")];
    let unsigned = format!(
        "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>{manifest}\
         </xades:UnsignedSignatureProperties></xades:UnsignedProperties></xades:QualifyingProperties>"
    );
    misses(&change("</xades:QualifyingProperties>", &unsigned, evil), "evil.txt");
    let object = format!("<ds:Object>{manifest}</ds:Object></ds:Signature>");
    misses(&change("</ds:Signature>", &object, evil), "evil.txt");
    // a document beside the signature
    let beside = change("</ds:Signature>", "</ds:Signature><a>9</a>", &[]);
    assert_eq!(beside.sub_indication, Some(SubIndication::SigConstraintsFailure), "{beside:#?}");
    // a second file of signatures that has none, or says nothing of the documents
    for text in ["<a/>", "<asic:XAdESSignatures xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\"/>"]
    {
        let more = with(&container, |files| {
            files.push(Packed::new("META-INF/signatures002.xml", text.as_bytes()));
        });
        assert_eq!(verdict(&more), FAILED);
    }
    let other = seal_as(b"<n/>", &PKI.p256, None, &json!({ "packaging": "ENVELOPING" })).unwrap();
    let more = with(&container, |files| {
        files.push(Packed::new("META-INF/signatures002.xml", other.bytes()));
    });
    let more = report(&more);
    assert_eq!(more.sub_indication, Some(SubIndication::SigConstraintsFailure), "{more:#?}");
    // names that lead to parts, or to others when they are read in another way
    let settings = json!({ "packaging": "ASIC_E" });
    let odd = pack(&[Packed::new("a.xml#b", b"one"), Packed::new("%61.txt", b"two")], b"");
    let odd = seal_as(&odd, &PKI.p256, None, &settings).unwrap().into_bytes();
    passes(&odd);
    misses(&report(&with(&odd, |files| files.push(Packed::new("a.xml", b"9")))), "a.xml");
    misses(&report(&with(&odd, |files| files.push(Packed::new("a.txt", b"9")))), "a.txt");
}

#[test]
fn manifests_that_lead_elsewhere_do_not_pass() {
    let [_, container] = containers();
    let hash = Some(SubIndication::HashFailure);
    let edit = |from: &str, to: &str| {
        report(&with(&container, |files| edited(named(files, "ASiCManifest001.xml"), from, to)))
    };
    assert_eq!(edit("URI=\"a.txt\"", "URI=\"b.txt\"").sub_indication, hash);
    assert_eq!(edit("text/plain", "text/html").sub_indication, hash);
    assert_eq!(edit("</asic:ASiCManifest>", " </asic:ASiCManifest>").sub_indication, hash);
    // one that names another signature is of none, and the signature has none
    let other = edit("signature001.p7s", "signature002.p7s");
    assert_ne!(other.indication, Indication::Passed);
    assert!(told(&other).contains("manifest of no signature"), "{}", told(&other));
    let lost = with(&container, |files| files.retain(|file| !file.name.contains("Manifest")));
    assert_eq!(report(&lost).sub_indication, Some(SubIndication::SignedDataNotFound));
    // a second one for the same signature, or for none, or none at all
    let manifest = files(&container).into_iter().find(|file| file.name.contains("Manifest"));
    let manifest = String::from_utf8(manifest.unwrap().octets).unwrap();
    for text in [
        manifest.clone(),
        manifest.replace("signature001.p7s", "signature009.p7s"),
        manifest.replace("META-INF/signature001.p7s", "a.txt"),
        manifest.replace("<asic:SigReference", "<asic:SigReference URI=\"x\"/><asic:SigReference"),
        "<a/>".to_owned(),
        "<!DOCTYPE a><a/>".to_owned(),
    ] {
        for name in ["META-INF/ASiCManifest000.xml", "META-INF/asicmanifest9.xml"] {
            let more = with(&container, |files| {
                files.insert(1, Packed::new(name, text.as_bytes()));
                files.push(Packed::new("evil.txt", b"9"));
            });
            let more = report(&more);
            assert_ne!(more.indication, Indication::Passed, "{name}: {text}");
            let only =
                with(&container, |files| files.insert(1, Packed::new(name, text.as_bytes())));
            assert_ne!(verdict(&only).0, Indication::Passed, "{name}: {text}");
        }
    }
    // a signature over one document only, without a manifest, beside others
    let detached = sealed(b"one", &PKI.rsa, &json!({ "packaging": "DETACHED" }));
    let kind = Packed::new("mimetype", b"application/vnd.etsi.asic-s+zip");
    let signature = Packed::new("META-INF/signature.p7s", &detached);
    let simple = [kind.clone(), Packed::new("a.txt", b"one"), signature.clone()];
    assert_eq!(passes(&pack(&simple, b"")).signatures[0].format, "CAdES");
    for (name, at) in [("b.txt", 1), ("b.txt", 2), ("META-INF/b.txt", 3)] {
        let mut more = simple.to_vec();
        more.insert(at, Packed::new(name, b"9"));
        assert_ne!(verdict(&pack(&more, b"")).0, Indication::Passed);
    }
    let attached = sealed(b"one", &PKI.rsa, &json!({}));
    let inside = [kind, Packed::new("a.txt", b"9"), Packed { octets: attached, ..signature }];
    assert_eq!(verdict(&pack(&inside, b"")), FAILED);
}

#[test]
fn timestamps_over_containers_are_verified_as_signatures_are() {
    let kind = Packed::new("mimetype", b"application/vnd.etsi.asic-s+zip");
    let token = token(b"one", DigestAlgorithm::Sha256, "rsa");
    let stamp = Packed::new("META-INF/timestamp.tst", token.der());
    let container = pack(&[kind.clone(), Packed::new("a.txt", b"one"), stamp.clone()], b"");
    let untrusted = report(&container);
    assert_eq!(untrusted.sub_indication, Some(SubIndication::NoCertificateChainFound));
    let mut settings = trusting();
    settings.anchors.extend(anchors(&TSA.root()));
    let report = verify(&container, &settings);
    assert_eq!(report.indication, Indication::Passed, "{report:#?}");
    assert_eq!(report.signatures[0].format, "container timestamp");
    assert!(report.signatures[0].covers_document);
    let other = verify(&pack(&[kind, Packed::new("a.txt", b"9"), stamp], b""), &settings);
    assert_eq!(other.sub_indication, Some(SubIndication::HashFailure));
    // one more file
    let more = with(&container, |files| files.push(Packed::new("b.txt", b"9")));
    assert_ne!(verify(&more, &settings).indication, Indication::Passed);
    // what is not looked at does not pass
    let [_, container] = containers();
    let record = with(&container, |files| {
        files.push(Packed::new("META-INF/evidencerecord.ers", b"0"));
    });
    assert_eq!(verify(&record, &settings).sub_indication, Some(SubIndication::Generic));
}

#[test]
fn a_container_of_many_files_passes() {
    let many: Vec<Packed> =
        (0..600).map(|number| Packed::new(&format!("{number}.txt"), b"text")).collect();
    let many = pack(&many, b"");
    let settings = json!({ "packaging": "ASIC_E" });
    let xades = seal_as(&many, &PKI.p256, None, &settings).unwrap().into_bytes();
    for container in [xades, sealed(&many, &PKI.rsa, &settings)] {
        passes(&container);
        let more = with(&container, |files| files.push(Packed::new("600.txt", b"text")));
        misses(&report(&more), "600.txt");
    }
}

/// Every octet of a container, flipped in one bit: whatever still passes has the same documents.
#[test]
fn whatever_still_passes_has_the_same_documents() {
    let documents = |container: &[u8]| {
        let mut all = files(container);
        all.retain(|file| !file.name.starts_with("META-INF/") && file.name != "mimetype");
        all.into_iter().map(|file| (file.name, file.octets)).collect::<Vec<_>>()
    };
    let mut broken = 0;
    for container in containers() {
        let before = documents(&container);
        // some octets between each two, so that all parts have their turn
        for at in (0..container.len()).step_by(7) {
            let mut changed = container.clone();
            changed[at] ^= 1 << (at % 8);
            if verdict(&changed).0 == Indication::Passed {
                assert_eq!(documents(&changed), before, "octet {at}");
            } else {
                broken += 1;
            }
        }
    }
    assert!(broken > 300, "only {broken} changes break anything");
}

fn base64(octets: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(octets)
}
