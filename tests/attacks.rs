//! The attacks: hostile inputs, each with one thing wrong, and the one answer each must get.
//!
//! Each begins with a good input, which must be accepted in the very world the attack is made in. A new theme is a file in
//! `tests/attacks/` and a line in [`themes`].

#[path = "attacks/corpus.rs"]
#[macro_use]
mod corpus;

#[path = "attacks/answers.rs"]
mod answers;
#[path = "attacks/cose.rs"]
mod cose;
#[path = "attacks/dates.rs"]
mod dates;
#[path = "attacks/disclosures.rs"]
mod disclosures;
#[path = "attacks/ecdsa_sd.rs"]
mod ecdsa_sd;
#[path = "attacks/envelopes.rs"]
mod envelopes;
#[path = "attacks/invariants.rs"]
mod invariants;
#[path = "attacks/jose.rs"]
mod jose;
#[path = "attacks/key_binding.rs"]
mod key_binding;
#[path = "attacks/keys.rs"]
mod keys;
#[path = "attacks/linked_data.rs"]
mod linked_data;
#[path = "attacks/names.rs"]
mod names;
#[path = "attacks/presentations.rs"]
mod presentations;
#[path = "attacks/proofs.rs"]
mod proofs;
#[path = "attacks/qr.rs"]
mod qr;
#[path = "attacks/sd_jwt.rs"]
mod sd_jwt;
#[path = "attacks/selective.rs"]
mod selective;
#[path = "attacks/signatures.rs"]
mod signatures;
#[path = "attacks/status.rs"]
mod status;
#[path = "attacks/token_status.rs"]
mod token_status;
#[path = "attacks/version_1.rs"]
mod version_1;
#[path = "support/world.rs"]
mod world;

use std::collections::BTreeSet;
use std::io::Write as _;

use corpus::Attack;

type Theme = (&'static str, fn() -> Vec<Attack>);

fn themes() -> Vec<Theme> {
    vec![
        ("keys", keys::attacks),
        ("signatures", signatures::attacks),
        ("jose", jose::attacks),
        ("envelopes", envelopes::attacks),
        ("cose", cose::attacks),
        ("linked data", linked_data::attacks),
        ("names", names::attacks),
        ("proofs", proofs::attacks),
        ("selective disclosure", selective::attacks),
        ("ecdsa-sd", ecdsa_sd::attacks),
        ("sd-jwt", sd_jwt::attacks),
        ("disclosures", disclosures::attacks),
        ("key binding", key_binding::attacks),
        ("presentations", presentations::attacks),
        ("answers", answers::attacks),
        ("status", status::attacks),
        ("token status", token_status::attacks),
        ("credentials 1.1", version_1::attacks),
        ("qr", qr::attacks),
        ("dates", dates::attacks),
    ]
}

#[test]
fn every_attack_gets_the_answer_it_must_get() {
    let workers: Vec<_> = themes()
        .into_iter()
        .map(|(theme, attacks)| {
            std::thread::spawn(move || attacks().iter().filter_map(|a| a.run().err().map(|e| format!("{theme}: {e}"))).collect())
        })
        .collect();
    let failures: Vec<String> =
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_else(|_| vec!["panic".into()])).collect();
    assert!(failures.is_empty(), "{} attacks went wrong\n\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn attacks_are_many_and_each_is_named_once() {
    let (mut names, mut count) = (BTreeSet::new(), 0);
    for (theme, attacks) in themes() {
        let attacks = attacks();
        let _ = writeln!(std::io::stderr(), "{:>4} attacks on {theme}", attacks.len());
        count += attacks.len();
        for attack in attacks {
            assert!(names.insert(attack.name().to_owned()), "{} is named twice", attack.name());
        }
    }
    let _ = writeln!(std::io::stderr(), "{count:>4} attacks in all");
    assert!(count >= 150, "only {count} attacks");
}
