//! What a holder asks for.

use std::path::PathBuf;

use clap::ValueEnum;
use wallet_core::key::KeyAlgorithm;

use super::{Input, Trust};

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

#[derive(Debug, clap::Args)]
pub struct Present {
    /// The request of a verifier (`openid4vp://…`), a file with it or a picture of its QR code; or, with --request, the credentials to
    /// show, by number or id
    #[arg(required = true, value_name = "REQUEST|CREDENTIAL")]
    pub what: Vec<String>,
    /// A request of `cedula ask`; `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["trust_pem", "trust_attester", "roots", "transaction_type", "yes", "test", "haip", "select", "origin"])]
    pub request: Option<PathBuf>,
    /// A status list to bring along, so that the verifier asks nobody; may be repeated
    #[arg(long = "list", value_name = "FILE", requires = "request")]
    pub lists: Vec<PathBuf>,
    /// The file for the answer; without it, it goes to standard output
    #[arg(long, value_name = "FILE", requires = "request")]
    pub out: Option<PathBuf>,
    /// Whose certificates for verifiers count, in PEM; may be repeated
    #[arg(long, value_name = "FILE")]
    pub trust_pem: Vec<PathBuf>,
    /// Whose attestations of verifiers count: a JSON file with `iss` and `jwks`; may be repeated
    #[arg(long, value_name = "FILE")]
    pub trust_attester: Vec<PathBuf>,
    /// Whose accreditations of verifiers count: a DID, or an issuer's name in this folder; may be repeated
    #[arg(long = "root", value_name = "NAME|DID")]
    pub roots: Vec<String>,
    /// A type of transaction that you may be asked to authorise; what it says is shown. May be repeated
    #[arg(long, value_name = "TYPE")]
    pub transaction_type: Vec<String>,
    /// Agree to share what is asked for, without being asked again
    #[arg(long)]
    pub yes: bool,
    /// Share this credential, by its record, for this part of the request, and nothing that is not named so; may be repeated
    #[arg(long, value_name = "QUERY=RECORD", value_parser = pair)]
    pub select: Vec<(String, String)>,
    /// Take up only what the High Assurance Interoperability Profile allows
    #[arg(long)]
    pub haip: bool,
    /// The origin of the page whose request of the Digital Credentials API this is
    #[arg(long, value_name = "URL")]
    pub origin: Option<String>,
    /// Reach services on this machine without TLS, for tests
    #[arg(long)]
    pub test: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (query, record) = text.split_once('=').ok_or("it is QUERY=RECORD")?;
    Ok((query.to_owned(), record.to_owned()))
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

/// The kind of key a holder gets: the one every phone's hardware has, or Ed25519.
pub const HOLDER_KEY: KeyAlgorithm = KeyAlgorithm::Ed25519;
