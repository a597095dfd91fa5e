// A step that does not fit into memory is done again in smaller parts.
#include <ATen/ops/randn.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <new>
#include <string>
#include <vector>

#include "engine/files/model_file.h"
#include "engine/runtime/out_of_memory.h"
#include "engine/training/micro_batches.h"
#include "engine/training/train_step.h"
#include "tests/engine/training/toy_run.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

// Memory for `room` samples. What is too much fails as torch's CPU allocator does, after the random generator was used.
struct SmallMemory : TaskOf<VisionModel> {
  explicit SmallMemory(test::ToyRun& run) : task(run.task) {}

  torch::Tensor loss(VisionModel& model, const torch::Tensor& images, const Batch& batch) override {
    sizes.push_back(batch.size());
    auto value = task.loss(model, images, batch);
    TORCH_CHECK(batch.size() <= room, "DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.");
    return value;
  }
  TaskEvaluation evaluate(VisionModel& model, const ProcessGroup& group, const std::atomic<bool>* stop) override {
    return task.evaluate(model, group, stop);
  }
  void save_best(const VisionModel& model, const Json& summary) override { task.save_best(model, summary); }

  TaskOf<VisionModel>& task;
  int64_t room = 1 << 20;
  std::vector<int64_t> sizes;
};

struct SmallStep {
  explicit SmallStep(double drop_path) : config(test::toy_train_config()), run(config), task(run) {
    config.optimizer = {{"type", "sgd"}, {"lr", 0.1}, {"momentum", 0}, {"nesterov", false}, {"weight_decay", 0}};
    auto model_config = test::toy_model_config("full", test::ToyRun::kClasses);
    model_config.backbone["drop_path_rate"] = drop_path;
    torch::manual_seed(3);
    model = VisionModel(model_config);
    step = std::make_unique<TrainStep>(config, Execution{}, model, VisionModel{nullptr}, task);
  }

  TrainConfig config;
  test::ToyRun run;
  SmallMemory task;
  VisionModel model{nullptr};
  std::unique_ptr<TrainStep> step;
};

std::vector<Batch> batches_of_sizes(int64_t count, int64_t batch_size) {
  const auto loader = test::toy_loader(count * batch_size, test::ToyRun::kClasses, batch_size, false);
  loader->start_epoch(0);
  std::vector<Batch> batches;
  while (auto batch = loader->next()) batches.push_back(std::move(*batch));
  return batches;
}

void expect_same(const VisionModel& a, const VisionModel& b, bool to_the_bit) {
  const auto others = named_weights(*b);
  for (const auto& [name, tensor] : named_weights(*a)) {
    if (to_the_bit) {
      EXPECT_TRUE(torch::equal(tensor, others.at(name))) << name;
    } else {
      EXPECT_TRUE(torch::allclose(tensor, others.at(name), 1e-4, 1e-5)) << name;
    }
  }
}

TEST(MicroBatches, AreTheSameSamplesInOrder) {
  const int64_t size = test::random_int(2, 20), most = test::random_int(1, 8);
  auto batches = batches_of_sizes(2, size);
  batches[0].mixed_labels = batches[0].labels.flip(0);
  batches[0].bad.push_back({7, "bad.png", "broken"});
  const auto parts = split_batches(batches, most);
  EXPECT_LE(largest_batch(parts), most);
  std::vector<torch::Tensor> images, labels;
  size_t bad = 0;
  for (const auto& part : parts) {
    EXPECT_EQ(part.images.size(0), part.size());
    EXPECT_EQ(part.paths.size(), part.indices.size());
    images.push_back(part.images);
    labels.push_back(part.labels);
    bad += part.bad.size();
  }
  EXPECT_TRUE(torch::equal(torch::cat(images), torch::cat({batches[0].images, batches[1].images})));
  EXPECT_TRUE(torch::equal(torch::cat(labels), torch::cat({batches[0].labels, batches[1].labels})));
  EXPECT_EQ(bad, 1u);
  EXPECT_TRUE(torch::equal(parts[0].mixed_labels, batches[0].mixed_labels.slice(0, 0, parts[0].size())));
}

TEST(MicroBatches, AStepThatDoesNotFitIsTheStepOfItsParts) {
  SmallStep small(0.3), parts(0.3);
  small.task.room = 5;
  const auto window = batches_of_sizes(2, 16);
  torch::manual_seed(4);
  const auto outcome = small.step->run(window, 1.0, 0);
  const auto drawn_after = torch::randn({4});
  EXPECT_TRUE(outcome.updated && outcome.shrank);
  EXPECT_EQ(outcome.samples, 32);
  EXPECT_EQ(small.step->micro_batch(), 4);
  EXPECT_EQ(std::vector<int64_t>(small.task.sizes.begin(), small.task.sizes.begin() + 4),
            (std::vector<int64_t>{16, 8, 4, 4}));
  torch::manual_seed(4);
  const auto by_hand = parts.step->run(split_batches(window, 4), 1.0, 0);
  EXPECT_FALSE(by_hand.shrank);
  EXPECT_EQ(outcome.loss, by_hand.loss);
  expect_same(small.model, parts.model, true);
  EXPECT_TRUE(torch::equal(drawn_after, torch::randn({4}))) << "the random numbers of failed attempts are given back";

  small.task.sizes.clear();
  EXPECT_FALSE(small.step->run(window, 1.0, 1).shrank) << "later steps keep to what fits";
  EXPECT_EQ(small.task.sizes.size(), 8u);
}

TEST(MicroBatches, GradientIsThatOfTheWholeBatch) {
  SmallStep whole(0.0), small(0.0);
  small.task.room = 3;
  const auto window = batches_of_sizes(1, 13);
  const auto a = whole.step->run(window, 1.0, 0), b = small.step->run(window, 1.0, 0);
  EXPECT_NEAR(a.loss, b.loss, 1e-5);
  EXPECT_NEAR(a.gradient_norm, b.gradient_norm, 1e-4 * a.gradient_norm);
  expect_same(whole.model, small.model, false);
}

TEST(MicroBatches, ASingleSampleThatDoesNotFitIsAnError) {
  SmallStep setup(0.0);
  setup.task.room = 0;
  EXPECT_THROW(setup.step->run(batches_of_sizes(1, 8), 1.0, 0), c10::Error);
  EXPECT_EQ(setup.task.sizes, (std::vector<int64_t>{8, 4, 2, 1}));
}

TEST(MicroBatches, TrainerSaysSoOnceAndGoesOn) {
  auto config = test::toy_train_config();
  config.epochs = 1;
  test::ToyRun run(config);
  SmallMemory task(run);
  task.room = 4;
  Trainer trainer(config, Execution{},
                  {run.model, run.average, task, *run.train_loader, run.observer, run.folder / "last", {}});
  const auto result = trainer.run(nullptr);
  EXPECT_EQ(result.num_steps, 4);
  int64_t lines = 0;
  for (const auto& message : run.observer.messages) lines += message.find("out of memory") != message.npos;
  EXPECT_EQ(lines, 1);
  EXPECT_EQ(run.observer.steps.back().micro_batch, 4);
}

TEST(OutOfMemory, IsToldFromOtherFailures) {
  EXPECT_TRUE(is_out_of_memory(std::bad_alloc()));
  try {
    torch::empty({int64_t{1} << 46}, torch::kDouble);  // 512 TiB
    FAIL() << "nobody has that much";
  } catch (const std::exception& error) {
    EXPECT_TRUE(is_out_of_memory(error)) << error.what();
  }
  EXPECT_FALSE(is_out_of_memory(std::runtime_error("the loss is nan")));
}

}  // namespace
}  // namespace multipole
