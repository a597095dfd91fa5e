#include "apps/inspect/inspect.h"

#include <array>
#include <charconv>
#include <memory>

#include "apps/arguments/exit_code.h"
#include "apps/inspect/attention_picture.h"
#include "apps/inspect/model_description.h"
#include "apps/output/result_output.h"
#include "base/error.h"
#include "base/text.h"

namespace multipole {
namespace {

struct InspectOptions {
  std::string model;
  bool json = false, tensors = false;
  std::string attention, token, out;
  int64_t cell = 4;
};

// Two whole numbers with `separator` between them: "32x48", "5,7".
std::array<int64_t, 2> parse_pair(const std::string& text, char separator, const std::string& option) {
  std::array<int64_t, 2> pair = {};
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, pair[0]);
  if (first.ec == std::errc() && first.ptr != end && *first.ptr == separator) {
    const auto second = std::from_chars(first.ptr + 1, end, pair[1]);
    if (second.ec == std::errc() && second.ptr == end) return pair;
  }
  throw ConfigError(option + " " + text + ": expected two whole numbers with '" + separator + "' between them");
}

void draw_attention(const InspectOptions& options) {
  AttentionPicture picture;
  picture.cell = options.cell;
  const auto [height, width] = parse_pair(options.attention, 'x', "--attention");
  picture.height = height;
  picture.width = width;
  picture.token_y = height / 2;
  picture.token_x = width / 2;
  if (!options.token.empty()) {
    const auto [y, x] = parse_pair(options.token, ',', "--token");
    picture.token_y = y;
    picture.token_x = x;
  }
  ResultOutput output(options.out);
  output.write(attention_svg(picture));
  output.finish();
}

int inspect(const InspectOptions& options) {
  if (options.model.empty() == options.attention.empty()) {
    throw ConfigError("inspect: name one model file, or draw with --attention HxW");
  }
  if (!options.attention.empty()) {
    draw_attention(options);
  } else {
    const Json description = describe_model(options.model);
    print_result(options.json ? json_line(description) : description_text(description, options.tensors));
  }
  return kExitDone;
}

}  // namespace

void add_inspect_command(CLI::App& program, Run& run) {
  const auto options = std::make_shared<InspectOptions>();
  CLI::App* command = add_command(program, "inspect", "say what a model file holds, or draw what a token attends to",
                                  "multipole inspect model.safetensors --tensors\n"
                                  "  multipole inspect --attention 32x32 --cell 2 --token 12,19 --out attention.svg");
  command->add_option("MODEL", options->model, "model file");
  command->add_flag("--json", options->json, "one JSON object on standard output");
  command->add_flag("--tensors", options->tensors, "a line for each tensor");
  command
      ->add_option("--attention", options->attention,
                   "draw a grid of so many tokens as SVG (in other commands --attention takes "
                   "another attention)")
      ->option_text("HxW");
  command->add_option("--cell", options->cell, "tokens along each side of a finest cell")->capture_default_str();
  command->add_option("--token", options->token, "the token that attends; the middle one by default")
      ->option_text("Y,X");
  command->add_option("--out", options->out, "write the drawing to this file instead of standard output");
  command->callback([options, &run] { run = [options] { return inspect(*options); }; });
}

}  // namespace multipole
