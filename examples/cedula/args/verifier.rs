//! What a verifier asks for.

use std::path::PathBuf;

use wallet_core::did::Did;
use wallet_core::time::Timestamp;

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
    /// Whose accreditations count: a DID, or an issuer's name in this folder; may be repeated
    #[arg(long = "root", value_name = "NAME|DID")]
    pub roots: Vec<String>,
    /// A region whose accreditations will do besides those for everywhere (ISO 3166); may be repeated
    #[arg(long = "region", value_name = "CODE", requires = "roots")]
    pub regions: Vec<String>,
    /// A status list that was handed over beside what is judged; may be repeated
    #[arg(long = "list", value_name = "FILE")]
    pub lists: Vec<PathBuf>,
    /// Leave open what its issuer has not anchored on the chain
    #[arg(long)]
    pub anchored: bool,
    /// Believe the date of a signature, when its key has been retired since and nothing proves it
    #[arg(long)]
    pub believe_dates: bool,
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
pub struct SdJwt {
    /// A JSON object with `op`: `issue` (`key`, `claims`, `header`, `sd`, `holder`, `decoys`), `present` (`sd_jwt`, `disclose`,
    /// `holder_key`, `nonce`, `aud`) or `verify` (`sd_jwt`, `issuer_key`, `nonce`, `aud`); `-` for standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub file: PathBuf,
}
