//! Members that are misspelt.

use chancery::web::body::Member;
use chancery::web::integration::spelling::{in_document, in_request, look_alike};

#[test]
fn names_that_look_like_known_ones() {
    for (name, known) in [
        ("externalRefrence", "externalReference"),
        ("ExternalReference", "externalReference"),
        ("external_reference", "externalReference"),
        ("contentTyep", "contentType"),
        ("base64content", "base64Content"),
        ("nmae", "name"),
        ("returnSignedContents", "returnSignedContent"),
    ] {
        assert!(look_alike(name, known), "{name}");
    }
    for (name, known) in [
        ("externalId", "externalReference"),
        ("page", "name"),
        ("", "area"),
        ("x", "name"),
        ("documentsAttached", "documents"),
    ] {
        assert!(!look_alike(name, known), "{name}");
    }
}

#[test]
fn a_type_tells_its_members() {
    let sent =
        |parent: &str, name: &str| Member { parent: parent.to_owned(), name: name.to_owned() };
    let said = in_document("", &sent("documentRequest", "base64Contents")).unwrap();
    assert!(said.ends_with("did you mean base64Content?"), "{said}");
    let said = in_request(&sent("", "returnSignedContents")).unwrap();
    assert!(said.ends_with("did you mean returnSignedContent?"), "{said}");
}
