use super::*;
use crate::key::SecretKey;
use p256::pkcs8::EncodePrivateKey as _;
use proptest::prelude::*;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType, date_time_ymd};
use serde_json::json;

/// An authority that certifies names until the end of 2026.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) certificate: Certificate,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let certificate = ca(name).self_signed(&key).expect("a certificate");
        Self { certificate: ours(&certificate), issuer: Issuer::new(ca(name), key) }
    }

    /// An authority that this one vouches for.
    fn beneath(&self, name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let certificate = ca(name).signed_by(&key, &self.issuer).expect("a certificate");
        Self { certificate: ours(&certificate), issuer: Issuer::new(ca(name), key) }
    }

    /// A certificate of `key` for DNS names, and URIs where one has a colon.
    pub(crate) fn certify(&self, key: &SecretKey, names: &[&str]) -> Certificate {
        ours(&leaf(names).signed_by(&pair(key), &self.issuer).expect("a certificate"))
    }

    pub(crate) fn anchors(&self) -> TrustAnchors {
        vec![self.certificate.clone()].try_into().expect("one anchor")
    }
}

fn ca(name: &str) -> CertificateParams {
    let mut params = leaf(&[]);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn leaf(names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2026, 12, 31);
    params.use_authority_key_identifier_extension = true;
    let text = |name: &str| name.try_into().expect("ASCII");
    params.subject_alt_names = names
        .iter()
        .map(|name| if name.contains(':') { SanType::URI(text(name)) } else { SanType::DnsName(text(name)) })
        .collect();
    params
}

fn pair(key: &SecretKey) -> KeyPair {
    let der = p256::SecretKey::from_slice(key.expose()).expect("a P-256 key").to_pkcs8_der().expect("PKCS#8");
    KeyPair::try_from(der.as_bytes()).expect("a key")
}

fn ours(certificate: &rcgen::Certificate) -> Certificate {
    Certificate::from_der(certificate.der()).expect("its own DER")
}

fn key() -> SecretKey {
    SecretKey::from_bytes(KeyAlgorithm::P256, &[5; 32]).expect("a scalar in range")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a date")
}

fn chain(leaf: Certificate, others: &[&Certificate]) -> CertificateChain {
    CertificateChain::new(leaf, others.iter().copied().cloned().collect()).expect("a short chain")
}

#[test]
fn certificate_says_whose_key_it_is() {
    let root = Authority::new("Raíz");
    let certificate = root.certify(&key(), &["uni.example", "*.sede.example", "https://uni.example/issuer"]);
    assert_eq!(certificate.public_key().expect("P-256"), key().public_key());
    assert_eq!(certificate.dns_names(), ["uni.example", "*.sede.example"]);
    assert_eq!(certificate.uris(), ["https://uni.example/issuer"]);
    assert!(certificate.is_for_host("uni.example") && certificate.is_for_host("a.sede.example"));
    for other in ["sub.uni.example", "sede.example", "a.b.sede.example", "uni.example.evil", "", "*.sede.example"] {
        assert!(!certificate.is_for_host(other), "{other}");
    }
    assert_eq!(certificate.authority_key_id(), root.certificate.subject_key_id());
    assert!(certificate.authority_key_id().is_some() && root.certificate.is_self_issued() && !certificate.is_self_issued());
    assert_eq!((certificate.not_before().unix(), certificate.not_after().unix()), (1_767_225_600, 1_798_675_200));
}

#[test]
fn chain_holds_when_every_link_does() {
    let root = Authority::new("root");
    let middle = root.beneath("middle");
    let leaf = middle.certify(&key(), &["uni.example"]);
    let now = at("2026-06-01T00:00:00Z");
    assert_eq!(chain(leaf.clone(), &[&middle.certificate]).check(&root.anchors(), &now), Ok(()));
    assert_eq!(chain(leaf.clone(), &[&middle.certificate, &root.certificate]).check(&root.anchors(), &now), Ok(()));
    assert_eq!(chain(leaf.clone(), &[]).check(&middle.anchors(), &now), Ok(()));
    let unknown = Err(ChainFault::UnknownAuthority { subject: leaf.subject() });
    assert_eq!(chain(leaf.clone(), &[]).check(&root.anchors(), &now), unknown, "the middle is missing");
    assert_eq!(chain(leaf.clone(), &[&middle.certificate]).check(&TrustAnchors::none(), &now), unknown);
    assert_eq!(chain(leaf, &[&middle.certificate]).check(&Authority::new("other").anchors(), &now), unknown);
}

#[test]
fn authority_of_the_same_name_and_another_key_is_not_the_one_that_signed() {
    let (root, imposter) = (Authority::new("root"), Authority::new("root"));
    let fault = chain(imposter.certify(&key(), &[]), &[]).check(&root.anchors(), &at("2026-06-01T00:00:00Z"));
    assert!(fault.is_err());
}

#[test]
fn certificate_that_may_not_certify_vouches_for_nobody() {
    let root = Authority::new("root");
    let mut params = leaf(&["uni.example"]);
    params.distinguished_name.push(rcgen::DnType::CommonName, "uni");
    let middle = ours(&params.signed_by(&pair(&key()), &root.issuer).expect("a certificate"));
    let issuer = Issuer::new(params, pair(&key()));
    let forged = ours(&leaf(&["other.example"]).signed_by(&KeyPair::generate().expect("a key"), &issuer).expect("a certificate"));
    assert!(chain(forged, &[&middle]).check(&root.anchors(), &at("2026-06-01T00:00:00Z")).is_err());
}

#[test]
fn chain_holds_only_in_its_time() {
    let root = Authority::new("root");
    let chain = chain(root.certify(&key(), &["uni.example"]), &[]);
    let (early, late) = (at("2025-12-31T23:59:59Z"), at("2027-01-01T00:00:00Z"));
    assert_eq!(chain.check(&root.anchors(), &early), Err(ChainFault::NotYetValid { from: at("2026-01-01T00:00:00Z") }));
    assert_eq!(chain.check(&root.anchors(), &late), Err(ChainFault::Expired { at: at("2026-12-31T00:00:00Z") }));
    assert_eq!(chain.not_after(), &at("2026-12-31T00:00:00Z"));
}

#[test]
fn pinned_leaf_is_trusted_in_its_time_even_if_it_signed_itself() {
    let pinned = Authority::new("self");
    let chain = chain(pinned.certificate.clone(), &[]);
    assert_eq!(chain.check(&pinned.anchors(), &at("2026-06-01T00:00:00Z")), Ok(()));
    assert!(matches!(chain.check(&pinned.anchors(), &at("2028-01-01T00:00:00Z")), Err(ChainFault::Expired { .. })));
    assert!(matches!(chain.check(&pinned.anchors(), &at("2020-01-01T00:00:00Z")), Err(ChainFault::NotYetValid { .. })));
}

#[test]
fn x5c_and_pem_read_back() {
    let root = Authority::new("root");
    let written = chain(root.certify(&key(), &["uni.example"]), &[&root.certificate]);
    assert_eq!(CertificateChain::from_x5c(&written.to_x5c()).expect("its own x5c"), written);
    let text = format!("subject=uni\n{}", pem::write(written.certificates()));
    assert!(text.lines().all(|line| line.len() <= 64));
    assert_eq!(CertificateChain::from_pem(&text.replace('\n', "\r\n")).expect("its own PEM"), written);
    assert_eq!(TrustAnchors::from_pem(&text).expect("its own PEM").certificates().len(), 2);
    for bad in [json!([]), json!("MII"), json!([1]), json!(["MII"]), json!(vec![root.certificate.to_base64(); 9])] {
        assert!(CertificateChain::from_x5c(&bad).is_err());
    }
    assert!(TrustAnchors::from_pem(&text[..text.len() - 30]).is_err());
}

#[test]
fn key_of_a_kind_that_signs_no_credential_is_unsupported() {
    let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("a key");
    let certificate = ours(&leaf(&["uni.example"]).self_signed(&key).expect("a certificate"));
    assert_eq!(certificate.public_key().expect("Ed25519").algorithm(), KeyAlgorithm::Ed25519);
    // The same certificate with X25519 for its kind of key (1.3.101.110).
    let der = certificate.der();
    let last = der.windows(5).rposition(|window| window == [0x06, 0x03, 0x2b, 0x65, 0x70]).expect("the signature's kind");
    let mut other = der.to_vec();
    for at in (0..last).filter(|at| der[*at..].starts_with(&[0x06, 0x03, 0x2b, 0x65, 0x70])) {
        other[at + 4] = 0x6e;
    }
    let other = Certificate::from_der(&other).expect("a certificate");
    assert!(matches!(other.public_key(), Err(WalletError::Unsupported { .. })));
}

proptest! {
    #[test]
    fn any_bytes_are_a_certificate_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Certificate::from_der(&bytes).is_err());
    }

    #[test]
    fn altered_certificate_is_refused_or_vouched_for_by_nobody(at in any::<proptest::sample::Index>(), by in 1..=255u8) {
        let root = Authority::new("root");
        let mut der = root.certify(&key(), &["uni.example"]).der().to_vec();
        let at = at.index(der.len());
        der[at] ^= by;
        if let Ok(certificate) = Certificate::from_der(&der) {
            let _ = (certificate.public_key(), certificate.dns_names(), certificate.authority_key_id());
            let found = chain(certificate, &[]).check(&root.anchors(), &"2026-06-01T00:00:00Z".parse().expect("a date"));
            prop_assert!(found.is_err());
        }
    }

    #[test]
    fn any_text_is_pem_or_refused(text in "(-----BEGIN CERTIFICATE-----|-----END CERTIFICATE-----|[A-Za-z0-9+/=\n]{0,40}){0,6}") {
        let _ = TrustAnchors::from_pem(&text);
    }
}
