//! What is asked about identities and the chain they stand on.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use wallet_core::did::VerificationRelationship;
use wallet_core::registry::Address;

#[derive(Debug, Subcommand)]
pub enum DidCommand {
    /// Make an issuer: its keys, and its identity on the registry chain
    #[command(after_help = "Example:\n  cedula did new university --display-name 'Universidad del Sur'")]
    New {
        /// A short name for the issuer in this folder
        name: String,
        /// The name people know it by
        #[arg(long, value_name = "TEXT")]
        display_name: Option<String>,
        /// The web address that its status lists are published under
        #[arg(long, value_name = "URL")]
        status_base: Option<String>,
        /// The key that owns the identity, from an Ethereum keystore file of version 3 [default: a new one]
        #[arg(long, value_name = "FILE")]
        owner_keystore: Option<PathBuf>,
    },
    /// Resolve a DID, an issuer of this folder by its name, or the wallet's own holder
    #[command(after_help = "Examples:\n  cedula did show university\n  cedula did show did:web:example.org")]
    Show {
        /// A DID, an issuer's name, or nothing for the wallet's own
        did: Option<String>,
    },
    /// Publish a new signing key, and sign with it from now on
    #[command(after_help = "Example:\n  cedula did add-key university --days 730")]
    AddKey {
        /// The issuer's name
        name: String,
        /// What the key is for
        #[arg(long = "for", default_value = "assertion")]
        purpose: KeyPurpose,
        /// How long it is valid
        #[arg(long, value_name = "DAYS", default_value_t = 3650)]
        days: u32,
    },
    /// Revoke a signing key
    #[command(after_help = "Example:\n  cedula did revoke-key university z6Mk…")]
    RevokeKey {
        /// The issuer's name
        name: String,
        /// The key, as its Multikey text [default: the one it signs with]
        key: Option<String>,
    },
    /// Report a signing key stolen, and revoke it: what it signed counts only where it was anchored before
    #[command(after_help = "Example:\n  cedula did report-stolen university --yes")]
    ReportStolen {
        /// The issuer's name
        name: String,
        /// The key, as its Multikey text [default: the one it signs with]
        key: Option<String>,
        /// It cannot be undone
        #[arg(long, required = true)]
        yes: bool,
    },
    /// Hand the identity over to a new owner key
    #[command(after_help = "Example:\n  cedula did rotate university")]
    Rotate {
        /// The issuer's name
        name: String,
    },
    /// Give the identity up for good
    #[command(after_help = "Example:\n  cedula did deactivate university --yes")]
    Deactivate {
        /// The issuer's name
        name: String,
        /// It cannot be undone
        #[arg(long, required = true)]
        yes: bool,
    },
    /// Publish a service of the issuer
    #[command(after_help = "Example:\n  cedula did service university LinkedDomains https://university.example")]
    Service {
        /// The issuer's name
        name: String,
        /// The type of the service
        kind: String,
        /// Its address
        url: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeyPurpose {
    Assertion,
    Authentication,
}

impl From<KeyPurpose> for VerificationRelationship {
    fn from(purpose: KeyPurpose) -> Self {
        match purpose {
            KeyPurpose::Assertion => Self::AssertionMethod,
            KeyPurpose::Authentication => Self::Authentication,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum ChainCommand {
    /// The chain, its newest block and the contracts on it
    #[command(after_help = "Examples:\n  cedula chain status --json\n  cedula chain status --network lacchain.json")]
    Status,
    /// What the writes to the folder's own chain cost
    #[command(after_help = "Example:\n  cedula chain gas")]
    Gas,
    /// Show the account that sends to the chain of a network file, made when there is none
    #[command(after_help = "Examples:\n  cedula chain account\n  cedula chain account --import UTC--2026-03-01--a94f5374.json")]
    Account {
        /// An Ethereum keystore file of version 3, whose key is to send from now on
        #[arg(long, value_name = "FILE")]
        import: Option<PathBuf>,
    },
    /// Create the two contracts on a chain, and write the network file
    #[command(after_help = "Examples:\n  cedula chain deploy --rpc https://besu.example --out consortium.json\n  \
        cedula chain deploy --rpc http://writer.example --chain-id 648540 --relay-node 0x… --out lacchain.json")]
    Deploy(Place),
    /// Write the network file of contracts that are on a chain already
    #[command(after_help = "Example:\n  cedula chain init --rpc https://a.example --rpc https://b.example --registry 0x… \
        --credential-registry 0x… --trust nodes --out network.json")]
    Init {
        #[command(flatten)]
        place: Place,
        /// The address of DidRegistry, or of a stock ERC-1056 registry
        #[arg(long, value_name = "ADDRESS")]
        registry: Address,
        /// The address of CredentialRegistry
        #[arg(long, value_name = "ADDRESS")]
        credential_registry: Option<Address>,
    },
}

/// A chain, and how it is used.
#[derive(Debug, clap::Args)]
pub struct Place {
    /// A node of the chain; may be repeated, and the others are compared with the first
    #[arg(long, value_name = "URL", required = true)]
    pub rpc: Vec<String>,
    /// The chain's number, which the node must have [default: the node's]
    #[arg(long, value_name = "NUMBER")]
    pub chain_id: Option<u64>,
    /// The name that DIDs may have in place of the number
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Why a block is trusted [default: its validators where they seal it, else several nodes where there are several, else nothing]
    #[arg(long)]
    pub trust: Option<TrustBasis>,
    /// How old the newest block may be, on a chain that makes blocks all the time
    #[arg(long, value_name = "SECONDS")]
    pub max_age: Option<u64>,
    /// The address of the node that relays, on a network with a relay hub (LACChain)
    #[arg(long, value_name = "ADDRESS")]
    pub relay_node: Option<Address>,
    /// How many blocks must follow one before a write in it counts
    #[arg(long, value_name = "BLOCKS", default_value_t = 0)]
    pub confirmations: u64,
    /// The network file
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TrustBasis {
    /// Those who sealed the newest block now, and whom they let in (QBFT, IBFT 2.0)
    Validators,
    /// The newest block as it is now, and nothing after it
    Checkpoint,
    /// Most of the nodes
    Nodes,
    /// The first node's word
    None,
}
