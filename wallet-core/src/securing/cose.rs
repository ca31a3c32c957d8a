//! Credentials and presentations as COSE_Sign1, `vc+cose` and `vp+cose` (VC-JOSE-COSE §3.3).
//!
//! The payload is the JSON document; claims that belong to the signature stand in the protected header (RFC 9597).

use serde_json::{Map, Value};

use super::claims::{self, Claims};
use super::secured::Read;
use super::sign1::{self, Headers, Types};
use super::{Kind, Mechanism, ProofOptions};
use crate::error::{Result, WalletError};
use crate::json;
use crate::key::PublicKey;

/// Reads the header and payload of a message.
pub(super) fn read(headers: &Headers, payload: &[u8]) -> Result<Read> {
    let value = json::read_bytes("COSE payload", payload)?;
    let Value::Object(body) = value else { return Err(WalletError::malformed("COSE payload", "it is not a JSON object")) };
    let kind = Kind::of(&body)?;
    let (typ, content_type) = match kind {
        Kind::Presentation => ("vp+cose", "vp"),
        _ => ("vc+cose", "vc"),
    };
    claims::check_types(headers.typ.as_ref(), headers.content_type.as_ref(), (typ, content_type))?;
    let claims = Claims { what: "COSE_Sign1", values: headers.claims.clone() };
    claims.agree(kind, &body)?;
    let method = claims.method(headers.kid.as_deref(), claims::signer(kind, &body))?;
    let proof = claims.proof(Mechanism::Cose, method)?;
    Ok(Read { kind, body, proof, claims: claims.values })
}

/// What is signed of a new message, and the message without its signature.
pub(super) fn prepare(document: Map<String, Value>, options: &ProofOptions, key: &PublicKey) -> Result<(Vec<u8>, sign1::Draft)> {
    let kind = Kind::of(&document)?;
    claims::may_be_signed(kind, &document, options)?;
    let types = match kind {
        Kind::Presentation => Types { typ: "application/vp+cose", content_type: Some("application/vp") },
        _ => Types { typ: "application/vc+cose", content_type: Some("application/vc") },
    };
    // `cnf` is written as COSE_Key, which this version does not write.
    if let Some(name) = ["cnf", "status"].into_iter().find(|name| document.contains_key(*name)) {
        return Err(WalletError::misused(format!("the member {name} would be a claim of the token")));
    }
    let payload = Value::Object(document).to_string().into_bytes();
    sign1::prepare(payload, &types, &claims::of_options(options), options, key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::did::VerificationRelationship;
    use crate::key::{KeyAlgorithm, SecretKey};
    use crate::securing::linked_data::Contexts;
    use crate::securing::{Secured, SignatureFault, prepare};
    use coset::cbor::value::Value as Cbor;
    use proptest::prelude::*;
    use serde_json::json;

    const METHOD: &str = "did:web:universidad.example#key-1";
    const ALGORITHMS: [KeyAlgorithm; 3] = [KeyAlgorithm::Ed25519, KeyAlgorithm::P256, KeyAlgorithm::P384];

    fn key(algorithm: KeyAlgorithm, byte: u8) -> SecretKey {
        let length = if algorithm == KeyAlgorithm::P384 { 48 } else { 32 };
        SecretKey::from_bytes(algorithm, &vec![byte; length]).expect("a scalar in range")
    }

    fn document(type_name: &str) -> Map<String, Value> {
        let value = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": [type_name],
            "issuer": "did:web:universidad.example",
            "credentialSubject": { "id": "did:example:alumna", "name": "Ñusta" },
        });
        value.as_object().expect("an object").clone()
    }

    fn options(purpose: VerificationRelationship) -> ProofOptions {
        let date = |text: &str| text.parse().expect("a date");
        ProofOptions {
            expires: Some(date("2026-03-02T12:00:00Z")),
            nonce: Some("n-0S6_WzA2Mj".to_owned()),
            audience: Some("did:web:verifier.example".to_owned()),
            ..ProofOptions::new(Mechanism::Cose, METHOD.parse().expect("a DID URL"), purpose, date("2026-03-01T12:00:00Z"))
        }
    }

    fn sign(document: Map<String, Value>, purpose: VerificationRelationship, key: &SecretKey) -> Secured {
        let unsigned = prepare(document, &options(purpose), &key.public_key(), &Contexts::bundled()).expect("a document");
        let signature = key.sign(unsigned.message());
        unsigned.finish(&signature).expect("a signature of the right length")
    }

    fn credential() -> Secured {
        sign(document("VerifiableCredential"), VerificationRelationship::AssertionMethod, &key(KeyAlgorithm::Ed25519, 5))
    }

    fn int(number: i64) -> Cbor {
        Cbor::from(number)
    }

    fn text(text: &str) -> Cbor {
        Cbor::Text(text.to_owned())
    }

    fn bytes_of(value: &Cbor) -> Vec<u8> {
        let mut bytes = Vec::new();
        coset::cbor::ser::into_writer(value, &mut bytes).expect("memory");
        bytes
    }

    /// A message with these headers, signed by no key that matters.
    fn message(protected: Vec<(Cbor, Cbor)>, unprotected: Vec<(Cbor, Cbor)>) -> Vec<u8> {
        let payload = Value::Object(document("VerifiableCredential")).to_string().into_bytes();
        let parts = [Cbor::Bytes(bytes_of(&Cbor::Map(protected))), Cbor::Map(unprotected), Cbor::Bytes(payload)];
        bytes_of(&Cbor::Array([&parts[..], &[Cbor::Bytes(vec![0; 64])]].concat()))
    }

    fn good() -> Vec<(Cbor, Cbor)> {
        vec![(int(1), int(-8)), (int(4), Cbor::Bytes(METHOD.into())), (int(16), text("application/vc+cose"))]
    }

    fn with(more: &[(Cbor, Cbor)]) -> Result<Secured> {
        Secured::read_bytes(&message([&good()[..], more].concat(), Vec::new()))
    }

    #[test]
    fn every_algorithm_signs_and_only_its_own_key_verifies() {
        for algorithm in ALGORITHMS {
            for (name, purpose) in [
                ("VerifiableCredential", VerificationRelationship::AssertionMethod),
                ("VerifiablePresentation", VerificationRelationship::Authentication),
            ] {
                let mut document = document(name);
                document
                    .shift_remove("credentialSubject")
                    .filter(|_| name == "VerifiableCredential")
                    .map(|subject| document.insert("credentialSubject".to_owned(), subject));
                let secured = sign(document.clone(), purpose, &key(algorithm, 5));
                assert_eq!(*secured.body(), document);
                let (proof, options) = (&secured.proofs()[0], options(purpose));
                assert_eq!((proof.mechanism, proof.method.as_str()), (Mechanism::Cose, METHOD));
                assert_eq!((proof.created.as_ref(), &proof.expires), (Some(&options.created), &options.expires));
                assert_eq!((&proof.nonce, &proof.audience[..]), (&options.nonce, &["did:web:verifier.example".to_owned()][..]));
                for other in ALGORITHMS {
                    let fault = if other == algorithm { SignatureFault::Bad } else { SignatureFault::WrongAlgorithm };
                    let other = key(other, 6).public_key();
                    assert_eq!(secured.check_signature(0, &other, &Contexts::bundled()), Err(fault));
                }
                assert_eq!(secured.check_signature(0, &key(algorithm, 5).public_key(), &Contexts::bundled()), Ok(()));
                assert!(secured.check_signature(1, &key(algorithm, 5).public_key(), &Contexts::bundled()).is_err());
            }
        }
    }

    #[test]
    fn message_is_read_as_bytes_as_its_url_and_as_its_envelope() {
        let secured = credential();
        let bytes = secured.to_bytes();
        assert_eq!(bytes[0], 0xd2);
        let envelope: Value = serde_json::from_str(secured.text()).expect("JSON");
        assert_eq!(envelope["type"], "EnvelopedVerifiableCredential");
        let url = envelope["id"].as_str().expect("a URL");
        assert!(url.starts_with("data:application/vc+cose;base64,"));
        for read in [Secured::read_bytes(&bytes), Secured::read(url), Secured::read(secured.text())] {
            let read = read.expect("the same message");
            assert_eq!((read.body(), read.to_bytes(), read.to_value()), (secured.body(), bytes.clone(), envelope.clone()));
        }
        // The tag may be left out (RFC 9052 §2).
        let untagged = Secured::read_bytes(&bytes[1..]).expect("the same message");
        assert_eq!(untagged.check_signature(0, &key(KeyAlgorithm::Ed25519, 5).public_key(), &Contexts::bundled()), Ok(()));
        for other in ["vp+cose", "vc+jwt", "statuslist+cwt", "vc+sd-jwt"] {
            assert!(Secured::read(&url.replace("vc+cose", other)).is_err(), "{other}");
        }
    }

    #[test]
    fn tampered_payload_or_header_has_a_bad_signature() {
        let bytes = credential().to_bytes();
        let key = key(KeyAlgorithm::Ed25519, 5).public_key();
        let at = |needle: &[u8]| bytes.windows(needle.len()).position(|window| window == needle).expect("it is in there");
        for place in [at("Ñusta".as_bytes()) + 2, at(b"key-1") + 4, at(b"vc+cose") + 1, bytes.len() - 1] {
            let mut tampered = bytes.clone();
            tampered[place] ^= 1;
            if let Ok(tampered) = Secured::read_bytes(&tampered) {
                assert_eq!(tampered.check_signature(0, &key, &Contexts::bundled()), Err(SignatureFault::Bad), "{place}");
            }
        }
    }

    #[test]
    fn algorithm_is_read_by_both_its_numbers_and_by_no_other() {
        for (number, algorithm) in [
            (-8, KeyAlgorithm::Ed25519),
            (-19, KeyAlgorithm::Ed25519),
            (-7, KeyAlgorithm::P256),
            (-9, KeyAlgorithm::P256),
            (-35, KeyAlgorithm::P384),
            (-51, KeyAlgorithm::P384),
        ] {
            let secured = Secured::read_bytes(&message(vec![(int(1), int(number))], Vec::new())).expect("well-formed");
            for other in ALGORITHMS {
                let fault = if other == algorithm { SignatureFault::Bad } else { SignatureFault::WrongAlgorithm };
                assert_eq!(secured.check_signature(0, &key(other, 5).public_key(), &Contexts::bundled()), Err(fault), "{number}");
            }
        }
        // HMAC 256/256, ES256K, PS256, none at all by name, a bignum.
        for number in [int(5), int(-47), int(-37), text("none"), Cbor::Integer(u64::MAX.into())] {
            let read = Secured::read_bytes(&message(vec![(int(1), number.clone())], Vec::new()));
            assert!(matches!(read, Err(WalletError::Unsupported { .. })), "{number:?}");
        }
        assert!(matches!(Secured::read_bytes(&message(Vec::new(), Vec::new())), Err(WalletError::Malformed { .. })));
    }

    #[test]
    fn what_the_signature_does_not_cover_says_nothing() {
        for outside in
            [(int(1), int(-8)), (int(2), Cbor::Array(vec![int(1)])), (int(15), Cbor::Map(Vec::new())), (int(16), text("a/b"))]
        {
            let read = Secured::read_bytes(&message(vec![(int(1), int(-8))], vec![outside.clone()]));
            assert!(matches!(read, Err(WalletError::Malformed { .. })), "{outside:?}");
        }
        // A key identifier is a hint and may stand there (RFC 9052 §3.1), but not in both places.
        let kid = (int(4), Cbor::Bytes(METHOD.into()));
        let outside = Secured::read_bytes(&message(vec![(int(1), int(-8))], vec![kid.clone()])).expect("well-formed");
        assert_eq!(outside.proofs()[0].method, METHOD);
        assert!(Secured::read_bytes(&message(good(), vec![kid])).is_err());
        // Counter signatures, certificates and keys are not looked at, however deep they go.
        let ignored = vec![(int(7), text("?")), (int(33), Cbor::Bytes(vec![1])), (int(99), int(1)), (text("jwk"), text("?"))];
        assert!(Secured::read_bytes(&message(good(), ignored)).is_ok());
    }

    #[test]
    fn critical_duplicate_and_misshapen_parameters_are_refused() {
        let critical = with(&[(int(2), Cbor::Array(vec![int(99)])), (int(99), int(1))]);
        assert!(matches!(critical, Err(WalletError::Unsupported { .. })));
        for bad in [(int(1), int(-7)), (int(4), Cbor::Bytes(vec![1])), (int(3), int(50)), (int(15), int(1))] {
            assert!(with(std::slice::from_ref(&bad)).is_err(), "{bad:?}");
        }
        assert!(with(&[(int(15), Cbor::Map(vec![(int(6), int(1)), (int(6), int(1))]))]).is_err());
        assert!(with(&[(int(15), Cbor::Map(vec![(int(4), text("soon"))]))]).is_err());
    }

    #[test]
    fn types_must_go_with_the_payload() {
        let typed = |label: i64, media: &str| {
            Secured::read_bytes(&message(vec![(int(1), int(-8)), (int(label), text(media))], Vec::new())).is_ok()
        };
        assert!(typed(16, "application/vc+cose") && typed(16, "Application/VC+COSE;v=1") && typed(3, "application/vc"));
        for media in ["application/vp+cose", "application/statuslist+cwt", "application/cwt", "text/vc+cose"] {
            assert!(!typed(16, media), "{media}");
        }
        assert!(!typed(3, "application/vp") && !typed(3, "application/json"));
    }

    #[test]
    fn issuer_claim_must_be_the_documents() {
        let claims = |name: i64, value: &str| with(&[(int(15), Cbor::Map(vec![(int(name), text(value))]))]);
        assert!(claims(1, "did:web:universidad.example").is_ok() && claims(1, "did:web:other.example").is_err());
        assert!(claims(2, "did:example:alumna").is_ok() && claims(2, "did:example:other").is_err());
    }

    #[test]
    fn message_of_another_shape_is_refused() {
        let good = credential().to_bytes();
        for bytes in [
            &good[..good.len() - 1],
            &[&good[..], b"\0"].concat(),
            &[b"\xd8\x3d", &good[..]].concat(),
            b"\xd1\x84",
            b"\x84\x40\xa0\xf6\x40",
        ] {
            assert!(Secured::read_bytes(bytes).is_err(), "{:x?}", &bytes[..5]);
        }
        assert!(Secured::read_bytes(&vec![0x80; sign1::MAX_BYTES + 1]).is_err());
    }

    #[test]
    fn key_identifier_that_is_no_text_is_a_thumbprint() {
        let secured = Secured::read_bytes(&message(vec![(int(1), int(-8)), (int(4), Cbor::Bytes(vec![0xff; 32]))], Vec::new()));
        let thumbprint = "__________________________________________8";
        assert_eq!(secured.expect("well-formed").proofs()[0].method, format!("did:web:universidad.example#{thumbprint}"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = Secured::read_bytes(&bytes);
            let _ = Secured::read_bytes(&[&b"\xd2\x84"[..], &bytes].concat());
        }

        #[test]
        fn any_changed_byte_is_read_or_refused_and_never_verifies(place in 1usize..400, to in any::<u8>()) {
            let mut bytes = credential().to_bytes();
            let place = place % bytes.len();
            prop_assume!(bytes[place] != to && place > 0);
            bytes[place] = to;
            if let Ok(secured) = Secured::read_bytes(&bytes) {
                let key = key(KeyAlgorithm::Ed25519, 5).public_key();
                prop_assert!(secured.check_signature(0, &key, &Contexts::bundled()).is_err());
            }
        }

        #[test]
        fn any_claims_and_headers_are_read_or_refused(label in -100i64..100, number in any::<i64>(), words in "\\PC{0,20}") {
            for value in [int(number), text(&words), Cbor::Bytes(words.clone().into_bytes()), Cbor::Array(vec![text(&words)])] {
                let _ = with(&[(int(label), value.clone())]);
                let _ = with(&[(int(15), Cbor::Map(vec![(int(label), value)]))]);
            }
        }
    }
}
