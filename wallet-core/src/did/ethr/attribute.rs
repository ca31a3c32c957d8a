//! What a registry's attribute says: the names of did:ethr (§"Non-Ethereum Attributes"), written and read.

use alloy_primitives::hex;
use serde_json::{Map, Value, json};

use crate::did::{Did, DidUrl, Service, VerificationMethod, VerificationRelationship, material};
use crate::error::{Result, WalletError};
use crate::json;
use crate::key::{KeyAlgorithm, PublicKey};

/// The name and value that publish a key or a service in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name, padded with zeros.
    pub name: [u8; 32],
    /// The value.
    pub value: Vec<u8>,
}

/// The attribute that publishes `key` for `relationship`, as a Multikey.
///
/// Authentication implies assertion in did:ethr. Fails with `Misused` for invocation and delegation, which it cannot say.
pub fn key_attribute(key: &PublicKey, relationship: VerificationRelationship) -> Result<Attribute> {
    let name = format!("did/pub/Multikey/{}", purpose_of(relationship)?);
    Ok(Attribute { name: padded(&name)?, value: key.to_multikey_bytes() })
}

/// The attribute that publishes `key` for `relationship` under the name that readers older than Multikey know.
///
/// Fails with `Unsupported` for the NIST curves, which those readers do not know, and otherwise as [`key_attribute`].
pub fn legacy_key_attribute(key: &PublicKey, relationship: VerificationRelationship) -> Result<Attribute> {
    let purpose = purpose_of(relationship)?;
    let name = match key.algorithm() {
        KeyAlgorithm::Ed25519 => format!("did/pub/Ed25519/{purpose}/base58"),
        KeyAlgorithm::Secp256k1 => format!("did/pub/Secp256k1/{purpose}/hex"),
        _ => return Err(WalletError::unsupported("this key under a legacy name", "publish it as a Multikey")),
    };
    Ok(Attribute { name: padded(&name)?, value: key.as_bytes().to_vec() })
}

/// The attribute that publishes a service of type `kind` (letters, digits and `_`, at most 24) at `endpoint`: a URL or an object.
pub fn service_attribute(kind: &str, endpoint: &Value) -> Result<Attribute> {
    if !is_word(kind) {
        return Err(WalletError::misused("the type of a did:ethr service is made of letters, digits and _"));
    }
    let value = match endpoint {
        Value::String(text) => text.clone().into_bytes(),
        Value::Object(_) | Value::Array(_) => endpoint.to_string().into_bytes(),
        _ => return Err(WalletError::misused("a service endpoint is a URL, an object or a list")),
    };
    Ok(Attribute { name: padded(&format!("did/svc/{kind}"))?, value })
}

/// The attribute that reports `key` stolen, under a name of Cédula's own, which other readers of did:ethr pass over.
///
/// It does not end the key's validity for those readers: withdraw the key besides. A report is final.
pub fn stolen_key_attribute(key: &PublicKey) -> Attribute {
    Attribute { name: padded(STOLEN).expect("a short name"), value: key.to_multikey_bytes() }
}

/// The name of a report that a key was stolen; its value is the key, as a Multikey's bytes.
const STOLEN: &str = "did/stolen";

/// The key that an attribute reports stolen, as the bytes of a Multikey.
pub(super) fn stolen_key<'a>(name: &[u8; 32], value: &'a [u8]) -> Option<&'a [u8]> {
    (text_of(name) == Some(STOLEN)).then_some(value)
}

fn purpose_of(relationship: VerificationRelationship) -> Result<&'static str> {
    match relationship {
        VerificationRelationship::AssertionMethod => Ok("veriKey"),
        VerificationRelationship::Authentication => Ok("sigAuth"),
        VerificationRelationship::KeyAgreement => Ok("enc"),
        _ => Err(WalletError::misused("did:ethr publishes keys for assertion, authentication and key agreement only")),
    }
}

fn padded(name: &str) -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    let place =
        bytes.get_mut(..name.len()).ok_or_else(|| WalletError::misused("the name of an attribute has at most 32 bytes"))?;
    place.copy_from_slice(name.as_bytes());
    Ok(bytes)
}

/// The meaning of an attribute's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning<'a> {
    /// `did/pub/ALGORITHM/PURPOSE/ENCODING`, the last two of them optional.
    Key { algorithm: &'a str, purpose: Option<&'a str>, encoding: Option<&'a str> },
    /// `did/svc/TYPE`.
    Service { kind: &'a str },
    /// It begins as a key and goes on as nothing.
    NoKey,
    /// It begins as a service and goes on as nothing.
    NoService,
    /// Another use of the registry.
    Other,
}

/// Reads the text of a `bytes32`; none when it is not UTF-8, and so no business of did:ethr.
pub(super) fn text_of(name: &[u8; 32]) -> Option<&str> {
    std::str::from_utf8(name).ok().map(|text| text.trim_end_matches('\0'))
}

pub(super) fn meaning(name: &str) -> Meaning<'_> {
    let parts: Vec<&str> = name.split('/').collect();
    let good = (3..=5).contains(&parts.len()) && parts[2..].iter().all(|part| is_word(part));
    match (parts.first(), parts.get(1), parts.len()) {
        (Some(&"did"), Some(&"pub"), _) if good => {
            Meaning::Key { algorithm: parts[2], purpose: parts.get(3).copied(), encoding: parts.get(4).copied() }
        }
        (Some(&"did"), Some(&"svc"), _) if good => Meaning::Service { kind: parts[2] },
        (Some(&"did"), Some(&"pub"), 3..) => Meaning::NoKey,
        (Some(&"did"), Some(&"svc"), 3..) => Meaning::NoService,
        _ => Meaning::Other,
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The method that publishes `value`; none when it says PEM and is not text.
///
/// The material is in the form of the current did:ethr: Multikey, or the newest type of each algorithm, whatever encoding the name
/// hints at. Of a value that is no such key, or too long to be one, the bytes are kept in hexadecimal.
pub(super) fn key_method(did: &Did, id: DidUrl, name: Meaning<'_>, value: &[u8]) -> Option<VerificationMethod> {
    let Meaning::Key { algorithm, purpose, encoding } = name else { return None };
    let of = |algorithm| PublicKey::from_bytes(algorithm, value).ok();
    let (kind, member, text) = match algorithm {
        _ if encoding == Some("pem") => (algorithm, "publicKeyPem", json!(std::str::from_utf8(value).ok()?)),
        "Multikey" if value.len() <= 128 => ("Multikey", "publicKeyMultibase", json!(multibase_text(&[], value))),
        "Ed25519" if of(KeyAlgorithm::Ed25519).is_some() => {
            ("Ed25519VerificationKey2020", "publicKeyMultibase", json!(multibase_text(&[0xed, 0x01], value)))
        }
        "X25519" if value.len() == 32 => {
            ("X25519KeyAgreementKey2020", "publicKeyMultibase", json!(multibase_text(&[0xec, 0x01], value)))
        }
        "Secp256k1" if let Some(key) = of(KeyAlgorithm::Secp256k1) => {
            ("EcdsaSecp256k1VerificationKey2019", "publicKeyJwk", key.to_jwk())
        }
        "RSA" => ("RSAVerificationKey2018", "publicKeyHex", json!(hex::encode(value))),
        _ => (algorithm, "publicKeyHex", json!(hex::encode(value))),
    };
    let material = Map::from_iter([(member.to_owned(), text)]);
    Some(VerificationMethod {
        id,
        kind: kind.to_owned(),
        controller: did.clone(),
        key: material::read(kind, &material),
        material,
        relationships: match purpose {
            Some("enc") => vec![VerificationRelationship::KeyAgreement],
            Some("sigAuth") => vec![VerificationRelationship::AssertionMethod, VerificationRelationship::Authentication],
            _ => vec![VerificationRelationship::AssertionMethod],
        },
        expires: None,
        revoked: None,
    })
}

/// The service at `value`; none when it is not text.
pub(super) fn service(id: &DidUrl, kind: &str, value: &[u8]) -> Option<Service> {
    let text = std::str::from_utf8(value).ok()?;
    let known_form = |value: &Value| value.is_string() || value.is_object();
    let endpoint = match json::read("service endpoint", text) {
        Ok(endpoint) if known_form(&endpoint) => endpoint,
        Ok(Value::Array(all)) if all.iter().all(known_form) => Value::Array(all),
        _ => json!(text),
    };
    Some(Service { id: id.to_string(), kinds: vec![kind.to_owned()], endpoint, properties: Map::new() })
}

fn multibase_text(prefix: &[u8], value: &[u8]) -> String {
    multibase::encode(multibase::Base::Base58Btc, [prefix, value].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::SecretKey;
    use proptest::prelude::*;

    fn key(algorithm: KeyAlgorithm) -> PublicKey {
        SecretKey::from_bytes(algorithm, &[5; 32]).expect("a scalar in range").public_key()
    }

    fn read(attribute: &Attribute) -> VerificationMethod {
        let did: Did = "did:ethr:0x0000000000000000000000000000000000000001".parse().expect("a DID");
        let id = did.with_fragment("delegate-1").expect("a DID URL");
        let name = meaning(text_of(&attribute.name).expect("text"));
        key_method(&did, id, name, &attribute.value).expect("a key")
    }

    #[test]
    fn published_key_reads_back_for_its_purpose() {
        use VerificationRelationship::{AssertionMethod, Authentication, CapabilityInvocation, KeyAgreement};
        for algorithm in [KeyAlgorithm::Ed25519, KeyAlgorithm::P256, KeyAlgorithm::Secp256k1] {
            for (relationship, all) in [
                (AssertionMethod, vec![AssertionMethod]),
                (Authentication, vec![AssertionMethod, Authentication]),
                (KeyAgreement, vec![KeyAgreement]),
            ] {
                let method = read(&key_attribute(&key(algorithm), relationship).expect("a key can be published"));
                assert_eq!((method.key, method.relationships), (Some(key(algorithm)), all));
            }
            assert!(key_attribute(&key(algorithm), CapabilityInvocation).is_err());
        }
        for algorithm in [KeyAlgorithm::Ed25519, KeyAlgorithm::Secp256k1] {
            let method = read(&legacy_key_attribute(&key(algorithm), AssertionMethod).expect("a legacy name"));
            assert_eq!(method.key, Some(key(algorithm)));
        }
        assert!(legacy_key_attribute(&key(KeyAlgorithm::P256), AssertionMethod).is_err());
    }

    #[test]
    fn names_mean_what_the_specification_says() {
        let key = |algorithm, purpose, encoding| Meaning::Key { algorithm, purpose, encoding };
        assert_eq!(meaning("did/pub/Ed25519/veriKey/base64"), key("Ed25519", Some("veriKey"), Some("base64")));
        assert_eq!(meaning("did/pub/Secp256k1"), key("Secp256k1", None, None));
        assert_eq!(meaning("did/svc/Hub"), Meaning::Service { kind: "Hub" });
        assert_eq!(meaning("did/svc/Hub/x"), Meaning::Service { kind: "Hub" });
        assert_eq!(meaning("did/pub/"), Meaning::NoKey);
        assert_eq!(meaning("did/pub/a/b/c/d"), Meaning::NoKey);
        assert_eq!(meaning("did/pub/a-b"), Meaning::NoKey);
        assert_eq!(meaning("did/svc/a b"), Meaning::NoService);
        for other in ["did/pub", "did", "", "DID/pub/a", "did/xyz/a", "xdid/pub/a"] {
            assert_eq!(meaning(other), Meaning::Other, "{other}");
        }
    }

    #[test]
    fn service_is_published_as_text_or_object() {
        let url = service_attribute("Hub", &json!("https://hub.example")).expect("a service");
        assert_eq!((text_of(&url.name), &*url.value), (Some("did/svc/Hub"), &b"https://hub.example"[..]));
        let object = service_attribute("Hub", &json!({ "uri": "https://hub.example" })).expect("a service");
        let id = "did:ethr:0x01#service-1".parse().expect("a DID URL");
        assert_eq!(service(&id, "Hub", &object.value).expect("a service").endpoint, json!({ "uri": "https://hub.example" }));
        assert_eq!(service(&id, "Hub", b"7").expect("a service").endpoint, json!("7"));
        assert_eq!(service(&id, "Hub", &[0xff]), None);
        assert!(service_attribute("a/b", &json!("https://hub.example")).is_err());
        assert!(service_attribute("ATypeThatIsTooLongForTheRegistry", &json!("https://hub.example")).is_err());
    }

    proptest! {
        #[test]
        fn any_attribute_is_read(
            name in "did/(pub|svc)/(Multikey|Ed25519|X25519|Secp256k1|RSA|[a-zA-Z_]{1,3})(/[a-z]{0,3}){0,3}",
            value in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let did: Did = "did:ethr:0x01".parse().expect("a DID");
            let id = did.with_fragment("delegate-1").expect("a DID URL");
            let _ = service(&id, "Hub", &value);
            if let Some(method) = key_method(&did, id, meaning(&name), &value) {
                prop_assert_eq!(method.material.len(), 1);
            }
        }
    }
}
