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
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--workspace", "--example", name]);
    // What cargo tells a test of its package would make build scripts, such as ring's, begin anew each time.
    for (variable, _) in std::env::vars_os() {
        if variable.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            build.env_remove(variable);
        }
    }
    assert!(build.status().expect("cargo").success());
    let test = std::env::current_exe().expect("this test's own file");
    test.ancestors().nth(2).expect("target/debug").join("examples").join(name)
}
