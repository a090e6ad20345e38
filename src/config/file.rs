//! Reading files that people write: what cannot be read, and what is in another encoding, is noted.

use std::io;
use std::path::Path;

use super::{Diagnostics, Node, Place, parse};
use crate::model::{Arg, Message};

/// What the system said, as an argument of a message: known codes have words in both languages.
#[must_use]
pub fn system_error(error: &io::Error) -> Arg {
    let key = match error.raw_os_error() {
        Some(1) => "os-not-permitted",
        Some(2) => "os-not-found",
        Some(13) => "os-denied",
        Some(17) => "os-exists",
        Some(20) => "os-not-a-folder",
        Some(21) => "os-a-folder",
        Some(28) => "os-no-space",
        Some(30) => "os-read-only",
        Some(98) => "os-in-use",
        Some(99) => "os-no-address",
        _ => return Arg::Word(error.to_string()),
    };
    Arg::Key(key.to_owned())
}

/// Reads a file of a site. What is wrong with it is noted, and `None` is returned.
pub fn read(file: &Path, errors: &mut Diagnostics) -> Option<Node> {
    let name = file.display().to_string();
    parse(&name, &read_text(file, errors)?, errors)
}

/// Reads the text of a file of a site; see [`read`].
pub fn read_text(file: &Path, errors: &mut Diagnostics) -> Option<String> {
    let name = file.display().to_string();
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => {
            let message = Message::new("check-file-unreadable").with("error", system_error(&error));
            errors.error(&Place::whole(&name, ""), message);
            return None;
        }
    };
    String::from_utf8(bytes)
        .map_err(|error| {
            let (bytes, good) = (error.as_bytes(), error.utf8_error().valid_up_to());
            errors.error(&spoilt_at(&name, bytes, good), not_utf8(&name, bytes));
        })
        .ok()
}

/// What to say of a text that is not UTF-8: how to make it so.
#[must_use]
pub fn not_utf8(name: &str, bytes: &[u8]) -> Message {
    // Notepad's «Unicode» begins with a mark; without one it is the code page of Russian Windows.
    let encoding = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16",
        _ => "WINDOWS-1251",
    };
    Message::new("check-not-utf8").word("encoding", encoding).word("file", name)
}

/// Where the first byte stands that is not UTF-8, in the text as far as it can be shown.
fn spoilt_at(name: &str, bytes: &[u8], good: usize) -> Place {
    let shown = String::from_utf8_lossy(bytes);
    let before = String::from_utf8_lossy(bytes.get(..good).unwrap_or_default());
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Place { line, column, ..Place::whole(name, &shown) }
}
