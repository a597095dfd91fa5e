#include "apps/arguments/attention_option.h"

namespace multipole {

void add_attention_option(CLI::App& command, std::string& choice) {
  command
      .add_option(kAttentionOption, choice,
                  "another attention in the place of a vit's own, with its weights: multipole2d (near tokens and the "
                  "prominent ones exactly, the rest through summaries), auto (that, and full attention on grids where "
                  "it is about as fast), full, or JSON: {\"type\": ..., fields...}")
      ->option_text("TYPE|JSON");
}

}  // namespace multipole
