//! The symbol itself: QR code at error correction M, drawn with its quiet zone (ISO/IEC 18004).

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Luma};
use qrcode::render::svg;
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode, Version};

use super::fault::BarcodeFault;

/// The quiet zone on each side, in modules.
const QUIET_ZONE: u32 = 4;
const MAX_PIXELS_PER_MODULE: u32 = 64;

/// A text as a QR code of the smallest version that holds it at error correction M.
///
/// Barcode text is in the alphanumeric alphabet, which scanners hand over unharmed; other text takes byte mode.
#[derive(Clone)]
pub struct Symbol {
    code: QrCode,
}

impl Symbol {
    /// The symbol of a text; refused when no version holds it.
    pub fn new(text: &str) -> Result<Self, BarcodeFault> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M);
        Ok(Self { code: code.map_err(|_| BarcodeFault::TooLong { limit: 3391, unit: "characters at error correction M" })? })
    }

    /// The version, 1 to 40.
    pub fn version(&self) -> u8 {
        match self.code.version() {
            Version::Normal(version) | Version::Micro(version) => version as u8,
        }
    }

    /// Modules along one side, without the quiet zone.
    pub fn modules(&self) -> u32 {
        self.code.width() as u32
    }

    /// An SVG picture whose unit is one module, so that it scales without loss.
    pub fn svg(&self) -> String {
        self.code.render::<svg::Color<'_>>().module_dimensions(1, 1).build()
    }

    /// A PNG picture with this many pixels along a module's side, 1 to 64; a camera wants to see at least 3.5.
    pub fn png(&self, pixels_per_module: u32) -> Vec<u8> {
        let pixels = pixels_per_module.clamp(1, MAX_PIXELS_PER_MODULE);
        let picture = self.code.render::<Luma<u8>>().module_dimensions(pixels, pixels).build();
        let mut png = Cursor::new(Vec::new());
        DynamicImage::ImageLuma8(picture).write_to(&mut png, ImageFormat::Png).expect("a vector takes every byte");
        png.into_inner()
    }

    /// Lines of half-block characters for a terminal, black on white by ANSI colours whatever the terminal's own.
    pub fn terminal(&self) -> String {
        let lines = self.code.render::<Dense1x2>().module_dimensions(1, 1).build();
        lines.lines().map(|line| format!("\u{1b}[38;5;16;48;5;231m{line}\u{1b}[0m\n")).collect()
    }

    /// The side of the picture in modules, quiet zone included.
    pub fn modules_with_quiet_zone(&self) -> u32 {
        self.modules() + 2 * QUIET_ZONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(length: usize) -> String {
        format!("VC1-R{}", "A1 $%*+-./:Z".chars().cycle().take(length - 5).collect::<String>())
    }

    #[test]
    fn alphanumeric_text_takes_the_version_the_standard_gives_it() {
        // ISO/IEC 18004, table 7: the most alphanumeric characters at level M.
        for (version, most) in [(1, 20), (13, 483), (14, 528), (17, 734), (19, 909), (40, 3391)] {
            assert_eq!(Symbol::new(&text(most)).expect("fits").version(), version);
        }
        assert!(Symbol::new(&text(3392)).is_err());
    }

    #[test]
    fn png_has_whole_pixels_and_a_quiet_zone_of_four_modules() {
        let symbol = Symbol::new(&text(300)).expect("fits");
        let picture = image::load_from_memory(&symbol.png(5)).expect("a PNG").into_luma8();
        assert_eq!(picture.width(), 5 * (symbol.modules() + 8));
        assert_eq!(picture.width(), 5 * symbol.modules_with_quiet_zone());
        assert_eq!(picture.get_pixel(19, 19).0, [255]);
        assert_eq!(picture.get_pixel(20, 20).0, [0]);
    }

    #[test]
    fn svg_and_terminal_carry_the_quiet_zone_too() {
        let symbol = Symbol::new(&text(300)).expect("fits");
        let side = symbol.modules_with_quiet_zone();
        assert!(symbol.svg().contains(&format!("width=\"{side}\"")), "{}", &symbol.svg()[..300]);
        assert_eq!(symbol.terminal().lines().count() as u32, side.div_ceil(2));
    }
}
