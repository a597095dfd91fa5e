#include "backbone/multipole/reference/hot_tokens.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <tuple>

#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/upward/token_mass.h"

namespace multipole::reference {
namespace {

// (B, H, W, heads, d) -> means over at most 8 x 8 areas, (B, heads, areas, d)
at::Tensor pool_areas(const at::Tensor& x) {
  const at::Tensor planes = x.permute({0, 3, 4, 1, 2}).flatten(1, 2);
  const int64_t rows = std::min(kPooledSide, x.size(1)), columns = std::min(kPooledSide, x.size(2));
  return at::adaptive_avg_pool2d(planes, {rows, columns})
      .unflatten(1, {x.size(3), x.size(4)})
      .flatten(3)
      .transpose(2, 3);
}

// (B, H, W, heads, d) -> (B, heads, d, n)
at::Tensor tokens_by_head(const at::Tensor& x) { return x.flatten(1, 2).permute({0, 2, 3, 1}); }

// (B, H, W) or (B, H, W, heads), or undefined -> (B, H, W, heads, 1)
at::Tensor complete(const at::Tensor& token_mass, const at::Tensor& q) {
  at::Tensor mass = token_mass;
  if (!mass.defined()) {
    mass = at::ones({q.size(0), q.size(1), q.size(2)}, q.options().dtype(mass_dtype(q.scalar_type())));
  }
  if (mass.dim() == 3) mass = mass.unsqueeze(3);
  return mass.expand({-1, -1, -1, q.size(3)}).unsqueeze(4);
}

}  // namespace

at::Tensor hot_tokens2d(const HotTokens2dArgs& args) {
  const at::Tensor& q = args.q;
  const at::Tensor given = complete(args.token_mass, q), taken_out = is_taken_out(given);
  const at::Tensor mass = given.masked_fill(taken_out, 0), area_mass = pool_areas(mass);
  const at::Tensor no_query = area_mass.eq(0);
  const at::Tensor queries =
      (pool_areas((q.to(mass.scalar_type()) * mass).masked_fill(taken_out, 0)) / area_mass).masked_fill(no_query, 0);
  const at::Tensor keys = tokens_by_head(args.k.to(mass.scalar_type()).masked_fill(taken_out, 0));
  const at::Tensor attention = queries.mul(args.scale).matmul(keys).add_(tokens_by_head(mass.log())).softmax(3);
  // below all others: a token that is not there
  const at::Tensor received =
      attention.masked_fill(no_query, 0).sum(2).masked_fill(tokens_by_head(taken_out).squeeze(2), -1);
  const at::Tensor order = std::get<1>(received.sort(/*stable=*/true, /*dim=*/2, /*descending=*/true));
  return std::get<0>(order.narrow(2, 0, args.count).sort(2));
}

}  // namespace multipole::reference
