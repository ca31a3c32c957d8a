//! Requests for the tests, after the examples of OpenID4VP 1.0.

use serde_json::{Map, Value, json};

use crate::jose::jwt;
use crate::key::{KeyAlgorithm, SecretKey};
use crate::time::Timestamp;

pub(crate) const REDIRECT: &str = "https://client.example.org/cb";

pub(crate) fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a date")
}

pub(crate) fn key(seed: u8) -> SecretKey {
    SecretKey::from_bytes(KeyAlgorithm::P256, &[seed; 32]).expect("a scalar in range")
}

/// A direct_post request by `client_id`, answered at `response_uri`.
pub(crate) fn request(client_id: &str, response_uri: &str) -> Map<String, Value> {
    object(json!({
        "response_type": "vp_token", "client_id": client_id, "response_mode": "direct_post", "response_uri": response_uri,
        "nonce": "n-0S6_WzA2Mj", "state": "eyJhb...6-sVA",
        "dcql_query": { "credentials": [{
            "id": "id_card", "format": "dc+sd-jwt",
            "meta": { "vct_values": ["https://credentials.example.com/identity_credential"] },
            "claims": [{ "path": ["last_name"] }]
        }] }
    }))
}

/// The same with other or further members; a null takes one away.
pub(crate) fn with(mut parameters: Map<String, Value>, changes: Value) -> Map<String, Value> {
    for (name, value) in object(changes) {
        if value.is_null() {
            parameters.remove(&name);
        } else {
            parameters.insert(name, value);
        }
    }
    parameters
}

/// A request object over `claims`, signed by `key`, for any wallet.
pub(crate) fn signed(claims: Map<String, Value>, header: Value, key: &SecretKey) -> String {
    let claims =
        with(json!({ "aud": "https://self-issued.me/v2" }).as_object().expect("an object").clone(), Value::Object(claims));
    let header = with(object(json!({ "typ": "oauth-authz-req+jwt" })), header);
    let unsigned = jwt::prepare(header, claims, &key.public_key()).expect("it can be signed");
    let signature = key.sign(unsigned.message());
    unsigned.finish(&signature)
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}
