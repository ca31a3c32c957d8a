//! What several tests share.

pub mod rpc_window;
