//! What the folder publishes: files under `published/`, laid out as a web server would hand them out.

use std::fs;
use std::path::PathBuf;

use async_trait::async_trait;
use wallet_core::error::{Result, WalletError};
use wallet_core::platform::HttpNetwork;
use wallet_core::ports::{HttpMethod, HttpRequest, HttpResponse, Network};

use crate::failure;
use crate::home::Home;

/// Puts `text` where the folder publishes `url`.
pub fn publish(home: &Home, url: &str, text: &str) -> failure::Result<()> {
    let file = file_of(url).ok_or_else(|| {
        WalletError::misused(format!("{url} has no plain host and path: publish status lists under one that has"))
    })?;
    home.write(&format!("published/{file}"), text.as_bytes())
}

/// The network as this folder sees it: what it publishes itself, and the world beyond unless that is shut out.
pub struct HomeNetwork {
    published: PathBuf,
    world: Option<HttpNetwork>,
}

impl HomeNetwork {
    /// The folder's own publications, and the world beyond.
    pub fn new(home: &Home, world: Option<HttpNetwork>) -> Self {
        Self { published: home.path("published"), world }
    }
}

#[async_trait]
impl Network for HomeNetwork {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        let own = file_of(&request.url).filter(|_| request.method == HttpMethod::Get).map(|file| self.published.join(file));
        if let Some(body) = own.and_then(|path| fs::read(path).ok()) {
            return Ok(HttpResponse { status: 200, headers: Vec::new(), body });
        }
        match &self.world {
            Some(world) => world.send(request).await,
            None => Err(WalletError::unreachable("the network", "it is switched off")),
        }
    }
}

/// The file of an `https` URL: its host and the segments of its path, none of which may lead elsewhere.
fn file_of(url: &str) -> Option<String> {
    let path = url.strip_prefix("https://")?;
    let plain = |segment: &str| {
        !segment.is_empty()
            && !segment.starts_with('.')
            && segment.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let deep_enough = path.split('/').count() > 1;
    (deep_enough && path.split('/').all(plain)).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_web_addresses_are_files() {
        assert_eq!(file_of("https://uni.example/status/revocation").as_deref(), Some("uni.example/status/revocation"));
        for url in [
            "http://uni.example/a",
            "https://uni.example",
            "https://uni.example/../keys",
            "https://uni.example/a?b",
            "https:///a",
        ] {
            assert_eq!(file_of(url), None, "{url}");
        }
    }
}
