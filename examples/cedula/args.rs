//! The command line: what may be asked, with an example for each.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use wallet_core::did::{Did, VerificationRelationship};
use wallet_core::key::KeyAlgorithm;
use wallet_core::language::Language;
use wallet_core::securing::Mechanism;
use wallet_core::status::StatusPurpose;
use wallet_core::time::Timestamp;

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
    /// List the credentials in the wallet
    #[command(after_help = "Example:\n  cedula list --json")]
    List,
    /// Show a credential as a QR code
    #[command(after_help = "Example:\n  cedula show 1 --png card.png --svg card.svg")]
    Show(Show),
    /// Read a credential from a QR code, verify it and keep it
    #[command(after_help = "Examples:\n  cedula scan card.png\n  cedula scan - < credential.json")]
    Scan(Scan),
    /// Ask for credentials, as a verifier
    #[command(
        after_help = "Example:\n  cedula ask --audience library.example --purpose 'Reader card' --type OpenBadgeCredential --out request.json"
    )]
    Ask(Ask),
    /// Answer a verifier's request, as the holder
    #[command(after_help = "Example:\n  cedula present --request request.json 2 --out answer.json")]
    Present(Present),
    /// Verify a credential or a presentation: status 0 accepted, 1 rejected, 2 undetermined
    #[command(after_help = "Examples:\n  cedula verify card.png --pack country.pack --publisher did:key:z6Mk… --offline\n  \
        cedula verify answer.json --nonce q2Vn3h1kV7v0b8yqk6tQ5w --audience library.example\n  \
        cedula verify diploma.json --rpc https://node.example --registry 0x… --chain-id 648540")]
    Verify(Verify),
    /// Revoke or suspend a credential that was issued, or take that back
    #[command(
        after_help = "Examples:\n  cedula status revoke --issuer university diploma.json\n  cedula status reinstate --issuer registry urn:uuid:…"
    )]
    Status(Status),
    /// Put together the signed trust pack that a verifier carries offline
    #[command(after_help = "Example:\n  cedula pack --out country.pack --days 30")]
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
    /// Ask about the registry chain
    #[command(subcommand, after_help = "Example:\n  cedula chain status")]
    Chain(ChainCommand),
}

#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Where the pictures and the page go; it must be empty or missing [default: target/demo]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Issue {
    /// The issuer's name in this folder
    #[arg(long, value_name = "NAME")]
    pub issuer: String,
    /// What kind of credential
    #[arg(long)]
    pub profile: Profile,
    /// JSON with one person or a list of them, or CSV with one person a row; `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub input: PathBuf,
    /// Whom the credentials are about, when the input does not say
    #[arg(long, value_name = "DID")]
    pub to: Option<Did>,
    /// How they are signed
    #[arg(long, default_value = "eddsa-rdfc-2022")]
    pub mechanism: MechanismName,
    /// Leave out what a printed diploma does not need, so that it fits in a small QR code
    #[arg(long)]
    pub reduced: bool,
    /// Make them such that they can be suspended, and not only revoked
    #[arg(long)]
    pub suspendable: bool,
    /// Keep them in this folder's own wallet, as credentials about its own holder
    #[arg(long, conflicts_with = "to")]
    pub keep: bool,
    /// The folder they are written to, one file each; without it a single one goes to standard output
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    IdentityCard,
    Diploma,
    Vaccination,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MechanismName {
    #[value(name = "eddsa-rdfc-2022")]
    EddsaRdfc2022,
    #[value(name = "eddsa-jcs-2022")]
    EddsaJcs2022,
    Jwt,
}

impl From<MechanismName> for Mechanism {
    fn from(name: MechanismName) -> Self {
        match name {
            MechanismName::EddsaRdfc2022 => Self::EddsaRdfc2022,
            MechanismName::EddsaJcs2022 => Self::EddsaJcs2022,
            MechanismName::Jwt => Self::Jwt,
        }
    }
}

#[derive(Debug, clap::Args)]
pub struct Show {
    /// The credential, by its number in `cedula list` or its id
    pub credential: String,
    /// Write the picture as SVG
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Write the picture as PNG
    #[arg(long, value_name = "FILE")]
    pub png: Option<PathBuf>,
    /// Where it will be looked at, which says how large it may be
    #[arg(long, default_value = "screen")]
    pub on: Surface,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Surface {
    Print,
    Screen,
}

#[derive(Debug, clap::Args)]
pub struct Scan {
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub trust: Trust,
    /// Keep it also when it could not be fully checked; a rejected one is never kept
    #[arg(long)]
    pub unchecked: bool,
}

/// What is read.
#[derive(Debug, clap::Args)]
pub struct Input {
    /// JSON, a JWT, the text of a QR code, or a picture of one; `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// What the verifier believes, and where it looks things up.
#[derive(Debug, clap::Args)]
pub struct Trust {
    /// The signed trust pack to judge from
    #[arg(long, value_name = "FILE", requires = "publisher")]
    pub pack: Option<PathBuf>,
    /// Who must have signed the pack
    #[arg(long, value_name = "DID", requires = "pack")]
    pub publisher: Option<Did>,
    /// A node of the registry chain, instead of the folder's own
    #[arg(long, value_name = "URL", requires = "registry", requires = "chain_id")]
    pub rpc: Option<String>,
    /// The address of the DidRegistry contract on it
    #[arg(long, value_name = "ADDRESS", requires = "rpc")]
    pub registry: Option<String>,
    /// The chain's number
    #[arg(long, value_name = "NUMBER", requires = "rpc")]
    pub chain_id: Option<u64>,
    /// Use neither the network nor the chain
    #[arg(long, conflicts_with = "rpc")]
    pub offline: bool,
    /// The moment to judge at [default: now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<Timestamp>,
}

#[derive(Debug, clap::Args)]
pub struct Ask {
    /// The verifier's own name
    #[arg(long, value_name = "NAME")]
    pub audience: String,
    /// Why it asks, in a person's words
    #[arg(long, value_name = "TEXT")]
    pub purpose: String,
    /// A type of credential; may be repeated
    #[arg(long = "type", value_name = "TYPE", required = true)]
    pub types: Vec<String>,
    /// The file for the request; without it, it goes to standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Present {
    /// The verifier's request; `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub request: PathBuf,
    /// The credentials to show, by number or id
    #[arg(required = true)]
    pub credentials: Vec<String>,
    /// The file for the answer; without it, it goes to standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Verify {
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub trust: Trust,
    /// The request of `cedula ask` that this answers, once
    #[arg(long, value_name = "FILE", conflicts_with_all = ["nonce", "audience"])]
    pub request: Option<PathBuf>,
    /// The nonce that was asked with
    #[arg(long, value_name = "TEXT", requires = "audience")]
    pub nonce: Option<String>,
    /// The verifier's own name, that was asked with
    #[arg(long, value_name = "NAME", requires = "nonce")]
    pub audience: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct Status {
    /// What to do
    pub change: StatusChange,
    /// The credential: its id, or a file with it
    pub credential: String,
    /// The issuer's name in this folder
    #[arg(long, value_name = "NAME")]
    pub issuer: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusChange {
    /// Take it back for good
    Revoke,
    /// Take it back for now
    Suspend,
    /// End a suspension
    Reinstate,
}

impl StatusChange {
    /// The list it is about, and what the list is to say.
    pub fn entry(self) -> (StatusPurpose, bool) {
        match self {
            Self::Revoke => (StatusPurpose::Revocation, true),
            Self::Suspend => (StatusPurpose::Suspension, true),
            Self::Reinstate => (StatusPurpose::Suspension, false),
        }
    }
}

#[derive(Debug, clap::Args)]
pub struct Pack {
    /// The file for the pack
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// How long it may be used
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub days: u16,
    /// Only these issuers of this folder; may be repeated [default: all]
    #[arg(long = "issuer", value_name = "NAME")]
    pub issuers: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub struct Backup {
    /// The file to write; its passphrase is asked for as the wallet's is
    pub file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct Restore {
    /// The file to read
    pub file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct Forget {
    /// The credential, by number or id
    pub credential: String,
    /// Forget also that it was ever here
    #[arg(long)]
    pub trace: bool,
}

#[derive(Debug, Subcommand)]
pub enum DidCommand {
    /// Make an issuer: its keys, and its identity on the registry chain
    #[command(after_help = "Example:\n  cedula did new university --display-name 'Universidad del Sur'")]
    New {
        /// A short name for the issuer in this folder
        name: String,
        /// The name people know it by
        #[arg(long, value_name = "TEXT")]
        display_name: Option<String>,
        /// The web address that its status lists are published under
        #[arg(long, value_name = "URL")]
        status_base: Option<String>,
    },
    /// Resolve a DID, an issuer of this folder by its name, or the wallet's own holder
    #[command(after_help = "Examples:\n  cedula did show university\n  cedula did show did:web:example.org")]
    Show {
        /// A DID, an issuer's name, or nothing for the wallet's own
        did: Option<String>,
    },
    /// Publish a new signing key, and sign with it from now on
    #[command(after_help = "Example:\n  cedula did add-key university --days 730")]
    AddKey {
        /// The issuer's name
        name: String,
        /// What the key is for
        #[arg(long = "for", default_value = "assertion")]
        purpose: KeyPurpose,
        /// How long it is valid
        #[arg(long, value_name = "DAYS", default_value_t = 3650)]
        days: u32,
    },
    /// Revoke a signing key
    #[command(after_help = "Example:\n  cedula did revoke-key university z6Mk…")]
    RevokeKey {
        /// The issuer's name
        name: String,
        /// The key, as its Multikey text [default: the one it signs with]
        key: Option<String>,
    },
    /// Hand the identity over to a new owner key
    #[command(after_help = "Example:\n  cedula did rotate university")]
    Rotate {
        /// The issuer's name
        name: String,
    },
    /// Give the identity up for good
    #[command(after_help = "Example:\n  cedula did deactivate university --yes")]
    Deactivate {
        /// The issuer's name
        name: String,
        /// It cannot be undone
        #[arg(long, required = true)]
        yes: bool,
    },
    /// Publish a service of the issuer
    #[command(after_help = "Example:\n  cedula did service university LinkedDomains https://university.example")]
    Service {
        /// The issuer's name
        name: String,
        /// The type of the service
        kind: String,
        /// Its address
        url: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeyPurpose {
    Assertion,
    Authentication,
}

impl From<KeyPurpose> for VerificationRelationship {
    fn from(purpose: KeyPurpose) -> Self {
        match purpose {
            KeyPurpose::Assertion => Self::AssertionMethod,
            KeyPurpose::Authentication => Self::Authentication,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum ChainCommand {
    /// The chain, its newest block and the contracts on it
    #[command(after_help = "Example:\n  cedula chain status --json")]
    Status,
    /// What the writes to the registry cost
    #[command(after_help = "Example:\n  cedula chain gas")]
    Gas,
}

/// The kind of key a holder gets: the one every phone's hardware has, or Ed25519.
pub const HOLDER_KEY: KeyAlgorithm = KeyAlgorithm::Ed25519;
