//! What an SD-JWT is used for, and which claims that use always shows.

use serde_json::{Map, Value};

use super::DisclosureFault;
use crate::error::{Result, WalletError};
use crate::json::JsonPointer;
use crate::securing::claims;

/// The rules an SD-JWT follows beside those of RFC 9901.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// None.
    Plain,
    /// A VC DM 2.0 credential or presentation, `vc+sd-jwt` or `vp+sd-jwt` (VC-JOSE-COSE §3.2).
    W3c,
    /// An SD-JWT VC, `dc+sd-jwt` (SD-JWT VC §2).
    Vc,
}

/// What decides of a token's validity (RFC 9901 §9.7).
const PLAIN: [&str; 4] = ["iss", "exp", "nbf", "cnf"];
/// What no SD-JWT VC conceals, with all that is inside (SD-JWT VC §2.2.2.3).
const VC: [&str; 8] = ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"];
/// What validation and verification of a credential need (VC-JOSE-COSE §3.2.1).
const W3C: [&str; 9] = [
    "@context",
    "type",
    "issuer",
    "holder",
    "validFrom",
    "validUntil",
    "credentialStatus",
    "credentialSchema",
    "relatedResource",
];

impl Profile {
    /// The profile that `typ` names; the older `vc+sd-jwt` of an SD-JWT VC is told by its claims.
    pub(super) fn of(header: &Map<String, Value>, payload: &Map<String, Value>) -> Self {
        let typ = header.get("typ").and_then(Value::as_str);
        let is = |short: &str| typ.is_some_and(|typ| claims::is_media_type(typ, short));
        let w3c = payload.contains_key("@context");
        if is("dc+sd-jwt") || (is("vc+sd-jwt") && payload.contains_key("vct") && !w3c) {
            return Self::Vc;
        }
        // VC-JOSE-COSE only recommends a typ.
        if is("vc+sd-jwt") || is("vp+sd-jwt") || (typ.is_none() && w3c) { Self::W3c } else { Self::Plain }
    }

    /// Refuses to conceal what this profile always shows, as `Misused`.
    pub(super) fn check_concealed(self, pointers: &[JsonPointer]) -> Result<()> {
        let visible: &[&str] = match self {
            Self::Plain => &PLAIN,
            Self::Vc => &VC,
            Self::W3c => &W3C,
        };
        for pointer in pointers {
            let [first, inside @ ..] = pointer.tokens() else { continue };
            // Single entries of an audience may be concealed (RFC 9901 §9.7).
            if visible.contains(&first.as_str()) || (first == "aud" && inside.is_empty()) {
                return Err(WalletError::misused(format!("{first} must always be visible")));
            }
        }
        Ok(())
    }

    /// What of `payload`, as it was signed, must not come from a disclosure; fails when a digest stands there already.
    ///
    /// Only SD-JWT VC makes this a rule for the one who reads: the examples of VC-JOSE-COSE themselves conceal types.
    pub(super) fn visible(self, payload: &Map<String, Value>) -> Result<Visible, DisclosureFault> {
        if self != Self::Vc {
            return Ok(Visible { absent: Vec::new() });
        }
        if VC.iter().filter_map(|name| payload.get(*name)).any(holds_digest) {
            return Err(DisclosureFault::Concealed);
        }
        Ok(Visible { absent: VC.into_iter().filter(|name| !payload.contains_key(*name)).collect() })
    }
}

/// The always visible claims that a payload does not have.
pub(super) struct Visible {
    absent: Vec<&'static str>,
}

impl Visible {
    /// Passes on the processed claims when none of these has come up in them.
    pub(super) fn check(self, claims: Map<String, Value>) -> Result<Map<String, Value>, DisclosureFault> {
        let concealed = self.absent.iter().any(|name| claims.contains_key(*name));
        if concealed { Err(DisclosureFault::Concealed) } else { Ok(claims) }
    }
}

fn holds_digest(value: &Value) -> bool {
    match value {
        Value::Object(object) => object.iter().any(|(name, value)| name == "_sd" || name == "..." || holds_digest(value)),
        Value::Array(items) => items.iter().any(holds_digest),
        _ => false,
    }
}
