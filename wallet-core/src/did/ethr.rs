//! did:ethr: the registry's events of one identity, replayed into its document at any block (ERC-1056, ethr DID Method).
//!
//! The document at each version has the keys the reference resolver (npm `ethr-did-resolver`) gives it, and the same fragments.
//! As there, **giving an identity up is final**: the registry lets the identity's own key take it back afterwards, and no event after
//! that counts.

mod attribute;
mod periods;
mod replay;

pub use attribute::{Attribute, key_attribute, legacy_key_attribute, service_attribute, stolen_key_attribute};
pub use replay::resolve;

use alloy_primitives::{Address, hex};

use super::{Did, ResolutionError, Standing};
use crate::error::{Result, WalletError};
use crate::key::{KeyAlgorithm, PublicKey};
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

/// All that a registry says of one identity.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The chain the registry is on (EIP-155).
    pub chain_id: u64,
    /// How far the events can be trusted, and up to which block they are all.
    pub standing: Standing,
    /// The events, oldest first.
    pub events: Vec<DidEvent>,
}

impl History {
    /// Whether the events link back without a gap from `changed`, the block of the last change by the registry's own storage, to the
    /// first.
    ///
    /// Each event names the block of the one before it, so no block with a change can be left out; an event can still be
    /// hidden among several of its own block.
    pub fn is_complete(&self, changed: u64) -> bool {
        let mut last: Option<&DidEvent> = None;
        for event in &self.events {
            let in_order = last.is_none_or(|l| (l.block, l.log_index) < (event.block, event.log_index));
            if !in_order || event.previous_change != last.map_or(0, |l| l.block) {
                return false;
            }
            last = Some(event);
        }
        changed == last.map_or(0, |l| l.block)
    }
}

/// Which version of a document is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// The newest, its keys' expiry judged now.
    Latest,
    /// The one at a block, its keys' expiry judged at that block's time (`versionId`).
    Block {
        /// The block.
        number: u64,
        /// Its time.
        time: Timestamp,
    },
    /// The one at a time (`versionTime`).
    Time(Timestamp),
}

/// What the text of a did:ethr says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The DID itself.
    pub did: Did,
    /// The network's name, or its chain id as `0x…`; none for Ethereum's main network.
    pub network: Option<String>,
    /// The identity's address in the registry.
    pub address: [u8; 20],
    /// The identity's key, in DIDs that carry it instead of the address.
    pub key: Option<PublicKey>,
}

impl Identity {
    /// Reads a did:ethr: `did:ethr:[network:]` and an address or a compressed secp256k1 public key, in hexadecimal after `0x`.
    ///
    /// Fails with `InvalidDid`; also when an address in mixed case does not carry its checksum (EIP-55), as a mistyped one would.
    pub fn read(did: &Did) -> Result<Self, ResolutionError> {
        Self::of(did).ok_or(ResolutionError::InvalidDid)
    }

    fn of(did: &Did) -> Option<Self> {
        if did.method() != "ethr" {
            return None;
        }
        let (network, text) = match did.identifier().rsplit_once(':') {
            Some((network, text)) => (Some(network), text),
            None => (None, did.identifier()),
        };
        let digits = text.strip_prefix("0x").filter(|digits| !digits.starts_with("0x"))?;
        let bytes = hex::decode(digits).ok()?;
        let (address, key) = match <[u8; 20]>::try_from(&*bytes) {
            Ok(address) => {
                let one_case =
                    !digits.contains(|c: char| c.is_ascii_lowercase()) || !digits.contains(|c: char| c.is_ascii_uppercase());
                if !one_case && address_text(&address) != text {
                    return None;
                }
                (address, None)
            }
            Err(_) if bytes.len() == 33 => {
                let key = PublicKey::from_bytes(KeyAlgorithm::Secp256k1, &bytes).ok()?;
                (address_of(&key)?, Some(key))
            }
            Err(_) => return None,
        };
        Some(Self { did: did.clone(), network: network.map(str::to_owned), address, key })
    }

    /// The chain id, when the DID names its network by it.
    pub fn chain_id(&self) -> Option<u64> {
        let digits = self.network.as_deref()?.strip_prefix("0x")?;
        if digits.starts_with('+') { None } else { u64::from_str_radix(digits, 16).ok() }
    }
}

/// The did:ethr of an address on a network, named, or by its chain id as `0x…`.
pub fn from_address(network: &str, address: &[u8; 20]) -> Result<Did> {
    format!("did:ethr:{network}:{}", address_text(address)).parse()
}

/// The did:ethr of a secp256k1 key on a network; other keys are `Misused`.
pub fn from_public_key(network: &str, key: &PublicKey) -> Result<Did> {
    if key.algorithm() != KeyAlgorithm::Secp256k1 {
        return Err(WalletError::misused("a did:ethr carries a secp256k1 key"));
    }
    format!("did:ethr:{network}:{}", hex::encode_prefixed(key.as_bytes())).parse()
}

/// The account of a secp256k1 key (Ethereum yellow paper §F); none for other keys.
pub fn address_of(key: &PublicKey) -> Option<[u8; 20]> {
    let point = (key.algorithm() == KeyAlgorithm::Secp256k1).then(|| key.to_uncompressed())?;
    Some(Address::from_raw_public_key(&point[1..]).into_array())
}

/// An address as people write it, `0x` and 40 digits whose case is its checksum (EIP-55).
pub fn address_text(address: &[u8; 20]) -> String {
    Address::from(*address).to_checksum(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Identity, ResolutionError> {
        Identity::read(&text.parse().expect("a DID"))
    }

    #[test]
    fn eip_55_examples() {
        for text in [
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        ] {
            let identity = read(&format!("did:ethr:{text}")).expect("an address");
            assert_eq!(address_text(&identity.address), text);
            assert_eq!(read(&format!("did:ethr:{}", text.to_lowercase())).expect("an address").address, identity.address);
        }
    }

    #[test]
    fn network_is_a_name_a_chain_id_or_none() {
        let address = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
        let network = |prefix: &str| {
            let identity = read(&format!("did:ethr:{prefix}{address}")).expect("a did:ethr");
            (identity.network.clone(), identity.chain_id())
        };
        assert_eq!(network(""), (None, None));
        assert_eq!(network("lacchain:"), (Some("lacchain".to_owned()), None));
        assert_eq!(network("rsk:testnet:"), (Some("rsk:testnet".to_owned()), None));
        assert_eq!(network("0x9e55c:"), (Some("0x9e55c".to_owned()), Some(648_540)));
        assert_eq!(network("0xzz:").1, None);
    }

    #[test]
    fn key_in_the_did_gives_its_address() {
        let key = crate::key::SecretKey::from_bytes(
            KeyAlgorithm::Secp256k1,
            &hex_32("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
        );
        let key = key.expect("the first key of every development chain").public_key();
        let identity = Identity::read(&from_public_key("0x1", &key).expect("a did:ethr")).expect("a did:ethr");
        assert_eq!(address_text(&identity.address), "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
        assert_eq!(identity.key, Some(key));
    }

    #[test]
    fn what_is_not_an_address_or_a_key_is_refused() {
        for text in [
            "did:ethr:5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "did:ethr:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae",
            "did:ethr:0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "did:ethr:0x00aaeb6053f3e94c9b9a09f33669435e7ef1beaed00000000000000000000000",
            "did:ethr:mainnet",
            "did:key:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        ] {
            assert_eq!(read(text), Err(ResolutionError::InvalidDid), "{text}");
        }
    }

    #[test]
    fn history_with_a_gap_is_not_complete() {
        let event = |block, log_index, previous_change| DidEvent {
            block,
            time: Timestamp::from_unix(block as i64).expect("a time in range"),
            log_index,
            previous_change,
            change: DidChange::Owner { owner: [1; 20] },
        };
        let history = |events: Vec<DidEvent>| History { chain_id: 1, standing: Standing::Believed { block: None }, events };
        let all = vec![event(5, 0, 0), event(9, 1, 5), event(9, 4, 9), event(12, 0, 9)];
        assert!(history(all.clone()).is_complete(12));
        assert!(history(Vec::new()).is_complete(0));
        assert!(!history(Vec::new()).is_complete(12));
        assert!(!history(all.clone()).is_complete(13));
        for gap in [0, 1, 3] {
            let mut some = all.clone();
            some.remove(gap);
            assert!(!history(some).is_complete(12), "without event {gap}");
        }
        let mut swapped = all;
        swapped.swap(1, 2);
        assert!(!history(swapped).is_complete(12));
    }

    fn hex_32(text: &str) -> Vec<u8> {
        hex::decode(text).expect("hexadecimal")
    }

    proptest! {
        #[test]
        fn any_did_ethr_is_read_or_refused(text in "([a-z0-9]{0,6}:){0,2}(0x)?[0-9a-fA-F]{0,70}") {
            if let Ok(did) = format!("did:ethr:{text}").parse::<Did>() {
                let _ = Identity::read(&did).map(|i| i.chain_id());
            }
        }
    }
}
