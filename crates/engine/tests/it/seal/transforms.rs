//! Transform chains: signatures that others made, and the two ways to run a chain beside each other.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery_engine::domain::profile::{Canonicalization, CanonicalizationMethod};
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::domain::transform::{Filter, FilterOperation, Transform};
use chancery_engine::seal::Limits;
use chancery_engine::seal::xml::transforms::{
    Present, Selection, SignatureParent, TransformOutcome, dereference, general, native, octets,
    read_transforms, write_transforms,
};
use chancery_engine::seal::xml::xpath::Budget;
use proptest::prelude::*;
use roxmltree::{Document, Node};

use super::support::*;

pub(super) const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const SIG: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2";

/// The text of a document in any single-byte encoding that only matters for the few letters above
/// ASCII, with line ends as parsers see them.
fn read(file: &Path) -> String {
    let bytes = fs::read(file).unwrap();
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => error.into_bytes().iter().map(|byte| char::from(*byte)).collect(),
    };
    text.trim_start_matches('\u{FEFF}').replace("\r\n", "\n").replace('\r', "\n")
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.has_tag_name((DS, name)))
}

pub(super) fn references<'a, 'i>(signature: Node<'a, 'i>) -> Vec<Node<'a, 'i>> {
    let info = child(signature, "SignedInfo");
    info.iter()
        .flat_map(Node::children)
        .filter(|child| child.has_tag_name((DS, "Reference")))
        .collect()
}

/// The octets that a reference of a signature in its document digests.
pub(super) fn octets_of(
    signature: Node<'_, '_>,
    reference: Node<'_, '_>,
) -> Result<(Vec<u8>, TransformOutcome), Refusal> {
    let transforms = child(reference, "Transforms");
    let chain = transforms.map(read_transforms).transpose()?.unwrap_or_default();
    let uri = reference.attribute("URI").unwrap_or_default();
    let start = dereference(signature.document(), uri)?;
    let present = Present { signature: Some(signature), transforms };
    let mut octets = Vec::new();
    let (limits, budget) = (Limits::default(), Budget::default());
    let outcome = general(present, start, &chain, &limits, &budget, &mut octets)?;
    Ok((octets, outcome))
}

/// Whether octets have the digest that a reference gives; no for a digest that is not known.
pub(super) fn has_digest(reference: Node<'_, '_>, octets: &[u8]) -> bool {
    let method = child(reference, "DigestMethod").unwrap().attribute("Algorithm").unwrap();
    let algorithm = match method.rsplit(['#', '/']).next().unwrap() {
        "sha1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        "sha256" => &digest::SHA256,
        "sha384" => &digest::SHA384,
        "sha512" => &digest::SHA512,
        _ => return false,
    };
    let value: String = child(reference, "DigestValue")
        .and_then(|value| value.text())
        .unwrap_or_default()
        .split_ascii_whitespace()
        .collect();
    STANDARD.encode(digest::digest(algorithm, octets)) == value
}

/// One sign for each reference of each signature: does the digest match?
fn judge(text: &str) -> String {
    let tree = Document::parse(text).unwrap();
    let mut judged = String::new();
    for signature in tree.descendants().filter(|node| node.has_tag_name((DS, "Signature"))) {
        for reference in references(signature) {
            let matches = match octets_of(signature, reference) {
                Ok((octets, _)) => has_digest(reference, &octets),
                Err(refusal) => {
                    println!("    {refusal}");
                    false
                }
            };
            judged.push(if matches { '+' } else { '-' });
        }
    }
    judged
}

/// What others say about the references of a signed sample, `None` when they do not say.
fn expected(verdict: &str, references: usize) -> Option<String> {
    if verdict.contains("xmlsec1 OK") || verdict.contains("JDK17 ok") {
        return Some("+".repeat(references));
    }
    verdict.split("refs ").nth(2).map(|signs| signs.trim().to_owned())
}

#[test]
fn references_of_signed_samples_match_as_others_say() {
    let Some(shared) = shared() else { return };
    let samples = shared.join("samples");
    let manifest = fs::read_to_string(samples.join("MANIFEST.tsv")).unwrap();
    let (mut judged, mut matched) = (0, 0);
    for row in manifest.lines() {
        let columns: Vec<_> = row.split('\t').collect();
        let ["signed-xml", name, .., verdict] = columns.as_slice() else { continue };
        let is_xml = Path::new(name).extension().is_some_and(|extension| extension == "xml");
        if !is_xml || name.starts_with("xmldsig2ed-tests/") {
            continue;
        }
        let ours = judge(&read(&samples.join("signed-xml").join(name)));
        println!("{ours:30} {name}: {verdict}");
        if let Some(expected) = expected(verdict, ours.len()) {
            assert_eq!(ours, expected, "{name}: {verdict}");
            judged += 1;
        }
        matched += ours.matches('+').count();
    }
    println!("{judged} files judged, {matched} references match");
    assert!(judged >= 24 && matched >= 60);
}

#[test]
fn merlins_octets_are_ours() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("samples/signed-xml/merlin-c14n-three");
    let text = read(&folder.join("signature.xml"));
    let tree = Document::parse(&text).unwrap();
    let signature = tree.descendants().find(|node| node.has_tag_name((DS, "Signature"))).unwrap();
    let references = references(signature);
    assert_eq!(references.len(), 27);
    for (number, reference) in references.into_iter().enumerate() {
        let (ours, outcome) = octets_of(signature, reference).unwrap();
        let theirs = fs::read(folder.join(format!("c14n-{number}.txt"))).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&ours),
            String::from_utf8_lossy(&theirs),
            "reference {number}"
        );
        assert!(!outcome.covers_itself);
    }
}

/// Reference URI `c14n11/xml-base-input.xml`; the third is XSLT, which is refused.
#[test]
fn second_edition_vectors_match() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("samples/signed-xml/xmldsig2ed-tests");
    for (name, executable) in
        [("defCan-1.xml", true), ("defCan-2.xml", false), ("defCan-3.xml", false)]
    {
        let text = read(&folder.join(name));
        let tree = Document::parse(&text).unwrap();
        let reference =
            tree.descendants().find(|node| node.has_tag_name((DS, "Reference"))).unwrap();
        let chain = read_transforms(child(reference, "Transforms").unwrap());
        if !executable {
            assert!(matches!(chain, Err(Refusal::TransformImpossible { .. })), "{name}");
            continue;
        }
        let input = fs::read(folder.join(reference.attribute("URI").unwrap())).unwrap();
        let mut out = Vec::new();
        octets(&input, &chain.unwrap(), &Limits::default(), &Budget::default(), &mut out).unwrap();
        assert!(has_digest(reference, &out), "{name}: {}", String::from_utf8_lossy(&out));
    }
}

fn xpath(text: &str, namespaces: &[(&str, &str)]) -> Transform {
    Transform::XPath { xpath: text.to_owned(), namespaces: map(namespaces) }
}

fn map(namespaces: &[(&str, &str)]) -> BTreeMap<String, String> {
    namespaces.iter().map(|(prefix, name)| ((*prefix).to_owned(), (*name).to_owned())).collect()
}

fn subtract(text: &str) -> Transform {
    Transform::XPathFilter2 {
        filters: vec![Filter {
            operation: FilterOperation::Subtract,
            xpath: text.to_owned(),
            namespaces: map(&[("dsig", DS)]),
        }],
    }
}

fn canonical(method: CanonicalizationMethod, with_comments: bool) -> Transform {
    Transform::Canonical {
        canonicalization: Canonicalization { method, with_comments },
        inclusive_prefixes: Vec::new(),
    }
}

const UBL: &str = "count(ancestor-or-self::s:UBLDocumentSignatures | \
    here()/ancestor::s:UBLDocumentSignatures[1]) > count(ancestor-or-self::s:UBLDocumentSignatures)";

/// Chains that can be decided without the signature, each with one that says the same in a form that
/// is not recognised.
fn recognised() -> Vec<(Vec<Transform>, Vec<Transform>)> {
    let ubl = &[("s", SIG)];
    let ds = &[("x", DS)];
    let slow = |text: &str, namespaces: &[(&str, &str)]| {
        vec![xpath(&format!("({text}) and true()"), namespaces)]
    };
    let final_ubl = "count( ancestor-or-self::x:Signature|here()/ancestor::x:Signature[1] )\n\
                     >count( ancestor-or-self::x:Signature )";
    let mut pairs = vec![
        (vec![Transform::Enveloped], slow(final_ubl, ds)),
        (vec![xpath(final_ubl, ds)], vec![Transform::Enveloped]),
        (
            vec![subtract("/descendant::dsig:Signature")],
            slow("not(ancestor-or-self::x:Signature)", ds),
        ),
        (vec![subtract(" //dsig:Signature ")], slow("not(ancestor-or-self::x:Signature)", ds)),
    ];
    for (text, namespaces) in [
        ("not(ancestor-or-self::x:Signature)", ds),
        (UBL, ubl),
        ("count(ancestor-or-self::s:UBLDocumentSignatures)=0", ubl),
        ("not( ancestor-or-self :: s:UBLDocumentSignatures )", ubl),
    ] {
        pairs.push((vec![xpath(text, namespaces)], slow(text, namespaces)));
    }
    pairs
}

/// Puts a signature with these transforms as last child into an element.
fn with_signature(text: &str, parent: Node<'_, '_>, transforms: &[Transform]) -> String {
    let transforms = write_transforms(transforms, "ds");
    let signature = format!(
        "<ds:Signature xmlns:ds=\"{DS}\" Id=\"own\"><ds:SignedInfo><ds:Reference URI=\"\">{transforms}\
         </ds:Reference></ds:SignedInfo><ds:SignatureValue/></ds:Signature>"
    );
    let range = parent.range();
    let element = &text[range.clone()];
    let inserted = if let Some(opened) = element.strip_suffix("/>") {
        let name = opened[1..].split_ascii_whitespace().next().unwrap();
        format!("{opened}>{signature}</{name}>")
    } else {
        let end = element.rfind("</").unwrap();
        format!("{}{signature}{}", &element[..end], &element[end..])
    };
    format!("{}{inserted}{}", &text[..range.start], &text[range.end..])
}

/// Runs a chain natively, and generally with a signature inserted, and compares.
fn agree(text: &str, chain: &[Transform], written: &[Transform]) -> Result<usize, Refusal> {
    let tree = Document::parse(text).unwrap();
    let parent = tree
        .descendants()
        .find(|node| node.has_tag_name((SIG, "UBLDocumentSignatures")))
        .map_or(tree.root_element(), |found| found.first_element_child().unwrap_or(found));
    let mut ours = Vec::new();
    let limits = Limits::default();
    let within = (&limits, &Budget::default());
    native(&tree, Selection::document(&tree), chain, SignatureParent { parent }, within, &mut ours)
        .expect("the chain is recognised")?;
    let signed = with_signature(text, parent, written);
    let tree = Document::parse(&signed).unwrap();
    let signature = tree.descendants().find(|node| node.attribute("Id") == Some("own")).unwrap();
    let (theirs, outcome) = octets_of(signature, references(signature)[0])?;
    assert!(!outcome.covers_itself, "{chain:?}");
    assert_eq!(String::from_utf8_lossy(&ours), String::from_utf8_lossy(&theirs), "{chain:?}");
    Ok(ours.len())
}

#[test]
fn native_and_general_agree() {
    use CanonicalizationMethod::{Exclusive, Inclusive, Inclusive11};
    let signed_before = INVOICE.replace(
        "</Invoice>",
        "<!--c--><ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'><ds:Object>x</ds:Object></ds:Signature>\n</Invoice><?p q?>",
    );
    let mut texts =
        vec![INVOICE.to_owned(), signed_before, "<r xmlns:s='urn:s'><a b='1'/>t</r>".to_owned()];
    let files = shared_xml(&["ubl", "other-xml"]);
    texts.extend(files.iter().map(|file| read(file)).filter(|text| text.len() < 40_000).take(12));
    let (mut compared, mut refused) = (0, 0);
    for text in &texts {
        if Document::parse(text).is_err() {
            continue;
        }
        for (number, (fast, slow)) in recognised().into_iter().enumerate() {
            let method = [Exclusive, Inclusive, Inclusive11][number % 3];
            let last = [vec![], vec![canonical(method, number % 2 == 0)]];
            for last in last {
                let chain = [&*fast, &*last].concat();
                for written in [&fast, &slow] {
                    match agree(text, &chain, &[&**written, &*last].concat()) {
                        Ok(_) => compared += 1,
                        // Without sig:UBLDocumentSignatures around the place.
                        Err(
                            Refusal::TransformImpossible { .. } | Refusal::ReferenceCoversItself,
                        ) => {
                            refused += 1;
                        }
                        Err(other) => panic!("{other}"),
                    }
                }
            }
        }
    }
    println!("{compared} compared, {refused} refused");
    assert!(compared >= 80, "only {compared}");
}

fn run_native(text: &str, start: &str, chain: &[Transform]) -> Option<Result<String, Refusal>> {
    let tree = Document::parse(text).unwrap();
    let parent = tree.descendants().find(|node| node.has_tag_name("place")).unwrap();
    let start = dereference(&tree, start).unwrap();
    let mut out = Vec::new();
    let limits = Limits::default();
    let within = (&limits, &Budget::default());
    let result = native(&tree, start, chain, SignatureParent { parent }, within, &mut out)?;
    Some(result.map(|()| String::from_utf8(out).unwrap()))
}

#[test]
fn a_reference_that_would_cover_itself_is_refused() {
    let text = "<r><a Id='a'>1</a><b Id='b'><place/></b></r>";
    let outside = |name: &str| xpath(&format!("not(ancestor-or-self::{name})"), &[]);
    let covers = Some(Err(Refusal::ReferenceCoversItself));
    assert_eq!(run_native(text, "", &[]), covers);
    assert_eq!(run_native(text, "#b", &[]), covers);
    assert_eq!(run_native(text, "", &[outside("a")]), covers);
    let inside = xpath("not(ancestor-or-self::ds:SignedInfo)", &[("ds", DS)]);
    assert_eq!(run_native(text, "", &[inside]), covers);
    assert_eq!(run_native(text, "#a", &[]), Some(Ok("<a Id=\"a\">1</a>".to_owned())));
    assert_eq!(
        run_native(text, "", &[outside("b")]),
        Some(Ok("<r><a Id=\"a\">1</a></r>".to_owned()))
    );
    assert_eq!(
        run_native(text, "", &[outside("place"), outside("a")]),
        Some(Ok("<r><b Id=\"b\"></b></r>".to_owned()))
    );
    for nothing in [&[outside("r")] as &[Transform], &[outside("b"), xpath(UBL, &[("s", SIG)])]] {
        let result = run_native(text, "", nothing);
        assert!(matches!(result, Some(Err(Refusal::TransformImpossible { .. }))), "{result:?}");
    }
    assert_eq!(run_native(text, "", &[xpath("not(self::b)", &[])]), None);
    let inside = xpath(&UBL.replace("UBLDocumentSignatures", "Reference"), &[("s", DS)]);
    assert_eq!(run_native(text, "", &[inside]), None);
}

#[test]
fn a_made_reference_that_covers_itself_is_told() {
    let tree = Document::parse(INVOICE).unwrap();
    let ds = &[("ds", DS)];
    for (chain, covers) in [
        (vec![], true),
        (vec![Transform::Enveloped], false),
        (vec![xpath("not(self::ds:Signature)", ds)], true),
        (vec![xpath("not(ancestor-or-self::ds:Signature) and 1", ds)], false),
        (vec![xpath("ancestor-or-self::ds:SignatureValue", ds)], true),
        (vec![xpath("ancestor-or-self::ds:Object", ds)], false),
        (vec![canonical(CanonicalizationMethod::Inclusive, false), Transform::Enveloped], true),
    ] {
        let text = with_signature(INVOICE, tree.root_element(), &chain);
        let tree = Document::parse(&text).unwrap();
        let signature = tree.descendants().find(|node| node.attribute("Id") == Some("own"));
        let reference = references(signature.unwrap())[0];
        let (_, outcome) = octets_of(signature.unwrap(), reference).unwrap();
        assert_eq!(outcome.covers_itself, covers, "{chain:?}");
    }
}

#[test]
fn a_filter_that_costs_too_much_is_refused() {
    let text = |namespaces: u32| {
        let prefixes: String = (0..namespaces).fold(String::new(), |mut text, number| {
            let _ = write!(text, " xmlns:p{number}='urn:{number}'");
            text
        });
        format!("<a{prefixes}>{}</a>", "<b c='d'/>".repeat(30_000))
    };
    let limits = Limits::default();
    let intersect = Transform::XPathFilter2 {
        filters: vec![Filter {
            operation: FilterOperation::Intersect,
            xpath: "//b".to_owned(),
            namespaces: BTreeMap::new(),
        }],
    };
    // Each element that stands alone is written with all namespaces, which are paid for by their length.
    for (namespaces, chain) in [(40, [xpath("self::*", &[])]), (10, [intersect])] {
        let text = text(namespaces);
        let tree = Document::parse(&text).unwrap();
        let start = Selection::document(&tree);
        let (mut out, budget) = (Vec::new(), Budget::new(500_000));
        let result = general(Present::default(), start, &chain, &limits, &budget, &mut out);
        assert!(matches!(result, Err(Refusal::XPathTooExpensive { .. })), "{chain:?}");
        let budget = Budget::of_document(text.len());
        let result = general(Present::default(), start, &chain, &limits, &budget, &mut out);
        assert!(result.is_ok(), "{chain:?}: {result:?}");
        println!("{} steps for {chain:?}", budget.used());
    }
}

#[test]
fn octets_go_on_through_the_chain() {
    let outside = xpath("not(ancestor-or-self::place)", &[]);
    let base64 = [outside.clone(), Transform::Base64];
    let text = "<r><a>PGI+JiN4MjA7PGMvPjwvYj4=</a><!--x--><place/></r>";
    assert_eq!(run_native(text, "", &base64), Some(Ok("<b>&#x20;<c/></b>".to_owned())));
    let chain = [base64.as_slice(), &[xpath("not(self::c)", &[])]].concat();
    assert_eq!(run_native(text, "", &chain), Some(Ok("<b> </b>".to_owned())));
    let comments = [outside, canonical(CanonicalizationMethod::Inclusive, true)];
    let kept = "<r><a>PGI+JiN4MjA7PGMvPjwvYj4=</a><!--x--></r>";
    assert_eq!(run_native(text, "#xpointer(/)", &comments), Some(Ok(kept.to_owned())));
    assert_eq!(run_native(text, "", &comments), Some(Ok(kept.replace("<!--x-->", ""))));
    // What AFIRMA writes: the signature is left out after a canonicalization that has it.
    let canonical = canonical(CanonicalizationMethod::Inclusive, false);
    let all = [canonical.clone(), Transform::Enveloped];
    assert_eq!(run_native(text, "", &all), Some(Err(Refusal::ReferenceCoversItself)));
    let afirma = [
        canonical,
        Transform::Enveloped,
        xpath("not(ancestor-or-self::x:Signature)", &[("x", DS)]),
    ];
    let kept = "<r><a>PGI+JiN4MjA7PGMvPjwvYj4=</a><place></place></r>";
    assert_eq!(run_native(text, "", &afirma), Some(Ok(kept.to_owned())));
}

#[test]
fn transforms_are_written_and_read() {
    let chain = vec![
        Transform::Enveloped,
        xpath("a < 'b&\"' and x:c and ds:d", &[("x", "urn:x?a&\"<"), ("ds", "urn:other")]),
        subtract("//dsig:Signature"),
        Transform::Base64,
        Transform::Canonical {
            canonicalization: Canonicalization::EXCLUSIVE,
            inclusive_prefixes: vec!["#default".to_owned(), "a".to_owned()],
        },
        canonical(CanonicalizationMethod::Inclusive11, true),
    ];
    for prefix in ["ds", "", "q"] {
        let mut text = write_transforms(&chain, prefix);
        let declaration =
            if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        let end = text.find("Transforms").unwrap() + "Transforms".len();
        let mut scope = String::new();
        let _ = write!(scope, " {declaration}=\"{DS}\"");
        text.insert_str(end, &scope);
        let tree = Document::parse(&text).unwrap();
        let mut again = read_transforms(tree.root_element()).unwrap();
        // What is in scope besides comes along.
        for transform in &mut again {
            let strange = |name: &String| matches!(&**name, "ds" | "ds_" | "q" | "dsig-xpath");
            match transform {
                Transform::XPath { namespaces, .. } => {
                    namespaces.retain(|name, uri| !strange(name) || uri == "urn:other");
                }
                Transform::XPathFilter2 { filters } => {
                    filters[0].namespaces.retain(|name, _| !strange(name));
                }
                _ => {}
            }
        }
        assert_eq!(again, chain, "{text}");
    }
}

#[test]
fn transforms_have_a_json_form() {
    let json = r#"[{"algorithm":"ENVELOPED"},
        {"algorithm":"CANONICAL","canonicalization":"INCLUSIVE_11","inclusivePrefixes":["a"]},
        {"algorithm":"BASE64"},
        {"algorithm":"XPATH","xpath":"not(a)","namespaces":{"ds":"urn:d"}},
        {"algorithm":"XPATH_FILTER2","filters":[{"operation":"SUBTRACT","xpath":"//a"}]}]"#;
    let chain: Vec<Transform> = serde_json::from_str(json).unwrap();
    let again = serde_json::to_string(&chain).unwrap();
    assert_eq!(again, json.split_ascii_whitespace().collect::<String>());
    for wrong in [
        r#"{"algorithm":"XSLT"}"#,
        r#"{"algorithm":"XPATH","xpath":"a","extra":1}"#,
        r#"{"algorithm":"CANONICAL","canonicalization":"C14N"}"#,
        r#"{"algorithm":"XPATH_FILTER2","filters":[{"operation":"MINUS","xpath":"//a"}]}"#,
    ] {
        assert!(serde_json::from_str::<Transform>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn references_select_as_their_uri_says() {
    let tree = Document::parse(
        "<r Id='x' id='x'><a xml:id='y'/><b Id='v'/><c id='z'/><d ID='y'/><e id='v'/></r>",
    )
    .unwrap();
    for (uri, found) in [
        ("", true),
        ("#x", true),
        ("#z", true),
        ("#xpointer(/)", true),
        ("#xpointer(id('x'))", true),
        ("#xpointer(id(\"z\"))", true),
        ("#y", false),
        ("#v", false),
        ("#w", false),
        ("other.xml", false),
        ("#xpointer(id('x)", false),
        ("#xpointer(//a)", false),
        ("#", false),
        ("#xpointer(id())", false),
    ] {
        assert_eq!(dereference(&tree, uri).is_ok(), found, "{uri}");
    }
}

/// The body of a fuzz target: any text as an expression in a chain, and as what `ds:Transforms` holds.
fn fuzz_transforms(text: &str) {
    let tree = Document::parse(INVOICE).unwrap();
    let (limits, budget) = (Limits::default(), Budget::new(100_000));
    let place = SignatureParent { parent: tree.root_element() };
    let chains = [
        vec![xpath(text, &[("ds", DS), ("s", SIG)])],
        vec![subtract(text), canonical(CanonicalizationMethod::Exclusive, true)],
        vec![canonical(CanonicalizationMethod::Inclusive11, false), xpath(text, &[])],
        vec![Transform::Base64, xpath(text, &[])],
    ];
    for chain in chains {
        let mut out = Vec::new();
        let start = Selection::document(&tree).with_comments();
        let _ = native(&tree, start, &chain, place, (&limits, &budget), &mut out);
        let _ = general(Present::default(), start, &chain, &limits, &budget, &mut out);
        let written = write_transforms(&chain, "ds");
        let in_scope = written.replacen('>', &format!(" xmlns:ds=\"{DS}\">"), 1);
        let well_formed = Document::parse(&in_scope);
        if let Ok(tree) = well_formed {
            let _ = read_transforms(tree.root_element());
        }
    }
    let held = format!("<Transforms xmlns=\"{DS}\"><Transform {text}</Transforms>");
    if let Ok(tree) = Document::parse(&held) {
        let _ = read_transforms(tree.root_element());
    }
    let mut out = Vec::new();
    let _ = octets(text.as_bytes(), &[Transform::Base64], &limits, &budget, &mut out);
    let _ = dereference(&tree, text);
    let _ = dereference(&tree, &format!("#xpointer({text}"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn no_transform_panics(text in "[ -~\u{e9}]{0,40}", name in "[a-z:*@/]{1,12}") {
        fuzz_transforms(&text);
        fuzz_transforms(&format!("not(ancestor-or-self::{name})"));
        fuzz_transforms(&format!("//{name} | {text}"));
        fuzz_transforms(&format!("Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><XPath>{name}</XPath></Transform>"));
    }
}
