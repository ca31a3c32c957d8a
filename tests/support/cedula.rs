//! The command line as a program of its own, built once by the cargo that runs the tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The example's file.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
        let built = Command::new(cargo).args(["build", "--quiet", "--workspace", "--example", "cedula"]).status().expect("cargo");
        assert!(built.success());
        let test = std::env::current_exe().expect("this test's own file");
        test.ancestors().nth(2).expect("target/debug").join("examples/cedula")
    })
}
