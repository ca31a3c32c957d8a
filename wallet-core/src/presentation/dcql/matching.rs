//! One credential against one credential query (OpenID4VP 1.0 §6.1, §6.4.1).

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use super::choices::{Match, SelectedClaim};
use super::{ClaimsQuery, CredentialFormat, CredentialQuery, HolderBinding, Meta, Mismatch, QueryId, types};
use crate::credential::{Credential, Items};
use crate::key::KeyAlgorithm;
use crate::presentation::VpFormats;
use crate::securing::Secured;
use crate::securing::linked_data::Contexts;

/// A credential that the holder keeps.
pub struct Held {
    /// The name by which the holder knows it.
    pub name: String,
    /// The credential, as it was received.
    pub credential: Secured,
    /// The kind of the holder's key that it is bound to; none when the holder has no such key.
    pub key: Option<KeyAlgorithm>,
    /// Whether it still holds.
    pub validity: Validity,
}

/// Whether a credential still holds, as far as its own dates say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Validity {
    /// It does.
    Current,
    /// It has ended.
    Ended,
}

/// A credential that was presented.
pub struct Presented<'a> {
    /// The credential, itself or out of its presentation.
    pub credential: &'a Secured,
    /// Whether its holder has proven to hold its key.
    pub holder: HolderProof,
}

/// Whether a holder has proven to hold the key of a credential, for this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolderProof {
    /// It has.
    Given,
    /// It has not.
    Absent,
}

/// The claims that are selected of one credential, and at which place the verifier likes them.
struct Selected {
    preference: usize,
    claims: Vec<SelectedClaim>,
    weight: usize,
}

impl CredentialQuery {
    /// What of `held` answers this query, or why nothing does.
    pub(super) fn find_in(&self, held: &Held, formats: &VpFormats, contexts: &Contexts) -> Result<Match, Mismatch> {
        let secured = &held.credential;
        self.check_kind(secured, contexts)?;
        let bound = self.holder_binding == HolderBinding::Required;
        if !formats.take(secured, held.key.filter(|_| bound)) {
            return Err(Mismatch::Algorithm);
        }
        self.check_authority(secured)?;
        if bound && held.key.is_none() {
            return Err(Mismatch::NotBound);
        }
        let Selected { preference, claims, weight } = self.select(secured.body(), Items::AsIssued)?;
        let is_divisible = secured.sd_jwt().is_some() || secured.is_for_holder_only();
        let weight = if is_divisible { weight } else { secured.body().values().map(leaves).sum() };
        Ok(Match { credential: held.name.clone(), claims, validity: held.validity, preference, weight })
    }

    /// Checks that a presented credential is what this query asks for: the verifier's own check, which relies on no wallet (§14.9).
    ///
    /// Signatures, and whether the holder's proof is good, are verification's to check. Claims with an index are looked for up to
    /// that place where items of a list may have been left out.
    pub fn check_presented(&self, presented: &Presented<'_>, contexts: &Contexts) -> Result<(), Mismatch> {
        let secured = presented.credential;
        self.check_kind(secured, contexts)?;
        self.check_authority(secured)?;
        if self.holder_binding == HolderBinding::Required && presented.holder == HolderProof::Absent {
            return Err(Mismatch::NotBound);
        }
        let whole = self.format == CredentialFormat::JwtVcJson;
        self.select(secured.body(), if whole { Items::AsIssued } else { Items::Thinned }).map(drop)
    }

    fn check_kind(&self, secured: &Secured, contexts: &Contexts) -> Result<(), Mismatch> {
        if CredentialFormat::of(secured).as_ref() != Some(&self.format) {
            return Err(Mismatch::Format);
        }
        let credential = secured.credential().map_err(|_| Mismatch::Format)?;
        if self.takes_type(&credential, contexts) {
            return Ok(());
        }
        let missing = types::missing_context(&credential, contexts).filter(|_| matches!(self.meta, Meta::Types(_)));
        Err(missing.map_or(Mismatch::Type, |url| Mismatch::ContextMissing { url: url.to_owned() }))
    }

    fn takes_type(&self, credential: &Credential, contexts: &Contexts) -> bool {
        match &self.meta {
            Meta::Any => true,
            Meta::Vct(values) => credential.types().into_iter().any(|vct| values.iter().any(|value| value == vct)),
            Meta::Types(alternatives) => {
                let own = types::expanded(credential, contexts);
                alternatives.iter().any(|types| types.iter().all(|kind| own.contains(kind)))
            }
            Meta::Other(_) => false,
        }
    }

    fn check_authority(&self, secured: &Secured) -> Result<(), Mismatch> {
        if self.trusted_authorities.is_empty() {
            return Ok(());
        }
        let found = self.trusted_authorities.iter().any(|authorities| authorities.certify(secured));
        if found { Ok(()) } else { Err(Mismatch::Authority) }
    }

    /// The claims to return: all, or the first combination that is there (§6.4.1).
    fn select(&self, body: &Map<String, Value>, items: Items) -> Result<Selected, Mismatch> {
        let found: Vec<_> = self.claims.iter().map(|claim| claim.select(body, items)).collect();
        if self.claim_sets.is_empty() {
            let all = found.iter().map(|claim| claim.as_ref().map_err(Clone::clone)).collect::<Result<Vec<_>, _>>()?;
            return Ok(Selected::of(0, all));
        }
        let named = self.claims.iter().zip(&found).filter_map(|(claim, found)| Some((claim.id.as_ref()?, found)));
        let named: BTreeMap<&QueryId, _> = named.collect();
        let mut nearest: Option<Mismatch> = None;
        for (preference, set) in self.claim_sets.iter().enumerate() {
            let all = set.iter().filter_map(|id| named.get(id)).map(|claim| claim.as_ref());
            match all.collect::<Result<Vec<_>, _>>() {
                Ok(all) => return Ok(Selected::of(preference, all)),
                Err(mismatch) => nearest = Some(mismatch.clone().closer(nearest)),
            }
        }
        Err(nearest.expect("there is a combination, and none was there"))
    }
}

impl Selected {
    /// Of a claim that is asked for twice the second query is ignored (§6.1).
    fn of(preference: usize, all: Vec<&Found>) -> Self {
        let mut paths = HashSet::new();
        let different: Vec<_> = all.into_iter().filter(|found| paths.insert(&found.claim.path)).collect();
        let weight = different.iter().map(|found| found.weight).sum();
        Self { preference, claims: different.into_iter().map(|found| found.claim.clone()).collect(), weight }
    }
}

/// A claim, and how many single values it is made of.
struct Found {
    claim: SelectedClaim,
    weight: usize,
}

impl ClaimsQuery {
    /// Where the claim is inside `body`, without those of other values (§6.4.1).
    fn select(&self, body: &Map<String, Value>, items: Items) -> Result<Found, Mismatch> {
        let missing = |_| Mismatch::ClaimMissing { path: self.path.clone() };
        let mut selected = self.path.select(body, items).map_err(missing)?;
        selected.retain(|one| self.takes(one.value));
        if selected.is_empty() {
            return Err(Mismatch::ValueDiffers { path: self.path.clone() });
        }
        let weight = selected.iter().map(|one| leaves(one.value)).sum();
        let pointers = selected.iter().map(|one| one.pointer()).collect();
        Ok(Found { claim: SelectedClaim { path: self.path.clone(), pointers }, weight })
    }
}

/// How many single values a value is made of.
fn leaves(value: &Value) -> usize {
    match value {
        Value::Object(object) => object.values().map(leaves).sum(),
        Value::Array(items) => items.iter().map(leaves).sum(),
        _ => 1,
    }
}
