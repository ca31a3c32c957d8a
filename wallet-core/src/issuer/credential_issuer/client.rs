//! Who asks: client attestations, and the keys that DPoP binds tokens to (OpenID4VCI 1.0 §13.2, appendix E; RFC 9449).

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};

use super::sessions::Turn;
use super::{CredentialIssuer, Profile, broke};
use crate::oauth::{Call, DpopProof, OAuthError, OAuthErrorCode, Secret, client_attestation, dpop};
use crate::time::Timestamp;

/// How long a DPoP nonce is good, in seconds.
const NONCE_LIFETIME: i64 = 300;
/// What the seal of a DPoP nonce is bound to.
const NONCE: &[u8] = b"DPoP nonce";

/// A client that says who it is.
pub(super) struct Client {
    /// Its identifier.
    pub id: Option<String>,
    /// The thumbprint of the key by which its provider has attested this very instance of it; none where nobody has.
    pub instance: Option<String>,
}

impl Client {
    /// Refuses anybody but the instance that something was `given` to, where that was attested: the identifier is the same for all
    /// wallets of a provider (draft-ietf-oauth-attestation-based-client-auth-07 §10.3).
    pub fn check_instance(&self, given: Option<&String>) -> Result<(), OAuthError> {
        match given {
            Some(_) if given != self.instance.as_ref() => {
                Err(OAuthError::new(OAuthErrorCode::InvalidClient).because("another instance of the client was attested before"))
            }
            _ => Ok(()),
        }
    }
}

impl CredentialIssuer {
    /// The client that sent `call` and calls itself `named`; one whose attestation is wrong is refused, and one without, where it needs one.
    pub(super) async fn client(&self, call: &Call, named: Option<&str>, turn: &mut Turn<'_>) -> Result<Client, OAuthError> {
        let refused = |reason: &str| OAuthError::new(OAuthErrorCode::InvalidClient).because(reason);
        let audience = self.plan.identifier.as_str();
        let Some(attested) = client_attestation::check(call, audience, &self.plan.clients.attesters, turn.now)? else {
            return match (self.plan.profile, named) {
                (Profile::Haip, _) => Err(refused("a client attestation is needed")),
                (Profile::Standard, named) => Ok(Client { id: named.map(str::to_owned), instance: None }),
            };
        };
        if named.is_some_and(|named| named != attested.client_id) {
            return Err(refused("the client attestation is another client's"));
        }
        let until = turn.now.plus_seconds(2 * NONCE_LIFETIME + 60);
        if !self.sessions().is_first_use(&attested.replay_id, &until, turn.rng).await.map_err(broke)? {
            return Err(refused("the proof of the client attestation was used before"));
        }
        Ok(Client { id: Some(attested.client_id), instance: Some(attested.instance) })
    }

    /// The thumbprint of the key that has signed the DPoP proof of `call`; none when there is no proof.
    pub(super) async fn dpop(
        &self,
        call: &Call,
        access_token: Option<&Secret>,
        turn: &mut Turn<'_>,
    ) -> Result<Option<String>, OAuthError> {
        let bad = |reason: &str| OAuthError::new(OAuthErrorCode::InvalidDpopProof).because(reason);
        let Some(text) = call.header(dpop::HEADER) else {
            let has_several = call.headers.iter().any(|(name, _)| name == dpop::HEADER);
            return if has_several { Err(bad("there is more than one")) } else { Ok(None) };
        };
        let expected = DpopProof { method: call.method, url: &call.url, access_token, nonce: None };
        let proof = expected.check(text, turn.now)?;
        if !proof.nonce.as_deref().is_some_and(|nonce| self.is_our_nonce(nonce, turn.now)) {
            let mut error = OAuthError::new(OAuthErrorCode::UseDpopNonce).because("use the nonce of this answer");
            error.dpop_nonce = Some(self.dpop_nonce(turn));
            return Err(error);
        }
        if !self.sessions().is_first_use(&proof.replay_id, &proof.replay_until, turn.rng).await.map_err(broke)? {
            return Err(bad("it was used before"));
        }
        Ok(Some(proof.jkt))
    }

    /// A nonce for DPoP proofs: the time, sealed, so that none need be kept. A proof with it is still good only once.
    pub(super) fn dpop_nonce(&self, turn: &mut Turn<'_>) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.sealing.seal(NONCE, &turn.now.unix().to_be_bytes(), turn.rng))
    }

    fn is_our_nonce(&self, nonce: &str, now: &Timestamp) -> bool {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(nonce).ok();
        let time = sealed.and_then(|sealed| self.sealing.open(NONCE, &sealed).ok());
        let time = time.and_then(|time| Some(i64::from_be_bytes(time[..].try_into().ok()?)));
        time.is_some_and(|time| (time..time.saturating_add(NONCE_LIFETIME)).contains(&now.unix()))
    }
}
