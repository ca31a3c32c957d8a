#![doc = include_str!("../../README.md")]

pub mod issuer;
pub mod resolver;
pub mod trust_pack;
pub mod verifier;
pub mod wallet;

pub mod credential;
pub mod issuance;
pub mod oauth;
pub mod presentation;
pub mod qr;
pub mod securing;
pub mod status;
pub mod store;
pub mod verification;

pub mod did;
pub mod registry;

pub mod error;
pub mod jose;
pub mod json;
pub mod key;
pub mod language;
pub mod ports;
pub mod seal;
pub mod time;
pub mod x509;

#[cfg(feature = "native")]
pub mod platform;
