//! From evidence to a verdict, the checks in order.
//!
//! A good signature is one check of many. For each credential, then for the presentation around it:
//!
//! 1. the data model is followed, the resources it pins and the schemas it names included;
//! 2. the key that a proof names belongs to the issuer (or holder), is for that purpose, and was valid when the proof was made;
//! 3. the proof's own time holds, its algorithm is the key's, its signature is good, and every claim is covered by it;
//! 4. the validity has begun and has not ended;
//! 5. no status list of the issuer's says otherwise;
//! 6. the issuer is one the verifier believes, or was accredited for this when it signed;
//! 7. the presentation answers this verifier's request and no other, and its holder is the credentials' subject.
//!
//! All reasons are reported, not only the first. Missing evidence is a gap: it neither rejects nor accepts.

mod accreditation_check;
mod anchor_check;
mod certificate_check;
mod evidence;
mod expectations;
mod finding;
mod json_schema;
mod model_check;
mod problem;
mod proof_check;
mod schema_check;
mod sd_jwt_check;
mod sentences;
mod staple;
mod status_check;
mod verdict;

pub use evidence::{Evidence, Known, Need};
pub use expectations::{Accrediting, Anchoring, Expectations, Issuers, Presenter, SigningTime};
pub use finding::{Finding, Gap, Place, Reason, Warning};
pub use problem::ProblemDetails;
pub use sentences::Say;
pub use staple::{is_fresh as is_fresh_list, is_list as is_status_list};
pub use verdict::{
    AccreditationUsed, AnchorUsed, Basis, CertificateUsed, IssuerUsed, ResolutionUsed, StatusListUsed, Verdict, Verified,
};

use serde_json::Value;
use subtle::ConstantTimeEq as _;

use crate::credential::{Credential, ModelVersion, Presentation, profiles};
use crate::did::{Did, DidUrl, Standing, VerificationRelationship};
use crate::error::WalletError;
use crate::key::PublicKey;
use crate::securing::sd_jwt::SdJwt;
use crate::securing::{Kind, Secured};
use crate::time::Timestamp;
use staple::Staples;

/// The type of a status list (Bitstring Status List §2.2).
const STATUS_LIST: &str = "BitstringStatusListCredential";

/// Judges `secured`, a credential or a presentation with the credentials inside it, as of `now`.
///
/// A plain function: the same evidence gives the same verdict, on any machine, with no network.
pub fn verify(secured: &Secured, evidence: &Evidence, expected: &Expectations, now: &Timestamp) -> Verdict {
    let mut examination = Examination::new(evidence, expected, now);
    match secured.kind() {
        Kind::Credential => examination.bare_credential(secured),
        Kind::Presentation => examination.presentation(secured),
        Kind::StatusList => {
            let fault = "it is a status list, and not a credential".to_owned();
            examination.reject(Place::Credential(0), Reason::Malformed { fault });
        }
    }
    examination.verdict()
}

/// One verification under way: what it looks at, and what it has found so far.
struct Examination<'a> {
    evidence: &'a Evidence,
    expected: &'a Expectations,
    now: &'a Timestamp,
    reasons: Vec<Finding<Reason>>,
    gaps: Vec<Finding<Gap>>,
    warnings: Vec<Finding<Warning>>,
    basis: Basis,
    holder: Option<Did>,
    /// The keys whose signatures over the presentation were found good, each with its name.
    presenting: Vec<(String, PublicKey)>,
    /// The key each credential is bound to by its `cnf`, where it says so (VC-JOSE-COSE §4.1.3, RFC 7800 §3).
    bound: Vec<Option<Value>>,
    credentials: Vec<Credential>,
    lists: status_check::Lists,
    /// The status lists that were handed over.
    staples: Staples,
    /// The costly checks begun so far.
    checks: usize,
}

/// The most costly checks, of signatures and status entries, that one verification makes: a hundred credentials take three each.
const MAX_CHECKS: usize = 400;

impl<'a> Examination<'a> {
    fn new(evidence: &'a Evidence, expected: &'a Expectations, now: &'a Timestamp) -> Self {
        let basis = Basis::new(now.clone());
        let (reasons, gaps, warnings, credentials) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (holder, presenting, bound, lists) = (None, Vec::new(), Vec::new(), status_check::Lists::default());
        let (staples, checks) = (Staples::of(&[], evidence), 0);
        Self {
            evidence,
            expected,
            now,
            reasons,
            gaps,
            warnings,
            basis,
            holder,
            presenting,
            bound,
            credentials,
            lists,
            staples,
            checks,
        }
    }

    fn bare_credential(&mut self, secured: &Secured) {
        let place = Place::Credential(0);
        match (secured.sd_jwt(), self.expected.presenter) {
            // With the holder's signature at its end it is a presentation of itself.
            (Some(token), presenter) if token.is_bound() || presenter == Presenter::Subject => {}
            (_, Presenter::Subject) => self.reject(place, Reason::NotAPresentation),
            (_, Presenter::Anyone) => self.warn(place, Warning::Bearer),
        }
        self.credential(secured, place);
        self.binding(secured, place);
    }

    fn credential(&mut self, secured: &Secured, place: Place) {
        let credential = match secured.credential() {
            Ok(credential) => credential,
            Err(faults) => {
                for fault in faults {
                    self.reject(place, Reason::Malformed { fault: fault.to_string() });
                }
                return;
            }
        };
        self.meaning(secured, credential.version(), place);
        self.related_resources(&credential, place);
        // A status list with a schema of its own could lead back to the credential, and is checked as a list.
        if !credential.has_type(STATUS_LIST) {
            self.schemas(secured, &credential, place);
        }
        let issued = self.issuer_proofs(secured, &credential, place);
        self.type_rules(secured, &credential, place);
        self.validity(&credential, place);
        self.status(secured, &credential, place);
        match (issued.certified, &self.expected.issuers) {
            // Who is certified by an authority that is trusted is known; an accreditation says more.
            (true, Issuers::Any | Issuers::Known(_)) => {}
            _ => self.issuer(&credential, issued.signing.as_ref(), place),
        }
        for fault in profiles::check(&credential) {
            self.warn(place, Warning::Profile { fault: fault.to_string() });
        }
        self.bound.push(secured.claim("cnf").cloned());
        self.credentials.push(credential);
    }

    /// Notes whose signature was found good, when it is over the presentation.
    fn signed_by(&mut self, place: Place, method: &DidUrl, key: PublicKey) {
        if place == Place::Presentation {
            self.presenting.push((method.to_string(), key));
        }
    }

    fn validity(&mut self, credential: &Credential, place: Place) {
        if let Some(from) = credential.valid_from().filter(|from| *from > self.now) {
            self.reject(place, Reason::NotYetValid { from: from.clone() });
        }
        // The last moment of validity is still valid (VC DM 2.0 §4.9), but not the one of a JWT (RFC 7519 §4.1.4).
        let last = credential.version() != ModelVersion::SdJwtVc;
        if let Some(until) = credential.valid_until().filter(|until| *until < self.now || (!last && *until == self.now)) {
            self.reject(place, Reason::Expired { until: until.clone() });
        }
    }

    fn presentation(&mut self, secured: &Secured) {
        let place = Place::Presentation;
        let presentation = match Presentation::check(secured.body()) {
            Ok(presentation) => presentation,
            Err(faults) => {
                for fault in faults {
                    self.reject(place, Reason::Malformed { fault: fault.to_string() });
                }
                return;
            }
        };
        self.meaning(secured, presentation.version(), place);
        let nested = match secured.nested() {
            Ok(nested) => nested,
            Err(error) => return self.reject(place, Reason::Malformed { fault: error.to_string() }),
        };
        self.staples = Staples::of(nested.iter().flatten(), self.evidence);
        for (index, nested) in nested.into_iter().enumerate() {
            let place = Place::Credential(index);
            match nested {
                // It came along to be looked into, and is not presented itself.
                Ok(list) if staple::is_list(&list) => {}
                Ok(credential) => {
                    self.credential(&credential, place);
                    if credential.sd_jwt().is_some_and(SdJwt::is_bound) {
                        self.binding(&credential, place);
                    }
                }
                Err(WalletError::Unsupported { what, .. }) => self.gap(place, Gap::Unsupported { what }),
                Err(error) => self.reject(place, Reason::Malformed { fault: error.to_string() }),
            }
        }
        let authentication = VerificationRelationship::Authentication;
        self.holder = self.proofs(secured, place, presentation.holder(), authentication).map(|signed| signed.by);
        self.freshness(secured);
        self.subjects();
    }

    /// The presentation answers this verifier's request: its nonce and audience are the ones that were asked for.
    fn freshness(&mut self, secured: &Secured) {
        let place = Place::Presentation;
        let (Some(nonce), Some(audience)) = (&self.expected.nonce, &self.expected.audience) else {
            return self.gap(place, Gap::FreshnessUnchecked);
        };
        for proof in secured.proofs() {
            let given = proof.nonce.as_deref().unwrap_or_default();
            if !bool::from(given.as_bytes().ct_eq(nonce.as_bytes())) {
                self.reject(place, Reason::WrongNonce);
            }
            // The audiences of a token may be many (RFC 7519 §4.1.3); the domains of a proof are the verifier's own and no others
            // (VC Data Integrity §4.4, step 6).
            let others = proof.mechanism.is_embedded() && proof.audience.iter().any(|one| one != audience);
            if others || !proof.audience.contains(audience) {
                self.reject(place, Reason::WrongAudience { audience: proof.audience.clone() });
            }
        }
    }

    /// The one who presents is the subject of every credential, or holds the key that the credential is bound to.
    fn subjects(&mut self) {
        if self.expected.presenter == Presenter::Anyone {
            return;
        }
        let Some(holder) = self.holder.clone() else { return };
        let belongs = |credential: &Credential, bound: &Option<Value>| match bound {
            Some(cnf) => self.presenting.iter().any(|(method, key)| is_confirmed(cnf, method, key)),
            None => credential.subject_ids().contains(&holder.as_str()),
        };
        let strangers: Vec<usize> = (self.credentials.iter().zip(&self.bound).enumerate())
            .filter(|(_, (credential, bound))| !belongs(credential, bound))
            .map(|(index, _)| index)
            .collect();
        for index in strangers {
            self.reject(Place::Credential(index), Reason::HolderNotSubject { holder: holder.to_string() });
        }
    }

    fn verdict(self) -> Verdict {
        let Self { reasons, gaps, warnings, basis, holder, credentials, .. } = self;
        if !reasons.is_empty() {
            return Verdict::Rejected { reasons, gaps, basis };
        }
        if !gaps.is_empty() {
            return Verdict::Undetermined { gaps, basis };
        }
        Verdict::Accepted(Verified { holder, credentials, warnings, basis })
    }

    /// Whether one more costly check may be made; else that it was not is a gap at `place`, once. What cost too much in one place is
    /// not worth more work in another.
    fn may_go_on(&mut self, place: Place) -> bool {
        self.checks += 1;
        let spent = |found: &Finding<Gap>| found.what == Gap::TooMuchWork;
        if self.checks <= MAX_CHECKS && !self.gaps.iter().any(spent) {
            return true;
        }
        if !self.gaps.iter().any(|found| spent(found) && found.place == place) {
            self.gap(place, Gap::TooMuchWork);
        }
        false
    }

    fn reject(&mut self, place: Place, what: Reason) {
        self.reasons.push(Finding { place, what });
    }

    fn gap(&mut self, place: Place, what: Gap) {
        self.gaps.push(Finding { place, what });
    }

    fn warn(&mut self, place: Place, what: Warning) {
        self.warnings.push(Finding { place, what });
    }

    /// Notes that the verdict rests on what a registry says of `did`; once, where that is only believed.
    fn rests_on(&mut self, standing: &Standing, did: &Did, place: Place) {
        let believed = Warning::Believed { did: did.clone() };
        if matches!(standing, Standing::Believed { .. }) && !self.warnings.iter().any(|warning| warning.what == believed) {
            self.warn(place, believed);
        }
    }
}

/// Whether `key` is the one a `cnf` claim names, by value, by thumbprint or by its name (RFC 7800 §3.2, §3.4, RFC 9449 §6.1).
fn is_confirmed(cnf: &Value, method: &str, key: &PublicKey) -> bool {
    let by_value = cnf.get("jwk").and_then(|jwk| PublicKey::from_jwk(jwk).ok()).is_some_and(|named| named == *key);
    let says = |name: &str, value: &str| cnf.get(name).and_then(Value::as_str) == Some(value);
    by_value || says("jkt", &key.thumbprint()) || says("kid", method)
}
