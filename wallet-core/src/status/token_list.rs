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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::MINIMUM_ENTRIES;
    use proptest::prelude::*;

    #[test]
    fn token_status_list_section_4_1() {
        let bits = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1];
        let list = TokenStatusList::decode("eNrbuRgAAhcBXQ", 1).expect("a list");
        assert_eq!((list.bytes.as_slice(), list.entries()), (&[0xb9, 0xa3][..], 16));
        assert_eq!((0..16).map(|index| list.value(index).expect("in range")).collect::<Vec<_>>(), bits);
        let pairs = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3];
        let list = TokenStatusList::decode("eNo76fITAAPfAgc", 2).expect("a list");
        assert_eq!((list.bytes.as_slice(), list.entries()), (&[0xc9, 0x44, 0xf9][..], 12));
        assert_eq!((0..12).map(|index| list.value(index).expect("in range")).collect::<Vec<_>>(), pairs);
        assert_eq!(list.value(12), None);
        let mut ours = TokenStatusList::new(12, 2).expect("a list");
        for (index, value) in (0..).zip(pairs) {
            ours.set(index, value).expect("in range");
        }
        assert_eq!(ours, list);
    }

    #[test]
    fn claims_are_those_of_section_5_1() {
        let list = TokenStatusList::decode("eNrbuRgAAhcBXQ", 1).expect("a list");
        let terms = TokenListTerms {
            uri: "https://example.com/statuslists/1".to_owned(),
            ttl: Some(Duration::from_secs(43_200)),
            aggregation: Some("https://example.com/statuslists".to_owned()),
        };
        let claims = list.to_claims(&terms);
        assert_eq!((&claims["sub"], &claims["ttl"]), (&json!(terms.uri), &json!(43_200)));
        assert_eq!(claims["status_list"]["aggregation_uri"], "https://example.com/statuslists");
        assert_eq!(TokenStatusList::read(&claims["status_list"]), Ok(list));
        assert_eq!(aggregation([terms.uri.as_str()]), json!({ "status_lists": ["https://example.com/statuslists/1"] }));
    }

    #[test]
    fn decompression_stops_at_its_limit() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        let megabyte = vec![0; 1 << 20];
        for _ in 0..64 {
            encoder.write_all(&megabyte).expect("memory");
        }
        let bomb = BASE64_URL_SAFE_NO_PAD.encode(encoder.finish().expect("memory"));
        assert!(bomb.len() < 100_000);
        assert_eq!(TokenStatusList::decode(&bomb, 8), Err(StatusFault::TooLong));
    }

    #[test]
    fn list_that_cannot_be_published_is_not_made() {
        for (entries, bits) in [(0, 1), (8, 3), (8, 0), (8, 16), (u64::MAX, 8)] {
            assert!(TokenStatusList::new(entries, bits).is_err());
        }
        let mut list = TokenStatusList::new(8, 4).expect("a list");
        assert!(list.set(0, 16).is_err() && list.set(8, 1).is_err() && list.set(u64::MAX, 1).is_err());
        assert_eq!(list.value(u64::MAX), None);
    }

    #[test]
    fn malformed_list_is_refused() {
        for bad in [
            json!({ "bits": 3, "lst": "eNrbuRgAAhcBXQ" }),
            json!({ "bits": 1, "lst": "eNrbuRgAAhcBXQAA" }),
            json!({ "bits": 1, "lst": "eNrbuRgAAhcBXA" }),
            json!({ "bits": 1, "lst": "eNrbuRgAAhcBXQ==" }),
            json!({ "bits": "1", "lst": "eNrbuRgAAhcBXQ" }),
            json!({ "lst": "eNrbuRgAAhcBXQ" }),
            json!({ "bits": 257, "lst": "eNrbuRgAAhcBXQ" }),
            json!({ "bits": 1 }),
            json!(7),
        ] {
            assert!(matches!(TokenStatusList::read(&bad), Err(StatusFault::Malformed { .. })), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_was_set_is_read_after_encoding(power in 0u32..4, sets in proptest::collection::vec((0..MINIMUM_ENTRIES, any::<u8>()), 0..50)) {
            let bits = 1 << power;
            let mut list = TokenStatusList::new(MINIMUM_ENTRIES, bits).expect("a list");
            let mut expected = std::collections::HashMap::new();
            for (index, value) in sets {
                list.set(index, value & list.mask()).expect("in range");
                expected.insert(index, value & list.mask());
            }
            let decoded = TokenStatusList::decode(&list.encode(), bits).expect("its own text");
            prop_assert_eq!(&decoded, &list);
            for (index, value) in &expected {
                prop_assert_eq!(decoded.value(*index), Some(*value));
            }
        }

        #[test]
        fn any_text_is_decoded_or_refused(text in "eN[A-Za-z0-9_-]{0,80}") {
            let _ = TokenStatusList::decode(&text, 1);
        }
    }
}
