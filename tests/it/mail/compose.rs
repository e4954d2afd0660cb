//! What letters look like, byte by byte where it matters.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery::outbound::mail::Attachment;

use super::{address, letter};

fn headers(message: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(message).unwrap();
    let (headers, _) = text.split_once("\r\n\r\n").unwrap();
    headers.replace("\r\n ", " ").lines().map(str::to_owned).collect()
}

#[test]
fn a_letter_says_what_it_is_and_is_the_same_every_time() {
    let mut letter = letter("ap@customer.example");
    letter.list_id = "invoices.seller.example".to_owned();
    letter.reply_to = Some(address("help@seller.example"));
    letter.html = Some("<p>Hello</p>".to_owned());
    let bytes = Arc::new(b"\0\x01\r\n.\r\n".to_vec());
    letter.attachments.push(Attachment {
        file_name: "a.xml".to_owned(),
        content_type: "application/xml".to_owned(),
        bytes,
    });
    let message = letter.compose().unwrap();
    assert_eq!(message, letter.clone().compose().unwrap());
    let headers = headers(&message);
    for wanted in [
        "From: Seller <invoices@seller.example>",
        "To: ap@customer.example",
        "Reply-To: help@seller.example",
        "Subject: Your invoice",
        "Date: Sun, 22 Nov 2026 10:19:21 +0000",
        "Message-ID: <0001.a@seller.example>",
        "MIME-Version: 1.0",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "List-Id: <invoices.seller.example>",
        "Content-Language: en",
    ] {
        assert_eq!(
            headers.iter().filter(|header| *header == wanted).count(),
            1,
            "{wanted}\n{headers:#?}"
        );
    }
    let text = String::from_utf8(message).unwrap();
    let order =
        ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/xml"];
    let places: Vec<_> = order.iter().map(|part| text.find(part).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn no_value_makes_a_header_or_a_long_or_8_bit_line() {
    let evil = "x\r\nBcc: spy@evil.example\r\n\r\nbody\u{85}\u{2028}\u{0}é";
    let mut letter = letter("ap@customer.example");
    letter.subject = format!("{evil} {}", "w".repeat(5_000));
    letter.from_name = format!("{evil}{}", "n".repeat(5_000));
    letter.to_name = format!("\"{evil}\" <spy@evil.example>");
    letter.list_id = evil.to_owned();
    letter.language = evil.to_owned();
    letter.text = format!("{}\n{evil}", "t".repeat(5_000));
    letter.html = Some(format!("<p>{}</p>\n{evil}", "ü".repeat(5_000)));
    letter.attachments.push(Attachment {
        file_name: format!("../{evil}{}.xml", "f".repeat(5_000)),
        content_type: format!("text/plain; x=\"{evil}\""),
        bytes: Arc::new(vec![0xff; 10_000]),
    });
    let message = letter.compose().unwrap();
    assert!(message.is_ascii());
    let text = String::from_utf8(message.clone()).unwrap();
    assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n', '\0'])));
    let headers = headers(&message);
    assert!(!headers.iter().any(|header| header.starts_with("Bcc")), "{headers:#?}");
    let known = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "List-Id",
        "Content-Language",
    ];
    for header in &headers {
        assert!(known.contains(&header.split(':').next().unwrap()), "{header}");
    }
    for id in ["", "a", "a@", "@b", "a@b@c", "a@b>\r\nBcc: x", "a b@c"] {
        letter.message_id = id.to_owned();
        assert!(letter.compose().is_err(), "{id:?}");
    }
}

#[test]
fn an_address_in_another_script_stays_as_it_is() {
    let mut letter = letter("josé@exämple.pt");
    letter.to_name = "José".to_owned();
    let message = String::from_utf8(letter.compose().unwrap()).unwrap();
    assert!(message.contains("\r\nTo: josé@xn--exmple-cua.pt\r\n"), "{message}");
}

#[test]
fn nobody_elses_encoded_word_is_decoded() {
    let mut letter = letter("ap@customer.example");
    letter.subject = "Pay =?utf-8?q?=0D=0Anow?=".to_owned();
    let message = String::from_utf8(letter.compose().unwrap()).unwrap();
    assert!(message.contains("\r\nSubject: Pay = ?utf-8?q?=0D=0Anow?=\r\n"), "{message}");
}

#[test]
fn no_text_can_close_its_part() {
    let mut letter = letter("ap@customer.example");
    letter.html = Some(String::new());
    let message = String::from_utf8(letter.compose().unwrap()).unwrap();
    let boundary = message.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
    letter.text = format!("\n--{boundary}--\n");
    letter.html = Some(letter.text.clone());
    let message = String::from_utf8(letter.compose().unwrap()).unwrap();
    assert_eq!(message.matches(&format!("\r\n--{boundary}--")).count(), 1);
}

/// A document may have a name of 255 characters, and its receiver gets it whole, also with a reader that
/// looks at `name` of Content-Type only.
#[test]
fn long_names_of_attachments_stay_whole() {
    for name in [format!("{}.xml", "n".repeat(240)), format!("{}.xml", "né 7".repeat(60))] {
        let mut letter = letter("ap@customer.example");
        let content_type = "application/xml".to_owned();
        let bytes = Arc::new(b"<a/>".to_vec());
        letter.attachments.push(Attachment { file_name: name.clone(), content_type, bytes });
        let message = String::from_utf8(letter.compose().unwrap()).unwrap();
        assert!(
            message.is_ascii() && message.split("\r\n").all(|line| line.len() <= 78),
            "{message}"
        );
        let (_, parameter) =
            message.split_once("Content-Type: application/xml;\r\n name=\"").unwrap();
        let words = parameter.split('"').next().unwrap().split("\r\n ");
        let octets: Vec<u8> = words
            .flat_map(|word| {
                let text = word.strip_prefix("=?utf-8?B?").unwrap().strip_suffix("?=").unwrap();
                STANDARD.decode(text).unwrap()
            })
            .collect();
        assert_eq!(String::from_utf8(octets).unwrap(), name);
    }
}
