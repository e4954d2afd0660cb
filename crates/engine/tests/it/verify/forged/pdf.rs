//! PDF: gaps of byte ranges, shadow attacks, incremental saving, attacks on certifications
//! (pdf-insecurity.org).

use std::ops::Range;

use chancery_engine::domain::text::hex;
use chancery_engine::seal::pdf::object::{Object, Reference};
use chancery_engine::seal::pdf::{Increment, PdfFile, PdfLimits};
use chancery_engine::verify::VerificationReport;
use chancery_testing::changes::Xorshift;
use chancery_testing::pdfs;
use serde_json::{Value, json};

use super::super::cms;
use super::super::pdf::sealed;
use super::super::support::passes;
use super::wrapped::amount;
use super::{ForgedFile, ForgeryKind, one_of};
use crate::seal::extend::{prepare_pdf, signed};
use crate::seal::support::PKI;

pub(super) fn kinds() -> Vec<ForgeryKind> {
    vec![
        byte_ranges(),
        gaps(),
        wrapping(),
        shadows(),
        incremental_saving(),
        signed_again_after_changes(),
        certification("a certification against changes", 1),
        certification("a certification for forms", 2),
    ]
}

/// That a signature was looked at, or what it covers was refused by name.
fn reached(report: &VerificationReport) -> bool {
    !report.signatures.is_empty() || report.findings.iter().any(|it| it.text.contains("signature"))
}

const DOCUMENTS: [&str; 3] = ["classic", "xref-stream", "object-streams"];

fn all_sealed(settings: &Value) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for name in DOCUMENTS {
        for key in [&PKI.p256, &PKI.rsa] {
            let file = sealed(&pdfs::named(name).bytes, key, settings);
            passes(&file);
            all.push(file);
        }
    }
    all
}

fn find(file: &[u8], word: &str) -> usize {
    file.windows(word.len()).rposition(|window| window == word.as_bytes()).unwrap()
}

/// Where the numbers of the last byte range are, and what they say.
fn byte_range(file: &[u8]) -> (Range<usize>, [i64; 4]) {
    let start = find(file, "/ByteRange [") + 12;
    let end = start + file[start..].iter().position(|octet| *octet == b']').unwrap();
    let numbers = String::from_utf8_lossy(&file[start..end]).into_owned();
    let numbers: Vec<i64> = numbers.split_whitespace().map(|it| it.parse().unwrap()).collect();
    (start..end, numbers.try_into().unwrap())
}

/// Other numbers in the place of those that were signed.
fn byte_ranges() -> ForgeryKind {
    let all = all_sealed(&json!({}));
    let make = move |random: &mut Xorshift| {
        let file = one_of(random, &all);
        let (place, old) = byte_range(file);
        let mut numbers: Vec<String> = old.map(|number| number.to_string()).to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(numbers.len().max(1));
            let far = i64::try_from(random.below(5000)).unwrap();
            let near = *one_of(random, &[-2, -1, 1, 2, 16, -16]);
            let number = old.get(at).copied().unwrap_or_default();
            let long = file.len().to_string();
            let new = match random.below(9) {
                0 => (number + near).to_string(),
                1 => (number + far).to_string(),
                2 => (number - far).to_string(),
                3 => "0".to_owned(),
                4 => format!("-{number}"),
                5 => format!("{number}.0"),
                6 => "4294967296".to_owned(),
                7 => long,
                _ => (*one_of(random, &["null", "[0 1]", "(0)", "1 0 R", "99 0 R", "+1", "1e9"]))
                    .to_owned(),
            };
            match random.below(8) {
                0 => drop(numbers.remove(at)),
                1 if numbers.len() < 6 => numbers.insert(at, new),
                _ => numbers[at] = new,
            }
            if numbers.is_empty() {
                break;
            }
        }
        let text = numbers.join(" ");
        let mut changed = file.clone();
        if text.len() > place.len() {
            return None;
        }
        changed[place.clone()].fill(b' ');
        changed[place.start..place.start + text.len()].copy_from_slice(text.as_bytes());
        (changed != *file).then_some(ForgedFile::signed(changed))
    };
    let name = "numbers of a byte range";
    ForgeryKind { name, make: Box::new(make), reached }
}

/// What may stand between the end of the value and the end of the gap, of so many octets.
fn hidden(amount: &str, room: usize, random: &mut Xorshift) -> Option<Vec<u8>> {
    let text = match random.below(7) {
        0 => format!(">/V({amount})/X<"),
        1 => format!(">>\nendobj\n4 0 obj\n<</Evil({amount})>>\nendobj\n9 0 obj<</A<"),
        2 => format!(" %{amount}\n"),
        3 => format!("> %{amount}\n<"),
        4 => format!(">/ByteRange[0 1 2 {amount}]/Contents<"),
        5 => format!("/({amount})"),
        _ => format!("><{amount}>/Contents<"),
    };
    let mut octets = text.into_bytes();
    let filler = *one_of(random, b"0 \nF");
    octets.resize(room.max(octets.len()), filler);
    (octets.len() == room).then_some(octets)
}

/// Something else in the gap, which no value covers.
fn gaps() -> ForgeryKind {
    // with room for a timestamp
    let with_room = |name: &&str| {
        let prepared = prepare_pdf(&pdfs::named(name).bytes, 4096);
        let file = signed(prepared, &PKI.rsa).finish().into_bytes();
        passes(&file);
        file
    };
    let all: Vec<Vec<u8>> = DOCUMENTS.iter().map(with_room).collect();
    let make = move |random: &mut Xorshift| {
        let (file, amount) = (one_of(random, &all), amount(random));
        let (_, [_, first, second, _]) = byte_range(file);
        let (start, end) = (usize::try_from(first).ok()? + 1, usize::try_from(second).ok()? - 1);
        let value = &file[start..end];
        let padding = value.iter().rev().take_while(|octet| **octet == b'0').count();
        let room = 40 + random.below(200).min(padding.checked_sub(40)?);
        let mut changed = file.clone();
        // at the end of the value, in its padding, or before it
        let place = match random.below(4) {
            0 => start..start + room,
            1 => end - padding..end - padding + room,
            _ => end - room..end,
        };
        changed[place].copy_from_slice(&hidden(&amount, room, random)?);
        ForgedFile::new(changed, amount)
    };
    ForgeryKind { name: "what hides in a gap", make: Box::new(make), reached }
}

/// What was signed stands elsewhere, with a byte range in the gap that leads there (signature wrapping).
fn wrapping() -> ForgeryKind {
    let all = all_sealed(&json!({}));
    let make = move |random: &mut Xorshift| {
        let (file, amount) = (one_of(random, &all), amount(random));
        let (place, [_, first, second, rest]) = byte_range(file);
        let [first, second] = [first, second].map(|it| usize::try_from(it).unwrap());
        let (head, gap, tail) = (&file[..first], &file[first..second], &file[second..]);
        let evil = match random.below(4) {
            0 => format!(">>\nendobj\n3 0 obj\n<</Evil({amount})>>\nendobj\n"),
            1 => format!("/Evil({amount})>>\nendobj\n"),
            2 => format!("%{amount}\n"),
            _ => format!(">>endobj 1 0 obj<</Type/Catalog/Evil({amount})>>endobj "),
        };
        let spaces = random.below(40);
        let mut changed;
        if random.below(2) == 0 {
            // in the dictionary: a second byte range behind the value
            let own = format!("/ByteRange[0 {first} ");
            let at = first + gap.len() + own.len() + 22 + evil.len() + spaces;
            let own = format!("{own}{at:010} {rest:>10}]");
            changed = [head, gap, own.as_bytes(), &vec![b' '; spaces], evil.as_bytes()].concat();
            changed.extend(tail);
        } else {
            // with the numbers changed where they stand, behind a copy of what was signed
            changed = [head, gap, evil.as_bytes(), &vec![b'\n'; spaces], tail].concat();
            let at = changed.len() - tail.len();
            let text = format!("0 {first} {at} {rest}");
            if text.len() > place.len() {
                return None;
            }
            changed[place.clone()].fill(b' ');
            changed[place.start..place.start + text.len()].copy_from_slice(text.as_bytes());
        }
        ForgedFile::new(changed, amount)
    };
    ForgeryKind { name: "signature wrapping in PDF", make: Box::new(make), reached }
}

/// What is referred to by a page, prepared before anybody signed: text over the page, another content that nothing
/// uses, a form field with an appearance.
fn prepared(name: &str) -> Vec<u8> {
    let original = &pdfs::named(name).bytes;
    let file = PdfFile::open(original, &PdfLimits::default()).unwrap();
    let mut increment = Increment::new(&file).unwrap();
    let stream =
        |text: &str| format!("<</Length {}>>\nstream\n{text}\nendstream", text.len()).into_bytes();
    let over = increment.add_raw(stream("1 g 0 0 200 200 re f"));
    increment.add_raw(stream("BT /F1 12 Tf (9999.00) Tj ET"));
    let page = file.page(1).unwrap();
    let contents = page.dictionary.get("Contents").cloned().unwrap();
    let dictionary =
        page.dictionary.with("Contents", Object::Array(vec![contents, Object::Reference(over)]));
    let mut body = Vec::new();
    Object::Dictionary(dictionary).write(&mut body);
    increment.set_raw(page.reference, body);
    [original.as_slice(), &increment.finish().unwrap().bytes].concat()
}

fn written(object: &Object) -> Vec<u8> {
    let mut body = Vec::new();
    object.write(&mut body);
    body
}

/// What is shown: the pages with all that they refer to, but annotations, which may be added.
fn shown(file: &PdfFile<'_>) -> Vec<Reference> {
    let mut ahead: Vec<Object> =
        file.catalog().unwrap().get("Pages").cloned().into_iter().collect();
    let mut all: Vec<Reference> = Vec::new();
    while let Some(next) = ahead.pop() {
        match next {
            Object::Reference(at) if !all.contains(&at) => {
                all.push(at);
                ahead.push(file.head(at).unwrap());
            }
            Object::Array(items) => ahead.extend(items),
            Object::Dictionary(entries) => {
                let inside = entries.iter().filter(|(name, _)| name.as_bytes() != b"Annots");
                ahead.extend(inside.map(|(_, value)| value.clone()));
            }
            _ => {}
        }
    }
    all
}

/// Changes something that a reader shows. Gives whether it is such a change.
fn change(
    file: &PdfFile<'_>,
    increment: &mut Increment<'_, '_>,
    amount: &str,
    annotations: bool,
    random: &mut Xorshift,
) -> Option<()> {
    let text = format!("BT /F1 12 Tf 10 10 Td ({amount}) Tj ET");
    let stream = format!("<</Length {}>>\nstream\n{text}\nendstream", text.len()).into_bytes();
    let page = file.page(1).ok()?;
    let catalog = file.catalog().ok()?;
    let all = shown(file);
    let set = |increment: &mut Increment<'_, '_>, at: Reference, object: Object| {
        increment.set_raw(at, written(&object));
    };
    match random.below(if annotations { 11 } else { 10 }) {
        // any stream that is shown is another one
        0 => {
            let is_stream = |one: &Reference| {
                file.stream(&Object::Reference(*one)).is_ok_and(|found| found.is_some())
            };
            let streams: Vec<Reference> = all.into_iter().filter(is_stream).collect();
            increment.set_raw(*one_of(random, &streams), stream);
        }
        1 => {
            let new = increment.add_raw(stream);
            set(increment, page.reference, page.dictionary.with("Contents", new).into());
        }
        2 => {
            let new = increment.add_raw(stream);
            let contents = page.dictionary.get("Contents").cloned()?;
            let list = Object::Array(vec![contents, Object::Reference(new)]);
            set(increment, page.reference, page.dictionary.with("Contents", list).into());
        }
        3 => {
            let fonts = format!("<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/{amount}>>>>>>");
            let fonts = increment.add_raw(fonts.into_bytes());
            set(increment, page.reference, page.dictionary.with("Resources", fonts).into());
        }
        4 => {
            let crop = increment.add_raw(format!("[0 0 {amount} 10]").into_bytes());
            let key = *one_of(random, &["CropBox", "MediaBox"]);
            set(increment, page.reference, page.dictionary.with(key, crop).into());
        }
        // another tree of pages
        5 => {
            let contents = increment.add_raw(stream);
            let tree = increment.reserve();
            let leaf = format!(
                "<</Type/Page/Parent {} 0 R/MediaBox[0 0 595 842]/Contents {} 0 R/Resources<<>>>>",
                tree.number, contents.number
            );
            let leaf = increment.add_raw(leaf.into_bytes());
            increment.set_raw(
                tree,
                format!("<</Type/Pages/Count 1/Kids[{} 0 R]>>", leaf.number).into_bytes(),
            );
            set(increment, file.root(), catalog.with("Pages", tree).into());
        }
        6 => {
            let action =
                increment.add_raw(format!("<</S/JavaScript/JS(this.x={amount})>>").into_bytes());
            set(increment, file.root(), catalog.with("OpenAction", action).into());
        }
        7 => {
            let layers = format!(
                "<</OCGs[]/D<</Order[]/Name({amount})/BaseState/{}>>>>",
                one_of(random, &["ON", "OFF"])
            );
            let layers = increment.add_raw(layers.into_bytes());
            set(increment, file.root(), catalog.with("OCProperties", layers).into());
        }
        // an object is gone
        8 => {
            let gone = *one_of(random, &all);
            increment.set_raw(gone, format!("({amount})").into_bytes());
        }
        9 => {
            let rotated = 90 * (1 + i64::try_from(random.below(3)).unwrap());
            let dictionary = page.dictionary.with("Rotate", Object::Integer(rotated));
            set(
                increment,
                page.reference,
                dictionary.with("Evil", Object::Literal(amount.as_bytes().to_vec())).into(),
            );
        }
        _ => {
            let note = format!(
                "<</Type/Annot/Subtype/FreeText/Rect[0 0 500 500]/F 4/DA(/Helv 12 Tf)/Contents({amount})>>"
            );
            let note = increment.add_raw(note.into_bytes());
            let notes = Object::Array(vec![Object::Reference(note)]);
            set(increment, page.reference, page.dictionary.with("Annots", notes).into());
        }
    }
    Some(())
}

fn updated(
    file: &[u8],
    change: impl FnOnce(&PdfFile<'_>, &mut Increment<'_, '_>) -> Option<()>,
) -> Option<Vec<u8>> {
    let read = PdfFile::open(file, &PdfLimits::default()).ok()?;
    let mut increment = Increment::new(&read).ok()?;
    change(&read, &mut increment)?;
    Some([file, &increment.finish().ok()?.bytes].concat())
}

/// What may follow a signature: a store of validation data, in an update of its own.
fn with_store(file: &[u8]) -> Option<Vec<u8>> {
    updated(file, |read, increment| {
        let store = increment.add_raw(b"<</Type/DSS/Certs[]>>".to_vec());
        let catalog = read.catalog().ok()?.with("DSS", store);
        increment.set_raw(read.root(), written(&catalog.into()));
        Some(())
    })
}

/// Hides, replaces, and both: prepared before the seal, done after it.
fn shadows() -> ForgeryKind {
    let sealed = |name: &&str| {
        let file = sealed(&prepared(name), &PKI.p256, &json!({}));
        passes(&file);
        passes(&with_store(&file).unwrap());
        file
    };
    let all: Vec<Vec<u8>> = DOCUMENTS.iter().map(sealed).collect();
    let make = move |random: &mut Xorshift| {
        let (file, amount) = (one_of(random, &all), amount(random));
        let mut changed = file.clone();
        if random.below(4) == 0 {
            changed = with_store(&changed)?;
        }
        for _ in 0..=random.below(2) {
            changed = updated(&changed, |read, increment| {
                change(read, increment, &amount, true, random)
            })?;
        }
        if random.below(3) == 0 {
            changed = with_store(&changed)?;
        }
        ForgedFile::new(changed, amount)
    };
    ForgeryKind { name: "shadow attacks", make: Box::new(make), reached }
}

/// Octets behind the end: updates without tables, tables that lead elsewhere, trailers of others.
fn incremental_saving() -> ForgeryKind {
    let all = all_sealed(&json!({}));
    let make = move |random: &mut Xorshift| {
        let (file, amount) = (one_of(random, &all), amount(random));
        let mut changed = file.clone();
        for _ in 0..=random.below(3) {
            let (at, number) = (changed.len(), 1 + random.below(12));
            let object = match random.below(3) {
                0 => format!(
                    "\n{number} 0 obj\n<</Type/Catalog/Pages 2 0 R/Evil({amount})>>\nendobj\n"
                ),
                1 => format!(
                    "\n{number} 0 obj\n<</Length 9>>stream\n({amount}) Tj\nendstream endobj\n"
                ),
                _ => format!("\n{number} 0 obj ({amount}) endobj\n"),
            };
            let offset = at + 1 + object.len();
            let old = *one_of(random, &[0, 9, at, find(file, "startxref")]);
            let tail = match random.below(8) {
                0 => format!("\n%{amount}\n"),
                1 => object,
                2 => format!("{object}startxref\n{old}\n%%EOF\n"),
                3 => format!(
                    "{object}trailer\n<</Root {number} 0 R/Size 99>>\nstartxref\n{old}\n%%EOF\n"
                ),
                4 => format!(
                    "{object}xref\n{number} 1\n{:010} 00000 n \ntrailer\n<</Root 1 0 R/Size 99/Prev {old}>>\n\
                     startxref\n{offset}\n%%EOF\n",
                    at + 1
                ),
                5 => format!(
                    "{object}xref\n0 1\n0000000000 65535 f \n{number} 1\n{:010} 00000 n \ntrailer\n\
                     <</Root {number} 0 R/Size 99>>\nstartxref\n{offset}\n%%EOF\n",
                    at + 1
                ),
                6 => format!("%%EOF{object}%%EOF\n"),
                _ => format!(
                    "\nxref\n0 0\ntrailer\n<</Evil({amount})/Size 1>>\nstartxref\n{}\n%%EOF",
                    at + 1
                ),
            };
            changed.extend(tail.into_bytes());
        }
        ForgedFile::new(changed, amount)
    };
    ForgeryKind { name: "incremental saving", make: Box::new(make), reached }
}

/// A second signature by somebody who is trusted, as a program makes it that looks at nothing.
fn signed_again(file: &[u8]) -> Option<Vec<u8>> {
    const ROOM: usize = 8000;
    let mut signed = updated(file, |read, increment| {
        let value = format!(
            "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange [{}]/Contents<{}>>>",
            " ".repeat(40),
            "0".repeat(ROOM)
        );
        let value = increment.add_raw(value.into_bytes());
        let page = read.page(1).ok()?;
        let field = format!(
            "<</Type/Annot/Subtype/Widget/FT/Sig/T(Again)/Rect[0 0 0 0]/F 132/P {} 0 R/V {} 0 R>>",
            page.reference.number, value.number
        );
        let field = Object::Reference(increment.add_raw(field.into_bytes()));
        let mut notes = match page.dictionary.get("Annots") {
            Some(notes) => read.resolve(notes).ok()?.as_array()?.to_vec(),
            None => Vec::new(),
        };
        notes.push(field.clone());
        let page_body = page.dictionary.with("Annots", Object::Array(notes));
        increment.set_raw(page.reference, written(&page_body.into()));
        let catalog = read.catalog().ok()?;
        let Object::Dictionary(form) = read.value(&catalog, "AcroForm").ok()? else { return None };
        let mut fields = read.value(&form, "Fields").ok()?.as_array()?.to_vec();
        fields.push(field);
        let form = form.with("Fields", Object::Array(fields));
        match catalog.get("AcroForm") {
            Some(Object::Reference(at)) => increment.set_raw(*at, written(&form.into())),
            _ => {
                let catalog = catalog.with("AcroForm", Object::Dictionary(form));
                increment.set_raw(read.root(), written(&catalog.into()));
            }
        }
        Some(())
    })?;
    let (numbers, start) = (find(&signed, "/ByteRange [") + 12, find(&signed, "/Contents<0") + 9);
    let end = start + ROOM + 2;
    let text = format!("0 {start} {end} {}", signed.len() - end);
    signed[numbers..numbers + text.len()].copy_from_slice(text.as_bytes());
    let covered = [&signed[..start], &signed[end..]].concat();
    let value = cms::sealed(&covered, &PKI.rsa, &json!({ "packaging": "DETACHED" }));
    let digits = hex(&value);
    signed[start + 1..start + 1 + digits.len()].copy_from_slice(digits.as_bytes());
    Some(signed)
}

/// Changed, and then signed by somebody who is trusted and did not see what stood there before.
fn signed_again_after_changes() -> ForgeryKind {
    let sealed = |name: &&str| {
        let file = sealed(&prepared(name), &PKI.p256, &json!({}));
        let again = passes(&signed_again(&file).unwrap());
        assert_eq!(again.signatures.len(), 2);
        file
    };
    let all: Vec<Vec<u8>> = DOCUMENTS.iter().map(sealed).collect();
    let make = move |random: &mut Xorshift| {
        let (file, amount) = (one_of(random, &all), amount(random));
        let changed =
            updated(file, |read, increment| change(read, increment, &amount, false, random))?;
        Some(ForgedFile::signed(signed_again(&changed)?))
    };
    let name = "changed between two signatures";
    ForgeryKind { name, make: Box::new(make), reached: |report| report.signatures.len() == 2 }
}

/// Annotations, signatures and other changes where a certification does not allow them.
fn certification(name: &'static str, permits: u8) -> ForgeryKind {
    let certification = ["NO_CHANGES", "FORM_FILLING"][usize::from(permits - 1)];
    let all = all_sealed(&json!({ "certification": certification }));
    let make = move |random: &mut Xorshift| {
        let (file, amount) = (one_of(random, &all), amount(random));
        let kind = *one_of(
            random,
            &["FreeText", "Stamp", "Redact", "Square", "Ink", "Highlight", "FileAttachment"],
        );
        let changed = updated(file, |read, increment| {
            if random.below(3) == 0 {
                return change(read, increment, &amount, true, random);
            }
            let page = read.page(1).ok()?;
            let text = format!("({amount}) Tj");
            let look = format!(
                "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length {}>>\nstream\n{text}\nendstream",
                text.len()
            );
            let look = increment.add_raw(look.into_bytes());
            let note = format!(
                "<</Type/Annot/Subtype/{kind}/Rect[0 0 {} 500]/F {}/Contents({amount})/AP<</N {} 0 R>>>>",
                random.below(600),
                one_of(random, &[0, 4, 132, 64]),
                look.number
            );
            let note = increment.add_raw(note.into_bytes());
            let mut notes = match page.dictionary.get("Annots") {
                Some(notes) => read.resolve(notes).ok()?.as_array()?.to_vec(),
                None => Vec::new(),
            };
            notes.push(Object::Reference(note));
            let page_body = page.dictionary.with("Annots", Object::Array(notes));
            increment.set_raw(page.reference, written(&page_body.into()));
            Some(())
        })?;
        match random.below(4) {
            0 => ForgedFile::new(changed, amount),
            1 => ForgedFile::new(with_store(&changed)?, amount),
            _ => Some(ForgedFile::signed(signed_again(&changed)?)),
        }
    };
    ForgeryKind { name, make: Box::new(make), reached }
}
