//! PDFs that are made to harm.

mod structure;
mod words;

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::{Value, json};

pub use structure::*;
pub use words::*;

use super::{HostileDocument, SealedAs};

pub(super) fn all() -> Vec<HostileDocument> {
    let mut all = vec![
        pdf_kids(50_000, 3000),
        pdf_names(50_000, 2000),
        pdf_resources(20_000, 90),
        pdf_values(50_000, 2000),
        pdf_large_page(500_000, 30_000),
        pdf_packed_fields(40_000, 2000),
        pdf_shared_kids(40_000, 90),
        pdf_packed_catalog(600_000),
        pdf_blanks(300_000, 100_000),
        pdf_columns(),
        pdf_expanding(300_000),
        pdf_twice_deflated(50 << 20),
        pdf_nested_forms(19),
        pdf_shared_resources(2000, 2000),
        pdf_repeated_contents(20_000, 10_000),
        pdf_fonts(30_000),
        pdf_transforms(50_000, 20_000),
        pdf_reasons(100_000, 1000),
        pdf_locks(4000),
        pdf_wide_change(10_000),
        pdf_comments(200_000, 5000),
        pdf_launch(),
    ];
    all.extend(structure::all());
    all.extend(words::all());
    all
}

fn invisible(name: &'static str, document: Vec<u8>) -> HostileDocument {
    HostileDocument { name, format: SealedAs::Pades, document, settings: json!({}) }
}

fn at_word(name: &'static str, document: Vec<u8>) -> HostileDocument {
    let settings = json!({ "visible": { "place": { "PLACEHOLDER": "#seal#" } } });
    HostileDocument { name, format: SealedAs::Pades, document, settings }
}

/// What an object is.
enum Body {
    Plain(String),
    Stream(String, Vec<u8>),
}

/// A file of these objects by number, behind a table.
fn written(objects: &[(u32, Body)], trailer: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut rows = String::new();
    for (number, body) in objects {
        write!(rows, "{number} 1\n{:010} 00000 n \n", out.len()).unwrap();
        match body {
            Body::Plain(text) => write!(out, "{number} 0 obj\n{text}\nendobj\n").unwrap(),
            Body::Stream(dictionary, data) => {
                let length = data.len();
                write!(out, "{number} 0 obj\n<<{dictionary}/Length {length}>>\nstream\n").unwrap();
                out.extend(data);
                out.extend(b"\nendstream\nendobj\n");
            }
        }
    }
    let size = objects.iter().map(|it| it.0).max().unwrap_or(0) + 1;
    let at = out.len();
    let table = format!("xref\n0 1\n0000000000 65535 f \n{rows}");
    write!(out, "{table}trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{at}\n%%EOF\n")
        .unwrap();
    out
}

/// A file whose objects up to the first stream are in one object stream, deflated.
fn packed(objects: Vec<(u32, Body)>) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let size = objects.iter().map(|it| it.0).max().unwrap_or(0) + 3;
    let (container, section) = (size - 2, size - 1);
    let mut rows = vec![[0_usize, 0, 0]; size as usize];
    let (mut index, mut all, mut count) = (String::new(), String::new(), 0);
    for (number, body) in objects {
        match body {
            Body::Plain(text) => {
                write!(index, "{number} {} ", all.len()).unwrap();
                all.push_str(&text);
                all.push('\n');
                rows[number as usize] = [2, container as usize, count];
                count += 1;
            }
            Body::Stream(dictionary, data) => {
                rows[number as usize] = [1, out.len(), 0];
                let length = data.len();
                write!(out, "{number} 0 obj\n<<{dictionary}/Length {length}>>\nstream\n").unwrap();
                out.extend(data);
                out.extend(b"\nendstream\nendobj\n");
            }
        }
    }
    let first = index.len();
    let data = deflate(format!("{index}{all}").as_bytes());
    rows[container as usize] = [1, out.len(), 0];
    let length = data.len();
    write!(
        out,
        "{container} 0 obj\n<</Type/ObjStm/N {count}/First {first}/Filter/FlateDecode/Length {length}>>\nstream\n"
    )
    .unwrap();
    out.extend(data);
    out.extend(b"\nendstream\nendobj\n");
    section_of(&mut out, section, &mut rows);
    out
}

/// A cross-reference stream that is the object `number`, and the end.
fn section_of(out: &mut Vec<u8>, number: u32, rows: &mut [[usize; 3]]) {
    let at = out.len();
    rows[number as usize] = [1, at, 0];
    let octets = |[kind, place, detail]: &[usize; 3]| {
        let (place, detail) = (place.to_be_bytes(), detail.to_be_bytes());
        [&kind.to_be_bytes()[7..], &place[4..], &detail[4..]].concat()
    };
    let data: Vec<u8> = rows.iter().flat_map(octets).collect();
    let (data, size) = (deflate(&data), rows.len());
    let length = data.len();
    write!(
        out,
        "{number} 0 obj\n<</Type/XRef/Size {size}/W[1 4 4]/Root 1 0 R/Filter/FlateDecode/Length {length}>>\nstream\n"
    )
    .unwrap();
    out.extend(data);
    write!(out, "\nendstream\nendobj\nstartxref\n{at}\n%%EOF\n").unwrap();
}

fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn numbers(count: usize) -> String {
    "0 ".repeat(count)
}

fn references(numbers: impl Iterator<Item = u32>) -> String {
    numbers.fold(String::new(), |mut list, number| {
        write!(list, "{number} 0 R ").unwrap();
        list
    })
}

/// The catalog with more in it, the page tree and a page: objects 1 to 3.
fn page(catalog: &str, page: &str) -> Vec<(u32, Body)> {
    vec![
        (1, Body::Plain(format!("<</Type/Catalog/Pages 2 0 R{catalog}>>"))),
        (2, Body::Plain("<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]>>".to_owned())),
        (3, Body::Plain(format!("<</Type/Page/Parent 2 0 R{page}>>"))),
    ]
}

/// A form with these fields, from object 10 on, and more objects.
fn form(fields: impl Iterator<Item = String>, more: Vec<(u32, Body)>) -> Vec<(u32, Body)> {
    let fields: Vec<Body> = fields.map(Body::Plain).collect();
    let behind = 10 + u32::try_from(fields.len()).unwrap();
    let list = references(10..behind);
    let mut objects = page(&format!("/AcroForm<</Fields[{list}]>>"), "");
    objects.extend(more);
    objects.extend((10..).zip(fields));
    objects
}

/// One page, nothing else.
pub fn pdf_plain() -> Vec<u8> {
    written(&page("", ""), "")
}

/// A signature field whose value is a dictionary with so many numbers, over so many kids.
pub fn pdf_kids(numbers_of_value: usize, kids: u32) -> HostileDocument {
    let mut objects = page("/AcroForm<</Fields[4 0 R]>>", "");
    let list = references(10..10 + kids);
    let value = numbers(numbers_of_value);
    objects.push((4, Body::Plain(format!("<</T(a)/FT/Sig/V<</A[{value}]>>/Kids[{list}]>>"))));
    objects.extend((10..10 + kids).map(|kid| (kid, Body::Plain("<</T(b)/Parent 4 0 R>>".into()))));
    invisible("a field's value, inherited by many kids", written(&objects, ""))
}

/// A field of a name of so many letters, over so many kids.
pub fn pdf_names(letters: usize, kids: u32) -> HostileDocument {
    let mut objects = page("/AcroForm<</Fields[4 0 R]>>", "");
    let list = references(10..10 + kids);
    let name = "a".repeat(letters);
    objects.push((4, Body::Plain(format!("<</T({name})/FT/Tx/Kids[{list}]>>"))));
    objects.extend((10..10 + kids).map(|kid| (kid, Body::Plain(format!("<</T(b{kid})>>")))));
    invisible("a field's name, inherited by many kids", written(&objects, ""))
}

/// Resources of so many entries above so many levels of the page tree.
pub fn pdf_resources(entries: usize, levels: u32) -> HostileDocument {
    let mut resources = String::new();
    for entry in 0..entries {
        write!(resources, "/A{entry} 0").unwrap();
    }
    let mut objects = vec![
        (1, Body::Plain("<</Type/Catalog/Pages 2 0 R>>".to_owned())),
        (2, Body::Plain(format!("<</Type/Pages/Kids[10 0 R]/Resources<<{resources}>>>>"))),
    ];
    for level in 10..10 + levels {
        objects.push((level, Body::Plain(format!("<</Type/Pages/Kids[{} 0 R]>>", level + 1))));
    }
    objects.push((10 + levels, Body::Plain("<</Type/Page>>".to_owned())));
    invisible("resources inherited through many levels", written(&objects, ""))
}

/// So many signature fields with one and the same value, a dictionary with so many numbers.
pub fn pdf_values(numbers_of_value: usize, fields: u32) -> HostileDocument {
    let value = (4, Body::Plain(format!("<</A[{}]>>", numbers(numbers_of_value))));
    let fields = (0..fields).map(|field| format!("<</T(f{field})/FT/Sig/V 4 0 R>>"));
    invisible("many fields with one value", written(&form(fields, vec![value]), ""))
}

/// A page with so many numbers, which the page tree names so many times.
pub fn pdf_large_page(numbers_of_page: usize, times: usize) -> HostileDocument {
    let kids = "3 0 R ".repeat(times);
    let mut objects = page("", &format!("/A[{}]", numbers(numbers_of_page)));
    objects[1].1 = Body::Plain(format!("<</Type/Pages/Kids[{kids}]/MediaBox[0 0 595 842]>>"));
    at_word("a large page that is named again and again", written(&objects, ""))
}

/// Fields of so many values each, packed.
pub fn pdf_packed_fields(values: usize, fields: u32) -> HostileDocument {
    let value = numbers(values);
    let fields = (0..fields.min(300)).map(|field| format!("<</T(f{field})/FT/Tx/A[{value}]>>"));
    invisible("large fields, packed", packed(form(fields, Vec::new())))
}

/// Levels of the page tree whose kids are one and the same long list, packed.
pub fn pdf_shared_kids(kids: usize, levels: u32) -> HostileDocument {
    let mut objects = vec![
        (1, Body::Plain("<</Type/Catalog/Pages 10 0 R>>".to_owned())),
        (4, Body::Plain(format!("[{}{}]", references(11..11 + levels), "5 0 R ".repeat(kids)))),
    ];
    for level in 10..10 + levels {
        objects.push((level, Body::Plain("<</Type/Pages/Kids 4 0 R>>".to_owned())));
    }
    invisible("levels of pages with the same kids, packed", packed(objects))
}

/// A catalog of so many entries, packed.
pub fn pdf_packed_catalog(entries: usize) -> HostileDocument {
    let more = "/A 0".repeat(entries);
    invisible("a catalog of many entries, packed", packed(page(&more, "")))
}

/// So many cross-reference entries that all lead to the beginning of so many blanks.
pub fn pdf_blanks(blanks: usize, entries: usize) -> HostileDocument {
    let mut out = b"%PDF-1.7\n".to_vec();
    let at = out.len();
    out.extend(vec![b' '; blanks]);
    let mut rows = vec![[1, at, 0]; entries + 10];
    rows[0] = [0, 0, 0];
    for (number, body) in page("", "") {
        let Body::Plain(text) = body else { continue };
        rows[number as usize] = [1, out.len(), 0];
        write!(out, "{number} 0 obj\n{text}\nendobj\n").unwrap();
    }
    let number = u32::try_from(rows.len() - 1).unwrap();
    section_of(&mut out, number, &mut rows);
    invisible("entries that lead to many blanks", out)
}

/// A cross-reference stream whose predictor has rows of gigabytes.
pub fn pdf_columns() -> HostileDocument {
    let mut objects = page("/Metadata 5 0 R", "");
    let parameters = "/DecodeParms<</Predictor 12/Colors 64/BitsPerComponent 16/Columns 16777216>>";
    let data = deflate(&[2; 1000]);
    objects.push((5, Body::Stream(format!("/Filter/FlateDecode{parameters}"), data)));
    let settings =
        json!({ "visible": { "place": { "COORDINATE": { "page": 1, "x": 1, "y": 1 } } } });
    let document = written(&objects, "");
    HostileDocument { name: "rows of gigabytes", format: SealedAs::Pades, document, settings }
}

/// The metadata under eight filters that each make four bytes of one.
pub fn pdf_expanding(bytes: usize) -> HostileDocument {
    let mut objects = page("/Metadata 5 0 R", "");
    let filters = "/A85".repeat(8);
    objects.push((5, Body::Stream(format!("/Filter[{filters}]"), vec![b'z'; bytes])));
    let settings =
        json!({ "visible": { "place": { "COORDINATE": { "page": 1, "x": 1, "y": 1 } } } });
    let document = written(&objects, "");
    HostileDocument { name: "filters that expand", format: SealedAs::Pades, document, settings }
}

/// A page whose contents unpack to so many bytes, deflated twice.
pub fn pdf_twice_deflated(bytes: usize) -> HostileDocument {
    let mut objects = page("", "/Contents 5 0 R");
    let data = deflate(&deflate(&vec![b' '; bytes]));
    objects.push((5, Body::Stream("/Filter[/FlateDecode/FlateDecode]".to_owned(), data)));
    at_word("contents that are deflated twice", written(&objects, ""))
}

/// Forms that show the next one twice, so many levels deep.
pub fn pdf_nested_forms(depth: u32) -> HostileDocument {
    let mut objects = page("", "/Contents 5 0 R/Resources<</XObject<</X 10 0 R>>>>");
    objects.push((5, Body::Stream(String::new(), b"/X Do /X Do".to_vec())));
    for form in 10..10 + depth {
        let resources = format!("/Subtype/Form/Resources<</XObject<</X {} 0 R>>>>", form + 1);
        objects.push((form, Body::Stream(resources, b"/X Do /X Do".to_vec())));
    }
    objects.push((10 + depth, Body::Stream("/Subtype/Form".to_owned(), Vec::new())));
    at_word("forms inside each other", written(&objects, ""))
}

/// So many forms with the same resources of so many entries.
pub fn pdf_shared_resources(forms: u32, entries: u32) -> HostileDocument {
    let mut objects = page("", "/Contents 5 0 R/Resources 6 0 R");
    objects.push((5, Body::Stream(String::new(), b"BT ET".to_vec())));
    let mut list = String::new();
    for form in 0..entries.max(forms) {
        write!(list, "/X{form} {} 0 R", 10 + form % forms).unwrap();
    }
    objects.push((6, Body::Plain(format!("<</XObject<<{list}>>>>"))));
    for form in 10..10 + forms {
        let dictionary = "/Subtype/Form/Resources 6 0 R".to_owned();
        objects.push((form, Body::Stream(dictionary, b" ".to_vec())));
    }
    at_word("forms with the same resources", written(&objects, ""))
}

/// A page that shows one stream of so many bytes so many times.
pub fn pdf_repeated_contents(bytes: usize, times: usize) -> HostileDocument {
    let mut objects = page("", &format!("/Contents[{}]", "5 0 R ".repeat(times)));
    objects.push((5, Body::Stream(String::new(), vec![b' '; bytes])));
    at_word("contents that are repeated", written(&objects, ""))
}

/// A page that sets another font so many times.
pub fn pdf_fonts(times: usize) -> HostileDocument {
    let font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>";
    let mut list = String::new();
    for number in 0..100 {
        write!(list, "/F{number} {font}").unwrap();
    }
    let resources = format!("/Contents 5 0 R/Resources<</Font<<{list}>>>>");
    let mut objects = page("", &resources);
    let mut text = String::new();
    for number in 0..times {
        write!(text, "/F{} 1 Tf ", number % 100).unwrap();
    }
    objects.push((5, Body::Stream("/Filter/FlateDecode".to_owned(), deflate(text.as_bytes()))));
    at_word("fonts that are set again and again", written(&objects, ""))
}

/// A signed file, whose signature covers all of it.
fn signed(signature: &str, fields: &str, more: Vec<(u32, Body)>) -> Vec<u8> {
    let mut objects = page(&format!("/AcroForm<</Fields[4 0 R {fields}]/SigFlags 3>>"), "");
    let wide = if more.iter().any(|it| it.0 == 6) { "/Wide 6 0 R" } else { "" };
    objects.push((4, Body::Plain(format!("<</T(s)/FT/Sig/V 5 0 R{wide}>>"))));
    let value = format!(
        "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached{signature}/ByteRange[0 \
         AAAAAAAAAA BBBBBBBBBB CCCCCCCCCC]/Contents<0000>>>"
    );
    objects.push((5, Body::Plain(value)));
    objects.extend(more);
    let mut bytes = written(&objects, "");
    let find = |bytes: &[u8], wanted: &[u8]| {
        bytes.windows(wanted.len()).position(|it| it == wanted).unwrap()
    };
    let gap = find(&bytes, b"<0000>");
    let numbers = [gap, gap + 6, bytes.len() - gap - 6];
    for (mark, number) in [b"AAAAAAAAAA", b"BBBBBBBBBB", b"CCCCCCCCCC"].into_iter().zip(numbers) {
        let at = find(&bytes, mark);
        bytes[at..at + 10].copy_from_slice(format!("{number:<10}").as_bytes());
    }
    bytes
}

/// A signature with so many transforms that have the same parameters, so many numbers.
pub fn pdf_transforms(transforms: usize, numbers_of_parameters: usize) -> HostileDocument {
    let more = vec![
        (6, Body::Plain(format!("<</A[{}]>>", numbers(numbers_of_parameters)))),
        (7, Body::Plain("<</TransformMethod/DocMDP/TransformParams 6 0 R>>".to_owned())),
    ];
    let signature = format!("/Reference[{}]", "7 0 R ".repeat(transforms));
    invisible("a signature with many transforms", signed(&signature, "", more))
}

/// A field that demands one of so many reasons, all the same text of so many letters.
pub fn pdf_reasons(letters: usize, reasons: usize) -> HostileDocument {
    let list = "6 0 R ".repeat(reasons);
    let more = vec![(6, Body::Plain(format!("({})", "a".repeat(letters))))];
    let field = format!("<</T(s)/FT/Sig/SV<</Ff 8/Reasons[{list}]>>>>");
    let document = written(&form(std::iter::once(field), more), "");
    let settings = json!({ "field": "s", "reason": "b" });
    HostileDocument {
        name: "a field that demands long reasons",
        format: SealedAs::Pades,
        document,
        settings,
    }
}

/// A signature that locks all fields but so many, none of which can be signed.
pub fn pdf_locks(fields: u32) -> HostileDocument {
    let mut names = String::new();
    let mut list = String::new();
    let mut more = Vec::new();
    for field in 0..fields {
        write!(names, "(n{field:06}.)").unwrap();
        write!(list, "{} 0 R ", 10 + field).unwrap();
        more.push((10 + field, Body::Plain(format!("<</T(f{field:06})/FT/Tx>>"))));
    }
    let signature = format!(
        "/Reference[<</TransformMethod/FieldMDP/TransformParams<</Action/Exclude/Fields[{names}]>>>>]"
    );
    let document = signed(&signature, &list, more);
    invisible("a lock with many names", document)
}

/// A signed file in which an object of so many entries was replaced by one that means the same.
pub fn pdf_wide_change(entries: usize) -> HostileDocument {
    let written_as = |zero: &str| {
        let mut text = String::new();
        for entry in 0..entries {
            write!(text, "/A{entry:06} {zero}").unwrap();
        }
        format!("<<{text}>>")
    };
    let mut bytes = signed("", "", vec![(6, Body::Plain(written_as("0")))]);
    let start = bytes.windows(9).rposition(|it| it == b"startxref").unwrap();
    let before: String =
        bytes[start + 9..].iter().map(|it| char::from(*it)).filter(char::is_ascii_digit).collect();
    let at = bytes.len();
    write!(bytes, "6 0 obj\n{}\nendobj\n", written_as("0.0")).unwrap();
    let table = bytes.len();
    write!(
        bytes,
        "xref\n6 1\n{at:010} 00000 n \ntrailer\n<</Size 7/Root 1 0 R/Prev {before}>>\nstartxref\n{table}\n%%EOF\n"
    )
    .unwrap();
    invisible("a wide object that was replaced", bytes)
}

/// Objects that so many references lead to, behind a comment of so many letters.
pub fn pdf_comments(letters: usize, times: usize) -> HostileDocument {
    let mut objects = page("", &format!("/Annots[{}]", "5 0 R ".repeat(times)));
    objects.push((5, Body::Plain(format!("%{}\n<</Subtype/Link>>", "x".repeat(letters)))));
    let settings = json!({ "activeContent": "REFUSE" });
    let document = written(&objects, "");
    HostileDocument {
        name: "a comment that is passed often",
        format: SealedAs::Pades,
        document,
        settings,
    }
}

/// A page that starts a program when it is shown.
pub fn pdf_launch() -> HostileDocument {
    let document = written(&page("", "/AA<</O<</S/Launch/F(calc.exe)>>>>"), "");
    let settings: Value = json!({});
    HostileDocument {
        name: "a page that starts a program",
        format: SealedAs::Pades,
        document,
        settings,
    }
}
