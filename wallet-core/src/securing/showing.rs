//! A credential that need not be shown whole: what its holder does with it, and who answers for it.

use rand_core::CryptoRng;
use serde_json::Value;

use super::data_integrity::selective;
use super::linked_data::Contexts;
use super::sd_jwt::{BindingFault, BindingTerms, KeyBinding, Profile, SdJwt, is_web};
use super::secured::Form;
use super::{Secured, Unsigned};
use crate::error::{Result, WalletError};
use crate::json::JsonPointer;
use crate::key::PublicKey;
use crate::time::Timestamp;
use crate::x509::CertificateChain;

impl Secured {
    /// The claims and list items that may be left out, each by its place in the [body](Secured::body).
    pub fn disclosable(&self) -> Vec<JsonPointer> {
        self.sd_jwt().map(SdJwt::disclosable).unwrap_or_default()
    }

    /// Whether it is as its issuer made it for the holder, who must [`Secured::disclose`] it before it is shown.
    pub fn is_for_holder_only(&self) -> bool {
        matches!(&self.form, Form::Embedded(proofs) if proofs.iter().any(selective::is_base))
    }

    /// What its holder shows of it: what `pointers` lead to in its [body](Secured::body), and what must always be shown.
    ///
    /// Of an SD-JWT, a value that may be left out on its own inside one of them is, unless it is named too. Under Data Integrity
    /// all that is inside comes along, with the `id` and `type` of whatever it is of, under a derived proof and under no other; the
    /// pointer to the whole document leaves nothing out.
    ///
    /// Fails with `Misused` when the mechanism always shows the whole, a pointer leads nowhere or into what cannot be divided (a
    /// list, a JSON literal, a value object), or nothing is chosen; and as signing does for contexts. An inclusion proof comes along.
    pub fn disclose(&self, pointers: &[JsonPointer], contexts: &Contexts, rng: &mut dyn CryptoRng) -> Result<Self> {
        let _ = rng;
        let shown = match &self.form {
            Form::SdJwt(token) => Self::read(token.disclose(pointers)?.text()),
            Form::Embedded(proofs) => {
                let base = proofs.iter().find(|proof| selective::is_base(proof));
                let base =
                    base.ok_or_else(|| WalletError::misused("it has no base proof: it shows the whole or what it shows"))?;
                let document = selective::disclose(&self.body, base, pointers, contexts)?;
                Self::read(&Value::Object(document).to_string())
            }
            _ => Err(WalletError::misused("this credential is always shown whole")),
        };
        self.pass_inclusion_to(shown?)
    }

    /// The holder's signature over this SD-JWT for one verifier, ready to be signed: a presentation (RFC 9901 §4.3).
    ///
    /// Fails with `Misused` when `key` is not the one that the issuer has named as the holder's.
    pub fn bind(&self, nonce: &str, audience: &str, key: &PublicKey, now: &Timestamp) -> Result<Unsigned> {
        let token = self.sd_jwt().ok_or_else(|| WalletError::misused("this credential goes into a signed presentation"))?;
        Ok(token.bind(&BindingTerms { nonce, audience, key, now })?.into())
    }

    /// What the key binding says, when there is one that can be read.
    pub fn binding(&self) -> Option<&KeyBinding> {
        self.sd_jwt()?.binding()
    }

    /// Checks that the holder has signed what is presented here, not long before `now` (RFC 9901 §7.3 step 5); whether for this
    /// verifier is [`KeyBinding::check_answers`].
    pub fn check_binding(&self, now: &Timestamp) -> Result<&KeyBinding, BindingFault> {
        self.sd_jwt().ok_or(BindingFault::Missing)?.check_binding(now)
    }

    /// The key that whoever presents must hold, when the issuer has named one (`cnf`).
    pub fn holder_key(&self) -> Option<PublicKey> {
        self.sd_jwt()?.holder_key().ok()
    }

    /// The issuer of an SD-JWT VC that goes by a web address, whose keys are in its
    /// [`IssuerMetadata`](super::sd_jwt::IssuerMetadata) (draft-ietf-oauth-sd-jwt-vc §2.5).
    pub fn web_issuer(&self) -> Option<&str> {
        let token = self.sd_jwt().filter(|token| token.profile() == Profile::Vc)?;
        token.claims().ok()?.get("iss")?.as_str().filter(|issuer| is_web(issuer))
    }

    /// The certificates that came with a token (`x5c`), if any did: who trusts them is for verification to say.
    pub fn certificates(&self) -> Option<Result<CertificateChain>> {
        let x5c = match &self.form {
            Form::Jwt(token) => token.certificates(),
            Form::SdJwt(token) => token.header().get("x5c"),
            Form::Embedded(_) | Form::Cose(_) => None,
        };
        x5c.map(CertificateChain::from_x5c)
    }

    /// The `alg` that its token names; none for an embedded proof and for COSE.
    pub fn algorithm(&self) -> Option<&str> {
        match &self.form {
            Form::Jwt(token) => Some(token.algorithm()),
            Form::SdJwt(token) => token.header().get("alg")?.as_str(),
            _ => None,
        }
    }

    /// The SD-JWT it is, when it is one.
    pub fn sd_jwt(&self) -> Option<&SdJwt> {
        match &self.form {
            Form::SdJwt(token) => Some(token),
            _ => None,
        }
    }
}
