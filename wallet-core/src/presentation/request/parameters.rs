//! The authorization request: what is asked, by whom, and where the answer goes (OpenID4VP 1.0 §5).

use serde_json::{Map, Value, json};

use super::fault::{RequestFault, Result};
use super::{ClientId, ClientIdPrefix, ClientMetadata, ResponseMode, TransactionData, VerifierInfo};
use crate::error::WalletError;
use crate::oauth::{Endpoint, OAuthErrorCode};
use crate::presentation::dcql::{DcqlQuery, HolderBinding};

/// The longest `nonce`, `state` and `wallet_nonce` that are read, in characters.
const MAX_TOKEN: usize = 1024;
/// The most items of a list of texts that are read.
const MAX_TEXTS: usize = 64;

/// What a verifier asks for, by whichever way it came.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthorizationRequest {
    /// Who says to ask; none in a request over the platform's API that is not signed.
    pub client_id: Option<ClientId>,
    /// How, and where to, the answer goes.
    pub response_mode: ResponseMode,
    /// The one-time value that every presentation must be made for.
    pub nonce: String,
    /// What the answer must repeat.
    pub state: Option<String>,
    /// Which credentials are asked for.
    pub query: DcqlQuery,
    /// What the verifier says of itself.
    pub client_metadata: ClientMetadata,
    /// What the holder is to authorise besides.
    pub transaction_data: Vec<TransactionData>,
    /// What others attest of the verifier.
    pub verifier_info: Vec<VerifierInfo>,
    /// The wallet's own one-time value, given back (§5.10).
    pub wallet_nonce: Option<String>,
}

/// By which way a request came: not every parameter means something on every way.
pub(super) enum Way<'a> {
    /// By a link, or a request object one leads to.
    Link,
    /// By the platform's API, from this origin, and signed.
    SignedOverApi(&'a str),
    /// By the platform's API, from this origin, and not signed.
    OverApi(&'a str),
}

impl AuthorizationRequest {
    /// Whom a presentation is made for: the whole client identifier, or the origin where the platform vouches for it (§14.1.2,
    /// appendix A.4).
    ///
    /// Fails with `Misused` for a request that names no client and comes from no origin, which no verifier can have sent.
    pub fn audience(&self) -> Result<String, WalletError> {
        match (self.response_mode.origin(), &self.client_id) {
            (Some(origin), _) => Ok(format!("origin:{origin}")),
            (None, Some(client_id)) => Ok(client_id.as_str().to_owned()),
            (None, None) => Err(WalletError::misused("a request that is not the platform's names its client")),
        }
    }

    /// Reads the parameters of a request that came by `way`; unknown ones are ignored (§5).
    pub(super) fn read(parameters: &Map<String, Value>, way: &Way<'_>) -> Result<Self> {
        check_response_type(parameters)?;
        let client_id = match way {
            Way::OverApi(_) => None,
            _ => Some(ClientId::read(needed(parameters, "client_id")?)?),
        };
        let response_mode = response_mode(parameters, client_id.as_ref(), way)?;
        let client_metadata = parameters.get("client_metadata").map(ClientMetadata::read).transpose()?.unwrap_or_default();
        let request = Self {
            nonce: token(parameters, "nonce")?.ok_or_else(|| RequestFault::invalid("it has no nonce"))?,
            state: if response_mode.origin().is_some() { None } else { token(parameters, "state")? },
            query: query(parameters)?,
            transaction_data: TransactionData::read_all(parameters)?,
            verifier_info: parameters.get("verifier_info").map(VerifierInfo::read_all).transpose()?.unwrap_or_default(),
            wallet_nonce: token(parameters, "wallet_nonce")?,
            client_id,
            response_mode,
            client_metadata,
        };
        request.check_transaction_data()?;
        Ok(request)
    }

    /// The parameters, as the claims of a request object or the members of a request over the platform's API (§5, appendix A.2).
    pub fn parameters(&self) -> Map<String, Value> {
        let mut parameters = Map::new();
        let mut put = |name: &str, value: Value| drop(parameters.insert(name.to_owned(), value));
        put("response_type", "vp_token".into());
        if let Some(client_id) = &self.client_id {
            put("client_id", client_id.as_str().into());
        }
        // The default goes without saying (§5.6): wallets are about that know it by its absence only.
        if !matches!(self.response_mode, ResponseMode::Fragment { .. }) {
            put("response_mode", self.response_mode.as_str().into());
        }
        if let Some(destination) = self.response_mode.destination() {
            put(self.response_mode.destination_name(), destination.as_str().into());
        }
        if let (Some(origin), Some(_)) = (self.response_mode.origin(), &self.client_id) {
            put("expected_origins", json!([origin]));
        }
        put("nonce", self.nonce.clone().into());
        for (name, value) in [("state", &self.state), ("wallet_nonce", &self.wallet_nonce)] {
            if let Some(value) = value {
                put(name, value.clone().into());
            }
        }
        put("dcql_query", self.query.to_json());
        let metadata = self.client_metadata.to_json();
        if metadata != json!({}) {
            put("client_metadata", metadata);
        }
        if !self.transaction_data.is_empty() {
            put("transaction_data", self.transaction_data.iter().map(|data| Value::from(data.text())).collect());
        }
        if !self.verifier_info.is_empty() {
            put("verifier_info", self.verifier_info.iter().map(VerifierInfo::to_json).collect());
        }
        parameters
    }

    /// Each transaction is to be authorised with credentials that are asked for, with a proof of the holder's (§8.5, B.3.3).
    fn check_transaction_data(&self) -> Result<()> {
        let bad = |reason: &str| Err(RequestFault::with(OAuthErrorCode::InvalidTransactionData, reason));
        for id in self.transaction_data.iter().flat_map(TransactionData::credential_ids) {
            match self.query.credentials().iter().find(|credential| credential.id.as_str() == id) {
                None => return bad("its transaction_data names a credential that is not asked for"),
                Some(credential) if credential.holder_binding == HolderBinding::NotRequired => {
                    return bad("its transaction_data is for a credential that the holder need not prove to hold");
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

fn check_response_type(parameters: &Map<String, Value>) -> Result<()> {
    match needed(parameters, "response_type")? {
        "vp_token" => Ok(()),
        other => Err(RequestFault {
            code: OAuthErrorCode::UnsupportedResponseType,
            ..RequestFault::unsupported(&format!("the response type {other}"), "use vp_token")
        }),
    }
}

/// Either a query or a scope that stands for one; no scope is known here (§5.1, §5.5).
fn query(parameters: &Map<String, Value>) -> Result<DcqlQuery> {
    match (parameters.get("dcql_query"), parameters.get("scope")) {
        (Some(query), None) => Ok(DcqlQuery::from_value(query)?),
        (Some(_), Some(_)) => Err(RequestFault::invalid("it has both a dcql_query and a scope")),
        (None, Some(_)) => Err(RequestFault {
            code: OAuthErrorCode::InvalidScope,
            ..RequestFault::unsupported("a scope in the place of a query", "use dcql_query")
        }),
        (None, None) => Err(RequestFault::invalid("it has no dcql_query")),
    }
}

fn response_mode(parameters: &Map<String, Value>, client_id: Option<&ClientId>, way: &Way<'_>) -> Result<ResponseMode> {
    let mode = text(parameters, "response_mode")?.unwrap_or("fragment");
    match (mode, way) {
        ("dc_api", Way::OverApi(origin) | Way::SignedOverApi(origin)) => Ok(ResponseMode::DcApi { origin: (*origin).to_owned() }),
        ("dc_api.jwt", Way::OverApi(origin) | Way::SignedOverApi(origin)) => {
            Ok(ResponseMode::DcApiJwt { origin: (*origin).to_owned() })
        }
        ("fragment", Way::Link) => {
            let redirect_uri = destination(parameters, client_id, ("redirect_uri", "response_uri"))?;
            Ok(ResponseMode::Fragment { redirect_uri })
        }
        ("direct_post", Way::Link) => {
            let response_uri = destination(parameters, client_id, ("response_uri", "redirect_uri"))?;
            Ok(ResponseMode::DirectPost { response_uri })
        }
        ("direct_post.jwt", Way::Link) => {
            let response_uri = destination(parameters, client_id, ("response_uri", "redirect_uri"))?;
            Ok(ResponseMode::DirectPostJwt { response_uri })
        }
        (other, Way::Link) => {
            Err(RequestFault::unsupported(&format!("the response mode {other} of a link"), "use direct_post or direct_post.jwt"))
        }
        (other, _) => {
            Err(RequestFault::unsupported(&format!("the response mode {other} of the platform"), "use dc_api or dc_api.jwt"))
        }
    }
}

/// The address named `wanted`, and none named `unwanted` (§8.2); with the prefix `redirect_uri` the client is that address, and it
/// may be left out but not be another (§5.9.3).
fn destination(
    parameters: &Map<String, Value>,
    client_id: Option<&ClientId>,
    (wanted, unwanted): (&str, &str),
) -> Result<Endpoint> {
    if parameters.contains_key(unwanted) {
        return Err(RequestFault::invalid(format!("its {unwanted} does not go with its response mode")));
    }
    let named = client_id.filter(|id| id.prefix() == Some(ClientIdPrefix::RedirectUri)).map(ClientId::name);
    let address = match (text(parameters, wanted)?, named) {
        (Some(address), Some(named)) if address != named => {
            return Err(RequestFault::invalid(format!("its {wanted} is not its client_id")));
        }
        (Some(address), _) | (None, Some(address)) => address,
        (None, None) => return Err(RequestFault::invalid(format!("it has no {wanted}"))),
    };
    Ok(address.parse()?)
}

/// A parameter that is text, if it is there.
pub(super) fn text<'a>(parameters: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>> {
    match parameters.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(RequestFault::invalid(format!("its {name} is not text"))),
    }
}

/// A parameter that is text, and must be there.
pub(super) fn needed<'a>(parameters: &'a Map<String, Value>, name: &str) -> Result<&'a str> {
    text(parameters, name)?.ok_or_else(|| RequestFault::invalid(format!("it has no {name}")))
}

/// A parameter that is a list of one to 64 texts, if it is there.
pub(super) fn texts(parameters: &Map<String, Value>, name: &str) -> Result<Option<Vec<String>>> {
    let bad = || RequestFault::invalid(format!("its {name} is not a list of one to {MAX_TEXTS} texts"));
    let Some(value) = parameters.get(name) else { return Ok(None) };
    let all = value.as_array().filter(|all| (1..=MAX_TEXTS).contains(&all.len())).ok_or_else(bad)?;
    all.iter().map(|one| one.as_str().map(str::to_owned).ok_or_else(bad)).collect::<Result<_>>().map(Some)
}

/// A parameter made of the characters that need no escape in a URL, which the standard asks of one-time values (§5.2).
fn token(parameters: &Map<String, Value>, name: &str) -> Result<Option<String>> {
    let Some(text) = text(parameters, name)? else { return Ok(None) };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if text.is_empty() || text.len() > MAX_TOKEN || !text.bytes().all(allowed) {
        return Err(RequestFault::invalid(format!("its {name} is empty, too long or not safe in a URL")));
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests;
