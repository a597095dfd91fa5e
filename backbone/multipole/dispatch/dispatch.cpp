#include "backbone/multipole/dispatch/dispatch.h"

#include <ATen/ATen.h>

#include "backbone/multipole/cpu/attention1d_cpu.h"
#include "backbone/multipole/cpu/attention2d_cpu.h"
#include "backbone/multipole/cpu/summaries/cluster_cpu.h"
#include "backbone/multipole/cpu/summaries/hot_tokens_cpu.h"
#include "backbone/multipole/cpu/summaries/summarize_cpu.h"
#include "backbone/multipole/cuda/attention_cuda.h"
#include "backbone/multipole/reference/attention1d.h"
#include "backbone/multipole/reference/attention2d.h"
#include "backbone/multipole/reference/cluster.h"
#include "backbone/multipole/reference/hot_tokens.h"
#include "backbone/multipole/reference/summarize.h"
#include "backbone/multipole/upward/cluster_gradients.h"
#include "backbone/multipole/upward/token_mass.h"

namespace multipole {

std::vector<Candidate> attention2d_candidates(const Attention2dArgs& args) {
  return {{Backend::cuda, cuda::why_not(args)}, {Backend::cpu, cpu::why_not(args)}, {Backend::reference, ""}};
}

namespace {

std::tuple<at::Tensor, at::Tensor> attention2d_forward(Backend backend, const Attention2dArgs& args) {
  if (backend == Backend::cuda) return cuda::attention2d_forward(args);
  if (backend == Backend::cpu) return cpu::attention2d_forward(args);
  return reference::attention2d_forward(args);
}

Attention2dGrads attention2d_backward(Backend backend, const Attention2dArgs& args, const at::Tensor& out,
                                      const at::Tensor& lse, const at::Tensor& d_out, const at::Tensor& d_lse) {
  if (backend == Backend::cuda) return cuda::attention2d_backward(args, out, lse, d_out, d_lse);
  if (backend == Backend::cpu) return cpu::attention2d_backward(args, out, lse, d_out, d_lse);
  return reference::attention2d_backward(args, out, lse, d_out, d_lse);
}

std::vector<Candidate> summarize2d_candidates(const Summarize2dArgs& args) {
  return {{Backend::cuda, cuda::why_not(args)}, {Backend::cpu, cpu::why_not(args)}, {Backend::reference, ""}};
}

std::vector<Candidate> attention1d_candidates(const Attention1dArgs& args) {
  return {{Backend::cuda, cuda::why_not(args)}, {Backend::cpu, cpu::why_not(args)}, {Backend::reference, ""}};
}

// CUDA has no kernels of these two, and runs the reference.
std::vector<Candidate> cluster2d_candidates(const Cluster2dArgs& args) {
  return {{Backend::cpu, cpu::why_not(args)}, {Backend::reference, ""}};
}

std::vector<Candidate> hot_tokens2d_candidates(const HotTokens2dArgs& args) {
  return {{Backend::cpu, cpu::why_not(args)}, {Backend::reference, ""}};
}

std::vector<Candidate> summarize1d_candidates(const Summarize1dArgs& args) {
  return {{Backend::cuda, cuda::why_not(args)}, {Backend::cpu, cpu::why_not(args)}, {Backend::reference, ""}};
}

}  // namespace

std::tuple<at::Tensor, at::Tensor> run_attention2d_on(Backend backend, const Attention2dArgs& args) {
  return attention2d_forward(backend, complete_masses(args));
}

Attention2dGrads run_attention2d_backward_on(Backend backend, const Attention2dArgs& args, const at::Tensor& out,
                                             const at::Tensor& lse, const at::Tensor& d_out, const at::Tensor& d_lse) {
  const Attention2dArgs complete = complete_masses(args);
  return reduce_mass_grads(args, complete, attention2d_backward(backend, complete, out, lse, d_out, d_lse));
}

std::tuple<at::Tensor, at::Tensor> run_attention2d(const Attention2dArgs& args) {
  return run_attention2d_on(choose_backend("attention2d", attention2d_candidates(args)), args);
}

Attention2dGrads run_attention2d_backward(const Attention2dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                          const at::Tensor& d_out, const at::Tensor& d_lse) {
  const Backend backend = choose_backend("attention2d", attention2d_candidates(args));
  return run_attention2d_backward_on(backend, args, out, lse, d_out, d_lse);
}

std::vector<at::Tensor> run_summarize2d(const Summarize2dArgs& args) {
  if (args.token_mass.defined()) return summarize_masses(args, run_summarize2d);
  const Backend backend = choose_backend("summarize2d", summarize2d_candidates(args));
  if (backend == Backend::cuda) return cuda::summarize2d_forward(args);
  return backend == Backend::cpu ? cpu::summarize2d_forward(args) : reference::summarize2d_forward(args);
}

Summarize2dGrads run_summarize2d_backward(const Summarize2dArgs& args, const std::vector<at::Tensor>& d_summaries) {
  if (args.token_mass.defined()) {
    return summarize_masses_backward(args, d_summaries, run_summarize2d, run_summarize2d_backward);
  }
  const Backend backend = choose_backend("summarize2d", summarize2d_candidates(args));
  if (backend == Backend::cuda) return cuda::summarize2d_backward(args, d_summaries);
  return backend == Backend::cpu ? cpu::summarize2d_backward(args, d_summaries)
                                 : reference::summarize2d_backward(args, d_summaries);
}

std::vector<at::Tensor> run_summarize1d(const Summarize1dArgs& args) {
  const Backend backend = choose_backend("summarize1d", summarize1d_candidates(args));
  if (backend == Backend::cuda) return cuda::summarize1d_forward(args);
  return backend == Backend::cpu ? cpu::summarize1d_forward(args) : reference::summarize1d_forward(args);
}

Summarize1dGrads run_summarize1d_backward(const Summarize1dArgs& args, const std::vector<at::Tensor>& d_summaries) {
  const Backend backend = choose_backend("summarize1d", summarize1d_candidates(args));
  if (backend == Backend::cuda) return cuda::summarize1d_backward(args, d_summaries);
  return backend == Backend::cpu ? cpu::summarize1d_backward(args, d_summaries)
                                 : reference::summarize1d_backward(args, d_summaries);
}

std::tuple<at::Tensor, at::Tensor> run_attention1d(const Attention1dArgs& args) {
  const Backend backend = choose_backend("attention1d", attention1d_candidates(args));
  if (backend == Backend::cuda) return cuda::attention1d_forward(args);
  return backend == Backend::cpu ? cpu::attention1d_forward(args) : reference::attention1d_forward(args);
}

Attention1dGrads run_attention1d_backward(const Attention1dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                          const at::Tensor& d_out, const at::Tensor& d_lse) {
  const Backend backend = choose_backend("attention1d", attention1d_candidates(args));
  if (backend == Backend::cuda) return cuda::attention1d_backward(args, out, lse, d_out, d_lse);
  return backend == Backend::cpu ? cpu::attention1d_backward(args, out, lse, d_out, d_lse)
                                 : reference::attention1d_backward(args, out, lse, d_out, d_lse);
}

Clusters2d run_cluster2d(const Cluster2dArgs& args) {
  const Backend backend = choose_backend("cluster2d", cluster2d_candidates(args));
  return backend == Backend::cpu ? cpu::cluster2d_forward(args) : reference::cluster2d_forward(args);
}

Cluster2dGrads run_cluster2d_backward(const Cluster2dArgs& args, const Clusters2d& clusters,
                                      const Clusters2d& d_clusters) {
  return cluster2d_gradients(args, clusters, d_clusters);
}

at::Tensor run_hot_tokens2d(const HotTokens2dArgs& args) {
  if (args.token_mass.defined()) {
    const at::Tensor present = is_taken_out(args.token_mass).logical_not().sum(at::IntArrayRef{1, 2});
    TORCH_CHECK(present.ge(args.count).all().item<bool>(),
                "multipole::hot_tokens2d: count must be at most the number of tokens of mass above 0 in ",
                "each image and head, at least ", present.amin().item<int64_t>(), ", got ", args.count);
  }
  const Backend backend = choose_backend("hot_tokens2d", hot_tokens2d_candidates(args));
  return backend == Backend::cpu ? cpu::hot_tokens2d(args) : reference::hot_tokens2d(args);
}

}  // namespace multipole
