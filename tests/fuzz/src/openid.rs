//! What a verifier sends a wallet, and a wallet a verifier (OpenID4VP 1.0).

use std::sync::OnceLock;

use serde_json::{Value, json};
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::oauth::Form;
use wallet_core::presentation::VpFormats;
use wallet_core::presentation::dcql::{DcqlQuery, Held, HolderProof, Presented, Validity};
use wallet_core::presentation::request::{RequestLink, TransactionData, VerifierEvidence, dc_api};
use wallet_core::presentation::response::{ResponseTerms, VpToken};
use wallet_core::securing::Secured;
use wallet_core::securing::linked_data::Contexts;

use super::{now, utf8, value};

const ORIGIN: &str = "https://verifier.example";

/// A link, a request over the platform's API, a query, an answer.
pub fn openid4vp(bytes: &[u8]) {
    if let Some(text) = utf8(bytes) {
        link(text);
        let _ = TransactionData::read(text);
        if let Ok(form) = Form::read(text) {
            let _ = ResponseTerms { decryption: None, state: None }.read_form(&form);
        }
    }
    let Some(value) = value(bytes) else { return };
    for protocol in ["openid4vp-v1-unsigned", "openid4vp-v1-signed", "openid4vp-v1-multisigned"] {
        let _ = dc_api::read(protocol, &value, ORIGIN).map(|request| request.authenticate(&VerifierEvidence::default(), &now()));
    }
    let _ = ResponseTerms { decryption: None, state: None }.read_data(&value);
    if let Ok(formats) = VpFormats::from_value(&value) {
        assert_eq!(VpFormats::from_value(&formats.to_json()), Ok(formats));
    }
    if let Ok(token) = VpToken::read(&value) {
        assert_eq!(VpToken::read(&token.to_json()), Ok(token));
    }
    if let Ok(query) = DcqlQuery::from_value(&value) {
        asked(&query);
    }
}

fn link(text: &str) {
    if let Ok(RequestLink::Whole(request)) = RequestLink::read(text) {
        let _ = request.authenticate(&VerifierEvidence::default(), &now());
    }
}

/// What was read is asked of a wallet, whose answer must answer it.
fn asked(query: &DcqlQuery) {
    assert_eq!(DcqlQuery::from_value(&query.to_json()).as_ref(), Ok(query));
    let held =
        [Held { name: "pid".to_owned(), credential: pid().clone(), key: Some(KeyAlgorithm::P256), validity: Validity::Current }];
    let contexts = Contexts::bundled();
    let choices = query.choices(&held, &VpFormats::ours(), &contexts);
    if let Ok(selection) = choices.preselected() {
        let answers = choices.answers(&selection).expect("what is preselected answers");
        for (query_choices, _) in answers {
            let asked = query.credential(&query_choices.id).expect("it was asked for");
            let presented = Presented { credential: pid(), holder: HolderProof::Given };
            assert_eq!(asked.check_presented(&presented, &contexts), Ok(()));
        }
    }
}

/// An SD-JWT VC without anything to leave out.
fn pid() -> &'static Secured {
    static PID: OnceLock<Secured> = OnceLock::new();
    PID.get_or_init(|| {
        let key = SecretKey::from_bytes(KeyAlgorithm::P256, &[7; 32]).expect("a scalar in range");
        let claims = json!({
            "vct": "urn:eudi:pid:1", "given_name": "Erika", "age": 42, "nationalities": ["DE", "PE"],
            "address": { "locality": "Köln" }, "cnf": { "jwk": key.public_key().to_jwk() },
        });
        let header = json!({ "typ": "dc+sd-jwt" });
        let object = |value: Value| value.as_object().cloned().expect("an object");
        let unsigned = wallet_core::jose::jwt::prepare(object(header), object(claims), &key.public_key()).expect("a token");
        let signature = key.sign(unsigned.message());
        Secured::read(&format!("{}~", unsigned.finish(&signature))).expect("an SD-JWT VC")
    })
}
