//! Reading symbols out of pictures: PNG and JPEG, as phones and scanners make them.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::imageops::{self, FilterType};
use image::{GrayImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use rxing::common::{GlobalHistogramBinarizer, HybridBinarizer};
use rxing::qrcode::QRCodeReader;
use rxing::{BinaryBitmap, DecodeHints, Luma8LuminanceSource, Reader};

use crate::error::{Result, WalletError};

/// The largest picture file that is read, in bytes.
pub const MAX_FILE_BYTES: usize = 32 << 20;
/// The most pixels a picture may have: a 24-megapixel photograph and a little more.
pub const MAX_PIXELS: u64 = 25_000_000;

/// The sides, in pixels, a picture is tried at after its own size: shrinking evens noise out, and large pictures hide a small symbol's
/// finder patterns from the detector.
const SIDES: [u32; 4] = [1600, 1000, 700, 480];
/// Pictures below this side are tried twice as large too.
const SMALL_SIDE: u32 = 700;

/// Reads the text of the QR code in a PNG or JPEG picture, however it is turned.
///
/// Malformed when the picture cannot be read, is too large, or shows no symbol.
pub fn read(bytes: &[u8]) -> Result<String> {
    let picture = open(bytes)?;
    attempts(&picture)
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

/// The picture at its own size, then smaller, then larger, each made only when the one before showed nothing.
fn attempts(picture: &GrayImage) -> impl Iterator<Item = GrayImage> + '_ {
    let longest = picture.width().max(picture.height());
    let smaller = SIDES.into_iter().filter(move |side| *side < longest);
    let larger = (longest < SMALL_SIDE).then_some(longest * 2);
    let own = std::iter::once_with(|| picture.clone());
    own.chain(smaller.chain(larger).map(move |side| scaled(picture, side, longest)))
}

fn scaled(picture: &GrayImage, side: u32, longest: u32) -> GrayImage {
    let scale = |length: u32| ((u64::from(length) * u64::from(side) / u64::from(longest)) as u32).max(1);
    imageops::resize(picture, scale(picture.width()), scale(picture.height()), FilterType::Triangle)
}

/// Looks for a symbol with both ways of telling dark from light; the detector is not ours, so its panics end here.
fn find(picture: &GrayImage) -> Option<String> {
    let hints = DecodeHints { TryHarder: Some(true), AlsoInverted: Some(true), ..DecodeHints::default() };
    let source = || Luma8LuminanceSource::new(picture.as_raw().clone(), picture.width(), picture.height()).ok();
    let locally = || {
        let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source()?));
        Some(QRCodeReader::new().decode_with_hints(&mut bitmap, &hints).ok()?.getText().to_owned())
    };
    let globally = || {
        let mut bitmap = BinaryBitmap::new(GlobalHistogramBinarizer::new(source()?));
        Some(QRCodeReader::new().decode_with_hints(&mut bitmap, &hints).ok()?.getText().to_owned())
    };
    let unharmed = |look: &dyn Fn() -> Option<String>| catch_unwind(AssertUnwindSafe(look)).ok().flatten();
    unharmed(&locally).or_else(|| unharmed(&globally))
}
