//! How people see an issuer, a credential and its claims, language by language (OpenID4VCI 1.0 §12.2.4, appendix B.2).

use serde::{Deserialize, Serialize};

use crate::credential::{ClaimPath, Step};
use crate::error::{Result, WalletError};

/// The most claims one configuration describes.
const MAX_CLAIMS: usize = 1000;

/// An issuer, a credential or a claim in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Display {
    /// Its name; a credential always has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The language (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<Image>,
    /// The colour behind it (CSS Color Module Level 3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background_color: Option<String>,
    /// The picture behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background_image: Option<Image>,
    /// The colour of its text (CSS Color Module Level 3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_color: Option<String>,
}

/// A picture; nothing of it is fetched here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Where it is, of any scheme: fetching it tells its owner who looks.
    pub uri: String,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_text: Option<String>,
}

/// What is said of the credentials of one configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialMetadata {
    /// How people see the credential, one entry a language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display: Vec<Display>,
    /// Its claims, in the order they are shown in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimDescription>,
}

/// What is said of one claim, or of several along one path (appendix B.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimDescription {
    /// Where it is.
    pub path: ClaimPath,
    /// Whether the issuer always puts it in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mandatory: bool,
    /// How people see it, one entry a language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display: Vec<Display>,
}

impl Display {
    /// A name in one language.
    pub fn named(name: impl Into<String>, locale: impl Into<String>) -> Self {
        Self { name: Some(name.into()), locale: Some(locale.into()), ..Self::default() }
    }

    /// The one of `all` in the language of `tag`, else of the same primary language, else the first one.
    pub fn best<'a>(all: &'a [Self], tag: &str) -> Option<&'a Self> {
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let is = |one: &&Self, same: &dyn Fn(&str) -> bool| one.locale.as_deref().is_some_and(same);
        (all.iter().find(|one| is(one, &|locale| locale.eq_ignore_ascii_case(tag))))
            .or_else(|| all.iter().find(|one| is(one, &|locale| primary(locale) == primary(tag))))
            .or_else(|| all.first())
    }

    /// The name among `all` in the language of `tag`, found as [`Display::best`] does.
    pub fn best_name<'a>(all: &'a [Self], tag: &str) -> Option<&'a str> {
        Self::best(all, tag)?.name.as_deref()
    }
}

impl CredentialMetadata {
    /// Refuses claims that are described twice or in ways that exclude each other (appendix B.3).
    pub(super) fn check(&self) -> Result<()> {
        let bad = |reason: String| WalletError::malformed("description of claims", reason);
        if self.claims.len() > MAX_CLAIMS {
            return Err(bad(format!("it has more than {MAX_CLAIMS}")));
        }
        let mut paths: Vec<&[Step]> = self.claims.iter().map(|claim| claim.path.steps()).collect();
        // In order, what begins alike stands together, and with it whatever could contradict it.
        paths.sort_by_cached_key(|path| path.iter().map(order).collect::<Vec<_>>());
        match paths.windows(2).find(|pair| contradict(pair[0], pair[1])) {
            Some(pair) => Err(bad(format!("two of them say different things of {:?}", pair[0]))),
            None => Ok(()),
        }
    }
}

/// Members before items, and every item before one of them.
fn order(step: &Step) -> (u8, usize, String) {
    match step {
        Step::Member(name) => (0, 0, name.clone()),
        Step::EveryItem => (1, 0, String::new()),
        Step::Item(index) => (2, *index, String::new()),
    }
}

/// Whether both lead to the same claim, or take one claim for a list and for an object, or for each and for one of its items.
fn contradict(one: &[Step], other: &[Step]) -> bool {
    match one.iter().zip(other).find(|(a, b)| a != b) {
        None => one.len() == other.len(),
        Some((Step::Member(_), Step::Member(_)) | (Step::Item(_), Step::Item(_))) => false,
        Some(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn best_language_is_the_same_tag_then_the_same_language_then_the_first() {
        let all = [Display::named("Diploma", "en"), Display::named("Diploma (AR)", "es-AR"), Display::named("Título", "es-PE")];
        for (tag, name) in [("es-PE", "Título"), ("es", "Diploma (AR)"), ("EN-us", "Diploma"), ("fr", "Diploma")] {
            assert_eq!(Display::best_name(&all, tag), Some(name), "{tag}");
        }
        assert_eq!(Display::best_name(&[], "es"), None);
        let nameless = [Display::default(), Display::named("a", "es")];
        assert_eq!(Display::best_name(&nameless, "es"), Some("a"));
    }

    fn checked(paths: &[Value]) -> Result<()> {
        let claims = paths.iter().map(|path| json!({ "path": path })).collect::<Vec<_>>();
        serde_json::from_value::<CredentialMetadata>(json!({ "claims": claims })).expect("metadata").check()
    }

    #[test]
    fn claims_that_exclude_each_other_are_refused() {
        for bad in [
            [json!(["a"]), json!(["a"])],
            [json!(["a", null]), json!(["a", 1])],
            [json!(["a", null, "x"]), json!(["a", 0, "y"])],
            [json!(["a", 0]), json!(["a", "b"])],
            [json!(["a", "b", "c"]), json!(["a", null])],
        ] {
            assert!(checked(&bad).is_err(), "{bad:?}");
            assert!(checked(&[bad[0].clone(), json!(["a0", "z"]), bad[1].clone()]).is_err(), "{bad:?}");
        }
        let good = [json!(["a"]), json!(["a", "b"]), json!(["a", "c", 0]), json!(["a", "c", 1]), json!(["b", null])];
        assert_eq!(checked(&good), Ok(()));
    }

    proptest! {
        #[test]
        fn neighbours_find_what_any_pair_finds(paths in proptest::collection::vec("[ab0-1*]{1,3}", 1..6)) {
            let step = |c: char| match c {
                '*' => Value::Null,
                '0' | '1' => json!(c.to_digit(10)),
                name => json!(name.to_string()),
            };
            let paths: Vec<Value> = paths.iter().map(|path| path.chars().map(step).collect()).collect();
            let read: Vec<ClaimPath> = paths.iter().map(|path| ClaimPath::from_value(path).expect("a path")).collect();
            let pairs = (0..read.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
            let any = pairs.into_iter().any(|(a, b)| contradict(read[a].steps(), read[b].steps()));
            prop_assert_eq!(checked(&paths).is_err(), any);
        }
    }
}
