#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <vector>

#include "app/mix/recovery/sound_memory.hpp"
#include "tape/checkpoint.hpp"

namespace shelcaster::app {

/// What a mixer that died leaves to the next one, and how much of it that one takes. Each part may
/// be what killed it, so that from start to start of a crash loop less is taken, the connections of
/// people last.
struct Inheritance {
  boost::json::object stage;
  SoundMemory sound;
  /// Of all lines; they point into the checkpoint.
  std::vector<tape::JournalPacket> packets;
  /// Engine and deck go on where they were; else they begin anew.
  bool has_sound = true;
};

/// By how often a mixer was started since one last ran steadily, this start counted:
///
/// - once: everything;
/// - twice: without the packets (one gap of what waited in the jitter buffers);
/// - three times: without engine and deck too (a fade in; the deck goes on by the keeper's word);
/// - more often: nothing. People connect anew.
///
/// Nothing also when nobody has left anything, or when what is there doesn't hang together.
std::optional<Inheritance> read_inheritance(const tape::Checkpoint& checkpoint);

}  // namespace shelcaster::app
