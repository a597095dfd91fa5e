// Strict decoding of pictures: an error or the whole picture, never gray rows or a guess.
//
// The format is told by the content, never by the file's name: JPEG, PNG, WebP, BMP, GIF, TIFF. Whatever is inside
// becomes RGB bytes by these rules:
//   orientation      EXIF (JPEG, PNG, WebP) and the TIFF tag are applied; a corrupt EXIF block is ignored with a note
//   gray, palette    the same value in R, G and B; the palette's colour
//   16-bit           value / 257, rounded
//   alpha            composited over white (so opaque pixels are as stored)
//   CMYK, YCCK       read as Adobe writes them (inverted), RGB = CMY * K / 255
//   bands of a TIFF  alpha is what the file calls so; the first three of more are red, green and blue, with a note
//                    where the file does not say it; two that are not gray and alpha are refused
//   float TIFF       finite values from 0 to 1 become 0 to 255; anything else is refused
//   several frames   the first, with a note
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/byte_view.h"
#include "datasets/codecs/band_scaling.h"

namespace multipole {

struct DecodeOptions {
  // Checked against the header, before anything is allocated.
  int64_t max_pixels = 256'000'000;             // of a picture that is decoded whole: it bounds memory
  int64_t max_streamed_pixels = 1'000'000'000;  // of one that is read row by row (picture_rows.h): it bounds time
  int64_t max_file_bytes = int64_t{1} << 30;    // files above it are not read
  bool allow_truncated = false;                 // JPEG only: keep what a damaged file still shows
  // Where it chooses bands, pictures are what datasets/pictures/ makes of those; the functions below know RGB alone.
  BandScaling bands = {};
};

struct DecodedImage {
  torch::Tensor pixels;            // (H, W, 3) uint8 RGB, contiguous; (H, W, C) where bands were chosen
  std::vector<std::string> notes;  // what was left out or guessed, such as frames after the first
  torch::Tensor valid = {};        // (H, W) bool: which pixels hold data; undefined where all do
};

// Whether the bytes that a file begins with (16 are enough) are those of a format that is decoded here.
bool is_decoded_here(ByteView beginning);

// Throw InputError "cannot read NAME: reason". `name` stands for the bytes in messages.
DecodedImage decode_image_with_notes(ByteView bytes, const std::string& name, const DecodeOptions& options = {});
torch::Tensor decode_image(ByteView bytes, const std::string& name, const DecodeOptions& options = {});
DecodedImage read_image_with_notes(const std::filesystem::path& path, const DecodeOptions& options = {});
torch::Tensor read_image(const std::filesystem::path& path, const DecodeOptions& options = {});

}  // namespace multipole
