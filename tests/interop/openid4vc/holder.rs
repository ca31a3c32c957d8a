//! Our wallet as a library, told whom to trust among the programs of others.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use wallet_core::error::{Result, WalletError};
use wallet_core::jose::jwk_set::JwkSet;
use wallet_core::key::KeyAlgorithm;
use wallet_core::language::Language;
use wallet_core::oauth::{Endpoint, Secret};
use wallet_core::platform::{HttpNetwork, MemoryStorage, SoftwareKeystore, system_now, system_rng};
use wallet_core::ports::{HttpRequest, HttpResponse, Keystore as _, Network, Reach};
use wallet_core::presentation::presenting::TransactionType;
use wallet_core::presentation::request::VerifierEvidence;
use wallet_core::resolver::Resolver;
use wallet_core::seal::{Cost, Passphrase};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::store::StoreKey;
use wallet_core::verification::Evidence;
use wallet_core::verifier::Verifier;
use wallet_core::wallet::Wallet;
use wallet_core::wallet::answering::{Answered, Answering, Profile, TurnedAway};
use wallet_core::wallet::receiving::{Acceptance, Accepted, Client, Offer, Received, WalletAttestation};
use wallet_core::x509::TrustAnchors;

use crate::http;
use crate::programs::{self, Program};
use crate::provider::Provider;

/// A network that reaches this machine, too, where all programs are.
struct Loopback(HttpNetwork);

#[async_trait]
impl Network for Loopback {
    async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse> {
        if Endpoint::read(&request.url).is_ok() {
            request.reach = Reach::Configured;
        }
        self.0.send(request).await
    }
}

/// A wallet of ours, empty at first.
pub struct Holder {
    wallet: Wallet,
    keystore: Arc<SoftwareKeystore>,
    network: Arc<dyn Network>,
    contexts: Contexts,
    /// What transactions it can show.
    pub transactions: Vec<TransactionType>,
    /// Whose requests it takes up.
    pub profile: Profile,
}

impl Holder {
    /// A new one.
    pub async fn new() -> Self {
        let passphrase = Passphrase::new("una frase larga que nadie adivina").expect("long enough");
        let storage = || Arc::new(MemoryStorage::new());
        let keystore = Arc::new(SoftwareKeystore::create(storage(), &passphrase, Cost::UNLOCK).await.expect("memory"));
        let key = StoreKey::Passphrase(passphrase);
        let wallet = Wallet::open(storage(), keystore.clone(), &key, Cost::UNLOCK, &mut system_rng()).await;
        let network: Arc<dyn Network> = Arc::new(Loopback(HttpNetwork::new().expect("a client")));
        let (transactions, profile) = (Vec::new(), Profile::Standard);
        let wallet = wallet.expect("memory");
        Self { wallet, keystore, network, contexts: Contexts::bundled(), transactions, profile }
    }

    /// What `provider` says of this wallet, with a key for it.
    pub async fn vouched_for(&self, provider: &Provider) -> WalletAttestation {
        let (key, public) = self.keystore.create(KeyAlgorithm::P256).await.expect("memory");
        WalletAttestation { attestation: provider.vouch(&public), key }
    }

    /// Takes up an offer of a program, trusting the authorities that `trusted` names, told more by `tell`.
    pub async fn receive(
        &mut self,
        offer: &programs::Offer,
        trusted: Option<&Program>,
        (acceptance, tell): (Acceptance, impl FnOnce(&mut Client<'_>)),
    ) -> Result<Received> {
        let mut carried = Evidence::new(self.contexts.clone());
        if let Some(roots) = trusted.and_then(|program| program.said["roots"].as_str()) {
            carried.authorities = TrustAnchors::from_pem(roots)?;
        }
        let verifier =
            Verifier { network: Some(self.network.clone()), carried, ..Verifier::bare(Arc::new(MemoryStorage::new())) };
        let mut client = Client::new(&verifier, Language::Es);
        client.redirect_uri = "https://wallet.cedula.example/cb".to_owned();
        tell(&mut client);
        // The programs sign a moment after this, by the same clock.
        let (mut rng, now) = (system_rng(), system_now().plus_seconds(2));
        let acceptance = Acceptance { tx_code: offer.tx_code.as_deref().map(Secret::from), ..acceptance };
        let offer = Offer::review(&offer.link, &client, &now).await?;
        let mut received = match self.wallet.accept_offer(&offer, &acceptance, &client, &mut rng, &now).await? {
            Accepted::Received(received) => received,
            Accepted::Browse { url, .. } => {
                let back = http::browse(&url, &client.redirect_uri);
                self.wallet.signed_in(&back, &client, &mut rng, &now).await?
            }
        };
        while let Some(time) = received.ask_again {
            received = self.wallet.resume(&received.issuance, &client, &mut rng, &time).await?;
        }
        Ok(received)
    }

    /// Answers what a verifier's `/new` gave on a page of `origin`, trusting whom `trusted` names; what is to be handed back, as the
    /// foreign wallets say it.
    pub async fn answer(&mut self, (asked, origin): (&Value, &str), trusted: &Program) -> Result<Value> {
        let (resolver, evidence) = (Resolver::new(), evidence(trusted));
        let how = Answering {
            network: &*self.network,
            resolver: &resolver,
            evidence: &evidence,
            accrediting: None,
            profile: self.profile,
            transactions: &self.transactions,
            types: &[],
            language: Language::Es,
            contexts: &self.contexts,
        };
        let (mut rng, now) = (system_rng(), system_now());
        let request = &asked["request"];
        let reviewed = match (request.as_str(), request["protocol"].as_str()) {
            (None, Some(protocol)) => self.wallet.review_dc_api((protocol, &request["data"], origin), &how, &mut rng, &now).await,
            (link, _) => self.wallet.review(link.expect("a link"), &how, &mut rng, &now).await,
        };
        let review = reviewed.map_err(|turned_away: TurnedAway| WalletError::from(turned_away))?;
        let selection = review.preselected().map_err(|_| WalletError::misused("nothing here answers"))?;
        Ok(match self.wallet.accept(&review, &selection, &how, &mut rng, &now).await? {
            Answered::Sent { redirect_uri } => json!({ "redirect_uri": redirect_uri }),
            Answered::Redirect(url) => json!({ "location": url }),
            Answered::DcApi(data) => json!({ "data": data }),
        })
    }
}

/// The authorities and the attester that a program names.
fn evidence(trusted: &Program) -> VerifierEvidence {
    let roots = trusted.said["roots"].as_str().expect("a verifier has certificates");
    let anchors = TrustAnchors::from_pem(roots).expect("certificates");
    let attester = &trusted.said["attester"];
    let attesters = attester["iss"].as_str().map(|iss| (iss.to_owned(), JwkSet::read(&attester["jwks"]).expect("keys")));
    VerifierEvidence { anchors, attesters: attesters.into_iter().collect::<BTreeMap<_, _>>(), ..VerifierEvidence::default() }
}
