// WebP through libwebp: lossy, lossless, alpha, and the first frame of animations.
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "datasets/codecs/codec.h"
#include "datasets/codecs/exif.h"
#include "datasets/codecs/pixels.h"

namespace multipole::codecs {

namespace {

struct Closer {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
  void operator()(WebPAnimDecoder* decoder) const { WebPAnimDecoderDelete(decoder); }
};

void read_orientation(const WebPDemuxer* demuxer, Decoded& out) {
  WebPChunkIterator chunk;
  if (!WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk)) return;
  const auto orientation = exif_orientation(ByteView(chunk.chunk.bytes, chunk.chunk.size));
  WebPDemuxReleaseChunkIterator(&chunk);
  if (!orientation) out.notes.emplace_back("corrupt EXIF ignored");
  out.orientation = orientation.value_or(1);
}

void decode_still(ByteView bytes, const WebPBitstreamFeatures& features, torch::Tensor& pixels) {
  const int width = features.width, height = features.height;
  const size_t count = static_cast<size_t>(width) * height;
  auto* const rgb = pixels.data_ptr<uint8_t>();
  const uint8_t* done = nullptr;
  if (features.has_alpha) {
    std::vector<uint8_t> rgba(count * 4);
    done = WebPDecodeRGBAInto(bytes.data(), bytes.size(), rgba.data(), rgba.size(), width * 4);
    rgba_over_white(rgba.data(), rgb, static_cast<int64_t>(count));
  } else {
    done = WebPDecodeRGBInto(bytes.data(), bytes.size(), rgb, count * 3, width * 3);
  }
  if (done == nullptr) throw CodecError("corrupt WebP data");
}

void decode_first_frame(ByteView bytes, torch::Tensor& pixels) {
  const WebPData data{bytes.data(), bytes.size()};
  const std::unique_ptr<WebPAnimDecoder, Closer> decoder(WebPAnimDecoderNew(&data, nullptr));
  uint8_t* canvas = nullptr;
  int timestamp = 0;
  if (!decoder || !WebPAnimDecoderGetNext(decoder.get(), &canvas, &timestamp)) throw CodecError("corrupt WebP frame");
  rgba_over_white(canvas, pixels.data_ptr<uint8_t>(), pixels.size(0) * pixels.size(1));
}

}  // namespace

Decoded decode_webp(ByteView bytes, const DecodeOptions& options) {
  WebPBitstreamFeatures features;
  switch (WebPGetFeatures(bytes.data(), bytes.size(), &features)) {
    case VP8_STATUS_OK:
      break;
    case VP8_STATUS_NOT_ENOUGH_DATA:
      throw CodecError("truncated");
    default:
      throw CodecError("a corrupt WebP header");
  }
  check_dimensions(features.width, features.height, options.max_pixels);
  const WebPData data{bytes.data(), bytes.size()};
  // gives nothing for a file that ends early
  const std::unique_ptr<WebPDemuxer, Closer> demuxer(WebPDemux(&data));
  if (!demuxer) throw CodecError("truncated or corrupt WebP container");

  Decoded out;
  out.pixels = allocate_rgb(features.height, features.width);
  if (features.has_animation) {
    decode_first_frame(bytes, out.pixels);
    out.notes.emplace_back("first frame of an animation");
  } else {
    decode_still(bytes, features, out.pixels);
  }
  read_orientation(demuxer.get(), out);
  return out;
}

}  // namespace multipole::codecs
