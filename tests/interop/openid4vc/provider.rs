//! The provider of our wallet: what it says of the wallet, and of where its keys are kept.

use std::sync::OnceLock;

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use wallet_core::did;
use wallet_core::error::Result;
use wallet_core::jose::jwt::{self, UnsignedJwt};
use wallet_core::key::{KeyAlgorithm, PublicKey, SecretKey};
use wallet_core::oauth::{ClientAttestation, client_attestation};
use wallet_core::platform::system_now;
use wallet_core::wallet::receiving::KeyAttester;

/// A provider that goes by its did:key.
pub struct Provider(SecretKey);

impl Provider {
    /// The one there is.
    pub fn known() -> &'static Self {
        static PROVIDER: OnceLock<Provider> = OnceLock::new();
        PROVIDER.get_or_init(|| Self(SecretKey::from_bytes(KeyAlgorithm::P256, &[23; 32]).expect("a scalar in range")))
    }

    /// Its word for the wallet that holds `key`.
    pub fn vouch(&self, key: &PublicKey) -> ClientAttestation {
        let claims = object(json!({
            "iss": self.did(), "sub": "https://wallet.cedula.example", "exp": system_now().plus_seconds(3600).unix(),
            "cnf": { "jwk": key.to_jwk() },
        }));
        let unsigned = client_attestation::prepare(claims, &self.method(), &self.0.public_key()).expect("it signs");
        ClientAttestation::read(&self.sign(unsigned)).expect("our own")
    }

    fn sign(&self, unsigned: UnsignedJwt) -> String {
        let signature = self.0.sign(unsigned.message());
        unsigned.finish(&signature)
    }

    fn did(&self) -> String {
        did::key::from_public_key(&self.0.public_key()).to_string()
    }

    fn method(&self) -> String {
        format!("{}#{}", self.did(), self.did().trim_start_matches("did:key:"))
    }
}

#[async_trait]
impl KeyAttester for Provider {
    async fn attest(&self, keys: &[PublicKey], nonce: Option<&str>) -> Result<String> {
        let header = object(json!({ "typ": "key-attestation+jwt", "kid": self.method() }));
        let keys: Vec<Value> = keys.iter().map(PublicKey::to_jwk).collect();
        let now = system_now();
        let mut claims = object(json!({ "iat": now.unix(), "exp": now.plus_seconds(600).unix(), "attested_keys": keys }));
        claims.extend(nonce.map(|nonce| ("nonce".to_owned(), nonce.into())));
        let unsigned = jwt::prepare(header, claims, &self.0.public_key())?;
        Ok(self.sign(unsigned))
    }
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}
