//! Attestation-based client authentication: which wallet it is that asks, according to its provider
//! (draft-ietf-oauth-attestation-based-client-auth-07, OpenID4VCI 1.0 appendix E).

use rand_core::CryptoRng;
use serde_json::{Map, Value, json};

use super::{Attesters, Call, OAuthError, OAuthErrorCode, Secret};
use crate::error::{Result, WalletError};
use crate::jose::jwt::{self, Jwt, UnsignedJwt};
use crate::key::PublicKey;
use crate::time::Timestamp;

/// The header that carries the attestation.
pub const HEADER: &str = "oauth-client-attestation";
/// The header that carries the proof that the client holds the attested key.
pub const POP_HEADER: &str = "oauth-client-attestation-pop";
/// The header of any answer that carries the challenge for the next proof.
pub const CHALLENGE_HEADER: &str = "oauth-client-attestation-challenge";
/// The authentication method in a server's metadata.
pub const METHOD: &str = "attest_jwt_client_auth";
const TYPE: &str = "oauth-client-attestation+jwt";
const POP_TYPE: &str = "oauth-client-attestation-pop+jwt";
/// How old a proof of possession may be, in seconds, give or take what two clocks differ.
const MAX_AGE: i64 = 60;
/// How long a new one says to be good, in seconds.
const LIFETIME: i64 = 300;

/// An attestation of a wallet by its provider.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientAttestation {
    jwt: Jwt,
    /// The wallet's `client_id`, the same for all wallets of a kind.
    pub client_id: String,
    /// The key this wallet proves possession of.
    pub key: PublicKey,
}

/// An attestation and its proof that a server found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestedClient {
    /// The client.
    pub client_id: String,
    /// The thumbprint of the attested key (RFC 7638), which tells one instance of the client from another.
    pub instance: String,
    /// The challenge the proof carries, for the server to recognise.
    pub challenge: Option<String>,
    /// A name for this very proof, under which the server remembers that it was used.
    pub replay_id: String,
}

impl ClientAttestation {
    /// Reads an attestation; whether its provider is trusted is for [`check`] to say.
    pub fn read(text: &str) -> Result<Self> {
        let jwt = Jwt::read(text, TYPE)?;
        let key = jwt.claims().get("cnf").and_then(|cnf| cnf.get("jwk"));
        let key = PublicKey::from_jwk(key.ok_or_else(|| WalletError::malformed("client attestation", "cnf.jwk is missing"))?)?;
        jwt.moment("exp")?.ok_or_else(|| WalletError::malformed("client attestation", "exp is missing"))?;
        let client_id = jwt.needed("sub")?.to_owned();
        Ok(Self { jwt, client_id, key })
    }

    /// The attestation as it came.
    pub fn text(&self) -> &str {
        self.jwt.text()
    }

    /// Prepares the proof for the authorization server `audience`, which the attested key is to sign (§5.2).
    pub fn prove(
        &self,
        (audience, challenge): (&str, Option<&str>),
        rng: &mut dyn CryptoRng,
        now: &Timestamp,
    ) -> Result<UnsignedJwt> {
        let mut claims = Map::new();
        claims.insert("iss".to_owned(), self.client_id.as_str().into());
        claims.insert("aud".to_owned(), audience.into());
        claims.insert("jti".to_owned(), Secret::generate(rng).expose().into());
        claims.insert("iat".to_owned(), now.unix().into());
        // Earlier drafts, which many servers still follow, ask for an end.
        claims.insert("exp".to_owned(), now.plus_seconds(LIFETIME).unix().into());
        claims.extend(challenge.map(|challenge| ("challenge".to_owned(), challenge.into())));
        jwt::prepare(type_header(POP_TYPE), claims, &self.key)
    }
}

/// Prepares the attestation of a wallet's key, as its provider signs it with `provider`.
pub fn prepare(claims: Map<String, Value>, kid: &str, provider: &PublicKey) -> Result<UnsignedJwt> {
    let mut header = type_header(TYPE);
    header.insert("kid".to_owned(), kid.into());
    jwt::prepare(header, claims, provider)
}

/// Checks the attestation and the proof that came with `call`, for the authorization server `audience`; none when neither came.
///
/// Whether the challenge is good and the proof was not used before is for the server to say, which remembers them.
pub fn check(call: &Call, audience: &str, attesters: &Attesters, now: &Timestamp) -> Result<Option<AttestedClient>, OAuthError> {
    let bad = |reason: &str| OAuthError::new(OAuthErrorCode::InvalidClient).because(format!("client attestation: {reason}"));
    let (attestation, pop) = match (call.header(HEADER), call.header(POP_HEADER)) {
        (None, None) => return Ok(None),
        (Some(attestation), Some(pop)) => (attestation, pop),
        _ => return Err(bad("attestation and proof come together")),
    };
    let attestation = ClientAttestation::read(attestation).map_err(|_| bad("it cannot be read"))?;
    attesters.check(&attestation.jwt, now).map_err(|_| bad("its provider is not trusted, or it has expired"))?;
    let pop = Jwt::read(pop, POP_TYPE).map_err(|_| bad("its proof cannot be read"))?;
    pop.check(&attestation.key).map_err(|_| bad("its proof is not by the attested key"))?;
    pop.check_fresh(now, MAX_AGE).map_err(|_| bad("its proof is too old, or from the future"))?;
    if pop.claim("iss").is_some_and(|issuer| issuer != attestation.client_id) || !pop.is_for(audience) {
        return Err(bad("its proof is for another server or client"));
    }
    let jti = pop.claim("jti").ok_or_else(|| bad("its proof has no jti"))?;
    let instance = attestation.key.thumbprint();
    let replay_id = Secret::from(format!("{instance} {jti}")).hash();
    let challenge = pop.claim("challenge").map(str::to_owned);
    Ok(Some(AttestedClient { client_id: attestation.client_id, instance, challenge, replay_id }))
}

fn type_header(typ: &str) -> Map<String, Value> {
    json!({ "typ": typ }).as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::jwk_set::JwkSet;
    use crate::key::{KeyAlgorithm, SecretKey};
    use crate::ports::HttpMethod;
    use getrandom::rand_core::UnwrapErr;
    use proptest::prelude::*;

    const SERVER: &str = "https://as.example";

    fn key(byte: u8) -> SecretKey {
        SecretKey::from_bytes(KeyAlgorithm::P256, &[byte; 32]).expect("a scalar in range")
    }

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().expect("a date")
    }

    fn sign(unsigned: UnsignedJwt, key: &SecretKey) -> String {
        let signature = key.sign(unsigned.message());
        unsigned.finish(&signature)
    }

    /// The attestation of key 6 by the provider's key 5.
    fn attestation(exp: i64) -> ClientAttestation {
        let claims = json!({
            "iss": "https://provider.example", "sub": "wallet", "exp": exp, "cnf": { "jwk": key(6).public_key().to_jwk() },
        });
        let provider = key(5).public_key();
        let unsigned = prepare(claims.as_object().cloned().expect("an object"), &provider.thumbprint(), &provider);
        ClientAttestation::read(&sign(unsigned.expect("an attestation"), &key(5))).expect("an attestation")
    }

    fn call(attestation: &ClientAttestation, audience: &str, signer: &SecretKey) -> Call {
        let pop = attestation.prove((audience, Some("c-1")), &mut UnwrapErr(getrandom::SysRng), &now()).expect("a proof");
        let headers = [(HEADER, attestation.text().to_owned()), (POP_HEADER, sign(pop, signer))];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Call { method: HttpMethod::Post, url: format!("{SERVER}/token"), headers, body: Vec::new() }
    }

    fn trusting(byte: u8) -> Attesters {
        Attesters { keys: JwkSet::of_signature_keys([&key(byte).public_key()]), ..Attesters::default() }
    }

    #[test]
    fn attested_wallet_is_known_and_each_proof_is_one_of_its_own() {
        let attestation = attestation(now().unix() + 3600);
        let one = check(&call(&attestation, SERVER, &key(6)), SERVER, &trusting(5), &now()).expect("good").expect("a client");
        let two = check(&call(&attestation, SERVER, &key(6)), SERVER, &trusting(5), &now()).expect("good").expect("a client");
        assert_eq!((one.client_id.as_str(), one.challenge.as_deref()), ("wallet", Some("c-1")));
        assert_ne!(one.replay_id, two.replay_id);
    }

    #[test]
    fn wallet_that_nobody_attests_is_refused() {
        let good = attestation(now().unix() + 3600);
        let refused = |call: &Call, attesters: &Attesters| {
            assert_eq!(check(call, SERVER, attesters, &now()).expect_err("refused").code, OAuthErrorCode::InvalidClient);
        };
        refused(&call(&good, SERVER, &key(7)), &trusting(5));
        refused(&call(&good, "https://other.example", &key(6)), &trusting(5));
        refused(&call(&good, SERVER, &key(6)), &trusting(8));
        refused(&call(&good, SERVER, &key(6)), &Attesters::default());
        refused(&call(&attestation(now().unix() - 3600), SERVER, &key(6)), &trusting(5));
        let mut alone = call(&good, SERVER, &key(6));
        alone.headers.pop();
        refused(&alone, &trusting(5));
        alone.headers.pop();
        assert_eq!(check(&alone, SERVER, &trusting(5), &now()), Ok(None));
    }

    proptest! {
        #[test]
        fn any_text_is_an_attestation_or_refused(text in "[A-Za-z0-9_.-]{0,200}") {
            prop_assert!(ClientAttestation::read(&text).is_err());
        }
    }
}
