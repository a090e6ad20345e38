//! Vakhta: the program. All of it is in the library; see `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    vakhta::cli::main()
}
