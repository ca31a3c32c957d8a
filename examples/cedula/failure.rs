//! What can go wrong, and the exit status that says so (the numbers of BSD `sysexits.h`).

use std::path::Path;

use wallet_core::error::WalletError;
use wallet_core::language::Language;

use crate::words::{self, words};

/// A command that could not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// The command line asks for something that is not there or does not go together.
    Usage(String),
    /// A file that was named cannot be read as what it should be.
    Input { file: String, reason: String },
    /// A file cannot be written.
    Output { file: String, reason: String },
    /// The library's own failure.
    Wallet(WalletError),
}

pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub fn usage(reason: impl ToString) -> Self {
        Self::Usage(reason.to_string())
    }

    pub fn input(file: impl AsRef<Path>, reason: impl ToString) -> Self {
        Self::Input { file: file.as_ref().display().to_string(), reason: reason.to_string() }
    }

    pub fn output(file: impl AsRef<Path>, reason: impl ToString) -> Self {
        Self::Output { file: file.as_ref().display().to_string(), reason: reason.to_string() }
    }

    /// The exit status of the process.
    pub fn exit(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::Input { .. } => 65,
            Self::Output { .. } => 73,
            Self::Wallet(error) => match error {
                WalletError::Malformed { .. } | WalletError::Unsupported { .. } => 65,
                WalletError::Unreachable { .. } => 69,
                WalletError::Refused { .. } | WalletError::KeyUnavailable { .. } => 77,
                WalletError::StorageFailed { .. } => 74,
                WalletError::Misused { .. } => 70,
            },
        }
    }

    /// The name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Usage(_) => "usage",
            Self::Input { .. } => "input",
            Self::Output { .. } => "output",
            Self::Wallet(error) => words::code(error),
        }
    }

    /// The failure in a sentence.
    pub fn say(&self, language: Language) -> String {
        match self {
            Self::Usage(reason) => reason.clone(),
            Self::Input { file, reason } => {
                words!(
                    language,
                    "{file} cannot be read: {reason}",
                    "no se puede leer {file}: {reason}",
                    "não é possível ler {file}: {reason}"
                )
            }
            Self::Output { file, reason } => words!(
                language,
                "{file} cannot be written: {reason}",
                "no se puede escribir {file}: {reason}",
                "não é possível escrever {file}: {reason}",
            ),
            Self::Wallet(error) => words::failure(error, language),
        }
    }
}

impl From<WalletError> for Failure {
    fn from(error: WalletError) -> Self {
        Self::Wallet(error)
    }
}
