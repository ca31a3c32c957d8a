//! OpenID4VCI 1.0, one message a file, each with both of its sides: what a wallet sends and an issuer reads, and the other way.
//!
//! Everything here is a value or a plain function. What a message says is not yet believed: an offer comes from anybody (§13.5), and
//! metadata is only as good as the connection or the signature it came with (§12.2.3).

mod configuration;
mod deferred;
mod display;
mod encryption;
mod key_attestation;
mod key_presentation;
mod key_proof;
#[cfg(test)]
mod kit;
mod metadata;
mod nonce;
mod notification;
mod offer;
mod offer_link;
mod proofs;
mod request;
mod response;
mod signed_metadata;
#[cfg(test)]
mod vectors;

pub use configuration::{
    CredentialConfiguration, CredentialDefinition, CredentialFormat, KeyAttestationsRequired, ProofTypeTerms,
};
pub use deferred::DeferredCredentialRequest;
pub use display::{ClaimDescription, CredentialMetadata, Display, Image};
pub use encryption::{RequestEncryption, ResponseEncryption, ResponseEncryptionKey, decrypt};
pub use key_attestation::{KeyAttestation, KeyAttestationTerms};
pub use key_presentation::{KeyPresentation, KeyPresentationTerms};
pub use key_proof::{ExpectedProof, KeyProof, KeyProofTerms, ProofKey};
pub use metadata::{BatchCredentialIssuance, CredentialIssuerMetadata};
pub use nonce::NonceResponse;
pub use notification::{NotificationEvent, NotificationRequest};
pub use offer::{AuthorizationCodeGrant, CredentialOffer, Grants, InputMode, PreAuthorizedCodeGrant, TransactionCode};
pub use offer_link::OfferLink;
pub use proofs::Proofs;
pub use request::{CredentialRequest, Requested};
pub use response::{CredentialResponse, IssuedCredentials};
pub use signed_metadata::{MetadataSigner, SignedMetadata};

use serde::{Deserialize as _, Deserializer, de::Error as _};

use crate::oauth::Endpoint;

/// Reads the identifier of an issuer, which has no query.
fn identifier<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Endpoint, D::Error> {
    Endpoint::identifier(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::vectors;
    use crate::oauth::authorization_details;

    #[test]
    fn authorization_details_of_the_standard_are_read() {
        for (name, first) in [
            ("authorization_details.json", "UniversityDegreeCredential"),
            ("authorization_details_jwt_vc_json.json", "UniversityDegreeCredential"),
            ("authorization_details_ldp_vc.json", "UniversityDegree_LDP_VC"),
            ("authorization_details_mso_doc.json", "org.iso.18013.5.1.mDL"),
            ("authorization_details_multiple_credentials.json", "UniversityDegreeCredential"),
            ("authorization_details_sd_jwt_vc.json", "PID_SD_JWT_VC"),
            ("authorization_details_with_as.json", "UniversityDegreeCredential"),
        ] {
            let Some(text) = vectors::body(name) else { return };
            let details = authorization_details::read(&serde_json::from_str(&text).expect("JSON")).expect(name);
            assert_eq!(details[0].credential_configuration_id, first, "{name}");
        }
    }
}
