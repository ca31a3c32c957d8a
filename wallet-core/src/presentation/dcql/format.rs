//! The credential formats by name (OpenID4VP 1.0 App. B).

use std::fmt;

use crate::securing::{Kind, Mechanism, Secured};

/// The form a credential must be in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CredentialFormat {
    /// `ldp_vc`: a W3C credential with a Data Integrity proof (App. B.1.3.2).
    LdpVc,
    /// `jwt_vc_json`: a W3C credential as a JWT (App. B.1.3.1).
    JwtVcJson,
    /// `dc+sd-jwt`: an SD-JWT VC (App. B.3).
    SdJwtVc,
    /// `vc+sd-jwt`: a W3C credential as an SD-JWT (VC-JOSE-COSE §3.2), which the standard leaves to others to name.
    W3cSdJwt,
    /// Another, such as `mso_mdoc`, of which nothing is held.
    Other(String),
}

impl CredentialFormat {
    /// The format of that name.
    pub fn from_name(name: &str) -> Self {
        let known = [Self::LdpVc, Self::JwtVcJson, Self::SdJwtVc, Self::W3cSdJwt];
        known.into_iter().find(|format| format.as_str() == name).unwrap_or_else(|| Self::Other(name.to_owned()))
    }

    /// The format of a credential; none when the standard has no name for it.
    pub fn of(credential: &Secured) -> Option<Self> {
        if credential.kind() != Kind::Credential {
            return None;
        }
        match credential.proofs().first()?.mechanism {
            Mechanism::Jwt => Some(Self::JwtVcJson),
            Mechanism::SdJwtVc => Some(Self::SdJwtVc),
            Mechanism::SdJwt => Some(Self::W3cSdJwt),
            Mechanism::Cose => None,
            _ => Some(Self::LdpVc),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::LdpVc => "ldp_vc",
            Self::JwtVcJson => "jwt_vc_json",
            Self::SdJwtVc => "dc+sd-jwt",
            Self::W3cSdJwt => "vc+sd-jwt",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for CredentialFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
