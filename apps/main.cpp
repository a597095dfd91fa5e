// The command `multipole`: wires the commands and turns every failure into a message and an exit code.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <opencv2/core/utility.hpp>

#include "apps/arguments/command.h"
#include "apps/arguments/command_line.h"
#include "apps/arguments/exit_code.h"
#include "apps/arguments/signals.h"
#include "apps/attention/attention.h"
#include "apps/bench/bench.h"
#include "apps/classify/classify.h"
#include "apps/data/data.h"
#include "apps/distill/distill.h"
#include "apps/doctor/doctor.h"
#include "apps/embed/embed.h"
#include "apps/import/import.h"
#include "apps/inspect/inspect.h"
#include "apps/output/result_output.h"
#include "apps/report/report.h"
#include "apps/segment/segment.h"
#include "apps/sequence/sequence.h"
#include "apps/study/study.h"
#include "apps/training/task_commands.h"
#include "engine/runtime/allocator.h"
#include "engine/runtime/tensor_allocator.h"

namespace {

int run_program(int argc, char** argv) {
  CLI::App program("Vision with Fast Multipole Attention: near tokens one by one, far ones through learned summaries.",
                   "multipole");
  program.footer(
      "Example:\n  multipole classify predict --model models/multipole_nano_cifar10.safetensors photo.jpg\n"
      "Every command explains itself: multipole classify train --help\n"
      "Exit codes: 0 done, 1 failure, 2 usage, 3 some inputs failed, 4 resources, 5 model unusable, 130/143 signals");
  program.set_version_flag("--version", "multipole " MULTIPOLE_VERSION);
  multipole::Run run;
  multipole::add_classify_commands(program, run);
  multipole::add_segment_commands(program, run);
  multipole::add_data_commands(program, run);
  multipole::add_bench_commands(program, run);
  multipole::add_sequence_commands(program, run);
  multipole::add_study_command(program, run);
  multipole::add_import_command(program, run);
  multipole::add_embed_command(program, run);
  multipole::add_distill_commands(program, run);
  multipole::add_compare_attention_command(program, run);
  multipole::add_adapt_command(program, run);
  multipole::add_inspect_command(program, run);
  multipole::add_report_command(program, run);
  multipole::add_doctor_command(program, run);
  multipole::add_task_commands(program, run);
  return multipole::parse_and_run(program, run, argc, argv);
}

}  // namespace

int main(int argc, char** argv) {
  multipole::keep_freed_memory();
  multipole::reuse_tensor_memory();
  multipole::report_failed_writes();
  cv::setNumThreads(1);  // the workers of a loader are threads enough; more would only contend with them
  try {
    return run_program(argc, argv);
  } catch (const multipole::OutputClosed&) {
    return multipole::kExitDone;
  } catch (const std::exception& error) {
    std::cerr << "multipole: error: " << multipole::message_of(error) << "\n";
    return multipole::exit_code_of(error);
  }
}
