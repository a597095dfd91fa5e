#include "apps/sequence/sequence.h"

namespace multipole {

void add_sequence_commands(CLI::App& program, Run& run) {
  CLI::App* group = add_command(program, "sequence", "language models of bytes: train, score, sample",
                                "multipole sequence train --text book.txt --out runs/book");
  add_sequence_train(*group, run);
  add_sequence_eval(*group, run);
  add_sequence_sample(*group, run);
}

}  // namespace multipole
