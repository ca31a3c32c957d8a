//! The verifier door: asking, gathering the evidence, then the verdict.

mod lists;
pub mod online;
mod packs;

use std::sync::Arc;

use rand_core::CryptoRng;
use serde_json::Value;

use crate::did::{Did, DidUrl, Resolution, ResolutionError, Unresolved};
use crate::error::{Result, WalletError};
use crate::oauth::unguessable;
use crate::ports::{Change, HttpRequest, Network, Storage};
use crate::presentation::Request;
use crate::qr::{self, BarcodeFault, Scanned, TypeTables};
use crate::registry::accreditation::{Path, Scope};
use crate::registry::credential_registry::Moment;
use crate::registry::{B256, Told};
use crate::resolver::Resolver;
use crate::securing::Secured;
use crate::securing::sd_jwt::IssuerMetadata;
use crate::time::Timestamp;
use crate::trust_pack::TrustPack;
use crate::verification::{
    Evidence, Expectations, Finding, Gap, Issuers, Known, Need, Place, Presenter, Reason, Verdict, verify,
};

/// Asks for credentials and judges what comes back.
pub struct Verifier {
    /// Looks up the signers that it carries no evidence of; without registries for a verifier with no network.
    pub resolver: Resolver,
    /// Fetches status lists and schemas; none for a verifier that works from what it carries.
    pub network: Option<Arc<dyn Network>>,
    /// Remembers which requests are open, so that each is answered once, and the status lists it fetched.
    pub storage: Arc<dyn Storage>,
    /// The evidence it carries, contexts among it.
    pub carried: Evidence,
    /// The trust pack it carries: where it looks for signers and status lists first. See [`Verifier::carry`].
    pub pack: Option<Arc<TrustPack>>,
    /// The tables that compact QR codes were written with.
    pub tables: TypeTables,
}

/// How long an answer may take, in seconds.
const REQUEST_LIFETIME: i64 = 300;
/// A status list may itself be signed by a DID that must be looked up; nothing honest goes deeper.
const ROUNDS: usize = 3;

impl Verifier {
    /// Asks for one credential of each of `types`; the answer is judged by [`Verifier::check_answer`], once, within five minutes.
    pub async fn ask(
        &self,
        audience: &str,
        purpose: &str,
        types: &[&str],
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Request> {
        let request = Request {
            nonce: unguessable(rng),
            audience: audience.to_owned(),
            purpose: purpose.to_owned(),
            types: types.iter().map(|&kind| kind.to_owned()).collect(),
            expires: now.plus_seconds(REQUEST_LIFETIME),
        };
        let bytes = request.to_json().to_string().into_bytes();
        self.storage.write(vec![Change::Put { name: open_request(&request.nonce), bytes }]).await?;
        Ok(request)
    }

    /// Judges the answer to a request of [`Verifier::ask`], and closes the request whatever the verdict.
    pub async fn check_answer(&self, text: &str, request: &Request, expected: Expectations, now: &Timestamp) -> Result<Verdict> {
        let secured = self.read(text)?;
        let name = open_request(&request.nonce);
        let open = self.storage.take(&name).await?.is_some();
        let expected = Expectations {
            nonce: Some(request.nonce.clone()),
            audience: Some(request.audience.clone()),
            presenter: Presenter::Subject,
            ..expected
        };
        let verdict = self.judge(&secured, &expected, now).await;
        if open && request.expires >= *now {
            return Ok(verdict);
        }
        let used = Finding { place: Place::Presentation, what: Reason::NonceUsed };
        Ok(verdict.rejected_too(used))
    }

    /// Judges a credential or presentation in any form: JSON, a token, or the text of a QR code.
    ///
    /// What is well formed and of a kind this version does not know is undetermined. Fails with `Malformed` when it is nothing of
    /// the kind; a forgery is not an error but a verdict.
    pub async fn check(&self, text: &str, expected: &Expectations, now: &Timestamp) -> Result<Verdict> {
        let open = |gap| Ok(Verdict::open(gap, now));
        match self.read(text) {
            Ok(secured) => Ok(self.judge(&secured, expected, now).await),
            Err(Unread::Barcode(BarcodeFault::MissingTable { entry_id })) => open(Gap::MissingTable { table: entry_id }),
            Err(Unread::Barcode(BarcodeFault::MissingContext { url })) => open(Gap::MissingContext { url }),
            Err(unread) => match unread.into() {
                WalletError::Unsupported { what, .. } => open(Gap::Unsupported { what }),
                error => Err(error),
            },
        }
    }

    /// Reads a credential or presentation in any form, without judging it.
    pub fn read(&self, text: &str) -> Result<Secured, Unread> {
        let text = text.trim_matches(['\r', '\n', '\t']);
        match qr::recognise(text) {
            Scanned::Barcode(text) => {
                let credential = qr::barcode::decode(text, &self.tables, &self.carried.contexts)?;
                Ok(Secured::read(&Value::Object(credential).to_string())?)
            }
            Scanned::Other(scheme) => Err(WalletError::unsupported(scheme.to_string(), "it is another scheme's code").into()),
            Scanned::CredentialOffer(_) | Scanned::AuthorizationRequest(_) | Scanned::Link(_) => {
                Err(WalletError::malformed("credential", "it is an invitation, and not a credential").into())
            }
            Scanned::Json(_) | Scanned::Jwt(_) | Scanned::SdJwt(_) | Scanned::Unknown => Ok(Secured::read(text)?),
        }
    }

    /// Everything that judging `secured` takes, as far as it can be reached.
    pub async fn gather(&self, secured: &Secured, expected: &Expectations, now: &Timestamp) -> Evidence {
        let mut evidence = self.carried.clone();
        if self.network.is_some() {
            // A list that is carried serves until it asks to be renewed itself, and again when the network is down.
            evidence.status_lists.retain(|_, known| lists::is_fresh(known, expected.status_max_age, now));
        }
        for _ in 0..ROUNDS {
            let needs = evidence.needs(secured, expected, now);
            if needs.is_empty() {
                break;
            }
            for need in needs {
                match need {
                    Need::Did(did) => {
                        let known = self.resolve(&did, now).await;
                        evidence.resolutions.insert(did, known);
                    }
                    Need::StatusList { url, format } => {
                        let known = self.status_list(&url, format, expected.status_max_age, now).await;
                        evidence.status_lists.insert(url, known);
                    }
                    Need::Schema(url) => {
                        let known = self.fetch_schema(&url, now).await;
                        evidence.resources.insert(url, known);
                    }
                    Need::Issuer(issuer) => {
                        let known = self.issuer(&issuer, now).await;
                        evidence.issuers.insert(issuer, known);
                    }
                    Need::Accreditations(issuer, scope) => {
                        let known = self.accreditations(&evidence, (&issuer, &scope), expected, now).await;
                        evidence.accreditations.insert((issuer, scope), known);
                    }
                    Need::Anchor(issuer, root) => {
                        let known = self.anchored(&issuer, root, now).await;
                        evidence.anchors.insert((issuer, root), known);
                    }
                }
            }
        }
        evidence
    }

    async fn judge(&self, secured: &Secured, expected: &Expectations, now: &Timestamp) -> Verdict {
        let evidence = self.gather(secured, expected, now).await;
        verify(secured, &evidence, expected, now)
    }

    async fn resolve(&self, did: &Did, now: &Timestamp) -> Known<Resolution> {
        let packed = self.packed(|pack| pack.resolution(did, now));
        packed_or(packed, |_| true, async { found(self.resolver.resolve(&DidUrl::from(did), now).await, now) }).await
    }

    /// How an issuer came to be accredited under the roots that count here.
    async fn accreditations(
        &self,
        evidence: &Evidence,
        (issuer, scope): (&Did, &Scope),
        expected: &Expectations,
        now: &Timestamp,
    ) -> Known<Told<Vec<Path>>> {
        let (Issuers::Accredited(accrediting), Some(Known::Found { what, .. })) =
            (&expected.issuers, evidence.resolutions.get(issuer))
        else {
            return Known::Impossible;
        };
        let roots: Vec<Did> = accrediting.roots.keys().cloned().collect();
        let packed = self.packed(|pack| pack.accreditations(issuer, scope, now));
        let leads = |told: &Told<Vec<Path>>| told.what.iter().any(|path| roots.contains(&path.root));
        let asked = async { found(self.resolver.accreditations(&what.document, scope, &roots, now).await, now) };
        packed_or(packed, leads, asked).await
    }

    async fn anchored(&self, issuer: &Did, root: B256, now: &Timestamp) -> Known<Told<Option<Moment>>> {
        let packed = self.packed(|pack| pack.anchored(issuer, root, now));
        packed_or(packed, |_| true, async { found(self.resolver.anchored(issuer, root, now).await, now) }).await
    }

    fn packed<T>(&self, ask: impl FnOnce(&TrustPack) -> Option<Known<T>>) -> Option<Known<T>> {
        self.pack.as_deref().and_then(ask)
    }

    /// Fetches a schema, or the credential that carries it.
    async fn fetch_schema(&self, url: &str, now: &Timestamp) -> Known<Vec<u8>> {
        let accept = "application/schema+json, application/vc, application/vc+jwt, application/json";
        fetched(self.fetch(url, accept).await, now)
    }

    /// The bytes at a public URL, within the port's limits of size and time.
    async fn fetch(&self, url: &str, accept: &str) -> std::result::Result<Vec<u8>, String> {
        let network = self.network.as_ref().ok_or("there is no network")?;
        let mut request = HttpRequest::get(url);
        request.headers.push(("accept".to_owned(), accept.to_owned()));
        match network.send(request).await {
            Err(error) => Err(error.to_string()),
            Ok(response) if response.status != 200 => Err(format!("the server answered {}", response.status)),
            Ok(response) => Ok(response.body),
        }
    }

    /// What an issuer publishes of its keys (draft-ietf-oauth-sd-jwt-vc §4), by the pack, else fetched.
    async fn issuer(&self, issuer: &str, now: &Timestamp) -> Known<IssuerMetadata> {
        let Ok(url) = IssuerMetadata::url(issuer) else { return Known::Impossible };
        let packed = self.packed(|pack| pack.issuer_metadata(issuer, now));
        packed_or(packed, |_| true, async { fetched(self.fetch_keys(&url, issuer).await, now) }).await
    }

    async fn fetch_keys(&self, url: &str, issuer: &str) -> Result<IssuerMetadata, String> {
        let metadata = self.fetch_text(url, "application/json").await?;
        let metadata = IssuerMetadata::read(&metadata, issuer).map_err(|e| e.to_string())?;
        let Some(keys_at) = metadata.keys_at.clone() else { return Ok(metadata) };
        let keys = self.fetch_text(&keys_at, "application/jwk-set+json, application/json").await?;
        metadata.with_keys(&keys).map_err(|e| e.to_string())
    }

    async fn fetch_text(&self, url: &str, accept: &str) -> Result<String, String> {
        self.fetch(url, accept).await.and_then(|bytes| String::from_utf8(bytes).map_err(|e| e.to_string()))
    }
}

/// Why a text was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// The text of a QR code that does not decode, or not with the tables and contexts at hand.
    #[error(transparent)]
    Barcode(#[from] BarcodeFault),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] WalletError),
}

impl From<Unread> for WalletError {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Barcode(fault) => fault.into(),
            Unread::Other(error) => error,
        }
    }
}

/// What the resolver found of something, or that it found nothing.
fn found<T>(told: Result<T, Unresolved>, now: &Timestamp) -> Known<T> {
    match told {
        Ok(what) => Known::Found { what, as_of: now.clone() },
        Err(Unresolved { error: ResolutionError::InvalidDid, .. }) => Known::Impossible,
        Err(unresolved) => Known::Missing { why: unresolved.reason },
    }
}

fn fetched<T>(fetched: Result<T, String>, now: &Timestamp) -> Known<T> {
    match fetched {
        Ok(what) => Known::Found { what, as_of: now.clone() },
        Err(why) => Known::Missing { why },
    }
}

/// What is packed, if that is enough; else what is `asked` for; and if that gives nothing what is packed after all, be it no more
/// than why it is of no use now.
async fn packed_or<T>(packed: Option<Known<T>>, enough: impl Fn(&T) -> bool, asked: impl Future<Output = Known<T>>) -> Known<T> {
    match packed {
        Some(Known::Found { what, as_of }) if enough(&what) => Known::Found { what, as_of },
        packed => match asked.await {
            Known::Missing { why } => packed.unwrap_or(Known::Missing { why }),
            known => known,
        },
    }
}

fn open_request(nonce: &str) -> String {
    format!("request/{nonce}")
}
