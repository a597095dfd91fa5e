#include "datasets/regions/corner_paths.h"

#include <unordered_map>

namespace multipole {

uint32_t CornerPaths::add_node(const Turn& turn, uint32_t next) {
  Node node;
  node.x = static_cast<uint32_t>(turn.corner.x) & 0x7fffffffu;
  node.shared = turn.shared ? 1 : 0;
  node.y = static_cast<uint32_t>(turn.corner.y);
  node.next = next;
  return nodes_.add(node);
}

CornerPaths::Ends CornerPaths::start(const Turn& turn) {
  const uint32_t node = add_node(turn, kNone);
  const End first = ends_.add({node, kNone});
  const End last = ends_.add({node, first});
  ends_[first].other = last;
  return {first, last};
}

void CornerPaths::append(End last, const Turn& turn) {
  const uint32_t node = add_node(turn, kNone);
  nodes_[ends_[last].node].next = node;
  ends_[last].node = node;
}

void CornerPaths::prepend(End first, const Turn& turn) { ends_[first].node = add_node(turn, ends_[first].node); }

CornerPaths::Ring CornerPaths::join(End last, End first) {
  const EndRecord before = ends_[last], after = ends_[first];
  nodes_[before.node].next = after.node;
  ends_.remove(last);
  ends_.remove(first);
  if (before.other == first) return after.node;
  ends_[before.other].other = after.other;
  ends_[after.other].other = before.other;
  return kNone;
}

void CornerPaths::take(Ring ring, std::vector<CornerRing>& rings) {
  CornerRing path;                               // up to where we are
  std::unordered_map<uint64_t, size_t> visited;  // places in it of corners that may come again
  const auto key = [](PixelCorner corner) {
    return static_cast<uint64_t>(static_cast<uint32_t>(corner.y)) << 32 | static_cast<uint32_t>(corner.x);
  };
  uint32_t index = ring;
  do {
    const Node node = nodes_[index];
    const PixelCorner corner{static_cast<int32_t>(node.x), static_cast<int32_t>(node.y)};
    if (node.shared == 0) {
      path.push_back(corner);
    } else if (const auto [place, is_new] = visited.try_emplace(key(corner), path.size()); is_new) {
      path.push_back(corner);
    } else {
      // what lies between the two visits is a ring, and the path goes on as if it had turned here at the first
      const auto begin = path.begin() + static_cast<std::ptrdiff_t>(place->second);
      rings.emplace_back(begin, path.end());
      for (auto inner = begin + 1; inner != path.end(); ++inner) visited.erase(key(*inner));
      path.erase(begin + 1, path.end());
    }
    nodes_.remove(index);
    index = node.next;
  } while (index != ring);
  path.shrink_to_fit();
  rings.push_back(std::move(path));
}

}  // namespace multipole
