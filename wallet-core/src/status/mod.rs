//! Status lists: whether a credential was revoked or suspended.
