//! The records: what one sealed thing in the store holds.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::index::RecordId;
use crate::did::Did;
use crate::error::{Result, WalletError};
use crate::key::{KeyId, PublicKey};
use crate::oauth::Secret;
use crate::time::Timestamp;

/// The longest record that is kept or read, in bytes of its JSON.
const MAX_BYTES: usize = 4 << 20;

/// One thing the holder keeps. Its content does not print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Record {
    /// A credential.
    Credential(HeldCredential),
    /// Something that happened.
    Event(Event),
    /// Where a key of the holder's is.
    Key(KeyReference),
    /// A JSON-LD context the holder accepted beside the bundled ones.
    Context(AcceptedContext),
    /// The issuance of credentials that has not ended, or can be gone on with; it stays on this device.
    Issuance(HeldIssuance),
}

/// The kind of a [`Record`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// [`Record::Credential`].
    Credential,
    /// [`Record::Event`].
    Event,
    /// [`Record::Key`].
    Key,
    /// [`Record::Context`].
    Context,
    /// [`Record::Issuance`].
    Issuance,
}

/// A credential as it was received, and what the wallet has to know beside it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeldCredential {
    /// How it is secured.
    pub format: Format,
    /// The text as it was received, to the byte: a signature is over it. Binary forms stand in base64url.
    pub text: String,
    /// The disclosures that came with it, as received, for a form that keeps them apart (SD-JWT, RFC 9901).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disclosures: Vec<String>,
    /// The holder's key it is bound to; none for a bearer credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    /// When it was received.
    pub received: Timestamp,
    /// From whom: the DID or origin that handed it over.
    pub from: String,
    /// What a list of credentials shows of it.
    pub display: Display,
}

/// How a credential is secured, by its media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Format {
    /// JSON with an embedded proof (VC Data Integrity).
    #[serde(rename = "vc")]
    DataIntegrity,
    /// A compact JWT (VC-JOSE-COSE §3.1).
    #[serde(rename = "vc+jwt")]
    Jwt,
    /// An SD-JWT over a VC DM 2.0 credential (VC-JOSE-COSE §3.2).
    #[serde(rename = "vc+sd-jwt")]
    SdJwt,
    /// An SD-JWT VC.
    #[serde(rename = "dc+sd-jwt")]
    SdJwtVc,
    /// COSE (VC-JOSE-COSE §3.3), in base64url.
    #[serde(rename = "vc+cose")]
    Cose,
}

/// What a list of credentials shows of one, in the language it was received in.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Display {
    /// What it is.
    pub title: String,
    /// Who says so.
    pub issuer: String,
    /// Its types, without `VerifiableCredential`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// When it stops being valid, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

/// Something that happened, and when.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Event {
    /// When.
    pub when: Timestamp,
    /// What.
    pub what: Occurrence,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Occurrence {
    /// A credential came in.
    Received {
        /// Its record.
        credential: RecordId,
        /// What it was, to be read when it is gone.
        title: String,
        /// The DID or origin that handed it over.
        from: String,
    },
    /// Credentials went out.
    Shown {
        /// What of each.
        items: Vec<Shown>,
        /// The DID or origin they were shown to; none when nobody said, as under a scanner.
        to: Option<String>,
        /// The way they went.
        by: Channel,
    },
    /// A credential was forgotten, and its history was not.
    Forgotten {
        /// The record it was.
        credential: RecordId,
        /// What it was.
        title: String,
    },
    /// A backup was written.
    BackedUp,
    /// A backup was restored.
    Restored {
        /// When it had been written.
        made: Timestamp,
        /// How many records it added.
        added: u64,
    },
}

/// What was shown of one credential.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shown {
    /// Its record.
    pub credential: RecordId,
    /// What it was, to be read when it is gone.
    pub title: String,
    /// The paths of the claims that went out; empty for all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<String>,
}

/// The way something was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    /// As a QR code, on a screen or on paper.
    Qr,
    /// In a signed presentation.
    Presentation,
    /// As a file.
    File,
}

/// Where a key of the holder's is, and what stands for it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyReference {
    /// Its name in the keystore.
    pub id: KeyId,
    /// Its public half.
    pub public: PublicKey,
    /// The DID it signs for.
    pub did: Did,
    /// When it was made.
    pub created: Timestamp,
    /// What guards it.
    pub protection: Protection,
}

/// What guards a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Protection {
    /// A software keystore: the key can be taken into a backup.
    Software,
    /// The device's hardware: the key ends with the device.
    Hardware,
}

/// A JSON-LD context the holder accepted beside the bundled ones.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AcceptedContext {
    /// Its URL.
    pub url: String,
    /// The document, as received.
    pub text: String,
    /// When it was accepted.
    pub accepted: Timestamp,
}

/// An issuance as the door left it: what was agreed, and the tokens that go on with it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeldIssuance {
    /// When the offer was accepted.
    pub began: Timestamp,
    /// The credential issuer.
    pub from: String,
    /// The rest, which only the door reads.
    pub state: Secret,
}

impl Record {
    /// Which kind of record it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Credential(_) => Kind::Credential,
            Self::Event(_) => Kind::Event,
            Self::Key(_) => Kind::Key,
            Self::Context(_) => Kind::Context,
            Self::Issuance(_) => Kind::Issuance,
        }
    }

    /// A digest of what it stands for, whatever was noted beside it and wherever it is kept.
    pub(super) fn thing(&self) -> [u8; 32] {
        let bytes = match self {
            Self::Credential(held) => serde_json::to_vec(&(&held.text, &held.disclosures)),
            Self::Event(event) => serde_json::to_vec(event),
            Self::Key(key) => serde_json::to_vec(&(&key.id, &key.public, &key.did)),
            Self::Context(context) => serde_json::to_vec(&(&context.url, &context.text)),
            Self::Issuance(issuance) => serde_json::to_vec(issuance),
        };
        let bytes = Zeroizing::new(bytes.expect("a record is plain JSON"));
        Sha256::new().chain_update([self.kind().code()]).chain_update(&*bytes).finalize().into()
    }

    /// Its JSON; `Misused` when it is longer than 4 MiB.
    pub(super) fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>> {
        let bytes = Zeroizing::new(serde_json::to_vec(self).expect("a record is plain JSON"));
        if bytes.len() > MAX_BYTES {
            return Err(WalletError::misused(format!("a record is at most {MAX_BYTES} bytes long")));
        }
        Ok(bytes)
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_BYTES {
            return None;
        }
        serde_json::from_slice(bytes).ok()
    }
}

impl Event {
    /// The credentials it speaks of.
    pub fn credentials(&self) -> Vec<RecordId> {
        match &self.what {
            Occurrence::Received { credential, .. } | Occurrence::Forgotten { credential, .. } => vec![*credential],
            Occurrence::Shown { items, .. } => items.iter().map(|item| item.credential).collect(),
            Occurrence::BackedUp | Occurrence::Restored { .. } => Vec::new(),
        }
    }

    /// This event without a word of `credential`; none when nothing is left of it.
    pub(super) fn without(&self, credential: &RecordId) -> Option<Self> {
        match &self.what {
            Occurrence::Received { credential: id, .. } | Occurrence::Forgotten { credential: id, .. } => {
                (id != credential).then(|| self.clone())
            }
            Occurrence::Shown { items, to, by } => {
                let items: Vec<Shown> = items.iter().filter(|item| item.credential != *credential).cloned().collect();
                let what = Occurrence::Shown { items, to: to.clone(), by: *by };
                (!what.is_empty()).then(|| Self { when: self.when.clone(), what })
            }
            Occurrence::BackedUp | Occurrence::Restored { .. } => Some(self.clone()),
        }
    }

    /// This event with every credential it speaks of under the name `rename` gives.
    pub(super) fn renamed(mut self, rename: impl Fn(RecordId) -> RecordId) -> Self {
        match &mut self.what {
            Occurrence::Received { credential, .. } | Occurrence::Forgotten { credential, .. } => {
                *credential = rename(*credential)
            }
            Occurrence::Shown { items, .. } => items.iter_mut().for_each(|item| item.credential = rename(item.credential)),
            Occurrence::BackedUp | Occurrence::Restored { .. } => {}
        }
        self
    }
}

impl Occurrence {
    fn is_empty(&self) -> bool {
        matches!(self, Self::Shown { items, .. } if items.is_empty())
    }
}

impl Kind {
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Credential => 1,
            Self::Event => 2,
            Self::Key => 3,
            Self::Context => 4,
            Self::Issuance => 5,
        }
    }

    pub(super) fn from_code(code: u8) -> Option<Self> {
        [Self::Credential, Self::Event, Self::Key, Self::Context, Self::Issuance].into_iter().find(|kind| kind.code() == code)
    }
}

content_does_not_print!(HeldCredential, Display, Event, Occurrence, Shown, KeyReference, AcceptedContext, HeldIssuance);

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({:?}, hidden)", self.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::kit::{diploma, shown};
    use proptest::prelude::*;

    #[test]
    fn record_reads_back_to_the_byte() {
        let id: RecordId = "00112233445566778899aabbccddeeff".parse().expect("a name");
        for record in [Record::Credential(diploma("mark")), Record::Event(shown(&[id, id]))] {
            assert_eq!(Record::from_bytes(&record.to_bytes().expect("short")), Some(record));
        }
    }

    #[test]
    fn record_too_long_is_misused() {
        let record = Record::Credential(HeldCredential { text: "a".repeat(MAX_BYTES), ..diploma("mark") });
        assert!(matches!(record.to_bytes(), Err(WalletError::Misused { .. })));
    }

    #[test]
    fn content_does_not_print() {
        assert_eq!(format!("{:?}", Record::Credential(diploma("mark"))), "Record(Credential, hidden)");
        assert_eq!(format!("{:?}", diploma("mark")), "HeldCredential(hidden)");
    }

    #[test]
    fn event_without_its_only_credential_is_nothing() {
        let [one, two]: [RecordId; 2] = ["00", "01"].map(|byte| byte.repeat(16).parse().expect("a name"));
        assert_eq!(shown(&[one]).without(&one), None);
        assert_eq!(shown(&[one, two]).without(&one), Some(shown(&[two])));
        assert_eq!(shown(&[two]).without(&one), Some(shown(&[two])));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_record_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Record::from_bytes(&bytes);
        }

        #[test]
        fn any_text_and_disclosures_read_back(text in "\\PC{0,100}", disclosures in proptest::collection::vec("\\PC{0,30}", 0..4)) {
            let record = Record::Credential(HeldCredential { text, disclosures, ..diploma("mark") });
            prop_assert_eq!(Record::from_bytes(&record.to_bytes().expect("short")), Some(record));
        }
    }
}
