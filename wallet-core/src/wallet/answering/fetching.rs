//! Getting at a request, and at what tells who asks.

use rand_core::CryptoRng;
use serde_json::{Map, Value, json};

use super::{ASKING, Accredited, Answering};
use crate::did::DidUrl;
use crate::jose::jwe::ContentEncryption;
use crate::oauth::unguessable;
use crate::presentation::VpFormats;
use crate::presentation::request::{ClientIdPrefix, ReceivedRequest, RequestFault, RequestLink, RequestedBy, VerifierEvidence};
use crate::time::Timestamp;

/// The request that a link holds or leads to; one that is led to is fetched, once.
pub(super) async fn received(
    text: &str,
    how: &Answering<'_>,
    rng: &mut (dyn CryptoRng + Send),
) -> Result<ReceivedRequest, RequestFault> {
    let reference = match RequestLink::read(text)? {
        RequestLink::Whole(received) => return Ok(received),
        RequestLink::Reference(reference) => reference,
    };
    let nonce = unguessable(rng);
    let answer = how.network.send(reference.ask(&wallet_metadata(reference.client_id.prefix()), &nonce)).await?;
    reference.read(&answer, &nonce)
}

/// What this wallet can, as a verifier is told that asks for it by a POST (§10.1): the same for every wallet.
///
/// A client whose requests cannot be signed is not told how they could be (§5.10).
pub fn wallet_metadata(prefix: Option<ClientIdPrefix>) -> Map<String, Value> {
    let prefixes = ClientIdPrefix::ALL.iter().map(|prefix| prefix.as_str()).chain(["pre-registered"]);
    let mut metadata = Map::from_iter([
        ("response_types_supported".to_owned(), json!(["vp_token"])),
        ("vp_formats_supported".to_owned(), VpFormats::ours().to_json()),
        ("client_id_prefixes_supported".to_owned(), prefixes.collect()),
        ("authorization_encryption_alg_values_supported".to_owned(), json!(["ECDH-ES"])),
        (
            "authorization_encryption_enc_values_supported".to_owned(),
            ContentEncryption::ALL.iter().map(|encryption| encryption.as_str()).collect(),
        ),
    ]);
    if prefix != Some(ClientIdPrefix::RedirectUri) {
        metadata.insert("request_object_signing_alg_values_supported".to_owned(), json!(["ES256", "ES384", "EdDSA"]));
    }
    metadata
}

/// What tells who asks, with the documents of the DIDs that say to ask; one that is not found is not there, and authentication says so.
pub(super) async fn evidence(received: &ReceivedRequest, how: &Answering<'_>, now: &Timestamp) -> VerifierEvidence {
    let mut evidence = how.evidence.clone();
    for did in received.needs() {
        if let Ok(resolution) = how.resolver.resolve(&DidUrl::from(&did), now).await {
            evidence.resolutions.insert(did, resolution);
        }
    }
    evidence
}

/// How whoever asks came to be accredited for it, when it is a DID on a registry and somebody did.
pub(super) async fn accreditation(
    by: &RequestedBy,
    evidence: &VerifierEvidence,
    how: &Answering<'_>,
    now: &Timestamp,
) -> Option<Accredited> {
    let (RequestedBy::Did { did, .. }, Some(accrediting)) = (by, how.accrediting) else { return None };
    let document = &evidence.resolutions.get(did)?.document;
    let roots: Vec<_> = accrediting.roots.keys().cloned().collect();
    let time = u64::try_from(now.unix()).ok()?;
    for scope in accrediting.scopes(ASKING) {
        let told = how.resolver.accreditations(document, &scope, &roots, now).await.ok();
        if let Some(path) = told.and_then(|told| told.what.into_iter().find(|path| path.stands(time))) {
            let root_name = accrediting.roots.get(&path.root).cloned().unwrap_or_default();
            return Some(Accredited { root_name, path });
        }
    }
    None
}
