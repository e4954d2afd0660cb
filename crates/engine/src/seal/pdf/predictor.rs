//! Predictors of Flate and LZW data (ISO 32000-1, 7.4.4.4).

use super::damaged;
use super::object::Dictionary;
use crate::domain::refusal::PdfRefusal;

/// The data before the predictor of these parameters. Damaged when no such predictor exists.
pub(super) fn undo(data: Vec<u8>, parameters: Option<&Dictionary>) -> Result<Vec<u8>, PdfRefusal> {
    let Some(parameters) = parameters else { return Ok(data) };
    let number = |key: &str, usual: usize| {
        let value = parameters.get(key).and_then(super::object::Object::as_integer);
        value.map_or(Some(usual), |value| usize::try_from(value).ok())
    };
    let broken = || damaged("a predictor that does not exist");
    let predictor = number("Predictor", 1).ok_or_else(broken)?;
    if predictor == 1 {
        return Ok(data);
    }
    let colors = number("Colors", 1).filter(|it| (1..=64).contains(it)).ok_or_else(broken)?;
    let bits = number("BitsPerComponent", 8)
        .filter(|it| matches!(it, 1 | 2 | 4 | 8 | 16))
        .ok_or_else(broken)?;
    let columns = number("Columns", 1).filter(|it| (1..=1 << 24).contains(it));
    let columns = columns.ok_or_else(broken)?;
    let pixel = (colors * bits).div_ceil(8);
    // no row is longer than all of them
    let row = (colors * bits * columns).div_ceil(8).min(data.len().max(1));
    match predictor {
        2 => Ok(tiff(data, colors, bits, row)),
        10..=15 => png(&data, pixel, row).ok_or_else(broken),
        _ => Err(broken()),
    }
}

/// TIFF 6.0, section 14. Samples of less than a byte are left as they are: structure has none.
fn tiff(mut data: Vec<u8>, colors: usize, bits: usize, row: usize) -> Vec<u8> {
    for line in data.chunks_mut(row) {
        match bits {
            8 => {
                let mut left = vec![0_u8; colors];
                for pixel in line.chunks_mut(colors) {
                    for (sample, left) in pixel.iter_mut().zip(&mut left) {
                        *sample = sample.wrapping_add(*left);
                        *left = *sample;
                    }
                }
            }
            16 => {
                let mut left = vec![0_u16; colors];
                for pixel in line.chunks_mut(2 * colors) {
                    for (sample, left) in pixel.chunks_exact_mut(2).zip(&mut left) {
                        let [high, low] = sample else { continue };
                        *left = u16::from_be_bytes([*high, *low]).wrapping_add(*left);
                        [*high, *low] = left.to_be_bytes();
                    }
                }
            }
            _ => {}
        }
    }
    data
}

/// RFC 2083, section 6: each row begins with the number of its own filter.
fn png(data: &[u8], pixel: usize, row: usize) -> Option<Vec<u8>> {
    let mut output: Vec<u8> = Vec::with_capacity(data.len());
    let mut above = vec![0_u8; row];
    let mut line = vec![0_u8; row];
    for coded in data.chunks(row + 1) {
        let [filter, coded @ ..] = coded else { break };
        let line = line.get_mut(..coded.len())?;
        line.copy_from_slice(coded);
        match filter {
            0 => {}
            1 => sum(line, pixel, |left, _, _| left, &above),
            2 => {
                for (byte, above) in line.iter_mut().zip(&above) {
                    *byte = byte.wrapping_add(*above);
                }
            }
            3 => sum(line, pixel, |left, up, _| u8::midpoint(left, up), &above),
            4 => sum(line, pixel, paeth, &above),
            _ => return None,
        }
        output.extend(&*line);
        above.get_mut(..line.len())?.copy_from_slice(line);
    }
    Some(output)
}

/// Adds to each byte what the filter foretells from its left, upper and upper left neighbours.
fn sum(line: &mut [u8], pixel: usize, foretell: impl Fn(u8, u8, u8) -> u8, above: &[u8]) {
    for at in 0..line.len() {
        let before = at.checked_sub(pixel);
        let left = before.and_then(|before| line.get(before)).copied().unwrap_or(0);
        let corner = before.and_then(|before| above.get(before)).copied().unwrap_or(0);
        let up = above.get(at).copied().unwrap_or(0);
        if let Some(byte) = line.get_mut(at) {
            *byte = byte.wrapping_add(foretell(left, up, corner));
        }
    }
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |byte: u8| (estimate - i16::from(byte)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}
