//! The vectors the standards publish, one file a standard.
//!
//! The files are looked for in `$CEDULA_VECTORS`, else in `../shared/vectors`.

#[path = "vectors/bbs.rs"]
mod bbs;
#[path = "vectors/data_integrity.rs"]
mod data_integrity;
#[path = "vectors/did_key.rs"]
mod did_key;
#[path = "vectors/ecdsa_sd.rs"]
mod ecdsa_sd;
#[path = "vectors/jcs.rs"]
mod jcs;
#[path = "vectors/jose_cose.rs"]
mod jose_cose;
#[path = "vectors/status_lists.rs"]
mod status_lists;
#[path = "vectors/wycheproof.rs"]
mod wycheproof;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The folder of one standard; none where the vectors are not at hand, which CI does not accept.
fn folder(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CEDULA_VECTORS").map(PathBuf::from);
    let folder = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors")).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "the vectors are not at hand: set CEDULA_VECTORS");
    println!("skipped: no {}", folder.display());
    None
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&text(path)).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The bytes that hexadecimal text stands for.
fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("two digits")).collect()
}
