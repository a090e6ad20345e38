//! `vakhta backup` and `vakhta restore`: a copy of everything that is kept, and the way back.

use std::path::{Path, PathBuf};

use super::terminal::Terminal;
use super::token::failed;
use super::{Failure, Format, print};
use crate::app::{DATA, DataLock, store_path};
use crate::clock::Clock;
use crate::config::system_error;
use crate::model::Message;
use crate::store::{Store, verify};

/// What to copy, and where to.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  vakhta backup /backup/vakhta-2026-11-29.sqlite --data /var/lib/vakhta\n\n\
    The watch may be running: the copy is whole and of one moment."
)]
pub struct BackupArguments {
    /// The file to write; it must not be there yet.
    to: PathBuf,
    /// The data folder of the watch.
    #[arg(long, default_value = DATA)]
    data: PathBuf,
}

/// What to bring back, and where to.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  systemctl stop vakhta\n  \
    vakhta restore /backup/vakhta-2026-11-29.sqlite --data /var/lib/vakhta\n  systemctl start vakhta\n\n\
    What was in the folder stays beside it under another name.")]
pub struct RestoreArguments {
    /// The backup.
    from: PathBuf,
    /// The data folder of the watch.
    #[arg(long, default_value = DATA)]
    data: PathBuf,
}

/// A message about a file.
fn about(key: &'static str, file: &Path) -> Message {
    Message::new(key).word("file", file.display().to_string())
}

/// What the system refused to do with a file.
pub(super) fn refused(key: &'static str, file: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    move |error| Failure::run(about(key, file).with("error", system_error(&error)))
}

/// Copies the store.
///
/// # Errors
/// When there is no store, the file is there already, or the copy cannot be written or is not sound.
pub async fn back_up(arguments: &BackupArguments, terminal: Terminal) -> Result<(), Failure> {
    let file = store_path(&arguments.data);
    if !file.exists() {
        return Err(Failure::run(about("cli-no-store", &file)));
    }
    if arguments.to.exists() {
        return Err(Failure::run(about("cli-there-already", &arguments.to)));
    }
    // Half a copy must not look like one.
    let partial = arguments.to.with_extension("partial");
    remove(&partial)?;
    private(&partial)?;
    let store = Store::look(&file).await.map_err(failed)?;
    let copied = store.back_up(&partial).await;
    store.close().await;
    if let Err(error) = copied {
        remove(&partial)?;
        return Err(failed(error));
    }
    std::fs::rename(&partial, &arguments.to).map_err(refused("cli-cannot-write", &arguments.to))?;
    let bytes = std::fs::metadata(&arguments.to).map_or(0, |about| about.len());
    print(&match terminal.format {
        Format::Text => {
            let done = about("cli-backed-up", &arguments.to).word("bytes", bytes.to_string());
            format!("{}\n", terminal.say(&done))
        }
        Format::Json => format!("{}\n", serde_json::json!({"file": arguments.to, "bytes": bytes})),
    });
    Ok(())
}

/// Brings a backup back.
///
/// # Errors
/// When the backup is not sound, a watch works on the folder, or something cannot be written.
pub async fn restore(arguments: &RestoreArguments, terminal: Terminal) -> Result<(), Failure> {
    verify(&arguments.from).await.map_err(failed)?;
    let _lock = DataLock::take(&arguments.data).map_err(Failure::from)?;
    let file = store_path(&arguments.data);
    let partial = file.with_extension("restoring");
    remove(&partial)?;
    private(&partial)?;
    // Into the file that is there: its rights stay.
    let copied = std::fs::File::open(&arguments.from).and_then(|mut from| {
        let mut to = std::fs::OpenOptions::new().write(true).open(&partial)?;
        std::io::copy(&mut from, &mut to)?;
        to.sync_all()
    });
    copied.map_err(refused("cli-cannot-write", &partial))?;
    verify(&partial).await.map_err(failed)?;
    let mut aside = None;
    if file.exists() {
        let stamp = Clock::default().now().0 / 1000;
        let name = file.with_extension(format!("before-{stamp}"));
        // What the write-ahead log holds belongs to the file: both go aside together.
        for ending in ["", "-wal", "-shm"] {
            let from = PathBuf::from(format!("{}{ending}", file.display()));
            let to = PathBuf::from(format!("{}{ending}", name.display()));
            if from.exists() {
                std::fs::rename(&from, &to).map_err(refused("cli-cannot-move", &from))?;
            }
        }
        aside = Some(name);
    }
    own(&arguments.data, &partial)?;
    std::fs::rename(&partial, &file).map_err(refused("cli-cannot-write", &file))?;
    print(&match terminal.format {
        Format::Text => {
            let done = match aside {
                Some(name) => {
                    about("cli-restored-over", &file).word("aside", name.display().to_string())
                }
                None => about("cli-restored", &file),
            };
            format!("{}\n", terminal.say(&done))
        }
        Format::Json => format!("{}\n", serde_json::json!({"file": file, "aside": aside})),
    });
    Ok(())
}

fn remove(file: &Path) -> Result<(), Failure> {
    if !file.exists() {
        return Ok(());
    }
    std::fs::remove_file(file).map_err(refused("cli-cannot-remove", file))
}

/// Makes an empty file that nobody else reads, before anything is in it.
fn private(file: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let made = options.write(true).create_new(true).mode(0o600).open(file);
    made.map(|_| ()).map_err(refused("cli-cannot-write", file))
}

/// Gives a file to whoever the data folder belongs to: root brings it back, the service's user opens it.
fn own(folder: &Path, file: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt;
    let (folder_of, file_of) = (std::fs::metadata(folder), std::fs::metadata(file));
    let (Ok(folder_of), Ok(file_of)) = (folder_of, file_of) else { return Ok(()) };
    if folder_of.uid() == file_of.uid() && folder_of.gid() == file_of.gid() {
        return Ok(());
    }
    std::os::unix::fs::chown(file, Some(folder_of.uid()), Some(folder_of.gid()))
        .map_err(refused("cli-cannot-own", file))
}
