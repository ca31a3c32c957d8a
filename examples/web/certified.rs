//! A certificate for the service's address: given, or made by the service itself for tests.

use std::fs;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData,
    SanType, SignatureAlgorithm,
};
use wallet_core::error::{Result, WalletError};
use wallet_core::key::{KeyAlgorithm, KeyId, PublicKey, SecretKey};
use wallet_core::oauth::Endpoint;
use wallet_core::platform::SoftwareKeystore;
use wallet_core::ports::Keystore as _;
use wallet_core::x509::CertificateChain;

use super::keeping::read;

/// A certificate, with the key it is for.
pub struct Certified {
    pub key: KeyId,
    pub chain: CertificateChain,
    /// The root behind it, in PEM, when the service certified itself.
    pub root: Option<String>,
}

impl Certified {
    /// The one in the files `chain` and `key`, a JWK of P-256 that is taken into the keystore.
    pub async fn given(chain: &Path, key: &Path, keystore: &SoftwareKeystore) -> Result<Self> {
        let chain = CertificateChain::from_pem(&read(chain)?)?;
        let secret = serde_json::from_str(&read(key)?).map_err(|error| WalletError::malformed("certificate key", error))?;
        let secret = SecretKey::from_jwk(&secret)?;
        if chain.leaf().public_key()? != secret.public_key() || secret.algorithm() != KeyAlgorithm::P256 {
            return Err(WalletError::misused("the certificate is for another key, or for one that is not of P-256"));
        }
        let key = KeyId("certificate".to_owned());
        keystore.delete(&key).await?;
        keystore.import(&key, &secret).await?;
        Ok(Self { key, chain, root: None })
    }

    /// One for `key` at the address `base`, under a root whose private key is thrown away; both are kept in `folder`.
    pub fn by_itself(folder: &Path, base: &Endpoint, (key, public): (&KeyId, &PublicKey)) -> Result<Self> {
        let (root_file, chain_file) = (folder.join("root.pem"), folder.join("chain.pem"));
        if let (Ok(root), Ok(text)) = (fs::read_to_string(&root_file), fs::read_to_string(&chain_file)) {
            let chain = CertificateChain::from_pem(&text)?;
            if chain.leaf().public_key()? == *public && chain.leaf().is_for_url(base.as_str()) {
                return Ok(Self { key: key.clone(), chain, root: Some(root) });
            }
        }
        let (root, leaf) =
            certify(base, public).map_err(|error| WalletError::misused(format!("the service cannot certify itself: {error}")))?;
        fs::write(root_file, &root).and_then(|()| fs::write(chain_file, &leaf)).map_err(WalletError::storage_failed)?;
        Ok(Self { key: key.clone(), chain: CertificateChain::from_pem(&leaf)?, root: Some(root) })
    }
}

/// A new root, and the certificate it gives `key`, in PEM.
fn certify(base: &Endpoint, key: &PublicKey) -> std::result::Result<(String, String), rcgen::Error> {
    let root_key = KeyPair::generate()?;
    let mut authority = params("Cédula test root", Vec::new());
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let root = authority.self_signed(&root_key)?.pem();
    let text = |text: &str| rcgen::string::Ia5String::try_from(text);
    let names = vec![SanType::DnsName(text(&base.host())?), SanType::URI(text(base.as_str())?)];
    let issuer = Issuer::new(authority, root_key);
    let leaf = params("Cédula test service", names).signed_by(&Point(key.to_uncompressed()), &issuer)?.pem();
    Ok((root, leaf))
}

fn params(name: &str, names: Vec<SanType>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
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
