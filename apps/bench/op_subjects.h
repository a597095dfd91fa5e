// What `bench op` compares: ways to attend over a token grid.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/bench/op_case.h"

namespace multipole {

// One prepared call: its inputs are made, results are thrown away.
struct OpCalls {
  std::function<void()> forward;           // as inference runs it
  std::function<void()> forward_backward;  // with the gradients of every input
};

struct OpSubject {
  const char* name;
  const char* meaning;
  double (*pairs)(const OpCase& problem);                // query-key pairs of one head of one image
  double (*bytes)(const OpCase& problem, double pairs);  // about the most memory that a forward and backward takes
  std::string (*why_not)(const OpCase& problem);         // empty where it can run
  OpCalls (*prepare)(const OpCase& problem);
  bool forward_only = false;  // calls.forward_backward is not there
};

// SDPA first: the others are compared with it. A new subject is one line in the list behind this.
const std::vector<OpSubject>& op_subjects();

}  // namespace multipole
