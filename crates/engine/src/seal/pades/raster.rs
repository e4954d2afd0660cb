//! PNG files (W3C PNG, third edition): unpacked, split into colour and opacity, packed again.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, Encoder, Transformations};

use super::color::Components;
use super::picture::{Orientation, Picture, check_size, unreadable};
use super::stream::compressed;
use crate::domain::refusal::PdfRefusal;
use crate::domain::visible::Color;
use crate::seal::pdf::object::{Dictionary, Object, Stream};

/// Memory that the reader may ask for: four bytes a pixel, and the rows it works on.
const MEMORY_LIMIT: usize = 64 << 20;

/// Reads a PNG file with eight bits a component. `over` is a colour to draw transparent pixels over;
/// without it they become a mask.
pub(super) fn read(file: &[u8], over: Option<Color>) -> Result<Picture, PdfRefusal> {
    let broken = |error: png::DecodingError| unreadable(format!("PNG: {error}"));
    let mut decoder =
        Decoder::new_with_limits(Cursor::new(file), png::Limits { bytes: MEMORY_LIMIT });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(broken)?;
    check_size(header.width, header.height)?;
    let mut reader = decoder.read_info().map_err(broken)?;
    let size = reader.output_buffer_size().ok_or_else(|| unreadable("PNG: it is too large"))?;
    let mut pixels = vec![0; size];
    let shown = reader.next_frame(&mut pixels).map_err(broken)?;
    pixels.truncate(shown.buffer_size());
    let (width, height) = (shown.width, shown.height);
    let (components, samples, opaque) = match shown.color_type {
        ColorType::Grayscale => (Components::Gray, 1, true),
        ColorType::Rgb => (Components::Rgb, 3, true),
        ColorType::GrayscaleAlpha => (Components::Gray, 1, false),
        ColorType::Rgba => (Components::Rgb, 3, false),
        ColorType::Indexed => return Err(unreadable("PNG: it has no palette")),
    };
    let (components, samples, colors, mask) = match (opaque, over) {
        (true, _) => (components, samples, pixels, None),
        (false, Some(over)) => (Components::Rgb, 3, blended(&pixels, samples, over), None),
        (false, None) => {
            let (colors, mask) = split(&pixels, samples);
            let mask = mask.iter().any(|opacity| *opacity != u8::MAX).then_some(mask);
            (components, samples, colors, mask)
        }
    };
    let mask = mask.map(|mask| packed(&mask, width, height, 1));
    Ok(Picture {
        width,
        height,
        components,
        base: packed(&colors, width, height, samples),
        mask,
        orientation: Orientation::UPRIGHT,
        inverted: false,
    })
}

/// Colours and opacities.
fn split(pixels: &[u8], samples: usize) -> (Vec<u8>, Vec<u8>) {
    let mut colors = Vec::with_capacity(pixels.len());
    let mut mask = Vec::with_capacity(pixels.len() / 2);
    for pixel in pixels.chunks_exact(samples + 1) {
        let (color, opacity) = pixel.split_at_checked(samples).unwrap_or_default();
        colors.extend(color);
        mask.extend(opacity);
    }
    (colors, mask)
}

/// Pixels over a colour, in RGB.
fn blended(pixels: &[u8], samples: usize, over: Color) -> Vec<u8> {
    let mut colors = Vec::with_capacity(pixels.len() * 3 / (samples + 1));
    for pixel in pixels.chunks_exact(samples + 1) {
        let (red, green, blue, opacity) = match *pixel {
            [gray, opacity] => (gray, gray, gray, opacity),
            [red, green, blue, opacity] => (red, green, blue, opacity),
            _ => continue,
        };
        let opacity = u32::from(opacity);
        for (above, below) in [(red, over.red), (green, over.green), (blue, over.blue)] {
            let sum = u32::from(above) * opacity + u32::from(below) * (255 - opacity);
            colors.push(u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX));
        }
    }
    colors
}

/// A stream of eight-bit samples. The filters of PNG are those of FlateDecode (ISO 32000-1, 7.4.4.4), so
/// the image data of a PNG file are such a stream.
fn packed(samples: &[u8], width: u32, height: u32, components: usize) -> Stream {
    match filtered(samples, width, height, components) {
        Some(data) => {
            let parameters = Dictionary::new()
                .with("Predictor", Object::Integer(15))
                .with("Colors", Object::Integer(if components == 3 { 3 } else { 1 }))
                .with("Columns", Object::Integer(width.into()));
            let dictionary = Dictionary::new()
                .with("Filter", Object::name("FlateDecode"))
                .with("DecodeParms", parameters);
            Stream { dictionary, data }
        }
        None => compressed(Dictionary::new(), samples),
    }
}

fn filtered(samples: &[u8], width: u32, height: u32, components: usize) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(if components == 3 { ColorType::Rgb } else { ColorType::Grayscale });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_filter(png::Filter::Adaptive);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(samples).ok()?;
    writer.finish().ok()?;
    let mut data = Vec::with_capacity(file.len());
    let mut rest = file.get(8..)?;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let (content, after) = after.split_at_checked(length)?;
        if kind == b"IDAT" {
            data.extend(content);
        }
        rest = after.get(4..)?;
    }
    Some(data)
}
