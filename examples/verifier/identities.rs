//! As whom the service asks: a DID that is its key, a certificate, an attestation.
//!
//! In a test it certifies and attests itself; the root and the attester's key are there for the wallet to trust.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SignatureAlgorithm,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wallet_core::did;
use wallet_core::error::{Result, WalletError};
use wallet_core::jose::jwk_set::JwkSet;
use wallet_core::jose::jwt;
use wallet_core::key::{KeyAlgorithm, KeyId, SecretKey};
use wallet_core::oauth::Endpoint;
use wallet_core::platform::SoftwareKeystore;
use wallet_core::ports::Keystore as _;
use wallet_core::presentation::request::ClientIdPrefix;
use wallet_core::time::Timestamp;
use wallet_core::verifier::online::Client;
use wallet_core::x509::CertificateChain;

use crate::args::Args;

/// How long an attestation holds, in seconds.
const ATTESTED: i64 = 24 * 3600;
const FILE: &str = "identities.json";

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

/// A certificate, with the key it is for.
struct Certified {
    key: KeyId,
    chain: CertificateChain,
    /// The root that it certified itself with, in a test.
    root: Option<String>,
}

impl Identities {
    /// Those that were made before, or new ones.
    pub async fn open(args: &Args, base: &Endpoint, keystore: Arc<SoftwareKeystore>) -> Result<Self> {
        let keys = keys(&args.data, &keystore).await?;
        let certified = match (&args.certificate, &args.certificate_key, args.test) {
            (Some(chain), Some(key), _) => Some(given(chain, key, &keystore).await?),
            (_, _, true) => Some(certify_self(&args.data, &base.host(), &keys.own, &keystore).await?),
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

/// The keys of an earlier start, or new ones.
async fn keys(folder: &Path, keystore: &SoftwareKeystore) -> Result<Keys> {
    let file = folder.join(FILE);
    if let Ok(text) = fs::read_to_string(&file) {
        return serde_json::from_str(&text).map_err(WalletError::storage_failed);
    }
    let (own, _) = keystore.create(KeyAlgorithm::P256).await?;
    let (attester, _) = keystore.create(KeyAlgorithm::P256).await?;
    let keys = Keys { own, attester };
    let text = serde_json::to_string_pretty(&keys).map_err(WalletError::storage_failed)?;
    fs::write(file, text).map_err(WalletError::storage_failed)?;
    Ok(keys)
}

/// A certificate from files; its key goes into the keystore.
async fn given(chain: &Path, key: &Path, keystore: &SoftwareKeystore) -> Result<Certified> {
    let read =
        |file: &Path| fs::read_to_string(file).map_err(|error| WalletError::misused(format!("{}: {error}", file.display())));
    let chain = CertificateChain::from_pem(&read(chain)?)?;
    let secret = serde_json::from_str(&read(key)?).map_err(|error| WalletError::malformed("certificate key", error))?;
    let secret = SecretKey::from_jwk(&secret)?;
    if chain.leaf().public_key()? != secret.public_key() {
        return Err(WalletError::misused("the certificate is for another key"));
    }
    let key = KeyId("certificate".to_owned());
    keystore.delete(&key).await?;
    keystore.import(&key, &secret).await?;
    Ok(Certified { key, chain, root: None })
}

/// Certifies the own key for `host` under a root whose private key is thrown away; root and chain are kept beside the keys.
async fn certify_self(folder: &Path, host: &str, key: &KeyId, keystore: &SoftwareKeystore) -> Result<Certified> {
    let (root_file, chain_file) = (folder.join("root.pem"), folder.join("chain.pem"));
    let public = keystore.public_key(key).await?;
    if let (Ok(root), Ok(text)) = (fs::read_to_string(&root_file), fs::read_to_string(&chain_file)) {
        let chain = CertificateChain::from_pem(&text)?;
        if chain.leaf().public_key()? == public && chain.leaf().dns_names().iter().any(|name| name == host) {
            return Ok(Certified { key: key.clone(), chain, root: Some(root) });
        }
    }
    let failed = |error: rcgen::Error| WalletError::misused(format!("the service cannot certify itself: {error}"));
    let root_key = KeyPair::generate().map_err(failed)?;
    let mut params = params("Cédula verifier test root", &[])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let root = params.self_signed(&root_key).map_err(failed)?.pem();
    let issuer = Issuer::new(params, root_key);
    let point = Point(public.to_uncompressed());
    let leaf = self::params("Cédula verifier", &[host])?.signed_by(&point, &issuer).map_err(failed)?.pem();
    fs::write(root_file, &root).and_then(|()| fs::write(chain_file, &leaf)).map_err(WalletError::storage_failed)?;
    Ok(Certified { key: key.clone(), chain: CertificateChain::from_pem(&leaf)?, root: Some(root) })
}

fn params(name: &str, hosts: &[&str]) -> Result<CertificateParams> {
    let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    let mut params = CertificateParams::new(hosts).map_err(WalletError::misused)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    Ok(params)
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

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => unreachable!("{other} is written as an object"),
    }
}
