#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "audio/block.hpp"
#include "audio/generated_music.hpp"

namespace shelcaster::app {

/// In the place of a queue item's file: what plays is the bed.
inline constexpr std::string_view kStandbyPath = "standby:";

/// The music that stands in for a silent programme: a minute that fades in and out, again and
/// again. It is made while it plays, so that there is no file which a crash or a full disk could
/// take away; the same position always sounds the same. Not for the audio thread.
class StandbyBed {
 public:
  /// What there is from frame `at` on: to the end of a block, one at most. Returns the frames.
  int read(std::int64_t at, audio::StereoBlock& to);

 private:
  std::optional<audio::GeneratedMusic> music_;
  std::int64_t next_block_ = 0;  // of the minute
  audio::StereoBlock block_{};
};

}  // namespace shelcaster::app
