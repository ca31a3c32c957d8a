//! The registered claims of a token: they speak of the signature, and not of the document beside them (RFC 7519 §4.1, RFC 8392 §3).

use serde_json::{Map, Value};

use super::{Kind, Mechanism, Proof, ProofOptions};
use crate::credential::identifier;
use crate::error::{Result, WalletError};
use crate::time::Timestamp;

/// The claims that belong to the token: RFC 7519 §4.1, OpenID Connect `nonce`, `cnf` (RFC 7800), `status` (Token Status List §6.2).
const REGISTERED: [&str; 10] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "cnf", "status"];
/// Those that an issuer may write beside the members of the document.
pub(super) const WRITTEN_BY_ISSUERS: [&str; 2] = ["cnf", "status"];
/// The claims a header may repeat (RFC 7519 §5.3).
const REPEATED: [&str; 3] = ["iss", "sub", "aud"];
/// A key named by its thumbprint (RFC 9278 §3).
pub(crate) const THUMBPRINT_URI: &str = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:";

/// The registered claims of one token, in their JSON names whatever the token is written in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Claims {
    /// What the token is, for errors.
    pub what: &'static str,
    pub values: Map<String, Value>,
}

impl Claims {
    /// Takes the registered claims out of a payload, which leaves the document.
    pub(super) fn take(what: &'static str, payload: &mut Map<String, Value>) -> Self {
        let (values, document) = std::mem::take(payload).into_iter().partition(|(name, _)| REGISTERED.contains(&name.as_str()));
        *payload = document;
        Self { what, values }
    }

    /// The member of `document` that a reader would take for a claim of the token, if there is one.
    pub(super) fn hidden_in(document: &Map<String, Value>) -> Option<&'static str> {
        REGISTERED.into_iter().find(|name| !WRITTEN_BY_ISSUERS.contains(name) && document.contains_key(*name))
    }

    /// Adds the claims that stand in the header; one that stands in both must be the same (RFC 7519 §5.3).
    pub(super) fn with_header(mut self, header: &Map<String, Value>) -> Result<Self> {
        for name in REPEATED {
            let Some(value) = header.get(name) else { continue };
            match self.values.get(name) {
                Some(same) if same == value => {}
                Some(_) => return Err(self.bad(format!("its {name} differs from the one in its header"))),
                None => drop(self.values.insert(name.to_owned(), value.clone())),
            }
        }
        Ok(self)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// A claim that is text, if it is there.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>> {
        match self.values.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.bad(format!("its {name} is not text"))),
        }
    }

    /// A NumericDate claim; fractions of a second are allowed and kept out (RFC 7519 §2).
    pub(super) fn moment(&self, name: &str) -> Result<Option<Timestamp>> {
        moment(self.what, &self.values, name)
    }

    /// The claims must say what the document says: `iss` must (VC-JOSE-COSE §4.1.2), and two meanings of `sub` or `jti` are refused.
    pub(super) fn agree(&self, kind: Kind, document: &Map<String, Value>) -> Result<()> {
        let subject = match document.get("credentialSubject") {
            Some(Value::Array(subjects)) if subjects.len() == 1 => subjects.first(),
            other => other,
        };
        for (claim, member) in [("iss", party(kind, document)), ("jti", document.get("id")), ("sub", subject)] {
            let Some(value) = self.text(claim)? else { continue };
            // A presentation's `sub`, or an `iss` or `jti` without its member, has nothing to differ from.
            if member.and_then(identifier).is_some_and(|member| member != value) {
                return Err(self.bad(format!("its {claim} differs from the document")));
            }
        }
        Ok(())
    }

    /// The URL a `kid` stands for: itself, or relative to the signer; without a `kid` the signer's own URL, for its only key
    /// (VC-JOSE-COSE §4.1.1, §4.1.2).
    pub(super) fn method(&self, kid: Option<&str>, signer: Option<&str>) -> Result<String> {
        let signer = self.text("iss")?.or(signer).filter(|signer| is_url(signer));
        let method = match kid {
            None => signer.map(str::to_owned),
            Some(kid) if is_absolute(kid) => Some(kid.to_owned()),
            Some(kid) => signer.map(|signer| format!("{signer}#{}", kid.strip_prefix('#').unwrap_or(kid))),
        };
        method.ok_or_else(|| self.bad("it names neither its key nor its signer"))
    }

    /// What the token says of its own proof by the key `method`.
    pub(super) fn proof(&self, mechanism: Mechanism, method: String) -> Result<Proof> {
        Ok(Proof {
            mechanism,
            method,
            purpose: None,
            created: self.moment("iat")?,
            not_before: self.moment("nbf")?,
            expires: self.moment("exp")?,
            nonce: self.text("nonce")?.map(str::to_owned),
            audience: audience(self.what, &self.values)?,
        })
    }

    pub(super) fn bad(&self, reason: impl ToString) -> WalletError {
        WalletError::malformed(self.what, reason)
    }
}

/// A NumericDate among the claims of `what`; fractions of a second are allowed and kept out (RFC 7519 §2).
pub(super) fn moment(what: &str, claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_i64().or_else(|| value.as_f64().filter(|s| s.is_finite()).map(|s| s.floor() as i64));
    let bad = || WalletError::malformed(what, format!("its {name} is not a number of seconds"));
    Timestamp::from_unix(seconds.ok_or_else(bad)?).map(Some)
}

/// Whom a token is meant for: `aud`, one or several (RFC 7519 §4.1.3).
pub(super) fn audience(what: &str, claims: &Map<String, Value>) -> Result<Vec<String>> {
    let audience = match claims.get("aud") {
        None => Some(Vec::new()),
        Some(Value::String(one)) => Some(vec![one.clone()]),
        Some(Value::Array(all)) => all.iter().map(|a| a.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    };
    audience.ok_or_else(|| WalletError::malformed(what, "its aud is neither text nor a list of it"))
}

/// Refuses to sign what its reader would read otherwise, or not at all.
pub(super) fn may_be_signed(kind: Kind, document: &Map<String, Value>, options: &ProofOptions) -> Result<()> {
    if options.purpose != kind.relationship() {
        return Err(WalletError::misused(format!("a token over this document is for {}", kind.relationship())));
    }
    if document.contains_key("proof") {
        return Err(WalletError::misused("a document with a proof is not signed as a token"));
    }
    if let Some(name) = Claims::hidden_in(document).or(["vc", "vp"].into_iter().find(|name| document.contains_key(*name))) {
        return Err(WalletError::misused(format!("the member {name} would be a claim of the token")));
    }
    Ok(())
}

/// The claims that `options` ask for. No `nbf`: a signature does not begin to hold later (VC-JOSE-COSE §3.1.3).
pub(super) fn of_options(options: &ProofOptions) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut claim = |name: &str, value: Value| claims.insert(name.to_owned(), value);
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
    claims
}

/// Who is said to have made the document: the issuer of a credential, the holder of a presentation.
fn party(kind: Kind, document: &Map<String, Value>) -> Option<&Value> {
    document.get(if kind == Kind::Presentation { "holder" } else { "issuer" })
}

/// The identifier of whoever is said to have made the document.
pub(super) fn signer(kind: Kind, document: &Map<String, Value>) -> Option<&str> {
    party(kind, document).and_then(identifier)
}

fn is_url(text: &str) -> bool {
    url::Url::parse(text).is_ok()
}

/// Whether a `kid` names a key wherever it stands; the URI of a thumbprint is a URL and names none by itself.
pub(super) fn is_absolute(kid: &str) -> bool {
    is_url(kid) && !kid.starts_with(THUMBPRINT_URI)
}

/// Whether `text` names the media type `application/{short}`: the prefix may be left out, case and parameters say nothing
/// (RFC 7515 §4.1.9, RFC 6838 §4.2, §4.3).
pub(super) fn is_media_type(text: &str, short: &str) -> bool {
    let essence = text.split(';').next().unwrap_or_default().trim();
    let (prefix, rest) = essence.split_at_checked("application/".len()).unwrap_or(("", essence));
    let rest = if prefix.eq_ignore_ascii_case("application/") { rest } else { essence };
    rest.eq_ignore_ascii_case(short)
}

/// `typ` and `cty` must go with what the token holds; the standard only recommends them, so their absence says nothing.
pub(super) fn check_types(typ: Option<&Value>, cty: Option<&Value>, expected: (&str, &str)) -> Result<()> {
    for (name, found, expected) in [("typ", typ, expected.0), ("cty", cty, expected.1)] {
        let Some(found) = found else { continue };
        if !found.as_str().is_some_and(|found| is_media_type(found, expected)) {
            return Err(WalletError::unsupported(format!("this {name} of a token"), format!("use {expected}")));
        }
    }
    Ok(())
}
