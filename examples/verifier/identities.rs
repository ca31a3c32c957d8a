//! As whom the service asks: a DID that is its key, a certificate, an attestation.
//!
//! In a test it certifies and attests itself; the root and the attester's key are there for the wallet to trust.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wallet_core::did;
use wallet_core::error::{Result, WalletError};
use wallet_core::jose::jwk_set::JwkSet;
use wallet_core::jose::jwt;
use wallet_core::key::{KeyAlgorithm, KeyId};
use wallet_core::oauth::Endpoint;
use wallet_core::platform::SoftwareKeystore;
use wallet_core::ports::Keystore as _;
use wallet_core::presentation::request::ClientIdPrefix;
use wallet_core::time::Timestamp;
use wallet_core::verifier::online::Client;

use crate::args::Args;
use crate::web::certified::Certified;
use crate::web::keeping;

/// How long an attestation holds, in seconds.
const ATTESTED: i64 = 24 * 3600;

/// As whom the service can ask.
pub struct Identities {
    keystore: Arc<SoftwareKeystore>,
    base: Endpoint,
    keys: Keys,
    certified: Option<Certified>,
    /// Whether it may attest itself.
    test: bool,
}

/// The names of its keys.
#[derive(Serialize, Deserialize)]
struct Keys {
    own: KeyId,
    attester: KeyId,
}

impl Identities {
    /// Those that were made before, or new ones.
    pub async fn open(args: &Args, base: &Endpoint, keystore: Arc<SoftwareKeystore>) -> Result<Self> {
        let keys = keeping::key_names(&args.data, async || {
            let (own, _) = keystore.create(KeyAlgorithm::P256).await?;
            let (attester, _) = keystore.create(KeyAlgorithm::P256).await?;
            Ok(Keys { own, attester })
        });
        let keys = keys.await?;
        let certified = match (&args.certificate, &args.certificate_key, args.test) {
            (Some(chain), Some(key), _) => Some(Certified::given(chain, key, &keystore).await?),
            (_, _, true) => {
                let public = keystore.public_key(&keys.own).await?;
                Some(Certified::by_itself(&args.data, base, (&keys.own, &public))?)
            }
            _ => None,
        };
        Ok(Self { keystore, base: base.clone(), keys, certified, test: args.test })
    }

    /// The client whose identifier has this prefix.
    pub async fn client(&self, prefix: ClientIdPrefix, now: &Timestamp) -> Result<Client> {
        let none = || WalletError::misused("this service has no certificate: start it with --certificate");
        match prefix {
            ClientIdPrefix::RedirectUri => Ok(Client::Anonymous),
            ClientIdPrefix::DecentralizedIdentifier => {
                let did = did::jwk::from_public_key(&self.keystore.public_key(&self.keys.own).await?);
                Ok(Client::did(self.keys.own.clone(), did.with_fragment("0")?))
            }
            ClientIdPrefix::X509SanDns => {
                let certified = self.certified.as_ref().ok_or_else(none)?;
                Client::dns_name(certified.key.clone(), &certified.chain, &self.base.host())
            }
            ClientIdPrefix::X509Hash => {
                let certified = self.certified.as_ref().ok_or_else(none)?;
                Ok(Client::certificate(certified.key.clone(), &certified.chain))
            }
            ClientIdPrefix::VerifierAttestation => Client::attested(self.keys.own.clone(), &self.attestation(now).await?),
        }
    }

    /// Whether it has a certificate.
    pub fn is_certified(&self) -> bool {
        self.certified.is_some()
    }

    /// The root that certified this service, in PEM, when it did so itself.
    pub fn root(&self) -> Option<&str> {
        self.certified.as_ref()?.root.as_deref()
    }

    /// Who attests this service, and by which keys, when it does so itself.
    pub async fn attester(&self) -> Result<Value> {
        let key = self.keystore.public_key(&self.keys.attester).await?;
        Ok(json!({ "iss": self.base, "jwks": JwkSet::of_signature_keys([&key]).to_json() }))
    }

    /// An attestation of the own key (OpenID4VP 1.0 §12).
    async fn attestation(&self, now: &Timestamp) -> Result<String> {
        if !self.test {
            return Err(WalletError::misused("nobody attests this service: only with --test it does so itself"));
        }
        let own = self.keystore.public_key(&self.keys.own).await?;
        let attester = self.keystore.public_key(&self.keys.attester).await?;
        let claims = json!({
            "iss": self.base, "sub": self.base.host(), "iat": now.unix(), "exp": now.unix() + ATTESTED, "cnf": { "jwk": own.to_jwk() }
        });
        let header = json!({ "typ": "verifier-attestation+jwt", "kid": attester.thumbprint() });
        let unsigned = jwt::prepare(object(header), object(claims), &attester)?;
        let signature = self.keystore.sign(&self.keys.attester, unsigned.message()).await?;
        Ok(unsigned.finish(&signature))
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => unreachable!("{other} is written as an object"),
    }
}
