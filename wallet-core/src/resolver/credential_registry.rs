//! What the credential registry says of an issuer: when it anchored a root, and who accredited it for what.

use super::registry::{Registry, Way};
use super::{Resolver, not_whole};
use crate::did::ethr::Identity;
use crate::did::{Did, DidDocument, ResolutionError, Service, Standing, Unresolved};
use crate::registry::accreditation::{Path, Scope, Search};
use crate::registry::credential_registry::{Moment, accredited_topics, anchor_slot, anchoring_topics};
use crate::registry::proven::{Reading, granted};
use crate::registry::rpc::{self, At, LogFilter};
use crate::registry::{Address, B256, Contract, Log, Told, U256, contracts};
use crate::time::Timestamp;

/// The type of a service in an issuer's DID document whose endpoint is the DID of somebody who accredited it.
pub const ACCREDITOR: &str = "Accreditor";

impl Resolver {
    /// When `issuer`, a did:ethr, anchored `root`; none when it never did.
    ///
    /// Fails as [`Resolver::resolve`] does: `InternalError` when the registry did not answer, or proved nothing.
    pub async fn anchored(&self, issuer: &Did, root: B256, now: &Timestamp) -> Result<Told<Option<Moment>>, Unresolved> {
        let (registry, identity) = self.registry_of(issuer)?;
        let told = registry.slots(&[anchor_slot(identity.address.into(), root)], now).await?;
        Ok(Told { what: told.what.first().and_then(|slot| Moment::from_slot(B256::from(*slot))), standing: told.standing })
    }

    /// The roots that `issuer`, a did:ethr, has anchored by the registry's events, as far as the node gives them: where to look with
    /// [`Resolver::anchored`], and no evidence by itself.
    ///
    /// Fails with `MethodNotSupported` when the DID's registry is not configured.
    pub async fn anchored_roots(&self, issuer: &Did) -> Result<Vec<B256>, Unresolved> {
        let (registry, identity) = self.registry_of(issuer)?;
        let logs = registry.logs(anchoring_topics(identity.address.into())).await;
        Ok(logs.iter().filter_map(|log| log.topics.get(2).copied()).collect())
    }

    /// How the subject of `issuer`, the document of a did:ethr, came to be accredited for `scope` under any of `roots`; empty when
    /// nothing shows that it was.
    ///
    /// Where to look is said by services of the type [`ACCREDITOR`] in the document, and by the registry's events as far as the node
    /// gives them; what is found is read from the registry's storage. Roots on other registries have no say.
    ///
    /// Fails as [`Resolver::resolve`] does: `InternalError` when the registry did not answer, or proved nothing.
    pub async fn accreditations(
        &self,
        issuer: &DidDocument,
        scope: &Scope,
        roots: &[Did],
        now: &Timestamp,
    ) -> Result<Told<Vec<Path>>, Unresolved> {
        let (registry, identity) = self.registry_of(&issuer.id)?;
        let (subject, kind) = (identity.address.into(), scope.kind());
        let roots = roots.iter().filter_map(|root| Some((registry.address_of(root)?, root.clone()))).collect();
        let own = issuer.services.iter().filter_map(|service| registry.address_of(&accreditor(service)?));
        let mut search = Search::new(subject, kind, roots, own.chain(registry.accreditors(subject, kind).await));
        let mut standing: Option<Standing> = None;
        loop {
            let wanted = search.wanted();
            if wanted.is_empty() {
                break;
            }
            let told = registry.slots(&wanted, now).await?;
            search.read(&told.what);
            // All of it is as old as the first of it.
            standing.get_or_insert(told.standing);
        }
        Ok(Told { what: search.paths(), standing: standing.unwrap_or(Standing::Believed { block: None }) })
    }

    pub(super) fn registry_of(&self, did: &Did) -> Result<(&Registry, Identity), Unresolved> {
        let identity = Identity::read(did)?;
        let registry = self.registries.iter().find(|registry| registry.is_of(&identity));
        let unknown = || Unresolved::new(ResolutionError::MethodNotSupported, "its registry's network is not configured");
        Ok((registry.ok_or_else(unknown)?, identity))
    }
}

/// Who a service says has accredited its owner.
fn accreditor(service: &Service) -> Option<Did> {
    let is_accreditor = service.kinds.iter().any(|kind| kind == ACCREDITOR);
    service.endpoint.as_str().filter(|_| is_accreditor)?.parse().ok()
}

impl Registry {
    /// The address of a DID of this registry.
    fn address_of(&self, did: &Did) -> Option<Address> {
        Identity::read(did).ok().filter(|identity| self.is_of(identity)).map(|identity| identity.address.into())
    }

    /// Who accredited `subject` for `kind` by the registry's events; a node that does not give them keeps nothing else back.
    async fn accreditors(&self, subject: Address, kind: B256) -> Vec<Address> {
        let logs = self.logs(accredited_topics(subject, kind)).await;
        // The newest first: anybody may accredit anybody, and only so many are looked into.
        logs.iter().rev().filter_map(|log| log.topics.get(1)).map(|topic| Address::from_word(*topic)).collect()
    }

    /// The events of the credential registry with these topics, as far as the node gives them.
    async fn logs(&self, topics: Vec<Vec<B256>>) -> Vec<Log> {
        let filter = LogFilter { address: self.deployment.credential_registry, topics, from: 0, to: At::Latest };
        let answers = self.ledger().ask(vec![rpc::logs(&filter)]).await.unwrap_or_default();
        answers.first().and_then(|answer| rpc::read_logs(answer.as_ref().ok()?).ok()).unwrap_or_default()
    }

    /// The values of slots of the credential registry, in their order.
    async fn slots(&self, slots: &[B256], now: &Timestamp) -> Result<Told<Vec<U256>>, Unresolved> {
        let deployment = &self.deployment;
        let code_hash = contracts::credential_registry_code_hash(deployment.did_registry);
        let contract = Contract { address: deployment.credential_registry, code_hash };
        match &self.way {
            Way::Proven(ledger) => {
                let proven = ledger.slots(&contract, slots, now).await.map_err(not_whole)?;
                let time = Timestamp::from_seconds(proven.time).map_err(not_whole)?;
                Ok(Told {
                    what: proven.values,
                    standing: Standing::Proven { block: proven.block, time, grounds: proven.grounds },
                })
            }
            Way::Believed(ledger) => {
                let reading = Reading { chain_id: deployment.chain_id, contract, slots };
                let answers = ledger.ask(reading.requests(At::Latest)).await.map_err(not_whole)?;
                let block = reading.read_block(&answers, At::Latest).map_err(not_whole)?.header.number;
                let proof = granted(&answers, 2).and_then(rpc::read_proof).map_err(not_whole)?;
                let what = proof.slots.iter().map(|slot| slot.value).collect();
                Ok(Told { what, standing: Standing::Believed { block: Some(block) } })
            }
        }
    }
}
