#include "output/recording/open_recording.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "output/recording/adts.hpp"
#include "output/recording/recording_marks.hpp"

namespace shelcaster::output {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFolderMode = 0750;
constexpr auto kFlacFrame = std::int64_t{media::kFlacFrameSamples};
/// A shorter one no decoder need take (RFC 9639 §9.1.1 and §8.2).
constexpr std::size_t kLastFlacFrameMin = 16;
/// Of a day of short tracks and lively talk it is a tenth.
constexpr std::size_t kMarksBytesMax = std::size_t{4} << 20U;
/// When many recordings begin within one millisecond, something else is wrong.
constexpr int kIdsTried = 1'000;

base::SlotFile state_file(const fs::path& folder) {
  return base::SlotFile(folder / kRecordingState,
                        {.slot_bytes = kRecordingStateBytesMax + 1'024, .mode = 0640});
}

std::string read_marks(const fs::path& folder) {
  std::ifstream in(folder / kRecordingMarks, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (text.size() > kMarksBytesMax) text.resize(kMarksBytesMax);
  return text;
}

base::Result<void> write_cue(const fs::path& folder, const RecordingState& state) {
  const auto sheet = cue_sheet(read_marks(folder), recording_id(state.start_unix_ms),
                               state.has_flac ? kRecordingFlac : kRecordingAac);
  if (!sheet) return {};
  auto file = detail::AppendFile::open(folder / kRecordingCue, 0);
  if (!file) return tl::unexpected(file.error());
  return file->append(base::as_bytes(*sheet));
}

}  // namespace

OpenRecording::OpenRecording(fs::path folder, std::string id, const RecordingState& state,
                             base::ByteSpan aac_config)
    : folder_(std::move(folder)),
      id_(std::move(id)),
      state_(state),
      aac_config_(aac_config.begin(), aac_config.end()),
      state_file_(state_file(folder_)),
      aac_next_(state.aac_next),
      flac_encoded_(state.flac_next),
      flac_frames_(state.flac_frames) {}

base::Result<void> OpenRecording::open_files() {
  auto aac = detail::AppendFile::open(folder_ / kRecordingAac, state_.aac_bytes);
  if (!aac) return tl::unexpected(aac.error());
  aac_ = std::move(*aac);
  auto marks = detail::AppendFile::open(folder_ / kRecordingMarks, state_.marks_bytes);
  if (!marks) return tl::unexpected(marks.error());
  marks_ = std::move(*marks);
  if (state_.marks_bytes == 0) {
    state_.marks = 0;
    marks_pending_ = opening_marks(state_);
  }
  if (!state_.has_flac) return {};
  flac_encoder_.emplace(static_cast<std::uint64_t>(flac_frames_));
  auto flac = detail::AppendFile::open(folder_ / kRecordingFlac, state_.flac_bytes);
  if (!flac) return tl::unexpected(flac.error());
  flac_ = std::move(*flac);
  if (state_.flac_bytes > 0) return flac_.overwrite(0, flac_encoder_->header());
  flac_pending_ = flac_encoder_->header();
  return {};
}

base::Result<OpenRecording> OpenRecording::create(const fs::path& dir, const RecordingState& state,
                                                  base::ByteSpan aac_config) {
  std::error_code failed;
  fs::create_directories(dir, failed);
  std::int64_t start_ms = state.start_unix_ms;
  fs::path folder = dir / recording_id(start_ms);
  for (int i = 0; ::mkdir(folder.c_str(), kFolderMode) != 0; ++i) {
    if (errno != EEXIST || i == kIdsTried) return tl::unexpected(detail::write_error(folder));
    folder = dir / recording_id(++start_ms);
  }
  RecordingState first = state;
  first.start_unix_ms = start_ms;
  first.aac_next = first.flac_next = state.start;
  first.aac_bytes = first.flac_bytes = first.flac_frames = first.marks_bytes = first.marks = 0;
  first.is_ended = false;
  OpenRecording recording(folder, recording_id(start_ms), first, aac_config);
  // The state goes first: a folder without one has nothing in it.
  auto written = recording.state_file_.write(write_recording_state(recording.state_));
  if (written) written = recording.open_files();
  if (!written) {
    fs::remove_all(folder, failed);
    return tl::unexpected(written.error());
  }
  return recording;
}

base::Result<OpenRecording> OpenRecording::resume(const fs::path& dir, const std::string& id,
                                                  const RecordingState& state,
                                                  base::ByteSpan aac_config) {
  OpenRecording recording(dir / id, id, state, aac_config);
  if (auto opened = recording.open_files(); !opened) return tl::unexpected(opened.error());
  return recording;
}

void OpenRecording::add(const media::AacPacket& packet) {
  (void)append_adts(aac_pending_, aac_config_, packet.bytes);
  aac_next_ = packet.at + std::int64_t{media::kAacFrameSamples};
}

void OpenRecording::add_samples(std::span<const float> interleaved) {
  samples_.insert(samples_.end(), interleaved.begin(), interleaved.end());
  constexpr std::size_t kFrameFloats = 2 * media::kFlacFrameSamples;
  std::size_t done = 0;
  for (; samples_.size() - done >= kFrameFloats; done += kFrameFloats) {
    encode(std::span(samples_).subspan(done, kFrameFloats));
    flac_encoded_ = flac_encoded_ + kFlacFrame;
  }
  samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(done));
}

void OpenRecording::add_silence(std::int64_t frames) {
  const std::vector<float> silence(2 * static_cast<std::size_t>(frames));
  add_samples(silence);
}

void OpenRecording::encode(std::span<const float> interleaved) {
  base::append(flac_pending_, flac_encoder_->encode(interleaved));
  ++flac_frames_;
}

void OpenRecording::add(std::uint64_t mark_number, const tape::Mark& mark) {
  marks_pending_ += note_mark(state_, mark);
  state_.next_mark = mark_number + 1;
}

void OpenRecording::forget_pending() {
  aac_pending_.clear();
  aac_next_ = state_.aac_next;
  samples_.clear();
  flac_encoded_ = state_.flac_next;
  flac_frames_ = state_.flac_frames;
  if (!state_.has_flac) return;
  flac_encoder_.emplace(static_cast<std::uint64_t>(flac_frames_));
  flac_pending_ = state_.flac_bytes == 0 ? flac_encoder_->header() : base::Bytes();
}

base::Result<void> OpenRecording::write() {
  auto written = aac_.append(aac_pending_);
  if (written) {
    aac_pending_.clear();
    state_.aac_bytes = aac_.bytes();
    state_.aac_next = aac_next_;
    written = flac_.append(flac_pending_);
  }
  if (written) {
    flac_pending_.clear();
    state_.flac_bytes = flac_.bytes();
    state_.flac_next = flac_encoded_;
    state_.flac_frames = flac_frames_;
    if (marks_.bytes() > static_cast<std::int64_t>(kMarksBytesMax)) marks_pending_.clear();
    written = marks_.append(base::as_bytes(marks_pending_));
  }
  if (written) {
    marks_pending_.clear();
    state_.marks_bytes = marks_.bytes();
  } else {
    forget_pending();
  }
  return written;
}

base::Result<void> OpenRecording::write_with_state() {
  auto written = write();
  if (!written) return written;
  std::string state = write_recording_state(state_);
  if (state == told_state_) return {};
  written = state_file_.write(state);
  if (written) told_state_ = std::move(state);
  return written;
}

base::Result<void> OpenRecording::end() {
  if (state_.has_flac && !samples_.empty()) {
    samples_.resize(std::max(samples_.size(), 2 * kLastFlacFrameMin));
    const auto frames = static_cast<std::int64_t>(samples_.size() / 2);
    encode(samples_);
    samples_.clear();
    flac_encoded_ = flac_encoded_ + frames;
  }
  auto ended = write();
  if (ended && state_.has_flac) {
    const auto total = static_cast<std::uint64_t>(state_.flac_next - state_.start);
    ended = flac_.overwrite(0, flac_encoder_->header(total));
  }
  if (ended) ended = write_cue(folder_, state_);
  // Of what the files have: its slots need no room on a disk that is full.
  state_.marks -= std::count(marks_pending_.begin(), marks_pending_.end(), '\n');
  state_.is_ended = true;
  const auto noted = state_file_.write(write_recording_state(state_));
  return ended ? noted : ended;
}

base::Result<RecordingState> read_recording_state(const fs::path& folder) {
  const auto text = state_file(folder).read();
  if (!text) return base::fail("recording: it has no state");
  return parse_recording_state(*text);
}

base::Result<void> seal_recording(const fs::path& folder, RecordingState state) {
  const AdtsCount more = count_adts(folder / kRecordingAac, state.aac_bytes);
  state.aac_bytes += more.bytes;
  state.aac_next = state.aac_next + more.frames * std::int64_t{media::kAacFrameSamples};
  if (auto written = write_cue(folder, state); !written) return written;
  state.is_ended = true;
  base::SlotFile file = state_file(folder);
  return file.write(write_recording_state(state));
}

}  // namespace shelcaster::output
