//! One credential that is asked for (OpenID4VP 1.0 §6.1).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::reading::{bad, flag, ids, object, optional_list, required, text};
use super::{ClaimsQuery, CredentialFormat, Meta, QueryId, TrustedAuthorities};
use crate::error::Result;

/// The most claims that are asked of one credential.
const MAX_CLAIMS: usize = 128;
/// The most combinations of them.
const MAX_CLAIM_SETS: usize = 64;
/// The most kinds of authorities.
const MAX_AUTHORITIES: usize = 32;

/// One credential that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct CredentialQuery {
    /// Its name in the answer.
    pub id: QueryId,
    /// The form it must be in.
    pub format: CredentialFormat,
    /// Its types.
    pub meta: Meta,
    /// Whether several credentials may answer it.
    pub multiple: HowMany,
    /// Whether the holder must prove to hold the key it is bound to.
    pub holder_binding: HolderBinding,
    /// Who must stand behind the issuer, in one of these ways; anybody when there are none.
    pub trusted_authorities: Vec<TrustedAuthorities>,
    /// The claims; none for what is always shown and no more.
    pub claims: Vec<ClaimsQuery>,
    /// The combinations of claims that will do, the one liked best first; all claims together when there are none.
    pub claim_sets: Vec<Vec<QueryId>>,
}

/// How many credentials may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HowMany {
    /// One.
    One,
    /// One or more.
    Several,
}

/// What is asked of the holder (`require_cryptographic_holder_binding`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolderBinding {
    /// A proof that the holder has the key that the credential is bound to, made for this request.
    Required,
    /// Nothing: a copy of the credential will do.
    NotRequired,
}

impl CredentialQuery {
    /// Asks for one credential of `format` and the types in `meta`, bound to its holder, and for no claim that can be left out.
    pub fn new(id: QueryId, format: CredentialFormat, meta: Meta) -> Self {
        Self {
            id,
            format,
            meta,
            multiple: HowMany::One,
            holder_binding: HolderBinding::Required,
            trusted_authorities: Vec::new(),
            claims: Vec::new(),
            claim_sets: Vec::new(),
        }
    }

    pub(super) fn read(value: &Value) -> Result<Self> {
        let query = object(value, "one of its credentials")?;
        let format = CredentialFormat::from_name(text(required(query, "format")?, "format")?);
        let several = flag(query, "multiple", false)?;
        let bound = flag(query, "require_cryptographic_holder_binding", true)?;
        Ok(Self {
            id: text(required(query, "id")?, "id")?.parse()?,
            meta: Meta::read(required(query, "meta")?, &format)?,
            format,
            multiple: if several { HowMany::Several } else { HowMany::One },
            holder_binding: if bound { HolderBinding::Required } else { HolderBinding::NotRequired },
            trusted_authorities: optional_list(query, "trusted_authorities", MAX_AUTHORITIES, TrustedAuthorities::read)?,
            claims: optional_list(query, "claims", MAX_CLAIMS, ClaimsQuery::read)?,
            claim_sets: optional_list(query, "claim_sets", MAX_CLAIM_SETS, |set| ids(set, "claim_sets", MAX_CLAIMS))?,
        })
    }

    pub(super) fn to_json(&self) -> Value {
        let mut query = Map::new();
        query.insert("id".to_owned(), self.id.as_str().into());
        query.insert("format".to_owned(), self.format.as_str().into());
        if self.multiple == HowMany::Several {
            query.insert("multiple".to_owned(), true.into());
        }
        query.insert("meta".to_owned(), self.meta.to_json());
        if !self.trusted_authorities.is_empty() {
            let authorities = self.trusted_authorities.iter().map(TrustedAuthorities::to_json).collect();
            query.insert("trusted_authorities".to_owned(), authorities);
        }
        if self.holder_binding == HolderBinding::NotRequired {
            query.insert("require_cryptographic_holder_binding".to_owned(), false.into());
        }
        if !self.claims.is_empty() {
            query.insert("claims".to_owned(), self.claims.iter().map(ClaimsQuery::to_json).collect());
        }
        if !self.claim_sets.is_empty() {
            query.insert("claim_sets".to_owned(), json!(self.claim_sets));
        }
        Value::Object(query)
    }

    /// Refuses what contradicts itself (§6.1, §6.3, §6.4.1).
    pub(super) fn check(&self) -> Result<()> {
        self.meta.check(&self.format)?;
        self.trusted_authorities.iter().try_for_each(TrustedAuthorities::check)?;
        if self.claims.len() > MAX_CLAIMS || self.claim_sets.len() > MAX_CLAIM_SETS {
            return Err(bad(format!("it asks for more than {MAX_CLAIMS} claims of one credential")));
        }
        let named: Vec<&QueryId> = self.claims.iter().filter_map(|claim| claim.id.as_ref()).collect();
        let ids: BTreeSet<&QueryId> = named.iter().copied().collect();
        if ids.len() != named.len() {
            return Err(bad("two of its claims have the same id"));
        }
        if self.claim_sets.is_empty() {
            return Ok(());
        }
        if self.claims.is_empty() || named.len() != self.claims.len() {
            return Err(bad("it has claim_sets, but not claims that all have an id"));
        }
        let known = |set: &Vec<QueryId>| !set.is_empty() && set.iter().all(|id| ids.contains(id));
        if self.claim_sets.iter().all(known) { Ok(()) } else { Err(bad("its claim_sets name what is none of its claims")) }
    }
}
