//! Securing mechanisms: one file each, all with the same verbs (VC DM 2.0 §4.12).
