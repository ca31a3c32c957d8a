//! Secured documents inside JSON: envelopes, and the credentials of a presentation (VC DM 2.0 §4.13).

use serde_json::{Map, Value, json};

use super::secured::Form;
use super::{Kind, Secured, has_type};
use crate::credential::check_envelope;
use crate::error::{Result, WalletError};
use crate::json;

/// The most credentials one presentation may hold.
pub const MAX_CREDENTIALS: usize = 100;

const CONTEXT: &str = "https://www.w3.org/ns/credentials/v2";

impl Secured {
    /// The credentials inside a presentation, each read on its own; none for a credential.
    ///
    /// Those without a proof of their own and those of an unknown mechanism are errors in their place: nothing in a presentation
    /// goes unnoticed. Fails when there are more than [`MAX_CREDENTIALS`].
    pub fn nested(&self) -> Result<Vec<Result<Self>>> {
        if self.kind == Kind::Credential {
            return Ok(Vec::new());
        }
        let items = match self.body.get("verifiableCredential") {
            None => &[],
            Some(Value::Array(items)) => items.as_slice(),
            Some(item) => std::slice::from_ref(item),
        };
        if items.len() > MAX_CREDENTIALS {
            let reason = format!("it holds more than {MAX_CREDENTIALS} credentials");
            return Err(WalletError::malformed("presentation", reason));
        }
        Ok(items.iter().map(read_item).collect())
    }

    /// The form in which a presentation holds this document: itself with its proof, or the envelope of its token.
    pub fn to_value(&self) -> Value {
        match &self.form {
            Form::Embedded(_) => json::read("document", self.text.trim()).expect("the text was read as JSON before"),
            Form::Jwt(token) => {
                let (media, name) = match self.kind {
                    Kind::Credential => ("vc+jwt", "EnvelopedVerifiableCredential"),
                    Kind::Presentation => ("vp+jwt", "EnvelopedVerifiablePresentation"),
                };
                json!({ "@context": CONTEXT, "id": format!("data:application/{media},{}", token.text()), "type": name })
            }
        }
    }
}

fn read_item(item: &Value) -> Result<Secured> {
    let secured = match item {
        Value::Object(map) => Secured::read_json(&item.to_string(), map.clone())?,
        Value::String(_) => {
            return Err(WalletError::unsupported(
                "a bare string as a credential of a presentation",
                "envelope it (VC DM 2.0 §4.13)",
            ));
        }
        _ => return Err(WalletError::malformed("presentation", "a credential in it is not an object")),
    };
    if secured.kind != Kind::Credential {
        return Err(WalletError::malformed("presentation", "a presentation stands where a credential belongs"));
    }
    Ok(secured)
}

/// The token inside an `EnvelopedVerifiableCredential` or `EnvelopedVerifiablePresentation`; none when `document` is neither.
pub(super) fn enveloped(document: &Map<String, Value>) -> Result<Option<&str>> {
    let media = if has_type(document, "EnvelopedVerifiableCredential") {
        "application/vc+jwt"
    } else if has_type(document, "EnvelopedVerifiablePresentation") {
        "application/vp+jwt"
    } else {
        return Ok(None);
    };
    check_envelope(document).map_err(|fault| WalletError::malformed("envelope", fault))?;
    let url = document.get("id").and_then(Value::as_str).and_then(|id| id.strip_prefix("data:"));
    let Some((found, token)) = url.and_then(|url| url.split_once(',')) else {
        return Err(WalletError::malformed("envelope", "its id is not a data: URL"));
    };
    if !found.eq_ignore_ascii_case(media) {
        return Err(WalletError::unsupported(format!("an envelope of {found}"), format!("use {media}")));
    }
    if document.contains_key("proof") {
        return Err(WalletError::malformed("envelope", "it carries a proof beside its token"));
    }
    Ok(Some(token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::did::VerificationRelationship;
    use crate::key::{KeyAlgorithm, SecretKey};
    use crate::securing::linked_data::Contexts;
    use crate::securing::{Mechanism, ProofOptions, prepare_unchecked};
    use proptest::prelude::*;

    fn sign(document: Value, purpose: VerificationRelationship) -> Secured {
        let key = SecretKey::from_bytes(KeyAlgorithm::P256, &[7; 32]).expect("a scalar in range");
        let options = ProofOptions::new(
            Mechanism::Jwt,
            "did:web:ana.example#key-1".parse().expect("a DID URL"),
            purpose,
            "2026-03-01T12:00:00Z".parse().expect("a date"),
        );
        let document = document.as_object().expect("an object").clone();
        let unsigned = prepare_unchecked(document, &options, &key.public_key(), &Contexts::bundled()).expect("a document");
        let signature = key.sign(unsigned.message());
        unsigned.finish(&signature).expect("a signature of the right length")
    }

    fn credential() -> Secured {
        let document = json!({
            "@context": [CONTEXT],
            "type": ["VerifiableCredential"],
            "issuer": "did:web:ana.example",
            "credentialSubject": { "name": "Ana" },
        });
        sign(document, VerificationRelationship::AssertionMethod)
    }

    fn presentation(credentials: Value) -> Secured {
        let document = json!({ "@context": [CONTEXT], "type": "VerifiablePresentation", "verifiableCredential": credentials });
        sign(document, VerificationRelationship::Authentication)
    }

    #[test]
    fn enveloped_credential_is_read_inside_a_presentation() {
        let credential = credential();
        for credentials in [credential.to_value(), json!([credential.to_value()])] {
            let nested = presentation(credentials).nested().expect("few credentials");
            let [Ok(nested)] = &nested[..] else { panic!("one credential was put in") };
            assert_eq!(nested.body(), credential.body());
            assert_eq!(nested.kind(), Kind::Credential);
        }
        assert!(credential.nested().expect("none").is_empty());
    }

    #[test]
    fn enveloped_presentation_is_read_as_the_presentation() {
        let presentation = presentation(json!([]));
        let read = Secured::read(&presentation.to_value().to_string()).expect("an envelope");
        assert_eq!((read.kind(), read.body()), (Kind::Presentation, presentation.body()));
        assert_eq!(Secured::read(read.text()).expect("its own text").to_value(), presentation.to_value());
    }

    #[test]
    fn credential_that_is_not_secured_does_not_go_unnoticed() {
        let unsecured = Value::Object(credential().body().clone());
        let another = presentation(json!([])).to_value();
        let nested = presentation(json!([unsecured, "eyJ", 7, another])).nested().expect("few credentials");
        assert!(nested.iter().all(Result::is_err));
        assert!(matches!(nested[0], Err(WalletError::Malformed { .. })));
        assert!(matches!(nested[1], Err(WalletError::Unsupported { .. })));
    }

    #[test]
    fn envelope_of_another_form_is_refused() {
        let good = credential().to_value();
        let id = good["id"].as_str().expect("a URL").to_owned();
        let token = id.split_once(',').expect("a data URL").1;
        for bad in [
            json!("https://example.org/credential"),
            json!(format!("data:application/vp+jwt,{token}")),
            json!(format!("data:application/vc+jwt;base64,{token}")),
            json!("data:application/vc+jwt"),
            json!(7),
        ] {
            let mut envelope = good.clone();
            envelope["id"] = bad;
            assert!(Secured::read(&envelope.to_string()).is_err());
        }
        let mut envelope = good;
        envelope["proof"] = json!({});
        assert!(Secured::read(&envelope.to_string()).is_err());
    }

    #[test]
    fn too_many_credentials_are_refused() {
        let many = json!(vec![json!({}); MAX_CREDENTIALS + 1]);
        assert!(presentation(many).nested().is_err());
    }

    proptest! {
        #[test]
        fn any_credentials_are_read_or_refused(text in "[\\[\\]{}\":,a-e ]{0,40}") {
            if let Ok(value) = crate::json::read("test", &text) {
                let _ = presentation(value).nested();
            }
        }
    }
}
