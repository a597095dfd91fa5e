#include <utility>

#include "base/error.h"
#include "tasks/study/study_task.h"

namespace multipole {
namespace {

using NamedTask = std::pair<const char*, const StudyTask& (*)()>;

constexpr NamedTask kTasks[] = {{"classify", classify_study_task}, {"segment", segment_study_task}};

}  // namespace

const StudyTask& study_task(const std::string& name) {
  for (const auto& [known, task] : kTasks) {
    if (name == known) return task();
  }
  throw ConfigError("task: no study of '" + name + "'" + suggest_name(name, study_task_names()));
}

std::vector<std::string> study_task_names() {
  std::vector<std::string> names;
  for (const auto& task : kTasks) names.emplace_back(task.first);
  return names;
}

}  // namespace multipole
