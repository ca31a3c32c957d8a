//! As whom a verifier asks, and what it shows to prove it (OpenID4VP 1.0 §5.9.3).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::did::DidUrl;
use crate::error::{Result, WalletError};
use crate::jose::jwt::Jwt;
use crate::key::KeyId;
use crate::oauth::Endpoint;
use crate::presentation::request::{ClientId, ClientIdPrefix};
use crate::x509::CertificateChain;

/// As whom a verifier asks, and what it shows to prove it. The keys are the keystore's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Client {
    /// As nobody in particular: what the wallet learns is where its answer goes (`redirect_uri`), or over the platform's API from
    /// which origin it was asked. Nothing is signed.
    Anonymous,
    /// As the controller of a DID (`decentralized_identifier`).
    Did {
        /// The key.
        key: KeyId,
        /// Its name in the DID's document.
        method: DidUrl,
    },
    /// As whoever has a DNS name (`x509_san_dns`).
    DnsName {
        /// The key.
        key: KeyId,
        /// The certificates, that of the key first, as `x5c` has them.
        x5c: Value,
        /// The name, which is that of the host the answers go to.
        name: String,
    },
    /// As whoever a certificate names (`x509_hash`).
    Certificate {
        /// The key.
        key: KeyId,
        /// The certificates, that of the key first, as `x5c` has them.
        x5c: Value,
    },
    /// As whoever an attester says (`verifier_attestation`).
    Attested {
        /// The key.
        key: KeyId,
        /// The attestation.
        attestation: String,
    },
}

impl Client {
    /// As the controller of the DID that `method` belongs to.
    pub fn did(key: KeyId, method: DidUrl) -> Self {
        Self::Did { key, method }
    }

    /// As whoever has the DNS name `name`; fails with `Misused` when the certificate of `chain` is for other names.
    pub fn dns_name(key: KeyId, chain: &CertificateChain, name: &str) -> Result<Self> {
        if !chain.leaf().dns_names().iter().any(|certified| certified.eq_ignore_ascii_case(name)) {
            return Err(WalletError::misused(format!("the certificate is not for {name}")));
        }
        Ok(Self::DnsName { key, x5c: chain.to_x5c(), name: name.to_owned() })
    }

    /// As whoever the certificate of `chain` names.
    pub fn certificate(key: KeyId, chain: &CertificateChain) -> Self {
        Self::Certificate { key, x5c: chain.to_x5c() }
    }

    /// As whoever `attestation`, a verifier attestation JWT, says.
    pub fn attested(key: KeyId, attestation: &str) -> Result<Self> {
        Jwt::read(attestation, "verifier-attestation+jwt")?.needed("sub")?;
        Ok(Self::Attested { key, attestation: attestation.to_owned() })
    }

    /// The client identifier, for answers that go to `destination`; none over the platform's API when nothing is signed.
    pub(super) fn id(&self, destination: Option<&Endpoint>) -> Result<Option<ClientId>> {
        let id = |prefix, name: &str| Ok(Some(ClientId::new(prefix, name)));
        match self {
            Self::Anonymous => match destination {
                Some(destination) => id(ClientIdPrefix::RedirectUri, destination.as_str()),
                None => Ok(None),
            },
            Self::Did { method, .. } => id(ClientIdPrefix::DecentralizedIdentifier, method.did().as_str()),
            Self::DnsName { name, .. } => id(ClientIdPrefix::X509SanDns, name),
            Self::Certificate { x5c, .. } => id(ClientIdPrefix::X509Hash, &CertificateChain::from_x5c(x5c)?.leaf().hash()),
            Self::Attested { attestation, .. } => {
                let attestation = Jwt::read(attestation, "verifier-attestation+jwt")?;
                id(ClientIdPrefix::VerifierAttestation, attestation.needed("sub")?)
            }
        }
    }

    /// The key that signs, if anything does.
    pub(super) fn key(&self) -> Option<&KeyId> {
        match self {
            Self::Anonymous => None,
            Self::Did { key, .. } | Self::DnsName { key, .. } | Self::Certificate { key, .. } | Self::Attested { key, .. } => {
                Some(key)
            }
        }
    }

    /// What the header of a request object says of the key.
    pub(super) fn header(&self) -> Map<String, Value> {
        let one = |name: &str, value: Value| Map::from_iter([(name.to_owned(), value)]);
        match self {
            Self::Anonymous => Map::new(),
            Self::Did { method, .. } => one("kid", method.as_str().into()),
            Self::DnsName { x5c, .. } | Self::Certificate { x5c, .. } => one("x5c", x5c.clone()),
            Self::Attested { attestation, .. } => one("jwt", attestation.clone().into()),
        }
    }

    /// The certificates it shows, if any.
    pub(super) fn chain(&self) -> Result<Option<CertificateChain>> {
        match self {
            Self::DnsName { x5c, .. } | Self::Certificate { x5c, .. } => CertificateChain::from_x5c(x5c).map(Some),
            _ => Ok(None),
        }
    }
}
