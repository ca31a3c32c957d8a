//! The types of a W3C credential as a query names them (OpenID4VP 1.0 App. B.1.1).

use serde_json::{Map, Value, json};

use crate::credential::Credential;
use crate::securing::linked_data::{Contexts, type_iris};

/// The most types of one credential that are looked at.
const MAX_TYPES: usize = 64;

/// The types of a credential, each expanded by its contexts to a full IRI; one that none of them defines stays as it is.
///
/// A context that is not at hand defines nothing: nothing is fetched because a verifier asks.
pub(super) fn expanded(credential: &Credential, contexts: &Contexts) -> Vec<String> {
    let own: Vec<&Value> = own_contexts(credential).iter().filter(|context| missing(context, contexts).is_none()).collect();
    credential.types().into_iter().take(MAX_TYPES).map(|kind| expand(kind, &own, contexts)).collect()
}

/// The first context of a credential that is not at hand: nobody here can say what its types are called in full.
pub(super) fn missing_context<'a>(credential: &'a Credential, contexts: &Contexts) -> Option<&'a str> {
    own_contexts(credential).iter().find_map(|context| missing(context, contexts))
}

fn own_contexts(credential: &Credential) -> &[Value] {
    match credential.json().get("@context") {
        Some(Value::Array(all)) => all.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

fn missing<'a>(context: &'a Value, contexts: &Contexts) -> Option<&'a str> {
    context.as_str().filter(|url| contexts.document(url).is_none())
}

fn expand(kind: &str, own: &[&Value], contexts: &Contexts) -> String {
    let alone = Map::from_iter([("@context".to_owned(), json!(own)), ("type".to_owned(), json!([kind]))]);
    let iris = type_iris(&alone, &[], contexts).unwrap_or_default();
    iris.into_iter().next().unwrap_or_else(|| kind.to_owned())
}
