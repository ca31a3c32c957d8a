//! QBFT and IBFT 2.0 blocks as Besu seals them: validators and their seals in the header's extra data.
//!
//! The two differ in how they write a missing vote, a vote to drop and the round, and in what is left out before hashing.

use alloy_primitives::{Address, B256, Bytes, FixedBytes, b256};
use alloy_rlp::{BufMut, Decodable, Encodable};

use super::account::RecoverableSignature;
use super::block::Header;
use crate::error::{Result, WalletError};

/// The mix hash of every block sealed by QBFT or IBFT 2.0.
pub const MIX_HASH: B256 = b256!("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365");

/// The most validators, and so seals, that are read.
pub const MAX_VALIDATORS: usize = 256;

/// A seal: `r ‖ s ‖ y`, 65 bytes.
pub type Seal = FixedBytes<65>;

/// The extra data of a QBFT or IBFT 2.0 header: an RLP list of vanity, validators, vote, round and seals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraData {
    /// By which of the two it is written.
    pub protocol: Protocol,
    /// Free bytes, 32 of them.
    pub vanity: Bytes,
    /// The validators that may seal this block, in ascending order; none where a contract keeps them.
    pub validators: Vec<Address>,
    /// A proposer's vote to change the validators.
    pub vote: Option<Vote>,
    /// The round in which the block was agreed on.
    pub round: u32,
    /// The seals of the validators that agreed.
    pub seals: Vec<Seal>,
}

/// A consensus protocol of Besu's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// QBFT.
    Qbft,
    /// IBFT 2.0.
    Ibft2,
}

/// A vote on one validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vote {
    /// On whom.
    pub recipient: Address,
    /// For or against.
    pub kind: VoteKind,
}

/// What a vote is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoteKind {
    /// To make it a validator.
    Add,
    /// To make it one no more.
    Drop,
}

/// What is left out of extra data, in bytes to be signed or hashed.
#[derive(Clone, Copy, PartialEq)]
enum Without {
    Nothing,
    Seals,
    SealsAndRound,
}

impl ExtraData {
    /// The extra data of `header`, if it is a header of QBFT or IBFT 2.0.
    pub fn of(header: &Header) -> Option<Self> {
        if header.mix_hash != MIX_HASH {
            return None;
        }
        Self::decode(&header.extra_data).ok()
    }

    /// Reads extra data of at most [`MAX_VALIDATORS`].
    pub fn decode(mut rlp: &[u8]) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("extra data of a block", reason);
        if rlp.len() > MAX_VALIDATORS * 100 {
            return Err(bad("it is too long"));
        }
        let extra = Self::decode_fields(&mut rlp).map_err(|e| WalletError::malformed("extra data of a block", e))?;
        if !rlp.is_empty() || extra.vanity.len() != 32 {
            return Err(bad("it is not a list of five fields that begins with 32 bytes"));
        }
        Ok(extra)
    }

    fn decode_fields(rlp: &mut &[u8]) -> alloy_rlp::Result<Self> {
        let mut fields = alloy_rlp::Header::decode_bytes(rlp, true)?;
        let f = &mut fields;
        let (vanity, validators) = (Decodable::decode(f)?, Decodable::decode(f)?);
        let (vote, told) = decode_vote(f)?;
        // IBFT 2.0 writes the round in four bytes, QBFT as a number, which never grows as long.
        let protocol = told.unwrap_or(if f.first() == Some(&0x84) { Protocol::Ibft2 } else { Protocol::Qbft });
        let round = match protocol {
            Protocol::Qbft => Decodable::decode(f)?,
            Protocol::Ibft2 => u32::from_be_bytes(FixedBytes::<4>::decode(f)?.0),
        };
        let extra = Self { protocol, vanity, validators, vote, round, seals: Decodable::decode(f)? };
        if f.is_empty() { Ok(extra) } else { Err(alloy_rlp::Error::UnexpectedLength) }
    }

    /// The RLP form.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_without(Without::Nothing)
    }

    /// The form validators sign: no seals.
    pub fn without_seals(&self) -> Vec<u8> {
        self.encode_without(Without::Seals)
    }

    /// The form the block's hash is made of: no seals and no round, which in QBFT is round 0.
    pub fn without_seals_and_round(&self) -> Vec<u8> {
        self.encode_without(Without::SealsAndRound)
    }

    fn encode_without(&self, without: Without) -> Vec<u8> {
        let mut payload = Vec::new();
        self.vanity.encode(&mut payload);
        self.validators.encode(&mut payload);
        self.encode_vote(&mut payload);
        let seals = if without == Without::Nothing { self.seals.as_slice() } else { &[] };
        match (self.protocol, without) {
            (Protocol::Qbft, Without::SealsAndRound) => 0u32.encode(&mut payload),
            (Protocol::Qbft, _) => self.round.encode(&mut payload),
            (Protocol::Ibft2, Without::SealsAndRound) => {}
            (Protocol::Ibft2, _) => self.round.to_be_bytes().encode(&mut payload),
        }
        if self.protocol == Protocol::Qbft || without == Without::Nothing {
            alloy_rlp::encode_list::<_, Seal>(seals, &mut payload);
        }
        list(&payload)
    }

    fn encode_vote(&self, out: &mut Vec<u8>) {
        match (&self.vote, self.protocol) {
            (None, Protocol::Qbft) => out.put_u8(alloy_rlp::EMPTY_LIST_CODE),
            (None, Protocol::Ibft2) => out.put_u8(alloy_rlp::EMPTY_STRING_CODE),
            (Some(vote), protocol) => {
                let mut payload = Vec::new();
                vote.recipient.encode(&mut payload);
                match (vote.kind, protocol) {
                    (VoteKind::Add, _) => 0xffu8.encode(&mut payload),
                    (VoteKind::Drop, Protocol::Qbft) => payload.put_u8(alloy_rlp::EMPTY_STRING_CODE),
                    (VoteKind::Drop, Protocol::Ibft2) => payload.put_u8(0),
                }
                out.extend(list(&payload));
            }
        }
    }
}

fn list(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 4);
    alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut out);
    out.extend_from_slice(payload);
    out
}

/// Reads a vote, and of which protocol it is where it tells.
fn decode_vote(fields: &mut &[u8]) -> alloy_rlp::Result<(Option<Vote>, Option<Protocol>)> {
    if fields.first() == Some(&alloy_rlp::EMPTY_STRING_CODE) {
        *fields = &fields[1..];
        return Ok((None, Some(Protocol::Ibft2)));
    }
    let mut vote = alloy_rlp::Header::decode_bytes(fields, true)?;
    if vote.is_empty() {
        return Ok((None, Some(Protocol::Qbft)));
    }
    let recipient = Decodable::decode(&mut vote)?;
    let (kind, protocol) = match vote {
        [0x81, 0xff] => (VoteKind::Add, None),
        [alloy_rlp::EMPTY_STRING_CODE] => (VoteKind::Drop, Some(Protocol::Qbft)),
        [0] => (VoteKind::Drop, Some(Protocol::Ibft2)),
        _ => return Err(alloy_rlp::Error::Custom("a vote that neither adds nor drops")),
    };
    Ok((Some(Vote { recipient, kind }), protocol))
}

/// The message validators sign to seal `header`; its Keccak-256 is what they put their keys to.
///
/// None when it is a header of neither protocol.
pub fn seal_message(header: &Header) -> Option<Vec<u8>> {
    Some(header.encode_with(&ExtraData::of(header)?.without_seals()))
}

/// Who sealed `header`, in the order of the seals; fails when it is a header of neither protocol or a seal is no signature.
pub fn sealers(header: &Header) -> Result<Vec<Address>> {
    let bad = || WalletError::malformed("block header", "it is sealed by neither QBFT nor IBFT 2.0");
    let extra = ExtraData::of(header).ok_or_else(bad)?;
    if extra.seals.len() > MAX_VALIDATORS {
        return Err(WalletError::malformed("block header", "it has too many seals"));
    }
    let message = header.encode_with(&extra.without_seals());
    extra.seals.iter().map(|seal| RecoverableSignature::from_seal(&seal.0)?.recover(&message)).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::key::{KeyAlgorithm, SecretKey};
    use crate::registry::account;
    use alloy_primitives::hex;
    use proptest::prelude::*;

    fn key(number: u8) -> SecretKey {
        let mut scalar = [0; 32];
        scalar[31] = number;
        SecretKey::from_bytes(KeyAlgorithm::Secp256k1, &scalar).expect("a small scalar")
    }

    /// The address of the secp256k1 key `number`.
    pub(in crate::registry) fn validator(number: u8) -> Address {
        account::address(&key(number).public_key()).expect("an address")
    }

    /// `header` with the seals of the secp256k1 keys `numbers`.
    pub(in crate::registry) fn sealed(header: Header, numbers: &[u8]) -> Header {
        let mut extra = ExtraData::of(&header).expect("a header to be sealed");
        let message = seal_message(&header).expect("a header to be sealed");
        let seal = |number: &u8| {
            let key = key(*number);
            Seal::new(RecoverableSignature::new(&message, &key.sign(&message), &key.public_key()).expect("its own").to_seal())
        };
        extra.seals = numbers.iter().map(seal).collect();
        Header { extra_data: extra.encode().into(), ..header }
    }

    /// The raw encoding in Besu's `QbftExtraDataCodecTest`.
    const BESU: [u8; 242] = hex!(
        "f8f0a00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20ea9400000000000000000000000000000000000000019400000000000000000000000000000000000000"
        "02d794000000000000000000000000000000000000000181ff83fedcbaf886b8410000000000000000000000000000000000000000000000000000000000000001000000000000000000000000"
        "000000000000000000000000000000000000000a00b841000000000000000000000000000000000000000000000000000000000000000a000000000000000000000000000000000000000000"
        "000000000000000000000100"
    );

    #[test]
    fn besus_own_encoding_reads_and_writes() {
        let extra = ExtraData::decode(&BESU).expect("Besu's encoding");
        let one = Address::with_last_byte(1);
        assert_eq!(extra.validators, [one, Address::with_last_byte(2)]);
        assert_eq!(extra.vote, Some(Vote { recipient: one, kind: VoteKind::Add }));
        assert_eq!(extra.round, 0xfedcba);
        assert_eq!(extra.seals.len(), 2);
        assert_eq!(extra.encode(), BESU);
    }

    #[test]
    fn ibft_writes_the_round_in_four_bytes() {
        // The raw encoding in Besu's `IbftExtraDataEncoderTest` has one byte more than the one for QBFT.
        let round = BESU.windows(4).position(|four| four == hex!("83fedcba")).expect("a round");
        let ibft = [&hex!("f8f1")[..], &BESU[2..round], &hex!("8400fedcba"), &BESU[round + 4..]].concat();
        let extra = ExtraData::decode(&ibft).expect("Besu's encoding");
        assert_eq!((extra.protocol, extra.round), (Protocol::Ibft2, 0xfedcba));
        assert_eq!(extra.encode(), ibft);
        let qbft = ExtraData::decode(&BESU).expect("Besu's encoding");
        assert_eq!(ExtraData { protocol: Protocol::Ibft2, ..qbft }, extra);
    }

    #[test]
    fn first_block_of_besus_ibft_tutorial_reads() {
        // Besu's documentation, "IBFT 2.0 genesis file": one validator, no vote, round 0, no seals.
        let vanity = "00".repeat(32);
        let text = format!("f83ea0{vanity}d594c2ab482b506de561668e07f04547232a72897daf808400000000c0");
        let bytes = hex::decode(text).expect("hexadecimal");
        let extra = ExtraData::decode(&bytes).expect("a genesis block's extra data");
        assert_eq!((extra.protocol, extra.validators.len(), extra.vote, extra.seals.len()), (Protocol::Ibft2, 1, None, 0));
        assert_eq!(extra.encode(), bytes);
    }

    #[test]
    fn omitted_seals_and_vote_are_empty_lists() {
        let (protocol, vanity, seals) = (Protocol::Qbft, vec![0; 32].into(), vec![Seal::ZERO]);
        let extra = ExtraData { protocol, vanity, validators: vec![], vote: None, round: 5, seals };
        let vanity = "a0".to_owned() + &"00".repeat(32);
        assert_eq!(hex::encode(extra.without_seals()), format!("e5{vanity}c0c005c0"));
        assert_eq!(hex::encode(extra.without_seals_and_round()), format!("e5{vanity}c0c080c0"));
        let extra = ExtraData { protocol: Protocol::Ibft2, ..extra };
        assert_eq!(hex::encode(extra.without_seals()), format!("e8{vanity}c0808400000005"));
        assert_eq!(hex::encode(extra.without_seals_and_round()), format!("e3{vanity}c080"));
    }

    #[test]
    fn hash_of_a_qbft_header_does_not_depend_on_seals_and_round() {
        let mut header = crate::registry::block::tests::mainnet_genesis();
        header.mix_hash = MIX_HASH;
        let mut extra = ExtraData::decode(&BESU).expect("Besu's encoding");
        header.extra_data = extra.encode().into();
        let hash = header.hash();
        extra.round = 9;
        extra.seals.pop();
        header.extra_data = extra.encode().into();
        assert_eq!(header.hash(), hash);
        extra.validators.pop();
        header.extra_data = extra.encode().into();
        assert_ne!(header.hash(), hash);
    }

    /// The header of Besu's `BftBlockHashingTest`, sealed as there by the secp256k1 keys 1 to 4.
    fn besus_header(protocol: Protocol) -> Header {
        let header = crate::registry::block::tests::mainnet_genesis();
        let vanity: Vec<u8> = (0..32).collect();
        let vote = Some(Vote { recipient: Address::with_last_byte(3), kind: VoteKind::Add });
        let validators = vec![Address::with_last_byte(1), Address::with_last_byte(2)];
        let extra = ExtraData { protocol, vanity: vanity.into(), validators, vote, round: 0xfedcba, seals: vec![] };
        let header = Header {
            parent_hash: b256!("a7762d3307dbf2ae6a1ae1b09cf61c7603722b2379731b6b90409cdb8c8288a0"),
            state_root: b256!("ca07595b82f908822971b7e848398e3395e59ee52565c7ef3603df1a1fa7bc80"),
            difficulty: alloy_primitives::U256::from(1),
            number: 1,
            gas_limit: 4_704_588,
            timestamp: 1_530_674_616,
            mix_hash: MIX_HASH,
            nonce: alloy_primitives::B64::ZERO,
            extra_data: extra.encode().into(),
            ..header
        };
        sealed(header, &[1, 2, 3, 4])
    }

    #[test]
    fn sealers_are_those_whose_keys_signed_in_their_order() {
        for protocol in [Protocol::Qbft, Protocol::Ibft2] {
            let header = besus_header(protocol);
            assert_eq!(sealers(&header).expect("seals"), [1, 2, 3, 4].map(validator));
            let mut altered = header.clone();
            altered.gas_used += 1;
            assert_ne!(sealers(&altered).unwrap_or_default(), [1, 2, 3, 4].map(validator));
            let mut extra = ExtraData::of(&header).expect("sealed");
            extra.round += 1;
            altered = Header { extra_data: extra.encode().into(), ..header.clone() };
            assert_eq!(altered.hash(), header.hash());
            assert_ne!(sealers(&altered).unwrap_or_default(), [1, 2, 3, 4].map(validator), "seals are of one round");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_extra_data_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0usize..242, byte: u8) {
            let _ = ExtraData::decode(&bytes);
            bytes = BESU.to_vec();
            bytes[at] = byte;
            if let Ok(extra) = ExtraData::decode(&bytes) {
                prop_assert_eq!(extra.encode(), bytes);
            }
        }
    }
}
