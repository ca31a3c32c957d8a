//! The vectors of the standards: transcribed where they are short, else read from `$CEDULA_VECTORS` or `../shared/vectors`.

#[path = "vectors/jose_cose.rs"]
mod jose_cose;
#[path = "vectors/status_lists.rs"]
mod status_lists;
#[path = "vectors/wycheproof.rs"]
mod wycheproof;

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The files of one folder of vectors, by name; none where the vectors are not at hand, which CI does not accept.
fn folder(name: &str) -> Vec<(String, Value)> {
    let root = std::env::var_os("CEDULA_VECTORS").map(Into::into);
    let folder = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors")).join(name);
    let Ok(entries) = fs::read_dir(&folder) else {
        assert!(std::env::var_os("CI").is_none(), "the vectors are not at hand: set CEDULA_VECTORS");
        println!("skipped: no {}", folder.display());
        return Vec::new();
    };
    let mut files: Vec<(String, Value)> = entries
        .map(|entry| entry.expect("an entry of a readable folder").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| {
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            (name, serde_json::from_slice(&fs::read(&path).expect("a readable file")).expect("JSON"))
        })
        .collect();
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    files
}

/// The bytes that hexadecimal text stands for.
fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("two digits")).collect()
}
