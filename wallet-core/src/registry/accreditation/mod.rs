//! Who may issue what: from the issuer up to a root, each accredited by the one above it.
//!
//! A root accredits bodies, and they accredit issuers, each for one scope: a type of credential, everywhere or in one region. All
//! of it is in the credential registry's storage; whoever claims to be accredited by somebody says where to look, and nothing more.

mod search;

pub use search::{MAX_ACCREDITORS, Search};

use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};

use crate::did::Did;
use crate::did::ethr::Identity;
use crate::error::{Result, WalletError};
use crate::registry::credential_registry::{Accreditation, Moment, kind_of};

/// The most levels between an issuer and its root that are followed; the registry allows no more.
pub const MAX_STEPS: usize = 8;

/// What an accreditation is for: credentials of a type, everywhere or in one region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scope {
    /// The absolute URL of the type: of a W3C credential what its contexts make of it, of an SD-JWT VC its `vct`.
    #[serde(rename = "type")]
    pub type_url: String,
    /// The region's code (ISO 3166-1 alpha-2 or ISO 3166-2, such as `AR-B`); none for everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

impl Scope {
    /// Credentials of a type, everywhere.
    pub fn of(type_url: impl Into<String>) -> Self {
        Self { type_url: type_url.into(), region: None }
    }

    /// Credentials of a type in one region.
    ///
    /// Fails with `Misused` when the region is no code of ISO 3166: two capital letters, and perhaps `-` and one to three of those
    /// or digits.
    pub fn in_region(type_url: impl Into<String>, region: &str) -> Result<Self> {
        if !is_region(region) {
            return Err(WalletError::misused(format!("{region} is no region of ISO 3166: write it as AR or AR-B")));
        }
        Ok(Self { type_url: type_url.into(), region: Some(region.to_owned()) })
    }

    /// The registry's name for the scope: the Keccak-256 of the type's URL, followed by a space and the region if it has one.
    pub fn kind(&self) -> B256 {
        match &self.region {
            None => kind_of(&self.type_url),
            Some(region) => kind_of(&format!("{} {region}", self.type_url)),
        }
    }
}

fn is_region(text: &str) -> bool {
    let (country, part) = text.split_once('-').map_or((text, None), |(country, part)| (country, Some(part)));
    let capitals = |text: &str| text.bytes().all(|b| b.is_ascii_uppercase());
    let is_part =
        |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    country.len() == 2 && capitals(country) && part.is_none_or(is_part)
}

/// How somebody came to be accredited, from its own accreditation up to the root's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Path {
    /// The root.
    pub root: Did,
    /// The accreditations, the issuer's own first and the root's last; never empty.
    pub steps: Vec<Step>,
    /// When the root retired, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_retired: Option<Moment>,
}

/// One accreditation on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Who gave it.
    pub accreditor: Address,
    /// Who holds it.
    pub subject: Address,
    /// Its number among those that one gave to the other for this scope, from zero.
    pub number: u32,
    /// What it says.
    pub accreditation: Accreditation,
    /// When its holder retired, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<Moment>,
}

impl Step {
    /// The step above: who accredited the accreditor, and the number of that; none when the accreditor acted as a root.
    pub fn above(&self) -> Option<(Address, u32)> {
        self.accreditation.terms.under.map(|under| (under.accreditor, under.number))
    }

    fn stands(&self, time: u64) -> bool {
        self.accreditation.is_good(time) && before(self.retired, time)
    }
}

impl Path {
    /// Whether each accreditation on the way was good at `time`, in seconds since 1970, with nobody among them retired; the same
    /// question that the contract's `accredited` answers.
    ///
    /// A path whose steps do not follow one another stands at no time.
    pub fn stands(&self, time: u64) -> bool {
        let follows = |pair: &[Step]| {
            pair[0].accreditor == pair[1].subject && pair[0].above() == Some((pair[1].accreditor, pair[1].number))
        };
        let root = Identity::read(&self.root).ok().map(|root| Address::from(root.address));
        let at_root = |last: &Step| last.above().is_none() && Some(last.accreditor) == root;
        let whole = self.steps.last().is_some_and(at_root) && self.steps.windows(2).all(follows);
        whole
            && self.steps.len() <= MAX_STEPS
            && before(self.root_retired, time)
            && self.steps.iter().all(|step| step.stands(time))
    }

    /// The first second at which it stands no longer as far as is known now, in seconds since 1970; none for a path that is empty.
    pub fn until(&self) -> Option<u64> {
        let ends = self.steps.iter().flat_map(|step| {
            let accreditation = &step.accreditation;
            [Some(accreditation.terms.until), accreditation.revoked, step.retired.map(|moment| moment.time)]
        });
        ends.chain([self.root_retired.map(|moment| moment.time)]).flatten().min()
    }
}

/// Whether `time` is before the moment at which somebody retired, if that has come.
fn before(retired: Option<Moment>, time: u64) -> bool {
    retired.is_none_or(|moment| time < moment.time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::did::ethr;
    use crate::registry::credential_registry::{Terms, Under};

    const ROOT: Address = Address::repeat_byte(1);
    const BODY: Address = Address::repeat_byte(2);
    const UNIVERSITY: Address = Address::repeat_byte(3);

    fn step(accreditor: Address, subject: Address, under: Option<Under>) -> Step {
        let terms = Terms { under, from: 100, until: 200, levels: 0 };
        Step { accreditor, subject, number: 0, accreditation: Accreditation { terms, revoked: None }, retired: None }
    }

    fn path() -> Path {
        let under = Some(Under { accreditor: ROOT, number: 0 });
        Path { root: root(), steps: vec![step(BODY, UNIVERSITY, under), step(ROOT, BODY, None)], root_retired: None }
    }

    fn root() -> Did {
        ethr::from_address("0x7ea", &ROOT.into_array()).expect("a DID")
    }

    #[test]
    fn path_stands_while_every_step_does() {
        let path = path();
        assert_eq!(path.until(), Some(200));
        assert_eq!([99, 100, 199, 200].map(|time| path.stands(time)), [false, true, true, false]);
        type Change = fn(&mut Path);
        let ends_at_150: [Change; 5] = [
            |path| path.steps[0].accreditation.revoked = Some(150),
            |path| path.steps[1].accreditation.terms.until = 150,
            |path| path.steps[0].retired = Some(Moment { block: 7, time: 150 }),
            |path| path.steps[1].retired = Some(Moment { block: 7, time: 150 }),
            |path| path.root_retired = Some(Moment { block: 7, time: 150 }),
        ];
        for change in ends_at_150 {
            let mut path = path.clone();
            change(&mut path);
            assert_eq!((path.stands(149), path.stands(150), path.until()), (true, false, Some(150)), "{path:?}");
        }
    }

    #[test]
    fn path_with_a_gap_stands_at_no_time() {
        type Change = fn(&mut Path);
        let broken: [Change; 6] = [
            |path| path.root = ethr::from_address("0x7ea", &BODY.into_array()).expect("a DID"),
            |path| path.steps.clear(),
            |path| path.steps.truncate(1),
            |path| path.steps[1].subject = UNIVERSITY,
            |path| path.steps[1].number = 1,
            |path| path.steps[1].accreditor = UNIVERSITY,
        ];
        for (number, change) in broken.into_iter().enumerate() {
            let mut path = path();
            change(&mut path);
            assert!(!path.stands(150), "broken {number}: {path:?}");
        }
        // The body's own path, taken by itself, is whole.
        let own = Path { root: root(), steps: vec![path().steps.remove(1)], root_retired: None };
        assert!(own.stands(150));
    }

    #[test]
    fn scope_has_a_name_of_its_own_for_each_region() {
        let everywhere = Scope::of("https://example.org/Vaccination");
        let here = Scope::in_region("https://example.org/Vaccination", "AR-B").expect("a region");
        assert_ne!(everywhere.kind(), here.kind());
        assert_eq!(everywhere.kind(), kind_of("https://example.org/Vaccination"));
        for region in ["AR", "ES-M", "MX-CMX", "PE-01"] {
            assert!(Scope::in_region("https://example.org/Vaccination", region).is_ok(), "{region}");
        }
        for region in ["", "ar", "ARG", "AR-", "AR-BUEN", "AR B", "AR-b", "A"] {
            assert!(Scope::in_region("https://example.org/Vaccination", region).is_err(), "{region}");
        }
    }
}
