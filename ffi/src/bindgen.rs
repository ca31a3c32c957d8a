//! Writes the Kotlin and Swift sources for this very version of the library.

fn main() {
    uniffi::uniffi_bindgen_main()
}
