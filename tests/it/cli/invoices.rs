//! `show`: the page it writes, and what it says of files that are none.

use std::process::{Command, Output};

use super::{BINARY, ROOT, text};

fn show(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("chancery.toml");
    std::fs::write(&config, "").unwrap();
    let mut command = Command::new(BINARY);
    command.current_dir(ROOT).arg("--config").arg(config).arg("show").args(arguments);
    command.output().unwrap()
}

#[test]
fn an_invoice_is_written_as_a_page_that_stands_alone() {
    let output = show(&["samples/credit-note/sealed.xml", "--language", "de"]);
    let page = text(&output);
    assert!(output.status.success(), "{page}");
    for wanted in ["<!doctype html>", "lang=\"de\"", "<h1>Gutschrift ", "BT-25", "<style>"] {
        assert!(page.contains(wanted), "{wanted} is not in {page}");
    }
    assert!(
        !page.contains("<link") && !page.contains("http://") && !page.contains(" src="),
        "{page}"
    );

    let lot = "samples/readable/fatturapa-lot.xml";
    let second = text(&show(&[lot, "--invoice", "2"]));
    assert!(second.contains("<h1>Credit note 42/A</h1>"), "{second}");
    let part = ["samples/invoice-peppol-25-lines/input.xml", "--line", "11", "--lines", "5"];
    let part = text(&show(&part));
    assert!(
        part.contains("Lines 11 to 15 of 25") && part.contains("and 10 further lines"),
        "{part}"
    );
}

#[test]
fn what_is_no_invoice_is_told_so() {
    for (arguments, words) in [
        (&["samples/pdf/invoice.pdf"][..], "it is not an invoice"),
        (&["samples/README.md"], "it is not an invoice"),
        (&["samples/readable/fatturapa-lot.xml", "--invoice", "3"], "no such invoice"),
        (&["samples/readable/cii.xml", "--line", "2"], "no such invoice or line"),
        (&["samples/none.xml"], "samples/none.xml"),
    ] {
        let output = show(arguments);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(output.stdout.is_empty() && text(&output).contains(words), "{}", text(&output));
    }
}
