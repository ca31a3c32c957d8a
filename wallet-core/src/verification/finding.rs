//! What verification finds: reasons, gaps and warnings, each with its place.

use serde::Serialize;

use crate::did::Did;
use crate::time::Timestamp;

/// Something verification found, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding<T> {
    /// What it is about.
    pub place: Place,
    /// What was found.
    #[serde(flatten)]
    pub what: T,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// The presentation itself.
    Presentation,
    /// The credential at this position, counted from 0.
    Credential(usize),
}

/// A check that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Reason {
    /// It does not follow the data model.
    Malformed {
        /// The rule that is broken.
        fault: String,
    },
    /// It carries no proof.
    NotSecured,
    /// The issuer's, or the holder's, identifier is not a DID of its method.
    InvalidDid {
        /// The identifier.
        did: String,
    },
    /// The issuer's DID was given up for good before the credential was signed.
    Deactivated {
        /// The DID.
        did: Did,
    },
    /// The key that is named is not, and never was, in the signer's DID document.
    KeyNotInDocument {
        /// The verification method that the proof names.
        method: String,
    },
    /// The key belongs to somebody else than the one who is named as issuer or holder.
    SignerMismatch {
        /// Who is said to have signed.
        claimed: String,
        /// Whose key it is.
        signer: String,
    },
    /// The key may not be used for this: a login key cannot issue.
    WrongPurpose {
        /// The verification method.
        method: String,
        /// What the key would have to be for.
        needed: String,
    },
    /// The algorithm that the proof names is not the key's.
    WrongAlgorithm {
        /// The verification method.
        method: String,
    },
    /// The key was revoked before the proof was made.
    KeyRevoked {
        /// The verification method.
        method: String,
        /// When.
        at: Timestamp,
    },
    /// The key was reported stolen, and nothing shows that the proof was made before.
    KeyStolen {
        /// The verification method.
        method: String,
        /// When it was reported.
        at: Timestamp,
    },
    /// The key's validity had ended before the proof was made.
    KeyExpired {
        /// The verification method.
        method: String,
        /// When.
        at: Timestamp,
    },
    /// The proof says it was made before the key existed.
    KeyFromLater {
        /// The verification method.
        method: String,
        /// When the key was added.
        at: Timestamp,
    },
    /// The proof's own validity has ended.
    ProofExpired {
        /// When.
        at: Timestamp,
    },
    /// The proof says it was made in the future.
    ProofFromFuture {
        /// When.
        at: Timestamp,
    },
    /// The content is not what was signed, or the signer did not sign it.
    BadSignature,
    /// A claim that no context defines: it would not be covered by the signature.
    UndefinedTerm {
        /// The claim's name.
        term: String,
    },
    /// A resource that it pins is not the one it was issued with.
    ResourceMismatch {
        /// Its URL.
        url: String,
    },
    /// It does not follow a schema that it names.
    SchemaMismatch {
        /// The schema's URL.
        schema: String,
        /// Where, as a JSON pointer into the credential.
        at: String,
    },
    /// The validity has not begun.
    NotYetValid {
        /// When it will.
        from: Timestamp,
    },
    /// The validity has ended.
    Expired {
        /// When it did.
        until: Timestamp,
    },
    /// The issuer has revoked it.
    Revoked {
        /// The status list that says so.
        list: String,
    },
    /// The issuer has suspended it for the time being.
    Suspended {
        /// The status list that says so.
        list: String,
    },
    /// It was made for another request.
    WrongNonce,
    /// This nonce was never given out, or has been used.
    NonceUsed,
    /// It was made for somebody else.
    WrongAudience {
        /// For whom.
        audience: Vec<String>,
    },
    /// The one who presents is not the one the credential is about.
    HolderNotSubject {
        /// Who presents.
        holder: String,
    },
    /// A presentation was expected, and this is a bare credential.
    NotAPresentation,
    /// The holder was expected to sign what is presented, and nobody did.
    HolderBindingMissing,
    /// The holder's signature over what is presented does not stand.
    HolderBindingBad {
        /// What is wrong with it.
        fault: String,
    },
    /// It breaks a rule of its type, or what is known of the type is not what the issuer meant.
    TypeNotFollowed {
        /// The rule.
        fault: String,
    },
}

/// A check that could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Gap {
    /// The signer's DID could not be resolved.
    Unresolved {
        /// The DID.
        did: Did,
        /// What happened.
        why: String,
    },
    /// What is known of the signer's DID is older than the policy allows.
    ResolutionStale {
        /// The DID.
        did: Did,
        /// How old it is.
        as_of: Timestamp,
    },
    /// A JSON-LD context is not at hand, so what was signed cannot be known.
    MissingContext {
        /// Its URL.
        url: String,
    },
    /// A claim goes by a name that no context at hand gives it: what it means is signed, what it is called is not.
    UnsignedName {
        /// The claim's name.
        term: String,
    },
    /// The table that the QR code was written with is not at hand.
    MissingTable {
        /// Its number.
        table: u64,
    },
    /// The key, or the proof, is of a kind this version does not know.
    Unsupported {
        /// What it is.
        what: String,
    },
    /// The status list is not at hand.
    StatusMissing {
        /// Its URL.
        list: String,
    },
    /// The status list is older than it, or the policy, allows.
    StatusStale {
        /// Its URL.
        list: String,
        /// How old it is.
        as_of: Timestamp,
    },
    /// The status list itself does not stand: forged, by another issuer, for another purpose, too short.
    StatusNotGood {
        /// Its URL.
        list: String,
        /// What is wrong with it.
        why: String,
    },
    /// A schema that it names, or one that such a schema refers to, is not at hand.
    SchemaMissing {
        /// Its URL.
        schema: String,
    },
    /// A schema that it names cannot be evaluated: of an unknown version, not well formed, in a credential that does not stand.
    SchemaNotGood {
        /// Its URL.
        schema: String,
        /// What is wrong with it.
        why: String,
    },
    /// The key that signed has been retired since, and nothing proves that it signed before.
    SigningTimeUnproven {
        /// The verification method.
        method: String,
        /// When the key's validity ended.
        ended: Timestamp,
    },
    /// The signature is good, and nobody has said that this issuer may be believed.
    UnknownIssuer {
        /// The issuer.
        issuer: String,
    },
    /// The signature is good, and the issuer was not accredited for this when it signed.
    NotAccredited {
        /// The issuer.
        issuer: String,
        /// When it signed.
        at: Timestamp,
    },
    /// The issuer's accreditation has ended since, and nothing proves that it signed before.
    AccreditationUnproven {
        /// The issuer.
        issuer: String,
        /// When the accreditation ended.
        ended: Timestamp,
    },
    /// Who accredited the issuer could not be looked up.
    AccreditationMissing {
        /// The issuer.
        issuer: String,
        /// What happened.
        why: String,
    },
    /// The issuer has not anchored it, and the policy asks for that.
    NotAnchored {
        /// The issuer.
        issuer: String,
    },
    /// Whether the issuer has anchored it could not be looked up.
    AnchorMissing {
        /// The issuer.
        issuer: String,
        /// What happened.
        why: String,
    },
    /// No nonce or audience to compare with was given: it could be a copy of an earlier presentation.
    FreshnessUnchecked,
    /// Reading it would take more work than any honest credential needs.
    TooMuchWork,
    /// What the issuer publishes of its keys is not at hand.
    IssuerKeysMissing {
        /// The issuer's web address.
        issuer: String,
        /// What happened.
        why: String,
    },
    /// What is known of the issuer's keys is older than the policy allows.
    IssuerKeysStale {
        /// The issuer's web address.
        issuer: String,
        /// How old it is.
        as_of: Timestamp,
    },
    /// No authority that is trusted stands behind the issuer's certificate.
    UnknownAuthority {
        /// Whose certificate it is.
        subject: String,
    },
}

/// What a person should know of an accepted credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Warning {
    /// Nobody vouches for the issuer; the policy lets any issuer pass.
    IssuerNotKnown {
        /// The issuer.
        issuer: String,
    },
    /// A bare credential, which anybody may hold a copy of: check the photo ID.
    Bearer,
    /// The key has been retired since; the date of signing is the signer's own word.
    SigningTimeClaimed {
        /// The verification method.
        method: String,
        /// When the key's validity ended.
        ended: Timestamp,
    },
    /// The issuer's accreditation has ended since; the date of signing is the issuer's own word.
    AccreditationEnded {
        /// The issuer.
        issuer: String,
        /// When the accreditation ended.
        ended: Timestamp,
    },
    /// It says where it was anchored, and the registry knows nothing of that.
    AnchorNotFound {
        /// The issuer.
        issuer: String,
    },
    /// Beside the proofs that were checked stands one of a kind this version does not know.
    UncheckedProof {
        /// Its mechanism.
        mechanism: String,
    },
    /// The registry's word was believed, not proven.
    Believed {
        /// The DID it is about.
        did: Did,
    },
    /// A context is not at hand; the signature covers the JSON, but what it means was not checked.
    ContextNotAtHand {
        /// Its URL.
        url: String,
    },
    /// A member means nothing in its contexts; the signature covers it all the same.
    TermNotDefined {
        /// The member's name.
        term: String,
    },
    /// A resource that it pins is not at hand, so it may have been altered since.
    ResourceNotChecked {
        /// Its URL.
        url: String,
    },
    /// A schema that it names was not evaluated, or says nothing of what is shown.
    SchemaNotChecked {
        /// Its URL.
        schema: String,
        /// Why.
        why: String,
    },
    /// The issuer's word on the state of the credential, which takes nothing of its validity.
    StatusMessage {
        /// The status list that says so.
        list: String,
        /// The value in the list.
        value: u8,
        /// What the value means: the issuer's word, for developers and not for people (Bitstring Status List §2.1).
        meaning: String,
    },
    /// The issuer has a newer one, which the credential's refresh service gives.
    RefreshAvailable {
        /// The status list that says so.
        list: String,
    },
    /// It breaks a rule of the profile it claims to follow.
    Profile {
        /// The rule.
        fault: String,
    },
    /// The issuer's web server was believed: its keys have no history, and nothing proves them.
    IssuerBelieved {
        /// The issuer's web address.
        issuer: String,
    },
    /// The issuer's certificate was believed: whether it was revoked was not looked up.
    CertificateBelieved {
        /// Whose certificate it is.
        subject: String,
    },
}
