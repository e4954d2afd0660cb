//! `signatureLocation`: names, paths, advice that can be followed.

use chancery_engine::domain::refusal::Refusal;
use chancery_engine::domain::xades::SignatureLocation;

use super::support::*;

const DOCUMENT: &str = "<i:Invoice xmlns:i='urn:i' xmlns:e='urn:e'>\
    <e:Box><e:Content/></e:Box><e:Box><e:Content><x xmlns='urn:x'/></e:Content></e:Box>\
    <f:Content xmlns:f='urn:f'/><One/></i:Invoice>";

fn refusal(location: &str) -> Refusal {
    try_prepare(DOCUMENT.as_bytes(), inside(location)).err().expect("a refusal")
}

/// What follows the signature when it was put there.
fn text_after_signature(document: &str, location: &str) -> String {
    let canonicalization = ALL_CANONICALIZATIONS[0];
    let sealed =
        try_seal(document.as_bytes(), &PKI.p256, canonicalization, inside(location)).unwrap();
    let text = String::from_utf8(sealed.into_bytes()).unwrap();
    text.split("</ds:Signature>").nth(1).unwrap().to_owned()
}

#[test]
fn names_and_paths_are_found() {
    for (location, after) in [
        ("One", "</One></i:Invoice>"),
        ("//One", "</One></i:Invoice>"),
        (" /i:Invoice/One ", "</One></i:Invoice>"),
        ("/Invoice", "</i:Invoice>"),
        ("i:Invoice", "</i:Invoice>"),
        ("x", "</x></e:Content></e:Box><f:Content xmlns:f='urn:f'/><One/></i:Invoice>"),
        (
            "/i:Invoice/e:Box[1]/e:Content",
            "</e:Content></e:Box><e:Box><e:Content><x xmlns='urn:x'/></e:Content></e:Box><f:Content xmlns:f='urn:f'/><One/></i:Invoice>",
        ),
        ("e:Content[2]", "</e:Content></e:Box><f:Content xmlns:f='urn:f'/><One/></i:Invoice>"),
        ("/i:Invoice/Content", "</f:Content><One/></i:Invoice>"),
    ] {
        assert_eq!(text_after_signature(DOCUMENT, location), after, "{location}");
    }
}

#[test]
fn ambiguity_names_paths_that_work() {
    let Refusal::LocationAmbiguous { count, candidates, .. } = refusal("Content") else {
        panic!("ambiguous")
    };
    assert_eq!(count, 3);
    assert_eq!(
        candidates,
        "/i:Invoice/e:Box[1]/e:Content, /i:Invoice/e:Box[2]/e:Content, /i:Invoice/Content"
    );
    for path in candidates.split(", ") {
        assert!(try_prepare(DOCUMENT.as_bytes(), inside(path)).is_ok(), "{path}");
    }
    assert!(matches!(refusal("/i:Invoice/e:Box"), Refusal::LocationAmbiguous { count: 2, .. }));
}

#[test]
fn a_prefix_bound_below_the_root_is_understood() {
    let document = "<r><p:x xmlns:p='urn:p'><p:y/></p:x><q:y xmlns:q='urn:q'/></r>";
    let prepared = try_prepare(document.as_bytes(), inside("p:y"));
    assert!(prepared.is_ok(), "{:?}", prepared.err());
    assert!(try_prepare(document.as_bytes(), inside("/r/p:x/p:y")).is_ok());
    // Bound at the root, the root's meaning holds.
    let document = "<r xmlns:p='urn:other'><p:y xmlns:p='urn:p'/></r>";
    assert!(try_prepare(document.as_bytes(), inside("p:y")).is_err());
}

#[test]
fn missing_places_come_with_advice() {
    let advice = |location: &str| match refusal(location) {
        Refusal::LocationMissing { candidates, .. } => candidates,
        other => panic!("{other}"),
    };
    assert_eq!(advice("one"), "similar: /i:Invoice/One");
    assert_eq!(advice("e:One"), "similar: /i:Invoice/One");
    assert_eq!(
        advice("Nothing"),
        "add such an element, or name another, as '/i:Invoice' for the last place in the document"
    );
    assert_eq!(advice("g:Content"), "no element of that name binds the prefix g");
    let refusal = try_prepare(INVOICE.as_bytes(), inside("Nothing")).err().unwrap().to_string();
    assert!(refusal.contains("/ext:UBLExtension/ext:ExtensionContent"), "{refusal}");
}

#[test]
fn what_is_no_location() {
    let long = "a".repeat(1001);
    for text in [
        "", " ", "/", "//", "a b", "a/b", "/a//b", "//a/b", "a[0]", "a[x]", "a[1", "1a", ":a",
        "a:", "a:b:c", "/a/@b", "/a/*", "a[-1]", &long,
    ] {
        assert!(
            matches!(refusal(text), Refusal::LocationInvalid { .. }),
            "{text}: {}",
            refusal(text)
        );
    }
}

#[test]
fn occupied_places_are_refused() {
    let sealed = |document: &str, location: &str| {
        let place =
            if location.is_empty() { SignatureLocation::default() } else { inside(location) };
        let sealed = try_seal(document.as_bytes(), &PKI.p256, ALL_CANONICALIZATIONS[0], place);
        sealed.unwrap().into_bytes()
    };
    let once = sealed("<a><b/></a>", "");
    let again = |bytes: &[u8], place| try_prepare(bytes, place).err();
    assert!(matches!(
        again(&once, SignatureLocation::default()),
        Some(Refusal::LocationOccupied { path }) if path == "/a"
    ));
    let once = sealed("<a><b/></a>", "b");
    assert!(matches!(again(&once, inside("b")), Some(Refusal::LocationOccupied { .. })));
    let once = sealed(INVOICE, "");
    assert!(matches!(
        again(&once, SignatureLocation::default()),
        Some(Refusal::LocationOccupied { .. })
    ));
    for placeholder in [
        "<ds:Signature/>",
        "<ds:Signature Id='x'> </ds:Signature>",
        "<ds:Signature><ds:SignatureValue/></ds:Signature>",
    ] {
        let document =
            format!("<a xmlns:ds='http://www.w3.org/2000/09/xmldsig#'>{placeholder}</a>");
        assert!(matches!(
            again(document.as_bytes(), SignatureLocation::default()),
            Some(Refusal::LocationPlaceholder { path }) if path == "/a/ds:Signature"
        ));
    }
}

#[test]
fn several_signature_informations_leave_the_root() {
    let two = INVOICE.replace("</sig:UBLD", "<sac:SignatureInformation/></sig:UBLD");
    let canonicalization = ALL_CANONICALIZATIONS[0];
    let sealed =
        seal_and_verify(two.as_bytes(), &PKI.p256, canonicalization, SignatureLocation::default());
    assert!(String::from_utf8(sealed).unwrap().ends_with("</ds:Signature></Invoice>\n"));
}
