//! One disclosure: a salt, and the claim or list item that a digest stands for (RFC 9901 §4.2).

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use rand_core::CryptoRng;
use serde_json::{Value, json};

use super::HashAlgorithm;
use crate::error::{Result, WalletError};
use crate::json;
use crate::securing::jws;

/// A claim or list item that its digest stands for in the signed payload.
#[derive(Debug, Clone, PartialEq)]
pub struct Disclosure {
    text: String,
    content: Content,
}

/// What a disclosure shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A member of an object (RFC 9901 §4.2.1).
    Member {
        /// Its name.
        name: String,
        /// Its value, in which further digests may stand.
        value: Value,
    },
    /// An item of a list (RFC 9901 §4.2.2).
    Item(Value),
}

impl Disclosure {
    /// Reads the base64url text of a JSON list: salt, name and value, or salt and value.
    pub fn read(text: &str) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("disclosure", reason);
        let bytes = jws::decode(text).map_err(|_| bad("it is not base64url"))?;
        let Value::Array(parts) = json::read_bytes("disclosure", &bytes)? else { return Err(bad("it is not a list")) };
        if !parts.first().is_some_and(Value::is_string) {
            return Err(bad("its salt is not text"));
        }
        let mut parts = parts.into_iter().skip(1);
        let content = match (parts.next(), parts.next(), parts.next()) {
            (Some(value), None, None) => Content::Item(value),
            (Some(Value::String(name)), Some(value), None) => Content::Member { name, value },
            (Some(_), Some(_), None) => return Err(bad("the name of the claim is not text")),
            _ => return Err(bad("it has neither two nor three parts")),
        };
        Ok(Self { text: text.to_owned(), content })
    }

    /// A new disclosure of a member of an object.
    pub(super) fn of_member(name: String, value: Value, rng: &mut dyn CryptoRng) -> Self {
        let text = encode(&json!([salt(rng), name, value]));
        Self { text, content: Content::Member { name, value } }
    }

    /// A new disclosure of an item of a list.
    pub(super) fn of_item(value: Value, rng: &mut dyn CryptoRng) -> Self {
        let text = encode(&json!([salt(rng), value]));
        Self { text, content: Content::Item(value) }
    }

    /// The base64url text, over which the digest is taken.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it shows.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Its digest, base64url (RFC 9901 §4.2.3).
    pub fn digest(&self, algorithm: HashAlgorithm) -> String {
        algorithm.digest(&self.text)
    }

    pub(super) fn into_content(self) -> Content {
        self.content
    }
}

/// 128 random bits as text, new for every claim (RFC 9901 §9.3).
pub(super) fn salt(rng: &mut dyn CryptoRng) -> String {
    let mut salt = [0; 16];
    rng.fill_bytes(&mut salt);
    BASE64_URL_SAFE_NO_PAD.encode(salt)
}

fn encode(parts: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(parts.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::SysRng;
    use getrandom::rand_core::UnwrapErr;
    use proptest::prelude::*;

    #[test]
    fn rfc_9901_section_4_2_1_variations_of_one_claim() {
        for text in [
            "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0",
            "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNXHUwMGY2Yml1cyJd",
            "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsImZhbWlseV9uYW1lIiwiTcO2Yml1cyJd",
            "WwoiXzI2YmM0TFQtYWM2cTJLSTZjQlc1ZXMiLAoiZmFtaWx5X25hbWUiLAoiTcO2Yml1cyIKXQ",
        ] {
            let read = Disclosure::read(text).expect("a disclosure");
            assert_eq!(*read.content(), Content::Member { name: "family_name".to_owned(), value: json!("Möbius") });
            assert_eq!(read.text(), text);
        }
    }

    #[test]
    fn rfc_9901_section_4_2_2_list_item() {
        let read = Disclosure::read("WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0").expect("a disclosure");
        assert_eq!(*read.content(), Content::Item(json!("FR")));
        assert_eq!(read.digest(HashAlgorithm::Sha256), "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs");
    }

    #[test]
    fn list_of_another_shape_is_refused() {
        for bad in [
            json!([]),
            json!(["salt"]),
            json!(["salt", "name", 1, 2]),
            json!([1, "name", 2]),
            json!([null, "value"]),
            json!(["salt", 1, 2]),
            json!({ "0": "salt", "1": "value" }),
            json!("salt"),
        ] {
            assert!(Disclosure::read(&encode(&bad)).is_err(), "{bad}");
        }
        for bad in ["", "WyJh", "WyJhIiwxXQ==", "not base64url", "WyJhIiwgMV0~"] {
            assert!(Disclosure::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn two_disclosures_of_one_claim_have_nothing_in_common() {
        let mut rng = UnwrapErr(SysRng);
        let mut one = || Disclosure::of_member("name".to_owned(), json!("Ana"), &mut rng);
        let (first, second) = (one(), one());
        assert_ne!(first.digest(HashAlgorithm::Sha256), second.digest(HashAlgorithm::Sha256));
        assert_eq!(Disclosure::read(first.text()), Ok(first));
    }

    proptest! {
        #[test]
        fn any_text_is_a_disclosure_or_refused(text in "\\PC{0,60}", json in "[\\[\\]{}\":,0-9a-e ]{0,40}") {
            let _ = Disclosure::read(&text);
            let _ = Disclosure::read(&BASE64_URL_SAFE_NO_PAD.encode(json));
        }
    }
}
