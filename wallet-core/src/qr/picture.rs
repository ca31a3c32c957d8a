//! Reading symbols out of pictures: PNG and JPEG, as phones and scanners make them.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use image::imageops::{self, FilterType};
use image::{GrayImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use rxing::common::{GlobalHistogramBinarizer, HybridBinarizer};
use rxing::qrcode::cpp_port::QrReader;
use rxing::{Binarizer, BinaryBitmap, DecodeHints, Luma8LuminanceSource, Reader};

use crate::error::{Result, WalletError};

/// The largest picture file that is read, in bytes.
pub const MAX_FILE_BYTES: usize = 32 << 20;
/// The most pixels a picture may have: a 24-megapixel photograph and a little more.
pub const MAX_PIXELS: u64 = 25_000_000;

/// The sides, in pixels, a picture is tried at after its own size: shrinking evens noise out, and in a large picture the
/// detector may lose a symbol's finder patterns.
const SIDES: [u32; 3] = [1600, 1000, 600];
/// Pictures up to this side are tried twice as large too: it helps where a module is less than two pixels wide.
const SMALL_SIDE: u32 = 1000;

/// Reads the text of the QR code in a PNG or JPEG picture, however it is turned.
///
/// Malformed when the picture cannot be read, is too large, or shows no symbol.
pub fn read(bytes: &[u8]) -> Result<String> {
    let picture = open(bytes)?;
    attempts(picture)
        .find_map(|attempt| find(&attempt))
        .ok_or_else(|| WalletError::malformed("picture", "no QR code was found in it; hold it closer and flatter"))
}

fn open(bytes: &[u8]) -> Result<GrayImage> {
    let bad = |reason: &str| WalletError::malformed("picture", reason);
    if bytes.len() > MAX_FILE_BYTES {
        return Err(bad("it is larger than 32 MiB"));
    }
    let format = image::guess_format(bytes).ok().filter(|format| matches!(format, ImageFormat::Png | ImageFormat::Jpeg));
    let format = format.ok_or_else(|| bad("it is neither PNG nor JPEG"))?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_PIXELS * 8);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|_| bad("it is damaged"))?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(bad("it has more than 25 million pixels"));
    }
    let picture = image::DynamicImage::from_decoder(decoder).map_err(|_| bad("it is damaged"))?;
    Ok(picture.into_luma8())
}

/// The picture at its own size, smaller, larger, and light for dark, each made only when the one before showed nothing.
fn attempts(picture: GrayImage) -> impl Iterator<Item = GrayImage> {
    let longest = picture.width().max(picture.height());
    let smaller = SIDES.into_iter().filter(move |side| *side < longest);
    let larger = (longest <= SMALL_SIDE).then_some(longest * 2);
    let picture = Rc::new(picture);
    let scaled = {
        let picture = picture.clone();
        smaller.chain(larger).map(move |side| scale(&picture, side))
    };
    let inverted = {
        let picture = picture.clone();
        std::iter::once_with(move || {
            let mut inverted = scale(&picture, longest.min(SMALL_SIDE));
            imageops::invert(&mut inverted);
            inverted
        })
    };
    std::iter::once_with(move || (*picture).clone()).chain(scaled).chain(inverted)
}

/// The picture with its longer side scaled to this length.
fn scale(picture: &GrayImage, side: u32) -> GrayImage {
    let longest = u64::from(picture.width().max(picture.height()));
    let scaled = |length: u32| ((u64::from(length) * u64::from(side) / longest) as u32).max(1);
    imageops::resize(picture, scaled(picture.width()), scaled(picture.height()), FilterType::Triangle)
}

/// Looks for a symbol with both ways of telling dark from light; the detector is not ours, so its panics end here.
fn find(picture: &GrayImage) -> Option<String> {
    let source = || Luma8LuminanceSource::new(picture.as_raw().clone(), picture.width(), picture.height()).ok();
    let locally = || look(HybridBinarizer::new(source()?));
    let globally = || look(GlobalHistogramBinarizer::new(source()?));
    let unharmed = |look: &dyn Fn() -> Option<String>| catch_unwind(AssertUnwindSafe(look)).ok().flatten();
    unharmed(&locally).or_else(|| unharmed(&globally))
}

fn look(pixels: impl Binarizer) -> Option<String> {
    let hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let symbol = QrReader.decode_with_hints(&mut BinaryBitmap::new(pixels), &hints).ok()?;
    Some(symbol.getText().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::Symbol;
    use proptest::prelude::*;

    /// How a hand holds a camera over a symbol.
    #[derive(Debug, Clone, Copy)]
    struct Pose {
        pixels_per_module: f32,
        degrees: f32,
        /// How far the picture leans: the part by which the far edge is smaller.
        lean: (f32, f32),
        /// The standard deviation of each pixel's noise, of 255.
        noise: f32,
        /// How much darker the dark side of the picture is, of 1.
        shade: f32,
        seed: u64,
    }

    const FLAT: Pose = Pose { pixels_per_module: 4.0, degrees: 0.0, lean: (0.0, 0.0), noise: 0.0, shade: 0.0, seed: 1 };

    /// A photograph of a symbol in this pose: each pixel is the mean of four points of the paper under it.
    fn photograph(symbol: &Symbol, pose: Pose) -> GrayImage {
        let paper = image::load_from_memory(&symbol.png(1)).expect("a PNG").into_luma8();
        let modules = symbol.modules_with_quiet_zone() as f32;
        let side = (modules * pose.pixels_per_module * 1.5) as u32;
        let (sin, cos) = pose.degrees.to_radians().sin_cos();
        let half = side as f32 / 2.0;
        let point = |x: f32, y: f32| {
            let (x, y) = ((x - half) / half, (y - half) / half);
            let depth = 1.0 + pose.lean.0 * x + pose.lean.1 * y;
            let (x, y) = (x * depth * 0.75, y * depth * 0.75);
            let (x, y) = (modules / 2.0 + (x * cos + y * sin) * modules, modules / 2.0 + (y * cos - x * sin) * modules);
            let on_paper = x >= 0.0 && y >= 0.0 && x < modules && y < modules;
            if on_paper { f32::from(paper.get_pixel(x as u32, y as u32).0[0]) } else { 190.0 }
        };
        let mut state = pose.seed;
        let mut uniform = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 24) as f32
        };
        GrayImage::from_fn(side, side, |x, y| {
            let steps = [-0.25, 0.25];
            let points = steps.iter().flat_map(|dx| steps.iter().map(move |dy| (x as f32 + 0.5 + dx, y as f32 + 0.5 + dy)));
            let mean = points.map(|(x, y)| point(x, y)).sum::<f32>() / 4.0;
            let light = 1.0 - pose.shade * x as f32 / side as f32;
            // The sum of a few uniform numbers is close to a normal one; three of them have a variance of a quarter.
            let normal: f32 = 2.0 * ((0..3).map(|_| uniform()).sum::<f32>() - 1.5);
            image::Luma([(20.0 + mean * 0.85 * light + normal * pose.noise).clamp(0.0, 255.0) as u8])
        })
    }

    fn file(picture: GrayImage, format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        image::DynamicImage::ImageLuma8(picture).write_to(&mut file, format).expect("a vector takes every byte");
        file.into_inner()
    }

    fn text(length: usize) -> String {
        format!("VC1-R{}", "K7Q $%2ZB*+F-0./M:XP9".chars().cycle().take(length - 5).collect::<String>())
    }

    #[test]
    fn both_budgets_are_read_turned_leaning_shaded_and_noisy() {
        for length in [685, 837] {
            let text = text(length);
            let symbol = Symbol::new(&text).expect("fits");
            for pose in [
                FLAT,
                Pose { degrees: 17.0, ..FLAT },
                Pose { degrees: 90.0, ..FLAT },
                Pose { degrees: 203.0, noise: 10.0, ..FLAT },
                Pose { lean: (0.12, 0.0), ..FLAT },
                Pose { lean: (0.05, -0.08), degrees: 8.0, noise: 8.0, ..FLAT },
                Pose { shade: 0.6, noise: 5.0, ..FLAT },
                Pose { pixels_per_module: 3.5, degrees: 4.0, lean: (0.1, 0.05), noise: 6.0, ..FLAT },
                Pose { pixels_per_module: 2.5, degrees: 35.0, noise: 4.0, ..FLAT },
                Pose { pixels_per_module: 8.0, degrees: 31.0, noise: 40.0, ..FLAT },
            ] {
                let png = file(photograph(&symbol, pose), ImageFormat::Png);
                assert_eq!(read(&png).as_deref(), Ok(text.as_str()), "{length} characters, {pose:?}");
            }
        }
    }

    #[test]
    fn jpeg_of_a_phone_is_read() {
        let text = text(685);
        let picture = photograph(&Symbol::new(&text).expect("fits"), Pose { degrees: 5.0, noise: 4.0, ..FLAT });
        assert_eq!(read(&file(picture, ImageFormat::Jpeg)).as_deref(), Ok(text.as_str()));
    }

    #[test]
    fn text_beyond_ascii_comes_back() {
        for text in ["https://example.org/ñandú", "{\"name\":\"Belén 😀\"}"] {
            let png = Symbol::new(text).expect("fits").png(4);
            assert_eq!(read(&png).as_deref(), Ok(text));
        }
    }

    #[test]
    fn light_symbol_on_dark_ground_is_read() {
        let text = text(300);
        let mut picture = image::load_from_memory(&Symbol::new(&text).expect("fits").png(4)).expect("a PNG").into_luma8();
        imageops::invert(&mut picture);
        assert_eq!(read(&file(picture, ImageFormat::Png)).as_deref(), Ok(text.as_str()));
    }

    #[test]
    fn picture_without_a_symbol_says_so() {
        let blank = file(GrayImage::from_pixel(200, 200, image::Luma([255])), ImageFormat::Png);
        assert!(read(&blank).expect_err("nothing in it").to_string().contains("no QR code"));
        assert!(read(b"GIF89a").is_err());
        assert!(read(b"").is_err());
    }

    #[test]
    fn decompression_bomb_is_refused_before_it_is_unpacked() {
        // A 1-bit PNG header that claims 60,000 by 60,000 pixels; its pixels are never looked at.
        let mut header = b"IHDR".to_vec();
        header.extend(60_000u32.to_be_bytes().iter().chain(&60_000u32.to_be_bytes()).chain(&[1, 0, 0, 0, 0]));
        let chunk = |content: &[u8]| {
            let mut crc = flate2::Crc::new();
            crc.update(content);
            [&(content.len() as u32 - 4).to_be_bytes(), content, &crc.sum().to_be_bytes()].concat()
        };
        let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &chunk(&header), &chunk(b"IDAT\x78\x9c"), &chunk(b"IEND")].concat();
        let refusal = read(&png).expect_err("too many pixels").to_string();
        assert!(refusal.contains("25 million"), "{refusal}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn symbol_is_read_in_any_ordinary_pose(
            degrees in 0.0f32..360.0, lean in (-0.08f32..0.08, -0.08f32..0.08), noise in 0.0f32..8.0,
            pixels_per_module in 3.0f32..5.0, shade in 0.0f32..0.4, seed: u64,
        ) {
            let text = text(454);
            let pose = Pose { pixels_per_module, degrees, lean, noise, shade, seed };
            let png = file(photograph(&Symbol::new(&text).expect("fits"), pose), ImageFormat::Png);
            prop_assert_eq!(read(&png), Ok(text));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400), magic in 0usize..3) {
            let magic: &[u8] = [b"\x89PNG\r\n\x1a\n".as_slice(), b"\xff\xd8\xff\xe0", b""][magic];
            let _ = read(&[magic, &bytes].concat());
        }

        #[test]
        fn damaged_picture_is_read_or_refused(at in any::<prop::sample::Index>(), byte: u8) {
            let mut png = Symbol::new("VC1-R").expect("fits").png(3);
            *at.get_mut(&mut png) = byte;
            let _ = read(&png);
        }
    }
}
