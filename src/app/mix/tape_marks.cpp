#include "app/mix/tape_marks.hpp"

#include <utility>

namespace shelcaster::app {

using tape::MarkKind;

base::Result<TapeMarks> TapeMarks::attach(int tape_fd) {
  auto writer = tape::TapeWriter::attach(tape_fd);
  if (!writer) return tl::unexpected(writer.error());
  const auto reader = tape::TapeReader::attach(tape_fd);
  if (!reader) return tl::unexpected(reader.error());
  TapeMarks marks(std::move(*writer));
  marks.take_up(*reader);
  return marks;
}

void TapeMarks::take_up(const tape::TapeReader& reader) {
  tape::Mark mark;
  for (std::uint64_t number = 0; number < reader.mark_count(); ++number) {
    if (reader.read_mark(number, mark) != tape::ReadResult::kOk) continue;
    if (mark.kind == MarkKind::kTrack) track_ = mark.text;
    if (mark.kind == MarkKind::kOnAir) on_air_.insert(mark.text);
    if (mark.kind == MarkKind::kOffAir) on_air_.erase(mark.text);
  }
}

void TapeMarks::track_started(base::SampleTime at, const tape::TrackMark& track) {
  std::string text = tape::write_track_mark(track);
  if (text == track_) return;
  track_ = std::move(text);
  writer_.mark(at, MarkKind::kTrack, track_);
}

void TapeMarks::track_ended(base::SampleTime at, std::uint64_t play) {
  if (track_.empty() || tape::parse_track_mark(track_).play != play) return;
  track_.clear();
  writer_.mark(at, MarkKind::kTrack, track_);
}

void TapeMarks::set_on_air(base::SampleTime at, std::string_view participant_id, bool is_on_air) {
  const auto found = on_air_.find(participant_id);
  if ((found != on_air_.end()) == is_on_air) return;
  if (is_on_air) {
    on_air_.emplace(participant_id);
  } else {
    on_air_.erase(found);
  }
  writer_.mark(at, is_on_air ? MarkKind::kOnAir : MarkKind::kOffAir, participant_id);
}

}  // namespace shelcaster::app
