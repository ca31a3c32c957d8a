//! Accrediting: who may issue what, given and taken back on the registry.

use super::{Registrar, Written};
use crate::did::Did;
use crate::error::{Result, WalletError};
use crate::key::KeyId;
use crate::registry::accreditation::Scope;
use crate::registry::credential_registry::{self, Accreditation, Held, Terms, Under, read_accreditation};
use crate::registry::{Address, CredentialWrite, U256};
use crate::time::Timestamp;

/// An accreditation to be given.
#[derive(Debug, Clone)]
pub struct NewAccreditation<'a> {
    /// To whom: a did:ethr of the same registry.
    pub subject: &'a Did,
    /// For what.
    pub scope: &'a Scope,
    /// Who accredited the one that gives it; none when that one acts as a root.
    pub under: Option<&'a Did>,
    /// When it begins.
    pub from: Timestamp,
    /// The first moment at which it is over.
    pub until: Timestamp,
    /// How many further levels the subject may accredit, seven at the most; zero for an issuer.
    pub levels: u8,
}

impl Registrar {
    /// Accredits somebody in the name of `did`, signed by the key that owns it.
    ///
    /// Fails with `Misused` when `did` is not accredited by the one it names, or what it gives would outlive its own accreditation,
    /// and otherwise as [`Registrar::write`] does.
    pub async fn accredit(&self, did: &Did, owner: &KeyId, new: &NewAccreditation<'_>) -> Result<Written> {
        let (accreditor, subject, kind) = (self.identity(did)?, self.identity(new.subject)?, new.scope.kind());
        let under = match new.under {
            None => None,
            Some(above) => {
                let above = self.identity(above)?;
                let own = self.newest(&Held { accreditor: above, subject: accreditor, kind }).await?;
                let (number, own) =
                    own.ok_or_else(|| WalletError::misused(format!("{did} is not accredited for this itself")))?;
                check_within(&own, new)?;
                Some(Under { accreditor: above, number })
            }
        };
        let terms = Terms { under, from: seconds(&new.from)?, until: seconds(&new.until)?, levels: new.levels };
        self.write(did, owner, &CredentialWrite::Accredit { subject, kind, terms }).await
    }

    /// Revokes the newest accreditation that `did` gave to `subject` for `scope`; what was done in it before stays good.
    ///
    /// Fails with `Misused` when there is none, and otherwise as [`Registrar::write`] does.
    pub async fn revoke_accreditation(&self, did: &Did, owner: &KeyId, subject: &Did, scope: &Scope) -> Result<Written> {
        let (accreditor, holder, kind) = (self.identity(did)?, self.identity(subject)?, scope.kind());
        let newest = self.newest(&Held { accreditor, subject: holder, kind }).await?;
        let (number, _) = newest.ok_or_else(|| WalletError::misused(format!("{did} has not accredited {subject} for this")))?;
        self.write(did, owner, &CredentialWrite::RevokeAccreditation { subject: holder, kind, number }).await
    }

    /// The newest of somebody's periods, with its number.
    async fn newest(&self, held: &Held) -> Result<Option<(u32, Accreditation)>> {
        let registry: Address = self.deployment.credential_registry;
        let count: U256 = credential_registry::read_number(&self.call(registry, &held.count_call()).await?)?;
        let Some(number) = u32::try_from(count).ok().and_then(|count| count.checked_sub(1)) else { return Ok(None) };
        let period = read_accreditation(&self.call(registry, &held.period_call(number)).await?)?;
        Ok(Some((number, period)))
    }
}

/// Refuses what the registry would refuse, in words that say what to do.
fn check_within(own: &Accreditation, new: &NewAccreditation<'_>) -> Result<()> {
    let terms = own.terms;
    if own.revoked.is_some() {
        return Err(WalletError::misused("the accreditation that this one would rest on is revoked"));
    }
    if seconds(&new.until)? > terms.until || seconds(&new.from)? < terms.from {
        return Err(WalletError::misused("no accreditation outlives the one it rests on: choose a shorter time"));
    }
    if new.levels >= terms.levels {
        let most = terms.levels.checked_sub(1);
        let most = most.map_or("it may accredit nobody".to_owned(), |most| format!("it may leave {most} levels at the most"));
        return Err(WalletError::misused(most));
    }
    Ok(())
}

fn seconds(time: &Timestamp) -> Result<u64> {
    u64::try_from(time.unix()).map_err(|_| WalletError::misused("the registry knows no time before 1970"))
}
