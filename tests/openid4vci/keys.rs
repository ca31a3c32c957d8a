//! The proofs of keys and of the wallet itself: `di_vp`, `attestation`, key attestations, client attestations.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};
use wallet_core::error::Result;
use wallet_core::issuance::{KeyAttestationTerms, KeyAttestationsRequired, ProofTypeTerms};
use wallet_core::jose::jwk_set::JwkSet;
use wallet_core::key::{KeyAlgorithm, KeyId, PublicKey, SecretKey};
use wallet_core::oauth::call::json_answer;
use wallet_core::oauth::{Attesters, ClientAttestation, Profile, client_attestation};
use wallet_core::platform::system_rng;
use wallet_core::ports::HttpRequest;
use wallet_core::time::Timestamp;
use wallet_core::wallet::receiving::{Acceptance, KeyAttester, WalletAttestation};
use wallet_core::x509::CertificateChain;

use crate::authority::Authority;
use crate::stage::{ISSUER, Stage, browse, received};

fn terms(algorithms: &[&str], required: bool) -> ProofTypeTerms {
    ProofTypeTerms {
        proof_signing_alg_values_supported: algorithms.iter().map(|&name| name.to_owned()).collect(),
        key_attestations_required: required
            .then(|| KeyAttestationsRequired { key_storage: vec!["iso_18045_moderate".to_owned()], ..Default::default() }),
    }
}

/// Whoever made the wallet's hardware, and says so of keys.
struct Maker {
    key: SecretKey,
    chain: CertificateChain,
    now: Timestamp,
    attested: Mutex<usize>,
}

#[async_trait]
impl KeyAttester for Maker {
    async fn attest(&self, keys: &[PublicKey], nonce: Option<&str>) -> Result<String> {
        *self.attested.lock().expect("nobody panicked") += keys.len();
        let terms = KeyAttestationTerms {
            keys: keys.to_vec(),
            key_storage: vec!["iso_18045_moderate".to_owned()],
            user_authentication: Vec::new(),
            nonce: nonce.map(str::to_owned),
            issued: self.now.clone(),
            expires: Some(self.now.plus_seconds(600)),
        };
        let unsigned = terms.prepare(&self.chain)?;
        let signature = self.key.sign(unsigned.message());
        Ok(unsigned.finish(&signature))
    }
}

fn maker(authority: &Authority) -> Maker {
    let key = SecretKey::generate(KeyAlgorithm::P256, &mut system_rng());
    let chain = authority.certify(&key, &["hardware.example"]);
    Maker { key, chain, now: "2026-03-01T12:00:00Z".parse().expect("a date"), attested: Mutex::new(0) }
}

#[tokio::test]
async fn key_is_proven_by_a_presentation_where_the_issuer_wants_that() {
    for suite in ["ecdsa-rdfc-2019", "eddsa-rdfc-2022", "ecdsa-jcs-2019", "eddsa-jcs-2022"] {
        let mut stage = Stage::with(|plan| {
            let diploma = plan.credentials.get_mut("diploma_ldp").expect("it is there");
            diploma.configuration.proof_types = BTreeMap::from([("di_vp".to_owned(), terms(&[suite], false))]);
        })
        .await;
        let offer = stage.review(&stage.offer(&["diploma_ldp"]).await).await;
        let received = received(stage.accept(&offer, &Acceptance { count: 2, ..Acceptance::default() }).await);
        assert_eq!(received.credentials.len(), 2, "{suite}: {received:#?}");
    }
}

#[tokio::test]
async fn keys_are_attested_where_the_issuer_wants_that() {
    let hardware = Authority::new("Fabricante");
    for proof_type in ["jwt", "attestation"] {
        let anchors = hardware.anchors();
        let mut stage = Stage::with(|plan| {
            plan.key_attesters = Attesters { anchors, ..Attesters::default() };
            let pid = plan.credentials.get_mut("pid_x5c").expect("it is there");
            pid.configuration.proof_types = BTreeMap::from([(proof_type.to_owned(), terms(&["ES256"], true))]);
        })
        .await;
        let offer = stage.review(&stage.offer(&["pid_x5c"]).await).await;
        assert!(stage.accept(&offer, &Acceptance::default()).await.is_err(), "nobody attests");
        let maker = maker(&hardware);
        let offer = stage.review(&stage.offer(&["pid_x5c"]).await).await;
        let mut client = crate::stage::client(&stage.verifier);
        client.attester = Some(&maker);
        let (acceptance, now) = (Acceptance { count: 3, ..Acceptance::default() }, stage.wire.now());
        let accepted = stage.wallet.accept_offer(&offer, &acceptance, &client, &mut system_rng(), &now).await;
        let received = received(accepted);
        assert_eq!(received.credentials.len(), 3, "{proof_type}: {received:#?}");
        assert_eq!(*maker.attested.lock().expect("nobody panicked"), 3, "one attestation for all keys");
    }
}

/// The wallet's provider, and its word for the wallet's key.
async fn provided(stage: &Stage, provider: &SecretKey) -> WalletAttestation {
    let key = SecretKey::generate(KeyAlgorithm::P256, &mut system_rng());
    stage.keystore.import(&KeyId("wallet".to_owned()), &key).await.expect("it is imported");
    let claims = json!({
        "iss": "https://provider.example", "sub": "https://wallet.example", "exp": stage.wire.now().unix() + 3600,
        "cnf": { "jwk": key.public_key().to_jwk() },
    });
    let public = provider.public_key();
    let unsigned = client_attestation::prepare(claims.as_object().cloned().expect("an object"), &public.thumbprint(), &public);
    let unsigned = unsigned.expect("an attestation");
    let signature = provider.sign(unsigned.message());
    let attestation = ClientAttestation::read(&unsigned.finish(&signature)).expect("an attestation");
    WalletAttestation { attestation, key: KeyId("wallet".to_owned()) }
}

#[tokio::test]
async fn haip_issuer_knows_the_wallet_by_its_attestation() {
    let provider = SecretKey::generate(KeyAlgorithm::P256, &mut system_rng());
    let keys = JwkSet::of_signature_keys([&provider.public_key()]);
    let mut stage = Stage::with(|plan| {
        plan.profile = wallet_core::issuer::credential_issuer::Profile::Haip;
        plan.clients.attesters = Attesters { keys, ..Attesters::default() };
    })
    .await;
    let offer = stage.review(&stage.offer_to_sign_in(&["pid_x5c"]).await).await;
    let stranger = stage.accept_as(&offer, &Acceptance::default(), |client| client.profile = Profile::Haip).await;
    assert!(stranger.is_err(), "a wallet that nobody attests is not served");
    let attestation = provided(&stage, &provider).await;
    let mut client = crate::stage::client(&stage.verifier);
    (client.profile, client.attestation) = (Profile::Haip, Some(attestation));
    let now = stage.wire.now();
    let accepted = stage.wallet.accept_offer(&offer, &Acceptance::default(), &client, &mut system_rng(), &now).await;
    let url = browse(accepted);
    assert!(url.contains("client_id=https%3A%2F%2Fwallet.example"), "{url}");
    let back = stage.sign_in(&url).await;
    let received = stage.wallet.signed_in(&back, &client, &mut system_rng(), &now).await.expect("the credential");
    assert_eq!(received.credentials.len(), 1, "{received:#?}");
}

/// What the claims of the proof of a client attestation say its challenge is.
fn challenge_of(request: &HttpRequest) -> Option<Value> {
    let proof = request.headers.iter().find(|(name, _)| name == client_attestation::POP_HEADER)?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(proof.1.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Value>(&claims).ok()?.get("challenge").cloned()
}

/// draft-ietf-oauth-attestation-based-client-auth-07, on challenges: fetched where the server gives them out, then whatever came last.
#[tokio::test]
async fn challenge_of_the_server_is_in_the_next_proof() {
    let provider = SecretKey::generate(KeyAlgorithm::P256, &mut system_rng());
    let keys = JwkSet::of_signature_keys([&provider.public_key()]);
    let mut stage = Stage::with(|plan| plan.clients.attesters = Attesters { keys, ..Attesters::default() }).await;
    stage.wire.meddle(|request, mut response| {
        if request.url.ends_with("/challenge") {
            return Ok(json_answer(200, &json!({ "attestation_challenge": "first" })));
        }
        if request.url.ends_with("oauth-authorization-server/cards") {
            let mut body: Value = serde_json::from_slice(&response.body).expect("JSON");
            body["challenge_endpoint"] = format!("{ISSUER}/challenge").into();
            response.body = body.to_string().into_bytes();
        }
        if request.url.ends_with("/par") {
            response.headers.push((client_attestation::CHALLENGE_HEADER.to_owned(), "second".to_owned()));
        }
        Ok(response)
    });
    let offer = stage.review(&stage.offer_to_sign_in(&["pid_x5c"]).await).await;
    let mut client = crate::stage::client(&stage.verifier);
    client.attestation = Some(provided(&stage, &provider).await);
    let now = stage.wire.now();
    browse(stage.wallet.accept_offer(&offer, &Acceptance::default(), &client, &mut system_rng(), &now).await);
    let pushed = stage.wire.requests("/par");
    let challenges: Vec<_> = pushed.iter().map(|request| challenge_of(request).expect("a challenge")).collect();
    assert_eq!(challenges, ["first", "second"], "the first request had no DPoP nonce");
    assert_eq!(stage.wire.count("/challenge"), 1);
}
