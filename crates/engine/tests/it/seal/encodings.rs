//! Every encoding that can be sealed: with and without byte order mark and declaration, with every
//! line end, before xmlsec1 and libxml2; and what contradicts an encoding.

use chancery_engine::domain::profile::Canonicalization;
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::domain::xades::SignatureLocation;
use chancery_engine::seal::Prepared;
use chancery_engine::seal::xml::encoding::Encoding;
use chancery_engine::seal::xml::source::Source;

use super::support::*;

use Encoding::{
    Iso8859_1, Iso8859_2, Iso8859_15, UsAscii, Utf8, Utf16Be, Utf16Le, Windows1250, Windows1252,
};

/// A way to write a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct EncodedForm {
    pub(super) encoding: Encoding,
    pub(super) bom: bool,
    /// What stands before the root: a declaration, or what makes UTF-16 without mark known.
    pub(super) prolog: &'static str,
}

pub(super) const FORMS: [EncodedForm; 28] = {
    const fn form(encoding: Encoding, bom: bool, prolog: &'static str) -> EncodedForm {
        EncodedForm { encoding, bom, prolog }
    }
    const BARE: &str = "<?xml version='1.0'?>\n";
    const UTF_8: &str = "<?xml version=\"1.0\" encoding=\"utf-8\" standalone='yes' ?>\n";
    const UTF_16: &str = "<?xml version=\"1.0\"\n encoding=\"UTF-16\"?>\n";
    const UTF_16LE: &str = "<?xml version=\"1.0\" encoding=\"utf-16le\"?>";
    const UTF_16BE: &str = "<?xml version=\"1.0\" encoding=\"utf-16be\"?>";
    [
        form(Utf8, false, ""),
        form(Utf8, false, BARE),
        form(Utf8, false, UTF_8),
        form(Utf8, true, ""),
        form(Utf8, true, BARE),
        form(Utf8, true, UTF_8),
        form(UsAscii, false, "<?xml version='1.0' encoding='US-ASCII'?>\n"),
        form(Iso8859_1, false, "<?xml version='1.0' encoding='ISO-8859-1'?>\n"),
        form(Iso8859_1, false, "<?xml version='1.0'\n\tencoding='latin1'\n?>"),
        form(Iso8859_2, false, "<?xml version='1.0' encoding='ISO-8859-2'?>\n"),
        form(Iso8859_2, false, "<?xml version='1.0' encoding='latin2'?>"),
        form(Windows1250, false, "<?xml version='1.0' encoding='Windows-1250'?>\n"),
        form(Iso8859_15, false, "<?xml version='1.0' encoding='iso-8859-15'?>\n"),
        form(Windows1252, false, "<?xml version='1.0' encoding='Windows-1252'?>\n"),
        form(Utf16Le, true, ""),
        form(Utf16Le, true, BARE),
        form(Utf16Le, true, UTF_16),
        form(Utf16Le, true, UTF_16LE),
        form(Utf16Le, false, BARE),
        form(Utf16Le, false, UTF_16),
        form(Utf16Le, false, UTF_16LE),
        form(Utf16Be, true, ""),
        form(Utf16Be, true, BARE),
        form(Utf16Be, true, UTF_16),
        form(Utf16Be, true, UTF_16BE),
        form(Utf16Be, false, BARE),
        form(Utf16Be, false, UTF_16),
        form(Utf16Be, false, UTF_16BE),
    ]
};

impl EncodedForm {
    pub(super) fn document(self, prolog: &str, text: &str, line_end: &str) -> Vec<u8> {
        let mark = if self.bom { "\u{FEFF}" } else { "" };
        encode(self.encoding, &[mark, prolog, text].concat().replace('\n', line_end))
    }
}

/// Documents of the shared corpus; `samples.rs` has xmlsec1 verify their seals.
#[test]
fn foreign_documents_keep_their_encoding() {
    let Some(shared) = shared() else { return };
    for (name, encoding) in [
        ("ubl/derived__utf16le-bom.xml", Utf16Le),
        ("ubl/derived__iso-8859-15.xml", Iso8859_15),
        ("ubl/derived__utf8-bom-crlf.xml", Utf8),
        ("ubl/ph-ubl__FacturaF11.xml", Iso8859_1),
        ("ubl/greenter__notacr-fac.xml", Iso8859_1),
        ("other-xml/FatturaElettronica__IT02182030391_32.windows-1252.xml", Windows1252),
        ("other-xml/dss__sample-latin1.xml", Iso8859_1),
    ] {
        let original = std::fs::read(shared.join("samples").join(name)).unwrap();
        assert_eq!(Source::read(&original).unwrap().encoding(), encoding, "{name}");
        let sealed = try_seal(
            &original,
            &PKI.p256,
            Canonicalization::EXCLUSIVE,
            SignatureLocation::default(),
        );
        assert_bytes_kept(&original, &sealed.unwrap_or_else(|refusal| panic!("{name}: {refusal}")));
    }
    let mislabelled = shared.join("samples/other-xml/derived__latin1-bytes-declared-utf8.xml");
    let (declared, _) = contradiction(&std::fs::read(mislabelled).unwrap());
    assert_eq!(declared, "UTF-8");
}

/// One character by the standards' own tables; nothing when the encoding lacks it.
pub(super) fn octets(encoding: Encoding, character: char) -> Option<Vec<u8>> {
    const LATIN_9: [(u8, char); 8] = [
        (0xA4, '€'),
        (0xA6, 'Š'),
        (0xA8, 'š'),
        (0xB4, 'Ž'),
        (0xB8, 'ž'),
        (0xBC, 'Œ'),
        (0xBD, 'œ'),
        (0xBE, 'Ÿ'),
    ];
    const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ";
    /// 0xA0 to 0xFF of ISO-8859-2, and 0x80 to 0xFF of windows-1250 with U+FFFD where it has nothing.
    const LATIN_2: &str = "\u{A0}Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u{AD}ŽŻ°ą˛ł´ľśˇ¸šşťź˝žżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙";
    const CENTRAL: &str = "€\u{FFFD}‚\u{FFFD}„…†‡\u{FFFD}‰Š‹ŚŤŽŹ\u{FFFD}‘’“”•–—\u{FFFD}™š›śťžź\u{A0}ˇ˘Ł¤Ą¦§¨©Ş«¬\u{AD}®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙";
    let at = |table: &str, first: usize| {
        let at = table.chars().position(|other| other == character)?;
        u8::try_from(first + at).ok()
    };
    let latin = u8::try_from(character).ok();
    let single = match encoding {
        Utf8 => return Some(character.to_string().into_bytes()),
        Utf16Le | Utf16Be => {
            let octets = |unit: u16| match encoding {
                Utf16Le => unit.to_le_bytes(),
                _ => unit.to_be_bytes(),
            };
            return Some(character.to_string().encode_utf16().flat_map(octets).collect());
        }
        UsAscii => latin.filter(u8::is_ascii),
        Iso8859_1 => latin,
        Iso8859_2 => match latin {
            Some(octet) if octet < 0xA0 => latin,
            _ => at(LATIN_2, 0xA0),
        },
        Windows1250 => match latin {
            Some(octet) if octet.is_ascii() => latin,
            _ => at(CENTRAL, 0x80).filter(|_| character != '\u{FFFD}'),
        },
        Iso8859_15 => match LATIN_9.iter().find(|(_, other)| *other == character) {
            Some((octet, _)) => Some(*octet),
            None => latin.filter(|octet| LATIN_9.iter().all(|(other, _)| other != octet)),
        },
        Windows1252 => match WINDOWS.chars().position(|other| other == character) {
            Some(_) if ('\u{80}'..'\u{A0}').contains(&character) => None,
            Some(at) => Some(0x80 + u8::try_from(at).unwrap()),
            None => latin.filter(|octet| !(0x80..0xA0).contains(octet)),
        },
    };
    single.map(|octet| vec![octet])
}

/// What [`Encoding::encode`] must give, written out.
pub(super) fn encode(encoding: Encoding, text: &str) -> Vec<u8> {
    let reference = |character| format!("&#x{:X};", u32::from(character)).into_bytes();
    text.chars().flat_map(|c| octets(encoding, c).unwrap_or_else(|| reference(c))).collect()
}

/// [`INVOICE`] without its declaration, with characters that some encodings lack.
fn invoice() -> String {
    let (_, text) = INVOICE.split_once("?>\n").unwrap();
    let note = "<cbc:Note languageID='\n é'>Fran\u{e7}ais, d\u{e9}j\u{e0}: 5 €\n\u{1F600}</cbc:Note>\n  <cac:Leg";
    text.replacen("<cac:Leg", note, 1)
}

/// The first `ds:DigestValue` of the signed information: that of the document.
fn document_digest(prepared: &Prepared) -> String {
    let text = std::str::from_utf8(prepared.to_be_signed()).unwrap();
    let (_, after) = text.split_once("<ds:DigestValue>").unwrap();
    after.split_once('<').unwrap().0.to_owned()
}

#[test]
fn every_form_seals_the_same_and_verifies() {
    let invoice = invoice();
    let wanted = try_prepare(invoice.as_bytes(), SignatureLocation::default()).unwrap();
    let wanted = document_digest(&wanted);
    let mut files = Vec::new();
    for form in FORMS {
        for line_end in ["\n", "\r\n", "\r"] {
            let document = form.document(form.prolog, &invoice, line_end);
            let prepared = try_prepare(&document, SignatureLocation::default())
                .unwrap_or_else(|refusal| panic!("{form:?}: {refusal}"));
            // Canonical octets are UTF-8 with line feeds, however the document is written.
            assert_eq!(document_digest(&prepared), wanted, "{form:?} {line_end:?}");
            let value = PKI.p256.sign(prepared.to_be_signed());
            let sealed = prepared.attach(value).unwrap().finish();
            assert_bytes_kept(&document, &sealed);
            let element = &sealed.bytes()[sealed.signature()];
            assert!(element.starts_with(&encode(form.encoding, "<ds:Signature ")), "{form:?}");
            files.push(write(sealed.bytes()));
        }
    }
    xmlsec_verify(&files, &[]).unwrap();
}

#[test]
fn every_encoding_verifies_with_every_canonicalization() {
    let invoice = invoice();
    let mut files = Vec::new();
    for (number, form) in FORMS.into_iter().filter(|form| !form.prolog.is_empty()).enumerate() {
        let key = if number % 2 == 0 { &PKI.p256 } else { &PKI.rsa };
        let document = form.document(form.prolog, &invoice, "\r\n");
        for canonicalization in ALL_CANONICALIZATIONS {
            let sealed = try_seal(&document, key, canonicalization, SignatureLocation::default());
            files.push(write(sealed.unwrap().bytes()));
        }
    }
    xmlsec_verify(&files, &[]).unwrap();
}

/// The end tag that opens an empty element has the element's own characters.
#[test]
fn an_empty_place_with_a_foreign_name() {
    let mut files = Vec::new();
    for form in FORMS.into_iter().filter(|form| form.encoding != UsAscii) {
        let text =
            "<caf\u{e9}>\n<b>\u{e7}</b><\u{e9}:place\n xmlns:\u{e9}='urn:e' /></caf\u{e9}>\n";
        let document = form.document(form.prolog, text, "\r\n");
        for canonicalization in ALL_CANONICALIZATIONS {
            let sealed = try_seal(&document, &PKI.p256, canonicalization, inside("place")).unwrap();
            assert_bytes_kept(&document, &sealed);
            let after = &sealed.bytes()[sealed.signature().end..];
            let end = encode(form.encoding, "</\u{e9}:place></caf\u{e9}>\r\n");
            assert_eq!(after, end, "{form:?}");
            files.push(write(sealed.bytes()));
        }
    }
    xmlsec_verify(&files, &[]).unwrap();
}

/// What libxml2 makes of every byte of a single-byte encoding, and that it goes back unchanged.
#[test]
fn tables_equal_libxml2() {
    for (encoding, name, open) in [
        (Iso8859_1, "ISO-8859-1", &[][..]),
        (Iso8859_2, "ISO-8859-2", &[]),
        (Iso8859_15, "ISO-8859-15", &[]),
        (Windows1250, "windows-1250", &[0x81, 0x83, 0x88, 0x90, 0x98]),
        (Windows1252, "windows-1252", &[0x81, 0x8D, 0x8F, 0x90, 0x9D]),
    ] {
        let high: Vec<u8> = (0x80..=0xFF).filter(|octet| !open.contains(octet)).collect();
        let opening = format!("<?xml version='1.0' encoding='{name}'?><a>");
        let document = [opening.as_bytes(), &high, b"</a>"].concat();
        let source = Source::read(&document).unwrap();
        assert_eq!(source.encoding(), encoding);
        let theirs = xmllint(&["--c14n"], &write(&document)).unwrap();
        assert_eq!(source.text(), String::from_utf8(theirs).unwrap(), "{name}");
        assert_eq!(&*source.encode(source.text()), &document[opening.len() - 3..]);
        for octet in open {
            let document = [opening.as_bytes(), &[*octet], b"</a>"].concat();
            assert!(xmllint(&["--c14n"], &write(&document)).is_none(), "{name} {octet:X}");
            assert_eq!(contradiction(&document), (name.to_owned(), opening.len()));
        }
    }
}

#[test]
fn names_that_verifiers_read() {
    let names = [
        (Utf8, "UTF-8 utf-8 UTF8 utf8"),
        (
            UsAscii,
            "US-ASCII us-ascii ASCII ANSI_X3.4-1968 ANSI_X3.4-1986 ISO646-US iso-ir-6 us IBM367 \
             cp367 csASCII",
        ),
        (Iso8859_1, "ISO-8859-1 iso_8859-1 Latin1 L1 iso-ir-100 ibm819 cp819 csISOLatin1"),
        (Iso8859_2, "ISO-8859-2 iso_8859-2 latin2 l2 iso-ir-101 csISOLatin2"),
        (Iso8859_15, "ISO-8859-15 iso_8859-15 latin-9"),
        (Windows1250, "windows-1250 Cp1250"),
        (Windows1252, "windows-1252 WINDOWS-1252 Cp1252"),
    ];
    for (encoding, names) in names {
        for name in names.split(' ') {
            let text = format!("<?xml version='1.0' encoding='{name}'?><a>\u{e9}</a>");
            let document = encode(encoding, &text);
            assert_eq!(Source::read(&document).unwrap().encoding(), encoding, "{name}");
            let theirs = xmllint(&["--c14n"], &write(&document)).expect(name);
            assert_eq!(theirs, "<a>\u{e9}</a>".as_bytes(), "{name}");
        }
    }
    // Not registered, not read by libxml2, or other encodings.
    for name in [
        "ISO8859-1",
        "latin-1",
        "l9",
        "latin9",
        "csISO885915",
        "cswindows1252",
        "csUTF8",
        "ISO-8859-3",
        "windows-1251",
        "UTF-7",
        "IBM037",
        "Shift_JIS",
        "GB18030",
        "klingon",
    ] {
        let document = format!("<?xml version='1.0' encoding='{name}'?><a/>");
        match Source::read(document.as_bytes()).err() {
            Some(Refusal::EncodingUnsupported { name: refused }) => assert_eq!(refused, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

/// The name and the offset of a contradiction.
fn contradiction(document: &[u8]) -> (String, usize) {
    match Source::read(document).err() {
        Some(Refusal::EncodingContradicted { declared, offset }) => (declared, offset),
        other => panic!("{other:?}: {}", String::from_utf8_lossy(document)),
    }
}

#[test]
fn bytes_that_contradict_the_encoding() {
    let utf_16 = |encoding, text: &str, more: &[u8]| [&encode(encoding, text), more].concat();
    let (le, be) = ("UTF-16LE".to_owned(), "UTF-16BE".to_owned());
    // lone surrogates, reversed ones, half a unit
    for more in [&b"\x00\xD8x\0"[..], b"\x00\xDC\x00\xD8", b"\x00\xD8", b"\x00\xD8\x00\xD8", b"x"] {
        assert_eq!(contradiction(&utf_16(Utf16Le, "\u{FEFF}<a>\u{1F600}", more)), (le.clone(), 12));
    }
    let declared = "<?xml version='1.0' encoding='utf-16'?>";
    let document = utf_16(Utf16Be, declared, b"\xD8\x00\0x");
    assert_eq!(contradiction(&document), ("utf-16".to_owned(), declared.len() * 2));
    assert_eq!(contradiction(&utf_16(Utf16Be, "\u{FEFF}<a/>", b"\0")), (be, 10));

    let naming = |name: &str| format!("<?xml version='1.0' encoding='{name}'?><a/>");
    for (encoding, bom, name) in [
        (Utf8, true, "ISO-8859-1"),
        (Utf8, true, "US-ASCII"),
        (Utf8, true, "UTF-16"),
        (Utf8, true, "klingon"),
        (Utf8, false, "UTF-16"),
        (Utf8, false, "utf-16be"),
        (Utf8, false, "UTF-32"),
        (Utf16Le, true, "UTF-8"),
        (Utf16Le, true, "UTF-16BE"),
        (Utf16Le, false, "UTF-16BE"),
        (Utf16Be, true, "UTF-16LE"),
        (Utf16Be, false, "ISO-8859-1"),
        (Utf16Be, true, "UTF-32"),
    ] {
        let mark = if bom { "\u{FEFF}" } else { "" };
        let document = encode(encoding, &(mark.to_owned() + &naming(name)));
        assert_eq!(contradiction(&document), (name.to_owned(), 0), "{encoding:?}");
    }
    let latin = encode(Iso8859_1, &naming("UTF-8").replace("<a/>", "<a>\u{e9}</a>"));
    assert_eq!(contradiction(&latin), ("UTF-8".to_owned(), 41));
    let ascii = naming("us-ascii").replace("<a/>", "<a>\u{e9}</a>");
    assert_eq!(contradiction(ascii.as_bytes()), ("us-ascii".to_owned(), 44));
    assert_eq!(contradiction(b"\xEF\xBB\xBF<a>\xC3"), ("UTF-8".to_owned(), 6));
}

#[test]
fn wide_encodings_that_are_not_supported() {
    let bare = "UTF-16 without byte order mark or declaration";
    let utf_32 = "UTF-32";
    for (document, wanted) in [
        (&encode(Utf16Le, "<a/>")[..], bare),
        (&encode(Utf16Be, "<a/>"), bare),
        (b"\xFF\xFE\0\0<\0\0\0", utf_32),
        (b"\0\0\xFE\xFF\0\0\0<", utf_32),
        (b"<\0\0\0a\0\0\0", utf_32),
        (b"\0\0\0<\0\0\0a", utf_32),
        (b"\x4C\x6F\xA7\x94", "EBCDIC"),
    ] {
        match try_prepare(document, SignatureLocation::default()).err() {
            Some(Refusal::EncodingUnsupported { name }) => assert_eq!(name, wanted),
            other => panic!("{wanted}: {other:?}"),
        }
    }
}

#[test]
fn what_the_encoding_lacks_becomes_a_reference() {
    let text = "a\u{e9}€\u{81}Š\u{1F600}";
    for (encoding, wanted) in [
        (UsAscii, &b"a&#xE9;&#x20AC;&#x81;&#x160;&#x1F600;"[..]),
        (Iso8859_1, b"a\xE9&#x20AC;\x81&#x160;&#x1F600;"),
        (Iso8859_15, b"a\xE9\xA4\x81\xA6&#x1F600;"),
        (Windows1252, b"a\xE9\x80&#x81;\x8A&#x1F600;"),
        (Utf8, text.as_bytes()),
        (Utf16Le, b"a\0\xE9\0\xAC\x20\x81\0\x60\x01\x3D\xD8\x00\xDE"),
        (Utf16Be, b"\0a\0\xE9\x20\xAC\0\x81\x01\x60\xD8\x3D\xDE\x00"),
    ] {
        assert_eq!(&*encoding.encode(text), wanted, "{encoding:?}");
        assert_eq!(encode(encoding, text), wanted, "the model of {encoding:?}");
    }
}
