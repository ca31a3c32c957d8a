//! Setting up a registry chain on any EVM network: the account that sends, the two contracts, the network file.

use std::path::Path;

use serde_json::json;
use wallet_core::error::WalletError;
use wallet_core::registry::{Address, Block, Deployment, contracts, rpc};

use crate::args::{Place, TrustBasis};
use crate::ethereum_keystore;
use crate::failure::{Failure, Result};
use crate::home::Home;
use crate::network::{Basis, NetworkFile};
use crate::print::Screen;
use crate::registry::{KEYS, Registry};
use crate::words::words;

/// `cedula chain account`
pub async fn account(home: &Home, screen: &Screen, import: Option<&Path>) -> Result<u8> {
    if let Some(path) = import {
        let key = ethereum_keystore::import(home, &*home.keystore(KEYS).await?, path).await?;
        Registry::send_by(home, key)?;
    }
    let address = Registry::account(home).await?;
    screen.object(&json!({ "account": address }));
    screen.line(words!(
        screen.language,
        "{address} sends, and pays where gas costs something; it owns no identity.",
        "{address} envía, y paga donde el gas cuesta algo; no es dueña de ninguna identidad.",
        "{address} envia, e paga onde o gás custa algo; não é dona de nenhuma identidade.",
    ));
    Ok(0)
}

/// `cedula chain deploy`
pub async fn deploy(home: &Home, screen: &Screen, place: &Place) -> Result<u8> {
    let mut file = described(place, Address::ZERO, Address::ZERO);
    file.chain_id = chain_id(screen, place, &file).await?;
    let registry = Registry::of_network(home, &file).await?;
    let deployment = registry.registrar().deploy().await?;
    (file.did_registry, file.credential_registry) = (deployment.did_registry, deployment.credential_registry);
    finish(screen, place, file).await
}

/// `cedula chain init`
pub async fn init(screen: &Screen, place: &Place, registry: Address, credential_registry: Address) -> Result<u8> {
    let mut file = described(place, registry, credential_registry);
    file.chain_id = chain_id(screen, place, &file).await?;
    let answers = file.chain()?.ledger().ask(vec![rpc::code(registry)]).await?;
    let code = match answers.first() {
        Some(Ok(code)) => rpc::read_bytes(code)?,
        _ => return Err(WalletError::unreachable("the registry", "the node does not show its code").into()),
    };
    if code.is_empty() {
        return Err(Failure::usage(words!(
            screen.language,
            "there is no contract at {registry}",
            "no hay ningún contrato en {registry}",
            "não há nenhum contrato em {registry}",
        )));
    }
    let hash = contracts::code_hash(&code);
    file.registry_code = (hash != contracts::DID_REGISTRY_CODE_HASH).then_some(hash);
    finish(screen, place, file).await
}

fn described(place: &Place, did_registry: Address, credential_registry: Address) -> NetworkFile {
    NetworkFile {
        name: place.name.clone(),
        rpc: place.rpc.clone(),
        chain_id: place.chain_id.unwrap_or_default(),
        did_registry,
        credential_registry,
        registry_code: None,
        trust: None,
        max_age: place.max_age,
        relay: place.relay_node,
        confirmations: place.confirmations,
    }
}

/// The node's own number, which must be the one that was asked for.
async fn chain_id(screen: &Screen, place: &Place, file: &NetworkFile) -> Result<u64> {
    let answers = file.chain()?.ledger().ask(vec![rpc::chain_id()]).await?;
    let answer = answers.into_iter().next().ok_or_else(|| WalletError::malformed("answer", "the node left it out"))?;
    let found = rpc::read_quantity(&answer.map_err(|refusal| WalletError::refused("the node", refusal))?)?;
    match place.chain_id {
        Some(wanted) if wanted != found => Err(Failure::usage(words!(
            screen.language,
            "the node is of chain {found} and not of {wanted}",
            "el nodo es de la cadena {found} y no de la {wanted}",
            "o nó é da cadeia {found} e não da {wanted}",
        ))),
        _ => Ok(found),
    }
}

async fn finish(screen: &Screen, place: &Place, mut file: NetworkFile) -> Result<u8> {
    let chain = file.chain()?;
    file.trust = basis(screen, place, &chain.head().await?)?;
    file.write(&place.out)?;
    let Deployment { chain_id, did_registry, credential_registry } = chain.deployment;
    let l = screen.language;
    screen.object(&json!({ "file": place.out, "network": file }));
    screen.field(&words!(l, "chain", "cadena", "cadeia"), chain_id);
    screen.field("DidRegistry", did_registry);
    screen.field("CredentialRegistry", credential_registry);
    screen.paragraph(&match &file.trust {
        Some(Basis::Validators { set, .. }) => {
            let count = serde_json::to_value(set).ok().and_then(|set| set.as_array().map(Vec::len)).unwrap_or_default();
            words!(
                l,
                "Blocks are trusted for the seals of {count} validators, as the node named them now: compare them with what the \
                 network publishes.",
                "Se confía en los bloques por los sellos de {count} validadores, según los nombró el nodo ahora: compárelos con lo \
                 que publica la red.",
                "Confia-se nos blocos pelos selos de {count} validadores, como o nó os nomeou agora: compare-os com o que a rede \
                 publica.",
            )
        }
        Some(Basis::Checkpoint(known)) => {
            let number = known.number;
            words!(
                l,
                "Block {number} is trusted as it is now, and nothing after it is seen.",
                "Se confía en el bloque {number} tal como está ahora, y nada posterior se ve.",
                "Confia-se no bloco {number} como está agora, e nada posterior é visto.",
            )
        }
        Some(Basis::Nodes) => words!(
            l,
            "A block is trusted where most of these nodes have it.",
            "Se confía en un bloque cuando la mayoría de estos nodos lo tiene.",
            "Confia-se em um bloco quando a maioria destes nós o tem.",
        ),
        None => words!(
            l,
            "Nothing is proven: the node's word has to do. Name more nodes with --rpc to compare them.",
            "Nada se comprueba: hay que creerle al nodo. Nombre más nodos con --rpc para compararlos.",
            "Nada é comprovado: é preciso crer no nó. Nomeie mais nós com --rpc para compará-los.",
        ),
    });
    Ok(0)
}

/// Why blocks are to be trusted, by what is asked for or by what the newest block shows.
fn basis(screen: &Screen, place: &Place, newest: &Block) -> Result<Option<Basis>> {
    let several = place.rpc.len() > 1;
    Ok(match place.trust {
        None => Basis::sealed(newest).or(several.then_some(Basis::Nodes)),
        Some(TrustBasis::None) => None,
        Some(TrustBasis::Checkpoint) => Some(Basis::known(newest)),
        Some(TrustBasis::Nodes) if several => Some(Basis::Nodes),
        Some(TrustBasis::Nodes) => {
            return Err(Failure::usage(words!(
                screen.language,
                "nodes are compared where there are several: repeat --rpc",
                "los nodos se comparan cuando hay varios: repita --rpc",
                "os nós se comparam quando há vários: repita --rpc",
            )));
        }
        Some(TrustBasis::Validators) => Some(Basis::sealed(newest).ok_or_else(|| {
            Failure::usage(words!(
                screen.language,
                "no validators seal the blocks of this chain",
                "ningún validador sella los bloques de esta cadena",
                "nenhum validador sela os blocos desta cadeia",
            ))
        })?),
    })
}
