//! The proof: whose key, for what, valid when, and whether the signature is good.

use super::anchor_check::Signing;
use super::{Examination, Gap, Known, Place, Reason, ResolutionUsed, SigningTime, Warning};
use crate::did::{Did, DidUrl, KeyPeriod, Reported, Resolution, Standing, VerificationMethod, VerificationRelationship};
use crate::key::PublicKey;
use crate::securing::{Proof, Secured, SignatureFault, THUMBPRINT_URI};
use crate::time::Timestamp;

/// How far two honest clocks may differ, in seconds.
const CLOCK_SKEW: i64 = 300;

/// Who signed something.
pub(super) struct Signed {
    /// Who.
    pub by: Did,
    /// When; none when nothing is known of the signer.
    pub at: Option<Signing>,
}

impl<'a> Examination<'a> {
    /// Checks every proof of `secured`, one of which must be by `claimed`; returns who signed, and when.
    pub(super) fn proofs(
        &mut self,
        secured: &Secured,
        place: Place,
        claimed: Option<&str>,
        needed: VerificationRelationship,
    ) -> Option<Signed> {
        let signers: Vec<Option<Did>> =
            (secured.proofs().iter()).map(|proof| method_of(proof, claimed).map(|method| method.did())).collect();
        let Some(first) = secured.proofs().first() else {
            self.reject(place, Reason::NotSecured);
            return None;
        };
        let signer = match claimed {
            None => signers.first().cloned().flatten(),
            Some(claimed) => signers.iter().flatten().find(|signer| signer.as_str() == claimed).cloned(),
        };
        let stands_at = |url: &str| secured.proofs().iter().any(|proof| proof.method.split('#').next() == Some(url));
        match (claimed.filter(|claimed| !stands_at(claimed)), &signer) {
            // The proof of the one who is named may be among those that nobody here can read.
            (Some(_), None) if !secured.unsupported().is_empty() => {
                self.gap(place, Gap::Unsupported { what: secured.unsupported().join(", ") });
            }
            (Some(claimed), None) => {
                self.reject(place, Reason::SignerMismatch { claimed: claimed.to_owned(), signer: first.method.clone() });
            }
            _ => {}
        }
        for mechanism in secured.unsupported() {
            self.warn(place, Warning::UncheckedProof { mechanism: mechanism.clone() });
        }
        let mut signed = signer.map(|by| Signed { by, at: None });
        for (index, signer) in signers.iter().enumerate() {
            let signing = self.proof(secured, index, place, (claimed, needed));
            if let Some(signed) = signed.as_mut().filter(|signed| signer.as_ref() == Some(&signed.by)) {
                signed.at = signed.at.take().or(signing);
            }
        }
        signed
    }

    /// Checks one proof; when it was made, if its signer is known.
    fn proof(
        &mut self,
        secured: &Secured,
        index: usize,
        place: Place,
        (claimed, needed): (Option<&str>, VerificationRelationship),
    ) -> Option<Signing> {
        let proof = &secured.proofs()[index];
        self.proof_time(proof, place);
        if proof.purpose.as_deref().is_some_and(|purpose| purpose != needed.as_str()) {
            self.reject(place, Reason::WrongPurpose { method: proof.method.clone(), needed: needed.to_string() });
        }
        if let Some(mechanism) = secured.unsupported_link(index) {
            self.gap(place, Gap::Unsupported { what: format!("the proof {mechanism}, which another follows") });
        }
        let Some(method) = method_of(proof, claimed) else {
            self.no_did(&proof.method, place);
            return None;
        };
        let resolution = self.resolution(&method.did(), place)?;
        let signing = self.signing(secured, index, &method.did(), place);
        if let Some(key) = self.key((proof, &signing), &method, resolution, place, needed)
            && self.signature(secured, index, &key, place)
        {
            self.signed_by(place, &method, key);
        }
        Some(signing)
    }

    /// Checks one signature, by its place among the proofs, under the key that was found for it; whether it is good.
    pub(super) fn signature(&mut self, secured: &Secured, index: usize, key: &PublicKey, place: Place) -> bool {
        if !self.may_go_on(place) {
            return false;
        }
        let proof = &secured.proofs()[index];
        match secured.check_claims(index, key, &self.evidence.contexts) {
            Ok(()) => return true,
            Err(SignatureFault::Bad) => self.reject(place, Reason::BadSignature),
            Err(SignatureFault::WrongAlgorithm) => self.reject(place, Reason::WrongAlgorithm { method: proof.method.clone() }),
            Err(SignatureFault::UndefinedTerm { term }) => self.reject(place, Reason::UndefinedTerm { term }),
            Err(SignatureFault::Malformed { reason }) => self.reject(place, Reason::Malformed { fault: reason }),
            Err(SignatureFault::MissingContext { url }) => self.gap(place, Gap::MissingContext { url }),
            Err(SignatureFault::UnsignedName { term }) => self.gap(place, Gap::UnsignedName { term }),
            Err(SignatureFault::TooMuchWork) => self.gap(place, Gap::TooMuchWork),
        }
        false
    }

    /// A key that is named by no DID URL: one in a controlled identifier document cannot be looked up, anything else cannot exist.
    fn no_did(&mut self, method: &str, place: Place) {
        let at_url = url::Url::parse(method).is_ok_and(|url| ["https", "http"].contains(&url.scheme()));
        match at_url {
            true => self.gap(place, Gap::Unsupported { what: format!("the key {method}, which is at no DID") }),
            false => self.reject(place, Reason::InvalidDid { did: method.to_owned() }),
        }
    }

    pub(super) fn proof_time(&mut self, proof: &Proof, place: Place) {
        if let Some(at) = proof.created.as_ref().filter(|at| **at > self.now.plus_seconds(CLOCK_SKEW)) {
            self.reject(place, Reason::ProofFromFuture { at: at.clone() });
        }
        if let Some(from) = proof.not_before.as_ref().filter(|from| **from > self.now.plus_seconds(CLOCK_SKEW)) {
            self.reject(place, Reason::NotYetValid { from: from.clone() });
        }
        if let Some(at) = proof.expires.as_ref().filter(|at| *at < self.now) {
            self.reject(place, Reason::ProofExpired { at: at.clone() });
        }
    }

    /// The resolution of `did`, if it is at hand and fresh enough.
    fn resolution(&mut self, did: &Did, place: Place) -> Option<&'a Resolution> {
        let evidence = self.evidence;
        let (resolution, as_of) = match evidence.resolutions.get(did) {
            Some(Known::Found { what, as_of }) => (what, as_of),
            Some(Known::Impossible) => {
                self.reject(place, Reason::InvalidDid { did: did.to_string() });
                return None;
            }
            Some(Known::Missing { why }) => {
                self.gap(place, Gap::Unresolved { did: did.clone(), why: why.clone() });
                return None;
            }
            None => {
                self.gap(place, Gap::Unresolved { did: did.clone(), why: "nobody was asked".to_owned() });
                return None;
            }
        };
        let standing = resolution.standing.clone();
        // A DID that contains its document is never stale.
        if standing != Standing::SelfContained && as_of.plus_seconds(self.expected.resolution_max_age) < *self.now {
            self.gap(place, Gap::ResolutionStale { did: did.clone(), as_of: as_of.clone() });
        }
        let used = ResolutionUsed { did: did.clone(), standing, as_of: as_of.clone() };
        if !self.basis.resolutions.contains(&used) {
            self.rests_on(&used.standing, did, place);
            self.basis.resolutions.push(used);
        }
        Some(resolution)
    }

    /// The key that `proof` names, if it was valid for `needed` when the proof was made.
    fn key(
        &mut self,
        (proof, signing): (&Proof, &Signing),
        method: &DidUrl,
        resolution: &Resolution,
        place: Place,
        needed: VerificationRelationship,
    ) -> Option<PublicKey> {
        let found = match FoundKey::find(method, needed, resolution, (proof, self.now)) {
            Ok(Some(found)) => found,
            Ok(None) => {
                let reason = match resolution.metadata.deactivated {
                    Some(true) => Reason::Deactivated { did: method.did() },
                    _ => Reason::KeyNotInDocument { method: method.to_string() },
                };
                self.reject(place, reason);
                return None;
            }
            Err(Ambiguous) => {
                self.gap(place, Gap::Unsupported { what: format!("a token that does not say which key of {method} signed it") });
                return None;
            }
        };
        let stolen = found.stolen.filter(|stolen| signing.anchored.as_ref().is_none_or(|at| at.block >= stolen.block));
        match (stolen, &found.ended) {
            (Some(stolen), _) => self.reject(place, Reason::KeyStolen { method: method.to_string(), at: stolen.time }),
            (None, Some((ended, revoked))) => self.ended_key(&method.to_string(), signing, (ended, *revoked), place),
            (None, None) => {}
        }
        if let Some(from) = found.from.filter(|from| *from > signing.claimed.plus_seconds(CLOCK_SKEW)) {
            self.reject(place, Reason::KeyFromLater { method: method.to_string(), at: from });
        }
        if !found.relationships.contains(&needed) {
            self.reject(place, Reason::WrongPurpose { method: method.to_string(), needed: needed.to_string() });
        }
        if found.key.is_none() {
            self.gap(place, Gap::Unsupported { what: format!("the key {method}") });
        }
        found.key
    }

    /// A key whose validity has `ended`: what it signed later falls, what it signed before needs a proven time.
    pub(super) fn ended_key(&mut self, method: &str, signing: &Signing, (ended, revoked): (&Timestamp, bool), place: Place) {
        let (method, at) = (method.to_owned(), ended.clone());
        if signing.is_before(ended) {
            return;
        }
        if signing.claimed >= at {
            let reason = if revoked { Reason::KeyRevoked { method, at } } else { Reason::KeyExpired { method, at } };
            return self.reject(place, reason);
        }
        match self.expected.signing_time {
            SigningTime::Proven => self.gap(place, Gap::SigningTimeUnproven { method, ended: at }),
            SigningTime::Claimed => self.warn(place, Warning::SigningTimeClaimed { method, ended: at }),
        }
    }
}

/// A key that a proof names, as its DID document has it now or once had it.
struct FoundKey {
    key: Option<PublicKey>,
    relationships: Vec<VerificationRelationship>,
    /// When it was added, where the registry tells.
    from: Option<Timestamp>,
    /// When its validity ended, and whether by revocation, if it has.
    ended: Option<(Timestamp, bool)>,
    /// When it was reported stolen, if it was.
    stolen: Option<Reported>,
}

/// Several keys would do.
struct Ambiguous;

impl FoundKey {
    fn find(
        method: &DidUrl,
        needed: VerificationRelationship,
        resolution: &Resolution,
        (proof, now): (&Proof, &Timestamp),
    ) -> Result<Option<Self>, Ambiguous> {
        let signed = proof.created.as_ref().unwrap_or(now);
        let document = &resolution.document.verification_methods;
        let current = match document.iter().find(|m| m.id == *method) {
            Some(current) => Some(current),
            // Only a token may be vague; the verification method of an embedded proof is the key's own URL (CID 1.0 §3.3).
            None if proof.mechanism.is_embedded() => None,
            None => only(document.iter().filter(|m| is_meant(method, needed, m)))?,
        };
        let id = current.map_or(method, |current| &current.id);
        let periods: Vec<&KeyPeriod> = resolution.history.iter().filter(|period| period.id == *id).collect();
        let from = periods.first().map(|first| first.from.clone());
        let stolen = periods.iter().find_map(|period| period.stolen.clone());
        if let Some(current) = current {
            let past = |end: &Option<Timestamp>, revoked| end.clone().filter(|end| end <= now).map(|end| (end, revoked));
            let ended = past(&current.revoked, true).or(past(&current.expires, false));
            return Ok(Some(Self {
                key: current.key.clone(),
                relationships: current.relationships.clone(),
                from,
                ended,
                stolen,
            }));
        }
        let Some(period) = periods.iter().find(|period| period.contains(signed)).or(periods.last()) else { return Ok(None) };
        // A key that was renewed stands in the document under another name: it has not been retired.
        let renewed = document.iter().any(|m| m.key.is_some() && m.key == period.key);
        let ended = period.until.clone().filter(|_| !renewed).map(|end| (end, period.until_block.is_some()));
        Ok(Some(Self { key: period.key.clone(), relationships: period.relationships.clone(), from, ended, stolen }))
    }
}

/// Whether a token means the key `found` although it does not name it by its URL: by its JWK's `kid` or its thumbprint
/// (VC-JOSE-COSE §4.3), or, when it names none, because the key may be used for this (§4.1.2).
fn is_meant(method: &DidUrl, needed: VerificationRelationship, found: &VerificationMethod) -> bool {
    let Some(name) = method.fragment() else { return found.key.is_some() && found.relationships.contains(&needed) };
    let own = found.material.get("publicKeyJwk").and_then(|jwk| jwk.get("kid")).and_then(|kid| kid.as_str());
    let thumbprint = name.strip_prefix(THUMBPRINT_URI).unwrap_or(name);
    own == Some(name) || found.key.as_ref().is_some_and(|key| key.thumbprint() == thumbprint)
}

/// The one key of several methods; none when there is no method.
fn only<'m>(mut methods: impl Iterator<Item = &'m VerificationMethod>) -> Result<Option<&'m VerificationMethod>, Ambiguous> {
    let Some(first) = methods.next() else { return Ok(None) };
    if methods.all(|other| other.key == first.key) { Ok(Some(first)) } else { Err(Ambiguous) }
}

/// The key a proof names, which may be relative to whoever is said to have signed; none when it is at no DID.
pub(super) fn method_of(proof: &Proof, claimed: Option<&str>) -> Option<DidUrl> {
    let relative = proof.method.is_empty() || proof.method.starts_with('#');
    match relative {
        true => format!("{}{}", claimed?, proof.method).parse().ok(),
        false => proof.method.parse().ok(),
    }
}
