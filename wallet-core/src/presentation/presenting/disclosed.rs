//! What of a credential leaves the wallet.

use rand_core::CryptoRng;
use serde_json::Value;

use crate::error::Result;
use crate::json::JsonPointer;
use crate::presentation::dcql::SelectedClaim;
use crate::securing::Secured;
use crate::securing::linked_data::Contexts;

/// What a verifier needs of a W3C credential to judge it at all, and its issuer may have left to the holder.
const NEEDED: [&str; 7] =
    ["issuer", "validFrom", "validUntil", "issuanceDate", "expirationDate", "credentialStatus", "credentialSchema"];

/// The credential that leaves when `claims` are shared of `credential`: these, what is always shown, and nothing else; all of it when
/// its mechanism leaves nothing out (OpenID4VP 1.0 §6.4.1).
///
/// A shared claim goes along with all that is inside it. Where a part cannot be taken out on its own, such as an item of an ordered
/// list under Data Integrity, the whole around it goes: look at the result to see what leaves. Fails as [`Secured::disclose`] does.
pub fn disclosed(
    credential: &Secured,
    claims: &[SelectedClaim],
    contexts: &Contexts,
    rng: &mut dyn CryptoRng,
) -> Result<Secured> {
    let chosen: Vec<JsonPointer> = claims.iter().flat_map(|claim| claim.pointers.iter().cloned()).collect();
    if credential.sd_jwt().is_some() {
        let inside = credential.disclosable().into_iter().filter(|place| chosen.iter().any(|claim| is_inside(place, claim)));
        let all: Vec<JsonPointer> = inside.chain(chosen.iter().cloned()).collect();
        return credential.disclose(&all, contexts, rng);
    }
    if !credential.is_for_holder_only() {
        return Ok(credential.clone());
    }
    let needed = needed(credential);
    let with_needed = |chosen: &[JsonPointer]| needed.iter().chain(chosen).cloned().collect::<Vec<_>>();
    credential.disclose(&with_needed(&chosen), contexts, rng).or_else(|_| {
        let mut whole = Vec::with_capacity(chosen.len());
        for claim in &chosen {
            whole.push(widened(claim, |wider| {
                credential.disclose(&with_needed(std::slice::from_ref(wider)), contexts, rng).is_ok()
            }));
        }
        credential.disclose(&with_needed(&whole), contexts, rng)
    })
}

/// The smallest part around `claim` that can be taken out on its own.
fn widened(claim: &JsonPointer, mut can_be_taken: impl FnMut(&JsonPointer) -> bool) -> JsonPointer {
    let tokens = claim.tokens();
    let mut parts = (1..=tokens.len()).rev().map(|length| JsonPointer::new(tokens[..length].iter().cloned()));
    parts.find(|part| can_be_taken(part)).unwrap_or_default()
}

fn is_inside(place: &JsonPointer, claim: &JsonPointer) -> bool {
    place.tokens().starts_with(claim.tokens())
}

/// The members of [`NEEDED`] that are there, and the subject's identifier, which the holder's proof is about.
fn needed(credential: &Secured) -> Vec<JsonPointer> {
    let body = credential.body();
    let mut needed: Vec<JsonPointer> =
        NEEDED.iter().filter(|name| body.contains_key(**name)).map(|name| JsonPointer::new([*name])).collect();
    match body.get("credentialSubject") {
        Some(Value::Object(subject)) if subject.contains_key("id") => {
            needed.push(JsonPointer::new(["credentialSubject", "id"]));
        }
        _ => {}
    }
    needed
}
