//! Places of a list given out at random, so that a place says nothing of when it was given out (Bitstring Status List §2.1).

use rand_core::CryptoRng;

use super::{StatusFault, StatusList};
use crate::error::{Result, WalletError};

/// Which places of one list are taken; the issuer keeps it beside the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexes {
    taken: StatusList,
    count: u64,
}

impl Indexes {
    /// All places of a list of `entries` free; fails as [`StatusList::new`].
    pub fn new(entries: u64) -> Result<Self> {
        Ok(Self { taken: StatusList::new(entries, 1)?, count: 0 })
    }

    /// How many places are free.
    pub fn free(&self) -> u64 {
        self.taken.entries() - self.taken()
    }

    /// How many places are taken.
    pub fn taken(&self) -> u64 {
        self.count
    }

    /// Takes one of the free places, each equally likely; fails with `Misused` when there is none: begin a new list.
    pub fn draw(&mut self, rng: &mut dyn CryptoRng) -> Result<u64> {
        let free = self.free();
        if free == 0 {
            return Err(WalletError::misused("every place of this status list is taken; begin a new list"));
        }
        self.count += 1;
        // While most places are free a blind guess is soon right; later the free ones are counted through.
        for _ in 0..16 {
            let guess = below(self.taken.entries(), rng);
            if self.taken.value(guess) == Some(0) {
                self.taken.set(guess, 1)?;
                return Ok(guess);
            }
        }
        let nth = below(free, rng);
        let mut left = (0..self.taken.entries()).filter(|index| self.taken.value(*index) == Some(0));
        let index = left.nth(nth as usize).expect("there are more free places than that");
        self.taken.set(index, 1)?;
        Ok(index)
    }

    /// The text to keep it as.
    pub fn encode(&self) -> String {
        self.taken.encode()
    }

    /// Reads what [`Indexes::encode`] wrote.
    pub fn decode(text: &str) -> Result<Self, StatusFault> {
        let taken = StatusList::decode(text, 1)?;
        Ok(Self { count: taken.count_set(), taken })
    }
}

/// A number below `limit`, each equally likely: draws that would favour the low ones are thrown away.
fn below(limit: u64, rng: &mut dyn CryptoRng) -> u64 {
    let fair = u64::MAX - u64::MAX % limit;
    loop {
        let mut bytes = [0; 8];
        rng.fill_bytes(&mut bytes);
        let drawn = u64::from_le_bytes(bytes);
        if drawn < fair {
            return drawn % limit;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::MINIMUM_ENTRIES;
    use getrandom::SysRng;
    use rand_core::UnwrapErr;

    #[test]
    fn places_are_given_out_once_and_out_of_order() {
        let mut rng = UnwrapErr(SysRng);
        let mut indexes = Indexes::new(MINIMUM_ENTRIES).expect("a list");
        let drawn: Vec<u64> = (0..40).map(|_| indexes.draw(&mut rng).expect("a free place")).collect();
        let mut sorted = drawn.clone();
        sorted.sort_unstable();
        assert_ne!(sorted, drawn);
        sorted.dedup();
        assert_eq!(sorted.len(), 40);
        assert_eq!(indexes.free(), MINIMUM_ENTRIES - 40);
        assert_eq!(Indexes::decode(&indexes.encode()), Ok(indexes));
    }

    #[test]
    fn last_place_is_found_and_then_none() {
        let mut rng = UnwrapErr(SysRng);
        let mut indexes = Indexes::new(MINIMUM_ENTRIES).expect("a list");
        for index in (0..MINIMUM_ENTRIES).filter(|index| *index != 70_001) {
            indexes.taken.set(index, 1).expect("in range");
            indexes.count += 1;
        }
        assert_eq!(indexes.draw(&mut rng), Ok(70_001));
        assert!(indexes.draw(&mut rng).is_err());
    }
}
