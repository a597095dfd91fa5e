#include "datasets/codecs/row_decoder.h"

#include "datasets/codecs/pixels.h"

namespace multipole::codecs {

Decoded decode_rows(RowDecoder& decoder) {
  Decoded out;
  out.pixels = allocate_rgb(decoder.header().height, decoder.header().width);
  decoder.read(decoder.header().height, out.pixels.data_ptr<uint8_t>());
  out.orientation = decoder.header().orientation;
  out.notes = decoder.header().notes;
  return out;
}

}  // namespace multipole::codecs
