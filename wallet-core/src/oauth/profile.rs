//! Which rules a party keeps besides those of OpenID4VCI 1.0 and OpenID4VP 1.0.

/// Which rules a party keeps besides the standards' own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// None.
    #[default]
    Standard,
    /// Those of the High Assurance Interoperability Profile 1.0 (HAIP).
    Haip,
}
