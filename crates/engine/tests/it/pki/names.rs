//! Distinguished names as text, compared with what OpenSSL writes.

use std::path::Path;
use std::str::FromStr as _;

use chancery_engine::domain::name_style::NameStyle;
use chancery_engine::pki::name::{parse, to_text};
use x509_cert::name::Name;

use super::{certificate, openssl};

/// Any type that can hold the value, UTF-8 first; then each type alone.
const UTF8: &str = "0x2000";
const BMP: &str = "0x0800";
const T61: &str = "0x0004";
const PRINTABLE: &str = "0x0002";

fn style(json: &str) -> NameStyle {
    serde_json::from_str(json).unwrap()
}

/// The subject of `c.der` as OpenSSL writes it.
fn of_openssl(folder: &Path, options: &str) -> String {
    let arguments = ["x509", "-inform", "DER", "-in", "c.der", "-noout", "-subject", "-nameopt"];
    let said = openssl(&[&arguments[..], &[options]].concat(), folder);
    let name = said.strip_prefix("subject=").unwrap();
    name.strip_suffix('\n').unwrap().to_owned()
}

#[test]
fn odd_names_read_as_openssl_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (subject, mask) in [
        ("/C=PT/O=Example/CN=Seal", PRINTABLE),
        ("/C=TR/ST=İstanbul/L=Şişli/O=Örnek, A.Ş./OU=Mühür/CN=Örnek Mühür 🔏", UTF8),
        ("/DC=gov/DC=example/UID=u-1/street=Rua \"A\" \\+ B; <C>\\\\D/CN=a=b", UTF8),
        ("/CN=#hash # inside/O= both ends /OU= /L=  two  ", UTF8),
        ("/CN=tab\there\nand there/O=\u{7f}", UTF8),
        ("/CN=Żółć Łódź/O=plain", BMP),
        ("/CN=Câmara Municipal de Évora/O=Ação", T61),
        ("/CN=", UTF8),
    ] {
        let made = certificate(folder, subject, mask, &[]);
        let ours = made.subject_name(&NameStyle::default()).unwrap();
        let theirs = of_openssl(folder, "RFC2253,-esc_msb,utf8").replace("street=", "STREET=");
        assert_eq!(ours, theirs, "{subject}");
        assert_eq!(made.issuer_name(&NameStyle::default()).unwrap(), ours, "it issued itself");
    }
}

/// Separators and order as settings ask for them.
#[test]
fn forms() {
    let folder = tempfile::tempdir().unwrap();
    let made = certificate(folder.path(), "/C=PT/O=A, B/CN=Seal", UTF8, &[]);
    let written = |json: &str| made.subject_name(&style(json)).unwrap();
    assert_eq!(written("{}"), r"CN=Seal,O=A\, B,C=PT");
    assert_eq!(written(r#"{"form":"RFC4514"}"#), r"CN=Seal,O=A\, B,C=PT");
    assert_eq!(written(r#"{"form":"RFC2253_SPACED"}"#), r"CN=Seal, O=A\, B, C=PT");
    assert_eq!(written(r#"{"form":"ENCODED_ORDER"}"#), r"C=PT, O=A\, B, CN=Seal");
    let encoded = of_openssl(folder.path(), "sep_comma_plus_space,sname,esc_2253");
    assert_eq!(written(r#"{"form":"ENCODED_ORDER"}"#), encoded);
    assert_eq!(written(r#"{"keywords":{"2.5.4.3":"cn"}}"#), r"cn=Seal,O=A\, B,C=PT");
}

/// Types without a keyword in RFC 4514 are dotted with the DER of their value, or as settings call them.
#[test]
fn further_attribute_types() {
    let folder = tempfile::tempdir().unwrap();
    let subject = "/C=ES/organizationIdentifier=VATES-B1, 2/serialNumber=IDCES-1\
                   /emailAddress=seal@example.com/GN=Ana/CN=Seal";
    let made = certificate(folder.path(), subject, UTF8, &[]);
    let dotted = made.subject_name(&NameStyle::default()).unwrap();
    // Everything dotted and dumped, to be compared part by part.
    let dump = of_openssl(folder.path(), "esc_2253,dump_all,dump_der,sep_comma_plus,dn_rev,oid");
    let mut compared = 0;
    for (ours, theirs) in dotted.split(',').zip(dump.split(',')) {
        if ours.contains('#') {
            assert_eq!(ours, theirs.to_ascii_lowercase());
            compared += 1;
        }
    }
    assert_eq!(compared, 4, "{dotted}");
    assert!(dotted.contains("1.2.840.113549.1.9.1=#16107365616c406578"), "{dotted}");
    assert!(dotted.contains("2.5.4.97=#0c"), "{dotted}");

    let named = style(
        r#"{"keywords":{"1.2.840.113549.1.9.1":"emailAddress","2.5.4.5":"serialNumber",
            "2.5.4.97":"organizationIdentifier","2.5.4.42":"GN"}}"#,
    );
    let named = made.subject_name(&named).unwrap();
    assert_eq!(named, of_openssl(folder.path(), "RFC2253"));
    let windows = style(
        r#"{"form":"ENCODED_ORDER",
            "keywords":{"1.2.840.113549.1.9.1":"E","2.5.4.97":"OID.2.5.4.97"}}"#,
    );
    let windows = made.subject_name(&windows).unwrap();
    assert!(windows.contains(r"OID.2.5.4.97=VATES-B1\, 2, 2.5.4.5=#13"), "{windows}");
    assert!(windows.contains(", E=seal@example.com, "), "{windows}");
}

/// OpenSSL turns the parts of an RDN round, we keep them as they are.
#[test]
fn several_values_in_one_rdn() {
    let folder = tempfile::tempdir().unwrap();
    let made = certificate(folder.path(), "/C=PT/OU=Invoices+O=A+CN=Seal+UID=7", UTF8, &[]);
    let ours = made.subject_name(&NameStyle::default()).unwrap();
    let turned: Vec<String> = of_openssl(folder.path(), "RFC2253")
        .split(',')
        .map(|rdn| rdn.split('+').rev().collect::<Vec<_>>().join("+"))
        .collect();
    assert_eq!(ours, turned.join(","));
    assert!(ours.ends_with(",C=PT") && ours.matches('+').count() == 3, "{ours}");
}

/// A value that is no text is written as its DER, under its keyword all the same.
#[test]
fn values_that_are_no_text() {
    for name in ["CN=#03020780", "CN=#1e0141,O=Example", "O=B+CN=#1e02d800", "2.5.4.45=#03020780"] {
        let parsed = Name::from_str(name).unwrap();
        assert_eq!(to_text(&parsed, &NameStyle::default()).unwrap(), name);
    }
}

#[test]
fn wrong_styles_are_refused() {
    for wrong in [
        r#"{"form":"rfc4514"}"#,
        r#"{"forms":"RFC4514"}"#,
        r#"{"keywords":{"emailAddress":"E"}}"#,
        r#"{"keywords":{"2.5.4.":"E"}}"#,
        r#"{"keywords":{"2.5.4.97":"a b"}}"#,
        r#"{"keywords":{"2.5.4.97":""}}"#,
    ] {
        assert!(serde_json::from_str::<NameStyle>(wrong).is_err(), "{wrong}");
    }
    let good = r#"{"form":"ENCODED_ORDER","keywords":{"2.5.4.97":"OID.2.5.4.97"}}"#;
    assert_eq!(serde_json::to_string(&style(good)).unwrap(), good);
}

/// The usual spellings of a subject give what OpenSSL makes of its own.
#[test]
fn subjects_are_read_as_people_write_them() {
    let folder = tempfile::tempdir().unwrap();
    let subject = "/C=PT/O=ACME, Lda/organizationIdentifier=VATPT-505767457/serialNumber=505767457\
                   /GN=Ana/SN=Sá/emailAddress=seal@acme.example/CN=ACME Seal";
    let made = certificate(folder.path(), subject, UTF8, &[]);
    let theirs = made.subject_name(&NameStyle::default()).unwrap();
    for ours in [
        subject,
        r"CN=ACME Seal,E=seal@acme.example,SN=S\C3\A1,GN=Ana,SERIALNUMBER=505767457,organizationIdentifier=VATPT-505767457,O=ACME\, Lda,C=PT",
        r#"cn = ACME Seal ; email=seal@acme.example; surname=Sá; givenName=Ana; serialNumber=505767457; ORGANIZATIONIDENTIFIER=VATPT-505767457; O="ACME, Lda"; C=PT"#,
        r"CN=ACME Seal, 1.2.840.113549.1.9.1=seal@acme.example, OID.2.5.4.4=Sá, 2.5.4.42=Ana, 2.5.4.5=505767457, OID.2.5.4.97=VATPT-505767457, 2.5.4.10=ACME\, Lda, 2.5.4.6=PT",
    ] {
        let name = parse(ours).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(to_text(&name, &NameStyle::default()).unwrap(), theirs, "{ours}");
    }
    // What is shown is read again.
    let shown = made.subject();
    assert_eq!(
        shown,
        r"CN=ACME Seal,emailAddress=seal@acme.example,surname=Sá,givenName=Ana,serialNumber=505767457,organizationIdentifier=VATPT-505767457,O=ACME\, Lda,C=PT"
    );
    assert_eq!(to_text(&parse(&shown).unwrap(), &NameStyle::default()).unwrap(), theirs);
    for (wrong, word) in [
        ("", "empty"),
        ("/", "empty"),
        ("ACME", "has no ="),
        ("CN=ACME, Lda", r"a comma in a value is written \,"),
        ("CN=A,organisation=B", "organizationidentifier"),
        ("CN=A,C=PRT", "two capital letters"),
        ("CN=A,serialNumber=é", "only letters, digits"),
        ("CN=A,DC=é", "only ASCII"),
        ("CN=", "CN is empty"),
        ("CN=\"A", "not closed"),
        (r"CN=A\", "backslash"),
        ("CN=#04", "DER in hexadecimal"),
        ("CN=A+CN=A", "twice"),
    ] {
        let error = parse(wrong).expect_err(wrong).to_string();
        assert!(error.contains(word), "{wrong}: {error}");
    }
}
