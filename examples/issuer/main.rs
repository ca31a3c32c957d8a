//! An issuer's web service: it gives identity cards, diplomas and vaccination certificates to wallets by OpenID4VCI 1.0.
//!
//! ```sh
//! cargo run --example issuer -- --test
//! ```
//!
//! The library has the protocol; this carries its bytes, keeps its sessions in SQLite, and draws the pages. Everything it issues is about
//! one made-up person.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a service says where it listens and why it stops")]

mod args;
mod catalogue;
mod identities;
mod page;
mod people;
mod service;
mod test_handles;
#[path = "../web/mod.rs"]
mod web;
#[path = "../cedula/words.rs"]
#[allow(dead_code, reason = "only the macro and the failures are needed")]
mod words;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use wallet_core::error::{Result, WalletError};
use wallet_core::issuance::{Display, MetadataSigner};
use wallet_core::issuer::credential_issuer::{
    ClientPolicy, EncryptionPlan, IssuancePlan, Lifetimes, MetadataSigning, Profile, SharedIssuer, Strangers,
};
use wallet_core::issuer::{CredentialIssuer, Issuer, StatusPlan};
use wallet_core::jose::jwe::DecryptionKey;
use wallet_core::jose::jwk_set::JwkSet;
use wallet_core::oauth::{Attesters, Endpoint};
use wallet_core::platform::{HttpNetwork, SoftwareKeystore, SqliteStorage, system_now, system_rng};
use wallet_core::ports::{Change, Storage};
use wallet_core::resolver::Resolver;
use wallet_core::seal::SealingKey;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::x509::{Certificate, CertificateChain, TrustAnchors, pem};

use args::Args;
use catalogue::Shop;
use identities::{Identities, Identity};
use service::Service;
use web::keeping::{self, PassphraseFrom};
use web::serving;

/// How often what is over is swept away.
const SWEEP: Duration = Duration::from_secs(60);
/// How long a wallet may ask for newer credentials without its owner.
const REFRESH: Duration = Duration::from_secs(30 * 24 * 3600);

#[tokio::main]
async fn main() -> ExitCode {
    serving::ended(run(&Args::parse()).await)
}

async fn run(args: &Args) -> Result<()> {
    fs::create_dir_all(&args.data).map_err(WalletError::storage_failed)?;
    let base = serving::base(args.url.as_deref(), args.port, args.test)?;
    if base.path() != "/" {
        return Err(WalletError::misused("its URL has no path: the pages and documents beside the issuer are at the root"));
    }
    let service = Arc::new(open(args, &base).await?);
    tokio::spawn(sweep(service.clone()));
    serving::serve(service::router(service), &base, args.port).await
}

/// The service, with what it kept when it last ran.
async fn open(args: &Args, base: &Endpoint) -> Result<Service> {
    let passphrase = PassphraseFrom { file: args.passphrase_file.as_deref(), test: args.test }.read()?;
    let keystore = Arc::new(keeping::keystore(&args.data, &passphrase).await?);
    let identities = Identities::open(args, base, &keystore).await?;
    let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(args.data.join("sessions.sqlite")).await?);
    let sealing = sealing_key(&args.data)?;
    let attesters = attesters(args)?;
    let issuer = |name: &'static str, identity, chain| status_issuer((args, base), (name, chain), identity, keystore.clone());
    let shop = Shop {
        name: &args.name,
        identities: &identities,
        ed25519: issuer("ed25519", &identities.ed25519, None).await?,
        p256: issuer("p256", &identities.p256, identities.certificates.clone()).await?,
        attested: args.haip,
        takes_attestations: args.haip || !args.attesters.is_empty(),
    };
    let entries = catalogue::entries(&identities, args.haip);
    let credentials = entries.iter().map(|(name, entry)| Ok((name.clone(), entry.offered(name, &shop, &system_now())?)));
    let signer = match &identities.certificates {
        Some(chain) => MetadataSigner::Certificates(Box::new(chain.clone())),
        None => MetadataSigner::Did(identities.p256.method.clone()),
    };
    let plan = IssuancePlan {
        identifier: base.clone(),
        display: ["es", "en", "pt"].map(|language| Display::named(&args.name, language)).to_vec(),
        credentials: credentials.collect::<Result<_>>()?,
        clients: ClientPolicy {
            known: known(args),
            attesters: attesters.clone(),
            strangers: if args.test { Strangers::Welcome } else { Strangers::ByCodeAlone },
        },
        consent_page: base.below("consent"),
        key_attesters: attesters,
        profile: if args.haip { Profile::Haip } else { Profile::Standard },
        batch_size: 20,
        encryption: Some(EncryptionPlan { key: decryption_key(&*storage, &sealing).await?, required: args.encrypt }),
        metadata_signing: Some(MetadataSigning { signer, key: identities.p256.key.clone(), keystore }),
        lifetimes: Lifetimes { refresh_token: Some(REFRESH), deferred_interval: Duration::from_secs(5), ..Lifetimes::default() },
    };
    let (ed25519, p256) = (shop.ed25519, shop.p256);
    let resolver = Resolver::new().with_web(Arc::new(HttpNetwork::new()?));
    let issuer = CredentialIssuer { plan, storage, sealing, resolver, contexts: Contexts::bundled() };
    Ok(Service { issuer, identities, entries, ed25519, p256, name: args.name.clone(), test: args.test })
}

/// An issuer with status lists of its own, under `name`, which also goes by `certificates` if there are any.
async fn status_issuer(
    (args, base): (&Args, &Endpoint),
    (name, certificates): (&str, Option<CertificateChain>),
    identity: &Identity,
    keystore: Arc<SoftwareKeystore>,
) -> Result<SharedIssuer> {
    let storage = Arc::new(SqliteStorage::open(args.data.join(format!("status-{name}.sqlite"))).await?);
    let status = StatusPlan { certificates, ..StatusPlan::at(base.below(&format!("status/{name}")).as_str()) };
    let (did, method, key) = (identity.did.clone(), identity.method.clone(), identity.key.clone());
    Ok(SharedIssuer::new(Issuer { did, method, key, keystore, storage, status, contexts: Contexts::bundled() }))
}

/// The wallets that were named, with the addresses that people may come back to.
fn known(args: &Args) -> BTreeMap<String, Vec<String>> {
    let mut known = BTreeMap::<String, Vec<String>>::new();
    for (id, url) in &args.clients {
        known.entry(id.clone()).or_default().push(url.clone());
    }
    known
}

/// Who attests wallets and their keys.
fn attesters(args: &Args) -> Result<Attesters> {
    let (mut keys, mut certificates) = (Vec::new(), Vec::<Certificate>::new());
    for file in &args.attesters {
        let text = keeping::read(file)?;
        match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(set) => keys.extend(set["keys"].as_array().cloned().unwrap_or_default()),
            Err(_) => certificates.extend(pem::certificates(&text)?),
        }
    }
    let keys = JwkSet::read(&serde_json::json!({ "keys": keys }))?;
    Ok(Attesters { keys, anchors: TrustAnchors::try_from(certificates)? })
}

/// What sessions are sealed with, in a file that its owner alone can read.
fn sealing_key(folder: &Path) -> Result<SealingKey> {
    let file = folder.join("sessions.key");
    if let Ok(bytes) = fs::read(&file) {
        return SealingKey::from_bytes(&bytes);
    }
    let key = SealingKey::generate(&mut system_rng());
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&file).and_then(|mut file| std::io::Write::write_all(&mut file, key.expose()));
    written.map(|()| key).map_err(WalletError::storage_failed)
}

/// What requests are decrypted with: the same after a restart, since wallets keep metadata for a while.
async fn decryption_key(storage: &dyn Storage, sealing: &SealingKey) -> Result<DecryptionKey> {
    const NAME: &str = "service/decryption-key";
    if let Some(sealed) = storage.read(NAME).await? {
        let opened = sealing.open(NAME.as_bytes(), &sealed).map_err(WalletError::storage_failed)?;
        return DecryptionKey::from_secret_bytes(&opened);
    }
    let key = DecryptionKey::generate(&mut system_rng());
    let bytes = sealing.seal(NAME.as_bytes(), &key.to_secret_bytes(), &mut system_rng());
    storage.write(vec![Change::Put { name: NAME.to_owned(), bytes }]).await?;
    Ok(key)
}

async fn sweep(service: Arc<Service>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        // What could not be swept now is swept the next time.
        let _ = service.issuer.sweep(&system_now()).await;
    }
}
