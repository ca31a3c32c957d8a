//! Chains of certificates, and who is trusted to begin one (RFC 5280 §6).

use std::time::Duration;

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use serde_json::Value;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter};

use super::{Certificate, pem};
use crate::error::{Result, WalletError};
use crate::time::Timestamp;

/// The longest chain that is read.
const MAX_CHAIN: usize = 8;
/// The most trust anchors that are read from one text.
const MAX_ANCHORS: usize = 1024;

/// A certificate and those that vouch for it, each for the one before (RFC 7515 §4.1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateChain {
    leaf: Certificate,
    others: Vec<Certificate>,
}

/// Why a chain does not vouch for its first certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// It does not begin at anybody who is trusted: another list of anchors may know better.
    #[error("no trusted authority stands behind the certificate of {subject}")]
    UnknownAuthority {
        /// Whose certificate it is.
        subject: String,
    },
    /// A certificate of it has ended.
    #[error("the certificate has expired: {at}")]
    Expired {
        /// When.
        at: Timestamp,
    },
    /// A certificate of it has not begun.
    #[error("the certificate begins later: {from}")]
    NotYetValid {
        /// When it begins.
        from: Timestamp,
    },
    /// A certificate in it may not vouch for what it does.
    #[error("the chain of certificates does not hold")]
    Invalid,
}

impl CertificateChain {
    /// A chain of at most eight, `leaf` first.
    pub fn new(leaf: Certificate, others: Vec<Certificate>) -> Result<Self> {
        if others.len() >= MAX_CHAIN {
            return Err(WalletError::malformed("certificate chain", "it has more than eight certificates"));
        }
        Ok(Self { leaf, others })
    }

    /// Reads the header parameter `x5c` (RFC 7515 §4.1.6).
    pub fn from_x5c(value: &Value) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("x5c", reason);
        let members = value.as_array().filter(|members| members.len() <= MAX_CHAIN);
        let members = members.ok_or_else(|| bad("it is not an array of at most eight certificates"))?;
        let text = |member: &Value| Certificate::from_base64(member.as_str().ok_or_else(|| bad("a member is not text"))?);
        let mut certificates = members.iter().map(text);
        let leaf = certificates.next().ok_or_else(|| bad("it is empty"))??;
        Self::new(leaf, certificates.collect::<Result<_>>()?)
    }

    /// Reads certificates in PEM, the leaf first (RFC 7468 §5).
    pub fn from_pem(text: &str) -> Result<Self> {
        let mut certificates = pem::certificates(text)?.into_iter();
        let leaf = certificates.next().ok_or_else(|| WalletError::malformed("PEM", "it holds no certificate"))?;
        Self::new(leaf, certificates.collect())
    }

    /// The header parameter `x5c`.
    pub fn to_x5c(&self) -> Value {
        self.certificates().map(|certificate| Value::String(certificate.to_base64())).collect()
    }

    /// The certificate the chain is for.
    pub fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// All of them, the leaf first.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.leaf).chain(&self.others)
    }

    /// When the first of them ceases to hold.
    pub fn not_after(&self) -> &Timestamp {
        self.certificates().map(Certificate::not_after).min().expect("a chain has a leaf")
    }

    /// Checks that `anchors` stand behind the leaf at the time `at`, whatever the leaf's key is for (any extended key usage).
    ///
    /// A leaf that is an anchor itself needs nobody else, also when it is self-signed.
    pub fn check(&self, anchors: &TrustAnchors, at: &Timestamp) -> Result<(), ChainFault> {
        if anchors.certificates.iter().any(|anchor| anchor.der() == self.leaf.der()) {
            return self.leaf_holds(at);
        }
        let trusted: Vec<CertificateDer<'_>> = anchors.certificates.iter().map(der).collect();
        let trusted: Vec<TrustAnchor<'_>> = trusted.iter().filter_map(|der| webpki::anchor_from_trusted_cert(der).ok()).collect();
        let between: Vec<CertificateDer<'_>> = self.others.iter().map(der).collect();
        let leaf = der(&self.leaf);
        let leaf = EndEntityCert::try_from(&leaf).map_err(|_| ChainFault::Invalid)?;
        let time = UnixTime::since_unix_epoch(Duration::from_secs(at.unix().max(0).unsigned_abs()));
        let found = leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &trusted, &between, time, AnyUsage, None, None);
        found.map(drop).map_err(|error| self.fault(&error, at))
    }

    /// Whether `anchors` stand behind the leaf, be it now, once or not yet.
    pub fn reaches(&self, anchors: &TrustAnchors) -> bool {
        !matches!(self.check(anchors, self.leaf.not_before()), Err(ChainFault::UnknownAuthority { .. }))
    }

    fn leaf_holds(&self, at: &Timestamp) -> Result<(), ChainFault> {
        if at < self.leaf.not_before() {
            return Err(ChainFault::NotYetValid { from: self.leaf.not_before().clone() });
        }
        if at > self.leaf.not_after() {
            return Err(ChainFault::Expired { at: self.leaf.not_after().clone() });
        }
        Ok(())
    }

    fn fault(&self, error: &Error, at: &Timestamp) -> ChainFault {
        let moment = |time: &UnixTime| Timestamp::from_seconds(time.as_secs()).unwrap_or_else(|_| at.clone());
        match error {
            // An authority of the same name and another key may be the same one with a new key.
            Error::UnknownIssuer | Error::InvalidSignatureForPublicKey => {
                ChainFault::UnknownAuthority { subject: self.leaf.subject() }
            }
            Error::CertExpired { not_after, .. } => ChainFault::Expired { at: moment(not_after) },
            Error::CertNotValidYet { not_before, .. } => ChainFault::NotYetValid { from: moment(not_before) },
            _ => ChainFault::Invalid,
        }
    }
}

fn der(certificate: &Certificate) -> CertificateDer<'_> {
    CertificateDer::from(certificate.der())
}

/// What the credential formats ask of a certificate is not among the extended key usages of the web.
struct AnyUsage;

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> std::result::Result<(), Error> {
        Ok(())
    }
}

/// Certificates that are trusted without anybody vouching for them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustAnchors {
    certificates: Vec<Certificate>,
}

impl TrustAnchors {
    /// Trusts nobody.
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads certificates in PEM, at most 1024 of them (RFC 7468 §5).
    pub fn from_pem(text: &str) -> Result<Self> {
        pem::certificates(text)?.into_iter().collect::<Vec<_>>().try_into()
    }

    /// The certificates.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }
}

impl TryFrom<Vec<Certificate>> for TrustAnchors {
    type Error = WalletError;

    fn try_from(certificates: Vec<Certificate>) -> Result<Self> {
        if certificates.len() > MAX_ANCHORS {
            return Err(WalletError::malformed("trust anchors", "there are more than 1024"));
        }
        Ok(Self { certificates })
    }
}
