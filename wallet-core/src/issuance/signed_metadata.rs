//! Credential issuer metadata that somebody vouches for: a JWT, where a wallet asks for one (OpenID4VCI 1.0 §12.2.3).

use serde_json::{Map, Value};

use super::CredentialIssuerMetadata;
use crate::did::DidUrl;
use crate::error::{Result, WalletError};
use crate::jose::jwt::{self, Jwt, UnsignedJwt};
use crate::key::PublicKey;
use crate::oauth::Endpoint;
use crate::time::Timestamp;
use crate::x509::CertificateChain;

const TYP: &str = "openidvci-issuer-metadata+jwt";
/// The claims of the token that are no metadata.
const CLAIMS: [&str; 4] = ["iss", "sub", "iat", "exp"];

/// Who signs metadata.
#[derive(Debug, Clone, PartialEq)]
pub enum MetadataSigner {
    /// The owner of a certificate (`x5c`).
    Certificates(Box<CertificateChain>),
    /// The owner of a DID (`kid`).
    Did(DidUrl),
}

/// Metadata in signed form; what it says holds only when [`SignedMetadata::check`] finds it signed by somebody who is trusted.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedMetadata {
    jwt: Jwt,
    signer: MetadataSigner,
}

impl SignedMetadata {
    /// Reads the token.
    pub fn read(text: &str) -> Result<Self> {
        let jwt = Jwt::read(text, TYP)?;
        let kid = jwt.header().get("kid").and_then(Value::as_str).filter(|kid| kid.starts_with("did:"));
        let signer = match (jwt.certificates()?, kid) {
            (Some(chain), _) => MetadataSigner::Certificates(Box::new(chain)),
            (None, Some(kid)) => MetadataSigner::Did(kid.parse()?),
            (None, None) => return Err(malformed("it does not say who signed it")),
        };
        Ok(Self { jwt, signer })
    }

    /// Who says to have signed it: the certificate must be found trusted, or the DID resolved and found trusted, before the key is used.
    pub fn signer(&self) -> &MetadataSigner {
        &self.signer
    }

    /// The metadata, when `key` has signed it for `issuer` and it is good `now`.
    pub fn check(&self, key: &PublicKey, issuer: &Endpoint, now: &Timestamp) -> Result<CredentialIssuerMetadata> {
        self.jwt.check(key).map_err(malformed)?;
        if self.jwt.claim("sub") != Some(issuer.as_str()) {
            return Err(malformed("it is about another issuer"));
        }
        if self.jwt.moment("iat")?.is_none() {
            return Err(malformed("it does not say when it was made"));
        }
        self.jwt.check_time(now)?;
        let members = self.jwt.claims().iter().filter(|(name, _)| !CLAIMS.contains(&name.as_str()));
        CredentialIssuerMetadata::from_members(members.map(|(name, value)| (name.clone(), value.clone())).collect(), issuer)
    }
}

impl CredentialIssuerMetadata {
    /// Prepares the signed form that `signer`, whose key is `key`, vouches for from `now` until `expires`.
    pub fn prepare_signed(
        &self,
        signer: &MetadataSigner,
        key: &PublicKey,
        (now, expires): (&Timestamp, &Timestamp),
    ) -> Result<UnsignedJwt> {
        let (name, value) = match signer {
            MetadataSigner::Certificates(chain) => ("x5c", chain.to_x5c()),
            MetadataSigner::Did(method) => ("kid", method.as_str().into()),
        };
        let header = Map::from_iter([("typ".to_owned(), TYP.into()), (name.to_owned(), value)]);
        let Value::Object(mut claims) = self.to_json() else { unreachable!("metadata is an object") };
        claims.insert("iss".to_owned(), self.credential_issuer.as_str().into());
        claims.insert("sub".to_owned(), self.credential_issuer.as_str().into());
        claims.insert("iat".to_owned(), now.unix().into());
        claims.insert("exp".to_owned(), expires.unix().into());
        jwt::prepare(header, claims, key)
    }
}

fn malformed(reason: impl ToString) -> WalletError {
    WalletError::malformed("signed metadata", reason)
}

#[cfg(test)]
mod tests {
    use super::super::kit::{self, certificate, issuer};
    use super::super::vectors;
    use super::*;
    use crate::x509::TrustAnchors;
    use proptest::prelude::*;
    use serde_json::json;

    fn metadata() -> CredentialIssuerMetadata {
        let json = json!({
            "credential_issuer": issuer(), "credential_endpoint": "https://credential-issuer.example.com/credential",
            "credential_configurations_supported": { "id": { "format": "dc+sd-jwt", "vct": "urn:example:id" } },
        });
        CredentialIssuerMetadata::read(json.to_string().as_bytes(), &issuer()).expect("metadata")
    }

    #[test]
    fn metadata_is_what_its_signer_says_and_nobody_else() {
        let signer = certificate("credential-issuer.example.com");
        let (now, later) = (kit::now(), kit::now().plus_seconds(60));
        let by = MetadataSigner::Certificates(Box::new(signer.chain.clone()));
        let unsigned = metadata().prepare_signed(&by, &signer.key.public_key(), (&now, &later)).expect("signed metadata");
        let signature = signer.key.sign(unsigned.message());
        let signed = SignedMetadata::read(&unsigned.finish(&signature)).expect("its own token");
        assert_eq!(signed.signer(), &by);
        assert_eq!(signed.check(&signer.key.public_key(), &issuer(), &now), Ok(metadata()));
        assert!(signed.check(&kit::key(9).public_key(), &issuer(), &now).is_err());
        assert!(signed.check(&signer.key.public_key(), &"https://other.example".parse().expect("a URL"), &now).is_err());
        assert!(signed.check(&signer.key.public_key(), &issuer(), &later.plus_seconds(300)).is_err());
    }

    #[test]
    fn signed_metadata_of_the_standard_is_read() {
        let Some(text) = vectors::text_unbroken("credential_issuer_metadata_sd_jwt_jwt.txt") else { return };
        let signed = SignedMetadata::read(&text).expect("a token");
        let MetadataSigner::Certificates(chain) = signed.signer() else { panic!("it has certificates") };
        assert!(chain.leaf().is_for_host("credential-issuer.example.com"));
        let anchors: TrustAnchors = vec![chain.leaf().clone()].try_into().expect("an anchor");
        assert_eq!(chain.check(&anchors, &kit::now()), Ok(()));
        let key = chain.leaf().public_key().expect("a key");
        let metadata = signed.check(&key, &issuer(), &kit::now()).expect("metadata");
        assert_eq!(metadata.name("fr"), Some("Example Université"));
    }

    #[test]
    fn metadata_that_nobody_says_to_have_signed_is_refused() {
        let claims = json!({ "sub": issuer(), "iat": 1 });
        assert!(SignedMetadata::read(&kit::token(json!({ "typ": TYP }), claims.clone())).is_err());
        assert!(SignedMetadata::read(&kit::token(json!({ "typ": "JWT", "kid": "did:example:a#b" }), claims)).is_err());
    }

    proptest! {
        #[test]
        fn any_claim_of_any_shape_is_read_or_refused(
            name in "(sub|iat|exp|credential_issuer|display)", text in "[\\[\\]{}\":,0-9a-e ]{0,40}",
        ) {
            let mut claims = metadata().to_json();
            claims["sub"] = json!(issuer());
            claims[&name] = crate::json::read("test", &text).unwrap_or_default();
            let token = kit::token(json!({ "typ": TYP, "kid": "did:example:a#b" }), claims);
            let _ = SignedMetadata::read(&token).expect("a token").check(&kit::key(5).public_key(), &issuer(), &kit::now());
        }
    }
}
