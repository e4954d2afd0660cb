//! Dates, numbers and sizes as each language writes them.

use crate::domain::instant::Instant;
use crate::domain::language::Language;

const PT: [&str; 12] = [
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
];
const EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const ES: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];
const FR: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const DE: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];
const IT: [&str; 12] = [
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
];

/// Keeps a number and what belongs to it on one line.
const NO_BREAK: char = '\u{a0}';

/// Digits before or behind the point of a number that is written in groups.
const LONGEST_NUMBER: usize = 40;

/// How a language writes values.
#[derive(Clone, Copy, Debug)]
pub struct Locale(pub Language);

impl Locale {
    /// Day, hour and minute as a sentence goes on with them: `22 November 2026 at 10:19 UTC`.
    #[must_use]
    pub fn time(self, at: Instant) -> String {
        let (.., hour, minute) = at.to_calendar();
        // One o'clock is a singular.
        let (before, behind) = match self.0 {
            Language::Pt if hour == 1 => ("à", ""),
            Language::Pt => ("às", ""),
            Language::En => ("at", ""),
            Language::Es if hour == 1 => ("a la", ""),
            Language::Es => ("a las", ""),
            Language::Fr => ("à", ""),
            Language::De => ("um", " Uhr"),
            Language::It => ("alle ore", ""),
        };
        format!("{} {before} {hour:02}:{minute:02}{behind} UTC", self.day(at))
    }

    /// The day in UTC: `22 November 2026`.
    #[must_use]
    pub fn day(self, at: Instant) -> String {
        let (year, month, day, ..) = at.to_calendar();
        let months = match self.0 {
            Language::Pt => PT,
            Language::En => EN,
            Language::Es => ES,
            Language::Fr => FR,
            Language::De => DE,
            Language::It => IT,
        };
        let index = usize::try_from(month - 1).unwrap_or_default();
        let month = months.get(index).copied().unwrap_or_default();
        match self.0 {
            Language::Pt | Language::Es => format!("{day} de {month} de {year}"),
            Language::De => format!("{day}. {month} {year}"),
            Language::Fr if day == 1 => format!("1er {month} {year}"),
            Language::It if day == 1 => format!("1º {month} {year}"),
            Language::En | Language::Fr | Language::It => format!("{day} {month} {year}"),
        }
    }

    /// A whole number with its digits in groups of three: `12,345`.
    #[must_use]
    pub fn number(self, number: u64) -> String {
        self.grouped(&number.to_string())
    }

    /// A decimal number with the digits that it is written with, none of them more or less: `-1,234.50`. What is no
    /// such number stays as it is.
    #[must_use]
    pub fn decimal(self, number: &str) -> String {
        let (sign, rest) = match number.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", number.strip_prefix('+').unwrap_or(number)),
        };
        let (whole, fraction) = match rest.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (rest, None),
        };
        let is_digits = |text: &str| {
            (1..=LONGEST_NUMBER).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit())
        };
        if !is_digits(whole) || !fraction.is_none_or(is_digits) {
            return number.to_owned();
        }
        let whole = self.grouped(whole);
        match fraction {
            Some(fraction) => format!("{sign}{whole}{}{fraction}", self.point()),
            None => format!("{sign}{whole}"),
        }
    }

    /// A decimal number as [`Self::decimal`] with its currency, by its code: `EUR 1,234.50`.
    #[must_use]
    pub fn amount(self, number: &str, currency: &str) -> String {
        let number = self.decimal(number);
        match self.0 {
            Language::En => format!("{currency}{NO_BREAK}{number}"),
            _ => format!("{number}{NO_BREAK}{currency}"),
        }
    }

    /// A decimal number as [`Self::decimal`] as a percentage: `19.5%`.
    #[must_use]
    pub fn percentage(self, number: &str) -> String {
        let number = self.decimal(number);
        match self.0 {
            Language::En | Language::It | Language::Pt => format!("{number}%"),
            Language::De | Language::Es => format!("{number}{NO_BREAK}%"),
            Language::Fr => format!("{number}\u{202f}%"),
        }
    }

    const fn point(self) -> char {
        if matches!(self.0, Language::En) { '.' } else { ',' }
    }

    fn grouped(self, digits: &str) -> String {
        // Portuguese and Spanish leave four digits together.
        let (separator, from) = match self.0 {
            Language::Pt | Language::Es => (NO_BREAK, 5),
            Language::Fr => ('\u{202f}', 4),
            Language::En => (',', 4),
            Language::De | Language::It => ('.', 4),
        };
        let mut text = String::with_capacity(digits.len() * 2);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && digits.len() >= from && (digits.len() - at).is_multiple_of(3) {
                text.push(separator);
            }
            text.push(digit);
        }
        text
    }

    /// A size in decimal units with one digit behind the point: `12.3 kB`.
    #[must_use]
    pub fn size(self, bytes: u64) -> String {
        let french = self.0 == Language::Fr;
        if bytes < 1000 {
            let unit = match self.0 {
                Language::Fr if bytes < 2 => "octet",
                Language::Fr => "octets",
                Language::De if bytes == 1 => "Byte",
                Language::De => "Bytes",
                Language::En | Language::Es | Language::Pt if bytes != 1 => "bytes",
                Language::En | Language::Es | Language::Pt | Language::It => "byte",
            };
            return format!("{bytes}{NO_BREAK}{unit}");
        }
        let (mut chosen, larger) = if french { ("ko", ["Mo", "Go"]) } else { ("kB", ["MB", "GB"]) };
        let mut divisor = 1000_u64;
        for unit in larger {
            // What would be rounded to 1000 of a unit is 1 of the next.
            if bytes < divisor * 1000 - divisor / 20 {
                break;
            }
            divisor *= 1000;
            chosen = unit;
        }
        let tenths = u128::from(bytes) * 10 + u128::from(divisor) / 2;
        let tenths = u64::try_from(tenths / u128::from(divisor)).unwrap_or(u64::MAX);
        let (whole, tenth) = (self.number(tenths / 10), tenths % 10);
        let point = self.point();
        if tenth == 0 {
            format!("{whole}{NO_BREAK}{chosen}")
        } else {
            format!("{whole}{point}{tenth}{NO_BREAK}{chosen}")
        }
    }
}
