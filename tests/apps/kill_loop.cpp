// kill_loop [--kills N] [--seed N]: kills trainings at random moments and starts the same command again. After each
// kill every file of the run folder must be loadable; each time a run comes to its end, its weights, averages,
// optimiser and best model must equal, bit for bit, those of a run that nothing interrupted. Exit code 0 where all
// held.
#include <signal.h>
#include <torch/types.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

#include "engine/files/model_file.h"
#include "engine/files/safetensors.h"
#include "engine/files/train_state.h"
#include "tests/support/newest_state.h"
#include "tests/support/process.h"
#include "tests/support/small_training.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using Clock = std::chrono::steady_clock;
using Path = std::filesystem::path;

void require_that(bool ok, const std::string& what) {
  if (!ok) throw std::runtime_error(what);
}

// A state after every step, augmentation, average, accumulation: all that a resume has to bring back.
std::vector<std::string> command(const Path& data, const Path& out) {
  return test::multipole_command(test::small_training(
      data.string(), out.string(),
      {"--epochs", "6", "--threads", "1", "--log-every", "1", "--set", "train.accumulate=2", "--set",
       "train.checkpoint_minutes=1e-9", "--set", "augmentation.mix.mixup_alpha=0.8", "--set", "data.workers=1"}));
}

void check_equal(const Path& first, const Path& second) {
  const auto a = read_safetensors(first), b = read_safetensors(second);
  require_that(a.tensors.size() == b.tensors.size(), second.string() + " has other tensors");
  for (const auto& [name, tensor] : a.tensors) {
    require_that(torch::equal(tensor, b.tensors.at(name)), second.string() + ": " + name + " differs");
  }
}

// Throws where a file that is there cannot be read: falling back to an older state would hide one.
void check_loadable(const Path& run) {
  load_train_state(run / "last", [](const std::string& message) { throw std::runtime_error(message); });
  if (std::filesystem::exists(run / "best.safetensors")) load_model(run / "best.safetensors");
  if (std::filesystem::exists(run / "config.json")) read_json_file(run / "config.json");
}

void check_finished(const Path& run, const Path& whole) {
  check_equal(test::newest_state(whole), test::newest_state(run));
  check_equal(whole / "best.safetensors", run / "best.safetensors");
  int64_t step = 0;
  std::ifstream log(run / "metrics.jsonl");
  for (std::string line; std::getline(log, line);) {
    const Json entry = Json::parse(line);
    if (entry["event"] == "step") require_that(entry["step"] == ++step, "metrics.jsonl skips or repeats a step");
  }
}

struct Counts {
  int kills = 0, finished = 0;
};

// Starts the command and kills it after `moment` seconds unless it has ended.
void start_and_kill(const Path& data, const Path& run, const Path& whole, double moment, Counts& counts) {
  test::Process process(command(data, run));
  std::this_thread::sleep_for(std::chrono::duration<double>(moment));
  process.send(SIGKILL);
  const auto result = process.wait();
  require_that(result.exit_code == 0 || result.exit_code == -SIGKILL, "ended by itself: " + result.err);
  if (!std::filesystem::exists(run)) return;
  check_loadable(run);
  if (result.exit_code == -SIGKILL) {
    ++counts.kills;
    return;
  }
  check_finished(run, whole);
  ++counts.finished;
  std::filesystem::remove_all(run);
}

void run_loop(int kills, uint64_t seed) {
  const test::TemporaryFolder folder;
  const Path data = folder / "data", whole = folder / "whole", run = folder / "run";
  require_that(test::draw_small_data(data.string()).exit_code == 0, "cannot draw data");
  const auto start = Clock::now();
  const auto result = test::run_process(command(data, whole));
  require_that(result.exit_code == 0, result.err);
  double longest = std::chrono::duration<double>(Clock::now() - start).count();
  std::mt19937_64 random(seed);
  Counts counts;
  while (counts.kills < kills) {
    const int kills_before = counts.kills;
    start_and_kill(data, run, whole, std::uniform_real_distribution<double>(0, longest)(random), counts);
    // a machine under another load: most moments should fall within a run, and some runs should come to their end
    longest *= counts.kills > kills_before ? 1.05 : 0.9;
  }
  // the last one is left to finish
  const auto last = test::run_process(command(data, run));
  require_that(last.exit_code == 0, last.err);
  check_finished(run, whole);
  std::cout << counts.kills << " kills, " << counts.finished + 1 << " runs finished, all equal bit for bit\n";
}

}  // namespace
}  // namespace multipole

int main(int argc, char** argv) {
  int kills = 5;
  uint64_t seed = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--kills") kills = std::atoi(argv[i + 1]);
    if (name == "--seed") seed = std::strtoull(argv[i + 1], nullptr, 10);
  }
  try {
    multipole::run_loop(kills, seed);
  } catch (const std::exception& error) {
    std::cerr << "kill_loop: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
