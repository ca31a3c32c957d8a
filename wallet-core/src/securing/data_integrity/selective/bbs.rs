//! `bbs-2023`: the issuer signs all statements at once, and the holder proves to know that signature without showing it
//! (VC DI BBS Cryptosuites 1.0 §3, the baseline feature). Experimental.

use std::collections::BTreeMap;
use std::fmt;

use rand_core::CryptoRng;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::derive;
use super::labels;
use super::proof_value::{self, Reader};
use crate::error::Result;
use crate::json::JsonPointer;
use crate::key::{KeyAlgorithm, PublicKey, bbs};
use crate::securing::SignatureFault;
use crate::securing::linked_data::Contexts;

pub(super) const BASE: [u8; 3] = [0xd9, 0x5d, 0x02];
pub(super) const DERIVED: [u8; 3] = [0xd9, 0x5d, 0x03];
/// The kinds of value of the optional features, holder binding and pseudonyms: base and derived, one after the other.
pub(super) const FEATURES: std::ops::RangeInclusive<u8> = 0x04..=0x09;

/// The hash of the proof's options, then that of the mandatory statements.
type Header = [u8; 64];

/// What a base proof says, but for the issuer's signature.
#[derive(Clone, PartialEq)]
pub(super) struct Base {
    header: Header,
    public_key: [u8; bbs::PUBLIC_KEY],
    hmac_key: Zeroizing<[u8; labels::LENGTH]>,
    mandatory: Vec<JsonPointer>,
}

/// A base proof with the issuer's signature.
pub(super) struct SignedBase {
    signature: [u8; bbs::SIGNATURE],
    base: Base,
}

/// What a derived proof says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Derived {
    proof: Vec<u8>,
    /// The place of each blank node in the shuffled row, by canonical number.
    labels: BTreeMap<u32, u32>,
    mandatory: Vec<usize>,
    selective: Vec<usize>,
    presentation_header: Vec<u8>,
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Base(hidden)")
    }
}

/// A new key for the labels of one proof.
pub(super) fn hmac_key(rng: &mut dyn CryptoRng) -> Zeroizing<[u8; labels::LENGTH]> {
    let mut key = Zeroizing::new([0; labels::LENGTH]);
    rng.fill_bytes(&mut *key);
    key
}

/// The bytes that the issuer signs over `document` and `proof`, and the base proof that waits for the signature (§3.4.1).
pub(super) fn prepare(
    document: &Map<String, Value>,
    proof: &Map<String, Value>,
    mandatory: &[JsonPointer],
    (key, hmac_key): (&PublicKey, Zeroizing<[u8; labels::LENGTH]>),
    contexts: &Contexts,
) -> Result<(Vec<u8>, Base), SignatureFault> {
    let (header, messages) = signed(document, proof, mandatory, &hmac_key, contexts)?;
    let public_key = key.as_bytes().try_into().map_err(|_| SignatureFault::WrongAlgorithm)?;
    let message = bbs::encode(&bbs::Signed { header: &header, messages: &messages });
    Ok((message, Base { header, public_key, hmac_key, mandatory: mandatory.to_vec() }))
}

/// The header and messages of a base proof.
fn signed(
    document: &Map<String, Value>,
    proof: &Map<String, Value>,
    mandatory: &[JsonPointer],
    hmac_key: &[u8; labels::LENGTH],
    contexts: &Contexts,
) -> Result<(Header, Vec<Vec<u8>>), SignatureFault> {
    let statements = derive::base_statements(document, contexts, labels::shuffled, hmac_key)?;
    let parted = derive::part(statements, mandatory)?;
    if parted.optional.len() > bbs::MAX_MESSAGES {
        return Err(SignatureFault::TooMuchWork);
    }
    let header = header(derive::options_hash(document, proof, contexts)?, parted.mandatory_hash);
    Ok((header, parted.optional.into_iter().map(String::into_bytes).collect()))
}

fn header(options_hash: [u8; 32], mandatory_hash: [u8; 32]) -> Header {
    let mut header = [0; 64];
    header[..32].copy_from_slice(&options_hash);
    header[32..].copy_from_slice(&mandatory_hash);
    header
}

impl Base {
    /// The `proofValue` with the issuer's signature (§3.3.5).
    pub fn write(&self, signature: &[u8]) -> String {
        proof_value::encode(BASE, 5, |writer| {
            writer.bytes(signature);
            writer.bytes(&self.header);
            writer.bytes(&self.public_key);
            writer.bytes(&*self.hmac_key);
            writer.pointers(&self.mandatory);
        })
    }
}

impl SignedBase {
    /// Reads a `proofValue`, its header taken off (§3.3.6).
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, 5)?;
        let (signature, header, public_key) = (reader.exactly()?, reader.exactly()?, reader.exactly()?);
        let (hmac_key, mandatory) = (Zeroizing::new(reader.exactly()?), reader.pointers()?);
        reader.end()?;
        Ok(Self { signature, base: Base { header, public_key, hmac_key, mandatory } })
    }
}

/// Checks a base proof as its holder: what it says, and the issuer's signature.
pub(super) fn check_base(
    document: &Map<String, Value>,
    proof: &Map<String, Value>,
    SignedBase { signature, base }: &SignedBase,
    key: &PublicKey,
    contexts: &Contexts,
) -> Result<(), SignatureFault> {
    if key.algorithm() != KeyAlgorithm::Bls12381G2 {
        return Err(SignatureFault::WrongAlgorithm);
    }
    let (header, messages) = signed(document, proof, &base.mandatory, &base.hmac_key, contexts)?;
    if header != base.header || key.as_bytes() != base.public_key {
        return Err(SignatureFault::Bad);
    }
    Ok(key.verify(&bbs::encode(&bbs::Signed { header: &header, messages: &messages }), signature)?)
}

/// The derived document and `proofValue` that show what `chosen` points to (§3.3.7, §3.4.6).
pub(super) fn disclose(
    document: &Map<String, Value>,
    SignedBase { signature, base }: &SignedBase,
    chosen: &[JsonPointer],
    presentation_header: &[u8],
    contexts: &Contexts,
) -> Result<(Map<String, Value>, String), SignatureFault> {
    let statements = derive::base_statements(document, contexts, labels::shuffled, &base.hmac_key)?;
    let cut = derive::cut(document, &statements, &base.mandatory, chosen, contexts)?;
    let parted = derive::part(statements, &base.mandatory)?;
    let messages: Vec<Vec<u8>> = parted.optional.into_iter().map(String::into_bytes).collect();
    let signed = bbs::Signed { header: &base.header, messages: &messages };
    let proof = bbs::prove(&base.public_key, signature, &signed, &cut.selective, presentation_header);
    let derived = Derived {
        proof: proof.ok_or_else(|| SignatureFault::malformed("the base proof is not one of BBS"))?,
        labels: cut.labels.iter().map(|(number, label)| (*number, labels::place(label))).collect(),
        mandatory: cut.mandatory,
        selective: cut.selective,
        presentation_header: presentation_header.to_vec(),
    };
    Ok((cut.document, derived.write()))
}

impl Derived {
    /// The `proofValue` (§3.3.8).
    fn write(&self) -> String {
        proof_value::encode(DERIVED, 5, |writer| {
            writer.bytes(&self.proof);
            writer.map(&self.labels, |writer, place| writer.number(*place));
            writer.indexes(&self.mandatory);
            writer.indexes(&self.selective);
            writer.bytes(&self.presentation_header);
        })
    }

    /// Reads a `proofValue`, its header taken off (§3.3.9).
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, 5)?;
        let (proof, labels) = (reader.bytes()?.to_vec(), reader.map(Reader::number)?);
        let (mandatory, selective) = (reader.indexes()?, reader.indexes()?);
        let presentation_header = reader.bytes()?.to_vec();
        reader.end()?;
        Ok(Self { proof, labels, mandatory, selective, presentation_header })
    }
}

/// Checks a derived proof (§3.4.7).
pub(super) fn check(
    document: &Map<String, Value>,
    proof: &Map<String, Value>,
    derived: &Derived,
    key: &PublicKey,
    contexts: &Contexts,
) -> Result<(), SignatureFault> {
    if key.algorithm() != KeyAlgorithm::Bls12381G2 {
        return Err(SignatureFault::WrongAlgorithm);
    }
    let names = derived.labels.iter().map(|(number, place)| (*number, labels::at(*place))).collect();
    let parted = derive::part_derived(document, &names, &derived.mandatory, contexts)?;
    if parted.optional.len() != derived.selective.len() {
        return Err(SignatureFault::malformed("there is not one selective index for each statement"));
    }
    let header = header(derive::options_hash(document, proof, contexts)?, parted.mandatory_hash);
    let messages: Vec<Vec<u8>> = parted.optional.into_iter().map(String::into_bytes).collect();
    let seen = bbs::Signed { header: &header, messages: &messages };
    let holds = bbs::verify_proof(key.as_bytes(), &derived.proof, &seen, &derived.selective, &derived.presentation_header);
    if holds { Ok(()) } else { Err(SignatureFault::Bad) }
}
