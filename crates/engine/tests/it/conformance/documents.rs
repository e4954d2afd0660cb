//! Which documents each profile is tried with: small ones of our own for every format, the samples of
//! the repository, and the larger corpus where it is there.

use std::fs;
use std::path::{Path, PathBuf};

use chancery_engine::seal::catalogue::{Catalogue, Root};
use roxmltree::Document as Tree;

use chancery_testing::judges::{corpus as corpus_folder, repository};

const UBL: &str = "urn:oasis:names:specification:ubl:schema:xsd:";

/// A document to seal.
pub(crate) struct Specimen {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Our own documents for formats that the samples do not have, by the beginning of the profile's name.
const FORMATS: [(&str, &[&str]); 13] = [
    ("dgii-ecf", &["dgii-ecf"]),
    ("dian", &["dian"]),
    ("facturae", &["facturae"]),
    ("fatturapa", &["fatturapa"]),
    ("hacienda-cr", &["hacienda-cr"]),
    ("ksef-auth", &["ksef-auth"]),
    ("sifen", &["sifen"]),
    ("sii-dte", &["sii-dte", "sii-envio"]),
    ("sri", &["sri"]),
    ("sunat", &["sunat"]),
    ("ticketbai", &["ticketbai"]),
    ("ubl-tr", &["ubl-tr"]),
    ("verifactu", &["verifactu"]),
];

/// Our own documents that the profile is for: those of its format, else samples.
pub(super) fn own(catalogue: &Catalogue, profile: &str) -> Vec<Specimen> {
    if let Some((_, names)) = FORMATS.iter().find(|(start, _)| profile.starts_with(start)) {
        let folder = repository().join("crates/engine/tests/it/conformance/documents");
        return names.iter().map(|name| read(&folder.join(format!("{name}.xml")))).collect();
    }
    let samples = fs::read_dir(repository().join("samples")).unwrap();
    let files =
        samples.map(|case| case.unwrap().path().join("input.xml")).filter(|it| it.is_file());
    let mut all: Vec<Specimen> =
        files.map(|file| read(&file)).filter(|it| is_for(catalogue, profile, it)).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// As [`own`], but of the samples just those that are small and odd.
pub(crate) fn few(catalogue: &Catalogue, profile: &str) -> Vec<Specimen> {
    const FEW: [&str; 4] = [
        "credit-note-signature-place",
        "invoice-cdata-comments-pi",
        "invoice-crlf-bom",
        "invoice-unusual-prefixes",
    ];
    let mut documents = own(catalogue, profile);
    if !FORMATS.iter().any(|(start, _)| profile.starts_with(start)) {
        documents.retain(|document| FEW.contains(&document.name.as_str()));
    }
    documents
}

/// The documents of the larger corpus that the profile is for.
pub(super) fn corpus(catalogue: &Catalogue, profile: &str) -> Vec<Specimen> {
    let Some(folder) = corpus_folder() else { return Vec::new() };
    let mut files: Vec<PathBuf> = ["ubl", "cii", "other-xml"]
        .iter()
        .flat_map(|kind| fs::read_dir(folder.join(kind)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it.eq_ignore_ascii_case("xml")))
        .collect();
    files.sort();
    let documents = files.iter().map(|file| without_placeholder(profile, read(file)));
    // A foreign signature that is none yet keeps some judges from looking at ours.
    let unfinished =
        |document: &Specimen| String::from_utf8_lossy(&document.bytes).contains("<ds:Signature");
    documents.filter(|it| is_for(catalogue, profile, it) && !unfinished(it)).collect()
}

fn read(file: &Path) -> Specimen {
    let case = match file.file_stem().unwrap().to_string_lossy().into_owned() {
        input if input == "input" => {
            file.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned()
        }
        stem => stem,
    };
    Specimen { name: case, bytes: fs::read(file).unwrap() }
}

/// What stands in the extension of some published invoices for Turkey and Peru until they are signed.
fn without_placeholder(profile: &str, mut document: Specimen) -> Specimen {
    if !profile.starts_with("ubl-tr") && !profile.starts_with("sunat") {
        return document;
    }
    let Ok(mut text) = String::from_utf8(document.bytes.clone()) else { return document };
    if let Some(from) = text.find("<ds:Signature")
        && let Some(length) = text[from..].find("</ds:Signature>")
    {
        text.replace_range(from..from + length + "</ds:Signature>".len(), "");
    }
    document.bytes = text.replace("<n4:auto-generated_for_wildcard/>", "").into_bytes();
    document
}

/// Whether the root is one of the profile's, and the document has what its authority demands of it.
fn is_for(catalogue: &Catalogue, profile: &str, document: &Specimen) -> bool {
    let text = String::from_utf8_lossy(&document.bytes);
    let needed = match profile {
        "signstash-default" => "SignatureInformation",
        "ubl-tr" => ">TR1",
        "sunat" | "sunat-sha1" => "peru:schema",
        "dian" => "DIAN 2.1",
        "ksef-auth" => "AuthTokenRequest",
        _ => "",
    };
    let ours = |root: &Root, name: &str, namespace: &str| {
        let fits = match root.namespace.strip_suffix('*') {
            Some(start) => namespace.starts_with(start),
            None => namespace == root.namespace,
        };
        fits && (root.name == "*" || root.name == name)
    };
    let roots = &catalogue.entry(profile).unwrap().roots;
    let matches = match Tree::parse(text.trim_start_matches('\u{FEFF}')) {
        Ok(tree) => {
            let name = tree.root_element().tag_name();
            let (name, namespace) = (name.name(), name.namespace().unwrap_or_default());
            roots.is_empty() || roots.iter().any(|root| ours(root, name, namespace))
        }
        // UTF-16, or what must be refused.
        Err(_) => roots.is_empty() || roots.iter().any(|root| root.namespace.starts_with(UBL)),
    };
    matches && text.contains(needed)
}
