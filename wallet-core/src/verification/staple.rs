//! Status lists that a holder hands over with what it presents, so that the verifier asks nobody.
//!
//! A whole list, signed by its issuer, says no more to one than to another: whoever brings it along is as good a messenger as any,
//! and its age is that of its signature.

use std::collections::BTreeMap;

use super::{Evidence, STATUS_LIST};
use crate::credential::identifier;
use crate::securing::{Kind, Secured, has_type};
use crate::status::time_to_live;
use crate::time::Timestamp;

/// The lists that came along, the newest for each URL.
#[derive(Debug)]
pub(super) struct Staples(BTreeMap<String, (Secured, Timestamp)>);

impl Staples {
    /// Those among what is `nested` in a presentation, and those handed over beside it.
    pub fn of<'s>(nested: impl IntoIterator<Item = &'s Secured>, evidence: &'s Evidence) -> Self {
        let mut newest: BTreeMap<String, (Secured, Timestamp)> = BTreeMap::new();
        for list in nested.into_iter().chain(&evidence.stapled).filter(|list| is_list(list)) {
            let (Some(url), Some(signed)) = (url(list), signed(list)) else { continue };
            if newest.get(&url).is_none_or(|(_, known)| *known < signed) {
                newest.insert(url, (list.clone(), signed));
            }
        }
        Self(newest)
    }

    /// The list of that URL, and when it was signed.
    pub fn get(&self, url: &str) -> Option<&(Secured, Timestamp)> {
        self.0.get(url)
    }

    /// Whether the list of that URL is there and needs no newer one.
    pub fn is_fresh(&self, url: &str, max_age: i64, now: &Timestamp) -> bool {
        self.get(url).is_some_and(|(list, signed)| is_fresh(list, signed, max_age, now))
    }
}

/// Whether it is a status list, and no credential that somebody holds.
pub fn is_list(secured: &Secured) -> bool {
    secured.kind() == Kind::StatusList || has_type(secured.body(), STATUS_LIST)
}

fn url(list: &Secured) -> Option<String> {
    let name = if list.kind() == Kind::StatusList { "sub" } else { "id" };
    list.body().get(name).and_then(identifier).map(str::to_owned)
}

fn signed(list: &Secured) -> Option<Timestamp> {
    let from = || list.body().get("validFrom").and_then(|from| from.as_str()?.parse().ok());
    list.proofs().first().and_then(|proof| proof.created.clone()).or_else(from)
}

/// Whether a list as of a moment needs no newer one: within its own time to live, the policy's age in seconds, and its own validity.
///
/// A list that names no time to live is asked for each time (Bitstring Status List §2.2: no default is assumed).
pub fn is_fresh(list: &Secured, as_of: &Timestamp, max_age: i64, now: &Timestamp) -> bool {
    let Some(ttl) = time_to_live(list.body()) else { return false };
    let ttl = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX).min(max_age);
    let until = list.body().get("validUntil").and_then(|until| until.as_str()?.parse::<Timestamp>().ok());
    let ended = list.proofs().iter().filter_map(|proof| proof.expires.clone()).chain(until).any(|end| end < *now);
    !ended && as_of.plus_seconds(ttl) >= *now
}
