//! The mechanisms by name.

use serde::{Deserialize, Serialize};

use crate::key::KeyAlgorithm;

/// How a credential or presentation is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mechanism {
    /// Data Integrity over canonical RDF, Ed25519 (VC Data Integrity EdDSA Cryptosuites 1.0 §3.2).
    #[serde(rename = "eddsa-rdfc-2022")]
    EddsaRdfc2022,
    /// Data Integrity over canonical JSON, Ed25519 (VC Data Integrity EdDSA Cryptosuites 1.0 §3.3).
    #[serde(rename = "eddsa-jcs-2022")]
    EddsaJcs2022,
    /// Data Integrity over canonical RDF, P-256 or P-384 (VC Data Integrity ECDSA Cryptosuites 1.0 §3.2).
    #[serde(rename = "ecdsa-rdfc-2019")]
    EcdsaRdfc2019,
    /// Data Integrity over canonical JSON, P-256 or P-384 (VC Data Integrity ECDSA Cryptosuites 1.0 §3.3).
    #[serde(rename = "ecdsa-jcs-2019")]
    EcdsaJcs2019,
    /// Data Integrity with selective disclosure, P-256 (VC Data Integrity ECDSA Cryptosuites 1.0 §3.5). A verifier takes what
    /// [`Secured::disclose`](super::Secured::disclose) derives from it, and not what its issuer signed.
    #[serde(rename = "ecdsa-sd-2023")]
    EcdsaSd2023,
    /// Data Integrity with unlinkable selective disclosure, BLS12-381 (Data Integrity BBS Cryptosuites 1.0, its baseline). A
    /// verifier takes what [`Secured::disclose`](super::Secured::disclose) derives from it, and not what its issuer signed.
    ///
    /// Experimental: the suite and the signature are drafts, and the blinding of a derived proof is drawn from the operating
    /// system. Its proofs have no `created`, by which showings could be linked: the key is judged by the time of the check.
    #[serde(rename = "bbs-2023")]
    Bbs2023,
    /// Linked Data Signature of VC DM 1.1, Ed25519: read, never written.
    #[serde(rename = "Ed25519Signature2020")]
    Ed25519Signature2020,
    /// Linked Data Signature of VC DM 1.1 as a detached JWS: read, never written.
    #[serde(rename = "JsonWebSignature2020")]
    JsonWebSignature2020,
    /// A signed JWT, `vc+jwt` or `vp+jwt` (VC-JOSE-COSE §3.1); the form of VC DM 1.1 is read, never written.
    #[serde(rename = "jwt")]
    Jwt,
    /// A COSE_Sign1, `vc+cose` or `vp+cose` (VC-JOSE-COSE §3.3).
    #[serde(rename = "cose")]
    Cose,
    /// An SD-JWT over a VC DM 2.0 document, `vc+sd-jwt` or `vp+sd-jwt` (VC-JOSE-COSE §3.2).
    #[serde(rename = "sd-jwt")]
    SdJwt,
    /// An SD-JWT VC, `dc+sd-jwt`: a credential of claims and a `vct`, outside VC DM (SD-JWT VC §3).
    #[serde(rename = "dc+sd-jwt")]
    SdJwtVc,
}

impl Mechanism {
    /// The name: the cryptosuite, the type of a proof of VC DM 1.1, `jwt`, `cose`, `sd-jwt` or `dc+sd-jwt`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EddsaRdfc2022 => "eddsa-rdfc-2022",
            Self::EddsaJcs2022 => "eddsa-jcs-2022",
            Self::EcdsaRdfc2019 => "ecdsa-rdfc-2019",
            Self::EcdsaJcs2019 => "ecdsa-jcs-2019",
            Self::EcdsaSd2023 => "ecdsa-sd-2023",
            Self::Bbs2023 => "bbs-2023",
            Self::Ed25519Signature2020 => "Ed25519Signature2020",
            Self::JsonWebSignature2020 => "JsonWebSignature2020",
            Self::Jwt => "jwt",
            Self::Cose => "cose",
            Self::SdJwt => "sd-jwt",
            Self::SdJwtVc => "dc+sd-jwt",
        }
    }

    /// Whether what is signed is the document's RDF, so that a member without a meaning is covered by no signature.
    pub fn is_over_rdf(self) -> bool {
        match self {
            Self::EddsaRdfc2022 | Self::EcdsaRdfc2019 | Self::EcdsaSd2023 | Self::Bbs2023 => true,
            Self::Ed25519Signature2020 | Self::JsonWebSignature2020 => true,
            Self::EddsaJcs2022 | Self::EcdsaJcs2019 | Self::Jwt | Self::Cose | Self::SdJwt | Self::SdJwtVc => false,
        }
    }

    /// The Data Integrity suite over canonical RDF that keys of this kind sign with; none for secp256k1.
    pub fn over_rdf(algorithm: KeyAlgorithm) -> Option<Self> {
        match algorithm {
            KeyAlgorithm::Ed25519 => Some(Self::EddsaRdfc2022),
            KeyAlgorithm::P256 | KeyAlgorithm::P384 => Some(Self::EcdsaRdfc2019),
            KeyAlgorithm::Secp256k1 | KeyAlgorithm::Bls12381G2 => None,
        }
    }

    /// Whether the proof is a member of the document it secures, and not an envelope around it (VC DM 2.0 §4.12).
    pub fn is_embedded(self) -> bool {
        !matches!(self, Self::Jwt | Self::Cose | Self::SdJwt | Self::SdJwtVc)
    }
}
