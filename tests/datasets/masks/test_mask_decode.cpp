#include <gtest/gtest.h>
#include <torch/types.h>

#include <string>

#include "base/error.h"
#include "datasets/masks/color_map.h"
#include "datasets/masks/label_map.h"
#include "datasets/masks/mask_decode.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::Bytes;
using test::random_int;

template <class Function>
std::string decode_error_of(Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(MaskDecode, KeepsEveryValueOfGrayAndPalette) {
  const auto ids = torch::randint(256, {random_int(1, 9), random_int(1, 9)}, torch::kInt);
  for (const bool palette : {false, true}) {
    const auto mask = decode_mask(test::encode_mask(ids, 8, palette), "m");
    EXPECT_FALSE(mask.is_colored());
    EXPECT_TRUE(mask.values.equal(ids)) << "palette: " << palette;
  }
  const auto wide = torch::randint(65536, {random_int(1, 9), random_int(1, 9)}, torch::kInt);
  EXPECT_TRUE(decode_mask(test::encode_mask(wide, 16), "m").values.equal(wide));
}

TEST(MaskDecode, FewBitsStayTheNumbersThatTheyAre) {
  // two pixels of 4 bits: 1 and 15, which a picture would show as 17 and 255
  for (const int color_type : {0, 3}) {
    test::RawPng png{.width = 2, .height = 1, .bit_depth = 4, .color_type = color_type, .rows = {0x1f}};
    if (color_type == 3) png.palette = Bytes(48, 7);
    const auto mask = decode_mask(test::encode_raw_png(png), "m");
    EXPECT_TRUE(mask.values.equal(torch::tensor({{1, 15}}, torch::kInt))) << color_type;
  }
}

TEST(MaskDecode, AlphaAndTransparencyChangeNothing) {
  const test::RawPng gray_alpha{.width = 2, .height = 1, .bit_depth = 8, .color_type = 4, .rows = {3, 0, 9, 255}};
  EXPECT_TRUE(decode_mask(test::encode_raw_png(gray_alpha), "m").values.equal(torch::tensor({{3, 9}}, torch::kInt)));
  test::RawPng palette{.width = 2, .height = 1, .bit_depth = 8, .color_type = 3, .rows = {0, 1}};
  palette.palette = Bytes(6, 200);
  palette.transparency = {0, 0};
  EXPECT_TRUE(decode_mask(test::encode_raw_png(palette), "m").values.equal(torch::tensor({{0, 1}}, torch::kInt)));
}

TEST(MaskDecode, ColoursAreWhatAViewerShows) {
  const auto colors = [](const test::RawPng& png) {
    return decode_mask(test::encode_raw_png(png), "m", {}, MaskForm::kColors).values;
  };
  test::RawPng palette{.width = 2, .height = 1, .bit_depth = 4, .color_type = 3, .rows = {0x10}};
  palette.palette = {1, 2, 3, 9, 8, 7};
  const auto expected = torch::tensor({{{9, 8, 7}, {1, 2, 3}}}, torch::kUInt8);
  EXPECT_TRUE(colors(palette).equal(expected));
  palette.transparency = {0, 128};
  EXPECT_TRUE(colors(palette).equal(expected)) << "transparent entries keep their colour";
  const test::RawPng gray{.width = 2, .height = 1, .bit_depth = 2, .color_type = 0, .rows = {0b11'01'0000}};
  EXPECT_TRUE(colors(gray).equal(torch::tensor({{{255, 255, 255}, {85, 85, 85}}}, torch::kUInt8)));
  const test::RawPng gray_alpha{.width = 2, .height = 1, .bit_depth = 8, .color_type = 4, .rows = {3, 0, 9, 255}};
  EXPECT_TRUE(colors(gray_alpha).equal(torch::tensor({{{3, 3, 3}, {9, 9, 9}}}, torch::kUInt8)));
  const test::RawPng rgb{.width = 1, .height = 1, .bit_depth = 8, .color_type = 2, .rows = {5, 6, 7}};
  EXPECT_TRUE(colors(rgb).equal(torch::tensor({{{5, 6, 7}}}, torch::kUInt8)));
  const test::RawPng wide{.width = 1, .height = 1, .bit_depth = 16, .color_type = 0, .rows = {0, 1}};
  EXPECT_NE(decode_error_of([&] { colors(wide); }).find("16 bits"), std::string::npos);
}

TEST(MaskDecode, WhatIsNoMaskIsRefusedByName) {
  const auto picture = test::gradient_image(4, 5);
  const auto refused = [](const Bytes& bytes) { return decode_error_of([&] { decode_mask(bytes, "a/b.png"); }); };
  EXPECT_NE(refused(test::encode_jpeg(picture))
                .find("a/b.png: it is a JPEG, which blurs class ids into others; a mask has to be a PNG or a TIFF"),
            std::string::npos);
  EXPECT_NE(refused({}).find("a/b.png"), std::string::npos);
  const test::RawPng deep{.width = 1, .height = 1, .bit_depth = 16, .color_type = 2, .rows = Bytes(6, 0)};
  EXPECT_NE(refused(test::encode_raw_png(deep)).find("16-bit colours"), std::string::npos);
  auto damaged = test::encode_mask(torch::zeros({30, 30}));
  damaged.resize(damaged.size() / 2);
  EXPECT_NE(refused(damaged).find("a/b.png"), std::string::npos);
}

TEST(LabelMap, NamesTheFirstUnknownValueAndItsPlace) {
  auto ids = torch::zeros({3, 4}, torch::kInt);
  ids[1][2] = 7;
  ids[2][0] = 9;
  const LabelMap labels(3);
  EXPECT_EQ(decode_error_of([&] { labels.apply({ids}, "m.png"); }),
            "m.png: the value 7 at row 1, column 2 is no class (0 to 2 and 255 for ignored pixels are known)");
  ids.clamp_max_(2);
  ids[0][0] = 255;
  EXPECT_TRUE(labels.apply({ids}, "m.png").equal(ids.to(torch::kByte)));
}

TEST(LabelMap, ReducedZeroIsIgnoredAndTheOthersMoveDown) {
  const auto ids = torch::tensor({{0, 1, 150, 255}}, torch::kInt);
  const auto expected = torch::tensor({{255, 0, 149, 255}}, torch::kByte);
  EXPECT_TRUE(LabelMap(150, /*reduce_zero_label=*/true).apply({ids}, "m").equal(expected));
  EXPECT_NE(
      decode_error_of([] { LabelMap(150, true).apply({torch::tensor({{151}}, torch::kInt)}, "m"); }).find("value 151"),
      std::string::npos);
}

TEST(LabelMap, Of255OneIsToldWhatItMeans) {
  const auto stored = torch::tensor({{0, 1, 255}}, torch::kInt);
  EXPECT_TRUE(LabelMap(2, false, kNoIgnoreIndex).apply({stored}, "m").equal(torch::tensor({{0, 1, 1}}, torch::kByte)));
  EXPECT_TRUE(LabelMap(2, false, 0).apply({stored}, "m").equal(torch::tensor({{255, 1, 1}}, torch::kByte)));
  EXPECT_EQ(decode_error_of([&] { LabelMap(3, false, kNoIgnoreIndex).apply({stored}, "m"); }),
            "m: the value 255 at row 0, column 2 is no class (0 to 2 are known)");
  EXPECT_EQ(
      decode_error_of([] { LabelMap(2, false, 9).apply({torch::tensor({{8}}, torch::kInt)}, "m"); }),
      "m: the value 8 at row 0, column 0 is no class (0 to 1, 255 for class 1 and 9 for ignored pixels are known)");
}

TEST(LabelMap, TakesUpTo255Classes) {
  EXPECT_NO_THROW(LabelMap(255));
  EXPECT_THROW(LabelMap(256), ConfigError);
  EXPECT_THROW(LabelMap(0), ConfigError);
}

TEST(LabelMap, WideValuesCanBeGivenAClass) {
  LabelMap labels(2);
  labels.set_value(40000, 1);
  labels.set_value(65535, kIgnoredLabel);
  const auto ids = torch::tensor({{40000, 65535, 0}}, torch::kInt);
  EXPECT_TRUE(labels.apply({ids}, "m").equal(torch::tensor({{1, 255, 0}}, torch::kByte)));
}

TEST(ColorMap, GivesColoursTheirClasses) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "colors.txt", "# comment\n255 0 0\troad\r\n0 0 255\tsky\n\n0 0 0\tignore\n1 0 0\troad\n");
  LabelMap labels(2);
  const ColorMap map = read_color_map(folder / "colors.txt");
  apply_color_map(map, {"sky", "road"}, labels);
  EXPECT_EQ(color_map_classes(map), (std::vector<std::string>{"road", "sky"}));
  const auto colors = torch::tensor({{{255, 0, 0}, {0, 0, 255}}, {{0, 0, 0}, {1, 0, 0}}}, torch::kByte);
  EXPECT_TRUE(labels.apply({colors}, "m").equal(torch::tensor({{1, 0}, {255, 1}}, torch::kByte)));
  const auto other = torch::tensor({{{255, 0, 0}, {1, 2, 254}}}, torch::kByte);
  EXPECT_EQ(decode_error_of([&] { labels.apply({other}, "m.png"); }),
            "m.png: the colour #0102fe at row 0, column 1 is not in the colour map");
  EXPECT_NE(decode_error_of([&] { LabelMap(2).apply({other}, "m.png"); }).find("m.png: a colour picture"),
            std::string::npos);
}

TEST(ColorMap, WrongLinesAreNamed) {
  const test::TemporaryFolder folder;
  const auto read = [&](const std::string& text) {
    test::write_text(folder / "colors.txt", text);
    LabelMap labels(2);
    return decode_error_of([&] { apply_color_map(read_color_map(folder / "colors.txt"), {"sky", "road"}, labels); });
  };
  EXPECT_NE(read("255 0 0\troads\n").find("did you mean 'road'"), std::string::npos);
  EXPECT_NE(read("255 0\troad\n").find("expected 'R G B'"), std::string::npos);
  EXPECT_NE(read("256 0 0\troad\n").find("expected 'R G B'"), std::string::npos);
  EXPECT_NE(read("1 1 1\troad\n1 1 1\tsky\n").find("stands twice"), std::string::npos);
  EXPECT_NE(read("\n").find("no colour"), std::string::npos);
}

}  // namespace
}  // namespace multipole
