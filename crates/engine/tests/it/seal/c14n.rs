//! Our canonicaliser beside libxml2's, byte for byte.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery_engine::domain::profile::{Canonicalization, CanonicalizationMethod};
use chancery_engine::seal::Limits;
use chancery_engine::seal::xml::c14n::{Subset, canonicalize, canonicalize_nodes};
use chancery_engine::seal::xml::guard;
use chancery_engine::seal::xml::nodes::NodeSet;
use chancery_engine::seal::xml::source::Source;

use super::support::*;
use chancery_testing::judges::{at_least, repository};

fn canonical(bytes: &[u8], canonicalization: Canonicalization) -> Vec<u8> {
    let source = Source::read(bytes).unwrap();
    guard::check(&source, &Limits::default()).unwrap();
    let document = guard::parse(&source, &Limits::default()).unwrap();
    let mut octets = Vec::new();
    canonicalize(Subset::document(&document), canonicalization, &[], &mut octets);
    octets
}

/// Compares all methods with xmllint, which prints comments. Answers whether the file was usable.
fn compare(file: &Path) -> bool {
    let bytes = fs::read(file).unwrap();
    let usable = Source::read(&bytes).is_ok_and(|source| {
        guard::check(&source, &Limits::default()).is_ok()
            && guard::parse(&source, &Limits::default()).is_ok()
    });
    if !usable {
        return false;
    }
    for (flag, method) in [
        ("--c14n", CanonicalizationMethod::Inclusive),
        ("--c14n11", CanonicalizationMethod::Inclusive11),
        ("--exc-c14n", CanonicalizationMethod::Exclusive),
    ] {
        let theirs =
            xmllint(&[flag], file).unwrap_or_else(|| panic!("xmllint refuses {}", file.display()));
        let ours = canonical(&bytes, Canonicalization { method, with_comments: true });
        assert!(ours == theirs, "{flag} of {} differs", file.display());
    }
    true
}

#[test]
fn whole_documents_equal_libxml2() {
    let mut files = shared_xml(&["ubl", "cii", "other-xml", "signed-xml"]);
    files.extend(installed_xml());
    let used = files.iter().filter(|file| compare(file)).count();
    at_least(200, used, "files compared");
}

/// Prints the digest of the canonical form without comments, inclusive and exclusive.
const WITHOUT_COMMENTS: &str = "
import base64, hashlib, sys
from lxml import etree
for file in sys.stdin.read().splitlines():
    tree = etree.parse(file, etree.XMLParser(resolve_entities=False, huge_tree=True, no_network=True))
    for exclusive in False, True:
        form = etree.tostring(tree, method='c14n', exclusive=exclusive, with_comments=False)
        print(base64.b64encode(hashlib.sha256(form).digest()).decode())
";

#[test]
fn whole_documents_without_comments_equal_lxml() {
    let mut files = shared_xml(&["ubl", "cii", "other-xml", "signed-xml"]);
    files.extend(installed_xml());
    let readable = |file: &PathBuf| {
        Source::read(&fs::read(file).unwrap()).is_ok_and(|source| {
            guard::check(&source, &Limits::default()).is_ok()
                && guard::parse(&source, &Limits::default()).is_ok()
        })
    };
    files.retain(readable);
    at_least(80, files.len(), "files digested");
    files.push(write(b"<!--1--><?p?><a><!--2--><b xmlns='urn:b'/><?q?></a><!--3--><?r?>"));
    let mut python = Command::new(repository().join(".venv/bin/python"))
        .args(["-c", WITHOUT_COMMENTS])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the Python judges are missing: scripts/setup.sh test (make test does it)");
    let list: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    python.stdin.take().unwrap().write_all(list.join("\n").as_bytes()).unwrap();
    let said = String::from_utf8(python.wait_with_output().unwrap().stdout).unwrap();
    let theirs: Vec<&str> = said.lines().collect();
    assert_eq!(theirs.len(), 2 * files.len());
    for (file, theirs) in files.iter().zip(theirs.chunks(2)) {
        let bytes = fs::read(file).unwrap();
        // Without ancestors outside of it, 1.1 is no different from 1.0.
        for (theirs, method) in [
            (theirs[0], CanonicalizationMethod::Inclusive),
            (theirs[0], CanonicalizationMethod::Inclusive11),
            (theirs[1], CanonicalizationMethod::Exclusive),
        ] {
            let ours = canonical(&bytes, Canonicalization { method, with_comments: false });
            let ours = digest::digest(&digest::SHA256, &ours);
            assert_eq!(STANDARD.encode(ours), theirs, "{method:?} of {}", file.display());
        }
    }
    println!("{} files compared", files.len());
}

/// XML that Debian packages install; some machines have none.
fn installed_xml() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from("/usr/share/xml"), PathBuf::from("/usr/share/mime")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "xml" || e == "xsd" || e == "xsl") {
                files.push(path);
            }
        }
    }
    files.sort();
    files.truncate(150);
    files
}

#[test]
fn hand_written_documents_equal_libxml2() {
    for document in [
        "<a b='1\r\n2\t3'  >\r\n<![CDATA[\r\n<&>]]>&#13;<b/></a >\r\n<!-- x\r\ny --><?p q\r\n?>",
        "<!--1--><?p 3  ?>\n<a/>\n\n<!--4--><?q?>",
        "<a xmlns='urn:a' xmlns:b='urn:b'><b:c xmlns='' xmlns:b='urn:b'><d/></b:c><e xmlns='urn:a'/></a>",
        "<a xmlns:z='urn:1' xmlns:y='urn:2' z:a='' y:a='' a='' b='' xml:lang='x'/>",
        "<z:a xmlns:z='urn:1'><z:a xmlns:z='urn:2'><z:a xmlns:z='urn:1'/></z:a></z:a>",
        "<a>&lt;&gt;&amp;&quot;&apos;&#x9;&#xA;&#x1F600;</a>",
        "<a b='&lt;&gt;&amp;&quot;&apos;&#x9;&#xA;&#xD;'/>",
        "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\" standalone='yes' ?><a/>",
        "<\u{e9} \u{10400}='\u{fffd}'/>",
        // Start tags that are canonical as they stand, and neighbours of them that are not.
        "<a><b c=\"1\">x</b><b  c=\"1\">x</b><b c=\"1\" >x</b><b c =\"1\">x</b><b c= \"1\">x</b></a>",
        "<a><b c='1'>x</b><b\tc=\"1\">x</b><b\nc=\"1\">x</b><b c=\"1\"/><b c=\"1\" /><b /><b ></b></a>",
        "<a><b c=\">\">x</b><b c=\"&gt;\">x</b><b c=\"1&#x9;2\">x</b><b c=\"'\">x</b><b c=\"\n\">x</b></a>",
        "<a><b d=\"1\" c=\"2\">x</b><b c=\"1\" d=\"2\">x</b><b></b><b></b ><b></b\n></a>",
        "<a xmlns:p=\"urn:p\"><p:b xmlns:p=\"urn:p\">x</p:b><p:b c=\"1\" xmlns:p=\"urn:p\">x</p:b></a>",
        "<a xmlns:p=\"urn:p\"><p:b p:c=\"1\">x</p:b><b xml:lang=\"x\">]] ></b><b>&#62;></b></a>",
        "<a>1<![CDATA[2]]>3<![CDATA[]]><b>4</b>&amp;<b>5</b>\u{e9}<b>6</b><?p?>7<!--8-->9</a>",
    ] {
        assert!(compare(&write(document.as_bytes())), "{document} is refused");
    }
}

fn subtree(text: &str, name: &str, method: CanonicalizationMethod, prefixes: &[&str]) -> String {
    let document = roxmltree::Document::parse(text).unwrap();
    let apex = document.descendants().find(|node| node.has_tag_name(name)).unwrap();
    let mut octets = Vec::new();
    let canonicalization = Canonicalization { method, with_comments: false };
    canonicalize(Subset::subtree(apex), canonicalization, prefixes, &mut octets);
    String::from_utf8(octets).unwrap()
}

#[test]
fn subtrees_inherit_as_each_method_says() {
    use CanonicalizationMethod::{Exclusive, Inclusive, Inclusive11};
    let text = "<r xmlns:p='urn:p' xmlns:q='urn:q' xml:lang='de' xml:id='i' xml:base='http://h/a/b'>\
                <m xml:lang='fr' xml:base='c/'><x q:a='1' xml:base='d'><!--c--><y/></x></m></r>";
    assert_eq!(
        subtree(text, "x", Inclusive, &[]),
        "<x xmlns:p=\"urn:p\" xmlns:q=\"urn:q\" xml:base=\"d\" xml:id=\"i\" xml:lang=\"fr\" q:a=\"1\"><y></y></x>"
    );
    assert_eq!(
        subtree(text, "x", Inclusive11, &[]),
        "<x xmlns:p=\"urn:p\" xmlns:q=\"urn:q\" xml:base=\"http://h/a/c/d\" xml:lang=\"fr\" q:a=\"1\"><y></y></x>"
    );
    assert_eq!(
        subtree(text, "x", Exclusive, &[]),
        "<x xmlns:q=\"urn:q\" xml:base=\"d\" q:a=\"1\"><y></y></x>"
    );
    assert_eq!(
        subtree(text, "y", Exclusive, &["p", "#default", "unbound"]),
        "<y xmlns:p=\"urn:p\"></y>"
    );
}

#[test]
fn a_subtree_can_be_left_out() {
    let text = "<a xmlns:p='urn:p'>1<b><p:s>x</p:s>2</b><!--c-->3</a>";
    let document = roxmltree::Document::parse(text).unwrap();
    let signature = document.descendants().find(|node| node.has_tag_name(("urn:p", "s"))).unwrap();
    let mut octets = Vec::new();
    let subset = Subset::document(&document).without(signature).without_comments();
    let canonicalization =
        Canonicalization { method: CanonicalizationMethod::Exclusive, with_comments: true };
    canonicalize(subset, canonicalization, &[], &mut octets);
    assert_eq!(octets, b"<a>1<b>2</b>3</a>");
}

#[test]
fn subtrees_can_be_left_out_in_any_order_and_inside_each_other() {
    let text = "<a><b>1<c/></b>2<b/><d>3<b>4</b></d><!--x--></a>";
    let document = roxmltree::Document::parse(text).unwrap();
    let mut named: Vec<_> =
        document.descendants().filter(|node| matches!(node.tag_name().name(), "b" | "c")).collect();
    named.reverse();
    let mut octets = Vec::new();
    let subset = Subset::document(&document).without_all(named);
    canonicalize(subset, Canonicalization::EXCLUSIVE, &[], &mut octets);
    assert_eq!(octets, b"<a>2<d>3</d></a>");
}

/// Compares the two writers on one document: the whole, some subtrees, some subtrees left out.
fn compare_writers(text: &str) {
    let document = roxmltree::Document::parse(text).unwrap();
    let elements: Vec<_> = document.descendants().filter(roxmltree::Node::is_element).collect();
    let step = elements.len() / 5 + 1;
    let some: Vec<_> = elements.iter().skip(1).step_by(step).copied().collect();
    let mut cases = vec![(Subset::document(&document), NodeSet::all(&document))];
    for apex in &some {
        cases.push((Subset::subtree(*apex), NodeSet::subtree(*apex)));
        let mut holes = NodeSet::all(&document);
        for hole in &some {
            holes.remove_subtree(*hole);
        }
        holes.remove_comments(&document);
        let subset = Subset::document(&document).without_all(some.clone()).without_comments();
        cases.push((subset, holes));
    }
    for (subset, nodes) in cases {
        for canonicalization in ALL_CANONICALIZATIONS {
            for prefixes in [&[] as &[&str], &["#default", "cbc", "xs"]] {
                let (mut fast, mut general) = (Vec::new(), Vec::new());
                canonicalize(subset.clone(), canonicalization, prefixes, &mut fast);
                canonicalize_nodes(&document, &nodes, canonicalization, prefixes, &mut general);
                assert!(
                    fast == general,
                    "{canonicalization:?}\n{}\n{}",
                    String::from_utf8_lossy(&fast),
                    String::from_utf8_lossy(&general)
                );
            }
        }
    }
}

#[test]
fn both_writers_agree() {
    compare_writers(INVOICE);
    compare_writers(
        "<?p?><a xmlns='urn:a' xmlns:cbc='urn:c' xml:lang='de' xml:base='http://h/x/'><b xmlns=''>\
         <c cbc:d='1' xml:base='y'><!--x--><e xmlns='urn:a'/></c></b><cbc:f/><g/></a><!--y-->",
    );
    let mut files = shared_xml(&["ubl", "cii", "other-xml"]);
    files.extend(installed_xml());
    let texts = files.iter().filter_map(|file| fs::read_to_string(file).ok());
    let mut compared = 0;
    for text in texts.filter(|text| text.len() < 60_000) {
        let text = text.trim_start_matches('\u{FEFF}').replace("\r\n", "\n");
        if roxmltree::Document::parse(&text).is_ok() {
            compare_writers(&text);
            compared += 1;
        }
    }
    at_least(60, compared, "files written twice");
}
