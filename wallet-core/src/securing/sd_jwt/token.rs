//! The token: an issuer-signed JWT, disclosures, and perhaps a key binding, between tildes (RFC 9901 §4).

use serde_json::{Map, Value};

use super::key_binding::{self, BindingTerms, KeyBinding};
use super::outline::Outline;
use super::{
    BindingFault, Disclosure, DisclosureFault, HashAlgorithm, MAX_DISCLOSURES, Profile, UnsignedSdJwt, json_form, reveal,
};
use crate::error::{Result, WalletError};
use crate::json::{self, JsonPointer};
use crate::key::PublicKey;
use crate::securing::{SignatureFault, claims, jws};
use crate::time::Timestamp;

/// An SD-JWT whose parts were read and whose disclosures were put in their places; nothing is said of its signatures.
#[derive(Debug, Clone, PartialEq)]
pub struct SdJwt {
    /// The compact form.
    text: String,
    /// Where the key binding begins in it, if there is one.
    presented: usize,
    token: jws::Token,
    header: Map<String, Value>,
    profile: Profile,
    algorithm: HashAlgorithm,
    claims: Map<String, Value>,
    fault: Option<DisclosureFault>,
    binding: Option<Result<KeyBinding, BindingFault>>,
}

impl SdJwt {
    /// Reads the compact form, or one of JSON (RFC 9901 §4, §8).
    ///
    /// Disclosures that do not go with the payload are no error here: [`SdJwt::claims`] says so. Fails with `Malformed` when a part
    /// cannot be read, `Unsupported` when the hash or signature algorithm is not known.
    pub fn read(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.len() > json::MAX_BYTES {
            return Err(WalletError::malformed("SD-JWT", format!("it is longer than {} bytes", json::MAX_BYTES)));
        }
        if text.starts_with('{') {
            let (compact, kid) = json_form::compact(&json::read_object("SD-JWT", text)?)?;
            return Self::read_compact(&compact, kid);
        }
        Self::read_compact(text, None)
    }

    fn read_compact(text: &str, kid: Option<Value>) -> Result<Self> {
        let presented = text.rfind('~').ok_or_else(|| WalletError::malformed("SD-JWT", "it has no tilde at its end"))? + 1;
        let mut parts = text[..presented - 1].split('~');
        let (mut header, payload, token) = jws::read(parts.next().unwrap_or_default())?;
        let disclosures = parts.map(Disclosure::read).take(MAX_DISCLOSURES + 1).collect::<Result<Vec<_>>>()?;
        if disclosures.len() > MAX_DISCLOSURES {
            return Err(WalletError::malformed("SD-JWT", format!("it has more than {MAX_DISCLOSURES} disclosures")));
        }
        if let Some(kid) = kid {
            header.entry("kid").or_insert(kid);
        }
        let payload = json::read_object("SD-JWT payload", &payload)?;
        let algorithm = HashAlgorithm::of(&payload)?;
        let profile = Profile::of(&header, &payload);
        let visible = profile.visible(&payload);
        let revealed = visible.and_then(|visible| visible.check(reveal(payload, disclosures, algorithm)?));
        let (claims, fault) = match revealed {
            Ok(claims) => (claims, None),
            Err(fault) => (Map::new(), Some(fault)),
        };
        let binding = Some(&text[presented..]).filter(|binding| !binding.is_empty()).map(KeyBinding::read);
        Ok(Self { text: text.to_owned(), presented, token, header, profile, algorithm, claims, fault, binding })
    }

    /// The compact form.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The header of the issuer-signed JWT.
    pub fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// Which rules it follows beside those of RFC 9901.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// The processed payload (RFC 9901 §7.1): every claim that is always visible or disclosed, and no digest.
    pub fn claims(&self) -> Result<&Map<String, Value>, DisclosureFault> {
        self.fault.clone().map_or(Ok(&self.claims), Err)
    }

    /// Checks the issuer's signature under `key` and nothing else.
    pub fn check_signature(&self, key: &PublicKey) -> Result<(), SignatureFault> {
        self.claims().map_err(SignatureFault::malformed)?;
        Ok(self.token.check(key)?)
    }

    /// What the issuer signed, whatever is disclosed of it, and the signature.
    pub(in crate::securing) fn signed(&self) -> (&[u8], &[u8]) {
        self.token.signed()
    }

    /// Checks that `nbf` is not to come and `exp` not past (RFC 9901 §7.1 step 6); fails with `Refused`.
    pub fn check_time(&self, now: &Timestamp) -> Result<()> {
        let payload = self.claims().map_err(|fault| WalletError::malformed("SD-JWT", fault))?;
        if claims::moment("SD-JWT", payload, "nbf")?.is_some_and(|from| from > *now) {
            return Err(WalletError::refused("the SD-JWT", "its validity has not begun"));
        }
        if claims::moment("SD-JWT", payload, "exp")?.is_some_and(|end| end <= *now) {
            return Err(WalletError::refused("the SD-JWT", "its validity has ended"));
        }
        Ok(())
    }

    /// What its key binding says, when it has one that can be read.
    pub fn binding(&self) -> Option<&KeyBinding> {
        self.binding.as_ref()?.as_ref().ok()
    }

    /// Whether a key binding stands at its end, good or not.
    pub fn is_bound(&self) -> bool {
        self.binding.is_some()
    }

    /// The key that whoever presents it must hold (`cnf`).
    pub fn holder_key(&self) -> Result<PublicKey, BindingFault> {
        key_binding::holder_key(&self.claims)
    }

    /// Checks that the holder has signed what is presented here, not long before `now` (RFC 9901 §7.3 step 5); whether for this
    /// verifier is [`KeyBinding::check_answers`].
    pub fn check_binding(&self, now: &Timestamp) -> Result<&KeyBinding, BindingFault> {
        let binding = self.binding.as_ref().ok_or(BindingFault::Missing)?.as_ref().map_err(Clone::clone)?;
        binding.check(self.presented(), self.algorithm, &self.holder_key()?, now)?;
        Ok(binding)
    }

    /// Where each disclosure leads in the [claims](SdJwt::claims).
    pub fn disclosable(&self) -> Vec<JsonPointer> {
        self.outline().map(|outline| outline.disclosable()).unwrap_or_default()
    }

    /// The same token with no disclosure but those that show the values `pointers` lead to; a value inside one that is disclosed
    /// on its own stays hidden until it is named too. A key binding is left out.
    ///
    /// Fails with `Misused` when a pointer leads nowhere, `Malformed` when the disclosures do not go with the payload.
    pub fn disclose(&self, pointers: &[JsonPointer]) -> Result<Self> {
        let outline = self.outline()?;
        let count = self.disclosures().count();
        let mut kept = vec![false; count];
        for pointer in pointers {
            let refused = || WalletError::misused(format!("the claim {pointer} is not there to be disclosed"));
            for at in outline.needed_for(pointer).ok_or_else(refused)? {
                kept[at] = true;
            }
        }
        let mut text = format!("{}~", self.token.text());
        for (disclosure, _) in self.disclosures().zip(kept).filter(|(_, kept)| *kept) {
            text.push_str(disclosure);
            text.push('~');
        }
        Self::read_compact(&text, self.header.get("kid").cloned())
    }

    /// A key binding over this token, to be signed by the holder; one that it has is replaced.
    ///
    /// Fails with `Misused` when the issuer has named another key as the holder's, or none.
    pub fn bind(&self, terms: &BindingTerms<'_>) -> Result<UnsignedSdJwt> {
        self.bind_with(terms, &Map::new())
    }

    /// A key binding as [`SdJwt::bind`] makes one, with `further` claims that a protocol asks for.
    ///
    /// Fails besides with `Misused` when one of them is a claim that every key binding has.
    pub fn bind_with(&self, terms: &BindingTerms<'_>, further: &Map<String, Value>) -> Result<UnsignedSdJwt> {
        if self.holder_key().as_ref() != Ok(terms.key) {
            return Err(WalletError::misused("this key is not the one that the issuer has named as the holder's"));
        }
        let presented = self.presented();
        let message = key_binding::prepare(presented, self.algorithm, terms, further)?;
        Ok(UnsignedSdJwt { message, algorithm: terms.key.algorithm(), before: presented.to_owned(), after: String::new() })
    }

    /// The claims as the issuer arranged them; fails with `Malformed` when the disclosures do not go with the payload.
    pub fn outline(&self) -> Result<Outline> {
        self.claims().map_err(|fault| WalletError::malformed("SD-JWT", fault))?;
        let (_, payload, _) = jws::read(self.token.text())?;
        let disclosures = self.disclosures().map(Disclosure::read).collect::<Result<Vec<_>>>()?;
        Ok(Outline::of(json::read_object("SD-JWT payload", &payload)?, &disclosures, self.algorithm))
    }

    /// What a key binding is over: all but the key binding.
    fn presented(&self) -> &str {
        &self.text[..self.presented]
    }

    fn disclosures(&self) -> impl Iterator<Item = &str> {
        self.text[..self.presented - 1].split('~').skip(1)
    }
}
