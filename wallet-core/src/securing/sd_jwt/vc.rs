//! SD-JWT VC: claims with a `vct`, outside VC DM, as `dc+sd-jwt` (draft-ietf-oauth-sd-jwt-vc §2).

use serde_json::{Map, Value};

use super::{SdJwt, is_web, unknown_proof};
use crate::did::Did;
use crate::error::{Result, WalletError};
use crate::key::PublicKey;
use crate::securing::{Kind, Mechanism, Proof, ProofOptions, certificates, claims};

/// The header and the claims of a new one; `iss` and `iat` are those of `options` unless the claims say so themselves.
///
/// An issuer that goes by a web address is the claims' `iss`, one that goes by a certificate may leave it out.
pub(super) fn terms(
    mut claims: Map<String, Value>,
    options: &ProofOptions,
    key: &PublicKey,
) -> Result<(Map<String, Value>, Map<String, Value>)> {
    if !claims.contains_key("vct") {
        return Err(WalletError::misused("an SD-JWT VC has a vct"));
    }
    if options.purpose != Kind::Credential.relationship() {
        return Err(WalletError::misused(format!("an SD-JWT VC is for {}", Kind::Credential.relationship())));
    }
    if options.nonce.is_some() || options.audience.is_some() {
        return Err(WalletError::misused("the holder answers a verifier with a key binding: use Secured::bind"));
    }
    let header = header(&mut claims, options, key)?;
    claims.entry("iat").or_insert_with(|| options.created.unix().into());
    if let Some(expires) = &options.expires {
        let named = claims.entry("exp").or_insert_with(|| expires.unix().into());
        if *named != expires.unix() {
            return Err(WalletError::misused("the claims have another exp than the proof"));
        }
    }
    Ok((header, claims))
}

/// The header, by which the key of whoever issues is found.
fn header(claims: &mut Map<String, Value>, options: &ProofOptions, key: &PublicKey) -> Result<Map<String, Value>> {
    let mut header = Map::from_iter([("typ".to_owned(), "dc+sd-jwt".into())]);
    let at_web = claims.get("iss").and_then(Value::as_str).is_some_and(is_web);
    if let Some(x5c) = certificates::x5c(options, claims.get("iss").and_then(Value::as_str), key)? {
        header.insert("x5c".to_owned(), x5c);
    }
    match (at_web, &options.certificates) {
        (true, _) => drop(header.insert("kid".to_owned(), key.thumbprint().into())),
        (false, Some(_)) if !claims.contains_key("iss") => {}
        _ => {
            let issuer = options.method.did();
            let named = claims.entry("iss").or_insert_with(|| issuer.as_str().into());
            if *named != issuer.as_str() {
                return Err(WalletError::misused("the key is not one of the iss"));
            }
            header.insert("kid".to_owned(), options.method.as_str().into());
        }
    }
    Ok(header)
}

/// What it holds, and by which key it says it is signed.
pub(super) fn read(token: &SdJwt) -> Result<(Kind, Map<String, Value>, Proof)> {
    let unknown = unknown_proof(token, Mechanism::SdJwtVc);
    let Ok(claims) = token.claims() else { return Ok((Kind::Credential, Map::new(), unknown)) };
    let issuer = claims.get("iss").and_then(Value::as_str);
    let method = match (token.header().get("kid").map(Value::as_str), issuer) {
        (Some(None), _) => return Err(WalletError::malformed("JWT", "its kid is not text")),
        (Some(Some(kid)), Some(issuer)) if issuer.parse::<Did>().is_ok() => absolute(kid, issuer),
        // In the key set of a web site the kid is any text.
        (Some(Some(kid)), _) => kid.to_owned(),
        (None, issuer) => issuer.unwrap_or_default().to_owned(),
    };
    let proof = Proof {
        method,
        created: claims::moment("SD-JWT VC", claims, "iat").ok().flatten(),
        audience: claims::audience("SD-JWT VC", claims).unwrap_or_default(),
        ..unknown
    };
    Ok((Kind::Credential, claims.clone(), proof))
}

/// The URL a `kid` stands for: itself, or relative to the issuer.
fn absolute(kid: &str, issuer: &str) -> String {
    if claims::is_absolute(kid) { kid.to_owned() } else { format!("{issuer}#{}", kid.strip_prefix('#').unwrap_or(kid)) }
}
