//! Text a person reads, with its language and direction (VC DM 2.0 §11.1).

use serde_json::Value;

/// One text in one or several languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a> {
    variants: Vec<Variant<'a>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Variant<'a> {
    text: &'a str,
    language: Option<&'a str>,
    right_to_left: bool,
}

impl<'a> Text<'a> {
    /// Reads plain text, an object of `@value`, `@language` and `@direction`, or a list of these; none when it is neither.
    pub fn of(value: &'a Value) -> Option<Self> {
        let variants: Option<Vec<_>> = super::items(Some(value)).iter().map(variant).collect();
        variants.filter(|variants| !variants.is_empty()).map(|variants| Self { variants })
    }

    /// The text in the language of `tag`, else without a language, else the first.
    pub fn in_language(&self, tag: &str) -> Option<&'a str> {
        self.choose(tag).map(|variant| variant.text)
    }

    /// Whether the text that [`Text::in_language`] gives is written from right to left.
    pub fn is_right_to_left(&self, tag: &str) -> bool {
        self.choose(tag).is_some_and(|variant| variant.right_to_left)
    }

    fn choose(&self, tag: &str) -> Option<&Variant<'a>> {
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let wanted = primary(tag);
        let find = |test: &dyn Fn(&Variant<'a>) -> bool| self.variants.iter().find(|variant| test(variant));
        find(&|variant| variant.language.is_some_and(|language| language.eq_ignore_ascii_case(tag)))
            .or_else(|| find(&|variant| variant.language.is_some_and(|language| primary(language) == wanted)))
            .or_else(|| find(&|variant| variant.language.is_none()))
            .or_else(|| self.variants.first())
    }
}

fn variant(value: &Value) -> Option<Variant<'_>> {
    if let Value::String(text) = value {
        return Some(Variant { text, language: None, right_to_left: false });
    }
    let object = value.as_object()?;
    if !object.keys().all(|name| ["@value", "@language", "@direction"].contains(&name.as_str())) {
        return None;
    }
    let text = object.get("@value")?.as_str()?;
    let language = match object.get("@language") {
        None => None,
        Some(tag) => Some(tag.as_str().filter(|tag| oxilangtag::LanguageTag::parse(*tag).is_ok())?),
    };
    let right_to_left = match object.get("@direction").map(Value::as_str) {
        None | Some(Some("ltr")) => false,
        Some(Some("rtl")) => true,
        Some(_) => return None,
    };
    Some(Variant { text, language, right_to_left })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn best_language_is_chosen() {
        let value = json!([
            { "@value": "Grau", "@language": "pt-BR" },
            { "@value": "Título", "@language": "es" },
            { "@value": "درجة", "@language": "ar", "@direction": "rtl" },
        ]);
        let text = Text::of(&value).expect("text");
        assert_eq!(text.in_language("pt"), Some("Grau"));
        assert_eq!(text.in_language("es-PE"), Some("Título"));
        assert_eq!(text.in_language("en"), Some("Grau"));
        assert!(text.is_right_to_left("ar"));
        assert!(!text.is_right_to_left("es"));
    }
}
