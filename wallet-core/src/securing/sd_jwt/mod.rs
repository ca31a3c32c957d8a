//! SD-JWT: a JWT whose claims its holder shows one by one (RFC 9901), and the credentials made of it.
//!
//! `disclosure` is one claim that may be shown, `conceal` issues, `reveal` processes, `outline` says what may be disclosed, `token`
//! is the whole between tildes, `key_binding` the holder's signature. `vc` and `w3c` are what SD-JWT VC and VC-JOSE-COSE make of
//! it, which [`Secured`](super::Secured) reads; whoever needs a plain SD-JWT uses [`prepare`] and [`SdJwt`].

mod conceal;
mod disclosure;
mod fault;
mod hash;
mod integrity;
mod issuer_metadata;
mod json_form;
mod key_binding;
mod outline;
mod profile;
mod reveal;
mod token;
pub mod type_metadata;
mod type_rules;
mod vc;
mod w3c;

pub use conceal::{Concealed, conceal};
pub use disclosure::{Content, Disclosure};
pub use fault::{BindingFault, DisclosureFault};
pub use hash::HashAlgorithm;
pub use issuer_metadata::IssuerMetadata;
pub(super) use issuer_metadata::is_web;
pub use key_binding::{BindingTerms, KeyBinding, MAX_BINDING_AGE};
pub use outline::Outline;
pub use profile::Profile;
pub use reveal::reveal;
pub use token::SdJwt;
pub use type_rules::Onlooker;

use rand_core::CryptoRng;
use serde_json::{Map, Value, json};

use super::{Disclosure as Disclosed, Kind, Mechanism, Proof, ProofOptions, jws};
use crate::error::{Result, WalletError};
use crate::key::{KeyAlgorithm, PublicKey};

/// The most disclosures one SD-JWT may have.
pub const MAX_DISCLOSURES: usize = 4096;

/// An SD-JWT, or the key binding at its end, on its way to a keystore.
#[derive(Debug, Clone, PartialEq)]
pub struct UnsignedSdJwt {
    pub(super) message: Vec<u8>,
    pub(super) algorithm: KeyAlgorithm,
    /// What stands before the token that is signed.
    pub(super) before: String,
    /// What stands after it.
    pub(super) after: String,
}

impl UnsignedSdJwt {
    /// The bytes to sign, unhashed: the key's algorithm does its own hashing.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Puts the signature in its place: 64 bytes, EdDSA or r‖s (96 for P-384), never DER.
    pub fn finish(self, signature: &[u8]) -> Result<SdJwt> {
        super::unsigned::check_length(self.algorithm, signature)?;
        SdJwt::read(&format!("{}{}{}", self.before, jws::finish(self.message, signature), self.after))
    }
}

/// Prepares an SD-JWT of any use over `claims`; `header` is given its `alg`, which may not be another than the key's.
///
/// Fails with `Misused` when a claim that decides of the token's validity is to be concealed (RFC 9901 §9.7, SD-JWT VC §2.2.2.3),
/// and as [`conceal`] does.
pub fn prepare(
    header: Map<String, Value>,
    mut claims: Map<String, Value>,
    disclosure: &Disclosed,
    key: &PublicKey,
    rng: &mut dyn CryptoRng,
) -> Result<UnsignedSdJwt> {
    let algorithm = jws::algorithm_of(key)?;
    if header.get("alg").is_some_and(|named| named != algorithm && !(named == "Ed25519" && algorithm == "EdDSA")) {
        return Err(WalletError::misused("the header names another algorithm than the key's"));
    }
    let (pointers, decoys) = match disclosure {
        Disclosed::Whole => (&[][..], 0),
        Disclosed::AllBut(_) => return Err(WalletError::misused("an SD-JWT says what may be left out: use Disclosure::Only")),
        Disclosed::Only { pointers, decoys, holder } => {
            if let Some(holder) = holder {
                jws::algorithm_of(holder)?;
                let confirmation = json!({ "jwk": holder.to_jwk() });
                if claims.insert("cnf".to_owned(), confirmation).is_some() {
                    return Err(WalletError::misused("the claims name the holder's key already"));
                }
            }
            (&pointers[..], *decoys)
        }
    };
    Profile::of(&header, &claims).check_concealed(pointers)?;
    let mut full = Map::from_iter([("alg".to_owned(), Value::from(algorithm))]);
    full.extend(header);
    let Concealed { payload, disclosures } = conceal(claims, pointers, decoys, rng)?;
    let message = jws::signing_input(&Value::Object(full), &Value::Object(payload).to_string());
    let after = disclosures.iter().fold("~".to_owned(), |text, disclosure| text + disclosure.text() + "~");
    Ok(UnsignedSdJwt { message, algorithm: key.algorithm(), before: String::new(), after })
}

/// Prepares a credential or presentation as an SD-JWT of `options.mechanism`.
pub(super) fn prepare_secured(
    document: Map<String, Value>,
    options: &ProofOptions,
    key: &PublicKey,
    rng: &mut dyn CryptoRng,
) -> Result<UnsignedSdJwt> {
    let (header, claims) = match options.mechanism {
        Mechanism::SdJwtVc => vc::terms(document, options, key)?,
        _ => w3c::terms(document, options)?,
    };
    prepare(header, claims, &options.disclosure, key, rng)
}

/// What a credential or presentation in this form holds, and what it says of its own proof.
pub(super) fn read(token: &SdJwt) -> Result<(Kind, Map<String, Value>, Proof)> {
    match token.profile() {
        Profile::Vc => vc::read(token),
        Profile::W3c => w3c::read(token),
        Profile::Plain => Err(WalletError::unsupported("this typ of SD-JWT", "use dc+sd-jwt, vc+sd-jwt or vp+sd-jwt")),
    }
}

/// What is known of the proof of a token whose claims are not.
fn unknown_proof(token: &SdJwt, mechanism: Mechanism) -> Proof {
    let method = token.header().get("kid").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (purpose, created, not_before, expires, nonce) = (None, None, None, None, None);
    Proof { mechanism, method, purpose, created, not_before, expires, nonce, audience: Vec::new() }
}

#[cfg(test)]
mod tests;
