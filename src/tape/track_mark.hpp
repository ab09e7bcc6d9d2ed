#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace shelcaster::tape {

/// The text of a MarkKind::kTrack that isn't empty: "<play>\n<title>\n<artist>". Two plays of one
/// track are two marks, and a mark that is written again is the same.
struct TrackMark {
  std::uint64_t play = 0;  // counted by the deck
  std::string title;
  std::string artist;
};

std::string write_track_mark(const TrackMark& mark);
/// Of whatever stands there: what is missing is empty.
TrackMark parse_track_mark(std::string_view text);

}  // namespace shelcaster::tape
