//! The house's rules as data, and the test that holds the source to them: which room may name
//! which, what a pure room must not touch, no dead file, no file or public item without its
//! sentence, no test among what it tests. Length is taste and not tested. `CONTRIBUTING.md` says how to
//! change a rule.

mod names;
pub(crate) mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use source::{NamedPath, Source, is_word};

/// What a room may name of another.
#[derive(Clone, Copy)]
enum May {
    /// Anything public.
    Use(&'static str),
    /// Only what configures it: names that end in one of these.
    Configure(&'static str),
    /// Anything but its writing end, `Store`.
    Read(&'static str),
}

/// A room and the arrows that leave it.
struct Room {
    name: &'static str,
    /// Bytes in, bytes out: no IO, async, clock or randomness.
    pure: bool,
    may: &'static [May],
}

use May::{Configure, Read, Use};

const CONFIGURING: [&str; 3] = ["Config", "Limits", "Settings"];

const ROOMS: &[Room] = &[
    Room { name: "domain", pure: true, may: &[] },
    Room { name: "pki", pure: true, may: &[Use("domain")] },
    Room { name: "seal", pure: true, may: &[Use("domain"), Use("pki")] },
    Room { name: "letters", pure: true, may: &[Use("domain")] },
    Room { name: "invoice", pure: true, may: &[Use("domain"), Use("seal")] },
    Room { name: "verify", pure: true, may: &[Use("domain"), Use("pki"), Use("seal")] },
    // where a secret is read from; what doors share
    Room { name: "secret", pure: false, may: &[] },
    Room { name: "keys", pure: false, may: &[Use("domain"), Use("pki"), Use("secret")] },
    Room { name: "outbound", pure: false, may: &[Use("domain"), Use("pki"), Use("secret")] },
    // what is written is chained by a hash in the transaction that writes it
    Room { name: "store", pure: false, may: &[Use("domain"), Use("pki")] },
    // the database is one of the places where contents are
    Room { name: "contents", pure: false, may: &[Use("domain"), Use("store")] },
    Room {
        name: "config",
        pure: false,
        may: &[
            Use("domain"),
            Configure("app"),
            Configure("seal"),
            Configure("keys"),
            Configure("outbound"),
            Configure("store"),
            Configure("web"),
            Configure("telemetry"),
        ],
    },
    Room { name: "telemetry", pure: false, may: &[] },
    Room {
        name: "app",
        pure: false,
        may: &[
            Use("domain"),
            Use("pki"),
            // what the engines make of a credential once, and of trusted lists, is kept here
            Use("seal"),
            Use("verify"),
            Use("letters"),
            Use("keys"),
            Use("outbound"),
            Use("store"),
            Use("contents"),
        ],
    },
    Room {
        name: "workflow",
        pure: false,
        may: &[
            Use("app"),
            Use("domain"),
            Use("pki"),
            Use("seal"),
            Use("letters"),
            Use("invoice"),
            Use("verify"),
            Use("keys"),
            Use("outbound"),
            Use("store"),
            Use("contents"),
        ],
    },
    Room {
        name: "web",
        pure: false,
        may: &[Use("domain"), Use("letters"), Use("app"), Use("workflow"), Read("store")],
    },
];

/// Rooms that may name everything: they are where the house is entered.
const DOORS: [&str; 3] = ["cli", "main", "lib"];

/// What of the store is for the door `contents` alone.
const CONTENTS: [&str; 5] =
    ["sealed_contents", "original_contents", "sealed_content", "original_content", "kept_contents"];

/// Crates that belong to some rooms only.
const OWNED_CRATES: &[(&str, &[&str])] = &[
    ("axum", &["web"]),
    ("tower_http", &["web"]),
    ("utoipa_axum", &["web"]),
    ("sqlx", &["store"]),
    ("cryptoki", &["keys"]),
    ("reqwest", &["outbound", "keys", "cli"]),
    ("uppsala", &["seal", "cli"]),
    ("minijinja", &["letters"]),
    ("askama", &["web"]),
    ("argon2", &["workflow"]),
    ("passki", &["workflow"]),
    ("totp_rs", &["workflow"]),
    ("qrcodegen", &["web"]),
];

/// Circles between files of a room that may stay, with the reason. A file may always name the `mod.rs`
/// of a folder that it is in: there is what the folder shares.
const CIRCLES: &[(&[&str], &str)] = &[(
    &[
        "seal/xml/xpath/axes.rs",
        "seal/xml/xpath/evaluate.rs",
        "seal/xml/xpath/expression.rs",
        "seal/xml/xpath/functions.rs",
        "seal/xml/xpath/parser.rs",
    ],
    "the language is recursive: arguments of functions are expressions",
)];

/// Paths that a pure room must not contain, and what they would bring in. A single name matches
/// any segment, several match next to each other.
const IMPURE: &[(&[&str], &str)] = &[
    (&["std", "fs"], "files"),
    (&["std", "net"], "network"),
    (&["std", "env"], "environment"),
    (&["std", "process"], "processes"),
    (&["std", "thread"], "threads"),
    (&["std", "time", "Instant"], "a clock"),
    (&["Instant", "now"], "a clock"),
    (&["SystemTime"], "a clock"),
    (&["now_utc"], "a clock"),
    (&["now_local"], "a clock"),
    (&["rand"], "randomness"),
    (&["getrandom"], "randomness"),
    (&["SystemRandom"], "randomness"),
    (&["tokio"], "async"),
    (&["sqlx"], "a database"),
    (&["reqwest"], "network"),
    (&["axum"], "the web"),
    (&["cryptoki"], "a token"),
];

/// Folders of `seal` that know formats of files only, and those that know what a seal is in them.
const FORMATS: [&str; 2] = ["xml", "pdf"];
const ENGINES: [&str; 4] = ["xades", "pades", "cades", "asic"];

/// How SQL text begins, and a word that follows somewhere in it (English seldom shouts both).
const SQL: &[(&str, &str)] = &[
    ("SELECT ", ""),
    ("INSERT INTO ", ""),
    ("UPDATE ", " SET "),
    ("DELETE FROM ", ""),
    ("CREATE TABLE ", ""),
    ("CREATE INDEX ", ""),
    ("ALTER TABLE ", ""),
    ("DROP TABLE ", ""),
    ("PRAGMA ", ""),
    ("WITH ", " AS ("),
];

/// One rule broken at one place.
#[derive(Debug)]
struct Violation {
    file: PathBuf,
    line: usize,
    rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.rule)
    }
}

/// The files of one package's `src`, by their path below it.
struct House {
    /// Where it is, from the repository.
    folder: &'static str,
    files: BTreeMap<PathBuf, String>,
}

impl House {
    /// Reads every Rust file below a folder of the repository.
    fn read(folder: &'static str) -> Self {
        let mut files = BTreeMap::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut folders = vec![root.clone()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(&next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    files.insert(path.strip_prefix(&root).unwrap().to_owned(), text);
                }
            }
        }
        Self { folder, files }
    }

    /// Everything that is wrong, file by file.
    fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut declared: BTreeSet<PathBuf> = [PathBuf::from("lib.rs"), "main.rs".into()].into();
        for (path, text) in &self.files {
            let module = module_of(path);
            let source = Source::read(text, &module);
            for child in &source.children {
                let full: PathBuf = module.iter().chain(child).collect();
                declared.insert(full.with_extension("rs"));
                declared.insert(full.join("mod.rs"));
            }
            let room = room_of(path, &module);
            let rules = [
                arrows(&room, &source),
                purity(&room, &source),
                floors(&module, &source),
                ownership(&room, &source),
                sentences(text, &source),
                tests(&source),
            ];
            found.extend(rules.into_iter().flatten().map(|(line, rule)| Violation {
                file: Path::new(self.folder).join(path),
                line,
                rule,
            }));
        }
        for path in self.files.keys().filter(|path| !declared.contains(*path)) {
            let rule = "no `mod` declares this file: declare it or delete it".to_owned();
            found.push(Violation { file: Path::new(self.folder).join(path), line: 1, rule });
        }
        found
    }
}

impl House {
    /// Sets of files of which each names every other, directly or by way of others.
    fn circles(&self) -> BTreeSet<BTreeSet<String>> {
        let modules: BTreeMap<Vec<String>, &PathBuf> = self
            .files
            .keys()
            .filter(|path| *path != Path::new("main.rs"))
            .map(|path| (module_of(path), path))
            .collect();
        let mut names: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> = BTreeMap::new();
        for (path, text) in &self.files {
            let module = module_of(path);
            let all = Source::read(text, &module).names_of(&module, &modules);
            let further = all.into_iter().filter(|target| {
                let folder = match target.file_name() {
                    Some(name) if name == "mod.rs" => target.parent().unwrap().to_owned(),
                    _ => target.with_extension(""),
                };
                *target != path && !path.starts_with(folder)
            });
            names.insert(path, further.collect());
        }
        let reached: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> =
            names.keys().map(|path| (*path, reachable(path, &names))).collect();
        reached
            .iter()
            .filter(|(path, reached)| reached.contains(*path))
            .map(|(path, from_here)| {
                let back = from_here.iter().filter(|other| reached[*other].contains(path));
                back.map(|file| file.display().to_string()).collect()
            })
            .collect()
    }
}

/// Every file that is named from one, and from those.
fn reachable<'a>(
    from: &'a PathBuf,
    names: &BTreeMap<&'a PathBuf, BTreeSet<&'a PathBuf>>,
) -> BTreeSet<&'a PathBuf> {
    let mut reached = BTreeSet::new();
    let mut next = vec![from];
    while let Some(path) = next.pop() {
        for target in names.get(path).into_iter().flatten() {
            if reached.insert(*target) {
                next.push(target);
            }
        }
    }
    reached
}

/// `pki/digest.rs` is module `pki::digest`; `pki/mod.rs` is `pki`; `lib.rs` is the root.
fn module_of(path: &Path) -> Vec<String> {
    let mut module: Vec<String> =
        path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if module.last().is_some_and(|last| last == "mod")
        || matches!(&*module, [root] if root == "lib" || root == "main")
    {
        module.pop();
    }
    module
}

/// The room a file belongs to.
fn room_of(path: &Path, module: &[String]) -> String {
    let stem = || path.with_extension("").to_string_lossy().into_owned();
    module.first().cloned().unwrap_or_else(stem)
}

fn arrows(room: &str, source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    if DOORS.contains(&room) {
        return found;
    }
    let Some(rules) = ROOMS.iter().find(|r| r.name == room) else {
        return vec![(1, format!("room `{room}` is not in the table of tests/it/tidy.rs"))];
    };
    for NamedPath { line, segments } in &source.paths {
        let [first, target, rest @ ..] = segments.as_slice() else { continue };
        if !matches!(first.as_str(), "crate" | "chancery" | "chancery_engine")
            || target == room
            || !is_word(target)
        {
            continue;
        }
        let Some(may) = rules.may.iter().find(|may| may.target() == target) else {
            let allowed: Vec<_> = rules.may.iter().map(May::target).collect();
            let allowed =
                if allowed.is_empty() { "nothing of ours".into() } else { allowed.join(", ") };
            found
                .push((*line, format!("`{room}` must not name `{target}`; it may name {allowed}")));
            continue;
        };
        if rest.is_empty() {
            // the room itself was imported: judge what the file takes from it
            let renamed = source.renamed(target);
            let taken = source.paths.iter().filter(|path| {
                path.segments[0] == *target || renamed == Some(path.segments[0].as_str())
            });
            for path in taken {
                found.extend(may.refuses(room, &path.segments[1..]).map(|rule| (path.line, rule)));
            }
        } else {
            found.extend(may.refuses(room, rest).map(|rule| (*line, rule)));
        }
    }
    if !["store", "contents"].contains(&room) {
        for at in 0..source.tokens.len() {
            if source.text(at) == "." && CONTENTS.contains(&source.text(at + 1)) {
                let rule = "bytes of documents are asked for at the door `contents`";
                found.push((source.tokens[at].line, rule.to_owned()));
            }
        }
    }
    if room == "web" {
        for at in 0..source.tokens.len() {
            if source.text(at) == "." && source.text(at + 1) == "store" {
                let rule = "`web` reads through `store::Reader`; what it writes is a workflow";
                found.push((source.tokens[at].line, rule.to_owned()));
            }
        }
    }
    found
}

impl May {
    const fn target(&self) -> &'static str {
        match self {
            Use(room) | Configure(room) | Read(room) => room,
        }
    }

    /// Why these names of the target room are refused, if they are.
    fn refuses(self, room: &str, names: &[String]) -> Option<String> {
        match self {
            Use(_) => None,
            Configure(target) => {
                let configures = |name: &String| CONFIGURING.iter().any(|end| name.ends_with(end));
                (!names.iter().any(configures)).then(|| {
                    format!("`{room}` may name of `{target}` only its Config, Limits or Settings")
                })
            }
            Read(target) => names.iter().any(|name| name == "Store").then(|| {
                format!("`{room}` reads through `{target}::Reader`; what it writes is a workflow")
            }),
        }
    }
}

fn purity(room: &str, source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    if !ROOMS.iter().any(|r| r.name == room && r.pure) {
        return found;
    }
    let impure = |what: &str, name: &str| {
        format!("`{room}` is pure and must not bring in {what} (`{name}`); make it an argument")
    };
    for NamedPath { line, segments } in &source.paths {
        if segments[0] == "crate" {
            continue;
        }
        for (path, what) in IMPURE {
            if segments.windows(path.len()).any(|window| window == *path) {
                found.push((*line, impure(what, &path.join("::"))));
            }
        }
    }
    for token in &source.tokens {
        if matches!(token.text.as_str(), "async" | "await") {
            found.push((token.line, impure("async", &token.text)));
        }
    }
    found
}

/// Below what a seal is, files are read and written without knowing of it.
fn floors(module: &[String], source: &Source) -> Vec<(usize, String)> {
    let [room, floor, ..] = module else { return Vec::new() };
    if room != "seal" || !FORMATS.contains(&floor.as_str()) {
        return Vec::new();
    }
    let names = |path: &NamedPath| match path.segments.as_slice() {
        [first, room, engine, ..] if first == "crate" && room == "seal" => {
            let above = ENGINES.contains(&engine.as_str());
            above.then(|| (path.line, format!("`seal::{floor}` must not name `seal::{engine}`")))
        }
        _ => None,
    };
    source.paths.iter().filter_map(names).collect()
}

fn ownership(room: &str, source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for NamedPath { line, segments } in &source.paths {
        for (name, rooms) in OWNED_CRATES {
            if segments[0] == *name && !rooms.contains(&room) {
                let rooms = rooms.join(", ");
                found.push((*line, format!("crate `{name}` belongs to {rooms}, not to `{room}`")));
            }
        }
    }
    if room != "store" {
        for (line, text) in &source.strings {
            let text = text.trim_start().replace('\n', " ");
            if SQL.iter().any(|(start, later)| text.starts_with(start) && text.contains(later)) {
                found.push((*line, format!("SQL text belongs to `store`, not to `{room}`")));
            }
        }
    }
    found
}

/// `//!` on every file, `///` on every public item.
fn sentences(text: &str, source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    if !text.trim_start().starts_with("//!") {
        found.push((1, "a file begins with `//!`: what lives here, what does not".to_owned()));
    }
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let mut at = 0;
    while at < source.tokens.len() {
        if source.text(at) == "macro_rules" {
            at = end_of_braces(source, at);
        }
        if source.text(at) == "pub"
            && let Some((kind, name)) = item_after(source, at + 1)
        {
            let line = source.tokens[at].line;
            let first = source.tokens[before_attributes(source, at)].line;
            let above = lines[..first - 1].iter().rev().take_while(|l| l.starts_with("//"));
            let within = &lines[first - 1..line];
            if !above.chain(within).any(|l| l.starts_with("///")) {
                let rule =
                    format!("`pub {kind} {name}` has no `///`: say what holds when it returns");
                found.push((line, rule));
            }
        }
        at += 1;
    }
    found
}

/// Tests are in `tests/`, and say what holds by what is public: a package with tests in its `src` is compiled once
/// more for them, and everything here is large.
fn tests(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for at in 0..source.tokens.len() {
        let close = match (source.text(at), source.text(at + 1)) {
            ("#", "[") => "]",
            // `cfg!(…)`
            ("cfg", "!") => ")",
            _ => continue,
        };
        let inside = (at + 2..source.tokens.len()).take_while(|at| source.text(*at) != close);
        let words: Vec<&str> = inside.map(|at| source.text(at)).collect();
        let conditional = matches!(words.first(), Some(&("cfg" | "cfg_attr" | "(")));
        if words.last() == Some(&"test") || (conditional && words.contains(&"test")) {
            let rule = "tests are in `tests/`, so that nothing is compiled twice".to_owned();
            found.push((source.tokens[at].line, rule));
        }
    }
    found
}

/// Kind and name of the item that follows `pub`; fields, `use`, `mod` and restricted
/// visibility (`pub(crate)`) are none.
fn item_after(source: &Source, mut at: usize) -> Option<(String, String)> {
    while matches!(source.text(at), "async" | "unsafe" | "extern")
        || (source.text(at) == "const" && source.text(at + 1) == "fn")
    {
        at += 1;
    }
    let kind = source.text(at);
    matches!(kind, "fn" | "struct" | "enum" | "trait" | "const" | "type" | "static" | "union")
        .then(|| (kind.to_owned(), source.text(at + 1).to_owned()))
}

/// The token where the attributes in front of `at` begin, or `at` itself.
fn before_attributes(source: &Source, mut at: usize) -> usize {
    while at > 0 && source.text(at - 1) == "]" {
        let mut open = at - 1;
        let mut depth = 0;
        loop {
            match source.text(open) {
                "]" => depth += 1,
                "[" => depth -= 1,
                _ => {}
            }
            if depth == 0 || open == 0 {
                break;
            }
            open -= 1;
        }
        if open == 0 || source.text(open - 1) != "#" {
            break;
        }
        at = open - 1;
    }
    at
}

/// The token that closes the next pair of braces after `at`.
fn end_of_braces(source: &Source, mut at: usize) -> usize {
    let mut depth = 0;
    while at < source.tokens.len() {
        match source.text(at) {
            "{" => depth += 1,
            "}" if depth == 1 => return at,
            "}" => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    at
}

#[test]
fn the_house_is_tidy() {
    let mut listed = Vec::new();
    for (folder, least) in [("src", 100), ("crates/engine/src", 100)] {
        let house = House::read(folder);
        assert!(house.files.len() > least, "only {} files in {folder}", house.files.len());
        listed.extend(house.violations().iter().map(ToString::to_string));
    }
    assert!(listed.is_empty(), "{} rules broken:\n{}", listed.len(), listed.join("\n"));
}

/// Its unsafe code is for tests, which load the library as they would a vendor's.
#[test]
fn nothing_depends_on_the_shim() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let packages = std::fs::read_dir(root.join("crates")).unwrap();
    let packages = packages.map(|entry| entry.unwrap().path().join("Cargo.toml"));
    let mut looked_at = 0;
    for file in packages.chain([root.join("Cargo.toml"), root.join("fuzz/Cargo.toml")]) {
        let text = std::fs::read_to_string(&file).unwrap();
        let named = text.matches("pkcs11-shim").count();
        let own = usize::from(text.contains("name = \"pkcs11-shim\""));
        assert_eq!(named, own, "{} names the module of tests", file.display());
        looked_at += own;
    }
    assert_eq!(looked_at, 1, "the module of tests itself");
}

/// What a package makes is compiled once, for its tests as for everybody. For each target that Cargo may test it would
/// make a second one, empty of tests, in `cargo test` (`test`) and in `cargo clippy --all-targets` (`bench`).
#[test]
fn nothing_is_compiled_twice() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let packages = std::fs::read_dir(root.join("crates")).unwrap();
    let packages = packages.map(|entry| entry.unwrap().path());
    let mut looked_at = 0;
    for package in packages.chain([root.to_owned()]) {
        let file = package.join("Cargo.toml");
        let manifest: toml::Table = std::fs::read_to_string(&file).unwrap().parse().unwrap();
        let library = manifest.get("lib").cloned();
        assert!(
            library.is_some() || !package.join("src/lib.rs").exists(),
            "{}: no [lib]",
            file.display()
        );
        let programs = manifest.get("bin").and_then(toml::Value::as_array).cloned();
        assert!(
            programs.is_some() || !package.join("src/main.rs").exists(),
            "{}: no [[bin]]",
            file.display()
        );
        for target in library.into_iter().chain(programs.into_iter().flatten()) {
            let no = Some(&toml::Value::Boolean(false));
            assert_eq!(target.get("test"), no, "test of {target:?} in {}", file.display());
            assert_eq!(target.get("bench"), no, "bench of {target:?} in {}", file.display());
            looked_at += 1;
        }
    }
    assert!(looked_at > 5, "only {looked_at} targets");
}

#[test]
fn files_of_a_room_go_in_no_circles() {
    let found: BTreeSet<BTreeSet<String>> = ["src", "crates/engine/src"]
        .into_iter()
        .flat_map(|folder| House::read(folder).circles())
        .collect();
    let known: BTreeSet<BTreeSet<String>> = CIRCLES
        .iter()
        .map(|(files, _)| files.iter().map(|file| (*file).to_owned()).collect())
        .collect();
    let new: Vec<_> = found.difference(&known).collect();
    assert!(new.is_empty(), "these files name each other in a circle; cut it: {new:#?}");
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(gone.is_empty(), "no circle any more, take it out of the list: {gone:#?}");
    assert!(CIRCLES.len() < 6, "so many circles are no exceptions");
    assert!(CIRCLES.iter().all(|(_, reason)| reason.contains(' ')), "each has a reason");
}

#[cfg(test)]
mod the_checker {
    use super::*;

    /// What the checker says about one file in an otherwise empty house.
    fn says(path: &str, body: &str) -> Vec<String> {
        let path = PathBuf::from(path);
        let module = module_of(&path);
        let mut files = BTreeMap::new();
        let rooms: String =
            module.first().map(|name| format!("mod {name};\n")).into_iter().collect();
        if module.len() > 1 {
            files.insert(
                PathBuf::from(&module[0]).join("mod.rs"),
                format!("//! Room.\nmod {};\n", module[1]),
            );
        }
        files.insert(PathBuf::from("lib.rs"), format!("//! Root.\n{rooms}"));
        files.insert(path, format!("//! A file.\n{body}"));
        House { folder: "src", files }.violations().iter().map(ToString::to_string).collect()
    }

    fn refuses(path: &str, body: &str, line: usize, part: &str) {
        let said = says(path, body);
        let place = format!("src/{path}:{line}: ");
        let hit = said.iter().any(|v| v.starts_with(&place) && v.contains(part));
        assert!(hit, "expected {place}…{part}… for {body:?}, got {said:?}");
    }

    fn accepts(path: &str, body: &str) {
        assert_eq!(says(path, body), Vec::<String>::new(), "for {body:?}");
    }

    #[test]
    fn finds_wrong_arrows() {
        refuses("pki/x.rs", "use crate::store::Store;", 2, "`pki` must not name `store`");
        refuses("pki/x.rs", "\nfn f() { crate::store::open() }", 3, "must not name `store`");
        refuses("keys/x.rs", "use crate::{domain::ids, pki, outbound::http};", 2, "`outbound`");
        refuses("pki/x.rs", "use super::super::seal;", 2, "must not name `seal`");
        refuses("pki/mod.rs", "use super::keys;", 2, "must not name `keys`");
        refuses("pki/x.rs", "mod tests {\n use super::super::super::web::Y;\n}", 3, "`web`");
        refuses("domain/x.rs", "#[x]\nmod inner { use crate::pki::digest; }", 3, "`pki`");
        refuses("domain/x.rs", "fn f(_: crate::pki::Y) {}", 2, "nothing of ours");
        refuses("workflow/x.rs", "use crate::web::X;", 2, "must not name `web`");
        refuses("cellar.rs", "", 1, "`cellar` is not in the table");
        refuses("pki/x.rs", "use crate::cellar::X;", 2, "must not name `cellar`");
    }

    #[test]
    fn lets_right_arrows_pass() {
        accepts("pki/x.rs", "use crate::domain::instant::Instant;");
        accepts(
            "pki/x.rs",
            "use super::{digest, super::domain::ids};\nuse crate::pki::digest as d;",
        );
        accepts(
            "pki/x.rs",
            "// use crate::store;\n/* crate::web::X /* */ */\nconst A: &str = \"crate::web\";",
        );
        accepts("cli.rs", "use crate::{web, store::Store, workflow};");
        accepts(
            "workflow/x.rs",
            "fn f<'a>(_: &'a str) -> char { 'x' }\nuse crate::seal::xml::c14n;",
        );
        accepts("pki/x.rs", "mod tests {\n use super::super::digest::Y;\n}");
    }

    #[test]
    fn knows_half_open_arrows() {
        accepts(
            "config.rs",
            "use crate::keys::Config;\nuse crate::{store, seal::Limits};\nfn f(_: store::Config) {}",
        );
        refuses("config.rs", "use crate::keys::Keyring;", 2, "only its Config");
        refuses("config.rs", "use crate::{store};\nfn f(_: store::Store) {}", 3, "only its Config");
        accepts("web/x.rs", "use crate::store::{Reader, operations::OperationRow};");
        refuses("web/x.rs", "use crate::store as s;\nfn f(_: s::Store) {}", 3, "store::Reader");
        refuses("web/x.rs", "use crate::store::Store;", 2, "reads through `store::Reader`");
        refuses("web/x.rs", "fn f(app: &App) { app.store.write() }", 2, "is a workflow");
        refuses("workflow/x.rs", "fn f(r: &Reader) { r.sealed_content(1) }", 2, "door `contents`");
    }

    #[test]
    fn keeps_pure_rooms_pure() {
        refuses("seal/x.rs", "use std::fs;", 2, "files");
        refuses("seal/x.rs", "use std::{fmt, net::TcpStream};", 2, "network");
        refuses("pki/x.rs", "fn f() { let _ = std::env::var(\"A\"); }", 2, "environment");
        refuses("domain/x.rs", "use std::time::{Duration, Instant};", 2, "a clock");
        refuses("domain/x.rs", "fn f() {\n  std::time::SystemTime::now();\n}", 3, "a clock");
        refuses("verify/x.rs", "fn f() { Instant::now(); }", 2, "a clock");
        refuses("pki/x.rs", "use aws_lc_rs::{digest, rand};", 2, "randomness");
        refuses("seal/x.rs", "async fn f() {}", 2, "async");
        refuses("seal/x.rs", "mod tests { use tokio::task; }", 2, "async");
        accepts(
            "seal/x.rs",
            "use crate::domain::instant::Instant;\nfn f(at: Instant) { at.rand(); }",
        );
        accepts("keys/x.rs", "use std::{fs, time::SystemTime};\nasync fn f() {}");
    }

    #[test]
    fn keeps_formats_below_seals() {
        refuses("seal/xml.rs", "use crate::seal::xades::Y;", 2, "`seal::xades`");
        refuses("seal/pdf.rs", "use super::pades::Y;", 2, "`seal::pades`");
        accepts("seal/xades.rs", "use crate::seal::xml::Y;");
        accepts("seal/pdf.rs", "use super::xml::Y;");
    }

    #[test]
    fn keeps_crates_and_sql_at_home() {
        refuses("workflow/x.rs", "use axum::Json;", 2, "`axum` belongs to web");
        refuses("web/x.rs", "use sqlx::Row;", 2, "`sqlx` belongs to store");
        refuses("app.rs", "use cryptoki::object::X;", 2, "belongs to keys");
        refuses("workflow/x.rs", "const Q: &str = r#\"\n  SELECT a FROM b\"#;", 2, "SQL text");
        refuses("cli.rs", "const Q: &str = \"UPDATE a SET b = 1\";", 2, "SQL text");
        accepts("store/x.rs", "const Q: &str = \"DELETE FROM a\";\nuse sqlx::Row;");
        accepts("cli.rs", "const Q: &str = \"Select a file from the folder. UPDATE: never\";");
        accepts("web/x.rs", "use axum::Json;");
    }

    #[test]
    fn asks_for_sentences() {
        let bare = BTreeMap::from([(PathBuf::from("lib.rs"), "mod a;\n".to_owned())]);
        let said = House { folder: "src", files: bare }.violations();
        assert!(said[0].to_string().contains("begins with `//!`"));
        refuses("pki/x.rs", "\npub fn f() {}", 3, "`pub fn f` has no `///`");
        refuses("pki/x.rs", "#[must_use]\npub const fn f() {}", 3, "`pub fn f`");
        refuses(
            "pki/x.rs",
            "/// A.\npub struct A;\nimpl A {\n    pub fn b(&self) {}\n}",
            5,
            "fn b",
        );
        refuses("pki/x.rs", "// not one\npub const A: u8 = 1;", 3, "`pub const A`");
        accepts(
            "pki/x.rs",
            "/// A.\n#[derive(\n    Debug,\n)]\n#[x]\npub struct A {\n    pub b: u8,\n}",
        );
        accepts("pki/x.rs", "#[x]\n/// A.\npub enum A {}\npub(crate) fn f() {}\npub use a::b;");
        accepts(
            "pki/x.rs",
            "macro_rules! m { ($n:ident) => { pub struct $n; } }\n/// B.\npub type B = u8;",
        );
    }

    #[test]
    fn keeps_tests_apart() {
        refuses("pki/x.rs", "#[cfg(test)]\nmod tests {}", 2, "`tests/`");
        refuses("cli/x.rs", "\n#[test]\nfn f() {}", 3, "`tests/`");
        refuses("web/x.rs", "#[tokio::test]\nasync fn f() {}", 2, "`tests/`");
        refuses("web/x.rs", "#[cfg(any(test, unix))]\nfn f() {}", 2, "`tests/`");
        refuses("web/x.rs", "#[cfg_attr(test, derive(Debug))]\nstruct A;", 2, "`tests/`");
        refuses("web/x.rs", "const A: bool = cfg!(test);", 2, "`tests/`");
        accepts("web/x.rs", "#[cfg(unix)]\n#[x(test = 1)]\nfn test(test: u8) {\n  a[test];\n}");
    }

    #[test]
    fn sees_circles() {
        let house = |files: &[(&str, &str)]| {
            let files = files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned()));
            House { folder: "src", files: files.collect() }.circles()
        };
        let set = |files: &[&str]| files.iter().map(|file| (*file).to_owned()).collect();
        let round = house(&[
            ("lib.rs", "mod store;"),
            ("store/mod.rs", "mod a; mod b; mod c;"),
            ("store/a.rs", "use super::b;\nfn f() { b::g() }"),
            ("store/b.rs", "use crate::store::c::{C, self};"),
            ("store/c/mod.rs", "mod d;\nfn f() { d::g() }"),
            ("store/c/d.rs", "fn f(_: crate::store::a::A) {}"),
        ]);
        let all = ["store/a.rs", "store/b.rs", "store/c/d.rs", "store/c/mod.rs"];
        assert_eq!(round, BTreeSet::from([set(&all)]));
        let straight = house(&[
            ("lib.rs", "mod store;"),
            ("store/mod.rs", "mod a; mod b;\nfn f() { a::f(); b::g() }"),
            // The folder's own words.
            ("store/a.rs", "use super::Error;\nuse super::b::B;"),
            ("store/b.rs", "use crate::store::Error;"),
        ]);
        assert_eq!(straight, BTreeSet::new());
    }

    #[test]
    fn finds_dead_files() {
        let files = [
            ("lib.rs", "//! Root.\nmod pki;\n// mod seal;"),
            ("pki/mod.rs", "//! Room.\nmod a;\nmod tests { mod b; }"),
            ("pki/a.rs", "//! Alive."),
            ("pki/tests/b.rs", "//! Alive."),
            ("pki/c.rs", "//! Dead."),
            ("seal/mod.rs", "//! Dead."),
            ("main.rs", "//! Alive."),
        ];
        let files = files.map(|(path, text)| (PathBuf::from(path), text.to_owned())).into();
        let said = House { folder: "src", files }.violations();
        let dead: Vec<_> = said.iter().map(|v| v.file.display().to_string()).collect();
        assert_eq!(dead, ["src/pki/c.rs", "src/seal/mod.rs"]);
        assert!(said.iter().all(|v| v.rule.contains("no `mod` declares")));
    }
}
