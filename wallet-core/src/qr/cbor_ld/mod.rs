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
use crate::securing::linked_data::Contexts;

pub use self::table::{TypeTable, TypeTables};

/// The longest CBOR-LD that is written or read, in bytes; the largest QR code holds less than 3,000.
pub const MAX_BYTES: usize = 1 << 16;

const TAG: u64 = 51997;
const LEGACY_TAGS: std::ops::RangeInclusive<u64> = 0x0600..=0x06ff;
const LEGACY_SINGLETONS: std::ops::RangeInclusive<u64> = 0x0500..=0x0501;
const UNCOMPRESSED: u64 = 0;

/// Writes a JSON-LD document with a type table, taking contexts from `contexts`.
///
/// Some JSON has a form that would come back different; compare before you rely on it, as [`super::barcode::encode`] does.
pub fn encode(document: &Map<String, Value>, table: &TypeTable, contexts: &Contexts) -> Result<Vec<u8>, BarcodeFault> {
    let mut compressor = Compressor { table, terms: Terms::new(contexts) };
    let payload = compressor.object(&Active::nothing(), document, 0)?;
    let entry = Cbor::Int(table.entry_id() as i64);
    let bytes = cbor::write(&Cbor::Tag(TAG, Box::new(Cbor::Array(vec![entry, payload]))));
    if bytes.len() > MAX_BYTES {
        return Err(BarcodeFault::TooLong { limit: MAX_BYTES, unit: "bytes" });
    }
    Ok(bytes)
}

/// Reads a JSON-LD document with the table it names, taking contexts from `contexts`.
pub fn decode(bytes: &[u8], tables: &TypeTables, contexts: &Contexts) -> Result<Map<String, Value>, BarcodeFault> {
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
    let mut decompressor = Decompressor { table: tables.table(entry_id)?, terms: Terms::new(contexts) };
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DIPLOMA_CONTEXT: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";

    fn tagged(tag: u64, content: Cbor) -> Vec<u8> {
        cbor::write(&Cbor::Tag(tag, Box::new(content)))
    }

    fn read(bytes: &[u8]) -> Result<Map<String, Value>, BarcodeFault> {
        let table = TypeTable::programme(1001, &[DIPLOMA_CONTEXT], &[], &[]).expect("a table");
        decode(bytes, &TypeTables::new().with(table), &Contexts::bundled())
    }

    fn with_entry(entry_id: i64, payload: Cbor) -> Vec<u8> {
        tagged(TAG, Cbor::Array(vec![Cbor::Int(entry_id), payload]))
    }

    #[test]
    fn every_tag_that_names_a_table_is_read() {
        let payload = || Cbor::Map(vec![(Cbor::Text("a".into()), Cbor::Int(1))]);
        let expected = json!({ "a": 1 }).as_object().cloned().expect("an object");
        // 1001 is the bytes E9 07 in LEB128, of which the first stands in the tag.
        let long = Cbor::Array(vec![Cbor::Bytes(vec![0x07]), payload()]);
        for bytes in [
            with_entry(1001, payload()),
            with_entry(1, payload()),
            with_entry(0, payload()),
            tagged(0x0601, payload()),
            tagged(0x06e9, long),
        ] {
            assert_eq!(read(&bytes).as_ref(), Ok(&expected), "{bytes:02x?}");
        }
    }

    #[test]
    fn missing_table_is_said_whatever_the_tag() {
        let empty = || Cbor::Map(vec![]);
        assert_eq!(read(&with_entry(7, empty())), Err(BarcodeFault::MissingTable { entry_id: 7 }));
        assert_eq!(read(&tagged(0x0607, empty())), Err(BarcodeFault::MissingTable { entry_id: 7 }));
    }

    #[test]
    fn other_tags_and_headers_are_refused() {
        let empty = || Cbor::Map(vec![]);
        assert!(matches!(read(&tagged(0x0501, empty())), Err(BarcodeFault::Unsupported { .. })));
        for bytes in [
            tagged(18, empty()),
            tagged(TAG, empty()),
            with_entry(-1, empty()),
            with_entry(1, Cbor::Array(vec![])),
            tagged(0x0680, Cbor::Array(vec![Cbor::Bytes(vec![]), empty()])),
            tagged(0x0680, Cbor::Array(vec![Cbor::Bytes(vec![0x80]), empty()])),
            tagged(0x0680, Cbor::Array(vec![Cbor::Bytes(vec![0xff; 20]), empty()])),
            cbor::write(&empty()),
            vec![],
        ] {
            assert!(matches!(read(&bytes), Err(BarcodeFault::Malformed { .. })), "{bytes:02x?}");
        }
    }

    #[test]
    fn member_named_twice_is_refused_in_every_disguise() {
        let text = |text: &str| Cbor::Text(text.into());
        let context = (Cbor::Int(0), Cbor::Map(vec![(text("a"), text("ex:a"))]));
        for (first, second) in [(Cbor::Int(100), text("a")), (Cbor::Int(100), Cbor::Int(101)), (text("a"), text("a"))] {
            let value = |key: &Cbor| if *key == Cbor::Int(101) { Cbor::Array(vec![]) } else { Cbor::Null };
            let (one, other) = (value(&first), value(&second));
            let bytes = with_entry(1, Cbor::Map(vec![context.clone(), (first, one), (second, other)]));
            assert!(read(&bytes).is_err(), "{bytes:02x?}");
        }
        let contexts = Cbor::Map(vec![(Cbor::Int(0), text("ex:a")), (Cbor::Int(1), Cbor::Array(vec![]))]);
        assert!(read(&with_entry(1, contexts)).is_err());
        assert!(read(&with_entry(1, Cbor::Map(vec![(text("@context"), text("ex:a"))]))).is_err());
    }

    #[test]
    fn payload_that_loads_contexts_over_and_over_is_refused() {
        let over_and_over = Cbor::Map(vec![(Cbor::Int(1), Cbor::Array(vec![Cbor::Int(1); 2_700]))]);
        assert_eq!(read(&with_entry(1001, over_and_over)), Err(BarcodeFault::TooMuchWork));
    }

    #[test]
    fn deepest_document_is_written_and_read_on_a_small_stack() {
        let deep = (0..60).fold(json!({}), |inner, _| json!({ "credentialSubject": inner, "type": "Achievement" }));
        let mut document = deep.as_object().cloned().expect("an object");
        document.insert("@context".into(), "https://www.w3.org/ns/credentials/v2".into());
        let work = move || {
            let bytes = encode(&document, &TypeTable::empty(), &Contexts::bundled()).expect("60 levels");
            assert_eq!(read(&bytes), Ok(document));
        };
        std::thread::Builder::new().stack_size(512 * 1024).spawn(work).expect("a thread").join().expect("no overflow");
        let deeper = (0..70).fold(json!({}), |inner, _| json!({ "a": inner }));
        assert!(encode(deeper.as_object().expect("an object"), &TypeTable::empty(), &Contexts::bundled()).is_err());
    }
}
