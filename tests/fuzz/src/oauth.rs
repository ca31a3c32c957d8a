//! What OAuth clients and servers send each other, the tokens it travels in, and the certificates beside them.

use serde_json::{Value, json};
use wallet_core::jose::jwe::{DecryptionKey, EncryptionKey};
use wallet_core::jose::jwk_set::JwkSet;
use wallet_core::jose::jwt::Jwt;
use wallet_core::oauth::call::answer;
use wallet_core::oauth::{
    AuthorizationAnswer, AuthorizationRequest, AuthorizationServerMetadata, ClientAttestation, DpopProof, Endpoint, Form,
    OAuthError, PushedResponse, TokenRequest, TokenResponse,
};
use wallet_core::ports::HttpMethod;
use wallet_core::x509::{Certificate, CertificateChain, TrustAnchors, pem};

use super::{now, object, utf8, value};

/// Forms, redirects and answers; what can be written again reads back the same.
pub fn oauth(bytes: &[u8]) {
    let response = answer(200, "application/json", bytes.to_vec());
    if let Ok(token) = TokenResponse::read(&response) {
        assert_eq!(TokenResponse::read(&token.to_response()), Ok(token));
    }
    if let Ok(pushed) = PushedResponse::read(&response) {
        assert_eq!(PushedResponse::read(&pushed.to_response()), Ok(pushed));
    }
    assert!(!OAuthError::from_response(&response).to_string().contains('\n'));
    let issuer = Endpoint::read("https://server.example.com").expect("a URL");
    if let Some(Ok(metadata)) = object(bytes).map(|object| AuthorizationServerMetadata::read(object, &issuer)) {
        let again = metadata.to_json().as_object().cloned().expect("an object");
        assert_eq!(AuthorizationServerMetadata::read(again, &issuer), Ok(metadata));
    }
    let Some(text) = utf8(bytes) else { return };
    if let Ok(form) = Form::read(text) {
        assert_eq!(Form::read(&form.to_text()).as_ref(), Ok(&form));
        if let Ok(request) = TokenRequest::read(&form) {
            assert_eq!(TokenRequest::read(&request.to_form()), Ok(request));
        }
        if let Ok(request) = AuthorizationRequest::read(&form) {
            let _ = AuthorizationRequest::read(&request.to_form());
        }
    }
    if let Ok(endpoint) = Endpoint::read(text) {
        assert!(endpoint.well_known("x").as_str().starts_with(&endpoint.origin()));
    }
    let _ = AuthorizationAnswer::read(text);
}

/// Signed and encrypted tokens, and sets of keys.
pub fn jose(bytes: &[u8]) {
    if let Some(value) = value(bytes) {
        let keys = JwkSet::read(&value).or_else(|_| JwkSet::read(&json!({ "keys": [value] })));
        let _ = keys.map(|keys| (keys.signature_key(None), keys.encryption_keys().count()));
        let _ = EncryptionKey::from_jwk(&value).map(|key| EncryptionKey::from_jwk(&key.to_jwk()).expect("its own JWK"));
    }
    let Some(text) = utf8(bytes) else { return };
    for typ in ["dpop+jwt", "openid4vci-proof+jwt"] {
        if let Ok(jwt) = Jwt::read(text, typ) {
            let key = jwt.embedded_key().ok().flatten();
            let _ = (jwt.check_time(&now()), jwt.certificates(), key.map(|key| jwt.check(&key)));
        }
    }
    let proof = DpopProof { method: HttpMethod::Post, url: "https://server.example.com/token", access_token: None, nonce: None };
    let _ = (proof.check(text, &now()), ClientAttestation::read(text));
    let key = DecryptionKey::from_secret_bytes(&[7; 32]).expect("a scalar in range");
    let _ = key.decrypt(text, 1 << 20);
}

/// Certificates in DER, PEM and `x5c`, each asked for all it says, and who stands behind it.
pub fn certificate(bytes: &[u8]) {
    let mut found: Vec<Certificate> = Certificate::from_der(bytes).into_iter().collect();
    found.extend(utf8(bytes).and_then(|text| pem::certificates(text).ok()).into_iter().flatten());
    if let Some(Ok(chain)) = value(bytes).as_ref().map(CertificateChain::from_x5c) {
        assert_eq!(CertificateChain::from_x5c(&chain.to_x5c()).as_ref(), Ok(&chain));
        found.extend(chain.certificates().cloned());
    }
    for certificate in found.into_iter().take(8) {
        let _ = (certificate.public_key(), certificate.uris(), certificate.authority_key_id(), certificate.is_self_issued());
        for name in certificate.dns_names() {
            let _ = certificate.is_for_host(&name);
        }
        let x5c = Value::from(vec![certificate.to_base64()]);
        let chain = CertificateChain::from_x5c(&x5c).expect("its own DER");
        let anchors = TrustAnchors::from_pem(&pem::write([&certificate])).expect("its own PEM");
        let _ = (chain.check(&anchors, &now()), chain.check(&TrustAnchors::none(), &now()));
    }
}
