// The polygons of a map, as `segment predict --vector` writes them, for programs that compare:
//
//   vectorize_map file MAP HEIGHT WIDTH OUT [EPSG T0 T1 T2 T3 T4 T5]
//     MAP: the labels of all pixels, a byte each, then 255 times their probabilities. OUT: .geojson or .gpkg. The map
//     comes in bands of random heights, and is placed by the six numbers of GDAL's order.
//
//   vectorize_map many HEIGHT WIDTH LIMIT [OUT]
//     About a region for each 100 pixels, on a ground that all of them pierce. Prints how many there are and what they
//     take; fails where the whole process takes more than LIMIT MiB.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <random>
#include <stdexcept>

#include "base/read_file.h"
#include "engine/runtime/process_memory.h"
#include "tasks/segmentation/vector/vector_sink.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

std::vector<std::string> class_names() {
  std::vector<std::string> names;
  for (int i = 0; i < 255; ++i) names.push_back("class " + std::to_string(i));
  return names;
}

int vectorize_file(const std::vector<std::string>& words) {
  const int64_t height = std::stoll(words.at(2)), width = std::stoll(words.at(3));
  const auto bytes = read_file(words.at(1), int64_t{1} << 32);
  const torch::Tensor maps = torch::tensor(at::ArrayRef<uint8_t>(bytes), torch::kUInt8).view({2, height, width});
  std::optional<Georeference> georeference;
  if (words.size() > 5) {
    georeference.emplace();
    georeference->epsg = std::stoi(words[5]);
    georeference->geographic = georeference->epsg == 4326;
    if (!georeference->geographic) georeference->unit_metres = 1;
    for (size_t i = 0; i < 6; ++i) georeference->transform[i] = std::stod(words.at(6 + i));
  }
  VectorOptions options;
  options.format = parse_vector_target(words.at(4), "OUT").format;
  VectorSink sink(words[4], class_names(), default_palette(), options, georeference);
  sink.begin(height, width);
  std::mt19937_64 random(static_cast<uint64_t>(height * width));
  std::uniform_int_distribution<int64_t> band(1, 20);
  for (int64_t row = 0; row < height;) {
    const int64_t rows = std::min(height - row, band(random));
    sink.write(
        {.first_row = row, .classes = maps[0].narrow(0, row, rows), .probability = maps[1].narrow(0, row, rows)});
    row += rows;
  }
  sink.commit();
  return 0;
}

uint64_t scrambled(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

// In each block of 10 x 10 pixels a box of some other class than the ground's, now and then with another at its corner.
uint8_t class_at(int64_t y, int64_t x) {
  const uint64_t random = scrambled(static_cast<uint64_t>(y / 10 * 1'000'003 + x / 10 + 1));
  const auto v = static_cast<uint64_t>(y % 10), u = static_cast<uint64_t>(x % 10);
  const uint64_t top = 1 + random % 4, left = 1 + random / 4 % 4;
  const uint64_t bottom = top + 1 + random / 16 % 4, right = left + 1 + random / 64 % 4;
  if (v < top || u < left || v >= bottom || u >= right) return 0;
  const bool at_corner = v == top && u == left && random / 256 % 4 == 0;
  return static_cast<uint8_t>(1 + (random / 1024 + (at_corner ? 1 : 0)) % 4);
}

int vectorize_many(const std::vector<std::string>& words) {
  const int64_t height = std::stoll(words.at(1)), width = std::stoll(words.at(2)), limit = std::stoll(words.at(3));
  constexpr int64_t kBand = 200;
  const test::TemporaryFolder folder;
  const std::filesystem::path path = words.size() > 4 ? std::filesystem::path(words[4]) : folder / "many.geojson";
  VectorOptions options;
  options.format = parse_vector_target(path, "OUT").format;
  VectorSink sink(path, class_names(), default_palette(), options);
  sink.begin(height, width);
  std::chrono::duration<double> seconds{0};
  const auto timed = [&seconds](const auto& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    seconds += std::chrono::steady_clock::now() - start;
  };
  for (int64_t row = 0; row < height; row += kBand) {
    const int64_t rows = std::min(kBand, height - row);
    const torch::Tensor classes = torch::empty({rows, width}, torch::kUInt8);
    for (int64_t y = 0; y < rows; ++y) {
      for (int64_t x = 0; x < width; ++x) classes.data_ptr<uint8_t>()[y * width + x] = class_at(row + y, x);
    }
    timed([&] { sink.write({.first_row = row, .classes = classes, .probability = classes}); });
  }
  timed([&] { sink.commit(); });
  const double mebibytes = static_cast<double>(peak_resident_bytes()) / (1 << 20);
  std::printf("%lld regions of %lld x %lld pixels: %.1f s, %.0f MiB at most, a file of %.0f MiB\n",
              static_cast<long long>(sink.num_regions()), static_cast<long long>(width), static_cast<long long>(height),
              seconds.count(), mebibytes, static_cast<double>(std::filesystem::file_size(path)) / (1 << 20));
  if (mebibytes <= static_cast<double>(limit)) return 0;
  std::cerr << "more than " << limit << " MiB\n";
  return 1;
}

}  // namespace
}  // namespace multipole

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    return words.at(0) == "many" ? multipole::vectorize_many(words) : multipole::vectorize_file(words);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
