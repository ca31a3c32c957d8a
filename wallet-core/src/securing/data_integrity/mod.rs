//! Data Integrity proofs: `eddsa-rdfc-2022` and `eddsa-jcs-2022` (VC Data Integrity 1.0, VC DI EdDSA Cryptosuites 1.0).

pub(super) mod selective;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::linked_data::{Contexts, LinkedDataError, canonical_nquads};
use super::{Mechanism, Proof, ProofOptions, SignatureFault, jcs};
use crate::did::VerificationRelationship;
use crate::error::{Result, WalletError};
use crate::key::{KeyAlgorithm, PublicKey};
use crate::time::Timestamp;

/// Reads one proof object (VC Data Integrity §2.1).
///
/// Fails with `Unsupported`, its kind named, when the proof is of another suite or chained to another proof by `previousProof`.
pub(super) fn read(proof: &Map<String, Value>) -> Result<Proof> {
    let bad = |name: &str| WalletError::malformed("proof", format!("its {name} is missing or not of the right kind"));
    let required = |name: &str| proof.get(name).and_then(Value::as_str).ok_or_else(|| bad(name));
    let optional = |name: &str| match proof.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(bad(name)),
    };
    let time = |name: &str| optional(name)?.map(str::parse::<Timestamp>).transpose();
    let kind = required("type")?;
    if kind != "DataIntegrityProof" {
        return Err(WalletError::unsupported(kind, "use eddsa-rdfc-2022, eddsa-jcs-2022 or ecdsa-sd-2023"));
    }
    let suite = required("cryptosuite")?;
    let mut mechanisms = [Mechanism::EddsaRdfc2022, Mechanism::EddsaJcs2022].into_iter().chain(selective::SUITES);
    let mechanism = mechanisms.find(|m| m.as_str() == suite);
    let mechanism =
        mechanism.ok_or_else(|| WalletError::unsupported(suite, "use eddsa-rdfc-2022, eddsa-jcs-2022 or ecdsa-sd-2023"))?;
    if proof.contains_key("previousProof") {
        return Err(WalletError::unsupported("a proof chain (previousProof)", "use a proof set"));
    }
    match selective::is_selective(proof) {
        true => selective::read(proof)?,
        false => drop(signature(proof).ok_or_else(|| bad("proofValue"))?),
    }
    let method = required("verificationMethod")?;
    url::Url::parse(method).map_err(|_| bad("verificationMethod"))?;
    let purpose = required("proofPurpose")?;
    let purpose = VerificationRelationship::from_name(purpose).ok_or_else(|| bad("proofPurpose"))?;
    optional("id")?;
    optional("nonce")?;
    let audience = match proof.get("domain") {
        None => Vec::new(),
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) if !all.is_empty() => {
            let texts = all.iter().map(|one| one.as_str().map(str::to_owned));
            texts.collect::<Option<_>>().ok_or_else(|| bad("domain"))?
        }
        Some(_) => return Err(bad("domain")),
    };
    Ok(Proof {
        mechanism,
        method: method.to_owned(),
        purpose: Some(purpose),
        created: time("created")?,
        not_before: None,
        expires: time("expires")?,
        nonce: optional("challenge")?.map(str::to_owned),
        audience,
    })
}

/// The bytes to sign over `body` (without `proof`), and the proof object without `proofValue`.
pub(super) fn prepare(
    body: &Map<String, Value>,
    options: &ProofOptions,
    key: &PublicKey,
    contexts: &Contexts,
) -> Result<(Vec<u8>, Map<String, Value>)> {
    if key.algorithm() != KeyAlgorithm::Ed25519 {
        return Err(WalletError::misused(format!("{} signs with Ed25519 keys", options.mechanism.as_str())));
    }
    let mut proof = draft(options);
    if options.mechanism == Mechanism::EddsaJcs2022
        && let Some(context) = body.get("@context")
    {
        proof.insert("@context".to_owned(), context.clone());
    }
    let message = message(options.mechanism, body, &proof, contexts).map_err(|fault| match fault {
        SignatureFault::MissingContext { url } => {
            WalletError::unsupported(format!("the context {url}"), "add it to the contexts")
        }
        fault => WalletError::misused(fault),
    })?;
    Ok((message, proof))
}

/// What a new proof says whatever its suite.
pub(super) fn draft(options: &ProofOptions) -> Map<String, Value> {
    let mut proof = Map::new();
    let mut put = |name: &str, value: &str| proof.insert(name.to_owned(), Value::String(value.to_owned()));
    put("type", "DataIntegrityProof");
    put("cryptosuite", options.mechanism.as_str());
    put("created", options.created.as_str());
    if let Some(expires) = &options.expires {
        put("expires", expires.as_str());
    }
    put("verificationMethod", &options.method.to_string());
    put("proofPurpose", options.purpose.as_str());
    if let Some(nonce) = &options.nonce {
        put("challenge", nonce);
    }
    if let Some(audience) = &options.audience {
        put("domain", audience);
    }
    proof
}

/// The proof object with its `proofValue`.
pub(super) fn finish(mut proof: Map<String, Value>, signature: &[u8]) -> Map<String, Value> {
    let value = multibase::encode(multibase::Base::Base58Btc, signature);
    proof.insert("proofValue".to_owned(), Value::String(value));
    proof
}

/// Checks the signature of the proof object `proof` over `body` (without `proof`).
pub(super) fn check(
    body: &Map<String, Value>,
    proof: &Map<String, Value>,
    key: &PublicKey,
    contexts: &Contexts,
) -> Result<(), SignatureFault> {
    if selective::is_selective(proof) {
        return selective::check(body, proof, key, contexts);
    }
    let suite = proof.get("cryptosuite").and_then(Value::as_str);
    let mechanism = [Mechanism::EddsaRdfc2022, Mechanism::EddsaJcs2022].into_iter().find(|m| Some(m.as_str()) == suite);
    let mechanism = mechanism.ok_or_else(|| SignatureFault::malformed("the cryptosuite is not known"))?;
    if proof.contains_key("previousProof") {
        return Err(SignatureFault::malformed("proof chains are not supported"));
    }
    let signature = signature(proof).ok_or_else(|| SignatureFault::malformed("the proofValue is not a signature"))?;
    if key.algorithm() != KeyAlgorithm::Ed25519 {
        return Err(SignatureFault::WrongAlgorithm);
    }
    let mut options = proof.clone();
    options.shift_remove("proofValue");
    let message = match (mechanism, options.get("@context")) {
        (Mechanism::EddsaJcs2022, Some(context)) => {
            // What was signed may be a beginning of the contexts the document has by now (VC DI EdDSA §3.3.2, step 4).
            let signed = begins(body.get("@context"), context)?;
            let mut body = body.clone();
            body.insert("@context".to_owned(), signed);
            message(mechanism, &body, &options, contexts)?
        }
        _ => message(mechanism, body, &options, contexts)?,
    };
    key.verify(&message, &signature)?;
    Ok(())
}

/// The contexts of the proof, when those of the document begin with them.
fn begins(document: Option<&Value>, proof: &Value) -> Result<Value, SignatureFault> {
    fn list(value: &Value) -> &[Value] {
        match value {
            Value::Array(all) => all,
            one => std::slice::from_ref(one),
        }
    }
    let fault = || SignatureFault::malformed("the document's contexts do not begin with those of the proof");
    if list(document.ok_or_else(fault)?).starts_with(list(proof)) { Ok(proof.clone()) } else { Err(fault()) }
}

/// The 64 bytes a proof signs: the hash of its options, then that of the document (VC DI EdDSA §3.2.4, §3.3.4).
fn message(
    mechanism: Mechanism,
    body: &Map<String, Value>,
    options: &Map<String, Value>,
    contexts: &Contexts,
) -> Result<Vec<u8>, SignatureFault> {
    let (options, body) = match mechanism {
        Mechanism::EddsaRdfc2022 => {
            let mut options = options.clone();
            match body.get("@context") {
                Some(context) => options.insert("@context".to_owned(), context.clone()),
                None => options.shift_remove("@context"),
            };
            (canonical_nquads(&options, contexts)?, canonical_nquads(body, contexts)?)
        }
        Mechanism::EddsaJcs2022 => {
            let canonical = |map| jcs::canonicalize(map).map_err(SignatureFault::malformed);
            (canonical(options)?, canonical(body)?)
        }
        other => return Err(SignatureFault::malformed(format!("{} is no such proof", other.as_str()))),
    };
    Ok([Sha256::digest(options), Sha256::digest(body)].concat())
}

/// The 64 bytes of `proofValue`, multibase base58btc.
fn signature(proof: &Map<String, Value>) -> Option<Vec<u8>> {
    let text = proof.get("proofValue")?.as_str().filter(|text| text.starts_with('z') && text.len() <= 128)?;
    let (_, bytes) = multibase::decode(text).ok()?;
    (bytes.len() == 64).then_some(bytes)
}

impl From<LinkedDataError> for SignatureFault {
    fn from(error: LinkedDataError) -> Self {
        match error {
            LinkedDataError::UnknownContext { url } => Self::MissingContext { url },
            LinkedDataError::UndefinedTerm { term } => Self::UndefinedTerm { term },
            LinkedDataError::TooDeep | LinkedDataError::TooMuchWork => Self::TooMuchWork,
            LinkedDataError::Invalid { reason } => Self::Malformed { reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Secured, Unsigned};
    use super::*;
    use crate::key::SecretKey;
    use proptest::prelude::*;
    use serde_json::json;

    const METHOD: &str =
        "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";

    fn contexts() -> Contexts {
        let examples = r#"{"@context":{"@vocab":"https://www.w3.org/ns/credentials/examples#"}}"#;
        Contexts::bundled().with("https://www.w3.org/ns/credentials/examples/v2", examples).expect("a context")
    }

    /// VC Data Integrity EdDSA Cryptosuites 1.0, appendix B.1 and B.3: the credential without alumni detail.
    fn alumni(suite: &str, proof_value: &str) -> String {
        let mut document = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
            "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
            "type": ["VerifiableCredential", "AlumniCredential"],
            "name": "Alumni Credential",
            "description": "A minimum viable example of an Alumni Credential.",
            "issuer": "https://vc.example/issuers/5678",
            "validFrom": "2023-01-01T00:00:00Z",
            "credentialSubject": { "id": "did:example:abcdefgh", "alumniOf": "The School of Examples" },
            "proof": {
                "type": "DataIntegrityProof",
                "cryptosuite": suite,
                "created": "2023-02-24T23:36:38Z",
                "verificationMethod": METHOD,
                "proofPurpose": "assertionMethod",
                "proofValue": proof_value
            }
        });
        if suite == "eddsa-jcs-2022" {
            document["proof"]["@context"] = document["@context"].clone();
        }
        document.to_string()
    }

    fn issuer_key() -> PublicKey {
        PublicKey::from_multikey("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2").expect("a Multikey")
    }

    const RDFC: &str = "z2YwC8z3ap7yx1nZYCg4L3j3ApHsF8kgPdSb5xoS1VR7vPG3F561B52hYnQF9iseabecm3ijx4K1FBTQsCZahKZme";
    const JCS: &str = "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX";

    #[test]
    fn vc_di_eddsa_appendix_b_examples_verify() {
        for (suite, value) in [("eddsa-rdfc-2022", RDFC), ("eddsa-jcs-2022", JCS)] {
            let secured = Secured::read(&alumni(suite, value)).expect("a secured credential");
            assert_eq!(secured.check_signature(0, &issuer_key(), &contexts()), Ok(()), "{suite}");
        }
    }

    #[test]
    fn any_changed_claim_breaks_the_signature() {
        for (suite, value) in [("eddsa-rdfc-2022", RDFC), ("eddsa-jcs-2022", JCS)] {
            for (from, to) in
                [("School", "Scool"), ("2023-01-01", "2022-01-01"), ("23:36:38", "23:36:39"), ("abcdefgh", "abcdefgi")]
            {
                let secured = Secured::read(&alumni(suite, value).replace(from, to)).expect("a secured credential");
                assert_eq!(secured.check_signature(0, &issuer_key(), &contexts()), Err(SignatureFault::Bad), "{suite} {to}");
            }
        }
    }

    #[test]
    fn context_that_is_not_at_hand_is_named() {
        let secured = Secured::read(&alumni("eddsa-rdfc-2022", RDFC)).expect("a secured credential");
        let url = "https://www.w3.org/ns/credentials/examples/v2".to_owned();
        let fault = secured.check_signature(0, &issuer_key(), &Contexts::bundled());
        assert_eq!(fault, Err(SignatureFault::MissingContext { url }));
    }

    #[test]
    fn undefined_term_is_named_and_never_dropped() {
        let text = alumni("eddsa-rdfc-2022", RDFC).replace(r#","https://www.w3.org/ns/credentials/examples/v2""#, "");
        let secured = Secured::read(&text).expect("a secured credential");
        let fault = secured.check_signature(0, &issuer_key(), &contexts());
        assert_eq!(fault, Err(SignatureFault::UndefinedTerm { term: "AlumniCredential".into() }));
    }

    #[test]
    fn jcs_contexts_may_grow_at_the_end_and_nowhere_else() {
        let text = alumni("eddsa-jcs-2022", JCS);
        let of = |old: &str, new: &str| {
            let secured = Secured::read(&text.replacen(old, new, 1)).expect("a secured credential");
            secured.check_signature(0, &issuer_key(), &contexts())
        };
        let old = r#""https://www.w3.org/ns/credentials/examples/v2"]"#;
        assert_eq!(of(old, r#""https://www.w3.org/ns/credentials/examples/v2","https://example.org/c"]"#), Ok(()));
        assert!(matches!(of(old, r#""https://example.org/c"]"#), Err(SignatureFault::Malformed { .. })));
    }

    #[test]
    fn key_of_another_kind_is_never_tried() {
        let key = SecretKey::from_bytes(KeyAlgorithm::P256, &[7; 32]).expect("a scalar").public_key();
        let secured = Secured::read(&alumni("eddsa-rdfc-2022", RDFC)).expect("a secured credential");
        assert_eq!(secured.check_signature(0, &key, &contexts()), Err(SignatureFault::WrongAlgorithm));
    }

    #[test]
    fn malformed_proofs_are_refused_when_read() {
        let good = || {
            json!({ "type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "created": "2023-02-24T23:36:38Z",
            "verificationMethod": METHOD, "proofPurpose": "assertionMethod", "proofValue": RDFC })
        };
        let of = |name: &str, value: Value| {
            let mut proof = good();
            proof[name] = value;
            read(proof.as_object().expect("an object"))
        };
        assert!(of("challenge", json!("n")).is_ok_and(|proof| proof.nonce.as_deref() == Some("n")));
        assert!(of("domain", json!(["a", "b"])).is_ok_and(|proof| proof.audience == ["a", "b"]));
        for (name, value) in [
            ("created", json!("yesterday")),
            ("expires", json!("2023-02-24")),
            ("verificationMethod", json!({ "id": METHOD })),
            ("verificationMethod", json!("#key")),
            ("proofPurpose", json!("pleasure")),
            ("proofValue", json!("u2YwC8z3ap7yx")),
            ("proofValue", json!("z2YwC8z3ap7yx")),
            ("domain", json!([1])),
            ("domain", json!([])),
            ("challenge", json!(1)),
        ] {
            assert!(matches!(of(name, value.clone()), Err(WalletError::Malformed { .. })), "{name} {value}");
        }
        for (name, value) in
            [("previousProof", json!("urn:uuid:1")), ("cryptosuite", json!("frob-2099")), ("type", json!("Old2018"))]
        {
            assert!(matches!(of(name, value.clone()), Err(WalletError::Unsupported { .. })), "{name} {value}");
        }
    }

    fn options(mechanism: Mechanism) -> ProofOptions {
        ProofOptions {
            nonce: Some("n-1".into()),
            audience: Some("https://verifier.example".into()),
            ..ProofOptions::new(
                mechanism,
                METHOD.parse().expect("a DID URL"),
                VerificationRelationship::AssertionMethod,
                "2026-01-01T00:00:00Z".parse().expect("a time"),
            )
        }
    }

    fn credential(claim: Value) -> Map<String, Value> {
        let document = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"],
            "type": "VerifiableCredential", "issuer": "did:example:issuer",
            "credentialSubject": { "id": "did:example:subject", "claim": claim }
        });
        document.as_object().expect("an object").clone()
    }

    #[test]
    fn proof_set_verifies_proof_by_proof() {
        let one = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[1; 32]).expect("a seed");
        let two = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[2; 32]).expect("a seed");
        let sign = |document, mechanism, key: &SecretKey| {
            let unsigned: Unsigned =
                super::super::prepare(document, &options(mechanism), &key.public_key(), &contexts()).expect("covered");
            let signature = key.sign(unsigned.message());
            unsigned.finish(&signature).expect("64 bytes")
        };
        let first = sign(credential(json!("x")), Mechanism::EddsaRdfc2022, &one);
        let document = serde_json::from_str::<Value>(first.text()).expect("JSON").as_object().expect("an object").clone();
        let both = sign(document, Mechanism::EddsaJcs2022, &two);
        assert_eq!(both.proofs().len(), 2);
        assert_eq!(both.check_signature(0, &one.public_key(), &contexts()), Ok(()));
        assert_eq!(both.check_signature(1, &two.public_key(), &contexts()), Ok(()));
        assert_eq!(both.check_signature(0, &two.public_key(), &contexts()), Err(SignatureFault::Bad));
        assert_eq!(both.proofs()[0].nonce.as_deref(), Some("n-1"));
    }

    #[test]
    fn only_ed25519_keys_prepare() {
        let key = SecretKey::from_bytes(KeyAlgorithm::P256, &[7; 32]).expect("a scalar").public_key();
        let refused = super::super::prepare(credential(json!(1)), &options(Mechanism::EddsaJcs2022), &key, &contexts());
        assert!(matches!(refused, Err(WalletError::Misused { .. })));
    }

    fn any_claim() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-1_000_000i64..1_000_000).prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-z]{1,5}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_signed_verifies_and_with_another_claim_does_not(claim in any_claim(), jcs in any::<bool>()) {
            let key = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[3; 32]).expect("a seed");
            let mechanism = if jcs { Mechanism::EddsaJcs2022 } else { Mechanism::EddsaRdfc2022 };
            // A term called `id` or `type` has a meaning of its own, and a claim of nothing but that may be refused.
            if let Ok(unsigned) = super::super::prepare(credential(claim), &options(mechanism), &key.public_key(), &contexts()) {
                let signature = key.sign(unsigned.message());
                let secured = unsigned.finish(&signature).expect("64 bytes");
                prop_assert_eq!(secured.check_signature(0, &key.public_key(), &contexts()), Ok(()));
                let altered = secured.text().replace("did:example:subject", "did:example:other");
                let altered = Secured::read(&altered).expect("still a credential");
                prop_assert_eq!(altered.check_signature(0, &key.public_key(), &contexts()), Err(SignatureFault::Bad));
            }
        }
    }
}
