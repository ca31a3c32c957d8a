//! A verdict on a good diploma, and on a forged one, with each lie: never a wrong one.

use std::sync::Arc;

use serde_json::json;
use wallet_core::did::{Grounds, Standing, VerificationRelationship};
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::platform::MemoryStorage;
use wallet_core::registry::DidWrite;
use wallet_core::resolver::Resolver;
use wallet_core::securing::{Kind, Mechanism};
use wallet_core::verification::{Expectations, Gap, Reason, Verdict};
use wallet_core::verifier::Verifier;

use crate::liar::{Liar, Lie, did, now, proven, validator};
use crate::lies;
use crate::party::{Party, object};
use crate::world::{World, address, call, key};

const EVENTS: usize = 5;

/// A university whose signing key is one of six changes, two of them in one block.
async fn university(world: &World) -> Party {
    let (owner, mut nonce) = (key(0x41), 0);
    let mut write = |key: &SecretKey| {
        let write = DidWrite::add_key(&key.public_key(), VerificationRelationship::AssertionMethod, 1 << 30).expect("a key");
        nonce += 1;
        call(&world.deployment, world.deployment.did_registry, write.call(address(&owner)), (&owner, nonce - 1))
    };
    let party = Party::new(&did(), KeyAlgorithm::Ed25519, 1);
    for block in [vec![write(&party.key)], vec![write(&key(2)), write(&key(3))], vec![write(&key(4))], vec![write(&key(5))]] {
        world.wait(5);
        world.mine(block).await;
    }
    party
}

fn diploma(university: &Party) -> String {
    let diploma = object(json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": university.did,
        "validFrom": "2026-02-01T00:00:00Z",
        "credentialSubject": { "id": "urn:uuid:6f1d3c1e-6a55-4c83-9d57-0d3a2a1e8a11" },
    }));
    let mut options = university.options(Kind::Credential, Mechanism::EddsaJcs2022);
    options.created = now();
    university.sign(diploma, &options).text().to_owned()
}

async fn judge(world: &World, lie: Lie, text: &str) -> Verdict {
    let ledger = proven(world, Liar::new(world.ledger.clone(), lie), validator());
    let verifier = Verifier {
        resolver: Resolver::new().with_proven_registry("local", world.deployment, ledger),
        ..Verifier::bare(Arc::new(MemoryStorage::new()))
    };
    verifier.check(text, &Expectations::default(), &now()).await.expect("a credential")
}

#[tokio::test]
async fn honest_node_gives_a_proven_verdict_that_says_why_the_block_is_trusted() {
    let world = World::embedded();
    let university = university(&world).await;
    let verdict = judge(&world, Lie::none(), &diploma(&university)).await;
    let Verdict::Accepted(verified) = &verdict else { panic!("{verdict:?}") };
    assert!(verified.warnings().iter().all(|warning| !format!("{warning:?}").contains("Believed")));
    let standing = &verified.basis().resolutions[0].standing;
    assert!(matches!(standing, Standing::Proven { grounds: Grounds::Validators, .. }), "{standing:?}");
    let used = &verdict.to_json()["evidence"]["resolutions"][0];
    assert_eq!((&used["standing"], &used["grounds"]), (&json!("proven"), &json!({ "kind": "validators" })));
}

#[tokio::test]
async fn lie_leaves_a_good_diploma_undetermined_and_never_rejects_it() {
    let world = World::embedded();
    let university = university(&world).await;
    let text = diploma(&university);
    let mut undetermined = 0;
    for lie in lies::all(&world, EVENTS) {
        match judge(&world, lie.lie, &text).await {
            Verdict::Undetermined { gaps, .. } => {
                assert!(matches!(&gaps[0].what, Gap::Unresolved { .. }), "{}: {gaps:?}", lie.name);
                undetermined += 1;
            }
            // What is told badly in one place may be told well when it is asked for otherwise.
            Verdict::Accepted(_) if lie.reasons.is_empty() => {}
            verdict => panic!("{}: {verdict:?}", lie.name),
        }
    }
    assert!(undetermined > 80, "{undetermined}");
}

#[tokio::test]
async fn lie_never_makes_a_forged_diploma_good() {
    let world = World::embedded();
    let university = university(&world).await;
    // Signed by a stranger, in the name of the university's key.
    let stranger = Party { key: SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[9; 32]).expect("a seed"), ..university };
    let text = diploma(&stranger);
    let honest = judge(&world, Lie::none(), &text).await;
    assert!(honest.reasons().iter().any(|reason| reason.what == Reason::BadSignature), "{honest:?}");
    for lie in lies::all(&world, EVENTS) {
        let verdict = judge(&world, lie.lie, &text).await;
        assert!(!matches!(verdict, Verdict::Accepted(_)), "{}", lie.name);
    }
}
