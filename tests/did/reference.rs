//! The reference resolver of did:ethr finds the same keys as ours at every version, on both chains.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Value, json};
use wallet_core::did::ethr;
use wallet_core::did::{DidUrl, Resolution};
use wallet_core::platform::HttpNetwork;
use wallet_core::registry::Ledger;
use wallet_core::registry::rpc::At;
use wallet_core::resolver::{Resolver, RpcLedger};
use wallet_core::time::Timestamp;

use crate::support::rpc_window;
use crate::world::{Kind, World, key};
use crate::{operations, theirs};

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock after 1970");
    Timestamp::from_unix(since.as_secs() as i64).expect("a time in range")
}

#[tokio::test(flavor = "multi_thread")]
async fn reference_resolver_finds_the_same_keys_on_the_embedded_chain() {
    let world = World::embedded();
    let Kind::Embedded { chain, .. } = &world.kind else { unreachable!("it was asked for") };
    let (url, window) = rpc_window::open(chain.clone()).await;
    same_keys_at_every_version(&world, &url, world.ledger.clone()).await;
    window.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn reference_resolver_finds_the_same_keys_on_anvil() {
    let world = World::anvil().await;
    let Kind::Anvil { url, .. } = &world.kind else { unreachable!("it was asked for") };
    let url = format!("http://{url}");
    let network = Arc::new(HttpNetwork::new().expect("a network"));
    same_keys_at_every_version(&world, &url, Arc::new(RpcLedger::new(network, url.clone()))).await;
}

async fn same_keys_at_every_version(world: &World, url: &str, ledger: Arc<dyn Ledger>) {
    let identities = operations::run(world).await;
    let head = world.block(At::Latest).await.header.number;
    let mut dids: Vec<String> =
        identities.iter().map(|identity| ethr::from_address("local", &identity.0).expect("a DID").to_string()).collect();
    dids.push(ethr::from_public_key("0x7a69", &key(0x41).public_key()).expect("a DID").to_string());
    let versions = |did: &String| (0..=head).map(|n| format!("{did}?versionId={n}")).chain([did.clone()]).collect::<Vec<_>>();
    let urls: Vec<String> = dids.iter().flat_map(versions).collect();
    let registry = world.deployment.did_registry.to_string();
    let networks = json!([{ "name": "local", "chainId": world.deployment.chain_id, "rpcUrl": url, "registry": registry }]);
    let resolver = Resolver::new().with_registry("local", world.deployment, ledger);
    let mut keys = 0;
    let now = now();
    for (url, theirs) in urls.iter().zip(theirs::resolve(networks, &urls).await) {
        assert_eq!(theirs["error"], Value::Null, "{url}: {theirs}");
        let did_url: DidUrl = url.parse().expect("a DID URL");
        let ours = resolver.resolve(&did_url, &now).await.unwrap_or_else(|e| panic!("{url}: {e}"));
        assert_eq!(theirs::ours(&ours.document), theirs::theirs(&theirs["keys"]), "{}: {url}", world.name);
        assert_eq!(services(&ours), theirs["services"], "{}: {url}", world.name);
        assert_eq!(metadata(&ours), theirs["metadata"], "{}: {url}", world.name);
        keys += ours.document.verification_methods.iter().filter(|method| method.key.is_some()).count();
    }
    assert!(keys > 100, "there were keys to compare: {keys}");
}

fn services(resolution: &Resolution) -> Value {
    let services = resolution.document.services.iter();
    services.map(|s| json!({ "id": s.id, "type": s.kinds[0], "serviceEndpoint": s.endpoint })).collect()
}

/// Our metadata without `created`, which the reference resolver does not tell.
fn metadata(resolution: &Resolution) -> Value {
    let mut metadata = serde_json::to_value(&resolution.metadata).expect("JSON");
    metadata.as_object_mut().expect("an object").remove("created");
    metadata
}
