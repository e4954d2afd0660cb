//! Taking off the filters of a stream (ISO 32000-1, 7.4), those of structure and text: Flate, LZW,
//! ASCII85, ASCIIHex. Images stay packed.

use flate2::{Decompress, FlushDecompress, Status};

use super::budget::PdfBudget;
use super::object::{Dictionary, Object};
use super::{damaged, lexer, predictor};
use crate::domain::refusal::PdfRefusal;

/// More filters on one stream make no sense.
const FILTERS: usize = 8;

/// The data without their filters. The dictionary must hold no references in `Filter` and
/// `DecodeParms`. Refused when a filter is not known, the data are damaged or unpack to too much.
pub(super) fn decode(
    dictionary: &Dictionary,
    data: &[u8],
    budget: &PdfBudget,
) -> Result<Vec<u8>, PdfRefusal> {
    let filters = list(dictionary.get("Filter").or_else(|| dictionary.get("F")));
    let parameters = list(dictionary.get("DecodeParms").or_else(|| dictionary.get("DP")));
    if filters.len() > FILTERS {
        return Err(damaged("a stream has too many filters"));
    }
    budget.spend(data.len())?;
    let mut decoded: Option<Vec<u8>> = None;
    for (position, filter) in filters.iter().enumerate() {
        let input = decoded.as_deref().unwrap_or(data);
        let parameters = parameters.get(position).and_then(Object::as_dictionary);
        let filter = filter.as_name().unwrap_or_default();
        let mut output = Vec::new();
        let undone = one(filter, parameters, input, &mut output, budget);
        // data that break at their end have been unpacked all the same
        budget.unpack(output.len())?;
        undone?;
        decoded = Some(match filter {
            b"FlateDecode" | b"Fl" | b"LZWDecode" | b"LZW" => predictor::undo(output, parameters)?,
            _ => output,
        });
    }
    match decoded {
        Some(decoded) => Ok(decoded),
        None => {
            budget.unpack(data.len())?;
            Ok(data.to_vec())
        }
    }
}

fn list(value: Option<&Object>) -> &[Object] {
    match value {
        None | Some(Object::Null) => &[],
        Some(Object::Array(items)) => items,
        Some(single) => std::slice::from_ref(single),
    }
}

/// Undoes one filter, but for its predictor; up to where the data break.
fn one(
    filter: &[u8],
    parameters: Option<&Dictionary>,
    data: &[u8],
    output: &mut Vec<u8>,
    budget: &PdfBudget,
) -> Result<(), PdfRefusal> {
    match filter {
        b"FlateDecode" | b"Fl" => inflate(data, output, budget),
        b"LZWDecode" | b"LZW" => {
            let early = parameters.and_then(|it| it.get("EarlyChange")?.as_integer()) != Some(0);
            unlzw(data, early, output, budget)
        }
        b"ASCIIHexDecode" | b"AHx" => ascii_hex(data, output),
        b"ASCII85Decode" | b"A85" => ascii85(data, output, budget),
        // what a crypt filter does was done when the object was read (7.4.10)
        b"Crypt" => {
            output.extend(data);
            Ok(())
        }
        other => Err(damaged(format!(
            "a stream that has to be read has the filter {}",
            String::from_utf8_lossy(other)
        ))),
    }
}

/// 7.4.4. The checksum at the end is not looked at: other readers do not either.
fn inflate(data: &[u8], output: &mut Vec<u8>, budget: &PdfBudget) -> Result<(), PdfRefusal> {
    let broken = || damaged("data that do not unpack (FlateDecode)");
    let body = match data {
        [method, flags, body @ ..]
            if method & 15 == 8 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0 =>
        {
            body
        }
        _ => return Err(broken()),
    };
    let mut state = Decompress::new(false);
    let room = budget.room();
    output.reserve_exact(body.len().saturating_mul(5).clamp(256, 1 << 20));
    loop {
        let consumed = usize::try_from(state.total_in()).map_err(|_| broken())?;
        let before = output.len();
        let rest = body.get(consumed..).unwrap_or_default();
        let status = state.decompress_vec(rest, output, FlushDecompress::None);
        if output.len() > room {
            return Err(budget.too_much());
        }
        match status {
            Ok(Status::StreamEnd) => return Ok(()),
            Ok(_) if output.len() == output.capacity() => {
                let more = output.capacity().min(room.saturating_add(1) - output.len().min(room));
                output.reserve_exact(more);
            }
            Ok(_) if output.len() == before => return Err(broken()),
            Ok(_) => {}
            Err(_) => return Err(broken()),
        }
    }
}

/// 7.4.4.
fn unlzw(
    data: &[u8],
    early: bool,
    output: &mut Vec<u8>,
    budget: &PdfBudget,
) -> Result<(), PdfRefusal> {
    use weezl::{BitOrder, LzwStatus, decode};
    let mut decoder = if early {
        decode::Decoder::with_tiff_size_switch(BitOrder::Msb, 8)
    } else {
        decode::Decoder::new(BitOrder::Msb, 8)
    };
    let broken = || damaged("data that do not unpack (LZWDecode)");
    let mut chunk = [0; 4096];
    let mut rest = data;
    loop {
        let result = decoder.decode_bytes(rest, &mut chunk);
        output.extend(chunk.get(..result.consumed_out).unwrap_or_default());
        rest = rest.get(result.consumed_in..).unwrap_or_default();
        if output.len() > budget.room() {
            return Err(budget.too_much());
        }
        match result.status {
            Ok(LzwStatus::Done) => return Ok(()),
            Ok(LzwStatus::Ok) if result.consumed_out > 0 || result.consumed_in > 0 => {}
            // without an end code the data end where they end
            Ok(_) if rest.is_empty() => return Ok(()),
            Ok(_) | Err(_) => return Err(broken()),
        }
    }
}

/// 7.4.2.
fn ascii_hex(data: &[u8], output: &mut Vec<u8>) -> Result<(), PdfRefusal> {
    output.reserve_exact(data.len() / 2);
    let mut half = None;
    for &byte in data {
        match (lexer::digit(byte), half) {
            (Some(low), Some(high)) => {
                output.push(high << 4 | low);
                half = None;
            }
            (Some(high), None) => half = Some(high),
            _ if byte == b'>' => break,
            _ if lexer::is_white(byte) => {}
            _ => return Err(damaged("data that do not unpack (ASCIIHexDecode)")),
        }
    }
    output.extend(half.map(|high| high << 4));
    Ok(())
}

/// 7.4.3.
fn ascii85(data: &[u8], output: &mut Vec<u8>, budget: &PdfBudget) -> Result<(), PdfRefusal> {
    let broken = || damaged("data that do not unpack (ASCII85Decode)");
    output.reserve_exact(data.len() / 5 * 4);
    let (mut value, mut digits) = (0_u64, 0_usize);
    for &byte in data {
        if output.len() > budget.room() {
            return Err(budget.too_much());
        }
        match byte {
            b'z' if digits == 0 => output.extend([0; 4]),
            b'!'..=b'u' => {
                value = value * 85 + u64::from(byte - b'!');
                digits += 1;
                if digits == 5 {
                    let group = u32::try_from(value).map_err(|_| broken())?;
                    output.extend(group.to_be_bytes());
                    (value, digits) = (0, 0);
                }
            }
            b'~' => break,
            byte if lexer::is_white(byte) => {}
            _ => return Err(broken()),
        }
    }
    if digits == 1 {
        return Err(broken());
    }
    if digits > 1 {
        let value = (digits..5).fold(value, |value, _| value * 85 + 84);
        let group = u32::try_from(value).map_err(|_| broken())?.to_be_bytes();
        output.extend(group.iter().take(digits - 1));
    }
    Ok(())
}
