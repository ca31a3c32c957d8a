//! What is asked for in one session, from the parameters of `/new` or of the page.

use serde::Deserialize;
use serde_json::{Map, Value};
use wallet_core::error::{Result, WalletError};
use wallet_core::presentation::dcql::DcqlQuery;
use wallet_core::presentation::request::{ClientIdPrefix, TransactionData};
use wallet_core::time::Timestamp;
use wallet_core::verifier::online::{Asking, Device, Mode};

use crate::identities::Identities;

/// What is asked for when nothing else is: a diploma or badge, presented by whom it is about.
pub const DEFAULT_QUERY: &str = r#"{ "credentials": [{ "id": "diploma", "format": "ldp_vc", "meta": { "type_values": [
    ["https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential"]
] } }] }"#;

/// The parameters, as they come in a query.
#[derive(Debug, Default, Deserialize)]
pub struct Question {
    /// The prefix of the client identifier; over the platform's API several, with commas between.
    scheme: Option<String>,
    mode: Option<String>,
    /// The query, as JSON.
    dcql: Option<String>,
    /// What is to be authorised: a list of JSON objects.
    transaction_data: Option<String>,
    /// `same` when wallet and browser are on one device.
    device: Option<String>,
    /// The language of the page.
    pub lang: Option<String>,
}

/// What is asked when a question leaves it open.
pub struct Defaults<'a> {
    pub scheme: &'a str,
    pub mode: &'a str,
    pub query: &'a str,
}

impl Question {
    /// Only what a page may be asked for by anybody: where the wallet is, and in which language.
    pub fn of_page(self) -> Self {
        Self { device: self.device, lang: self.lang, ..Self::default() }
    }

    /// Whether wallet and browser are on one device.
    pub fn device(&self) -> Device {
        if self.device.as_deref() == Some("same") { Device::Same } else { Device::Another }
    }

    /// The session to begin.
    pub async fn asking(&self, defaults: &Defaults<'_>, identities: &Identities, now: &Timestamp) -> Result<Asking> {
        let mode = self.mode.as_deref().unwrap_or(defaults.mode);
        let unknown = || WalletError::unsupported(format!("the mode {mode}"), "see --help");
        let mode = Mode::named(mode).ok_or_else(unknown)?;
        let mut clients = Vec::new();
        for scheme in self.scheme.as_deref().unwrap_or(defaults.scheme).split(',') {
            let unknown = || WalletError::unsupported(format!("the scheme {scheme}"), "see --help");
            clients.push(identities.client(ClientIdPrefix::named(scheme).ok_or_else(unknown)?, now).await?);
        }
        let query = DcqlQuery::read(self.dcql.as_deref().unwrap_or(defaults.query))?;
        let transaction_data = self.transaction_data.as_deref().map(transactions).transpose()?.unwrap_or_default();
        Ok(Asking { query, clients, mode, transaction_data, device: self.device() })
    }
}

fn transactions(text: &str) -> Result<Vec<TransactionData>> {
    let bad = |error: serde_json::Error| WalletError::malformed("transaction_data", error);
    let objects: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(bad)?;
    let one = |object: Map<String, Value>| {
        let kind = object.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let ids = object.get("credential_ids").and_then(Value::as_array).cloned().unwrap_or_default();
        let ids: Vec<&str> = ids.iter().filter_map(Value::as_str).collect();
        Ok(TransactionData::new(&kind, &ids, object)?)
    };
    objects.into_iter().map(one).collect()
}
