//! The structural rules of SD-JWT VC: which claims there are, and of what kind (draft-ietf-oauth-sd-jwt-vc §2.2.2).

use serde_json::{Map, Value};

use super::{CredentialFault, objects, strings};
use crate::time::Timestamp;

/// The claims that say nothing of the subject.
const TECHNICAL: [&str; 11] = ["iss", "iat", "nbf", "exp", "aud", "jti", "cnf", "vct", "vct#integrity", "aka_vcts", "status"];

/// From when and until when it is valid, where it says so.
type Validity = (Option<Timestamp>, Option<Timestamp>);

/// Checks the claims.
pub(super) fn check(claims: &Map<String, Value>) -> Result<Validity, Vec<CredentialFault>> {
    let mut check = Check { claims, faults: Vec::new() };
    check.types();
    for name in ["iss", "sub", "jti", "vct#integrity"] {
        check.text(name);
    }
    check.audience();
    check.confirmation();
    check.status();
    check.moment("iat");
    let validity = (check.moment("nbf"), check.moment("exp"));
    if let (Some(from), Some(until)) = &validity
        && until <= from
    {
        check.faults.push(CredentialFault::EmptyValidity);
    }
    if check.faults.is_empty() { Ok(validity) } else { Err(check.faults) }
}

/// The `vct`, then the `aka_vcts`.
pub(super) fn types(claims: &Map<String, Value>) -> Vec<&str> {
    [strings(claims.get("vct")), strings(claims.get("aka_vcts"))].concat()
}

/// The reference to a token status list, or the whole `status` when it is of another kind.
pub(super) fn statuses(claims: &Map<String, Value>) -> Vec<&Map<String, Value>> {
    let status = claims.get("status");
    objects(status.and_then(|status| status.get("status_list")).or(status))
}

/// What it says of its subject: all claims but the technical ones.
pub(super) fn claims(claims: &Map<String, Value>) -> Value {
    let said = claims.iter().filter(|(name, _)| !TECHNICAL.contains(&name.as_str()));
    Value::Object(said.map(|(name, value)| (name.clone(), value.clone())).collect())
}

struct Check<'a> {
    claims: &'a Map<String, Value>,
    faults: Vec<CredentialFault>,
}

impl Check<'_> {
    /// The `vct` and further types: names that are not likely to be somebody else's too (RFC 7515 §2), so no blank text.
    fn types(&mut self) {
        let name = |value: &Value| value.as_str().is_some_and(|name| !name.is_empty() && !name.contains(char::is_whitespace));
        match self.claims.get("vct") {
            None => self.faults.push(CredentialFault::Missing { member: "vct".to_owned() }),
            Some(vct) if !name(vct) => self.faults.push(CredentialFault::NotText { member: "vct".to_owned() }),
            Some(_) => (),
        }
        let others = match self.claims.get("aka_vcts") {
            None => return,
            Some(Value::Array(others)) if !others.is_empty() => others,
            Some(_) => return self.faults.push(CredentialFault::Empty { member: "aka_vcts".to_owned() }),
        };
        for (index, other) in others.iter().enumerate() {
            let member = format!("aka_vcts.{index}");
            if !name(other) {
                self.faults.push(CredentialFault::NotText { member });
            } else if Some(other) == self.claims.get("vct") || others[..index].contains(other) {
                self.faults.push(CredentialFault::RepeatedType { member });
            }
        }
    }

    fn text(&mut self, name: &str) {
        if self.claims.get(name).is_some_and(|value| value.as_str().is_none_or(str::is_empty)) {
            self.faults.push(CredentialFault::NotText { member: name.to_owned() });
        }
    }

    fn audience(&mut self) {
        let good = match self.claims.get("aud") {
            None | Some(Value::String(_)) => true,
            Some(Value::Array(all)) => all.iter().all(Value::is_string),
            Some(_) => false,
        };
        if !good {
            self.faults.push(CredentialFault::NotText { member: "aud".to_owned() });
        }
    }

    /// The holder's key, by value or by name (RFC 7800 §3).
    fn confirmation(&mut self) {
        let fault = match self.claims.get("cnf") {
            None => return,
            Some(Value::Object(cnf)) if cnf.is_empty() => CredentialFault::Empty { member: "cnf".to_owned() },
            Some(Value::Object(cnf)) if cnf.get("jwk").is_some_and(|jwk| !jwk.is_object()) => {
                CredentialFault::NotObject { member: "cnf.jwk".to_owned() }
            }
            Some(Value::Object(_)) => return,
            Some(_) => CredentialFault::NotObject { member: "cnf".to_owned() },
        };
        self.faults.push(fault);
    }

    /// The `status`, and the place in a token status list (Token Status List §6.2).
    fn status(&mut self) {
        let Some(status) = self.claims.get("status") else { return };
        let Value::Object(status) = status else {
            return self.faults.push(CredentialFault::NotObject { member: "status".to_owned() });
        };
        let list = match status.get("status_list") {
            None => return,
            Some(Value::Object(list)) => list,
            Some(_) => return self.faults.push(CredentialFault::NotObject { member: "status.status_list".to_owned() }),
        };
        if !list.get("idx").is_some_and(Value::is_u64) {
            self.faults.push(CredentialFault::NotWholeNumber { member: "status.status_list.idx".to_owned() });
        }
        if list.get("uri").and_then(Value::as_str).is_none_or(|uri| url::Url::parse(uri).is_err()) {
            self.faults.push(CredentialFault::NotUrl { member: "status.status_list.uri".to_owned() });
        }
    }

    /// A NumericDate; fractions of a second are allowed and kept out (RFC 7519 §2).
    fn moment(&mut self, name: &str) -> Option<Timestamp> {
        let value = self.claims.get(name)?;
        let seconds = value.as_i64().or_else(|| value.as_f64().filter(|s| s.is_finite()).map(|s| s.floor() as i64));
        let moment = seconds.and_then(|seconds| Timestamp::from_unix(seconds).ok());
        if moment.is_none() {
            self.faults.push(CredentialFault::NotNumericDate { member: name.to_owned() });
        }
        moment
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::{Credential, ModelVersion};
    use crate::language::Language;
    use proptest::prelude::*;
    use serde_json::json;

    fn good() -> Value {
        json!({
            "vct": "https://credentials.example.com/identity_credential",
            "vct#integrity": "sha256-vJKakJAQkDYkIhGrT1M3nxRuSj9udH0l1PXB06QHto8=",
            "aka_vcts": ["urn:example:eudi:pid"],
            "iss": "https://issuer.example.com",
            "iat": 1_683_000_000, "nbf": 1_683_000_000, "exp": 1_883_000_000.5,
            "sub": "did:example:erika",
            "cnf": { "jwk": { "kty": "EC" } },
            "status": { "status_list": { "idx": 412, "uri": "https://example.com/statuslists/1" } },
            "given_name": "Erika", "name": "Erika Mustermann", "evidence": "none",
        })
    }

    fn faults(change: impl FnOnce(&mut Value)) -> Vec<CredentialFault> {
        let mut claims = good();
        change(&mut claims);
        Credential::check_sd_jwt_vc(claims.as_object().expect("an object")).err().unwrap_or_default()
    }

    #[test]
    fn claims_are_seen_through_the_views_of_a_credential() {
        let credential = Credential::check_sd_jwt_vc(good().as_object().expect("an object")).expect("an SD-JWT VC");
        assert_eq!(credential.version(), ModelVersion::SdJwtVc);
        assert_eq!(credential.issuer(), "https://issuer.example.com");
        assert_eq!(credential.types(), ["https://credentials.example.com/identity_credential", "urn:example:eudi:pid"]);
        assert_eq!(credential.subject_ids(), ["did:example:erika"]);
        assert_eq!(credential.valid_from().map(Timestamp::unix), Some(1_683_000_000));
        assert_eq!(credential.valid_until().map(Timestamp::unix), Some(1_883_000_000));
        assert_eq!(credential.statuses()[0]["idx"], 412);
        let said = json!({
            "sub": "did:example:erika", "given_name": "Erika", "name": "Erika Mustermann", "evidence": "none",
        });
        assert_eq!(credential.subject_claims(), Some(&said));
        // A person's name is not the credential's.
        assert_eq!(credential.name(Language::En), None);
        assert!(credential.evidence().is_empty());
    }

    #[test]
    fn type_is_all_that_must_be_there() {
        let least = json!({ "vct": "urn:example:1" });
        let credential = Credential::check_sd_jwt_vc(least.as_object().expect("an object")).expect("an SD-JWT VC");
        assert_eq!((credential.issuer(), credential.statuses().len()), ("", 0));
        assert_eq!(
            faults(|claims| drop(claims.as_object_mut().expect("an object").shift_remove("vct"))),
            [CredentialFault::Missing { member: "vct".to_owned() }]
        );
    }

    #[test]
    fn claim_of_the_wrong_kind_is_a_fault() {
        for (name, value, fault) in [
            ("vct", json!(""), CredentialFault::NotText { member: "vct".to_owned() }),
            ("vct", json!("two words"), CredentialFault::NotText { member: "vct".to_owned() }),
            ("iss", json!(7), CredentialFault::NotText { member: "iss".to_owned() }),
            ("sub", json!(["a"]), CredentialFault::NotText { member: "sub".to_owned() }),
            ("vct#integrity", json!({}), CredentialFault::NotText { member: "vct#integrity".to_owned() }),
            ("aud", json!([1]), CredentialFault::NotText { member: "aud".to_owned() }),
            ("iat", json!("2026"), CredentialFault::NotNumericDate { member: "iat".to_owned() }),
            ("nbf", json!(1e300), CredentialFault::NotNumericDate { member: "nbf".to_owned() }),
            ("exp", json!(1_683_000_000), CredentialFault::EmptyValidity),
            ("cnf", json!({}), CredentialFault::Empty { member: "cnf".to_owned() }),
            ("cnf", json!("key"), CredentialFault::NotObject { member: "cnf".to_owned() }),
            ("cnf", json!({ "jwk": "key" }), CredentialFault::NotObject { member: "cnf.jwk".to_owned() }),
            ("aka_vcts", json!([]), CredentialFault::Empty { member: "aka_vcts".to_owned() }),
            ("aka_vcts", json!([1]), CredentialFault::NotText { member: "aka_vcts.0".to_owned() }),
            ("aka_vcts", json!(["urn:a:1", "urn:a:1"]), CredentialFault::RepeatedType { member: "aka_vcts.1".to_owned() }),
            ("status", json!([]), CredentialFault::NotObject { member: "status".to_owned() }),
            ("status", json!({ "status_list": 1 }), CredentialFault::NotObject { member: "status.status_list".to_owned() }),
        ] {
            assert_eq!(faults(|claims| claims[name] = value.clone()), [fault], "{name} {value}");
        }
        let both = faults(|claims| claims["status"]["status_list"] = json!({ "idx": -1, "uri": "1" }));
        let expected = [
            CredentialFault::NotWholeNumber { member: "status.status_list.idx".to_owned() },
            CredentialFault::NotUrl { member: "status.status_list.uri".to_owned() },
        ];
        assert_eq!(both, expected);
    }

    #[test]
    fn status_of_another_kind_is_handed_on_whole() {
        let mut claims = good();
        claims["status"] = json!({ "other_list": { "at": 1 } });
        let credential = Credential::check_sd_jwt_vc(claims.as_object().expect("an object")).expect("an SD-JWT VC");
        assert_eq!(credential.statuses()[0]["other_list"], json!({ "at": 1 }));
    }

    proptest! {
        #[test]
        fn any_claim_of_any_shape_is_accepted_or_faulted(
            name in "(vct|aka_vcts|iss|sub|iat|nbf|exp|cnf|status|aud)",
            text in "[\\[\\]{}\":,0-9a-e ]{0,40}",
        ) {
            if let Ok(value) = crate::json::read("test", &text) {
                let _ = faults(|claims| claims[&name] = value);
            }
        }
    }
}
