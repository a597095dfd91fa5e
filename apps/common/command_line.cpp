#include "apps/common/command_line.h"

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "apps/common/exit_code.h"
#include "apps/common/result_output.h"
#include "backbone/config/json.h"

namespace multipole {
namespace {

// The command that the words on the command line lead to, as far as they could be read.
const CLI::App& deepest(const CLI::App& program) {
  const CLI::App* app = &program;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

// Options and commands that could have stood where `word` stands.
std::vector<std::string> known_words(const CLI::App& app, const std::string& word) {
  std::vector<std::string> words;
  if (word.rfind("--", 0) == 0) {
    for (const auto* option : app.get_options()) {
      for (const auto& name : option->get_lnames()) words.push_back("--" + name);
    }
  } else {
    for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
      words.push_back(command->get_name());
    }
  }
  return words;
}

std::string suggestion(const CLI::App& app) {
  const auto extras = app.remaining();
  if (extras.empty()) return "";
  const std::string word = extras.front().substr(0, extras.front().find('='));
  const std::string nearest = nearest_name(word, known_words(app, word));
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}

// CLI11's ranges let NaN pass: it lies neither below a bound nor above one.
void demand_finite_numbers(CLI::App& app) {
  const auto is_finite = [](const std::string& text) {
    // what is no number at all is refused where it is converted
    return std::isfinite(std::strtod(text.c_str(), nullptr)) ? std::string() : text + " is not a finite number";
  };
  for (CLI::Option* option : app.get_options()) {
    if (option->get_type_name().starts_with("FLOAT")) option->check(is_finite, "");
  }
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) demand_finite_numbers(*command);
}

}  // namespace

int parse_and_run(CLI::App& program, const Run& run, int argc, const char* const* argv) {
  demand_finite_numbers(program);
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& success) {
    std::ostringstream text;
    program.exit(success, text, text);
    print_result(text.str());
    return kExitDone;
  } catch (const CLI::ParseError& error) {
    const CLI::App& command = deepest(program);
    std::cerr << "multipole: error: " << error.what() << suggestion(command) << "\n"
              << command.get_footer() << "\nRun with --help for all options.\n";
    return kExitUsage;
  }
  if (!run) {
    std::cerr << deepest(program).help();
    return kExitUsage;
  }
  return run();
}

}  // namespace multipole
