//! What is asked about accreditations.

use clap::Subcommand;
use wallet_core::credential::profiles;
use wallet_core::error::Result;
use wallet_core::registry::accreditation::Scope;

use super::Profile;

#[derive(Debug, Subcommand)]
pub enum AccreditationCommand {
    /// Accredit an issuer, or a body that accredits further ones
    #[command(after_help = "Examples:\n  cedula accreditation give --by ministry --to agency --for diploma --levels 1\n  \
        cedula accreditation give --by agency --under ministry --to university --for diploma\n  \
        cedula accreditation give --by health-ministry --to clinic --for vaccination --region AR-B")]
    Give {
        #[command(flatten)]
        whom: Whom,
        /// Who accredited the one that gives it: an issuer's name or a DID [default: nobody, it acts as a root]
        #[arg(long, value_name = "NAME|DID")]
        under: Option<String>,
        /// How many further levels it may accredit
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        levels: u8,
        /// How long it is good for
        #[arg(long, value_name = "DAYS", default_value_t = 365)]
        days: u32,
    },
    /// Take an accreditation back; what was signed before stays good
    #[command(after_help = "Example:\n  cedula accreditation revoke --by agency --to university --for diploma")]
    Revoke {
        #[command(flatten)]
        whom: Whom,
    },
    /// Show how an issuer came to be accredited under a root
    #[command(after_help = "Example:\n  cedula accreditation show --by ministry --to university --for diploma")]
    Show {
        #[command(flatten)]
        whom: Whom,
    },
}

/// Who accredits whom, for what.
#[derive(Debug, clap::Args)]
pub struct Whom {
    /// Who accredits: an issuer's name in this folder; or, to be shown, the root: a name or a DID
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// Who is accredited: an issuer's name or a DID
    #[arg(long, value_name = "NAME|DID")]
    pub to: String,
    /// For which credentials
    #[arg(long = "for", value_name = "PROFILE", required_unless_present = "kind")]
    pub profile: Option<Profile>,
    /// For which credentials: the absolute URL of their type, or the vct of an SD-JWT VC
    #[arg(long = "type", value_name = "URL", conflicts_with = "profile")]
    pub kind: Option<String>,
    /// In which region only (ISO 3166)
    #[arg(long, value_name = "CODE")]
    pub region: Option<String>,
}

impl Whom {
    /// What it is for; of a diploma also its reduced form for print.
    pub fn scopes(&self) -> Result<Vec<Scope>> {
        let types = match (&self.kind, self.profile) {
            (Some(kind), _) => vec![kind.as_str()],
            (None, Some(profile)) => type_urls(profile),
            (None, None) => Vec::new(),
        };
        let scope = |kind| match &self.region {
            None => Ok(Scope::of(kind)),
            Some(region) => Scope::in_region(kind, region),
        };
        types.into_iter().map(scope).collect()
    }
}

fn type_urls(profile: Profile) -> Vec<&'static str> {
    let kinds: &[profiles::Profile] = match profile {
        Profile::IdentityCard => &[profiles::Profile::IdentityCard],
        Profile::Diploma => &[profiles::Profile::Diploma, profiles::Profile::ReducedDiploma],
        Profile::Vaccination => &[profiles::Profile::Vaccination],
    };
    kinds.iter().map(|kind| kind.type_url()).collect()
}
