//! The documents by which an issuer is found: its own metadata, its authorization server's, its keys (OpenID4VCI 1.0 §12).

use std::collections::BTreeSet;

use serde_json::Value;

use super::{CredentialIssuer, MetadataSigning, Profile, Strangers};
use crate::error::Result;
use crate::issuance::{BatchCredentialIssuance, CredentialIssuerMetadata, RequestEncryption, ResponseEncryption};
use crate::key::PublicKey;
use crate::oauth::call::{answer, json_answer};
use crate::oauth::dpop::ALGORITHMS;
use crate::oauth::token::{AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE, REFRESH_TOKEN};
use crate::oauth::{AuthorizationServerMetadata, Call, authorization_details, client_attestation, pkce};
use crate::ports::HttpResponse;
use crate::securing::sd_jwt::IssuerMetadata;
use crate::time::Timestamp;

/// How long signed metadata is good, in seconds.
const SIGNED_FOR: i64 = 24 * 3600;

impl CredentialIssuer {
    /// The credential issuer's metadata.
    pub fn metadata(&self) -> CredentialIssuerMetadata {
        let plan = &self.plan;
        let configurations = plan.credentials.iter().map(|(name, offered)| (name.clone(), offered.configuration.clone()));
        let batch_size = plan.batch_size;
        CredentialIssuerMetadata {
            credential_issuer: plan.identifier.clone(),
            authorization_servers: Vec::new(),
            credential_endpoint: self.endpoint("credential"),
            nonce_endpoint: Some(self.endpoint("nonce")),
            deferred_credential_endpoint: Some(self.endpoint("deferred_credential")),
            notification_endpoint: Some(self.endpoint("notification")),
            credential_request_encryption: plan.encryption.as_ref().map(|how| RequestEncryption::of(&how.key, how.required)),
            credential_response_encryption: plan.encryption.as_ref().map(|how| ResponseEncryption::any(how.required)),
            batch_credential_issuance: (batch_size > 1).then_some(BatchCredentialIssuance { batch_size }),
            display: plan.display.clone(),
            credential_configurations_supported: configurations.collect(),
        }
    }

    /// The authorization server's metadata (RFC 8414).
    pub fn server_metadata(&self) -> AuthorizationServerMetadata {
        let texts = |all: &[&str]| all.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let plan = &self.plan;
        let is_strict = plan.profile == Profile::Haip;
        let takes_attestations = is_strict || !plan.clients.attesters.is_empty();
        let grants = [AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE, REFRESH_TOKEN];
        let grants = &grants[..if plan.lifetimes.refresh_token.is_some() { 3 } else { 2 }];
        let methods: &[&str] = match (is_strict, takes_attestations) {
            (true, _) => &[client_attestation::METHOD],
            (false, true) => &[client_attestation::METHOD, "none"],
            (false, false) => &["none"],
        };
        let attested = if takes_attestations { texts(&ALGORITHMS) } else { Vec::new() };
        let scopes: BTreeSet<_> = plan.credentials.values().filter_map(|offered| offered.configuration.scope.clone()).collect();
        AuthorizationServerMetadata {
            authorization_endpoint: Some(self.endpoint("authorize")),
            token_endpoint: Some(self.endpoint("token")),
            pushed_authorization_request_endpoint: Some(self.endpoint("par")),
            require_pushed_authorization_requests: is_strict,
            response_types_supported: texts(&["code"]),
            grant_types_supported: Some(texts(grants)),
            code_challenge_methods_supported: texts(&[pkce::S256]),
            token_endpoint_auth_methods_supported: texts(methods),
            scopes_supported: scopes.into_iter().collect(),
            authorization_details_types_supported: texts(&[authorization_details::TYPE]),
            dpop_signing_alg_values_supported: texts(&ALGORITHMS),
            client_attestation_signing_alg_values_supported: attested.clone(),
            client_attestation_pop_signing_alg_values_supported: attested,
            authorization_response_iss_parameter_supported: true,
            pre_authorized_grant_anonymous_access_supported: !is_strict && plan.clients.strangers != Strangers::Refused,
            ..AuthorizationServerMetadata::of(plan.identifier.clone())
        }
    }

    /// The metadata as a wallet wants it: signed where it prefers that and somebody signs (§12.2.2).
    pub(super) async fn published(&self, call: &Call, now: &Timestamp) -> Result<HttpResponse> {
        match &self.plan.metadata_signing {
            Some(signing) if prefers_signed(call) => {
                let text = self.signed_metadata(signing, now).await?;
                Ok(answer(200, "application/jwt", text.into_bytes()))
            }
            _ => Ok(json_answer(200, &self.metadata().to_json())),
        }
    }

    async fn signed_metadata(&self, signing: &MetadataSigning, now: &Timestamp) -> Result<String> {
        let key = signing.keystore.public_key(&signing.key).await?;
        let times = (now, &now.plus_seconds(SIGNED_FOR));
        let unsigned = self.metadata().prepare_signed(&signing.signer, &key, times)?;
        let signature = signing.keystore.sign(&signing.key, unsigned.message()).await?;
        Ok(unsigned.finish(&signature))
    }

    /// The keys of its credentials, for those that name it by its address (SD-JWT VC §4).
    pub(super) async fn issuer_keys(&self) -> Result<Value> {
        let mut keys: Vec<PublicKey> = Vec::new();
        for offered in self.plan.credentials.values() {
            let issuer = offered.issuer.lock().await;
            let key = issuer.keystore.public_key(&issuer.key).await?;
            if key.algorithm().jose().is_some() && !keys.contains(&key) {
                keys.push(key);
            }
        }
        Ok(IssuerMetadata::document(self.plan.identifier.as_str(), &keys))
    }
}

/// Whether the `accept` header puts `application/jwt` before `application/json`, or names it alone; weights are compared as written.
fn prefers_signed(call: &Call) -> bool {
    let accept = call.header("accept").unwrap_or_default();
    let weight = |wanted: &str| {
        accept.split(',').find_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let is_wanted = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |text| text.parse::<f32>().ok());
            is_wanted.then_some(weight.unwrap_or(0.0))
        })
    };
    let (signed, plain) = (weight("application/jwt").unwrap_or(0.0), weight("application/json").unwrap_or(0.0));
    signed > 0.0 && signed >= plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::HttpMethod;

    #[test]
    fn signed_metadata_is_preferred_where_the_wallet_says_so() {
        for (accept, signed) in [
            ("application/jwt", true),
            ("application/jwt, application/json", true),
            ("application/json, application/jwt;q=0.5", false),
            ("application/jwt;q=0.9, application/json;q=0.8", true),
            ("application/jwt;q=0", false),
            ("application/json", false),
            ("*/*", false),
            ("", false),
        ] {
            let headers = vec![("accept".to_owned(), accept.to_owned())];
            let call = Call { method: HttpMethod::Get, url: "https://a.example".to_owned(), headers, body: Vec::new() };
            assert_eq!(prefers_signed(&call), signed, "{accept}");
        }
    }
}
