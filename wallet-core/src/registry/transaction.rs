//! Transactions: EIP-1559, for older networks EIP-155, and for relay hubs older still; built, signed by a keystore, and read.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::{Decodable, Encodable};

use super::account::RecoverableSignature;
use crate::error::{Result, WalletError};
use crate::key::PublicKey;

/// The longest transaction that is read, in bytes; the limit nodes have.
pub const MAX_BYTES: usize = 128 * 1024;

/// A transaction that is not signed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The chain it is for (EIP-155); [`Fees::Unprotected`] leaves it out of what is signed.
    pub chain_id: u64,
    /// How many transactions its sender has made before.
    pub nonce: u64,
    /// What it offers for gas.
    pub fees: Fees,
    /// The most gas it may use.
    pub gas_limit: u64,
    /// The contract it calls; none to create one.
    pub to: Option<Address>,
    /// What it pays to `to`, in wei.
    pub value: U256,
    /// The call data, or the code that creates a contract.
    pub data: Bytes,
}

/// What a transaction offers for gas, in wei; zeros on a network without fees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fees {
    /// A legacy transaction with replay protection (EIP-155).
    Legacy {
        /// The price of a unit of gas.
        gas_price: u128,
    },
    /// A legacy transaction that names no chain, as before EIP-155: a relay hub takes no other ([`relay`](super::relay)).
    ///
    /// On a chain where it is not relayed, whoever sees it may send it to every chain where its sender has the same nonce.
    Unprotected {
        /// The price of a unit of gas.
        gas_price: u128,
    },
    /// A type 2 transaction (EIP-1559).
    Dynamic {
        /// The most for a unit of gas, base fee and tip together.
        max_fee: u128,
        /// The tip of it.
        max_priority_fee: u128,
    },
}

/// A signed transaction, as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedTransaction {
    /// What was signed.
    pub transaction: Transaction,
    /// The signature.
    pub signature: RecoverableSignature,
    /// Who signed.
    pub sender: Address,
    /// The bytes for `eth_sendRawTransaction` (EIP-2718).
    pub raw: Bytes,
}

impl SignedTransaction {
    /// The transaction's hash, by which its receipt is found.
    pub fn hash(&self) -> B256 {
        keccak256(&self.raw)
    }

    /// Reads a raw transaction of at most [`MAX_BYTES`] and recovers its sender.
    ///
    /// Fails with `Unsupported` for other types than 0 and 2, for access lists, and for legacy transactions without a chain.
    pub fn read(raw: &[u8]) -> Result<Self> {
        if raw.len() > MAX_BYTES {
            return Err(WalletError::malformed("transaction", format!("it is longer than {MAX_BYTES} bytes")));
        }
        let (transaction, signature) = match raw.first() {
            Some(2) => read_dynamic(&raw[1..])?,
            Some(0xc0..) => read_legacy(raw)?,
            _ => return Err(WalletError::unsupported("this type of transaction", "send type 2 or a legacy one")),
        };
        let sender = signature.recover(&transaction.message())?;
        Ok(Self { transaction, signature, sender, raw: Bytes::copy_from_slice(raw) })
    }
}

impl Transaction {
    /// A transaction that calls `to` with `data`, paying nothing.
    pub fn call(chain_id: u64, to: Address, data: impl Into<Bytes>) -> Self {
        Self {
            chain_id,
            nonce: 0,
            fees: Fees::Dynamic { max_fee: 0, max_priority_fee: 0 },
            gas_limit: 0,
            to: Some(to),
            value: U256::ZERO,
            data: data.into(),
        }
    }

    /// The bytes to be signed: hand them to [`Keystore::sign`](crate::ports::Keystore::sign) with a secp256k1 key.
    pub fn message(&self) -> Vec<u8> {
        match self.fees {
            Fees::Legacy { .. } => self.encode(&[&self.chain_id, &0u8, &0u8]),
            Fees::Unprotected { .. } => self.encode(&[]),
            Fees::Dynamic { .. } => self.encode(&[&NoAccessList]),
        }
    }

    /// Completes this transaction with the 64 bytes a keystore gave for its [`message`](Transaction::message).
    pub fn finish(self, signature: &[u8], key: &PublicKey) -> Result<SignedTransaction> {
        let signature = RecoverableSignature::new(&self.message(), signature, key)?;
        let (r, s) = (U256::from_be_bytes(signature.r.0), U256::from_be_bytes(signature.s.0));
        let raw = match self.fees {
            Fees::Legacy { .. } => {
                let v = U256::from(self.chain_id) * U256::from(2) + U256::from(35 + u8::from(signature.odd_y));
                self.encode(&[&v, &r, &s])
            }
            Fees::Unprotected { .. } => self.encode(&[&signature.v(), &r, &s]),
            Fees::Dynamic { .. } => self.encode(&[&NoAccessList, &signature.odd_y, &r, &s]),
        };
        let sender = super::account::address(key)?;
        Ok(SignedTransaction { transaction: self, signature, sender, raw: raw.into() })
    }

    /// The type byte, if any, and the list of this transaction's fields followed by `last`.
    fn encode(&self, last: &[&dyn Encodable]) -> Vec<u8> {
        let to: &[u8] = self.to.as_ref().map_or(&[], |to| to.as_slice());
        let mut out = Vec::new();
        let mut fields: Vec<&dyn Encodable> = Vec::new();
        match &self.fees {
            Fees::Legacy { gas_price } | Fees::Unprotected { gas_price } => {
                fields.extend([&self.nonce as &dyn Encodable, gas_price])
            }
            Fees::Dynamic { max_fee, max_priority_fee } => {
                out.push(2);
                fields.extend([&self.chain_id as &dyn Encodable, &self.nonce, max_priority_fee, max_fee]);
            }
        }
        fields.extend([&self.gas_limit as &dyn Encodable, &to, &self.value, &self.data]);
        fields.extend(last);
        alloy_rlp::encode_list::<_, dyn Encodable>(&fields, &mut out);
        out
    }
}

/// An empty access list (EIP-2930): a list, where an empty byte string would be a string.
struct NoAccessList;

impl Encodable for NoAccessList {
    fn encode(&self, out: &mut dyn alloy_rlp::BufMut) {
        alloy_rlp::Header { list: true, payload_length: 0 }.encode(out);
    }

    fn length(&self) -> usize {
        1
    }
}

fn read_dynamic(raw: &[u8]) -> Result<(Transaction, RecoverableSignature)> {
    let mut fields = fields(raw)?;
    let (chain_id, nonce) = (field(&mut fields)?, field(&mut fields)?);
    let (max_priority_fee, max_fee) = (field(&mut fields)?, field(&mut fields)?);
    let (gas_limit, to) = (field(&mut fields)?, read_to(&mut fields)?);
    let (value, data) = (field(&mut fields)?, field(&mut fields)?);
    let access_list = alloy_rlp::Header::decode_bytes(&mut fields, true).map_err(bad)?;
    if !access_list.is_empty() {
        return Err(WalletError::unsupported("a transaction with an access list", "send it without"));
    }
    let odd_y = field(&mut fields)?;
    let signature = read_signature(&mut fields, odd_y)?;
    let fees = Fees::Dynamic { max_fee, max_priority_fee };
    Ok((Transaction { chain_id, nonce, fees, gas_limit, to, value, data }, signature))
}

fn read_legacy(raw: &[u8]) -> Result<(Transaction, RecoverableSignature)> {
    let mut fields = fields(raw)?;
    let (nonce, gas_price, gas_limit) = (field(&mut fields)?, field(&mut fields)?, field(&mut fields)?);
    let to = read_to(&mut fields)?;
    let (value, data) = (field(&mut fields)?, field(&mut fields)?);
    let v: u64 = field(&mut fields)?;
    let chain = v.checked_sub(35).ok_or_else(|| {
        WalletError::unsupported("a transaction that names no chain", "sign it with replay protection (EIP-155)")
    })?;
    let signature = read_signature(&mut fields, chain % 2 == 1)?;
    let fees = Fees::Legacy { gas_price };
    Ok((Transaction { chain_id: chain / 2, nonce, fees, gas_limit, to, value, data }, signature))
}

fn bad(e: alloy_rlp::Error) -> WalletError {
    WalletError::malformed("transaction", e)
}

/// The payload of the one list `raw` must be.
fn fields(mut raw: &[u8]) -> Result<&[u8]> {
    let fields = alloy_rlp::Header::decode_bytes(&mut raw, true).map_err(bad)?;
    if !raw.is_empty() {
        return Err(WalletError::malformed("transaction", "something follows it"));
    }
    Ok(fields)
}

fn field<T: Decodable>(fields: &mut &[u8]) -> Result<T> {
    T::decode(fields).map_err(bad)
}

fn read_to(fields: &mut &[u8]) -> Result<Option<Address>> {
    let to: Bytes = field(fields)?;
    match to.len() {
        0 => Ok(None),
        20 => Ok(Some(Address::from_slice(&to))),
        _ => Err(WalletError::malformed("transaction", "it calls something that is not an address")),
    }
}

/// The last two fields, after which nothing may follow.
fn read_signature(fields: &mut &[u8], odd_y: bool) -> Result<RecoverableSignature> {
    let (r, s): (U256, U256) = (field(fields)?, field(fields)?);
    if !fields.is_empty() {
        return Err(WalletError::malformed("transaction", "it has too many fields"));
    }
    Ok(RecoverableSignature { r: r.into(), s: s.into(), odd_y })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyAlgorithm, SecretKey};
    use proptest::prelude::*;

    #[test]
    fn eip_155_example() {
        let key = SecretKey::from_bytes(KeyAlgorithm::Secp256k1, &[0x46; 32]).expect("a scalar in range");
        let transaction = Transaction {
            nonce: 9,
            fees: Fees::Legacy { gas_price: 20_000_000_000 },
            gas_limit: 21_000,
            value: U256::from(1_000_000_000_000_000_000u64),
            ..Transaction::call(1, Address::repeat_byte(0x35), vec![])
        };
        let message = transaction.message();
        assert_eq!(
            alloy_primitives::hex::encode(keccak256(&message)),
            "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"
        );
        let signed = transaction.finish(&key.sign(&message), &key.public_key()).expect("its own signature");
        assert_eq!(
            alloy_primitives::hex::encode(&signed.raw),
            "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
        );
    }

    #[test]
    fn appended_byte_is_refused() {
        let key = SecretKey::from_bytes(KeyAlgorithm::Secp256k1, &[7; 32]).expect("a scalar in range");
        let transaction = Transaction::call(1, Address::ZERO, vec![1]);
        let signature = key.sign(&transaction.message());
        let raw = transaction.finish(&signature, &key.public_key()).expect("its own signature").raw;
        assert!(SignedTransaction::read(&[&raw[..], &[0]].concat()).is_err());
    }

    fn any_transaction() -> impl Strategy<Value = Transaction> {
        let fees = prop_oneof![
            any::<u64>().prop_map(|p| Fees::Legacy { gas_price: p.into() }),
            any::<(u64, u64)>().prop_map(|(a, b)| Fees::Dynamic { max_fee: a.into(), max_priority_fee: b.into() }),
        ];
        let to = proptest::option::of(any::<[u8; 20]>().prop_map(Address::from));
        let data = proptest::collection::vec(any::<u8>(), 0..100);
        (1u64..1 << 40, any::<u64>(), fees, any::<u64>(), to, any::<u64>(), data).prop_map(
            |(chain_id, nonce, fees, gas_limit, to, value, data)| Transaction {
                chain_id,
                nonce,
                fees,
                gas_limit,
                to,
                value: U256::from(value),
                data: data.into(),
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn signed_transaction_reads_back(transaction in any_transaction()) {
            let key = SecretKey::from_bytes(KeyAlgorithm::Secp256k1, &[7; 32]).expect("a scalar in range");
            let signature = key.sign(&transaction.message());
            let signed = transaction.finish(&signature, &key.public_key()).expect("its own signature");
            prop_assert_eq!(SignedTransaction::read(&signed.raw).expect("its own bytes"), signed);
        }

        #[test]
        fn any_bytes_are_read_or_refused(kind in prop_oneof![Just(2u8), any::<u8>()], rest in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = SignedTransaction::read(&[&[kind], &rest[..]].concat());
        }
    }
}
