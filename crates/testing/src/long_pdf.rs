//! PDFs as invoicing programs write them, of any length: pages of packed text, an embedded font, a
//! picture. What is random in them is the same every time.

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// The word on the last page that a seal can be put at.
pub const PLACEHOLDER: &str = "#seal#";

/// Bytes of the font, and of the picture where it is a logo.
const FONT: usize = 25_000;
pub const LOGO: usize = 8_500;

/// Pages below one node of the tree, and objects in one object stream.
const KIDS: usize = 50;
const PACKED: usize = 100;

/// Lines of a page; packed they take some [`PAGE`] bytes with the page itself.
const LINES: usize = 62;
pub const PAGE: usize = 2_290;

/// How objects are found (ISO 32000-1, 7.5.4 or 7.5.8).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Structure {
    /// A classic table.
    Table,
    /// Object streams and a cross-reference stream.
    Streams,
}

/// What an object is: a stream cannot be in an object stream.
enum Body {
    Plain(String),
    Stream(String, Vec<u8>),
}

/// A PDF of so many pages with a picture of so many bytes. Three pages and [`LOGO`] are 43 KB.
pub fn long_pdf(structure: Structure, pages: usize, picture: usize) -> Vec<u8> {
    let bodies = bodies(pages, picture);
    match structure {
        Structure::Table => with_table(&bodies),
        Structure::Streams => with_streams(bodies),
    }
}

/// The objects from number 1 on.
fn bodies(pages: usize, picture: usize) -> Vec<Body> {
    let plain = |text: &str| Body::Plain(text.to_owned());
    let mut random = 7_u64;
    let nodes = pages.div_ceil(KIDS);
    let first_node = 9;
    let first_page = first_node + nodes;
    let list = |numbers: std::ops::Range<usize>| {
        numbers.fold(String::new(), |mut text, number| {
            let _ = write!(text, "{number} 0 R ");
            text
        })
    };
    let mut bodies = vec![
        plain(
            "<</Type/Catalog/Pages 2 0 R/Lang(pt-PT)/ViewerPreferences<</DisplayDocTitle true>>>>",
        ),
        Body::Plain(format!(
            "<</Type/Pages/Kids[{}]/Count {pages}/MediaBox[0 0 595 842]>>",
            list(first_node..first_page)
        )),
        plain("<</Producer(Invoicing)/CreationDate(D:20260105120000Z)/Title(Invoice)>>"),
        plain("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"),
        Body::Plain(format!(
            "<</Type/Font/Subtype/TrueType/BaseFont/AAAAAA+Sans/FirstChar 32/LastChar 255\
             /Widths[{}]/FontDescriptor 6 0 R/Encoding/WinAnsiEncoding>>",
            "556 ".repeat(224)
        )),
        plain(
            "<</Type/FontDescriptor/FontName/AAAAAA+Sans/Flags 32/FontBBox[-600 -300 1300 1000]\
             /ItalicAngle 0/Ascent 900/Descent -200/CapHeight 700/StemV 80/FontFile2 7 0 R>>",
        ),
        Body::Stream(format!("/Length1 {FONT}"), noise(&mut random, FONT)),
        Body::Stream(
            format!(
                "/Type/XObject/Subtype/Image/Width 1/Height {picture}/BitsPerComponent 8\
                 /ColorSpace/DeviceGray"
            ),
            noise(&mut random, picture),
        ),
    ];
    for node in 0..nodes {
        let within = node * KIDS..pages.min((node + 1) * KIDS);
        let kids: Vec<String> =
            within.clone().map(|page| format!("{} 0 R", first_page + 2 * page)).collect();
        bodies.push(Body::Plain(format!(
            "<</Type/Pages/Parent 2 0 R/Kids[{}]/Count {}>>",
            kids.join(" "),
            within.len()
        )));
    }
    let text = lines(&mut random, "");
    let usual = deflate(text.as_bytes());
    for page in 0..pages {
        let (node, contents) = (first_node + page / KIDS, first_page + 2 * page + 1);
        bodies.push(Body::Plain(format!(
            "<</Type/Page/Parent {node} 0 R/Contents {contents} 0 R\
             /Resources<</Font<</F1 4 0 R/F2 5 0 R>>/XObject<</Im 8 0 R>>>>>>"
        )));
        let data = if page + 1 == pages {
            deflate(lines(&mut random, PLACEHOLDER).as_bytes())
        } else {
            usual.clone()
        };
        bodies.push(Body::Stream("/Filter/FlateDecode".to_owned(), data));
    }
    bodies
}

/// The text of a page, a word at its end.
fn lines(random: &mut u64, word: &str) -> String {
    let mut text = "q 90 0 0 30 40 780 cm /Im Do Q\nBT\n/F1 9 Tf\n".to_owned();
    for line in 0..LINES {
        let y = 760 - 11 * line;
        let [item, price, total] = [0; 3].map(|_: u8| next(random) % 1_000_000_000);
        let _ = writeln!(text, "1 0 0 1 40 {y} Tm (Item {item:09x} of the catalogue) Tj");
        let _ = writeln!(text, "1 0 0 1 300 {y} Tm ({price:012}) Tj");
        let _ = writeln!(text, "1 0 0 1 420 {y} Tm ({total:09}.{:02} EUR) Tj", price % 100);
    }
    let _ = writeln!(text, "1 0 0 1 40 60 Tm ({word}) Tj\nET");
    text
}

fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// xorshift64*.
fn next(random: &mut u64) -> u64 {
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 20
}

fn noise(random: &mut u64, length: usize) -> Vec<u8> {
    let words = std::iter::repeat_with(|| next(random).to_le_bytes());
    words.flat_map(|word| [word[0], word[1], word[2], word[3]]).take(length).collect()
}

/// Writes an object; gives where it lies.
fn write(out: &mut Vec<u8>, number: usize, body: &Body) -> usize {
    let at = out.len();
    match body {
        Body::Plain(text) => write!(out, "{number} 0 obj\n{text}\nendobj\n").unwrap(),
        Body::Stream(dictionary, data) => {
            let length = data.len();
            write!(out, "{number} 0 obj\n<<{dictionary}/Length {length}>>\nstream\n").unwrap();
            out.extend_from_slice(data);
            out.extend_from_slice(b"\nendstream\nendobj\n");
        }
    }
    at
}

fn with_table(bodies: &[Body]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut rows = "0000000000 65535 f \n".to_owned();
    for (number, body) in (1..).zip(bodies) {
        let _ = writeln!(rows, "{:010} 00000 n ", write(&mut out, number, body));
    }
    let (at, size) = (out.len(), bodies.len() + 1);
    write!(out, "xref\n0 {size}\n{rows}trailer\n<</Size {size}/Root 1 0 R/Info 3 0 R>>\n").unwrap();
    write!(out, "startxref\n{at}\n%%EOF\n").unwrap();
    out
}

fn with_streams(bodies: Vec<Body>) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut rows = vec![[0_usize, 0, 65_535]; bodies.len() + 1];
    let (mut plain, mut count) = (Vec::new(), bodies.len());
    for (number, body) in (1..).zip(bodies) {
        match body {
            Body::Plain(text) => plain.push((number, text)),
            Body::Stream(..) => rows[number] = [1, write(&mut out, number, &body), 0],
        }
    }
    for group in plain.chunks(PACKED) {
        count += 1;
        let (mut index, mut all) = (String::new(), String::new());
        for (position, (number, text)) in group.iter().enumerate() {
            let _ = write!(index, "{number} {} ", all.len());
            all.push_str(text);
            all.push('\n');
            rows[*number] = [2, count, position];
        }
        let dictionary =
            format!("/Type/ObjStm/N {}/First {}/Filter/FlateDecode", group.len(), index.len());
        let packed = Body::Stream(dictionary, deflate(format!("{index}{all}").as_bytes()));
        rows.push([1, write(&mut out, count, &packed), 0]);
    }
    let (at, size) = (out.len(), count + 2);
    rows.push([1, at, 0]);
    let octets = |[kind, place, detail]: &[usize; 3]| {
        let (place, detail) = (place.to_be_bytes(), detail.to_be_bytes());
        [&kind.to_be_bytes()[7..], &place[4..], &detail[6..]].concat()
    };
    let rows: Vec<u8> = rows.iter().flat_map(octets).collect();
    let dictionary =
        format!("/Type/XRef/Size {size}/W[1 4 2]/Root 1 0 R/Info 3 0 R/Filter/FlateDecode");
    write(&mut out, count + 1, &Body::Stream(dictionary, deflate(&rows)));
    write!(out, "startxref\n{at}\n%%EOF\n").unwrap();
    out
}
