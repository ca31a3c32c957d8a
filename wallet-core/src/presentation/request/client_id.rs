//! Who says to ask: the client identifier, whose prefix says how to find out whether it is true (OpenID4VP 1.0 §5.9).

use std::fmt;

use super::fault::{RequestFault, Result};

/// The longest identifier that is read, in bytes.
const MAX_LENGTH: usize = 2048;

/// A client identifier; with its prefix it is whom an answer is for (OpenID4VP 1.0 §14.6).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId {
    text: String,
    prefix: Option<ClientIdPrefix>,
}

/// How a client identifier is authenticated (OpenID4VP 1.0 §5.9.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientIdPrefix {
    /// By nothing but where the answer goes; the request is not signed.
    RedirectUri,
    /// By a key in the document of a DID.
    DecentralizedIdentifier,
    /// By a key that somebody the wallet trusts has attested.
    VerifierAttestation,
    /// By a certificate for a DNS name.
    X509SanDns,
    /// By a certificate, whatever it is for.
    X509Hash,
}

impl ClientIdPrefix {
    /// All prefixes that are known here.
    pub const ALL: [Self; 5] =
        [Self::RedirectUri, Self::DecentralizedIdentifier, Self::VerifierAttestation, Self::X509SanDns, Self::X509Hash];

    /// The prefix, without its colon.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RedirectUri => "redirect_uri",
            Self::DecentralizedIdentifier => "decentralized_identifier",
            Self::VerifierAttestation => "verifier_attestation",
            Self::X509SanDns => "x509_san_dns",
            Self::X509Hash => "x509_hash",
        }
    }

    /// The prefix of that name, if it is known here.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|prefix| prefix.as_str() == name)
    }
}

impl ClientId {
    /// The identifier that is `name` under `prefix`.
    pub fn new(prefix: ClientIdPrefix, name: &str) -> Self {
        Self { text: format!("{}:{name}", prefix.as_str()), prefix: Some(prefix) }
    }

    /// Reads an identifier; one without a known prefix is that of a verifier who must have registered before (§5.9.2).
    ///
    /// Fails with `Unsupported` for `openid_federation`, and refuses `origin`, which is for the platform to say (§5.9.3).
    pub fn read(text: &str) -> Result<Self> {
        if text.is_empty() || text.len() > MAX_LENGTH || text.chars().any(char::is_control) {
            return Err(RequestFault::invalid("its client_id is empty, too long or holds control characters"));
        }
        let before = text.split_once(':').map(|(before, _)| before);
        match before {
            Some("openid_federation") => {
                Err(RequestFault::unsupported("the client identifier prefix openid_federation", "use x509_san_dns or a DID"))
            }
            Some("origin") => Err(RequestFault::invalid("a verifier may not name its own origin as its client_id")),
            _ => Ok(Self { text: text.to_owned(), prefix: before.and_then(ClientIdPrefix::named) }),
        }
    }

    /// The whole identifier, its prefix included.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its prefix; none for a verifier who registered before.
    pub fn prefix(&self) -> Option<ClientIdPrefix> {
        self.prefix
    }

    /// What follows the prefix; all of it where there is none.
    pub fn name(&self) -> &str {
        self.prefix.map_or(&self.text, |prefix| &self.text[prefix.as_str().len() + 1..])
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::WalletError;
    use crate::oauth::OAuthErrorCode;

    #[test]
    fn prefix_is_what_stands_before_the_first_colon() {
        let did = ClientId::read("decentralized_identifier:did:example:123").expect("a client identifier");
        assert_eq!((did.prefix(), did.name()), (Some(ClientIdPrefix::DecentralizedIdentifier), "did:example:123"));
        let redirect = ClientId::read("redirect_uri:https://client.example.org/cb").expect("a client identifier");
        assert_eq!(redirect.name(), "https://client.example.org/cb");
        assert_eq!(redirect, ClientId::new(ClientIdPrefix::RedirectUri, "https://client.example.org/cb"));
    }

    #[test]
    fn identifier_without_a_known_prefix_is_a_registered_one() {
        for text in ["example-client", "https://client.example.org/cb", "X509_hash:abc", "x509_san_uri:https://a.example"] {
            let id = ClientId::read(text).expect("a client identifier");
            assert_eq!((id.prefix(), id.name()), (None, text));
        }
    }

    #[test]
    fn origin_is_refused_and_a_federation_is_unsupported() {
        let fault = ClientId::read("origin:https://verifier.example.com").expect_err("refused");
        assert_eq!(fault.code, OAuthErrorCode::InvalidRequest);
        let fault = ClientId::read("openid_federation:https://verifier.example.com").expect_err("unsupported");
        assert!(matches!(fault.error, WalletError::Unsupported { .. }));
        assert!(ClientId::read("").is_err());
    }
}
