//! What is written to the DID registry (ERC-1056), directly or signed for others to send, and what is read back from it.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolEvent};

use super::abi::DidRegistry as abi;
use super::account::RecoverableSignature;
use super::receipt::Log;
use super::slot;
use crate::did::VerificationRelationship;
use crate::did::ethr::{self, Attribute, DidChange, DidEvent};
use crate::error::{Result, WalletError};
use crate::key::PublicKey;
use crate::time::Timestamp;

/// The longest attribute value that is written or read, in bytes.
pub const MAX_VALUE: usize = 8 * 1024;

/// A report of theft never ends: a hundred years, in seconds.
const STOLEN_FOR: u64 = 100 * 365 * 24 * 3600;

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

impl DidWrite {
    /// Publishes an attribute for `validity` seconds: a key or a service, as [`ethr`] names them.
    ///
    /// Fails with `Misused` when its value is longer than [`MAX_VALUE`].
    pub fn publish(attribute: Attribute, validity: u64) -> Result<Self> {
        let Attribute { name, value } = attribute;
        if value.len() > MAX_VALUE {
            return Err(WalletError::misused(format!("an attribute is at most {MAX_VALUE} bytes long")));
        }
        Ok(Self::SetAttribute { name: name.into(), value, validity })
    }

    /// Withdraws an attribute, as it was published.
    pub fn withdraw(attribute: Attribute) -> Self {
        Self::RevokeAttribute { name: attribute.name.into(), value: attribute.value }
    }

    /// Publishes `key` for `validity` seconds, as a Multikey.
    ///
    /// Authentication implies assertion. Fails with `Misused` for a relationship did:ethr cannot say.
    pub fn add_key(key: &PublicKey, relationship: VerificationRelationship, validity: u64) -> Result<Self> {
        Self::publish(ethr::key_attribute(key, relationship)?, validity)
    }

    /// Withdraws `key`, as [`DidWrite::add_key`] published it.
    pub fn revoke_key(key: &PublicKey, relationship: VerificationRelationship) -> Result<Self> {
        Ok(Self::withdraw(ethr::key_attribute(key, relationship)?))
    }

    /// Reports `key` stolen: what it signed counts only where it was anchored before this write.
    ///
    /// Withdraw the key besides ([`DidWrite::revoke_key`]), for readers who do not know the report.
    pub fn report_stolen(key: &PublicKey) -> Result<Self> {
        Self::publish(ethr::stolen_key_attribute(key), STOLEN_FOR)
    }

    /// Publishes a service of type `kind` at the URL `endpoint` for `validity` seconds.
    pub fn add_service(kind: &str, endpoint: &str, validity: u64) -> Result<Self> {
        Self::publish(ethr::service_attribute(kind, &endpoint.into())?, validity)
    }

    /// Gives the identity up: it resolves to a deactivated document.
    ///
    /// ERC-1056 lets the identity's own key take it back, which no reader of did:ethr heeds; what is retired in the credential
    /// registry is so for contracts too.
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
            Self::RevokeDelegate { kind, delegate } => [b"revokeDelegate", kind.as_slice(), delegate.as_slice()].concat(),
            Self::SetAttribute { name, value, validity } => [b"setAttribute", name.as_slice(), value, &word(*validity)].concat(),
            Self::RevokeAttribute { name, value } => [b"revokeAttribute", name.as_slice(), value].concat(),
        };
        let nonce = nonce.to_be_bytes::<32>();
        [&[0x19, 0][..], registry.as_slice(), &nonce, identity.as_slice(), &change].concat()
    }

    /// The call data with which anyone makes this change with the owner's `signature`.
    pub fn signed_call(&self, identity: Address, signature: &RecoverableSignature) -> Bytes {
        let (v, r, s) = (signature.v(), signature.r, signature.s);
        match self.clone() {
            Self::ChangeOwner { owner } => {
                abi::changeOwnerSignedCall { identity, sigV: v, sigR: r, sigS: s, newOwner: owner }.abi_encode()
            }
            Self::AddDelegate { kind, delegate, validity } => {
                let validity = U256::from(validity);
                abi::addDelegateSignedCall { identity, sigV: v, sigR: r, sigS: s, delegateType: kind, delegate, validity }
                    .abi_encode()
            }
            Self::RevokeDelegate { kind, delegate } => {
                abi::revokeDelegateSignedCall { identity, sigV: v, sigR: r, sigS: s, delegateType: kind, delegate }.abi_encode()
            }
            Self::SetAttribute { name, value, validity } => {
                let (value, validity) = (value.into(), U256::from(validity));
                abi::setAttributeSignedCall { identity, sigV: v, sigR: r, sigS: s, name, value, validity }.abi_encode()
            }
            Self::RevokeAttribute { name, value } => {
                abi::revokeAttributeSignedCall { identity, sigV: v, sigR: r, sigS: s, name, value: value.into() }.abi_encode()
            }
        }
        .into()
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::hex;
    use proptest::prelude::*;

    fn log(topics: Vec<B256>, data: Vec<u8>) -> Log {
        Log {
            address: Address::ZERO,
            topics,
            data: data.into(),
            block_number: 7,
            block_hash: B256::ZERO,
            block_timestamp: None,
            transaction_hash: B256::ZERO,
            transaction_index: 0,
            log_index: 3,
        }
    }

    #[test]
    fn events_have_the_topics_of_erc_1056() {
        // As the logs of the registry on Ethereum's main network have them.
        let published = [
            hex!("38a5a6e68f30ed1ab45860a4afb34bcb2fc00f22ca462d249b8a8d40cda6f7a3"),
            hex!("5a5084339536bcab65f20799fcc58724588145ca054bd2be626174b27ba156f7"),
            hex!("18ab6b2ae3d64306c00ce663125f2bd680e441a098de1635bd7ad8b0d44965e4"),
        ];
        assert_eq!(event_topics(Address::ZERO)[0], published.map(B256::from));
    }

    #[test]
    fn signed_message_is_laid_out_as_the_standard_says() {
        let (registry, identity, owner) = (Address::repeat_byte(1), Address::repeat_byte(2), Address::repeat_byte(3));
        let message = DidWrite::ChangeOwner { owner }.message(registry, identity, U256::from(4));
        let expected =
            format!("1900{}{:064x}{}{}{}", "01".repeat(20), 4, "02".repeat(20), hex::encode("changeOwner"), "03".repeat(20));
        assert_eq!(hex::encode(message), expected);
    }

    #[test]
    fn validity_that_never_ends_saturates() {
        let data = abi::DIDAttributeChanged {
            identity: Address::ZERO,
            name: B256::ZERO,
            value: Bytes::new(),
            validTo: U256::MAX,
            previousChange: U256::from(5),
        };
        let log = log(vec![abi::DIDAttributeChanged::SIGNATURE_HASH, B256::ZERO], data.encode_data());
        let (_, event) = read_event(&log, 9).expect("an event");
        assert_eq!((event.block, event.log_index, event.previous_change), (7, 3, 5));
        assert!(matches!(event.change, DidChange::Attribute { valid_to: u64::MAX, .. }));
    }

    #[test]
    fn attribute_that_is_too_long_is_refused() {
        let attribute = Attribute { name: [0; 32], value: vec![0; MAX_VALUE + 1] };
        assert!(matches!(DidWrite::publish(attribute, 1), Err(WalletError::Misused { .. })));
    }

    proptest! {
        #[test]
        fn any_log_is_an_event_or_refused(kind in 0usize..4, topics in 0usize..4, data in proptest::collection::vec(any::<u8>(), 0..300), time: u64) {
            let mut all = event_topics(Address::ZERO)[0].clone();
            all.push(B256::ZERO);
            let topics = std::iter::once(all[kind]).chain(std::iter::repeat_n(B256::ZERO, topics)).collect();
            let _ = read_event(&log(topics, data), time);
        }
    }
}
