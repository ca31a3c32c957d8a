//! What is asked for, in which ways, and one presentation from question to verdict between programs of others.

use serde_json::{Value, json};

use crate::http;
use crate::programs::{self, Program, merged};

/// A credential format, how to get one, and how to ask for it.
pub struct Question {
    /// The format.
    pub name: &'static str,
    /// A configuration of the foreign issuer.
    pub config: &'static str,
    /// The credential query.
    pub query: fn() -> Value,
}

impl Question {
    /// The DCQL query with this one credential.
    pub fn dcql(&self) -> String {
        json!({ "credentials": [(self.query)()] }).to_string()
    }
}

/// One question a format, by what the npm issuer issues.
pub const FORMATS: [Question; 3] = [
    Question { name: "dc+sd-jwt", config: "degree-sd-jwt", query: asked_sd_jwt },
    Question { name: "jwt_vc_json", config: "degree-jwt", query: asked_jwt },
    Question { name: "ldp_vc", config: "degree-ldp", query: asked_ldp },
];

fn asked_sd_jwt() -> Value {
    let claims = json!([{ "path": ["given_name"] }, { "path": ["degree", "name"] }, { "path": ["nationalities", null] }]);
    json!({ "id": "a", "format": "dc+sd-jwt", "meta": { "vct_values": ["https://foreign.example/degree"] }, "claims": claims })
}

fn asked_jwt() -> Value {
    let claims = json!([{ "path": ["credentialSubject", "degree", "name"] }]);
    json!({ "id": "a", "format": "jwt_vc_json", "meta": { "type_values": [["UniversityDegreeCredential"]] }, "claims": claims })
}

fn asked_ldp() -> Value {
    let badge = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential";
    let claims = json!([{ "path": ["credentialSubject", "achievement", "name"] }]);
    json!({ "id": "a", "format": "ldp_vc", "meta": { "type_values": [[badge]] }, "claims": claims })
}

/// The client identifier prefixes (OpenID4VP 1.0 §5.9.3).
pub const PREFIXES: [&str; 5] = ["redirect_uri", "decentralized_identifier", "x509_san_dns", "x509_hash", "verifier_attestation"];
/// The response modes.
pub const MODES: [&str; 5] = ["direct_post", "direct_post.jwt", "fragment", "dc_api", "dc_api.jwt"];

/// Has `wallet` answer a request of `verifier`, told `task`; what the verifier says of it, and the wallet's own word as `wallet`.
pub fn settle(verifier: &Program, wallet: &Program, wishes: &[(&str, &str)], task: &Value) -> Value {
    let asked = verifier.get("/new", wishes);
    let id = asked["id"].as_str().unwrap_or_else(|| panic!("no request for {wishes:?}: {asked}"));
    let told = json!({ "do": "present", "request": asked["request"], "origin": verifier.url() });
    let answer = wallet.ask(&merged(told, task));
    hand_back(verifier, id, &answer);
    let mut result = verifier.get(&format!("/result/{id}"), &[]);
    result["wallet"] = answer;
    result
}

/// What a browser would do: give what follows the # in `location` to the page's script, or `data` of the Digital Credentials API.
pub fn hand_back(verifier: &Program, id: &str, answer: &Value) {
    if let Some((page, fragment)) = answer["location"].as_str().and_then(|location| location.split_once('#')) {
        http::post(&page.replace("/return/", "/response/"), "application/x-www-form-urlencoded", fragment);
    }
    if answer["data"].is_object() {
        let given = json!({ "data": answer["data"] }).to_string();
        http::post(&format!("{}/dc/{id}", verifier.url()), "application/json", &given);
    }
}

/// What openvc-core, which took no part, says of a `vp_token` that the npm verifier was given: `{}`, or an `error`.
pub fn judged(presented: &Value, roots: &Value) -> Value {
    let told = merged(presented.clone(), &json!({ "roots": roots }));
    let (_, said) = http::post(&format!("{}/judge", programs::polaris().url()), "application/json", &told.to_string());
    serde_json::from_str(&said).expect("it answers JSON")
}
