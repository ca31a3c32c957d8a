//! CBOR that a COSE message may be made of: measured before it is decoded (RFC 8949, RFC 9052).

use coset::cbor::value::Value as Cbor;

use crate::error::{Result, WalletError};

/// The deepest nesting; a COSE_Sign1 with claims and a confirmation key needs six levels.
const MAX_DEPTH: usize = 16;

/// Decodes exactly one data item, after making sure that this takes no more depth and memory than the bytes are worth.
pub(super) fn read(what: &str, bytes: &[u8]) -> Result<Cbor> {
    measure(what, bytes)?;
    coset::cbor::de::from_reader(bytes).map_err(|_| WalletError::malformed(what, "it is not CBOR"))
}

/// Refuses what is not one data item of definite lengths, nested within bounds, each length within the bytes that follow.
pub(super) fn measure(what: &str, bytes: &[u8]) -> Result<()> {
    let bad = |reason: &str| WalletError::malformed(what, reason);
    let mut rest = bytes;
    // How many items are still to come on each level that is open.
    let mut open: Vec<u64> = vec![1];
    while let Some(left) = open.last_mut() {
        if *left == 0 {
            open.pop();
            continue;
        }
        *left -= 1;
        let (major, argument) = head(&mut rest).ok_or_else(|| bad("it is not CBOR of definite lengths"))?;
        let inner = match major {
            2 | 3 => {
                let length = usize::try_from(argument).ok().filter(|length| *length <= rest.len());
                rest = &rest[length.ok_or_else(|| bad("it ends early"))?..];
                continue;
            }
            4 => argument,
            5 => argument.saturating_mul(2),
            6 => 1,
            _ => continue,
        };
        // Each item takes one byte at the least.
        if inner > rest.len() as u64 {
            return Err(bad("it ends early"));
        }
        if open.len() > MAX_DEPTH {
            return Err(bad("it is nested too deeply"));
        }
        open.push(inner);
    }
    if rest.is_empty() { Ok(()) } else { Err(bad("bytes follow its end")) }
}

/// Takes the major type and the argument of one item off the front (RFC 8949 §3); none for indefinite lengths.
fn head(rest: &mut &[u8]) -> Option<(u8, u64)> {
    let (&first, after) = rest.split_first()?;
    let length = match first & 0x1f {
        small @ 0..24 => {
            *rest = after;
            return Some((first >> 5, small.into()));
        }
        size @ 24..28 => 1 << (size - 24),
        _ => return None,
    };
    let (bytes, after) = after.split_at_checked(length)?;
    *rest = after;
    Some((first >> 5, bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bombs_are_refused_before_they_are_decoded() {
        let deep = [vec![0x81; 100_000], vec![0x00]].concat();
        let tags = [vec![0xc6; 100_000], vec![0x00]].concat();
        let long_array = b"\x9b\x00\x00\x00\xff\xff\xff\xff\xff".to_vec();
        let long_text = b"\x7b\x7f\xff\xff\xff\xff\xff\xff\xff".to_vec();
        let long_map = b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff\x00".to_vec();
        let endless = b"\x9f\x00\xff".to_vec();
        for bomb in [deep, tags, long_array, long_text, long_map, endless, Vec::new(), b"\x00\x00".to_vec(), b"\x1c".to_vec()] {
            assert!(matches!(read("test", &bomb), Err(WalletError::Malformed { .. })), "{:?}", &bomb[..bomb.len().min(9)]);
        }
    }

    #[test]
    fn rfc_8949_appendix_a_items_are_read() {
        for (bytes, value) in [
            (&b"\x00"[..], Cbor::from(0)),
            (b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", Cbor::from(u64::MAX)),
            (b"\x29", Cbor::from(-10)),
            (b"\x44\x01\x02\x03\x04", Cbor::Bytes(vec![1, 2, 3, 4])),
            (b"\x83\x01\x02\x03", Cbor::Array(vec![1.into(), 2.into(), 3.into()])),
            (b"\xa1\x61a\xf5", Cbor::Map(vec![(Cbor::Text("a".to_owned()), Cbor::Bool(true))])),
            (b"\xc1\x1a\x51\x4b\x67\xb0", Cbor::Tag(1, Box::new(1_363_896_240.into()))),
            (b"\xf9\x3c\x00", Cbor::Float(1.0)),
        ] {
            assert_eq!(read("test", bytes), Ok(value), "{bytes:x?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read("test", &bytes);
        }

        #[test]
        fn what_is_written_is_read(numbers in proptest::collection::vec(any::<i64>(), 0..20), text in "\\PC{0,40}") {
            let value = Cbor::Array(vec![
                Cbor::Array(numbers.into_iter().map(Cbor::from).collect()),
                Cbor::Map(vec![(Cbor::Text(text.clone()), Cbor::Bytes(text.into_bytes()))]),
            ]);
            let mut bytes = Vec::new();
            coset::cbor::ser::into_writer(&value, &mut bytes).expect("memory");
            prop_assert_eq!(read("test", &bytes), Ok(value));
            prop_assert!(read("test", &bytes[..bytes.len() - 1]).is_err());
        }
    }
}
