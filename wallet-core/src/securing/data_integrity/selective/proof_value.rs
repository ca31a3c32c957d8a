//! The `proofValue` of proofs with selective disclosure: multibase base64url over three bytes that say which kind it is and one
//! CBOR array (VC DI ECDSA Cryptosuites 1.0 §3.5.2–§3.5.7, VC DI BBS Cryptosuites 1.0 §3.3.5–§3.3.10).
//!
//! Read strictly: definite lengths, no tags inside, nothing twice, nothing after the end.

use std::collections::{BTreeMap, BTreeSet};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use minicbor::{Decoder, Encoder};

use crate::error::{Result, WalletError};
use crate::json::JsonPointer;

/// The length of the three bytes that say which kind of value it is.
const HEADER: usize = 3;

/// The kind of a value and its CBOR, read member by member.
pub(super) struct Reader<'b>(Decoder<'b>);

/// The bytes of a `proofValue`: its header and the CBOR behind it.
pub(super) fn decode(text: &str) -> Result<([u8; HEADER], Vec<u8>)> {
    let bytes = text.strip_prefix('u').and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
    let mut bytes = bytes.ok_or_else(|| bad("it is not multibase base64url"))?;
    let header = *bytes.first_chunk().ok_or_else(|| bad("it is too short"))?;
    bytes.drain(..HEADER);
    Ok((header, bytes))
}

/// The `proofValue` of this kind around the CBOR array that `write` fills with `members` members.
pub(super) fn encode(header: [u8; HEADER], members: u64, write: impl FnOnce(&mut Writer)) -> String {
    let mut writer = Writer(Encoder::new(header.to_vec()));
    writer.array(members);
    write(&mut writer);
    format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(writer.0.into_writer()))
}

pub(super) fn bad(reason: &str) -> WalletError {
    WalletError::malformed("proofValue", reason)
}

impl<'b> Reader<'b> {
    /// Begins to read the array of `members` members that is all of `bytes`.
    pub fn new(bytes: &'b [u8], members: usize) -> Result<Self> {
        let mut reader = Self(Decoder::new(bytes));
        if reader.array()? != members {
            return Err(bad(&format!("it has not {members} members")));
        }
        Ok(reader)
    }

    /// Ends reading: nothing may follow.
    pub fn end(self) -> Result<()> {
        if self.0.position() == self.0.input().len() { Ok(()) } else { Err(bad("bytes follow its end")) }
    }

    /// A byte string of any length.
    pub fn bytes(&mut self) -> Result<&'b [u8]> {
        self.0.bytes().map_err(|_| bad("a byte string is missing"))
    }

    /// A byte string of `N` bytes.
    pub fn exactly<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.bytes()?.try_into().map_err(|_| bad("a byte string has the wrong length"))
    }

    /// A list of byte strings of `N` bytes.
    pub fn all_exactly<const N: usize>(&mut self) -> Result<Vec<[u8; N]>> {
        (0..self.array()?).map(|_| self.exactly()).collect()
    }

    /// A list of JSON pointers.
    pub fn pointers(&mut self) -> Result<Vec<JsonPointer>> {
        let one = |reader: &mut Self| reader.0.str().map_err(|_| bad("a JSON pointer is missing"))?.parse();
        (0..self.array()?).map(|_| one(self)).collect()
    }

    /// A list of whole numbers, none twice, in rising order.
    pub fn indexes(&mut self) -> Result<Vec<usize>> {
        let length = self.array()?;
        let mut all = BTreeSet::new();
        for _ in 0..length {
            let index = self.0.u32().map_err(|_| bad("an index is missing"))?;
            if !all.insert(index as usize) {
                return Err(bad("an index is there twice"));
            }
        }
        Ok(all.into_iter().collect())
    }

    /// A map from whole numbers to what `value` reads, no number twice.
    pub fn map<T>(&mut self, mut value: impl FnMut(&mut Self) -> Result<T>) -> Result<BTreeMap<u32, T>> {
        let length = self.0.map().ok().flatten().ok_or_else(|| bad("a map is missing"))?;
        let mut all = BTreeMap::new();
        for _ in 0..length {
            let number = self.number()?;
            if all.insert(number, value(self)?).is_some() {
                return Err(bad("a label is there twice"));
            }
        }
        Ok(all)
    }

    /// A whole number.
    pub fn number(&mut self) -> Result<u32> {
        self.0.u32().map_err(|_| bad("a number is missing"))
    }

    /// The length of a list; each of its members takes at least a byte, so that it bounds no allocation by itself.
    fn array(&mut self) -> Result<usize> {
        let length = self.0.array().ok().flatten().and_then(|length| usize::try_from(length).ok());
        length.filter(|length| *length <= self.0.input().len()).ok_or_else(|| bad("a list is missing"))
    }
}

/// Writes the members of the array one by one.
pub(super) struct Writer(Encoder<Vec<u8>>);

/// Why writing cannot fail.
const MEMORY: &str = "writing to memory succeeds";

impl Writer {
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.bytes(bytes).expect(MEMORY);
    }

    pub fn all_bytes<'a>(&mut self, all: impl ExactSizeIterator<Item = &'a [u8]>) {
        self.array(all.len() as u64);
        all.for_each(|one| self.bytes(one));
    }

    pub fn pointers(&mut self, all: &[JsonPointer]) {
        self.array(all.len() as u64);
        for pointer in all {
            self.0.str(&pointer.to_string()).expect(MEMORY);
        }
    }

    pub fn indexes(&mut self, all: &[usize]) {
        self.array(all.len() as u64);
        for index in all {
            self.0.u64(*index as u64).expect(MEMORY);
        }
    }

    pub fn map<T>(&mut self, all: &BTreeMap<u32, T>, mut value: impl FnMut(&mut Self, &T)) {
        self.0.map(all.len() as u64).expect(MEMORY);
        for (number, one) in all {
            self.number(*number);
            value(self, one);
        }
    }

    pub fn number(&mut self, number: u32) {
        self.0.u32(number).expect(MEMORY);
    }

    fn array(&mut self, length: u64) {
        self.0.array(length).expect(MEMORY);
    }
}
