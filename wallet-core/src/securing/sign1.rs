//! COSE_Sign1 messages, which every binary token here is (RFC 9052 §4.2).
//!
//! The algorithm is the key's, never the message's; keys and certificates in a header (labels 33 to 35) are never looked at here.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use coset::cbor::value::Value as Cbor;
use coset::{CoseSign1, Header, HeaderBuilder, ProtectedHeader, SignatureContext, TaggedCborSerializable as _};
use serde_json::{Map, Value};

use super::{ProofOptions, SignatureFault, cbor, claims};
use crate::error::{Result, WalletError};
use crate::json;
use crate::key::{KeyAlgorithm, PublicKey};

/// The longest message that is read, in bytes: its `data:` URL is still JSON that is read.
pub(super) const MAX_BYTES: usize = json::MAX_BYTES / 4 * 3 - 1024;
const WHAT: &str = "COSE_Sign1";

/// The header parameters that are looked at (RFC 9052 §3.1, RFC 9597, RFC 9596).
const ALG: i64 = 1;
const CRIT: i64 = 2;
const CONTENT_TYPE: i64 = 3;
const KID: i64 = 4;
const CWT_CLAIMS: i64 = 15;
const TYP: i64 = 16;

/// A message whose parts were read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Message {
    bytes: Vec<u8>,
    /// The Sig_structure (RFC 9052 §4.4).
    signed: Vec<u8>,
    algorithm: KeyAlgorithm,
    signature: Vec<u8>,
}

/// What the header of a message says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Headers {
    /// The type of the whole message.
    pub typ: Option<Value>,
    /// The type of the payload.
    pub content_type: Option<Value>,
    /// The key, in the text that a JWT would name it by.
    pub kid: Option<String>,
    /// The CWT claims, in their JSON names.
    pub claims: Map<String, Value>,
}

/// Reads a message, tagged or not: its header, its payload, and what its signature is checked with.
pub(super) fn read(bytes: &[u8]) -> Result<(Headers, Vec<u8>, Message)> {
    let bad = |reason: &str| WalletError::malformed(WHAT, reason);
    if bytes.len() > MAX_BYTES {
        return Err(bad("it is too long"));
    }
    let parts = match cbor::read(WHAT, bytes)? {
        Cbor::Tag(tag, inner) if tag == CoseSign1::TAG => *inner,
        other => other,
    };
    let Cbor::Array(parts) = parts else { return Err(bad("it is not an array")) };
    let Ok([Cbor::Bytes(protected), unprotected, payload, Cbor::Bytes(signature)]) = <[Cbor; 4]>::try_from(parts) else {
        return Err(bad("it has not the four parts of a COSE_Sign1"));
    };
    let Cbor::Bytes(payload) = payload else { return Err(bad("its payload is not in it")) };
    // An empty string stands for an empty map (RFC 9052 §3).
    let header = if protected.is_empty() { Cbor::Map(Vec::new()) } else { cbor::read(WHAT, &protected)? };
    let (headers, algorithm) = headers(&map(header)?, &map(unprotected)?)?;
    let original = ProtectedHeader { original_data: Some(protected), header: Header::default() };
    let signed = coset::sig_structure_data(SignatureContext::CoseSign1, original, None, &[], &payload);
    Ok((headers, payload, Message { bytes: bytes.to_vec(), signed, algorithm, signature }))
}

impl Message {
    /// The message itself, as it came.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What is signed, and the signature.
    pub(super) fn signed(&self) -> (&[u8], &[u8]) {
        (&self.signed, &self.signature)
    }

    /// Checks the signature under `key`, whose kind must be the one the header names.
    pub(super) fn check(&self, key: &PublicKey) -> Result<(), SignatureFault> {
        if key.algorithm() != self.algorithm {
            return Err(SignatureFault::WrongAlgorithm);
        }
        Ok(key.verify(&self.signed, &self.signature)?)
    }
}

/// A message on its way to a keystore.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    message: Box<CoseSign1>,
}

/// What a new message says beside its payload: its own media type, and its payload's where it has one.
pub(super) struct Types {
    pub typ: &'static str,
    pub content_type: Option<&'static str>,
}

/// Prepares a message, with the claims of `options` in its header where `claims_in_header` (RFC 9597); returns what is signed.
pub(super) fn prepare(
    payload: Vec<u8>,
    types: &Types,
    claims: &Map<String, Value>,
    options: &ProofOptions,
    key: &PublicKey,
) -> Result<(Vec<u8>, Draft)> {
    let mut header = HeaderBuilder::new()
        .algorithm(algorithm_of(key.algorithm())?)
        .key_id(options.method.as_str().as_bytes().to_vec())
        .value(TYP, Cbor::Text(types.typ.to_owned()));
    if let Some(content_type) = types.content_type {
        header = header.content_type(content_type.to_owned());
    }
    if !claims.is_empty() {
        header = header.value(CWT_CLAIMS, cwt(claims));
    }
    let protected = ProtectedHeader { original_data: None, header: header.build() };
    let message = CoseSign1 { protected, payload: Some(payload), ..CoseSign1::default() };
    Ok((message.tbs_data(&[]), Draft { message: Box::new(message) }))
}

/// The message with its signature, tagged (RFC 9052 §2).
pub(super) fn finish(draft: Draft, signature: &[u8]) -> Vec<u8> {
    let message = CoseSign1 { signature: signature.to_vec(), ..*draft.message };
    message.to_tagged_vec().expect("it was made of distinct labels")
}

fn headers(protected: &[(Cbor, Cbor)], unprotected: &[(Cbor, Cbor)]) -> Result<(Headers, KeyAlgorithm)> {
    let bad = |reason: &str| WalletError::malformed(WHAT, reason);
    let labels: Vec<&Cbor> = protected.iter().chain(unprotected).map(|(label, _)| label).collect();
    if labels.iter().enumerate().any(|(at, label)| labels[..at].contains(label)) {
        return Err(bad("a header parameter stands in it twice"));
    }
    let found = |header: &[(Cbor, Cbor)], label: i64| {
        header.iter().find(|(found, _)| *found == Cbor::from(label)).map(|(_, value)| value.clone())
    };
    // What says how to read or check a message must be covered by its signature (RFC 9052 §3.1, RFC 9596 §2, RFC 9597 §2).
    if [ALG, CRIT, CWT_CLAIMS, TYP].into_iter().any(|label| found(unprotected, label).is_some()) {
        return Err(bad("a header parameter stands outside its signature"));
    }
    if found(protected, CRIT).is_some() {
        return Err(WalletError::unsupported("a COSE_Sign1 with critical header parameters", "leave out crit"));
    }
    let algorithm = algorithm(found(protected, ALG))?;
    let kid = match found(protected, KID).or(found(unprotected, KID)) {
        None => None,
        // A key identifier is any bytes; those that are no text are a thumbprint, as a JWT writes it.
        Some(Cbor::Bytes(kid)) => {
            Some(String::from_utf8(kid).unwrap_or_else(|error| BASE64_URL_SAFE_NO_PAD.encode(error.as_bytes())))
        }
        Some(_) => return Err(bad("its kid is not bytes")),
    };
    let media = |value: Option<Cbor>| match value {
        None => Ok(None),
        Some(Cbor::Text(text)) => Ok(Some(Value::String(text))),
        Some(Cbor::Integer(_)) => Err(WalletError::unsupported("a CoAP content format", "write the media type as text")),
        Some(_) => Err(bad("a media type in its header is not text")),
    };
    let claims = found(protected, CWT_CLAIMS).map(json_claims).transpose()?.unwrap_or_default();
    let typ = media(found(protected, TYP))?;
    let content_type = media(found(protected, CONTENT_TYPE).or(found(unprotected, CONTENT_TYPE)))?;
    Ok((Headers { typ, content_type, kid, claims }, algorithm))
}

/// The kind of key an algorithm belongs to, by its polymorphic or its fully specified number (RFC 9053 §2, RFC 9864 §2.2).
fn algorithm(value: Option<Cbor>) -> Result<KeyAlgorithm> {
    let number = match value {
        None => return Err(WalletError::malformed(WHAT, "its header has no alg")),
        Some(Cbor::Integer(number)) => i128::from(number),
        Some(_) => 0,
    };
    match number {
        -8 | -19 => Ok(KeyAlgorithm::Ed25519),
        -7 | -9 => Ok(KeyAlgorithm::P256),
        -35 | -51 => Ok(KeyAlgorithm::P384),
        _ => Err(WalletError::unsupported("this COSE algorithm", "use EdDSA, ES256 or ES384")),
    }
}

fn algorithm_of(algorithm: KeyAlgorithm) -> Result<coset::iana::Algorithm> {
    match algorithm {
        KeyAlgorithm::Ed25519 => Ok(coset::iana::Algorithm::EdDSA),
        KeyAlgorithm::P256 => Ok(coset::iana::Algorithm::ES256),
        KeyAlgorithm::P384 => Ok(coset::iana::Algorithm::ES384),
        KeyAlgorithm::Secp256k1 | KeyAlgorithm::Bls12381G2 => {
            Err(WalletError::misused("a secp256k1 key signs no COSE; use Ed25519, P-256 or P-384"))
        }
    }
}

/// The CWT claims and the names of their JWT twins (RFC 8392 §3.1, RFC 9711 §4.1 for the nonce, Token Status List §5.2, §6.3.1).
const CLAIMS: [(i64, &str); 10] = [
    (1, "iss"),
    (2, "sub"),
    (3, "aud"),
    (4, "exp"),
    (5, "nbf"),
    (6, "iat"),
    (10, "nonce"),
    (65_533, "status_list"),
    (65_534, "ttl"),
    (65_535, "status"),
];

/// CWT claims in their JSON names; those of other names are left out, as what is not understood (VC-JOSE-COSE §3.3.3).
pub(super) fn json_claims(claims: Cbor) -> Result<Map<String, Value>> {
    let claims = map(claims)?;
    let twice = claims.iter().enumerate().any(|(at, (label, _))| claims[..at].iter().any(|(other, _)| other == label));
    if twice {
        return Err(WalletError::malformed(WHAT, "a claim stands in it twice"));
    }
    let known = |label: &Cbor| CLAIMS.into_iter().find(|(number, _)| *label == Cbor::from(*number)).map(|(_, name)| name);
    let read = |(label, value): (Cbor, Cbor)| known(&label).map(|name| Ok((name.to_owned(), json_value(name, value)?)));
    claims.into_iter().filter_map(read).collect()
}

/// A value as JSON writes it; bytes in base64url, the nonce alone as text.
fn json_value(name: &str, value: Cbor) -> Result<Value> {
    let bad = || WalletError::malformed(WHAT, format!("its {name} is of no known shape"));
    Ok(match value {
        Cbor::Integer(number) => i64::try_from(number).map_err(|_| bad())?.into(),
        Cbor::Float(number) => serde_json::Number::from_f64(number).ok_or_else(bad)?.into(),
        Cbor::Text(text) => text.into(),
        Cbor::Bool(value) => value.into(),
        Cbor::Bytes(bytes) if name == "nonce" => String::from_utf8(bytes).map_err(|_| bad())?.into(),
        Cbor::Bytes(bytes) => BASE64_URL_SAFE_NO_PAD.encode(bytes).into(),
        Cbor::Array(items) => items.into_iter().map(|item| json_value(name, item)).collect::<Result<Value>>()?,
        Cbor::Map(members) => {
            let mut object = Map::new();
            for (member, value) in members {
                let Cbor::Text(member) = member else { return Err(bad()) };
                let value = json_value(&member, value)?;
                if object.insert(member, value).is_some() {
                    return Err(bad());
                }
            }
            object.into()
        }
        _ => return Err(bad()),
    })
}

/// Claims in their JSON names as CWT claims: a nonce and the bits of a status list as bytes.
pub(super) fn cwt(claims: &Map<String, Value>) -> Cbor {
    let number = |name: &str| CLAIMS.into_iter().find(|(_, known)| *known == name).map(|(number, _)| number);
    let write = |(name, value): (&String, &Value)| Some((Cbor::from(number(name)?), cbor_value(name, value)));
    Cbor::Map(claims.iter().filter_map(write).collect())
}

fn cbor_value(name: &str, value: &Value) -> Cbor {
    match value {
        Value::String(nonce) if name == "nonce" => Cbor::Bytes(nonce.as_bytes().to_vec()),
        Value::String(bits) if name == "lst" => Cbor::Bytes(BASE64_URL_SAFE_NO_PAD.decode(bits).unwrap_or_default()),
        Value::String(text) => Cbor::Text(text.clone()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Cbor::from(whole),
            None => Cbor::Float(number.as_f64().unwrap_or_default()),
        },
        Value::Bool(value) => Cbor::Bool(*value),
        Value::Null => Cbor::Null,
        Value::Array(items) => Cbor::Array(items.iter().map(|item| cbor_value(name, item)).collect()),
        Value::Object(members) => {
            Cbor::Map(members.iter().map(|(name, value)| (Cbor::Text(name.clone()), cbor_value(name, value))).collect())
        }
    }
}

/// The entries of a map.
fn map(value: Cbor) -> Result<Vec<(Cbor, Cbor)>> {
    value.into_map().map_err(|_| WalletError::malformed(WHAT, "a part of it is not a map"))
}

/// Whether `typ` names the media type `application/{short}`.
pub(super) fn is_type(typ: Option<&Value>, short: &str) -> bool {
    typ.and_then(Value::as_str).is_some_and(|typ| claims::is_media_type(typ, short))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("two digits")).collect()
    }

    fn p256(point: &str) -> PublicKey {
        PublicKey::from_bytes(KeyAlgorithm::P256, &hex(point)).expect("a point")
    }

    #[test]
    fn rfc_9052_appendix_c_2_1() {
        let message = hex(concat!(
            "d28443a10126a10442313154546869732069732074686520636f6e74656e742e58408eb33e4ca31d1c465ab05aac34cc6b23d58fef5c083106c4",
            "d25a91aef0b0117e2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5a4c345cacb36",
        ));
        let key = p256(concat!(
            "04bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff",
            "20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e",
        ));
        let (headers, payload, message) = read(&message).expect("a message");
        assert_eq!((headers.kid.as_deref(), payload.as_slice()), (Some("11"), &b"This is the content."[..]));
        assert_eq!(message.check(&key), Ok(()));
    }

    #[test]
    fn rfc_8392_appendix_a_3() {
        let message = hex(concat!(
            "d28443a10126a104524173796d6d657472696345434453413235365850a70175636f61703a2f2f61732e6578616d706c652e636f6d0265657269",
            "6b77037818636f61703a2f2f6c696768742e6578616d706c652e636f6d041a5612aeb0051a5610d9f0061a5610d9f007420b7158405427c1ff28",
            "d23fbad1f29c4c7c6a555e601d6fa29f9179bc3d7438bacaca5acd08c8d4d4f96131680c429a01f85951ecee743a52b9b63632c57209120e1c9e",
            "30",
        ));
        let key = p256(concat!(
            "04143329cce7868e416927599cf65a34f3ce2ffda55a7eca69ed8919a394d42f0f",
            "60f7f1a780d8a783bfb7a2dd6b2796e8128dbbcef9d3d168db9529971a36e7b9",
        ));
        let (headers, payload, message) = read(&message).expect("a message");
        assert_eq!((headers.kid.as_deref(), message.check(&key)), (Some("AsymmetricECDSA256"), Ok(())));
        let claims = json_claims(cbor::read(WHAT, &payload).expect("CBOR")).expect("claims");
        let expected = serde_json::json!({
            "iss": "coap://as.example.com", "sub": "erikw", "aud": "coap://light.example.com",
            "exp": 1_444_064_944, "nbf": 1_443_944_944, "iat": 1_443_944_944,
        });
        assert_eq!(Value::Object(claims), expected);
    }
}
