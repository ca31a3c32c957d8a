//! The answer on its way.

use serde_json::Value;

use super::Answering;
use crate::error::Result;
use crate::presentation::response::{Delivery, Receipt};

/// What became of an answer.
#[derive(Clone, PartialEq, Eq)]
pub enum Answered {
    /// The verifier has it.
    Sent {
        /// Where the browser of this device must go on, if anywhere; the wallet does not open it itself (§8.2).
        redirect_uri: Option<String>,
    },
    /// The browser of this device must go here: the answer is in the URL.
    Redirect(String),
    /// The platform must be given this `data`.
    DcApi(Value),
}

/// Sends an answer, or hands it to the app for whoever carries it.
pub(super) async fn send(delivery: Delivery, how: &Answering<'_>) -> Result<Answered> {
    match delivery {
        Delivery::Post(post) => {
            let Receipt { redirect_uri } = Receipt::read(&how.network.send(post).await?)?;
            Ok(Answered::Sent { redirect_uri })
        }
        Delivery::Redirect(url) => Ok(Answered::Redirect(url)),
        Delivery::DcApi(data) => Ok(Answered::DcApi(data)),
    }
}

impl std::fmt::Debug for Answered {
    /// Prints which way it went: the rest holds claims and one-time codes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sent { .. } => "Sent",
            Self::Redirect(_) => "Redirect",
            Self::DcApi(_) => "DcApi",
        })
    }
}
