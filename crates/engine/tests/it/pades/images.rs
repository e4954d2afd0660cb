//! Image files: every kind that is taken, and those that are made to hurt.

use chancery_engine::domain::refusal::PdfRefusal;
use chancery_engine::domain::visible::{Color, CoordinateOrigin, ImageSize, VisibleFont};
use chancery_engine::seal::pades::appearance::{Appearance, Restrictions};
use chancery_engine::seal::pades::image::Image;
use chancery_engine::seal::pades::placement::Rotation;
use chancery_testing::cost;
use jpeg_encoder::{ColorType as Jpeg, Encoder};
use png::{BitDepth, ColorType};

use super::files::{self, PdfObjects};

/// A PNG file of these samples.
fn png(size: (u32, u32), color: ColorType, depth: BitDepth, samples: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, size.0, size.1);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == ColorType::Indexed {
        encoder.set_palette([255, 0, 0, 0, 0, 255].as_slice());
        encoder.set_trns([255, 0].as_slice());
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(samples).unwrap();
    writer.finish().unwrap();
    file
}

/// A blue ring, 64 by 64, with soft edges and nothing in the middle.
pub(crate) fn ring() -> Vec<u8> {
    let mut samples = Vec::new();
    for y in 0..64_i32 {
        for x in 0..64_i32 {
            let square = (2 * x - 63).pow(2) + (2 * y - 63).pow(2);
            // From 20 to 28 pixels from the middle; two more are soft.
            let opacity = match square {
                1_600..=3_136 => 255,
                1_369..=3_481 => 120,
                _ => 0,
            };
            samples.extend([20, 60, 200, opacity]);
        }
    }
    png((64, 64), ColorType::Rgba, BitDepth::Eight, &samples)
}

/// An image alone in an area of 100 by 50 on the striped page.
fn shown(file: &[u8]) -> files::RenderedPage {
    let image = Image::read(file, Restrictions::default(), None).unwrap();
    let appearance = Appearance {
        width: 100.0,
        height: 50.0,
        rotation: Rotation::None,
        text: "",
        font: VisibleFont::default(),
        background: Some(Color { red: 255, green: 255, blue: 255 }),
        image: Some(&image),
        image_size: ImageSize::Fit,
        restrictions: Restrictions::default(),
    };
    let mut objects = PdfObjects::default();
    let form = appearance.draw(&mut objects).unwrap();
    let origin = CoordinateOrigin::BottomLeft;
    let placement = files::view(0).place(1, origin, (0.0, 0.0), (100.0, 50.0)).unwrap();
    let pdf = objects.page(0, Some((placement, form)));
    files::check(&pdf);
    files::show(&pdf)
}

fn near(pixel: [u8; 3], expected: [u8; 3]) {
    let far = pixel.iter().zip(expected).any(|(a, b)| a.abs_diff(b) > 12);
    assert!(!far, "{pixel:?} is not {expected:?}");
}

fn refused(file: &[u8]) -> String {
    let read = || Image::read(file, Restrictions::default(), None).unwrap_err();
    let refusal = cost::at_most(1000, "refusing an image", read);
    match refusal {
        PdfRefusal::ImageUnreadable { reason } => format!("unreadable: {reason}"),
        PdfRefusal::ImageTooLarge { reason } => format!("too large: {reason}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_kind_of_png_is_shown() {
    use BitDepth::{Eight, One, Sixteen};
    // Left half one colour, right half another; 4 by 2 pixels.
    let white = [255, 255, 255];
    let cases = [
        (ColorType::Grayscale, One, vec![0x30, 0x30], [[0, 0, 0], white]),
        (ColorType::Grayscale, Eight, [0, 0, 128, 128].repeat(2), [[0; 3], [128; 3]]),
        (ColorType::Grayscale, Sixteen, [0, 9, 0, 9, 128, 9, 128, 9].repeat(2), [[0; 3], [128; 3]]),
        (
            ColorType::Rgb,
            Eight,
            [[200, 0, 0].repeat(2), [0, 90, 0].repeat(2)].concat().repeat(2),
            [[200, 0, 0], [0, 90, 0]],
        ),
        (
            ColorType::Rgba,
            Eight,
            [[200, 0, 0, 255].repeat(2), [0, 90, 0, 0].repeat(2)].concat().repeat(2),
            [[200, 0, 0], white],
        ),
        (
            ColorType::GrayscaleAlpha,
            Eight,
            [[7, 255].repeat(2), [7, 0].repeat(2)].concat().repeat(2),
            [[7; 3], white],
        ),
        (ColorType::Indexed, Eight, [0, 0, 1, 1].repeat(2), [[255, 0, 0], white]),
        (ColorType::Indexed, One, vec![0x30, 0x30], [[255, 0, 0], white]),
    ];
    for (color, depth, samples, [left, right]) in cases {
        let page = shown(&png((4, 2), color, depth, &samples));
        near(page.at(25, 25), left);
        near(page.at(75, 25), right);
    }
}

/// Four quarters: red, green over blue, white; the top left one red.
fn quarters() -> Vec<u8> {
    let mut samples = Vec::new();
    for y in 0..32 {
        for x in 0..64 {
            samples.extend(match (x < 32, y < 16) {
                (true, true) => [255, 0, 0],
                (false, true) => [0, 255, 0],
                (true, false) => [0, 0, 255],
                (false, false) => [255, 255, 255],
            });
        }
    }
    samples
}

fn jpeg(samples: &[u8], color: Jpeg, exif: Option<u8>, progressive: bool) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 95);
    encoder.set_progressive(progressive);
    if let Some(orientation) = exif {
        let mut segment = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        segment.extend([orientation, 0, 0, 0, 0, 0, 0]);
        encoder.add_app_segment(1, segment).unwrap();
    }
    encoder.encode(samples, 64, 32, color).unwrap();
    file
}

#[test]
fn jpeg_is_shown_baseline_and_progressive() {
    for progressive in [false, true] {
        let page = shown(&jpeg(&quarters(), Jpeg::Rgb, None, progressive));
        near(page.at(25, 40), [255, 0, 0]);
        near(page.at(75, 40), [0, 255, 0]);
        near(page.at(25, 10), [0, 0, 255]);
    }
    let gray = vec![90; 64 * 32];
    near(shown(&jpeg(&gray, Jpeg::Luma, None, false)).at(50, 25), [90, 90, 90]);
}

#[test]
fn jpeg_is_turned_as_its_exif_says_and_loses_the_rest_of_it() {
    // Where the red quarter is seen, from the middle of the area.
    for (orientation, right, up) in [
        (1, -1, 1),
        (2, 1, 1),
        (3, 1, -1),
        (4, -1, -1),
        (5, -1, 1),
        (6, 1, 1),
        (7, 1, -1),
        (8, -1, -1),
    ] {
        let file = jpeg(&quarters(), Jpeg::Rgb, Some(orientation), false);
        let page = shown(&file);
        let place = |from: usize, way: i32| from.checked_add_signed((6 * way) as isize).unwrap();
        near(page.at(place(50, right), place(25, up)), [255, 0, 0]);
    }
    let mut objects = PdfObjects::default();
    let file = jpeg(&quarters(), Jpeg::Rgb, Some(6), false);
    Image::read(&file, Restrictions::default(), None).unwrap().embed(&mut objects);
    let mut out = Vec::new();
    objects.objects[0].write(&mut out);
    assert!(!out.windows(4).any(|it| it == b"Exif"));
}

#[test]
fn cmyk_jpeg_is_shown_and_refused_for_pdf_a() {
    // jpeg-encoder takes the inks as they are and writes them inverted under Adobe's marker.
    let cyan = [255, 0, 0, 0].repeat(64 * 32);
    let file = jpeg(&cyan, Jpeg::Cmyk, None, false);
    assert!(file.windows(5).any(|it| it == b"Adobe"));
    let [red, _, blue] = shown(&file).at(50, 25);
    assert!(red < 80 && blue > 180, "{red} {blue}");
    let refusal = Image::read(&file, Restrictions::PDF_A, None).unwrap_err();
    assert!(matches!(refusal, PdfRefusal::ImageUnreadable { .. }));
}

#[test]
fn hostile_images_are_refused_at_once() {
    assert!(refused(b"GIF89a").contains("neither PNG nor JPEG"));
    assert!(refused(b"").contains("neither"));
    assert!(refused(&vec![0; (1 << 20) + 1]).contains("too large"));
    // A header that claims 60000 by 60000 pixels.
    let mut huge = png((4, 2), ColorType::Rgb, BitDepth::Eight, &[0; 24]);
    huge[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
    let mut sum = flate2::Crc::new();
    sum.update(&huge[12..29]);
    huge[29..33].copy_from_slice(&sum.sum().to_be_bytes());
    assert!(refused(&huge).contains("60000 by 60000"));
    // Far fewer pixels than are coded: what is beyond is not unpacked.
    let ring = ring();
    assert!(refused(&ring[..ring.len() / 2]).contains("unreadable"));
    assert!(refused(&ring[..8]).contains("unreadable"));
    let file = jpeg(&quarters(), Jpeg::Rgb, None, false);
    assert!(refused(&file[..file.len() - 2]).contains("cut off"));
    for end in 2..file.len() - 1 {
        refused(&file[..end]);
    }
    let frame = file.windows(2).position(|it| it == [0xFF, 0xC0]).unwrap();
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = file.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    assert!(refused(&with(frame + 5, &[0xFF; 4])).contains("65535 by 65535"));
    assert!(refused(&with(frame + 5, &[0, 0])).contains("no pixels"));
    assert!(refused(&with(frame + 1, &[0xC9])).contains("Huffman"));
    assert!(refused(&with(frame + 4, &[12])).contains("eight bits"));
}

#[test]
fn images_come_in_base64_with_and_without_line_breaks() {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(ring());
    let plain = Image::read_base64(&encoded, Restrictions::default(), None).unwrap();
    let lines = encoded.trim_end_matches('=').as_bytes().chunks(76);
    let broken = lines.map(String::from_utf8_lossy).collect::<Vec<_>>().join("\r\n");
    assert_eq!(Image::read_base64(&broken, Restrictions::default(), None).unwrap(), plain);
    let refusal = Image::read_base64("no base64!", Restrictions::default(), None).unwrap_err();
    assert!(matches!(refusal, PdfRefusal::ImageUnreadable { .. }));
}
