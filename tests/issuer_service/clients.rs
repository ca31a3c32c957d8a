//! Clients whose provider attests them, instance by instance (OpenID4VCI 1.0 appendix E; HAIP 1.0 §4.4).

use serde_json::{Value, json};
use wallet_core::issuer::credential_issuer::Profile;
use wallet_core::jose::jwk_set::JwkSet;
use wallet_core::oauth::client_attestation::{self, HEADER, METHOD, POP_HEADER};
use wallet_core::oauth::{Attesters, ClientAttestation, Form};
use wallet_core::platform::system_rng;
use wallet_core::ports::HttpResponse;

use crate::authorizing::{agree, asking, redeeming, session};
use crate::stage::{Holder, ISSUER, Stage, body, header, now, object, redemption, refused, text};

/// The key of the wallets' provider.
const PROVIDER: u8 = 9;

/// An issuer that trusts the provider, by its key.
async fn stage(profile: Profile) -> Stage {
    let keys = JwkSet::of_signature_keys([&Holder::new(PROVIDER).0.public_key()]);
    Stage::with(|plan| {
        plan.clients.attesters = Attesters { keys, ..Attesters::default() };
        plan.profile = profile;
    })
    .await
}

/// The headers by which one wallet of the provider, by its key, says who it is.
fn attested(wallet: &Holder) -> Vec<(&'static str, String)> {
    let provider = Holder::new(PROVIDER).0;
    let claims = object(json!({
        "sub": "wallet", "exp": now().unix() + 3600, "cnf": { "jwk": wallet.0.public_key().to_jwk() },
    }));
    let (kid, public) = (provider.public_key().thumbprint(), provider.public_key());
    let unsigned = client_attestation::prepare(claims, &kid, &public).expect("an attestation");
    let signature = provider.sign(unsigned.message());
    let attestation = ClientAttestation::read(&unsigned.finish(&signature)).expect("its own attestation");
    let proof = attestation.prove((ISSUER, None), &mut system_rng(), &now()).expect("a proof");
    let signature = wallet.0.sign(proof.message());
    vec![(HEADER, attestation.text().to_owned()), (POP_HEADER, proof.finish(&signature))]
}

async fn post(stage: &Stage, path: &str, form: Form, headers: &[(&'static str, String)]) -> HttpResponse {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    stage.post_with(path, form, &headers).await
}

/// The same request with a DPoP proof, and the nonce that it needs.
async fn post_bound(stage: &Stage, form: Form, (wallet, key): (&Holder, &Holder)) -> HttpResponse {
    let headers = |nonce: Option<&str>| {
        let mut headers = attested(wallet);
        headers.push(("dpop", key.dpop("token", (None, nonce))));
        headers
    };
    let first = post(stage, "token", form.clone(), &headers(None)).await;
    match header(&first, "dpop-nonce") {
        Some(nonce) => post(stage, "token", form, &headers(Some(nonce))).await,
        None => first,
    }
}

/// A code for what `wallet` has asked for by a pushed request, without a DPoP proof.
async fn code(stage: &Stage, wallet: &Holder) -> String {
    let pushed = post(stage, "par", asking().with("scope", "scope:dc+sd-jwt"), &attested(wallet)).await;
    assert_eq!(pushed.status, 201, "{}", text(&pushed));
    let name = body(&pushed)["request_uri"].as_str().expect("a name").to_owned();
    let query = Form::new().with("client_id", "wallet").with("request_uri", name).to_text();
    let session = session(&stage.get(&format!("{ISSUER}/authorize?{query}")).await);
    assert!(stage.issuer.authorization(&session, &stage.now).await.expect("a session").is_attested());
    agree(stage, &session, &["card"]).await
}

fn refreshing(tokens: &Value) -> Form {
    let token = tokens["refresh_token"].as_str().expect("a token");
    Form::new().with("grant_type", "refresh_token").with("client_id", "wallet").with("refresh_token", token)
}

/// RFC 9449 §10.1: whoever pushes a request may bind its code to a key, and need not; it is the tokens that HAIP 1.0 wants bound.
#[tokio::test]
async fn haip_wants_tokens_bound_to_a_key_and_not_pushed_requests() {
    let (stage, wallet) = (stage(Profile::Haip).await, Holder::new(1));
    let code = code(&stage, &wallet).await;
    refused(&post(&stage, "token", redeeming(&code), &attested(&wallet)).await, 400, "invalid_request");
    let tokens = post_bound(&stage, redeeming(&code), (&wallet, &Holder::new(2))).await;
    assert_eq!((tokens.status, &body(&tokens)["token_type"]), (200, &"DPoP".into()), "{}", text(&tokens));
}

#[tokio::test]
async fn code_is_redeemed_by_the_instance_that_asked_for_it() {
    let (stage, wallet) = (stage(Profile::Standard).await, Holder::new(1));
    let (stolen, own) = (code(&stage, &wallet).await, code(&stage, &wallet).await);
    refused(&post(&stage, "token", redeeming(&stolen), &attested(&Holder::new(3))).await, 401, "invalid_client");
    assert_eq!(post(&stage, "token", redeeming(&own), &attested(&wallet)).await.status, 200);
    let unattested = code(&stage, &wallet).await;
    refused(&stage.post("token", redeeming(&unattested)).await, 401, "invalid_client");
}

/// All wallets of a provider have one identifier: the key tells them apart.
#[tokio::test]
async fn refresh_token_is_of_the_instance_that_got_it() {
    let (stage, wallet) = (stage(Profile::Standard).await, Holder::new(1));
    let (offer, _) = stage.offer("card", None).await;
    let form = redemption(&offer, Form::new().with("client_id", "wallet"));
    let tokens = body(&post(&stage, "token", form, &attested(&wallet)).await);
    refused(&stage.post("token", refreshing(&tokens)).await, 401, "invalid_client");
    refused(&post(&stage, "token", refreshing(&tokens), &attested(&Holder::new(3))).await, 401, "invalid_client");
    assert_eq!(post(&stage, "token", refreshing(&tokens), &attested(&wallet)).await.status, 200);
}

#[tokio::test]
async fn provider_that_is_trusted_by_its_key_is_told_of() {
    let server = stage(Profile::Standard).await.issuer.server_metadata();
    assert!(server.token_endpoint_auth_methods_supported.iter().any(|method| method == METHOD));
    assert!(server.client_attestation_signing_alg_values_supported.iter().any(|name| name == "ES256"));
}
