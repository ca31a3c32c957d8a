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
    /// The verifier's request; `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub request: PathBuf,
    /// The credentials to show, by number or id
    #[arg(required = true)]
    pub credentials: Vec<String>,
    /// A status list to bring along, so that the verifier asks nobody; may be repeated
    #[arg(long = "list", value_name = "FILE")]
    pub lists: Vec<PathBuf>,
    /// The file for the answer; without it, it goes to standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
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
