//! Secured documents inside JSON: envelopes, and the credentials of a presentation (VC DM 2.0 §4.13).

use serde_json::{Map, Value, json};

use super::sd_jwt::Profile;
use super::secured::Form;
use super::{Kind, Secured, data_url, has_type, jwt_v1};
use crate::credential::{CONTEXT_V1, CONTEXT_V2, check_envelope};
use crate::error::{Result, WalletError};
use crate::json;

/// The most credentials one presentation may hold.
pub const MAX_CREDENTIALS: usize = 100;

impl Secured {
    /// The credentials inside a presentation, each read on its own; none for a credential.
    ///
    /// Those without a proof of their own and those of an unknown mechanism are errors in their place: nothing in a presentation
    /// goes unnoticed. Fails when there are more than [`MAX_CREDENTIALS`].
    pub fn nested(&self) -> Result<Vec<Result<Self>>> {
        if self.kind != Kind::Presentation {
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
        // VC DM 1.1 holds tokens as they are (§6.3.1); VC DM 2.0 envelopes them.
        let version_1 = jwt_v1::first_context(&self.body) == Some(CONTEXT_V1);
        Ok(items.iter().map(|item| read_item(item, version_1)).collect())
    }

    /// The form in which a presentation holds this document: itself with its proof, or the envelope of its token.
    pub fn to_value(&self) -> Value {
        match &self.form {
            Form::Embedded(_) => json::read("document", self.text.trim()).expect("the text was read as JSON before"),
            // VC DM has no place for a credential outside it.
            Form::SdJwt(token) if token.profile() == Profile::Vc => token.text().into(),
            _ => json!({ "@context": CONTEXT_V2, "id": self.to_url(), "type": envelope_type(self.kind) }),
        }
    }

    /// The `data:` URL of a token, in its own media type.
    pub(super) fn to_url(&self) -> String {
        let content = match self.form {
            Form::Cose(_) => Content::Bytes,
            Form::SdJwt(_) => Content::Disclosures,
            _ => Content::Text,
        };
        let found = MEDIA_TYPES.into_iter().find(|(_, one, kind)| (*one, *kind) == (content, self.kind));
        let (media, ..) = found.expect("there is one for each kind and content");
        match &self.form {
            Form::Cose(message) => data_url::of_bytes(media, message.bytes()),
            Form::Jwt(token) => data_url::of_text(media, token.text()),
            Form::SdJwt(token) => data_url::of_text(media, token.text()),
            Form::Embedded(_) => unreachable!("an embedded proof is in JSON"),
        }
    }
}

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Text,
    /// An SD-JWT, whose disclosures follow it between tildes.
    Disclosures,
    Bytes,
}

/// What the content of a `data:` URL must be, by its media type (VC-JOSE-COSE §6.1, Token Status List §8.2).
const MEDIA_TYPES: [(&str, Content, Kind); 8] = [
    ("application/vc+sd-jwt", Content::Disclosures, Kind::Credential),
    ("application/vp+sd-jwt", Content::Disclosures, Kind::Presentation),
    ("application/vc+jwt", Content::Text, Kind::Credential),
    ("application/vp+jwt", Content::Text, Kind::Presentation),
    ("application/statuslist+jwt", Content::Text, Kind::StatusList),
    ("application/vc+cose", Content::Bytes, Kind::Credential),
    ("application/vp+cose", Content::Bytes, Kind::Presentation),
    ("application/statuslist+cwt", Content::Bytes, Kind::StatusList),
];

/// What a media type in small letters promises; none for one of no token.
pub(super) fn media_type(media: &str) -> Option<(Content, Kind)> {
    MEDIA_TYPES.into_iter().find(|(known, ..)| *known == media).map(|(_, content, kind)| (content, kind))
}

fn envelope_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Presentation => "EnvelopedVerifiablePresentation",
        _ => "EnvelopedVerifiableCredential",
    }
}

fn read_item(item: &Value, version_1: bool) -> Result<Secured> {
    let secured = match item {
        Value::Object(map) => Secured::read_json(&item.to_string(), map.clone())?,
        Value::String(token) if version_1 => Secured::from_token(token.clone(), token)?,
        Value::String(_) => {
            return Err(WalletError::unsupported(
                "a bare string as a credential of a presentation",
                "envelope it (VC DM 2.0 §4.13)",
            ));
        }
        _ => return Err(WalletError::malformed("presentation", "a credential in it is not an object")),
    };
    if secured.kind != Kind::Credential {
        return Err(WalletError::malformed("presentation", "something else stands where a credential belongs"));
    }
    Ok(secured)
}

/// What an `EnvelopedVerifiableCredential` or `EnvelopedVerifiablePresentation` holds, and the `data:` URL it holds it in; none
/// when `document` is neither.
pub(super) fn enveloped(document: &Map<String, Value>) -> Result<Option<(Kind, &str)>> {
    let bad = |reason: &str| WalletError::malformed("envelope", reason);
    let is = |kind: Kind| has_type(document, envelope_type(kind));
    let kind = match (is(Kind::Credential), is(Kind::Presentation)) {
        (false, false) => return Ok(None),
        (true, true) => return Err(bad("it is of two kinds")),
        (true, false) => Kind::Credential,
        (false, true) => Kind::Presentation,
    };
    check_envelope(document).map_err(|fault| WalletError::malformed("envelope", fault))?;
    if document.contains_key("proof") {
        return Err(bad("it carries a proof beside its token"));
    }
    let url = document.get("id").and_then(Value::as_str);
    Ok(Some((kind, url.ok_or_else(|| bad("its id is not a data: URL"))?)))
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
            "@context": [CONTEXT_V2],
            "type": ["VerifiableCredential"],
            "issuer": "did:web:ana.example",
            "credentialSubject": { "name": "Ana" },
        });
        sign(document, VerificationRelationship::AssertionMethod)
    }

    fn presentation(credentials: Value) -> Secured {
        let document = json!({ "@context": [CONTEXT_V2], "type": "VerifiablePresentation", "verifiableCredential": credentials });
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
