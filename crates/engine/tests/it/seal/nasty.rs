//! Documents that trip parsers and canonicalizers, sealed and judged by xmlsec1.

use std::fmt::Write as _;

use chancery_engine::domain::xades::SignatureLocation;

use super::support::*;

/// Seals with every canonicalization and has xmlsec1 verify each.
fn all(document: &str, location: &str) -> Vec<Vec<u8>> {
    let location = || match location {
        "" => SignatureLocation::default(),
        text => inside(text),
    };
    let seal = |canonicalization| {
        let sealed = try_seal(document.as_bytes(), &PKI.p256, canonicalization, location());
        let sealed = sealed.unwrap_or_else(|refusal| panic!("{refusal}: {document}"));
        assert_bytes_kept(document.as_bytes(), &sealed);
        sealed.into_bytes()
    };
    let sealed: Vec<_> = ALL_CANONICALIZATIONS.into_iter().map(seal).collect();
    let files: Vec<_> = sealed.iter().map(|bytes| write(bytes)).collect();
    xmlsec_verify(&files, &[]).unwrap_or_else(|said| panic!("{said}\n{document}"));
    sealed
}

#[test]
fn line_breaks_and_tabs_in_attributes() {
    for space in ["\n", "\t", "\r\n", "\r", " \r\n\t "] {
        all(
            &format!(
                "<a xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
                 xsi:schemaLocation=\"urn:x{space}x.xsd{space}\"><b c='1{space}2'/></a>"
            ),
            "",
        );
    }
    all("<a b='&#13;&#10;&#9;&#x20;&lt;&gt;&amp;&quot;&apos;' c=\"'\" d='\"'/>", "");
}

#[test]
fn line_ends_cdata_comments_and_instructions() {
    all(
        "\u{FEFF}<?xml version='1.0'?>\r\n<!-- one\r\ntwo -->\r\n<?pi one\r\ntwo ?>\r\n<a>\r\n\
         <![CDATA[<x>\r\n]]&gt;]]><!-- in\r\nside --><?p q\r\nr?>\r\n&#13;&#xD;\r\ntext\rmore\r\r\n\
         </a>\r\n<!-- after\r\n-->\r\n<?end?>\r\n",
        "",
    );
    all("<?a?><?b  c d  ?><!----><a><!--x--><?y?></a><!-- z --><?w?>", "");
}

#[test]
fn namespaces() {
    all("<a xmlns='urn:a'><b xmlns=''><c/></b><d xmlns='urn:d'><e xmlns=''/></d></a>", "");
    all("<a xmlns='urn:a'><b xmlns=''><c xmlns=''/></b></a>", "b");
    all("<a xmlns='urn:a'><b xmlns=''><c/></b></a>", "c");
    all("<a xmlns:z='urn:z' xmlns:y='urn:y' xmlns:x='urn:y' x:q='1' z:q='2' q='3' y:p='4'/>", "");
    all("<Bob:a xmlns:Bob='urn:b'><Bob:a.-_1 xmlns:Bob='urn:c' Bob:x=''/></Bob:a>", "Bob:a");
    all("<\u{e9}:\u{e8} xmlns:\u{e9}='urn:%C3%BC'>\u{1F600}&#x1F600;</\u{e9}:\u{e8}>", "");
    all("<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='de'/>", "");
    all("<a xmlns:p='urn:x?y=%271%27'/>", "");
}

#[test]
fn prefixes_of_the_signature_bound_to_something_else() {
    all("<ds:a xmlns:ds='urn:ds' xmlns:xades='urn:xades'><ds:b/></ds:a>", "ds:b");
    all("<a xmlns:ds='urn:ds' xmlns:xades='urn:xades'/>", "");
    all(
        "<a xmlns:ds='http://www.w3.org/2000/09/xmldsig#' \
         xmlns:xades='http://uri.etsi.org/01903/v1.3.2#' xmlns:etsi='http://uri.etsi.org/01903/v1.3.2#'/>",
        "",
    );
    all("<context xmlns='http://www.w3.org/2000/09/xmldsig#'/>", "");
}

#[test]
fn xml_attributes_of_ancestors() {
    let document = "<a xml:lang='de' xml:space='preserve' xml:id='i1' xml:base='http://h/a/b/'>\
        <b xml:lang='fr' xml:base='../c/'><c xml:other='o' xml:base='d'><e/></c></b></a>";
    for place in ["a", "b", "c", "e"] {
        all(document, place);
    }
    all(
        "<a xml:base='x/y'><b xml:base='../w'><c xml:base='/z/./q?r#s'><d xml:base='t'><e/></d></c></b></a>",
        "e",
    );
    all("<a xml:base='..'><b/></a>", "b");
}

#[test]
fn empty_element_parents() {
    for (document, expected) in [
        ("<a/>", "</ds:Signature></a>"),
        ("<a />", "</ds:Signature></a>"),
        ("<p:a xmlns:p='urn:p' b='x/>y'\r\n/>", "</ds:Signature></p:a>"),
        ("<a><b/></a>\n", "</ds:Signature></a>\n"),
    ] {
        for sealed in all(document, "") {
            let text = String::from_utf8(sealed).unwrap();
            assert!(text.ends_with(expected), "{text}");
        }
    }
    for sealed in all("<a><b c='d' /></a>", "b") {
        let text = String::from_utf8(sealed).unwrap();
        assert!(text.starts_with("<a><b c='d' ><ds:Signature "), "{text}");
        assert!(text.ends_with("</ds:Signature></b></a>"), "{text}");
    }
}

#[test]
fn end_tags_with_white_space() {
    all("<a><b></b \r\n ></a\t>", "b");
    all("<a><!-- </b> --><b><![CDATA[</b>]]></b ></a >", "b");
}

#[test]
fn deep_places() {
    let mut document = String::new();
    for level in 0..60 {
        let _ = write!(document, "<l{level} xmlns:p{level}='urn:{level}' p{level}:a=''>");
    }
    for level in (0..60).rev() {
        let _ = write!(document, "</l{level}>");
    }
    all(&document, "l59");
}

#[test]
fn ubl_place_is_the_default() {
    for canonicalization in ALL_CANONICALIZATIONS {
        let sealed = seal_and_verify(
            INVOICE.as_bytes(),
            &PKI.rsa,
            canonicalization,
            SignatureLocation::default(),
        );
        let text = String::from_utf8(sealed).unwrap();
        assert!(text.contains("</ds:Signature></sac:SignatureInformation>"));
    }
    let crlf = INVOICE.replace('\n', "\r\n");
    all(&crlf, "");
}

#[test]
fn ids_do_not_collide() {
    let sealed =
        try_seal(b"<a/>", &PKI.p256, ALL_CANONICALIZATIONS[0], SignatureLocation::default())
            .unwrap();
    let text = String::from_utf8(sealed.into_bytes()).unwrap();
    let id = text.split(" Id=\"").nth(1).unwrap().split('"').next().unwrap();
    // The name depends on the content, so a document cannot contain its own; but it can try.
    all(&format!("<a Id='{id}' b='1' id='{id}-properties'/>"), "");
    assert!(id.starts_with("seal-"));
}

#[test]
fn a_changed_digit_is_noticed() {
    for canonicalization in ALL_CANONICALIZATIONS {
        let sealed = seal_and_verify(
            INVOICE.as_bytes(),
            &PKI.p256,
            canonicalization,
            SignatureLocation::default(),
        );
        let text = String::from_utf8(sealed).unwrap();
        for (from, to) in [
            ("1250.00", "1251.00"),
            ("<xades:MimeType>text/xml", "<xades:MimeType>text/xm1"),
            ("<xades:SigningTime>2", "<xades:SigningTime>3"),
        ] {
            let tampered = text.replacen(from, to, 1);
            assert!(
                xmlsec_verify(&[write(tampered.as_bytes())], &[]).is_err(),
                "{from} -> {to} was not noticed"
            );
        }
    }
}
