//! The key proofs of a credential request, all of one type (OpenID4VCI 1.0 §8.2, appendix F).

use serde_json::{Map, Value, json};

use crate::oauth::{OAuthError, OAuthErrorCode};

/// The most proofs that are read in one request, whatever an issuer allows.
const MAX_PROOFS: usize = 1000;

/// Proofs of the keys that credentials are to be bound to.
#[derive(Debug, Clone, PartialEq)]
pub enum Proofs {
    /// A signed token for each key, `jwt` (appendix F.1).
    Jwt(Vec<String>),
    /// A presentation with a Data Integrity proof for each key, `di_vp` (appendix F.2).
    DiVp(Vec<Map<String, Value>>),
    /// One attestation of all the keys, which themselves sign nothing, `attestation` (appendix F.3).
    Attestation(String),
}

impl Proofs {
    /// The type's identifier.
    pub fn proof_type(&self) -> &'static str {
        match self {
            Self::Jwt(_) => "jwt",
            Self::DiVp(_) => "di_vp",
            Self::Attestation(_) => "attestation",
        }
    }

    /// How many proofs there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Jwt(all) => all.len(),
            Self::DiVp(all) => all.len(),
            Self::Attestation(_) => 1,
        }
    }

    /// Reads the `proofs` object: exactly one type, and at least one proof of it.
    pub(super) fn read(proofs: &Value) -> Result<Self, OAuthError> {
        let bad = |reason: &str| OAuthError::new(OAuthErrorCode::InvalidProof).because(reason);
        let mut members = proofs.as_object().into_iter().flatten();
        let (Some((name, values)), None) = (members.next(), members.next()) else {
            return Err(bad("proofs must be an object with one member"));
        };
        let values = values.as_array().filter(|all| !all.is_empty()).ok_or_else(|| bad("there must be a list of proofs"))?;
        if values.len() > MAX_PROOFS {
            return Err(bad("there are too many proofs"));
        }
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let read = match (&**name, &values[..]) {
            ("jwt", all) => all.iter().map(text).collect::<Option<_>>().map(Self::Jwt),
            ("di_vp", all) => all.iter().map(|one| one.as_object().cloned()).collect::<Option<_>>().map(Self::DiVp),
            ("attestation", [only]) => text(only).map(Self::Attestation),
            ("attestation", _) => None,
            _ => return Err(bad("this type of proof is not supported: use jwt, di_vp or attestation")),
        };
        read.ok_or_else(|| bad("the proofs are not what their type says"))
    }

    /// The `proofs` object.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Jwt(all) => json!({ "jwt": all }),
            Self::DiVp(all) => json!({ "di_vp": all }),
            Self::Attestation(only) => json!({ "attestation": [only] }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn proofs_read_back_to_the_same_value() {
        for proofs in [
            Proofs::Jwt(vec!["a".to_owned(), "b".to_owned()]),
            Proofs::DiVp(vec![Map::new()]),
            Proofs::Attestation("c".to_owned()),
        ] {
            assert_eq!(Proofs::read(&proofs.to_json()), Ok(proofs.clone()));
            assert!(proofs.to_json().get(proofs.proof_type()).is_some());
        }
    }

    #[test]
    fn proofs_of_no_type_of_two_or_of_the_wrong_shape_are_refused() {
        for bad in [
            json!({}),
            json!([]),
            json!({ "jwt": ["a"], "attestation": ["b"] }),
            json!({ "jwt": [] }),
            json!({ "jwt": "a" }),
            json!({ "jwt": [1] }),
            json!({ "di_vp": ["a"] }),
            json!({ "attestation": ["a", "b"] }),
            json!({ "cwt": ["a"] }),
        ] {
            let error = Proofs::read(&bad).expect_err("it breaks a rule");
            assert_eq!(error.code, OAuthErrorCode::InvalidProof, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_json_is_read_or_refused(name in "(jwt|di_vp|attestation)", text in "[\\[\\]{}\":,0-9a-e ]{0,60}") {
            if let Ok(value) = crate::json::read("test", &text) {
                let _ = Proofs::read(&json!({ name: value.clone() }));
                let _ = Proofs::read(&value);
            }
        }
    }
}
