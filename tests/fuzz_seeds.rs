//! The seeds of the fuzz targets, through the same functions: `tests/run fuzz` sets out from them.

#[path = "fuzz/src/lib.rs"]
mod parsers;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz")
}

/// The files below `path`, by name.
fn files(path: &Path) -> Vec<PathBuf> {
    let listing = fs::read_dir(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut all: Vec<_> = listing.map(|entry| entry.expect("an entry of a readable folder").path()).collect();
    all.sort();
    all
}

/// The bytes of a seed: the file, or where its name ends in `.hex` what its digits stand for.
fn seed(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).expect("a seed");
    if path.extension().is_none_or(|extension| extension != "hex") {
        return bytes;
    }
    let digits: Vec<u8> = bytes.into_iter().filter(u8::is_ascii_hexdigit).collect();
    let text = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal");
    digits.chunks(2).map(text).collect()
}

#[test]
fn every_seed_is_read_or_refused_without_panic() {
    for (name, target) in parsers::TARGETS {
        let seeds = files(&folder().join("seeds").join(name));
        assert!(!seeds.is_empty(), "{name} has a seed");
        for path in seeds {
            target(&seed(&path));
        }
    }
}

/// Each seed cut, doubled and with one byte changed, which is where fuzzing begins.
#[test]
fn every_seed_is_read_or_refused_when_it_is_damaged() {
    for (name, target) in parsers::TARGETS.iter().filter(|(name, _)| *name != "picture") {
        for path in files(&folder().join("seeds").join(name)) {
            let whole = seed(&path);
            target(&[&whole[..], &whole].concat());
            for step in 0..24 {
                let at = whole.len() * step / 24;
                target(&whole[..at]);
                let mut changed = whole.clone();
                for mask in [0x01, 0x20, 0x80, 0xff] {
                    if let Some(byte) = changed.get_mut(at) {
                        *byte ^= mask;
                    }
                    target(&changed);
                }
            }
        }
    }
}

#[test]
fn every_target_is_a_program_with_seeds_and_every_program_is_a_target() {
    let names: BTreeSet<String> = parsers::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let stems = |folder: PathBuf| -> BTreeSet<String> {
        files(&folder).iter().map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names.len(), parsers::TARGETS.len());
    assert_eq!(stems(folder().join("fuzz_targets")), names);
    assert_eq!(stems(folder().join("seeds")), names);
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).expect("a manifest");
    for name in names {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} stands in the manifest");
    }
}
