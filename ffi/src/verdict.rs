//! Mirrors of the verdict, and the claims that only an accepted one gives up.

use serde_json::Value;
use wallet_core::did::{Did, Grounds, Standing};
use wallet_core::language::Language;
use wallet_core::registry::accreditation::Scope;
use wallet_core::time::Timestamp;
use wallet_core::verification::{
    AccreditationUsed, AnchorUsed, Basis, CertificateUsed, Finding, Gap, IssuerUsed, Place, Reason, ResolutionUsed, Say as _,
    StatusListUsed, Verdict, Verified, Warning,
};

/// The outcome of verification.
///
/// Evidence that is missing never rejects, and never accepts: it leaves the verdict undetermined.
#[uniffi::remote(Enum)]
pub enum Verdict {
    /// Every check passed.
    Accepted(Verified),
    /// At least one check failed, whatever else could not be found out.
    Rejected {
        /// Why, in the order of the checks.
        reasons: Vec<ReasonFinding>,
        /// What could not be found out besides.
        gaps: Vec<GapFinding>,
        /// What the verdict rests on.
        basis: Basis,
    },
    /// No check failed, and not every one could be made.
    Undetermined {
        /// What is missing.
        gaps: Vec<GapFinding>,
        /// What the verdict rests on.
        basis: Basis,
    },
}

/// Credentials that passed every check; only verification makes one.
#[derive(uniffi::Object)]
pub struct VerifiedClaims(pub(crate) Verified);

#[uniffi::export]
impl VerifiedClaims {
    /// Who presented, when it was a presentation: the DID that signed it.
    pub fn holder(&self) -> Option<Did> {
        self.0.holder().cloned()
    }

    /// The claims of each credential as JSON text: its `credentialSubject`, one object or a list.
    pub fn claims(&self) -> Vec<String> {
        self.0.claims().into_iter().map(Value::to_string).collect()
    }

    /// What a person should know although every check passed.
    pub fn warnings(&self) -> Vec<WarningFinding> {
        self.0.warnings().to_vec()
    }

    /// What the verdict rests on.
    pub fn basis(&self) -> Basis {
        self.0.basis().clone()
    }
}

/// A reason, and what it is about.
pub type ReasonFinding = Finding<Reason>;
/// A gap, and what it is about.
pub type GapFinding = Finding<Gap>;
/// A warning, and what it is about.
pub type WarningFinding = Finding<Warning>;

/// A check that failed, and on what.
#[uniffi::remote(Record)]
pub struct ReasonFinding {
    /// What it is about.
    pub place: Place,
    /// What was found.
    pub what: Reason,
}

/// A check that could not be made, and on what.
#[uniffi::remote(Record)]
pub struct GapFinding {
    /// What it is about.
    pub place: Place,
    /// What is missing.
    pub what: Gap,
}

/// What a person should know of an accepted credential, and of which.
#[uniffi::remote(Record)]
pub struct WarningFinding {
    /// What it is about.
    pub place: Place,
    /// What to know.
    pub what: Warning,
}

/// The verdict in one word a person understands.
#[uniffi::export]
pub fn say_verdict(verdict: Verdict, language: Language) -> String {
    verdict.say(language)
}

/// The reason in one plain sentence.
#[uniffi::export]
pub fn say_reason(reason: ReasonFinding, language: Language) -> String {
    reason.say(language)
}

/// The gap in one plain sentence.
#[uniffi::export]
pub fn say_gap(gap: GapFinding, language: Language) -> String {
    gap.say(language)
}

/// The warning in one plain sentence.
#[uniffi::export]
pub fn say_warning(warning: WarningFinding, language: Language) -> String {
    warning.say(language)
}

/// What a verdict rests on, and how old it is.
#[uniffi::remote(Record)]
pub struct Basis {
    /// The moment the verdict is about.
    pub at: Timestamp,
    /// The DIDs that were looked up.
    pub resolutions: Vec<ResolutionUsed>,
    /// The status lists that were looked into.
    pub status_lists: Vec<StatusListUsed>,
    /// The issuers whose published keys were used.
    pub issuers: Vec<IssuerUsed>,
    /// The certificates that issuers go by.
    pub certificates: Vec<CertificateUsed>,
    /// The accreditations by which an issuer may say what it says.
    pub accreditations: Vec<AccreditationUsed>,
    /// The anchors that date a signature.
    pub anchors: Vec<AnchorUsed>,
}

/// An accreditation that a verdict rests on: this issuer may say this.
#[uniffi::remote(Record)]
pub struct AccreditationUsed {
    /// The issuer.
    pub issuer: Did,
    /// What it may issue.
    pub scope: Scope,
    /// Who stands between the root and the issuer, the root first.
    pub path: Vec<Did>,
    /// The name by which a person knows the root.
    pub root_name: String,
    /// The first moment at which it stands no longer, as far as is known.
    pub until: Timestamp,
    /// How far that can be trusted, and the block it was read at.
    pub standing: Standing,
    /// When it was looked up.
    pub as_of: Timestamp,
}

/// What an accreditation is for: credentials of a type, everywhere or in one region.
#[uniffi::remote(Record)]
pub struct Scope {
    /// The absolute URL of the type: of a W3C credential what its contexts make of it, of an SD-JWT VC its `vct`.
    pub type_url: String,
    /// The region's code (ISO 3166-1 alpha-2 or ISO 3166-2, such as `AR-B`); none for everywhere.
    pub region: Option<String>,
}

/// An anchor that a verdict rests on: this was signed no later than that.
#[uniffi::remote(Record)]
pub struct AnchorUsed {
    /// Whose.
    pub issuer: Did,
    /// The Merkle root, in hexadecimal after `0x`.
    pub root: String,
    /// The block it was anchored in.
    pub anchored_in: u64,
    /// The time of that block.
    pub anchored_at: Timestamp,
    /// How far that can be trusted, and the block it was read at.
    pub standing: Standing,
    /// When it was looked up.
    pub as_of: Timestamp,
}

/// An issuer's published keys that a verdict rests on.
#[uniffi::remote(Record)]
pub struct IssuerUsed {
    /// The issuer's web address.
    pub issuer: String,
    /// When they were fetched.
    pub as_of: Timestamp,
}

/// An issuer's certificate that a verdict rests on; whether it was revoked was not looked up.
#[uniffi::remote(Record)]
pub struct CertificateUsed {
    /// Whose it is.
    pub subject: String,
    /// The SHA-256 of the certificate, base64url.
    pub hash: String,
    /// When it, or the first of those that vouch for it, ceases to hold.
    pub until: Timestamp,
}

/// A resolution that a verdict rests on.
#[uniffi::remote(Record)]
pub struct ResolutionUsed {
    /// The DID.
    pub did: Did,
    /// How far the resolution can be trusted, and the block it was read at.
    pub standing: Standing,
    /// When it was made.
    pub as_of: Timestamp,
}

/// A status list that a verdict rests on.
#[uniffi::remote(Record)]
pub struct StatusListUsed {
    /// Its URL.
    pub list: String,
    /// When it was fetched.
    pub as_of: Timestamp,
}

/// How far a resolution can be trusted.
#[uniffi::remote(Enum)]
pub enum Standing {
    /// The DID contains its document: did:key, did:jwk.
    SelfContained,
    /// Checked against a state proof of a block there is reason to trust.
    Proven {
        /// The block the document was read at.
        block: u64,
        /// The time of that block: how old the document is.
        time: Timestamp,
        /// Why that block is trusted.
        grounds: Grounds,
    },
    /// Only reported, by a registry node or a web server.
    Believed {
        /// The block the document was read at; none for did:web.
        block: Option<u64>,
    },
}

/// Why a block of the registry's chain is trusted, strongest first.
#[uniffi::remote(Enum)]
pub enum Grounds {
    /// It was known beforehand, from the app or a trust pack.
    Checkpoint,
    /// A quorum of validators sealed it: those known beforehand, or those they let in since (QBFT, IBFT 2.0).
    Validators,
    /// Most of several nodes gave the same one. Whoever runs most of them can make it up.
    Nodes {
        /// How many gave it.
        agreeing: u32,
    },
}

/// A language for what a person reads (BCP 47 primary language subtags).
#[uniffi::remote(Enum)]
pub enum Language {
    /// Spanish.
    Es,
    /// English.
    En,
    /// Portuguese.
    Pt,
}
