// A CSV manifest: refused with ConfigError, or its relative paths stay below the root, absolute ones lead outside of it
// and to nowhere in disguise, and it writes out and reads back the same.
#include <filesystem>

#include "base/error.h"
#include "datasets/formats/manifest.h"
#include "tests/fuzz/fuzz_target.h"

namespace multipole::fuzz {
namespace {

const std::filesystem::path kRoot = "/data/set";

void check_path(const std::filesystem::path& path) {
  if (path.empty()) fail("a path names something");
  if (path.is_absolute() && path.native().starts_with(kRoot.native() + "/")) fail("a path below the root is relative");
  for (const auto& part : path) {
    if (part == "..") fail("a path has no way back up");
  }
}

void check_same(const Manifest& a, const Manifest& b) {
  bool same = a.has_splits == b.has_splits && a.has_label_sets == b.has_label_sets && a.rows.size() == b.rows.size();
  for (size_t i = 0; same && i < a.rows.size(); ++i) {
    const ManifestRow &x = a.rows[i], &y = b.rows[i];
    same = x.path == y.path && x.label == y.label && x.split == y.split;
  }
  if (!same) fail("a manifest reads back as itself");
}

}  // namespace

std::vector<std::string> seeds() {
  return {"path,label\na.png,cat\nb/c.png,dog\n",
          "path,label,split\na.png,cat,train\nb/./c.png,dog,val\n",
          "\xef\xbb\xbfsplit,path,x,label\r\ntrain,\"odd, \"\"name\"\".png\",1,cat\r\nval,\"a\r\nb\",,\"d\"\"\"\r\n",
          "label,path\ncat,/data/set/e.png\ndog,x/../f.png\n\ncat,../set/g.png\n",
          "path,label\n\"a\n",
          "path,labels\na.png,cat; dog\nb.png,\nc.png,;\n"};
}

}  // namespace multipole::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace multipole;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Manifest manifest = parse_manifest(text, "fuzz", fuzz::kRoot);
    for (const auto& row : manifest.rows) fuzz::check_path(row.path);
    fuzz::check_same(manifest, parse_manifest(format_manifest(manifest), "fuzz", fuzz::kRoot));
  } catch (const ConfigError&) {
  }
  return 0;
}
