#include <gtest/gtest.h>
#include <sys/stat.h>
#include <torch/types.h>

#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/files/safetensors.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::random_int;
using test::TemporaryFolder;

const std::vector<torch::ScalarType>& written_types() {
  static const std::vector<torch::ScalarType> types = {
      torch::kFloat64, torch::kFloat32, torch::kFloat16, torch::kBFloat16, torch::kInt64,
      torch::kInt32,   torch::kInt16,   torch::kInt8,    torch::kUInt8,    torch::kBool};
  return types;
}

// Tensors of every dtype: of a random shape, rank 0, and empty.
Safetensors every_dtype() {
  Safetensors content;
  content.metadata = {{"multipole", "{\"a\": 1}"}, {"note", "caf\xc3\xa9\n"}};
  for (const auto type : written_types()) {
    const std::string name = torch::toString(type);
    const auto random = torch::randint(0, 100, {random_int(1, 5), random_int(1, 7), random_int(1, 3)});
    content.tensors[name] = random.to(type);
    content.tensors[name + ".scalar"] = random.max().to(type);
    content.tensors[name + ".empty"] = torch::empty({0, random_int(0, 4)}, type);
  }
  return content;
}

TEST(Safetensors, RoundTripOfEveryDtype) {
  const TemporaryFolder folder;
  const Safetensors content = every_dtype();
  write_safetensors(folder / "a.safetensors", content);
  const Safetensors back = read_safetensors(folder / "a.safetensors");
  EXPECT_EQ(back.metadata, content.metadata);
  ASSERT_EQ(back.tensors.size(), content.tensors.size());
  for (const auto& [name, tensor] : content.tensors) {
    EXPECT_EQ(back.tensors.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(torch::equal(back.tensors.at(name), tensor)) << name;
  }
}

TEST(Safetensors, KeepsNonFiniteValuesAndUnusualStrides) {
  const TemporaryFolder folder;
  Safetensors content;
  const double infinity = std::numeric_limits<double>::infinity();
  content.tensors["special"] = torch::tensor({infinity, -infinity, std::numeric_limits<double>::quiet_NaN()});
  content.tensors["strided"] = torch::randn({4, 6}).t().slice(0, 1, 6, 2);
  write_safetensors(folder / "a.safetensors", content);
  const Safetensors back = read_safetensors(folder / "a.safetensors");
  EXPECT_TRUE(torch::equal(back.tensors.at("strided"), content.tensors.at("strided")));
  EXPECT_TRUE(torch::allclose(back.tensors.at("special"), content.tensors.at("special"), 0, 0, true));
}

TEST(Safetensors, TheSameContentGivesTheSameBytes) {
  const TemporaryFolder folder;
  const Safetensors content = every_dtype();
  write_safetensors(folder / "a", content);
  write_safetensors(folder / "b", content);
  EXPECT_EQ(test::read_text(folder / "a"), test::read_text(folder / "b"));
}

TEST(Safetensors, EveryTruncationIsRefused) {
  const TemporaryFolder folder;
  Safetensors content;
  content.tensors["w"] = torch::randn({3, 5});
  write_safetensors(folder / "whole", content);
  const std::string bytes = test::read_text(folder / "whole");
  for (size_t size = 0; size < bytes.size(); ++size) {
    test::write_text(folder / "cut", bytes.substr(0, size));
    EXPECT_THROW(read_safetensors(folder / "cut"), ModelFileError) << size << " of " << bytes.size() << " bytes";
  }
}

// Whatever single bit is flipped, the reader either refuses or returns; it never reads out of bounds or crashes.
TEST(Safetensors, FlippedBitsNeverCrash) {
  const TemporaryFolder folder;
  Safetensors content;
  content.tensors["w"] = torch::randn({3});
  content.tensors["flag"] = torch::ones({2}, torch::kBool);
  write_safetensors(folder / "whole", content);
  const std::string bytes = test::read_text(folder / "whole");
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    test::write_text(folder / "flipped", flipped);
    try {
      const Safetensors back = read_safetensors(folder / "flipped");
      for (const auto& [name, tensor] : back.tensors) EXPECT_EQ(tensor.numel(), tensor.clone().numel());
    } catch (const ModelFileError&) {
    }
  }
}

TEST(Safetensors, RefusesWhatCannotBeRead) {
  const TemporaryFolder folder;
  EXPECT_THROW(read_safetensors(folder / "absent"), ModelFileError);
  EXPECT_THROW(read_safetensors(folder.path()), ModelFileError);
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THROW(read_safetensors(folder / "pipe"), ModelFileError);
  Safetensors content;
  content.tensors["c"] = torch::zeros({2}, torch::kComplexFloat);
  EXPECT_THROW(write_safetensors(folder / "c", content), ModelFileError);
}

// Against the format's own implementation: it reads what we write, and we read what it writes.
TEST(Safetensors, AgreesWithThePythonPackage) {
  const std::string python = MULTIPOLE_SOURCE_DIR "/.venv/bin/python";
  if (std::system((python + " -c 'import safetensors, numpy' 2> /dev/null").c_str()) != 0) {
    GTEST_SKIP() << "the Python package safetensors is not installed in .venv";
  }
  const TemporaryFolder folder;
  Safetensors content = every_dtype();
  // numpy has no bfloat16
  std::erase_if(content.tensors, [](const auto& entry) { return entry.second.scalar_type() == torch::kBFloat16; });
  write_safetensors(folder / "ours", content);
  test::write_text(folder / "copy.py",
                   "import sys\nfrom safetensors import safe_open\nfrom safetensors.numpy import save_file\n"
                   "with safe_open(sys.argv[1], 'np') as file:\n"
                   "  tensors = {key: file.get_tensor(key) for key in file.keys()}\n"
                   "  save_file(tensors, sys.argv[2], metadata=file.metadata())\n");
  const std::string command = python + " " + (folder / "copy.py").string() + " " + (folder / "ours").string() + " " +
                              (folder / "theirs").string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  const Safetensors back = read_safetensors(folder / "theirs");
  EXPECT_EQ(back.metadata, content.metadata);
  ASSERT_EQ(back.tensors.size(), content.tensors.size());
  for (const auto& [name, tensor] : content.tensors) EXPECT_TRUE(torch::equal(back.tensors.at(name), tensor)) << name;
}

}  // namespace
}  // namespace multipole
