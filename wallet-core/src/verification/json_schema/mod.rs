//! JSON Schema (2020-12, 2019-09, draft 7) over a credential, bounded in every direction: a schema is written by a stranger.
//!
//! Nothing is fetched; patterns are matched in linear time; `format` is asserted, as VC JSON Schema §4.2 shows.

mod bound;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jsonschema::{Draft, PatternOptions, Retrieve, Uri};
use serde_json::{Map, Value};

use crate::json;

/// The longest schema that is read, in bytes.
const MAX_SCHEMA_BYTES: usize = 256 * 1024;
/// The most schemas that one may refer to, one leading to the next.
const MAX_DOCUMENTS: usize = 8;
/// The most patterns in all of them.
const MAX_PATTERNS: usize = 128;
/// The largest compiled pattern, in bytes.
const MAX_PATTERN_SIZE: usize = 1 << 20;

/// Why a credential was not found to follow a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SchemaFault {
    /// It does not follow it; `at` is where, as a JSON pointer.
    Mismatch { at: String },
    /// The schema refers to another that is not at hand.
    Missing { url: String },
    /// The schema is none, or of a version or form that is not supported.
    NotGood { why: String },
    /// Evaluating it would take more work than any honest schema needs.
    TooMuchWork,
}

/// Reads the text of a schema.
pub(super) fn read(bytes: &[u8]) -> Result<Value, SchemaFault> {
    if bytes.len() > MAX_SCHEMA_BYTES {
        return Err(SchemaFault::TooMuchWork);
    }
    json::read_bytes("schema", bytes).map_err(|error| SchemaFault::not_good(error.to_string()))
}

/// Evaluates `schema`, published at `url`, over `credential`; `at_hand` gives the texts of others it refers to.
pub(super) fn evaluate<'a>(
    url: &str,
    schema: &Value,
    credential: &Map<String, Value>,
    at_hand: impl Fn(&str) -> Option<&'a [u8]>,
) -> Result<(), SchemaFault> {
    let draft = draft(schema)?;
    let documents = gather(url, schema, at_hand)?;
    let instance = Value::Object(credential.clone());
    bound::check(url, &documents, &instance)?;
    let options = jsonschema::options()
        .with_draft(draft)
        .with_base_uri(url)
        .should_validate_formats(true)
        .with_format("regex", |_: &str| true)
        .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN_SIZE).dfa_size_limit(MAX_PATTERN_SIZE))
        .with_retriever(AtHand(documents));
    let validator = options.build(schema).map_err(|error| SchemaFault::not_good(error.masked().to_string()))?;
    if validator.is_valid(&instance) {
        return Ok(());
    }
    let at = validator.validate(&instance).err().map(|error| error.instance_path().to_string());
    Err(SchemaFault::Mismatch { at: at.unwrap_or_default() })
}

/// The URLs of the schemas that `schema`, published at `url`, refers to.
pub(super) fn references(url: &str, schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    bound::each_reference(schema, &mut |reference| {
        if let Ok(target) = bound::absolute(url, schema, reference) {
            found.push(target);
        }
    });
    found
}

impl SchemaFault {
    fn not_good(why: impl Into<String>) -> Self {
        Self::NotGood { why: why.into() }
    }
}

/// The version a schema names; one without is no schema (VC JSON Schema §4).
fn draft(schema: &Value) -> Result<Draft, SchemaFault> {
    let named = schema.get("$schema").and_then(Value::as_str).ok_or_else(|| SchemaFault::not_good("it names no $schema"))?;
    match named.trim_end_matches('#') {
        "https://json-schema.org/draft/2020-12/schema" => Ok(Draft::Draft202012),
        "https://json-schema.org/draft/2019-09/schema" => Ok(Draft::Draft201909),
        "http://json-schema.org/draft-07/schema" => Ok(Draft::Draft7),
        _ => Err(SchemaFault::not_good("its $schema is none of 2020-12, 2019-09 and draft 7")),
    }
}

/// The schema and all it refers to, by URL.
fn gather<'a>(
    url: &str,
    schema: &Value,
    at_hand: impl Fn(&str) -> Option<&'a [u8]>,
) -> Result<BTreeMap<String, Value>, SchemaFault> {
    let mut documents = BTreeMap::from([(url.to_owned(), schema.clone())]);
    let mut waiting = vec![url.to_owned()];
    let mut patterns = 0;
    while let Some(url) = waiting.pop() {
        let document = &documents[&url];
        patterns += bound::patterns(document);
        for target in references(&url, document) {
            if documents.contains_key(&target) {
                continue;
            }
            let bytes = at_hand(&target).ok_or_else(|| SchemaFault::Missing { url: target.clone() })?;
            documents.insert(target.clone(), read(bytes)?);
            waiting.push(target);
        }
        if documents.len() > MAX_DOCUMENTS || patterns > MAX_PATTERNS {
            return Err(SchemaFault::TooMuchWork);
        }
    }
    Ok(documents)
}

/// The schemas at hand, and no others: nothing is fetched.
struct AtHand(BTreeMap<String, Value>);

impl Retrieve for AtHand {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        self.0.get(uri.as_str().trim_end_matches('#')).cloned().ok_or_else(|| "it is not at hand".into())
    }
}
