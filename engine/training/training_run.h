// What every task's training does once its config is resolved and its data are open: model, run folder, trainer.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backbone/families/trained_model.h"
#include "base/json.h"
#include "datasets/batch_stream.h"
#include "engine/files/run_folder.h"
#include "engine/files/train_state.h"
#include "engine/observers/tensorboard_observer.h"
#include "engine/observers/train_observer.h"
#include "engine/runtime/execution.h"
#include "engine/training/resume.h"
#include "engine/training/train_config.h"
#include "engine/training/train_result.h"
#include "engine/training/train_task.h"
#include "engine/training/training_cost.h"

namespace multipole {

struct TrainingRun {
  TrainConfig train;    // resolved
  Json config;          // all of it, resolved: what RUN/config.json holds and a resumed run is compared with
  Json data;            // the data's fingerprint
  BatchStream& stream;  // of the training split
  BatchStream* validation_stream = nullptr;  // null where each of several processes evaluates on all of it
  int64_t train_samples = 0;
  int64_t validation_samples = 0;
  int64_t num_classes = 0;

  // Where the config counts steps ("steps") in place of epochs: how many. An epoch is then what lies between two
  // evaluations, and the last one may be cut short.
  int64_t steps = 0;
  std::vector<std::string> descriptions = {};  // of the data, for the observer
  PictureEncoder encode_picture = {};          // for the events

  // The next three are filled in by vision_run() for models on pictures.
  // A new model, its weights drawn from torch's generator.
  std::function<TrainedModel()> make_model = {};
  // The task; it saves its best model to the path.
  std::function<std::unique_ptr<TrainTask>(const Execution&, const std::filesystem::path& best_path,
                                           const TrainedModel& model)>
      make_task = {};
  // FLOPs of one forward pass over inputs of these sizes; not counted where empty.
  PassFlops pass_flops = {};
  // Gives a model the initial weights of the options, and says what came of it, one line each; none where empty.
  std::function<std::vector<std::string>(TrainedModel&, const ResumeOptions&)> start_from = {};
  // Writes the run's metrics.jsonl from the given step on and passes reports on; a MetricsObserver where empty.
  std::function<std::unique_ptr<TrainObserver>(const RunFolder&, int64_t first_step, TrainObserver& next)> make_log =
      {};
  // Where a saved run stands in epochs of this one; nothing to do where empty.
  std::function<void(TrainProgress&)> place = {};
  // The config of a saved run with what later versions added, at its default; taken as it is where empty.
  std::function<Json(const Json&)> resolve_config = {};
};

// Under a launcher that sets RANK, WORLD_SIZE and the like (process_place.h) the processes train one model together:
// each takes its part of every num_processes * batch_size samples and of the validation split, and the first one writes
// and reports; of the others only sentences about their own files reach the observer. All must see one run folder.
//
// Throws ModelFileError (state or initial weights that do not fit), ConfigError (a run folder that holds another run,
// processes that were given different things), ResourceError (disk, device, processes that do not come), TrainingError
// (the loss is not finite ten steps in a row, another process is lost), and what the stream throws.
TrainResult run_training(const TrainingRun& run, const std::filesystem::path& out, TrainObserver& observer,
                         const ResumeOptions& resume, const std::atomic<bool>* stop);

// Gives a new model the initial weights that the options name, if they do, and tells the observer. Throws ConfigError
// where the run's models start from none.
void initialize_model(const TrainingRun& run, const ResumeOptions& options, TrainedModel& model,
                      TrainObserver& observer);

}  // namespace multipole
