//! What the holder authorises besides showing credentials: a payment, a signature (OpenID4VP 1.0 §5.1, §8.4).

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Map, Value, json};

use super::fault::{RequestFault, Result};
use super::parameters::texts;
use crate::json;
use crate::oauth::OAuthErrorCode;
use crate::securing::sd_jwt::HashAlgorithm;

/// The most objects one request may carry, and the longest of them, in characters.
const MAX_OBJECTS: usize = 16;
const MAX_LENGTH: usize = 16 << 10;

/// One object of `transaction_data`, kept as it was received: its hash is over these very characters (appendix B.3.3.1).
#[derive(Debug, Clone, PartialEq)]
pub struct TransactionData {
    text: String,
    parameters: Map<String, Value>,
    kind: String,
    credential_ids: Vec<String>,
    hash_algorithms: Vec<HashAlgorithm>,
}

impl TransactionData {
    /// A transaction of the type `kind`, to be authorised with one of the credentials that these queries ask for; its own
    /// `parameters` come after, and the hash will be SHA-256.
    pub fn new(kind: &str, credential_ids: &[&str], parameters: Map<String, Value>) -> Result<Self> {
        let mut object = Map::from_iter([("type".to_owned(), kind.into()), ("credential_ids".to_owned(), json!(credential_ids))]);
        object.extend(parameters);
        Self::read(&BASE64_URL_SAFE_NO_PAD.encode(Value::Object(object).to_string()))
    }

    /// Reads one string: the base64url of a JSON object with `type` and `credential_ids`.
    ///
    /// Fails with the code `invalid_transaction_data`; of the hash algorithms it names, one must be known here.
    pub fn read(text: &str) -> Result<Self> {
        if text.len() > MAX_LENGTH {
            return Err(bad("an object of it is longer than 16 KiB"));
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| bad("an object of it is not base64url"))?;
        let Ok(Value::Object(parameters)) = json::read_bytes("transaction_data", &bytes) else {
            return Err(bad("an object of it is no JSON object"));
        };
        let kind = parameters.get("type").and_then(Value::as_str).ok_or_else(|| bad("an object of it has no type"))?.to_owned();
        let credential_ids =
            texts(&parameters, "credential_ids").map_err(|_| bad("its credential_ids are not a list of texts"))?;
        let credential_ids = credential_ids.ok_or_else(|| bad("an object of it names no credential_ids"))?;
        let hash_algorithms = hash_algorithms(&parameters)?;
        Ok(Self { text: text.to_owned(), kind, credential_ids, hash_algorithms, parameters })
    }

    /// Reads the parameter `transaction_data`: a list of at most 16 such strings.
    pub(super) fn read_all(parameters: &Map<String, Value>) -> Result<Vec<Self>> {
        let all = texts(parameters, "transaction_data").map_err(|_| bad("it is not a list of texts"))?.unwrap_or_default();
        if all.len() > MAX_OBJECTS {
            return Err(bad("it has more than 16 objects"));
        }
        all.iter().map(|text| Self::read(text)).collect()
    }

    /// The string as it was received.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The type of transaction.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The queries, by their ids, one of whose credentials is to authorise it.
    pub fn credential_ids(&self) -> &[String] {
        &self.credential_ids
    }

    /// Everything it says, `type` and `credential_ids` included.
    pub fn parameters(&self) -> &Map<String, Value> {
        &self.parameters
    }

    /// The hash algorithms it names, those that are known here; none when it names none, which means SHA-256 unsaid.
    pub fn hash_algorithms(&self) -> &[HashAlgorithm] {
        &self.hash_algorithms
    }
}

/// The algorithms of `transaction_data_hashes_alg` that are known here.
fn hash_algorithms(parameters: &Map<String, Value>) -> Result<Vec<HashAlgorithm>> {
    const NAME: &str = "transaction_data_hashes_alg";
    let Some(names) = texts(parameters, NAME).map_err(|_| bad("its hash algorithms are not a list of texts"))? else {
        return Ok(Vec::new());
    };
    let known: Vec<HashAlgorithm> = names.iter().filter_map(|name| HashAlgorithm::from_name(name)).collect();
    if known.is_empty() { Err(bad("it names no hash algorithm that is known here")) } else { Ok(known) }
}

fn bad(reason: &str) -> RequestFault {
    RequestFault::with(OAuthErrorCode::InvalidTransactionData, format!("transaction_data: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(object: &Value) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(object.to_string())
    }

    #[test]
    fn transaction_data_keeps_the_characters_it_came_in() {
        // Spaces, which no writer of ours would write.
        let text = BASE64_URL_SAFE_NO_PAD.encode(r#"{ "type": "pago",  "credential_ids": ["cuenta"], "monto": "12.50" }"#);
        let data = TransactionData::read(&text).expect("transaction data");
        assert_eq!((data.text(), data.kind(), data.credential_ids()), (&*text, "pago", &["cuenta".to_owned()][..]));
        assert_eq!(data.parameters()["monto"], "12.50");
    }

    #[test]
    fn what_is_no_transaction_data_has_the_code_for_it() {
        let objects = [
            json!({ "credential_ids": ["a"] }),
            json!({ "type": "pago" }),
            json!({ "type": "pago", "credential_ids": [] }),
            json!({ "type": "pago", "credential_ids": ["a", 1] }),
            json!({ "type": 5, "credential_ids": ["a"] }),
            json!({ "type": "pago", "credential_ids": ["a"], "transaction_data_hashes_alg": ["md5"] }),
            json!({ "type": "pago", "credential_ids": ["a"], "transaction_data_hashes_alg": "sha-256" }),
            json!(["pago"]),
        ];
        for object in objects {
            let fault = TransactionData::read(&encoded(&object)).expect_err("refused");
            assert_eq!(fault.code, OAuthErrorCode::InvalidTransactionData, "{object}");
        }
        assert!(TransactionData::read("no base64url!").is_err());
    }

    #[test]
    fn only_known_hash_algorithms_are_kept() {
        let named = json!({ "type": "a", "credential_ids": ["a"], "transaction_data_hashes_alg": ["sha3-256", "sha-384"] });
        let data = TransactionData::read(&encoded(&named)).expect("transaction data");
        assert_eq!(data.hash_algorithms(), [HashAlgorithm::Sha384]);
        assert!(TransactionData::new("a", &["b"], Map::new()).expect("transaction data").hash_algorithms().is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_transaction_data_or_refused(text in "[A-Za-z0-9_-]{0,80}", object in "\\PC{0,60}") {
            let _ = TransactionData::read(&text);
            let _ = TransactionData::read(&BASE64_URL_SAFE_NO_PAD.encode(object));
        }
    }
}
