#include "app/mix/recovery/sound_memory.hpp"

#include "app/mix/roster/roster.hpp"
#include "base/state_io.hpp"

namespace shelcaster::app {
namespace {

base::Bytes section_of(base::StateReader& from) {
  const base::ByteSpan bytes = from.take_section();
  return {bytes.begin(), bytes.end()};
}

}  // namespace

std::optional<SoundMemory> parse_sound_memory(base::ByteSpan record) {
  base::StateReader from(record);
  if (from.take<std::uint32_t>() != SoundMemory::kLayout) return std::nullopt;
  SoundMemory memory;
  from.get(memory.next);
  from.get(memory.last_frame);
  from.get(memory.deck_commands_done);
  from.get(memory.deck_item);
  memory.engine = section_of(from);
  memory.deck = section_of(from);
  const auto seats = from.take<std::uint32_t>();
  if (seats > kSeatsMax) return std::nullopt;
  for (std::uint32_t i = 0; i < seats; ++i) {
    memory.seats.push_back(from.take<SoundMemory::SeatState>());
  }
  const auto lines = from.take<std::uint32_t>();
  if (lines > kLinesMax) return std::nullopt;
  for (std::uint32_t i = 0; i < lines; ++i) {
    const auto line = from.take<std::int32_t>();
    memory.lines[line] = section_of(from);
  }
  const bool is_whole = from.ok() && from.remaining() == 0 && memory.next >= base::SampleTime(0);
  return is_whole ? std::optional(std::move(memory)) : std::nullopt;
}

}  // namespace shelcaster::app
