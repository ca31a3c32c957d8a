//! What is asked for in one session, and how.

use serde::{Deserialize, Serialize};

use super::Client;
use crate::error::{Result, WalletError};
use crate::presentation::dcql::DcqlQuery;
use crate::presentation::request::TransactionData;

/// What is asked for in one session, and how. The default asks anonymously, from a wallet on another device, for an answer by
/// `direct_post`.
#[derive(Debug, Clone, PartialEq)]
pub struct Asking {
    /// The credentials.
    pub query: DcqlQuery,
    /// As whom: one client, and over the platform's API perhaps several, each for the wallets that trust it.
    pub clients: Vec<Client>,
    /// How the answer is to come.
    pub mode: Mode,
    /// What the holder is to authorise besides.
    pub transaction_data: Vec<TransactionData>,
    /// Where the wallet is.
    pub device: Device,
}

/// How an answer is to come (OpenID4VP 1.0 §8.2, §8.3, appendix A.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// In the fragment of a page.
    Fragment,
    /// Posted by the wallet.
    DirectPost,
    /// Posted by the wallet, encrypted.
    DirectPostJwt,
    /// By the platform's API.
    DcApi,
    /// By the platform's API, encrypted.
    DcApiJwt,
}

/// Where the wallet is (OpenID4VP 1.0 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Device {
    /// Where the browser is: the outcome is given to whoever the wallet sends back there, and to nobody else (§14.2).
    Same,
    /// Elsewhere: nothing keeps a person from answering a request that somebody else relayed.
    Another,
}

impl Mode {
    /// All modes.
    pub const ALL: [Self; 5] = [Self::Fragment, Self::DirectPost, Self::DirectPostJwt, Self::DcApi, Self::DcApiJwt];

    /// The value of `response_mode`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fragment => "fragment",
            Self::DirectPost => "direct_post",
            Self::DirectPostJwt => "direct_post.jwt",
            Self::DcApi => "dc_api",
            Self::DcApiJwt => "dc_api.jwt",
        }
    }

    /// The mode of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }

    pub(super) fn is_encrypted(self) -> bool {
        matches!(self, Self::DirectPostJwt | Self::DcApiJwt)
    }

    pub(super) fn is_over_api(self) -> bool {
        matches!(self, Self::DcApi | Self::DcApiJwt)
    }
}

impl Asking {
    /// Asks for `query`.
    pub fn for_query(query: DcqlQuery) -> Self {
        let (mode, device) = (Mode::DirectPost, Device::Another);
        Self { query, clients: vec![Client::Anonymous], mode, transaction_data: Vec::new(), device }
    }

    /// Refuses what cannot be asked together.
    pub(super) fn check(&self) -> Result<()> {
        let several_sign = self.mode.is_over_api() && self.clients.iter().all(|client| client.key().is_some());
        let allowed = match self.clients.len() {
            0 => false,
            1 => true,
            _ => several_sign,
        };
        if !allowed {
            return Err(WalletError::misused("ask as one client; only over the platform's API several may sign"));
        }
        Ok(())
    }
}
