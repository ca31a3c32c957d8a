//! The list itself: a long string of bits, compressed (Bitstring Status List §3.3, §3.4).

use std::io::{Read, Write as _};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use super::StatusFault;
use crate::error::{Result, WalletError};

/// The fewest entries of a list, so that one hides among the others (§2.2, §6.1).
pub const MINIMUM_ENTRIES: u64 = 131_072;
/// The longest list that is read, in bytes after decompression.
pub const MAX_BYTES: usize = 16 << 20;
/// The most bits of one entry.
pub const MAX_SIZE: u8 = 8;

/// A list of statuses, each of the same number of bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    bytes: Vec<u8>,
    size: u8,
}

impl StatusList {
    /// A list of `entries` statuses of `size` bits, none set; fails with `Misused` below [`MINIMUM_ENTRIES`], above
    /// [`MAX_BYTES`], or with a size that is not 1 to [`MAX_SIZE`].
    pub fn new(entries: u64, size: u8) -> Result<Self> {
        if !(1..=MAX_SIZE).contains(&size) {
            return Err(WalletError::misused(format!("an entry has 1 to {MAX_SIZE} bits")));
        }
        let most = MAX_BYTES as u64 * 8 / u64::from(size);
        if !(MINIMUM_ENTRIES..=most).contains(&entries) {
            return Err(WalletError::misused(format!("a status list has {MINIMUM_ENTRIES} to {most} entries")));
        }
        let bytes = (entries * u64::from(size)).div_ceil(8) as usize;
        Ok(Self { bytes: vec![0; bytes], size })
    }

    /// How many entries it has.
    pub fn entries(&self) -> u64 {
        self.bytes.len() as u64 * 8 / u64::from(self.size)
    }

    /// The value at `index`; none past the end.
    pub fn value(&self, index: u64) -> Option<u8> {
        self.value_of(index, self.size)
    }

    /// Sets the value at `index`; fails with `Misused` past the end or when the value needs more bits.
    pub fn set(&mut self, index: u64, value: u8) -> Result<()> {
        if u16::from(value) >> self.size != 0 {
            return Err(WalletError::misused(format!("the value {value} does not fit in {} bits", self.size)));
        }
        let bits = self.bits(index).ok_or_else(|| WalletError::misused(format!("the list has {} entries", self.entries())))?;
        for (place, bit) in bits.rev().enumerate() {
            let set = value >> place & 1 == 1;
            let byte = &mut self.bytes[bit / 8];
            *byte = if set { *byte | mask(bit) } else { *byte & !mask(bit) };
        }
        Ok(())
    }

    /// How many entries are not 0.
    pub fn count_set(&self) -> u64 {
        if self.size == 1 {
            return self.bytes.iter().map(|byte| u64::from(byte.count_ones())).sum();
        }
        (0..self.entries()).filter(|index| self.value(*index) != Some(0)).count() as u64
    }

    /// The `encodedList`: multibase base64url (`u`) of the gzipped bits (§3.3).
    pub fn encode(&self) -> String {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let gzipped = encoder.write_all(&self.bytes).and_then(|()| encoder.finish()).expect("memory takes all that is written");
        let mut text = "u".to_owned();
        BASE64_URL_SAFE_NO_PAD.encode_string(gzipped, &mut text);
        text
    }

    /// Reads an `encodedList` of entries of `size` bits, stopping at [`MAX_BYTES`] (§3.4).
    pub fn decode(encoded: &str, size: u8) -> Result<Self, StatusFault> {
        if !(1..=MAX_SIZE).contains(&size) {
            return Err(StatusFault::malformed("an entry has no such number of bits"));
        }
        let text = encoded.strip_prefix('u').ok_or_else(|| StatusFault::malformed("encodedList is not multibase base64url"))?;
        let gzipped = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| StatusFault::malformed("encodedList is not base64url"))?;
        let mut decoder = GzDecoder::new(gzipped.as_slice());
        let bytes = inflate(&mut decoder)?;
        if !decoder.into_inner().is_empty() {
            return Err(StatusFault::malformed("encodedList goes on after its gzip"));
        }
        Ok(Self { bytes, size })
    }

    /// The value at `index`, if the bits are read as entries of `size` bits each, 1 to [`MAX_SIZE`]; none past the end.
    pub(super) fn value_of(&self, index: u64, size: u8) -> Option<u8> {
        let start = index.checked_mul(size.into())?;
        let end = start.checked_add(size.into()).filter(|end| *end <= self.bytes.len() as u64 * 8)?;
        let bits = start as usize..end as usize;
        Some(bits.fold(0, |value, bit| value << 1 | u8::from(self.bytes[bit / 8] & mask(bit) != 0)))
    }

    /// The bits of one entry.
    pub fn size(&self) -> u8 {
        self.size
    }

    fn bits(&self, index: u64) -> Option<std::ops::Range<usize>> {
        if index >= self.entries() {
            return None;
        }
        let start = (index * u64::from(self.size)) as usize;
        Some(start..start + usize::from(self.size))
    }
}

/// Decompresses a list, stopping at [`MAX_BYTES`].
pub(super) fn inflate(decoder: &mut impl Read) -> Result<Vec<u8>, StatusFault> {
    let mut bytes = Vec::new();
    let length = decoder.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes);
    match length.map_err(|_| StatusFault::malformed("the list is not compressed as it must be"))? {
        length if length > MAX_BYTES => Err(StatusFault::TooLong),
        _ => Ok(bytes),
    }
}

/// The first index is the left-most bit (§2.2).
fn mask(bit: usize) -> u8 {
    0x80 >> (bit % 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn first_entry_is_the_left_most_bit() {
        let mut list = StatusList::new(MINIMUM_ENTRIES, 1).expect("a list");
        list.set(0, 1).expect("in range");
        list.set(15, 1).expect("in range");
        assert_eq!(list.bytes[..2], [0x80, 0x01]);
        assert_eq!(list.count_set(), 2);
    }

    #[test]
    fn list_that_cannot_be_published_is_not_made() {
        assert!(StatusList::new(MINIMUM_ENTRIES - 1, 1).is_err());
        assert!(StatusList::new(MINIMUM_ENTRIES, 0).is_err());
        assert!(StatusList::new(MINIMUM_ENTRIES, 9).is_err());
        assert!(StatusList::new(u64::MAX, 1).is_err());
        let mut list = StatusList::new(MINIMUM_ENTRIES, 2).expect("a list");
        assert!(list.set(0, 4).is_err());
        assert!(list.set(MINIMUM_ENTRIES, 1).is_err());
    }

    #[test]
    fn decompression_stops_at_its_limit() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let megabyte = vec![0; 1 << 20];
        for _ in 0..64 {
            encoder.write_all(&megabyte).expect("memory");
        }
        let bomb = format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(encoder.finish().expect("memory")));
        assert!(bomb.len() < 100_000);
        assert_eq!(StatusList::decode(&bomb, 1), Err(StatusFault::TooLong));
    }

    #[test]
    fn text_after_the_list_is_refused() {
        let encoded = StatusList::new(MINIMUM_ENTRIES, 1).expect("a list").encode();
        let mut gzipped = BASE64_URL_SAFE_NO_PAD.decode(&encoded[1..]).expect("base64url");
        gzipped.extend(b"more");
        let text = format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(gzipped));
        assert!(matches!(StatusList::decode(&text, 1), Err(StatusFault::Malformed { .. })));
    }

    proptest! {
        #[test]
        fn what_was_set_is_read_after_encoding(size in 1u8..=8, sets in proptest::collection::vec((0..MINIMUM_ENTRIES, any::<u8>()), 0..50)) {
            let mut list = StatusList::new(MINIMUM_ENTRIES, size).expect("a list");
            let mut expected = std::collections::HashMap::new();
            for (index, value) in sets {
                let value = (u16::from(value) & ((1 << size) - 1)) as u8;
                list.set(index, value).expect("in range");
                expected.insert(index, value);
            }
            let decoded = StatusList::decode(&list.encode(), size).expect("its own text");
            prop_assert_eq!(&decoded, &list);
            for (index, value) in &expected {
                prop_assert_eq!(decoded.value(*index), Some(*value));
            }
            prop_assert_eq!(decoded.count_set(), expected.values().filter(|value| **value != 0).count() as u64);
        }

        #[test]
        fn any_text_is_decoded_or_refused(text in "u?H4sI[A-Za-z0-9_-]{0,80}") {
            let _ = StatusList::decode(&text, 1);
        }
    }
}
