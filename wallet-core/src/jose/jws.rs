//! Compact JSON Web Signatures, which every token here is made of (RFC 7515 §3.1, RFC 8725).
//!
//! The algorithm is the key's, never the token's; the header's own keys (`jwk`, `x5c`, `jku`) are never trusted here.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Map, Value};

use super::JwsFault;
use crate::error::{Result, WalletError};
use crate::json;
use crate::key::PublicKey;

/// A compact JWS whose parts were read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    text: String,
    /// Where the signing input ends.
    signed: usize,
    algorithm: String,
    signature: Vec<u8>,
    /// The `x5c` of its header, unread.
    certificates: Option<Value>,
}

/// What a new token says; the header is an object too.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    pub header: Value,
    pub payload: Map<String, Value>,
}

/// The header and payload of a token, and what its signature is checked with.
pub(crate) type Written = (Map<String, Value>, Map<String, Value>, Token);

/// Reads a token: its header, its payload still as text, and what its signature is checked with.
pub(crate) fn read(text: &str) -> Result<(Map<String, Value>, String, Token)> {
    let parts: Vec<&str> = text.splitn(4, '.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err(WalletError::malformed("JWT", "it has not three parts"));
    };
    let signed = header.len() + 1 + payload.len();
    let header = json::read_object("JWT header", &decode_text("JWT header", header)?)?;
    let payload = decode_text("JWT payload", payload)?;
    let algorithm = algorithm(&header)?;
    let certificates = header.get("x5c").cloned();
    let token = Token { text: text.to_owned(), signed, algorithm, signature: decode(signature)?, certificates };
    Ok((header, payload, token))
}

impl Draft {
    /// What is signed.
    pub(crate) fn signing_input(&self) -> Vec<u8> {
        signing_input(&self.header, &json::write(&self.payload))
    }

    /// Its header and payload and the token `text` that was made of it, as [`read`] gives them; none when they would be read
    /// from the text as something else.
    pub(crate) fn written(self, text: &str, signature: &[u8]) -> Result<Option<Written>> {
        let (Value::Object(header), payload) = (self.header, self.payload) else { return Ok(None) };
        if text.len() > json::MAX_BYTES || !json::reads_back(&header) || !json::reads_back(&payload) {
            return Ok(None);
        }
        let signed = text.rfind('.').expect("a token has three parts");
        let (algorithm, certificates) = (algorithm(&header)?, header.get("x5c").cloned());
        let token = Token { text: text.to_owned(), signed, algorithm, signature: signature.to_vec(), certificates };
        Ok(Some((header, payload, token)))
    }
}

impl Token {
    /// The compact form.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The `alg` of its header.
    pub(crate) fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// The certificates that came with it (`x5c`), unread: who trusts them is for others to say.
    pub(crate) fn certificates(&self) -> Option<&Value> {
        self.certificates.as_ref()
    }

    /// What is signed, and the signature.
    pub(crate) fn signed(&self) -> (&[u8], &[u8]) {
        (&self.text.as_bytes()[..self.signed], &self.signature)
    }

    /// Checks the signature under `key`, whose kind must be the one the header names.
    pub(crate) fn check(&self, key: &PublicKey) -> Result<(), JwsFault> {
        // RFC 9864 gives Ed25519 a name of its own beside RFC 8037's.
        let named = if self.algorithm == "Ed25519" { "EdDSA" } else { &self.algorithm };
        if key.algorithm().jose() != Some(named) {
            return Err(JwsFault::WrongAlgorithm);
        }
        let (message, signature) = self.signed();
        Ok(key.verify(message, signature)?)
    }
}

/// The `alg` that tokens signed by `key` carry; fails with `Misused` for a key that signs none.
pub(crate) fn algorithm_of(key: &PublicKey) -> Result<&'static str> {
    let refused = || WalletError::misused(format!("a {} key signs no JWT; use Ed25519, P-256 or P-384", key.algorithm().curve()));
    key.algorithm().jose().ok_or_else(refused)
}

/// What is signed: the header and the payload.
pub(crate) fn signing_input(header: &Value, payload: &str) -> Vec<u8> {
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}", encode(&header.to_string()), encode(payload)).into_bytes()
}

/// The token: the signing input and its signature.
pub(crate) fn finish(signing_input: Vec<u8>, signature: &[u8]) -> String {
    let mut text = String::from_utf8(signing_input).expect("the signing input is base64url and a dot");
    text.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    text
}

/// The bytes of base64url text without padding.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| WalletError::malformed("JWT", "a part of it is not base64url"))
}

fn decode_text(what: &str, text: &str) -> Result<String> {
    String::from_utf8(decode(text)?).map_err(|_| WalletError::malformed(what, "it is not UTF-8 text"))
}

/// The `alg`, one of those a key of ours signs with: never `none`, never a shared secret (RFC 8725 §3.1, §3.2).
fn algorithm(header: &Map<String, Value>) -> Result<String> {
    if header.contains_key("crit") || header.contains_key("b64") {
        return Err(WalletError::unsupported("a JWT with critical extensions", "leave out crit and b64"));
    }
    match header.get("alg").and_then(Value::as_str) {
        Some(name @ ("EdDSA" | "Ed25519" | "ES256" | "ES384")) => Ok(name.to_owned()),
        Some(_) => Err(WalletError::unsupported("this JWT algorithm", "use EdDSA, ES256 or ES384")),
        None => Err(WalletError::malformed("JWT", "its header has no alg")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyAlgorithm, SecretKey};
    use serde_json::json;

    fn token(input: &str, algorithm: &str, signature: &str) -> Token {
        let text = format!("{input}.{signature}");
        let (algorithm, signature) = (algorithm.to_owned(), decode(signature).expect("base64url"));
        Token { text, signed: input.len(), algorithm, signature, certificates: None }
    }

    #[test]
    fn rfc_8037_appendix_a_4() {
        let input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        let seed = BASE64_URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").expect("base64url");
        let key = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &seed).expect("a seed");
        assert_eq!(finish(input.as_bytes().to_vec(), &key.sign(input.as_bytes())), format!("{input}.{signature}"));
        assert_eq!(token(input, "EdDSA", signature).check(&key.public_key()), Ok(()));
    }

    #[test]
    fn rfc_7515_appendix_a_3() {
        let input =
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let key = json!({
            "kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        });
        let key = PublicKey::from_jwk(&key).expect("a JWK");
        assert_eq!(token(input, "ES256", signature).check(&key), Ok(()));
        assert_eq!(token(input, "ES384", signature).check(&key), Err(JwsFault::WrongAlgorithm));
    }

    /// The signatures of Project Wycheproof that are made to be wrongly accepted, over tokens that are no credentials.
    #[test]
    fn wycheproof_json_web_signatures() {
        let root = std::env::var("CEDULA_VECTORS")
            .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors").to_owned());
        let Ok(file) = std::fs::read_to_string(format!("{root}/wycheproof/testvectors_v1/json_web_signature_test.json")) else {
            assert!(std::env::var_os("CI").is_none(), "the vectors are not at hand: set CEDULA_VECTORS");
            return;
        };
        let file: Value = serde_json::from_str(&file).expect("JSON");
        let p256 = SecretKey::from_bytes(KeyAlgorithm::P256, &[5; 32]).expect("a scalar in range").public_key();
        let (mut ours, mut others) = (0, 0);
        for group in file["testGroups"].as_array().expect("groups") {
            let key = PublicKey::from_jwk(&group["public"]);
            for test in group["tests"].as_array().expect("tests") {
                let read = read(test["jws"].as_str().unwrap_or_default());
                // Tokens of algorithms that are not ours are refused before any key is looked at.
                let Ok(key) = &key else {
                    assert!(read.is_err() || group["public"]["crv"] == "P-256", "{test}");
                    assert!(!read.is_ok_and(|(_, _, token)| token.check(&p256).is_ok()), "{test}");
                    others += 1;
                    continue;
                };
                let good = read.is_ok_and(|(_, _, token)| token.check(key).is_ok());
                assert_eq!(good, test["result"] == "valid", "{test}");
                ours += 1;
            }
        }
        assert!(ours >= 39 && others >= 300, "{ours} {others}");
    }
}
