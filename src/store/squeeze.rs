//! Compression of what is large and seldom read: zlib at its fastest.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::StoreError;

/// The largest body that is unpacked: a damaged one must not fill the memory.
const LARGEST: u64 = 4 << 30;

/// Compresses.
pub(super) fn squeeze(what: &'static str, body: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder.write_all(body).and_then(|()| encoder.finish());
    packed.map_err(|source| StoreError::Damaged { what, source })
}

/// Decompresses.
pub(super) fn unsqueeze(what: &'static str, packed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut body = Vec::new();
    let read = ZlibDecoder::new(packed).take(LARGEST).read_to_end(&mut body);
    read.map(|_| body).map_err(|source| StoreError::Damaged { what, source })
}
