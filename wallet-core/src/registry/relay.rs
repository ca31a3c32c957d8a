//! A relay hub's gas model: the node that relays a transaction pays for it (LACChain).
//!
//! There a *relay signer* stands before the node. It takes the sender's transaction apart and hands it to the hub's contract, signed by
//! its own key, so that the contract that is called sees the hub as its caller. What the hub wants of the sender's transaction:
//!
//! * 64 bytes after the call data, or after the code that creates a contract: who relays, and until when;
//! * a signature that names no chain, as before EIP-155: it is checked against the six fields of old;
//! * a gas price of zero, and the nonce that the hub counts, which the relay signer answers to `eth_getTransactionCount`.
//!
//! The contracts here are made for it: who writes is known by a signature in the call, never by its caller.

use alloy_primitives::{Address, Bytes, U256};

use super::transaction::{Fees, Transaction};

/// By which node of a relay hub a transaction may be relayed, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relay {
    /// The address by which the hub knows the node that relays.
    pub node: Address,
    /// When it is too late, in seconds since 1970.
    pub until: u64,
}

impl Relay {
    /// `data` and what the hub reads behind it.
    pub fn append_to(&self, data: &[u8]) -> Bytes {
        [data, self.node.into_word().as_slice(), &U256::from(self.until).to_be_bytes::<32>()].concat().into()
    }
}

impl Transaction {
    /// This transaction as a relay hub wants it.
    ///
    /// Its gas limit is to be that of the longer data.
    pub fn relayed_by(self, relay: &Relay) -> Self {
        Self { fees: Fees::Unprotected { gas_price: 0 }, data: relay.append_to(&self.data), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::hex;

    use crate::key::{KeyAlgorithm, SecretKey};
    use crate::registry::account;

    fn relay() -> Relay {
        let node = "0xfaae4e8e9dabf9859db1601024191f3c97302230".parse().expect("an address");
        Relay { node, until: 1_636_394_529 }
    }

    /// The values are those of a sample in LACChain's repository `gas-management`, encoded by npm `ethers` 6.
    #[test]
    fn node_and_time_follow_the_call_as_two_words() {
        let call = hex!("6057361d000000000000000000000000000000000000000000000000000000000000000a");
        let expected = hex!(
            "6057361d000000000000000000000000000000000000000000000000000000000000000a"
            "000000000000000000000000faae4e8e9dabf9859db1601024191f3c97302230"
            "0000000000000000000000000000000000000000000000000000000061896621"
        );
        assert_eq!(relay().append_to(&call), Bytes::from(expected));
    }

    #[test]
    fn relayed_transaction_is_signed_over_the_six_fields_that_the_hub_recovers_the_sender_from() {
        let key = SecretKey::from_bytes(KeyAlgorithm::Secp256k1, &[7; 32]).expect("a scalar in range");
        let call = Transaction::call(648_540, Address::repeat_byte(0x35), vec![0x60, 0x57]);
        let transaction = Transaction { nonce: 3, gas_limit: 100_000, ..call }.relayed_by(&relay());
        let message = transaction.message();
        let fields = read_list(&message);
        assert_eq!(fields.len(), 6);
        assert_eq!((fields[0].as_ref(), fields[1].as_ref(), fields[5].len()), (&[3][..], &[][..], 66));
        let signed = transaction.finish(&key.sign(&message), &key.public_key()).expect("its own signature");
        let all = read_list(&signed.raw);
        assert_eq!((all.len(), &all[..6]), (9, &fields[..]));
        assert!(all[6][..] == [27] || all[6][..] == [28], "v as before EIP-155");
        let recovered = signed.signature.recover(&message).expect("a signature");
        assert_eq!(recovered, account::address(&key.public_key()).expect("an address"));
    }

    fn read_list(mut bytes: &[u8]) -> Vec<Bytes> {
        let mut fields = alloy_rlp::Header::decode_bytes(&mut bytes, true).expect("a list");
        let mut all = Vec::new();
        while !fields.is_empty() {
            all.push(<Bytes as alloy_rlp::Decodable>::decode(&mut fields).expect("bytes"));
        }
        all
    }
}
