//! Files that are written to harm: each is refused for what it does, or read, and soon.

use chancery_engine::domain::refusal::PdfRefusal;
use chancery_engine::seal::pdf::{PdfFile, PdfLimits};

use chancery_testing::cost;

use super::made::{self, Made, ONE_PAGE};
use super::support::{open, updated};

/// Opens a file and reads its pages and objects, at a cost that only a runaway exceeds.
fn walk(name: &str, bytes: &[u8]) -> Result<(), PdfRefusal> {
    let read = || {
        open(bytes).and_then(|file| {
            let pages: Vec<_> = file.pages()?.collect::<Result<_, _>>()?;
            for reference in file.references() {
                if let Ok(chancery_engine::seal::pdf::object::Indirect::Stream(stream)) =
                    file.get(reference)
                {
                    let _ = file.decode(&stream);
                }
            }
            file.page(i32::try_from(pages.len()).unwrap()).map(drop)
        })
    };
    cost::at_most(1000, name, read)
}

fn code(name: &str, bytes: &[u8]) -> &'static str {
    walk(name, bytes).map_or_else(|refusal| refusal.code(), |()| "read")
}

/// A file whose catalog has this value.
fn with(value: &str) -> Vec<u8> {
    let catalog = format!("<</Type/Catalog/Pages 2 0 R/Value {value}>>");
    let [_, pages, page, contents] = ONE_PAGE;
    Made::new("1.4").objects(1, &[&catalog, pages, page, contents]).table("")
}

/// A file whose page tree has these nodes, from number 2 on.
fn tree(nodes: &[&str]) -> Vec<u8> {
    Made::new("1.4").objects(1, &["<</Type/Catalog/Pages 2 0 R>>"]).objects(2, nodes).table("")
}

#[test]
fn circles_are_refused() {
    let mut prev = made::simple();
    let at = prev.windows(5).position(|window| window == b"xref\n").unwrap();
    let text = String::from_utf8(prev).unwrap();
    prev = text.replace("/Root", &format!("/Prev {at}/Root")).into_bytes();
    let kids = "<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>";
    let cases = [
        ("Prev", prev, "pdf-circle"),
        ("a node within itself", tree(&["<</Kids[2 0 R]/Count 9>>"]), "pdf-circle"),
        (
            "two nodes",
            tree(&["<</Kids[3 0 R]/Count 1>>", "<</Kids[2 0 R]/Count 1>>"]),
            "pdf-circle",
        ),
        ("a node twice", tree(&[kids, "<</Kids[4 0 R]/Count 1>>", "<</Type/Page>>"]), "pdf-circle"),
        ("references", tree(&["3 0 R", "2 0 R"]), "pdf-circle"),
        (
            "extended by itself",
            {
                Made::new("1.5")
                    .objects(1, &ONE_PAGE[..2])
                    .stream(4, "/Type/ObjStm/N 1/First 4/Extends 4 0 R", b"9 0 null")
                    .xref_stream(5, [1, 2, 1], &[(3, 4, 0)])
            },
            "pdf-circle",
        ),
        (
            "an object stream within itself",
            { Made::new("1.5").objects(1, &ONE_PAGE[..2]).xref_stream(5, [1, 2, 1], &[(3, 3, 0)]) },
            "pdf-damaged",
        ),
        (
            "Length of itself",
            {
                Made::new("1.4")
                    .objects(1, &ONE_PAGE)
                    .object(5, b"<</Length 5 0 R>>\nstream\nx\nendstream")
                    .table("")
            },
            "read",
        ),
    ];
    for (name, bytes, expected) in cases {
        assert_eq!(code(name, &bytes), expected, "{name}");
    }
}

#[test]
fn nesting_and_numbers_are_bounded() {
    let deep = 100_000;
    let nodes: Vec<String> =
        (3..300).map(|next| format!("<</Kids[{next} 0 R]/Count 1>>")).collect();
    let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
    let cases = [
        ("brackets", with(&"[".repeat(deep)), "pdf-too-deep"),
        (
            "closed brackets",
            with(&format!("{}{}", "[".repeat(deep), "]".repeat(deep))),
            "pdf-too-deep",
        ),
        ("dictionaries", with(&"<</A".repeat(deep)), "pdf-too-deep"),
        ("parentheses", with(&"(".repeat(deep)), "pdf-damaged"),
        ("page tree", tree(&nodes), "pdf-too-deep"),
        ("values", with(&format!("[{}]", "0 ".repeat(1_000_001))), "pdf-too-many-objects"),
        (
            "entries announced",
            {
                let text = String::from_utf8(made::simple()).unwrap();
                text.replace("xref\n0 1\n", "xref\n0 999999999\n").into_bytes()
            },
            "read",
        ),
        (
            "object numbers",
            {
                let text = String::from_utf8(made::simple()).unwrap();
                text.replace("\n4 1\n", "\n4294967295 1\n").into_bytes()
            },
            "read",
        ),
        ("widths", Made::new("1.5").objects(1, &ONE_PAGE).xref_stream(5, [0, 0, 0], &[]), "read"),
    ];
    for (name, bytes, expected) in cases {
        assert_eq!(code(name, &bytes), expected, "{name}");
    }
}

/// A length that cannot be read is searched; one that costs too much is refused.
#[test]
fn a_length_that_is_too_deep_is_no_missing_length() {
    let with_length = |length: &str| {
        let made = Made::new("1.4").objects(1, &ONE_PAGE).object(5, length.as_bytes());
        made.object(6, b"<</Length 5 0 R>>\nstream\nx\nendstream").table("")
    };
    let read = |bytes: &[u8]| {
        let reference = chancery_engine::seal::pdf::object::Reference { number: 6, generation: 0 };
        open(bytes)?.get(reference).map(drop)
    };
    assert_eq!(read(&with_length("1 ]")), Ok(()));
    assert_eq!(read(&with_length("]")), Ok(()));
    let refusal = read(&with_length(&"[".repeat(200))).unwrap_err();
    assert_eq!(refusal.code(), "pdf-too-deep");
}

#[test]
fn what_unpacks_to_too_much_is_refused() {
    let limits = PdfLimits { unpacked: 1 << 20, ..PdfLimits::default() };
    let zeros = vec![0; 64 << 20];
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packed, &zeros).unwrap();
    let packed = packed.finish().unwrap();
    let bomb = Made::new("1.5")
        .objects(1, &ONE_PAGE[..2])
        .stream(4, "/Type/ObjStm/N 1/First 4/Filter/FlateDecode", &packed)
        .xref_stream(5, [1, 3, 1], &[(3, 4, 0)]);
    let file = PdfFile::open(&bomb, &limits).unwrap();
    let refusal = cost::at_most(1000, "a bomb", || file.page(1).unwrap_err());
    assert_eq!(refusal.code(), "pdf-too-much-data");
}

#[test]
fn searches_do_not_run_away() {
    let start = |piece: &str| {
        let text = piece.repeat(2_000_000 / piece.len());
        format!("%PDF-1.4\n{text}\nstartxref\n1\n%%EOF").into_bytes()
    };
    for piece in ["1 0 obj(", "1 0 obj<<>>stream\n", "1 0 obj ", "trailer ", "1 0 obj<", "obj"] {
        assert!(walk(piece, &start(piece)).is_err(), "{piece}");
    }
}

#[test]
fn cut_files_are_refused_or_whole() {
    for (name, bytes) in made::kinds() {
        // an update after it: its loss must not go unnoticed
        let bytes = updated(&bytes).unwrap();
        for part in 1..50 {
            let cut = &bytes[..bytes.len() * part / 50];
            let _ = walk(name, cut);
            let _ = updated(cut);
        }
        let first_end = bytes.windows(5).position(|window| window == b"%%EOF").unwrap();
        for length in first_end + 40..bytes.len() - 30 {
            let refusal = walk(name, &bytes[..length]).unwrap_err();
            assert_eq!(refusal.code(), "pdf-truncated", "{name} at {length}");
        }
    }
}

#[test]
fn what_is_no_pdf_is_told_so() {
    let far = [&[b' '; 1100], made::simple().as_slice()].concat();
    let cases: [(&[u8], &str); 5] = [
        (b"", "pdf-none"),
        (b"<?xml version='1.0'?><a/>", "pdf-none"),
        (&far, "pdf-none"),
        (b"%PDF-1.7", "pdf-truncated"),
        (b"%PDF-1.7\nstartxref\n0\n%%EOF", "pdf-damaged"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(code("no file", bytes), expected);
    }
}
