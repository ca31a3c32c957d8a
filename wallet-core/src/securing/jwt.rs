//! Credentials and presentations as signed JWTs, `vc+jwt` and `vp+jwt` (VC-JOSE-COSE §3.1, RFC 7515, RFC 7519).
//!
//! The payload is the document itself, with registered claims beside its members. The algorithm is the key's, never the token's.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Map, Value, json};

use super::{Kind, Mechanism, Proof, ProofOptions, SignatureFault};
use crate::did::Did;
use crate::error::{Result, WalletError};
use crate::json;
use crate::key::PublicKey;
use crate::time::Timestamp;

/// The claims that belong to the token and not to the document (RFC 7519 §4.1, OpenID Connect `nonce`).
const REGISTERED: [&str; 8] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce"];

/// A compact JWS whose parts were read (RFC 7515 §3.1).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    text: String,
    /// Where the signing input ends.
    signed: usize,
    algorithm: String,
    signature: Vec<u8>,
}

impl Token {
    /// The compact form.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// Reads a token: what it holds, and what it says of its own proof.
pub(super) fn read(text: &str) -> Result<(Token, Kind, Map<String, Value>, Proof)> {
    let bad = |reason: &str| WalletError::malformed("JWT", reason);
    if text.contains('~') {
        return Err(WalletError::unsupported("SD-JWT", "use vc+jwt or a Data Integrity proof"));
    }
    let parts: Vec<&str> = text.splitn(4, '.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err(bad("it has not three parts"));
    };
    let header_members = part("JWT header", header)?;
    let (kind, algorithm) = check_header(&header_members)?;
    let mut body = part("JWT payload", payload)?;
    if body.contains_key("vc") || body.contains_key("vp") {
        return Err(WalletError::unsupported(
            "a JWT with a vc or vp claim",
            "the payload must be the document (VC-JOSE-COSE §3.1)",
        ));
    }
    if Kind::of(&body)? != kind {
        return Err(bad("its typ and the type of its payload differ"));
    }
    check_claims(kind, &body)?;
    let proof = proof(&header_members, kind, &body)?;
    body.retain(|name, _| !REGISTERED.contains(&name.as_str()));
    let signature = decode(signature)?;
    let token = Token { text: text.to_owned(), signed: header.len() + 1 + payload.len(), algorithm, signature };
    Ok((token, kind, body, proof))
}

/// Checks the signature under `key`, whose kind must be the one the header names.
pub(super) fn check(token: &Token, key: &PublicKey) -> Result<(), SignatureFault> {
    // RFC 9864 gives Ed25519 a name of its own beside RFC 8037's.
    let named = if token.algorithm == "Ed25519" { "EdDSA" } else { &token.algorithm };
    if key.algorithm().jose() != Some(named) {
        return Err(SignatureFault::Bad);
    }
    Ok(key.verify(&token.text.as_bytes()[..token.signed], &token.signature)?)
}

/// The signing input of a new token.
pub(super) fn prepare(document: Map<String, Value>, options: &ProofOptions, key: &PublicKey) -> Result<Vec<u8>> {
    let kind = Kind::of(&document)?;
    let Some(algorithm) = key.algorithm().jose() else {
        return Err(WalletError::misused(format!("a {} key signs no JWT; use Ed25519, P-256 or P-384", key.algorithm().curve())));
    };
    if options.purpose != kind.relationship() {
        return Err(WalletError::misused(format!("a JWT over this document is for {}", kind.relationship())));
    }
    if document.contains_key("proof") {
        return Err(WalletError::misused("a document with a proof is not signed as a JWT"));
    }
    if let Some(name) = REGISTERED.into_iter().find(|name| document.contains_key(*name)) {
        return Err(WalletError::misused(format!("the member {name} would be a claim of the token")));
    }
    let (typ, cty) = media_types(kind);
    let header = json!({ "alg": algorithm, "typ": typ, "cty": cty, "kid": options.method.as_str() });
    let mut payload = document;
    let mut claim = |name: &str, value: Value| payload.insert(name.to_owned(), value);
    claim("iat", options.created.unix().into());
    if let Some(expires) = &options.expires {
        claim("exp", expires.unix().into());
    }
    if let Some(nonce) = &options.nonce {
        claim("nonce", nonce.as_str().into());
    }
    if let Some(audience) = &options.audience {
        claim("aud", audience.as_str().into());
    }
    let encode = |value: String| BASE64_URL_SAFE_NO_PAD.encode(value);
    Ok(format!("{}.{}", encode(header.to_string()), encode(Value::Object(payload).to_string())).into_bytes())
}

/// The token: the signing input and its signature.
pub(super) fn finish(message: Vec<u8>, signature: &[u8]) -> String {
    let mut text = String::from_utf8(message).expect("the signing input is base64url and a dot");
    text.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    text
}

fn media_types(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Credential => ("vc+jwt", "vc"),
        Kind::Presentation => ("vp+jwt", "vp"),
    }
}

/// Whether `text` names the media type `application/{short}`, whose prefix may be left out (RFC 7515 §4.1.9).
fn is_media_type(text: &str, short: &str) -> bool {
    let (prefix, rest) = text.split_at_checked("application/".len()).unwrap_or(("", text));
    let rest = if prefix.eq_ignore_ascii_case("application/") { rest } else { text };
    rest.eq_ignore_ascii_case(short)
}

fn check_header(header: &Map<String, Value>) -> Result<(Kind, String)> {
    let bad = |reason: &str| WalletError::malformed("JWT", reason);
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    let typ = text("typ").ok_or_else(|| bad("its header has no typ"))?;
    let kind = [Kind::Credential, Kind::Presentation].into_iter().find(|kind| is_media_type(typ, media_types(*kind).0));
    let kind = kind.ok_or_else(|| WalletError::unsupported("this typ of JWT", "use vc+jwt or vp+jwt"))?;
    if let Some(cty) = header.get("cty") {
        if !cty.as_str().is_some_and(|cty| is_media_type(cty, media_types(kind).1)) {
            return Err(bad("its cty does not go with its typ"));
        }
    }
    if header.contains_key("crit") || header.contains_key("b64") {
        return Err(WalletError::unsupported("a JWT with critical extensions", "leave out crit and b64"));
    }
    let algorithm = text("alg").ok_or_else(|| bad("its header has no alg"))?;
    if !["EdDSA", "Ed25519", "ES256", "ES384"].contains(&algorithm) {
        return Err(WalletError::unsupported("this JWT algorithm", "use EdDSA, ES256 or ES384"));
    }
    Ok((kind, algorithm.to_owned()))
}

/// The registered claims must say what the document says (VC-JOSE-COSE §3.1, RFC 7519 §4.1).
fn check_claims(kind: Kind, payload: &Map<String, Value>) -> Result<()> {
    let party = if kind == Kind::Credential { "issuer" } else { "holder" };
    let subject = match payload.get("credentialSubject") {
        Some(Value::Array(subjects)) if subjects.len() == 1 => subjects.first(),
        other => other,
    };
    for (claim, member) in [("iss", payload.get(party)), ("jti", payload.get("id")), ("sub", subject)] {
        let Some(value) = payload.get(claim) else { continue };
        let member = member.and_then(identifier);
        let same = member.is_some() && value.as_str() == member;
        // `sub` of a presentation and `iss` or `jti` without their member have nothing to differ from.
        let free = member.is_none() && value.is_string();
        if !(same || free) {
            return Err(WalletError::malformed("JWT", format!("its {claim} differs from the document")));
        }
    }
    Ok(())
}

fn identifier(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("id")?.as_str())
}

fn proof(header: &Map<String, Value>, kind: Kind, payload: &Map<String, Value>) -> Result<Proof> {
    let bad = |reason: &str| WalletError::malformed("JWT", reason);
    let party = if kind == Kind::Credential { "issuer" } else { "holder" };
    let issuer = payload.get("iss").or(payload.get(party)).and_then(identifier);
    let method = match header.get("kid").map(Value::as_str) {
        None => return Err(bad("its header has no kid")),
        Some(None) => return Err(bad("its kid is not text")),
        Some(Some(kid)) => absolute(kid, issuer).ok_or_else(|| bad("its kid names no key of its issuer"))?,
    };
    let nonce = match payload.get("nonce") {
        None => None,
        Some(Value::String(nonce)) => Some(nonce.clone()),
        Some(_) => return Err(bad("its nonce is not text")),
    };
    let audience = match payload.get("aud") {
        None => Some(Vec::new()),
        Some(Value::String(one)) => Some(vec![one.clone()]),
        Some(Value::Array(all)) => all.iter().map(|a| a.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    };
    Ok(Proof {
        mechanism: Mechanism::Jwt,
        method,
        purpose: None,
        created: moment(payload, "iat")?,
        not_before: moment(payload, "nbf")?,
        expires: moment(payload, "exp")?,
        nonce,
        audience: audience.ok_or_else(|| bad("its aud is neither text nor a list of it"))?,
    })
}

/// The absolute URL a `kid` stands for: itself, or relative to the issuer.
fn absolute(kid: &str, issuer: Option<&str>) -> Option<String> {
    if kid.starts_with("did:") || url::Url::parse(kid).is_ok() {
        return Some(kid.to_owned());
    }
    let issuer = issuer?;
    issuer.parse::<Did>().ok()?;
    Some(format!("{issuer}#{}", kid.strip_prefix('#').unwrap_or(kid)))
}

/// A NumericDate claim; fractions of a second are allowed and kept out (RFC 7519 §2).
fn moment(payload: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>> {
    let Some(value) = payload.get(name) else { return Ok(None) };
    let seconds = value.as_i64().or_else(|| value.as_f64().filter(|s| s.is_finite()).map(|s| s.floor() as i64));
    let seconds = seconds.ok_or_else(|| WalletError::malformed("JWT", format!("its {name} is not a number of seconds")))?;
    Timestamp::from_unix(seconds).map(Some)
}

fn part(what: &str, text: &str) -> Result<Map<String, Value>> {
    let bytes = decode(text)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| WalletError::malformed(what, "it is not UTF-8 text"))?;
    json::read_object(what, text)
}

fn decode(text: &str) -> Result<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| WalletError::malformed("JWT", "a part of it is not base64url"))
}
