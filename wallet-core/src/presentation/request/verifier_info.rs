//! What others attest of the verifier (OpenID4VP 1.0 §5.1, §5.11).

use serde_json::{Map, Value, json};

use super::fault::{RequestFault, Result};
use super::parameters::texts;

/// The most attestations one request may carry.
const MAX_ATTESTATIONS: usize = 16;

/// An attestation about the verifier; a wallet that knows its format checks it before it believes it, and passes over any other.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifierInfo {
    /// The format, as whoever defines it calls it.
    pub format: String,
    /// The attestation: text or a JSON object.
    pub data: Value,
    /// The queries it is about, by their ids; empty for all.
    pub credential_ids: Vec<String>,
}

impl VerifierInfo {
    /// Reads the value of `verifier_info`: a list of one to 16.
    pub(super) fn read_all(value: &Value) -> Result<Vec<Self>> {
        let bad = || RequestFault::invalid("its verifier_info is not a list of one to 16 attestations");
        let all = value.as_array().filter(|all| (1..=MAX_ATTESTATIONS).contains(&all.len())).ok_or_else(bad)?;
        all.iter().map(|one| Self::read(one.as_object().ok_or_else(bad)?)).collect()
    }

    fn read(attestation: &Map<String, Value>) -> Result<Self> {
        let bad = || RequestFault::invalid("an attestation in its verifier_info has no format or no data");
        let format = attestation.get("format").and_then(Value::as_str).ok_or_else(bad)?.to_owned();
        let data = attestation.get("data").filter(|data| data.is_string() || data.is_object()).ok_or_else(bad)?.clone();
        Ok(Self { format, data, credential_ids: texts(attestation, "credential_ids")?.unwrap_or_default() })
    }

    pub(super) fn to_json(&self) -> Value {
        let mut attestation = json!({ "format": self.format, "data": self.data });
        if !self.credential_ids.is_empty() {
            attestation["credential_ids"] = json!(self.credential_ids);
        }
        attestation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attestation_reads_back_and_one_without_data_is_refused() {
        let good =
            json!([{ "format": "jwt", "data": "eyJ…", "credential_ids": ["id_card"] }, { "format": "x", "data": { "a": 1 } }]);
        let read = VerifierInfo::read_all(&good).expect("attestations");
        assert_eq!(read.iter().map(VerifierInfo::to_json).collect::<Value>(), good);
        for bad in
            [json!([]), json!([{ "format": "jwt" }]), json!([{ "data": "a" }]), json!([{ "format": "a", "data": 1 }]), json!("a")]
        {
            assert!(VerifierInfo::read_all(&bad).is_err(), "{bad}");
        }
    }
}
