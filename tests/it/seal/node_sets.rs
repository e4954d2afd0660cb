//! Arbitrary node-sets beside xmlsec1, which evaluates the same chains with libxml2: it signs a
//! document with a reference for each chain, and our digests must be the ones it wrote.

use std::fs;
use std::process::Command;

use chancery::domain::profile::{Canonicalization, CanonicalizationMethod};
use chancery::domain::transform::{Filter, FilterOperation, Transform};
use chancery::seal::xml::transforms::write_transforms;
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
        references += &format!(
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
    let signature = tree.descendants().filter(|node| node.has_tag_name((DS, "Signature"))).last();
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

#[test]
fn node_sets_equal_libxml2() {
    let mut chains = Vec::new();
    for expression in EXPRESSIONS {
        for canonicalization in ALL_CANONICALIZATIONS {
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
        &[(Subtract, "//@* | //comment()")],
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
