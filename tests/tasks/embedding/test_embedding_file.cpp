#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cstring>
#include <filesystem>
#include <sstream>
#include <string>

#include "base/error.h"
#include "base/json_text.h"
#include "engine/files/safetensors.h"
#include "tasks/embedding/embedding_file.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::random_int;

class EmbeddingFile : public ::testing::Test {
 protected:
  const test::TemporaryFolder folder_;
  const std::vector<std::string> names_ = {"a.png", "b, \"c\".png", "\xff.png"};
  const torch::Tensor vectors_ = torch::randn({3, random_int(1, 9)}) * 1e6;
};

TEST_F(EmbeddingFile, NpyIsAHeaderOfWholeLinesAndTheNumbers) {
  write_embeddings(folder_ / "v.npy", names_, vectors_);
  const std::string bytes = test::read_text(folder_ / "v.npy");
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const size_t start = 10 + static_cast<unsigned char>(bytes[8]) + 256 * static_cast<unsigned char>(bytes[9]);
  EXPECT_EQ(start % 64, 0u);
  EXPECT_EQ(bytes[start - 1], '\n');
  const std::string shape = "'shape': (3, " + std::to_string(vectors_.size(1)) + "), }";
  EXPECT_NE(bytes.find("{'descr': '<f4', 'fortran_order': False, " + shape), std::string::npos);
  ASSERT_EQ(bytes.size(), start + vectors_.nbytes());
  EXPECT_EQ(std::memcmp(bytes.data() + start, vectors_.data_ptr(), vectors_.nbytes()), 0);
  EXPECT_EQ(test::read_text(folder_ / "v.npy.txt"), names_[0] + "\n" + names_[1] + "\n" + names_[2] + "\n");
}

TEST_F(EmbeddingFile, SafetensorsHoldsNamesInItsMetadata) {
  write_embeddings(folder_ / "v.safetensors", names_, vectors_, {{"model", "m"}});
  const auto read = read_safetensors(folder_ / "v.safetensors");
  EXPECT_TRUE(read.tensors.at("vectors").equal(vectors_));
  EXPECT_EQ(read.metadata.at("model"), "m");
  EXPECT_EQ(parse_json_text(read.metadata.at("names"), "names"), Json(names_));
  const auto maps = torch::randn({3, 4, 2, 5});
  write_embeddings(folder_ / "m.safetensors", names_, maps);
  EXPECT_TRUE(read_safetensors(folder_ / "m.safetensors").tensors.at("maps").equal(maps));
}

TEST_F(EmbeddingFile, CsvGivesTheSameNumbersAgain) {
  write_embeddings(folder_ / "v.csv", names_, vectors_);
  std::istringstream lines(test::read_text(folder_ / "v.csv"));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line.rfind("path,0", 0), 0u) << line;
  const std::vector<std::string> fields = {"a.png", "\"b, \"\"c\"\".png\"", "\xff.png"};
  for (int64_t i = 0; i < 3; ++i) {
    std::getline(lines, line);
    const std::string& name = fields[static_cast<size_t>(i)];
    ASSERT_EQ(line.rfind(name + ",", 0), 0u) << line;
    std::istringstream numbers(line.substr(name.size() + 1));
    for (int64_t j = 0; j < vectors_.size(1); ++j) {
      std::string number;
      std::getline(numbers, number, ',');
      EXPECT_EQ(std::stof(number), vectors_[i][j].item<float>());
    }
  }
}

TEST_F(EmbeddingFile, NoPicturesAreNoRows) {
  for (const char* name : {"v.npy", "v.csv", "v.safetensors"}) {
    write_embeddings(folder_ / name, {}, torch::empty({0, 4}));
    EXPECT_TRUE(std::filesystem::exists(folder_ / name));
  }
  EXPECT_EQ(test::read_text(folder_ / "v.csv"), "path,0,1,2,3\n");
}

TEST_F(EmbeddingFile, WhatCannotBeWritten) {
  EXPECT_THROW(check_embedding_file("v.txt", FeatureKind::kVector, {}), ConfigError);
  EXPECT_THROW(check_embedding_file("v", FeatureKind::kVector, {}), ConfigError);
  EXPECT_THROW(check_embedding_file("v.npy", FeatureKind::kMap, {}), ConfigError);
  EXPECT_THROW(check_embedding_file("v.csv", FeatureKind::kMap, {}), ConfigError);
  EXPECT_THROW(check_embedding_file("v.npy", FeatureKind::kVector, {"a\nb"}), ConfigError);
  EXPECT_NO_THROW(check_embedding_file("v.csv", FeatureKind::kVector, {"a\nb"}));
  EXPECT_THROW(write_embeddings(folder_ / "absent" / "v.csv", names_, vectors_), ConfigError);
  EXPECT_THROW(write_embeddings(folder_ / "v.csv", {"a"}, vectors_), c10::Error);
}

}  // namespace
}  // namespace multipole
