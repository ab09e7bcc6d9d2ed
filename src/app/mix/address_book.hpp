#pragma once

#include <array>
#include <cstddef>
#include <functional>

#include "net/endpoint.hpp"

namespace shelcaster::app {

/// Which line sends from an address: open addressing with linear probing in fixed memory. Rebuilt
/// whole when lines come, go or move, which is rare; looked up for every packet.
template <std::size_t kSlots>
class AddressBook {
  static_assert((kSlots & (kSlots - 1)) == 0, "a power of two");

 public:
  static constexpr int kNobody = -1;

  void clear() noexcept { slots_.fill({}); }
  /// At most kSlots / 2 entries, so that probing stays short.
  void add(const net::Endpoint& at, int line) noexcept {
    std::size_t i = first_slot(at);
    while (slots_[i].line != kNobody && slots_[i].at != at) i = (i + 1) & (kSlots - 1);
    slots_[i] = {.at = at, .line = line};
  }
  [[nodiscard]] int find(const net::Endpoint& at) const noexcept {
    std::size_t i = first_slot(at);
    while (slots_[i].line != kNobody) {
      if (slots_[i].at == at) return slots_[i].line;
      i = (i + 1) & (kSlots - 1);
    }
    return kNobody;
  }

 private:
  struct Slot {
    net::Endpoint at;
    int line = kNobody;
  };
  static std::size_t first_slot(const net::Endpoint& at) noexcept {
    const std::size_t hash = std::hash<net::Endpoint>{}(at);
    return (hash ^ (hash >> 32U)) & (kSlots - 1);
  }

  std::array<Slot, kSlots> slots_{};
};

}  // namespace shelcaster::app
