//! When a credential was signed, as the registry proves it: no later than its issuer anchored it.

use super::{AnchorUsed, Anchoring, Examination, Gap, Known, Place, Warning};
use crate::did::Did;
use crate::registry::B256;
use crate::registry::credential_registry::Moment;
use crate::securing::Secured;
use crate::securing::linked_data::Contexts;
use crate::time::Timestamp;

/// When something was signed.
#[derive(Debug, Clone)]
pub(super) struct Signing {
    /// What the signature itself says; now, where it says nothing.
    pub claimed: Timestamp,
    /// The moment by which it is proven to have been there.
    pub anchored: Option<Anchored>,
}

/// The place on the chain by which a signature is known to have been there.
#[derive(Debug, Clone)]
pub(super) struct Anchored {
    /// The block.
    pub block: u64,
    /// Its time.
    pub time: Timestamp,
}

impl Signing {
    /// Whether it was surely signed before a moment.
    pub fn is_before(&self, moment: &Timestamp) -> bool {
        self.anchored.as_ref().is_some_and(|anchored| anchored.time < *moment)
    }
}

/// The root that the inclusion proof of `secured` leads to from one of its proofs; none where there is none, or it cannot be known.
pub(super) fn root(secured: &Secured, proof: usize, contexts: &Contexts) -> Option<B256> {
    Some(secured.inclusion()?.root(&secured.signed_digest(proof, contexts).ok()?))
}

impl Examination<'_> {
    /// When the proof at `index`, made by `signer`, was made; notes what the anchor rests on, and what is missing of it.
    pub(super) fn signing(&mut self, secured: &Secured, index: usize, signer: &Did, place: Place) -> Signing {
        let claimed = secured.proofs()[index].created.as_ref().unwrap_or(self.now).clone();
        let root = match place {
            Place::Credential(_) => root(secured, index, &self.evidence.contexts),
            Place::Presentation => None,
        };
        let anchored = root.and_then(|root| self.anchored(signer, root, place));
        let is_asked_for = place != Place::Presentation && self.expected.anchoring == Anchoring::Required;
        if is_asked_for && root.is_none() {
            self.gap(place, Gap::NotAnchored { issuer: signer.to_string() });
        }
        Signing { claimed, anchored }
    }

    fn anchored(&mut self, signer: &Did, root: B256, place: Place) -> Option<Anchored> {
        let (issuer, evidence) = (signer.to_string(), self.evidence);
        let (told, as_of) = match evidence.anchors.get(&(signer.clone(), root)) {
            Some(Known::Found { what, as_of }) => (what, as_of),
            missing => {
                let why = match missing {
                    Some(Known::Missing { why }) => why.clone(),
                    _ => "nobody was asked".to_owned(),
                };
                if self.expected.anchoring == Anchoring::Required {
                    self.gap(place, Gap::AnchorMissing { issuer, why });
                }
                return None;
            }
        };
        let Some(anchored) = told.what.and_then(Anchored::at) else {
            match self.expected.anchoring {
                Anchoring::Required => self.gap(place, Gap::NotAnchored { issuer }),
                Anchoring::Optional => self.warn(place, Warning::AnchorNotFound { issuer }),
            }
            return None;
        };
        self.rests_on(&told.standing, signer, place);
        self.basis.anchors.push(AnchorUsed {
            issuer: signer.clone(),
            root: root.to_string(),
            anchored_in: anchored.block,
            anchored_at: anchored.time.clone(),
            standing: told.standing.clone(),
            as_of: as_of.clone(),
        });
        Some(anchored)
    }
}

impl Anchored {
    fn at(moment: Moment) -> Option<Self> {
        Some(Self { block: moment.block, time: Timestamp::from_seconds(moment.time).ok()? })
    }
}
