//! ZIPs written octet by octet, so that they can be wrong in every way.

use chancery_engine::seal::Patience;
use chancery_engine::seal::reading::container;

/// One file of a ZIP.
#[derive(Clone)]
pub(crate) struct Packed {
    pub(crate) name: String,
    pub(crate) octets: Vec<u8>,
    /// Extra fields of its local header and of the directory.
    pub(crate) extras: [Vec<u8>; 2],
    /// Whether the directory has it.
    pub(crate) listed: bool,
    /// Whether its sizes follow behind it, and what else stands there.
    pub(crate) sizes_follow: bool,
    pub(crate) behind: Vec<u8>,
}

impl Packed {
    pub(crate) fn new(name: &str, octets: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            octets: octets.to_vec(),
            extras: [Vec::new(), Vec::new()],
            listed: true,
            sizes_follow: false,
            behind: Vec::new(),
        }
    }
}

/// The files of a container, unpacked.
pub(crate) fn files(zip: &[u8]) -> Vec<Packed> {
    let files = container(zip, &Patience::ENDLESS).unwrap();
    files.iter().map(|file| Packed::new(&file.name, &file.octets)).collect()
}

pub(crate) fn pack(files: &[Packed], comment: &[u8]) -> Vec<u8> {
    let (mut zip, mut directory, mut listed) = (Vec::new(), Vec::new(), 0_u16);
    let short = |length: usize| u16::try_from(length).unwrap().to_le_bytes();
    let long = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
    for file in files {
        let flags: u16 = if file.sizes_follow { 0x0808 } else { 0x0800 };
        let length = long(file.octets.len());
        let sizes = [crc(&file.octets).to_le_bytes(), length, length].concat();
        let common = |sizes: &[u8], extra: &[u8]| {
            let flags = flags.to_le_bytes();
            let head = [&[20, 0], &flags[..], &[0, 0, 0, 0, 0x21, 0x58], sizes].concat();
            [head, short(file.name.len()).to_vec(), short(extra.len()).to_vec()].concat()
        };
        let [local, central] = &file.extras;
        let offset = long(zip.len());
        if file.listed {
            listed += 1;
            directory.extend([&b"PK\x01\x02\x14\x00"[..], &common(&sizes, central)].concat());
            directory.extend([&[0; 10][..], &offset, file.name.as_bytes(), central].concat());
        }
        let before = if file.sizes_follow { vec![0; 12] } else { sizes.clone() };
        zip.extend([&b"PK\x03\x04"[..], &common(&before, local), file.name.as_bytes()].concat());
        zip.extend([local, file.octets.as_slice()].concat());
        if file.sizes_follow {
            zip.extend([&b"PK\x07\x08"[..], &sizes].concat());
        }
        zip.extend(&file.behind);
    }
    let (offset, length) = (long(zip.len()), long(directory.len()));
    zip.extend(directory);
    zip.extend(*b"PK\x05\x06\0\0\0\0");
    zip.extend([listed.to_le_bytes(), listed.to_le_bytes()].concat());
    zip.extend([&length[..], &offset, &short(comment.len()), comment].concat());
    zip
}

/// CRC-32 of ZIP, bit by bit.
fn crc(octets: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for octet in octets {
        crc ^= u32::from(*octet);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}
