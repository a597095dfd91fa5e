#include "apps/embed/embed.h"

#include <torch/types.h>

#include <iostream>
#include <memory>

#include "apps/arguments/attention_option.h"
#include "apps/arguments/batch_share.h"
#include "apps/arguments/decode_options.h"
#include "apps/arguments/input_list.h"
#include "apps/arguments/precision_option.h"
#include "apps/embed/embed_options.h"
#include "apps/embed/embedding_output.h"
#include "apps/embed/list_embedder.h"
#include "apps/embed/similarity_report.h"
#include "apps/output/result_output.h"
#include "base/error.h"
#include "engine/runtime/execution.h"
#include "tasks/embedding/similarity.h"

namespace multipole {
namespace {

using Paths = std::vector<std::filesystem::path>;

// Of a list: the pictures that have vectors, and in the list's order the reasons of those that have none.
struct Vectors {
  std::vector<std::string> names;
  torch::Tensor rows;                // (N, embedding_dim)
  std::vector<EmbeddedPicture> all;  // without features
  bool is_whole = true;              // no signal came
};

Vectors vectors_of(ListEmbedder& list, const Embedder& embedder, const Paths& paths) {
  Vectors vectors;
  std::vector<torch::Tensor> rows;
  vectors.is_whole = list.run(paths, {}, [&](EmbeddedPicture picture) {
    if (picture.embedding.error.empty()) {
      vectors.names.push_back(picture.path);
      rows.push_back(std::exchange(picture.embedding.features, {}));
    }
    vectors.all.push_back(std::move(picture));
  });
  vectors.rows = rows.empty() ? torch::empty({0, embedder.embedding_dim()}) : torch::stack(rows);
  return vectors;
}

void print_nearest(ListEmbedder& list, const Embedder& embedder, const EmbedOptions& options, const Paths& paths,
                   const Paths& folder) {
  const Vectors queries = vectors_of(list, embedder, paths);
  if (!queries.is_whole) return;
  const Vectors searched = vectors_of(list, embedder, folder);
  if (!searched.is_whole) return;
  const auto found = nearest_neighbors(queries.rows, searched.rows, options.k);
  size_t next = 0;
  for (const auto& query : queries.all) {
    const std::string& error = query.embedding.error;
    print_result(error.empty() ? nearest_lines(query.path, found[next++], searched.names, options.json)
                               : nearest_failure(query.path, error, options.json));
  }
}

void print_duplicates(ListEmbedder& list, const Embedder& embedder, const EmbedOptions& options, const Paths& paths) {
  const Vectors vectors = vectors_of(list, embedder, paths);
  if (!vectors.is_whole) return;
  ResultOutput output("");  // of no pairs where this is not the first process
  for (const auto& pair : similar_pairs(vectors.rows, *options.duplicates)) {
    output.write(duplicate_line(pair, vectors.names, options.json));
  }
  output.finish();
}

void write_features(ListEmbedder& list, const Embedder& embedder, const EmbedOptions& options, const Paths& paths,
                    bool writes) {
  std::vector<std::unique_ptr<EmbeddingOutput>> outputs;
  if (writes) outputs = make_embedding_outputs(options, embedder, paths);
  const bool needs_maps = options.map || !options.pca.empty();
  const EmbeddingQuestion question = {.kind = needs_maps ? FeatureKind::kMap : FeatureKind::kVector,
                                      .normalize = options.normalize};
  list.run(paths, question, [&](const EmbeddedPicture& picture) {
    for (const auto& output : outputs) output->take(picture);
  });
  for (const auto& output : outputs) output->finish();
}

void check_what_is_asked(const EmbedOptions& options) {
  const bool writes = !options.out.empty() || !options.pca.empty();
  const int num_asked = (writes ? 1 : 0) + (options.nearest.empty() ? 0 : 1) + (options.duplicates ? 1 : 0);
  if (num_asked == 0) throw ConfigError("nothing to do: give --out, --pca, --nearest or --duplicates");
  if (num_asked > 1)
    throw ConfigError("--nearest and --duplicates print and write nothing: give one, or --out or --pca");
  if (!options.pca.empty() && !options.out.empty() && !options.map) {
    throw ConfigError("--pca shows maps: with --out it needs --map");
  }
  if (options.map && !writes) throw ConfigError("--map is for --out and --pca; pictures are compared by their vectors");
}

int embed(const EmbedOptions& options) {
  check_what_is_asked(options);
  use_threads(options.compute.threads);
  const Paths paths = list_inputs(options.inputs, std::cin);
  const Paths folder = options.nearest.empty() ? Paths() : list_inputs({options.nearest}, std::cin);
  const ProcessPlace place = process_place_from_environment();
  const ProcessGroup group(place);
  auto all_paths = paths;
  all_paths.insert(all_paths.end(), folder.begin(), folder.end());
  expect_same_inputs(group, options.model, all_paths);
  // for errors in the words of the options
  select_execution(options.compute.device, options.precision, place.local_rank);
  const auto open = [&](const std::string& precision) {
    return Embedder(options.model, {.device = options.compute.device,
                                    .precision = precision,
                                    .batch_size = options.compute.batch_size,
                                    .image_size = options.size,
                                    .local_rank = place.local_rank,
                                    .expected_pictures = static_cast<int64_t>(all_paths.size()) / group.size(),
                                    .attention = options.attention});
  };
  const Embedder embedder = open_in_one_precision(group, options.precision, open);
  const bool quiet = options.quiet || !group.is_first();
  if (!quiet) std::cerr << precision_line(embedder.precision(), embedder.precision_times()) << "\n";
  const SignalStop stop;
  ListEmbedder list(embedder, options.decode, options.compute, stop, quiet, group);
  if (!options.nearest.empty()) {
    print_nearest(list, embedder, options, paths, folder);
  } else if (options.duplicates) {
    print_duplicates(list, embedder, options, paths);
  } else {
    write_features(list, embedder, options, paths, group.is_first());
  }
  return list.sum_up();
}

void add_result_options(CLI::App& command, EmbedOptions& options) {
  command.add_option("--out", options.out,
                     "write the features: .npy (with the pictures' names in FILE.npy.txt), .safetensors or .csv by the "
                     "ending; maps: .safetensors, or a folder for a .npy each and results.jsonl");
  command.add_flag("--map", options.map, "the backbone's last feature map in place of one vector a picture");
  command.add_flag("--normalize", options.normalize, "scale vectors, of a map each token's, to Euclidean length 1");
  command.add_option("--pca", options.pca,
                     "draw each map's first three principal components as red, green and blue: a .png for one "
                     "picture, or a folder");
  command.add_option("--nearest", options.nearest,
                     "print the pictures of this folder that are closest to each of the inputs, by the cosine of "
                     "their vectors");
  command.add_option("-k", options.k, "how many of them")
      ->check(CLI::Range(int64_t{1}, int64_t{1000000}))
      ->capture_default_str();
  command
      .add_option("--duplicates", options.duplicates,
                  "print all pairs of the inputs whose cosine is at least so large; 0.95 finds near-duplicates")
      ->check(CLI::Range(-1.0, 1.0));
  command.add_flag("--json", options.json, "with --nearest and --duplicates: one JSON object a line");
}

}  // namespace

void add_embed_command(CLI::App& program, Run& run) {
  const auto options = std::make_shared<EmbedOptions>();
  CLI::App* command = add_command(program, "embed", "turn pictures into vectors or feature maps, and compare them",
                                  "multipole embed dinov2.safetensors photos/ --out photos.npy\n"
                                  "  multipole embed dinov2.safetensors photo.jpg --pca photo_pca.png --size 518\n"
                                  "  multipole embed dinov2.safetensors photo.jpg --nearest photos/ -k 5\n"
                                  "  multipole embed dinov2.safetensors photos/ --duplicates 0.95");
  command->add_option("MODEL", options->model, "model file: imported, or trained here for any task on pictures")
      ->required();
  command
      ->add_option("INPUT", options->inputs,
                   "files, folders (pictures at any depth, in byte order of their paths), quoted globs, or - for a "
                   "list on standard input, one path a line")
      ->required();
  add_result_options(*command, *options);
  command
      ->add_option("--size", options->size,
                   "side in pixels of what the model sees of a picture; the model's own if not given")
      ->check(CLI::Range(int64_t{1}, int64_t{16384}));
  add_attention_option(*command, options->attention);
  command->add_flag("--quiet", options->quiet, "no progress on standard error");
  add_decode_options(*command, options->decode);
  add_model_bands_option(*command, options->decode);
  add_precision_option(*command, options->precision, kFasterPrecision);
  add_compute_options(*command, options->compute);
  command->callback([options, &run] { run = [options] { return embed(*options); }; });
}

}  // namespace multipole
