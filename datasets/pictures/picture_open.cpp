#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/read_file.h"
#include "datasets/codecs/row_decoder.h"
#include "datasets/pictures/picture_rows.h"

namespace multipole {
namespace {

class StreamedRows : public PictureRows {
 public:
  StreamedRows(std::string name, std::unique_ptr<codecs::FileSource> source,
               std::unique_ptr<codecs::RowDecoder> decoder)
      : name_(std::move(name)), source_(std::move(source)), decoder_(std::move(decoder)) {}

  int64_t height() const override { return decoder_->header().height; }
  int64_t width() const override { return decoder_->header().width; }
  torch::Tensor read(int64_t count) override {
    torch::Tensor rows = torch::empty({count, width(), 3}, torch::kUInt8);
    try {
      decoder_->read(count, rows.data_ptr<uint8_t>());
    } catch (const codecs::CodecError& error) {
      throw InputError("cannot read " + name_ + ": " + error.what());
    }
    return rows;
  }
  std::vector<std::string> notes() const override { return decoder_->header().notes; }

 private:
  std::string name_;
  std::unique_ptr<codecs::FileSource> source_;
  std::unique_ptr<codecs::RowDecoder> decoder_;
};

// The decoder for what the file begins with; null where it has none that streams.
std::unique_ptr<codecs::RowDecoder> open_decoder(const codecs::ByteSource& source, const DecodeOptions& options) {
  std::array<char, 4> magic = {};
  source.read(0, magic.data(), magic.size());
  const auto begins = [&](std::string_view text) { return std::equal(text.begin(), text.end(), magic.begin()); };
  std::unique_ptr<codecs::RowDecoder> decoder;
  if (begins("\xff\xd8\xff")) decoder = codecs::open_jpeg_rows(source, options);
  if (begins("\x89PNG")) decoder = codecs::open_png_rows(source, options);
  if (begins("II") || begins("MM")) decoder = codecs::open_tiff_rows(source, options);
  const bool streams = decoder != nullptr && decoder->header().streams && decoder->header().orientation == 1;
  return streams ? std::move(decoder) : nullptr;
}

}  // namespace

std::unique_ptr<PictureRows> open_picture_rows(const std::filesystem::path& path, const DecodeOptions& options) {
  auto source = std::make_unique<codecs::FileSource>(path);
  std::unique_ptr<codecs::RowDecoder> decoder;
  try {
    decoder = open_decoder(*source, options);
  } catch (const codecs::CodecError& error) {
    throw InputError("cannot read " + path.string() + ": " + error.what());
  }
  if (decoder != nullptr) return std::make_unique<StreamedRows>(path.string(), std::move(source), std::move(decoder));
  auto decoded = decode_image_with_notes(read_file(path, options.max_file_bytes), path.string(), options);
  return rows_of(std::move(decoded.pixels), std::move(decoded.notes));
}

}  // namespace multipole
