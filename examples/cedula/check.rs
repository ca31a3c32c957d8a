//! What a verifier does: asking, and judging what it is shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use wallet_core::error::WalletError;
use wallet_core::platform::{HttpNetwork, MemoryStorage, system_now, system_rng};
use wallet_core::ports::{Network, Storage};
use wallet_core::presentation::Request;
use wallet_core::registry::{Address, Deployment};
use wallet_core::resolver::{Resolver, RpcLedger};
use wallet_core::securing::Secured;
use wallet_core::time::Timestamp;
use wallet_core::trust_pack::TrustPack;
use wallet_core::verification::{Accrediting, Anchoring, Expectations, Issuers, SigningTime, Verdict};
use wallet_core::verifier::Verifier;

use crate::args::{self, Trust};
use crate::failure::{Failure, Result};
use crate::hold::{print_summary, write_or_print};
use crate::home::Home;
use crate::input;
use crate::issuers;
use crate::network::Chain;
use crate::print::Screen;
use crate::publishing::HomeNetwork;
use crate::registry::Registry;
use crate::words::words;

const REQUESTS: &str = "verifier.sqlite";

/// A verifier, what it expects, and the moment it judges at.
pub struct Judge {
    pub verifier: Verifier,
    pub expected: Expectations,
    pub now: Timestamp,
}

/// The verifier that the command line describes.
pub async fn judge(home: &Home, trust: &Trust) -> Result<Judge> {
    judge_with(home, trust, Arc::new(MemoryStorage::new())).await
}

async fn judge_with(home: &Home, trust: &Trust, storage: Arc<dyn Storage>) -> Result<Judge> {
    let now = trust.at.clone().unwrap_or_else(system_now);
    let (mut verifier, mut expected) = match (&trust.pack, &trust.publisher) {
        (Some(file), Some(publisher)) => {
            let pack = TrustPack::open(&input::pack(file)?, publisher, None, &now)?;
            let mut known = pack.entries().issuers()?;
            known.extend(pack.entries().roots()?);
            let expected = Expectations { issuers: Issuers::Known(known), ..Expectations::default() };
            (Verifier::offline(Arc::new(pack), storage)?, expected)
        }
        _ => (Verifier { tables: home.tables()?, ..Verifier::bare(storage) }, Expectations::default()),
    };
    if !trust.offline {
        let network: Arc<dyn Network> = Arc::new(HomeNetwork::new(home, Some(HttpNetwork::new()?)));
        verifier.resolver = resolver(home, trust, verifier.pack.as_deref(), network.clone()).await?;
        verifier.network = Some(network);
    }
    // Somebody who passes no pack wants to know of every issuer; the verdict warns that nobody vouches for it.
    if trust.pack.is_none() {
        expected.issuers = Issuers::Any;
    }
    if !trust.roots.is_empty() {
        expected.issuers = Issuers::Accredited(accrediting(home, trust, &expected.issuers)?);
    }
    for file in &trust.lists {
        verifier.carried.stapled.push(Secured::read(&input::text(file)?)?);
    }
    if trust.anchored {
        expected.anchoring = Anchoring::Required;
    }
    if trust.believe_dates {
        expected.signing_time = SigningTime::Claimed;
    }
    Ok(Judge { verifier, expected, now })
}

/// Who must have accredited an issuer, by the names that the folder, or a pack, has for them.
fn accrediting(home: &Home, trust: &Trust, known: &Issuers) -> Result<Accrediting> {
    let mut roots = BTreeMap::new();
    for root in &trust.roots {
        let did = issuers::did(home, root)?;
        let packed = if let Issuers::Known(names) = known { names.get(&did).cloned() } else { None };
        let own = || issuers::record(home, root).map(|record| record.display_name).ok();
        let name = packed.or_else(own).unwrap_or_else(|| did.to_string());
        roots.insert(did, name);
    }
    Ok(Accrediting { roots, regions: trust.regions.clone() })
}

async fn resolver(home: &Home, trust: &Trust, pack: Option<&TrustPack>, network: Arc<dyn Network>) -> Result<Resolver> {
    let resolver = Resolver::new().with_web(network.clone());
    match (&trust.rpc, &trust.registry, trust.chain_id) {
        (Some(url), Some(registry), Some(chain_id)) => {
            let did_registry: Address = registry.parse().map_err(|_| {
                Failure::usage(words!(
                    home.language(),
                    "{registry} is not a contract's address",
                    "{registry} no es la dirección de un contrato",
                    "{registry} não é o endereço de um contrato",
                ))
            })?;
            let deployment = Deployment { chain_id, did_registry, credential_registry: Address::ZERO };
            Ok(resolver.with_registry("chain", deployment, Arc::new(RpcLedger::new(network, url))))
        }
        _ => Ok(match chain(home, trust).await? {
            Some(chain) if trust.at.is_some() => chain.at_any_time().add_to(resolver),
            Some(chain) => {
                let id = chain.deployment.chain_id;
                chain.since(pack.map(|pack| pack.entries().checkpoint(id)).transpose()?.flatten()).add_to(resolver)
            }
            None => resolver,
        }),
    }
}

/// Who looks up the DIDs of others: on the web, and on the chain of the network file or the folder's own.
pub async fn resolver_at_home(home: &Home, network: Arc<dyn Network>) -> Result<Resolver> {
    let resolver = Resolver::new().with_web(network);
    Ok(match any_chain(home).await? {
        Some(chain) => chain.add_to(resolver),
        None => resolver,
    })
}

/// The chain of the network file, or the folder's own.
async fn chain(home: &Home, trust: &Trust) -> Result<Option<Chain>> {
    // With a pack at hand the folder's own chain, and the passphrase that opens it, are not needed.
    if trust.pack.is_some() && home.network()?.is_none() { Ok(None) } else { any_chain(home).await }
}

async fn any_chain(home: &Home) -> Result<Option<Chain>> {
    match home.network()? {
        Some(file) => file.chain().map(Some),
        None if Registry::exists(home) => Ok(Some(Registry::open(home).await?.chain)),
        None => Ok(None),
    }
}

/// `cedula ask`
pub async fn ask(home: &Home, screen: &Screen, asked: &args::Ask) -> Result<u8> {
    let verifier = Verifier { tables: home.tables()?, ..Verifier::bare(home.storage(REQUESTS).await?) };
    let types: Vec<&str> = asked.types.iter().map(String::as_str).collect();
    let request = verifier.ask(&asked.audience, &asked.purpose, &types, &mut system_rng(), &system_now()).await?;
    write_or_print(screen, asked.out.as_deref(), &format!("{:#}", request.to_json()), "request")?;
    if asked.out.is_some() {
        let until = &request.expires;
        screen.line(words!(
            screen.language,
            "The answer is awaited until {until}: cedula verify ANSWER --request FILE",
            "La respuesta se espera hasta {until}: cedula verify RESPUESTA --request ARCHIVO",
            "A resposta é esperada até {until}: cedula verify RESPOSTA --request ARQUIVO",
        ));
    }
    Ok(0)
}

/// `cedula verify`
pub async fn verify(home: &Home, screen: &Screen, asked: &args::Verify) -> Result<u8> {
    let text = input::scanned(&asked.input.file)?;
    let verdict = match &asked.request {
        Some(file) => {
            let request = Request::read(&input::text(file)?)?;
            let judge = judge_with(home, &asked.trust, home.storage(REQUESTS).await?).await?;
            judge.verifier.check_answer(&text, &request, judge.expected, &judge.now).await
        }
        None => {
            let judge = judge(home, &asked.trust).await?;
            let expected = match (&asked.nonce, &asked.audience) {
                (Some(nonce), Some(audience)) => {
                    Expectations { issuers: judge.expected.issuers, ..Expectations::presentation(nonce, audience) }
                }
                _ => judge.expected,
            };
            judge.verifier.check(&text, &expected, &judge.now).await
        }
    };
    let verdict = verdict.map_err(|error| match error {
        WalletError::Malformed { reason, .. } => Failure::input(&asked.input.file, reason),
        error => error.into(),
    })?;
    screen.object(&verdict.to_json());
    screen.line("");
    screen.verdict(&verdict);
    claims(screen, &verdict);
    Ok(exit(&verdict))
}

/// The claims of what was accepted; of anything else nothing is shown.
pub fn claims(screen: &Screen, verdict: &Verdict) {
    for credential in verdict.verified().into_iter().flat_map(|verified| verified.credentials()) {
        screen.line("");
        print_summary(screen, credential);
    }
}

/// The exit status that says the verdict.
pub fn exit(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Accepted(_) => 0,
        Verdict::Rejected { .. } => 1,
        Verdict::Undetermined { .. } => 2,
    }
}
