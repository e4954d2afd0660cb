//! JPEG files (ITU-T T.81): passed through, as PDF has their compression (ISO 32000-1, 7.4.8). Their
//! markers are read to the end; what is coded between them is not.

use super::color::Components;
use super::picture::{Orientation, Picture, check_size, unreadable};
use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::object::{Dictionary, Object, Stream};

/// Scans of a progressive image: ten are usual, and each costs the reader a pass over all pixels.
const SCAN_LIMIT: usize = 64;

/// What the markers say.
#[derive(Default)]
struct Found {
    frame: Option<(u32, u32, Components)>,
    scans: usize,
    adobe: bool,
    orientation: Option<Orientation>,
}

/// Reads the markers. Only what the picture needs is kept: no thumbnails, places or comments.
pub(super) fn read(file: &[u8]) -> Result<Picture, PdfRefusal> {
    let mut found = Found::default();
    let mut kept = vec![0xFF, 0xD8];
    let mut rest = file.get(2..).unwrap_or_default();
    loop {
        let (marker, after) = marker(rest)?;
        if marker == 0xD9 {
            break;
        }
        let (segment, after) = segment(after)?;
        let keep = found.take(marker, segment)?;
        let coded = if marker == 0xDA { coded(after)? } else { &[] };
        if keep {
            let length = u16::try_from(segment.len() + 2).unwrap_or(u16::MAX);
            kept.extend([0xFF, marker]);
            kept.extend(length.to_be_bytes());
            kept.extend(segment);
            kept.extend(coded);
        }
        rest = after.get(coded.len()..).unwrap_or_default();
    }
    kept.extend([0xFF, 0xD9]);
    let (width, height, components) = found.frame.ok_or_else(|| broken("it has no frame"))?;
    if found.scans == 0 {
        return Err(broken("it has no scan"));
    }
    Ok(Picture {
        width,
        height,
        components,
        base: Stream {
            dictionary: Dictionary::new().with("Filter", Object::name("DCTDecode")),
            data: kept,
        },
        mask: None,
        orientation: found.orientation.unwrap_or(Orientation::UPRIGHT),
        // Whoever writes Adobe's marker writes inverted inks too; readers of PDF do not know that.
        inverted: found.adobe && components == Components::Cmyk,
    })
}

fn broken(reason: &str) -> PdfRefusal {
    unreadable(format!("JPEG: {reason}"))
}

fn cut_off() -> PdfRefusal {
    broken("it is cut off")
}

/// The next marker; any number of FF may precede it (B.1.1.2).
fn marker(rest: &[u8]) -> Result<(u8, &[u8]), PdfRefusal> {
    let (first, mut rest) = rest.split_first().ok_or_else(cut_off)?;
    if *first != 0xFF {
        return Err(broken("there is something between its segments"));
    }
    loop {
        let (byte, after) = rest.split_first().ok_or_else(cut_off)?;
        rest = after;
        match byte {
            0xFF => {}
            0x00 | 0x01 | 0xD0..=0xD8 => return Err(broken("a marker is where none may be")),
            marker => return Ok((*marker, after)),
        }
    }
}

/// The content of a segment, and what follows it.
fn segment(rest: &[u8]) -> Result<(&[u8], &[u8]), PdfRefusal> {
    let (length, after) = rest.split_first_chunk().ok_or_else(cut_off)?;
    let length = usize::from(u16::from_be_bytes(*length)).checked_sub(2);
    let length = length.ok_or_else(|| broken("a segment has no length"))?;
    after.split_at_checked(length).ok_or_else(cut_off)
}

/// Entropy-coded data with its restart markers, up to the next other marker.
fn coded(rest: &[u8]) -> Result<&[u8], PdfRefusal> {
    let is_end = |pair: &[u8]| matches!(pair, [0xFF, next] if !matches!(next, 0x00 | 0xD0..=0xD7));
    let end = rest.windows(2).position(is_end).ok_or_else(cut_off)?;
    rest.get(..end).ok_or_else(cut_off)
}

impl Found {
    /// Takes note of a segment. Whether it is needed.
    fn take(&mut self, marker: u8, segment: &[u8]) -> Result<bool, PdfRefusal> {
        match marker {
            0xC0..=0xC2 => {
                let before = self.frame.replace(frame(segment)?);
                return match before {
                    None => Ok(true),
                    Some(_) => Err(broken("it has several frames")),
                };
            }
            0xC3 | 0xC5..=0xCB | 0xCD..=0xCF => {
                return Err(broken("only baseline and progressive coding with Huffman is known"));
            }
            0xDA => {
                self.scans += 1;
                if self.frame.is_none() || self.scans > SCAN_LIMIT {
                    return Err(broken("it has a scan without frame, or too many scans"));
                }
            }
            0xE1 => {
                self.orientation = self.orientation.or_else(|| orientation(segment));
                return Ok(false);
            }
            0xEE => {
                let adobe = segment.starts_with(b"Adobe");
                self.adobe |= adobe;
                return Ok(adobe);
            }
            0xE0 => return Ok(segment.starts_with(b"JFIF\0")),
            0xE2..=0xEF | 0xFE => return Ok(false),
            _ => {}
        }
        Ok(true)
    }
}

/// The frame header (B.2.2).
fn frame(segment: &[u8]) -> Result<(u32, u32, Components), PdfRefusal> {
    let (&[precision, h1, h0, w1, w0, count], parts) =
        segment.split_first_chunk::<6>().ok_or_else(cut_off)?;
    if precision != 8 {
        return Err(broken("only eight bits a component are known"));
    }
    let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
    check_size(width.into(), height.into())?;
    let components = match count {
        1 => Components::Gray,
        3 => Components::Rgb,
        4 => Components::Cmyk,
        _ => return Err(broken("it has neither one, three nor four components")),
    };
    let sampled = |part: &[u8]| {
        matches!(part, [_, factors, _] if (1..=4).contains(&(factors >> 4))
            && (1..=4).contains(&(factors & 15)))
    };
    if parts.len() != 3 * usize::from(count) || !parts.chunks(3).all(sampled) {
        return Err(broken("its frame header is damaged"));
    }
    Ok((width.into(), height.into(), components))
}

/// The tag Orientation of the first directory (Exif 2.32, 4.6.4).
fn orientation(segment: &[u8]) -> Option<Orientation> {
    let tiff = segment.strip_prefix(b"Exif\0\0")?;
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| -> Option<u16> {
        let bytes: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| -> Option<u32> {
        let bytes: [u8; 4] = tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let directory = usize::try_from(long(4)?).ok()?;
    let entries = usize::from(short(directory)?);
    (0..entries).find_map(|entry| {
        let at = directory.checked_add(2 + 12 * entry)?;
        let is_short = short(at)? == 0x0112 && short(at + 2)? == 3;
        is_short.then(|| short(at + 8)).flatten().map(Orientation::from_exif)
    })
}
