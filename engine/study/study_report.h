// A study's result for people.
#pragma once

#include <string>

#include "engine/study/study_result.h"

namespace multipole {

// Markdown: the table of accuracy, parameters and costs at every resolution, then the approximation errors.
std::string study_markdown(const StudyResult& result);

// SVG: mean accuracy of each variant as a bar, its deviation over seeds as a line across the bar's end. Empty where
// nothing was trained.
std::string accuracy_svg(const StudyResult& result);

}  // namespace multipole
