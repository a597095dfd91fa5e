#include "apps/arguments/picture_loader.h"

#include <iostream>

#include "apps/arguments/picture_list.h"

namespace multipole {

std::unique_ptr<Loader> make_picture_loader(const std::vector<std::filesystem::path>& paths,
                                            const DecodeOptions& decode, const Preprocessing& preprocessing,
                                            const ComputeOptions& compute) {
  LoaderOptions loader;
  loader.batch_size = compute.batch_size;
  loader.num_workers = compute.workers;
  const auto as_it_is = [](const Sample& sample, SampleRandom&) { return sample; };
  return std::make_unique<Loader>(
      std::make_shared<PictureList>(paths, reading_for(preprocessing, decode), preprocessing), as_it_is, preprocessing,
      loader);
}

void print_notes(const Batch& batch) {
  for (size_t i = 0; i < batch.notes.size(); ++i) {
    for (const auto& note : batch.notes[i]) std::cerr << batch.paths[i] << ": note: " << note << "\n";
  }
}

}  // namespace multipole
