#include "apps/arguments/command_line.h"

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "apps/arguments/exit_code.h"
#include "apps/output/result_output.h"
#include "base/json.h"

namespace multipole {
namespace {

// The command that the words on the command line lead to, as far as they could be read.
const CLI::App& deepest(const CLI::App& program) {
  const CLI::App* app = &program;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

bool is_option(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

std::vector<std::string> long_options(const CLI::App& app) {
  std::vector<std::string> words;
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

std::vector<std::string> commands(const CLI::App& app) {
  std::vector<std::string> words;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    words.push_back(command->get_name());
  }
  return words;
}

// "unknown WHAT 'WORD'", and the known one that is nearest.
std::string unknown(const std::string& what, const std::string& word, const std::vector<std::string>& known) {
  const std::string nearest = nearest_name(word, known);
  return "unknown " + what + " '" + word + "'" + (nearest.empty() ? "" : "; did you mean '" + nearest + "'?");
}

// What is wrong with the words that the command knows nothing of, a line each; "" where it knows all. Behind an unknown
// option the other words may be its values, so that only options are named.
std::string unknown_words(const CLI::App& app) {
  const auto extras = app.remaining();
  std::string lines;
  for (const auto& extra : extras) {
    if (!is_option(extra)) continue;
    const std::string option = extra.substr(0, extra.find('='));
    lines += (lines.empty() ? "" : "\n") + unknown("option", option, long_options(app));
  }
  if (!lines.empty() || extras.empty()) return lines;
  const auto known = commands(app);
  return known.empty() ? "unexpected argument '" + extras.front() + "'" : unknown("command", extras.front(), known);
}

// An option that is missing may be the one that was misspelt.
std::string complaint(const CLI::ParseError& error, const CLI::App& command) {
  const bool may_be_misspelt = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr ||
                               dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  const std::string unknown = may_be_misspelt ? unknown_words(command) : "";
  return unknown.empty() ? error.what() : unknown;
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
    std::cerr << "multipole: error: " << complaint(error, command) << "\n"
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
