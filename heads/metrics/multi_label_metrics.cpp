#include "heads/metrics/multi_label_metrics.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "heads/metrics/shares.h"

namespace multipole {

namespace {

// Of the numbers that are there; NaN where none is.
double mean_of_known(const std::vector<double>& values) {
  double sum = 0, count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return share(sum, count);
}

double f1(double true_positives, double answers, double positives) {
  return share(2 * true_positives, answers + positives);
}

}  // namespace

double average_precision(const torch::Tensor& scores, const torch::Tensor& truth) {
  const auto values = scores.to(torch::kFloat).contiguous();
  const auto shown = truth.to(torch::kBool).contiguous();
  std::vector<std::pair<float, bool>> ranking;
  for (int64_t i = 0; i < values.numel(); ++i) {
    ranking.emplace_back(values.data_ptr<float>()[i], shown.data_ptr<bool>()[i]);
  }
  std::sort(ranking.begin(), ranking.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  const double positives = shown.sum().item<double>();
  double sum = 0, found = 0;
  for (size_t i = 0; i < ranking.size();) {
    const float score = ranking[i].first;
    double new_found = 0;
    for (; i < ranking.size() && ranking[i].first == score; ++i) new_found += ranking[i].second ? 1 : 0;
    found += new_found;
    sum += new_found * found / static_cast<double>(i);
  }
  return share(sum, positives);
}

MultiLabelMetrics::MultiLabelMetrics(int64_t num_classes, double threshold)
    : num_classes_(num_classes),
      threshold_(threshold),
      true_positives_(torch::zeros({num_classes}, torch::kLong)),
      answers_(torch::zeros({num_classes}, torch::kLong)),
      positives_(torch::zeros({num_classes}, torch::kLong)) {}

void MultiLabelMetrics::update(const torch::Tensor& logits, const torch::Tensor& targets) {
  TORCH_CHECK(logits.dim() == 2 && logits.size(1) == num_classes_, "logits: expected (B, ", num_classes_, "), got ",
              logits.sizes());
  TORCH_CHECK(targets.sizes() == logits.sizes(), "targets: expected ", logits.sizes(), ", got ", targets.sizes());
  const auto values = logits.detach().to(torch::kCPU, torch::kFloat);
  const auto scores = values.masked_fill(~values.isfinite(), std::numeric_limits<float>::lowest());
  const auto shown = targets.to(torch::kCPU) > 0.5;
  const auto answered = scores.to(torch::kDouble).sigmoid() > threshold_;
  samples_ += scores.size(0);
  scores_.push_back(scores);
  truth_.push_back(shown.to(torch::kByte));
  true_positives_ += (answered & shown).sum(0);
  answers_ += answered.sum(0);
  positives_ += shown.sum(0);
}

void MultiLabelMetrics::gather(int64_t process_rank, int64_t num_processes,
                               const std::function<void(torch::Tensor&)>& sum) {
  torch::Tensor counts = torch::zeros({num_processes}, torch::kLong);
  counts[process_rank] = samples_;
  sum(counts);
  const auto total = counts.sum().item<int64_t>();
  const auto start = counts.slice(0, 0, process_rank).sum().item<int64_t>();
  // each process's rows at their place, and zeros elsewhere: their sum is everybody's rows
  const auto everybody = [&](const torch::Tensor& own) {
    torch::Tensor all = torch::zeros({total, num_classes_}, own.options());
    all.slice(0, start, start + samples_).copy_(own);
    sum(all);
    return all;
  };
  scores_ = {everybody(scores())};
  truth_ = {everybody(truth())};
  for (torch::Tensor* count : {&true_positives_, &answers_, &positives_}) sum(*count);
  samples_ = total;
}

torch::Tensor MultiLabelMetrics::scores() const {
  return scores_.empty() ? torch::empty({0, num_classes_}) : torch::cat(scores_);
}

torch::Tensor MultiLabelMetrics::truth() const {
  return truth_.empty() ? torch::empty({0, num_classes_}, torch::kByte) : torch::cat(truth_);
}

std::vector<double> MultiLabelMetrics::average_precisions() const {
  const auto all_scores = scores(), all_truth = truth();
  std::vector<double> precisions;
  for (int64_t place = 0; place < num_classes_; ++place) {
    precisions.push_back(average_precision(all_scores.select(1, place), all_truth.select(1, place)));
  }
  return precisions;
}

double MultiLabelMetrics::mean_average_precision() const { return mean_of_known(average_precisions()); }

double MultiLabelMetrics::macro_f1() const {
  std::vector<double> scores;
  for (int64_t place = 0; place < num_classes_; ++place) {
    const auto positives = positives_[place].item<double>();
    if (positives == 0) continue;
    scores.push_back(f1(true_positives_[place].item<double>(), answers_[place].item<double>(), positives));
  }
  return mean_of_known(scores);
}

double MultiLabelMetrics::micro_f1() const {
  return f1(true_positives_.sum().item<double>(), answers_.sum().item<double>(), positives_.sum().item<double>());
}

Json MultiLabelMetrics::to_json(const std::vector<std::string>& class_names) const {
  const auto precisions = average_precisions();
  Json per_class = Json::array();
  for (int64_t place = 0; place < num_classes_; ++place) {
    const auto right = true_positives_[place].item<double>(), answers = answers_[place].item<double>();
    const auto positives = positives_[place].item<double>();
    per_class.push_back({{"class", class_names.at(static_cast<size_t>(place))},
                         {"samples", positives_[place].item<int64_t>()},
                         {"ap", number_or_null(precisions[static_cast<size_t>(place)])},
                         {"precision", number_or_null(share(right, answers))},
                         {"recall", number_or_null(share(right, positives))},
                         {"f1", number_or_null(f1(right, answers, positives))}});
  }
  return {{"samples", samples_},
          {"map", number_or_null(mean_of_known(precisions))},
          {"macro_f1", number_or_null(macro_f1())},
          {"micro_f1", number_or_null(micro_f1())},
          {"threshold", threshold_},
          {"per_class", per_class}};
}

}  // namespace multipole
