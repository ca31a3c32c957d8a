use super::*;
use crate::did::VerificationRelationship;
use crate::json::{self as reading, JsonPointer};
use crate::key::{KeyAlgorithm, SecretKey};
use crate::registry::{B256, MerkleTree};
use crate::securing::{Disclosure, Kind, ProofOptions, Unsigned, prepare, prepare_disclosable};
use getrandom::SysRng;
use proptest::prelude::*;
use rand_core::UnwrapErr;

const SALT: [u8; 16] = [9; 16];

/// Every way to sign whose signature can be anchored, with a kind of key for it.
const SIGNED: [(Mechanism, KeyAlgorithm); 10] = [
    (Mechanism::EddsaRdfc2022, KeyAlgorithm::Ed25519),
    (Mechanism::EddsaJcs2022, KeyAlgorithm::Ed25519),
    (Mechanism::EcdsaRdfc2019, KeyAlgorithm::P256),
    (Mechanism::EcdsaRdfc2019, KeyAlgorithm::P384),
    (Mechanism::EcdsaJcs2019, KeyAlgorithm::P256),
    (Mechanism::EcdsaJcs2019, KeyAlgorithm::P384),
    (Mechanism::EcdsaSd2023, KeyAlgorithm::P256),
    (Mechanism::Jwt, KeyAlgorithm::Ed25519),
    (Mechanism::Cose, KeyAlgorithm::P256),
    (Mechanism::SdJwt, KeyAlgorithm::P256),
];

fn key(algorithm: KeyAlgorithm) -> SecretKey {
    let length = if algorithm == KeyAlgorithm::P384 { 48 } else { 32 };
    SecretKey::from_bytes(algorithm, &vec![5; length]).expect("a scalar in range")
}

fn document() -> Map<String, Value> {
    let document = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"], "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential"], "issuer": "did:web:uni.example", "name": "Título", "description": "Con honores",
        "credentialSubject": { "id": "did:example:ana" },
    });
    document.as_object().expect("an object").clone()
}

fn options(mechanism: Mechanism) -> ProofOptions {
    let method = "did:web:uni.example#key-1".parse().expect("a DID URL");
    let created = "2026-03-01T12:00:00Z".parse().expect("a date");
    ProofOptions::new(mechanism, method, VerificationRelationship::AssertionMethod, created)
}

fn unsigned(document: Map<String, Value>, mechanism: Mechanism, key: &SecretKey) -> Unsigned {
    let name: JsonPointer = "/name".parse().expect("a pointer");
    let disclosure = match mechanism {
        Mechanism::SdJwt => Disclosure::Only { pointers: vec![name], decoys: 0, holder: None },
        Mechanism::EcdsaSd2023 | Mechanism::Bbs2023 => Disclosure::AllBut(vec!["/issuer".parse().expect("a pointer")]),
        _ => return prepare(document, &options(mechanism), &key.public_key(), &Contexts::bundled()).expect("a document"),
    };
    let options = ProofOptions { disclosure, ..options(mechanism) };
    let mut rng = UnwrapErr(SysRng);
    prepare_disclosable(document, &options, &key.public_key(), &Contexts::bundled(), &mut rng).expect("a document")
}

fn sign(document: Map<String, Value>, mechanism: Mechanism, algorithm: KeyAlgorithm) -> Secured {
    let unsigned = unsigned(document, mechanism, &key(algorithm));
    let signature = key(algorithm).sign(unsigned.message());
    unsigned.finish(&signature).expect("a signature of the right length")
}

fn digest(secured: &Secured) -> [u8; 32] {
    secured.signed_digest(0, &Contexts::bundled()).expect("it is signed")
}

/// The inclusion of `secured` in a tree with two others, and the root of that tree.
fn anchored(secured: &Secured) -> (Inclusion, B256) {
    let leaves = vec![B256::repeat_byte(1), anchor::leaf(&SALT, &digest(secured)), B256::repeat_byte(2)];
    let tree = MerkleTree::new(leaves).expect("a tree");
    (tree.inclusion(1, SALT).expect("a leaf"), tree.root())
}

#[test]
fn what_is_anchored_is_what_the_key_signed_and_its_signature() {
    for (mechanism, algorithm) in SIGNED {
        let key = key(algorithm);
        let unsigned = unsigned(document(), mechanism, &key);
        let signature = key.sign(unsigned.message());
        let expected = anchor::digest(unsigned.message(), &signature);
        let secured = unsigned.finish(&signature).expect("a signature of the right length");
        assert_eq!(digest(&secured), expected, "{mechanism:?}");
        assert!(secured.signed_digest(1, &Contexts::bundled()).is_err(), "there is no second proof");
    }
}

#[test]
fn inclusion_inside_is_no_proof_and_leaves_the_signature_good() {
    for (mechanism, algorithm) in SIGNED.into_iter().filter(|(mechanism, _)| mechanism.is_embedded()) {
        let secured = sign(document(), mechanism, algorithm);
        let (inclusion, root) = anchored(&secured);
        let with = secured.with_inclusion(&inclusion).expect("it has room");
        assert_eq!((with.proofs(), with.unsupported(), with.body()), (secured.proofs(), &[][..], secured.body()));
        assert_eq!(with.inclusion(), Some(&inclusion));
        assert_eq!(with.inclusion().map(|inclusion| inclusion.root(&digest(&with))), Some(root), "{mechanism:?}");
        let (key, contexts) = (key(algorithm).public_key(), Contexts::bundled());
        assert_eq!(with.check_received(0, &key, &contexts), Ok(()), "{mechanism:?}");
        assert_eq!(Secured::read(with.text()).as_ref(), Ok(&with));
        assert!(matches!(with.with_inclusion(&inclusion), Err(WalletError::Misused { .. })), "it has one");
    }
}

#[test]
fn order_of_members_and_proofs_does_not_matter() {
    fn reversed(value: Value) -> Value {
        match value {
            Value::Object(members) => members.into_iter().rev().map(|(name, value)| (name, reversed(value))).collect(),
            other => other,
        }
    }
    for (mechanism, algorithm) in SIGNED.into_iter().filter(|(mechanism, _)| mechanism.is_embedded()) {
        let secured = sign(document(), mechanism, algorithm);
        let (inclusion, root) = anchored(&secured);
        let mut json = reversed(secured.with_inclusion(&inclusion).expect("it has room").to_value());
        json["proof"].as_array_mut().expect("two proofs").reverse();
        let read = Secured::read(&json.to_string()).expect("the same document");
        assert_eq!(read.inclusion().map(|inclusion| inclusion.root(&digest(&read))), Some(root), "{mechanism:?}");
    }
}

#[test]
fn each_proof_of_a_set_has_a_digest_of_its_own_and_a_changed_claim_another() {
    let first = sign(document(), Mechanism::EddsaRdfc2022, KeyAlgorithm::Ed25519);
    let Value::Object(one) = first.to_value() else { panic!("it is an object") };
    let both = sign(one, Mechanism::EcdsaJcs2019, KeyAlgorithm::P384);
    let digests = [0, 1].map(|proof| both.signed_digest(proof, &Contexts::bundled()));
    assert_eq!(digests[0], Ok(digest(&first)));
    assert_ne!(digests[0], digests[1]);
    let altered = Secured::read(&first.text().replace("honores", "reparos")).expect("well-formed");
    assert_ne!(digest(&altered), digest(&first));
}

#[test]
fn inclusion_comes_along_when_only_some_is_disclosed() {
    let name = ["/name".parse().expect("a pointer")];
    for (mechanism, algorithm) in SIGNED.into_iter().filter(|(m, _)| matches!(m, Mechanism::EcdsaSd2023 | Mechanism::SdJwt)) {
        let secured = sign(document(), mechanism, algorithm);
        let (inclusion, root) = anchored(&secured);
        let with = match mechanism.is_embedded() {
            true => secured.with_inclusion(&inclusion).expect("it has room"),
            false => secured.clone().with_inclusion_beside(inclusion),
        };
        for pointers in [&name[..], &[]] {
            let shown = with.disclose(pointers, &Contexts::bundled(), &mut UnwrapErr(SysRng)).expect("disclosed");
            assert!(shown.body().get("description").is_none() || mechanism == Mechanism::SdJwt);
            assert_eq!(shown.inclusion().map(|inclusion| inclusion.root(&digest(&shown))), Some(root), "{mechanism:?}");
            let key = key(algorithm).public_key();
            assert_eq!(shown.check_signature(0, &key, &Contexts::bundled()), Ok(()), "{mechanism:?}");
        }
    }
}

#[test]
fn bbs_2023_is_not_anchored() {
    let key = SecretKey::generate(KeyAlgorithm::Bls12381G2, &mut UnwrapErr(SysRng));
    let unsigned = unsigned(document(), Mechanism::Bbs2023, &key);
    let signature = key.sign(unsigned.message());
    let secured = unsigned.finish(&signature).expect("a signature of the right length");
    let (inclusion, _) = anchored(&sign(document(), Mechanism::Jwt, KeyAlgorithm::P256));
    assert!(matches!(secured.signed_digest(0, &Contexts::bundled()), Err(SignatureFault::Malformed { .. })));
    assert!(matches!(secured.with_inclusion(&inclusion), Err(WalletError::Unsupported { .. })));
}

#[test]
fn token_has_its_inclusion_beside_and_stays_as_it_is() {
    for (mechanism, algorithm) in SIGNED.into_iter().filter(|(mechanism, _)| !mechanism.is_embedded()) {
        let secured = sign(document(), mechanism, algorithm);
        let (inclusion, root) = anchored(&secured);
        assert!(matches!(secured.with_inclusion(&inclusion), Err(WalletError::Unsupported { .. })));
        let beside = inclusion.to_string().parse().expect("its own text");
        let with = secured.clone().with_inclusion_beside(beside);
        assert_eq!((with.text(), with.to_bytes()), (secured.text(), secured.to_bytes()));
        assert_eq!(with.inclusion().map(|inclusion| inclusion.root(&digest(&with))), Some(root), "{mechanism:?}");
    }
}

#[test]
fn inclusion_is_read_of_a_credential_inside_a_presentation() {
    let secured = sign(document(), Mechanism::EddsaRdfc2022, KeyAlgorithm::Ed25519);
    let (inclusion, _) = anchored(&secured);
    let held = secured.with_inclusion(&inclusion).expect("it has room").to_value();
    let presentation = json!({
        "@context": "https://www.w3.org/ns/credentials/v2", "type": "VerifiablePresentation", "verifiableCredential": [held],
    });
    let options = ProofOptions { purpose: Kind::Presentation.relationship(), ..options(Mechanism::EddsaRdfc2022) };
    let key = key(KeyAlgorithm::Ed25519);
    let presentation = presentation.as_object().expect("an object").clone();
    let unsigned = prepare(presentation, &options, &key.public_key(), &Contexts::bundled()).expect("every term is defined");
    let signature = key.sign(unsigned.message());
    let presentation = unsigned.finish(&signature).expect("a signature of the right length");
    let nested = presentation.nested().expect("one credential").remove(0).expect("a secured credential");
    assert_eq!(nested.inclusion(), Some(&inclusion));
}

/// A signed document with `more` among its proofs.
fn with_proofs(more: &[Value]) -> Result<Secured> {
    let mut json = sign(document(), Mechanism::EddsaJcs2022, KeyAlgorithm::Ed25519).to_value();
    let own = json["proof"].take();
    json["proof"] = [&[own][..], more].concat().into();
    Secured::read(&json.to_string())
}

#[test]
fn malformed_inclusion_is_refused() {
    let secured = sign(document(), Mechanism::EddsaJcs2022, KeyAlgorithm::Ed25519);
    let with = secured.with_inclusion(&anchored(&secured).0).expect("it has room").to_value();
    let good = with["proof"][1].clone();
    assert_eq!(with_proofs(std::slice::from_ref(&good)).map(|read| read.inclusion().is_some()), Ok(true));
    let text = good["proofValue"].as_str().expect("text");
    let changed = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        changed
    };
    let without = |name: &str| {
        let mut lesser = good.as_object().expect("an object").clone();
        lesser.remove(name);
        Value::Object(lesser)
    };
    for bad in [
        changed("id", "urn:uuid:1".into()),
        changed("created", "2026-03-01T12:00:00Z".into()),
        changed("type", "Anchor".into()),
        changed("proofPurpose", "authentication".into()),
        changed("proofValue", text[1..].into()),
        changed("proofValue", text.replacen('u', "z", 1).into()),
        changed("proofValue", text[..text.len() - 4].into()),
        changed("proofValue", format!("{text}AAAA").into()),
        changed("proofValue", json!(1)),
        without("proofValue"),
        without("proofPurpose"),
        without("type"),
    ] {
        assert!(matches!(with_proofs(std::slice::from_ref(&bad)), Err(WalletError::Malformed { .. })), "{bad}");
    }
    assert!(matches!(with_proofs(&[good.clone(), good.clone()]), Err(WalletError::Malformed { .. })), "two of them");
    let mut alone = with;
    alone["proof"] = good;
    assert!(matches!(Secured::read(&alone.to_string()), Err(WalletError::Malformed { .. })), "it secures nothing");
}

proptest! {
    #[test]
    fn any_inclusion_is_read_or_refused(name in "(type|proofPurpose|proofValue|id)", text in "u?[A-Za-z0-9_\\-\"\\[\\]{}:,]{0,80}") {
        let mut entry = json!({
            "type": "DataIntegrityProof", "cryptosuite": INCLUSION_SUITE, "proofPurpose": "assertionMethod", "proofValue": text,
        });
        if let Ok(value) = reading::read("test", &text) {
            entry[&name] = value;
        }
        if let Ok(read) = with_proofs(&[entry.clone()]) {
            let text = read.inclusion().map(Inclusion::to_string);
            prop_assert_eq!(text.as_deref(), entry["proofValue"].as_str());
        }
    }
}
