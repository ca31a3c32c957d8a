//! did:ethr: the registry's events of one identity, replayed into its document at any block (ERC-1056).

use crate::time::Timestamp;

/// One event of a registry about one identity (ERC-1056 `DIDOwnerChanged`, `DIDDelegateChanged`, `DIDAttributeChanged`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DidEvent {
    /// The block it happened in.
    pub block: u64,
    /// The time of that block.
    pub time: Timestamp,
    /// Its place among the logs of that block.
    pub log_index: u64,
    /// The block of the identity's change before this one, zero for the first (`previousChange`).
    pub previous_change: u64,
    /// What changed.
    pub change: DidChange,
}

/// What one event changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DidChange {
    /// The identity has another owner; the zero address gives it up.
    Owner {
        /// The new owner's address.
        owner: [u8; 20],
    },
    /// An account may act for the identity until `valid_to`, or no more.
    Delegate {
        /// What for: `veriKey` or `sigAuth`, padded with zeros.
        kind: [u8; 32],
        /// The delegate's address.
        delegate: [u8; 20],
        /// The end of its validity, in seconds since 1970; a revocation writes the time of its block.
        valid_to: u64,
    },
    /// A key or a service is published until `valid_to`, or no more.
    Attribute {
        /// Its name, such as `did/pub/Multikey/veriKey`, padded with zeros.
        name: [u8; 32],
        /// Its value: the key's bytes, the service's endpoint.
        value: Vec<u8>,
        /// The end of its validity, in seconds since 1970; a revocation writes zero.
        valid_to: u64,
    },
}
