//! One engine a data folder.

use std::fs::{File, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};

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
        let file = opened.with_context(|| format!("cannot write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => anyhow::bail!(
                "another Vakhta works on the data folder {}; stop it, or give this one --data of its own",
                data.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }
}
