//! What wallets and credential issuers send each other (OpenID4VCI 1.0).

use wallet_core::issuance::{
    CredentialIssuerMetadata, CredentialOffer, CredentialRequest, CredentialResponse, DeferredCredentialRequest, KeyAttestation,
    KeyPresentation, KeyProof, NonceResponse, NotificationRequest, OfferLink, SignedMetadata,
};
use wallet_core::oauth::{Endpoint, authorization_details};

/// Every message, whatever the bytes were meant to be; what can be written again reads back the same.
pub fn issuance(bytes: &[u8]) {
    let issuer = Endpoint::read("https://issuer.example").expect("a URL");
    if let Ok(metadata) = CredentialIssuerMetadata::read(bytes, &issuer) {
        let again = CredentialIssuerMetadata::read(metadata.to_json().to_string().as_bytes(), &issuer);
        assert_eq!(again, Ok(metadata));
    }
    if let Ok(request) = CredentialRequest::read(bytes) {
        assert_eq!(CredentialRequest::read(request.to_json().to_string().as_bytes()), Ok(request));
    }
    if let Ok(response) = CredentialResponse::read(bytes) {
        assert_eq!(CredentialResponse::read(response.to_json().to_string().as_bytes()), Ok(response));
    }
    let _ = (DeferredCredentialRequest::read(bytes), NotificationRequest::read(bytes), NonceResponse::read(bytes));
    if let Some(members) = super::object(bytes) {
        let _ = KeyPresentation::read(&members);
    }
    if let Some(value) = super::value(bytes) {
        let _ = authorization_details::read(&value);
    }
    super::utf8(bytes).into_iter().for_each(texts);
}

fn texts(text: &str) {
    if let Ok(link) = OfferLink::read(text) {
        assert_eq!(OfferLink::read(&link.to_uri()), Ok(link));
    }
    if let Ok(offer) = CredentialOffer::read(text) {
        assert_eq!(CredentialOffer::read(&offer.to_json().to_string()), Ok(offer));
    }
    if let Ok(proof) = KeyProof::read(text) {
        let _ = (proof.own_key(), proof.nonce(), proof.attestation().map(KeyAttestation::keys));
    }
    let _ = (KeyAttestation::read(text), SignedMetadata::read(text));
}
