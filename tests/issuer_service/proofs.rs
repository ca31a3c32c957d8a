//! Key proofs of each type, and what is refused of them (OpenID4VCI 1.0 §8.2, appendices D and F).

use std::sync::Arc;

use serde_json::{Value, json};
use wallet_core::did;
use wallet_core::issuance::{KeyAttestationTerms, KeyAttestationsRequired, KeyPresentationTerms, ProofKey};
use wallet_core::issuer::credential_issuer::IssuancePlan;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::oauth::{Attesters, Endpoint};
use wallet_core::ports::HttpResponse;
use wallet_core::securing::Mechanism;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::x509::{Certificate, CertificateChain};

use crate::stage::{Holder, ISSUER, Stage, body, now, refused, text};

async fn ask(stage: &Stage, proofs: Value) -> HttpResponse {
    let token = stage.token("diploma").await;
    stage.ask("credential", &token, &json!({ "credential_configuration_id": "diploma", "proofs": proofs })).await
}

#[track_caller]
fn count(response: &HttpResponse) -> usize {
    assert_eq!(response.status, 200, "{}", text(response));
    body(response)["credentials"].as_array().expect("credentials").len()
}

/// A key and its certificate, which is its own authority.
struct Provider {
    key: SecretKey,
    chain: CertificateChain,
}

impl Provider {
    fn new() -> Self {
        let pair = rcgen::KeyPair::generate().expect("a key");
        let mut params = rcgen::CertificateParams::new(vec!["provider.example".to_owned()]).expect("a name");
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 1);
        let certificate = params.self_signed(&pair).expect("a certificate");
        let certificate = Certificate::from_der(certificate.der()).expect("its own DER");
        // PKCS#8 of a P-256 key has the scalar after a header of 36 bytes.
        let key = SecretKey::from_bytes(KeyAlgorithm::P256, &pair.serialize_der()[36..68]).expect("a scalar");
        assert_eq!(key.public_key(), certificate.public_key().expect("a key"));
        Self { key, chain: CertificateChain::new(certificate, Vec::new()).expect("a chain") }
    }

    fn trusted(&self) -> Attesters {
        Attesters { anchors: vec![self.chain.leaf().clone()].try_into().expect("an anchor"), ..Attesters::default() }
    }

    fn attest(&self, holders: &[&Holder], nonce: Option<&str>) -> String {
        let terms = KeyAttestationTerms {
            keys: holders.iter().map(|holder| holder.0.public_key()).collect(),
            key_storage: vec!["iso_18045_moderate".to_owned()],
            user_authentication: Vec::new(),
            nonce: nonce.map(str::to_owned),
            issued: now(),
            expires: Some(now().plus_seconds(3600)),
        };
        let unsigned = terms.prepare(&self.chain).expect("an attestation");
        let signature = self.key.sign(unsigned.message());
        unsigned.finish(&signature)
    }
}

fn require(plan: &mut IssuancePlan, storage: &str) {
    for terms in plan.credentials.get_mut("diploma").expect("a diploma").configuration.proof_types.values_mut() {
        let key_storage = vec![storage.to_owned()];
        terms.key_attestations_required = Some(KeyAttestationsRequired { key_storage, ..KeyAttestationsRequired::default() });
    }
}

#[tokio::test]
async fn key_named_by_a_did_is_found_in_its_document() {
    let stage = Stage::new().await;
    let holder = Holder::new(5);
    let did = did::key::from_public_key(&holder.0.public_key());
    let method = did.with_fragment(did.identifier()).expect("a DID URL");
    let nonce = stage.nonce().await;
    let proof = holder.proof_with(|terms| {
        (terms.key, terms.nonce) = (ProofKey::Did(method), Some(nonce));
    });
    let response = ask(&stage, json!({ "jwt": [proof] })).await;
    assert_eq!(count(&response), 1);
    assert_eq!(body(&response)["credentials"][0]["credential"]["credentialSubject"]["id"], did.as_str());
}

#[tokio::test]
async fn did_of_a_method_that_is_not_offered_is_refused() {
    let stage = Stage::new().await;
    let holder = Holder::new(5);
    let method = did::jwk::from_public_key(&holder.0.public_key()).with_fragment("0").expect("a DID URL");
    let nonce = stage.nonce().await;
    let proof = holder.proof_with(|terms| {
        (terms.key, terms.nonce) = (ProofKey::Did(method), Some(nonce));
    });
    refused(&ask(&stage, json!({ "jwt": [proof] })).await, 400, "invalid_proof");
}

#[tokio::test]
async fn presentation_proves_a_key() {
    let stage = Stage::new().await;
    let key = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[9; 32]).expect("a seed");
    let did = did::key::from_public_key(&key.public_key());
    let (issuer, nonce, issued) = (Endpoint::read(ISSUER).expect("a URL"), stage.nonce().await, now());
    let terms = KeyPresentationTerms {
        issuer: &issuer,
        nonce: Some(&nonce),
        mechanism: Mechanism::EddsaRdfc2022,
        method: did.with_fragment(did.identifier()).expect("a DID URL"),
        issued: &issued,
    };
    let unsigned = terms.prepare(&key.public_key(), &Contexts::bundled()).expect("a proof");
    let signature = key.sign(unsigned.message());
    let proof: Value = serde_json::from_str(unsigned.finish(&signature).expect("a presentation").text()).expect("JSON");
    let response = ask(&stage, json!({ "di_vp": [proof] })).await;
    assert_eq!(count(&response), 1);
    refused(&ask(&stage, json!({ "di_vp": [proof] })).await, 400, "invalid_nonce");
}

#[tokio::test]
async fn attestation_stands_for_the_proofs_of_all_its_keys() {
    let provider = Provider::new();
    let stage = Stage::with(|plan| plan.key_attesters = provider.trusted()).await;
    let holders = [Holder::new(1), Holder::new(2)];
    let all = holders.each_ref();
    let response = ask(&stage, json!({ "attestation": [provider.attest(&all, Some(&stage.nonce().await))] })).await;
    assert_eq!(count(&response), 2);
    refused(&ask(&stage, json!({ "attestation": [provider.attest(&all, None)] })).await, 400, "invalid_proof");
    let stranger = Provider::new().attest(&all, Some(&stage.nonce().await));
    refused(&ask(&stage, json!({ "attestation": [stranger] })).await, 400, "invalid_proof");
}

#[tokio::test]
async fn signed_proof_brings_the_attested_keys_along() {
    let provider = Provider::new();
    let stage = Stage::with(|plan| {
        plan.key_attesters = provider.trusted();
        require(plan, "iso_18045_moderate");
    })
    .await;
    let (first, second) = (Holder::new(1), Holder::new(2));
    let nonce = stage.nonce().await;
    let attestation = provider.attest(&[&first, &second], Some(&nonce));
    let nonce = stage.nonce().await;
    let proof = first.proof_with(|terms| (terms.nonce, terms.attestation) = (Some(nonce), Some(attestation.clone())));
    assert_eq!(count(&ask(&stage, json!({ "jwt": [proof] })).await), 2);
    let (nonce, timeless) = (stage.nonce().await, provider.attest(&[&first], None));
    let proof = first.proof_with(|terms| (terms.nonce, terms.attestation) = (Some(nonce), Some(timeless)));
    refused(&ask(&stage, json!({ "jwt": [proof] })).await, 400, "invalid_proof");
    refused(&ask(&stage, json!({ "jwt": [first.proof(&stage.nonce().await)] })).await, 400, "invalid_proof");
    let nonce = stage.nonce().await;
    let third = Holder::new(3).proof_with(|terms| (terms.nonce, terms.attestation) = (Some(nonce), Some(attestation.clone())));
    refused(&ask(&stage, json!({ "jwt": [third] })).await, 400, "invalid_proof");
}

#[tokio::test]
async fn attestation_that_says_too_little_is_refused() {
    let provider = Provider::new();
    let stage = Stage::with(|plan| {
        plan.key_attesters = provider.trusted();
        require(plan, "iso_18045_high");
    })
    .await;
    let attestation = provider.attest(&[&Holder::new(1)], Some(&stage.nonce().await));
    refused(&ask(&stage, json!({ "attestation": [attestation] })).await, 400, "invalid_proof");
}

#[tokio::test]
async fn proof_that_is_missing_wrong_or_for_somebody_else_is_refused() {
    let stage = Stage::new().await;
    let holder = Holder::new(5);
    let token = stage.token("diploma").await;
    let missing = json!({ "credential_configuration_id": "diploma" });
    refused(&stage.ask("credential", &token, &missing).await, 400, "invalid_proof");
    refused(&ask(&stage, json!({ "jwt": [holder.proof_with(|_| ())] })).await, 400, "invalid_proof");
    refused(&ask(&stage, json!({ "jwt": ["a.b.c"] })).await, 400, "invalid_proof");
    let other: Endpoint = "https://other.example".parse().expect("a URL");
    let nonce = stage.nonce().await;
    let proof = holder.proof_with(|terms| (terms.issuer, terms.nonce) = (other, Some(nonce)));
    refused(&ask(&stage, json!({ "jwt": [proof] })).await, 400, "invalid_proof");
    let nonce = stage.nonce().await;
    let forged =
        holder.proof_with(|terms| (terms.key, terms.nonce) = (ProofKey::Jwk(Holder::new(6).0.public_key()), Some(nonce)));
    refused(&ask(&stage, json!({ "jwt": [forged] })).await, 400, "invalid_proof");
}

#[tokio::test]
async fn algorithm_that_the_metadata_do_not_name_is_refused() {
    let stage = Stage::new().await;
    let holder = Holder(SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[5; 32]).expect("a seed"));
    let nonce = stage.nonce().await;
    refused(&ask(&stage, json!({ "jwt": [holder.proof(&nonce)] })).await, 400, "invalid_proof");
}

#[tokio::test]
async fn nonce_is_good_once_for_a_while_and_only_if_it_is_ours() {
    let mut stage = Stage::new().await;
    let holder = Holder::new(5);
    let nonce = stage.nonce().await;
    assert_eq!(count(&ask(&stage, json!({ "jwt": [holder.proof(&nonce)] })).await), 1);
    refused(&ask(&stage, json!({ "jwt": [holder.proof(&nonce)] })).await, 400, "invalid_nonce");
    refused(&ask(&stage, json!({ "jwt": [holder.proof("made up")] })).await, 400, "invalid_nonce");
    let old = stage.nonce().await;
    stage.now = stage.now.plus_seconds(300);
    refused(&ask(&stage, json!({ "jwt": [holder.proof(&old)] })).await, 400, "invalid_nonce");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_requests_with_one_nonce_exactly_one_wins() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = wallet_core::platform::SqliteStorage::open(folder.path().join("sessions.sqlite")).await.expect("a file");
    let stage = Arc::new(Stage::over(Arc::new(storage), |_| ()).await);
    let (token, nonce) = (stage.token("diploma").await, stage.nonce().await);
    let requests: Vec<_> = (1..=16)
        .map(|byte| {
            let proofs = json!({ "jwt": [Holder::new(byte).proof(&nonce)] });
            let asked = json!({ "credential_configuration_id": "diploma", "proofs": proofs });
            let (stage, token) = (stage.clone(), token.clone());
            tokio::spawn(async move { stage.ask("credential", &token, &asked).await.status })
        })
        .collect();
    let mut won = 0;
    for request in requests {
        won += usize::from(request.await.expect("no panic") == 200);
    }
    assert_eq!(won, 1);
}
