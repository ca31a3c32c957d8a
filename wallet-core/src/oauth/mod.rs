//! OAuth 2.0 as OpenID4VC uses it: one message or mechanism a file, for the client and the server alike.
