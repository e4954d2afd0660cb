//! ZIPs, CMS signatures and images that are made to harm.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};
use serde_json::json;

use super::{HostileDocument, SealedAs};

pub(super) fn all() -> Vec<HostileDocument> {
    vec![
        zip_bomb(47),
        cms_signers(5000),
        cms_nested(30_000),
        png_bomb(30_000, 30_000),
        png_bomb(1000, 1000),
    ]
}

/// A ZIP of these files, each with its content, deflated where that is said.
pub fn zip(files: &[(&str, &[u8], bool)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for (name, content, deflated) in files {
        let packed = if *deflated {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(content).unwrap();
            encoder.finish().unwrap()
        } else {
            content.to_vec()
        };
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let mut common = Vec::new();
        for number in [20_u16, 1 << 11, if *deflated { 8 } else { 0 }, 0, 0x21] {
            common.extend(number.to_le_bytes());
        }
        for number in [crc.sum() as usize, packed.len(), content.len()] {
            common.extend(u32::try_from(number).unwrap().to_le_bytes());
        }
        common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend([0, 0]);
        let offset = u32::try_from(bytes.len()).unwrap();
        directory.extend(*b"PK\x01\x02\x14\x03");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.bytes());
        bytes.extend(*b"PK\x03\x04");
        bytes.extend(common);
        bytes.extend(name.bytes());
        bytes.extend(packed);
    }
    let (offset, length) = (bytes.len(), directory.len());
    bytes.extend(directory);
    bytes.extend(*b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    bytes.extend([count, count].concat());
    for number in [length, offset] {
        bytes.extend(u32::try_from(number).unwrap().to_le_bytes());
    }
    bytes.extend([0, 0]);
    bytes
}

/// A ZIP that unpacks to so many megabytes of nothing.
pub fn zip_bomb(megabytes: usize) -> HostileDocument {
    let document = zip(&[("a.txt", &vec![0; megabytes << 20], true)]);
    let settings = json!({ "packaging": "ASIC_E" });
    HostileDocument {
        name: "a ZIP that unpacks to much",
        format: SealedAs::Cades,
        document,
        settings,
    }
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut bytes = vec![tag];
    if length < 0x80 {
        bytes.push(u8::try_from(length).unwrap());
    } else {
        bytes.push(0x84);
        bytes.extend(u32::try_from(length).unwrap().to_be_bytes());
    }
    bytes.extend(content);
    bytes
}

/// A `SignedData` over a short content with these signers.
fn signed_data(signers: &[u8]) -> Vec<u8> {
    const SIGNED_DATA: [u8; 11] = [6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2];
    const DATA: [u8; 11] = [6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1];
    let content = tlv(0x30, &[&DATA[..], &tlv(0xA0, &tlv(4, b"content"))].concat());
    let inside = [&tlv(2, &[1])[..], &tlv(0x31, &[]), &content, &tlv(0x31, signers)].concat();
    tlv(0x30, &[&SIGNED_DATA[..], &tlv(0xA0, &tlv(0x30, &inside))].concat())
}

fn parallel(name: &'static str, document: Vec<u8>) -> HostileDocument {
    let settings = json!({ "existingSignatures": "PARALLEL" });
    HostileDocument { name, format: SealedAs::Cades, document, settings }
}

/// A CMS signature with so many signers, each another one.
pub fn cms_signers(count: u32) -> HostileDocument {
    let mut signers = Vec::new();
    for number in 0..count {
        let octets = [&[7; 120][..], &number.to_be_bytes()].concat();
        signers.extend(tlv(0x30, &tlv(4, &octets)));
    }
    parallel("a CMS signature with many signers", signed_data(&signers))
}

/// A CMS signature with a signer of values inside each other whose lengths are not said, so many of them.
pub fn cms_nested(count: usize) -> HostileDocument {
    let mut signer = vec![0x30, 0x80];
    for _ in 0..count / 30 {
        signer.extend([0x30, 0x80].repeat(28));
        signer.extend([0, 0].repeat(28));
    }
    signer.extend([0, 0]);
    parallel("a CMS signature of values inside each other", signed_data(&signer))
}

/// A visible signature with a picture of so many pixels, all the same.
pub fn png_bomb(width: u32, height: u32) -> HostileDocument {
    let mut file = b"\x89PNG\r\n\x1A\n".to_vec();
    let mut chunk = |kind: &[u8; 4], data: &[u8]| {
        let mut crc = flate2::Crc::new();
        // flate2 has the checksum of gzip, which is that of PNG
        crc.update(kind);
        crc.update(data);
        file.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        file.extend(kind);
        file.extend(data);
        file.extend(crc.sum().to_be_bytes());
    };
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    chunk(b"IHDR", &header);
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    let row = vec![0; 4 * width.min(5000) as usize + 1];
    for _ in 0..height.min(1500) {
        encoder.write_all(&row).unwrap();
    }
    chunk(b"IDAT", &encoder.finish().unwrap());
    chunk(b"IEND", &[]);
    let content = STANDARD.encode(&file);
    let settings = json!({ "visible": {
        "place": { "COORDINATE": { "page": 1, "x": 10, "y": 10 } },
        "image": { "kind": "PNG", "content": content },
    } });
    let document = super::pdf_plain();
    HostileDocument {
        name: "a picture of many pixels",
        format: SealedAs::Pades,
        document,
        settings,
    }
}
