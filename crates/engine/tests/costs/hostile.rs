//! Hostile documents harm themselves only: what each costs, in memory and in time, follows from what its
//! sender pays, whether it is refused or sealed.

use std::cell::RefCell;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chancery_engine::domain::refusal::Refusal;
use chancery_engine::seal::catalogue::Catalogue;
use chancery_engine::seal::{Limits, Patience, prepare};
use chancery_engine::verify::{Indication, MadeSeal, VerifySettings, check_own, verify};
use chancery_testing::cost;
use chancery_testing::hostile::{self, HostileDocument, SealedAs};
use chancery_testing::sealing::PKI;

use crate::{MEMORY, invalid, lasting, settings};

/// Bytes of memory that every document may take, and how many more for each of its octets.
const FREE_MEMORY: usize = 64 << 20;
const MEMORY_PER_OCTET: usize = 64;

/// Invoices ([`cost`]) that every document may cost, and how many more for each of its kilobytes; an
/// invoice is a millisecond or two. None may cost more than the most, whatever its length.
const FREE_COST: f64 = 50.0;
const COST_PER_KILOBYTE: f64 = 50.0;
const MOST_COST: f64 = 1500.0;

fn refusal(hostile: &HostileDocument, limits: &Limits) -> Option<Refusal> {
    let key = &PKI.p256;
    prepare(hostile.document.clone(), &hostile.profile(), &key.signer, key.now(), limits).err()
}

/// What a document cost.
struct Measured {
    name: String,
    octets: usize,
    memory: usize,
    cost: f64,
    said: String,
}

/// How many processes measure at once: time is that of a processor, not of a clock.
const PROCESSES: usize = 2;

/// What is said of a seal that would not be released: it should have been refused before a key was used.
const WITHHELD: &str = "withheld: ";

/// Tells a process which of the documents, counted round, are its own.
const SHARE: &str = "CHANCERY_COSTS_SHARE";

/// Measures every document, in processes that do nothing else.
fn measured() -> Vec<Measured> {
    let shares = (0..PROCESSES).map(|share| std::thread::spawn(move || measured_share(share)));
    let shares: Vec<_> = shares.collect();
    shares.into_iter().flat_map(|share| share.join().unwrap()).collect()
}

fn measured_share(share: usize) -> Vec<Measured> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hostile::child", "--nocapture", "--ignored", "--test-threads=1"])
        .env(SHARE, share.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let lines = said.lines().filter_map(|line| line.strip_prefix("measured\t"));
    let read = lines.map(|line| {
        let [name, octets, memory, cost, said] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        Measured {
            name: name.to_owned(),
            octets: octets.parse().unwrap(),
            memory: memory.parse().unwrap(),
            cost: cost.parse().unwrap(),
            said: said.to_owned(),
        }
    });
    read.collect()
}

#[test]
#[ignore = "run by what_a_document_costs_follows_from_its_length in a process of its own"]
fn child() {
    let limits = Limits::default();
    let _ = refusal(&hostile::pdf_launch(), &limits);
    let settings = VerifySettings::new(Vec::new(), PKI.p256.now());
    let share: usize = std::env::var(SHARE).unwrap().parse().unwrap();
    for hostile in hostile::all().into_iter().skip(share).step_by(PROCESSES) {
        let measure = |what: &str, work: &dyn Fn() -> String| {
            MEMORY.reset_peak_usage();
            let before = MEMORY.current_usage();
            let (said, cost) = cost::of(work);
            let memory = MEMORY.peak_usage() - before;
            tell(&format!("{}{what}", hostile.name), hostile.length(), memory, cost, &said);
        };
        let prepared = RefCell::new(None);
        let profile = hostile.profile();
        measure("", &|| {
            let document = hostile.document.clone();
            match prepare(document, &profile, &PKI.p256.signer, PKI.p256.now(), &limits) {
                Ok(done) => {
                    prepared.replace(Some(done));
                    "sealed".to_owned()
                }
                Err(refusal) => format!("{}: {refusal}", refusal.code()),
            }
        });
        measure(", checked", &|| {
            let Some(prepared) = prepared.take() else { return "refused".to_owned() };
            let value = PKI.p256.sign(prepared.to_be_signed());
            let sealed = prepared.attach(value).unwrap().finish();
            let checked = check_own(sealed.bytes(), &MadeSeal::of(&sealed, &profile), &limits);
            checked.err().map_or_else(|| "passed".to_owned(), |fault| format!("{WITHHELD}{fault}"))
        });
        measure(", verified", &|| {
            let report = verify(&hostile.document, &settings);
            assert_ne!(report.indication, Indication::Passed, "{}", hostile.name);
            format!("{} signatures: {:?}", report.signatures.len(), report.sub_indication)
        });
    }
    let catalogue = Catalogue::built_in().unwrap();
    for (name, text) in settings::texts().into_iter().skip(share).step_by(PROCESSES) {
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let (said, cost) = cost::of(|| settings::read(&catalogue, &text));
        tell(name, text.len(), MEMORY.peak_usage() - before, cost, &said);
    }
    for (name, document) in invalid::documents().into_iter().skip(share).step_by(PROCESSES) {
        let prepared = invalid::prepared(&document);
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let (said, cost) = cost::of(|| invalid::validated(&prepared, &limits));
        tell(name, document.len(), MEMORY.peak_usage() - before, cost, &said);
    }
    for input in lasting::inputs().into_iter().skip(share).step_by(PROCESSES) {
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let (said, cost) = cost::of(|| (input.read)(&input.octets));
        tell(input.name, input.octets.len(), MEMORY.peak_usage() - before, cost, &said);
    }
}

/// A line for [`measured`].
fn tell(name: &str, octets: usize, memory: usize, cost: f64, said: &str) {
    let said: String = said.chars().filter(|it| !it.is_control()).take(150).collect();
    // The harness has begun the first line.
    println!("\nmeasured\t{name}\t{octets}\t{memory}\t{cost:.2}\t{said}");
}

#[test]
fn what_a_document_costs_follows_from_its_length() {
    let mut offences = Vec::new();
    let measured = measured();
    let all = 3 * hostile::all().len() + invalid::documents().len() + settings::texts().len();
    let all = all + lasting::COUNT;
    assert_eq!(measured.len(), all, "each is measured once");
    for Measured { name, octets, memory, cost, said } in measured {
        println!("{name}: {octets} octets, {memory} bytes, {cost} invoices; {said}");
        if said.starts_with(WITHHELD) {
            offences.push(format!("{name}: {said}"));
        }
        // Of settings there is nothing that takes much whatever they say.
        let free = if name.starts_with("settings") { FREE_MEMORY / 16 } else { FREE_MEMORY };
        if memory > free + MEMORY_PER_OCTET * octets {
            offences.push(format!("{name}: {octets} octets take {memory} bytes of memory"));
        }
        #[expect(clippy::cast_precision_loss, reason = "lengths are small")]
        let most = FREE_COST + COST_PER_KILOBYTE * octets as f64 / 1024.0;
        if cost > most.min(MOST_COST) {
            offences.push(format!("{name}: {octets} octets cost as much as {cost} invoices"));
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

/// Each reader asks whether there is time left; who says no is heard soon.
#[test]
fn each_gives_up_when_its_time_is_over() {
    let named = |name: &str| {
        hostile::all().into_iter().find(|one| one.name == name).unwrap_or_else(|| panic!("{name}"))
    };
    for hostile in [
        hostile::xpath_unions(2000, hostile::wide(20_000)),
        hostile::by_a_stranger(hostile::xpath_unions(2000, hostile::wide(20_000))),
        hostile::parsed_again(20_000),
        named("a comment that is passed often"),
        hostile::pdf_nested_forms(19),
        hostile::zip_bomb(47),
    ] {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let patience = Patience::until(7, move || count.fetch_add(1, Ordering::Relaxed) >= 1);
        let refusal = refusal(&hostile, &Limits::default().with_patience(patience));
        let refusal = refusal.unwrap_or_else(|| panic!("{} is sealed", hostile.name));
        assert_eq!(refusal.code(), "time-used-up", "{}: {refusal}", hostile.name);
        assert!(refusal.to_string().contains("7 ms"), "{refusal}");
        let asked = asked.load(Ordering::Relaxed);
        assert!(asked < 10, "{} goes on and asks {asked} times", hostile.name);
    }
}

#[test]
fn what_a_page_starts_is_told_and_refused_by_name() {
    let hostile = hostile::pdf_launch();
    let key = &PKI.p256;
    let prepared = |settings| {
        let hostile = HostileDocument { settings, ..hostile::pdf_launch() };
        let profile = hostile.profile();
        prepare(hostile.document, &profile, &key.signer, key.now(), &Limits::default())
    };
    let notes = prepared(hostile.settings).unwrap().notes().join("; ");
    assert!(notes.contains("a program on page 1"), "{notes}");
    let Err(refusal) = prepared(serde_json::json!({ "activeContent": "REFUSE" })) else {
        panic!("it is sealed")
    };
    assert_eq!(refusal.code(), "pdf-active-content");
    assert!(refusal.to_string().contains("a program on page 1"), "{refusal}");
}

#[test]
fn files_that_some_system_cannot_unpack_are_refused_by_name() {
    let code = |names: [&str; 2]| {
        let document = hostile::zip(&names.map(|name| (name, &b"x"[..], false)));
        let hostile = HostileDocument {
            name: "names",
            format: SealedAs::Cades,
            document,
            settings: serde_json::json!({ "packaging": "ASIC_E" }),
        };
        refusal(&hostile, &Limits::default()).map(|it| (it.code(), it.to_string()))
    };
    let (file, said) = code(["a", "a/b"]).unwrap();
    assert!(file == "container-name" && said.contains("'a'"), "{said}");
    let (file, said) = code(["x/y/z", "X/Y"]).unwrap();
    assert!(file == "container-name" && said.contains("'x/y'"), "{said}");
    // composed and decomposed
    let (file, said) = code(["caf\u{E9}.txt", "cafe\u{301}.txt"]).unwrap();
    assert!(file == "container-name-repeated" && said.contains("caf"), "{said}");
    assert_eq!(code(["a/b", "a/c"]), None);
    assert_eq!(code(["ab", "a/b"]), None);
}
