#include "tasks/pretrained/timm_name.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace multipole {
namespace {

// For suggestions: one or more of every kind that is read.
const std::vector<std::string>& examples() {
  static const std::vector<std::string> names = {"vit_tiny_patch16_224",
                                                 "vit_small_patch8_224",
                                                 "vit_small_patch16_224",
                                                 "vit_small_patch32_224",
                                                 "vit_base_patch8_224",
                                                 "vit_base_patch16_224",
                                                 "vit_base_patch32_224",
                                                 "vit_base_patch16_384",
                                                 "vit_large_patch16_224",
                                                 "vit_base_patch16_224_miil",
                                                 "vit_base_patch16_plus_240",
                                                 "vit_medium_patch16_gap_256",
                                                 "vit_medium_patch16_reg4_gap_256",
                                                 "vit_little_patch16_reg4_gap_256",
                                                 "vit_wee_patch16_reg1_gap_256",
                                                 "vit_base_patch16_reg4_gap_256",
                                                 "vit_small_patch14_dinov2",
                                                 "vit_base_patch14_dinov2",
                                                 "vit_small_patch14_reg4_dinov2",
                                                 "vit_base_patch14_reg4_dinov2",
                                                 "vit_small_patch16_dinov3",
                                                 "vit_base_patch16_dinov3",
                                                 "vit_base_patch16_clip_224",
                                                 "vit_base_patch32_clip_224",
                                                 "vit_base_patch32_clip_quickgelu_224",
                                                 "vit_base_patch16_siglip_224",
                                                 "vit_base_patch32_siglip_256",
                                                 "vit_base_patch16_siglip_gap_224",
                                                 "deit_tiny_patch16_224",
                                                 "deit_small_patch16_224",
                                                 "deit_base_patch16_224",
                                                 "deit_base_distilled_patch16_224",
                                                 "deit3_small_patch16_224",
                                                 "deit3_medium_patch16_224",
                                                 "deit3_base_patch16_224",
                                                 "flexivit_small",
                                                 "deit3_huge_patch14_224",
                                                 "flexivit_base",
                                                 "vit_huge_patch14_224",
                                                 "vit_huge_patch14_clip_224",
                                                 "vit_huge_plus_patch16_dinov3",
                                                 "vit_giant_patch14_224",
                                                 "vit_giant_patch14_dinov2",
                                                 "vit_giant_patch14_reg4_dinov2",
                                                 "vit_giantopt_patch16_siglip_256",
                                                 "vit_gigantic_patch14_clip_224",
                                                 "vit_so150m_patch16_reg4_map_256",
                                                 "vit_so400m_patch14_siglip_224",
                                                 "vit_so400m_patch16_siglip_gap_256",
                                                 "test_vit"};
  return names;
}

const std::vector<std::string>& swin_examples() {
  static const std::vector<std::string> names = {"swin_tiny_patch4_window7_224",
                                                 "swin_small_patch4_window7_224",
                                                 "swin_base_patch4_window7_224",
                                                 "swin_base_patch4_window12_384",
                                                 "swin_large_patch4_window7_224",
                                                 "swin_large_patch4_window12_384",
                                                 "swin_s3_tiny_224",
                                                 "swin_s3_base_224"};
  return names;
}

std::vector<std::string> words_of(const std::string& name) {
  std::vector<std::string> words;
  std::istringstream text(name);
  for (std::string word; std::getline(text, word, '_');) words.push_back(word);
  return words;
}

// Without the tag of its weights: ".in1k", ".ms_in22k".
std::vector<std::string> words_of_architecture(const std::string& name) {
  return words_of(name.substr(0, name.find('.')));
}

bool one_of(const std::string& word, const std::vector<std::string>& words) {
  return std::ranges::find(words, word) != words.end();
}

bool is_number(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "patch16", "reg4"
bool is_counted(const std::string& word, const std::string& what) {
  return word.starts_with(what) && is_number(word.substr(what.size()));
}

bool is_known(const std::vector<std::string>& words) {
  if (words.size() < 2 || !one_of(words[0], {"vit", "deit", "deit3", "flexivit"})) return false;
  if (!one_of(words[1], {"tiny", "wee", "xsmall", "little", "small", "medium", "mediumd", "betwixt", "base", "so150m",
                         "so150m2", "large", "intern300m", "so400m", "huge", "giant", "giantopt", "gigantic"})) {
    return false;
  }
  return std::all_of(words.begin() + 2, words.end(), [](const std::string& word) {
    return is_number(word) || is_counted(word, "patch") || is_counted(word, "reg") ||
           one_of(word, {"gap", "map", "plus", "clip", "quickgelu", "siglip", "dinov2", "dinov3", "qkvb", "distilled",
                         "miil", "tipsv2", "36x1"});
  });
}

bool is_known_swin(const std::vector<std::string>& words) {
  const bool searched = words.size() > 2 && words[1] == "s3";
  const size_t size = searched ? 2 : 1;
  if (words.size() < size + 2 || !one_of(words[size], {"tiny", "small", "base", "large"})) return false;
  // without a tag, old names end with the classes that their weights were trained on
  const size_t end = words.size() - (words.back() == "in22k" ? 1 : 0);
  constexpr size_t kMostDigits = 5;
  return is_number(words[end - 1]) && words[end - 1].size() <= kMostDigits &&
         std::all_of(words.begin() + size + 1, words.begin() + end - 1,
                     [](const std::string& word) { return is_counted(word, "patch") || is_counted(word, "window"); });
}

// Of another Swin only names of Swin are near, whatever its letters.
[[noreturn]] void refuse_name(const std::string& name, const std::string& where) {
  auto known = swin_examples();
  if (!name.starts_with("swin")) known.insert(known.begin(), examples().begin(), examples().end());
  throw ModelFileError(where + ": unknown architecture '" + name + "'" + suggest_name(name, known));
}

}  // namespace

TimmVit read_timm_name(const std::string& name, const std::string& where) {
  const auto words = words_of_architecture(name);
  TimmVit vit;
  if (words.size() == 2 && words[0] == "test" && one_of(words[1], {"vit", "vit2"})) return {.num_heads = 2};
  if (!is_known(words)) refuse_name(name, where);
  const auto has = [&](const std::string& word) { return one_of(word, words); };
  if (has("clip") || has("dinov3")) vit.norm_eps = 1e-5;
  if (has("quickgelu")) vit.activation = "quick_gelu";
  const bool tanh =
      has("patch32") || (has("large") && has("512")) || (has("so400m") && has("patch16")) || has("giantopt");
  if (has("siglip") && tanh) vit.activation = "gelu_tanh";
  if (has("dinov3")) vit.rotary = true;
  // sizes whose heads are not of 64 channels in every family
  if (words.size() > 3 && words[1] == "base" && words[3] == "gap") vit.num_heads = 16;
  if (one_of(words[1], {"so400m", "huge", "giant", "giantopt", "gigantic"})) vit.num_heads = 16;
  if ((has("dinov2") || has("tipsv2")) && words[1] == "giant") vit.num_heads = 24;
  if (has("dinov3") && words[1] == "huge") vit.num_heads = 20;
  return vit;
}

bool is_timm_swin(const std::string& name) { return name.starts_with("swin_"); }

int64_t read_timm_swin_name(const std::string& name, const std::string& where) {
  auto words = words_of_architecture(name);
  if (!is_known_swin(words)) refuse_name(name, where);
  if (words.back() == "in22k") words.pop_back();
  return std::stoll(words.back());
}

}  // namespace multipole
