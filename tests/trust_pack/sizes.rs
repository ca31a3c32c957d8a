//! How large packs are, printed and held to the page that promises it.

use std::fs;
use std::path::Path;

use wallet_core::trust_pack::{Difference, Entries};

use crate::packs::{LIST, Random, Signer, a_day_later, accredited, at, crowd};

const NOW: &str = "2026-03-01T12:00:00Z";
const LATER: &str = "2026-03-02T12:00:00Z";
const ISSUERS: usize = 10_000;

struct Row {
    what: &'static str,
    inflated: usize,
    file: usize,
}

impl Row {
    fn of(what: &'static str, entries: &Entries, file: &[u8]) -> Self {
        let inflated = entries.iter().map(|(name, bytes)| name.len() + bytes.len()).sum();
        Self { what, inflated, file: file.len() }
    }

    fn line(&self) -> String {
        let kib = |bytes: usize| format!("{:.1}", bytes as f64 / 1024.0);
        format!("| {} | {} | {} |", self.what, kib(self.inflated), kib(self.file))
    }
}

#[test]
fn sizes_are_those_of_the_page() {
    let (now, later, mut random) = (at(NOW), at(LATER), Random(4));
    let publisher = Signer::publisher(1);
    let (health, _) = Signer::issuer(&now, 1 << 30);
    let mut rows = Vec::new();

    let issuers = crowd(ISSUERS, &now, &mut random);
    let file = publisher.pack(issuers.clone(), 1, &now).to_bytes();
    let each = file.len() / ISSUERS;
    rows.push(Row::of("10,000 issuers, one to three keys each", &issuers, &file));

    let accredited = accredited(&issuers, &now, &mut random);
    let file = publisher.pack(accredited.clone(), 1, &now).to_bytes();
    rows.push(Row::of("the same, each accredited by a body under a root", &accredited, &file));

    let mut listed = issuers.clone();
    for (what, revoked) in
        [("a status list of 1,000,000, 0.1 % revoked", 1000), ("a status list of 1,000,000, 1 % revoked", 10_000)]
    {
        let list = health.status_list(revoked, &now, &mut random);
        let mut alone = Entries::new();
        alone.add_status_list(LIST, &list, &now);
        rows.push(Row::of(what, &alone, &publisher.pack(alone.clone(), 1, &now).to_bytes()));
        listed.add_status_list(LIST, &list, &now);
    }
    let held = publisher.pack(listed.clone(), 1, &now);
    rows.push(Row::of("the issuers and the second list", &listed, &held.to_bytes()));

    let mut next = a_day_later(&listed, &later, &mut random);
    let quiet = Difference::between(&held, &publisher.pack(next.clone(), 2, &later)).expect("a later pack");
    rows.push(Row::of("a day's difference: ten more issuers", quiet.changed(), &quiet.to_bytes()));
    next.add_status_list(LIST, &health.status_list(10_000, &later, &mut random), &later);
    let busy = Difference::between(&held, &publisher.pack(next, 2, &later)).expect("a later pack");
    rows.push(Row::of("a day's difference: ten more issuers, the list anew", busy.changed(), &busy.to_bytes()));

    let table: Vec<String> = rows.iter().map(Row::line).collect();
    println!("{each} bytes an issuer\n{}", table.join("\n"));
    assert!((70..=150).contains(&each), "{each} bytes an issuer");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("wallet-core/docs/trust-pack.md");
    let page = fs::read_to_string(page).expect("the page");
    for line in table {
        assert!(page.contains(&line), "the page does not say: {line}");
    }
}
