//! CBOR (RFC 8949) within bounds: no more memory than the input is long, no deeper than JSON may be, definite lengths only.

use minicbor::data::{Tag, Type};
use minicbor::{Decoder, Encoder};

use crate::json::MAX_DEPTH;
use crate::qr::BarcodeFault;

/// Integers beyond this are not exact in JSON (RFC 7493, section 2.2).
pub(crate) const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// One CBOR data item; a map keeps its entries in the order they came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cbor {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Cbor>),
    Map(Vec<(Cbor, Cbor)>),
    Tag(u64, Box<Cbor>),
}

/// Reads exactly one data item.
pub(crate) fn read(bytes: &[u8]) -> Result<Cbor, BarcodeFault> {
    let mut decoder = Decoder::new(bytes);
    let item = read_item(&mut decoder, 0)?;
    if decoder.position() != bytes.len() {
        return Err(BarcodeFault::malformed("bytes follow the end of the CBOR item"));
    }
    Ok(item)
}

/// Writes one data item in deterministic form (RFC 8949, section 4.2.1).
pub(crate) fn write(item: &Cbor) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    write_item(&mut encoder, item);
    encoder.into_writer()
}

fn read_item(decoder: &mut Decoder<'_>, depth: usize) -> Result<Cbor, BarcodeFault> {
    if depth > MAX_DEPTH {
        return Err(BarcodeFault::malformed(format_args!("CBOR nested deeper than {MAX_DEPTH} levels")));
    }
    let item = match decoder.datatype().map_err(bad)? {
        Type::Null => decoder.null().map(|()| Cbor::Null).map_err(bad)?,
        Type::Bool => Cbor::Bool(decoder.bool().map_err(bad)?),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
            Cbor::Int(read_integer(decoder)?)
        }
        Type::F16 => Cbor::Float(read_half(decoder)?),
        Type::F32 => Cbor::Float(finite(decoder.f32().map_err(bad)?.into())?),
        Type::F64 => Cbor::Float(finite(decoder.f64().map_err(bad)?)?),
        Type::Bytes => Cbor::Bytes(decoder.bytes().map_err(bad)?.to_vec()),
        Type::String => Cbor::Text(decoder.str().map_err(bad)?.to_owned()),
        Type::Array => {
            let length = definite(decoder.array().map_err(bad)?)?;
            let mut items = Vec::new();
            for _ in 0..length {
                items.push(read_item(decoder, depth + 1)?);
            }
            Cbor::Array(items)
        }
        Type::Map => {
            let length = definite(decoder.map().map_err(bad)?)?;
            let mut entries = Vec::new();
            for _ in 0..length {
                let key = read_item(decoder, depth + 1)?;
                entries.push((key, read_item(decoder, depth + 1)?));
            }
            Cbor::Map(entries)
        }
        Type::Tag => {
            let tag = decoder.tag().map_err(bad)?;
            Cbor::Tag(tag.as_u64(), Box::new(read_item(decoder, depth + 1)?))
        }
        other => return Err(BarcodeFault::malformed(format_args!("CBOR {other} has no place in a credential"))),
    };
    Ok(item)
}

fn read_integer(decoder: &mut Decoder<'_>) -> Result<i64, BarcodeFault> {
    decoder
        .int()
        .ok()
        .and_then(|int| i64::try_from(int).ok())
        .filter(|int| (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(int))
        .ok_or_else(|| BarcodeFault::malformed("an integer beyond what JSON holds exactly"))
}

/// Reads a half-precision number: initial byte, then sign, five bits of exponent and ten of fraction.
fn read_half(decoder: &mut Decoder<'_>) -> Result<f64, BarcodeFault> {
    let start = decoder.position();
    let &[high, low] = decoder
        .input()
        .get(start + 1..)
        .and_then(|rest| rest.first_chunk::<2>())
        .ok_or_else(|| BarcodeFault::malformed("CBOR ends early"))?;
    decoder.set_position(start + 3);
    let half = u16::from_be_bytes([high, low]);
    let fraction = f64::from(half & 0x3ff);
    let magnitude = match (half >> 10) & 0x1f {
        0 => fraction * 2f64.powi(-24),
        31 => f64::INFINITY,
        exponent => (1024.0 + fraction) * 2f64.powi(i32::from(exponent) - 25),
    };
    finite(if half & 0x8000 == 0 { magnitude } else { -magnitude })
}

fn finite(number: f64) -> Result<f64, BarcodeFault> {
    if number.is_finite() { Ok(number) } else { Err(BarcodeFault::malformed("a number that is not finite")) }
}

fn definite(length: Option<u64>) -> Result<u64, BarcodeFault> {
    length.ok_or_else(|| BarcodeFault::malformed("CBOR of indefinite length"))
}

fn bad(error: minicbor::decode::Error) -> BarcodeFault {
    BarcodeFault::malformed(format_args!("broken CBOR: {error}"))
}

fn write_item(encoder: &mut Encoder<Vec<u8>>, item: &Cbor) {
    let written = match item {
        Cbor::Null => encoder.null().map(drop),
        Cbor::Bool(value) => encoder.bool(*value).map(drop),
        Cbor::Int(value) => encoder.i64(*value).map(drop),
        Cbor::Float(value) => {
            write_float(encoder, *value);
            Ok(())
        }
        Cbor::Bytes(bytes) => encoder.bytes(bytes).map(drop),
        Cbor::Text(text) => encoder.str(text).map(drop),
        Cbor::Array(items) => {
            let header = encoder.array(items.len() as u64).map(drop);
            items.iter().for_each(|item| write_item(encoder, item));
            header
        }
        Cbor::Map(entries) => {
            let header = encoder.map(entries.len() as u64).map(drop);
            let mut sorted: Vec<_> = entries.iter().map(|(key, value)| (write(key), value)).collect();
            sorted.sort_by(|(left, _), (right, _)| left.cmp(right));
            for (key, value) in sorted {
                encoder.writer_mut().extend_from_slice(&key);
                write_item(encoder, value);
            }
            header
        }
        Cbor::Tag(tag, item) => {
            let header = encoder.tag(Tag::new(*tag)).map(drop);
            write_item(encoder, item);
            header
        }
    };
    written.expect("a vector takes every byte");
}

/// Writes a number in the shortest form that keeps its value.
fn write_float(encoder: &mut Encoder<Vec<u8>>, value: f64) {
    if let Some(half) = half_bits(value) {
        encoder.writer_mut().push(0xf9);
        encoder.writer_mut().extend_from_slice(&half.to_be_bytes());
    } else if f64::from(value as f32) == value {
        encoder.f32(value as f32).map(drop).expect("a vector takes every byte");
    } else {
        encoder.f64(value).map(drop).expect("a vector takes every byte");
    }
}

/// The half-precision form of a number, if it is exact; subnormal halves are left to the wider forms.
fn half_bits(value: f64) -> Option<u16> {
    let bits = value.to_bits();
    let sign = ((bits >> 63) as u16) << 15;
    let exponent = ((bits >> 52) & 0x7ff) as i32 - 1023;
    let fraction = bits & ((1 << 52) - 1);
    if value == 0.0 {
        return Some(sign);
    }
    if !(-14..=15).contains(&exponent) || fraction & ((1 << 42) - 1) != 0 {
        return None;
    }
    Some(sign | ((exponent + 15) as u16) << 10 | (fraction >> 42) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
    }

    #[test]
    fn examples_of_rfc_8949_appendix_a_are_read_and_written() {
        let examples = [
            ("00", Cbor::Int(0)),
            ("1818", Cbor::Int(24)),
            ("1a000f4240", Cbor::Int(1_000_000)),
            ("3903e7", Cbor::Int(-1000)),
            ("f93c00", Cbor::Float(1.0)),
            ("fb3ff199999999999a", Cbor::Float(1.1)),
            ("f97bff", Cbor::Float(65504.0)),
            ("fa47c35000", Cbor::Float(100_000.0)),
            ("f9c400", Cbor::Float(-4.0)),
            ("fbc010666666666666", Cbor::Float(-4.1)),
            ("f4", Cbor::Bool(false)),
            ("f6", Cbor::Null),
            ("4401020304", Cbor::Bytes(vec![1, 2, 3, 4])),
            ("62c3bc", Cbor::Text("ü".into())),
            ("8301820203820405", {
                let pair = |a, b| Cbor::Array(vec![Cbor::Int(a), Cbor::Int(b)]);
                Cbor::Array(vec![Cbor::Int(1), pair(2, 3), pair(4, 5)])
            }),
            ("a201020304", Cbor::Map(vec![(Cbor::Int(1), Cbor::Int(2)), (Cbor::Int(3), Cbor::Int(4))])),
            ("c11a514b67b0", Cbor::Tag(1, Box::new(Cbor::Int(1_363_896_240)))),
        ];
        for (bytes, item) in examples {
            assert_eq!(read(&hex(bytes)).expect("well-formed"), item, "{bytes}");
            assert_eq!(write(&item), hex(bytes), "{bytes}");
        }
        assert_eq!(read(&hex("f90001")).expect("well-formed"), Cbor::Float(5.960464477539063e-8));
    }

    #[test]
    fn map_keys_are_written_in_deterministic_order() {
        let map = Cbor::Map(vec![
            (Cbor::Text("b".into()), Cbor::Null),
            (Cbor::Text("aa".into()), Cbor::Null),
            (Cbor::Int(100), Cbor::Null),
            (Cbor::Int(10), Cbor::Null),
        ]);
        assert_eq!(write(&map), hex("a40af61864f66162f6626161f6"));
    }

    #[test]
    fn claimed_lengths_reserve_no_memory() {
        for bytes in ["9bffffffffffffffff", "bbffffffffffffffff", "5bffffffffffffffff", "7bffffffffffffffff"] {
            assert!(read(&hex(bytes)).is_err(), "{bytes}");
        }
    }

    #[test]
    fn depth_indefinite_lengths_and_trailing_bytes_are_refused() {
        assert!(read(&[0x81; 100_000]).is_err());
        assert!(read(&[0xc1; 100_000]).is_err());
        for bytes in [
            "9fff",
            "bfff",
            "5fff",
            "7fff",
            "0000",
            "f7",
            "f97c00",
            "fa7f800000",
            "fb7ff8000000000000",
            "1bffffffffffffffff",
            "1b0020000000000000",
        ] {
            assert!(read(&hex(bytes)).is_err(), "{bytes}");
        }
    }

    fn any_item() -> impl Strategy<Value = Cbor> {
        let leaf = prop_oneof![
            Just(Cbor::Null),
            any::<bool>().prop_map(Cbor::Bool),
            (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).prop_map(Cbor::Int),
            prop_oneof![any::<f64>(), any::<f32>().prop_map(f64::from), (-200..200).prop_map(|n| f64::from(n) / 8.0)]
                .prop_filter("finite", |f| f.is_finite())
                .prop_map(Cbor::Float),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(Cbor::Bytes),
            "\\PC{0,20}".prop_map(Cbor::Text),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Cbor::Array),
                (0..100_000u64, inner).prop_map(|(tag, item)| Cbor::Tag(tag, Box::new(item))),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(item) = read(&bytes) {
                let _ = write(&item);
            }
        }

        #[test]
        fn what_is_written_is_read_back(item in any_item()) {
            prop_assert_eq!(read(&write(&item)).expect("written here"), item);
        }
    }
}
