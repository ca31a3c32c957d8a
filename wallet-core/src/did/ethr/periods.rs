//! The history of an identity's keys: when each was valid, and for what.

use std::collections::HashMap;

use super::replay::{GIVEN_UP, Step, Subject, controller_methods, is_over};
use super::{DidChange, DidEvent, Identity, attribute};
use crate::did::{KeyPeriod, Reported, VerificationMethod};
use crate::key::PublicKey;
use crate::time::Timestamp;

/// Every key of the whole history, with the time it was valid; whatever the version, for a verifier judges by all of it.
pub(super) fn of(identity: &Identity, chain_id: u64, steps: Vec<(&DidEvent, Step<'_>)>) -> Vec<KeyPeriod> {
    let mut all: Vec<KeyPeriod> = Vec::new();
    let mut open: HashMap<Subject<'_>, usize> = HashMap::new();
    let mut controllers: Vec<usize> = Vec::new();
    let mut stolen: Vec<(PublicKey, Reported)> = Vec::new();
    let beginning = Timestamp::from_unix(0).expect("1970 is in range");
    for method in controller_methods(identity, chain_id, &identity.address) {
        controllers.push(all.len());
        all.push(period(method, 0, beginning.clone(), None));
    }
    for (event, step) in steps {
        match step {
            Step::Owner(owner) => {
                controllers.drain(..).for_each(|place| end(&mut all[place], event));
                if owner == GIVEN_UP {
                    open.values().for_each(|&place| end(&mut all[place], event));
                    break;
                }
                for method in controller_methods(identity, chain_id, &owner) {
                    controllers.push(all.len());
                    all.push(period(method, event.block, event.time.clone(), None));
                }
            }
            Step::Method(subject, method, valid_to) => {
                if let Some(place) = open.remove(&subject) {
                    end(&mut all[place], event);
                }
                // A delegate's revocation writes the time of its own block; an attribute's writes zero.
                let begins = match event.change {
                    DidChange::Delegate { .. } => i128::from(valid_to) > i128::from(event.time.unix()),
                    _ => !is_over(valid_to, &event.time),
                };
                if let Some(method) = method.filter(|_| begins) {
                    let expiry =
                        i64::try_from(valid_to).ok().and_then(|t| t.checked_add(1)).and_then(|t| Timestamp::from_unix(t).ok());
                    open.insert(subject, all.len());
                    all.push(period(method, event.block, event.time.clone(), expiry));
                }
            }
            Step::Service(..) => {}
            Step::Nothing => stolen.extend(theft(event)),
        }
    }
    // A report is about every period of the key, past and future, and the first one counts.
    for period in &mut all {
        period.stolen = stolen.iter().find(|(key, _)| period.key.as_ref() == Some(key)).map(|(_, report)| report.clone());
    }
    all
}

/// The key that an event reports stolen.
fn theft(event: &DidEvent) -> Option<(PublicKey, Reported)> {
    let DidChange::Attribute { name, value, .. } = &event.change else { return None };
    let key = PublicKey::from_multikey_bytes(attribute::stolen_key(name, value)?).ok()?;
    Some((key, Reported { block: event.block, time: event.time.clone() }))
}

fn period(method: VerificationMethod, from_block: u64, from: Timestamp, until: Option<Timestamp>) -> KeyPeriod {
    let VerificationMethod { id, key, relationships, .. } = method;
    KeyPeriod { id, key, relationships, from_block, from, until_block: None, until, stolen: None }
}

/// Ends a period at an event, unless it expired before.
fn end(period: &mut KeyPeriod, event: &DidEvent) {
    if period.until.as_ref().is_none_or(|until| *until > event.time) {
        period.until = Some(event.time.clone());
        period.until_block = Some(event.block);
    }
}

#[cfg(test)]
mod tests {
    use crate::did::ethr::replay::tests::{DAY, history, identity, key, publish, time};
    use crate::did::ethr::{DidChange, Version, resolve, stolen_key_attribute};
    use crate::did::{DidUrl, Reported};

    #[test]
    fn history_tells_when_each_key_was_valid() {
        let history = history(vec![
            (1, publish(1, 9000)),
            (2, publish(2, 2500)),
            (3, publish(1, 20_000)),
            (4, publish(2, 0)),
            (5, publish(1, 0)),
        ]);
        let resolution = resolve(&identity(), &history, &Version::Latest, &time(DAY));
        let period = |n: u64, from: u64, until_block: Option<u64>, until: u64| {
            let p = resolution.history.iter().find(|p| p.id.fragment() == Some(&format!("delegate-{n}"))).expect("a period");
            assert_eq!((p.from_block, &p.from), (from, &time(from * 1000)), "delegate-{n}");
            assert_eq!((p.until_block, p.until.clone()), (until_block, Some(time(until))), "delegate-{n}");
        };
        period(1, 1, Some(3), 3000); // announced anew as delegate-3
        period(2, 2, None, 2501); // expired before it was revoked
        period(3, 3, Some(5), 5000);
        let method: DidUrl = format!("{}?versionId=3#delegate-1", identity().did).parse().expect("a DID URL");
        assert_eq!(resolution.period_of(&method, &time(2999)).and_then(|p| p.key.clone()), Some(key(1)));
        assert!(resolution.period_of(&method, &time(3000)).is_none());
    }

    #[test]
    fn report_of_theft_is_final_and_about_every_period_of_the_key() {
        let report = |valid_to| {
            let attribute = stolen_key_attribute(&key(1));
            DidChange::Attribute { name: attribute.name, value: attribute.value, valid_to }
        };
        let changes = [publish(1, 9000), publish(2, 9000), report(9_999_999), report(0), report(9_999_999), publish(1, 20_000)];
        let history = history((1..).zip(changes).collect());
        let resolution = resolve(&identity(), &history, &Version::Latest, &time(DAY));
        let stolen = |n| {
            let id = format!("delegate-{n}");
            resolution.history.iter().find(|p| p.id.fragment() == Some(&id)).expect("a period").stolen.clone()
        };
        let first = Some(Reported { block: 3, time: time(3000) });
        assert_eq!((stolen(1), stolen(2), stolen(3)), (first.clone(), None, first));
    }

    #[test]
    fn report_of_theft_is_none_of_another_readers_business() {
        let without = resolve(&identity(), &history(vec![(1, publish(1, 9000))]), &Version::Latest, &time(2000));
        let attribute = stolen_key_attribute(&key(1));
        let report = DidChange::Attribute { name: attribute.name, value: attribute.value, valid_to: 9_999_999 };
        let with = resolve(&identity(), &history(vec![(1, publish(1, 9000)), (2, report)]), &Version::Latest, &time(2000));
        assert_eq!(with.document, without.document);
    }
}
