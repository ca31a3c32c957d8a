//! Issuers that go by a certificate (`x5c`): the key is the one it certifies, where an authority that the verifier trusts stands
//! behind it (draft-ietf-oauth-sd-jwt-vc §2.5, HAIP 1.0 §6.1.1).

use super::anchor_check::Signing;
use super::{CertificateUsed, Examination, Gap, Known, Place, Reason, Warning};
use crate::did::Did;
use crate::securing::Secured;
use crate::time::Timestamp;
use crate::x509::{Certificate, CertificateChain, ChainFault};

/// How far two honest clocks may differ, in seconds.
const CLOCK_SKEW: i64 = 300;

/// Whether an authority stands behind who signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Certified {
    /// One that the verifier trusts.
    ByAuthority,
    /// None; that has been said.
    ByNobody,
}

impl Examination<'_> {
    /// Checks the signature under the key that the certificates beside it certify for `issuer`, a web address or nothing; none when
    /// there are no certificates, or the issuer's keys are found elsewhere: a DID's always are.
    pub(super) fn certificate_proof(&mut self, secured: &Secured, issuer: &str, place: Place) -> Option<Certified> {
        let chain = secured.certificates().filter(|_| issuer.parse::<Did>().is_err())?;
        let Ok(chain) = chain else {
            self.gap(place, Gap::Unsupported { what: "a certificate (x5c) that cannot be read".to_owned() });
            return Some(Certified::ByNobody);
        };
        let signing = Signing { claimed: secured.proofs()[0].created.as_ref().unwrap_or(self.now).clone(), anchored: None };
        let ended = match self.standing(&chain, &signing.claimed) {
            Ok(ended) => ended,
            Err(ChainFault::UnknownAuthority { .. }) if self.publishes_keys(issuer) => return None,
            Err(fault) => {
                self.chain_fault(&chain, fault, place);
                return Some(Certified::ByNobody);
            }
        };
        self.certified_proof(secured, (&chain, issuer), (&signing, ended), place);
        Some(Certified::ByAuthority)
    }

    /// Checks everything but the chain, which ended before now if it `ended`.
    fn certified_proof(
        &mut self,
        secured: &Secured,
        (chain, issuer): (&CertificateChain, &str),
        (signing, ended): (&Signing, Option<Timestamp>),
        place: Place,
    ) {
        let leaf = chain.leaf();
        let name = name_of(leaf);
        self.proof_time(&secured.proofs()[0], place);
        if !issuer.is_empty() && !leaf.is_for_url(issuer) {
            self.reject(place, Reason::SignerMismatch { claimed: issuer.to_owned(), signer: name.clone() });
        }
        if let Some(ended) = ended {
            self.ended_key(&name, signing, (&ended, false), place);
        }
        let from = leaf.not_before();
        if *from > signing.claimed.plus_seconds(CLOCK_SKEW) {
            self.reject(place, Reason::KeyFromLater { method: name.clone(), at: from.clone() });
        }
        match leaf.public_key() {
            Ok(key) => drop(self.signature(secured, 0, &key, place)),
            Err(_) => self.gap(place, Gap::Unsupported { what: format!("the key in the certificate of {name}") }),
        }
        let used = CertificateUsed { subject: name.clone(), hash: leaf.hash(), until: chain.not_after().clone() };
        if !self.basis.certificates.contains(&used) {
            self.warn(place, Warning::CertificateBelieved { subject: name });
            self.basis.certificates.push(used);
        }
    }

    /// Whether the chain holds now, or held when it is said to have been `signed`; then when it ended.
    fn standing(&self, chain: &CertificateChain, signed: &Timestamp) -> Result<Option<Timestamp>, ChainFault> {
        let authorities = &self.evidence.authorities;
        match chain.check(authorities, self.now) {
            Ok(()) => Ok(None),
            Err(ChainFault::Expired { at }) if signed >= &at || chain.check(authorities, signed).is_ok() => Ok(Some(at)),
            Err(fault) => Err(fault),
        }
    }

    /// Whether the issuer goes by a web address whose keys are at hand.
    pub(super) fn publishes_keys(&self, issuer: &str) -> bool {
        matches!(self.evidence.issuers.get(issuer), Some(Known::Found { .. }))
    }

    fn chain_fault(&mut self, chain: &CertificateChain, fault: ChainFault, place: Place) {
        let name = name_of(chain.leaf());
        match fault {
            ChainFault::UnknownAuthority { .. } => self.gap(place, Gap::UnknownAuthority { subject: name }),
            ChainFault::NotYetValid { from } => self.reject(place, Reason::KeyFromLater { method: name, at: from }),
            ChainFault::Expired { at } => self.reject(place, Reason::KeyExpired { method: name, at }),
            fault @ ChainFault::Invalid => self.reject(place, Reason::Malformed { fault: fault.to_string() }),
        }
    }
}

/// What the holder of a certificate is called, or the certificate itself where that says nothing.
fn name_of(certificate: &Certificate) -> String {
    Some(certificate.subject()).filter(|subject| !subject.is_empty()).unwrap_or_else(|| certificate.hash())
}
