//! The command line: what may be asked, with an example for each.

mod accreditation;
mod batch;
mod holder;
mod issuer;
mod pack;
mod receiving;
mod registry;
mod verifier;

pub use accreditation::{AccreditationCommand, Whom};
pub use batch::Batch;
pub use holder::{Backup, Forget, HOLDER_KEY, Present, Restore, Scan, Show, Surface};
pub use issuer::{Issue, MechanismName, Profile, Status, StatusChange};
pub use pack::{Pack, PackCommand};
pub use receiving::Receive;
pub use registry::{ChainCommand, DidCommand, Place, TrustBasis};
pub use verifier::{Ask, Input, SdJwt, Trust, Verify};

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use wallet_core::language::Language;

/// Issues, holds, shows and verifies credentials: identity cards, diplomas, vaccination certificates.
#[derive(Debug, Parser)]
#[command(name = "cedula", version, arg_required_else_help = true, after_help = "Begin with: cedula demo")]
pub struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, clap::Args)]
pub struct Global {
    /// The folder with the wallet, the issuers and the chain [default: ~/.cedula]
    #[arg(long, global = true, env = "CEDULA_HOME", value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// The language of what is printed: es, en or pt [default: that of LANG, else en]
    #[arg(long, global = true, value_name = "LANGUAGE")]
    pub lang: Option<Language>,
    /// Print one JSON object
    #[arg(long, global = true)]
    pub json: bool,
    /// A file whose first line is the passphrase [default: CEDULA_PASSPHRASE, else a prompt]
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// The network file of a registry chain, in place of the folder's own
    #[arg(long, global = true, env = "CEDULA_NETWORK", value_name = "FILE")]
    pub network: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Walk through everything on a fresh folder: three credentials issued, held, shown, verified, revoked
    #[command(after_help = "Example:\n  cedula demo --out target/demo --lang es")]
    Demo(Demo),
    /// Issue credentials from a JSON or CSV file
    #[command(after_help = "Examples:\n  cedula issue --issuer registry --profile identity-card --input card.json --keep\n  \
        cedula issue --issuer university --profile diploma --input graduates.csv --out diplomas/")]
    Issue(Issue),
    /// Issue a credential for each row of a CSV file, all of them anchored on the chain by one transaction
    ///
    /// Started again after a kill it goes on where it was, and issues nothing twice.
    #[command(after_help = "Examples:\n  cedula batch graduates.csv --issuer university --profile diploma --out diplomas/\n  \
        cedula batch members.csv --issuer library --map card.json --name members-2026 --out cards/\n\n\
        card.json is a credential whose texts name columns in braces:\n  \
        {\"@context\": [\"https://www.w3.org/ns/credentials/v2\"], \"type\": [\"VerifiableCredential\"],\n   \
        \"name\": \"Reader card\", \"credentialSubject\": {\"id\": \"{did}\", \"name\": \"{first} {last}\"}}")]
    Batch(Batch),
    /// List the credentials in the wallet
    #[command(after_help = "Example:\n  cedula list --json")]
    List,
    /// Show a credential as a QR code
    #[command(after_help = "Example:\n  cedula show 1 --png card.png --svg card.svg")]
    Show(Show),
    /// Read a credential from a QR code, verify it and keep it
    #[command(after_help = "Examples:\n  cedula scan card.png\n  cedula scan - < credential.json")]
    Scan(Scan),
    /// Receive credentials that an issuer offers
    ///
    /// Status 0 when the issuer gave what was asked for, 1 when it or the wallet refused something of it.
    #[command(
        after_help = "Examples:\n  cedula receive 'openid-credential-offer://?credential_offer_uri=…' --tx-code 493536\n  \
        cedula receive offer.png --count 5 --dpop --trust-pem issuers.pem\n  \
        cedula receive --resume --wait 60\n  \
        cedula receive --renew 2"
    )]
    Receive(Receive),
    /// Ask for credentials, as a verifier
    #[command(
        after_help = "Example:\n  cedula ask --audience library.example --purpose 'Reader card' --type OpenBadgeCredential --out request.json"
    )]
    Ask(Ask),
    /// Answer a verifier's request, as the holder
    #[command(after_help = "Examples:\n  cedula present 'openid4vp://?client_id=…&request_uri=…' --trust-pem verifiers.pem\n  \
        cedula present request.png --yes --json\n  \
        cedula present --request request.json 2 --out answer.json")]
    Present(Present),
    /// Verify a credential or a presentation: status 0 accepted, 1 rejected, 2 undetermined
    #[command(after_help = "Examples:\n  cedula verify card.png --pack country.pack --publisher did:key:z6Mk… --offline\n  \
        cedula verify answer.json --nonce q2Vn3h1kV7v0b8yqk6tQ5w --audience library.example\n  \
        cedula verify diploma.json --rpc https://node.example --registry 0x… --chain-id 648540")]
    Verify(Verify),
    /// Issue, present or verify one SD-JWT of any kind: a JSON object in, a JSON object out
    #[command(
        after_help = "Examples:\n  echo '{\"op\": \"issue\", \"key\": {…}, \"claims\": {\"a\": 1}, \"sd\": [\"/a\"]}' | cedula sd-jwt\n  \
        cedula sd-jwt verify.json"
    )]
    SdJwt(SdJwt),
    /// Revoke or suspend a credential that was issued, or a whole batch, or take that back
    #[command(
        after_help = "Examples:\n  cedula status revoke --issuer university diploma.json\n  cedula status reinstate --issuer registry urn:uuid:…\n  \
        cedula status revoke --issuer university --batch graduates"
    )]
    Status(Status),
    /// Put together the signed trust pack that a verifier carries offline, or bring one up to date
    #[command(after_help = "Examples:\n  cedula pack --out country.pack --days 30\n  \
        cedula pack --out country.pack --root ministry\n  \
        cedula pack --out monday.diff --since country.pack\n  \
        cedula pack update country.pack monday.diff\n  \
        cedula pack show country.pack")]
    Pack(Pack),
    /// Write the wallet to an encrypted file
    #[command(after_help = "Example:\n  cedula backup wallet.cedula")]
    Backup(Backup),
    /// Read the wallet back from an encrypted file
    #[command(after_help = "Example:\n  cedula --home new-phone restore wallet.cedula")]
    Restore(Restore),
    /// List what was received, shown and forgotten, and when
    #[command(after_help = "Example:\n  cedula history")]
    History,
    /// Remove a credential for good
    #[command(after_help = "Example:\n  cedula forget 3")]
    Forget(Forget),
    /// Make identities and change them on the registry chain
    #[command(subcommand, after_help = "Example:\n  cedula did new university --display-name 'Universidad del Sur'")]
    Did(DidCommand),
    /// Say who may issue what, on the registry chain
    #[command(subcommand, after_help = "Example:\n  cedula accreditation give --by ministry --to university --for diploma")]
    Accreditation(AccreditationCommand),
    /// Ask about the registry chain, or set one up on any EVM network
    #[command(subcommand, after_help = "Example:\n  cedula chain status")]
    Chain(ChainCommand),
}

#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Where the pictures and the page go; it must be empty or missing [default: target/demo]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
