#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "audio/block.hpp"
#include "base/bytes.hpp"
#include "base/time.hpp"
#include "mixer/deck_feed.hpp"

namespace shelcaster::app {

/// The checkpoint's sound record, read: how the floor of the process before stood after its last
/// whole frame.
struct SoundMemory {
  /// Of a record; processes of two builds don't mix.
  static constexpr std::uint32_t kLayout = 3;

  struct SeatState {
    std::int32_t seat = -1;
    std::int32_t microphone = -1;
    std::int32_t unheard_blocks = 0;
    bool hears_own_return = false;
  };

  /// The next block to be rendered. The tape's head may be a block or two further.
  base::SampleTime next;
  /// Of the programme, before `next`: left and right.
  std::array<float, audio::kChannels> last_frame{};
  std::uint64_t deck_commands_done = 0;
  mixer::DeckItem deck_item = mixer::kNoItem;
  base::Bytes engine;
  base::Bytes deck;
  std::vector<SeatState> seats;
  /// Of each line, its MediaSession.
  std::map<int, base::Bytes> lines;
};

/// Nothing if it is of another build or doesn't hang together.
std::optional<SoundMemory> parse_sound_memory(base::ByteSpan record);

}  // namespace shelcaster::app
