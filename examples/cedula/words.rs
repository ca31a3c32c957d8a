//! The three languages: which one to speak, and what the failures are called in it.

use std::env;

use wallet_core::error::WalletError;
use wallet_core::language::Language;

/// One text in English, Spanish and Portuguese, in that order, with names in braces filled in as by `format!`.
macro_rules! words {
    ($language:expr, $en:literal, $es:literal, $pt:literal $(,)?) => {
        match $language {
            wallet_core::language::Language::En => format!($en),
            wallet_core::language::Language::Es => format!($es),
            wallet_core::language::Language::Pt => format!($pt),
        }
    };
}
pub(crate) use words;

/// The language of the environment (POSIX: `LC_ALL` before `LC_MESSAGES` before `LANG`); English when it is none of ours.
pub fn of_environment() -> Language {
    let set =
        ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()));
    set.and_then(|locale| locale.parse().ok()).unwrap_or(Language::En)
}

/// What failed and what to do next, in a sentence; `what` and `reason` are the library's own words.
pub fn failure(error: &WalletError, language: Language) -> String {
    match error {
        WalletError::Malformed { what, reason } => words!(
            language,
            "This {what} cannot be read: {reason}. Scan it or ask for it again.",
            "No se puede leer ({what}): {reason}. Vuelva a escanear o a pedirlo.",
            "Não é possível ler ({what}): {reason}. Escaneie ou peça de novo.",
        ),
        WalletError::Unsupported { what, reason } => words!(
            language,
            "{what}: not supported ({reason}).",
            "{what}: esta versión no lo admite ({reason}).",
            "{what}: esta versão não o aceita ({reason}).",
        ),
        WalletError::Refused { who, reason } => {
            words!(language, "{who} refused: {reason}.", "Rechazado ({who}): {reason}.", "Recusado ({who}): {reason}.")
        }
        WalletError::Unreachable { what, reason } => words!(
            language,
            "{what} could not be reached: {reason}. Try again later.",
            "No se pudo llegar a {what}: {reason}. Intente más tarde.",
            "Não foi possível alcançar {what}: {reason}. Tente mais tarde.",
        ),
        WalletError::KeyUnavailable { key, reason } => words!(
            language,
            "The key {key} is not available: {reason}.",
            "La clave {key} no está disponible: {reason}.",
            "A chave {key} não está disponível: {reason}.",
        ),
        WalletError::StorageFailed { reason } => words!(
            language,
            "The storage failed: {reason}.",
            "Falló el almacenamiento: {reason}.",
            "O armazenamento falhou: {reason}.",
        ),
        WalletError::Misused { reason } => {
            words!(language, "That cannot be done: {reason}.", "No se puede hacer: {reason}.", "Não é possível: {reason}.")
        }
    }
}

/// The failure's name for programs.
pub fn code(error: &WalletError) -> &'static str {
    match error {
        WalletError::Malformed { .. } => "malformed",
        WalletError::Unsupported { .. } => "unsupported",
        WalletError::Refused { .. } => "refused",
        WalletError::Unreachable { .. } => "unreachable",
        WalletError::KeyUnavailable { .. } => "keyUnavailable",
        WalletError::StorageFailed { .. } => "storageFailed",
        WalletError::Misused { .. } => "misused",
    }
}
