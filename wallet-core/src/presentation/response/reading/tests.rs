use super::*;
use crate::oauth::OAuthErrorCode;
use crate::presentation::request::example::{self, REDIRECT, with};
use crate::presentation::request::{AuthorizationRequest, RequestLink, VerifierEvidence, link};
use crate::presentation::response::Delivery;
use proptest::prelude::*;
use serde_json::json;

const STATE: &str = "eyJhb...6-sVA";
const OFFERED: [ContentEncryption; 2] = [ContentEncryption::A128Gcm, ContentEncryption::A256Gcm];

fn key() -> DecryptionKey {
    DecryptionKey::from_secret_bytes(&[9; 32]).expect("a scalar in range")
}

/// What a wallet was asked, answered in the mode `mode`.
fn request(mode: &str) -> AuthorizationRequest {
    let destination = if mode == "fragment" { "redirect_uri" } else { "response_uri" };
    let metadata =
        json!({ "jwks": { "keys": [key().public_jwk()] }, "encrypted_response_enc_values_supported": ["A128GCM", "A256GCM"] });
    let parameters = example::request(&format!("redirect_uri:{REDIRECT}"), REDIRECT);
    let parameters = with(parameters, json!({ "response_mode": mode, "response_uri": null, "client_metadata": metadata }));
    let link = link::write("openid4vp://", &with(parameters, json!({ destination: REDIRECT })));
    match RequestLink::read(&link).expect("a link") {
        RequestLink::Whole(received) => {
            received.authenticate(&VerifierEvidence::default(), &example::now()).expect("a request").request
        }
        RequestLink::Reference(_) => panic!("it is whole"),
    }
}

fn token() -> VpToken {
    VpToken::read(&json!({ "id_card": ["eyJ~"] })).expect("a token")
}

fn posted(delivery: Delivery) -> Form {
    match delivery {
        Delivery::Post(request) => Form::read(std::str::from_utf8(&request.body).expect("text")).expect("a form"),
        Delivery::Redirect(url) => Form::read(url.split_once('#').expect("a fragment").1).expect("a form"),
        Delivery::DcApi(_) => panic!("it is not the platform's"),
    }
}

fn read(form: &Form, mode: &str) -> Result<AuthorizationResponse> {
    let key = key();
    let decryption = mode.ends_with(".jwt").then_some((&key, &OFFERED[..]));
    ResponseTerms { decryption, state: Some(STATE) }.read_form(form)
}

#[test]
fn answer_of_every_mode_reads_back() {
    for mode in ["direct_post", "direct_post.jwt", "fragment"] {
        let request = request(mode);
        for answer in [
            AuthorizationResponse::presenting(token(), &request),
            AuthorizationResponse::refusing(OAuthErrorCode::AccessDenied, &request),
        ] {
            let form = posted(answer.deliver(&request).expect("it is delivered"));
            assert_eq!(form.text("response").is_some(), mode.ends_with(".jwt") && answer.outcome.is_ok());
            assert_eq!(read(&form, mode), Ok(answer), "{mode}");
        }
    }
}

#[test]
fn section_8_3_answer_in_the_clear_is_no_answer_where_encryption_was_asked_for() {
    let request = request("direct_post");
    let form = posted(AuthorizationResponse::presenting(token(), &request).deliver(&request).expect("it is delivered"));
    assert!(matches!(read(&form, "direct_post.jwt"), Err(WalletError::Refused { .. })));
}

#[test]
fn section_8_3_content_encryption_that_was_not_offered_is_refused() {
    let plain = json!({ "vp_token": { "id_card": ["eyJ~"] }, "state": STATE }).to_string();
    let read = |encryption| {
        let text = key().public_key().encrypt(plain.as_bytes(), encryption).expect("it is encrypted");
        read(&Form::new().with("response", text), "direct_post.jwt")
    };
    assert!(read(ContentEncryption::A256Gcm).is_ok());
    assert!(read(ContentEncryption::A256CbcHs512).is_err());
}

#[test]
fn answer_encrypted_to_another_key_is_refused() {
    let other = DecryptionKey::from_secret_bytes(&[8; 32]).expect("a scalar in range");
    let plain = json!({ "vp_token": { "id_card": ["eyJ~"] }, "state": STATE }).to_string();
    let mut public = other.public_key();
    for kid in [public.kid.clone(), key().public_key().kid, None] {
        public.kid = kid;
        let text = public.encrypt(plain.as_bytes(), ContentEncryption::A128Gcm).expect("it is encrypted");
        assert!(read(&Form::new().with("response", text), "direct_post.jwt").is_err());
    }
}

#[test]
fn section_14_3_2_answer_with_another_state_or_none_is_refused() {
    let token = token().to_json().to_string();
    for state in [None, Some("another"), Some("eyJhb...6-sVB")] {
        let form = Form::new().with("vp_token", token.clone()).with_some("state", state);
        assert!(matches!(read(&form, "direct_post"), Err(WalletError::Refused { .. })), "{state:?}");
        let error = Form::new().with("error", "access_denied").with_some("state", state);
        assert!(read(&error, "direct_post").is_err(), "{state:?}");
    }
}

#[test]
fn answer_that_says_two_things_or_nothing_is_refused() {
    let token = token().to_json().to_string();
    let form = |pairs: &[(&str, &str)]| {
        pairs.iter().fold(Form::new().with("state", STATE), |form, (name, value)| form.with(name, *value))
    };
    assert!(read(&form(&[("vp_token", &token), ("error", "access_denied")]), "direct_post").is_err());
    assert!(read(&form(&[]), "direct_post").is_err());
    assert!(read(&form(&[("vp_token", "eyJ~")]), "direct_post").is_err());
    assert!(read(&form(&[("response", "a.b.c.d.e")]), "direct_post").is_err());
}

#[test]
fn appendix_a_4_error_of_the_platform_is_its_code_alone() {
    let terms = ResponseTerms { decryption: None, state: None };
    let answer = terms.read_data(&json!({ "error": "invalid_request" })).expect("an error");
    assert_eq!(answer.outcome.expect_err("an error").code, OAuthErrorCode::InvalidRequest);
    assert_eq!(terms.read_data(&json!({ "vp_token": { "id_card": ["eyJ~"] } })).expect("an answer").outcome, Ok(token()));
    assert!(terms.read_data(&json!("vp_token")).is_err());
}

proptest! {
    #[test]
    fn any_form_is_an_answer_or_refused(value in "\\PC{0,60}", response in "([A-Za-z0-9_-]{0,20}\\.){0,5}") {
        for mode in ["direct_post", "direct_post.jwt"] {
            let _ = read(&Form::new().with("state", STATE).with("vp_token", value.clone()), mode);
            let _ = read(&Form::new().with("response", response.clone()), mode);
        }
    }
}
