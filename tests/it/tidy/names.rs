//! One meaning for each name of a type: whoever reads `Chain` in one room need not ask which.

use std::collections::BTreeMap;

use super::House;
use super::source::Source;

/// Names that several rooms give to something of their own, with the reason.
const SHARED: &[(&str, &str)] = &[
    ("Error", "what can go wrong in a room; named with the room where two meet"),
    ("Config", "the settings of a room, which `config.rs` collects"),
    ("Limits", "what a room takes at most, a part of its settings"),
    ("Command", "the subcommands of one command, which only its own file names"),
];

/// Where each type is declared that more than its own file can name.
fn declared<'h>(houses: &'h [House]) -> BTreeMap<String, Vec<String>> {
    let mut declared: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let files = houses.iter().flat_map(|house: &'h House| {
        house.files.iter().map(|(path, text)| (house.folder, path, text))
    });
    for (folder, path, text) in files {
        let source = Source::read(text, &super::module_of(path));
        for at in (0..source.tokens.len()).filter(|at| source.text(*at) == "pub") {
            let mut item = at + 1;
            if source.text(item) == "(" {
                while !matches!(source.text(item), ")" | "") {
                    item += 1;
                }
                item += 1;
            }
            if matches!(source.text(item), "struct" | "enum" | "type" | "trait" | "union") {
                let place = format!("{folder}/{}:{}", path.display(), source.tokens[at].line);
                declared.entry(source.text(item + 1).to_owned()).or_default().push(place);
            }
        }
    }
    declared
}

/// Names that are declared more than once, with the places.
fn repeated(houses: &[House]) -> Vec<(String, Vec<String>)> {
    declared(houses).into_iter().filter(|(_, places)| places.len() > 1).collect()
}

#[test]
fn a_type_has_a_name_of_its_own() {
    let houses = ["src", "crates"].map(House::read);
    assert!(declared(&houses).len() > 500, "the types of the house are not found");
    let repeated = repeated(&houses);
    let shared = |name: &str| SHARED.iter().any(|(known, _)| *known == name);
    let wrong: Vec<_> = repeated.iter().filter(|(name, _)| !shared(name)).collect();
    assert!(wrong.is_empty(), "one name, several meanings; say what each is: {wrong:#?}");
    for (name, reason) in SHARED {
        let needed = repeated.iter().any(|(repeated, _)| repeated == name);
        assert!(needed, "{name} is declared once now: take it out of the list");
        assert!(reason.contains(' '), "{name} has no reason");
    }
}

#[test]
fn names_are_found_whatever_their_visibility() {
    let house = |text: &str| House {
        folder: "src",
        files: [("a.rs".into(), "pub enum Chain {}".to_owned()), ("b.rs".into(), text.to_owned())]
            .into(),
    };
    for text in [
        "pub struct Chain(u8);",
        "\npub(super) type Chain<T> = Vec<T>;",
        "pub(in crate::seal) trait Chain {}",
        "mod inner { pub(crate) enum Chain {} }",
    ] {
        let found = repeated(&[house(text)]);
        assert_eq!(found.len(), 1, "in {text:?}");
        assert_eq!(found[0].1[0], "src/a.rs:1");
    }
    for text in [
        "struct Chain;",
        "pub struct Chains;",
        "pub use other::Chain;",
        "// pub struct Chain;",
        "pub const CHAIN: &str = \"pub struct Chain;\";",
        "impl T for A { type Chain = u8; }",
    ] {
        assert!(repeated(&[house(text)]).is_empty(), "in {text:?}");
    }
}
