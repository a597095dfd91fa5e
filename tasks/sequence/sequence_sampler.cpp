#include "tasks/sequence/sequence_sampler.h"

#include <torch/utils.h>

#include <algorithm>
#include <vector>

namespace multipole {

std::string sample_text(SequenceModel& model, const std::string& prompt, const SampleOptions& options,
                        const std::function<void(char)>& show) {
  torch::NoGradGuard no_grad;
  model->eval();
  torch::manual_seed(options.seed);
  const std::string start = prompt.empty() ? "\n" : prompt;
  std::vector<int64_t> bytes;
  for (const char byte : start) bytes.push_back(static_cast<unsigned char>(byte));
  std::string made;
  while (static_cast<int64_t>(made.size()) < options.length) {
    const int64_t seen = std::min<int64_t>(model->config().context, static_cast<int64_t>(bytes.size()));
    const std::vector<int64_t> last(bytes.end() - seen, bytes.end());
    const auto logits = model->forward(torch::tensor(last, torch::kInt64).unsqueeze(0))[0][-1];
    const auto next = options.temperature > 0
                          ? torch::multinomial(torch::softmax(logits / options.temperature, 0), 1).item<int64_t>()
                          : logits.argmax().item<int64_t>();
    bytes.push_back(next);
    made.push_back(static_cast<char>(next));
    if (show) show(made.back());
  }
  return made;
}

}  // namespace multipole
