//! What the holder may leave out later.

use crate::json::JsonPointer;
use crate::key::PublicKey;

/// What of a document its holder may leave out when it is shown, decided when it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Disclosure {
    /// Nothing: the document is shown whole or not at all.
    #[default]
    Whole,
    /// Everything but what these name (`ecdsa-sd-2023`, `bbs-2023`: the mandatory pointers).
    ///
    /// What they do not name the holder can leave out without a trace: name the issuer, the validity and the status.
    AllBut(Vec<JsonPointer>),
    /// Only what these name, with some digests beside that stand for nothing (SD-JWT: RFC 9901 §4.2).
    Only {
        /// The claims and list items that may be left out; one inside another makes a recursive disclosure.
        pointers: Vec<JsonPointer>,
        /// How many decoy digests each object or list with something to hide is given (RFC 9901 §4.2.5).
        decoys: usize,
        /// The key that whoever presents must hold (`cnf`, RFC 7800 §3.2).
        holder: Option<PublicKey>,
    },
}
