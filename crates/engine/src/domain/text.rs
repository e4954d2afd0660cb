//! How values are written for people and machines alike.

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// The SHA-256 that 64 hexadecimal digits say.
#[must_use]
pub fn sha256_of_hex(text: &str) -> Option<[u8; 32]> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|it| u8::try_from(it).ok())).collect();
    let digits = digits.filter(|digits| digits.len() == 64)?;
    let mut value = [0; 32];
    for (to, pair) in value.iter_mut().zip(digits.chunks_exact(2)) {
        *to = pair.iter().fold(0, |value, digit| value * 16 + digit);
    }
    Some(value)
}
