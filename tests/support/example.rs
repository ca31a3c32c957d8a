//! An example as a program of its own, built by the cargo that runs the tests.

use std::path::PathBuf;
use std::process::Command;

/// Builds the example `name`; returns its file.
pub fn built(name: &str) -> PathBuf {
    let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--workspace", "--example", name]);
    // What cargo tells a test of its package would make build scripts, such as ring's, begin anew each time.
    for (variable, _) in std::env::vars_os() {
        let told = variable.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"));
        if told || variable == "OUT_DIR" {
            command.env_remove(variable);
        }
    }
    assert!(command.status().expect("cargo").success());
    let test = std::env::current_exe().expect("this test's own file");
    test.ancestors().nth(2).expect("target/debug").join("examples").join(name)
}
