//! Documents that would rather be something else than shown.

use std::fmt::Write as _;

use chancery_engine::domain::refusal::Refusal;
use chancery_engine::invoice::{InvoiceProblem, InvoiceWish, LINES, read};
use chancery_engine::seal::Limits;
use chancery_testing::cost;

use super::support::{first, odd_letters, said, whole};

const HEAD: &str = "<Invoice xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\" \
    xmlns:c=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\" \
    xmlns:a=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\">";

fn ubl(inside: &str) -> Vec<u8> {
    format!("{HEAD}{inside}</Invoice>").into_bytes()
}

fn lines(count: usize) -> Vec<u8> {
    let mut text = "<c:ID>1</c:ID>".to_owned();
    for number in 1..=count {
        let _ = write!(
            text,
            "<a:InvoiceLine><c:ID>{number}</c:ID><a:Item><c:Name>x</c:Name></a:Item></a:InvoiceLine>"
        );
    }
    ubl(&text)
}

#[test]
fn what_moves_letters_is_spelled_out() {
    let id = "1\u{202E}gnp.exe\u{2066}\u{200B}\u{85}&#xFEFF;";
    let marks = format!("a{}b", "\u{301}".repeat(50));
    let octets = ubl(&format!(
        "<c:ID>{id}</c:ID><c:Note>{marks}</c:Note><c:Odd>1</c:Odd><c:Note>a&#13;&#10;b&#9;c</c:Note>"
    ));
    let invoice = whole(&octets).unwrap();
    assert_eq!(odd_letters(&invoice), []);
    let wanted = "1[U+202E]gnp.exe[U+2066][U+200B][U+0085][U+FEFF]";
    assert_eq!(first(&invoice, "BT-1").unwrap(), wanted);
    let notes: Vec<String> =
        said(&invoice).into_iter().filter(|(term, _)| *term == "BT-22").map(|it| it.1).collect();
    assert_eq!(notes[0].matches('\u{301}').count(), 4, "{}", notes[0]);
    assert_eq!(notes[1], "a[U+000D]\nb c");
    // what people write stays as it is
    let names = "Łódź ∑ № 日本 עברית \u{200D}👩\u{200D}🔬 e\u{301}";
    let invoice = whole(&ubl(&format!("<c:ID>{names}</c:ID>"))).unwrap();
    assert_eq!(first(&invoice, "BT-1").as_deref(), Some(names));
}

#[test]
fn markup_in_texts_is_text() {
    let script = "&lt;script&gt;alert(1)&lt;/script&gt;<![CDATA[<img src=x onerror=alert(1)>]]>";
    let invoice = whole(&ubl(&format!("<c:ID>{script}</c:ID>"))).unwrap();
    let wanted = "<script>alert(1)</script><img src=x onerror=alert(1)>";
    assert_eq!(first(&invoice, "BT-1").as_deref(), Some(wanted));
}

#[test]
fn bombs_are_not_read() {
    let entities = "<!DOCTYPE a [<!ENTITY b \"c\">]>";
    let deep = format!("{}{}", "<c:a>".repeat(100), "</c:a>".repeat(100));
    let long = "n".repeat(5000);
    for (octets, code) in [
        (format!("{entities}{HEAD}</Invoice>").into_bytes(), "doctype-forbidden"),
        (ubl(&deep), "xml-too-deep"),
        (ubl(&format!("<c:{long}/>")), "xml-malformed"),
        (ubl(&"<c:ID/>".repeat(2_000_000)), "xml-too-many-nodes"),
        (ubl("<c:ID>"), "xml-malformed"),
    ] {
        let Err(InvoiceProblem::Unreadable(refusal)) = whole(&octets) else { panic!("{code}") };
        assert_eq!(Refusal::code(&refusal), code);
    }
    for octets in [&b""[..], b"PK\x03\x04", b"%PDF-1.7\n", b"<a/>", b"0\x80", b"text"] {
        assert!(matches!(
            whole(octets),
            Err(InvoiceProblem::NoInvoice | InvoiceProblem::Unreadable(_))
        ));
    }
    // a name alone makes no invoice
    let foreign = "<Invoice xmlns=\"urn:x\"><ID>1</ID></Invoice>";
    assert!(matches!(whole(foreign.as_bytes()), Err(InvoiceProblem::NoInvoice)));
}

#[test]
fn many_lines_are_shown_in_parts() {
    let octets = lines(100_000);
    let wish = |first_line| InvoiceWish { first_line, ..InvoiceWish::default() };
    let at = |first_line| read(&octets, wish(first_line), &Limits::default());
    let first = at(1).unwrap();
    assert_eq!((first.line_count, first.lines.len(), first.first_line), (100_000, LINES, 1));
    assert!(!first.is_cut && first.unread.is_empty(), "{:?}", first.unread);
    let last = at(99_950).unwrap();
    assert_eq!(last.lines.len(), 51);
    assert!(said(&last).contains(&("BT-126", "100000".to_owned())));
    for none in [0, 100_001, usize::MAX] {
        assert!(matches!(at(none), Err(InvoiceProblem::NoSuchPart)), "{none}");
    }
    assert_eq!(whole(&lines(0)).unwrap().lines.len(), 0);
}

#[test]
fn long_and_many_values_are_cut_with_a_word() {
    let long = ubl(&format!("<c:ID>{}</c:ID>", "ä".repeat(1_000_000)));
    let invoice = whole(&long).unwrap();
    let number = first(&invoice, "BT-1").unwrap();
    assert!(invoice.is_cut && number.chars().count() == 4001 && number.ends_with('…'));
    // what stands behind so much white space is not shown, and that is said
    for text in [format!("a{}b", " ".repeat(50_000)), format!("{}b", " ".repeat(50_000))] {
        let invoice = whole(&ubl(&format!("<c:ID>{text}</c:ID>"))).unwrap();
        assert_eq!(invoice.is_cut, text.starts_with('a'));
        assert!(
            first(&invoice, "BT-1").is_some_and(|shown| text.starts_with(&shown) || shown == "b")
        );
    }
    let many = ubl(&"<c:Note>again</c:Note>".repeat(10_000));
    let invoice = whole(&many).unwrap();
    assert_eq!((said(&invoice).len(), invoice.whole.omitted, invoice.is_cut), (100, 9900, true));
    // all together no more than a budget
    let party = "<a:AccountingSupplierParty><a:Party><a:PartyName><c:Name>".to_owned()
        + &"x".repeat(5000)
        + "</c:Name></a:PartyName></a:Party></a:AccountingSupplierParty>";
    let invoice = whole(&ubl(&party.repeat(3000))).unwrap();
    let letters: usize = said(&invoice).iter().map(|(_, text)| text.len()).sum();
    assert!(invoice.is_cut && letters < 410_000, "{letters}");
}

/// What is read many times over costs as much as its length, whatever it is made of.
#[test]
fn reading_takes_as_long_as_the_document() {
    let charges = "<a:AllowanceCharge><c:ChargeIndicator>true</c:ChargeIndicator>\
        <c:Amount>1</c:Amount></a:AllowanceCharge>";
    let read_it = |octets: &[u8]| drop(whole(octets));
    cost::follows_length("charges", 4000, |count| read_it(&ubl(&charges.repeat(count))));
    cost::follows_length("lines", 4000, |count| read_it(&lines(count)));
    let unknown = |at: usize| format!("<c:n{at}>x</c:n{at}>");
    cost::follows_length("names", 8000, |count| {
        let names: Vec<String> = (0..count).map(unknown).collect();
        read_it(&ubl(&names.concat()));
    });
}
