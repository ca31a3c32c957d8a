//! What the holder keeps: sealed records over the Storage port.
