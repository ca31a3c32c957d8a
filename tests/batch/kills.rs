//! The real process, killed at any moment, and how much memory it takes.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;
use wallet_core::securing::Secured;
use wallet_core::securing::linked_data::Contexts;

use crate::command::{University, answer};
use crate::office::place;

const GRADUATES: usize = 1_600;
const KILLS: u32 = 6;

/// A number below `limit`.
fn below(limit: u64) -> u64 {
    RandomState::new().hash_one(()) % limit
}

/// Runs the batch and kills it: every other time as soon as may be, else while it signs or writes; whether it came to its end.
fn run_and_kill(university: &University, round: u32) -> bool {
    let mut child = university.batch().stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut said = BufReader::new(child.stderr.take().expect("piped")).lines();
    if round % 2 == 1 {
        said.next();
    }
    std::thread::sleep(Duration::from_millis(below(900)));
    child.kill().expect("it is a child of ours");
    child.wait().expect("it is gone").success()
}

fn root_of(secured: &Secured) -> String {
    let digest = secured.signed_digest(0, &Contexts::bundled()).expect("it is signed");
    secured.inclusion().expect("it has its inclusion").root(&digest).to_string()
}

#[test]
fn batch_killed_at_any_moment_issues_every_row_once_and_is_revoked_one_or_all() {
    let university = University::new(GRADUATES);
    let ended = (0..KILLS).filter(|round| run_and_kill(&university, *round)).count();
    assert!(ended < KILLS as usize, "not one kill came in time");
    let told = answer(university.batch());
    assert_eq!(told["issued"], GRADUATES);

    let diplomas = university.diplomas();
    assert_eq!(diplomas.len(), GRADUATES);
    for (number, diploma) in (1..).zip(&diplomas) {
        assert_eq!(diploma.body()["credentialSubject"]["name"], format!("Persona {number}"));
    }
    let ids: BTreeSet<&str> = diplomas.iter().map(|diploma| diploma.body()["id"].as_str().expect("an id")).collect();
    let places: BTreeSet<(String, u64)> = diplomas.iter().map(place).collect();
    assert_eq!((ids.len(), places.len()), (GRADUATES, GRADUATES));
    let roots: BTreeSet<String> = diplomas.iter().map(root_of).collect();
    assert_eq!(roots, BTreeSet::from([told["root"].as_str().expect("a root").to_owned()]));

    let again = answer(university.batch());
    let anchor = |told: &Value| ["root", "transaction", "block", "gas"].map(|name| told[name].clone());
    assert_eq!(anchor(&again), anchor(&told), "it is anchored once");
    assert_eq!(again["signedNow"], 0);

    assert_eq!(university.verify("diplomas/000003.json"), Some(0));
    university.json(&["status", "revoke", "--issuer", "university", "diplomas/000003.json"]);
    assert_eq!(["000003", "000004"].map(|number| university.verify(&format!("diplomas/{number}.json"))), [Some(1), Some(0)]);
    let told = university.json(&["status", "revoke", "--issuer", "university", "--batch", "graduates"]);
    assert_eq!(told["lists"].as_array().map(Vec::len), Some(1));
    assert_eq!(["000004", "001600"].map(|number| university.verify(&format!("diplomas/{number}.json"))), [Some(1), Some(1)]);
}

/// The most memory a process had, in KiB, as the kernel keeps it (`VmHWM`).
fn peak_memory(child: &mut Child) -> u64 {
    let mut peak = 0;
    while child.try_wait().expect("it is a child of ours").is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = now.unwrap_or(peak).max(peak);
        std::thread::sleep(Duration::from_millis(10));
    }
    peak
}

#[test]
fn memory_stays_flat_however_many_rows_there_are() {
    let note = "x".repeat(4 * 1024);
    let peaks = [1_200, 3_000].map(|rows| {
        let university = University::with_notes(rows, &note);
        let mut command = university.batch();
        // One arena for all threads: what glibc keeps for those that are gone is not what a batch keeps.
        command.env("MALLOC_ARENA_MAX", "1").stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let peak = peak_memory(&mut child);
        assert_eq!(fs::read_dir(university.path("diplomas")).expect("a folder").count(), rows);
        peak
    });
    println!("peak memory: {} KiB for 1,200 rows, {} KiB for 3,000", peaks[0], peaks[1]);
    // Eighteen hundred credentials more are 8 MiB as text alone; the tree, 64 bytes a row, is a tenth of one.
    assert!(peaks[1] < peaks[0] + 4 * 1024, "{peaks:?}");
}
