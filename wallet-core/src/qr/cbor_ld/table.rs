//! Type tables: the values a programme uses over and over, each under a small number.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::{Result, WalletError};
use crate::qr::BarcodeFault;
use crate::securing::INCLUSION_SUITE;

pub(super) const CONTEXT: &str = "context";
pub(super) const URL: &str = "url";
pub(super) const NONE: &str = "none";
pub(super) const CRYPTOSUITE: &str = "https://w3id.org/security#cryptosuiteString";
pub(super) const MULTIBASE: &str = "https://w3id.org/security#multibase";
const XSD: &str = "http://www.w3.org/2001/XMLSchema#";

const MAX_VALUES: usize = 10_000;
const MAX_NUMBER: u64 = 0xffff_fffe;

/// The values one programme uses over and over, each under a number, by type of value (CBOR-LD 1.0, "type table").
///
/// A barcode names its table by registry entry id, so a published table never changes: a changed one takes a new id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeTable {
    entry_id: u64,
    numbers: BTreeMap<String, BTreeMap<String, u64>>,
    values: BTreeMap<String, BTreeMap<u64, String>>,
}

impl TypeTable {
    /// The registry entry id of the table that is empty and known to everyone.
    pub const DEFAULT_ENTRY: u64 = 1;

    /// The table without a value, registry entry 1.
    pub fn empty() -> Self {
        Self { entry_id: Self::DEFAULT_ENTRY, numbers: BTreeMap::new(), values: BTreeMap::new() }
    }

    /// An empty table under a programme's own entry id; 0 and 1 are taken by the standard.
    pub fn new(entry_id: u64) -> Result<Self> {
        if !(2..=MAX_NUMBER).contains(&entry_id) {
            return Err(WalletError::misused("a programme's type table has an entry id between 2 and 4294967294"));
        }
        Ok(Self { entry_id, ..Self::empty() })
    }

    /// A programme's table: its contexts, the URLs it uses (issuers, keys, status lists) and frequent plain texts, numbered in
    /// this order from 1, beside the cryptosuite names: 1 to 4 as the CBOR-LD registry numbers them, then those it does not have.
    pub fn programme(entry_id: u64, contexts: &[&str], urls: &[&str], texts: &[&str]) -> Result<Self> {
        let mut table = Self::new(entry_id)?;
        for (kind, values) in [(CONTEXT, contexts), (URL, urls), (NONE, texts)] {
            for (number, value) in (1..).zip(values) {
                table.insert(kind, value, number)?;
            }
        }
        let suites = [
            "ecdsa-rdfc-2019",
            "ecdsa-sd-2023",
            "eddsa-rdfc-2022",
            "ecdsa-xi-2023",
            "eddsa-jcs-2022",
            "ecdsa-jcs-2019",
            "bbs-2023",
            INCLUSION_SUITE,
        ];
        for (number, suite) in (1..).zip(suites) {
            table.insert(CRYPTOSUITE, suite, number)?;
        }
        Ok(table)
    }

    /// Reads a table as trust data carries it: `{"registryEntryId": n, "typeTable": {type: {value: number}}}`.
    pub fn from_json(json: &Value) -> Result<Self> {
        let malformed = |reason: &str| WalletError::malformed("type table", reason);
        let entry_id = json["registryEntryId"].as_u64().ok_or_else(|| malformed("registryEntryId is not a number"))?;
        let types = json["typeTable"].as_object().ok_or_else(|| malformed("typeTable is not an object"))?;
        let mut table = Self::new(entry_id).map_err(|e| malformed(&e.to_string()))?;
        for (kind, values) in types {
            for (value, number) in values.as_object().ok_or_else(|| malformed("a type is not an object"))? {
                let number = number.as_u64().ok_or_else(|| malformed("a value has no number"))?;
                table.insert(kind, value, number)?;
            }
        }
        Ok(table)
    }

    /// Writes the table as [`TypeTable::from_json`] reads it.
    pub fn to_json(&self) -> Value {
        let types: Map<String, Value> =
            self.numbers.iter().map(|(kind, values)| (kind.clone(), values.clone().into_iter().collect())).collect();
        serde_json::json!({ "registryEntryId": self.entry_id, "typeTable": types })
    }

    /// Puts a value of a type under a number: `context`, `url`, `none` (no type) or the IRI of a literal's type.
    ///
    /// A value or a number that is taken is refused, as are the types whose numbers CBOR-LD could not tell from the values
    /// themselves: XSD integers, doubles and booleans, and multibase.
    pub fn insert(&mut self, kind: &str, value: &str, number: u64) -> Result<()> {
        let malformed = |reason: String| Err(WalletError::malformed("type table", reason));
        if kind == MULTIBASE || kind.strip_prefix(XSD).is_some_and(|name| ["integer", "double", "boolean"].contains(&name)) {
            return malformed(format!("values of type {kind} cannot be numbered"));
        }
        if number > MAX_NUMBER || self.numbers.values().map(BTreeMap::len).sum::<usize>() >= MAX_VALUES {
            return malformed("it is too large".into());
        }
        let numbers = self.numbers.entry(kind.to_owned()).or_default();
        let values = self.values.entry(kind.to_owned()).or_default();
        if numbers.contains_key(value) || values.contains_key(&number) {
            return malformed(format!("{value} or its number {number} stands there twice"));
        }
        numbers.insert(value.to_owned(), number);
        values.insert(number, value.to_owned());
        Ok(())
    }

    /// The registry entry id that names this table.
    pub fn entry_id(&self) -> u64 {
        self.entry_id
    }

    /// The number of a value, if the table has it.
    pub(super) fn number(&self, kind: &str, value: &str) -> Option<u64> {
        self.numbers.get(kind)?.get(value).copied()
    }

    /// The value of a number, if the table has it.
    pub(super) fn value(&self, kind: &str, number: u64) -> Option<&str> {
        self.values.get(kind)?.get(&number).map(String::as_str)
    }

    /// Whether values of this type are looked up here at all; the three core types always are.
    pub(super) fn covers(&self, kind: &str) -> bool {
        matches!(kind, CONTEXT | URL | NONE) || self.numbers.contains_key(kind)
    }
}

/// The type tables at hand, by registry entry id: they come with the trust data.
#[derive(Debug, Clone, Default)]
pub struct TypeTables {
    tables: BTreeMap<u64, TypeTable>,
}

impl TypeTables {
    /// Only what everyone knows: the empty table of entry 1.
    pub fn new() -> Self {
        Self { tables: BTreeMap::from([(TypeTable::DEFAULT_ENTRY, TypeTable::empty())]) }
    }

    /// These tables and one more, which takes the place of another with the same entry id.
    pub fn with(mut self, table: TypeTable) -> Self {
        self.tables.insert(table.entry_id, table);
        self
    }

    /// The table a registry entry id names.
    pub fn table(&self, entry_id: u64) -> std::result::Result<&TypeTable, BarcodeFault> {
        self.tables.get(&entry_id).ok_or(BarcodeFault::MissingTable { entry_id })
    }

    /// Every table, in the order of entry ids.
    pub fn iter(&self) -> impl Iterator<Item = &TypeTable> {
        self.tables.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programme_table_survives_the_trust_data() {
        let table =
            TypeTable::programme(1001, &["https://example.org/ctx"], &["did:example:1"], &["revocation"]).expect("a table");
        assert_eq!(TypeTable::from_json(&table.to_json()).expect("written here"), table);
        assert_eq!(table.number(CONTEXT, "https://example.org/ctx"), Some(1));
        assert_eq!(table.value(CRYPTOSUITE, 3), Some("eddsa-rdfc-2022"));
    }

    #[test]
    fn number_given_twice_is_refused() {
        let mut table = TypeTable::new(1001).expect("free id");
        table.insert(URL, "did:example:1", 1).expect("first");
        assert!(table.insert(URL, "did:example:2", 1).is_err());
        assert!(table.insert(URL, "did:example:1", 2).is_err());
    }

    #[test]
    fn types_that_could_be_mistaken_for_numbers_are_refused() {
        let mut table = TypeTable::new(1001).expect("free id");
        for kind in [MULTIBASE, "http://www.w3.org/2001/XMLSchema#integer", "http://www.w3.org/2001/XMLSchema#boolean"] {
            assert!(table.insert(kind, "1", 1).is_err(), "{kind}");
        }
        assert!(TypeTable::new(0).is_err());
        assert!(TypeTable::new(1).is_err());
    }

    #[test]
    fn missing_table_is_named() {
        assert_eq!(TypeTables::new().table(1002), Err(BarcodeFault::MissingTable { entry_id: 1002 }));
    }
}
