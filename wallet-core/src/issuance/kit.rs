//! What the tests of signed messages sign with.

use serde_json::Value;

use crate::jose::jwt;
use crate::key::{KeyAlgorithm, SecretKey};
use crate::oauth::{Attesters, Endpoint};
use crate::time::Timestamp;
use crate::x509::CertificateChain;
use crate::x509::tests::Authority;

/// Somebody with a certificate.
pub(super) struct Signer {
    pub key: SecretKey,
    pub chain: CertificateChain,
    authority: Authority,
}

impl Signer {
    /// Whoever stands behind the certificate, and nobody else.
    pub fn attesters(&self) -> Attesters {
        Attesters { anchors: self.authority.anchors(), ..Attesters::default() }
    }
}

/// The owner of `name`, by an authority of its own.
pub(super) fn certificate(name: &str) -> Signer {
    let (key, authority) = (key(8), Authority::new("An authority"));
    let chain = CertificateChain::new(authority.certify(&key, &[name]), Vec::new()).expect("a chain");
    Signer { key, chain, authority }
}

/// A P-256 key of its own for each `byte`.
pub(super) fn key(byte: u8) -> SecretKey {
    SecretKey::from_bytes(KeyAlgorithm::P256, &[byte; 32]).expect("a scalar in range")
}

/// A credential issuer.
pub(super) fn issuer() -> Endpoint {
    "https://credential-issuer.example.com".parse().expect("an identifier")
}

pub(super) fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a date")
}

/// A token signed by the key of byte 5.
pub(super) fn token(header: Value, claims: Value) -> String {
    let object = |value: Value| value.as_object().cloned().expect("an object");
    let unsigned = jwt::prepare(object(header), object(claims), &key(5).public_key()).expect("a token");
    let signature = key(5).sign(unsigned.message());
    unsigned.finish(&signature)
}
