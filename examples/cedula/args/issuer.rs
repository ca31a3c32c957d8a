//! What an issuer asks for.

use std::path::PathBuf;

use clap::ValueEnum;
use wallet_core::did::Did;
use wallet_core::securing::Mechanism;
use wallet_core::status::StatusPurpose;

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
pub struct Status {
    /// What to do
    pub change: StatusChange,
    /// The credential: its id, or a file with it
    #[arg(required_unless_present = "batch")]
    pub credential: Option<String>,
    /// Every credential of this batch
    #[arg(long, value_name = "NAME", conflicts_with = "credential")]
    pub batch: Option<String>,
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
