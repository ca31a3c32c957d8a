//! What is written to the DID registry (ERC-1056), directly or signed for others to send, and what is read back from it.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolEvent};

use super::abi::DidRegistry as abi;
use super::account::RecoverableSignature;
use super::receipt::Log;
use super::slot;
use crate::did::ethr::{DidChange, DidEvent};
use crate::error::{Result, WalletError};
use crate::key::{KeyAlgorithm, PublicKey};
use crate::time::Timestamp;

/// The longest attribute value that is written or read, in bytes.
pub const MAX_VALUE: usize = 8 * 1024;

/// One change an identity's owner makes to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DidWrite {
    /// Gives the identity another owner.
    ChangeOwner {
        /// The new owner; the zero address gives the identity up.
        owner: Address,
    },
    /// Lets an account act for the identity.
    AddDelegate {
        /// What for, such as `veriKey`, padded with zeros.
        kind: B256,
        /// The account.
        delegate: Address,
        /// For how long, in seconds.
        validity: u64,
    },
    /// Ends that now.
    RevokeDelegate {
        /// What for.
        kind: B256,
        /// The account.
        delegate: Address,
    },
    /// Publishes a key or a service.
    SetAttribute {
        /// Its name, such as `did/pub/Multikey/veriKey`, padded with zeros.
        name: B256,
        /// Its value.
        value: Vec<u8>,
        /// For how long, in seconds.
        validity: u64,
    },
    /// Withdraws it; name and value are those it was published with.
    RevokeAttribute {
        /// Its name.
        name: B256,
        /// Its value.
        value: Vec<u8>,
    },
}

/// What a published key is for: the last part of its attribute's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPurpose {
    /// Signing credentials: `veriKey`, an assertion method.
    Assertion,
    /// Signing in and presenting: `sigAuth`, an assertion method and an authentication.
    Authentication,
}

impl DidWrite {
    /// Publishes `key` for `validity` seconds, as a Multikey.
    pub fn add_key(key: &PublicKey, purpose: KeyPurpose, validity: u64) -> Self {
        let (name, value) = key_attribute(key, purpose);
        Self::SetAttribute { name, value, validity }
    }

    /// Withdraws `key`, as it was published.
    pub fn revoke_key(key: &PublicKey, purpose: KeyPurpose) -> Self {
        let (name, value) = key_attribute(key, purpose);
        Self::RevokeAttribute { name, value }
    }

    /// Publishes a service of type `kind` at `endpoint` for `validity` seconds.
    ///
    /// Fails with `Misused` when `kind` is longer than 24 letters, digits and underscores, or `endpoint` than [`MAX_VALUE`].
    pub fn add_service(kind: &str, endpoint: &str, validity: u64) -> Result<Self> {
        Ok(Self::SetAttribute { name: service_name(kind, endpoint)?, value: endpoint.into(), validity })
    }

    /// Withdraws a service, as it was published.
    pub fn revoke_service(kind: &str, endpoint: &str) -> Result<Self> {
        Ok(Self::RevokeAttribute { name: service_name(kind, endpoint)?, value: endpoint.into() })
    }

    /// Gives the identity up: it resolves to a deactivated document.
    ///
    /// ERC-1056 lets the identity's own key take it back; what is retired in the credential registry stays so.
    pub fn deactivate() -> Self {
        Self::ChangeOwner { owner: Address::ZERO }
    }

    /// The call data with which the owner makes this change to `identity`.
    pub fn call(&self, identity: Address) -> Bytes {
        match self.clone() {
            Self::ChangeOwner { owner } => abi::changeOwnerCall { identity, newOwner: owner }.abi_encode(),
            Self::AddDelegate { kind, delegate, validity } => {
                let validity = U256::from(validity);
                abi::addDelegateCall { identity, delegateType: kind, delegate, validity }.abi_encode()
            }
            Self::RevokeDelegate { kind, delegate } => {
                abi::revokeDelegateCall { identity, delegateType: kind, delegate }.abi_encode()
            }
            Self::SetAttribute { name, value, validity } => {
                let validity = U256::from(validity);
                abi::setAttributeCall { identity, name, value: value.into(), validity }.abi_encode()
            }
            Self::RevokeAttribute { name, value } => {
                abi::revokeAttributeCall { identity, name, value: value.into() }.abi_encode()
            }
        }
        .into()
    }

    /// The message the owner signs so that anyone may make this change (ERC-1056): its Keccak-256 is what is signed.
    ///
    /// `nonce` is the *owner's* ([`nonce_call`]). The message names the registry's address and no chain, so two networks must
    /// never have a registry at the same address.
    pub fn message(&self, registry: Address, identity: Address, nonce: U256) -> Vec<u8> {
        let word = |value: u64| U256::from(value).to_be_bytes::<32>();
        let change = match self {
            Self::ChangeOwner { owner } => [b"changeOwner", owner.as_slice()].concat(),
            Self::AddDelegate { kind, delegate, validity } => {
                [b"addDelegate", kind.as_slice(), delegate.as_slice(), &word(*validity)].concat()
            }
            Self::RevokeDelegate { kind, delegate } => {
                [b"revokeDelegate", kind.as_slice(), delegate.as_slice()].concat()
            }
            Self::SetAttribute { name, value, validity } => {
                [b"setAttribute", name.as_slice(), value, &word(*validity)].concat()
            }
            Self::RevokeAttribute { name, value } => [b"revokeAttribute", name.as_slice(), value].concat(),
        };
        let nonce = nonce.to_be_bytes::<32>();
        [&[0x19, 0][..], registry.as_slice(), &nonce, identity.as_slice(), &change].concat()
    }

    /// The call data with which anyone makes this change with the owner's `signature`.
    pub fn signed_call(&self, identity: Address, signature: &RecoverableSignature) -> Bytes {
        let (sigV, sigR, sigS) = (signature.v(), signature.r, signature.s);
        match self.clone() {
            Self::ChangeOwner { owner } => {
                abi::changeOwnerSignedCall { identity, sigV, sigR, sigS, newOwner: owner }.abi_encode()
            }
            Self::AddDelegate { kind, delegate, validity } => {
                let (delegateType, validity) = (kind, U256::from(validity));
                abi::addDelegateSignedCall { identity, sigV, sigR, sigS, delegateType, delegate, validity }.abi_encode()
            }
            Self::RevokeDelegate { kind, delegate } => {
                abi::revokeDelegateSignedCall { identity, sigV, sigR, sigS, delegateType: kind, delegate }.abi_encode()
            }
            Self::SetAttribute { name, value, validity } => {
                let (value, validity) = (value.into(), U256::from(validity));
                abi::setAttributeSignedCall { identity, sigV, sigR, sigS, name, value, validity }.abi_encode()
            }
            Self::RevokeAttribute { name, value } => {
                abi::revokeAttributeSignedCall { identity, sigV, sigR, sigS, name, value: value.into() }.abi_encode()
            }
        }
        .into()
    }
}

/// A name of at most 32 bytes, padded with zeros as ERC-1056 writes attribute names and kinds of delegates.
///
/// Fails with `Misused` when it is longer.
pub fn padded(name: &str) -> Result<B256> {
    if name.len() > 32 {
        return Err(WalletError::misused("a name on the registry is at most 32 bytes long"));
    }
    Ok(B256::right_padding_from(name.as_bytes()))
}

fn key_attribute(key: &PublicKey, purpose: KeyPurpose) -> (B256, Vec<u8>) {
    let name = match purpose {
        KeyPurpose::Assertion => "did/pub/Multikey/veriKey",
        KeyPurpose::Authentication => "did/pub/Multikey/sigAuth",
    };
    let name = padded(name).expect("it is shorter than 32 bytes");
    (name, key.to_multicodec())
}

fn service_name(kind: &str, endpoint: &str) -> Result<B256> {
    let plain = kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if kind.is_empty() || kind.len() > 24 || !plain {
        return Err(WalletError::misused("a service type is 1 to 24 letters, digits and underscores"));
    }
    if endpoint.len() > MAX_VALUE {
        return Err(WalletError::misused(format!("an endpoint is at most {MAX_VALUE} bytes long")));
    }
    padded(&format!("did/svc/{kind}"))
}

/// The call that asks who owns `identity`; read its answer with [`read_owner`].
pub fn owner_call(identity: Address) -> Bytes {
    abi::identityOwnerCall { identity }.abi_encode().into()
}

/// Reads the answer to [`owner_call`].
pub fn read_owner(output: &[u8]) -> Result<Address> {
    abi::identityOwnerCall::abi_decode_returns_validate(output).map_err(bad_answer)
}

/// The call that asks for the nonce of `signer`, the owner of an identity; read its answer with [`read_number`].
pub fn nonce_call(signer: Address) -> Bytes {
    abi::nonceCall { signer }.abi_encode().into()
}

/// The call that asks in which block `identity` last changed, zero for never; read its answer with [`read_number`].
pub fn changed_call(identity: Address) -> Bytes {
    abi::changedCall { identity }.abi_encode().into()
}

/// Reads the answer to [`nonce_call`] or [`changed_call`].
pub fn read_number(output: &[u8]) -> Result<U256> {
    abi::nonceCall::abi_decode_returns_validate(output).map_err(bad_answer)
}

/// The call that asks for the running hash over the events of `identity`; read its answer with [`read_history`].
///
/// A stock ERC-1056 registry has none and reverts.
pub fn history_call(identity: Address) -> Bytes {
    abi::historyCall { identity }.abi_encode().into()
}

/// Reads the answer to [`history_call`].
pub fn read_history(output: &[u8]) -> Result<B256> {
    abi::historyCall::abi_decode_returns_validate(output).map_err(bad_answer)
}

fn bad_answer(e: alloy_sol_types::Error) -> WalletError {
    WalletError::malformed("answer of the DID registry", e)
}

/// The slot that holds the owner `identity` has named.
pub fn owner_slot(identity: Address) -> B256 {
    slot::of(slot::variable(0), slot::key(identity))
}

/// The slot that holds the block of the newest event of `identity`.
pub fn changed_slot(identity: Address) -> B256 {
    slot::of(slot::variable(2), slot::key(identity))
}

/// The slot that holds the running hash over the events of `identity`.
pub fn history_slot(identity: Address) -> B256 {
    slot::of(slot::variable(4), slot::key(identity))
}

/// The topics of all events of `identity`: for [`LogFilter`](super::rpc::LogFilter).
pub fn event_topics(identity: Address) -> [Vec<B256>; 2] {
    let kinds = vec![
        abi::DIDOwnerChanged::SIGNATURE_HASH,
        abi::DIDDelegateChanged::SIGNATURE_HASH,
        abi::DIDAttributeChanged::SIGNATURE_HASH,
    ];
    [kinds, vec![slot::key(identity)]]
}

/// Folds one event into the running hash before it, as `DidRegistry.sol` does.
///
/// `keccak256(before ‖ block number ‖ block time ‖ topic 0 ‖ keccak256(data))`, five words of 32 bytes. The first event's
/// `before` is zero. The log says its block; `time` is that block's, in seconds since 1970.
pub fn fold(before: B256, log: &Log, time: u64) -> B256 {
    let word = |value: u64| B256::from(U256::from(value));
    let topic = log.topics.first().copied().unwrap_or_default();
    keccak256([before, word(log.block_number), word(time), topic, keccak256(&log.data)].concat())
}

/// Reads one event of the registry about one identity; `time` is its block's, in seconds since 1970.
///
/// Fails with `Malformed` when it is no event of ERC-1056.
pub fn read_event(log: &Log, time: u64) -> Result<(Address, DidEvent)> {
    let bad = |reason: &str| WalletError::malformed("event of the DID registry", reason);
    if log.data.len() > MAX_VALUE + 256 {
        return Err(bad("it is too long"));
    }
    let unread = |e: alloy_sol_types::Error| WalletError::malformed("event of the DID registry", e);
    let (topics, data) = (log.topics.iter().copied(), &log.data);
    let (identity, previous, change) = match log.topics.first() {
        Some(&abi::DIDOwnerChanged::SIGNATURE_HASH) => {
            let event = abi::DIDOwnerChanged::decode_raw_log_validate(topics, data).map_err(unread)?;
            (event.identity, event.previousChange, DidChange::Owner { owner: event.owner.into() })
        }
        Some(&abi::DIDDelegateChanged::SIGNATURE_HASH) => {
            let event = abi::DIDDelegateChanged::decode_raw_log_validate(topics, data).map_err(unread)?;
            let (kind, delegate) = (event.delegateType.0, event.delegate.into());
            let valid_to = event.validTo.saturating_to();
            (event.identity, event.previousChange, DidChange::Delegate { kind, delegate, valid_to })
        }
        Some(&abi::DIDAttributeChanged::SIGNATURE_HASH) => {
            let event = abi::DIDAttributeChanged::decode_raw_log_validate(topics, data).map_err(unread)?;
            let (name, value, valid_to) = (event.name.0, event.value.to_vec(), event.validTo.saturating_to());
            (event.identity, event.previousChange, DidChange::Attribute { name, value, valid_to })
        }
        _ => return Err(bad("its kind is unknown")),
    };
    let previous_change = u64::try_from(previous).map_err(|_| bad("it links to no block"))?;
    let seconds = i64::try_from(time).map_err(|_| bad("its time is out of range"))?;
    let (block, time) = (log.block_number, Timestamp::from_unix(seconds)?);
    Ok((identity, DidEvent { block, time, log_index: log.log_index, previous_change, change }))
}
