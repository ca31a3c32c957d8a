//! The browser that a person signs in with, and the way back from it: a page on this machine (RFC 8252 §7.3).

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use wallet_core::error::WalletError;
use wallet_core::oauth::call::header_of;
use wallet_core::ports::{HttpRequest, Network};

use crate::failure::{Failure, Result};

/// The most redirects that are followed without a browser.
const MAX_REDIRECTS: usize = 10;
/// The longest head of a request, in bytes.
const MAX_HEAD: u64 = 64 << 10;
/// How long a browser that has connected may say nothing.
const PATIENCE: Duration = Duration::from_secs(2);
/// What the person sees when the wallet has taken over again.
const PAGE: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\nconnection: close\r\n\r\n<!doctype html><title>Cédula</title>✔";

/// A page on this machine that browsers come back to.
pub struct Browser {
    listener: TcpListener,
    /// Whether the pages of the issuer are walked through without a person.
    alone: bool,
}

impl Browser {
    pub fn new(alone: bool) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
        Ok(Self { listener, alone })
    }

    /// Where browsers come back to.
    pub fn redirect_uri(&self) -> String {
        let port = self.listener.local_addr().map(|address| address.port()).unwrap_or_default();
        format!("http://127.0.0.1:{port}/")
    }

    /// The URL that the browser comes back with, once it was sent to `url`.
    pub async fn visit(&self, url: &str, network: Option<&dyn Network>) -> Result<String> {
        match network.filter(|_| self.alone) {
            Some(network) => self.walk(url.to_owned(), network).await,
            None => self.wait(),
        }
    }

    /// Follows the redirects of pages that want nothing of a person.
    async fn walk(&self, mut url: String, network: &dyn Network) -> Result<String> {
        for _ in 0..MAX_REDIRECTS {
            let response = network.send(HttpRequest::get(&url)).await?;
            let Some(location) = header_of(&response, "location") else { break };
            if location.starts_with(&self.redirect_uri()) {
                return Ok(location.to_owned());
            }
            url = join(&url, location)?;
        }
        Err(WalletError::refused("the issuer", "its pages do not lead back to the wallet").into())
    }

    /// Waits for the browser, and for nothing else meanwhile.
    fn wait(&self) -> Result<String> {
        loop {
            let (mut stream, _) = self.listener.accept().map_err(failed)?;
            // Browsers also connect to say nothing, and some go away while they speak.
            stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
            let head: Vec<String> = BufReader::new(&stream)
                .take(MAX_HEAD)
                .lines()
                .map_while(|line| line.ok().filter(|line| !line.is_empty()))
                .collect();
            // Whether the browser gets the page is its own affair.
            let _ = stream.write_all(PAGE.as_bytes());
            let line = head.first().map_or("", String::as_str);
            let target = line.split_ascii_whitespace().nth(1).unwrap_or_default();
            if let Some(query) = target.strip_prefix("/?") {
                return Ok(format!("{}?{query}", self.redirect_uri()));
            }
        }
    }
}

/// A `location`, which may be relative to the page.
fn join(page: &str, location: &str) -> Result<String> {
    if location.contains("://") {
        return Ok(location.to_owned());
    }
    let end = page.find("://").map_or(0, |at| at + 3);
    let host = page[end..].find('/').map_or(page, |at| &page[..end + at]);
    match location.starts_with('/') {
        true => Ok(format!("{host}{location}")),
        false => Err(WalletError::malformed("redirect", "it is relative to the page").into()),
    }
}

fn failed(error: std::io::Error) -> Failure {
    WalletError::unreachable("this machine", error).into()
}
