//! What the service is told when it starts.

use std::path::PathBuf;

use clap::Parser;
use wallet_core::did::Did;

/// Asks wallets for credentials by OpenID4VP 1.0, and shows what they answer.
#[derive(Debug, Parser)]
#[command(
    name = "verifier",
    version,
    after_help = "Examples:\n  verifier --test --port 7002\n  \
        verifier --url https://verifier.example --data /var/lib/verifier --certificate chain.pem --certificate-key key.json --haip\n\n\
        With --test, GET /new?scheme=SCHEME&mode=MODE&dcql=QUERY begins a session and GET /result/ID says what came of it:\n  \
        curl 'localhost:7002/new?scheme=x509_san_dns&mode=direct_post.jwt'\n\n\
        SCHEME: redirect_uri, decentralized_identifier, x509_san_dns, x509_hash, verifier_attestation\n\
        MODE: direct_post, direct_post.jwt, fragment, dc_api, dc_api.jwt"
)]
pub struct Args {
    /// The port on which it listens, on this machine only: a proxy in front speaks TLS
    #[arg(long, value_name = "NUMBER", default_value_t = 7002)]
    pub port: u16,
    /// The https URL under which wallets reach it [default with --test: http://localhost:PORT]
    #[arg(long, value_name = "URL", required_unless_present = "test")]
    pub url: Option<String>,
    /// The folder for its keys and sessions
    #[arg(long, value_name = "DIR", default_value = "verifier-data")]
    pub data: PathBuf,
    /// Speak plain http to this machine, certify itself, and let anybody begin a session
    #[arg(long)]
    pub test: bool,
    /// Keep to the High Assurance Interoperability Profile 1.0
    #[arg(long)]
    pub haip: bool,
    /// What it calls itself
    #[arg(long, value_name = "TEXT", default_value = "Cédula")]
    pub name: String,
    /// A file with what the page asks for, a DCQL query
    #[arg(long, value_name = "FILE")]
    pub dcql: Option<PathBuf>,
    /// A file with the certificates of authorities whose issuers are believed; may be repeated
    #[arg(long, value_name = "FILE")]
    pub trust_pem: Vec<PathBuf>,
    /// An issuer who is believed, by its DID; may be repeated [default: any, and the page says that nobody vouches for it]
    #[arg(long = "did", value_name = "DID")]
    pub dids: Vec<Did>,
    /// A file with its certificate, and those that vouch for it
    #[arg(long, value_name = "FILE", requires = "certificate_key")]
    pub certificate: Option<PathBuf>,
    /// A file with the private key of the certificate, a JWK; it is taken into the keystore, and the file is needed no longer
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub certificate_key: Option<PathBuf>,
    /// A file whose first line is the passphrase of the keystore [default: CEDULA_PASSPHRASE; with --test a fixed one]
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}
