//! From an institution's own file to credentials: JSON with one person or many, or CSV with one person a row.
//!
//! Members and columns have the names of the profile's builder; in CSV a dot leads inside, as in `vaccine.atcCode`. Four more say
//! what no profile does: `id`, `subject`, `validFrom`, `validUntil`.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wallet_core::credential::CredentialTerms;
use wallet_core::credential::profiles::{Diploma, IdentityCard, ReducedDiploma, Vaccination};

use crate::args::Profile;
use crate::failure::{Failure, Result};

/// The members whose values are numbers: CSV knows only text.
const NUMBERS: [&str; 2] = ["dose", "totalDoses"];
/// The most rows that are read from one file.
const MAX_ROWS: usize = 100_000;

/// One person's row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(Map<String, Value>);

/// Reads the rows of `text`: JSON when it begins like it, else CSV.
pub fn read(file: &Path, text: &str) -> Result<Vec<Row>> {
    let rows = match text.trim_start().starts_with(['{', '[']) {
        true => read_json(file, text)?,
        false => read_csv(file, text.trim_start_matches('\u{feff}'))?,
    };
    match rows.len() {
        0 => Err(Failure::input(file, "nobody is in it")),
        n if n > MAX_ROWS => Err(Failure::input(file, format!("more than {MAX_ROWS} people are in it"))),
        _ => Ok(rows),
    }
}

fn read_json(file: &Path, text: &str) -> Result<Vec<Row>> {
    let json: Value = serde_json::from_str(text).map_err(|error| Failure::input(file, error))?;
    let people = match json {
        Value::Array(people) => people,
        one => vec![one],
    };
    let row = |person| match person {
        Value::Object(members) => Ok(Row(members)),
        _ => Err(Failure::input(file, "a person is not a JSON object")),
    };
    people.into_iter().map(row).collect()
}

fn read_csv(file: &Path, text: &str) -> Result<Vec<Row>> {
    rows_of(file, text.as_bytes())?.collect()
}

/// The rows of a CSV file one by one, however many there are.
pub fn stream(file: &Path) -> Result<impl Iterator<Item = Result<Row>>> {
    rows_of(file, File::open(file).map_err(|error| Failure::input(file, error))?)
}

fn rows_of<R: Read>(file: &Path, source: R) -> Result<impl Iterator<Item = Result<Row>>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(source);
    let columns = reader.headers().map_err(|error| Failure::input(file, error))?.clone();
    Ok(reader.into_records().map(move |record| {
        let record = record.map_err(|error| Failure::input(file, error))?;
        let mut row = Map::new();
        for (column, cell) in columns.iter().zip(&record).filter(|(_, cell)| !cell.is_empty()) {
            put(&mut row, column, cell).map_err(|reason| Failure::input(file, reason))?;
        }
        Ok(Row(row))
    }))
}

/// Puts a cell where its column's name leads.
fn put(row: &mut Map<String, Value>, column: &str, cell: &str) -> Result<(), String> {
    let (folder, name) = column.split_once('.').map_or((None, column), |(folder, name)| (Some(folder), name));
    let value = match NUMBERS.contains(&name) {
        true => cell.parse::<u32>().map_err(|_| format!("{column} is not a number: {cell}"))?.into(),
        false => Value::from(cell),
    };
    let members = match folder {
        None => row,
        Some(folder) => match row.entry(folder).or_insert_with(|| Value::Object(Map::new())) {
            Value::Object(members) => members,
            _ => return Err(format!("{folder} is a column and leads inside as well")),
        },
    };
    members.insert(name.to_owned(), value);
    Ok(())
}

impl Row {
    /// The credential of this row on `terms`, of which the row may replace some.
    pub fn credential(
        mut self,
        profile: Profile,
        reduced: bool,
        mut terms: CredentialTerms,
    ) -> Result<Map<String, Value>, String> {
        if let Some(id) = self.take("id")? {
            terms.id = Some(id);
        }
        terms.subject = self.take("subject")?.or(terms.subject);
        terms.valid_from = self.take("validFrom")?.or(terms.valid_from);
        terms.valid_until = self.take("validUntil")?.or(terms.valid_until);
        Ok(match profile {
            Profile::IdentityCard => self.claims::<IdentityCard>()?.to_credential(terms),
            Profile::Vaccination => self.claims::<Vaccination>()?.to_credential(terms),
            Profile::Diploma if reduced => ReducedDiploma::from(&self.claims::<Diploma>()?).to_credential(terms),
            Profile::Diploma => self.claims::<Diploma>()?.to_credential(terms),
        })
    }

    /// The cell of a column, by the column's name, a dot leading inside.
    pub fn cell(&self, column: &str) -> Option<String> {
        let value = match column.split_once('.') {
            None => self.0.get(column)?,
            Some((folder, name)) => self.0.get(folder)?.get(name)?,
        };
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    /// Whether any of its members is exactly `text`.
    pub fn mentions(&self, text: &str) -> bool {
        let is = |value: &Value| value.as_str() == Some(text);
        self.0.values().any(|value| is(value) || value.as_object().is_some_and(|inside| inside.values().any(is)))
    }

    fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, String> {
        let value = self.0.shift_remove(name);
        value.map(|value| serde_json::from_value(value).map_err(|error| format!("{name}: {error}"))).transpose()
    }

    fn claims<T: DeserializeOwned>(self) -> Result<T, String> {
        serde_json::from_value(Value::Object(self.0)).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wallet_core::credential::Credential;

    fn terms() -> CredentialTerms {
        CredentialTerms::by("did:web:universidad.example".parse().expect("a DID"))
    }

    #[test]
    fn the_files_of_the_demo_are_read() {
        let files = [
            (Profile::IdentityCard, include_str!("data/identity-cards.json"), 1),
            (Profile::Diploma, include_str!("data/diplomas.csv"), 6),
            (Profile::Vaccination, include_str!("data/vaccinations.csv"), 3),
        ];
        for (profile, text, people) in files {
            let rows = read(Path::new("data"), text).expect("rows");
            assert_eq!(rows.len(), people, "{profile:?}");
            for row in rows {
                let json = row.credential(profile, false, terms()).expect("claims");
                Credential::check(&json).expect("a credential");
            }
        }
    }

    #[test]
    fn file_of_any_length_is_read_row_by_row() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("people.csv");
        std::fs::write(&file, "\u{feff}name,vaccine.atcCode,dose\nAna,J07,1\nLuis,,2\nRot,J07,many\n").expect("a file");
        let rows: Vec<_> = stream(&file).expect("columns").collect();
        let cells = |row: &Row| ["name", "vaccine.atcCode", "dose"].map(|column| row.cell(column));
        let read: Vec<_> = rows.iter().flatten().map(cells).collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(read, [[text("Ana"), text("J07"), text("1")], [text("Luis"), None, text("2")]]);
        assert!(rows[2].is_err() && stream(&folder.path().join("none.csv")).is_err());
    }

    #[test]
    fn unknown_column_is_refused() {
        let rows = read(Path::new("x.csv"), "holderName,degree,kind,awarded,shoeSize\nAna,Medicina,Degree,2026-02-27,38\n")
            .expect("a row");
        let refusal = rows[0].clone().credential(Profile::Diploma, false, terms()).expect_err("it is no claim");
        assert!(refusal.contains("shoeSize"), "{refusal}");
    }

    #[test]
    fn file_without_people_is_refused() {
        for text in ["", "holderName,degree\n", "[]", "[1]", "{", "a,b\n1\n"] {
            assert!(read(Path::new("x"), text).is_err(), "{text:?}");
        }
    }
}
