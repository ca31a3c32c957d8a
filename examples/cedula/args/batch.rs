//! What a batch is asked for.

use std::path::PathBuf;

use super::{MechanismName, Profile};

#[derive(Debug, clap::Args)]
pub struct Batch {
    /// CSV with one person a row, however many
    #[arg(value_name = "FILE.csv")]
    pub input: PathBuf,
    /// The issuer's name in this folder
    #[arg(long, value_name = "NAME")]
    pub issuer: String,
    #[command(flatten)]
    pub form: Form,
    /// The folder they are written to, one file each
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The batch's name [default: that of the file]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// How they are signed
    #[arg(long, default_value = "eddsa-rdfc-2022")]
    pub mechanism: MechanismName,
    /// Leave out what a printed diploma does not need, so that it fits in a small QR code
    #[arg(long, conflicts_with = "map")]
    pub reduced: bool,
    /// Make them such that they can be suspended, and not only revoked
    #[arg(long)]
    pub suspendable: bool,
}

/// What a row becomes.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct Form {
    /// A kind of credential, whose claims the columns are named after
    #[arg(long)]
    pub profile: Option<Profile>,
    /// A JSON file with a credential whose texts name columns in braces
    #[arg(long, value_name = "FILE")]
    pub map: Option<PathBuf>,
}
