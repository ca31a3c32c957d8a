//! How, and where to, the answer goes (OpenID4VP 1.0 §8.2, §8.3, appendix A.2).

use crate::oauth::Endpoint;

/// How, and where to, the answer goes.
#[derive(Debug, Clone, PartialEq)]
pub enum ResponseMode {
    /// In the fragment of a page of the verifier's that the browser is led to: the default.
    Fragment {
        /// The page.
        redirect_uri: Endpoint,
    },
    /// By a POST from the wallet (§8.2).
    DirectPost {
        /// Where to.
        response_uri: Endpoint,
    },
    /// By a POST from the wallet, encrypted (§8.3.1).
    DirectPostJwt {
        /// Where to.
        response_uri: Endpoint,
    },
    /// By the platform, which knows the origin that asks (appendix A).
    DcApi {
        /// The origin, such as `https://verifier.example.com`.
        origin: String,
    },
    /// By the platform, encrypted.
    DcApiJwt {
        /// The origin, such as `https://verifier.example.com`.
        origin: String,
    },
}

impl ResponseMode {
    /// The value of `response_mode`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Fragment { .. } => "fragment",
            Self::DirectPost { .. } => "direct_post",
            Self::DirectPostJwt { .. } => "direct_post.jwt",
            Self::DcApi { .. } => "dc_api",
            Self::DcApiJwt { .. } => "dc_api.jwt",
        }
    }

    /// Whether the answer is encrypted to the verifier.
    pub fn is_encrypted(&self) -> bool {
        matches!(self, Self::DirectPostJwt { .. } | Self::DcApiJwt { .. })
    }

    /// The verifier's address that gets the answer; none where the platform carries it.
    pub fn destination(&self) -> Option<&Endpoint> {
        match self {
            Self::Fragment { redirect_uri: to }
            | Self::DirectPost { response_uri: to }
            | Self::DirectPostJwt { response_uri: to } => Some(to),
            Self::DcApi { .. } | Self::DcApiJwt { .. } => None,
        }
    }

    /// The origin that asks, where the platform vouches for it.
    pub fn origin(&self) -> Option<&str> {
        match self {
            Self::DcApi { origin } | Self::DcApiJwt { origin } => Some(origin),
            _ => None,
        }
    }

    /// The parameter that names [`ResponseMode::destination`].
    pub(super) fn destination_name(&self) -> &'static str {
        if matches!(self, Self::Fragment { .. }) { "redirect_uri" } else { "response_uri" }
    }
}
