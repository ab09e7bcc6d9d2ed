#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "tape/tape.hpp"
#include "tape/track_mark.hpp"

namespace shelcaster::app {

/// What plays and who is on the air, written to the tape's lane of marks, once each time that it
/// changes: what the mixer before has marked is not marked again. On the stage thread, which is the
/// lane's one writer; the frames are the audio thread's.
class TapeMarks {
 public:
  /// `tape_fd` may be closed afterwards.
  static base::Result<TapeMarks> attach(int tape_fd);

  void track_started(base::SampleTime at, const tape::TrackMark& track);
  /// Nothing if another one has started since.
  void track_ended(base::SampleTime at, std::uint64_t play);
  void set_on_air(base::SampleTime at, std::string_view participant_id, bool is_on_air);

 private:
  explicit TapeMarks(tape::TapeWriter writer) : writer_(std::move(writer)) {}
  void take_up(const tape::TapeReader& reader);

  tape::TapeWriter writer_;
  std::string track_;
  std::set<std::string, std::less<>> on_air_;
};

}  // namespace shelcaster::app
