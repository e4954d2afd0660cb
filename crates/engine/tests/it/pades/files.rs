//! PDFs made for the tests, and what qpdf and poppler say of them.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use chancery_engine::domain::refusal::PdfRefusal;
use chancery_engine::seal::pades::ObjectSink;
use chancery_engine::seal::pades::placeholder::Objects;
use chancery_engine::seal::pades::placement::{PageView, Placement, Rotation};
use chancery_engine::seal::pdf::object::{Dictionary, Indirect, Object, Reference, Stream};
use chancery_testing::judges::repository;

/// The objects of a file, by number from 1.
#[derive(Default)]
pub(super) struct PdfObjects {
    pub objects: Vec<Indirect>,
}

impl ObjectSink for PdfObjects {
    fn add(&mut self, object: Indirect) -> Reference {
        self.objects.push(object);
        Reference { number: u32::try_from(self.objects.len()).unwrap(), generation: 0 }
    }
}

impl Objects for PdfObjects {
    fn get(&self, reference: Reference) -> Result<Option<Indirect>, PdfRefusal> {
        Ok(self.objects.get(reference.number as usize - 1).cloned())
    }

    /// Only what the tests compress.
    fn decode(&self, stream: &Stream) -> Result<Vec<u8>, PdfRefusal> {
        let mut data = Vec::new();
        if stream.dictionary.get("Filter").is_none() {
            data.clone_from(&stream.data);
        } else {
            let mut decoder = flate2::read::ZlibDecoder::new(stream.data.as_slice());
            std::io::Read::read_to_end(&mut decoder, &mut data).unwrap();
        }
        Ok(data)
    }
}

pub(super) fn stream(data: &[u8]) -> Indirect {
    Indirect::Stream(Stream { dictionary: Dictionary::new(), data: data.to_vec() })
}

pub(super) fn numbers(values: &[f64]) -> Object {
    Object::Array(values.iter().copied().map(Object::real).collect())
}

impl PdfObjects {
    /// A file of one page, 300 by 200, with stripes on it and an appearance in an annotation.
    pub(super) fn page(mut self, rotate: i64, drawn: Option<(Placement, Stream)>) -> Vec<u8> {
        let contents = self.add(stream(
            b"0.8 0.9 1 rg 0 0 300 200 re f 1 0.8 0.6 rg 0 90 300 20 re f 140 0 20 200 re f",
        ));
        let annotations = drawn.map(|(placement, form)| {
            let form = self.add(Indirect::Stream(form));
            let annotation = Dictionary::new()
                .with("Type", Object::name("Annot"))
                .with("Subtype", Object::name("Stamp"))
                .with("Rect", numbers(&placement.rectangle))
                .with("F", Object::Integer(132))
                .with("AP", Dictionary::new().with("N", form));
            Object::Reference(self.add(Indirect::Object(annotation.into())))
        });
        let page = Dictionary::new()
            .with("Type", Object::name("Page"))
            .with("MediaBox", numbers(&[0.0, 0.0, 300.0, 200.0]))
            .with("Rotate", Object::Integer(rotate))
            .with("Resources", Dictionary::new())
            .with("Contents", contents)
            .with("Annots", Object::Array(annotations.into_iter().collect()));
        self.finish(vec![page])
    }

    /// The bytes of a file with these pages.
    pub(super) fn finish(mut self, pages: Vec<Dictionary>) -> Vec<u8> {
        let tree = Reference {
            number: u32::try_from(self.objects.len() + pages.len() + 1).unwrap(),
            generation: 0,
        };
        let count = i64::try_from(pages.len()).unwrap();
        let kids: Vec<Object> = pages
            .into_iter()
            .map(|page| self.add(Indirect::Object(page.with("Parent", tree).into())).into())
            .collect();
        let pages = Dictionary::new()
            .with("Type", Object::name("Pages"))
            .with("Count", Object::Integer(count))
            .with("Kids", kids);
        assert_eq!(self.add(Indirect::Object(pages.into())), tree);
        let root = Dictionary::new().with("Type", Object::name("Catalog")).with("Pages", tree);
        let root = self.add(Indirect::Object(root.into()));
        let mut out = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
        let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", self.objects.len() + 1);
        for (position, object) in self.objects.iter().enumerate() {
            writeln!(table, "{:010} 00000 n ", out.len()).unwrap();
            out.extend(format!("{} 0 obj\n", position + 1).as_bytes());
            object.write(&mut out);
            out.extend(b"\nendobj\n");
        }
        let start = out.len();
        let size = i64::try_from(self.objects.len() + 1).unwrap();
        let trailer = Dictionary::new().with("Size", Object::Integer(size)).with("Root", root);
        out.extend(table.as_bytes());
        out.extend(b"trailer\n");
        trailer.write(&mut out);
        out.extend(format!("\nstartxref\n{start}\n%%EOF\n").as_bytes());
        out
    }
}

/// The page of [`PdfObjects::page`].
pub(super) fn view(rotate: i64) -> PageView {
    PageView::new([0.0, 0.0, 300.0, 200.0], None, Rotation::from_degrees(rotate), 1.0)
}

/// What a tool prints about a file; it must be content with it.
pub(super) fn ask(tool: &str, arguments: &[&str], pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.pdf");
    std::fs::write(&path, pdf).unwrap();
    let arguments =
        arguments.iter().map(|it| if *it == "FILE" { path.to_str().unwrap() } else { it });
    let output = Command::new(tool).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "{tool}: {said}{complaint}");
    said
}

/// qpdf finds no fault, not even in streams.
pub(super) fn check(pdf: &[u8]) {
    let said = ask("qpdf", &["--check", "FILE"], pdf);
    assert!(said.contains("No syntax or stream encoding errors"), "{said}");
}

/// A page as poppler shows it: width, and pixels in red, green, blue.
pub(super) struct RenderedPage {
    pub width: usize,
    pub pixels: Vec<[u8; 3]>,
}

impl RenderedPage {
    /// The pixel at a place counted from the lower left, in 1/72 inch.
    pub(super) fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let height = self.pixels.len() / self.width;
        self.pixels[(height - 1 - y) * self.width + x]
    }

    fn read(png: &[u8]) -> Self {
        let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(info.color_type, png::ColorType::Rgb);
        let (pixels, _) = pixels.as_chunks::<3>();
        Self { width: info.width as usize, pixels: pixels.to_vec() }
    }
}

/// Shows the first page at 72 pixels per inch.
pub(super) fn show(pdf: &[u8]) -> RenderedPage {
    RenderedPage::read(&rendered(pdf, &["-r", "72"]))
}

/// The first page as PNG, or what the options of pdftoppm choose.
pub(super) fn rendered(pdf: &[u8], options: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file.pdf"), pdf).unwrap();
    let output = Command::new("pdftoppm")
        .args(options)
        .args(["-png", "-singlefile", "file.pdf", "page"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    std::fs::read(folder.path().join("page.png")).unwrap()
}

/// The page looks as in `golden/`, but for what other versions of a renderer do differently.
pub(super) fn looks_like(name: &str, pdf: &[u8]) {
    let golden =
        repository().join("crates/engine/tests/it/pades/golden").join(name).with_extension("png");
    is_picture(&golden, &rendered(pdf, &["-r", "72"]));
}

/// A PNG is the one in a file, but for what other versions of a renderer do differently.
pub(super) fn is_picture(golden: &Path, png: &[u8]) {
    let name = golden.display();
    if std::env::var_os("UPDATE_SAMPLES").is_some() {
        std::fs::write(golden, png).unwrap();
    }
    let expected = RenderedPage::read(&std::fs::read(golden).unwrap());
    let shown = RenderedPage::read(png);
    assert_eq!((shown.width, shown.pixels.len()), (expected.width, expected.pixels.len()));
    let (mut sum, mut strong) = (0_usize, 0_usize);
    for (a, b) in shown.pixels.iter().zip(&expected.pixels) {
        let difference = a.iter().zip(b).map(|(a, b)| usize::from(a.abs_diff(*b))).max().unwrap();
        sum += difference;
        strong += usize::from(difference > 128);
    }
    let count = shown.pixels.len();
    assert!(
        sum < count && strong * 200 < count,
        "{name} looks different: mean {sum}/{count}, strong {strong}"
    );
}

/// Nothing outside of the area differs from the page without the appearance.
pub(super) fn stays_inside(rotate: i64, area: [usize; 4], pdf: &[u8]) {
    let without = show(&PdfObjects::default().page(rotate, None));
    let with = show(pdf);
    let height = with.pixels.len() / with.width;
    let mut changed = 0;
    for y in 0..height {
        for x in 0..with.width {
            let inside = (area[0]..area[2]).contains(&x) && (area[1]..area[3]).contains(&y);
            if with.at(x, y) != without.at(x, y) {
                changed += 1;
                assert!(inside, "pixel {x}, {y} changed");
            }
        }
    }
    assert!(changed > 50, "nothing was drawn");
}
