// What decoding must refuse: damaged, hostile and foreign files, and paths that are no files.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <torch/utils.h>

#include <chrono>
#include <filesystem>

#include "base/error.h"
#include "datasets/codecs/image_decode.h"
#include "datasets/pictures/image_encode.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::Bytes;

struct NamedFile {
  std::string name;
  Bytes bytes;
};

// One noisy picture in every format, so that most bytes of the files are pixel data.
std::vector<NamedFile> corpus() {
  torch::manual_seed(static_cast<int64_t>(test::test_seed()));
  const torch::Tensor image = torch::randint(0, 256, {24, 24, 3}, torch::kUInt8);
  const auto* const begin = image.data_ptr<uint8_t>();
  test::RawTiff tiff{.width = 24, .height = 24, .data = Bytes(begin, begin + image.numel())};
  std::vector<NamedFile> files = {{"jpeg", test::encode_jpeg(image)},
                                  {"progressive jpeg", test::encode_jpeg(image, 90, true)},
                                  {"png", encode_png(image)},
                                  {"webp", test::encode_webp(image)},
                                  {"lossy webp", test::encode_lossy_webp(image)},
                                  {"bmp", test::encode_bmp(image)},
                                  {"gif", test::encode_gif(image.select(2, 0), Bytes(768, 7))},
                                  {"tiff", test::encode_raw_tiff(tiff)}};
  tiff.compression = 5;
  files.push_back({"tiff lzw", test::encode_raw_tiff(tiff)});
  return files;
}

std::string refusal(const Bytes& bytes, const DecodeOptions& options = {}) {
  try {
    decode_image(bytes, "some/picture.jpg", options);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(ImageStrict, EveryTruncationIsRefusedByName) {
  for (const auto& [name, bytes] : corpus()) {
    ASSERT_EQ(refusal(bytes), "") << name;
    for (int percent = 0; percent < 100; percent += 10) {
      const Bytes cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(bytes.size() * percent / 100));
      EXPECT_TRUE(refusal(cut).starts_with("cannot read some/picture.jpg: ")) << name << " at " << percent << "%";
    }
  }
}

TEST(ImageStrict, JpegMissingItsLastBytesIsRefusedUnlessAllowed) {
  const Bytes jpeg = test::encode_jpeg(test::gradient_image(40, 40));
  const Bytes cut(jpeg.begin(), jpeg.end() - 40);
  EXPECT_NE(refusal(cut).find("Premature end"), std::string::npos) << refusal(cut);
  const DecodedImage kept = decode_image_with_notes(cut, "cut.jpg", {.allow_truncated = true});
  EXPECT_EQ(kept.pixels.sizes(), (std::vector<int64_t>{40, 40, 3}));
  ASSERT_EQ(kept.notes.size(), 1u);
  EXPECT_NE(kept.notes[0].find("missing"), std::string::npos);
}

TEST(ImageStrict, EveryFlippedBitOfAPngIsRefused) {
  const Bytes png = encode_png(test::gradient_image(6, 6));
  for (size_t i = 0; i < png.size(); ++i) {
    Bytes broken = png;
    broken[i] ^= static_cast<uint8_t>(1 << test::random_int(0, 7));
    EXPECT_NE(refusal(broken), "") << "byte " << i << " of " << png.size();
  }
}

// Random damage gives a picture or an InputError, never a crash or another error.
TEST(ImageStrict, RandomDamageIsHandled) {
  for (const auto& [name, bytes] : corpus()) {
    for (int round = 0; round < 300; ++round) {
      Bytes broken = bytes;
      const int64_t num_changes = test::random_int(1, 8);
      // headers matter most: half of the changes go there
      for (int64_t i = 0; i < num_changes; ++i) {
        const auto last = static_cast<int64_t>(bytes.size()) - 1;
        const int64_t place = test::random_int(0, i % 2 == 0 ? std::min<int64_t>(last, 120) : last);
        broken[static_cast<size_t>(place)] = static_cast<uint8_t>(test::random_int(0, 255));
      }
      EXPECT_NO_THROW(refusal(broken, {.max_pixels = 1'000'000})) << name;
    }
  }
}

TEST(ImageStrict, HeaderBombsAreRefusedBeforeAllocation) {
  const test::RawPng png{.width = 40000, .height = 40000};
  EXPECT_NE(refusal(test::encode_raw_png(png)).find("40000 x 40000 pixels, above the limit"), std::string::npos);
  const test::RawPng tall{.width = 1, .height = 0x7fffffff};
  EXPECT_NE(refusal(test::encode_raw_png(tall)).find("above the limit"), std::string::npos);
  Bytes jpeg = test::encode_jpeg(test::gradient_image(8, 8));
  for (size_t i = 0; i + 8 < jpeg.size(); ++i) {
    if (jpeg[i] == 0xff && jpeg[i + 1] == 0xc0) std::fill_n(jpeg.begin() + static_cast<ptrdiff_t>(i) + 5, 4, 0xea);
  }
  EXPECT_NE(refusal(jpeg).find("60138 x 60138 pixels, above the limit"), std::string::npos) << refusal(jpeg);
  Bytes bmp = test::encode_bmp(test::gradient_image(2, 2));
  for (size_t i = 18; i < 26; ++i) bmp[i] = i % 4 == 1 ? 0x7f : 0xff;
  EXPECT_NE(refusal(bmp).find("above the limit"), std::string::npos) << refusal(bmp);
  Bytes gif = test::encode_gif(torch::zeros({2, 2}, torch::kUInt8), {});
  for (size_t i = 6; i < 10; ++i) gif[i] = 0xff;
  EXPECT_NE(refusal(gif).find("65535 x 65535 pixels, above the limit"), std::string::npos);
  EXPECT_NE(refusal(encode_png(test::gradient_image(11, 10)), {.max_pixels = 109}).find("above the limit of 109"),
            std::string::npos);
}

TEST(ImageStrict, TheLimitOfPixelsSaysHowItIsRaised) {
  for (const auto& [name, bytes] : corpus()) {
    const std::string reason = refusal(bytes, {.max_pixels = 24 * 24 - 1});
    EXPECT_NE(reason.find("24 x 24 pixels, above the limit of 575; --max-pixels 576 reads it"), std::string::npos)
        << name << ": " << reason;
    EXPECT_EQ(refusal(bytes, {.max_pixels = 24 * 24}), "") << name;
  }
}

// Lossy WebP has no checksum: what its container and its header say is all that can be compared.
TEST(ImageStrict, WhatTheContainerOfALossyWebpTellsIsRefused) {
  torch::manual_seed(static_cast<int64_t>(test::test_seed()));
  const Bytes webp = test::encode_lossy_webp(torch::randint(0, 256, {40, 40, 3}, torch::kUInt8));
  ASSERT_EQ(refusal(webp), "");
  for (size_t size = 0; size < webp.size(); ++size) {
    EXPECT_NE(refusal(Bytes(webp.begin(), webp.begin() + static_cast<ptrdiff_t>(size))), "") << size << " bytes";
  }
  const auto with = [&](size_t place, std::initializer_list<uint8_t> bytes) {
    Bytes broken = webp;
    std::copy(bytes.begin(), bytes.end(), broken.begin() + static_cast<ptrdiff_t>(place));
    return refusal(broken);
  };
  EXPECT_NE(with(4, {0xff, 0xff, 0xff, 0x00}), "") << "the container is said to be longer than the file";
  EXPECT_NE(with(4, {0x40, 0x00, 0x00, 0x00}), "") << "the container is said to end within the picture";
  EXPECT_NE(with(16, {0xff, 0xff, 0x00, 0x00}), "") << "the picture is said to be longer than the file";
  EXPECT_NE(with(16, {0x40, 0x00, 0x00, 0x00}), "") << "the picture is said to end early";
  EXPECT_NE(with(12, {'V', 'P', '8', '?'}), "") << "an unknown kind of picture";
  EXPECT_NE(with(23, {0, 0, 0}), "") << "no start code";
  EXPECT_NE(with(26, {0, 0}), "") << "no width";
  EXPECT_NE(with(0, {'R', 'I', 'F', 'X'}), "") << "no container";
}

TEST(ImageStrict, DeflateBombsStopAtThePicturesSize) {
  // 64 MB of rows behind a header of one pixel
  test::RawPng png{.width = 1, .height = 1, .rows = Bytes(64 << 20, 0)};
  const Bytes file = test::encode_raw_png(png);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_NO_THROW(refusal(file));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST(ImageStrict, PaletteIndexBeyondThePalette) {
  const test::RawPng png{.width = 2, .height = 1, .color_type = 3, .palette = {1, 2, 3}, .rows = {0, 9}};
  EXPECT_NE(refusal(test::encode_raw_png(png)).find("beyond the palette"), std::string::npos);
}

TEST(ImageStrict, TiffDirectoryLoopIsHandled) {
  const test::RawTiff tiff{.width = 4, .height = 4, .data = Bytes(48, 1)};
  Bytes file = test::encode_raw_tiff(tiff);
  // the next-directory offset, 4 zero bytes after the entries, now points at its own directory
  const auto directory = static_cast<uint32_t>(file[4] | file[5] << 8 | file[6] << 16 | file[7] << 24);
  const auto num_entries = static_cast<uint32_t>(file[directory] | file[directory + 1] << 8);
  std::copy_n(file.begin() + 4, 4, file.begin() + directory + 2 + 12 * num_entries);
  EXPECT_EQ(decode_image(file, "loop.tif").size(0), 4);
}

TEST(ImageStrict, FilesThatAreNoImagesSayHowTheyBegin) {
  EXPECT_NE(refusal({}).find("the file is empty"), std::string::npos);
  EXPECT_NE(refusal(test::to_bytes("hello, this is text")).find("not an image: starts with \"hello, this is t\""),
            std::string::npos);
  EXPECT_NE(refusal(test::to_bytes("<!DOCTYPE html>")).find("starts with \"<!DOCTYPE html>\""), std::string::npos);
  EXPECT_NE(refusal({0, 1, 255}).find("starts with \"\\x00\\x01\\xff\""), std::string::npos);
}

TEST(ImageStrict, PathsThatAreNoPictures) {
  const test::TemporaryFolder folder;
  const auto path_refusal = [](const std::filesystem::path& path) -> std::string {
    try {
      read_image(path);
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("cannot read " + path.string() + ": "), std::string::npos);
      return error.what();
    }
    return "";
  };
  const auto& root = folder.path();
  EXPECT_NE(path_refusal(root / "missing.jpg").find("No such file"), std::string::npos);
  EXPECT_NE(path_refusal(root).find("it is a folder"), std::string::npos);
  ASSERT_EQ(mkfifo((root / "pipe.jpg").c_str(), 0600), 0);
  EXPECT_NE(path_refusal(root / "pipe.jpg").find("not a regular file"), std::string::npos);
  EXPECT_NE(path_refusal("/dev/zero").find("not a regular file"), std::string::npos);
  std::filesystem::create_symlink("nowhere", root / "dangling.jpg");
  EXPECT_NE(path_refusal(root / "dangling.jpg").find("a link to a file that does not exist"), std::string::npos);
  EXPECT_NE(path_refusal(folder.write("empty.png", {})).find("the file is empty"), std::string::npos);
  const auto secret = folder.write("secret.png", encode_png(test::gradient_image(2, 2)));
  std::filesystem::permissions(secret, std::filesystem::perms::none);
  if (geteuid() != 0) {
    EXPECT_NE(path_refusal(secret).find("Permission denied"), std::string::npos);
  }
}

TEST(ImageStrict, NamesOfAnyBytesAreKept) {
  const test::TemporaryFolder folder;
  const torch::Tensor image = test::gradient_image(3, 4);
  const std::vector<std::string> names = {"with space.png", "new\nline.png", "\xf0\x9f\x90\x88.jpg",
                                          "not\xff\xfeutf8.bmp", std::string(251, 'x')};
  for (const auto& name : names) {
    EXPECT_TRUE(torch::equal(read_image(folder.write(name, encode_png(image))), image));
  }
}

TEST(ImageStrict, FilesAboveTheLimitAreNotRead) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("a.png", encode_png(test::gradient_image(30, 30)));
  EXPECT_THROW(read_image(path, {.max_file_bytes = 50}), InputError);
}

}  // namespace
}  // namespace multipole
