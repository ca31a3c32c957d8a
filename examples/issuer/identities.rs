//! As whom the service issues: two keys, the DIDs that have them, a certificate for one of them.
//!
//! In a test it certifies itself; the root is there for wallets and verifiers to trust.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SanType,
    SignatureAlgorithm,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wallet_core::did::{self, Did, DidUrl};
use wallet_core::error::{Result, WalletError};
use wallet_core::key::{KeyAlgorithm, KeyId, PublicKey, SecretKey};
use wallet_core::oauth::Endpoint;
use wallet_core::platform::SoftwareKeystore;
use wallet_core::ports::Keystore as _;
use wallet_core::x509::CertificateChain;

use crate::args::Args;

const FILE: &str = "identities.json";

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
        let mut keys = keys(&args.data, keystore).await?;
        let mut certificates = None;
        if let (Some(chain), Some(key)) = (&args.certificate, &args.certificate_key) {
            (keys.p256, certificates) = given(chain, key, keystore).await.map(|(key, chain)| (key, Some(chain)))?;
        }
        let web = args.did_web.then(|| web_did(base)).transpose()?;
        let ed25519 = identity(keys.ed25519, web.as_ref(), keystore).await?;
        let p256 = identity(keys.p256, web.as_ref(), keystore).await?;
        let mut root = None;
        if certificates.is_none() && args.test {
            let certified = certify_self(&args.data, base, &p256.public)?;
            (certificates, root) = (Some(certified.0), Some(certified.1));
        }
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

/// The keys of an earlier start, or new ones.
async fn keys(folder: &Path, keystore: &SoftwareKeystore) -> Result<Keys> {
    let file = folder.join(FILE);
    if let Ok(text) = fs::read_to_string(&file) {
        return serde_json::from_str(&text).map_err(WalletError::storage_failed);
    }
    let (ed25519, _) = keystore.create(KeyAlgorithm::Ed25519).await?;
    let (p256, _) = keystore.create(KeyAlgorithm::P256).await?;
    let keys = Keys { ed25519, p256 };
    let text = serde_json::to_string_pretty(&keys).map_err(WalletError::storage_failed)?;
    fs::write(file, text).map_err(WalletError::storage_failed)?;
    Ok(keys)
}

/// A certificate from files; its key goes into the keystore.
async fn given(chain: &Path, key: &Path, keystore: &SoftwareKeystore) -> Result<(KeyId, CertificateChain)> {
    let read =
        |file: &Path| fs::read_to_string(file).map_err(|error| WalletError::misused(format!("{}: {error}", file.display())));
    let chain = CertificateChain::from_pem(&read(chain)?)?;
    let secret = serde_json::from_str(&read(key)?).map_err(|error| WalletError::malformed("certificate key", error))?;
    let secret = SecretKey::from_jwk(&secret)?;
    if chain.leaf().public_key()? != secret.public_key() || secret.algorithm() != KeyAlgorithm::P256 {
        return Err(WalletError::misused("the certificate is for another key, or for one that is not of P-256"));
    }
    let key = KeyId("certificate".to_owned());
    keystore.delete(&key).await?;
    keystore.import(&key, &secret).await?;
    Ok((key, chain))
}

/// Certifies `key` for the issuer's address, under a root whose private key is thrown away; both are kept beside the keys.
fn certify_self(folder: &Path, base: &Endpoint, key: &PublicKey) -> Result<(CertificateChain, String)> {
    let (root_file, chain_file) = (folder.join("root.pem"), folder.join("chain.pem"));
    if let (Ok(root), Ok(text)) = (fs::read_to_string(&root_file), fs::read_to_string(&chain_file)) {
        let chain = CertificateChain::from_pem(&text)?;
        if chain.leaf().public_key()? == *key && chain.leaf().is_for_url(base.as_str()) {
            return Ok((chain, root));
        }
    }
    let failed = |error: rcgen::Error| WalletError::misused(format!("the service cannot certify itself: {error}"));
    let root_key = KeyPair::generate().map_err(failed)?;
    let mut authority = params("Cédula issuer test root", Vec::new());
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let root = authority.self_signed(&root_key).map_err(failed)?.pem();
    let issuer = Issuer::new(authority, root_key);
    let text = |text: &str| rcgen::string::Ia5String::try_from(text).map_err(failed);
    let names = vec![SanType::DnsName(text(&base.host())?), SanType::URI(text(base.as_str())?)];
    let leaf = params("Cédula issuer", names).signed_by(&Point(key.to_uncompressed()), &issuer).map_err(failed)?.pem();
    fs::write(root_file, &root).and_then(|()| fs::write(chain_file, &leaf)).map_err(WalletError::storage_failed)?;
    Ok((CertificateChain::from_pem(&leaf)?, root))
}

fn params(name: &str, names: Vec<SanType>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    params.subject_alt_names = names;
    params
}

/// The uncompressed point of a key of P-256 whose private half stays in the keystore.
struct Point(Vec<u8>);

impl PublicKeyData for Point {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}
