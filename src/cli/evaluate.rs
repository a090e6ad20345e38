//! `vakhta evaluate`: streams files through the very code that runs in production and writes what
//! it decided. No figure is computed here: scorers are elsewhere.

mod series;
mod storm;

use std::path::PathBuf;

use super::terminal::Terminal;
use super::{Failure, Format, print};
use crate::clock::Stopwatch;
use crate::model::{Message, number};

/// What to evaluate.
#[derive(Debug)]
pub enum Task {
    /// Series through the outlier detector.
    Series {
        /// `timestamp,value` files.
        files: Vec<PathBuf>,
        /// The folder to write to.
        out: PathBuf,
    },
    /// A storm through the grouping.
    Storm {
        /// `topology.json` and `events.jsonl`.
        dir: PathBuf,
        /// The file to write.
        out: PathBuf,
    },
}

/// Runs a task and prints one line: items, seconds, items a second.
///
/// # Errors
/// When a file cannot be read or written.
pub fn run(task: &Task, terminal: Terminal) -> Result<(), Failure> {
    let watch = Stopwatch::start();
    let (kind, items) = match task {
        Task::Series { files, out } => ("series", series::run(files, out)?),
        Task::Storm { dir, out } => ("storm", storm::run(dir, out)?),
    };
    let seconds = watch.seconds().max(1e-9);
    let items = number(items);
    let rate = items / seconds;
    print(&match terminal.format {
        Format::Text => {
            let line =
                Message::new("cli-evaluated").word("kind", kind).word("rate", format!("{rate:.0}"));
            let line = line.number("items", items).word("seconds", format!("{seconds:.3}"));
            format!("{}\n", terminal.say(&line))
        }
        Format::Json => {
            let line = serde_json::json!({
                "kind": kind, "items": items, "seconds": seconds, "items_per_second": rate
            });
            format!("{line}\n")
        }
    });
    Ok(())
}
