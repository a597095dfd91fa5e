// What a segmenter gives of a picture.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace multipole {

// How a picture is done, known before its first tile. All sizes in pixels.
struct SegmentationPlan {
  int64_t height = 0, width = 0;            // of the picture
  int64_t tile_rows = 0, tile_columns = 0;  // how many of them
  int64_t tile_height = 0, tile_width = 0;  // the largest tile's
  int64_t overlap = 0;                      // between tiles
  // Where tiles meet, in the middle of what they share: the first row or column of which the later one decides more.
  std::vector<int64_t> row_borders = {}, column_borders = {};
  double bytes = 0, limit_bytes = 0;        // estimated peak of the process, and what it may be
  bool fits = true;                         // within the limit; may be false only where the caller chose the tiles

  int64_t num_tiles() const { return tile_rows * tile_columns; }
  bool is_whole() const { return num_tiles() == 1; }
};

// How it was done.
struct SegmentationRun {
  SegmentationPlan plan;           // the one that memory held
  std::string precision;           // "float32" or "bfloat16"
  std::vector<std::string> notes;  // what reading a file left out or guessed, and whether nodata was seen
  int64_t no_data_pixels = 0;      // of the picture
};

// A picture's maps, torch::Tensor (H, W) uint8 or cv::Mat CV_8UC1.
template <class Map>
struct BasicSegmentation {
  Map classes;      // the class of each pixel; 255 where it holds no data
  Map probability;  // that of the class, 255 for 1, 0 where there is no data; empty where it was not asked for
  Map uncertainty;  // entropy of the classes, 255 where all are alike; likewise
  SegmentationRun run;
  std::string error;  // of one picture among several: why there are no maps; empty where there are
};

}  // namespace multipole
