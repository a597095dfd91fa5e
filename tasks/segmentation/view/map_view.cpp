#include "tasks/segmentation/view/map_view.h"

#include <torch/utils.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/pictures/jpeg_writer.h"
#include "datasets/regions/region_tracer.h"
#include "embedded/map_view_page.h"
#include "engine/files/atomic_folder.h"
#include "tasks/segmentation/view/halving.h"
#include "tasks/segmentation/view/leaflet.h"
#include "tasks/segmentation/view/region_files.h"
#include "tasks/segmentation/view/tile_pyramid.h"
#include "tasks/segmentation/view/tile_script.h"

namespace multipole {
namespace {

constexpr int64_t kTileSide = 512;
constexpr int kQuality = 85;
constexpr int64_t kUncertaintySteps = 32;  // more are not told apart by eye, and would not compress
constexpr const char* kPictureFolder = "picture";
constexpr const char* kClassFolder = "classes";
constexpr const char* kUncertaintyFolder = "uncertainty";

void write_text(const std::filesystem::path& path, std::string_view text) {
  write_bytes(path, std::vector<uint8_t>(text.begin(), text.end()));
}

std::vector<uint8_t> encode_jpeg(const torch::Tensor& pixels) {
  std::vector<uint8_t> bytes;
  JpegWriter writer(pixels.size(0), pixels.size(1), kQuality, [&bytes](const void* data, size_t size) {
    const auto* const begin = static_cast<const uint8_t*>(data);
    bytes.insert(bytes.end(), begin, begin + size);
  });
  writer.write(pixels);
  writer.finish();
  return bytes;
}

torch::Tensor coarse_steps(const torch::Tensor& uncertainty) {
  constexpr int64_t kStep = 256 / kUncertaintySteps;
  return uncertainty.floor_divide(kStep) * kStep + kStep / 2 * (uncertainty >= kStep);
}

}  // namespace

class MapView::Files {
 public:
  Files(const std::filesystem::path& folder, ImageSize size, MapViewOptions options)
      : folder_(folder),
        size_(size),
        options_(std::move(options)),
        num_levels_(static_cast<int64_t>(pyramid_levels(size, kTileSide).size())),
        picture_(size, kTileSide, halve_by_mean,
                 [this](const TilePlace& place, const torch::Tensor& tile) {
                   write_bytes(root() / (tile_name(kPictureFolder, place) + ".jpg"), encode_jpeg(tile));
                 }),
        classes_(size, kTileSide, halve_by_majority, scripts_in(kClassFolder)),
        regions_(root(), size, kTileSide),
        tracer_(size.width, [this](const Region& region) {
          regions_.add(region, static_cast<double>(region.values) / (255 * static_cast<double>(region.pixels)));
        }) {
    for (const char* kind : {kPictureFolder, kClassFolder, RegionFiles::kFolder}) make_folders(kind);
    if (options_.uncertainty) {
      uncertainty_.emplace(size, kTileSide, halve_by_mean, scripts_in(kUncertaintyFolder));
      make_folders(kUncertaintyFolder);
    }
    write_page();
  }

  void write(const MapBand& band) {
    picture_.write(band.pixels);
    classes_.write(band.classes);
    const auto ids = band.classes.contiguous(), probability = band.probability.contiguous();
    for (int64_t y = 0; y < ids.size(0); ++y) {
      tracer_.add_row(ids.data_ptr<uint8_t>() + y * size_.width, probability.data_ptr<uint8_t>() + y * size_.width);
    }
    if (uncertainty_) uncertainty_->write(coarse_steps(band.uncertainty));
  }

  void commit(const std::vector<double>& shares) {
    TORCH_CHECK(picture_.is_complete() && classes_.is_complete(), "the map ended before its last row");
    tracer_.finish();
    regions_.finish();
    Json described = {{"title", options_.title}, {"width", size_.width},  {"height", size_.height},
                      {"tile", kTileSide},       {"levels", num_levels_}, {"uncertainty", options_.uncertainty},
                      {"classes", Json::array()}};
    if (options_.metres_per_pixel) described["metres_per_pixel"] = *options_.metres_per_pixel;
    for (size_t i = 0; i < options_.classes.size(); ++i) {
      described["classes"].push_back(
          {{"name", options_.classes[i]}, {"color", options_.palette.at(i)}, {"share", shares.at(i)}});
    }
    write_text(root() / kSign,
               "mapView.describe(" + described.dump(1, ' ', true, Json::error_handler_t::replace) + ");\n");
    folder_.commit();
  }

 private:
  const std::filesystem::path& root() const { return folder_.temporary(); }

  TilePyramid::TileSink scripts_in(const char* folder) {
    return [this, folder](const TilePlace& place, const torch::Tensor& tile) {
      const std::string name = tile_name(folder, place);
      const torch::Tensor bytes = tile.contiguous();
      write_text(root() / (name + ".js"),
                 tile_script(name, {bytes.data_ptr<uint8_t>(), static_cast<size_t>(bytes.numel())}));
    };
  }

  void make_folders(const std::filesystem::path& folder) const {
    std::error_code code;
    for (int64_t level = 0; level < num_levels_ && !code; ++level) {
      std::filesystem::create_directories(root() / folder / std::to_string(level), code);
    }
    if (code) throw ResourceError("cannot make folders in " + root().string() + ": " + code.message());
  }

  void write_page() const {
    const std::filesystem::path page = "page";
    std::error_code code;
    std::filesystem::create_directories(root() / page, code);
    for (const auto& name : embedded::map_view_page_names()) {
      write_text(root() / (name == "index.html" ? std::filesystem::path(name) : page / name),
                 embedded::map_view_page(name));
    }
    copy_leaflet(options_.leaflet, root() / "leaflet");
  }

  AtomicFolder folder_;
  ImageSize size_;
  MapViewOptions options_;
  int64_t num_levels_;
  TilePyramid picture_, classes_;
  std::optional<TilePyramid> uncertainty_;
  RegionFiles regions_;
  RegionTracer tracer_;
};

double MapView::held_bytes(ImageSize size, bool uncertainty) {
  const int64_t channels = 3 + 1 + (uncertainty ? 1 : 0);
  int64_t pixels = 0;
  for (const auto& level : pyramid_levels(size, kTileSide)) pixels += std::min(kTileSide, level.height) * level.width;
  return static_cast<double>(pixels * channels) + static_cast<double>(RegionFiles::kMostHeldBytes);
}

MapView::MapView(const std::filesystem::path& folder, ImageSize size, MapViewOptions options)
    : files_(std::make_unique<Files>(folder, size, std::move(options))) {}

MapView::~MapView() = default;

void MapView::write(const MapBand& band) { files_->write(band); }

void MapView::commit(const std::vector<double>& shares) { files_->commit(shares); }

}  // namespace multipole
