//! As whom the service issues: two keys, the DIDs that have them, a certificate for one of them.
//!
//! In a test it certifies itself; the root is there for wallets and verifiers to trust.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wallet_core::did::{self, Did, DidUrl};
use wallet_core::error::Result;
use wallet_core::key::{KeyAlgorithm, KeyId, PublicKey};
use wallet_core::oauth::Endpoint;
use wallet_core::platform::SoftwareKeystore;
use wallet_core::ports::Keystore as _;
use wallet_core::x509::CertificateChain;

use crate::args::Args;
use crate::web::certified::Certified;
use crate::web::keeping;

/// As whom the service issues.
pub struct Identities {
    /// Signs with Ed25519.
    pub ed25519: Identity,
    /// Signs with P-256.
    pub p256: Identity,
    /// The certificate of the key of P-256.
    pub certificates: Option<CertificateChain>,
    /// The root that certified it, in PEM, when the service did so itself.
    pub root: Option<String>,
}

/// A key, and the DID that has it.
pub struct Identity {
    pub did: Did,
    pub method: DidUrl,
    pub key: KeyId,
    pub public: PublicKey,
}

/// The names of the keys.
#[derive(Serialize, Deserialize)]
struct Keys {
    ed25519: KeyId,
    p256: KeyId,
}

impl Identities {
    /// Those that were made before, or new ones.
    pub async fn open(args: &Args, base: &Endpoint, keystore: &Arc<SoftwareKeystore>) -> Result<Self> {
        let keys = keeping::key_names(&args.data, async || {
            let (ed25519, _) = keystore.create(KeyAlgorithm::Ed25519).await?;
            let (p256, _) = keystore.create(KeyAlgorithm::P256).await?;
            Ok(Keys { ed25519, p256 })
        });
        let keys = keys.await?;
        let certified = match (&args.certificate, &args.certificate_key, args.test) {
            (Some(chain), Some(key), _) => Some(Certified::given(chain, key, keystore).await?),
            (_, _, true) => {
                let public = keystore.public_key(&keys.p256).await?;
                Some(Certified::by_itself(&args.data, base, (&keys.p256, &public))?)
            }
            _ => None,
        };
        let web = args.did_web.then(|| web_did(base)).transpose()?;
        let ed25519 = identity(keys.ed25519, web.as_ref(), keystore).await?;
        let p256 = certified.as_ref().map_or(keys.p256, |certified| certified.key.clone());
        let p256 = identity(p256, web.as_ref(), keystore).await?;
        let (certificates, root) = certified.map_or((None, None), |certified| (Some(certified.chain), certified.root));
        Ok(Self { ed25519, p256, certificates, root })
    }

    /// The document of the did:web, if the service goes by one.
    pub fn document(&self) -> Option<Value> {
        let did = Some(&self.p256.did).filter(|did| did.method() == "web")?;
        let all = [&self.ed25519, &self.p256];
        let method = |one: &Identity| json!({ "id": one.method, "type": "Multikey", "controller": did, "publicKeyMultibase": one.public.to_multikey() });
        Some(json!({
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": did,
            "verificationMethod": all.map(method),
            "assertionMethod": all.map(|one| &one.method),
        }))
    }
}

/// The did:web of a URL without a path.
fn web_did(base: &Endpoint) -> Result<Did> {
    let authority = base.origin().split_once("://").map(|(_, authority)| authority.replace(':', "%3A"));
    format!("did:web:{}", authority.unwrap_or_default()).parse()
}

async fn identity(key: KeyId, web: Option<&Did>, keystore: &SoftwareKeystore) -> Result<Identity> {
    let public = keystore.public_key(&key).await?;
    let did = web.cloned().unwrap_or_else(|| did::key::from_public_key(&public));
    let method = match web {
        Some(did) => did.with_fragment(&public.thumbprint())?,
        None => did.with_fragment(did.identifier())?,
    };
    Ok(Identity { did, method, key, public })
}
