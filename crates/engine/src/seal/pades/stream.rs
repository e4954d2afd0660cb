//! Streams that an appearance consists of, compressed.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::seal::pdf::object::{Dictionary, Object, Stream};

/// A stream under FlateDecode (ISO 32000-1, 7.4.4). The same data give the same bytes.
pub(in crate::seal) fn compressed(dictionary: Dictionary, data: &[u8]) -> Stream {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let packed = encoder.write_all(data).and_then(|()| encoder.finish());
    match packed {
        Ok(packed) => Stream {
            dictionary: dictionary.with("Filter", Object::name("FlateDecode")),
            data: packed,
        },
        // Writing into memory does not fail.
        Err(_) => Stream { dictionary, data: data.to_vec() },
    }
}
