//! CBOR-LD 1.0: JSON-LD made small with the help of its own contexts.
//!
//! Both sides walk the document in the same order, load the same contexts and so give every term the same number; only the
//! numbers travel. Frequent values are numbers of a [`TypeTable`], which the payload names by its registry entry id.
//! Written as tag 51997 `[entry id, payload]`; the older tags 0x0600 to 0x06FF are read too.

mod active;
mod compress;
mod decompress;
mod table;
mod terms;
mod url;
mod values;

use std::borrow::Cow;

use serde_json::{Map, Value};

use self::active::Active;
use self::compress::Compressor;
use self::decompress::Decompressor;
use self::terms::{Definition, Terms};
use super::cbor::{self, Cbor};
use crate::qr::BarcodeFault;

pub use self::table::{TypeTable, TypeTables};
pub use self::terms::Documents;

/// The longest CBOR-LD that is written or read, in bytes; the largest QR code holds less than 3,000.
pub const MAX_BYTES: usize = 1 << 16;

const TAG: u64 = 51997;
const LEGACY_TAGS: std::ops::RangeInclusive<u64> = 0x0600..=0x06ff;
const LEGACY_SINGLETONS: std::ops::RangeInclusive<u64> = 0x0500..=0x0501;
const UNCOMPRESSED: u64 = 0;

/// Writes a JSON-LD document with a type table, taking contexts from `documents`.
///
/// Some JSON has a form that would come back different; compare before you rely on it, as [`super::barcode::encode`] does.
pub fn encode(document: &Map<String, Value>, table: &TypeTable, documents: &dyn Documents) -> Result<Vec<u8>, BarcodeFault> {
    let mut compressor = Compressor { table, terms: Terms::new(documents) };
    let payload = compressor.object(&Active::nothing(), document, 0)?;
    let entry = Cbor::Int(table.entry_id() as i64);
    let bytes = cbor::write(&Cbor::Tag(TAG, Box::new(Cbor::Array(vec![entry, payload]))));
    if bytes.len() > MAX_BYTES {
        return Err(BarcodeFault::TooLong { limit: MAX_BYTES, unit: "bytes" });
    }
    Ok(bytes)
}

/// Reads a JSON-LD document with the table it names, taking contexts from `documents`.
pub fn decode(bytes: &[u8], tables: &TypeTables, documents: &dyn Documents) -> Result<Map<String, Value>, BarcodeFault> {
    if bytes.len() > MAX_BYTES {
        return Err(BarcodeFault::TooLong { limit: MAX_BYTES, unit: "bytes" });
    }
    let (entry_id, payload) = open(cbor::read(bytes)?)?;
    if entry_id == UNCOMPRESSED {
        return match values::plain_json(&payload)? {
            Value::Object(document) => Ok(document),
            _ => Err(BarcodeFault::malformed("the CBOR-LD payload is not an object")),
        };
    }
    let Cbor::Map(entries) = payload else { return Err(BarcodeFault::malformed("the CBOR-LD payload is not an object")) };
    let mut decompressor = Decompressor { table: tables.table(entry_id)?, terms: Terms::new(documents) };
    decompressor.object(&Active::nothing(), &entries)
}

/// The registry entry id and the payload behind any of the tags CBOR-LD has used.
fn open(item: Cbor) -> Result<(u64, Cbor), BarcodeFault> {
    let bad = || BarcodeFault::malformed("the CBOR-LD header is not [registry entry id, payload]");
    let Cbor::Tag(tag, content) = item else { return Err(BarcodeFault::malformed("it is not CBOR-LD: no tag")) };
    let pair = |content| match content {
        Cbor::Array(items) => <[Cbor; 2]>::try_from(items).ok(),
        _ => None,
    };
    match tag {
        TAG => match pair(*content) {
            Some([Cbor::Int(entry_id), payload]) if entry_id >= 0 => Ok((entry_id as u64, payload)),
            _ => Err(bad()),
        },
        tag if LEGACY_TAGS.contains(&tag) && tag - LEGACY_TAGS.start() < 0x80 => Ok((tag - LEGACY_TAGS.start(), *content)),
        tag if LEGACY_TAGS.contains(&tag) => match pair(*content) {
            Some([Cbor::Bytes(rest), payload]) => Ok((varint(tag - LEGACY_TAGS.start(), &rest).ok_or_else(bad)?, payload)),
            _ => Err(bad()),
        },
        tag if LEGACY_SINGLETONS.contains(&tag) => {
            Err(BarcodeFault::unsupported("CBOR-LD older than 7.0 (tags 0x0500 and 0x0501)"))
        }
        tag => Err(BarcodeFault::malformed(format_args!("it is not CBOR-LD: tag {tag}"))),
    }
}

/// An unsigned LEB128 number whose first byte stands in the tag.
fn varint(first: u64, rest: &[u8]) -> Option<u64> {
    let (last, middle) = rest.split_last()?;
    if rest.len() > 6 || last & 0x80 != 0 || middle.iter().any(|byte| byte & 0x80 == 0) {
        return None;
    }
    let groups = rest.iter().zip(1..).map(|(byte, place)| u64::from(byte & 0x7f) << (7 * place));
    Some((first & 0x7f) | groups.sum::<u64>())
}

/// The type of a term's values: `url` for identifiers and types, a literal's type, or `none`.
fn kind_of<'a>(term: &str, definition: Option<&'a Definition>) -> Cow<'a, str> {
    let member = |name: &str| definition.and_then(|definition| definition.body.get(name)).and_then(Value::as_str);
    let is_identifier = |text: Option<&str>| matches!(text, Some("@id" | "@type"));
    match member("@type") {
        _ if is_identifier(Some(term)) || is_identifier(member("@id")) => Cow::Borrowed(table::URL),
        Some("@id" | "@vocab") => Cow::Borrowed(table::URL),
        Some(kind) => Cow::Borrowed(kind),
        None => Cow::Borrowed(table::NONE),
    }
}
