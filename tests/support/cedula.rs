//! The examples as programs of their own, each built once by the cargo that runs the tests.

#![allow(dead_code, reason = "each test takes the programs it needs")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The command line's file.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| example("cedula"))
}

/// An example's file; cargo builds nothing twice.
pub fn example(name: &str) -> PathBuf {
    let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
    let built = Command::new(cargo).args(["build", "--quiet", "--workspace", "--example", name]).status().expect("cargo");
    assert!(built.success());
    let test = std::env::current_exe().expect("this test's own file");
    test.ancestors().nth(2).expect("target/debug").join("examples").join(name)
}
