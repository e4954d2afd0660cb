//! What one document may cost, and what is refused because nobody could tell whether it stays right.

use chancery_engine::seal::Limits;
use chancery_engine::seal::reading::xml::{self, Covered, CoveredStanding};
use chancery_engine::seal::xml::xpath::Budget;
use chancery_testing::{cost, hostile};
use roxmltree::Document;
use serde_json::{Value, json};

use super::settings::{accepted, refused, seal_as};
use super::support::*;

/// A document with so many elements in its root.
fn wide(elements: usize) -> String {
    format!("<a>{}<b/></a>", "<e>1</e>".repeat(elements))
}

/// Looks at the elements before each element, and selects the first.
const QUADRATIC: &str = "//e[count(//e[. = '2']) = 0 and count(preceding::e) >= 0][1]";

fn parallel() -> Value {
    json!({ "existingSignatures": "PARALLEL", "signatureTransform": "XPATH" })
}

/// What a client is told of a document that is sealed.
fn notes(document: &str, settings: &Value) -> String {
    super::settings::prepare_as(document.as_bytes(), &PKI.p256, None, settings)
        .unwrap_or_else(|refusal| panic!("{settings}: {refusal}"))
        .notes()
        .join("; ")
}

fn code(document: &str, settings: &Value) -> &'static str {
    refused(document, settings).code()
}

/// The transforms are run twice, so that the three together are too much.
#[test]
fn the_location_and_the_transforms_share_one_budget() {
    let document = wide(920);
    let location = json!({ "xpath": QUADRATIC, "position": "FIRST_CHILD" });
    let transform = json!([
        { "algorithm": "ENVELOPED" },
        { "algorithm": "XPATH_FILTER2", "filters": [
            { "operation": "INTERSECT", "xpath": format!("/* | {QUADRATIC}") } ] },
        { "algorithm": "CANONICAL", "canonicalization": "EXCLUSIVE" },
    ]);
    accepted(&document, &json!({ "signatureLocation": location }));
    accepted(&document, &json!({ "signatureTransform": transform }));
    let both = json!({ "signatureLocation": location, "signatureTransform": transform });
    assert_eq!(code(&document, &both), "xpath-too-expensive");
}

/// A document that holds a signature with references of this text, whose digests are wrong.
fn signed_by_others(signatures: usize, references: &str) -> String {
    let one = format!(
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
         <ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>{references}\
         </ds:SignedInfo><ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature>"
    );
    wide(250).replace("<b/>", &format!("<b/>{}", one.repeat(signatures)))
}

fn reference(transforms: &str) -> String {
    format!(
        "<ds:Reference URI=\"\"><ds:Transforms>{transforms}</ds:Transforms>\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
         <ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>"
    )
}

const ENVELOPED: &str =
    "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";

#[test]
fn references_of_other_signatures_share_it_too() {
    let expensive = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">\
        <ds:XPath>count(preceding::e[. = '1']) &gt;= 0</ds:XPath></ds:Transform>";
    let settings = parallel();
    let one = signed_by_others(1, &reference(expensive));
    assert!(seal_as(one.as_bytes(), &PKI.p256, None, &settings).is_ok());
    let many = signed_by_others(16, &reference(expensive));
    let said = notes(&many, &settings);
    assert!(said.contains("take more than"), "{said}");
}

/// A namespace is written again at each element, so that what is digested is long.
#[test]
fn digests_are_paid_for_under_every_packaging() {
    let document = |elements: usize| {
        format!("<a xmlns:p=\"urn:{}\">{}</a>", "x".repeat(900), "<p:b/>".repeat(elements))
    };
    let canonical = json!([{ "algorithm": "CANONICAL", "canonicalization": "EXCLUSIVE" }]);
    for settings in [
        json!({ "canonicalTransform": "EXCLUSIVE" }),
        json!({ "packaging": "ENVELOPING", "signatureTransform": canonical }),
        json!({ "packaging": "DETACHED", "reference": { "uri": "a.xml" },
            "signatureTransform": canonical }),
    ] {
        assert!(seal_as(document(100).as_bytes(), &PKI.p256, None, &settings).is_ok());
        assert_eq!(code(&document(60_000), &settings), "transform-impossible", "{settings}");
    }
}

/// A reference pays for the passes that it makes over the document, even when it selects little of it, and
/// what it names is found without another.
#[test]
fn references_pay_for_what_they_pass_over() {
    const ELEMENTS: usize = 8000;
    let steps = |references: usize| {
        let hostile = hostile::references_to_one(ELEMENTS, references);
        let tree = Document::parse(std::str::from_utf8(&hostile.document).unwrap()).unwrap();
        let budget = Budget::of_document(hostile.document.len());
        let held = xml::read(&tree, &Limits::default(), &budget);
        let computed = |it: &Covered| it.standing == CoveredStanding::Wrong;
        assert!(held[0].covered.iter().all(computed), "{:?}", held[0].covered);
        budget.used()
    };
    let (few, many) = (steps(1), steps(101));
    let each = (many - few) / 100;
    assert!((ELEMENTS / 16..ELEMENTS).contains(&usize::try_from(each).unwrap()), "{each} steps");
    cost::follows_length("references to one element", 10, |size| {
        let document = hostile::references_to_one(100 * size, 250).document;
        assert!(seal_as(&document, &PKI.p256, None, &parallel()).is_ok());
    });
}

/// Signatures in signatures are each read, and each pays for what it passes over.
#[test]
fn signatures_in_signatures_pay_for_what_they_hold() {
    let steps = |signatures: usize| {
        let document = hostile::signatures_within(signatures, 8000).document;
        let tree = Document::parse(std::str::from_utf8(&document).unwrap()).unwrap();
        let budget = Budget::of_document(document.len());
        assert_eq!(xml::read(&tree, &Limits::default(), &budget).len(), signatures);
        budget.used()
    };
    assert!(steps(20) > steps(10) + 10 * 8000 / 16, "{} and {} steps", steps(10), steps(20));
}

#[test]
fn what_cannot_be_checked_is_not_taken_for_unbroken() {
    let settings = parallel();
    let wrong = signed_by_others(1, &reference(ENVELOPED));
    assert!(seal_as(wrong.as_bytes(), &PKI.p256, None, &settings).is_ok());
    let elsewhere = reference("").replace("URI=\"\"", "URI=\"other.xml\"");
    let elsewhere = signed_by_others(1, &elsewhere);
    assert!(seal_as(elsewhere.as_bytes(), &PKI.p256, None, &settings).is_ok());

    let xslt = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"/>";
    for references in [
        reference(xslt),
        reference("<ds:Transform Algorithm=\"urn:of:nobody\"/>"),
        reference(ENVELOPED).replace("xmlenc#sha256", "xmlenc#sha257"),
        reference(ENVELOPED).replace(" URI=\"\"", ""),
    ] {
        let document = signed_by_others(1, &references);
        let said = notes(&document, &settings);
        assert!(said.contains("the signature at /a/Signature was there before"), "{said}");
    }
    let said = notes(&signed_by_others(1, &reference(xslt)), &settings);
    assert!(said.contains("XSLT"), "{said}");
    // One whose digests are wrong was not right before.
    assert_eq!(notes(&signed_by_others(17, &reference(ENVELOPED)), &settings), "");
    let elsewhere = reference(ENVELOPED).replace("URI=\"\"", "URI=\"other.xml\"");
    let many = signed_by_others(65, &elsewhere);
    assert!(notes(&many, &settings).contains("more than 64 signatures"));
    let many = signed_by_others(1, &elsewhere.repeat(4097));
    assert!(notes(&many, &settings).contains("more than 4096 signed references"));
}

#[test]
fn filters_are_one_to_sixteen() {
    let list = |count: usize| {
        let filter = json!({ "operation": "SUBTRACT", "xpath": "//ds:Signature",
            "namespaces": { "ds": "http://www.w3.org/2000/09/xmldsig#" } });
        let filters = vec![filter; count];
        json!({ "signatureTransform": [{ "algorithm": "XPATH_FILTER2", "filters": filters },
            { "algorithm": "CANONICAL", "canonicalization": "EXCLUSIVE" }] })
    };
    accepted(INVOICE, &list(16));
    for count in [0, 17] {
        let refusal = refused(INVOICE, &list(count)).to_string();
        assert!(refusal.contains("signatureTransform") && refusal.contains("1 to 16"), "{refusal}");
    }
    let filter = "<f:XPath xmlns:f=\"http://www.w3.org/2002/06/xmldsig-filter2\" \
        Filter=\"subtract\">//ds:Signature</f:XPath>";
    let transform = |count: usize| {
        let algorithm = "http://www.w3.org/2002/06/xmldsig-filter2";
        let filters = filter.repeat(count);
        reference(&format!("<ds:Transform Algorithm=\"{algorithm}\">{filters}</ds:Transform>"))
    };
    let sixteen = signed_by_others(1, &transform(16));
    assert!(seal_as(sixteen.as_bytes(), &PKI.p256, None, &parallel()).is_ok());
    let seventeen = signed_by_others(1, &transform(17));
    let said = notes(&seventeen, &parallel());
    assert!(said.contains("more than 16"), "{said}");
}

/// An expression may look at the signature that it leaves out, but its answer must not change when
/// the digest and the value are put in.
#[test]
fn transforms_that_ask_for_an_unfinished_signature_are_refused() {
    let list = |condition: &str| {
        let xpath = format!("not(ancestor-or-self::ds:Signature) and {condition}");
        json!({ "signatureTransform": [
            { "algorithm": "XPATH", "xpath": xpath,
              "namespaces": { "ds": "http://www.w3.org/2000/09/xmldsig#" } },
            { "algorithm": "CANONICAL", "canonicalization": "EXCLUSIVE" }] })
    };
    let unfinished = "(self::node()[string-length(//ds:SignatureValue) < 80] or \
        not(self::text()))";
    let no_digest =
        "(not(self::text()) or contains(//ds:Reference/ds:DigestValue, '47DEQpj8HBSa'))";
    for condition in [
        "count(//ds:Reference) = 1",
        "string-length(//ds:SignatureValue) = 0",
        "string-length(//ds:SignatureValue) < 80",
        unfinished,
        no_digest,
    ] {
        assert_eq!(code(INVOICE, &list(condition)), "transform-impossible", "{condition}");
    }
    for condition in [
        "count(//ds:Reference) = 2",
        "string-length(//ds:SignatureValue) > 0",
        "count(here()/ancestor::ds:Reference/preceding-sibling::ds:Reference) = 0",
    ] {
        accepted(INVOICE, &list(condition));
    }
    let mut second = list("count(here()/ancestor::ds:Reference/preceding-sibling::*) = 3");
    second["referenceOrder"] = json!(["SIGNED_PROPERTIES", "DOCUMENT"]);
    accepted(INVOICE, &second);
}

/// The expression would be declared in a signature that canonicalization refuses.
#[test]
fn namespaces_of_expressions_are_absolute() {
    let transform = |name: &str| {
        json!([{ "algorithm": "ENVELOPED" },
            { "algorithm": "XPATH", "xpath": "not(self::n:x)", "namespaces": { "n": name } }])
    };
    let filter = |name: &str| {
        json!([{ "algorithm": "ENVELOPED" }, { "algorithm": "XPATH_FILTER2", "filters": [
            { "operation": "SUBTRACT", "xpath": "//n:x", "namespaces": { "n": name } }] }])
    };
    let place = |name: &str| json!({ "xpath": "/*[not(n:x)]", "namespaces": { "n": name } });
    let document = "<a Id=\"a1\"/>";
    let all = |name: &str| {
        [
            ("signatureTransform", json!({ "signatureTransform": transform(name) })),
            ("signatureTransform", json!({ "signatureTransform": filter(name) })),
            ("signatureLocation", json!({ "signatureLocation": place(name) })),
            ("reference.element", json!({ "reference": { "element": place(name) } })),
        ]
    };
    for (_, settings) in all("urn:n") {
        assert!(seal_as(document.as_bytes(), &PKI.p256, None, &settings).is_ok(), "{settings}");
    }
    for name in ["", "relative", "../n", "urn:with space"] {
        for (path, settings) in all(name) {
            let refusal = refused(document, &settings);
            assert_eq!(refusal.code(), "setting-conflict", "{settings}: {refusal}");
            let said = refusal.to_string();
            assert!(said.starts_with(path) && said.contains("'n'"), "{settings}: {said}");
        }
    }
}

/// What only looks like markup is no markup: it neither counts nor hides what follows.
#[test]
fn limits_count_markup_and_nothing_else() {
    use chancery_engine::domain::refusal::Refusal;
    use chancery_engine::seal::Limits;
    use chancery_engine::seal::xml::guard;
    use chancery_engine::seal::xml::source::Source;

    let check = |document: &str, depth: usize, attributes: usize, nodes: usize| {
        let limits = Limits { depth, attributes, nodes, ..Limits::default() };
        guard::check(&Source::read(document.as_bytes()).unwrap(), &limits)
    };
    let document =
        "<a b='>/>' c = \"'<b d='1'\"\n><!--<b><c>--><![CDATA[<b><c>]]]]><?p <b d='1'>?></a >";
    let document = document.replace("'<b d='1'", "'d=1 e=2'");
    assert!(check(&document, 1, 2, 6).is_ok());
    assert!(matches!(check(&document, 1, 2, 5), Err(Refusal::XmlTooManyNodes { .. })));
    assert!(matches!(check(&document, 1, 1, 6), Err(Refusal::XmlTooManyAttributes { .. })));
    for before in
        ["<a b='>'>", "<a b=\"'/>\">", "<a><!-- > -->", "<a><![CDATA[</a>]]>", "<a><?p </a>?>"]
    {
        let document = format!("{before}<b/></a>");
        assert!(check(&document, 2, 9, 99).is_ok(), "{document}");
        assert!(
            matches!(check(&document, 1, 9, 99), Err(Refusal::XmlTooDeep { .. })),
            "{document}"
        );
    }
}
