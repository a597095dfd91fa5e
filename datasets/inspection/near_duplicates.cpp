#include "datasets/inspection/near_duplicates.h"

#include <algorithm>
#include <bit>
#include <tuple>
#include <unordered_map>

namespace multipole {

namespace {

constexpr int kParts = 4;
constexpr int kPartBits = 64 / kParts;
constexpr int kMaxDistance = kParts - 1;
constexpr double kMaxDifference = 6.0;

uint64_t part_of(uint64_t hash, int part) { return hash >> (part * kPartBits) & ((uint64_t{1} << kPartBits) - 1); }

// The first part that both hashes share: a pair is looked at there only.
int first_shared_part(uint64_t a, uint64_t b) {
  int part = 0;
  while (part_of(a, part) != part_of(b, part)) ++part;
  return part;
}

// Pairs that share this part and none before it.
void find_pairs(const std::vector<ComparedPicture>& pictures, int part, std::vector<NearDuplicate>& pairs) {
  std::unordered_map<uint64_t, std::vector<int64_t>> groups;
  for (size_t i = 0; i < pictures.size(); ++i) {
    const PictureLook& look = pictures[i].look;
    if (look.is_flat) continue;
    auto& group = groups[part_of(look.hash, part)];
    for (const int64_t other : group) {
      const ComparedPicture& candidate = pictures[static_cast<size_t>(other)];
      if (candidate.split == pictures[i].split) continue;
      const int distance = std::popcount(candidate.look.hash ^ look.hash);
      if (distance > kMaxDistance || first_shared_part(candidate.look.hash, look.hash) != part) continue;
      if (thumbnail_difference(candidate.look, look) >= kMaxDifference) continue;
      pairs.push_back({other, static_cast<int64_t>(i), distance});
      if (pairs.size() == kMaxNearDuplicates) return;
    }
    group.push_back(static_cast<int64_t>(i));
  }
}

}  // namespace

std::vector<NearDuplicate> find_near_duplicates(const std::vector<ComparedPicture>& pictures) {
  std::vector<NearDuplicate> pairs;
  for (int part = 0; part < kParts && pairs.size() < kMaxNearDuplicates; ++part) find_pairs(pictures, part, pairs);
  std::sort(pairs.begin(), pairs.end(), [](const NearDuplicate& a, const NearDuplicate& b) {
    return std::tie(a.distance, a.first, a.second) < std::tie(b.distance, b.first, b.second);
  });
  return pairs;
}

}  // namespace multipole
