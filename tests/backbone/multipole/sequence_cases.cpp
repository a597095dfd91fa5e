#include "tests/backbone/multipole/sequence_cases.h"

#include <sstream>
#include <tuple>

#include "backbone/multipole/op.h"
#include "tests/backbone/multipole/op_cases.h"
#include "tests/support/random_source.h"

namespace multipole::test {

std::string describe(const SequenceShape& shape) {
  std::ostringstream text;
  text << "batch " << shape.batch << ", " << shape.tokens << " tokens, " << shape.heads << " heads x " << shape.head_dim
       << ", group " << shape.group << ", rank " << shape.rank << ", causal " << shape.causal;
  return text.str();
}

SequenceShape random_sequence_shape(bool causal) {
  const int64_t group = random_int(1, 6), levels = random_int(0, 4);
  const int64_t tokens = levels == 0 ? random_int(1, 2 * group) : group << (levels + 1);
  return {random_int(1, 2), tokens, random_int(1, 3), random_int(1, 8), group, random_int(1, 5), levels, causal};
}

std::vector<torch::Tensor> random_sequence(const SequenceShape& s, torch::ScalarType dtype) {
  seed_tensors();
  std::vector<torch::Tensor> tensors;
  for (int i = 0; i < 3; ++i) tensors.push_back(torch::randn({s.batch, s.tokens, s.heads, s.head_dim}, dtype));
  for (int side = 0; side < 2; ++side) {
    for (int64_t i = 0; i < s.levels; ++i) {
      const int64_t groups = s.tokens / (s.group << i);
      tensors.push_back(torch::randn({s.batch, groups, s.rank, s.heads, s.head_dim}, dtype));
    }
  }
  return tensors;
}

OracleResult run_attention1d(const SequenceShape& s, const std::vector<torch::Tensor>& t) {
  const at::TensorList list = t;
  const auto [out, lse] =
      attention1d(t[0], t[1], t[2], list.slice(3, s.levels), list.slice(3 + s.levels, s.levels), s.group, s.causal);
  return {out, lse};
}

OracleResult define_attention1d(const SequenceShape& s, const std::vector<torch::Tensor>& t) {
  const auto middle = t.begin() + 3 + s.levels;
  return oracle_attention1d(t[0], t[1], t[2], {t.begin() + 3, middle}, {middle, t.end()}, s.group, s.causal);
}

}  // namespace multipole::test
