//! What the holder authorises by presenting: the types of transactions an app can show, and who authorises which (OpenID4VP 1.0 §8.4,
//! App. B.3.3).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::error::WalletError;
use crate::oauth::OAuthErrorCode;
use crate::presentation::dcql::{Choices, CredentialFormat, DcqlQuery, HolderBinding, Need, QueryId, Selection};
use crate::presentation::request::{RequestFault, TransactionData};
use crate::securing::sd_jwt::HashAlgorithm;

/// The members that every transaction may have, whatever its type (§5.1, App. B.3.3.1).
const COMMON: [&str; 3] = ["type", "credential_ids", "transaction_data_hashes_alg"];

/// A type of transaction that an app knows how to show to a person; one that it does not know is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionType {
    /// The `type`.
    pub name: String,
    /// What a transaction of this type says, and nothing else; none for an app that shows whatever it says.
    pub fields: Option<Vec<TransactionField>>,
}

/// One thing that a transaction says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionField {
    /// The member's name.
    pub name: String,
    /// What its value is.
    pub kind: FieldKind,
    /// Whether it must be there.
    pub need: Need,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// An object, whatever it holds.
    Object,
    /// A list, whatever it holds.
    List,
}

impl FieldKind {
    fn is_of(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Object => value.is_object(),
            Self::List => value.is_array(),
        }
    }
}

impl TransactionType {
    fn check(&self, parameters: &Map<String, Value>) -> Result<(), RequestFault> {
        let Some(fields) = &self.fields else { return Ok(()) };
        let of = |name: &String| fields.iter().find(|field| field.name == *name);
        for (name, value) in parameters.iter().filter(|(name, _)| !COMMON.contains(&name.as_str())) {
            if !of(name).is_some_and(|field| field.kind.is_of(value)) {
                return Err(bad("it says something that its type does not have, or of another kind"));
            }
        }
        let missing = fields.iter().any(|field| field.need == Need::Required && !parameters.contains_key(&field.name));
        if missing { Err(bad("it does not say all that its type asks for")) } else { Ok(()) }
    }
}

/// Checks that every transaction is of a type in `known`, says what that type has and nothing else, and can be authorised by one of
/// the credentials it names: an SD-JWT VC with holder binding, the only format here with a place for it (§8.5, App. B.3.3).
///
/// Fails with the code `invalid_transaction_data`. Whether the holder has such a credential is not looked at here.
pub fn check_transactions(
    transactions: &[TransactionData],
    known: &[TransactionType],
    query: &DcqlQuery,
) -> Result<(), RequestFault> {
    for transaction in transactions {
        let kind = known.iter().find(|kind| kind.name == transaction.kind());
        kind.ok_or_else(|| bad("its type is not known to this wallet"))?.check(transaction.parameters())?;
        let can_authorise = |id: &String| {
            let credential = query.credentials().iter().find(|credential| credential.id.as_str() == id);
            credential.is_some_and(|one| one.format == CredentialFormat::SdJwtVc && one.holder_binding == HolderBinding::Required)
        };
        if !transaction.credential_ids().iter().any(can_authorise) {
            return Err(bad("none of its credentials has a place for it"));
        }
    }
    Ok(())
}

/// Who authorises which of `transactions` when `selection` is shared: by credential query and credential, what the key binding says
/// (App. B.3.3.1).
///
/// Each is authorised by one credential only, the first it names that is shared (§5.1). Fails with `Refused` when none of them is, or
/// when two transactions of one credential have no hash algorithm in common.
pub fn authorisations(
    transactions: &[TransactionData],
    choices: &Choices,
    selection: &Selection,
) -> crate::error::Result<BTreeMap<(QueryId, String), Map<String, Value>>> {
    let mut by: BTreeMap<(QueryId, String), Vec<&TransactionData>> = BTreeMap::new();
    for transaction in transactions {
        let able = |id: &QueryId| choices.query(id).is_some_and(|query| query.format == CredentialFormat::SdJwtVc);
        let shared = |id: &String| {
            let (id, names) = selection.iter().find(|(shared, _)| shared.as_str() == id && able(shared))?;
            Some((id.clone(), names.first()?.clone()))
        };
        let found = transaction.credential_ids().iter().find_map(shared);
        let found = found
            .ok_or_else(|| WalletError::refused("the wallet", "no credential that is shared can authorise the transaction"))?;
        by.entry(found).or_default().push(transaction);
    }
    by.into_iter().map(|(who, transactions)| Ok((who, hashes(&transactions)?))).collect()
}

/// The hashes of transactions, all by one algorithm, over the very characters they came in.
fn hashes(transactions: &[&TransactionData]) -> crate::error::Result<Map<String, Value>> {
    let allowed = |transaction: &&TransactionData, algorithm: HashAlgorithm| match transaction.hash_algorithms() {
        [] => algorithm == HashAlgorithm::Sha256,
        named => named.contains(&algorithm),
    };
    let mut all = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512].into_iter();
    let algorithm = all.find(|algorithm| transactions.iter().all(|transaction| allowed(transaction, *algorithm)));
    let algorithm =
        algorithm.ok_or_else(|| WalletError::refused("the wallet", "the transactions want different hash algorithms"))?;
    let hashes: Vec<String> = transactions.iter().map(|transaction| algorithm.digest(transaction.text())).collect();
    let mut claims = Map::from_iter([("transaction_data_hashes".to_owned(), json!(hashes))]);
    if transactions.iter().any(|transaction| !transaction.hash_algorithms().is_empty()) {
        claims.insert("transaction_data_hashes_alg".to_owned(), algorithm.as_str().into());
    }
    Ok(claims)
}

fn bad(reason: &str) -> RequestFault {
    let error = WalletError::malformed("authorization request", format!("transaction_data: {reason}"));
    RequestFault { code: OAuthErrorCode::InvalidTransactionData, error }
}
