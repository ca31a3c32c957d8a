//! The table of who verifies whom: one line a pair of implementations and a mechanism.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

/// Prints and keeps one row: of so many documents of `signer`, `verifier` agreed on so many.
pub fn row(signer: &str, verifier: &str, mechanism: &str, agreed: usize, of: usize) {
    let line = format!("who-verifies-whom | {signer} | {verifier} | {mechanism} | {agreed} of {of}");
    println!("{line}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tests");
    let file = fs::create_dir_all(&folder)
        .and_then(|()| OpenOptions::new().create(true).append(true).open(folder.join("who_verifies_whom.txt")));
    // One write, so that rows of tests that run at once do not mix.
    file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes())).expect("the table is kept");
}
