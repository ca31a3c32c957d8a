//! What is written to the credential registry, directly or signed for others to send, and what is read back from it.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolEvent as _, SolValue};
use serde::{Deserialize, Serialize};

use super::abi::CredentialRegistry as abi;
use super::account::RecoverableSignature;
use super::slot;
use crate::error::{Result, WalletError};

/// One write in the name of an identity, by whoever owns it in the DID registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialWrite {
    /// Accredits another identity, in a new period.
    Accredit {
        /// Whom.
        subject: Address,
        /// For which credentials ([`kind_of`]).
        kind: B256,
        /// The period and its terms.
        terms: Terms,
    },
    /// Revokes a period now; what was done in it before stays good.
    RevokeAccreditation {
        /// Whose.
        subject: Address,
        /// For which credentials.
        kind: B256,
        /// The period's number, from zero.
        number: u32,
    },
    /// Anchors a Merkle root, once.
    Anchor {
        /// The root.
        root: B256,
    },
    /// Sets the digest of a current status list.
    SetStatus {
        /// The list ([`list_of`]).
        list: B256,
        /// The digest.
        digest: B256,
    },
    /// Retires the identity for good.
    Retire,
}

/// A period of accreditation and its terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terms {
    /// The accreditor's own accreditation; none when it acts as a root, which counts for verifiers that chose it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<Under>,
    /// The first second it is good for, since 1970.
    pub from: u64,
    /// The first second it is no longer good for, since 1970.
    pub until: u64,
    /// How many further levels the subject may accredit, seven at the most; zero for an issuer.
    pub levels: u8,
}

/// The accreditation by which an accreditor accredits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Under {
    /// Who accredited the accreditor.
    pub accreditor: Address,
    /// The number of that period.
    pub number: u32,
}

/// An accreditation as the registry keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Accreditation {
    /// The period and its terms.
    pub terms: Terms,
    /// When it was revoked, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<u64>,
}

/// When something was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Moment {
    /// The block.
    pub block: u64,
    /// Its time, in seconds since 1970.
    pub time: u64,
}

/// The digest of a current status list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusDigest {
    /// The digest.
    pub digest: B256,
    /// When it was set.
    pub set: Moment,
    /// How often one was set, this time included.
    pub version: u64,
}

/// The registry's name for a type of credential: the Keccak-256 of its type's absolute URL.
pub fn kind_of(type_url: &str) -> B256 {
    keccak256(type_url)
}

/// The registry's name for a status list: the Keccak-256 of its URL.
pub fn list_of(url: &str) -> B256 {
    keccak256(url)
}

impl CredentialWrite {
    /// The call data with which the owner of `identity` makes this write in its name.
    pub fn call(&self, identity: Address) -> Result<Bytes> {
        let call = match *self {
            Self::Accredit { subject, kind, terms } => {
                abi::accreditCall { accreditor: identity, subject, kind, accreditation: terms.encoded()? }.abi_encode()
            }
            Self::RevokeAccreditation { subject, kind, number } => {
                abi::revokeAccreditationCall { accreditor: identity, subject, kind, number }.abi_encode()
            }
            Self::Anchor { root } => abi::anchorCall { issuer: identity, root }.abi_encode(),
            Self::SetStatus { list, digest } => abi::setStatusCall { issuer: identity, list, digest }.abi_encode(),
            Self::Retire => abi::retireCall { identity }.abi_encode(),
        };
        Ok(call.into())
    }

    /// The message the owner of `identity` signs so that anyone may make this write: its Keccak-256 is what is signed (EIP-712).
    ///
    /// `nonce` is the *identity's* ([`nonce_call`]); `registry` and `chain_id` say where it counts, and nowhere else.
    pub fn message(&self, registry: Address, chain_id: u64, signer: Signer) -> Vec<u8> {
        let domain = keccak256(
            (
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("CredentialRegistry"),
                keccak256("1"),
                U256::from(chain_id),
                registry,
            )
                .abi_encode(),
        );
        [&[0x19, 0x01], domain.as_slice(), self.hash(signer).as_slice()].concat()
    }

    /// The EIP-712 hash of this write.
    fn hash(&self, Signer { identity, nonce }: Signer) -> B256 {
        let kind = keccak256(self.encoded_type());
        keccak256(match *self {
            Self::Accredit { subject, kind: of, terms } => {
                let Terms { from, until, levels, .. } = terms;
                let (under, parent) = terms.parent();
                let numbers = (U256::from(parent), U256::from(from), U256::from(until), U256::from(levels), nonce);
                [(kind, identity, subject, of, under).abi_encode(), numbers.abi_encode()].concat()
            }
            Self::RevokeAccreditation { subject, kind: of, number } => {
                (kind, identity, subject, of, U256::from(number), nonce).abi_encode()
            }
            Self::Anchor { root } => (kind, identity, root, nonce).abi_encode(),
            Self::SetStatus { list, digest } => (kind, identity, list, digest, nonce).abi_encode(),
            Self::Retire => (kind, identity, nonce).abi_encode(),
        })
    }

    fn encoded_type(&self) -> &'static str {
        match self {
            Self::Accredit { .. } => {
                "Accredit(address accreditor,address subject,bytes32 kind,address under,uint32 parent,uint48 from,uint48 until,uint8 levels,uint256 nonce)"
            }
            Self::RevokeAccreditation { .. } => {
                "RevokeAccreditation(address accreditor,address subject,bytes32 kind,uint32 number,uint256 nonce)"
            }
            Self::Anchor { .. } => "Anchor(address issuer,bytes32 root,uint256 nonce)",
            Self::SetStatus { .. } => "SetStatus(address issuer,bytes32 list,bytes32 digest,uint256 nonce)",
            Self::Retire => "Retire(address identity,uint256 nonce)",
        }
    }

    /// The call data with which anyone makes this write with the signature of the owner of `identity`.
    pub fn signed_call(&self, identity: Address, signature: &RecoverableSignature) -> Result<Bytes> {
        let signature = Bytes::copy_from_slice(&signature.to_bytes());
        let call = match *self {
            Self::Accredit { subject, kind, terms } => {
                let accreditation = terms.encoded()?;
                abi::accreditSignedCall { accreditor: identity, subject, kind, accreditation, signature }.abi_encode()
            }
            Self::RevokeAccreditation { subject, kind, number } => {
                abi::revokeAccreditationSignedCall { accreditor: identity, subject, kind, number, signature }.abi_encode()
            }
            Self::Anchor { root } => abi::anchorSignedCall { issuer: identity, root, signature }.abi_encode(),
            Self::SetStatus { list, digest } => {
                abi::setStatusSignedCall { issuer: identity, list, digest, signature }.abi_encode()
            }
            Self::Retire => abi::retireSignedCall { identity, signature }.abi_encode(),
        };
        Ok(call.into())
    }
}

/// In whose name a signed write is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signer {
    /// The identity.
    pub identity: Address,
    /// How many signed writes have been made in its name.
    pub nonce: U256,
}

impl Terms {
    fn parent(&self) -> (Address, u32) {
        self.under.map_or((Address::ZERO, 0), |under| (under.accreditor, under.number))
    }

    fn encoded(&self) -> Result<abi::Accreditation> {
        let (from, until) = (self.from.try_into(), self.until.try_into());
        let (Ok(from), Ok(until)) = (from, until) else {
            return Err(WalletError::misused("a time in the registry has at most 48 bits"));
        };
        let (under, parent) = self.parent();
        let revoked = Default::default();
        Ok(abi::Accreditation { under, from, until, revoked, parent, levels: self.levels })
    }
}

/// Which accreditations: by whom, of whom, for which credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// By whom.
    pub accreditor: Address,
    /// Of whom.
    pub subject: Address,
    /// For which credentials.
    pub kind: B256,
}

impl Held {
    /// The call that asks how many periods there have been; read its answer with [`read_number`].
    pub fn count_call(&self) -> Bytes {
        let Self { accreditor, subject, kind } = *self;
        abi::accreditationCountCall { accreditor, subject, kind }.abi_encode().into()
    }

    /// The call that asks for one period, from zero; read its answer with [`read_accreditation`].
    pub fn period_call(&self, number: u32) -> Bytes {
        let Self { accreditor, subject, kind } = *self;
        abi::accreditationOfCall { accreditor, subject, kind, number }.abi_encode().into()
    }

    /// The call that asks whether a period and all above it, up to `root`, were good at `time`; read it with [`read_yes`].
    pub fn accredited_call(&self, root: Address, number: u32, time: u64) -> Bytes {
        let Self { accreditor, subject, kind } = *self;
        abi::accreditedCall { root, accreditor, subject, kind, number, time: U256::from(time) }.abi_encode().into()
    }

    /// The slot that holds how many periods there have been.
    pub fn count_slot(&self) -> B256 {
        slot::of(slot::variable(0), keccak256((self.accreditor, self.subject, self.kind).abi_encode()))
    }

    /// The two slots that hold a period; read them with [`Accreditation::from_slots`].
    pub fn period_slots(&self, number: u32) -> [B256; 2] {
        let first = slot::after(keccak256(self.count_slot()), u64::from(number) * 2);
        [first, slot::after(first, 1)]
    }
}

impl Accreditation {
    /// Reads the two slots of a period.
    pub fn from_slots(slots: [B256; 2]) -> Self {
        let [first, second] = slots;
        Self::new(
            Address::from_slice(&first[12..]),
            [big_endian(&first[6..12]), big_endian(&first[..6]), big_endian(&second[26..])],
            (big_endian(&second[22..26]) as u32, second[21]),
        )
    }

    fn new(under: Address, [from, until, revoked]: [u64; 3], (number, levels): (u32, u8)) -> Self {
        let under = (under != Address::ZERO).then_some(Under { accreditor: under, number });
        Self { terms: Terms { under, from, until, levels }, revoked: (revoked != 0).then_some(revoked) }
    }

    /// Whether this period was good at `time`; those above it are not looked at.
    pub fn is_good(&self, time: u64) -> bool {
        self.terms.from <= time && time < self.terms.until && self.revoked.is_none_or(|revoked| time < revoked)
    }
}

impl Moment {
    /// Reads the slot of a moment; none when nothing was written.
    pub fn from_slot(slot: B256) -> Option<Self> {
        let moment = Self { block: big_endian(&slot[24..]), time: big_endian(&slot[16..24]) };
        (moment.block != 0).then_some(moment)
    }
}

impl StatusDigest {
    /// Reads the two slots of a status digest; none when none was set.
    pub fn from_slots([digest, second]: [B256; 2]) -> Option<Self> {
        let set = Moment::from_slot(second)?;
        Some(Self { digest, set, version: big_endian(&second[8..16]) })
    }
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// The slot that says when `issuer` anchored `root`; read it with [`Moment::from_slot`].
pub fn anchor_slot(issuer: Address, root: B256) -> B256 {
    slot::of(slot::of(slot::variable(1), slot::key(issuer)), root)
}

/// The two slots of the digest of a status list; read them with [`StatusDigest::from_slots`].
pub fn status_slots(issuer: Address, list: B256) -> [B256; 2] {
    let first = slot::of(slot::of(slot::variable(2), slot::key(issuer)), list);
    [first, slot::after(first, 1)]
}

/// The slot that says when `identity` retired; read it with [`Moment::from_slot`].
pub fn retired_slot(identity: Address) -> B256 {
    slot::of(slot::variable(3), slot::key(identity))
}

/// The topics of the events that say who accredited `subject` for `kind`: for [`LogFilter`](super::rpc::LogFilter).
pub fn accredited_topics(subject: Address, kind: B256) -> Vec<Vec<B256>> {
    vec![vec![abi::Accredited::SIGNATURE_HASH], Vec::new(), vec![slot::key(subject)], vec![kind]]
}

/// The call that asks when `issuer` anchored `root`; read its answer with [`read_moment`].
pub fn anchor_call(issuer: Address, root: B256) -> Bytes {
    abi::anchorsCall { issuer, root }.abi_encode().into()
}

/// The topics of the events that `issuer` has anchored anything: for [`LogFilter`](super::rpc::LogFilter).
pub fn anchoring_topics(issuer: Address) -> Vec<Vec<B256>> {
    vec![vec![abi::Anchored::SIGNATURE_HASH], vec![slot::key(issuer)]]
}

/// The topics of the event that `issuer` has anchored `root`: for [`LogFilter`](super::rpc::LogFilter).
pub fn anchored_topics(issuer: Address, root: B256) -> [Vec<B256>; 3] {
    [vec![abi::Anchored::SIGNATURE_HASH], vec![slot::key(issuer)], vec![root]]
}

/// The call that asks for the digest of a status list; read its answer with [`read_status`].
pub fn status_call(issuer: Address, list: B256) -> Bytes {
    abi::statusesCall { issuer, list }.abi_encode().into()
}

/// The call that asks when `identity` retired; read its answer with [`read_moment`].
pub fn retired_call(identity: Address) -> Bytes {
    abi::retiredCall { identity }.abi_encode().into()
}

/// The call that asks for the nonce of `identity`; read its answer with [`read_number`].
pub fn nonce_call(identity: Address) -> Bytes {
    abi::noncesCall { identity }.abi_encode().into()
}

/// Reads a number that was asked for.
pub fn read_number(output: &[u8]) -> Result<U256> {
    abi::noncesCall::abi_decode_returns_validate(output).map_err(bad_answer)
}

/// Reads the answer to [`Held::accredited_call`].
pub fn read_yes(output: &[u8]) -> Result<bool> {
    abi::accreditedCall::abi_decode_returns_validate(output).map_err(bad_answer)
}

/// Reads the answer to [`Held::period_call`].
pub fn read_accreditation(output: &[u8]) -> Result<Accreditation> {
    let a = abi::accreditationOfCall::abi_decode_returns_validate(output).map_err(bad_answer)?;
    let times = [a.from, a.until, a.revoked].map(|time| time.to());
    Ok(Accreditation::new(a.under, times, (a.parent, a.levels)))
}

/// Reads the answer to [`anchor_call`] or [`retired_call`]; none when nothing was written.
pub fn read_moment(output: &[u8]) -> Result<Option<Moment>> {
    let moment = abi::anchorsCall::abi_decode_returns_validate(output).map_err(bad_answer)?;
    Ok((moment.blockNumber != 0).then_some(Moment { block: moment.blockNumber, time: moment.time }))
}

/// Reads the answer to [`status_call`]; none when none was set.
pub fn read_status(output: &[u8]) -> Result<Option<StatusDigest>> {
    let status = abi::statusesCall::abi_decode_returns_validate(output).map_err(bad_answer)?;
    let set = Moment { block: status.blockNumber, time: status.time };
    Ok((set.block != 0).then_some(StatusDigest { digest: status.digest, set, version: status.version }))
}

fn bad_answer(e: alloy_sol_types::Error) -> WalletError {
    WalletError::malformed("answer of the credential registry", e)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_answer_is_read_or_refused(output in proptest::collection::vec(prop_oneof![Just(0u8), any::<u8>()], 0..260)) {
            let _ = (read_number(&output), read_yes(&output), read_accreditation(&output), read_moment(&output), read_status(&output));
        }
    }

    #[test]
    fn time_that_does_not_fit_is_refused() {
        let terms = Terms { under: None, from: 0, until: 1 << 48, levels: 0 };
        let write = CredentialWrite::Accredit { subject: Address::ZERO, kind: B256::ZERO, terms };
        assert!(matches!(write.call(Address::ZERO), Err(WalletError::Misused { .. })));
    }
}
