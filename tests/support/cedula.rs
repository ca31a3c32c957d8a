//! The command line as a program of its own, built once by the cargo that runs the tests.

#[path = "example.rs"]
mod example;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The example's file.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| example::built("cedula"))
}
