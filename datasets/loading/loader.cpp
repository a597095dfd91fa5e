#include "datasets/loading/loader.h"

#include <ATen/Parallel.h>
#include <omp.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "base/error.h"
#include "datasets/loading/epoch_order.h"

namespace multipole {

// An epoch under way. Its workers own it together with the loader, so that a worker that is stuck in a read may be left
// behind without reaching for freed memory.
struct Loader::Epoch {
  struct Result {
    Batch batch;
    std::exception_ptr error;
  };

  std::shared_ptr<const BatchBuilder> builder;
  std::vector<int64_t> order;
  int64_t number = 0;
  int64_t batch_size = 0, num_batches = 0;

  std::mutex mutex;
  std::condition_variable room, ready;
  int64_t next_ticket = 0;    // batch that the next free worker takes
  int64_t next_delivery = 0;  // batch that the caller gets next
  int64_t window = 0;         // how far tickets may run ahead of deliveries
  bool stopped = false;
  std::map<int64_t, Result> results;
  std::vector<int64_t> reading;       // index that each worker reads, -1 when idle
  int64_t num_seen = 0, num_bad = 0;  // of what was delivered
  std::string first_reason;           // of the bad ones

  Batch build(int64_t batch, const std::function<void(int64_t)>& on_reading) const {
    const auto begin = order.begin() + batch * batch_size;
    const auto end = order.begin() + std::min<int64_t>((batch + 1) * batch_size, static_cast<int64_t>(order.size()));
    return (*builder)(std::vector<int64_t>(begin, end), number, batch, on_reading);
  }

  void work(size_t worker) {
    // one thread for ATen's loops in here; the call before it makes this thread's first setting, which torch would
    // otherwise do later. at::set_num_threads would change the whole program.
    at::get_num_threads();
    omp_set_num_threads(1);
    const torch::NoGradGuard no_grad;
    std::unique_lock lock(mutex);
    while (true) {
      room.wait(lock, [&] { return stopped || next_ticket >= num_batches || next_ticket < next_delivery + window; });
      if (stopped || next_ticket >= num_batches) return;
      const int64_t ticket = next_ticket++;
      lock.unlock();
      Result result;
      try {
        result.batch = build(ticket, [&](int64_t index) {
          const std::lock_guard guard(mutex);
          reading[worker] = index;
        });
      } catch (...) {
        result.error = std::current_exception();
      }
      lock.lock();
      reading[worker] = -1;
      results.emplace(ticket, std::move(result));
      ready.notify_all();
    }
  }

  std::string stuck_files() const {
    std::string names;
    for (const int64_t index : reading) {
      if (index >= 0) names += (names.empty() ? "" : ", ") + builder->dataset->path(index);
    }
    return names;
  }
};

Loader::Loader(std::shared_ptr<const Dataset> dataset, SampleTransform transform, const Preprocessing& preprocessing,
               LoaderOptions options)
    : options_(std::move(options)) {
  require(options_.batch_size >= 1, "batch_size", "must be at least 1", options_.batch_size);
  require(options_.num_workers >= 0 && options_.num_workers <= 1024, "num_workers", "must be from 0 to 1024",
          options_.num_workers);
  require(options_.prefetch >= 1, "prefetch", "must be at least 1", options_.prefetch);
  require(options_.max_bad >= 0.0 && options_.max_bad <= 1.0, "max_bad", "must be from 0 to 1", options_.max_bad);
  options_.mix.validate("mix");
  if (dataset->size() == 0) throw ConfigError("the dataset is empty: there is nothing to load");
  builder_ =
      std::make_shared<BatchBuilder>(BatchBuilder{std::move(dataset), std::move(transform), Normalizer(preprocessing),
                                                  options_.mix, options_.seed, options_.picture_size});
}

Loader::~Loader() { stop(); }

void Loader::take_share(int64_t share, int64_t num_shares) {
  const int64_t size = builder_->dataset->size();
  require(share >= 0 && share < num_shares, "share", "must be from 0 to " + std::to_string(num_shares - 1), share);
  if (num_shares > 1 && options_.drop_last && size < num_shares * options_.batch_size) {
    throw ConfigError(std::to_string(size) + " samples are too few for " + std::to_string(num_shares) +
                      " processes with batches of " + std::to_string(options_.batch_size) +
                      "; use fewer processes or a smaller batch_size");
  }
  share_ = share;
  num_shares_ = num_shares;
}

int64_t Loader::num_batches() const {
  const int64_t size = builder_->dataset->size();
  const int64_t whole = size / options_.batch_size;
  if (options_.drop_last && whole > 0) return whole / num_shares_;
  const int64_t all = whole + (size % options_.batch_size > 0 ? 1 : 0);
  return (all - share_ + num_shares_ - 1) / num_shares_;
}

void Loader::start_epoch(int64_t epoch, int64_t first_batch) {
  stop();
  require(first_batch >= 0 && first_batch <= num_batches(), "first_batch",
          "must be from 0 to " + std::to_string(num_batches()), first_batch);
  epoch_ = std::make_shared<Epoch>();
  epoch_->builder = builder_;
  epoch_->order = epoch_order(builder_->dataset->size(), options_.shuffle, options_.seed, epoch);
  if (num_shares_ > 1) {
    epoch_->order = share_of_order(epoch_->order, options_.batch_size, share_, num_shares_, options_.drop_last);
  }
  epoch_->number = epoch;
  epoch_->batch_size = options_.batch_size;
  epoch_->num_batches = num_batches();
  epoch_->next_ticket = epoch_->next_delivery = first_batch;
  epoch_->window = std::max(options_.prefetch, options_.num_workers);
  epoch_->reading.assign(options_.num_workers, -1);
  for (int64_t i = 0; i < options_.num_workers; ++i) {
    workers_.emplace_back([state = epoch_, i] { state->work(static_cast<size_t>(i)); });
  }
}

std::optional<Batch> Loader::next() {
  if (!epoch_) return std::nullopt;
  if (epoch_->next_delivery >= epoch_->num_batches) {
    stop();
    return std::nullopt;
  }
  Epoch::Result result;
  if (workers_.empty()) {
    try {
      const torch::NoGradGuard no_grad;
      result.batch = epoch_->build(epoch_->next_delivery, [](int64_t) {});
    } catch (...) {
      result.error = std::current_exception();
    }
    ++epoch_->next_delivery;
  } else {
    std::unique_lock lock(epoch_->mutex);
    const auto patience = std::chrono::duration<double>(options_.stall_seconds);
    if (!epoch_->ready.wait_for(lock, patience, [&] { return epoch_->results.contains(epoch_->next_delivery); })) {
      const std::string files = epoch_->stuck_files();
      epoch_->stopped = true;
      epoch_->room.notify_all();
      lock.unlock();
      // joining would wait for the stuck read; the threads own what they use
      for (auto& worker : workers_) worker.detach();
      workers_.clear();
      epoch_.reset();
      throw ResourceError("no data for " + std::to_string(static_cast<int64_t>(options_.stall_seconds)) +
                          " s while reading: " + files);
    }
    result = std::move(epoch_->results.extract(epoch_->next_delivery).mapped());
    ++epoch_->next_delivery;
    epoch_->room.notify_all();
  }
  if (result.error) {
    stop();
    std::rethrow_exception(result.error);
  }
  count_bad(result.batch);
  return std::move(result.batch);
}

void Loader::count_bad(const Batch& batch) {
  epoch_->num_seen += batch.size() + static_cast<int64_t>(batch.bad.size());
  if (batch.bad.empty()) return;
  if (epoch_->num_bad == 0) epoch_->first_reason = batch.bad.front().reason;
  epoch_->num_bad += static_cast<int64_t>(batch.bad.size());
  const int64_t size = builder_->dataset->size();
  const auto allowed = static_cast<int64_t>(options_.max_bad * static_cast<double>(size));
  if (epoch_->num_bad <= allowed) return;
  const bool is_all = epoch_->num_seen >= size;
  std::string text = std::to_string(epoch_->num_bad) + " of " +
                     (is_all ? "" : "the first " + std::to_string(epoch_->num_seen) + " of ") + std::to_string(size) +
                     " pictures cannot be read";
  if (!options_.max_bad_name.empty()) {
    text +=
        ", and " + options_.max_bad_name + "=" + Json(options_.max_bad).dump() + " allows " + std::to_string(allowed);
  }
  text += "; first: " + epoch_->first_reason;
  if (!options_.bad_advice.empty()) text += "; " + options_.bad_advice;
  stop();
  throw InputError(text);
}

void Loader::stop() {
  if (!epoch_) return;
  {
    const std::lock_guard lock(epoch_->mutex);
    epoch_->stopped = true;
  }
  epoch_->room.notify_all();
  for (auto& worker : workers_) worker.join();
  workers_.clear();
  epoch_.reset();
}

}  // namespace multipole
