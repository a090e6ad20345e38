//! One engine a data folder.

use std::fs::{File, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Result;

use crate::i18n::Told;
use crate::model::Message;

/// Keeps a second engine off the data folder: two of them would tell everything twice. The lock goes
/// with the process, however it ends.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataLock {
    /// Takes the lock of a folder, making the folder when it is not there.
    ///
    /// # Errors
    /// When another process has it.
    pub fn take(data: &Path) -> Result<Self> {
        super::make_private(data)?;
        let path = data.join("vakhta.lock");
        let mut options = File::options();
        let opened = options.write(true).create(true).truncate(true).mode(0o600).open(&path);
        let file = opened.map_err(|error| Told::of("cli-cannot-write", &path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {
                let folder = data.display().to_string();
                Err(Told(Message::new("cli-folder-taken").word("file", folder)).into())
            }
            Err(TryLockError::Error(error)) => {
                Err(Told::of("cli-cannot-lock", &path, &error).into())
            }
        }
    }
}
