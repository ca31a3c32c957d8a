//! Demonstrating Proof of Possession: a token that only the holder of a key can use (RFC 9449).

use rand_core::CryptoRng;
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq as _;
use url::Url;

use super::{OAuthError, OAuthErrorCode, Secret};
use crate::error::Result;
use crate::jose::jwt::{self, Jwt, UnsignedJwt};
use crate::key::PublicKey;
use crate::ports::HttpMethod;
use crate::time::Timestamp;

/// The header that carries a proof.
pub const HEADER: &str = "dpop";
/// The header that carries the server's nonce.
pub const NONCE_HEADER: &str = "dpop-nonce";
/// The algorithms of proofs that are read, the one every wallet knows first.
pub const ALGORITHMS: [&str; 3] = ["ES256", "EdDSA", "ES384"];
const TYPE: &str = "dpop+jwt";
/// How old a proof may be, in seconds, give or take what two clocks differ.
const MAX_AGE: i64 = 60;

/// What one request proves.
#[derive(Debug, Clone, Copy)]
pub struct DpopProof<'a> {
    /// The method of the request.
    pub method: HttpMethod,
    /// The URL of the request; its query and fragment do not count.
    pub url: &'a str,
    /// The access token it comes with, if it does.
    pub access_token: Option<&'a Secret>,
    /// The nonce the server gave, if it did.
    pub nonce: Option<&'a str>,
}

/// A proof whose signature and content were found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedDpop {
    /// The thumbprint of the key (RFC 7638), which tokens are bound to as `cnf.jkt`.
    pub jkt: String,
    /// The nonce the proof carries, for the server to recognise.
    pub nonce: Option<String>,
    /// A name for this very proof, under which the server remembers that it was used.
    pub replay_id: String,
    /// Until when that must be remembered.
    pub replay_until: Timestamp,
}

impl DpopProof<'_> {
    /// Prepares the proof that `key` is to sign at `now`; its `jti` comes from `rng` (RFC 9449 §4.2).
    pub fn prepare(&self, key: &PublicKey, rng: &mut dyn CryptoRng, now: &Timestamp) -> Result<UnsignedJwt> {
        let header = json!({ "typ": TYPE, "jwk": key.to_jwk() });
        let mut claims = Map::new();
        claims.insert("jti".to_owned(), Secret::generate(rng).expose().into());
        claims.insert("htm".to_owned(), self.htm().into());
        claims.insert("htu".to_owned(), self.htu().into());
        claims.insert("iat".to_owned(), now.unix().into());
        claims.extend(self.access_token.map(|token| ("ath".to_owned(), token.hash().into())));
        claims.extend(self.nonce.map(|nonce| ("nonce".to_owned(), nonce.into())));
        let Value::Object(header) = header else { unreachable!("the header is an object") };
        jwt::prepare(header, claims, key)
    }

    /// Checks the proof `text` that came with this request (RFC 9449 §4.3); whether its nonce and its `jti` are good is for
    /// the server to say, which remembers them.
    pub fn check(&self, text: &str, now: &Timestamp) -> Result<CheckedDpop, OAuthError> {
        let bad = |reason: &str| OAuthError::new(OAuthErrorCode::InvalidDpopProof).because(reason);
        let proof = Jwt::read(text, TYPE).map_err(|_| bad("it is not a DPoP proof"))?;
        let key = proof.embedded_key().ok().flatten().ok_or_else(|| bad("it has no public key"))?;
        proof.check(&key).map_err(|_| bad("its signature is not good"))?;
        if proof.claim("htm") != Some(self.htm()) || !proof.claim("htu").is_some_and(|htu| same_place(htu, self.url)) {
            return Err(bad("it is for another request"));
        }
        proof.check_fresh(now, MAX_AGE).map_err(|_| bad("it is too old, or from the future"))?;
        if let Some(token) = self.access_token {
            let same = proof.claim("ath").is_some_and(|ath| ath.as_bytes().ct_eq(token.hash().as_bytes()).into());
            if !same {
                return Err(bad("it is for another access token"));
            }
        }
        let jti = proof.claim("jti").filter(|jti| (1..=256).contains(&jti.len())).ok_or_else(|| bad("it has no jti"))?;
        let jkt = key.thumbprint();
        let replay_id = Secret::from(format!("{jkt} {jti}")).hash();
        let issued = proof.moment("iat").ok().flatten().unwrap_or_else(|| now.clone());
        let replay_until = issued.plus_seconds(MAX_AGE + 2 * 300);
        Ok(CheckedDpop { jkt, nonce: proof.claim("nonce").map(str::to_owned), replay_id, replay_until })
    }

    fn htm(&self) -> &'static str {
        match self.method {
            HttpMethod::Get => "GET",
            HttpMethod::Post => "POST",
        }
    }

    fn htu(&self) -> &str {
        self.url.split(['?', '#']).next().unwrap_or_default()
    }
}

/// The first step against a server's wish for a nonce: none when the answer has no such wish (RFC 9449 §8).
pub fn wanted_nonce(error: &OAuthError) -> Option<&str> {
    error.dpop_nonce.as_deref().filter(|_| error.code == OAuthErrorCode::UseDpopNonce)
}

/// Whether two URLs name the same place, query and fragment aside, as RFC 3986 §6.2.2 and §6.2.3 normalise them.
fn same_place(one: &str, other: &str) -> bool {
    let place = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    place(one).is_some_and(|found| Some(found) == place(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyAlgorithm, SecretKey};
    use getrandom::rand_core::UnwrapErr;
    use proptest::prelude::*;

    /// RFC 9449 §7.1, with line breaks removed.
    const RESOURCE_PROOF: &str = concat!(
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik",
        "VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR",
        "nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE",
        "QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIj",
        "oiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0Z",
        "WRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNF",
        "c05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71E",
        "OptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA",
    );

    fn at(unix: i64) -> Timestamp {
        Timestamp::from_unix(unix).expect("a date")
    }

    fn key() -> SecretKey {
        SecretKey::from_bytes(KeyAlgorithm::P256, &[5; 32]).expect("a scalar in range")
    }

    fn request<'a>(token: Option<&'a Secret>, nonce: Option<&'a str>) -> DpopProof<'a> {
        DpopProof { method: HttpMethod::Post, url: "https://as.example/token?x=1", access_token: token, nonce }
    }

    fn signed(request: &DpopProof<'_>, now: &Timestamp) -> String {
        let unsigned = request.prepare(&key().public_key(), &mut UnwrapErr(getrandom::SysRng), now).expect("a proof");
        let signature = key().sign(unsigned.message());
        unsigned.finish(&signature)
    }

    #[test]
    fn rfc_9449_section_7_1() {
        let token = Secret::from("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
        let url = "https://resource.example.org/protectedresource";
        let request = DpopProof { method: HttpMethod::Get, url, access_token: Some(&token), nonce: None };
        let checked = request.check(RESOURCE_PROOF, &at(1_562_262_618)).expect("the published proof");
        assert_eq!(checked.jkt, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
        assert!(request.check(RESOURCE_PROOF, &at(1_562_262_618 + 361)).is_err(), "it is too old");
        assert!(request.check(RESOURCE_PROOF, &at(1_562_262_618 - 301)).is_err(), "it is from the future");
        let other = DpopProof { method: HttpMethod::Post, ..request };
        assert!(other.check(RESOURCE_PROOF, &at(1_562_262_618)).is_err(), "another method");
        let other = DpopProof { url: "https://resource.example.org/other", ..request };
        assert!(other.check(RESOURCE_PROOF, &at(1_562_262_618)).is_err(), "another place");
        let token = Secret::from("another token");
        let other = DpopProof { access_token: Some(&token), ..request };
        assert!(other.check(RESOURCE_PROOF, &at(1_562_262_618)).is_err(), "another token");
    }

    #[test]
    fn proof_is_good_for_its_request_and_two_are_never_one() {
        let now = at(1_772_366_400);
        let (first, second) = (signed(&request(None, Some("n-1")), &now), signed(&request(None, Some("n-1")), &now));
        let checked = |text: &str| request(None, None).check(text, &now).expect("a good proof");
        assert_eq!((checked(&first).nonce.as_deref(), checked(&first).jkt), (Some("n-1"), key().public_key().thumbprint()));
        assert_ne!(checked(&first).replay_id, checked(&second).replay_id);
        let token = Secret::from("token");
        assert!(request(Some(&token), None).check(&first, &now).is_err(), "a proof without the token's hash");
    }

    #[test]
    fn places_compare_as_urls_do() {
        assert!(same_place("https://A.example:443/x", "https://a.example/x?query#fragment"));
        assert!(!same_place("https://a.example/x", "https://a.example/X"));
        assert!(!same_place("https://a.example/x", "http://a.example/x"));
        assert!(!same_place("nothing", "nothing"));
    }

    proptest! {
        #[test]
        fn any_text_is_a_proof_or_refused(text in "[A-Za-z0-9_.-]{0,200}") {
            prop_assert!(request(None, None).check(&text, &at(1_772_366_400)).is_err());
        }
    }
}
