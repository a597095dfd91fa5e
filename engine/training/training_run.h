// What every task's training does once its config is resolved and its data are open: model, run folder, trainer.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/loading/loader.h"
#include "engine/files/model_file.h"
#include "engine/observers/tensorboard_observer.h"
#include "engine/observers/train_observer.h"
#include "engine/runtime/execution.h"
#include "engine/training/resume.h"
#include "engine/training/train_config.h"
#include "engine/training/train_result.h"
#include "engine/training/train_task.h"
#include "heads/model/model_config.h"

namespace multipole {

struct TrainingRun {
  ModelConfig model;  // resolved, num_classes set
  TrainConfig train;  // resolved
  Json config;        // all of it, resolved: what RUN/config.json holds and a resumed run is compared with
  Json data;          // the data's fingerprint
  Loader& loader;     // of the training split
  Loader& validation_loader;
  int64_t train_samples = 0;
  int64_t validation_samples = 0;
  ModelMetadata metadata;                 // task, classes, palette, preprocessing; the rest is filled in
  std::vector<std::string> descriptions;  // of the data, for the observer
  PictureEncoder encode_picture;          // for the events
  // The task; it saves its best model to the path, with the metadata.
  std::function<std::unique_ptr<TrainTask>(const Execution&, const std::filesystem::path&, const ModelMetadata&)>
      make_task;
};

// Under a launcher that sets RANK, WORLD_SIZE and the like (process_place.h) the processes train one model together:
// each takes its part of every num_processes * batch_size samples and of the validation split, and the first one writes
// and reports; of the others only sentences about their own files reach the observer. All must see one run folder.
//
// Throws ModelFileError (state or initial weights that do not fit), ConfigError (a run folder that holds another run,
// processes that were given different things), ResourceError (disk, device, processes that do not come), TrainingError
// (the loss is not finite ten steps in a row, another process is lost), and what the loader throws.
TrainResult run_training(const TrainingRun& run, const std::filesystem::path& out, TrainObserver& observer,
                         const ResumeOptions& resume, const std::atomic<bool>* stop);

// Sets model.num_classes where it is 0. Throws ConfigError where it is another number than `found`, the data's.
void take_num_classes(ModelConfig& model, size_t found, const std::filesystem::path& data_root);

}  // namespace multipole
