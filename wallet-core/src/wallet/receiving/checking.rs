//! What the wallet makes sure of before it keeps a credential: who signed it, that it is what was asked for, and bound to its key.

use serde_json::Value;

use super::Refusal;
use super::Unproven;
use super::errand::Errand;
use super::issuance::Wanted;
use crate::credential::Credential;
use crate::did::{self, Did};
use crate::error::Result;
use crate::issuance::{CredentialConfiguration, CredentialDefinition, CredentialFormat};
use crate::key::PublicKey;
use crate::oauth::Profile;
use crate::securing::sd_jwt::SdJwt;
use crate::securing::{Kind, Mechanism, Secured};
use crate::store::{HeldCredential, KeyReference};
use crate::verification::{Expectations, Say as _, Verdict};
use crate::wallet::{display, format, shown_whole};

/// How far the clock of an issuer may be ahead, in seconds.
const CLOCK_SKEW: i64 = 60;

/// A credential that may be kept.
pub(super) struct Checked {
    pub secured: Secured,
    credential: Credential,
    pub key: Option<KeyReference>,
    pub verdict: Verdict,
}

impl Errand<'_> {
    /// Checks all that one answer brought: the first that is not good stands for all.
    pub async fn check_all(
        &mut self,
        wanted: &Wanted,
        credentials: &[Value],
    ) -> Result<std::result::Result<Vec<Checked>, Refusal>> {
        let configuration = self.issuance.configuration(&wanted.configuration)?.clone();
        let refusal = |faults: Vec<String>, verdict| Refusal { configuration: wanted.configuration.clone(), faults, verdict };
        let mut free: Vec<&KeyReference> = wanted.keys.iter().map(|(_, key)| key).collect();
        let mut checked = Vec::new();
        for credential in credentials {
            let read = match read(credential, &configuration) {
                Ok(read) => read,
                Err(fault) => return Ok(Err(refusal(vec![fault], None))),
            };
            let key = match bound_key(&read, &mut free, configuration.needs_proof()) {
                Ok(key) => key,
                Err(fault) => return Ok(Err(refusal(vec![fault], None))),
            };
            let verdict = self.judge(&read.0).await?;
            let faults = self.faults(&read.0, &verdict);
            if !faults.is_empty() {
                return Ok(Err(refusal(faults, Some(verdict))));
            }
            checked.push(Checked { secured: read.0, credential: read.1, key, verdict });
        }
        Ok(Ok(checked))
    }

    /// The verdict of any verifier over the whole of it.
    ///
    /// It was made just now by somebody whose clock may be a little ahead: what begins within a minute has begun.
    async fn judge(&mut self, secured: &Secured) -> Result<Verdict> {
        let (verifier, expected) = (self.client.verifier, Expectations::default());
        let whole = shown_whole(secured.clone(), &verifier.carried.contexts, self.rng)?;
        let verdict = verifier.check(whole.text(), &expected, self.now).await?;
        if verdict.verified().is_some() {
            return Ok(verdict);
        }
        let later = verifier.check(whole.text(), &expected, &self.now.plus_seconds(CLOCK_SKEW)).await?;
        Ok(if rank(&later) < rank(&verdict) { later } else { verdict })
    }

    /// Why it is not kept.
    fn faults(&self, secured: &Secured, verdict: &Verdict) -> Vec<String> {
        let language = self.client.language;
        let mut faults: Vec<String> = verdict.reasons().iter().map(|reason| reason.say(language)).collect();
        if self.client.unproven == Unproven::Refuse {
            faults.extend(verdict.gaps().iter().map(|gap| gap.say(language)));
        }
        let by_certificate =
            || secured.certificates().is_some_and(|chain| chain.is_ok_and(|chain| !chain.leaf().is_self_issued()));
        if self.client.profile == Profile::Haip && secured.sd_jwt().is_some() && !by_certificate() {
            faults.push("HAIP 1.0: its issuer goes by no certificate".to_owned());
        }
        faults
    }

    /// The credential as the store keeps it.
    pub fn held(&self, checked: &Checked, wanted: &Wanted) -> Result<HeldCredential> {
        let (language, issuer) = (self.client.language, &self.issuance.issuer);
        let mut display = display(&checked.credential, language);
        let name = self.issuance.configuration(&wanted.configuration)?.name(language.tag());
        // What the credential calls itself comes first (§12.2.4).
        if let (Some(name), None) = (name, checked.credential.name(language)) {
            display.title = name.to_owned();
        }
        if checked.credential.issuer_name(language).is_none() {
            display.issuer = issuer.name(language.tag()).map_or_else(|| issuer.credential_issuer.host(), str::to_owned);
        }
        Ok(HeldCredential {
            format: format(&checked.secured),
            text: checked.secured.text().to_owned(),
            disclosures: Vec::new(),
            key: checked.key.as_ref().map(|key| key.id.clone()),
            received: self.now.clone(),
            from: issuer.credential_issuer.to_string(),
            display,
        })
    }
}

/// The better a verdict, the lower.
fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Accepted(_) => 0,
        Verdict::Undetermined { .. } => 1,
        Verdict::Rejected { .. } => 2,
    }
}

/// Reads a credential of the configuration that was asked for; says what is wrong otherwise.
fn read(credential: &Value, configuration: &CredentialConfiguration) -> std::result::Result<(Secured, Credential), String> {
    let text = match credential {
        Value::String(text) => text.clone(),
        object => object.to_string(),
    };
    let secured = Secured::read(&text).map_err(|error| error.to_string())?;
    if secured.kind() != Kind::Credential || secured.sd_jwt().is_some_and(SdJwt::is_bound) {
        return Err("it is a presentation, and not a credential".to_owned());
    }
    let read = secured.credential().map_err(|faults| faults[0].to_string())?;
    let mechanism = secured.proofs()[0].mechanism;
    let is_asked_for = match &configuration.format {
        CredentialFormat::SdJwtVc(vct) => mechanism == Mechanism::SdJwtVc && read.types().contains(&vct.as_str()),
        CredentialFormat::JwtVcJson(which) => mechanism == Mechanism::Jwt && is_defined_by(&read, which),
        CredentialFormat::LdpVc(which) => mechanism.is_embedded() && credential.is_object() && is_defined_by(&read, which),
        CredentialFormat::Other { .. } => false,
    };
    if is_asked_for { Ok((secured, read)) } else { Err("it is another credential than was asked for".to_owned()) }
}

/// Whether a credential has all the types, and contexts, that its configuration has.
fn is_defined_by(credential: &Credential, definition: &CredentialDefinition) -> bool {
    let types = credential.types();
    let contexts =
        credential.json().get("@context").map(|found| found.as_array().cloned().unwrap_or_else(|| vec![found.clone()]));
    definition.types.iter().all(|name| types.contains(&name.as_str()))
        && definition.context.iter().all(|one| contexts.as_ref().is_some_and(|all| all.contains(one)))
}

/// The key that a credential is bound to, which must be one that was proven for it, and none twice (§8.3).
fn bound_key(
    (secured, credential): &(Secured, Credential),
    free: &mut Vec<&KeyReference>,
    needed: bool,
) -> std::result::Result<Option<KeyReference>, String> {
    if !needed {
        return Ok(None);
    }
    let confirmed = secured.claim("cnf").and_then(|cnf| cnf.get("jwk")).and_then(|jwk| PublicKey::from_jwk(jwk).ok());
    let unbound = "it is not bound to a key that the wallet has proven for it";
    if let Some(confirmed) = secured.holder_key().or(confirmed) {
        let at = free.iter().position(|key| key.public == confirmed).ok_or(unbound)?;
        return Ok(Some(free.swap_remove(at).clone()));
    }
    // An issuer may spell the DID of a key in its own way, which is then the one to present by: it is the key that counts.
    let subjects: Vec<Did> = credential.subject_ids().into_iter().filter_map(|id| id.parse().ok()).collect();
    let is_of = |did: &&Did, key: &KeyReference| key.did == **did || own_key(did).is_some_and(|own| own == key.public);
    let found = free.iter().enumerate().find_map(|(at, key)| Some((at, subjects.iter().find(|did| is_of(did, key))?.clone())));
    let (at, did) = found.ok_or(unbound)?;
    Ok(Some(KeyReference { did, ..free.swap_remove(at).clone() }))
}

/// The key that a DID consists of.
fn own_key(did: &Did) -> Option<PublicKey> {
    did::resolve_self_contained(did).ok()?.document.verification_methods.into_iter().find_map(|method| method.key)
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
    use serde_json::{Value, json};

    use super::*;
    use crate::did::VerificationRelationship;
    use crate::issuance::CredentialConfiguration;
    use crate::key::{KeyAlgorithm, KeyId, SecretKey};
    use crate::securing::linked_data::Contexts;
    use crate::securing::{ProofOptions, prepare};
    use crate::store::Protection;
    use crate::time::Timestamp;

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().expect("a date")
    }

    fn key(byte: u8) -> KeyReference {
        let public = SecretKey::from_bytes(KeyAlgorithm::P256, &[byte; 32]).expect("a scalar in range").public_key();
        let did = did::jwk::from_public_key(&public);
        KeyReference { id: KeyId(byte.to_string()), public, did, created: now(), protection: Protection::Software }
    }

    /// A credential about `subject`, of the configuration that was asked for.
    fn about(subject: &str) -> (Secured, Credential) {
        let issuer = SecretKey::from_bytes(KeyAlgorithm::P256, &[9; 32]).expect("a scalar in range");
        let did = did::key::from_public_key(&issuer.public_key());
        let document = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"], "issuer": did.as_str(),
            "credentialSubject": { "id": subject },
        });
        let method = did.with_fragment(did.identifier()).expect("a DID URL");
        let options = ProofOptions::new(Mechanism::Jwt, method, VerificationRelationship::AssertionMethod, now());
        let document = document.as_object().cloned().expect("an object");
        let unsigned = prepare(document, &options, &issuer.public_key(), &Contexts::bundled()).expect("a credential");
        let signature = issuer.sign(unsigned.message());
        let secured = unsigned.finish(&signature).expect("the signature fits");
        let types = vec!["VerifiableCredential".to_owned()];
        let format = CredentialFormat::JwtVcJson(CredentialDefinition { context: Vec::new(), types });
        read(&Value::String(secured.text().to_owned()), &CredentialConfiguration::new(format)).expect("what was asked for")
    }

    #[test]
    fn key_counts_and_not_how_its_did_is_spelled() {
        let (one, two) = (key(5), key(6));
        let jwk = one.public.to_jwk();
        let spelled = json!({ "kty": jwk["kty"], "crv": jwk["crv"], "y": jwk["y"], "x": jwk["x"] }).to_string();
        let spelled = format!("did:jwk:{}", BASE64_URL_SAFE_NO_PAD.encode(spelled));
        assert_ne!(spelled, one.did.as_str());
        let mut free = vec![&two, &one];
        let bound = bound_key(&about(&spelled), &mut free, true).expect("it is bound").expect("to a key");
        assert_eq!((bound.id, bound.did.as_str()), (one.id.clone(), spelled.as_str()), "it is presented as it is spelled");
        assert!(bound_key(&about(&spelled), &mut free, true).is_err(), "a key is bound to one credential");
        for stranger in [key(7).did.as_str(), "did:web:somebody.example", "urn:uuid:4d9a5c1c-9a3d-4a8e-9d8d-6b9ae4a4a7aa"] {
            assert!(bound_key(&about(stranger), &mut free, true).is_err(), "{stranger}");
        }
    }
}
