#include "apps/report/report.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/arguments/exit_code.h"
#include "apps/output/result_output.h"
#include "base/text.h"
#include "engine/files/atomic_file.h"
#include "engine/report/run_report.h"
#include "tasks/comparison/comparison.h"

namespace multipole {
namespace {

struct ReportOptions {
  std::vector<std::string> runs;
  std::string out;
  bool json = false;
};

int report(const ReportOptions& options) {
  std::vector<Json> reports;
  for (const auto& run : options.runs) reports.push_back(read_run_report(run));
  if (!options.out.empty()) write_file_atomically(options.out, html_comparison(reports));
  if (options.json) {
    for (const auto& item : reports) print_result(json_line(item));
  } else {
    print_result(text_comparison(reports));
  }
  return kExitDone;
}

}  // namespace

void add_report_command(CLI::App& program, Run& run) {
  const auto options = std::make_shared<ReportOptions>();
  CLI::App* command = add_command(program, "report", "the figures of finished runs, side by side",
                                  "multipole report runs/first runs/second --out comparison.html");
  command->add_option("RUN", options->runs, "run folders; each holds its own report.html")->required();
  command->add_option("--out", options->out, "also write the comparison as a self-contained HTML page");
  command->add_flag("--json", options->json, "each run's whole report as JSON, one a line");
  command->callback([options, &run] { run = [options] { return report(*options); }; });
}

}  // namespace multipole
