#pragma once

#include <algorithm>

#include "rtc/rtp/header_extension.hpp"

namespace shelcaster::rtc {

/// What the sender says of its loudness, as a meter shows it: up at once, down by 20 dB a second.
class SenderLevel {
 public:
  static constexpr float kSilentDb = -127.0F;

  /// Of a packet that came; without a value the packet had none.
  void note(const std::optional<AudioLevel>& level) noexcept {
    is_known_ = level.has_value();
    if (!level) return;
    level_db_ = std::max(level_db_, static_cast<float>(level->level_db));
    is_voice_ = level->is_voice;
  }
  /// Once a block of 10 ms.
  void fall() noexcept { level_db_ = std::max(level_db_ - 0.2F, kSilentDb); }

  /// The last packet said it.
  [[nodiscard]] bool is_known() const noexcept { return is_known_; }
  [[nodiscard]] float level_db() const noexcept { return level_db_; }
  [[nodiscard]] bool is_voice() const noexcept { return is_voice_; }

 private:
  bool is_known_ = false;
  bool is_voice_ = false;
  float level_db_ = kSilentDb;
};

}  // namespace shelcaster::rtc
