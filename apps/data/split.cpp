#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <system_error>

#include "apps/arguments/exit_code.h"
#include "apps/data/data.h"
#include "base/error.h"
#include "datasets/formats/manifest.h"
#include "datasets/sources/all_pictures.h"
#include "datasets/splits/stratified_split.h"
#include "engine/files/atomic_file.h"

namespace multipole {
namespace {

namespace fs = std::filesystem;

struct DataSplitOptions {
  std::string data, data_root, out;
  int64_t folds = 0;
  double val_fraction = 0.2;
  uint64_t seed = 0;
};

// The folder for the manifests, and what their paths are relative to.
struct Destination {
  fs::path folder, base;
  bool needs_root = false;  // the pictures do not lie below the folder
};

Destination find_destination(const std::string& out, const fs::path& root) {
  Destination to;
  to.folder = out.empty() ? root : fs::path(out);
  std::error_code error;
  fs::create_directories(to.folder, error);
  if (error) throw ResourceError("cannot create " + to.folder.string() + ": " + error.message());
  const fs::path inside = fs::canonical(root).lexically_relative(fs::canonical(to.folder));
  to.needs_root = inside.empty() || *inside.begin() == "..";
  to.base = to.needs_root ? fs::path(".") : inside;
  return to;
}

void write_manifest(const fs::path& path, const AllPictures& all, const Destination& to,
                    const std::vector<std::string>& splits) {
  std::error_code error;
  if (fs::exists(path, error)) throw ConfigError(path.string() + " exists already; remove it or choose another --out");
  Manifest manifest;
  manifest.has_splits = true;
  manifest.has_label_sets = all.has_label_sets;
  for (size_t i = 0; i < all.pictures.size(); ++i) {
    const auto& picture = all.pictures[i];
    const std::string place = (to.base / picture.picture.name).lexically_normal().generic_string();
    manifest.rows.push_back({place, all.class_names[static_cast<size_t>(picture.label)], splits[i], 0});
  }
  write_file_atomically(path, format_manifest(manifest));
  std::cout << path.string() << "\n";
}

int split(const DataSplitOptions& options) {
  if (options.folds == 1) throw ConfigError("--folds 1 leaves nothing to train on; take 2 or more");
  SourceOptions source_options;
  source_options.root = options.data_root;
  const auto source = open_picture_source(options.data, source_options);
  if (source->root().empty()) {
    throw ConfigError(options.data +
                      ": a manifest cannot name pictures inside of it; take the folder that it was made from");
  }
  const AllPictures all = list_all_pictures(*source);
  if (all.pictures.empty()) throw ConfigError(options.data + ": no pictures");
  const std::vector<size_t> pool = pictures_to_split(all);
  const std::vector<int64_t> strata = strata_of(all, pool);
  const Destination to = find_destination(options.out, source->root());
  const auto write = [&](const std::string& name, const std::function<bool(size_t)>& in_val) {
    std::vector<std::string> splits(all.pictures.size(), "test");
    for (size_t i = 0; i < pool.size(); ++i) splits[pool[i]] = in_val(i) ? "val" : "train";
    write_manifest(to.folder / name, all, to, splits);
  };
  if (options.folds == 0) {
    const auto held_out = held_out_part(strata, options.val_fraction, options.seed);
    write("split.csv", [&](size_t i) { return held_out[i]; });
  } else {
    const auto folds = stratified_folds(strata, options.folds, options.seed);
    for (int64_t fold = 0; fold < options.folds; ++fold) {
      write("fold" + std::to_string(fold + 1) + ".csv", [&](size_t i) { return folds[i] == fold; });
    }
  }
  if (to.needs_root) {
    std::cerr << "the pictures lie elsewhere: use these with --data-root " << source->root().string() << "\n";
  }
  return kExitDone;
}

}  // namespace

void add_data_split(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<DataSplitOptions>();
  CLI::App* command = add_command(
      parent, "split", "write CSV manifests of a seeded split, or of k folds for cross-validation, class by class",
      "multipole data split photos --folds 5 --out folds");
  command->add_option("data", options->data, "folder ROOT/<split>/<class>/* or ROOT/<class>/*, or a CSV manifest")
      ->required();
  command->add_option("--data-root", options->data_root, data_root_option_help());
  command
      ->add_option("--folds", options->folds,
                   "write fold1.csv to foldK.csv, each with another part as val; 0 writes split.csv with one val")
      ->check(CLI::Range(int64_t{0}, int64_t{1000}))
      ->capture_default_str();
  command->add_option("--val-fraction", options->val_fraction, "share of each class that split.csv has as val")
      ->check(CLI::Range(1e-6, 1 - 1e-6))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "other seed, other parts")->capture_default_str();
  command->add_option("--out", options->out, "folder for the manifests; the data's own by default");
  command->callback([options, &run] { run = [options] { return split(*options); }; });
}

}  // namespace multipole
