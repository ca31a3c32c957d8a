//! One value at a time: a number from the type table, a compact form of its own, or the value as it is.

use jiff::Timestamp;
use multibase::Base;
use serde_json::{Number, Value};

use super::table::{self, TypeTable};
use super::terms::Terms;
use super::url;
use crate::qr::BarcodeFault;
use crate::qr::cbor::{Cbor, MAX_SAFE_INTEGER};

pub(super) const DATE: &str = "http://www.w3.org/2001/XMLSchema#date";
pub(super) const DATE_TIME: &str = "http://www.w3.org/2001/XMLSchema#dateTime";
/// Converting base58 takes quadratic time: longer text stays text.
pub(super) const MAX_BASE58: usize = 1024;

/// Writes a text, number or boolean of a type.
pub(super) fn encode(value: &Value, kind: &str, table: &TypeTable, terms: &Terms<'_>) -> Result<Cbor, BarcodeFault> {
    let Value::String(text) = value else { return encode_literal(value, kind, table) };
    if let Some(number) = table.number(kind, text) {
        return Ok(if travels_as_bytes(kind) { Cbor::Bytes(unsigned_bytes(number)) } else { Cbor::Int(number as i64) });
    }
    let compact = match kind {
        table::URL => url::encode(text, terms),
        table::MULTIBASE => multibase_bytes(text).map(Cbor::Bytes),
        DATE => date_seconds(text).map(Cbor::Int),
        DATE_TIME => encode_date_time(text),
        _ => None,
    };
    Ok(compact.unwrap_or_else(|| Cbor::Text(text.clone())))
}

/// Reads a value of a type; `None` for an array whose items are values of their own.
pub(super) fn decode(value: &Cbor, kind: &str, table: &TypeTable, terms: &Terms<'_>) -> Result<Option<Value>, BarcodeFault> {
    let text = |text: String| Ok(Some(Value::String(text)));
    match value {
        Cbor::Bytes(bytes) if travels_as_bytes(kind) => text(tabled(table, kind, unsigned(bytes)?)?),
        Cbor::Bytes(bytes) if table.covers(kind) => Ok(Some(signed(bytes)?.into())),
        Cbor::Bytes(bytes) if kind == table::MULTIBASE => text(multibase_text(bytes)?),
        Cbor::Int(number) if table.covers(kind) && !travels_as_bytes(kind) => text(tabled(table, kind, *number as u64)?),
        Cbor::Int(id) if kind == table::URL => text(terms.term(*id)?.0.to_string()),
        Cbor::Array(parts) if kind == table::URL => text(url::decode(parts)?),
        Cbor::Int(seconds) if kind == DATE => text(instant(*seconds, 0)?.to_string()[..10].to_owned()),
        Cbor::Int(seconds) if kind == DATE_TIME => text(instant(*seconds, 0)?.to_string()),
        Cbor::Array(parts) if kind == DATE_TIME => match parts[..] {
            [Cbor::Int(seconds), Cbor::Int(millis)] => text(format!("{:.3}", instant(seconds, millis)?)),
            _ => Ok(None),
        },
        Cbor::Array(_) => Ok(None),
        plain => plain_json(plain).map(Some),
    }
}

/// A value without any JSON-LD meaning, as CBOR.
pub(super) fn plain_cbor(value: &Value) -> Result<Cbor, BarcodeFault> {
    Ok(match value {
        Value::Null => Cbor::Null,
        Value::Bool(value) => Cbor::Bool(*value),
        Value::Number(number) => number_cbor(number)?,
        Value::String(text) => Cbor::Text(text.clone()),
        Value::Array(items) => Cbor::Array(items.iter().map(plain_cbor).collect::<Result<_, _>>()?),
        Value::Object(members) => {
            let entry = |(name, value): (&String, &Value)| Ok((Cbor::Text(name.clone()), plain_cbor(value)?));
            Cbor::Map(members.iter().map(entry).collect::<Result<_, BarcodeFault>>()?)
        }
    })
}

/// CBOR without any JSON-LD meaning, as JSON: names are text and stand once.
pub(super) fn plain_json(value: &Cbor) -> Result<Value, BarcodeFault> {
    Ok(match value {
        Cbor::Null => Value::Null,
        Cbor::Bool(value) => Value::Bool(*value),
        Cbor::Int(value) => Value::Number((*value).into()),
        Cbor::Float(value) => Number::from_f64(*value).map(Value::Number).ok_or_else(|| BarcodeFault::malformed("a number"))?,
        Cbor::Text(text) => Value::String(text.clone()),
        Cbor::Array(items) => Value::Array(items.iter().map(plain_json).collect::<Result<_, _>>()?),
        Cbor::Map(entries) => {
            let mut members = serde_json::Map::new();
            for (name, value) in entries {
                let Cbor::Text(name) = name else { return Err(BarcodeFault::malformed("a member's name is not text")) };
                if members.insert(name.clone(), plain_json(value)?).is_some() {
                    return Err(BarcodeFault::malformed("an object names a member twice"));
                }
            }
            Value::Object(members)
        }
        Cbor::Bytes(_) | Cbor::Tag(..) => return Err(BarcodeFault::malformed("CBOR that has no JSON form")),
    })
}

fn encode_literal(value: &Value, kind: &str, table: &TypeTable) -> Result<Cbor, BarcodeFault> {
    let refused = || BarcodeFault::unsupported(format_args!("the JSON value {value} where its context says {kind}"));
    let plain = plain_cbor(value)?;
    match plain {
        _ if matches!(kind, table::URL | DATE | DATE_TIME) => Err(refused()),
        Cbor::Int(number) if kind != table::NONE && table.covers(kind) => {
            signed_bytes(number).map(Cbor::Bytes).ok_or_else(refused)
        }
        plain => Ok(plain),
    }
}

fn number_cbor(number: &Number) -> Result<Cbor, BarcodeFault> {
    let inexact = || BarcodeFault::unsupported(format_args!("the integer {number}, which JSON does not hold exactly"));
    if let Some(integer) = number.as_i64() {
        return if integer.abs() <= MAX_SAFE_INTEGER { Ok(Cbor::Int(integer)) } else { Err(inexact()) };
    }
    let float = number.as_f64().filter(|_| number.is_f64()).ok_or_else(inexact)?;
    let is_integer = float.fract() == 0.0 && float.abs() <= MAX_SAFE_INTEGER as f64;
    Ok(if is_integer { Cbor::Int(float as i64) } else { Cbor::Float(float) })
}

/// The types whose table numbers travel as bytes, because a CBOR integer means something else for them.
fn travels_as_bytes(kind: &str) -> bool {
    matches!(kind, table::NONE | table::URL | DATE | DATE_TIME)
}

fn tabled(table: &TypeTable, kind: &str, number: u64) -> Result<String, BarcodeFault> {
    let missing = || BarcodeFault::malformed(format_args!("type table {} has no {kind} under {number}", table.entry_id()));
    table.value(kind, number).map(str::to_owned).ok_or_else(missing)
}

fn unsigned_bytes(number: u64) -> Vec<u8> {
    match number {
        0..0xff => vec![number as u8],
        0xff..0xffff => (number as u16).to_be_bytes().to_vec(),
        _ => (number as u32).to_be_bytes().to_vec(),
    }
}

fn unsigned(bytes: &[u8]) -> Result<u64, BarcodeFault> {
    match *bytes {
        [a] => Ok(a.into()),
        [a, b] => Ok(u16::from_be_bytes([a, b]).into()),
        [a, b, c, d] => Ok(u32::from_be_bytes([a, b, c, d]).into()),
        _ => Err(BarcodeFault::malformed("a table number that is not 1, 2 or 4 bytes long")),
    }
}

fn signed_bytes(number: i64) -> Option<Vec<u8>> {
    match number {
        -0x80..0x7f => Some((number as i8).to_be_bytes().to_vec()),
        0x7f..0x7fff => Some((number as i16).to_be_bytes().to_vec()),
        0x7fff..0x7fff_ffff => Some((number as i32).to_be_bytes().to_vec()),
        0x7fff_ffff..MAX_SAFE_INTEGER => Some(number.to_be_bytes().to_vec()),
        _ => None,
    }
}

fn signed(bytes: &[u8]) -> Result<i64, BarcodeFault> {
    let number = match *bytes {
        [a] => i8::from_be_bytes([a]).into(),
        [a, b] => i16::from_be_bytes([a, b]).into(),
        [a, b, c, d] => i32::from_be_bytes([a, b, c, d]).into(),
        [a, b, c, d, e, f, g, h] => i64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => return Err(BarcodeFault::malformed("an integer that is not 1, 2, 4 or 8 bytes long")),
    };
    let exact = (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&number);
    if exact { Ok(number) } else { Err(BarcodeFault::malformed("an integer beyond what JSON holds exactly")) }
}

/// The bytes of a multibase text behind its code letter; `None` where the text would not come back the same.
fn multibase_bytes(text: &str) -> Option<Vec<u8>> {
    let code = *text.as_bytes().first()?;
    if !matches!(code, b'z' | b'u' | b'M') || (code == b'z' && text.len() > MAX_BASE58) {
        return None;
    }
    let (base, bytes) = multibase::decode(text).ok()?;
    (multibase::encode(base, &bytes) == text).then(|| [&[code], &*bytes].concat())
}

fn multibase_text(bytes: &[u8]) -> Result<String, BarcodeFault> {
    match bytes {
        [b'z', rest @ ..] if rest.len() <= MAX_BASE58 => Ok(multibase::encode(Base::Base58Btc, rest)),
        [b'u', rest @ ..] => Ok(multibase::encode(Base::Base64Url, rest)),
        [b'M', rest @ ..] => Ok(multibase::encode(Base::Base64Pad, rest)),
        _ => Err(BarcodeFault::malformed("a multibase code that CBOR-LD does not know")),
    }
}

/// Seconds since 1970 of a date written as `2026-01-31`; `None` for any other spelling.
fn date_seconds(text: &str) -> Option<i64> {
    let instant: Timestamp = format!("{text}T00:00:00Z").parse().ok()?;
    (instant.to_string()[..10] == *text).then(|| instant.as_second())
}

/// A time written as `2026-01-31T12:00:00Z` or with three decimals; `None` for any other spelling, which stays text.
fn encode_date_time(text: &str) -> Option<Cbor> {
    let instant: Timestamp = text.parse().ok()?;
    let seconds = instant.as_millisecond().div_euclid(1000);
    if text == instant.to_string() && !text.contains('.') {
        return Some(Cbor::Int(seconds));
    }
    let millis = instant.as_millisecond().rem_euclid(1000);
    (text == format!("{instant:.3}")).then(|| Cbor::Array(vec![Cbor::Int(seconds), Cbor::Int(millis)]))
}

fn instant(seconds: i64, millis: i64) -> Result<Timestamp, BarcodeFault> {
    let bad = || BarcodeFault::malformed("a time out of range");
    let within = (0..1000).contains(&millis).then_some(seconds).ok_or_else(bad)?;
    let instant = within.checked_mul(1000).and_then(|ms| ms.checked_add(millis)).ok_or_else(bad)?;
    let instant = Timestamp::from_millisecond(instant).map_err(|_| bad())?;
    // Years before 0000 have another spelling, which no credential needs.
    if instant.as_second() < -62_167_219_200 { Err(bad()) } else { Ok(instant) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_numbers_only_in_the_spelling_that_comes_back() {
        assert_eq!(encode_date_time("1970-01-01T00:00:01Z"), Some(Cbor::Int(1)));
        assert_eq!(encode_date_time("1969-12-31T23:59:59.500Z"), Some(Cbor::Array(vec![Cbor::Int(-1), Cbor::Int(500)])));
        for other in
            ["2026-03-01T09:00:00-03:00", "2026-03-01T09:00:00+00:00", "2026-03-01T09:00:00.5Z", "2026-03-01T09:00Z", "T", ""]
        {
            assert_eq!(encode_date_time(other), None, "{other}");
        }
        assert_eq!(date_seconds("1970-01-02"), Some(86_400));
        for other in ["1970-1-2", "1970-01-02Z", "19700102", ""] {
            assert_eq!(date_seconds(other), None, "{other}");
        }
    }

    #[test]
    fn multibase_that_is_not_canonical_stays_text() {
        assert_eq!(multibase_bytes("uAQID"), Some(vec![b'u', 1, 2, 3]));
        assert_eq!(multibase_bytes("MAQI="), Some(vec![b'M', 1, 2]));
        for other in ["uAR", "z0", "MAQI", "f00", "", "é"] {
            assert_eq!(multibase_bytes(other), None, "{other}");
        }
        assert_eq!(multibase_text(&[b'z', 0, 1]), Ok("z12".into()));
    }

    #[test]
    fn integers_json_does_not_hold_exactly_are_refused() {
        let too_big: Value = serde_json::from_str("9007199254740993").expect("a number");
        assert!(plain_cbor(&too_big).is_err());
        let unsigned: Value = serde_json::from_str("18446744073709551615").expect("a number");
        assert!(plain_cbor(&unsigned).is_err());
        assert_eq!(plain_cbor(&serde_json::json!(1.0)), Ok(Cbor::Int(1)));
        assert_eq!(plain_cbor(&serde_json::json!(8.5)), Ok(Cbor::Float(8.5)));
    }

    #[test]
    fn table_numbers_take_the_bytes_the_reference_gives_them() {
        for (number, length) in [(0, 1), (0xfe, 1), (0xff, 2), (0xfffe, 2), (0xffff, 4)] {
            assert_eq!(unsigned_bytes(number).len(), length, "{number}");
            assert_eq!(unsigned(&unsigned_bytes(number)), Ok(number));
        }
        for number in [-128, 0, 0x7e, 0x7f, 0x7fff, 0x7fff_ffff] {
            assert_eq!(signed(&signed_bytes(number).expect("in range")), Ok(number));
        }
    }
}
