// The first frame of a GIF through giflib, placed on its canvas; whatever the frame leaves uncovered or transparent is
// white, by the rule for alpha.
#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "datasets/codecs/codec.h"
#include "datasets/codecs/pixels.h"

namespace multipole::codecs {

namespace {

class GifReader {
 public:
  explicit GifReader(ByteView bytes) : rest_(bytes) {
    int error = D_GIF_SUCCEEDED;
    file_.reset(DGifOpen(this, &GifReader::read, &error));
    if (file_ == nullptr) throw CodecError(reason(error));
  }

  const GifFileType& file() const { return *file_; }

  // Reads up to the first frame's pixels; the extensions on the way say which colour is transparent.
  void find_frame() {
    while (next_record() != IMAGE_DESC_RECORD_TYPE) {
      if (record_ == TERMINATE_RECORD_TYPE) throw CodecError("a GIF without a picture");
      if (record_ == EXTENSION_RECORD_TYPE) read_extension();
    }
    check(DGifGetImageDesc(file_.get()));
  }

  void read_row(std::vector<GifPixelType>& row) {
    check(DGifGetLine(file_.get(), row.data(), static_cast<int>(row.size())));
  }

  // Whether something other than the end follows; what is missing there does no harm.
  bool has_more() {
    GifRecordType record = TERMINATE_RECORD_TYPE;
    return DGifGetRecordType(file_.get(), &record) == GIF_OK && record != TERMINATE_RECORD_TYPE;
  }

  int transparent() const { return transparent_; }

 private:
  static int read(GifFileType* file, GifByteType* out, int count) {
    auto& self = *static_cast<GifReader*>(file->UserData);
    const size_t taken = std::min<size_t>(static_cast<size_t>(count), self.rest_.size());
    if (taken > 0) std::memcpy(out, self.rest_.data(), taken);
    self.rest_ = self.rest_.subspan(taken);
    return static_cast<int>(taken);
  }

  static std::string reason(int error) {
    const char* const text = GifErrorString(error);
    return text != nullptr ? std::string("corrupt or truncated GIF: ") + text : "corrupt GIF";
  }

  void check(int status) const {
    if (status != GIF_OK) throw CodecError(reason(file_->Error));
  }

  GifRecordType next_record() {
    check(DGifGetRecordType(file_.get(), &record_));
    return record_;
  }

  void read_extension() {
    int code = 0;
    GifByteType* block = nullptr;  // its first byte is its length
    check(DGifGetExtension(file_.get(), &code, &block));
    while (block != nullptr) {
      GraphicsControlBlock control;
      if (code == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK) {
        transparent_ = control.TransparentColor;
      }
      check(DGifGetExtensionNext(file_.get(), &block));
    }
  }

  ByteView rest_;
  GifRecordType record_ = UNDEFINED_RECORD_TYPE;
  int transparent_ = NO_TRANSPARENT_COLOR;
  struct Closer {
    void operator()(GifFileType* file) const { DGifCloseFile(file, nullptr); }
  };
  std::unique_ptr<GifFileType, Closer> file_;
};

// The rows of a frame in the order in which the file holds them.
std::vector<int64_t> stored_rows(int64_t height, bool interlaced) {
  std::vector<int64_t> rows;
  constexpr std::pair<int64_t, int64_t> kWhole[] = {{0, 1}}, kPasses[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
  const auto passes = interlaced ? std::span<const std::pair<int64_t, int64_t>>(kPasses) : kWhole;
  for (const auto& [start, step] : passes) {
    for (int64_t y = start; y < height; y += step) rows.push_back(y);
  }
  return rows;
}

}  // namespace

Decoded decode_gif(ByteView bytes, const DecodeOptions& options) {
  GifReader reader(bytes);
  const int64_t width = reader.file().SWidth, height = reader.file().SHeight;
  check_dimensions(width, height, options.max_pixels);
  reader.find_frame();
  const GifImageDesc& frame = reader.file().Image;
  if (frame.Left + frame.Width > width || frame.Top + frame.Height > height) {
    throw CodecError("a GIF frame outside of its canvas");
  }
  const ColorMapObject* const palette = frame.ColorMap != nullptr ? frame.ColorMap : reader.file().SColorMap;

  Decoded out;
  out.pixels = torch::full({height, width, 3}, 255, torch::kUInt8);
  std::vector<GifPixelType> row(static_cast<size_t>(frame.Width));
  for (const int64_t y : stored_rows(frame.Height, frame.Interlace)) {
    reader.read_row(row);
    auto* rgb = out.pixels.data_ptr<uint8_t>() + ((frame.Top + y) * width + frame.Left) * 3;
    for (const GifPixelType index : row) {
      if (index != reader.transparent()) {
        if (palette == nullptr || index >= palette->ColorCount) {
          throw CodecError("a pixel's palette index is beyond the palette");
        }
        const GifColorType& color = palette->Colors[index];
        rgb[0] = color.Red;
        rgb[1] = color.Green;
        rgb[2] = color.Blue;
      }
      rgb += 3;
    }
  }
  if (reader.has_more()) out.notes.emplace_back("first frame of an animation");
  return out;
}

}  // namespace multipole::codecs
