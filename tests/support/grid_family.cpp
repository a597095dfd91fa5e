#include "tests/support/grid_family.h"

#include <memory>
#include <string>
#include <utility>

#include "backbone/attention/mechanisms/registry.h"
#include "backbone/blocks/block.h"
#include "backbone/blocks/checkpoint.h"
#include "backbone/layers/parameter_count.h"
#include "backbone/layers/patch_embedding.h"
#include "backbone/layers/token_mass.h"
#include "base/fields.h"

namespace multipole::test {
namespace {

struct GridConfig {
  int64_t image_size = 32;
  int64_t patch_size = 4;
  int64_t embed_dim = 16;
  Json attention = {{"type", "multipole2d"}};

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("image_size", self.image_size, "nominal side of a picture in pixels");
    field("patch_size", self.patch_size, "pixels along each side of a token");
    field("embed_dim", self.embed_dim, "token width");
    field("attention", self.attention, "attention mechanism");
  }
  void validate(const std::string& where) const {
    require(patch_size >= 1, where + ".patch_size", "must be at least 1", patch_size);
    require(embed_dim >= 2 && embed_dim % 2 == 0, where + ".embed_dim", "must be even", embed_dim);
  }
};

int64_t tokens_along(int64_t pixels, int64_t patch_size) { return (pixels + patch_size - 1) / patch_size; }

BlockShape shape_of(const GridConfig& config) {
  return {.attention_shape = {.embed_dim = config.embed_dim,
                              .num_heads = 2,
                              .grid_size = tokens_along(config.image_size, config.patch_size)},
          .attention = config.attention,
          .hidden_dim = 2 * config.embed_dim};
}

class Grid : public Backbone {
 public:
  explicit Grid(const GridConfig& config) : config_(config) {
    patches_ = register_module("patches", PatchEmbedding(3, config.embed_dim, config.patch_size));
    block_ = register_module("block", Block(shape_of(config), 0.0, "backbone.attention"));
  }

  bool takes_validity() const override { return takes_masses(config_.attention, "backbone.attention"); }

  std::vector<torch::Tensor> forward_intermediates(const Images& given) override {
    const auto validity = pixel_masses(given);
    if (validity.defined()) require_masses(config_.attention, "backbone.attention");
    const auto images = valid_pixels(given, validity);
    const int64_t size = config_.patch_size;
    const auto mass = validity.defined() ? coarsen_mass(validity, size) : validity;
    auto tokens = zero_masked(patches_(images, PartialPatches::kPad), mass);
    const auto run = [this, mass](const torch::Tensor& x) { return block_(x, mass); };
    tokens = gradient_checkpointing_ && is_training() ? checkpoint(run, tokens) : run(tokens);
    return {tokens.permute({0, 3, 1, 2})};
  }

  std::vector<FeatureInfo> feature_info() const override { return {{config_.embed_dim, config_.patch_size}}; }
  int64_t image_size() const override { return config_.image_size; }

  std::vector<std::string> no_weight_decay() const override {
    std::vector<std::string> names;
    for (const auto& name : block_->no_weight_decay()) names.push_back("block." + name);
    return names;
  }

  std::vector<std::vector<std::string>> layer_groups() const override {
    std::vector<std::vector<std::string>> groups(2);
    for (const auto& parameter : named_parameters()) {
      groups[parameter.key().starts_with("block.") ? 1 : 0].push_back(parameter.key());
    }
    return groups;
  }

  void set_gradient_checkpointing(bool on) override { gradient_checkpointing_ = on; }

  BackboneCost cost(int64_t height, int64_t width) const override {
    const int64_t rows = tokens_along(height, config_.patch_size), columns = tokens_along(width, config_.patch_size);
    BackboneCost cost{.attention = block_->attention().cost(rows, columns)};
    const auto weights =
        static_cast<double>((3 * config_.patch_size * config_.patch_size + 4 * config_.embed_dim) * config_.embed_dim);
    cost.flops = cost.attention.flops + 2 * static_cast<double>(rows * columns) * weights;
    return cost;
  }

  void visit_attention(const std::function<void(const AttentionPlace&, Attention&)>& visit) const override {
    visit(place(), block_->attention());
  }

  void observe_attention(const std::function<void(const AttentionPlace&, const torch::Tensor&)>& observer) override {
    if (!observer) return block_->observe_attention({});
    block_->observe_attention([observer, place = place()](const torch::Tensor& x) { observer(place, x); });
  }
  void observe_attention_calls(
      const std::function<void(const AttentionPlace&, const AttentionCall&)>& observer) override {
    if (!observer) return block_->observe_calls({});
    block_->observe_calls([observer, place = place()](const AttentionCall& call) { observer(place, call); });
  }

 private:
  AttentionPlace place() const {
    return {.name = "block.attention", .stride = config_.patch_size, .shape = shape_of(config_).attention_shape};
  }

  GridConfig config_;
  bool gradient_checkpointing_ = false;
  PatchEmbedding patches_{nullptr};
  Block block_{nullptr};
};

GridConfig config_of(const Json& config, const std::string& where) {
  return config_from_json<GridConfig>(config, where);
}

}  // namespace

BackboneFamily grid_family() {
  return {
      .resolve =
          [](const Json& config, const std::string& where) {
            GridConfig resolved = config_of(config, where);
            resolved.attention = resolve_attention_config(resolved.attention, where + ".attention");
            return to_json_config(resolved);
          },
      .parts =
          [](const Json& config, const std::string& where) {
            const GridConfig grid = config_of(config, where);
            const double patches = static_cast<double>((3 * grid.patch_size * grid.patch_size + 1) * grid.embed_dim);
            return std::vector<ModelPart>{{.name = "the patches", .parameters = patches},
                                          {.name = "the block",
                                           .parameters = count_block_parameters(shape_of(grid), where + ".attention"),
                                           .blocks = 1}};
          },
      .feature_info =
          [](const Json& config, const std::string& where) {
            const GridConfig grid = config_of(config, where);
            return std::vector<FeatureInfo>{{grid.embed_dim, grid.patch_size}};
          },
      .attentions = [](const Json& config,
                       const std::string& where) { return std::vector<Json>{config_of(config, where).attention}; },
      .make = [](const Json& config, const std::string& where) -> std::shared_ptr<Backbone> {
        return std::make_shared<Grid>(config_of(config, where));
      }};
}

}  // namespace multipole::test
