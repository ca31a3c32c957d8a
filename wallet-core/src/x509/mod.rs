//! X.509 certificates: who is behind a key, according to whoever vouches for them (RFC 5280).
//!
//! A chain is checked by rustls-webpki, as of an instant the caller names; revocation lists are not looked at.

mod chain;
pub mod pem;

pub use chain::{CertificateChain, ChainFault, TrustAnchors};

use std::fmt;

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use rustls_pki_types::{CertificateDer, DnsName, ServerName};
use sha2::{Digest as _, Sha256};
use url::Url;
use webpki::EndEntityCert;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, SubjectAltName, SubjectKeyIdentifier};

use crate::error::{Result, WalletError};
use crate::key::{KeyAlgorithm, PublicKey};
use crate::time::Timestamp;

/// The longest certificate that is read, in bytes.
const MAX_LENGTH: usize = 16 << 10;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A certificate that was read; whether anybody vouches for it is for [`CertificateChain::check`] to say.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    parsed: x509_cert::Certificate,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Certificate {
    /// Reads a certificate in DER, of at most 16 KiB.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let bad = || WalletError::malformed("certificate", "it is not an X.509 certificate in DER");
        if der.len() > MAX_LENGTH {
            return Err(WalletError::malformed("certificate", "it is longer than 16 KiB"));
        }
        let parsed = x509_cert::Certificate::from_der(der).map_err(|_| bad())?;
        let validity = parsed.tbs_certificate().validity();
        let moment = |time: x509_cert::time::Time| Timestamp::from_seconds(time.to_unix_duration().as_secs());
        let (not_before, not_after) = (moment(validity.not_before)?, moment(validity.not_after)?);
        Ok(Self { der: der.to_vec(), parsed, not_before, not_after })
    }

    /// Reads a certificate as a member of `x5c`: DER in base64, not base64url (RFC 7515 §4.1.6).
    pub fn from_base64(text: &str) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("certificate", reason);
        if text.len() > MAX_LENGTH * 4 / 3 + 4 {
            return Err(bad("it is longer than 16 KiB"));
        }
        Self::from_der(&BASE64_STANDARD.decode(text).map_err(|_| bad("it is not base64"))?)
    }

    /// The DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The DER in base64, as a member of `x5c`.
    pub fn to_base64(&self) -> String {
        BASE64_STANDARD.encode(&self.der)
    }

    /// The key; fails with `Unsupported` for one that is not Ed25519, P-256 or P-384.
    pub fn public_key(&self) -> Result<PublicKey> {
        let info = self.parsed.tbs_certificate().subject_public_key_info();
        let curve = info.algorithm.parameters.as_ref().and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok());
        let algorithm = match (info.algorithm.oid, curve) {
            (EC_PUBLIC_KEY, Some(P256)) => KeyAlgorithm::P256,
            (EC_PUBLIC_KEY, Some(P384)) => KeyAlgorithm::P384,
            (ED25519, None) => KeyAlgorithm::Ed25519,
            _ => return Err(WalletError::unsupported("this certificate's key", "use Ed25519, P-256 or P-384")),
        };
        let bits = info.subject_public_key.as_bytes();
        PublicKey::from_bytes(algorithm, bits.ok_or_else(|| WalletError::malformed("certificate", "its key is not whole bytes"))?)
    }

    /// The DNS names among its subject alternative names (RFC 5280 §4.2.1.6), as they are written: one may begin with `*.`.
    pub fn dns_names(&self) -> Vec<String> {
        self.names(|name| match name {
            GeneralName::DnsName(name) => Some(name.to_string()),
            _ => None,
        })
    }

    /// The URIs among its subject alternative names (RFC 5280 §4.2.1.6).
    pub fn uris(&self) -> Vec<String> {
        self.names(|name| match name {
            GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
            _ => None,
        })
    }

    /// Whether it is for the DNS name `host`, wildcards read as RFC 6125 §6.4.3 does; the subject's common name does not count.
    pub fn is_for_host(&self, host: &str) -> bool {
        let Ok(name) = DnsName::try_from(host) else { return false };
        let der = CertificateDer::from(self.der.as_slice());
        EndEntityCert::try_from(&der)
            .is_ok_and(|certificate| certificate.verify_is_valid_for_subject_name(&ServerName::DnsName(name)).is_ok())
    }

    /// Whether it is for the web address `url`: itself among its URIs, or its host among its DNS names.
    pub fn is_for_url(&self, url: &str) -> bool {
        let host = Url::parse(url).ok().and_then(|url| url.domain().map(str::to_owned));
        self.uris().iter().any(|uri| uri == url) || host.is_some_and(|host| self.is_for_host(&host))
    }

    /// The SHA-256 of the DER, base64url (OpenID4VP 1.0 §5.9.3, `x509_hash`).
    pub fn hash(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&self.der))
    }

    /// Whose certificate it is, as RFC 4514 writes a name.
    pub fn subject(&self) -> String {
        self.parsed.tbs_certificate().subject().to_string()
    }

    /// The identifier of the key that signed it (RFC 5280 §4.2.1.1), which trusted authorities are asked for by.
    pub fn authority_key_id(&self) -> Option<Vec<u8>> {
        let (_, found) = self.parsed.tbs_certificate().get_extension::<AuthorityKeyIdentifier>().ok()??;
        found.key_identifier.map(|id| id.as_bytes().to_vec())
    }

    /// The identifier of its own key (RFC 5280 §4.2.1.2).
    pub fn subject_key_id(&self) -> Option<Vec<u8>> {
        let (_, found) = self.parsed.tbs_certificate().get_extension::<SubjectKeyIdentifier>().ok()??;
        Some(found.0.as_bytes().to_vec())
    }

    /// When it begins to hold.
    pub fn not_before(&self) -> &Timestamp {
        &self.not_before
    }

    /// When it ceases to hold.
    pub fn not_after(&self) -> &Timestamp {
        &self.not_after
    }

    /// Whether subject and issuer are one.
    pub fn is_self_issued(&self) -> bool {
        let tbs = self.parsed.tbs_certificate();
        tbs.subject().to_der().ok() == tbs.issuer().to_der().ok()
    }

    fn names(&self, read: impl Fn(&GeneralName) -> Option<String>) -> Vec<String> {
        let found = self.parsed.tbs_certificate().get_extension::<SubjectAltName>().ok().flatten();
        found.map(|(_, names)| names.0.iter().filter_map(read).collect()).unwrap_or_default()
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, until {})", self.subject(), self.not_after)
    }
}

#[cfg(test)]
pub(crate) mod tests;
