//! Looks for what costs most for its length: inputs are changed, and a change that costs more is kept. The
//! worst that were found are in `fuzz/worst`, and are tried again here, where every run looks for worse a
//! short while, and `make fuzz` as long as FUZZ_SECONDS says. Each is also compared with itself eight times as
//! large: what grows with the square of its length shows there, however little it costs while it is small.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use chancery_engine::domain::cades::{CadesProfile, ExistingCmsSignatures};
use chancery_engine::domain::profile::Profile;
use chancery_engine::domain::transform::Transform;
use chancery_engine::seal::Limits;
use chancery_engine::seal::xml::guard;
use chancery_engine::seal::xml::source::Source;
use chancery_engine::seal::xml::transforms::{Present, dereference, general};
use chancery_engine::seal::xml::xpath::Budget;
use chancery_testing::changes::{Xorshift, fuzz_seconds};
use chancery_testing::cost;
use chancery_testing::hostile;
use chancery_testing::judges::repository;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde_json::json;

use super::bodies;
use super::fuzz::change;

/// What a whole document may cost beside what its length allows, in invoices ([`cost`]): 50 ms
/// (docs/decisions/0006).
const FREE: f64 = 50.0;
const PER_KILOBYTE: f64 = 50.0;

/// Longer inputs are not made: it is about the cost of each octet.
const LONGEST: usize = 6000;

/// How many times eight small ones a large one may cost, beside what is free.
const GROWTH: f64 = 3.0;

/// A kind of input: its name, the work, first inputs, how one is changed, and how it becomes eight times as
/// large.
struct Kind {
    name: &'static str,
    work: fn(&[u8]),
    seeds: fn() -> Vec<Vec<u8>>,
    change: fn(&mut Xorshift, &[Vec<u8>]) -> Vec<u8>,
    eightfold: fn(&[u8]) -> Vec<u8>,
    /// Invoices that the large one may cost whatever the small one costs: expressions, and words that are looked for on
    /// pages, have a budget that they may use up.
    growth_free: f64,
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "xpath",
        work: xpath,
        seeds: expressions,
        change: change_expression,
        eightfold: eight_contents,
        growth_free: FREE,
    },
    Kind {
        name: "pdf",
        work: pdf,
        seeds: pdfs,
        change: change_pdf,
        eightfold: eight_streams,
        growth_free: FREE,
    },
    Kind {
        name: "cms",
        work: cms,
        seeds: signatures,
        change,
        eightfold: |bytes| bytes.repeat(8),
        growth_free: 10.0,
    },
];

/// The first line is an expression, the rest the document, as a stranger's reference has them.
fn xpath(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some((xpath, document)) = text.split_once('\n') else { return };
    let limits = Limits::default();
    let Ok(source) = Source::read(document.as_bytes()) else { return };
    if guard::check(&source, &limits).is_err() {
        return;
    }
    let Ok(tree) = guard::parse(&source, &limits) else { return };
    let chain = [Transform::XPath { xpath: xpath.to_owned(), namespaces: [].into() }];
    let budget = Budget::of_document(document.len());
    let start = dereference(&tree, "").unwrap();
    let mut octets = Vec::new();
    let _ = general(Present::default(), start, &chain, &limits, &budget, &mut octets);
}

fn pdf(bytes: &[u8]) {
    let settings = json!({ "activeContent": "REFUSE",
        "visible": { "place": { "PLACEHOLDER": "#seal#" } } });
    let profile = Profile::Pades(Box::new(serde_json::from_value(settings).unwrap()));
    let _ = bodies::seal_only(bytes.to_vec(), &profile, &Limits::default());
}

fn cms(bytes: &[u8]) {
    let parallel = CadesProfile {
        existing_signatures: ExistingCmsSignatures::Parallel,
        ..CadesProfile::default()
    };
    let profile = Profile::Cades(Box::new(parallel));
    let _ = bodies::seal_only(bytes.to_vec(), &profile, &Limits::default());
}

fn expressions() -> Vec<Vec<u8>> {
    let document = hostile::wide(100);
    let mut random = Xorshift(5);
    let made = (0..4).map(|_| expression(&mut random, 4));
    let known = ["not(ancestor-or-self::b)", "translate(//b, 'abc1', 'xyz') = //b"];
    let all = made.chain(known.map(str::to_owned));
    all.map(|xpath| format!("{xpath}\n{document}").into_bytes()).collect()
}

fn pdfs() -> Vec<Vec<u8>> {
    vec![
        hostile::pdf_nested_forms(3).document,
        hostile::pdf_kids(20, 5).document,
        hostile::pdf_resources(5, 3).document,
        hostile::pdf_transforms(3, 3).document,
        hostile::pdf_reasons(9, 3).document,
        hostile::pdf_wide_change(5).document,
        hostile::pdf_comments(30, 4).document,
        hostile::pdf_fonts(30).document,
    ]
}

fn signatures() -> Vec<Vec<u8>> {
    vec![hostile::cms_signers(5).document, hostile::cms_nested(60).document]
}

/// An expression of the grammar (XPath 1.0), so many levels deep.
fn expression(random: &mut Xorshift, depth: usize) -> String {
    const STEPS: [&str; 12] = [
        "//node()",
        "//b",
        "..",
        ".",
        "following::node()",
        "preceding::node()",
        "ancestor-or-self::*",
        "@*",
        "namespace::*",
        "descendant::text()",
        "/a/b",
        "following-sibling::b[1]",
    ];
    const LITERALS: [&str; 5] = ["'1'", "'abcabcabc'", "'x'", "9", "0.1"];
    let Some(deeper) = depth.checked_sub(1) else {
        let all: Vec<&str> = STEPS.iter().chain(&LITERALS).copied().collect();
        return all[random.below(all.len())].to_owned();
    };
    let step = STEPS[random.below(STEPS.len())];
    let mut one = || expression(random, deeper);
    let (a, b) = (one(), one());
    match random.below(14) {
        0 => format!("count({step}[{a}]) > {b}"),
        1 => format!("{step}[{a}]"),
        2 => format!("{step}[{a}] | {step}"),
        3 => format!("translate({a}, {b}, '1')"),
        4 => format!("concat({a}, {b}, {a})"),
        5 => format!("contains({a}, {b})"),
        6 => format!("({a}) = ({b})"),
        7 => format!("({a}) < ({b})"),
        8 => format!("substring({a}, 2) or normalize-space({b})"),
        9 => format!("sum({step}) + number({a}) mod 7"),
        10 => format!("string-length({a}) * count({step})"),
        11 => format!("id({a}) | {step}"),
        12 => format!("substring-before({a}, {b})"),
        _ => format!("({a}) and not({b})"),
    }
}

/// Another expression within one, a piece of one repeated, or another document.
fn change_expression(random: &mut Xorshift, seeds: &[Vec<u8>]) -> Vec<u8> {
    let text = String::from_utf8_lossy(&seeds[random.below(seeds.len())]).into_owned();
    let (xpath, document) = text.split_once('\n').unwrap_or((&text, "<a/>"));
    let new = expression(random, 2);
    let (xpath, document) = match random.below(7) {
        0 => (format!("({xpath}) or {new}"), document.to_owned()),
        1 => (format!("{new} = ({xpath})"), document.to_owned()),
        2 => (format!("concat({xpath}, {new})"), document.to_owned()),
        3 => (format!("boolean(//b[{xpath}])"), document.to_owned()),
        4 => (
            xpath.replacen("'x'", &format!("'{}'", "ab".repeat(random.below(900))), 1),
            document.to_owned(),
        ),
        5 => (xpath.to_owned(), hostile::wide(random.below(400))),
        _ => (new, document.to_owned()),
    };
    format!("{xpath}\n{document}").into_bytes()
}

/// The document with eight times as much in its root.
fn eight_contents(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let parts = text.split_once('\n').and_then(|(xpath, document)| {
        let (open, rest) = document.split_once('>')?;
        let (inside, close) = rest.rsplit_once("</")?;
        Some(format!("{xpath}\n{open}>{}</{close}", inside.repeat(8)))
    });
    parts.map_or_else(|| bytes.to_vec(), String::into_bytes)
}

fn find(bytes: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    bytes.get(from..)?.windows(wanted.len()).position(|it| it == wanted).map(|at| at + from)
}

/// The streams of a file, each unpacked and made into another, which are packed again. Offsets are not set
/// right: the reader looks for its objects.
fn with_streams(bytes: &[u8], mut other: impl FnMut(usize, Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    const PACKED: &[u8] = b"/Filter/FlateDecode";
    const LENGTH: &[u8] = b"/Length ";
    const END: &[u8] = b"\nendstream";
    let (mut out, mut at, mut number) = (Vec::new(), 0, 0);
    while let Some(begin) = find(bytes, b"stream\n", at) {
        let begin = begin + b"stream\n".len();
        let Some(end) = find(bytes, END, begin) else { break };
        let head = &bytes[at..begin];
        let object = head.windows(4).rposition(|it| it == b" obj").unwrap_or(0);
        let packed = find(head, PACKED, object).is_some();
        let mut content = bytes[begin..end].to_vec();
        if packed {
            let mut unpacked = Vec::new();
            let _ = ZlibDecoder::new(&*content).take(1 << 20).read_to_end(&mut unpacked);
            content = unpacked;
        }
        content = other(number, content);
        if packed {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&content).unwrap();
            content = encoder.finish().unwrap();
        }
        match find(head, LENGTH, object) {
            Some(length) => {
                let digits = length + LENGTH.len();
                let rest = head[digits..].iter().take_while(|it| it.is_ascii_digit()).count();
                out.extend_from_slice(&head[..digits]);
                out.extend_from_slice(content.len().to_string().as_bytes());
                out.extend_from_slice(&head[digits + rest..]);
            }
            None => out.extend_from_slice(head),
        }
        out.extend_from_slice(&content);
        out.extend_from_slice(END);
        (at, number) = (end + END.len(), number + 1);
    }
    out.extend_from_slice(&bytes[at..]);
    out
}

/// Changes the octets of a file, or those of one of its streams before they were packed.
fn change_pdf(random: &mut Xorshift, seeds: &[Vec<u8>]) -> Vec<u8> {
    if random.below(2) == 0 {
        return change(random, seeds);
    }
    let seed = &seeds[random.below(seeds.len())];
    let mut streams = Vec::new();
    with_streams(seed, |_, content| {
        streams.push(content.clone());
        content
    });
    if streams.is_empty() {
        return change(random, seeds);
    }
    let which = random.below(streams.len());
    let changed = change(random, &[streams[which].clone(), streams.concat()]);
    with_streams(seed, |number, content| if number == which { changed.clone() } else { content })
}

/// The file with eight times as much in each of its streams, and in each list of plain values.
fn eight_streams(bytes: &[u8]) -> Vec<u8> {
    let longer = with_streams(bytes, |_, content| [&*content, b"\n"].concat().repeat(8));
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(open) = find(&longer, b"[", at) {
        let inside = longer[open + 1..].iter().take_while(|it| !b"[]<>()".contains(it)).count();
        let end = open + 1 + inside;
        out.extend_from_slice(&longer[at..=open]);
        let times = if longer.get(end) == Some(&b']') { 8 } else { 1 };
        let list = [&longer[open + 1..end], b" "].concat();
        out.extend_from_slice(&list.repeat(times));
        at = end;
    }
    out.extend_from_slice(&longer[at..]);
    out
}

/// How much of what it may cost an input costs, alone or eight times as large.
fn share(kind: &Kind, input: &[u8]) -> f64 {
    let ((), small) = cost::of(|| (0..8).for_each(|_| (kind.work)(input)));
    let eightfold = (kind.eightfold)(input);
    let ((), large) = cost::of(|| (kind.work)(&eightfold));
    #[expect(clippy::cast_precision_loss, reason = "lengths are small")]
    let allowed = FREE + PER_KILOBYTE * input.len() as f64 / 1024.0;
    (small / 8.0 / allowed).max(large / (GROWTH * small + kind.growth_free))
}

#[test]
fn what_grows_with_the_square_is_found() {
    let square = |bytes: &[u8]| {
        let mut sum = 0_u64;
        for a in bytes {
            for b in bytes {
                sum = std::hint::black_box(sum.wrapping_add(u64::from(a ^ b)));
            }
        }
    };
    let kind = Kind {
        name: "square",
        work: square,
        seeds: Vec::new,
        change,
        eightfold: |bytes| bytes.repeat(8),
        growth_free: 10.0,
    };
    let found = share(&kind, &[1; 2500]);
    assert!(found >= 1.0, "{found}");
}

/// What is unpacked and packed again is the same file to its reader.
#[test]
fn streams_are_unpacked_and_packed_again() {
    let seed = hostile::pdf_columns().document;
    let mut contents = Vec::new();
    let again = with_streams(&seed, |_, content| {
        contents.push(content.clone());
        content
    });
    let mut second = Vec::new();
    with_streams(&again, |_, content| {
        second.push(content.clone());
        content
    });
    assert!(!contents.is_empty() && contents == second);
    assert!(eight_streams(&seed).len() > seed.len());
}

/// The worst that were found.
fn worst(kind: &str) -> Vec<Vec<u8>> {
    let Ok(files) = fs::read_dir(repository().join("fuzz/worst").join(kind)) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn nothing_that_is_found_costs_more_than_its_length_allows() {
    let seconds = fuzz_seconds();
    for kind in &KINDS {
        let mut random = Xorshift::of_run();
        let inputs = (kind.seeds)().into_iter().chain(worst(kind.name));
        let mut best: Vec<(f64, Vec<u8>)> =
            inputs.map(|input| (share(kind, &input), input)).collect();
        let (begin, mut rounds) = (Instant::now(), 0);
        let goes_on = |rounds: u32| match seconds {
            Some(seconds) => begin.elapsed() < Duration::from_secs(seconds / 3 + 1),
            None => rounds < 6,
        };
        while goes_on(rounds) {
            best.sort_by(|a, b| b.0.total_cmp(&a.0));
            best.truncate(12);
            let seeds: Vec<Vec<u8>> = best.iter().map(|it| it.1.clone()).collect();
            let input = (kind.change)(&mut random, &seeds);
            if input.len() <= LONGEST {
                best.push((share(kind, &input), input));
            }
            rounds += 1;
        }
        best.sort_by(|a, b| b.0.total_cmp(&a.0));
        let Some((most, input)) = best.first() else { continue };
        let ((), alone) = cost::of(|| (0..8).for_each(|_| (kind.work)(input)));
        let ((), eightfold) = cost::of(|| (kind.work)(&(kind.eightfold)(input)));
        println!(
            "{}: {rounds} inputs, the worst takes {most:.3} of what it may: eight of {} octets {alone:.2} invoices, \
             eight times as large {eightfold:.2}",
            kind.name,
            input.len()
        );
        let file = repository().join("target").join(format!("fuzz-worst-{}", kind.name));
        fs::write(&file, input).unwrap();
        assert!(
            *most < 1.0,
            "{} costs {most:.2} times what it may; it is in {}: keep it in fuzz/worst/{}",
            kind.name,
            file.display(),
            kind.name
        );
    }
}
