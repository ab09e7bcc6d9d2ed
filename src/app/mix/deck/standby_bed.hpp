#pragma once

#include <array>
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
/// take away; the same position always sounds the same. It is made in sections of five seconds that
/// know nothing of each other, so that a new mixer, which has little time, takes it up anywhere
/// without making all that went before. Not for the audio thread.
class StandbyBed {
 public:
  /// What there is from frame `at` on: to the end of a block, one at most. Returns the frames.
  int read(std::int64_t at, audio::StereoBlock& to);

 private:
  struct Section {
    std::int64_t number = 0;
    std::int64_t next_block = 0;  // of the minute
    audio::GeneratedMusic music;
    audio::StereoBlock block{};  // the last made
  };
  /// A block of the minute as this section has it, which rings on into the next one.
  const audio::StereoBlock& take(std::int64_t section, std::int64_t block);

  std::array<std::optional<Section>, 2> sections_;  // even and odd ones
};

}  // namespace shelcaster::app
