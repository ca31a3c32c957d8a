//! The Token Status List: its bits, and the claims its issuer publishes them in (Token Status List §4, §5).

use std::io::Write as _;
use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use flate2::Compression;
use flate2::bufread::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde_json::{Map, Value, json};

use super::bitstring::{MAX_BYTES, inflate};
use super::{StatusFault, StatusPurpose};
use crate::error::{Result, WalletError};

/// The status is good (§7.1).
pub const VALID: u8 = 0;
/// The token is revoked for good (§7.1).
pub const INVALID: u8 = 1;
/// The token is not valid for the time being (§7.1).
pub const SUSPENDED: u8 = 2;

/// A list of statuses of 1, 2, 4 or 8 bits, packed from the lowest bit of each byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenStatusList {
    bytes: Vec<u8>,
    bits: u8,
}

/// What a list says beside its bits; its `iat` and `exp` are its signature's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenListTerms {
    /// Where it is published: the `uri` of its entries.
    pub uri: String,
    /// How long to keep it before asking for a newer one, in whole seconds, at least one.
    pub ttl: Option<Duration>,
    /// Where the URIs of all lists of the issuer are (§9).
    pub aggregation: Option<String>,
}

impl TokenStatusList {
    /// A list of `entries` statuses of `bits` bits, all valid; fails with `Misused` for a size that is not 1, 2, 4 or 8, or above
    /// [`MAX_BYTES`].
    pub fn new(entries: u64, bits: u8) -> Result<Self> {
        if !is_size(bits) {
            return Err(WalletError::misused("a status has 1, 2, 4 or 8 bits"));
        }
        match entries.checked_mul(bits.into()).map(|bits| bits.div_ceil(8)) {
            Some(bytes @ 1..) if bytes <= MAX_BYTES as u64 => Ok(Self { bytes: vec![0; bytes as usize], bits }),
            _ => Err(WalletError::misused(format!("a status list has 1 to {MAX_BYTES} bytes"))),
        }
    }

    /// How many entries it has.
    pub fn entries(&self) -> u64 {
        self.bytes.len() as u64 * 8 / u64::from(self.bits)
    }

    /// The bits of one status.
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// The value at `index`; none past the end.
    pub fn value(&self, index: u64) -> Option<u8> {
        let (byte, shift) = self.place(index)?;
        Some(self.bytes[byte] >> shift & self.mask())
    }

    /// Sets the value at `index`; fails with `Misused` past the end or when the value needs more bits.
    pub fn set(&mut self, index: u64, value: u8) -> Result<()> {
        if value > self.mask() {
            return Err(WalletError::misused(format!("the value {value} does not fit in {} bits", self.bits)));
        }
        let (byte, shift) =
            self.place(index).ok_or_else(|| WalletError::misused(format!("the list has {} entries", self.entries())))?;
        self.bytes[byte] = self.bytes[byte] & !(self.mask() << shift) | value << shift;
        Ok(())
    }

    /// The `lst`: base64url of the bits under zlib (§4.1, §4.2).
    pub fn encode(&self) -> String {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        let deflated = encoder.write_all(&self.bytes).and_then(|()| encoder.finish()).expect("memory takes all that is written");
        BASE64_URL_SAFE_NO_PAD.encode(deflated)
    }

    /// Reads a `lst` of statuses of `bits` bits, stopping at [`MAX_BYTES`].
    pub fn decode(lst: &str, bits: u8) -> Result<Self, StatusFault> {
        if !is_size(bits) {
            return Err(StatusFault::malformed("bits is not 1, 2, 4 or 8"));
        }
        let deflated = BASE64_URL_SAFE_NO_PAD.decode(lst).map_err(|_| StatusFault::malformed("lst is not base64url"))?;
        let mut decoder = ZlibDecoder::new(deflated.as_slice());
        let bytes = inflate(&mut decoder)?;
        if !decoder.into_inner().is_empty() {
            return Err(StatusFault::malformed("lst goes on after its end"));
        }
        Ok(Self { bytes, bits })
    }

    /// Reads the `status_list` claim.
    pub fn read(claim: &Value) -> Result<Self, StatusFault> {
        let bits = claim.get("bits").and_then(Value::as_u64).and_then(|bits| u8::try_from(bits).ok());
        let lst = claim.get("lst").and_then(Value::as_str);
        let lst = lst.ok_or_else(|| StatusFault::malformed("lst is missing or not text"))?;
        Self::decode(lst, bits.ok_or_else(|| StatusFault::malformed("bits is missing or not a small number"))?)
    }

    /// The claims of the token that publishes it, to be signed by the credentials' issuer as a JWT or CWT.
    pub fn to_claims(&self, terms: &TokenListTerms) -> Map<String, Value> {
        let mut list = json!({ "bits": self.bits, "lst": self.encode() });
        if let Some(aggregation) = &terms.aggregation {
            list["aggregation_uri"] = aggregation.as_str().into();
        }
        let mut claims = Map::from_iter([("sub".to_owned(), terms.uri.as_str().into()), ("status_list".to_owned(), list)]);
        if let Some(ttl) = terms.ttl {
            claims.insert("ttl".to_owned(), ttl.as_secs().max(1).into());
        }
        claims
    }

    fn place(&self, index: u64) -> Option<(usize, u32)> {
        let bit = index.checked_mul(self.bits.into()).filter(|_| index < self.entries())?;
        Some(((bit / 8) as usize, (bit % 8) as u32))
    }

    fn mask(&self) -> u8 {
        u8::MAX >> (8 - self.bits)
    }
}

/// The purpose that a status type has in the words of a Bitstring Status List (§7.1).
pub(super) fn purpose(value: u8) -> StatusPurpose {
    match value {
        VALID | INVALID => StatusPurpose::Revocation,
        SUSPENDED => StatusPurpose::Suspension,
        // What is the application's own, or is to be registered one day, is nothing to guess at.
        other => StatusPurpose::Other(format!("status type {other:#04x}")),
    }
}

fn is_size(bits: u8) -> bool {
    matches!(bits, 1 | 2 | 4 | 8)
}

/// The document behind an `aggregation_uri`: the URIs of the lists (§9.3).
pub fn aggregation<'a>(lists: impl IntoIterator<Item = &'a str>) -> Value {
    json!({ "status_lists": lists.into_iter().collect::<Vec<_>>() })
}
