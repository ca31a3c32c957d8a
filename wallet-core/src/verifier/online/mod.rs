//! A verifier that wallets reach over HTTP: OpenID4VP 1.0 from the request to the verdict.
//!
//! [`OnlineVerifier::begin`] starts a session and gives the link for the wallet, [`OnlineVerifier::answer`] is everything a wallet
//! reaches, and [`OnlineVerifier::outcome`] what came of it. Sessions are in the storage, so that a restart loses none.

mod asking;
mod client;
mod endpoints;
mod inviting;
mod judging;
mod outcome;
mod records;
mod session;

pub use crate::oauth::Profile;
pub use asking::{Asking, Device, Mode};
pub use client::Client;
pub use inviting::Invitation;
pub use outcome::{Outcome, Status, WalletsError};

use std::sync::Arc;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::Verifier;
use crate::error::Result;
use crate::oauth::Endpoint;
use crate::ports::Keystore;
use crate::time::Timestamp;
use crate::verification::Expectations;
use records::Kind;
use session::Session;

/// How long a request may be answered, in seconds.
const SESSION_LIFETIME: i64 = 600;
/// How long an outcome is kept for the page that asked, in seconds.
const OUTCOME_LIFETIME: i64 = 600;

/// A verifier that wallets reach over HTTP.
pub struct OnlineVerifier {
    /// What judges, and keeps the sessions in its storage.
    pub verifier: Verifier,
    /// Where the keys live that requests are signed with.
    pub keystore: Arc<dyn Keystore>,
    /// Where wallets reach it: `request/…`, `response/…` and, for the browser, `return/…` and `done` are below it.
    pub base: Endpoint,
    /// What it expects of every credential; nonce, audience and presenter are those of each request.
    pub expected: Expectations,
    /// Which rules it keeps besides the standard's.
    pub profile: Profile,
}

/// A session that has begun.
#[derive(Debug, Clone, PartialEq)]
pub struct Begun {
    /// Under which its outcome is found; whoever has it can read that, so no wallet may see it.
    pub id: String,
    /// What the wallet gets.
    pub invitation: Invitation,
}

/// What is kept for the page that asked.
#[derive(Serialize, Deserialize)]
enum OutcomeRecord {
    Awaited {
        session_id: String,
    },
    Reached {
        outcome: Outcome,
        /// What the wallet's browser must bring along first, where it is on the same device.
        response_code: Option<String>,
    },
}

impl OnlineVerifier {
    /// Begins a session, which may be answered within ten minutes.
    ///
    /// Fails with `Misused` for what cannot be asked together, and `Malformed` for what the profile does not allow.
    pub async fn begin(&self, asking: Asking, rng: &mut (dyn CryptoRng + Send), now: &Timestamp) -> Result<Begun> {
        asking.check()?;
        let session = Session::begin(asking, now.plus_seconds(SESSION_LIFETIME), rng);
        if self.profile == Profile::Haip {
            self.check_haip(&session)?;
        }
        let invitation = self.invitation(&session, now).await?;
        let awaited = OutcomeRecord::Awaited { session_id: session.id.clone() };
        let changes = vec![
            records::put((Kind::Session, &session.id), &session, &session.expires, rng)?,
            records::put((Kind::Outcome, &session.outcome_id), &awaited, &session.expires, rng)?,
        ];
        self.verifier.storage.write(changes).await?;
        Ok(Begun { id: session.outcome_id, invitation })
    }

    /// What came of the session `id`; none when there is no such session, or it is over.
    ///
    /// Where wallet and browser are on one device, the outcome is given from the moment on that `response_code` came with it, which
    /// the wallet's browser is sent back with (§13.3, §14.2); each code counts once.
    pub async fn outcome(
        &self,
        id: &str,
        response_code: Option<&str>,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Option<Outcome>> {
        let record = records::read(&*self.verifier.storage, (Kind::Outcome, id), now).await?;
        let (outcome, code) = match record {
            None => return Ok(None),
            Some(OutcomeRecord::Awaited { .. }) => return Ok(Some(Outcome::of(Status::Pending))),
            Some(OutcomeRecord::Reached { outcome, response_code: None }) => return Ok(Some(outcome)),
            Some(OutcomeRecord::Reached { outcome, response_code: Some(code) }) => (outcome, code),
        };
        if !response_code.is_some_and(|given| given.as_bytes().ct_eq(code.as_bytes()).into()) {
            return Ok(Some(Outcome::of(Status::Pending)));
        }
        let record = OutcomeRecord::Reached { outcome: outcome.clone(), response_code: None };
        let expires = now.plus_seconds(OUTCOME_LIFETIME);
        self.verifier.storage.write(vec![records::put((Kind::Outcome, id), &record, &expires, rng)?]).await?;
        Ok(Some(outcome))
    }

    /// Deletes the sessions and outcomes that are over, and says how many; nothing else reads them any more.
    pub async fn sweep(&self, now: &Timestamp) -> Result<usize> {
        records::sweep(&*self.verifier.storage, now).await
    }
}
