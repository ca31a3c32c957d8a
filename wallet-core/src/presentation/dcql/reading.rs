//! How members of a query are read: unknown ones are ignored, known ones must be what the standard says (OpenID4VP 1.0 §6).

use serde_json::{Map, Value};

use super::QueryId;
use crate::error::{Result, WalletError};

/// What is wrong with a query.
pub(super) fn bad(reason: impl ToString) -> WalletError {
    WalletError::malformed("DCQL query", reason)
}

/// `value` as an object; `what` names it in the error.
pub(super) fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Map<String, Value>> {
    value.as_object().ok_or_else(|| bad(format!("{what} is not an object")))
}

/// `value` as text.
pub(super) fn text<'a>(value: &'a Value, what: &str) -> Result<&'a str> {
    value.as_str().ok_or_else(|| bad(format!("{what} is not text")))
}

/// A member that must be there.
pub(super) fn required<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a Value> {
    object.get(name).ok_or_else(|| bad(format!("it has no {name}")))
}

/// `value` as a list of one to `most` items.
pub(super) fn list<'a>(value: &'a Value, name: &str, most: usize) -> Result<&'a [Value]> {
    let items = value.as_array().filter(|items| !items.is_empty());
    let items = items.ok_or_else(|| bad(format!("its {name} is not a list of at least one")))?;
    if items.len() > most { Err(bad(format!("its {name} has more than {most} items"))) } else { Ok(items) }
}

/// A list that may be left out: each item by `read`, none when it is absent.
pub(super) fn optional_list<T>(
    object: &Map<String, Value>,
    name: &str,
    most: usize,
    read: impl Fn(&Value) -> Result<T>,
) -> Result<Vec<T>> {
    let Some(value) = object.get(name) else { return Ok(Vec::new()) };
    list(value, name, most)?.iter().map(read).collect()
}

/// A list of texts, at least one.
pub(super) fn texts(value: &Value, name: &str, most: usize) -> Result<Vec<String>> {
    list(value, name, most)?.iter().map(|item| text(item, name).map(str::to_owned)).collect()
}

/// A list of identifiers, at least one.
pub(super) fn ids(value: &Value, name: &str, most: usize) -> Result<Vec<QueryId>> {
    list(value, name, most)?.iter().map(|item| text(item, name)?.parse()).collect()
}

/// A yes or no that may be left out.
pub(super) fn flag(object: &Map<String, Value>, name: &str, default: bool) -> Result<bool> {
    match object.get(name) {
        None => Ok(default),
        Some(value) => value.as_bool().ok_or_else(|| bad(format!("its {name} is neither true nor false"))),
    }
}
