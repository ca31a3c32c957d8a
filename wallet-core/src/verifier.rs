//! The verifier door: gathering the evidence, then the verdict.
