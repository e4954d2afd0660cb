//! What holds for every document: determinism, untouched bytes, no panic.

use chancery_engine::domain::xades::SignatureLocation;
use chancery_engine::pki::digest::Digest;
use chancery_engine::seal::inspect::inspect;
use proptest::prelude::*;

use super::support::*;

#[test]
fn same_input_and_time_same_bytes() {
    let key = &PKI.rsa;
    for canonicalization in ALL_CANONICALIZATIONS {
        let seal = || {
            let sealed =
                try_seal(INVOICE.as_bytes(), key, canonicalization, SignatureLocation::default());
            let sealed = sealed.unwrap();
            assert_eq!(sealed.signing_time(), key.now().whole_seconds());
            sealed.into_bytes()
        };
        assert_eq!(seal(), seal());
    }
}

#[test]
fn the_intent_is_what_is_signed() {
    let prepared = try_prepare(INVOICE.as_bytes(), SignatureLocation::default()).unwrap();
    let text = String::from_utf8(prepared.to_be_signed().to_vec()).unwrap();
    assert!(text.starts_with("<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">"));
    assert!(text.ends_with("</ds:SignedInfo>"));
    let algorithm = prepared.signature_algorithm();
    assert_eq!(algorithm, PKI.p256.algorithm);
    assert_eq!(*prepared.digest(), Digest::of(algorithm.digest(), text.as_bytes()));
    let digest = prepared.digest().clone();
    let value = PKI.p256.sign(prepared.to_be_signed());
    assert_eq!(*prepared.attach(value).unwrap().finish().digest(), digest);
}

/// The body of a fuzz target: whatever comes in, no panic; what is prepared can be finished.
fn fuzz_prepare(data: &[u8]) {
    let _ = inspect(data);
    for canonicalization in ALL_CANONICALIZATIONS {
        if let Ok(sealed) =
            try_seal(data, &PKI.p256, canonicalization, SignatureLocation::default())
        {
            assert_bytes_kept(data, &sealed);
        }
    }
}

/// The body of a fuzz target: any text as a location.
fn fuzz_location(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = try_prepare(INVOICE.as_bytes(), inside(&text));
}

#[test]
fn fuzz_bodies_take_some_inputs() {
    let seeds: [&[u8]; 8] = [
        b"",
        b"<a/>",
        b"<a",
        b"\xEF\xBB\xBF<?xml version='1.0'?>\r\n<a>\r</a>\r\n",
        b"<?xml",
        b"<a xmlns:b='urn:c' b:d='&#13;'><![CDATA[x]]></a>",
        b"\xFF\xFE<\0",
        INVOICE.as_bytes(),
    ];
    for seed in seeds {
        fuzz_prepare(seed);
        fuzz_location(seed);
    }
    // Every prefix and every single removed byte of a small document.
    let small = b"<?xml version='1.0'?><a xmlns:p='urn:p' p:b=\"1\"><!--c--><p:d/>&lt;</a>";
    for cut in 0..small.len() {
        fuzz_prepare(&small[..cut]);
        fuzz_prepare(&[&small[..cut], &small[cut + 1..]].concat());
    }
}

/// Content of an element as source text.
fn content(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        "[a-z \r\n\t\u{e9}]{0,8}",
        Just("&#13;&amp;&lt;".to_owned()),
        Just("<![CDATA[<\r\n&]]>".to_owned()),
        Just("<!-- c\r\n -->".to_owned()),
        Just("<?pi d\r\ne?>".to_owned()),
        Just("<p:e/>".to_owned()),
    ];
    leaf.prop_recursive(depth, 24, 4, |inner| {
        let tag = prop_oneof![
            Just("a"),
            Just("p:a"),
            Just("a xmlns=''"),
            Just("a xmlns='urn:d'"),
            Just("p:a xmlns:p='urn:q' p:x='1'"),
            Just("a z='\r\n1' xml:lang='de'"),
            Just("a p:y='&#9;' y=\"'\" xml:base='x/'"),
        ];
        (tag, prop::collection::vec(inner, 0..4)).prop_map(|(tag, inner)| {
            let name = tag.split(' ').next().unwrap_or_default();
            format!("<{tag}>{}</{name}>", inner.concat())
        })
    })
    .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn documents_survive(inner in content(4), bom in any::<bool>(), method in 0_usize..6) {
        let bom = if bom { "\u{FEFF}" } else { "" };
        let document = format!("{bom}<?xml version='1.0'?>\r\n<r xmlns:p='urn:p' xmlns='urn:r'>{inner}</r>\r\n");
        let key = &PKI.p256;
        let sealed = try_seal(document.as_bytes(), key, ALL_CANONICALIZATIONS[method], SignatureLocation::default());
        let sealed = sealed.unwrap();
        assert_bytes_kept(document.as_bytes(), &sealed);
        xmlsec_verify(&[write(sealed.bytes())], &[]).unwrap();
    }

    #[test]
    fn no_bytes_panic(data in prop::collection::vec(any::<u8>(), 0..60)) {
        fuzz_prepare(&data);
        fuzz_prepare(&[b"<a>", &*data, b"</a>"].concat());
        fuzz_prepare(&[b"<?xml version='1.0' encoding='windows-1252'?><a>", &*data, b"</a>"].concat());
        fuzz_prepare(&[b"\xFF\xFE<\0a\0>\0", &*data, b"<\0/\0a\0>\0"].concat());
        fuzz_location(&data);
    }
}
