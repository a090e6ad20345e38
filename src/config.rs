//! Reading YAML that people write, with every error at once, each with its place and its remedy.
//!
//! serde stops at the first wrong value; people who mend a configuration at night want all of them.
//! So a file is read into a tree of [`Node`]s that know their place, and each component decodes its
//! own section with [`Reader`], which notes an error and goes on. The structs live beside their
//! components; this room knows none of them.

mod diagnostic;
mod file;
mod node;
mod reader;
mod syntax;
mod values;

pub use diagnostic::{Diagnostic, Diagnostics, Place};
pub use file::{not_utf8, read, read_text, system_error};
pub use node::{Node, Value, parse};
pub use reader::{Reader, nearest};
pub use values::{Secret, bytes, duration};
