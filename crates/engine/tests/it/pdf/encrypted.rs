//! Encrypted files, made by qpdf: what is in them is read, and what is added qpdf reads.

use chancery_engine::domain::refusal::PdfRefusal;
use chancery_engine::seal::pdf::object::{Dictionary, Object, Stream};
use chancery_engine::seal::pdf::{Access, Increment};

use super::made::{Made, ONE_PAGE};
use super::support::{
    TEXT, assert_updated, hayro_reads, open, qpdf_changed, qpdf_check, qpdf_plain, updated,
};

/// Each way of encrypting, as arguments of qpdf behind the passwords.
const WAYS: [(&str, &[&str]); 8] = [
    ("RC4, 40 bits", &["40"]),
    ("RC4, 128 bits", &["128", "--use-aes=n"]),
    ("RC4, crypt filters", &["128", "--use-aes=n", "--force-V4"]),
    ("AES-128", &["128", "--use-aes=y"]),
    ("AES-128, clear metadata", &["128", "--use-aes=y", "--cleartext-metadata"]),
    ("AES-256, revision 5", &["256", "--force-R5"]),
    ("AES-256, revision 6", &["256"]),
    ("AES-256, clear metadata", &["256", "--cleartext-metadata"]),
];

const SECRET: &str = "(a secret text)";

fn plain() -> Vec<u8> {
    let catalog = format!("<</Type/Catalog/Pages 2 0 R/Metadata 5 0 R/Secret {SECRET}>>");
    let [_, pages, page, contents] = ONE_PAGE;
    Made::new("1.7")
        .objects(1, &[&catalog, pages, page, contents])
        .stream(5, "/Type/Metadata/Subtype/XML", b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
        .table("/ID[<31><31>]")
}

fn encrypted(user: &str, owner: &str, way: &[&str], more: &[&str]) -> Vec<u8> {
    let front = ["--allow-weak-crypto", "--static-id", "--encrypt", user, owner];
    qpdf_changed(&plain(), &[&front, way, &["--"], more].concat())
}

#[test]
fn strings_and_data_are_read_and_added() {
    for (name, way) in WAYS {
        for objects in ["--object-streams=disable", "--object-streams=generate"] {
            let name = format!("{name}, {objects}");
            let bytes = encrypted("", "owner", way, &[objects]);
            let file = open(&bytes).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
            assert_eq!(file.access(), Some(Access::User), "{name}");
            let catalog = file.catalog().unwrap();
            let secret = catalog.get("Secret").and_then(Object::as_string);
            assert_eq!(secret, Some(b"a secret text".as_slice()), "{name}");
            let metadata = file.stream(catalog.get("Metadata").unwrap()).unwrap().unwrap();
            let metadata = file.decode(&metadata).unwrap();
            assert!(metadata.starts_with(b"<x:xmpmeta"), "{name}");
            let contents = file.page(1).unwrap().dictionary.get("Contents").cloned().unwrap();
            let contents = file.stream(&contents).unwrap().unwrap();
            assert_eq!(file.decode(&contents).as_deref(), Ok(b"0 0 m  n".as_slice()), "{name}");

            let after = updated(&bytes).unwrap();
            assert_updated(&name, &bytes, &after);
            assert_eq!(hayro_reads(&after), Ok(1), "{name}");
            let (code, text) = qpdf_check(&after);
            assert_eq!(code, 0, "{name}: {text}");
            let clear = qpdf_plain(&after);
            let file = open(&clear).unwrap();
            let text = file.catalog().unwrap().get(super::support::KEY).cloned();
            assert_eq!(text.as_ref().and_then(Object::as_string), Some(TEXT.as_bytes()), "{name}");
            let tail = &after[bytes.len()..];
            assert!(!tail.windows(6).any(|window| window == b"sealed"), "{name}: clear text");
        }
    }
}

#[test]
fn added_streams_are_encrypted_and_values_of_signatures_are_not() {
    for (name, way) in WAYS {
        let bytes = encrypted("", "owner", way, &[]);
        let file = open(&bytes).unwrap();
        let mut increment = Increment::new(&file).unwrap();
        let data = b"stream for all to read".to_vec();
        let dictionary = Dictionary::new().with("Note", Object::text("in the dictionary"));
        let stream = increment.add(Stream { dictionary, data: data.clone() });
        let reference = increment.reserve();
        let signature = Dictionary::new()
            .with("Type", Object::name("Sig"))
            .with("ByteRange", Object::Array(vec![Object::Integer(0)]))
            .with("Reason", Object::text("a reason"))
            .with("Contents", Object::Hexadecimal(vec![0xAB; 4]));
        let mut raw = Vec::new();
        increment.encrypted(reference, signature.into()).write(&mut raw);
        increment.set_raw(reference, raw);
        let mut catalog = file.catalog().unwrap();
        catalog.set("Added", Object::Array(vec![stream.into(), reference.into()]));
        increment.set(file.root(), catalog);
        let update = increment.finish().unwrap();
        let raw = &update.bytes[update.bodies[&reference].clone()];
        assert!(raw.windows(10).any(|window| window == b"<ABABABAB>"), "{name}");
        assert!(!raw.windows(8).any(|window| window == b"a reason"), "{name}");
        let after = [bytes.as_slice(), &update.bytes].concat();

        let read = |bytes: &[u8]| {
            let file = open(bytes).unwrap();
            let added = file.array(&file.catalog().unwrap(), "Added").unwrap().unwrap();
            let stream = file.stream(&added[0]).unwrap().unwrap();
            assert_eq!(stream.dictionary.get("Note"), Some(&Object::text("in the dictionary")));
            assert_eq!(file.decode(&stream).unwrap(), data, "{name}");
            let signature = file.resolve(&added[1]).unwrap();
            let signature = signature.as_dictionary().unwrap();
            assert_eq!(signature.get("Reason"), Some(&Object::text("a reason")), "{name}");
            let contents = signature.get("Contents").and_then(Object::as_string);
            assert_eq!(contents, Some([0xAB; 4].as_slice()), "{name}");
        };
        read(&after);
        read(&qpdf_plain(&after));
    }
}

#[test]
fn the_same_update_gives_the_same_bytes() {
    let bytes = encrypted("", "owner", &["256"], &[]);
    assert_eq!(updated(&bytes), updated(&bytes));
}

#[test]
fn a_password_is_asked_for_and_the_owner_may_everything() {
    for (name, way) in WAYS {
        let locked = encrypted("user", "owner", way, &[]);
        assert_eq!(open(&locked).err(), Some(PdfRefusal::PasswordNeeded), "{name}");
        if way[0] != "256" {
            // from revision 6 on qpdf makes no file without an owner's password
            let bytes = encrypted("", "", way, &[]);
            let file = open(&bytes).unwrap();
            assert_eq!(file.access(), Some(Access::Owner), "{name}");
            assert!(file.permissions().modify(), "{name}");
        }
    }
}

#[test]
fn permissions_are_told() {
    let form = ["256", "--modify=form"];
    let bytes = encrypted("", "owner", &form, &[]);
    let permissions = open(&bytes).unwrap().permissions();
    assert!(permissions.fill() && !permissions.modify() && !permissions.annotate());
    let bytes = encrypted("", "owner", &["256", "--modify=none"], &[]);
    assert!(!open(&bytes).unwrap().permissions().fill());
    assert!(open(&plain()).unwrap().permissions().modify());
}

#[test]
fn other_handlers_are_named() {
    let trailer = "/Encrypt<</Filter/Adobe.PubSec/V 4>>";
    let bytes = Made::new("1.7").objects(1, &ONE_PAGE).table(trailer);
    let refusal = open(&bytes).unwrap_err().to_string();
    assert!(refusal.contains("the security handler Adobe.PubSec"), "{refusal}");
}
