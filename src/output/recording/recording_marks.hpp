#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "output/recording/recording_state.hpp"
#include "tape/tape.hpp"

namespace shelcaster::output {

/// Puts a mark of the tape into `state` (what plays, who is on the air) and gives the line of
/// marks.jsonl that tells of it: one JSON object
///
///   {"ms":61000,"sample":2928000,"kind":"track","title":"Song","artist":"Band"}
///   {"ms":61000,"sample":2928000,"kind":"on_air","participantId":"part-1"}
///
/// `kind` is track, track_end, on_air, off_air, chapter or gap; times are from the recording's
/// beginning. People are told by their seat's id, as in the event log: names are personal data.
/// Empty: nothing has changed, since it was told before.
std::string note_mark(RecordingState& state, const tape::Mark& mark);

/// What plays and who is on the air where a recording begins, as such lines; and how many they are.
std::string opening_marks(RecordingState& state);

/// A cue sheet of the tracks, for what plays or cuts `file` ("WAVE" by the format's own word,
/// whatever it is). At most 99 tracks, as the format has it: later ones are left out. Nothing when
/// there is none.
std::optional<std::string> cue_sheet(std::string_view marks_jsonl, std::string_view title,
                                     std::string_view file);

}  // namespace shelcaster::output
