//! What the service is told when it starts.

use std::path::PathBuf;

use clap::Parser;

/// Issues identity cards, diplomas and vaccination certificates to wallets by OpenID4VCI 1.0.
#[derive(Debug, Parser)]
#[command(
    name = "issuer",
    version,
    after_help = "Examples:\n  issuer --test --port 7001\n  \
        issuer --url https://issuer.example --data /var/lib/issuer --certificate chain.pem --certificate-key key.json --haip \\\n    \
        --attesters wallet-providers.pem\n\n\
        With --test, GET /offer makes an offer:\n  \
        curl 'localhost:7001/offer?flow=pre&config=diploma_ldp_vc&tx=1&ref=0'\n\n\
        flow: pre or auth    config: names of the metadata, separated by commas    tx: 1 for digits, text for letters\n\
        ref: 1 for an offer by reference    deferred: 1 for credentials that are provided later, by GET /provide?dataset=ID"
)]
pub struct Args {
    /// The port on which it listens, on this machine only: a proxy in front speaks TLS
    #[arg(long, value_name = "NUMBER", default_value_t = 7001)]
    pub port: u16,
    /// The https URL under which wallets reach it [default with --test: http://localhost:PORT]
    #[arg(long, value_name = "URL", required_unless_present = "test")]
    pub url: Option<String>,
    /// The folder for its keys and sessions
    #[arg(long, value_name = "DIR", default_value = "issuer-data")]
    pub data: PathBuf,
    /// Speak plain http to this machine, certify itself, and let anybody make an offer
    #[arg(long)]
    pub test: bool,
    /// Keep to the High Assurance Interoperability Profile 1.0
    #[arg(long)]
    pub haip: bool,
    /// What it calls itself
    #[arg(long, value_name = "TEXT", default_value = "Cédula")]
    pub name: String,
    /// Go by the did:web of its URL, in place of a did:key for each key
    #[arg(long)]
    pub did_web: bool,
    /// A wallet that may send people to sign in, by its client_id and the address they come back to; may be repeated. Attested ones may
    /// anyway, and with --test anybody
    #[arg(long = "client", value_name = "ID=URL", value_parser = client)]
    pub clients: Vec<(String, String)>,
    /// A file with whoever attests wallets and their keys: certificates in PEM, or a JWK Set; may be repeated
    #[arg(long, value_name = "FILE")]
    pub attesters: Vec<PathBuf>,
    /// A file with its certificate, and those that vouch for it
    #[arg(long, value_name = "FILE", requires = "certificate_key")]
    pub certificate: Option<PathBuf>,
    /// A file with the private key of the certificate, a JWK of P-256; it is taken into the keystore, and the file is needed no longer
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub certificate_key: Option<PathBuf>,
    /// Encrypt requests and responses always, and not only where a wallet asks for it
    #[arg(long)]
    pub encrypt: bool,
    /// A file whose first line is the passphrase of the keystore [default: CEDULA_PASSPHRASE; with --test a fixed one]
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

fn client(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(id, url)| !id.is_empty() && !url.is_empty());
    parts.map(|(id, url)| (id.to_owned(), url.to_owned())).ok_or_else(|| "write it as ID=URL".to_owned())
}
