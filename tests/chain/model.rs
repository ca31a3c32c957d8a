//! What the two contracts should do, in plain Rust.

use std::collections::HashMap;

use wallet_core::did::ethr::{DidChange, DidEvent};
use wallet_core::registry::credential_registry::{Accreditation, Held, Moment, StatusDigest, Under};
use wallet_core::registry::{Address, B256, CredentialWrite, DidWrite};
use wallet_core::time::Timestamp;

/// The block a write comes in.
#[derive(Clone, Copy)]
pub struct When {
    pub block: u64,
    pub time: u64,
}

#[derive(Default)]
pub struct DidModel {
    pub owners: HashMap<Address, Address>,
    pub nonces: HashMap<Address, u64>,
    pub events: HashMap<Address, Vec<DidEvent>>,
}

impl DidModel {
    pub fn owner(&self, identity: Address) -> Address {
        match self.owners.get(&identity) {
            None | Some(&Address::ZERO) => identity,
            Some(owner) => *owner,
        }
    }

    pub fn nonce(&self, signer: Address) -> u64 {
        self.nonces.get(&signer).copied().unwrap_or(0)
    }

    pub fn changed(&self, identity: Address) -> u64 {
        self.events.get(&identity).and_then(|events| events.last()).map_or(0, |event| event.block)
    }

    /// Makes a change, if `actor` may; says whether.
    pub fn write(&mut self, identity: Address, actor: Address, write: &DidWrite, when: When) -> bool {
        if self.owner(identity) != actor {
            return false;
        }
        let change = match write.clone() {
            DidWrite::ChangeOwner { owner } => {
                self.owners.insert(identity, owner);
                DidChange::Owner { owner: owner.into() }
            }
            DidWrite::AddDelegate { kind, delegate, validity } => {
                DidChange::Delegate { kind: kind.0, delegate: delegate.into(), valid_to: when.time + validity }
            }
            DidWrite::RevokeDelegate { kind, delegate } => {
                DidChange::Delegate { kind: kind.0, delegate: delegate.into(), valid_to: when.time }
            }
            DidWrite::SetAttribute { name, value, validity } => {
                DidChange::Attribute { name: name.0, value, valid_to: when.time + validity }
            }
            DidWrite::RevokeAttribute { name, value } => DidChange::Attribute { name: name.0, value, valid_to: 0 },
        };
        let event = DidEvent {
            block: when.block,
            time: Timestamp::from_unix(when.time as i64).expect("a time in range"),
            log_index: 0,
            previous_change: self.changed(identity),
            change,
        };
        self.events.entry(identity).or_default().push(event);
        true
    }
}

#[derive(Default)]
pub struct CredentialModel {
    pub periods: HashMap<(Address, Address, B256), Vec<Accreditation>>,
    pub anchors: HashMap<(Address, B256), Moment>,
    pub statuses: HashMap<(Address, B256), StatusDigest>,
    pub retired: HashMap<Address, Moment>,
    pub nonces: HashMap<Address, u64>,
}

impl CredentialModel {
    /// Makes a write in the name of `identity`, if the rules allow it; says whether.
    pub fn write(&mut self, identity: Address, write: &CredentialWrite, when: When) -> bool {
        if self.retired.contains_key(&identity) {
            return false;
        }
        let moment = Moment { block: when.block, time: when.time };
        match *write {
            CredentialWrite::Accredit { subject, kind, terms } => {
                let good = terms.from < terms.until && terms.until > when.time && terms.levels <= 7;
                let within = terms.under.is_none_or(|Under { accreditor, number }| {
                    let parent = self.periods.get(&(accreditor, identity, kind)).and_then(|all| all.get(number as usize));
                    parent.is_some_and(|parent| {
                        parent.is_good(when.time)
                            && terms.from >= parent.terms.from
                            && terms.until <= parent.terms.until
                            && terms.levels < parent.terms.levels
                    })
                });
                if good && within {
                    let period = Accreditation { terms, revoked: None };
                    self.periods.entry((identity, subject, kind)).or_default().push(period);
                }
                good && within
            }
            CredentialWrite::RevokeAccreditation { subject, kind, number } => {
                let period = self.periods.get_mut(&(identity, subject, kind)).and_then(|all| all.get_mut(number as usize));
                let Some(period) = period.filter(|period| period.revoked.is_none()) else { return false };
                period.revoked = Some(when.time);
                true
            }
            CredentialWrite::Anchor { root } => {
                let new = !self.anchors.contains_key(&(identity, root));
                self.anchors.entry((identity, root)).or_insert(moment);
                new
            }
            CredentialWrite::SetStatus { list, digest } => {
                let version = self.statuses.get(&(identity, list)).map_or(1, |status| status.version + 1);
                self.statuses.insert((identity, list), StatusDigest { digest, set: moment, version });
                true
            }
            CredentialWrite::Retire => {
                self.retired.insert(identity, moment);
                true
            }
        }
    }

    /// Whether a period and all above it were good.
    pub fn accredited(&self, root: Address, held: Held, number: u32, time: u64) -> bool {
        let gone = |identity: Address| self.retired.get(&identity).is_some_and(|moment| moment.time <= time);
        let Held { accreditor, subject, kind } = held;
        let period = self.periods.get(&(accreditor, subject, kind)).and_then(|all| all.get(number as usize));
        match period.filter(|period| period.is_good(time) && !gone(subject)) {
            None => false,
            Some(period) => match period.terms.under {
                None => accreditor == root && !gone(root),
                Some(under) => {
                    let above = Held { accreditor: under.accreditor, subject: accreditor, kind };
                    self.accredited(root, above, under.number, time)
                }
            },
        }
    }
}
