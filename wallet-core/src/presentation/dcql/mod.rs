//! DCQL: what a verifier asks for, and what of a wallet answers it (OpenID4VP 1.0 §6, §7).
//!
//! `query` is the whole; `credential_query`, `claims_query`, `authorities`, `meta` and `credential_set` are its parts, each read and
//! written in its file. `matching` sets one credential against one credential query, `choices` a wallet against a whole query,
//! `selection` is what the holder agrees to share, and `answered` is the verifier's side.

mod answered;
mod authorities;
mod choices;
mod claims_query;
mod credential_query;
mod credential_set;
mod format;
mod matching;
mod meta;
mod mismatch;
mod query;
mod query_id;
mod reading;
mod selection;
#[cfg(test)]
pub(crate) mod tests;
mod types;

pub use answered::AnswerFault;
pub use authorities::{AuthorityKind, TrustedAuthorities};
pub use choices::{Choices, Match, Missing, QueryChoices, SelectedClaim, SetChoices, SetOption};
pub use claims_query::{ClaimsQuery, ExpectedValue};
pub use credential_query::{CredentialQuery, HolderBinding, HowMany};
pub use credential_set::{CredentialSetQuery, Need};
pub use format::CredentialFormat;
pub use matching::{Held, HolderProof, Presented, Validity};
pub use meta::Meta;
pub use mismatch::Mismatch;
pub use query::DcqlQuery;
pub use query_id::QueryId;
pub use selection::Selection;
