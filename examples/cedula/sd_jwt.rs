//! SD-JWTs one by one, of any kind: what another implementation's tests ask, answered as JSON (RFC 9901).

use serde_json::{Map, Value, json};
use wallet_core::error::{Result, WalletError};
use wallet_core::json::{self, JsonPointer};
use wallet_core::key::{PublicKey, SecretKey};
use wallet_core::platform::{system_now, system_rng};
use wallet_core::securing::Disclosure;
use wallet_core::securing::sd_jwt::{BindingTerms, SdJwt, prepare};

use crate::args;
use crate::failure::{self, Failure};
use crate::input;
use crate::print::Screen;

/// `cedula sd-jwt`
///
/// Whatever can be read is answered, with an `error` where the answer is no; only what is no JSON object is a failure.
pub fn answer(screen: &Screen, asked: &args::SdJwt) -> failure::Result<u8> {
    let text = input::text(&asked.file)?;
    let question = json::read_object("question", &text).map_err(|error| Failure::input(&asked.file, error))?;
    let question = Question(question);
    let answer = match question.text("op") {
        Ok("issue") => question.issue(),
        Ok("present") => question.present(),
        Ok("verify") => question.verify(),
        Ok(_) => Err(WalletError::unsupported("this op", "use issue, present or verify")),
        Err(error) => Err(error),
    };
    let answer = answer.unwrap_or_else(|error| json!({ "ok": false, "error": error.to_string() }));
    screen.object(&answer);
    screen.raw(&answer.to_string());
    Ok(0)
}

struct Question(Map<String, Value>);

impl Question {
    fn issue(&self) -> Result<Value> {
        let key = SecretKey::from_jwk(self.required("key")?)?;
        let disclosure = Disclosure::Only {
            pointers: self.pointers("sd")?,
            decoys: self.number("decoys")?,
            holder: self.optional("holder").map(public).transpose()?,
        };
        let (header, claims) = (self.object("header")?, self.object("claims")?);
        let unsigned = prepare(header, claims, &disclosure, &key.public_key(), &mut system_rng())?;
        let signature = key.sign(unsigned.message());
        Ok(json!({ "sd_jwt": unsigned.finish(&signature)?.text() }))
    }

    fn present(&self) -> Result<Value> {
        let shown = SdJwt::read(self.text("sd_jwt")?)?.disclose(&self.pointers("disclose")?)?;
        let Some(key) = self.optional("holder_key") else { return Ok(json!({ "sd_jwt": shown.text() })) };
        let (key, now) = (SecretKey::from_jwk(key)?, system_now());
        let (nonce, audience) = (self.text("nonce")?, self.text("aud")?);
        let unsigned = shown.bind(&BindingTerms { nonce, audience, key: &key.public_key(), now: &now })?;
        let signature = key.sign(unsigned.message());
        Ok(json!({ "sd_jwt": unsigned.finish(&signature)?.text() }))
    }

    fn verify(&self) -> Result<Value> {
        let token = SdJwt::read(self.text("sd_jwt")?)?;
        let refused = |why: String| WalletError::refused("the verifier", why);
        let key = public(self.required("issuer_key")?)?;
        token.check_signature(&key).map_err(|fault| refused(fault.to_string()))?;
        let now = system_now();
        token.check_time(&now)?;
        if self.optional("nonce").is_some() || self.optional("aud").is_some() {
            let (nonce, audience) = (self.text("nonce")?, self.text("aud")?);
            let binding = token.check_binding(&now).and_then(|binding| binding.check_answers(nonce, audience));
            binding.map_err(|fault| refused(fault.to_string()))?;
        }
        let claims = token.claims().map_err(|fault| refused(fault.to_string()))?;
        Ok(json!({ "ok": true, "claims": claims }))
    }

    fn required(&self, name: &str) -> Result<&Value> {
        self.optional(name).ok_or_else(|| WalletError::malformed("question", format!("{name} is missing")))
    }

    fn optional(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<&str> {
        self.required(name)?.as_str().ok_or_else(|| WalletError::malformed("question", format!("{name} is not text")))
    }

    fn number(&self, name: &str) -> Result<usize> {
        let Some(value) = self.optional(name) else { return Ok(0) };
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        number.ok_or_else(|| WalletError::malformed("question", format!("{name} is not a number")))
    }

    /// An object; empty when it is left out.
    fn object(&self, name: &str) -> Result<Map<String, Value>> {
        match self.optional(name) {
            None => Ok(Map::new()),
            Some(Value::Object(object)) => Ok(object.clone()),
            Some(_) => Err(WalletError::malformed("question", format!("{name} is not an object"))),
        }
    }

    /// A list of JSON pointers; empty when it is left out.
    fn pointers(&self, name: &str) -> Result<Vec<JsonPointer>> {
        let bad = || WalletError::malformed("question", format!("{name} is not a list of JSON pointers"));
        let Some(value) = self.optional(name) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or_else(bad)?;
        items.iter().map(|item| item.as_str().ok_or_else(bad)?.parse()).collect()
    }
}

/// The public half of a JWK, which a test may hand over whole.
fn public(jwk: &Value) -> Result<PublicKey> {
    let mut jwk = jwk.clone();
    if let Value::Object(members) = &mut jwk {
        members.retain(|name, _| name != "d");
    }
    PublicKey::from_jwk(&jwk)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(question: Value) -> Result<Value> {
        let question = Question(question.as_object().expect("an object").clone());
        match question.text("op").expect("an op") {
            "issue" => question.issue(),
            "present" => question.present(),
            _ => question.verify(),
        }
    }

    fn issuer() -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "d": "Ur2bNKuBPOrAaxsRnbSH6hIhmNTxSGXshDSUD1a1y7g",
            "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ", "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
        })
    }

    fn holder() -> Value {
        json!({
            "kty": "OKP", "crv": "Ed25519",
            "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        })
    }

    #[test]
    fn what_is_issued_is_presented_and_verified() {
        let issued = ask(json!({
            "op": "issue", "key": issuer(), "header": { "typ": "example+sd-jwt" }, "claims": { "a": 1, "b": [1, 2], "c": 3 },
            "sd": ["/a", "/b/0"], "holder": holder(), "decoys": 2,
        }));
        let issued = issued.expect("claims");
        let presented = ask(json!({
            "op": "present", "sd_jwt": issued["sd_jwt"], "disclose": ["/a"], "holder_key": holder(), "nonce": "n", "aud": "v",
        }));
        let presented = presented.expect("a claim")["sd_jwt"].clone();
        let verify = |nonce: &str, aud: &str| {
            ask(json!({ "op": "verify", "sd_jwt": presented, "issuer_key": issuer(), "nonce": nonce, "aud": aud }))
        };
        let verified = verify("n", "v").expect("it is good");
        assert_eq!((&verified["ok"], &verified["claims"]["a"], &verified["claims"]["b"]), (&json!(true), &json!(1), &json!([2])));
        assert!(verify("m", "v").is_err() && verify("n", "w").is_err());
        let unbound = json!({ "op": "verify", "sd_jwt": issued["sd_jwt"], "issuer_key": issuer(), "nonce": "n", "aud": "v" });
        assert!(ask(unbound).is_err());
        let other = json!({ "op": "verify", "sd_jwt": issued["sd_jwt"], "issuer_key": holder() });
        assert!(ask(other).is_err());
    }
}
