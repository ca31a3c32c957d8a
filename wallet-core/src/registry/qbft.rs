//! QBFT blocks as Besu seals them: validators and their seals in the header's extra data.

use alloy_primitives::{Address, B256, Bytes, FixedBytes, b256};
use alloy_rlp::{Decodable, Encodable};

use super::account::RecoverableSignature;
use super::block::Header;
use crate::error::{Result, WalletError};

/// The mix hash of every block sealed by QBFT or IBFT 2.0.
pub const MIX_HASH: B256 = b256!("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365");

/// The most validators, and so seals, that are read.
pub const MAX_VALIDATORS: usize = 256;

/// A seal: `r ‖ s ‖ y`, 65 bytes.
pub type Seal = FixedBytes<65>;

/// The extra data of a QBFT header: an RLP list of vanity, validators, vote, round and seals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraData {
    /// Free bytes, 32 of them.
    pub vanity: Bytes,
    /// The validators that may seal the next block, in ascending order.
    pub validators: Vec<Address>,
    /// A proposer's vote to change the validators.
    pub vote: Option<Vote>,
    /// The round in which the block was agreed on.
    pub round: u32,
    /// The seals of the validators that agreed.
    pub seals: Vec<Seal>,
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

impl ExtraData {
    /// The extra data of `header`, if it is a QBFT header.
    pub fn of(header: &Header) -> Option<Self> {
        if header.mix_hash != MIX_HASH {
            return None;
        }
        Self::decode(&header.extra_data).ok()
    }

    /// Reads extra data of at most [`MAX_VALIDATORS`].
    pub fn decode(mut rlp: &[u8]) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("QBFT extra data", reason);
        if rlp.len() > MAX_VALIDATORS * 100 {
            return Err(bad("it is too long"));
        }
        let extra = Self::decode_fields(&mut rlp).map_err(|e| WalletError::malformed("QBFT extra data", e))?;
        if !rlp.is_empty() || extra.vanity.len() != 32 {
            return Err(bad("it is not a list of five fields that begins with 32 bytes"));
        }
        Ok(extra)
    }

    fn decode_fields(rlp: &mut &[u8]) -> alloy_rlp::Result<Self> {
        let mut fields = alloy_rlp::Header::decode_bytes(rlp, true)?;
        let f = &mut fields;
        let extra = Self {
            vanity: Decodable::decode(f)?,
            validators: Decodable::decode(f)?,
            vote: Vote::decode(f)?,
            round: Decodable::decode(f)?,
            seals: Decodable::decode(f)?,
        };
        if f.is_empty() { Ok(extra) } else { Err(alloy_rlp::Error::UnexpectedLength) }
    }

    /// The RLP form.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_with(self.round, &self.seals)
    }

    /// The form validators sign: no seals.
    pub fn without_seals(&self) -> Vec<u8> {
        self.encode_with(self.round, &[])
    }

    /// The form the block's hash is made of: no seals, round 0.
    pub fn without_seals_and_round(&self) -> Vec<u8> {
        self.encode_with(0, &[])
    }

    fn encode_with(&self, round: u32, seals: &[Seal]) -> Vec<u8> {
        let (validators, vote, seals) = (self.validators.clone(), EncodedVote(self.vote), seals.to_vec());
        let fields: [&dyn Encodable; 5] = [&self.vanity, &validators, &vote, &round, &seals];
        let mut out = Vec::new();
        alloy_rlp::encode_list::<_, dyn Encodable>(&fields, &mut out);
        out
    }
}

/// The message validators sign to seal `header`; its Keccak-256 is what they put their keys to.
///
/// None when it is not a QBFT header.
pub fn seal_message(header: &Header) -> Option<Vec<u8>> {
    Some(header.encode_with(&ExtraData::of(header)?.without_seals()))
}

/// Who sealed `header`, in the order of the seals; fails when it is not a QBFT header or a seal is no signature.
pub fn sealers(header: &Header) -> Result<Vec<Address>> {
    let bad = || WalletError::malformed("block header", "it is not sealed by QBFT");
    let extra = ExtraData::of(header).ok_or_else(bad)?;
    let message = header.encode_with(&extra.without_seals());
    extra.seals.iter().map(|seal| RecoverableSignature::from_seal(&seal.0)?.recover(&message)).collect()
}

impl Vote {
    fn decode(fields: &mut &[u8]) -> alloy_rlp::Result<Option<Self>> {
        let mut vote = alloy_rlp::Header::decode_bytes(fields, true)?;
        if vote.is_empty() {
            return Ok(None);
        }
        let recipient = Decodable::decode(&mut vote)?;
        // Besu writes a vote to drop as the empty string and reads it so; a byte zero is not canonical RLP.
        let kind = match u8::decode(&mut vote)? {
            0xff => VoteKind::Add,
            0 => VoteKind::Drop,
            _ => return Err(alloy_rlp::Error::Custom("a vote that neither adds nor drops")),
        };
        if vote.is_empty() { Ok(Some(Self { recipient, kind })) } else { Err(alloy_rlp::Error::UnexpectedLength) }
    }
}

struct EncodedVote(Option<Vote>);

impl Encodable for EncodedVote {
    fn encode(&self, out: &mut dyn alloy_rlp::BufMut) {
        match &self.0 {
            None => alloy_rlp::Header { list: true, payload_length: 0 }.encode(out),
            Some(vote) => {
                let kind: u8 = if vote.kind == VoteKind::Add { 0xff } else { 0 };
                alloy_rlp::encode_list::<_, dyn Encodable>(&[&vote.recipient as &dyn Encodable, &kind], out);
            }
        }
    }

    fn length(&self) -> usize {
        let mut out = Vec::new();
        self.encode(&mut out);
        out.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::hex;
    use proptest::prelude::*;

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
    fn omitted_seals_and_vote_are_empty_lists() {
        let extra = ExtraData { vanity: vec![0; 32].into(), validators: vec![], vote: None, round: 5, seals: vec![Seal::ZERO] };
        let vanity = "a0".to_owned() + &"00".repeat(32);
        assert_eq!(hex::encode(extra.without_seals()), format!("e5{vanity}c0c005c0"));
        assert_eq!(hex::encode(extra.without_seals_and_round()), format!("e5{vanity}c0c080c0"));
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
