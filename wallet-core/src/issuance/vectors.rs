//! The examples that the standard publishes, read where they are at hand.

use serde_json::Value;

/// The JSON of an example, without its HTTP header and line breaks; none when the examples are not at hand, which CI does not allow.
pub(super) fn body(name: &str) -> Option<String> {
    let text = text(name)?;
    let start = if text.trim_start().starts_with("HTTP/") { text.find("{\n")? } else { 0 };
    let unbroken: String = text[start..].lines().map(str::trim).collect();
    serde_json::from_str::<Value>(&unbroken).unwrap_or_else(|e| panic!("{name}: {e}"));
    Some(unbroken)
}

/// An example as it is, without its line breaks.
pub(super) fn text_unbroken(name: &str) -> Option<String> {
    Some(text(name)?.split_whitespace().collect())
}

fn text(name: &str) -> Option<String> {
    let root = std::env::var("CEDULA_VECTORS")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors").to_owned());
    let text = std::fs::read_to_string(format!("{root}/oid4vci/1.0/examples/{name}")).ok();
    assert!(text.is_some() || std::env::var_os("CI").is_none(), "the vectors are not at hand: set CEDULA_VECTORS");
    text
}
