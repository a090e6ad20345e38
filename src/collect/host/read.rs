//! Reading the small text files of the kernel.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The most that is read of one file.
const LIMIT: u64 = 4 << 20;

/// The text of a file below `root`.
pub(super) fn text(root: &Path, name: &str) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(root.join(name))?.take(LIMIT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A number, or nothing: the kernel's files have grown columns over time.
pub(super) fn number(text: Option<&str>) -> Option<f64> {
    text.and_then(|text| text.parse().ok())
}

/// A file that holds one number.
pub(super) fn single(root: &Path, name: &str) -> Option<f64> {
    text(root, name).ok().and_then(|text| number(Some(text.trim())))
}
