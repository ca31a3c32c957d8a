//! Whether this issuer may say this: who accredited it for the credential's types, and whether that stood when it signed.

use super::anchor_check::Signing;
use super::{AccreditationUsed, Accrediting, Examination, Gap, Issuers, Known, Place, SigningTime, Warning};
use crate::credential::{Credential, ModelVersion};
use crate::did::Did;
use crate::did::ethr::{self, Identity};
use crate::registry::accreditation::{Path, Scope, Step};
use crate::securing::linked_data::{Contexts, LinkedDataError, type_iris};
use crate::time::Timestamp;

/// What every W3C credential is, and nobody is accredited for.
const VERIFIABLE_CREDENTIAL: &str = "https://www.w3.org/2018/credentials#VerifiableCredential";

/// Whether a DID is on a registry, where somebody may have accredited it.
pub(super) fn is_registered(did: &Did) -> bool {
    did.method() == "ethr"
}

/// The URLs of the types a credential is of, each of which its issuer must be accredited for: of an SD-JWT VC its `vct`, and of a
/// credential without a type of its own those of its subjects.
pub(super) fn type_urls(credential: &Credential, contexts: &Contexts) -> Result<Vec<String>, LinkedDataError> {
    if credential.version() == ModelVersion::SdJwtVc {
        return Ok(credential.types().into_iter().map(str::to_owned).collect());
    }
    for names in [&[][..], &["credentialSubject"]] {
        let mut urls = type_iris(credential.json(), names, contexts)?;
        urls.retain(|url| url != VERIFIABLE_CREDENTIAL);
        urls.sort_unstable();
        urls.dedup();
        if !urls.is_empty() {
            return Ok(urls);
        }
    }
    Ok(vec![VERIFIABLE_CREDENTIAL.to_owned()])
}

impl Examination<'_> {
    /// The issuer is one the verifier believes, for this kind of credential; `signing` is when it signed.
    pub(super) fn issuer(&mut self, credential: &Credential, signing: Option<&Signing>, place: Place) {
        let expected = self.expected;
        let issuer = credential.issuer();
        let did = issuer.parse::<Did>().ok();
        let unknown = Gap::UnknownIssuer { issuer: issuer.to_owned() };
        match (&expected.issuers, did) {
            (Issuers::Any, _) => self.warn(place, Warning::IssuerNotKnown { issuer: issuer.to_owned() }),
            (Issuers::Known(known), Some(did)) if known.contains_key(&did) => {}
            (Issuers::Accredited(accrediting), Some(did)) if accrediting.roots.contains_key(&did) => {}
            (Issuers::Accredited(accrediting), Some(did)) if is_registered(&did) => {
                self.accredited(credential, (&did, accrediting), signing, place);
            }
            _ => self.gap(place, unknown),
        }
    }

    fn accredited(
        &mut self,
        credential: &Credential,
        (issuer, accrediting): (&Did, &Accrediting),
        signing: Option<&Signing>,
        place: Place,
    ) {
        let types = match type_urls(credential, &self.evidence.contexts) {
            Ok(types) => types,
            Err(error) => {
                let missing = Gap::AccreditationMissing { issuer: issuer.to_string(), why: error.to_string() };
                return self.gap(place, missing);
            }
        };
        // Who did not sign with any key that is known has signed at no time.
        let now = Signing { claimed: self.now.clone(), anchored: None };
        let signing = signing.unwrap_or(&now);
        for type_url in types {
            let scopes = accrediting.scopes(&type_url).into_iter();
            // The best that any scope gives.
            let found = scopes.map(|scope| self.held(issuer, &scope, accrediting, signing)).min_by_key(Found::rank);
            match found.unwrap_or(Found::Nobody) {
                Found::Good(used) => self.use_accreditation(*used, place),
                Found::Ended(used) => self.ended_accreditation(*used, place),
                Found::NotThen(at) => self.gap(place, Gap::NotAccredited { issuer: issuer.to_string(), at }),
                Found::Missing(why) => self.gap(place, Gap::AccreditationMissing { issuer: issuer.to_string(), why }),
                Found::Nobody => self.gap(place, Gap::UnknownIssuer { issuer: issuer.to_string() }),
            }
        }
    }

    /// What is known of an issuer's accreditations in one scope.
    fn held(&self, issuer: &Did, scope: &Scope, Accrediting { roots, .. }: &Accrediting, signing: &Signing) -> Found {
        let (told, as_of) = match self.evidence.accreditations.get(&(issuer.clone(), scope.clone())) {
            Some(Known::Found { what, as_of }) => (what, as_of),
            Some(Known::Missing { why }) => return Found::Missing(why.clone()),
            Some(Known::Impossible) => return Found::Nobody,
            None => return Found::Missing("nobody was asked".to_owned()),
        };
        let paths: Vec<&Path> = told.what.iter().filter(|path| roots.contains_key(&path.root)).collect();
        let signed = signing.anchored.as_ref().map_or(&signing.claimed, |anchored| &anchored.time);
        let good = |path: &Path, at: &Timestamp| u64::try_from(at.unix()).is_ok_and(|at| path.stands(at));
        let then: Vec<&Path> = paths.iter().copied().filter(|path| good(path, signed)).collect();
        let used = |path: &Path| {
            let root_name = roots.get(&path.root).cloned().unwrap_or_default();
            let (standing, as_of) = (told.standing.clone(), as_of.clone());
            let (path, until) = (dids(path, issuer), until(path, &as_of));
            Box::new(AccreditationUsed { issuer: issuer.clone(), scope: scope.clone(), path, root_name, until, standing, as_of })
        };
        // One that still stands needs no proof of when it was signed.
        match then.iter().find(|path| signing.anchored.is_some() || good(path, self.now)) {
            Some(path) => Found::Good(used(path)),
            None => match (then.first(), paths.is_empty()) {
                (Some(path), _) => Found::Ended(used(path)),
                (None, false) => Found::NotThen(signed.clone()),
                (None, true) => Found::Nobody,
            },
        }
    }

    fn use_accreditation(&mut self, used: AccreditationUsed, place: Place) {
        if used.as_of.plus_seconds(self.expected.resolution_max_age) < *self.now {
            self.gap(place, Gap::ResolutionStale { did: used.issuer.clone(), as_of: used.as_of.clone() });
        }
        self.rests_on(&used.standing, &used.issuer, place);
        if !self.basis.accreditations.contains(&used) {
            self.basis.accreditations.push(used);
        }
    }

    /// An accreditation that stood when the issuer says it signed, and stands no longer.
    fn ended_accreditation(&mut self, used: AccreditationUsed, place: Place) {
        let (issuer, ended) = (used.issuer.to_string(), used.until.clone());
        match self.expected.signing_time {
            SigningTime::Proven => self.gap(place, Gap::AccreditationUnproven { issuer, ended }),
            SigningTime::Claimed => self.warn(place, Warning::AccreditationEnded { issuer, ended }),
        }
        self.use_accreditation(used, place);
    }
}

/// What is known of an issuer's accreditations in one scope, the best first.
enum Found {
    /// It was accredited when it signed.
    Good(Box<AccreditationUsed>),
    /// It was when it says it signed, and no longer is.
    Ended(Box<AccreditationUsed>),
    /// It was accredited, and not when it signed.
    NotThen(Timestamp),
    /// It could not be looked up.
    Missing(String),
    /// Nothing shows that it ever was.
    Nobody,
}

impl Found {
    fn rank(&self) -> u8 {
        match self {
            Self::Good(_) => 0,
            Self::Ended(_) => 1,
            Self::NotThen(_) => 2,
            Self::Missing(_) => 3,
            Self::Nobody => 4,
        }
    }
}

/// Those on the way, the root first and without the issuer itself, as DIDs of its network.
fn dids(path: &Path, issuer: &Did) -> Vec<Did> {
    let network = Identity::read(issuer).ok().and_then(|identity| identity.network).unwrap_or_else(|| "0x1".to_owned());
    let did = |step: &Step| ethr::from_address(&network, &step.subject.into_array()).ok();
    std::iter::once(path.root.clone()).chain(path.steps.iter().skip(1).rev().filter_map(did)).collect()
}

/// When a path stops to stand, as far as is known; `otherwise` where that is beyond any date.
fn until(path: &Path, otherwise: &Timestamp) -> Timestamp {
    path.until().and_then(|seconds| Timestamp::from_seconds(seconds).ok()).unwrap_or_else(|| otherwise.clone())
}
