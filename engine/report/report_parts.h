// What the report pages of all tasks are put together from, beside the plain elements of page.h.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "engine/report/chart.h"

namespace multipole {

// One of the large figures at the top, an <li>.
std::string tile_html(const std::string& value, const std::string& label);

// "Measured on 80 pictures of the validation split. ..." and the report's warnings.
std::string measured_html(const Json& report);

// One value of each evaluated epoch.
ChartSeries curve_of(const Json& curves, const char* key, const std::string& name);

// Three charts: the scores (shares, headed by `score_name`), the losses, the learning rate.
std::string curves_html(const Json& curves, const std::string& score_name, const std::vector<ChartSeries>& scores,
                        const std::vector<ChartSeries>& losses);

// Command, time, build, data, config.
std::string origin_html(const Json& report);

// The training pictures: how many, how large, how many of each class (recipes/census.h).
std::string class_census_html(const Json& census);

// The folder that all of these pictures, each with a "path", lie in, with its slash; "" where there is none.
std::string common_folder(const Json& pictures);

// The sentence that names it; "" for none.
std::string folder_html(const std::string& folder);

// The classes in their order.
std::vector<std::string> class_names_of(const Json& report);

}  // namespace multipole
