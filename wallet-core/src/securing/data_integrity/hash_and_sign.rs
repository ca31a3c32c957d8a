//! The suites that sign the whole: canonical form, hash, signature (VC DI EdDSA Cryptosuites 1.0 §3.2 and §3.3, VC DI ECDSA
//! Cryptosuites 1.0 §3.2 and §3.3).

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256, Sha384};

use crate::key::{KeyAlgorithm, PublicKey};
use crate::securing::linked_data::rdfc::{self, Hash};
use crate::securing::linked_data::{Contexts, Naming, to_traced_quads};
use crate::securing::{Mechanism, SignatureFault, jcs};

/// What a proof covers beside its own options.
pub(super) struct Signed<'d> {
    /// The document without its proofs.
    pub body: &'d Map<String, Value>,
    /// The proofs it follows, which stand in the document while it is hashed (VC Data Integrity §4.3, step 6).
    pub previous: Vec<&'d Map<String, Value>>,
    /// How free it is in the names of its members.
    pub naming: Naming,
}

/// The bytes of `proofValue`: multibase base58btc, and as long as a signature of the suite can be.
pub(super) fn signature(proof: &Map<String, Value>, mechanism: Mechanism) -> Option<Vec<u8>> {
    let text = proof.get("proofValue")?.as_str().filter(|text| text.starts_with('z') && text.len() <= 160)?;
    let (_, bytes) = multibase::decode(text).ok()?;
    let p384 = matches!(mechanism, Mechanism::EcdsaRdfc2019 | Mechanism::EcdsaJcs2019) && bytes.len() == 96;
    (bytes.len() == 64 || p384).then_some(bytes)
}

/// Adds to a new proof what its suite wants in it: for canonical JSON, the document's contexts (VC DI ECDSA §3.3.1, step 2).
pub(super) fn complete(proof: &mut Map<String, Value>, body: &Map<String, Value>, mechanism: Mechanism) {
    if matches!(mechanism, Mechanism::EddsaJcs2022 | Mechanism::EcdsaJcs2019)
        && let Some(context) = body.get("@context")
    {
        proof.insert("@context".to_owned(), context.clone());
    }
}

/// Checks the signature of `proof` over `signed`.
pub(super) fn check(
    mechanism: Mechanism,
    signed: &Signed<'_>,
    proof: &Map<String, Value>,
    key: &PublicKey,
    contexts: &Contexts,
) -> Result<(), SignatureFault> {
    let signature = signature(proof, mechanism).ok_or_else(no_signature)?;
    // The length tells the curve, as the name of the suite does not.
    if (signature.len() == 96) != (key.algorithm() == KeyAlgorithm::P384) {
        return Err(SignatureFault::WrongAlgorithm);
    }
    let message = message(mechanism, signed, proof, key.algorithm(), contexts)?;
    Ok(key.verify(&message, &signature)?)
}

/// What the key of `proof` signed, and its signature.
pub(super) fn signed(
    mechanism: Mechanism,
    signed: &Signed<'_>,
    proof: &Map<String, Value>,
    contexts: &Contexts,
) -> Result<(Vec<u8>, Vec<u8>), SignatureFault> {
    let signature = signature(proof, mechanism).ok_or_else(no_signature)?;
    let algorithm = match mechanism {
        Mechanism::EcdsaRdfc2019 | Mechanism::EcdsaJcs2019 if signature.len() == 96 => KeyAlgorithm::P384,
        Mechanism::EcdsaRdfc2019 | Mechanism::EcdsaJcs2019 => KeyAlgorithm::P256,
        _ => KeyAlgorithm::Ed25519,
    };
    Ok((message(mechanism, signed, proof, algorithm, contexts)?, signature))
}

fn no_signature() -> SignatureFault {
    SignatureFault::malformed("the proofValue is not a signature")
}

/// The bytes a proof signs: the hash of its options, then that of the document, both as long as the key's curve asks
/// (VC DI ECDSA §3.2.4, §3.3.4; VC DI EdDSA §3.2.4, §3.3.4).
///
/// Fails with `WrongAlgorithm` when the key is not of the suite.
pub(super) fn message(
    mechanism: Mechanism,
    signed: &Signed<'_>,
    proof: &Map<String, Value>,
    algorithm: KeyAlgorithm,
    contexts: &Contexts,
) -> Result<Vec<u8>, SignatureFault> {
    use Mechanism::{EcdsaJcs2019, EcdsaRdfc2019, Ed25519Signature2020, EddsaJcs2022, EddsaRdfc2022};
    let hash = match (mechanism, algorithm) {
        (EddsaRdfc2022 | EddsaJcs2022 | Ed25519Signature2020, KeyAlgorithm::Ed25519) => Hash::Sha256,
        (EcdsaRdfc2019 | EcdsaJcs2019, KeyAlgorithm::P256) => Hash::Sha256,
        (EcdsaRdfc2019 | EcdsaJcs2019, KeyAlgorithm::P384) => Hash::Sha384,
        _ => return Err(SignatureFault::WrongAlgorithm),
    };
    let (options, document) = match mechanism {
        EddsaJcs2022 | EcdsaJcs2019 => canonical_json(signed, proof)?,
        _ => {
            // The contexts of the document are those of the proof, whatever it says itself (VC DI EdDSA §3.2.5, step 5).
            let own = proof.get("@context").filter(|_| mechanism == Ed25519Signature2020);
            canonical_rdf(signed, &options(signed, proof, "proofValue", own), contexts, hash)?
        }
    };
    Ok(hashes(hash, &options, &document))
}

/// The hash of the proof's options, then that of the document.
pub(super) fn hashes(hash: Hash, options: &str, document: &str) -> Vec<u8> {
    match hash {
        Hash::Sha256 => [Sha256::digest(options), Sha256::digest(document)].concat(),
        Hash::Sha384 => [Sha384::digest(options), Sha384::digest(document)].concat(),
    }
}

/// The options of a proof as a document of their own: without the signature, under the document's contexts and then `own`.
pub(super) fn options(
    signed: &Signed<'_>,
    proof: &Map<String, Value>,
    signature: &str,
    own: Option<&Value>,
) -> Map<String, Value> {
    let mut options = Map::with_capacity(proof.len());
    if let Some(context) = joined(signed.body.get("@context"), own) {
        options.insert("@context".to_owned(), context);
    }
    let others = proof.iter().filter(|(name, _)| *name != "@context" && *name != signature);
    options.extend(others.map(|(name, value)| (name.clone(), value.clone())));
    options
}

/// The options and the document as canonical N-Quads, whose labels are found with the same hash (VC DI ECDSA §3.2.3).
pub(super) fn canonical_rdf(
    signed: &Signed<'_>,
    options: &Map<String, Value>,
    contexts: &Contexts,
    hash: Hash,
) -> Result<(String, String), SignatureFault> {
    let canonical = |map: &Map<String, Value>| -> Result<String, SignatureFault> {
        Ok(rdfc::canonicalize(&to_traced_quads(map, contexts, signed.naming)?.quads, hash)?.nquads)
    };
    let document = if signed.previous.is_empty() {
        canonical(signed.body)?
    } else {
        let mut document = signed.body.clone();
        let previous = signed.previous.iter().map(|proof| Value::Object((*proof).clone()));
        document.insert("proof".to_owned(), previous.collect());
        canonical(&document)?
    };
    Ok((canonical(options)?, document))
}

fn joined(document: Option<&Value>, own: Option<&Value>) -> Option<Value> {
    match (document, own) {
        (None, own) => own.cloned(),
        (Some(document), None) => Some(document.clone()),
        (Some(document), Some(own)) => Some([list(document), list(own)].concat().into()),
    }
}

/// The options and the document as canonical JSON (VC DI EdDSA §3.3.2 step 4 and §3.3.3; VC DI ECDSA likewise).
fn canonical_json(signed: &Signed<'_>, proof: &Map<String, Value>) -> Result<(String, String), SignatureFault> {
    // What was signed may be a beginning of the contexts the document has by now.
    let context = proof.get("@context");
    if let Some(context) = context
        && !signed.body.get("@context").is_some_and(|all| list(all).starts_with(list(context)))
    {
        return Err(SignatureFault::malformed("the document's contexts do not begin with those of the proof"));
    }
    let options = members(proof).filter(|(name, _)| *name != "proofValue");
    let replaced = |name: &str| name == "proof" || context.is_some() && name == "@context";
    let previous = signed.previous.iter().map(|proof| Value::Object((*proof).clone())).collect();
    let document = (members(signed.body).filter(|(name, _)| !replaced(name)))
        .chain(context.map(|context| ("@context", context)))
        .chain((!signed.previous.is_empty()).then_some(("proof", &previous)));
    let options = jcs::canonicalize_members(options).map_err(SignatureFault::malformed)?;
    let document = jcs::canonicalize_members(document).map_err(SignatureFault::malformed)?;
    Ok((options, document))
}

fn members(object: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    object.iter().map(|(name, value)| (name.as_str(), value))
}

fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(all) => all,
        one => std::slice::from_ref(one),
    }
}
