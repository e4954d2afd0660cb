//! Invoices of all syntaxes, ours and others': each term under its number, as the document writes it.

use chancery_engine::domain::invoice::{InvoiceSyntax, InvoiceWord};
use chancery_engine::invoice::InvoiceProblem;
use chancery_engine::seal::xml::source::Source;
use chancery_testing::judges::{at_least, corpus_files, repository};

use super::support::{dropped, first, name, odd_letters, part, said, sample, whole};

#[test]
fn terms_of_cii_stand_under_their_numbers() {
    let invoice = whole(&sample("readable/cii.xml")).unwrap();
    assert_eq!(invoice.syntax, InvoiceSyntax::Cii);
    for (number, text) in [
        ("BT-1", "RE-2026-0815"),
        ("BT-2", "2026-12-01"),
        ("BT-3", "380"),
        ("BT-5", "EUR"),
        ("BT-9", "2026-12-31"),
        ("BT-10", "04011000-12345-03"),
        ("BT-13", "B-77"),
        ("BT-20", "Zahlbar innerhalb von 30 Tagen ohne Abzug"),
        ("BT-21", "AAI"),
        ("BT-22", "Vielen Dank für Ihren Auftrag."),
        ("BT-24", "urn:cen.eu:en16931:2017"),
        ("BT-27", "Muster Büromöbel GmbH"),
        ("BT-30", "HRB 4711"),
        ("BT-31", "DE123456789"),
        ("BT-32", "37/123/45678"),
        ("BT-35", "Musterstraße 1"),
        ("BT-43", "rechnung@muster.example"),
        ("BT-44", "Gemeinde Beispielstadt"),
        ("BT-52", "Hamburg"),
        ("BT-72", "2026-11-28"),
        ("BT-81", "58"),
        ("BT-83", "RE-2026-0815"),
        ("BT-84", "DE02120300000000202051"),
        ("BT-92", "100.00"),
        ("BT-97", "Treuerabatt"),
        ("BT-106", "1200.00"),
        ("BT-107", "100.00"),
        ("BT-109", "1100.00"),
        ("BT-110", "209.00"),
        ("BT-112", "1309.00"),
        ("BT-115", "1309.00"),
        ("BT-116", "1100.00"),
        ("BT-117", "209.00"),
        ("BT-122", "Lieferliste"),
        ("BT-125", "lieferliste.csv"),
        ("BT-126", "1"),
        ("BT-129", "10"),
        ("BT-131", "1200.00"),
        ("BT-146", "120.00"),
        ("BT-147", "10.00"),
        ("BT-148", "130.00"),
        ("BT-151", "S"),
        ("BT-152", "19.00"),
        ("BT-153", "Bürostuhl Modell 7"),
        ("BT-157", "4000001543212"),
    ] {
        assert_eq!(first(&invoice, number).as_deref(), Some(text), "{number}");
    }
    assert!(invoice.unread.is_empty() && !invoice.is_cut, "{:?}", invoice.unread);
}

#[test]
fn terms_of_ubl_stand_under_their_numbers() {
    let invoice = whole(&sample("invoice-peppol-25-lines/input.xml")).unwrap();
    assert_eq!((invoice.syntax, invoice.line_count), (InvoiceSyntax::Ubl, 25));
    assert_eq!((invoice.lines.len(), invoice.is_credit_note), (25, false));
    for number in ["BT-1", "BT-2", "BT-27", "BT-31", "BT-44", "BT-110", "BT-115", "BT-153"] {
        assert!(first(&invoice, number).is_some(), "{number} in {:?}", said(&invoice));
    }
    let note = whole(&sample("credit-note/input.xml")).unwrap();
    assert!(note.is_credit_note && first(&note, "BT-25").is_some());
    // the sealed one says the same: its seal is no part of the invoice
    let sealed = whole(&sample("credit-note/sealed.xml")).unwrap();
    assert_eq!((said(&sealed), &sealed.unread), (said(&note), &note.unread));
}

#[test]
fn a_lot_of_fatturapa_is_several_invoices_of_one_header() {
    let lot = sample("readable/fatturapa-lot.xml");
    let one = whole(&lot).unwrap();
    assert_eq!((one.syntax, one.number, one.count), (InvoiceSyntax::FatturaPa, 1, 2));
    for (number, text) in [
        ("BT-1", "41/A"),
        ("BT-3", "TD01"),
        ("BT-27", "Mario Rossi"),
        ("BT-31", "IT01234567890"),
        ("BT-35", "Viale Roma 543"),
        ("BT-46", "09876543210"),
        ("BT-11", "F11B26000010001"),
        ("BT-17", "8000000001"),
        ("BT-81", "MP05"),
        ("BT-112", "976.00"),
        ("BT-129", "10.00"),
        ("BT-146", "80.00"),
    ] {
        assert_eq!(first(&one, number).as_deref(), Some(text), "{number}");
    }
    let withheld = one.whole.groups.iter().find(|it| it.heading.word == InvoiceWord::Withholding);
    assert_eq!(withheld.unwrap().facts.len(), 4);
    let two = part(&lot, 2).unwrap();
    assert_eq!((two.number, two.is_credit_note), (2, true));
    assert_eq!(first(&two, "BT-1").as_deref(), Some("42/A"));
    assert_eq!(first(&two, "BT-27").as_deref(), Some("Mario Rossi"));
    assert!(!said(&two).iter().any(|(_, text)| text == "41/A"), "{:?}", said(&two));
    for none in [0, 3] {
        assert!(matches!(part(&lot, none), Err(InvoiceProblem::NoSuchPart)));
    }
    // who transmits it is not the invoice's
    assert_eq!((one.unread, one.unread_count), (vec!["IdPaese".into(), "IdCodice".into()], 2));

    let simple = whole(&sample("readable/fatturapa-simplified.xml")).unwrap();
    assert_eq!(simple.syntax, InvoiceSyntax::FatturaPaSimplified);
    let texts: Vec<String> = said(&simple).into_iter().map(|(_, text)| text).collect();
    for text in ["Trattoria Esempio", "RSSMRA80A01H501U", "Pranzo di lavoro", "55.00", "5.00"] {
        assert!(texts.iter().any(|said| said == text), "{text} in {texts:?}");
    }
}

/// Sums that do not add up are shown as they are.
#[test]
fn nothing_is_computed() {
    let text = String::from_utf8(sample("readable/cii.xml")).unwrap();
    let wrong = text.replace(
        "<ram:GrandTotalAmount>1309.00</ram:GrandTotalAmount>",
        "<ram:GrandTotalAmount>01309,0</ram:GrandTotalAmount>",
    );
    let wrong = wrong.replace(">20261201<", ">2026-13-45<").replace(">209.00<", ">7<");
    let invoice = whole(wrong.as_bytes()).unwrap();
    let told =
        ["BT-112", "BT-2", "BT-110", "BT-115"].map(|number| first(&invoice, number).unwrap());
    assert_eq!(told, ["01309,0", "2026-13-45", "7", "1309.00"]);
}

#[test]
fn what_no_table_knows_is_named() {
    let text = String::from_utf8(sample("readable/cii.xml")).unwrap();
    let more = text.replace(
        "<ram:BuyerReference>",
        "<ram:Unheard>of</ram:Unheard><x:BuyerReference xmlns:x=\"urn:x\">other</x:BuyerReference>\
         <ram:BuyerReference>",
    );
    let invoice = whole(more.as_bytes()).unwrap();
    assert_eq!(invoice.unread, ["Unheard", "BuyerReference"]);
    assert!(!said(&invoice).iter().any(|(_, text)| text == "other"));
}

/// Every text of every document is shown, or its element is named: ours, and those of the larger corpus.
#[test]
fn nothing_is_dropped_without_a_word() {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(repository().join("samples")).unwrap() {
        files.push(entry.unwrap().path().join("input.xml"));
    }
    for file in ["cii", "fatturapa-lot", "fatturapa-simplified"] {
        files.push(repository().join(format!("samples/readable/{file}.xml")));
    }
    files.retain(|file| file.exists());
    let ours = files.len();
    for folder in ["ubl", "cii", "other-xml"] {
        files.extend(corpus_files(folder, "xml"));
    }
    let mut read = 0;
    for file in files {
        let octets = std::fs::read(&file).unwrap();
        let Ok(invoice) = whole(&octets) else { continue };
        read += 1;
        let source = Source::read(&octets).unwrap();
        if invoice.count == 1 && !invoice.is_cut {
            assert_eq!(dropped(source.text(), &invoice), Vec::<String>::new(), "{}", name(&file));
        }
        assert_eq!(odd_letters(&invoice), [], "{}", name(&file));
        for number in ["BT-1", "BT-2"] {
            assert!(first(&invoice, number).is_some(), "{number} in {}", name(&file));
        }
    }
    assert!(ours >= 14 && read >= ours, "{read} of {ours}");
    at_least(ours + 40, read, "invoices were read");
}
