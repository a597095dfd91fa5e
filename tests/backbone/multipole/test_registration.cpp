// What torch's dispatcher knows of the operators: the published schemas and a kernel for each way of calling.
#include <ATen/core/dispatch/Dispatcher.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <sstream>

#include "backbone/multipole/op.h"
#include "tests/backbone/multipole/op_cases.h"

namespace multipole::test {
namespace {

const std::vector<std::string> kSchemas = {
    "multipole::attention2d(Tensor q, Tensor k, Tensor v, Tensor[] k_far, Tensor[] v_far, int cell, *, "
    "Tensor[]? q_far=None, Tensor? near_bias=None, Tensor[]? far_bias=None, float? scale=None, Tensor? k_extra=None, "
    "Tensor? v_extra=None, Tensor? token_mass=None, Tensor[]? far_mass=None) -> (Tensor out, Tensor lse)",
    "multipole::summarize2d(Tensor x, Tensor token_basis, Tensor[] merge_basis, int cell, *, Tensor? token_mass=None) "
    "-> "
    "Tensor[]",
    "multipole::attention1d(Tensor q, Tensor k, Tensor v, Tensor[] k_far, Tensor[] v_far, int group, *, "
    "bool causal=False, float? scale=None) -> (Tensor out, Tensor lse)",
    "multipole::summarize1d(Tensor x, Tensor[] basis, int group) -> Tensor[]"};

c10::OperatorHandle find(const std::string& schema) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(schema.substr(0, schema.find('(')).c_str(), "");
}

TEST(Registration, SchemasAreThePublishedOnes) {
  for (const std::string& schema : kSchemas) {
    std::ostringstream text;
    text << find(schema).schema();
    EXPECT_EQ(text.str(), schema);
  }
}

TEST(Registration, EveryWayOfCallingHasAKernel) {
  for (const std::string& schema : kSchemas) {
    const c10::OperatorHandle op = find(schema);
    for (const c10::DispatchKey key : {c10::DispatchKey::CPU, c10::DispatchKey::CUDA, c10::DispatchKey::Meta,
                                       c10::DispatchKey::AutogradCPU, c10::DispatchKey::AutogradCUDA}) {
      EXPECT_TRUE(op.hasComputedKernelForDispatchKey(key)) << schema << ", " << c10::toString(key);
    }
    for (const c10::DispatchKey key :
         {c10::DispatchKey::Meta, c10::DispatchKey::AutocastCPU, c10::DispatchKey::AutocastCUDA}) {
      EXPECT_TRUE(op.hasKernelForDispatchKey(key)) << schema << ", " << c10::toString(key);
    }
  }
}

TEST(Registration, OperatorsAreFunctional) {
  for (const std::string& schema : kSchemas) {
    for (const c10::Argument& argument : find(schema).schema().arguments()) {
      EXPECT_EQ(argument.alias_info(), nullptr) << schema;
    }
  }
  const OracleArgs2d args = random_args({2, 9, 12, 2, 4, 2, 4, true, true}, torch::kFloat32);
  std::vector<torch::Tensor> before;
  for (const torch::Tensor& tensor : tensors_of(args)) before.push_back(tensor.clone());
  run_with_grads(run_op, args, torch::randn_like(args.q), torch::randn({2, 2, 9, 12}));
  const auto after = tensors_of(args);
  for (size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(before[i].equal(after[i])) << "argument " << i << " changed";
}

// Called through a stack, as Python and TorchScript do, with the optional arguments left out.
TEST(Registration, BoxedCallEqualsTheTypedOne) {
  const torch::Tensor x = torch::randn({1, 3, 4, 1, 2});
  torch::jit::Stack stack = {x,
                             x,
                             x,
                             std::vector<at::Tensor>(),
                             std::vector<at::Tensor>(),
                             int64_t{2},
                             c10::IValue(),
                             c10::IValue(),
                             c10::IValue(),
                             c10::IValue(),
                             c10::IValue(),
                             c10::IValue(),
                             c10::IValue(),
                             c10::IValue()};
  find(kSchemas[0]).callBoxed(stack);
  ASSERT_EQ(stack.size(), 2U);
  EXPECT_TRUE(stack[0].toTensor().equal(std::get<0>(attention2d(x, x, x, {}, {}, 2))));
}

}  // namespace
}  // namespace multipole::test
