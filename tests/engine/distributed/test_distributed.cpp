// Several processes on the loopback interface: this test program starts itself as each of them.
#include <gtest/gtest.h>
#include <signal.h>
#include <torch/types.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <vector>

#include "backbone/blocks/checkpoint.h"
#include "base/error.h"
#include "engine/distributed/gradient_reducer.h"
#include "engine/distributed/process_group.h"
#include "engine/runtime/training_error.h"
#include "tests/support/environment_variable.h"
#include "tests/support/launched_processes.h"

namespace multipole {
namespace {

constexpr char kRole[] = "MULTIPOLE_TEST_ROLE";
constexpr int64_t kRows = 8;

const ProcessTimeouts kTimeouts = {std::chrono::seconds(60), std::chrono::seconds(60)};

std::string own_program() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

std::vector<test::ProcessResult> run_processes(const std::string& role) {
  auto processes = test::launch({2, {own_program(), "--gtest_filter=Role.*"}}, {{kRole, role}});
  return test::wait_for(processes);
}

// Least squares with a hidden layer that is computed again in the backward pass, and a weight that nothing uses.
struct SmallModel {
  SmallModel() {
    torch::manual_seed(7);
    const auto options = torch::TensorOptions(torch::kFloat64);
    x = torch::randn({kRows, 5}, options);
    y = torch::randn({kRows, 3}, options);
    for (const auto& shape : std::vector<std::vector<int64_t>>{{5, 4}, {4, 4}, {4, 3}, {2, 2}}) {
      weights.push_back(torch::randn(shape, options).requires_grad_());
    }
  }

  // Sum over the rows [first, first + count), over the number of all rows.
  torch::Tensor loss(int64_t first, int64_t count) const {
    const torch::Tensor embedded = x.narrow(0, first, count).mm(weights[0]);
    const torch::Tensor hidden =
        checkpoint([this](const torch::Tensor& in) { return in.mm(weights[1]).tanh(); }, embedded);
    return (hidden.mm(weights[2]) - y.narrow(0, first, count)).square().sum() / kRows;
  }

  void clear() {
    for (auto& weight : weights) weight.mutable_grad().reset();
  }

  torch::Tensor x, y;
  std::vector<torch::Tensor> weights;
};

void expect_same_gradients(const SmallModel& actual, const SmallModel& expected) {
  for (size_t i = 0; i < actual.weights.size(); ++i) {
    const auto &a = actual.weights[i].grad(), &b = expected.weights[i].grad();
    ASSERT_EQ(a.defined(), b.defined()) << i;
    if (a.defined()) {
      EXPECT_TRUE(torch::allclose(a, b, 1e-12, 1e-12)) << i;
    }
  }
}

// A checkpointed part that runs twice: its weight gets two gradients a pass.
void average_portions(const std::shared_ptr<const ProcessGroup>& group) {
  SmallModel mine, whole;
  GradientReducer reducer(mine.weights, group), alone(whole.weights, std::make_shared<ProcessGroup>(ProcessPlace{}));
  const int64_t half = kRows / 2, first = half * group->process_rank();
  const auto both = static_cast<double>(group->size());
  for (int step = 0; step < 3; ++step) {
    reducer.backward(both * (mine.loss(first, half) + mine.loss(first, 1)), true);
    alone.backward(whole.loss(0, kRows) + whole.loss(0, 1) + whole.loss(half, 1), true);
    expect_same_gradients(mine, whole);
    mine.clear();
    whole.clear();
  }
}

void average_gradients(const std::shared_ptr<const ProcessGroup>& group) {
  SmallModel mine, whole;
  GradientReducer reducer(mine.weights, group), alone(whole.weights, std::make_shared<ProcessGroup>(ProcessPlace{}));
  const auto both = static_cast<double>(group->size());
  const int64_t half = kRows / 2, first = half * group->process_rank();
  // more than the first passes, which differ from the later ones
  for (int step = 0; step < 4; ++step) {
    // the first window stays with the process, the second is averaged with it
    reducer.backward(both * mine.loss(first, 1), false);
    reducer.backward(both * mine.loss(first + 1, half - 1), true);
    alone.backward(whole.loss(0, kRows), true);
    expect_same_gradients(mine, whole);
    mine.clear();
    whole.clear();
  }
  reducer.backward(group->is_first() ? both * mine.loss(0, kRows) : torch::Tensor(), true);
  alone.backward(whole.loss(0, kRows), true);
  expect_same_gradients(mine, whole);

  mine.clear();
  EXPECT_THROW(reducer.backward(mine.loss(first, half) + mine.weights[3].sum(), true), TrainingError);
}

void exchange_values(const ProcessGroup& group) {
  const auto rank = static_cast<double>(group.process_rank());
  EXPECT_EQ(group.sum(rank + 1), 3);
  torch::Tensor counts = torch::full({2}, group.process_rank() + 1, torch::kInt64);
  group.sum(counts);
  EXPECT_TRUE(torch::equal(counts, torch::full({2}, 3, torch::kInt64)));
  const torch::Tensor values = torch::full({4}, rank);
  group.broadcast({values});
  EXPECT_TRUE(torch::equal(values, torch::zeros({4})));
  group.barrier();
  EXPECT_NO_THROW(group.expect_same("weather", 5));
  try {
    group.expect_same("weather", 5 + group.process_rank());
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("weather"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("process 1 has 6"), std::string::npos) << error.what();
  }
}

// One group after the other, as the runs of a cross-validation have them.
void meet_again(const ProcessPlace& place) {
  for (int64_t meeting = 0; meeting < 3; ++meeting) {
    const ProcessGroup group(place, kTimeouts);
    EXPECT_EQ(group.sum(1.0), 2);
  }
}

void lose_a_process(const ProcessGroup& group) {
  group.barrier();
  if (!group.is_first()) _exit(9);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THROW(group.barrier(), TrainingError);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

// What a process of each role does; without a role, nothing.
TEST(Role, Runs) {
  const char* role = std::getenv(kRole);
  if (role == nullptr) return;
  const ProcessPlace place = process_place_from_environment();
  if (role == std::string("meet again")) return meet_again(place);
  const auto group = std::make_shared<const ProcessGroup>(place, kTimeouts);
  ASSERT_EQ(group->size(), 2);
  if (role == std::string("average")) average_gradients(group);
  if (role == std::string("portions")) average_portions(group);
  if (role == std::string("exchange")) exchange_values(*group);
  if (role == std::string("lose")) lose_a_process(*group);
}

TEST(Distributed, GradientsAreThoseOfOneProcessWithAllTheData) {
  for (const auto& result : run_processes("average")) EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

TEST(Distributed, GradientsInPortionsAreSummedFirst) {
  for (const auto& result : run_processes("portions")) EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

TEST(Distributed, ValuesAreExchanged) {
  for (const auto& result : run_processes("exchange")) EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

TEST(Distributed, ALostProcessEndsTheOthers) {
  const auto results = run_processes("lose");
  EXPECT_EQ(results[0].exit_code, 0) << results[0].out << results[0].err;
  EXPECT_EQ(results[1].exit_code, 9);
}

// torchrun keeps one store for all attempts: what killed processes left there must not mislead later ones.
TEST(Distributed, ALaunchersStoreServesOneAttemptAfterTheOther) {
  c10d::TCPStoreOptions options;
  options.port = 0;
  options.isServer = true;
  options.waitWorkers = false;
  const auto store = c10::make_intrusive<c10d::TCPStore>("127.0.0.1", options);
  const auto launch = [&](size_t count, const std::string& attempt) {
    return test::launch({count, {own_program(), "--gtest_filter=Role.*"}},
                        {{kRole, "meet again"},
                         {"WORLD_SIZE", "2"},
                         {"MASTER_PORT", std::to_string(store->getPort())},
                         {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                         {"TORCHELASTIC_RESTART_COUNT", attempt}});
  };
  auto lone = launch(1, "0");
  std::this_thread::sleep_for(std::chrono::seconds(1));  // it has left its address in the store, and waits
  lone[0].send(SIGKILL);
  EXPECT_EQ(lone[0].wait().exit_code, -SIGKILL);
  for (const char* attempt : {"1", "2"}) {
    auto both = launch(2, attempt);
    for (const auto& result : test::wait_for(both)) EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  }
}

TEST(Distributed, AProcessThatNeverComesIsNotWaitedForLong) {
  ProcessPlace place;
  place.num_processes = 2;
  place.address = "127.0.0.1";
  place.port = test::random_int(20000, 32000);
  try {
    const ProcessGroup group(place, {std::chrono::seconds(1), std::chrono::seconds(1)});
    FAIL() << "no error";
  } catch (const ResourceError& error) {
    EXPECT_NE(std::string(error.what()).find("127.0.0.1:" + std::to_string(place.port)), std::string::npos)
        << error.what();
  }
}

std::string place_error() {
  try {
    process_place_from_environment();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ProcessPlace, VariablesAreChecked) {
  EXPECT_EQ(process_place_from_environment().num_processes, 1);
  const test::EnvironmentVariable size("WORLD_SIZE", "2");
  EXPECT_NE(place_error().find("RANK is not set"), std::string::npos) << place_error();
  {
    const test::EnvironmentVariable rank("RANK", "2");
    EXPECT_NE(place_error().find("from 0 to 1"), std::string::npos) << place_error();
  }
  const test::EnvironmentVariable rank("RANK", "1");
  EXPECT_NE(place_error().find("MASTER_PORT is not set"), std::string::npos) << place_error();
  const test::EnvironmentVariable port("MASTER_PORT", "29500x");
  EXPECT_NE(place_error().find("'29500x'"), std::string::npos) << place_error();
  const test::EnvironmentVariable sound_port("MASTER_PORT", "29500");
  EXPECT_NE(place_error().find("MASTER_ADDR"), std::string::npos) << place_error();
  const test::EnvironmentVariable address("MASTER_ADDR", "node7");
  const ProcessPlace place = process_place_from_environment();
  EXPECT_EQ(place.process_rank, 1);
  EXPECT_EQ(place.local_rank, 1);
  EXPECT_EQ(place.port, 29500);
  EXPECT_FALSE(place.is_first());
  EXPECT_FALSE(place.launcher_keeps_store);
  const test::EnvironmentVariable store("TORCHELASTIC_USE_AGENT_STORE", "True");
  EXPECT_TRUE(process_place_from_environment().launcher_keeps_store);
  EXPECT_EQ(process_place_from_environment().attempt, 0);
  const test::EnvironmentVariable attempt("TORCHELASTIC_RESTART_COUNT", "3");
  EXPECT_EQ(process_place_from_environment().attempt, 3);
}

}  // namespace
}  // namespace multipole
