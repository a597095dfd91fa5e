#include "backbone/multipole/cpu/summaries/hot_tokens_cpu.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "backbone/multipole/cpu/instruction_set.h"
#include "backbone/multipole/quadtree.h"

namespace multipole::cpu {
namespace {

TokenView view_tokens(const at::Tensor& x) {
  if (!x.defined()) return {};
  return {x.data_ptr(), x.stride(0), x.stride(1), x.stride(2), x.dim() > 3 ? x.stride(3) : 0};
}

class HotTokensMemory {
 public:
  HotTokensMemory(const HotTokensParams& p, int64_t width) {
    const int64_t row = ceil_div(p.head_dim, 16) * 16, blocks = ceil_div(p.height * p.width, kHotBlock);
    const int64_t places = blocks * kHotBlock, areas = p.rows * p.columns;
    floats_ = at::empty({2 * kMostAreas * row + kHotBlock * row + places * ceil_div(areas, width) * width +
                         2 * blocks * kMostAreas + places},
                        at::kFloat);
    integers_ = at::empty({kHotBlock + 8 + 2 * places}, at::kLong);
    float* next = floats_.data_ptr<float>();
    const auto take = [&](int64_t count) {
      float* taken = next;
      next += count;
      return taken;
    };
    scratch_.queries = take(kMostAreas * row);
    scratch_.tiles = take(kMostAreas * row);
    scratch_.keys = take(kHotBlock * row);
    scratch_.weights = take(places * ceil_div(areas, width) * width);
    scratch_.largest = take(blocks * kMostAreas);
    scratch_.totals = take(blocks * kMostAreas);
    scratch_.bias = take(places);
    scratch_.offset = integers_.data_ptr<int64_t>();
    scratch_.place = scratch_.offset + kHotBlock + 8;
    scratch_.element = scratch_.place + places;
  }
  const HotTokensScratch& get() const { return scratch_; }

 private:
  at::Tensor floats_, integers_;
  HotTokensScratch scratch_{};
};

// The `count` tokens that received most, ascending; the lowest where several received as much. NaN is most of all.
void choose(std::vector<float>& received, int64_t count, int64_t* chosen) {
  for (float& value : received) {
    if (std::isnan(value)) value = std::numeric_limits<float>::infinity();
  }
  std::vector<float> order = received;
  std::nth_element(order.begin(), order.begin() + (count - 1), order.end(), std::greater<>());
  const float least = order[static_cast<size_t>(count - 1)];
  const auto more = std::count_if(received.begin(), received.end(), [least](float value) { return value > least; });
  int64_t equal = count - more;
  for (size_t i = 0; i < received.size(); ++i) {
    if (received[i] > least || (received[i] == least && equal-- > 0)) *chosen++ = static_cast<int64_t>(i);
  }
}

}  // namespace

std::string why_not(const HotTokens2dArgs& args) {
  if (!args.q.device().is_cpu()) return "the tensors are not on the CPU";
  if (args.q.scalar_type() != at::kFloat && args.q.scalar_type() != at::kBFloat16) {
    return "only float32 and bfloat16 are fused";
  }
  return "";
}

at::Tensor hot_tokens2d(const HotTokens2dArgs& args) {
  const KernelTable& kernels = chosen_kernels();
  const int64_t heads = args.q.size(3);
  HotTokensParams p{};
  p.height = args.q.size(1);
  p.width = args.q.size(2);
  p.head_dim = args.q.size(4);
  p.rows = std::min(kPooledSide, p.height);
  p.columns = std::min(kPooledSide, p.width);
  p.scale = static_cast<float>(args.scale);
  p.storage = args.q.scalar_type() == at::kBFloat16 ? Storage::bfloat16 : Storage::float32;
  p.q = view_tokens(args.q);
  p.k = view_tokens(args.k);
  p.mass = view_tokens(args.token_mass);
  const at::Tensor chosen = at::empty({args.q.size(0), heads, args.count}, args.q.options().dtype(at::kLong));
  int64_t* out = chosen.data_ptr<int64_t>();
  at::parallel_for(0, args.q.size(0) * heads, 1, [&](int64_t begin, int64_t end) {
    const HotTokensMemory memory(p, kernels.width);
    std::vector<float> received(static_cast<size_t>(p.height * p.width));
    for (int64_t i = begin; i < end; ++i) {
      std::fill(received.begin(), received.end(), -1.0f);  // below all others: a token that is not there
      kernels.hot_tokens(p, i / heads, i % heads, memory.get(), received.data());
      choose(received, args.count, out + i * args.count);
    }
  });
  return chosen;
}

}  // namespace multipole::cpu
