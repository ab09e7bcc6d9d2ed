#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "app/mix/roster/line.hpp"
#include "app/mix/roster/seat.hpp"

namespace shelcaster::app {

inline constexpr int kSeatsMax = 128;
/// Who listens by WebRTC without a seat.
inline constexpr int kListenersMax = 128;
/// What nobody can take from a seat: the connection that it has, and the one that replaces it.
inline constexpr int kLinesPerSeat = 2;
/// For seats with more: a client that hears by another connection than it speaks by.
inline constexpr int kSharedLines = 64;
inline constexpr int kLinesMax = kLinesPerSeat * kSeatsMax + kSharedLines + kListenersMax;

/// Objects at fixed places 0 … kMax − 1, with a dense list of the places taken, so that a tick
/// costs what the people who are there cost. Changing a place is O(kMax), going through them is
/// not. Never allocates or frees.
template <typename T, std::size_t kMax>
class Places {
 public:
  /// nullptr if nobody is there or there is no such place.
  [[nodiscard]] T* find(int place) const noexcept {
    if (place < 0 || place >= static_cast<int>(kMax)) return nullptr;
    return places_[static_cast<std::size_t>(place)].get();
  }
  /// Gives back who was there. `place` must be one.
  [[nodiscard]] std::unique_ptr<T> exchange(int place, std::unique_ptr<T> newcomer) noexcept {
    auto former = std::exchange(places_[static_cast<std::size_t>(place)], std::move(newcomer));
    count_ = 0;
    for (int i = 0; i < static_cast<int>(kMax); ++i) {
      if (find(i) != nullptr) taken_[static_cast<std::size_t>(count_++)] = i;
    }
    return former;
  }
  /// Ascending; valid until the next exchange().
  [[nodiscard]] std::span<const int> taken() const noexcept {
    return std::span(taken_).first(static_cast<std::size_t>(count_));
  }
  /// Of a place in taken().
  [[nodiscard]] T& at(int place) const noexcept {
    return *places_[static_cast<std::size_t>(place)];
  }

 private:
  std::array<std::unique_ptr<T>, kMax> places_;
  std::array<int, kMax> taken_{};
  int count_ = 0;
};

/// Who is in the show and by which connections, as the audio thread knows it.
struct Roster {
  Places<Seat, kSeatsMax> seats;
  Places<Line, kLinesMax> lines;
};

}  // namespace shelcaster::app
