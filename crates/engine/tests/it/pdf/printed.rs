//! Text of our own as a PDF, before foreign readers.

use std::path::Path;
use std::process::Command;

use chancery_engine::seal::print::{
    PrintedBlock, PrintedDocument, PrintedFact, PrintedLevel, PrintedText,
};
use chancery_testing::pdf_judges::{mutool_info, qpdf_check, verapdf_accessible};

/// Letters of the six languages, and others that the font has.
const LETTERS: &str = "ÄÖÜäöüß ÀÂÇÉÈÊËÎÏÔŒÙÛŸàâçéèêëîïôœùûÿ ÁÍÑÓÚáíñóú¿¡ ÌÒìò ÃÕãõ ’…«»–ºª αβγ жшщ";

fn said(program: &str, arguments: &[&str], file: &Path) -> String {
    let output = Command::new(program).args(arguments).arg(file).arg("-").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && output.stderr.is_empty(), "{program}: {output:?}");
    text
}

fn document(blocks: Vec<PrintedBlock>) -> PrintedDocument {
    PrintedDocument { title: "Título <&> 1".to_owned(), language: "pt", blocks }
}

fn paragraph(text: impl Into<String>) -> PrintedBlock {
    PrintedBlock::Paragraph(PrintedText::new(text))
}

fn fact(name: &str, texts: &[&str]) -> PrintedFact {
    PrintedFact {
        name: name.to_owned(),
        texts: texts.iter().copied().map(PrintedText::new).collect(),
    }
}

#[test]
fn others_read_what_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("printed.pdf");
    let long = "word ".repeat(2000);
    let endless = "x".repeat(3000);
    let hostile = "a\u{0}b\u{202e}c)(\\<</>>\r\nEMC";
    let english =
        PrintedText { text: "the digest is another one".to_owned(), language: Some("en") };
    let foreign = PrintedFact { name: "Detalhes".to_owned(), texts: vec![english] };
    let blocks = vec![
        PrintedBlock::Heading(PrintedLevel::First, "Relatório".to_owned()),
        paragraph(LETTERS),
        PrintedBlock::Facts(vec![
            fact("Assinado por", &["CN=Ação", "CN=漢字 and more"]),
            fact("um nome que é mais comprido do que a coluna em que está", &["a"]),
            foreign,
        ]),
        paragraph(long.as_str()),
        PrintedBlock::Heading(PrintedLevel::Second, "Assinatura 1".to_owned()),
        paragraph(endless.as_str()),
        paragraph(hostile),
        paragraph(""),
    ];
    let printed = document(blocks).to_pdf();
    std::fs::write(&file, &printed).unwrap();
    qpdf_check(&file).unwrap();
    mutool_info(&file).unwrap();

    let text = said("pdftotext", &["-raw"], &file);
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for wanted in
        ["Relatório", "CN=Ação", "漢字 and more", "abc)(\\<</>> EMC", "the digest is another one"]
    {
        assert!(flat.contains(wanted), "{wanted} is not in {text}");
    }
    for letter in LETTERS.chars() {
        assert!(text.contains(letter), "{letter} is not in {text}");
    }
    // what is longer than 4000 octets is told so
    assert!(flat.matches("word").count() == 800 && flat.contains('…'), "{flat}");
    assert_eq!(text.matches('x').count(), 3000);
}

#[test]
fn what_is_printed_is_tagged_and_the_same_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("printed.pdf");
    let facts = PrintedBlock::Facts(vec![fact("Nome", &["um", "dois"])]);
    let heading = PrintedBlock::Heading(PrintedLevel::First, "Relatório".to_owned());
    let one = document(vec![heading, facts, paragraph("fim")]);
    std::fs::write(&file, one.to_pdf()).unwrap();
    assert_eq!(one.to_pdf(), std::fs::read(&file).unwrap());
    let output = Command::new("pdfinfo").arg("-struct-text").arg(&file).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut last = 0;
    for wanted in
        ["Document", "H1", "Relatório", "L ", "LI", "Lbl", "Nome", "LBody", "um", "dois", "fim"]
    {
        let at = told[last..].find(wanted);
        last += at.unwrap_or_else(|| panic!("{wanted} is not in its place in {told}"));
    }
    let output = Command::new("pdfinfo").arg(&file).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("Tagged:          yes") && told.contains("Pages:           1"), "{told}");
    let metadata = Command::new("pdfinfo").arg("-meta").arg(&file).output().unwrap();
    let metadata = String::from_utf8_lossy(&metadata.stdout).into_owned();
    assert!(metadata.contains("Título &lt;&amp;&gt; 1") && metadata.contains("pdfuaid:part"));
}

#[test]
#[ignore = "needs a JVM and veraPDF: make conformance"]
fn conformance_of_printed_text() {
    let folder = tempfile::tempdir().unwrap();
    let full = vec![
        PrintedBlock::Heading(PrintedLevel::First, "Relatório".to_owned()),
        paragraph(LETTERS),
        PrintedBlock::Facts(vec![fact("Nome", &["um", "漢字"])]),
        PrintedBlock::Heading(PrintedLevel::Second, "Assinatura 1".to_owned()),
        paragraph("word ".repeat(700)),
    ];
    let file = folder.path().join("printed.pdf");
    std::fs::write(&file, document(full).to_pdf()).unwrap();
    let verdicts = verapdf_accessible(&[file]);
    assert!(verdicts.len() == 1 && verdicts[0].accepted, "{verdicts:?}");
}

/// An empty one is a file too.
#[test]
fn nothing_is_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.pdf");
    std::fs::write(&file, document(Vec::new()).to_pdf()).unwrap();
    qpdf_check(&file).unwrap();
    mutool_info(&file).unwrap();
}
