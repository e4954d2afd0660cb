//! The fingerprint of a request is what it was yesterday. The numbers were computed by a program of a
//! few lines in another language, from the description in `workflow/fingerprint.rs`.

use chancery::domain::delivery::MailAddress;
use chancery::domain::document::SealWishes;
use chancery::domain::ids::ExternalReference;
use chancery::domain::language::Language;
use chancery::domain::level::{Level, LevelWish};
use chancery::domain::profile::Format;
use chancery::domain::text::hex;
use chancery::pki::digest::sha256;
use chancery::workflow::fingerprint::{Fingerprint, of_json};
use chancery::workflow::notify::Receiver;
use chancery::workflow::request::{DocumentOctets, Earlier, RequestedDocument, Said, SignRequest};
use serde_json::{Value, json};

fn plain(reference: &str) -> RequestedDocument {
    RequestedDocument {
        external_reference: ExternalReference::parse(reference).unwrap(),
        name: "invoice.xml".to_owned(),
        content_type: "application/xml".to_owned(),
        wishes: SealWishes {
            format: Format::Xades,
            profile: None,
            settings: serde_json::Map::new(),
            level: LevelWish::Usual,
            notes: vec!["what had no effect is not part of it".to_owned()],
        },
        content: DocumentOctets::new(b"<a/>".to_vec()),
        refusal: None,
        unread: None,
        of_files: false,
    }
}

fn request(documents: Vec<RequestedDocument>) -> SignRequest {
    SignRequest {
        external_reference: ExternalReference::parse("2026/1").unwrap(),
        description: "Some context.".to_owned(),
        preserve_content: false,
        receivers: Vec::new(),
        attach_documents: false,
        documents,
        earlier: Vec::new(),
    }
}

fn full() -> SignRequest {
    let settings = json!({
        "visible": {
            "place": { "COORDINATE": { "y": 100, "x": 70.5, "page": -1 } },
            "font": { "size": 11.0 },
        },
        "reason": "Because",
        "list": [null, true, "x", u64::MAX],
    });
    let pdf = RequestedDocument {
        name: "Rechnung ä.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        wishes: SealWishes {
            format: Format::Pades,
            profile: Some("pades-b".to_owned()),
            settings: settings.as_object().unwrap().clone(),
            level: LevelWish::Timestamped,
            notes: Vec::new(),
        },
        content: DocumentOctets::new(b"%PDF-1.7".to_vec()),
        ..plain("INV-2")
    };
    let broken = RequestedDocument {
        content: DocumentOctets::new(Vec::new()),
        unread: Some(sha256(b"####")),
        ..plain("INV-3")
    };
    let receiver = |address: &str, language| Receiver {
        address: MailAddress::parse(address).unwrap(),
        language,
    };
    SignRequest {
        preserve_content: true,
        receivers: vec![
            receiver("ap@example.com", Some(Language::Pt)),
            receiver("b@example.com", None),
        ],
        attach_documents: true,
        ..request(vec![pdf, broken])
    }
}

fn fingerprint(request: &SignRequest) -> String {
    hex(&Fingerprint::of(request).value())
}

#[test]
fn fingerprints_are_what_they_were() {
    assert_eq!(
        fingerprint(&request(vec![plain("INV-1")])),
        "3679903d4d6dd4069f6171ed1e1417ef44ac44d93c5a1973888f451bba042133"
    );
    assert_eq!(
        fingerprint(&full()),
        "6baaf36bb2ff908b15abe482d5aedc35cff9b999cf614e19f4e23b17f3f75688"
    );
}

type Change = fn(&mut SignRequest);

/// Whatever a request says that has an effect, says it apart from every other.
#[test]
fn every_word_counts() {
    let changes: [Change; 17] = [
        |_| {},
        |it| it.description.push('x'),
        |it| it.preserve_content = false,
        |it| it.attach_documents = false,
        |it| it.receivers.reverse(),
        |it| it.receivers[1].language = Some(Language::De),
        |it| it.documents.reverse(),
        |it| it.documents[0].name.push('x'),
        |it| it.documents[0].content_type = "application/octet-stream".to_owned(),
        |it| it.documents[0].content = DocumentOctets::new(b"<a/>\0".to_vec()),
        |it| it.documents[0].wishes.profile = None,
        |it| it.documents[0].wishes.level = LevelWish::Named(Level::B),
        |it| it.documents[0].wishes.level = LevelWish::Named(Level::Lt),
        |it| it.documents[0].wishes.level = LevelWish::Named(Level::Lta),
        |it| {
            it.documents[0].wishes.settings.insert("reason".to_owned(), Value::Null);
        },
        |it| it.documents[1].unread = Some(sha256(b"###")),
        |it| it.documents[0].of_files = true,
    ];
    let mut seen = std::collections::BTreeSet::new();
    for (position, change) in changes.into_iter().enumerate() {
        let mut request = full();
        change(&mut request);
        assert!(seen.insert(fingerprint(&request)), "change {position} changes nothing");
    }
}

#[test]
fn json_is_taken_by_its_meaning() {
    let of = |text: &str| of_json(&serde_json::from_str(text).unwrap());
    let first = of(r#"{"a":1,"b":[1.5,2]}"#);
    for same in [r#" { "b" : [ 15e-1, 2.0 ], "a" : 1e0 } "#, r#"{"\u0061":1,"b":[1.5,2]}"#] {
        assert_eq!(of(same), first, "{same}");
    }
    for other in [
        r#"{"a":"1","b":[1.5,2]}"#,
        r#"{"a":1,"b":[2,1.5]}"#,
        r#"{"a":1,"b":[1.5,2],"c":null}"#,
        r#"{"a":1,"b":{"item":1.5,"item2":2}}"#,
        r#"[{"a":1},{"b":[1.5,2]}]"#,
    ] {
        assert_ne!(of(other), first, "{other}");
    }
}

/// What another release stored is known by the words of the way it came, and by no others.
#[test]
fn earlier_releases_are_known_by_their_words() {
    let mut request = full();
    request.earlier = vec![
        Earlier(vec![said("{}", ""), said("{", "}")]),
        Earlier(vec![said("{\"a\"", ":1}"), said("null", "")]),
    ];
    let fingerprint = Fingerprint::of(&request);
    // Computed as 0.1.0 did: lengths of eight octets, then each field.
    let stored = hex_32("61536465757d10cbcd1aa16c0082f29af60173e1650e450573777496732c824e");
    assert!(fingerprint.is(stored, &request));
    assert!(fingerprint.is(fingerprint.value(), &request));
    request.earlier.pop();
    assert!(!fingerprint.is(stored, &request));
}

fn hex_32(text: &str) -> [u8; 32] {
    let octet = |at: usize| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap();
    std::array::from_fn(octet)
}

/// A text in two parts, which are one to the fingerprint.
fn said(own: &str, common: &str) -> Said {
    Said { own: own.into(), common: common.as_bytes().into(), content: None }
}
