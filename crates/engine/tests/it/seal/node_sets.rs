//! Arbitrary node-sets beside xmlsec1, which evaluates the same chains with libxml2: it signs a
//! document with a reference for each chain, and our digests must be the ones it wrote.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use chancery_engine::domain::profile::Canonicalization;
use chancery_engine::domain::transform::{Filter, FilterOperation, Transform};
use chancery_engine::seal::xml::transforms::write_transforms;
use roxmltree::{Document, Node};

use super::departures::{DEPARTURES, EVERY};
use super::support::*;
use super::transforms::{DS, has_digest, octets_of, references};

const PREFIXES: [(&str, &str); 4] =
    [("d", "urn:d"), ("p", "urn:p"), ("q", "urn:q"), ("ds", "http://www.w3.org/2000/09/xmldsig#")];

/// Signs an empty template with one reference per chain.
/// Answers the document and the octets that were digested.
pub(super) fn signed(document: &str, chains: &[Vec<Transform>]) -> (String, Vec<String>) {
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

/// Our octets of each chain beside xmlsec1's; both where they differ.
pub(super) fn compared(document: &str, chains: &[Vec<Transform>]) -> Vec<Result<(), String>> {
    let (text, theirs) = signed(document, chains);
    let tree = Document::parse(&text).unwrap();
    let references = references(signature_of(&tree));
    assert_eq!(references.len(), chains.len());
    let compare = |(at, reference): (usize, Node<'_, '_>)| {
        let (octets, outcome) = octets_of(signature_of(&tree), reference).unwrap();
        assert!(!outcome.covers_itself);
        if has_digest(reference, &octets) {
            return Ok(());
        }
        let theirs = theirs.get(at).map_or("", |it| it);
        Err(format!("{}\n{theirs}", String::from_utf8_lossy(&octets)))
    };
    references.into_iter().enumerate().map(compare).collect()
}

pub(super) fn signature_of<'a, 'i>(tree: &'a Document<'i>) -> Node<'a, 'i> {
    tree.descendants().rfind(|node| node.has_tag_name((DS, "Signature"))).unwrap()
}

/// Chains whose digests differ from xmlsec1's, with our octets.
fn differences(document: &str, chains: &[Vec<Transform>]) -> Vec<String> {
    let compared = compared(document, chains);
    let differs = |(chain, it): (&Vec<Transform>, Result<(), String>)| {
        it.err().map(|difference| format!("{chain:?}\n{difference}"))
    };
    chains.iter().zip(compared).filter_map(differs).collect()
}

pub(super) fn xpath(text: &str) -> Transform {
    let namespaces = PREFIXES.map(|(prefix, name)| (prefix.to_owned(), name.to_owned()));
    Transform::XPath { xpath: text.to_owned(), namespaces: namespaces.into() }
}

fn filter(operation: FilterOperation, text: &str) -> Filter {
    let namespaces = PREFIXES.map(|(prefix, name)| (prefix.to_owned(), name.to_owned()));
    Filter { operation, xpath: text.to_owned(), namespaces: namespaces.into() }
}

pub(super) fn canonical(canonicalization: Canonicalization, prefixes: &[&str]) -> Transform {
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

/// A departure that is listed and does not show any more fails like one that is not listed.
#[test]
fn node_sets_equal_libxml2() {
    let (mut chains, mut expected) = (Vec::new(), Vec::new());
    for expression in EXPRESSIONS {
        for form in EVERY {
            let departs = DEPARTURES.iter().find(|departure| {
                let mut shows = departure.shows.iter();
                shows.any(|(shown, forms)| *shown == expression && forms.contains(form))
            });
            for with_comments in [false, true] {
                let chain =
                    [Transform::Enveloped, xpath(expression), form.transform(with_comments)];
                chains.push(chain.to_vec());
                expected.push(departs.map(|departure| departure.clause));
            }
        }
    }
    let known: Vec<_> = DEPARTURES.iter().flat_map(|departure| departure.shows).collect();
    assert!(known.iter().all(|(expression, _)| EXPRESSIONS.contains(expression)));
    let departing = known.iter().map(|(_, forms)| 2 * forms.len()).sum::<usize>();
    assert_eq!(departing, expected.iter().flatten().count(), "something is listed twice");

    let mut wrong = Vec::new();
    for (chains, expected) in chains.chunks(100).zip(expected.chunks(100)) {
        let compared = compared(DOCUMENT, chains);
        for ((compared, chain), clause) in compared.iter().zip(chains).zip(expected) {
            match (compared, clause) {
                (Ok(()), Some(clause)) => {
                    wrong.push(format!("{chain:?}\nagrees now, take it off the list ({clause})"));
                }
                (Err(difference), None) => wrong.push(format!("{chain:?}\n{difference}")),
                _ => {}
            }
        }
    }
    println!("{} chains, {departing} departures", chains.len());
    assert_eq!(chains.len(), 460);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n\n"));
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
