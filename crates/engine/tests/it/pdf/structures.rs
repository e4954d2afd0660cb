//! How files may be written, and how they may be wrong and yet be read.

use chancery_engine::seal::pdf::object::{Object, Reference};
use chancery_engine::seal::pdf::{Increment, SectionKind};

use super::made::{self, Made, ONE_PAGE};
use super::support::{assert_updated, hayro_reads, open, qpdf_check, updated};

/// Asserts that we, qpdf and hayro-syntax read the update, qpdf without a warning.
fn assert_good_update(name: &str, bytes: &[u8]) -> Vec<u8> {
    let after = updated(bytes).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    assert_updated(name, bytes, &after);
    assert_eq!(hayro_reads(&after), Ok(1), "{name}");
    let (code, text) = qpdf_check(&after);
    assert_eq!(code, 0, "{name}: {text}");
    after
}

#[test]
fn every_kind_is_continued_in_its_own_kind() {
    for (name, bytes) in made::kinds() {
        let file = open(&bytes).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        assert!(!file.is_repaired(), "{name}");
        let kind = if name == "hybrid" { SectionKind::Table } else { file.kind() };
        let after = assert_good_update(name, &bytes);
        let update = &after[bytes.len()..];
        assert_eq!(open(&after).unwrap().kind(), kind, "{name}");
        let text = String::from_utf8_lossy(update);
        assert!(text.contains("/Prev ") && !text.contains("XRefStm"), "{name}: {text}");
        // an update of an update
        assert_good_update(name, &after);
    }
}

#[test]
fn rows_of_a_table_have_twenty_bytes() {
    let after = updated(&made::simple()).unwrap();
    let text = String::from_utf8(after).unwrap();
    let table = text.rsplit("\nxref\n").next().unwrap();
    let rows = table.split("trailer").next().unwrap();
    let rows = rows.split_inclusive('\n').filter(|line| line.ends_with("n \n"));
    assert_eq!(rows.map(str::len).collect::<Vec<_>>(), [20, 20]);
}

#[test]
fn foreign_bytes_around_the_file_do_no_harm() {
    let simple = made::simple();
    // offsets count from the header (ISO 32000-2, 7.5.2), or from the first byte
    let from_header = [b"junk, 20 bytes long\n", simple.as_slice()].concat();
    assert_eq!(open(&from_header).unwrap().base(), 20);
    assert_good_update("junk before the header", &from_header);
    let mut made = Made::new("1.4");
    made.bytes = b"junk\n%PDF-1.4\n".to_vec();
    let from_start = made.objects(1, &ONE_PAGE).table("");
    assert_eq!(open(&from_start).unwrap().base(), 0);
    assert!(!open(&from_start).unwrap().is_repaired());
    let behind = [simple.as_slice(), b"\r\n<html>an object</html>", &[0; 3000]].concat();
    assert!(!open(&behind).unwrap().is_repaired());
    assert_good_update("junk behind the end", &behind);
    let trimmed = simple.trim_ascii_end();
    assert_good_update("no line end at the end", trimmed);
}

#[test]
fn what_the_table_gets_wrong_is_searched_and_the_update_stands_alone() {
    let simple = || Made::new("1.4").objects(1, &ONE_PAGE);
    let row = "{offset:010} 00000 n \n";
    let text = String::from_utf8(made::simple()).unwrap();
    let at = text.find("xref\n").unwrap();
    let rows = text[at..].replace("1 1\n", "").replace("2 1\n", "").replace("3 1\n", "");
    let rows = rows.replace("4 1\n", "").replace("xref\n0 1", "xref\n0 5");
    let whole = format!("{}{rows}", &text[..at]);
    assert!(!open(whole.as_bytes()).unwrap().is_repaired());
    let rooted = |bytes: Vec<u8>| {
        let file = open(&bytes).unwrap_or_else(|refusal| panic!("{refusal}"));
        (file.is_repaired(), bytes)
    };
    let cases = [
        ("startxref", text.replace(&format!("startxref\n{at}"), "startxref\n7").into_bytes(), true),
        ("startxref without number", text.replace(&format!("\n{at}\n"), "\n\n").into_bytes(), true),
        (
            "startxref far away",
            text.replace(&format!("\n{at}\n"), "\n99999999\n").into_bytes(),
            true,
        ),
        ("one offset", simple().table_of("", row, |it, at| at + usize::from(it == 4)), true),
        (
            "offset behind the end",
            simple().table_of("", row, |it, at| at + usize::from(it == 4) * 99999),
            true,
        ),
        ("starts at 1", whole.replace("xref\n0 5", "xref\n1 5").into_bytes(), true),
        ("rows of 19 bytes", simple().table_of("", "{offset:010} 00000 n\n", |_, at| at), false),
        (
            "rows of 22 bytes",
            simple().table_of("", "{offset:010} 00000 n  \r\n", |_, at| at),
            false,
        ),
        ("Prev to nowhere", simple().table("/Prev 5"), true),
        ("no trailer", text.replace("trailer", "trailing").into_bytes(), true),
    ];
    for (name, bytes, repaired) in cases {
        let (found, bytes) = rooted(bytes);
        assert_eq!(found, repaired, "{name}");
        let after = assert_good_update(name, &bytes);
        let update = String::from_utf8_lossy(&after[bytes.len()..]).into_owned();
        assert!(!update.contains("/Prev"), "{name}");
    }
}

#[test]
fn a_search_finds_objects_in_streams_and_prefers_later_ones() {
    let text = made::extended();
    let broken = [text.strip_suffix(b"%%EOF\n").unwrap(), b"startxref\n3\n%%EOF\n"].concat();
    let file = open(&broken).unwrap();
    assert!(file.is_repaired());
    assert_eq!(file.page_count(), Ok(1));
    assert_good_update("object streams", &broken);
    // an update whose section is broken: its catalog is the one that counts
    let after = updated(&made::simple()).unwrap();
    let broken = [after.strip_suffix(b"%%EOF\n").unwrap(), b"startxref\n3\n%%EOF\n"].concat();
    let file = open(&broken).unwrap();
    assert!(file.is_repaired() && file.catalog().unwrap().get(super::support::KEY).is_some());
    // what looks like an object within data is none
    let decoy = b"1 0 obj\n<</Type/Catalog/Decoy true>>\nendobj\n";
    let bytes = Made::new("1.4").objects(1, &ONE_PAGE).stream(5, "", decoy).table("/Prev 3");
    let file = open(&bytes).unwrap();
    assert!(file.is_repaired() && file.catalog().unwrap().get("Decoy").is_none());
}

#[test]
fn objects_are_read_as_the_standard_writes_them() {
    let values = [
        (
            r"(a\(b\)(c)\n\053\53x\
d)",
            Object::Literal(b"a(b)(c)\n++xd".to_vec()),
        ),
        ("(a\r\nb\rc)", Object::Literal(b"a\nb\nc".to_vec())),
        ("<48 65 6C6c 7>", Object::Hexadecimal(b"Hellp".to_vec())),
        ("/A#42#2F#", Object::name("AB/#")),
        (
            "[1 0 R 2 -3 +4 .5 -0.10 4.]",
            Object::Array(vec![
                Object::Reference(Reference { number: 1, generation: 0 }),
                Object::Integer(2),
                Object::Integer(-3),
                Object::Integer(4),
                Object::Real(b".5".to_vec()),
                Object::Real(b"-0.10".to_vec()),
                Object::Real(b"4.".to_vec()),
            ]),
        ),
        (
            "[true%x)\nfalse null[]<<>>()]",
            Object::Array(vec![
                Object::Boolean(true),
                Object::Boolean(false),
                Object::Null,
                Object::Array(Vec::new()),
                Object::Dictionary(chancery_engine::seal::pdf::object::Dictionary::new()),
                Object::Literal(Vec::new()),
            ]),
        ),
        ("99999999999999999999", Object::Real(b"99999999999999999999".to_vec())),
    ];
    for (written, expected) in values {
        let catalog = format!("<</Type/Catalog/Pages 2 0 R/Value {written}>>");
        let [_, pages, page, contents] = ONE_PAGE;
        let bytes = Made::new("1.4").objects(1, &[&catalog, pages, page, contents]).table("");
        let file = open(&bytes).unwrap();
        assert_eq!(file.catalog().unwrap().get("Value"), Some(&expected), "{written}");
        // and written again it is the same
        let mut increment = Increment::new(&file).unwrap();
        increment.set(file.root(), file.catalog().unwrap());
        let after = [bytes.as_slice(), &increment.finish().unwrap().bytes].concat();
        let value = open(&after).unwrap().catalog().unwrap().get("Value").cloned();
        assert_eq!(value.as_ref(), Some(&expected), "{written}");
    }
}

#[test]
fn filters_of_structure_are_taken_off() {
    // "abcabc" each time; the last ones after the PNG filter "up" over rows of three
    let cases: [(&str, &[u8]); 7] = [
        ("", b"abcabc"),
        ("/Filter/ASCIIHexDecode", b"61 62 63 616263>"),
        ("/Filter/ASCII85Decode", b"@:E_T@Uf~>"),
        ("/Filter/LZWDecode", &[0x80, 0x18, 0x4C, 0x46, 0x38, 0x11, 0x8E, 0x02]),
        ("/Filter[/ASCIIHexDecode/FlateDecode]", b"789c4b4c4a4e4c4a0600080c024d>"),
        (
            "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 3>>",
            &[0x78, 0x01, 0x01, 0x08, 0, 0xF7, 0xFF, 2, b'a', b'b', b'c', 2, 0, 0, 0],
        ),
        (
            "/Filter[/FlateDecode]/DecodeParms[<</Predictor 2/Columns 6>>]",
            &[0x78, 0x01, 0x01, 6, 0, 0xF9, 0xFF, b'a', 1, 1, 0xFE, 1, 1],
        ),
    ];
    for (dictionary, data) in cases {
        let bytes = Made::new("1.4").objects(1, &ONE_PAGE).stream(5, dictionary, data).table("");
        let file = open(&bytes).unwrap();
        let stream = file.stream(&Reference { number: 5, generation: 0 }.into()).unwrap().unwrap();
        assert_eq!(stream.data, data, "{dictionary}");
        assert_eq!(file.decode(&stream).as_deref(), Ok(b"abcabc".as_slice()), "{dictionary}");
    }
}

#[test]
fn raw_objects_lie_where_the_update_says() {
    let bytes = made::simple();
    let file = open(&bytes).unwrap();
    let mut increment = Increment::new(&file).unwrap();
    let raw = b"<</Type/Sig/ByteRange [0 ########## ########## ##########]/Contents <0000>>>";
    let signature = increment.add_raw(raw.to_vec());
    let update = increment.finish().unwrap();
    assert_eq!(update.bytes[update.bodies[&signature].clone()], raw[..]);
}
