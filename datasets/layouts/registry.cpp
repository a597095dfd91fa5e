#include <system_error>

#include "datasets/layouts/layouts.h"

namespace multipole {

// A new layout is one line here. `auto` takes the first whose sign is there.
Registry<Layout>& layout_registry() {
  static Registry<Layout> registry("layout", {
                                                 {"ade20k", ade20k_layout()},
                                                 {"voc", voc_layout()},
                                                 {"cityscapes", cityscapes_layout()},
                                                 {"pairs", pairs_layout()},
                                             });
  return registry;
}

Layout layout_with_sign(const std::string& sign, const std::string& splits, decltype(Layout::list) list) {
  const auto is_at = [sign](const std::filesystem::path& root) {
    std::error_code code;
    return std::filesystem::exists(root / sign, code);
  };
  return {sign, is_at, [splits](const std::filesystem::path& root) { return root / splits; }, list};
}

}  // namespace multipole
