//! What a document must be before it is signed: a conforming issuer makes conforming documents and no others (VC DM 2.0 §1.3).

use serde_json::{Map, Value};

use super::linked_data::{self, Contexts, LinkedDataError};
use super::{Kind, Mechanism, claims};
use crate::credential::{Credential, CredentialFault, ModelVersion, Presentation, RelatedResource};
use crate::error::{Result, WalletError};

/// The members whose objects have types of their own (VC DM 2.0 §4.5, §5.10).
pub const TYPED_MEMBERS: [&str; 7] =
    ["credentialStatus", "credentialSchema", "evidence", "termsOfUse", "refreshService", "renderMethod", "confidenceMethod"];

/// The most faults that an error names.
const MAX_FAULTS: usize = 8;

/// Refuses a document that breaks the data model, whatever the mechanism: `Misused`, with every fault.
pub(super) fn check(document: &Map<String, Value>, mechanism: Mechanism, contexts: &Contexts) -> Result<()> {
    if mechanism == Mechanism::SdJwtVc {
        return Ok(());
    }
    match Kind::of(document)? {
        Kind::Credential => {
            if Credential::check_structure(document).map_err(misused)? == ModelVersion::V2 {
                check_meaning(document, mechanism, contexts)?;
            }
            for resource in RelatedResource::all(document) {
                let text = contexts.text(&resource.id);
                text.map_or(Ok(()), |text| resource.check(text.as_bytes())).map_err(WalletError::misused)?;
            }
            Ok(())
        }
        Kind::StatusList => Ok(()),
        Kind::Presentation => {
            Presentation::check(document).map_err(misused)?;
            tolerate_unknown(linked_data::check_types(document, &TYPED_MEMBERS, contexts))
        }
    }
}

/// Every term and type of a credential must have a meaning (§4.5, §5.2.1); mechanisms over RDF find out by themselves.
fn check_meaning(document: &Map<String, Value>, mechanism: Mechanism, contexts: &Contexts) -> Result<()> {
    if mechanism.is_over_rdf() {
        return Ok(());
    }
    // The proofs that a document already has are written in the terms of their own mechanism.
    let is_apart = |name: &str| name == "proof" || !mechanism.is_embedded() && claims::WRITTEN_BY_ISSUERS.contains(&name);
    let checked = if document.keys().any(|name| is_apart(name)) {
        let own = document.iter().filter(|(name, _)| !is_apart(name));
        linked_data::to_quads(&own.map(|(name, value)| (name.clone(), value.clone())).collect(), contexts).map(drop)
    } else {
        linked_data::to_quads(document, contexts).map(drop)
    };
    tolerate_unknown(checked)
}

/// A context that is not at hand says nothing against a document whose JSON is signed.
fn tolerate_unknown(checked: std::result::Result<(), LinkedDataError>) -> Result<()> {
    match checked {
        Ok(()) | Err(LinkedDataError::UnknownContext { .. }) => Ok(()),
        Err(error) => Err(WalletError::misused(error)),
    }
}

fn misused(faults: Vec<CredentialFault>) -> WalletError {
    let faults: Vec<String> = faults.iter().take(MAX_FAULTS).map(CredentialFault::to_string).collect();
    WalletError::misused(faults.join("; "))
}
