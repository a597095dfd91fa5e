#include "apps/bench/op_bench.h"

#include <algorithm>
#include <cmath>

#include "apps/bench/op_subjects.h"
#include "base/error.h"
#include "base/text.h"
#include "engine/bench/device_wait.h"
#include "engine/bench/matrix_rate.h"
#include "engine/runtime/peak_memory.h"

namespace multipole {
namespace {

// Share of the measured limit that a subject is expected to reach where nothing is known of it yet. Too high only lets
// a long call through.
constexpr double kExpectedShare = 0.4;

// The grid of `tokens` tokens that is nearest to a square.
void set_grid(OpCase& problem, int64_t tokens) {
  problem.height = std::max<int64_t>(1, std::llround(std::floor(std::sqrt(static_cast<double>(tokens)))));
  while (tokens % problem.height != 0) --problem.height;
  problem.width = tokens / problem.height;
}

std::vector<const OpSubject*> chosen_subjects(const std::vector<std::string>& names) {
  std::vector<const OpSubject*> chosen;
  std::vector<std::string> known;
  for (const auto& subject : op_subjects()) {
    known.emplace_back(subject.name);
    if (names.empty() || std::find(names.begin(), names.end(), subject.name) != names.end()) chosen.push_back(&subject);
  }
  for (const auto& name : names) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw ConfigError("--subjects: unknown subject '" + name + "'" + suggest_name(name, known));
    }
  }
  return chosen;
}

double flops_of(const OpSubject& subject, const OpCase& problem, bool backward) {
  const double pairs = subject.pairs(problem);
  const double one_head =
      forward_flops(pairs, problem.head_dim) + (backward ? backward_flops(pairs, problem.head_dim) : 0);
  return one_head * static_cast<double>(problem.batch * problem.heads);
}

double token_bytes(const OpCase& p) {
  return static_cast<double>(p.batch * p.tokens() * p.heads * p.head_dim * c10::elementSize(p.dtype));
}

}  // namespace

OpBench::OpBench(const OpBenchConfig& config) : config_(config) {
  chosen_subjects(config_.subjects);
  std::sort(config_.tokens.begin(), config_.tokens.end());
  const OpCase& shape = config_.shape;
  limits_.matrix_gflops = measure_matrix_rate(c10::TensorOptions(shape.dtype).device(shape.device));
  if (shape.device.is_cpu()) limits_.fma = measure_fma_peak(shape.dtype);
}

std::vector<OpRow> OpBench::run(const std::function<void(const OpRow&)>& show) {
  const auto subjects = chosen_subjects(config_.subjects);
  for (const int64_t tokens : config_.tokens) {
    OpCase problem = config_.shape;
    set_grid(problem, tokens);
    for (const bool backward : config_.backward ? std::vector<bool>{false, true} : std::vector<bool>{false}) {
      for (const OpSubject* subject : subjects) {
        if (backward && subject->forward_only) continue;
        rows_.push_back(measure(*subject, problem, backward));
        show(rows_.back());
      }
    }
  }
  return rows_;
}

// The subject's largest measured size below `tokens`, or null.
const OpRow* OpBench::find(const std::string& subject, const std::string& pass, int64_t tokens_below) const {
  const OpRow* found = nullptr;
  for (const auto& row : rows_) {
    if (row.subject == subject && row.pass == pass && row.tokens < tokens_below && row.skipped.empty()) found = &row;
  }
  return found;
}

OpRow OpBench::measure(const OpSubject& subject, const OpCase& problem, bool backward) {
  OpRow row;
  row.subject = subject.name;
  row.pass = backward ? "forward+backward" : "forward";
  row.tokens = problem.tokens();
  row.height = problem.height;
  row.width = problem.width;
  const double flops = flops_of(subject, problem, backward);
  const OpRow* smaller = find(row.subject, row.pass, row.tokens);
  const double rate = smaller != nullptr ? smaller->gflops : kExpectedShare * limits_.peak_gflops();
  const double expected_seconds = flops / rate / 1e9, bytes = subject.bytes(problem, subject.pairs(problem));
  row.skipped = subject.why_not(problem);
  if (expected_seconds > config_.max_seconds) {
    row.skipped = "left out: would take about " + fixed(expected_seconds, 0) + " s a call (--max-seconds)";
  } else if (const auto memory = available_memory();
             problem.device.is_cpu() && memory && bytes > 0.8 * static_cast<double>(*memory)) {
    row.skipped = "left out: would take about " + byte_count(bytes) + " of memory";
  }
  if (!row.skipped.empty()) return row;

  const OpCalls calls = subject.prepare(problem);
  const auto& call = backward ? calls.forward_backward : calls.forward;
  const auto complete_call = [&] {
    call();
    wait_for(problem.device);
  };
  row.timing = time_calls(complete_call, {.seconds = config_.seconds});
  row.gflops = flops / row.timing.minimum / 1e9;
  if (problem.device.is_cpu() && row.timing.minimum < 5 * config_.seconds) {
    const PeakMemory memory;
    call();
    if (const auto extra = memory.extra_bytes()) row.extra_bytes = static_cast<double>(*extra);
    row.extra_share = row.extra_bytes.value_or(0) / (4 * token_bytes(problem));
  }
  if (smaller != nullptr) {
    row.growth = std::log(row.timing.minimum / smaller->timing.minimum) /
                 std::log(static_cast<double>(row.tokens) / static_cast<double>(smaller->tokens));
  }
  const OpRow* sdpa = find("sdpa", row.pass, row.tokens + 1);
  if (sdpa != nullptr && sdpa->tokens == row.tokens) row.speedup = sdpa->timing.minimum / row.timing.minimum;
  return row;
}

}  // namespace multipole
