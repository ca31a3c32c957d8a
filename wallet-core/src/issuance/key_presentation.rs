//! The key proof of type `di_vp`: an empty presentation with a Data Integrity proof (OpenID4VCI 1.0 appendix F.2).

use serde_json::{Map, Value, json};

use super::ExpectedProof;
use crate::credential::CONTEXT_V2;
use crate::did::{DidUrl, VerificationRelationship};
use crate::error::{Result, WalletError};
use crate::key::PublicKey;
use crate::oauth::Endpoint;
use crate::securing::linked_data::Contexts;
use crate::securing::{Kind, Mechanism, Proof, ProofOptions, Secured, Unsigned, prepare};
use crate::time::Timestamp;

/// How old a proof may be, and how far a clock may be ahead, in seconds.
const LIFETIME: i64 = 600;

/// What a new proof says.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyPresentationTerms<'a> {
    /// The credential issuer it is for (`domain`).
    pub issuer: &'a Endpoint,
    /// The issuer's nonce, where it gives out any (`challenge`).
    pub nonce: Option<&'a str>,
    /// The cryptosuite, one of those that the issuer takes.
    pub mechanism: Mechanism,
    /// The verification method; its DID is the holder.
    pub method: DidUrl,
    /// When it is made.
    pub issued: &'a Timestamp,
}

/// A proof that was read; nothing it says holds before [`KeyPresentation::check`] found it good.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyPresentation {
    secured: Secured,
    method: DidUrl,
}

impl KeyPresentationTerms<'_> {
    /// Prepares a proof that `key` signs.
    pub fn prepare(&self, key: &PublicKey, contexts: &Contexts) -> Result<Unsigned> {
        let holder = self.method.did();
        let presentation = json!({ "@context": [CONTEXT_V2], "type": ["VerifiablePresentation"], "holder": holder.as_str() });
        let Value::Object(presentation) = presentation else { unreachable!("it is written as an object") };
        let options = ProofOptions {
            nonce: self.nonce.map(str::to_owned),
            audience: Some(self.issuer.as_str().to_owned()),
            ..ProofOptions::new(
                self.mechanism,
                self.method.clone(),
                VerificationRelationship::Authentication,
                self.issued.clone(),
            )
        };
        prepare(presentation, &options, key, contexts)
    }
}

impl KeyPresentation {
    /// Reads a proof: a presentation with one Data Integrity proof, whose holder, if it names one, is the owner of the key.
    pub fn read(presentation: &Map<String, Value>) -> Result<Self> {
        let secured = Secured::read(&Value::Object(presentation.clone()).to_string())?;
        let [proof] = secured.proofs() else { return Err(malformed("it must have one proof")) };
        if secured.kind() != Kind::Presentation || !secured.unsupported().is_empty() {
            return Err(malformed("it is not a presentation with one proof"));
        }
        let method: DidUrl = proof.method.parse()?;
        let holder = secured.body().get("holder").map(|holder| holder.get("id").unwrap_or(holder));
        if holder.is_some_and(|holder| holder != method.did().as_str()) {
            return Err(malformed("its holder does not own the key"));
        }
        Ok(Self { secured, method })
    }

    /// The verification method, to be resolved: the credential is bound to its DID.
    pub fn method(&self) -> &DidUrl {
        &self.method
    }

    /// The nonce it carries; whether the issuer gave it out, and only once, is for the issuer to know.
    pub fn nonce(&self) -> Option<&str> {
        self.proof().nonce.as_deref()
    }

    /// Checks that `key` has signed it as `expected`, shortly before `now`.
    pub fn check(&self, key: &PublicKey, expected: &ExpectedProof<'_>, contexts: &Contexts, now: &Timestamp) -> Result<()> {
        let proof = self.proof();
        if proof.audience != [expected.issuer.as_str()] {
            return Err(malformed("it is for another issuer"));
        }
        if proof.purpose.as_deref() != Some(VerificationRelationship::Authentication.as_str()) {
            return Err(malformed("its purpose is not authentication"));
        }
        if !expected.algorithms.iter().any(|known| known == proof.mechanism.as_str()) {
            return Err(malformed("its cryptosuite is not among those of the issuer"));
        }
        let is_near = |time: &Timestamp| now.unix().abs_diff(time.unix()) <= LIFETIME.unsigned_abs();
        // Without a date it is as fresh as the issuer's nonce.
        let is_fresh = proof.created.as_ref().map_or(proof.nonce.is_some(), is_near);
        if !is_fresh || proof.expires.as_ref().is_some_and(|end| end < now) {
            return Err(malformed("it is not fresh"));
        }
        self.secured.check_claims(0, key, contexts).map_err(malformed)
    }

    fn proof(&self) -> &Proof {
        &self.secured.proofs()[0]
    }
}

fn malformed(reason: impl ToString) -> WalletError {
    WalletError::malformed("key proof", reason)
}

#[cfg(test)]
mod tests {
    use super::super::kit::{self, issuer};
    use super::*;
    use crate::did;
    use crate::key::{KeyAlgorithm, SecretKey};
    use crate::securing::jcs;
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    fn key() -> SecretKey {
        SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[7; 32]).expect("a seed")
    }

    fn written() -> Map<String, Value> {
        let did = did::key::from_public_key(&key().public_key());
        let method = did.with_fragment(did.identifier()).expect("a DID URL");
        let (issuer, now) = (issuer(), kit::now());
        let terms =
            KeyPresentationTerms { issuer: &issuer, nonce: Some("n"), mechanism: Mechanism::EddsaRdfc2022, method, issued: &now };
        let unsigned = terms.prepare(&key().public_key(), &Contexts::bundled()).expect("a proof");
        let signature = key().sign(unsigned.message());
        let secured = unsigned.finish(&signature).expect("a presentation");
        crate::json::read_object("presentation", secured.text()).expect("an object")
    }

    fn checked(presentation: &Map<String, Value>, suites: &[&str], now: &Timestamp) -> Result<()> {
        let algorithms: Vec<String> = suites.iter().map(|&name| name.to_owned()).collect();
        let expected = ExpectedProof { issuer: &issuer(), algorithms: &algorithms, client: None };
        KeyPresentation::read(presentation)?.check(&key().public_key(), &expected, &Contexts::bundled(), now)
    }

    #[test]
    fn presentation_proves_the_key_for_one_issuer_and_a_while() {
        let good = written();
        let proof = KeyPresentation::read(&good).expect("a proof");
        assert_eq!(proof.nonce(), Some("n"));
        assert_eq!(proof.method().did(), did::key::from_public_key(&key().public_key()));
        assert_eq!(checked(&good, &["eddsa-rdfc-2022"], &kit::now()), Ok(()));
        assert!(checked(&good, &["ecdsa-rdfc-2019"], &kit::now()).is_err());
        assert!(checked(&good, &["eddsa-rdfc-2022"], &kit::now().plus_seconds(LIFETIME + 1)).is_err());
        assert!(checked(&good, &["eddsa-rdfc-2022"], &kit::now().plus_seconds(-LIFETIME - 1)).is_err());
    }

    #[test]
    fn presentation_that_was_altered_is_refused() {
        for (name, value) in [
            ("domain", json!("https://other.example")),
            ("domain", json!(["https://credential-issuer.example.com", "https://other.example"])),
            ("challenge", json!("m")),
            ("proofPurpose", json!("assertionMethod")),
            ("verificationMethod", json!("did:example:a#b")),
        ] {
            let mut altered = written();
            altered["proof"][name] = value.clone();
            assert!(checked(&altered, &["eddsa-rdfc-2022"], &kit::now()).is_err(), "{name} {value}");
        }
        let mut altered = written();
        altered.insert("holder".to_owned(), json!("did:example:a"));
        assert!(KeyPresentation::read(&altered).is_err());
        let mut twice = written();
        twice["proof"] = json!([twice["proof"], twice["proof"]]);
        assert!(KeyPresentation::read(&twice).is_err());
    }

    /// VC Data Integrity §2.1 leaves `created` to who signs; then the nonce alone says how fresh it is.
    #[test]
    fn presentation_without_a_date_is_as_fresh_as_its_nonce() {
        let undated = |nonce: Option<&str>| {
            let mut presentation = written();
            let mut proof = presentation.shift_remove("proof").expect("a proof");
            let members = proof.as_object_mut().expect("an object");
            members.retain(|name, _| !["created", "proofValue", "challenge"].contains(&name.as_str()));
            members.extend(nonce.map(|nonce| ("challenge".to_owned(), json!(nonce))));
            members.insert("cryptosuite".to_owned(), json!("eddsa-jcs-2022"));
            members.insert("@context".to_owned(), presentation["@context"].clone());
            let hash = |value: &Value| Sha256::digest(jcs::canonicalize(value).expect("JSON"));
            let signed = [hash(&proof), hash(&Value::Object(presentation.clone()))].concat();
            proof["proofValue"] = multibase::encode(multibase::Base::Base58Btc, key().sign(&signed)).into();
            presentation.insert("proof".to_owned(), proof);
            presentation
        };
        assert_eq!(checked(&undated(Some("n")), &["eddsa-jcs-2022"], &kit::now()), Ok(()));
        assert!(checked(&undated(None), &["eddsa-jcs-2022"], &kit::now()).is_err());
    }

    proptest! {
        #[test]
        fn any_member_of_any_shape_is_read_or_refused(
            name in "(holder|proof|type|@context)", text in "[\\[\\]{}\":,0-9a-e ]{0,40}",
        ) {
            let mut presentation = written();
            presentation.insert(name, crate::json::read("test", &text).unwrap_or_default());
            let _ = KeyPresentation::read(&presentation);
        }
    }
}
