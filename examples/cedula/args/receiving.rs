//! What a holder asks of issuers.

use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Receive {
    /// The offer: its link (`openid-credential-offer://…`), a file with it or a picture of its QR code
    #[arg(required_unless_present_any = ["resume", "renew"], conflicts_with_all = ["resume", "renew"])]
    pub offer: Option<String>,
    /// The transaction code that the issuer has sent another way
    #[arg(long, value_name = "CODE", requires = "offer")]
    pub tx_code: Option<String>,
    /// Take only some of what is offered, by the name of the configuration; may be repeated
    #[arg(long = "config", value_name = "ID", requires = "offer")]
    pub configurations: Vec<String>,
    /// Ask for each credential for this many keys
    #[arg(long, value_name = "N", default_value_t = 1, requires = "offer")]
    pub count: usize,
    /// Go on with what was interrupted, or was not ready before
    #[arg(long)]
    pub resume: bool,
    /// Get a credential anew, by its number in `cedula list` or its id
    #[arg(long, value_name = "CREDENTIAL")]
    pub renew: Option<String>,
    /// Wait this many seconds at the most for what is not ready
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub wait: u64,
    /// Take only access tokens that are bound to a key (DPoP)
    #[arg(long)]
    pub dpop: bool,
    /// Encrypt requests and answers wherever the issuer can
    #[arg(long)]
    pub encrypt: bool,
    /// Take up only what the High Assurance Interoperability Profile allows
    #[arg(long)]
    pub haip: bool,
    /// Keep nothing of which not everything could be checked
    #[arg(long)]
    pub checked: bool,
    /// Whose certificates for issuers count, in PEM; may be repeated
    #[arg(long, value_name = "FILE")]
    pub trust_pem: Vec<PathBuf>,
    /// Who the wallet says it is
    #[arg(long, value_name = "ID", default_value = "cedula")]
    pub client_id: String,
    /// Agree to the offer without being asked again
    #[arg(long)]
    pub yes: bool,
    /// Reach services on this machine without TLS, and walk through their pages without a browser, for tests
    #[arg(long)]
    pub test: bool,
}
