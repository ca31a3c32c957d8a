//! The verifier's side of transaction data: whether the holder authorised what was asked, and nothing else (OpenID4VP 1.0 §8.4,
//! appendix B.3.3.1).

use serde_json::Value;

use crate::presentation::dcql::QueryId;
use crate::presentation::request::TransactionData;
use crate::securing::Secured;
use crate::securing::sd_jwt::{HashAlgorithm, SdJwt};

/// Why transactions do not count as authorised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactionFault {
    /// None of the credentials it names came with its hash.
    #[error("the transaction {kind} was not authorised")]
    NotAuthorised {
        /// Its type.
        kind: String,
    },
    /// A hash came that is none of the transactions', or under another algorithm than was allowed.
    #[error("something was authorised with {id} that was not asked for")]
    NotAsked {
        /// The credential query.
        id: QueryId,
    },
}

/// Checks that each of `transactions` was authorised by a presentation of a credential it names, and that no presentation authorises
/// anything else. Whether the presentations are good is checked elsewhere.
pub fn check_authorised(transactions: &[TransactionData], presentations: &[(QueryId, Secured)]) -> Result<(), TransactionFault> {
    let mut authorised = vec![false; transactions.len()];
    for (id, presentation) in presentations {
        for hash in Hashes::of(presentation).into_iter().flat_map(Hashes::into_iter) {
            let asked = |place: &usize| {
                let transaction = &transactions[*place];
                transaction.credential_ids().iter().any(|named| named == id.as_str()) && hash.is_of(transaction)
            };
            // Of transactions that are the same to the character each has a hash of its own.
            let place = (0..transactions.len()).filter(asked).min_by_key(|place| authorised[*place]);
            authorised[place.ok_or_else(|| TransactionFault::NotAsked { id: id.clone() })?] = true;
        }
    }
    match transactions.iter().zip(authorised).find(|(_, authorised)| !authorised) {
        Some((transaction, _)) => Err(TransactionFault::NotAuthorised { kind: transaction.kind().to_owned() }),
        None => Ok(()),
    }
}

/// The hashes in one key binding.
struct Hashes<'a> {
    texts: &'a [Value],
    /// The algorithm as it is named; none when it is not.
    algorithm: Option<&'a Value>,
}

/// One hash in a key binding.
struct Hash<'a> {
    text: &'a Value,
    algorithm: Option<&'a Value>,
}

impl<'a> Hashes<'a> {
    fn of(presentation: &'a Secured) -> Option<Self> {
        let claims = presentation.sd_jwt().and_then(SdJwt::binding)?.claims();
        let texts = claims.get("transaction_data_hashes")?;
        // What is no list is a hash of nothing.
        let texts = texts.as_array().map_or(&[Value::Null][..], Vec::as_slice);
        Some(Self { texts, algorithm: claims.get("transaction_data_hashes_alg") })
    }

    fn into_iter(self) -> impl Iterator<Item = Hash<'a>> {
        self.texts.iter().map(move |text| Hash { text, algorithm: self.algorithm })
    }
}

impl Hash<'_> {
    /// Whether it is over the very characters of `transaction`, by an algorithm that it allows and in the way it asks to be told.
    fn is_of(&self, transaction: &TransactionData) -> bool {
        let allowed = transaction.hash_algorithms();
        let algorithm = match (self.algorithm, allowed) {
            (None, []) => Some(HashAlgorithm::Sha256),
            (None, _) => None,
            (Some(name), allowed) => {
                let named = name.as_str().and_then(HashAlgorithm::from_name);
                named.filter(|one| allowed.contains(one) || allowed.is_empty() && *one == HashAlgorithm::Sha256)
            }
        };
        algorithm.is_some_and(|algorithm| self.text.as_str() == Some(&algorithm.digest(transaction.text())))
    }
}
