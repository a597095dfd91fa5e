// Decoding from the top down, a few rows at a time. The decoders of whole JPEG and PNG files are these, run to the end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "datasets/codecs/byte_source.h"
#include "datasets/codecs/codec.h"
#include "datasets/codecs/crop_box.h"

namespace multipole::codecs {

// What is known once the header is read.
struct RowsHeader {
  int64_t height = 0, width = 0;  // as stored
  int orientation = 1;            // EXIF's 1 to 8
  bool streams = true;            // false: read() takes all rows at once or none
  std::vector<std::string> notes;
};

class RowDecoder {
 public:
  virtual ~RowDecoder() = default;
  const RowsHeader& header() const { return header_; }
  // The next `count` rows as stored, (count, width, 3) RGB bytes. The last ones are given only where the rest of the
  // file is sound. Throws CodecError.
  virtual void read(int64_t count, uint8_t* rgb) = 0;
  // From now on read() gives the rows of this part, (count, part.width, 3), from its top. False where the file can only
  // be read from the top.
  virtual bool go_to(const CropBox&) { return false; }
  // Before the first read(): it is to give the rows of this part alone, and their columns, as go_to() has it; the rest
  // of the file is read to its end all the same, since it has to be sound, but not made into pixels. False where that
  // saves nothing, and all is to be read.
  virtual bool narrow_to(const CropBox&) { return false; }

 protected:
  RowsHeader header_;
};

// Throw CodecError where the header is damaged or beyond the limits. `source` must outlive the decoder.
std::unique_ptr<RowDecoder> open_jpeg_rows(const ByteSource& source, const DecodeOptions& options);
// Null where an orientation may stand behind the pixels.
std::unique_ptr<RowDecoder> open_png_rows(const ByteSource& source, const DecodeOptions& options);
// Null where the kind of TIFF cannot be streamed.
std::unique_ptr<RowDecoder> open_tiff_rows(const ByteSource& source, const DecodeOptions& options);

// All rows at once.
Decoded decode_rows(RowDecoder& decoder);

}  // namespace multipole::codecs
