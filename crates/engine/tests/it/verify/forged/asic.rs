//! Containers: names that are one name to some system, and files that some readers see only.

use chancery_testing::changes::Xorshift;
use serde_json::json;

use super::super::cms::sealed;
use super::super::packed::{Packed, files, pack};
use super::super::support::passes;
use super::wrapped::amount;
use super::{ForgedFile, ForgeryKind, one_of};
use crate::seal::settings::seal_as;
use crate::seal::support::PKI;

pub(super) fn kinds() -> Vec<ForgeryKind> {
    vec![collisions(), renamings()]
}

/// Containers of both kinds with two documents.
fn containers() -> Vec<Vec<Packed>> {
    let documents =
        [Packed::new("invoice.xml", b"<a>1250.00</a>"), Packed::new("folder/\u{e9}.txt", b"two")];
    let packed = pack(&documents, b"");
    let settings = json!({ "packaging": "ASIC_E" });
    let xades = seal_as(&packed, &PKI.p256, None, &settings).unwrap().into_bytes();
    let all = [xades, sealed(&packed, &PKI.rsa, &settings)];
    for container in &all {
        passes(container);
    }
    all.iter().map(|container| files(container)).collect()
}

/// A name that some system takes for this one.
fn like(name: &str, random: &mut Xorshift) -> String {
    let turned = |one: usize, turn: fn(char) -> String| -> String {
        name.chars()
            .enumerate()
            .map(|(at, it)| if at == one { turn(it) } else { it.to_string() })
            .collect()
    };
    let at = random.below(name.chars().count());
    match random.below(20) {
        0 => name.to_owned(),
        1 => name.to_uppercase(),
        2 => turned(at, |it| it.to_uppercase().collect()),
        3 => format!("./{name}"),
        4 => format!("/{name}"),
        5 => format!("x/../{name}"),
        6 => format!("{name}."),
        7 => format!("{name} "),
        8 => format!("{name}\0"),
        9 => format!("{name}\0.txt"),
        10 => name.replace('/', "\\"),
        11 => name.replace('\u{e9}', "e\u{301}"),
        12 => turned(at, |it| format!("%{:02X}", u32::from(it))),
        13 => turned(at, |it| format!("{it}\u{200d}")),
        14 => turned(at, |it| char::from_u32(u32::from(it) + 0xFEE0).unwrap_or(it).to_string()),
        15 => format!("{name}/x"),
        16 => format!("{name}::$DATA"),
        17 => format!("C:{name}"),
        18 => name.replace('/', "//"),
        _ => turned(at, |it| format!("{it}\u{ad}")),
    }
}

/// One more document, whose name is that of one that is signed, to some system.
fn collisions() -> ForgeryKind {
    let all = containers();
    let make = move |random: &mut Xorshift| {
        let mut files = one_of(random, &all).clone();
        let amount = amount(random);
        let victim = random.below(files.len());
        let name = like(&files[victim].name.clone(), random);
        let evil = Packed::new(&name, format!("<a>{amount}</a>").as_bytes());
        let at = random.below(files.len() + 1);
        files.insert(at, evil);
        if random.below(4) == 0 {
            // what it hides is there under the name of another
            let at = random.below(files.len());
            files[at].listed = false;
        }
        ForgedFile::new(pack(&files, b""), amount)
    };
    let name = "names that collide in a container";
    ForgeryKind { name, make: Box::new(make), reached: |report| report.content == "ASiC" }
}

/// Files that change their places, their names in extra fields, and what stands between them.
fn renamings() -> ForgeryKind {
    let all = containers();
    let make = move |random: &mut Xorshift| {
        let mut files = one_of(random, &all).clone();
        let amount = amount(random);
        let evil = format!("<a>{amount}</a>").into_bytes();
        let at = 1 + random.below(2);
        let mut comment = Vec::new();
        match random.below(7) {
            0 => files[at].octets = evil,
            // its name is that of the victim in an extra field
            1 => {
                let name = like(&files[at].name.clone(), random).into_bytes();
                let length = u16::try_from(name.len() + 5).unwrap().to_le_bytes();
                let field = [&[0x75, 0x70][..], &length, &[1, 0, 0, 0, 0], &name].concat();
                let mut other = Packed::new("z", &evil);
                let side = random.below(2);
                other.extras[side] = field;
                files.push(other);
            }
            2 => {
                let mut hidden = Packed::new(&files[at].name.clone(), &evil);
                hidden.listed = false;
                let place = random.below(files.len());
                files.insert(place, hidden);
            }
            3 => files[at].behind = evil,
            4 => comment = [b"PK\x05\x06".as_slice(), &evil].concat(),
            5 => {
                let name = files[at].name.clone();
                files[at].name = like(&name, random);
                if files[at].name == name {
                    return None;
                }
                files.push(Packed::new(&name, &evil));
            }
            _ => {
                files.swap(1, 2);
                let name = files[1].name.clone();
                files[1].name = files[2].name.clone();
                files[2].name = name;
                let place = random.below(files.len());
                files.insert(place, Packed::new(&amount, &evil));
            }
        }
        ForgedFile::new(pack(&files, &comment), amount)
    };
    let name = "files of a container that change places";
    ForgeryKind { name, make: Box::new(make), reached: |report| report.content == "ASiC" }
}
