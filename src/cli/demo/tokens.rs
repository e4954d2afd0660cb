//! The timestamps of a sealed sample, each with the octets that it has to be over, found without the engine: openssl
//! judges them.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::Failure;

/// A token, and what it is over.
pub(super) struct StampedOctets {
    token: Vec<u8>,
    octets: Vec<u8>,
}

/// The signature timestamp of XML that the service sealed: over its `ds:SignatureValue`, in exclusive canonicalization
/// (EN 319 132-1, 5.3). The element has no namespace but its own, and nothing in it that canonicalization changes but
/// the declaration.
pub(super) fn of_xml(text: &str) -> Option<StampedOctets> {
    let begin = text.find("<ds:SignatureValue")?;
    let end =
        begin + text.get(begin..)?.find("</ds:SignatureValue>")? + "</ds:SignatureValue>".len();
    let element = text.get(begin..end)?;
    let name = "<ds:SignatureValue";
    let declaration = " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
    let octets = format!("{name}{declaration}{}", element.strip_prefix(name)?).into_bytes();
    let property = text.get(text.find("SignatureTimeStamp")?..)?;
    let begin = property.find("EncapsulatedTimeStamp")?;
    let (_, content) = property.get(begin..)?.split_once('>')?;
    let base64: String = content.split('<').next()?.split_whitespace().collect();
    Some(StampedOctets { token: STANDARD.decode(base64).ok()?, octets })
}

/// The last document timestamp of a PDF: over everything but itself (EN 319 142-1, 5.4.3).
pub(super) fn of_pdf(bytes: &[u8]) -> Option<StampedOctets> {
    let find = |text: &str, from: usize| {
        let part = bytes.get(from..)?;
        part.windows(text.len()).position(|it| it == text.as_bytes()).map(|at| from + at)
    };
    let mut at = find("/ETSI.RFC3161", 0)?;
    while let Some(later) = find("/ETSI.RFC3161", at + 1) {
        at = later;
    }
    let object = bytes.get(..at)?.windows(4).rposition(|it| it == b" obj")?;
    let range = find("/ByteRange", object)?;
    let numbers = String::from_utf8_lossy(bytes.get(range..)?.get(..200)?).into_owned();
    let numbers = numbers.split(['[', ']']).nth(1)?;
    let numbers: Option<Vec<usize>> =
        numbers.split_whitespace().map(|number| number.parse().ok()).collect();
    let [first, length, second, rest] = <[usize; 4]>::try_from(numbers?).ok()?;
    let part = |from: usize, length: usize| bytes.get(from..from.checked_add(length)?);
    let octets = [part(first, length)?, part(second, rest)?].concat();
    let hex = bytes.get(first + length..second)?;
    let digits: Vec<u8> = hex.iter().copied().filter(u8::is_ascii_hexdigit).collect();
    let token: Option<Vec<u8>> = digits
        .chunks_exact(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    Some(StampedOctets { token: without_padding(token?)?, octets })
}

/// What follows the token in its place are zeros.
fn without_padding(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let (head, length) = match *bytes.get(1)? {
        0x82 => (4, usize::from(*bytes.get(2)?) << 8 | usize::from(*bytes.get(3)?)),
        0x81 => (3, usize::from(*bytes.get(2)?)),
        short => (2, usize::from(short)),
    };
    bytes.truncate(head + length);
    Some(bytes)
}

/// Whether openssl takes a token for one over the octets, by a time-stamp authority below the trust anchor.
pub(super) fn openssl(
    found: Option<StampedOctets>,
    folder: &Path,
    anchor: &Path,
) -> Result<(), Failure> {
    let StampedOctets { token, octets } = found.ok_or("there is no timestamp in it")?;
    let [token_file, octets_file] = ["token", "octets"].map(|name| folder.join(format!(".{name}")));
    std::fs::write(&token_file, token)?;
    std::fs::write(&octets_file, octets)?;
    let output = Command::new("openssl")
        .args(["ts", "-verify", "-token_in", "-in"])
        .arg(&token_file)
        .arg("-data")
        .arg(&octets_file)
        .arg("-CAfile")
        .arg(anchor)
        .output();
    for file in [token_file, octets_file] {
        std::fs::remove_file(file)?;
    }
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr);
            Err(format!("openssl ts: {}", errors.lines().last().unwrap_or("refused")).into())
        }
        Err(error) => {
            Err(format!("openssl cannot be run ({error}); apt-get install openssl").into())
        }
    }
}
