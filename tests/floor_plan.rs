//! The floor plan: which rooms there are, what each may import, and the habits of the house, proven from the sources.
//!
//! Every rule is a plain function from a file's text to complaints, run over the whole repository by one test and over a
//! violating snippet by another, so that no rule can go blind.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms and doors of `wallet-core/src`, floor by floor from the top; imports point down, never across.
const FLOORS: [&[&str]; 12] = [
    &["issuer", "wallet"],
    // A wallet judges what it receives as any verifier would.
    &["verifier"],
    &["resolver", "trust_pack"],
    &["verification", "presentation", "issuance", "store", "qr"],
    &["securing", "status", "oauth"],
    &["credential", "registry"],
    &["did"],
    &["ports", "jose"],
    &["x509"],
    &["key", "seal"],
    &["json", "language", "time"],
    &["error"],
];

/// Ready-made ports stand beside the house: they use the floors from `did` down, and no room uses them.
const PLATFORM: &str = "platform";
const PLATFORM_MAY_USE: &str = "did";

/// The only rooms that wait.
const DOORS: [&str; 4] = ["issuer", "wallet", "verifier", "resolver"];

/// What stands at the top of the repository.
const TOP: [&str; 18] = [
    ".ci",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "bindings",
    "deny.toml",
    "examples",
    "ffi",
    "rustfmt.toml",
    "tests",
    "wallet-core",
    ".config",
];

const LONGEST_FILE: usize = 500;

// The rules.

fn imports_point_down(file: &str, text: &str) -> Vec<String> {
    let room = room_of(file);
    if room == "lib" || is_test_file(file) {
        return Vec::new();
    }
    let code = without_tests(&code_of(text));
    let at_room_root = !file.contains('/') || file.ends_with(&format!("{room}/mod.rs"));
    let mut used = paths_after(&code, "crate::");
    if at_room_root {
        used.extend(paths_after(&code, "super::").into_iter().filter(|name| floor_of(name).is_some() || name == PLATFORM));
    }
    used.retain(|name| *name != room);
    let allowed = |name: &str| match (floor_of(name), floor_of(&room)) {
        (Some(theirs), Some(ours)) => theirs > ours,
        (Some(theirs), None) => room == PLATFORM && Some(theirs) >= floor_of(PLATFORM_MAY_USE),
        (None, _) => false,
    };
    used.iter().filter(|name| !allowed(name)).map(|name| format!("{file} imports {name}")).collect()
}

fn only_doors_wait(file: &str, text: &str) -> Vec<String> {
    let room = room_of(file);
    let may_wait = DOORS.contains(&room.as_str()) || room == PLATFORM || is_test_file(file);
    let waits = without_tests(&code_of(text)).contains(".await");
    complaint(waits && !may_wait, || format!("{file} waits: `.await` belongs in a door"))
}

fn room_is_planned(file: &str) -> Vec<String> {
    let room = room_of(file);
    let planned = room == "lib" || room == PLATFORM || floor_of(&room).is_some();
    complaint(!planned, || format!("{file} is in the room {room}, which is not in the plan"))
}

fn no_path_climbs_twice(file: &str, text: &str) -> Vec<String> {
    complaint(without_tests(&code_of(text)).contains("super::super"), || {
        format!("{file} climbs by super::super: name the room instead")
    })
}

fn file_is_short(file: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    complaint(lines > LONGEST_FILE, || format!("{file} has {lines} lines: is it still one idea?"))
}

fn nothing_is_unfinished(file: &str, text: &str) -> Vec<String> {
    let code = code_of(text);
    let marks: &[&str] = match file.rsplit('.').next() {
        Some("rs") => &["todo!", "unimplemented!", "#[ignore", "should_panic"],
        Some("kt") => &["@Disabled", "TODO("],
        Some("swift") => &["XCTSkip", "fatalError("],
        _ => &[],
    };
    marks.iter().filter(|mark| code.contains(**mark)).map(|mark| format!("{file} contains {mark}")).collect()
}

fn top_entry_is_given(name: &str) -> Vec<String> {
    complaint(!TOP.contains(&name), || format!("{name} stands at the top of the repository, outside the given layout"))
}

fn lock_names_no_registry(file: &str, text: &str) -> Vec<String> {
    complaint(text.contains("\"resolved\""), || format!("{file} names the registry it was made from"))
}

fn core_knows_no_binding(manifest: &str) -> Vec<String> {
    let back =
        ["uniffi", "cedula"].into_iter().filter(|name| manifest.lines().any(|line| line.starts_with(name) && line.contains('=')));
    back.map(|name| format!("wallet-core/Cargo.toml depends on {name}: nothing points back")).collect()
}

fn binding_only_adapts(file: &str, text: &str) -> Vec<String> {
    let code = without_tests(&code_of(text));
    let adapter = ["ports.rs", "crossing.rs", "conformance.rs"].contains(&file);
    // `impl Trait for Type` loops over nothing.
    let bodies: String = code.lines().filter(|line| !line.starts_with("impl")).map(|line| format!("{line}\n")).collect();
    let words: BTreeSet<&str> = bodies.split(|c| !is_name(c)).collect();
    let decides = !adapter && ["if", "match", "for", "while"].iter().any(|word| words.contains(word));
    let mut found = complaint(decides, || format!("{file} decides something: that belongs in the core"));
    found.extend(complaint(words.contains("unsafe"), || format!("{file} is unsafe by hand")));
    found
}

fn complaint(wrong: bool, text: impl Fn() -> String) -> Vec<String> {
    if wrong { vec![text()] } else { Vec::new() }
}

// Reading Rust well enough for the rules.

/// The room a file of `wallet-core/src` belongs to: its first folder, or its own name.
fn room_of(file: &str) -> String {
    let first = file.split('/').next().unwrap_or_default();
    first.trim_end_matches(".rs").to_owned()
}

/// The floor of a room, counted from the top.
fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn is_test_file(file: &str) -> bool {
    file.ends_with("/tests.rs") || file.contains("/tests/")
}

/// The first name of every path that follows `prefix`, also in `prefix{a, b::c}`.
fn paths_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (start, _) in code.match_indices(prefix) {
        let rest = &code[start + prefix.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut expects_name = true;
            for (at, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 1 => expects_name = true,
                    c if expects_name && depth == 1 && is_name(c) => {
                        names.insert(group[at..].chars().take_while(|c| is_name(*c)).collect());
                        expects_name = false;
                    }
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
        } else {
            names.insert(rest.chars().take_while(|c| is_name(*c)).collect());
        }
    }
    names.remove("");
    names
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The text without comments and without what is inside string literals.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_string(rest).filter(|_| !code.ends_with(is_name)) {
            length
        } else if c == '"' {
            quoted(rest)
        } else if let Some(length) = character(rest) {
            length
        } else {
            code.push(c);
            c.len_utf8()
        };
        rest = &rest[skip..];
    }
    code
}

/// The length of the raw string that `text` begins with.
fn raw_string(text: &str) -> Option<usize> {
    let body = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    let open = text.len() - body.len() + hashes;
    text[open..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = text[open + 1..].find(&close).map_or(text.len(), |at| open + 1 + at + close.len());
    Some(end)
}

/// The length of the string literal that `text` begins with.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the character literal that `text` begins with; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    let end = if body.starts_with('\\') {
        2 + body[2..].find('\'')?
    } else {
        body.char_indices().nth(1).filter(|(_, c)| *c == '\'')?.0
    };
    Some(1 + end + 1)
}

/// The code without its `#[cfg(test)]` modules.
fn without_tests(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..start]);
        let item = &rest[start..];
        let opening = item.find(['{', ';']).unwrap_or(item.len());
        let mut depth = 0;
        let end = item[opening..].char_indices().find_map(|(at, c)| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            (depth == 0).then_some(opening + at + 1)
        });
        rest = &item[end.unwrap_or(item.len())..];
    }
    kept + rest
}

// The repository.

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` whose name ends in one of `endings`, as a path from `folder` with its text.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let base = root().join(folder);
    let mut found = Vec::new();
    let mut folders = vec![base.clone()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            let name = name_of(&path);
            if path.is_dir() && !ignored().contains(&name) && name != ".git" {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = fs::read_to_string(&path).expect("a source file is UTF-8");
                let relative = path.strip_prefix(&base).expect("it was found below").to_string_lossy().into_owned();
                found.push((relative, text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "nothing ends in {endings:?} below {folder:?}");
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let listing = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    listing.map(|entry| entry.expect("an entry of a readable folder").path()).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().expect("an entry has a name").to_string_lossy().into_owned()
}

/// The names that `.gitignore` keeps out of the repository.
fn ignored() -> BTreeSet<String> {
    let list = fs::read_to_string(root().join(".gitignore")).expect(".gitignore is there");
    list.lines().map(|line| line.trim_matches('/').to_owned()).filter(|line| !line.is_empty()).collect()
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

#[track_caller]
fn nothing_to_say(complaints: impl IntoIterator<Item = Vec<String>>) {
    let all: Vec<String> = complaints.into_iter().flatten().collect();
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

// The tests: each rule over the repository, then over something that breaks it.

const CORE: &str = "wallet-core/src";
const SOURCES: [&str; 4] = [".rs", ".kt", ".swift", ".sol"];

#[test]
fn imports_in_the_core_point_down() {
    nothing_to_say(files(CORE, &[".rs"]).iter().map(|(file, text)| imports_point_down(file, text)));
}

#[test]
fn upward_import_is_caught() {
    let caught = |file: &str, text: &str| !imports_point_down(file, text).is_empty();
    assert!(caught("key.rs", "use crate::did::Did;"));
    assert!(caught("did/key.rs", "use crate::{error::Result, registry::{Event, did::X}};"));
    assert!(caught("status/mod.rs", "fn f() { crate::securing::Secured::read(\"\") }"), "across is not down");
    assert!(caught("did/mod.rs", "use super::wallet::Wallet;"));
    assert!(caught("wallet.rs", "use crate::platform::Sqlite;"));
    assert!(caught("platform/http.rs", "use crate::credential::Credential;"));
    assert!(!caught("wallet.rs", "use crate::{error::Result, store::Store};"));
    assert!(!caught(
        "key.rs",
        "/// See [`crate::did`].\nconst X: &str = \"crate::did\";\n#[cfg(test)] mod tests { use crate::did::Did; }"
    ));
}

#[test]
fn only_doors_and_platform_wait() {
    nothing_to_say(files(CORE, &[".rs"]).iter().map(|(file, text)| only_doors_wait(file, text)));
}

#[test]
fn waiting_in_a_room_is_caught() {
    assert!(!only_doors_wait("store/mod.rs", "async fn f() { g(\"//\").await }").is_empty());
    assert!(only_doors_wait("store/mod.rs", "// .await\n#[cfg(test)]\nmod tests { async fn f() { g().await } }").is_empty());
    assert!(only_doors_wait("wallet.rs", "async fn f() { g().await }").is_empty());
}

#[test]
fn rooms_are_the_planned_ones() {
    let present: BTreeSet<String> = entries(&root().join(CORE)).iter().map(|path| name_of(path)).collect();
    nothing_to_say(present.iter().map(|entry| room_is_planned(entry)));
    for room in FLOORS.iter().copied().flatten() {
        assert!(present.contains(*room) || present.contains(&format!("{room}.rs")), "the planned room {room} is missing");
    }
}

#[test]
fn unplanned_room_is_caught() {
    assert!(!room_is_planned("util.rs").is_empty());
    assert!(!room_is_planned("helpers/mod.rs").is_empty());
}

#[test]
fn paths_climb_one_step_at_most() {
    nothing_to_say(files("", &[".rs"]).iter().map(|(file, text)| no_path_climbs_twice(file, text)));
}

#[test]
fn climbing_twice_is_caught() {
    assert!(!no_path_climbs_twice("did/web/fetch.rs", "use super::super::Did;").is_empty());
}

#[test]
fn files_are_short() {
    nothing_to_say(files("", &SOURCES).iter().map(|(file, text)| file_is_short(file, text)));
}

#[test]
fn long_file_is_caught() {
    assert!(file_is_short("a.rs", &"\n".repeat(LONGEST_FILE)).is_empty());
    assert!(!file_is_short("a.rs", &"\n".repeat(LONGEST_FILE + 1)).is_empty());
}

#[test]
fn nothing_is_left_unfinished_or_switched_off() {
    nothing_to_say(files("", &SOURCES).iter().map(|(file, text)| nothing_is_unfinished(file, text)));
}

#[test]
fn unfinished_code_is_caught() {
    assert!(!nothing_is_unfinished("a.rs", "fn f() { todo!() }").is_empty());
    assert!(!nothing_is_unfinished("a.rs", "#[test] #[ignore = \"later\"] fn f() {}").is_empty());
    assert!(!nothing_is_unfinished("a.kt", "@Disabled fun f() {}").is_empty());
    assert!(nothing_is_unfinished("a.rs", "const WORD: &str = r#\"todo!\"#; // unimplemented!").is_empty());
}

#[test]
fn top_of_the_repository_is_as_given() {
    let hidden = ignored();
    let names = entries(root()).into_iter().map(|path| name_of(&path)).filter(|name| name != ".git" && !hidden.contains(name));
    nothing_to_say(names.map(|name| top_entry_is_given(&name)));
}

#[test]
fn foreign_top_entry_is_caught() {
    assert!(!top_entry_is_given("scripts").is_empty());
}

#[test]
fn lock_files_name_no_registry() {
    let locks = files("tests", &["package-lock.json", ".rs"]);
    nothing_to_say(
        locks.iter().filter(|(file, _)| file.ends_with(".json")).map(|(file, text)| lock_names_no_registry(file, text)),
    );
}

#[test]
fn lock_file_with_a_registry_is_caught() {
    assert!(!lock_names_no_registry("package-lock.json", "\"resolved\": \"https://registry.example/x.tgz\"").is_empty());
}

#[test]
fn bindings_only_mirror_and_adapt() {
    nothing_to_say(files("ffi/src", &[".rs"]).iter().map(|(file, text)| binding_only_adapts(file, text)));
}

#[test]
fn deciding_or_unsafe_binding_is_caught() {
    assert!(!binding_only_adapts("wallet.rs", "fn f() { if a { b() } }").is_empty());
    assert!(!binding_only_adapts("ports.rs", "fn f() { unsafe { b() } }").is_empty());
    assert!(binding_only_adapts("wallet.rs", "/// What to do if it fails.\nfn f() { self.0.verify() }").is_empty());
}

#[test]
fn nothing_points_back_at_the_bindings() {
    nothing_to_say([core_knows_no_binding(&read("wallet-core/Cargo.toml"))]);
}

#[test]
fn core_that_knows_a_binding_is_caught() {
    assert!(!core_knows_no_binding("uniffi = \"1\"").is_empty());
}
