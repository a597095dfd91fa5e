// `embed`: what lies close, maps as pictures, and what cannot be asked.
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "datasets/codecs/image_decode.h"
#include "tests/apps/embed_command.h"

namespace multipole {
namespace {

using test::Words;

class EmbedAndCompare : public test::EmbedCommand {};

TEST_F(EmbedAndCompare, NearestFindsTheSamePictureFirst) {
  write_bad();
  const auto result = embed({photo(3).string(), path("absent.png"), "--nearest", photos(), "-k", "2", "--json"});
  EXPECT_EQ(result.exit_code, 3);
  const auto lines = json_lines(result.out);
  ASSERT_EQ(lines.size(), 2u) << result.out;
  ASSERT_EQ(lines[0]["neighbors"].size(), 2u);
  EXPECT_EQ(lines[0]["neighbors"][0]["path"], photo(3).string());
  EXPECT_NEAR(lines[0]["neighbors"][0]["similarity"].get<double>(), 1, 1e-5);
  EXPECT_LE(lines[0]["neighbors"][1]["similarity"], lines[0]["neighbors"][0]["similarity"]);
  EXPECT_EQ(lines[1]["path"], path("absent.png"));
  EXPECT_TRUE(lines[1].contains("error"));
  const auto text = embed({photo(3).string(), "--nearest", photos(), "-k", "1"});
  EXPECT_EQ(text.out, photo(3).string() + "\n   1.0000  " + photo(3).string() + "\n");
}

TEST_F(EmbedAndCompare, DuplicatesArePairsOfOneFolder) {
  std::filesystem::copy_file(photo(1), folder_ / "photos" / "copy.png");
  const auto result = embed({photos(), "--duplicates", "0.99999", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto lines = json_lines(result.out);
  ASSERT_GE(lines.size(), 1u);
  const auto found = std::find_if(lines.begin(), lines.end(), [&](const Json& line) {
    return line["first"] == photo(1).string() && line["second"] == path("photos/copy.png");
  });
  ASSERT_NE(found, lines.end()) << result.out;
  EXPECT_NEAR((*found)["similarity"].get<double>(), 1, 1e-5);
  EXPECT_EQ(json_lines(embed({photos(), "--duplicates", "-1", "--json"}).out).size(), 15u);
  const auto text = embed({photo(1).string(), path("photos/copy.png"), "--duplicates", "0.99"});
  EXPECT_EQ(text.out, " 1.0000  " + photo(1).string() + "  " + path("photos/copy.png") + "\n");
}

TEST_F(EmbedAndCompare, PrincipalComponentsAreAPictureOfTheSizeThatTheModelSees) {
  ASSERT_EQ(embed({photo(0).string(), "--pca", path("pca.png"), "--size", "80"}).exit_code, 0);
  const auto picture = read_image(folder_ / "pca.png");
  EXPECT_EQ(picture.sizes(), (torch::IntArrayRef{80, 80, 3}));
  EXPECT_GT(picture.to(torch::kFloat).std().item<double>(), 1);
  ASSERT_EQ(embed({photos(), "--pca", path("pictures"), "--map", "--out", path("maps")}).exit_code, 0);
  EXPECT_EQ(read_image(folder_ / "pictures" / "000004_4.png").sizes(), (torch::IntArrayRef{32, 32, 3}));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "maps" / "000004_4.npy"));
}

TEST_F(EmbedAndCompare, WhatCannotBeAsked) {
  const auto refused = [&](const Words& words, const std::string& reason) {
    const auto result = embed(words);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_NE(result.err.find(reason), std::string::npos) << result.err;
  };
  const std::string one = photo(0).string();
  refused({one}, "give --out, --pca, --nearest or --duplicates");
  refused({one, "--out", path("v.txt")}, ".npy, .safetensors or .csv");
  refused({one, "--map", "--out", path("v.csv")}, "maps");
  refused({one, "--out", path("v.csv"), "--nearest", photos()}, "--nearest");
  refused({one, "--out", path("v.csv"), "--pca", path("p.png")}, "--map");
  refused({one, "--map", "--duplicates", "0.5"}, "--map");
  refused({one, "--pca", one}, "would replace the input");
  refused({photos(), "--pca", path("p.png")}, "name a folder");
  refused({one, "--pca", path("p.jpg")}, ".png");
  refused({one, "--pca", path("both"), "--map", "--out", path("both")}, "name two folders");
  refused({one, "--duplicates", "2"}, "--duplicates");
  refused({one, "--size", "0", "--out", path("v.csv")}, "--size");
  refused({one, "--out", path("absent/v.csv")}, "absent");
  std::filesystem::create_directory(folder_ / "000000");
  std::filesystem::copy_file(photo(0), folder_ / "000000" / "000001_0.png");
  refused({path("000000/000001_0.png"), one, "--pca", path("000000")}, "would replace an input");
  EXPECT_EQ(embed({one, "--out", path("v.csv")}, "photos/0.png").exit_code, 5);
}

}  // namespace
}  // namespace multipole
