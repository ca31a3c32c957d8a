//! Parameters as queries and forms carry them (`application/x-www-form-urlencoded`).

use std::fmt;

use serde_json::{Map, Value};
use url::form_urlencoded;

use super::OAuthError;
use crate::error::{Result, WalletError};
use crate::json;

/// The media type of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// The most parameters that are read.
const MAX_PARAMETERS: usize = 64;
/// The longest form that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// Parameters, none of them twice (RFC 6749 §3.1); they may be secrets, so they do not print.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// One without parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a query or a form; refuses a parameter that comes twice.
    ///
    /// A parameter without a value is left out, as RFC 6749 §3.1 has it.
    pub fn read(text: &str) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("request", reason);
        if text.len() > MAX_BYTES {
            return Err(bad("it is longer than a mebibyte"));
        }
        let mut found = Self::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()).filter(|(_, value)| !value.is_empty()) {
            if found.text(&name).is_some() {
                return Err(bad("a parameter comes twice"));
            }
            if found.0.len() == MAX_PARAMETERS {
                return Err(bad("it has more than 64 parameters"));
            }
            found.0.push((name.into_owned(), value.into_owned()));
        }
        Ok(found)
    }

    /// The same with one more parameter.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// The same with one more parameter, if there is one.
    pub fn with_some(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// A parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that must be there; the error is the one a client gets.
    pub fn needed(&self, name: &str) -> Result<&str, OAuthError> {
        self.text(name).ok_or_else(|| OAuthError::invalid_request(format!("{name} is missing")))
    }

    /// A parameter that holds JSON, such as `authorization_details`.
    pub fn json(&self, name: &str) -> Result<Option<Value>> {
        self.text(name).map(|text| json::read(name, text)).transpose()
    }

    /// All parameters in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The text of the query or form.
    pub fn to_text(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(self.iter()).finish()
    }

    /// The parameters as members of a JSON object, as a request object carries them (RFC 9101 §4).
    pub fn to_json(&self) -> Map<String, Value> {
        self.iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parameters_are_read_once_and_empty_ones_are_none() {
        let form = Form::read("a=1&b=%C3%B1+x&c=&d").expect("a form");
        assert_eq!((form.text("a"), form.text("b"), form.text("c"), form.text("d")), (Some("1"), Some("ñ x"), None, None));
        assert!(Form::read("a=1&a=2").is_err());
        assert!(Form::read(&(0..65).map(|at| format!("p{at}=1&")).collect::<String>()).is_err());
        assert_eq!(form.needed("z").expect_err("it is missing").code.as_str(), "invalid_request");
    }

    #[test]
    fn values_do_not_print() {
        assert_eq!(format!("{:?}", Form::new().with("code", "secret")), r#"["code"]"#);
    }

    proptest! {
        #[test]
        fn any_text_is_a_form_or_refused(text in "\\PC{0,100}") {
            if let Ok(form) = Form::read(&text) {
                prop_assert_eq!(Form::read(&form.to_text()).expect("its own text"), form);
            }
        }
    }
}
