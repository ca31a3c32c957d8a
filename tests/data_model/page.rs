//! The page that lists the rules names only tests that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = include_str!("../../wallet-core/docs/vc-data-model-2.0.md");

/// The names of all tests of the repository, read from its sources.
fn tests() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["tests", "wallet-core/src"] {
        rust_files(&root.join(folder), &mut files);
    }
    let mut names = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source");
        let mut marked = false;
        for line in text.lines().map(str::trim) {
            if line == "#[test]" || line == "#[tokio::test]" {
                marked = true;
            } else if let Some((_, after)) = line.split_once("fn ").filter(|_| marked) {
                names.insert(after.split('(').next().unwrap_or_default().to_owned());
                marked = false;
            }
        }
    }
    names
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        match entry.extension() {
            _ if entry.ends_with("node_modules") => {}
            _ if entry.is_dir() => rust_files(&entry, files),
            Some(extension) if extension == "rs" => files.push(entry),
            _ => {}
        }
    }
}

/// The rows of the page's tables: section, statement, what we do, who shows it.
fn rows() -> Vec<[&'static str; 4]> {
    let cells = |line: &'static str| line.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>();
    let rows = PAGE.lines().filter(|line| line.starts_with("| §") || line.starts_with("| B."));
    rows.map(|line| cells(line).try_into().unwrap_or_else(|_| panic!("four cells: {line}"))).collect()
}

#[test]
fn every_test_the_page_names_exists() {
    let tests = tests();
    let named: Vec<&str> = rows().iter().flat_map(|row| row[3].split('`').skip(1).step_by(2)).collect();
    assert!(named.len() > 60, "{} names", named.len());
    let missing: Vec<_> = named.into_iter().filter(|name| !tests.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_rule_of_the_page_has_a_test_or_a_reason() {
    for [section, statement, what, shown] in rows() {
        assert!(!statement.is_empty() && !what.is_empty(), "{section}");
        let reason = what.starts_with("Binds ");
        assert!(shown.contains('`') != reason, "{section} {statement}: a test, or whom it binds instead");
    }
}

#[test]
fn page_goes_through_every_normative_section() {
    let sections: BTreeSet<&str> = rows().iter().map(|row| row[0]).collect();
    for section in [
        "§1.3", "§4.3", "§4.4", "§4.5", "§4.6", "§4.7", "§4.8", "§4.9", "§4.10", "§4.11", "§4.13", "§4.13.1", "§4.13.2",
        "§4.13.4", "§5.2.1", "§5.3", "§5.4", "§5.5", "§5.6", "§5.7", "§5.8", "§5.10", "§5.11", "§5.13", "§6.1", "§7.1", "§7.2",
        "§11.1", "B.1", "B.2",
    ] {
        assert!(sections.contains(section), "{section}");
    }
}

#[test]
fn name_that_is_no_test_would_be_noticed() {
    let tests = tests();
    assert!(tests.contains("every_test_the_page_names_exists"));
    assert!(!tests.contains("rows") && !tests.contains("no_such_test"));
}
