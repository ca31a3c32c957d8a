//! Resources a credential depends on, pinned by digest (VC DM 2.0 §5.3).

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::{items, objects};

/// A resource and what its bytes must hash to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelatedResource {
    /// Its URL.
    pub id: String,
    /// Its media type, when the credential says one.
    pub media_type: Option<String>,
    digests: Vec<Expected>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Expected {
    hash: Hash,
    digest: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// Bytes that are not those the credential was issued with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url} is not the resource the credential was issued with")]
pub struct ResourceFault {
    /// The resource.
    pub url: String,
}

impl RelatedResource {
    /// Reads an object with `id` and `digestSRI` (Subresource Integrity §3.5), `digestMultibase` (CID 1.0 §2.5), or both, each
    /// one digest or a list; none when there is no digest or one that cannot be checked.
    pub fn read(entry: &Map<String, Value>) -> Option<Self> {
        let mut digests = Vec::new();
        for sri in items(entry.get("digestSRI")) {
            digests.extend(read_sri(sri.as_str()?)?);
        }
        for multihash in items(entry.get("digestMultibase")) {
            digests.push(read_multihash(multihash.as_str()?)?);
        }
        let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
        (!digests.is_empty()).then_some(Self { id: text("id")?, media_type: text("mediaType"), digests })
    }

    /// Those of a credential that can be read.
    pub(crate) fn all(credential: &Map<String, Value>) -> Vec<Self> {
        objects(credential.get("relatedResource")).into_iter().filter_map(Self::read).collect()
    }

    /// Whether `entry` says what its resource hashes to, in a form that can be read or not.
    pub(super) fn is_pinned(entry: &Map<String, Value>) -> bool {
        entry.contains_key("digestSRI") || entry.contains_key("digestMultibase")
    }

    /// Checks that `bytes` hash to every digest the credential gives.
    pub fn check(&self, bytes: &[u8]) -> Result<(), ResourceFault> {
        let same = self.digests.iter().all(|expected| expected.hash.digest(bytes) == expected.digest);
        if same { Ok(()) } else { Err(ResourceFault { url: self.id.clone() }) }
    }
}

impl Hash {
    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// The digests of the strongest algorithm in `text`, as a browser chooses; several are never weaker than one here.
fn read_sri(text: &str) -> Option<Vec<Expected>> {
    let mut digests = Vec::new();
    for item in text.split_ascii_whitespace() {
        let (name, rest) = item.split_once('-')?;
        let hash = match name {
            "sha256" => Hash::Sha256,
            "sha384" => Hash::Sha384,
            "sha512" => Hash::Sha512,
            _ => continue,
        };
        let digest = BASE64_STANDARD.decode(rest.split('?').next()?).ok()?;
        digests.push(expected(hash, digest)?);
    }
    let strongest = digests.iter().map(|expected| expected.hash).max()?;
    digests.retain(|expected| expected.hash == strongest);
    Some(digests)
}

fn read_multihash(text: &str) -> Option<Expected> {
    if text.len() > 256 {
        return None;
    }
    let (_, bytes) = multibase::decode(text).ok()?;
    let (hash, digest) = match bytes.as_slice() {
        [0x12, 32, digest @ ..] => (Hash::Sha256, digest),
        [0x20, 48, digest @ ..] => (Hash::Sha384, digest),
        [0x13, 64, digest @ ..] => (Hash::Sha512, digest),
        _ => return None,
    };
    expected(hash, digest.to_vec())
}

fn expected(hash: Hash, digest: Vec<u8>) -> Option<Expected> {
    (digest.len() == hash.length()).then_some(Expected { hash, digest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(value: Value) -> Option<RelatedResource> {
        RelatedResource::read(value.as_object().expect("an object"))
    }

    #[test]
    fn bytes_are_checked_against_every_digest() {
        let resource = read(json!({
            "id": "https://example.org/abc",
            "digestSRI": "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
            "digestMultibase": "uEiC6eBa_jwHP6kFBQN5driIjsANho5YXepy0EP9h8gAVrQ",
        }));
        let resource = resource.expect("a resource");
        assert_eq!(resource.check(b"abc"), Ok(()));
        assert_eq!(resource.check(b"abd"), Err(ResourceFault { url: "https://example.org/abc".to_owned() }));
    }

    #[test]
    fn several_digests_must_all_hold() {
        let abc = "uEiC6eBa_jwHP6kFBQN5driIjsANho5YXepy0EP9h8gAVrQ";
        let other = "uEiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let of = |digests: Value| read(json!({ "id": "https://example.org/abc", "digestMultibase": digests }));
        assert_eq!(of(json!([abc, abc])).expect("a resource").check(b"abc"), Ok(()));
        assert!(of(json!([abc, other])).expect("a resource").check(b"abc").is_err());
    }

    #[test]
    fn strongest_algorithm_of_a_list_decides() {
        let sri = concat!(
            "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= ",
            "sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn"
        );
        let resource = read(json!({ "id": "https://example.org/abc", "digestSRI": sri })).expect("a resource");
        assert_eq!(resource.check(b"abc"), Ok(()));
    }

    #[test]
    fn resource_without_a_digest_that_can_be_checked_is_refused() {
        for bad in [
            json!({ "id": "https://example.org/a" }),
            json!({ "id": "https://example.org/a", "digestSRI": "md5-AAAA" }),
            json!({ "id": "https://example.org/a", "digestSRI": "sha256-AAAA" }),
            json!({ "id": "https://example.org/a", "digestMultibase": "zabc" }),
            json!({ "digestMultibase": "uEiC6eBa_jwHP6kFBQN5driIjsANho5YXepy0EP9h8gAVrQ" }),
            json!({ "id": "https://example.org/a", "digestMultibase": [] }),
            json!({ "id": "https://example.org/a", "digestMultibase": ["uEiC6eBa_jwHP6kFBQN5driIjsANho5YXepy0EP9h8gAVrQ", 7] }),
        ] {
            assert_eq!(read(bad), None);
        }
    }

    proptest! {
        #[test]
        fn any_digest_text_is_read_or_refused(text in "(sha256-|u|z|m)?[A-Za-z0-9+/=_ -]{0,100}") {
            let _ = read(json!({ "id": "https://example.org/a", "digestSRI": text }));
            let _ = read(json!({ "id": "https://example.org/a", "digestMultibase": text }));
        }
    }
}
