//! When a registry was read, and how far what it said can be trusted: once for all histories of a chain.
//!
//! So a day that changes nothing about ten thousand issuers changes one entry of the pack.

use serde::{Deserialize, Serialize};

use crate::did::{Grounds, Standing};
use crate::time::Timestamp;

/// When a registry was read, up to which block, and how far that can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reading {
    /// When it was read.
    pub as_of: Timestamp,
    /// The block it was read at, and why that block was trusted by whoever read it.
    pub standing: Standing,
}

impl Reading {
    /// What holds for what was read in either of two ways: the earlier time and block, the weaker grounds.
    pub(super) fn common(self, other: Self) -> Self {
        Self { as_of: self.as_of.min(other.as_of), standing: weaker(self.standing, other.standing) }
    }
}

fn weaker(one: Standing, other: Standing) -> Standing {
    match (one, other) {
        (Standing::Proven { block, time, grounds }, Standing::Proven { block: b, time: t, grounds: g }) => {
            let (block, time) = if b < block { (b, t) } else { (block, time) };
            Standing::Proven { block, time, grounds: if strength(g) < strength(grounds) { g } else { grounds } }
        }
        (one, other) => Standing::Believed { block: block(&one).min(block(&other)) },
    }
}

fn strength(grounds: Grounds) -> (u8, u32) {
    match grounds {
        Grounds::Nodes { agreeing } => (0, agreeing),
        Grounds::Validators => (1, 0),
        Grounds::Checkpoint => (2, 0),
    }
}

fn block(standing: &Standing) -> Option<u64> {
    match standing {
        Standing::Proven { block, .. } => Some(*block),
        Standing::Believed { block } => *block,
        Standing::SelfContained => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds).expect("a time in range")
    }

    fn proven(block: u64, grounds: Grounds) -> Standing {
        Standing::Proven { block, time: at(block as i64), grounds }
    }

    #[test]
    fn two_readings_have_in_common_what_the_weaker_says() {
        let believed = |block| Standing::Believed { block };
        for (one, other, common) in [
            (proven(9, Grounds::Validators), proven(7, Grounds::Validators), proven(7, Grounds::Validators)),
            (
                proven(9, Grounds::Checkpoint),
                proven(9, Grounds::Nodes { agreeing: 3 }),
                proven(9, Grounds::Nodes { agreeing: 3 }),
            ),
            (
                proven(9, Grounds::Nodes { agreeing: 2 }),
                proven(8, Grounds::Nodes { agreeing: 3 }),
                proven(8, Grounds::Nodes { agreeing: 2 }),
            ),
            (proven(9, Grounds::Validators), believed(Some(12)), believed(Some(9))),
            (believed(Some(4)), believed(None), believed(None)),
        ] {
            let reading = |standing: &Standing, seconds| Reading { as_of: at(seconds), standing: standing.clone() };
            let expected = Reading { as_of: at(1), standing: common };
            assert_eq!(reading(&one, 1).common(reading(&other, 2)), expected);
            assert_eq!(reading(&other, 1).common(reading(&one, 2)), expected);
        }
    }
}
