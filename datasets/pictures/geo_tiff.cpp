#include "datasets/pictures/geo_tiff.h"

#include <utility>

#include "datasets/rasters/cog.h"

namespace multipole {

class GeoTiffWriter::File {
 public:
  File(std::filesystem::path path, int64_t height, int64_t width, CogTags tags)
      : path_(std::move(path)),
        tags_(std::move(tags)),
        pyramid_(height, width, static_cast<uint8_t>(tags_.nodata.value_or(0)),
                 [this](size_t level, const std::vector<uint8_t>& tile) { store_.add(level, tile); }),
        store_(path_.parent_path(), pyramid_.levels().size()) {}

  void write(const torch::Tensor& rows) { pyramid_.write(rows.data_ptr<uint8_t>(), rows.size(0)); }
  void finish() { write_cog(path_, pyramid_.levels(), store_, tags_); }

 private:
  std::filesystem::path path_;
  CogTags tags_;
  LabelPyramid pyramid_;
  TileStore store_;
};

GeoTiffWriter::GeoTiffWriter(const std::filesystem::path& path, int64_t height, int64_t width,
                             const std::vector<PaletteColor>& palette, const GeoTags& tags, std::optional<int> nodata)
    : file_(std::make_unique<File>(path, height, width, CogTags{palette, tags, nodata})) {}

GeoTiffWriter::~GeoTiffWriter() = default;

void GeoTiffWriter::write(const torch::Tensor& rows) { file_->write(rows.contiguous()); }

void GeoTiffWriter::finish() { file_->finish(); }

}  // namespace multipole
