//! What the verifier says when it got an answer (OpenID4VP 1.0 §8.2).

use serde_json::{Value, json};
use url::Url;

use crate::error::{Result, WalletError};
use crate::oauth::OAuthError;
use crate::oauth::call::{json_answer, json_of};
use crate::ports::HttpResponse;

/// The longest place that is read, in bytes.
const MAX_LENGTH: usize = 2048;

/// What the verifier says when it got an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Where the browser on the wallet's device must go on, if anywhere.
    pub redirect_uri: Option<String>,
}

impl Receipt {
    /// Reads the verifier's answer to an answer: with a status of 200 it has it, and what is no JSON object says no more.
    ///
    /// Fails with `Refused` when it says no, `Malformed` when the place to go on at is no absolute URL, or one that runs as a script.
    pub fn read(answer: &HttpResponse) -> Result<Self> {
        if answer.status != 200 {
            return Err(OAuthError::from_response(answer).refusal("the verifier"));
        }
        let Ok(receipt) = json_of("verifier's answer", answer) else { return Ok(Self::default()) };
        let bad = |reason: &str| WalletError::malformed("redirect_uri", reason);
        let redirect_uri = match receipt.get("redirect_uri") {
            None => return Ok(Self::default()),
            Some(Value::String(text)) if text.len() <= MAX_LENGTH => text,
            Some(_) => return Err(bad("it is not text of at most 2048 bytes")),
        };
        let url = Url::parse(redirect_uri).map_err(|_| bad("it is not an absolute URL"))?;
        if ["javascript", "data", "file", "blob", "about"].contains(&url.scheme()) {
            return Err(bad("it is no place to go on at"));
        }
        Ok(Self { redirect_uri: Some(redirect_uri.clone()) })
    }

    /// The answer to an answer.
    pub fn to_response(&self) -> HttpResponse {
        json_answer(200, &self.redirect_uri.as_ref().map_or_else(|| json!({}), |place| json!({ "redirect_uri": place })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::call::{answer, empty_answer};

    #[test]
    fn receipt_reads_back() {
        for place in [None, Some("https://client.example.org/cb#response_code=091535f699ea575c7937fa5f0f454aee")] {
            let receipt = Receipt { redirect_uri: place.map(str::to_owned) };
            assert_eq!(Receipt::read(&receipt.to_response()), Ok(receipt));
        }
        assert_eq!(Receipt::read(&empty_answer(200)), Ok(Receipt::default()));
    }

    #[test]
    fn answer_was_taken_whatever_else_the_verifier_says() {
        for (media_type, body) in [("text/plain", "OK"), ("text/html", "<p>Gracias</p>"), ("application/octet-stream", "{}")] {
            assert_eq!(Receipt::read(&answer(200, media_type, body.as_bytes().to_vec())), Ok(Receipt::default()), "{media_type}");
        }
    }

    #[test]
    fn place_that_would_run_as_a_script_is_refused() {
        for place in [json!("javascript:alert(1)"), json!("data:text/html,x"), json!("/relative"), json!(1)] {
            let body = json!({ "redirect_uri": place });
            assert!(Receipt::read(&json_answer(200, &body)).is_err(), "{body}");
        }
    }

    #[test]
    fn no_of_the_verifier_is_told_with_its_reason() {
        let refused = Receipt::read(&answer(400, "application/json", br#"{"error":"invalid_request"}"#.to_vec()));
        assert!(matches!(refused, Err(WalletError::Refused { reason, .. }) if reason.contains("invalid_request")));
    }
}
