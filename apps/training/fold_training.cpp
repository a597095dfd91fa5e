#include "apps/training/fold_training.h"

#include <charconv>
#include <filesystem>
#include <iostream>
#include <vector>

#include "apps/arguments/exit_code.h"
#include "apps/output/result_output.h"
#include "base/error.h"
#include "base/json_text.h"
#include "engine/distributed/process_place.h"
#include "engine/files/atomic_file.h"
#include "engine/report/run_report.h"
#include "tasks/comparison/fold_summary.h"

namespace multipole {
namespace {

bool parse_whole(const std::string& text, int64_t& value) {
  const auto* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stopped == end;
}

}  // namespace

FoldChoice parse_fold(const std::string& text) {
  FoldChoice choice;
  const size_t slash = text.find('/');
  const bool is_read = slash != text.npos && parse_whole(text.substr(0, slash), choice.fold) &&
                       parse_whole(text.substr(slash + 1), choice.folds);
  if (!is_read || choice.folds < 2 || choice.fold < 1 || choice.fold > choice.folds) {
    throw ConfigError("--fold " + text + ": expected I/K, the I-th of K folds, such as 2/5");
  }
  return choice;
}

int train_folds(const Task& task, const Json& settings, const RunSettings& run, TrainObserver& observer,
                const SignalStop& stop) {
  if (run.resume != "auto" && run.resume != "never") {
    throw ConfigError("--folds trains in folders of its own below --out: --resume auto or never goes with it");
  }
  const std::filesystem::path out = run.out;
  const bool speaks = process_place_from_environment().is_first();
  const auto folder_of = [&](int64_t fold) { return out / ("fold_" + std::to_string(fold)); };
  const auto folds = settings["data"]["folds"].get<int64_t>();
  for (int64_t fold = 1; fold <= folds; ++fold) {
    Json one = settings;
    one["data"]["fold"] = fold;
    if (speaks) observer.on_message("fold " + std::to_string(fold) + " of " + std::to_string(folds));
    const auto result =
        train_opened(*task.open(one, run.data), folder_of(fold), observer, resume_options(run), stop.flag());
    if (result.stop_reason != StopReason::kStopToken) continue;
    if (speaks) std::cerr << "stopped in fold " << fold << "; the same command goes on from here\n";
    return stop.exit_code();
  }
  if (!speaks) return kExitDone;
  std::vector<Json> reports;
  for (int64_t fold = 1; fold <= folds; ++fold) reports.push_back(read_run_report(folder_of(fold)));
  write_file_atomically(out / "folds.json", json_text(fold_summary(reports), 2) + "\n");
  print_result(text_fold_summary(reports));
  return kExitDone;
}

}  // namespace multipole
