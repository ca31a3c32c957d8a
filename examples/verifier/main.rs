//! A verifier's web service: it asks wallets for credentials by OpenID4VP 1.0, and shows what they answer.
//!
//! ```sh
//! cargo run --example verifier -- --test
//! ```
//!
//! The library has the protocol; this carries its bytes, keeps its sessions in SQLite, and draws the page.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a service says where it listens and why it stops")]

mod args;
mod identities;
#[path = "../cedula/loopback.rs"]
mod loopback;
mod page;
mod question;
mod service;
#[path = "../web/mod.rs"]
mod web;
#[path = "../cedula/words.rs"]
#[allow(dead_code, reason = "only the macro and the failures are needed")]
mod words;

use std::fs;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use wallet_core::error::{Result, WalletError};
use wallet_core::oauth::Profile;
use wallet_core::platform::{HttpNetwork, SqliteStorage, system_now};
use wallet_core::ports::{Network, Storage};
use wallet_core::resolver::Resolver;
use wallet_core::verification::{Expectations, Issuers};
use wallet_core::verifier::Verifier;
use wallet_core::verifier::online::OnlineVerifier;
use wallet_core::x509::TrustAnchors;

use args::Args;
use identities::Identities;
use loopback::Loopback;
use service::Service;
use web::keeping::{self, PassphraseFrom};
use web::serving;

/// How often what is over is swept away.
const SWEEP: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> ExitCode {
    serving::ended(run(&Args::parse()).await)
}

async fn run(args: &Args) -> Result<()> {
    fs::create_dir_all(&args.data).map_err(WalletError::storage_failed)?;
    let base = serving::base(args.url.as_deref(), args.port, args.test)?;
    let passphrase = PassphraseFrom { file: args.passphrase_file.as_deref(), test: args.test }.read()?;
    let keystore = Arc::new(keeping::keystore(&args.data, &passphrase).await?);
    let identities = Identities::open(args, &base, keystore.clone()).await?;
    let verifier = verifier(args).await?;
    let profile = if args.haip { Profile::Haip } else { Profile::Standard };
    let online = OnlineVerifier { verifier, keystore, base: base.clone(), expected: expected(args), profile };
    let query = args.dcql.as_deref().map(keeping::read).transpose()?;
    let scheme = if identities.is_certified() { "x509_hash" } else { "decentralized_identifier" };
    let (name, mode, test) = (args.name.clone(), "direct_post.jwt", args.test);
    let service = Arc::new(Service { online, identities, name, query, scheme, mode, test });
    tokio::spawn(sweep(service.clone()));
    serving::serve(service::router(service), &base, args.port).await
}

/// What judges: with the network, and whatever it was told to trust.
async fn verifier(args: &Args) -> Result<Verifier> {
    let http = HttpNetwork::new()?;
    let network: Arc<dyn Network> = if args.test { Arc::new(Loopback::new(http)) } else { Arc::new(http) };
    let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(args.data.join("sessions.sqlite")).await?);
    let mut verifier = Verifier::bare(storage);
    verifier.resolver = Resolver::new().with_web(network.clone());
    verifier.network = Some(network);
    let mut authorities = Vec::new();
    for file in &args.trust_pem {
        authorities.extend(TrustAnchors::from_pem(&keeping::read(file)?)?.certificates().iter().cloned());
    }
    verifier.carried.authorities = authorities.try_into()?;
    Ok(verifier)
}

/// Which issuers are believed.
fn expected(args: &Args) -> Expectations {
    let named = |did: &wallet_core::did::Did| (did.clone(), did.to_string());
    let issuers = match args.dids.is_empty() && args.trust_pem.is_empty() {
        true => Issuers::Any,
        false => Issuers::Known(args.dids.iter().map(named).collect()),
    };
    Expectations { issuers, ..Expectations::default() }
}

async fn sweep(service: Arc<Service>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        // What could not be swept now is swept the next time.
        let _ = service.online.sweep(&system_now()).await;
    }
}
