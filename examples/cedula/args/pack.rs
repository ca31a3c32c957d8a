//! What a publisher and a holder of trust packs ask for.

use std::path::PathBuf;

use clap::Subcommand;
use wallet_core::did::Did;
use wallet_core::time::Timestamp;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Pack {
    #[command(subcommand)]
    pub command: Option<PackCommand>,
    /// The file for the pack
    #[arg(long, value_name = "FILE", required = true)]
    pub out: Option<PathBuf>,
    /// Write no more than the difference from this older pack
    #[arg(long, value_name = "OLD")]
    pub since: Option<PathBuf>,
    /// How long it may be used
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub days: u16,
    /// Only these issuers of this folder; may be repeated [default: all]
    #[arg(long = "issuer", value_name = "NAME")]
    pub issuers: Vec<String>,
    /// Whose accreditations go along: a DID, or an issuer's name in this folder; may be repeated
    #[arg(long = "root", value_name = "NAME|DID")]
    pub roots: Vec<String>,
    /// A region whose accreditations go along besides those for everywhere (ISO 3166); may be repeated
    #[arg(long = "region", value_name = "CODE", requires = "roots")]
    pub regions: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub enum PackCommand {
    /// Bring a pack up to date by a difference from it
    #[command(after_help = "Example:\n  cedula pack update country.pack monday.diff")]
    Update {
        /// The pack that is held
        held: PathBuf,
        /// The difference from it
        difference: PathBuf,
        /// The file for the new pack [default: in place of the one held]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Say what is in a pack or a difference, as of when, and who signed it
    #[command(after_help = "Example:\n  cedula pack show country.pack")]
    Show {
        /// The pack or difference
        file: PathBuf,
        /// Who must have signed it [default: whoever it names, whose signature is checked]
        #[arg(long, value_name = "DID")]
        publisher: Option<Did>,
        /// The moment at which it is to be of use [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<Timestamp>,
    },
}
