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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_without_exponent() {
        assert_eq!(format(1e21), "1000000000000000000000");
        assert_eq!(format(-0.0), "0");
        assert_eq!(format(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(format(-1.5), "-1.5");
    }

    #[test]
    fn texts_are_numbers_only_in_the_plain_form() {
        assert_eq!(format(parse(" -.5 ")), "-0.5");
        assert_eq!(format(parse("5.")), "5");
        for text in ["+1", "1e3", "", "-", ".", "1 2", "0x1", "inf", "--1", "1.2.3"] {
            assert!(parse(text).is_nan(), "{text}");
        }
    }

    #[test]
    fn half_is_rounded_up() {
        assert_eq!(format(round(2.5)), "3");
        assert_eq!(format(round(-2.5)), "-2");
        assert_eq!(format(round(0.499_999_999_999_999_94)), "0");
        assert!(round(-0.2).is_sign_negative());
    }
}
