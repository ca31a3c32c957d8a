//! What each write costs, printed as a table.

use wallet_core::did::VerificationRelationship::AssertionMethod;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::registry::credential_registry::{Signer, Terms, kind_of, list_of};
use wallet_core::registry::{Address, B256, Bytes, CredentialWrite, DidWrite, RecoverableSignature, U256};

use crate::world::{World, address, call, key};

/// The most a write may cost; a change that costs more is a change worth looking at.
const BUDGET: u64 = 150_000;

#[tokio::test]
async fn gas_of_every_write_is_within_budget() {
    let world = World::embedded();
    let owner = key(0x21);
    let identity = address(&owner);
    let (did, credential) = (world.deployment.did_registry, world.deployment.credential_registry);
    let public = |byte| SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[byte; 32]).expect("a seed").public_key();
    let add = |byte| DidWrite::add_key(&public(byte), AssertionMethod, 86_400).expect("a key can be published");
    let signed_did = |write: &DidWrite, nonce| {
        let message = write.message(did, identity, U256::from(nonce));
        write.signed_call(identity, &sign(&owner, &message))
    };
    let (diplomas, list) = (kind_of("https://example.org/Diploma"), list_of("https://example.org/status/1"));
    let terms = Terms { under: None, from: 0, until: 1 << 40, levels: 1 };
    let accredit = CredentialWrite::Accredit { subject: Address::repeat_byte(7), kind: diplomas, terms };
    let status = |byte| CredentialWrite::SetStatus { list, digest: B256::repeat_byte(byte) };
    let anchor = |byte| CredentialWrite::Anchor { root: B256::repeat_byte(byte) };
    let signed_anchor = |byte, nonce| {
        let write = anchor(byte);
        let signer = Signer { identity, nonce: U256::from(nonce) };
        let message = write.message(credential, world.deployment.chain_id, signer);
        write.signed_call(identity, &sign(&owner, &message)).expect("a call")
    };
    let direct = |write: &CredentialWrite| write.call(identity).expect("times that fit");
    let service = DidWrite::add_service("LinkedDomains", "https://university.example", 86_400).expect("a service");
    let revoke = DidWrite::revoke_key(&public(1), AssertionMethod).expect("a key can be published");
    let writes: Vec<(&str, Address, Bytes)> = vec![
        ("first key", did, add(1).call(identity)),
        ("next key", did, add(2).call(identity)),
        ("next key, signed, first time", did, signed_did(&add(3), 0)),
        ("next key, signed", did, signed_did(&add(4), 1)),
        ("service", did, service.call(identity)),
        ("key revoked", did, revoke.call(identity)),
        ("accreditation", credential, direct(&accredit)),
        (
            "accreditation revoked",
            credential,
            direct(&CredentialWrite::RevokeAccreditation { subject: Address::repeat_byte(7), kind: diplomas, number: 0 }),
        ),
        ("anchor", credential, direct(&anchor(1))),
        ("anchor, signed, first time", credential, signed_anchor(2, 0)),
        ("anchor, signed", credential, signed_anchor(3, 1)),
        ("first status digest", credential, direct(&status(1))),
        ("next status digest", credential, direct(&status(2))),
        ("retired", credential, direct(&CredentialWrite::Retire)),
        ("owner rotated", did, DidWrite::ChangeOwner { owner: Address::repeat_byte(8) }.call(identity)),
    ];
    println!("{:<30} {:>8}", "write", "gas");
    for (nonce, (name, to, input)) in (0..).zip(writes) {
        let receipts = world.mine(vec![call(&world.deployment, to, input, (&owner, nonce))]).await;
        assert!(receipts[0].succeeded, "{name}");
        println!("{name:<30} {:>8}", receipts[0].gas_used);
        assert!(receipts[0].gas_used < BUDGET, "{name} costs {}", receipts[0].gas_used);
    }
}

fn sign(key: &SecretKey, message: &[u8]) -> RecoverableSignature {
    RecoverableSignature::new(message, &key.sign(message), &key.public_key()).expect("its own signature")
}
