//! Authorities that certify keys, made of real certificates.

#![allow(dead_code, reason = "each test takes what it needs")]

use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};
use wallet_core::key::SecretKey;
use wallet_core::x509::{Certificate, CertificateChain, TrustAnchors};

/// An authority whose certificates hold through 2026.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub certificate: Certificate,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = params(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { certificate: ours(&certificate), issuer: Issuer::new(params, key) }
    }

    /// A certificate of a P-256 `key`, for DNS names, and URIs where one has a colon.
    pub fn certify(&self, key: &SecretKey, names: &[&str]) -> CertificateChain {
        let certificate = params("Universidad de Ejemplo", names).signed_by(&pair(key), &self.issuer);
        CertificateChain::new(ours(&certificate.expect("a certificate")), Vec::new()).expect("a chain of one")
    }

    /// Those who trust this authority.
    pub fn anchors(&self) -> TrustAnchors {
        vec![self.certificate.clone()].try_into().expect("one anchor")
    }
}

fn params(name: &str, names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2026, 12, 31);
    params.use_authority_key_identifier_extension = true;
    let text = |name: &str| name.try_into().expect("ASCII");
    let san = |name: &&str| if name.contains(':') { SanType::URI(text(name)) } else { SanType::DnsName(text(name)) };
    params.subject_alt_names = names.iter().map(san).collect();
    params
}

/// The key in the form of PKCS#8 (RFC 5958): the frame of an EC key of P-256 around its scalar (RFC 5915) and its point.
fn pair(key: &SecretKey) -> KeyPair {
    let frame = "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420";
    let hex = |text: &str| (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect();
    let mut der: Vec<u8> = hex(frame);
    der.extend_from_slice(key.expose());
    der.extend_from_slice(&[0xa1, 0x44, 0x03, 0x42, 0x00]);
    der.extend_from_slice(&key.public_key().to_uncompressed());
    KeyPair::try_from(der).expect("a P-256 key")
}

fn ours(certificate: &rcgen::Certificate) -> Certificate {
    Certificate::from_der(certificate.der()).expect("its own DER")
}
