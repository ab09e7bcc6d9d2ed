#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/state_io.hpp"

namespace shelcaster::rtc {

/// What is known of the last kMax sources (SSRC) of a peer, in fixed memory. One that was not heard
/// for the longest time makes room for a new one and is refused from then on, since what it has
/// sent could be sent again; of those that are refused the last kRefusedMax are remembered.
template <typename Window, std::size_t kMax>
class SourceTable {
 public:
  static constexpr std::size_t kRefusedMax = 64;

  /// nullptr: unknown, or refused.
  [[nodiscard]] Window* find(std::uint32_t ssrc) noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
      if (sources_[i].ssrc == ssrc) return &sources_[i].window;
    }
    return nullptr;
  }
  [[nodiscard]] bool refuses(std::uint32_t ssrc) const noexcept {
    const auto end = refused_.begin() + static_cast<std::ptrdiff_t>(refused_count_);
    return std::find(refused_.begin(), end, ssrc) != end;
  }
  void note_heard(std::uint32_t ssrc) noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
      if (sources_[i].ssrc == ssrc) sources_[i].heard = ++clock_;
    }
  }
  /// An authentic packet has come from a source that is neither known nor refused. `kept` makes no
  /// room for it.
  void add(std::uint32_t ssrc, const Window& window, std::uint32_t kept) noexcept {
    std::size_t place = count_;
    if (count_ == kMax) {
      place = longest_unheard_but(kept);
      refused_[refused_next_] = sources_[place].ssrc;
      refused_next_ = (refused_next_ + 1) % kRefusedMax;
      refused_count_ = std::min(refused_count_ + 1, kRefusedMax);
    } else {
      ++count_;
    }
    sources_[place] = {.ssrc = ssrc, .heard = ++clock_, .window = window};
  }

  void save(base::StateWriter& to) const noexcept {
    to.put(static_cast<std::uint32_t>(count_));
    to.put(static_cast<std::uint32_t>(refused_count_));
    to.put(static_cast<std::uint32_t>(refused_next_));
    to.put_all(std::span<const std::uint32_t>(refused_).first(refused_count_));
    for (std::size_t i = 0; i < count_; ++i) {
      to.put(sources_[i].ssrc);
      to.put(sources_[i].window.newest());
    }
  }
  /// What is as old as the newest that was saved, or older, is refused. In an order of its own: who
  /// is heard next shows who is there.
  void restore(base::StateReader& from) noexcept {
    count_ = std::min<std::size_t>(from.take<std::uint32_t>(), kMax);
    refused_count_ = std::min<std::size_t>(from.take<std::uint32_t>(), kRefusedMax);
    refused_next_ = from.take<std::uint32_t>() % kRefusedMax;
    from.get_all(std::span(refused_).first(refused_count_));
    for (std::size_t i = 0; i < count_; ++i) {
      sources_[i].ssrc = from.take<std::uint32_t>();
      sources_[i].heard = ++clock_;
      sources_[i].window.resume(from.take<std::uint64_t>());
    }
  }

 private:
  struct Source {
    std::uint32_t ssrc = 0;
    std::uint64_t heard = 0;
    Window window;
  };
  [[nodiscard]] std::size_t longest_unheard_but(std::uint32_t kept) const noexcept {
    std::size_t found = sources_[0].ssrc == kept ? 1 : 0;
    for (std::size_t i = found + 1; i < kMax; ++i) {
      if (sources_[i].ssrc != kept && sources_[i].heard < sources_[found].heard) found = i;
    }
    return found;
  }

  std::array<Source, kMax> sources_{};
  std::size_t count_ = 0;
  std::uint64_t clock_ = 0;
  std::array<std::uint32_t, kRefusedMax> refused_{};
  std::size_t refused_count_ = 0;
  std::size_t refused_next_ = 0;
};

}  // namespace shelcaster::rtc
