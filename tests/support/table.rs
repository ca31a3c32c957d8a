//! The table of who verifies whom: one row a signer, a verifier and a mechanism.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Prints a row, `who-verifies-whom | signer | verifier | mechanism | n of m`, and appends it to
/// `target/tests/who_verifies_whom.txt`: of `all` documents that `signer` signed, `verifier` found `good` good.
pub fn row(signer: &str, verifier: &str, mechanism: &str, (good, all): (usize, usize)) {
    let row = format!("who-verifies-whom | {signer} | {verifier} | {mechanism} | {good} of {all}\n");
    print!("{row}");
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let folder = target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target")).join("tests");
    fs::create_dir_all(&folder).expect("the target folder can be written");
    let file = OpenOptions::new().create(true).append(true).open(folder.join("who_verifies_whom.txt"));
    // One write a row: tests run side by side.
    file.and_then(|mut file| file.write_all(row.as_bytes())).expect("the table can be written");
}
