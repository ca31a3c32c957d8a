//! The backup file: everything the holder keeps, in one JWE under a passphrase (RFC 7516).

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::index::RecordId;
use super::record::Record;
use crate::error::{Result, WalletError};
use crate::jose::jwe;
use crate::json;
use crate::key::{KeyId, PublicKey, SecretKey};
use crate::seal::{Cost, Passphrase, SealingKey, Stretch};
use crate::time::Timestamp;

/// The longest backup file that is written or read, in bytes.
const MAX_BYTES: usize = 64 << 20;
const TYPE: &str = "cedula-backup";
const VERSION: u64 = 1;

/// What a backup holds. It does not print.
pub struct Backup {
    /// When it was made.
    pub made: Timestamp,
    /// The records, under the names they have in the store.
    pub records: Vec<(RecordId, Record)>,
    /// The keys the records speak of.
    pub keys: Vec<BackupKey>,
}

/// A key in a backup: itself, when a software keystore exports it, or only that there is one.
pub struct BackupKey {
    /// Its name in the keystore.
    pub id: KeyId,
    /// Its public half.
    pub public: PublicKey,
    /// The key itself; none for one that ends with its device.
    pub secret: Option<SecretKey>,
}

impl fmt::Debug for Backup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Backup({} records, {} keys, hidden)", self.records.len(), self.keys.len())
    }
}

/// Writes a backup file: a compact JWE, `dir` with A256GCM under a key that Argon2id makes of the passphrase.
///
/// Salt and cost stand in the protected header's `kdf`, and `kid` tells a wrong passphrase from an altered file. Fails with
/// `Misused` when it would be longer than 64 MiB.
pub fn write_backup(backup: &Backup, passphrase: &Passphrase, cost: Cost, rng: &mut dyn CryptoRng) -> Result<String> {
    let stretch = Stretch::new(cost, rng);
    let key = stretch.key(passphrase)?;
    let kdf = serde_json::to_value(&stretch).expect("a stretch is plain JSON");
    let header = [("typ", TYPE.into()), ("kid", key_name(&key).into()), ("ver", VERSION.into()), ("kdf", kdf)];
    let header: Map<String, Value> = header.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
    let text = jwe::encrypt_directly(header, &to_bytes(&Plain::from(backup)), key.expose())?;
    if text.len() > MAX_BYTES {
        return Err(WalletError::misused("a backup is at most 64 MiB long"));
    }
    Ok(text)
}

/// Opens a backup file; nothing is changed by it.
///
/// Fails with `Malformed` when it is no backup, is cut short or was altered, `KeyUnavailable` when the passphrase is not the one it
/// was written with, `Unsupported` when a newer version wrote it.
pub fn read_backup(bytes: &[u8], passphrase: &Passphrase) -> Result<Backup> {
    let text = std::str::from_utf8(bytes).map_err(|_| bad("it is not a wallet's backup"))?.trim_ascii();
    let stretch = read_header(text)?;
    let key = stretch.stretch.key(passphrase)?;
    if key_name(&key) != stretch.key_name {
        return Err(WalletError::key_unavailable("backup", "the passphrase is not the one it was written with"));
    }
    let plain = jwe::decrypt_directly(text, key.expose()).map_err(|_| bad("it was altered or damaged"))?;
    let plain: Plain<'_> = serde_json::from_slice(&plain).map_err(|_| bad("its content cannot be read"))?;
    plain.try_into()
}

struct ProtectedHeader {
    stretch: Stretch,
    key_name: String,
}

/// Checks the file's shape and its header before any passphrase is stretched or byte decrypted.
fn read_header(text: &str) -> Result<ProtectedHeader> {
    if text.len() > MAX_BYTES {
        return Err(bad("it is longer than 64 MiB"));
    }
    let mut parts = text.splitn(6, '.');
    let header = parts.next().filter(|header| header.len() <= 2048).ok_or_else(|| bad("it is not a wallet's backup"))?;
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).map_err(|_| bad("it is not a wallet's backup"))?;
    let Value::Object(header) = json::read_bytes("backup", &header)? else {
        return Err(bad("it is not a wallet's backup"));
    };
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    if text("typ") != Some(TYPE) {
        return Err(bad("it is not a wallet's backup"));
    }
    if header.get("ver").and_then(Value::as_u64) != Some(VERSION) {
        return Err(WalletError::unsupported("this backup", "it was written by a newer version"));
    }
    // No `zip`, which could inflate without end, no `crit`, no other cipher.
    let known = ["alg", "enc", "kdf", "kid", "typ", "ver"];
    if text("alg") != Some("dir") || text("enc") != Some("A256GCM") || header.keys().any(|name| !known.contains(&name.as_str())) {
        return Err(bad("its header was altered"));
    }
    // No encrypted key, 12 bytes of nonce, some ciphertext, and the whole tag: OpenSSL would take a shorter one.
    match parts.map(str::len).collect::<Vec<_>>()[..] {
        [0, 16, body, 22] if body > 0 => {}
        _ => return Err(bad("it is cut short")),
    }
    let stretch = header.get("kdf").cloned().unwrap_or_default();
    let stretch = serde_json::from_value(stretch).map_err(|_| bad("its header was altered"))?;
    let key_name = text("kid").ok_or_else(|| bad("its header was altered"))?.to_owned();
    Ok(ProtectedHeader { stretch, key_name })
}

fn bad(reason: &str) -> WalletError {
    WalletError::malformed("backup", reason)
}

fn key_name(key: &SealingKey) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key.fingerprint("cedula backup kid"))
}

/// The JSON inside.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain<'a> {
    made: Timestamp,
    records: Vec<PlainRecord<'a>>,
    keys: Vec<PlainKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainRecord<'a> {
    id: RecordId,
    record: Cow<'a, Record>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainKey {
    id: KeyId,
    public: PublicKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<SecretText>,
}

/// A private key in base64url, wiped when dropped.
struct SecretText(Zeroizing<String>);

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer).map(Zeroizing::new).map(Self)
    }
}

impl<'a> From<&'a Backup> for Plain<'a> {
    fn from(backup: &'a Backup) -> Self {
        let records = backup.records.iter().map(|(id, record)| PlainRecord { id: *id, record: Cow::Borrowed(record) });
        let keys = backup.keys.iter().map(|key| PlainKey {
            id: key.id.clone(),
            public: key.public.clone(),
            secret: key.secret.as_ref().map(|key| SecretText(Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(key.expose())))),
        });
        Self { made: backup.made.clone(), records: records.collect(), keys: keys.collect() }
    }
}

impl TryFrom<Plain<'_>> for Backup {
    type Error = WalletError;

    fn try_from(plain: Plain<'_>) -> Result<Self> {
        let records = plain.records.into_iter().map(|record| (record.id, record.record.into_owned())).collect();
        let keys = plain.keys.into_iter().map(BackupKey::try_from).collect::<Result<_>>()?;
        Ok(Self { made: plain.made, records, keys })
    }
}

impl TryFrom<PlainKey> for BackupKey {
    type Error = WalletError;

    fn try_from(key: PlainKey) -> Result<Self> {
        let PlainKey { id, public, secret } = key;
        let secret = match secret {
            Some(text) => {
                let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.0.as_bytes()).map_err(|_| bad("a key in it cannot be read"))?;
                Some(SecretKey::from_bytes(public.algorithm(), &Zeroizing::new(bytes))?)
            }
            None => None,
        };
        if secret.as_ref().is_some_and(|secret| secret.public_key() != public) {
            return Err(bad("a key in it is not the one it says"));
        }
        Ok(Self { id, public, secret })
    }
}

/// Writes JSON that holds private keys: its length is counted first, so that no shorter copy is left behind by a growing buffer.
fn to_bytes(plain: &Plain<'_>) -> Zeroizing<Vec<u8>> {
    struct Count(usize);
    impl Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let invariant = "a backup is plain JSON";
    let mut count = Count(0);
    serde_json::to_writer(&mut count, plain).expect(invariant);
    let mut bytes = Zeroizing::new(Vec::with_capacity(count.0));
    serde_json::to_writer(&mut *bytes, plain).expect(invariant);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::KeyAlgorithm;
    use crate::store::kit::{diploma, light, rng, shown};
    use crate::store::{Format, HeldCredential};
    use proptest::prelude::*;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text).expect("a passphrase")
    }

    fn backup() -> Backup {
        let formats = [Format::DataIntegrity, Format::Jwt, Format::SdJwt, Format::SdJwtVc, Format::Cose];
        let mut records: Vec<(RecordId, Record)> = formats
            .map(|format| (RecordId::generate(&mut rng()), Record::Credential(HeldCredential { format, ..diploma("mark") })))
            .into();
        let id = records[0].0;
        records.push((RecordId::generate(&mut rng()), Record::Event(shown(&[id]))));
        let software = SecretKey::generate(KeyAlgorithm::Ed25519, &mut rng());
        let hardware = SecretKey::generate(KeyAlgorithm::P256, &mut rng()).public_key();
        let keys = vec![
            BackupKey { id: KeyId("soft".to_owned()), public: software.public_key(), secret: Some(software) },
            BackupKey { id: KeyId("hard".to_owned()), public: hardware, secret: None },
        ];
        Backup { made: "2026-05-01T00:00:00Z".parse().expect("a date"), records, keys }
    }

    fn file(backup: &Backup) -> String {
        write_backup(backup, &passphrase("right"), light(), &mut rng()).expect("a file")
    }

    #[test]
    fn every_format_reads_back_with_disclosures_key_references_and_keys() {
        let backup = backup();
        let text = file(&backup);
        assert!(!text.contains("mark"));
        let read = read_backup(format!("{text}\n").as_bytes(), &passphrase("right")).expect("its own file");
        assert_eq!((read.made, read.records), (backup.made, backup.records));
        for (read, kept) in read.keys.iter().zip(&backup.keys) {
            assert_eq!((&read.id, &read.public), (&kept.id, &kept.public));
            assert_eq!(read.secret.as_ref().map(SecretKey::expose), kept.secret.as_ref().map(SecretKey::expose));
        }
    }

    #[test]
    fn wrong_passphrase_is_key_unavailable() {
        let error = read_backup(file(&backup()).as_bytes(), &passphrase("wrong")).expect_err("refused");
        assert!(matches!(error, WalletError::KeyUnavailable { .. }));
    }

    #[test]
    fn altered_or_cut_file_is_malformed() {
        let text = file(&backup());
        let dots: Vec<usize> = text.match_indices('.').map(|(at, _)| at).collect();
        // One character of the nonce, the ciphertext, the tag; every length of a cut from a byte to a part.
        for at in [dots[1] + 1, dots[2] + 1, dots[2] + 1000, dots[3] + 1, text.len() - 1] {
            let mut altered = text.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            assert!(malformed(read_backup(&altered, &passphrase("right"))), "byte {at}");
        }
        for length in
            [0, 1, dots[0], dots[1], dots[2] + 1, dots[2] + 100, dots[3], text.len() - 21, text.len() - 6, text.len() - 1]
        {
            assert!(malformed(read_backup(&text.as_bytes()[..length], &passphrase("right"))), "cut at {length}");
        }
    }

    #[test]
    fn header_that_asks_for_anything_else_is_refused_before_it_is_obeyed() {
        let text = file(&backup());
        let (header, rest) = text.split_once('.').expect("a header");
        let header = BASE64_URL_SAFE_NO_PAD.decode(header).expect("base64url");
        let header: Value = serde_json::from_slice(&header).expect("JSON");
        let with = |change: &dyn Fn(&mut Value)| {
            let mut header = header.clone();
            change(&mut header);
            let text = format!("{}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header.to_string()));
            read_backup(text.as_bytes(), &passphrase("right")).map(drop)
        };
        with(&|_| ()).expect("the header as it was");
        assert!(malformed(with(&|header| header["zip"] = "DEF".into())));
        assert!(malformed(with(&|header| header["alg"] = "PBES2-HS256+A128KW".into())));
        assert!(malformed(with(&|header| header["enc"] = "A128GCM".into())));
        assert!(malformed(with(&|header| header["kdf"]["m"] = 4_000_000.into())));
        assert!(malformed(with(&|header| header["kdf"]["t"] = 4_000_000.into())));
        assert!(malformed(with(&|header| header["typ"] = "JWT".into())));
        assert!(matches!(with(&|header| header["ver"] = 2.into()), Err(WalletError::Unsupported { .. })));
    }

    #[test]
    fn backup_does_not_print() {
        assert_eq!(format!("{:?}", backup()), "Backup(6 records, 2 keys, hidden)");
    }

    fn malformed<T>(result: Result<T>) -> bool {
        matches!(result, Err(WalletError::Malformed { .. }))
    }

    proptest! {
        #[test]
        fn any_text_is_a_backup_or_refused(text in "[A-Za-z0-9_.-]{0,200}") {
            prop_assert!(read_backup(text.as_bytes(), &passphrase("right")).is_err());
        }

        #[test]
        fn any_header_is_read_or_refused(header in "\\PC{0,100}", rest in "[A-Za-z0-9_.-]{0,60}") {
            let text = format!("{}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header));
            prop_assert!(read_backup(text.as_bytes(), &passphrase("right")).is_err());
        }

        #[test]
        fn any_content_is_read_or_refused(text in "\\PC{0,200}") {
            let _ = serde_json::from_str::<Plain<'_>>(&text);
        }
    }
}
