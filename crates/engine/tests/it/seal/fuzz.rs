//! Every fuzz body, fed with changed seeds: a short while as a test, and as long as FUZZ_SECONDS says
//! where no fuzzer can be had (`make fuzz`). The seeds are also the fuzzer's.

mod lasting;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::bodies;
use super::support::INVOICE;
use crate::pdf::made;
use chancery_testing::changes::{self, Xorshift, fuzz_seconds};
use chancery_testing::judges::repository;
use chancery_testing::long_pdf::{Structure, long_pdf};

/// One target: its name, its body, its first inputs.
type Target = (&'static str, fn(&[u8]), fn() -> Vec<Vec<u8>>);

const TARGETS: [Target; 23] = [
    ("sealing", |bytes| drop(bodies::sealing(bytes)), choices),
    ("insertion", bodies::insertion, insertions),
    ("source", bodies::source, documents),
    ("location", bodies::location, locations),
    ("transforms", bodies::transforms, expressions),
    ("settings", bodies::settings, settings),
    ("pdf", bodies::pdf, pdfs),
    ("pades", bodies::pades, sealable),
    ("cms", bodies::cms, files),
    ("images", bodies::images, images),
    ("fonts", bodies::fonts, fonts),
    ("certificates", bodies::certificates, certificates),
    ("timestamps", bodies::timestamps, time_stamped),
    ("schema", bodies::schema, validated),
    ("invoices", bodies::invoices, invoices),
    ("strangers", bodies::strangers, signed_by_others),
    ("texts", bodies::texts, texts),
    ("verify", bodies::verify, verifiable),
    ("crl", bodies::revocation_lists, lasting::revocation_lists),
    ("ocsp", bodies::answers, lasting::answers),
    ("evidence", bodies::evidence, lasting::evidence),
    ("trusted_lists", bodies::trusted_lists, lasting::trusted_lists),
    ("archives", bodies::archives, lasting::archives),
];

/// What once broke a promise of a target, or cost too much there.
fn crashes(target: &str) -> Vec<Vec<u8>> {
    let folder = repository().join("fuzz/crashes").join(target);
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Answers of a TSA with keys of both kinds, and the tokens in them.
fn time_stamped() -> Vec<Vec<u8>> {
    use chancery_engine::domain::profile::DigestAlgorithm;
    use chancery_engine::pki::digest::Digest;
    use chancery_engine::pki::timestamp::TimestampRequest;
    use chancery_testing::tsa::TSA;
    let imprint = Digest::of(DigestAlgorithm::Sha256, bodies::TIME_STAMPED);
    let request = TimestampRequest::new(imprint, None, Some(1)).unwrap().to_der().unwrap();
    let settings = "accuracy=secs:2, millisecs:500\nclock_precision_digits=3\ntsa_name=yes";
    let answers = ["rsa", "ec", "ec384"].map(|name| TSA.answer(&request, name, settings));
    let rejection = TSA.answer(&request, "rsa", "digests=sha512");
    let both = answers.into_iter().flat_map(|answer| [TSA.token(&answer), answer]);
    both.chain([rejection]).collect()
}

/// Invoices of every syntax, plain, sealed, and in a PDF.
fn invoices() -> Vec<Vec<u8>> {
    let names = [
        "readable/cii.xml",
        "readable/fatturapa-lot.xml",
        "readable/fatturapa-simplified.xml",
        "invoice-minimal/sealed.xml",
        "invoice-peppol-25-lines/input.xml",
        "credit-note/input.xml",
        "pdf/invoice-pdfa-3b.pdf",
    ];
    names.map(|name| fs::read(repository().join("samples").join(name)).unwrap()).to_vec()
}

/// Pictures of both kinds, and a picture whose header promises more than there is.
fn images() -> Vec<Vec<u8>> {
    let png = |color, width: u32, height: u32| {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(color);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().unwrap();
        let pixels = vec![77; width as usize * height as usize * color.samples()];
        writer.write_image_data(&pixels).unwrap();
        writer.finish().unwrap();
        file
    };
    let mut jpeg = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, 90);
    encoder.encode(&[99; 8 * 8 * 3], 8, 8, jpeg_encoder::ColorType::Rgb).unwrap();
    let mut large = png(png::ColorType::Rgb, 3, 3);
    large[16..24].copy_from_slice(&[0, 0, 0x70, 0, 0, 0, 0x70, 0]);
    let mut all = vec![jpeg, large];
    for color in [png::ColorType::Rgba, png::ColorType::Grayscale, png::ColorType::GrayscaleAlpha] {
        all.push(png(color, 5, 4));
    }
    all.push(b"\x89PNG\r\n\x1A\n".to_vec());
    all.push(vec![0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0]);
    all
}

/// Programs of fonts with the letters A and B, each as what it is: TrueType, Type 1, CFF, OpenType.
fn sound_fonts() -> Vec<Vec<u8>> {
    let folder = repository().join("crates/engine/tests/it/pades/fonts");
    let program = |(kind, name): (u8, &str)| {
        [vec![kind], fs::read(folder.join(format!("outlines.{name}"))).unwrap()].concat()
    };
    [(0, "ttf"), (1, "type1"), (2, "cff"), (3, "ttf"), (4, "cff"), (5, "otf")].map(program).to_vec()
}

/// The same, each also as what it is not.
fn fonts() -> Vec<Vec<u8>> {
    let sound = sound_fonts();
    let kinds = (0..).take(bodies::FONT_KINDS.len());
    kinds
        .flat_map(|kind: u8| sound.iter().map(move |it| [&[kind][..], &it[1..]].concat()))
        .collect()
}

#[test]
fn words_are_found_in_sound_fonts() {
    let codes = sound_fonts().into_iter().map(|font| bodies::finds_word(&font).map(|it| it.code()));
    // Those whose codes are numbers of glyphs say nothing of letters without a map (ISO 32000-1, 9.10.2).
    let missing = Some("pdf-placeholder-missing");
    assert_eq!(codes.collect::<Vec<_>>(), [None, None, None, missing, missing, missing]);
}

/// PEM, DER and PKCS#7, alone and together.
fn certificates() -> Vec<Vec<u8>> {
    let pem = fs::read(repository().join("crates/engine/tests/it/seal/bodies/certificate.pem"));
    let pem = pem.unwrap();
    let der = bodies::certificate_der();
    let mut all = files();
    all.truncate(4);
    all.extend([pem.repeat(2), der.repeat(2), pem, der]);
    all
}

/// Documents of the schema, and others.
fn validated() -> Vec<Vec<u8>> {
    [
        "<s xmlns='urn:s' i='1'><n>1.5</n><n>2</n><d>2026-01-31</d><p>aababc</p></s>",
        "<s xmlns='urn:s' i='x'><n>one</n></s>",
        "<s xmlns='urn:s'><p>ababababababababababababababababab</p></s>",
        "<s xmlns='urn:s'><d>2026-13-31</d><o:o xmlns:o='urn:o'>t</o:o></s>",
        "<s xmlns='urn:s' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:nil='true'/>",
        "<s>none</s>",
        "<s xmlns='urn:s'>text<!-- c --><?p i?><n/></s>",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

/// Documents with signatures, whose transforms are of every kind.
fn signed_by_others() -> Vec<Vec<u8>> {
    use chancery_testing::hostile;
    let transform = |algorithm: &str, inside: &str| {
        format!("<ds:Transform Algorithm=\"{algorithm}\">{inside}</ds:Transform>")
    };
    let xpath = "http://www.w3.org/TR/1999/REC-xpath-19991116";
    let all = [
        transform("http://www.w3.org/2000/09/xmldsig#enveloped-signature", ""),
        transform("http://www.w3.org/2001/10/xml-exc-c14n#", ""),
        transform("http://www.w3.org/2000/09/xmldsig#base64", ""),
        transform(xpath, "<ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath>"),
        transform(xpath, "<ds:XPath>self::b or count(//@*) = 2</ds:XPath>"),
        transform(
            "http://www.w3.org/2002/06/xmldsig-filter2",
            "<f:XPath xmlns:f=\"http://www.w3.org/2002/06/xmldsig-filter2\" Filter=\"subtract\">//c</f:XPath>",
        ),
    ];
    let mut documents: Vec<Vec<u8>> = Vec::new();
    for (position, one) in all.iter().enumerate() {
        let other = &all[(position + 1) % all.len()];
        let references = hostile::reference(&[one.as_str(), other].concat());
        let references = references + &hostile::reference(one).replace("URI=\"\"", "URI=\"#i\"");
        let signature = hostile::signature(&references);
        let document = format!("<a Id=\"i\"><b>MTIz</b><c d='1' e='2'/>{signature}</a>");
        documents.push(document.into_bytes());
    }
    documents.push(hostile::signatures_far_down(3).document);
    documents.push(hostile::stamps(3, 2).document);
    documents.push(hostile::stamped_properties(9, 3, 2).document);
    documents
}

/// Seals of every kind, of the key that the target trusts, which pass; and what others signed.
fn verifiable() -> Vec<Vec<u8>> {
    use chancery_engine::domain::profile::Profile;
    use chancery_engine::seal::Limits;
    use serde_json::json;
    let small = b"<a Id='i'><b>MTIz</b>text</a>".to_vec();
    let xades = |settings: serde_json::Value| {
        Profile::Xades(Box::new(bodies::profile(settings.as_object().unwrap()).unwrap()))
    };
    let cades = |settings| Profile::Cades(Box::new(serde_json::from_value(settings).unwrap()));
    let mut all = Vec::new();
    for (document, profile) in [
        (small.clone(), xades(json!({}))),
        (small.clone(), xades(json!({ "packaging": "ENVELOPING" }))),
        (small.clone(), xades(json!({ "packaging": "ASIC_E" }))),
        (small.clone(), cades(json!({}))),
        (small, cades(json!({ "packaging": "ASIC_E" }))),
        (made::simple(), Profile::Pades(Box::default())),
    ] {
        let sealed = bodies::seal_only(document, &profile, &Limits::default()).unwrap();
        assert!(bodies::passes(&sealed), "{profile:?}");
        all.push(sealed);
    }
    let containers = repository().join("crates/engine/tests/data/asic");
    for name in ["dss-cades-twice.asice", "dss-xades.asics"] {
        all.push(fs::read(containers.join(name)).unwrap());
    }
    all.extend(signed_by_others());
    all.extend(files());
    all
}

/// Something for each reader of texts.
fn texts() -> Vec<Vec<u8>> {
    let own = |path: &str| fs::read_to_string(repository().join(path)).unwrap();
    let mut all = vec![
        "name\nCN=ACME Seal,O=\"ACME, Lda\"+serialNumber=1,2.5.4.97=VATPT-1,C=PT".to_owned(),
        "name\n/C=PT/O=ACME/CN=#hash \\, \\C3\\A7".to_owned(),
        "secret\nwhsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(),
        "secret\nwhsk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned(),
        format!("token\n{}", bodies::token()),
        "letter\n{{ issuer.name }}\n--\n{% for d in documents %}{{ d.name }}{% if d.sealed %}!\
         {% endif %}{% endfor %}\n--\n<p>{{- link -}}{# x #}{% if not attached %}c{% endif %}</p>"
            .to_owned(),
    ];
    all.push(format!("calendar\n{}", own("crates/engine/src/pki/calendar.toml")));
    for profile in ["peppol", "pades-b", "asic-e"] {
        all.push(format!("profile\n{}", own(&format!("profiles/{profile}.toml"))));
    }
    all.into_iter().map(String::into_bytes).collect()
}

fn documents() -> Vec<Vec<u8>> {
    let mut all = vec![INVOICE.as_bytes().to_vec()];
    let folders = fs::read_dir(repository().join("samples")).unwrap();
    let mut files: Vec<PathBuf> =
        folders.map(|folder| folder.unwrap().path().join("input.xml")).collect();
    files.sort();
    all.extend(files.iter().filter_map(|file| fs::read(file).ok()));
    let utf16 = |text: &str, mark: [u8; 2]| {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        mark.into_iter().chain(units).collect::<Vec<u8>>()
    };
    all.push(utf16("<a>\r\n\u{1F4A9}<b/></a>", [0xFF, 0xFE]));
    all.push(b"<?xml version='1.0' encoding='ISO-8859-15'?><a b='\xA4'/>".to_vec());
    all
}

fn choices() -> Vec<Vec<u8>> {
    let mut random = Xorshift(7);
    (0..40).map(|_| (0..300).map(|_| random.byte()).collect()).collect()
}

fn insertions() -> Vec<Vec<u8>> {
    let mut random = Xorshift(3);
    let with_choices = |document: Vec<u8>| {
        let chosen: Vec<u8> = (0..24).map(|_| random.byte()).collect();
        [chosen, document].concat()
    };
    let small = documents().into_iter().filter(|document| document.len() < 10_000);
    small.map(with_choices).collect()
}

fn locations() -> Vec<Vec<u8>> {
    let document = "<r xmlns:p='urn:p'><p>1<c/></p><p/><p:q a='/>'>t</p:q ></r>";
    [
        "p",
        "/r/p[2]",
        "//c",
        "p:q",
        "{\"path\":\"/r/p\",\"index\":1,\"position\":\"AFTER\"}",
        "{\"localName\":\"q\",\"namespace\":\"urn:p\",\"firstEmpty\":true}",
        "{\"xpath\":\"//x:q[@a]\",\"namespaces\":{\"x\":\"urn:p\"},\"position\":\"FIRST_CHILD\"}",
    ]
    .map(|location| format!("{location}\n{document}").into_bytes())
    .to_vec()
}

fn expressions() -> Vec<Vec<u8>> {
    let document = "<r xmlns:p='urn:p' Id='i'><p:a xml:lang='de' b='1'>10</p:a><!--c--><?pi d?><a><a/>x</a></r>";
    [
        "count(ancestor-or-self::p:a | here()/ancestor::ds:Signature[1]) > count(//@*)",
        "not(ancestor-or-self::p:a)",
        "//p:a[last()]/following-sibling::node()[position() mod 2 = 1]",
        "id('i')//namespace::*",
        "translate(concat(substring(., 2), 'a'), 'a', 'b') = string(1 div 0)",
        "sum(//@b) + floor(-1.5) - round(2.5) * 3 or lang('de') and true()",
        "/descendant::a | //text()[normalize-space()] | //comment() | //processing-instruction('pi')",
    ]
    .map(|xpath| format!("{xpath}\n{document}").into_bytes())
    .to_vec()
}

fn settings() -> Vec<Vec<u8>> {
    let full = serde_json::to_vec(&bodies::profile(&serde_json::Map::new()).unwrap()).unwrap();
    let mut all = vec![full];
    for bytes in choices() {
        let settings = bodies::choices::Choices::new(&bytes).settings();
        all.push(serde_json::to_vec(&settings).unwrap());
    }
    all
}

/// Files of every structure, and those that once broke a promise.
fn pdfs() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = made::kinds().into_iter().map(|(_, bytes)| bytes).collect();
    all.push([&made::simple()[..], b"5 0 obj<</A(b)>>endobj startxref 1"].concat());
    let broken = repository().join("crates/engine/tests/it/pdf/broken");
    let mut files: Vec<PathBuf> =
        fs::read_dir(broken).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    all.extend(files.iter().map(|file| fs::read(file).unwrap()));
    all
}

/// The same and the samples, with choices in front: of each once with none made, then by chance.
fn sealable() -> Vec<Vec<u8>> {
    let mut all = pdfs();
    all.push(long_pdf(Structure::Streams, 2, 100));
    let samples = fs::read_dir(repository().join("samples").join("pdf")).unwrap();
    let mut files: Vec<PathBuf> = samples.map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|it| it == "pdf"));
    files.sort();
    let small = |bytes: &Vec<u8>| bytes.len() < 5_000;
    all.extend(files.iter().map(|file| fs::read(file).unwrap()).filter(small));
    let mut random = Xorshift(11);
    let mut chosen = |plain: bool| -> Vec<u8> {
        (0..bodies::CHOICES).map(|_| if plain { 0 } else { random.byte() }).collect()
    };
    all.iter()
        .flat_map(|pdf| [true, false].map(|plain| [chosen(plain), pdf.clone()].concat()))
        .collect()
}

/// Signatures that programs made, as DER and with indefinite lengths, ZIPs, and what is neither.
fn files() -> Vec<Vec<u8>> {
    let file = |name: &str| {
        fs::read(repository().join("crates/engine/tests/it/cms/seeds").join(name)).unwrap()
    };
    [
        "attached.p7m",
        "detached.p7s",
        "indefinite.p7m",
        "two-signers.p7m",
        "stored.zip",
        "deflated.zip",
    ]
    .map(file)
    .into_iter()
    .chain([INVOICE.as_bytes().to_vec()])
    .collect()
}

/// Words of XML and PDF.
const WORDS: [&str; 22] = [
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "/>",
    "&#13;",
    "xmlns:p=\"\"",
    " xmlns=''",
    "\r\n",
    "\u{FEFF}",
    "<ds:Signature/>",
    "'",
    "xml:base='../'",
    "::*",
    "1 0 R",
    "4 0 obj",
    "<<",
    "/Prev 9",
    "endstream",
    "startxref",
    "(",
    "[",
];

/// A few changes, with words of XML and PDF.
pub(super) fn change(random: &mut Xorshift, seeds: &[Vec<u8>]) -> Vec<u8> {
    changes::change(random, seeds, &WORDS)
}

/// As long as FUZZ_SECONDS says for each target; else so many times.
#[test]
fn bodies_hold_for_changed_seeds() {
    let seconds = fuzz_seconds();
    let only = std::env::var("FUZZ_TARGET").ok();
    for (name, body, seeds) in TARGETS {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let seeds = seeds();
        let mut random = Xorshift::of_run();
        let (begin, mut count) = (Instant::now(), 0);
        for seed in seeds.iter().chain(&crashes(name)) {
            body(seed);
        }
        let goes_on = |count: u32| match seconds {
            Some(seconds) => begin.elapsed() < Duration::from_secs(seconds),
            None => count < 150,
        };
        while goes_on(count) {
            let bytes = change(&mut random, &seeds);
            let outcome = std::panic::catch_unwind(|| body(&bytes));
            if outcome.is_err() {
                let file = repository().join("target").join(format!("fuzz-{name}"));
                fs::write(&file, &bytes).unwrap();
                panic!(
                    "{name} fails; the input is in {}: keep it in fuzz/crashes/{name}",
                    file.display()
                );
            }
            count += 1;
        }
        println!("{name}: {count} inputs");
    }
}

/// Puts the seeds where the fuzzer looks for them, when FUZZ_CORPUS names a folder.
#[test]
fn seeds_can_be_written() {
    let named = std::env::var_os("FUZZ_CORPUS").map(PathBuf::from);
    let scratch = tempfile::tempdir().unwrap();
    let folder = named.unwrap_or_else(|| scratch.path().to_owned());
    for (name, _, seeds) in TARGETS {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).unwrap();
        for (number, seed) in seeds().iter().enumerate() {
            fs::write(folder.join(format!("seed-{number}")), seed).unwrap();
        }
        assert!(fs::read_dir(&folder).unwrap().count() >= 7, "{name}");
    }
}
