//! The published contexts that come with the library, by URL and digest; `contexts/README.md` names their sources.

use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, OnceLock};

use serde_json::Value;

/// One context that comes with the library.
pub(super) struct Bundled {
    pub url: &'static str,
    /// SHA-256 of the text, in lower-case hexadecimal.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares the text with it"))]
    digest: &'static str,
    text: &'static str,
    value: OnceLock<Value>,
}

impl Bundled {
    /// The context by its URL.
    pub fn find(url: &str) -> Option<&'static Self> {
        BUNDLE.iter().find(|b| b.url == url)
    }

    /// The text as it was published; none when only its members are what was published.
    pub fn text(&self) -> Option<&'static str> {
        (!NOT_TO_THE_BYTE.contains(&self.url)).then_some(self.text)
    }

    /// The document, read once.
    pub fn value(&self) -> &Value {
        self.value.get_or_init(|| serde_json::from_str(self.text).expect("a test reads every bundled context"))
    }

    /// What bundled contexts call the IRI, where they write it in full.
    pub fn names_of(iri: &str) -> Option<&'static HashSet<&'static str>> {
        static NAMES: LazyLock<HashMap<&str, HashSet<&str>>> = LazyLock::new(|| {
            let mut names = HashMap::new();
            BUNDLE.iter().for_each(|bundled| collect_names(bundled.value(), &mut names));
            names
        });
        NAMES.get(iri)
    }
}

fn collect_names<'c>(context: &'c Value, names: &mut HashMap<&'c str, HashSet<&'c str>>) {
    match context {
        Value::Array(all) => all.iter().for_each(|one| collect_names(one, names)),
        Value::Object(map) => {
            for (name, value) in map {
                let iri = value.as_str().or_else(|| value.get("@id")?.as_str());
                if let Some(iri) = iri.filter(|iri| iri.contains(':') && !name.starts_with('@')) {
                    names.entry(iri).or_default().insert(name.as_str());
                }
                collect_names(value, names);
            }
        }
        _ => {}
    }
}

/// The contexts whose members are those published, and their white space perhaps not.
const NOT_TO_THE_BYTE: [&str; 3] =
    ["https://www.w3.org/ns/cid/v1", "https://w3id.org/vc/render-method/v1", "https://w3id.org/vc/render-method/v2rc1"];

macro_rules! bundle {
    ($file:literal, $url:literal, $digest:literal) => {
        Bundled { url: $url, digest: $digest, text: include_str!(concat!("../../../contexts/", $file)), value: OnceLock::new() }
    };
}

pub(super) static BUNDLE: [Bundled; 28] = [
    bundle!(
        "credentials-v1.jsonld",
        "https://www.w3.org/2018/credentials/v1",
        "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc"
    ),
    bundle!(
        "credentials-v2.jsonld",
        "https://www.w3.org/ns/credentials/v2",
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"
    ),
    bundle!(
        "undefined-terms-v2.jsonld",
        "https://www.w3.org/ns/credentials/undefined-terms/v2",
        "82dab514ba44eb18f5d1b0f638c5e140c6a556fbfb5089601bdc0fa5eb8b2581"
    ),
    bundle!(
        "data-integrity-v1.jsonld",
        "https://w3id.org/security/data-integrity/v1",
        "b5d829bd09aa7c42abc6efa0c8ed7635313b5487f37ccfce3ecd149ca9418554"
    ),
    bundle!(
        "data-integrity-v2.jsonld",
        "https://w3id.org/security/data-integrity/v2",
        "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4"
    ),
    bundle!(
        "multikey-v1.jsonld",
        "https://w3id.org/security/multikey/v1",
        "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597"
    ),
    bundle!(
        "ed25519-2020-v1.jsonld",
        "https://w3id.org/security/suites/ed25519-2020/v1",
        "b9e1ab971fd8bf2c7553e0c4a9438e0b9450afde1ea1ca5b2492368b9f549588"
    ),
    bundle!(
        "jws-2020-v1.jsonld",
        "https://w3id.org/security/suites/jws-2020/v1",
        "d648e05ddc6577827ca2bfd5e931f53e9ebc6e52a57a8da81df4ec8c46ffcd1e"
    ),
    bundle!("did-v1.jsonld", "https://www.w3.org/ns/did/v1", "4f3eae5568c9c5f036a082088f9e192019ee06faa78973c87ff91d5421b88dad"),
    bundle!("cid-v1.jsonld", "https://www.w3.org/ns/cid/v1", "61dc4b1cf0b1a3bb24c32d0b46ceca5a13649ff858296300d64f9cd3c9fe2873"),
    bundle!(
        "citizenship-v1.jsonld",
        "https://w3id.org/citizenship/v1",
        "9ffdc9e92801959e8f7416744aca720d06e0a4702dd83043c02c74700c161d93"
    ),
    bundle!(
        "citizenship-v2.jsonld",
        "https://w3id.org/citizenship/v2",
        "2241bdc574b37395311997b93bee26c8ab2672e5da62de5f2c1d564a00eae959"
    ),
    bundle!(
        "citizenship-v3.jsonld",
        "https://w3id.org/citizenship/v3",
        "5a4855907ef40afdb50a51af131d7a883c62e891478ebbb81f5ecb9a5a9b99d7"
    ),
    bundle!(
        "citizenship-v4rc1.jsonld",
        "https://w3id.org/citizenship/v4rc1",
        "a89b0bc00b1848ac3dfdf956c7dd5de8567e755351c07ec6a1c2b4a08b67953b"
    ),
    bundle!(
        "vaccination-v1.jsonld",
        "https://w3id.org/vaccination/v1",
        "7ac5b56ba313ee3b8dc0ff445f3c256d8921ec05f4db20219b1c6fb4aae5760c"
    ),
    bundle!(
        "open-badges-3.0.json",
        "https://purl.imsglobal.org/spec/ob/v3p0/context.json",
        "9f1c8f9f361ba2994b9b50701f41149919542c50c7b7455b2846d87959295d72"
    ),
    bundle!(
        "open-badges-3.0.3.json",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84"
    ),
    bundle!(
        "clr-2.0.1.json",
        "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json",
        "880f1902d4158f2f33ce06af41b90719977cd1ea337a9de2e41edb3ff5e543d6"
    ),
    bundle!(
        "open-badges-3.0.1.json",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json",
        "5f3d9dd6288ef437ff8286cf95ffbff609c748a66f24a1e9450c45ca64be1571"
    ),
    bundle!(
        "open-badges-3.0.2.json",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json",
        "00666ad080ba407687ed1846b7f5e7495f5019042b202a727de47c48a1755c53"
    ),
    bundle!(
        "open-badges-extensions.json",
        "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
        "87c06c81bc2317663bf288d740d94fddd2818c4342b186270ff6371dfaa63f93"
    ),
    bundle!(
        "bitstring-status-list-v1.jsonld",
        "https://www.w3.org/ns/credentials/status/v1",
        "fd08cbf28ddd829ab2f1978c48f43ab07a112c1c90245a0cfac7ba721c65170c"
    ),
    bundle!(
        "render-method-v1.jsonld",
        "https://w3id.org/vc/render-method/v1",
        "cd956f52a88c7008db9d58cffed527862fdee8280a9688065ac387043904ce73"
    ),
    bundle!(
        "render-method-v2rc1.jsonld",
        "https://w3id.org/vc/render-method/v2rc1",
        "d1ef64b43bc3a8b54cc2608577f6d3e34021e182ac1b17ed67025b4ff771667d"
    ),
    bundle!("vdl-v1.jsonld", "https://w3id.org/vdl/v1", "cffad76ba3d700ce7aa4007602e5996210e834dd1cb6074de762264eac939d3d"),
    bundle!("vdl-v2.jsonld", "https://w3id.org/vdl/v2", "4840b9b17608b05693abdd5f40bbacc2d39726129f62ccf18242b6838c9c9335"),
    bundle!(
        "cedula-identity-v1.jsonld",
        "https://w3id.org/cedula/identity/v1",
        "333ed845742d1285a4d4507146bc5b243e523f0a57de05ae75ec1e0edd36bd0c"
    ),
    bundle!(
        "cedula-vaccination-v1.jsonld",
        "https://w3id.org/cedula/vaccination/v1",
        "20c97e5fbc938eec71c9aab778a319d5cddc1978b87c4e8eb3164cc92bcb50fa"
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn every_bundled_context_is_the_published_one_by_its_digest() {
        let readme = include_str!("../../../contexts/README.md");
        for bundled in &BUNDLE {
            let digest: String = Sha256::digest(bundled.text).iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(digest, bundled.digest, "{}", bundled.url);
            assert!(readme.contains(&format!("<{}>", bundled.url)) && readme.contains(bundled.digest), "{}", bundled.url);
            assert!(bundled.value().get("@context").is_some(), "{}", bundled.url);
        }
    }

    #[test]
    fn a_url_names_one_context() {
        for (at, bundled) in BUNDLE.iter().enumerate() {
            assert!(BUNDLE[..at].iter().all(|other| other.url != bundled.url), "{}", bundled.url);
        }
    }
}
