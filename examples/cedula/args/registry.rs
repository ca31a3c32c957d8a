//! What is asked about identities and the chain they stand on.

use clap::{Subcommand, ValueEnum};
use wallet_core::did::VerificationRelationship;

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
    #[command(after_help = "Example:\n  cedula chain status --json")]
    Status,
    /// What the writes to the registry cost
    #[command(after_help = "Example:\n  cedula chain gas")]
    Gas,
}
