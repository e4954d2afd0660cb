//! Arbitrary node-sets beside xmlsec1, which evaluates the same chains with libxml2: it signs a
//! document with a reference for each chain, and our digests must be the ones it wrote.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use chancery::domain::profile::{Canonicalization, CanonicalizationMethod};
use chancery::domain::transform::{Filter, FilterOperation, Transform};
use chancery::seal::Limits;
use chancery::seal::xml::transforms::{Present, Start, general, write_transforms};
use chancery::seal::xml::xpath::Budget;
use roxmltree::Document;

use super::support::*;
use super::transforms::{DS, has_digest, octets_of, references};

const PREFIXES: [(&str, &str); 4] =
    [("d", "urn:d"), ("p", "urn:p"), ("q", "urn:q"), ("ds", "http://www.w3.org/2000/09/xmldsig#")];

/// Signs an empty template with one reference per chain.
/// Answers the document and the octets that were digested.
fn signed(document: &str, chains: &[Vec<Transform>]) -> (String, Vec<String>) {
    let mut references = String::new();
    for chain in chains {
        let _ = write!(
            references,
            "<ds:Reference URI=\"\">{}<ds:DigestMethod Algorithm=\"{DS}sha1\"></ds:DigestMethod>\
             <ds:DigestValue></ds:DigestValue></ds:Reference>",
            write_transforms(chain, "ds")
        );
    }
    let signature = format!(
        "<ds:Signature xmlns:ds=\"{DS}\"><ds:SignedInfo><ds:CanonicalizationMethod \
         Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"/><ds:SignatureMethod \
         Algorithm=\"{DS}hmac-sha1\"/>{references}</ds:SignedInfo><ds:SignatureValue/></ds:Signature>"
    );
    let end = document.rfind("</").unwrap();
    let template = write(format!("{}{signature}{}", &document[..end], &document[end..]).as_bytes());
    let (key, out) = (write(b"secret"), template.with_extension("signed.xml"));
    let output = Command::new("xmlsec1")
        .args(["--sign", "--store-references", "--print-debug", "--hmackey"])
        .arg(&key)
        .arg("--output")
        .arg(&out)
        .arg(&template)
        .output()
        .expect("xmlsec1 is missing: apt-get install xmlsec1");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let octets = said.split("== PreDigest data - start buffer:\n").skip(1).map(|rest| {
        rest.split_once("\n== PreDigest data - end buffer").map_or(rest, |(octets, _)| octets)
    });
    (fs::read_to_string(out).unwrap(), octets.map(str::to_owned).collect())
}

/// Chains whose digests differ from xmlsec1's, with our octets.
fn differences(document: &str, chains: &[Vec<Transform>]) -> Vec<String> {
    let (text, theirs) = signed(document, chains);
    let tree = Document::parse(&text).unwrap();
    let signature = tree.descendants().rfind(|node| node.has_tag_name((DS, "Signature")));
    let signature = signature.unwrap();
    let mut found = Vec::new();
    for (at, (reference, chain)) in references(signature).into_iter().zip(chains).enumerate() {
        let (octets, outcome) = octets_of(signature, reference).unwrap();
        assert!(!outcome.covers_itself);
        if !has_digest(reference, &octets) {
            let (ours, theirs) = (String::from_utf8_lossy(&octets), theirs.get(at));
            found.push(format!("{chain:?}\n{ours}\n{}", theirs.map_or("", |it| it)));
        }
    }
    found
}

fn xpath(text: &str) -> Transform {
    let namespaces = PREFIXES.map(|(prefix, name)| (prefix.to_owned(), name.to_owned()));
    Transform::XPath { xpath: text.to_owned(), namespaces: namespaces.into() }
}

fn filter(operation: FilterOperation, text: &str) -> Filter {
    let namespaces = PREFIXES.map(|(prefix, name)| (prefix.to_owned(), name.to_owned()));
    Filter { operation, xpath: text.to_owned(), namespaces: namespaces.into() }
}

fn canonical(canonicalization: Canonicalization, prefixes: &[&str]) -> Transform {
    let inclusive_prefixes = prefixes.iter().map(|&prefix| prefix.to_owned()).collect();
    Transform::Canonical { canonicalization, inclusive_prefixes }
}

/// Namespaces declared, repeated, redefined and taken back; `xml:*` attributes; holes to make.
const DOCUMENT: &str = "<d:root xmlns:d='urn:d' xmlns='urn:0' \
xmlns:p='urn:p' xml:lang='de' xml:base='http://h/a/' xml:id='r' d:one='1' two='2'>\n text\
<a xmlns='' xml:space='preserve'><p:b xmlns:p='urn:q' p:x='1' xml:lang='fr' xml:base='b/'>t1\
<c xml:base='c' id='c1'><d:d xmlns='urn:0' d:y='2'>deep<!--c1--><?pi in?></d:d></c></p:b></a>\
<p:b xmlns:q='urn:q' q:x='1' y='&lt;&amp;&quot;&#9;&#10;'>t2<q:c xmlns:d='urn:d'><e xmlns='urn:e' \
xml:lang=''/></q:c><p:c xmlns='urn:0'><p:c xmlns=''><f/></p:c></p:c></p:b>\
<c n='1'>10</c><c n='2'>20<c n='3'>30</c></c>tail</d:root>";

/// What the signature would change while it is made, left out. As a transform of its own it lets
/// the expression see nodes of the signature, but never their text.
const EXPRESSIONS: [&str; 46] = [
    "true()",
    "self::text()",
    "self::comment() or self::processing-instruction() or self::text()",
    "not(self::comment())",
    "not(self::p:b)",
    "self::p:b or parent::p:b",
    "ancestor-or-self::p:b",
    "ancestor-or-self::c",
    "ancestor-or-self::d:d and not(self::d:root)",
    "ancestor::p:b",
    "not(ancestor::p:b)",
    "ancestor-or-self::*[@id='c1']",
    "ancestor-or-self::q:b and not(self::c)",
    "not(self::a)",
    "not(self::a or self::c)",
    "not(self::c) and ancestor-or-self::d:root",
    "not(self::d:root)",
    "parent::* and not(self::*)",
    "self::*",
    "self::* and not(parent::p:b)",
    "count(ancestor-or-self::*) mod 2 = 1",
    "count(ancestor-or-self::node()) mod 2 = 1",
    "count(ancestor-or-self::node()) mod 3 != 1",
    "self::text() or self::* or count(parent::*/@*) = count(parent::*/@* | self::node())",
    "self::text() or self::* or count(parent::*/namespace::*) = count(parent::*/namespace::* | self::node())",
    "not(self::text()) and string(self::node()) != 'urn:p'",
    "string(self::node()) != 'urn:0'",
    "string(self::node()) != 'urn:q'",
    "name() != 'p'",
    "name() != 'd'",
    "name() != 'xml:lang'",
    "not(starts-with(name(), 'xml:'))",
    "name() = 'xml:base' or not(self::*) or self::d:d or self::e",
    "local-name() != 'b'",
    "namespace-uri() != 'urn:p'",
    "string-length(name()) < 2",
    "contains(name(), ':') or self::text()",
    "self::text() or self::f or self::e or self::d:d",
    "self::text() or parent::p:c",
    "lang('de') or self::text()",
    "following-sibling::* or ancestor::p:b",
    "preceding-sibling::c or self::c or parent::c",
    "@n > 1 or self::text()[. > 15]",
    "following::f",
    "preceding::p:b or ancestor-or-self::p:b",
    "ancestor::*[. = id('r')]",
];

const EVERY: &[CanonicalizationMethod] = &[
    CanonicalizationMethod::Exclusive,
    CanonicalizationMethod::Inclusive,
    CanonicalizationMethod::Inclusive11,
];

/// Where libxml2 departs from the standards: docs/divergences.md says from which clause. What is
/// right there is in `what_libxml2_writes_otherwise`.
const DEPARTURES: &[(&str, &[CanonicalizationMethod])] = &[
    ("self::comment() or self::processing-instruction() or self::text()", EVERY),
    ("not(self::p:b)", &[CanonicalizationMethod::Exclusive, CanonicalizationMethod::Inclusive11]),
    ("ancestor::p:b", &[CanonicalizationMethod::Exclusive]),
    ("ancestor-or-self::q:b and not(self::c)", &[CanonicalizationMethod::Inclusive11]),
    ("not(self::a)", EVERY),
    ("not(self::a or self::c)", EVERY),
    ("not(self::c) and ancestor-or-self::d:root", &[CanonicalizationMethod::Inclusive11]),
    ("not(self::d:root)", &[CanonicalizationMethod::Exclusive]),
    ("parent::* and not(self::*)", EVERY),
    ("self::*", &[CanonicalizationMethod::Inclusive11]),
    (
        "self::* and not(parent::p:b)",
        &[CanonicalizationMethod::Inclusive, CanonicalizationMethod::Inclusive11],
    ),
    ("count(ancestor-or-self::*) mod 2 = 1", &[CanonicalizationMethod::Inclusive11]),
    ("count(ancestor-or-self::node()) mod 2 = 1", EVERY),
    ("count(ancestor-or-self::node()) mod 3 != 1", EVERY),
    (
        "self::text() or self::* or count(parent::*/@*) = count(parent::*/@* | self::node())",
        &[CanonicalizationMethod::Exclusive],
    ),
    (
        "self::text() or self::* or count(parent::*/namespace::*) = count(parent::*/namespace::* | self::node())",
        &[CanonicalizationMethod::Inclusive11],
    ),
    ("string(self::node()) != 'urn:q'", &[CanonicalizationMethod::Exclusive]),
    ("name() != 'p'", &[CanonicalizationMethod::Exclusive]),
    ("name() != 'd'", &[CanonicalizationMethod::Exclusive]),
    ("name() != 'xml:lang'", &[CanonicalizationMethod::Inclusive11]),
    ("not(starts-with(name(), 'xml:'))", &[CanonicalizationMethod::Inclusive11]),
    (
        "name() = 'xml:base' or not(self::*) or self::d:d or self::e",
        &[CanonicalizationMethod::Exclusive],
    ),
    (
        "local-name() != 'b'",
        &[CanonicalizationMethod::Exclusive, CanonicalizationMethod::Inclusive11],
    ),
    ("namespace-uri() != 'urn:p'", EVERY),
    (
        "string-length(name()) < 2",
        &[CanonicalizationMethod::Inclusive, CanonicalizationMethod::Inclusive11],
    ),
    (
        "contains(name(), ':') or self::text()",
        &[CanonicalizationMethod::Exclusive, CanonicalizationMethod::Inclusive11],
    ),
    ("lang('de') or self::text()", EVERY),
    ("following-sibling::* or ancestor::p:b", &[CanonicalizationMethod::Inclusive11]),
    ("following::f", EVERY),
    ("ancestor::*[. = id('r')]", &[CanonicalizationMethod::Exclusive]),
];

#[test]
fn node_sets_equal_libxml2() {
    let mut chains = Vec::new();
    for expression in EXPRESSIONS {
        let departs = DEPARTURES.iter().find(|(departs, _)| *departs == expression);
        for canonicalization in ALL_CANONICALIZATIONS {
            if departs.is_some_and(|(_, methods)| methods.contains(&canonicalization.method)) {
                continue;
            }
            let lists: [&[&str]; 3] = [&[], &["#default"], &["p", "d", "none"]];
            let exclusive = canonicalization.method == CanonicalizationMethod::Exclusive;
            for prefixes in lists.into_iter().take(if exclusive { 3 } else { 1 }) {
                let chain = [
                    Transform::Enveloped,
                    xpath(expression),
                    canonical(canonicalization, prefixes),
                ];
                chains.push(chain.to_vec());
            }
        }
    }
    let mut found = Vec::new();
    for chains in chains.chunks(100) {
        found.extend(differences(DOCUMENT, chains));
    }
    println!("{} chains", chains.len());
    assert!(chains.len() >= 274);
    assert!(found.is_empty(), "{} differ:\n{}", found.len(), found.join("\n\n"));
}

#[test]
fn filters_equal_libxml2() {
    use FilterOperation::{Intersect, Subtract, Union};
    let filters: [&[(FilterOperation, &str)]; 12] = [
        &[(Intersect, "//p:b")],
        &[(Subtract, "//p:b")],
        &[(Subtract, "//c"), (Union, "//c[@n='3']")],
        &[(Intersect, "//c"), (Subtract, "//c[@n='3']"), (Union, "//f")],
        &[(Intersect, "/*/*"), (Subtract, "//text()")],
        &[(Intersect, "//e | //f | //c")],
        &[(Subtract, "//@*[not(starts-with(name(), 'xml:'))] | //comment()")],
        &[(Intersect, "//@*")],
        &[(Union, "//c"), (Subtract, "/descendant::d:d")],
        &[(Intersect, "here()/ancestor::d:root/p:b")],
        &[(Intersect, "id('r')/p:b")],
        &[(Subtract, "/*"), (Union, "//q:c[last()]")],
    ];
    let chains: Vec<_> = filters
        .iter()
        .flat_map(|filters| {
            let filters: Vec<Filter> =
                filters.iter().map(|(operation, text)| filter(*operation, text)).collect();
            ALL_CANONICALIZATIONS.map(|canonicalization| {
                let filters = Transform::XPathFilter2 { filters: filters.clone() };
                vec![Transform::Enveloped, filters, canonical(canonicalization, &[])]
            })
        })
        .collect();
    let found = differences(DOCUMENT, &chains);
    assert!(found.is_empty(), "{} differ:\n{}", found.len(), found.join("\n\n"));
}

/// Canonical octets of the nodes for which an expression is true.
fn kept(text: &str, expression: &str, method: CanonicalizationMethod) -> String {
    let tree = Document::parse(text).unwrap();
    let canonicalization = Canonicalization { method, with_comments: false };
    let chain = [xpath(expression), canonical(canonicalization, &[])];
    let (limits, budget) = (Limits::default(), Budget::default());
    let mut octets = Vec::new();
    let (present, start) = (Present::default(), Start::document(&tree));
    general(present, start, &chain, &limits, &budget, &mut octets).unwrap();
    String::from_utf8(octets).unwrap()
}

#[test]
fn what_libxml2_writes_otherwise() {
    use CanonicalizationMethod::{Exclusive, Inclusive, Inclusive11};
    // Canonical XML 2.3: only an element in the node-set gets xmlns="".
    let text = "<a xmlns='urn:a'><b xmlns='' c='1'><d/></b></a>";
    let no_b = "not(self::b)";
    assert_eq!(kept(text, no_b, Inclusive), "<a xmlns=\"urn:a\"> c=\"1\"<d xmlns=\"\"></d></a>");
    // 2.3: a line feed stands only beside instructions outside of the document element.
    assert_eq!(
        kept("<?x?><a>1<?p?>2</a><?y?>", "not(self::a)", Inclusive),
        "<?x?>\n1<?p?>2\n<?y?>"
    );
    // 2.4: what an element itself has, in the node-set or not, it does not inherit.
    let text = "<a xml:lang='de'><b><c xml:lang='fr'/></b></a>";
    let no_fr = "not(self::b) and string() != 'fr'";
    assert_eq!(kept(text, no_fr, Inclusive), "<a xml:lang=\"de\"><c></c></a>");
    // Canonical XML 1.1, 2.4: inherited from every ancestor, and nothing that is not in the node-set.
    let text = "<a xml:lang='de'><b><c/></b></a>";
    assert_eq!(kept(text, no_b, Inclusive11), "<a xml:lang=\"de\"><c xml:lang=\"de\"></c></a>");
    assert_eq!(kept(text, "string() != 'de'", Inclusive11), "<a><b><c></c></b></a>");
    // The own xml:base is joined although it is not in the node-set.
    let text = "<a xml:base='http://h/'><b xml:base='b/'><c xml:base='c'/></b></a>";
    let bases = "not(self::b) and string() != 'c'";
    assert_eq!(
        kept(text, bases, Inclusive11),
        "<a xml:base=\"http://h/\"> xml:base=\"b/\"<c xml:base=\"b/c\"></c></a>"
    );
    // Exclusive 3: an attribute of an omitted element declares nothing, and a namespace node that is
    // not in the node-set is not declared for an attribute.
    let text = "<p:a xmlns:p='urn:p'><b p:x='1'><p:c/></b></p:a>";
    let middle = "ancestor-or-self::b and not(self::b)";
    assert_eq!(kept(text, middle, Exclusive), " p:x=\"1\"<p:c xmlns:p=\"urn:p\"></p:c>");
    let no_namespaces = "self::node()[name() != 'p']";
    assert_eq!(kept(text, no_namespaces, Exclusive), "<p:a><b p:x=\"1\"><p:c></p:c></b></p:a>");
}
