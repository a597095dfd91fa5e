// Packed data: refused with InputError, or every record can be read whole. Every input is also tried with its checksums
// made right, since no mutation would get past them otherwise.
#include <cstring>
#include <numeric>

#include "base/checksum.h"
#include "base/error.h"
#include "datasets/formats/pack_reader.h"
#include "datasets/formats/pack_writer.h"
#include "tests/fuzz/fuzz_target.h"

namespace multipole::fuzz {
namespace {

std::string make_pack(int64_t num_records) {
  std::string bytes;
  PackWriter writer([&](const void* data, size_t size) { bytes.append(static_cast<const char*>(data), size); }, "note",
                    {"cat", "dog"}, {"train", "val"});
  for (int64_t i = 0; i < num_records; ++i) {
    const int64_t height = 1 + i, width = 3 - i;
    std::vector<uint8_t> image(static_cast<size_t>(height * width * 3)), mask(static_cast<size_t>(height * width));
    std::iota(image.begin(), image.end(), static_cast<uint8_t>(i));
    writer.add({"name", image, i == 1 ? ByteView(mask) : ByteView(), height, width, i - 1, i % 2});
  }
  writer.finish();
  return bytes;
}

// Reads all pixels, so that a sanitizer sees a view that reaches too far.
void read_all(ByteView bytes) {
  try {
    const PackReader reader(bytes, "fuzz");
    uint64_t sum = 0;
    for (int64_t i = 0; i < reader.size(); ++i) {
      const PackRecord record = reader.record(i);
      if (static_cast<int64_t>(record.image.size()) != record.height * record.width * 3) fail("an image is whole");
      if (!record.mask.empty() && record.mask.size() * 3 != record.image.size()) fail("a mask has its image's size");
      if (record.label >= static_cast<int64_t>(reader.class_names().size())) fail("a label has a name");
      if (record.split >= static_cast<int64_t>(reader.split_names().size())) fail("a split has a name");
      // hostile records may all claim the same large stretch
      sum = std::accumulate(record.image.begin(), record.image.end(), sum + record.name.size());
      if (i > 64) break;
      try {
        reader.checked_record(i);
      } catch (const InputError&) {
      }
    }
    volatile uint64_t used = sum;
    static_cast<void>(used);
  } catch (const InputError&) {
  }
}

// Makes the checksums of index and trailer right, and the trailer's words too.
void seal(std::vector<uint8_t>& bytes) {
  PackTrailerLayout trailer;
  if (bytes.size() < kPackMagic.size() + sizeof(trailer)) return;
  std::memcpy(bytes.data(), kPackMagic.data(), kPackMagic.size());
  uint8_t* const tail = bytes.data() + bytes.size() - sizeof(trailer);
  std::memcpy(&trailer, tail, sizeof(trailer));
  const uint64_t end = bytes.size() - sizeof(trailer);
  if (trailer.index_offset <= end) {
    trailer.index_size = end - trailer.index_offset;
    trailer.index_checksum = checksum(ByteView(bytes.data() + trailer.index_offset, trailer.index_size));
  }
  trailer.checksum = checksum(ByteView(reinterpret_cast<const uint8_t*>(&trailer), kPackTrailerChecked));
  std::memcpy(trailer.magic, kPackTrailerMagic.data(), sizeof(trailer.magic));
  std::memcpy(tail, &trailer, sizeof(trailer));
}

}  // namespace

std::vector<std::string> seeds() { return {make_pack(0), make_pack(1), make_pack(3)}; }

}  // namespace multipole::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace multipole::fuzz;
  std::vector<uint8_t> bytes(data, data + size);
  read_all(bytes);
  seal(bytes);
  read_all(bytes);
  return 0;
}
