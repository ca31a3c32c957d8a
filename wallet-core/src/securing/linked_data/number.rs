//! Numbers as RDF literals (JSON-LD 1.1 API §8.6).

use serde_json::Number;

use super::error::LinkedDataError;

/// A JSON number in lexical form, and whether it is an integer or a double.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lexical {
    /// `xsd:integer`, in canonical form.
    Integer(String),
    /// `xsd:double`, in canonical form.
    Double(String),
}

/// Writes `number` in the form JSON-LD gives it; `as_double` when its datatype is `xsd:double`.
///
/// JSON-LD numbers are IEEE 754 doubles, as JavaScript's are: an integer no double holds is refused unless it is written with
/// the digits JavaScript would print, since two texts would otherwise share one signature.
pub(super) fn lexical(number: &Number, as_double: bool) -> Result<Lexical, LinkedDataError> {
    let value =
        number.as_f64().filter(|value| value.is_finite()).ok_or_else(|| LinkedDataError::invalid("a number out of range"))?;
    if as_double || value.fract() != 0.0 || value.abs() >= 1e21 {
        return Ok(Lexical::Double(double(value)));
    }
    // Adding zero makes -0 the integer it is.
    let exact = format!("{:.0}", value + 0.0);
    let written = number.to_string();
    let is_integer = written.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if is_integer && written != "-0" && written != exact && written != format!("{value}") {
        return Err(LinkedDataError::invalid("an integer beyond 2^53 that no double holds"));
    }
    Ok(Lexical::Integer(exact))
}

/// The canonical form of `xsd:double` as JSON-LD writes it: at most 16 digits, one before the point.
fn double(value: f64) -> String {
    let text = format!("{value:.15e}");
    let (mantissa, exponent) = text.split_once('e').expect("the exponent form has an exponent");
    let digits = mantissa.trim_end_matches('0');
    let zero = if digits.ends_with('.') { "0" } else { "" };
    format!("{digits}{zero}E{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Lexical, LinkedDataError> {
        lexical(&serde_json::from_str(text).expect("a number"), false)
    }

    #[test]
    fn integers_and_doubles_have_their_canonical_forms() {
        for (text, integer) in [
            ("0", "0"),
            ("-0", "0"),
            ("-17", "-17"),
            ("5.0", "5"),
            ("1e3", "1000"),
            ("9007199254740992", "9007199254740992"),
            ("12345678901234567000", "12345678901234567168"),
            ("123456789012345680000", "123456789012345683968"),
        ] {
            assert_eq!(of(text), Ok(Lexical::Integer(integer.into())), "{text}");
        }
        for (text, written) in [
            ("1e21", "1.0E21"),
            ("5.5", "5.5E0"),
            ("-0.1", "-1.0E-1"),
            ("1e-7", "1.0E-7"),
            ("123456789.125", "1.23456789125E8"),
            ("1.7976931348623157e308", "1.797693134862316E308"),
        ] {
            assert_eq!(of(text), Ok(Lexical::Double(written.into())), "{text}");
        }
    }

    #[test]
    fn integer_that_would_change_its_value_is_refused() {
        assert!(of("9007199254740993").is_err());
        assert!(of("12345678901234567891").is_err());
    }

    #[test]
    fn coerced_integer_is_written_as_a_double() {
        let number = serde_json::from_str("100").expect("a number");
        assert_eq!(lexical(&number, true), Ok(Lexical::Double("1.0E2".into())));
    }
}
