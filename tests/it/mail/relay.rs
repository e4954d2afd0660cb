//! A real relay takes our letters, Python's `email` reads them as they were meant, and dkimpy accepts
//! their signatures.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery::domain::delivery::Verdict;
use chancery::outbound::mail::{Account, Attachment, DkimKey, Letter, Mailer, Security};
use chancery_testing::python::python;
use rcgen::{KeyPair, PKCS_ED25519, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};

use super::{KEY, address, letter};
use crate::support::postfix::Postfix;
use crate::support::smtp::CERTIFICATES;

/// Asks the judge about mails; what it said, line by line, and whether it accepts all.
fn judge(mails: &Path, expected: &Value) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("expected.json");
    std::fs::write(&file, expected.to_string()).unwrap();
    let output = python("verify_mail.py").args([&file, mails]).output();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// Plain, in several scripts, with odd attachments, long, and empty ones.
fn letters() -> Vec<Letter> {
    let attachment = |file_name: &str, content_type: &str, bytes: Vec<u8>| Attachment {
        file_name: file_name.to_owned(),
        content_type: content_type.to_owned(),
        bytes: Arc::new(bytes),
    };
    let every_octet: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let mut letters = vec![letter("plain@customer.example")];
    let subjects = [
        "Fatura nº 123 – já disponível",
        "Счёт № 5 на оплату",
        "Τιμολόγιο 7",
        "請求書 12 のご案内 🧾",
        "فاتورة رقم ٩",
        "Rechnung \"4711\", <bitte> (prüfen) \\ danke",
        "A subject that is so long that it must be folded more than once, with Ümläuts here and there, until \
         it is über hundred and eighty characters long, which sellers like to do",
    ];
    for subject in subjects {
        let mut letter = letter("scripts@customer.example");
        letter.subject = subject.to_owned();
        letter.from_name = format!("{subject:.20} & Söhne, \"GmbH\"");
        letter.to_name = "Zoë (Accounts), Ltd.".to_owned();
        letter.text = format!("{subject}\n.\n..\nFrom here  \n\n-- \n{}", "long ".repeat(400));
        letter.html = Some(format!("<p>{subject}</p><pre>\n.\n</pre>"));
        letter.list_id = "invoices.seller.example".to_owned();
        letter.reply_to = Some(address("help@seller.example"));
        letters.push(letter);
    }
    let mut with_files = letter("files@customer.example");
    with_files.attachments = vec![
        attachment("plain.xml", "application/xml", b"<a/>\r\n.\r\n".to_vec()),
        attachment("Factura nº 1 – señor.pdf", "application/pdf", every_octet.clone()),
        attachment("請求書の長い名前".repeat(10).as_str(), "application/pdf", vec![0]),
        attachment("quote\"semi;colon=percent%20'star*.txt", "text/plain", b"\r\r\n\n".to_vec()),
        attachment(&format!("{}.xml", "long".repeat(30)), "text/xml", "é".into()),
        attachment(&format!("{}.xml", "ñandú ".repeat(40)), "application/xml", vec![1]),
        attachment(&format!("{}.pdf", "0123456789".repeat(24)), "application/pdf", vec![2]),
        attachment("empty", "no type at all", Vec::new()),
    ];
    letters.push(with_files.clone());
    with_files.html = Some("<p>with files</p>".to_owned());
    letters.push(with_files);
    let mut empty = letter("empty@customer.example");
    (empty.subject, empty.text, empty.from_name) = Default::default();
    letters.push(empty);
    for (number, letter) in letters.iter_mut().enumerate() {
        letter.message_id = format!("{number}.relay@seller.example");
    }
    letters
}

fn expectation(letter: &Letter, signed_by: Option<&str>) -> Value {
    let files = letter.attachments.iter().map(
        |file| json!({ "name": file.file_name, "bytes": STANDARD.encode(file.bytes.as_ref()) }),
    );
    json!({
        "subject": letter.subject, "from": letter.from.as_str(), "from_name": letter.from_name,
        "to": letter.to.as_str(), "to_name": letter.to_name, "text": letter.text,
        "html": letter.html, "files": files.collect::<Vec<_>>(), "dkim": signed_by,
        "date_ms": letter.date.unix_ms(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_pass_a_real_relay_and_mean_what_they_meant() {
    if !Postfix::can_run() {
        eprintln!("not asked: only root can run a mail relay");
        return;
    }
    let relay = Postfix::start();
    let rsa = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let ed25519 = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let key = |selector, pair: &KeyPair| {
        let pem = pair.serialize_pem();
        Arc::new(DkimKey::from_pem("seller.example", selector, pem.as_bytes()).unwrap())
    };
    let keys = [None, Some(key("rsa", &rsa)), Some(key("ed", &ed25519))];
    let ways = [
        (relay.port, Security::Starttls),
        (relay.tls_port, Security::Implicit),
        (relay.port, Security::Starttls),
    ];
    let mailer = Mailer::new();
    let mut mails = serde_json::Map::new();
    let mut records = serde_json::Map::new();
    for (number, (dkim, (port, security))) in (1..).zip(keys.into_iter().zip(ways)) {
        let mut account =
            Account::new("localhost", port, security, address("invoices@seller.example"));
        account.ca_pem = Some(CERTIFICATES.ca_pem.as_bytes().into());
        account.dkim = dkim;
        let record = account.dkim.as_ref().map(|key| key.record().unwrap());
        records.extend(record.clone().map(|(name, text)| (name, text.into())));
        for mut letter in letters() {
            letter.message_id = format!("{number}.{}", letter.message_id);
            let message = account.compose(&letter).unwrap();
            let account_key = chancery::outbound::mail::AccountKey { id: number, ..KEY };
            let tried = mailer.send(&account, account_key, &letter.to, &message).await;
            assert_eq!(tried.verdict, Verdict::Accepted, "{tried:?}: {}", relay.said());
            let signed_by = record.as_ref().map(|(name, _)| name.as_str());
            mails.insert(letter.message_id.clone(), expectation(&letter, signed_by));
        }
    }
    let count = mails.len();
    let files = relay.wait_for(count);
    assert_eq!(files.len(), count);
    let folder = files[0].parent().unwrap();
    let expected = json!({ "mails": mails, "records": records });
    let (accepted, said) = judge(folder, &expected);
    assert!(accepted, "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("OK ")).count(), count, "{said}");

    // The judge is no yes-man: another subject, another body, another header.
    let signed = files.iter().map(|file| std::fs::read_to_string(file).unwrap());
    let signed: Vec<_> =
        signed.filter(|mail| mail.contains("s=rsa") || mail.contains("s=ed")).collect();
    let plain = |mail: &&String| mail.contains("To: plain@");
    let changes = [
        ("is attached", "is detached"),
        ("Subject: Your", "Subject: My"),
        ("Date: ", "Reply-To: x@evil.example\nDate: "),
    ];
    for mail in signed.iter().filter(plain) {
        for (from, to) in changes {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("mail"), mail.replacen(from, to, 1)).unwrap();
            let (accepted, said) = judge(folder.path(), &expected);
            assert!(!accepted && said.contains("FAIL "), "{from}: {said}");
        }
    }
}
