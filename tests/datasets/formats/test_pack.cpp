// Packed data: what is written reads back, and no damage goes unnoticed.
#include <gtest/gtest.h>

#include <cstring>

#include "base/checksum.h"
#include "base/error.h"
#include "datasets/formats/pack_reader.h"
#include "datasets/formats/pack_writer.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::Bytes;

struct Stored {
  std::string name;
  int64_t height, width, label, split;
  Bytes image, mask;
};

std::vector<Stored> random_records() {
  std::vector<Stored> records;
  for (int i = 0; i < 7; ++i) {
    Stored record{std::to_string(i).append("\xff\n"),
                  test::random_int(1, 9),
                  test::random_int(1, 9),
                  test::random_int(-1, 1),
                  test::random_int(-1, 2),
                  {},
                  {}};
    record.image.resize(record.height * record.width * 3);
    if (i % 2 == 1) record.mask.resize(record.height * record.width);
    for (auto& byte : record.image) byte = static_cast<uint8_t>(test::random_int(0, 255));
    for (auto& byte : record.mask) byte = static_cast<uint8_t>(test::random_int(0, 255));
    records.push_back(record);
  }
  return records;
}

Bytes pack(const std::vector<Stored>& records) {
  Bytes bytes;
  PackWriter writer(
      [&](const void* data, size_t size) {
        bytes.insert(bytes.end(), static_cast<const uint8_t*>(data), static_cast<const uint8_t*>(data) + size);
      },
      "as a test", {"cat", "dog"}, {"train", "val", "test"});
  for (const auto& r : records) writer.add({r.name, r.image, r.mask, r.height, r.width, r.label, r.split});
  writer.finish();
  return bytes;
}

std::string pack_refusal(const Bytes& bytes) {
  try {
    const PackReader reader(bytes, "x.pack");
    for (int64_t i = 0; i < reader.size(); ++i) reader.checked_record(i);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Pack, WhatIsWrittenReadsBack) {
  const auto records = random_records();
  const Bytes bytes = pack(records);
  const PackReader reader(bytes, "x.pack");
  EXPECT_EQ(reader.note(), "as a test");
  EXPECT_EQ(reader.class_names(), (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(reader.split_names(), (std::vector<std::string>{"train", "val", "test"}));
  ASSERT_EQ(reader.size(), static_cast<int64_t>(records.size()));
  for (int64_t i = 0; i < reader.size(); ++i) {
    const PackRecord record = reader.checked_record(i);
    EXPECT_EQ(record.name, records[i].name);
    EXPECT_EQ(record.label, records[i].label);
    EXPECT_EQ(record.split, records[i].split);
    EXPECT_EQ(record.height, records[i].height);
    EXPECT_EQ(record.width, records[i].width);
    EXPECT_EQ(Bytes(record.image.begin(), record.image.end()), records[i].image);
    EXPECT_EQ(Bytes(record.mask.begin(), record.mask.end()), records[i].mask);
    EXPECT_EQ((record.image.data() - bytes.data()) % kPackAlignment, 0);
  }
  EXPECT_EQ(pack_refusal(pack({})), "") << "a pack of nothing is a pack";
}

TEST(Pack, EveryTruncationAndEveryFlippedBitIsNoticed) {
  const auto records = random_records();
  const Bytes whole = pack(records);
  ASSERT_EQ(pack_refusal(whole), "");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(pack_refusal(Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size))), "") << size;
  }
  // gaps between the pictures hold nothing
  std::vector<bool> matters(whole.size(), true);
  const PackReader reader(whole, "x.pack");
  size_t position = kPackMagic.size();
  for (int64_t i = 0; i < reader.size(); ++i) {
    const PackRecord record = reader.record(i);
    const auto begin = static_cast<size_t>(record.image.data() - whole.data());
    for (; position < begin; ++position) matters[position] = false;
    position = begin + record.image.size() + record.mask.size();
  }
  for (size_t i = 0; i < whole.size(); ++i) {
    if (!matters[i]) continue;
    Bytes broken = whole;
    broken[i] ^= static_cast<uint8_t>(1 << test::random_int(0, 7));
    EXPECT_TRUE(pack_refusal(broken).starts_with("cannot read x.pack: "))
        << "byte " << i << ": " << pack_refusal(broken);
  }
}

// A hostile file has checksums that are right: the numbers themselves must be checked.
Bytes with_record(const Bytes& whole, const std::function<void(PackRecordLayout&)>& change) {
  Bytes bytes = whole;
  PackTrailerLayout trailer;
  uint8_t* const tail = bytes.data() + bytes.size() - sizeof(trailer);
  std::memcpy(&trailer, tail, sizeof(trailer));
  PackRecordLayout record;
  std::memcpy(&record, bytes.data() + trailer.index_offset, sizeof(record));
  change(record);
  std::memcpy(bytes.data() + trailer.index_offset, &record, sizeof(record));
  trailer.index_checksum = checksum(ByteView(bytes.data() + trailer.index_offset, trailer.index_size));
  trailer.checksum = checksum(ByteView(reinterpret_cast<const uint8_t*>(&trailer), kPackTrailerChecked));
  std::memcpy(tail, &trailer, sizeof(trailer));
  return bytes;
}

TEST(Pack, HostileRecordsAreRefused) {
  const Bytes whole = pack(random_records());
  using Record = PackRecordLayout;
  EXPECT_NE(pack_refusal(with_record(whole, [](Record& r) { r.offset = ~uint64_t{0} - 10; })).find("outside"),
            std::string::npos);
  EXPECT_NE(pack_refusal(with_record(whole, [](Record& r) { r.offset = 0; })).find("outside"), std::string::npos);
  EXPECT_NE(pack_refusal(with_record(whole, [](Record& r) { r.height = r.width = 1 << 24; })).find("outside"),
            std::string::npos);
  EXPECT_NE(pack_refusal(with_record(whole, [](Record& r) { r.height = r.width = 0x80000001; })).find("no picture"),
            std::string::npos);
  EXPECT_NE(pack_refusal(with_record(whole, [](Record& r) { r.width = 0; })).find("no picture"), std::string::npos);
  EXPECT_NE(pack_refusal(with_record(whole, [](Record& r) { r.label = 2; })).find("does not name"), std::string::npos);
  EXPECT_NE(pack_refusal(with_record(whole, [](Record& r) { r.split = 3; })).find("does not name"), std::string::npos);
  EXPECT_NE(pack_refusal(with_record(whole, [](Record& r) { r.checksum ^= 1; })).find("checksum differs"),
            std::string::npos);
}

TEST(Pack, OtherVersionsAndOtherFilesSaySo) {
  Bytes other = pack({});
  other[kPackMagic.size() - 1] = '2';
  EXPECT_NE(pack_refusal(other).find("another version"), std::string::npos);
  EXPECT_NE(pack_refusal({'P', 'K', 3, 4}).find("no packed data"), std::string::npos);
}

TEST(Pack, WritersDoNotContradictThemselves) {
  EXPECT_THROW(PackWriter([](const void*, size_t) {}, "", {"a", "a"}, {}), ConfigError);
  PackWriter writer([](const void*, size_t) {}, "", {"a"}, {});
  const Bytes image(12);
  EXPECT_THROW(writer.add({"x", image, {}, 2, 3, 0, -1}), std::invalid_argument);
  EXPECT_THROW(writer.add({"x", image, {}, 2, 2, 1, -1}), std::invalid_argument);
  EXPECT_THROW(writer.add({"x", image, {}, 2, 2, 0, 0}), std::invalid_argument);
}

}  // namespace
}  // namespace multipole
