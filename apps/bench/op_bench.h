// Measures the subjects of `bench op` side by side.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/bench/op_case.h"
#include "base/json.h"
#include "engine/bench/fma_peak.h"
#include "engine/bench/timing.h"

namespace multipole {

struct OpBenchConfig {
  std::vector<int64_t> tokens = {256, 1024, 4096, 16384};
  std::vector<std::string> subjects;  // empty: all
  OpCase shape;                       // height and width are set for each number of tokens
  bool backward = false;
  double seconds = 1;       // to repeat a call for
  double max_seconds = 60;  // a call expected to take longer is left out
};

struct OpRow {
  std::string subject, pass;  // pass: "forward" or "forward+backward"
  int64_t tokens = 0, height = 0, width = 0;
  std::string skipped;  // why there are no figures; empty where there are
  Timing timing;
  double gflops = 0;
  std::optional<double> extra_bytes;  // the most memory beyond the inputs, result included; on the CPU
  double extra_share = 0;             // of the size of q, k, v and out
  std::optional<double> growth;       // exponent from the subject's size before: log(time ratio) / log(token ratio)
  std::optional<double> speedup;      // over sdpa in the same pass
};

// The machine's limits in the run's dtype.
struct Limits {
  double matrix_gflops = 0;
  std::optional<FmaPeak> fma;  // of processors only

  double peak_gflops() const { return fma ? fma->gflops : matrix_gflops; }
};

class OpBench {
 public:
  explicit OpBench(const OpBenchConfig& config);

  const Limits& limits() const { return limits_; }

  // Runs everything; `show` is called with each row when it is there. Throws ConfigError for an unknown subject.
  std::vector<OpRow> run(const std::function<void(const OpRow&)>& show);

 private:
  OpRow measure(const struct OpSubject& subject, const OpCase& problem, bool backward);
  const OpRow* find(const std::string& subject, const std::string& pass, int64_t tokens_below) const;

  OpBenchConfig config_;
  Limits limits_;
  std::vector<OpRow> rows_;
};

}  // namespace multipole
