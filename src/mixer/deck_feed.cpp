#include "mixer/deck_feed.hpp"

#include <algorithm>

namespace shelcaster::mixer {
namespace {

constexpr std::size_t kRequestsMax = 64;

}  // namespace

DeckFeed::DeckFeed(std::size_t chunks)
    : chunks_(std::max<std::size_t>(chunks, 2)), requests_(kRequestsMax) {}

DeckChunk* DeckFeed::begin_push() noexcept {
  const std::size_t pushed = pushed_.load(std::memory_order_relaxed);
  if (pushed - popped_.load(std::memory_order_acquire) >= chunks_.size()) return nullptr;
  return &chunks_[pushed % chunks_.size()];
}

void DeckFeed::end_push() noexcept {
  pushed_.store(pushed_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

const DeckChunk* DeckFeed::front() const noexcept {
  const std::size_t popped = popped_.load(std::memory_order_relaxed);
  if (popped == pushed_.load(std::memory_order_acquire)) return nullptr;
  return &chunks_[popped % chunks_.size()];
}

void DeckFeed::pop() noexcept {
  popped_.store(popped_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

std::size_t DeckFeed::size() const noexcept {
  // popped_ first: the other order could see more popped than pushed.
  const std::size_t popped = popped_.load(std::memory_order_acquire);
  return pushed_.load(std::memory_order_acquire) - popped;
}

}  // namespace shelcaster::mixer
