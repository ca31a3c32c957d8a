//! The manifest: which entries, which version, from when until when, signed by the pack's publisher.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{malformed, refused};
use crate::credential::identifier;
use crate::did::{self, Did};
use crate::error::{Result, WalletError};
use crate::language::Language;
use crate::securing::Secured;
use crate::securing::linked_data::Contexts;
use crate::time::Timestamp;
use crate::verification::{Evidence, Expectations, Issuers, Known, Say as _, Verdict, Verified, verify};

const TYPE: &str = "TrustPack";

/// What the publisher of a pack signs: the digest of its entries, their version and their validity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Who vouches for the entries: a did:key or did:jwk.
    pub publisher: Did,
    /// The pack's place in the publisher's sequence: each is higher than the one before.
    pub version: u64,
    /// The moment from which the pack may be used.
    pub valid_from: Timestamp,
    /// The last moment at which it may be used.
    pub valid_until: Timestamp,
    /// The digest of the entries, as [`Entries::digest`](super::Entries::digest) gives it.
    pub digest: [u8; 32],
}

/// The claims of a manifest.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Claims {
    version: u64,
    digest: String,
}

impl Manifest {
    /// The credential that the publisher signs, as a JWT.
    pub fn to_credential(&self) -> Map<String, Value> {
        let term = |name: &str| format!("https://w3id.org/cedula/trust#{name}");
        let own = json!({ TYPE: term(TYPE), "version": term("version"), "digest": term("digest") });
        let claims = Claims { version: self.version, digest: BASE64_URL_SAFE_NO_PAD.encode(self.digest) };
        let credential = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", own],
            "type": ["VerifiableCredential", TYPE],
            "issuer": self.publisher,
            "validFrom": self.valid_from,
            "validUntil": self.valid_until,
            "credentialSubject": claims,
        });
        match credential {
            Value::Object(map) => map,
            _ => unreachable!("it was written as an object"),
        }
    }

    /// Fails with `Refused` while the pack's time has not come, by a clock that is behind, and once it is over.
    pub fn check_time(&self, now: &Timestamp) -> Result<()> {
        let Self { valid_from, valid_until, .. } = self;
        if now < valid_from {
            return Err(refused(format!(
                "it is for use from {valid_from} on, and this device's clock says {now}: set the clock"
            )));
        }
        if now > valid_until {
            return Err(refused(format!("it was for use until {valid_until}: ask for a newer one")));
        }
        Ok(())
    }

    /// Reads a signed manifest by `publisher`, of whatever time.
    pub(super) fn read(text: &str, publisher: &Did) -> Result<Self> {
        let secured = Secured::read(text)?;
        let claimed = Self::claimed_publisher(&secured)?;
        if claimed != *publisher {
            return Err(refused(format!("it is by {claimed}, and not by {publisher}")));
        }
        let verified = verified(&secured, publisher)?;
        let [credential] = verified.credentials() else { return Err(malformed("its manifest is no credential")) };
        let (Some(from), Some(until), true) = (credential.valid_from(), credential.valid_until(), credential.has_type(TYPE))
        else {
            return Err(malformed("what its publisher signed is no manifest"));
        };
        let claims = verified.claims().first().map(|&claims| claims.clone()).unwrap_or_default();
        let claims: Claims = serde_json::from_value(claims).map_err(malformed)?;
        let digest = BASE64_URL_SAFE_NO_PAD.decode(claims.digest).ok().and_then(|bytes| bytes.try_into().ok());
        Ok(Self {
            publisher: publisher.clone(),
            version: claims.version,
            valid_from: from.clone(),
            valid_until: until.clone(),
            digest: digest.ok_or_else(|| malformed("its digest is not one of SHA-256"))?,
        })
    }

    /// Who is said to have signed, before the signature is looked at.
    pub(super) fn claimed_publisher(secured: &Secured) -> Result<Did> {
        let issuer = secured.body().get("issuer").and_then(identifier);
        issuer.ok_or_else(|| malformed("its manifest does not say who signed it"))?.parse()
    }

    /// Fails with `Refused` unless it may take the place of the one that is held: of a higher version, or the very same.
    pub(super) fn check_follows(&self, held: &Self) -> Result<()> {
        if self == held || self.version > held.version {
            return Ok(());
        }
        let (version, held) = (self.version, held.version);
        Err(refused(format!("it is version {version}, and version {held} is held already: no step back is taken")))
    }
}

/// The manifest as a credential of the publisher's, judged at its own last moment: whether that is over is another question.
fn verified(secured: &Secured, publisher: &Did) -> Result<Verified> {
    let until = secured.body().get("validUntil").and_then(Value::as_str);
    let until: Timestamp = until.ok_or_else(|| malformed("its manifest does not say until when"))?.parse()?;
    let what = did::resolve_self_contained(publisher).map_err(|error| WalletError::misused(format!("{publisher}: {error}")))?;
    let mut evidence = Evidence::new(Contexts::bundled());
    evidence.resolutions.insert(publisher.clone(), Known::Found { what, as_of: until.clone() });
    let issuers = Issuers::Known(BTreeMap::from([(publisher.clone(), String::new())]));
    let expected = Expectations { issuers, ..Expectations::default() };
    match verify(secured, &evidence, &expected, &until) {
        Verdict::Accepted(verified) => Ok(verified),
        Verdict::Rejected { reasons, .. } => Err(refused(reasons[0].say(Language::En))),
        Verdict::Undetermined { gaps, .. } => Err(refused(gaps[0].say(Language::En))),
    }
}
