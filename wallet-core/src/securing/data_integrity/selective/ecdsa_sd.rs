//! `ecdsa-sd-2023`: the issuer signs each statement with a key made for this one proof, and that key with its own (VC DI ECDSA
//! Cryptosuites 1.0 §3.5 and §3.6).

use std::collections::BTreeMap;
use std::fmt;

use rand_core::CryptoRng;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::derive::{self, Parted};
use super::labels;
use super::proof_value::{self, Reader};
use crate::error::Result;
use crate::json::JsonPointer;
use crate::key::{KeyAlgorithm, PublicKey, SecretKey};
use crate::securing::SignatureFault;
use crate::securing::linked_data::Contexts;

pub(super) const BASE: [u8; 3] = [0xd9, 0x5d, 0x00];
pub(super) const DERIVED: [u8; 3] = [0xd9, 0x5d, 0x01];

/// A P-256 signature, r‖s.
type Signature = [u8; 64];

/// What a base proof says, but for the issuer's signature.
#[derive(Clone, PartialEq)]
pub(super) struct Base {
    /// The proof's own key as a Multikey, without multibase.
    public_key: [u8; 35],
    hmac_key: Zeroizing<[u8; labels::LENGTH]>,
    /// One for each statement that is not mandatory.
    signatures: Vec<Signature>,
    mandatory: Vec<JsonPointer>,
}

/// A base proof with the issuer's signature.
pub(super) struct SignedBase {
    signature: Signature,
    base: Base,
}

/// What a derived proof says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Derived {
    base_signature: Signature,
    public_key: [u8; 35],
    signatures: Vec<Signature>,
    labels: BTreeMap<u32, [u8; labels::LENGTH]>,
    mandatory: Vec<usize>,
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Base(hidden)")
    }
}

/// What only this proof is made with: the key of the labels, and the key of the statements.
pub(super) struct OneTime {
    pub hmac_key: Zeroizing<[u8; labels::LENGTH]>,
    pub proof_key: SecretKey,
}

impl OneTime {
    pub fn new(rng: &mut dyn CryptoRng) -> Self {
        let mut hmac_key = Zeroizing::new([0; labels::LENGTH]);
        rng.fill_bytes(&mut *hmac_key);
        Self { hmac_key, proof_key: SecretKey::generate(KeyAlgorithm::P256, rng) }
    }
}

/// The bytes that the issuer signs over `document` and `proof`, and the base proof that waits for the signature (§3.5.8–§3.5.11).
pub(super) fn prepare(
    document: &Map<String, Value>,
    proof: &Map<String, Value>,
    mandatory: &[JsonPointer],
    one_time: OneTime,
    contexts: &Contexts,
) -> Result<(Vec<u8>, Base), SignatureFault> {
    let statements = derive::base_statements(document, contexts, labels::hmac, &one_time.hmac_key)?;
    let parted = derive::part(statements, mandatory)?;
    let signature = |line: &String| one_time.proof_key.sign(line.as_bytes()).try_into().expect("a P-256 signature has 64 bytes");
    let signatures = parted.optional.iter().map(signature).collect();
    let public_key = one_time.proof_key.public_key().to_multikey_bytes().try_into().expect("a P-256 Multikey has 35 bytes");
    let base = Base { public_key, hmac_key: one_time.hmac_key, signatures, mandatory: mandatory.to_vec() };
    let message = message(derive::options_hash(document, proof, contexts)?, &base.public_key, &parted);
    Ok((message, base))
}

/// What the issuer's key signs (§3.5.1).
fn message(options_hash: [u8; 32], public_key: &[u8; 35], parted: &Parted) -> Vec<u8> {
    [&options_hash[..], public_key, &parted.mandatory_hash].concat()
}

impl Base {
    /// The `proofValue` with the issuer's signature (§3.5.2).
    pub fn write(&self, base_signature: &[u8]) -> String {
        proof_value::encode(BASE, 5, |writer| {
            writer.bytes(base_signature);
            writer.bytes(&self.public_key);
            writer.bytes(&*self.hmac_key);
            writer.all_bytes(self.signatures.iter().map(|signature| &signature[..]));
            writer.pointers(&self.mandatory);
        })
    }
}

impl SignedBase {
    /// Reads a `proofValue`, its header taken off (§3.5.3).
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, 5)?;
        let signature = reader.exactly()?;
        let (public_key, hmac_key) = (reader.exactly()?, Zeroizing::new(reader.exactly()?));
        let (signatures, mandatory) = (reader.all_exactly()?, reader.pointers()?);
        reader.end()?;
        Ok(Self { signature, base: Base { public_key, hmac_key, signatures, mandatory } })
    }
}

/// Checks a base proof as its holder: the issuer's signature and each statement's.
pub(super) fn check_base(
    document: &Map<String, Value>,
    proof: &Map<String, Value>,
    SignedBase { signature, base }: &SignedBase,
    key: &PublicKey,
    contexts: &Contexts,
) -> Result<(), SignatureFault> {
    let statements = derive::base_statements(document, contexts, labels::hmac, &base.hmac_key)?;
    let parted = derive::part(statements, &base.mandatory)?;
    let options_hash = derive::options_hash(document, proof, contexts)?;
    check_all(options_hash, &parted, (&base.public_key, signature, &base.signatures), key)
}

/// The derived document and `proofValue` that show what `chosen` points to (§3.5.5, §3.6.6).
pub(super) fn disclose(
    document: &Map<String, Value>,
    SignedBase { signature, base }: &SignedBase,
    chosen: &[JsonPointer],
    contexts: &Contexts,
) -> Result<(Map<String, Value>, String), SignatureFault> {
    let statements = derive::base_statements(document, contexts, labels::hmac, &base.hmac_key)?;
    let cut = derive::cut(document, &statements, &base.mandatory, chosen, contexts)?;
    let signatures = cut.selective.iter().map(|at| base.signatures.get(*at).copied()).collect::<Option<_>>();
    let derived = Derived {
        base_signature: *signature,
        public_key: base.public_key,
        signatures: signatures.ok_or_else(|| SignatureFault::malformed("there are fewer signatures than statements"))?,
        labels: cut.labels.iter().map(|(number, label)| (*number, labels::read(label))).collect(),
        mandatory: cut.mandatory,
    };
    Ok((cut.document, derived.write()))
}

impl Derived {
    /// The `proofValue` (§3.5.6).
    fn write(&self) -> String {
        proof_value::encode(DERIVED, 5, |writer| {
            writer.bytes(&self.base_signature);
            writer.bytes(&self.public_key);
            writer.all_bytes(self.signatures.iter().map(|signature| &signature[..]));
            writer.map(&self.labels, |writer, label| writer.bytes(label));
            writer.indexes(&self.mandatory);
        })
    }

    /// Reads a `proofValue`, its header taken off (§3.5.7).
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, 5)?;
        let (base_signature, public_key, signatures) = (reader.exactly()?, reader.exactly()?, reader.all_exactly()?);
        let (labels, mandatory) = (reader.map(Reader::exactly)?, reader.indexes()?);
        reader.end()?;
        Ok(Self { base_signature, public_key, signatures, labels, mandatory })
    }
}

/// Checks a derived proof (§3.6.7, §3.6.8).
pub(super) fn check(
    document: &Map<String, Value>,
    proof: &Map<String, Value>,
    derived: &Derived,
    key: &PublicKey,
    contexts: &Contexts,
) -> Result<(), SignatureFault> {
    let parted = parted(document, derived, contexts)?;
    let options_hash = derive::options_hash(document, proof, contexts)?;
    check_all(options_hash, &parted, (&derived.public_key, &derived.base_signature, &derived.signatures), key)
}

/// What the issuer's key signed, and its signature, as a base proof has them.
pub(super) fn signed_base(
    document: &Map<String, Value>,
    proof: &Map<String, Value>,
    SignedBase { signature, base }: &SignedBase,
    contexts: &Contexts,
) -> Result<(Vec<u8>, Vec<u8>), SignatureFault> {
    let statements = derive::base_statements(document, contexts, labels::hmac, &base.hmac_key)?;
    let parted = derive::part(statements, &base.mandatory)?;
    let options_hash = derive::options_hash(document, proof, contexts)?;
    Ok((message(options_hash, &base.public_key, &parted), signature.to_vec()))
}

/// What the issuer's key signed, and its signature, as every proof derived from its own shows them.
pub(super) fn signed_derived(
    document: &Map<String, Value>,
    proof: &Map<String, Value>,
    derived: &Derived,
    contexts: &Contexts,
) -> Result<(Vec<u8>, Vec<u8>), SignatureFault> {
    let parted = parted(document, derived, contexts)?;
    let options_hash = derive::options_hash(document, proof, contexts)?;
    Ok((message(options_hash, &derived.public_key, &parted), derived.base_signature.to_vec()))
}

/// The statements of a derived document, under the names its proof gives.
fn parted(document: &Map<String, Value>, derived: &Derived, contexts: &Contexts) -> Result<Parted, SignatureFault> {
    let names = derived.labels.iter().map(|(number, label)| (*number, labels::written(label))).collect();
    derive::part_derived(document, &names, &derived.mandatory, contexts)
}

/// The issuer's signature first: without it, the others are not worth the work.
fn check_all(
    options_hash: [u8; 32],
    parted: &Parted,
    (public_key, base, signatures): (&[u8; 35], &Signature, &[Signature]),
    key: &PublicKey,
) -> Result<(), SignatureFault> {
    if key.algorithm() != KeyAlgorithm::P256 {
        return Err(SignatureFault::WrongAlgorithm);
    }
    if signatures.len() != parted.optional.len() {
        return Err(SignatureFault::malformed("there is not one signature for each statement"));
    }
    key.verify(&message(options_hash, public_key, parted), base)?;
    let own = PublicKey::from_multikey_bytes(public_key).map_err(SignatureFault::malformed)?;
    if own.algorithm() != KeyAlgorithm::P256 {
        return Err(SignatureFault::malformed("the proof's own key is not of P-256"));
    }
    for (line, signature) in parted.optional.iter().zip(signatures) {
        own.verify(line.as_bytes(), signature)?;
    }
    Ok(())
}
