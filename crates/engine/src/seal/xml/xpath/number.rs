//! Numbers of XPath 1.0 (3.5, 4.4) to text and back.

/// The number that a text says, `NaN` when it says none (4.4): no plus sign, no exponent.
pub(super) fn parse(text: &str) -> f64 {
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let some = digits.bytes().any(|byte| byte.is_ascii_digit());
    if plain && some { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// The text of a number (4.2, `string`): never an exponent, and no sign for zero.
pub(super) fn format(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else if number == 0.0 {
        "0".to_owned()
    } else {
        number.to_string()
    }
}

/// The nearest integer, the greater one of two (4.4, `round`).
pub(super) fn round(number: f64) -> f64 {
    let floor = number.floor();
    let rounded = if number - floor >= 0.5 { floor + 1.0 } else { floor };
    if rounded == 0.0 { rounded.copysign(number) } else { rounded }
}
