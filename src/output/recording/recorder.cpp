#include "output/recording/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <system_error>
#include <vector>

#include "output/recording/recording_lock.hpp"
#include "output/recording/recording_marks.hpp"

namespace shelcaster::output {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kFrame = std::int64_t{media::kAacFrameSamples};
/// As PublishCore has it: an encoder that begins so early stands as if it had never stopped.
constexpr std::int64_t kWarmUpFrames = 4;
constexpr base::Duration kStateEvery = 1s;
constexpr base::Duration kRoomEvery = 1s;
constexpr base::Duration kRetryEvery = 2s;
/// A file that somebody has removed gives its room back only when nobody has it open any more.
constexpr base::Duration kLetGoAfter = 1min;
/// As many as the tape keeps.
constexpr std::size_t kMarksMax = 256;
/// One that was left open longer ago is of another evening.
constexpr std::int64_t kSameShowMs = std::int64_t{10} * 60 * 1'000;
constexpr std::uint64_t kMib = std::uint64_t{1} << 20U;
/// Less than this is no room, whoever has reserved what.
constexpr std::uint64_t kNoRoom = kMib;

}  // namespace

Recorder::Recorder(RecorderConfig config, ReadTape read_tape, LookForRoom look_for_room)
    : config_(std::move(config)),
      read_tape_(std::move(read_tape)),
      look_for_room_(std::move(look_for_room)) {}

void Recorder::add(std::uint64_t number, const tape::Mark& mark) {
  marks_.emplace_back(number, mark);
  if (marks_.size() > kMarksMax) marks_.pop_front();
}

void Recorder::add(const media::AacPacket& packet) {
  if (!is_stopped_ && !open_) open_at(packet.at);
  if (!open_ && packet.at >= recorded_until_.value_or(packet.at)) ++status_.packets_missed;
  // What comes while it is stopped may still be on the tape when it goes on.
  if (is_stopped_ || !open_ || packet.at < open_->aac_next()) return;
  if (packet.at >= ends_at_ && fill_aac(ends_at_)) {
    rotate();
    if (is_stopped_ || !open_) return;
  }
  const std::int64_t missing = packet.at - open_->aac_next();
  const bool is_whole = fill_aac(packet.at);
  if (!is_whole) status_.packets_missed += static_cast<std::uint64_t>(missing / kFrame);
  if (!is_whole || is_flac_broken_) {
    end();
    is_continuation_ = true;
    begin(packet.at);
    if (!open_) return;
  }
  open_->add(packet);
}

void Recorder::add(base::SampleTime at, std::int64_t frames, std::span<const float> interleaved) {
  // What comes before a recording begins, it takes from the tape.
  if (is_stopped_ || !open_ || !open_->state().has_flac || is_flac_broken_) return;
  if (at > open_->flac_next() && !fill_flac(std::min(at, ends_at_))) {
    is_flac_broken_ = true;
    return;
  }
  const std::int64_t known = open_->flac_next() - at;
  // What lies behind its end the next one takes from the tape.
  const std::int64_t wanted = std::min(frames, ends_at_ - at) - known;
  if (wanted <= 0) return;
  if (interleaved.empty()) return open_->add_silence(wanted);
  open_->add_samples(interleaved.subspan(2 * static_cast<std::size_t>(known),
                                         2 * static_cast<std::size_t>(wanted)));
}

bool Recorder::take_lock() {
  if (lock_) return true;
  auto lock = lock_recordings(config_.dir);
  if (!lock) stop(std::move(lock.error()));
  if (!lock || !*lock) return false;
  lock_ = std::move(*lock);
  return true;
}

void Recorder::open_at(base::SampleTime at) {
  if (!take_lock()) return;
  if (!std::exchange(has_taken_up_, true)) take_up(at);
  if (!open_ && at >= recorded_until_.value_or(at)) begin(at);
}

void Recorder::take_up(std::optional<base::SampleTime> at) {
  const std::int64_t now_ms =
      config_.epoch.unix_ms() + (at ? at->samples() * 1000 / base::kSampleRate : 0);
  std::map<std::int64_t, std::pair<fs::path, RecordingState>> left;
  std::error_code failed;
  // Without exceptions: a disk that fails here is no reason for the publisher to end.
  for (fs::directory_iterator it(config_.dir, failed), end; !failed && it != end;
       it.increment(failed)) {
    const auto start = recording_start_of(it->path().filename().string());
    if (!start) continue;
    std::error_code ignored;
    // One that had only been made is empty, and goes; of any other nothing is lost.
    if (const auto state = read_recording_state(it->path())) {
      left.emplace(*start, std::pair(it->path(), *state));
    } else {
      fs::remove(it->path(), ignored);
    }
  }
  for (const auto& [start, one] : left) {
    const auto& [folder, state] = one;
    const bool is_newest = start == left.rbegin()->first;
    // Marks of another tape have other numbers.
    const bool is_of_tape = state.epoch_unix_ms == config_.epoch.unix_ms();
    // That one may be complete, and the recorder have died before it could begin the next.
    if (state.is_ended && !(is_newest && is_of_tape)) continue;
    const std::int64_t until_ms = state.start_unix_ms + state.duration_ms();
    is_continuation_ = now_ms - until_ms < kSameShowMs;
    if (!state.is_ended && at && is_newest && may_go_on(state, *at)) {
      auto resumed =
          OpenRecording::resume(config_.dir, folder.filename().string(), state, config_.aac_config);
      if (resumed) {
        open_.emplace(std::move(*resumed));
        return note_opened();
      }
    }
    if (is_of_tape) last_ = state;
    if (state.is_ended) {
      recorded_until_ = state.aac_next;
    } else if (auto sealed = seal_recording(folder, state); !sealed) {
      status_.detail = sealed.error().message;
    }
  }
}

bool Recorder::may_go_on(const RecordingState& state, base::SampleTime at) const {
  if (state.epoch_unix_ms != config_.epoch.unix_ms() || state.has_flac != config_.has_flac) {
    return false;
  }
  // Packets follow each other in steps of a frame, for whoever encodes them.
  if ((at - state.aac_next) % kFrame != 0) return false;
  std::array<float, 2> one{};
  const auto is_there = [&](base::SampleTime from) {
    return read_tape_(std::max(from, base::SampleTime(0)), one);
  };
  if (at > state.aac_next && !is_there(state.aac_next - kWarmUpFrames * kFrame)) return false;
  return !state.has_flac || is_there(state.flac_next);
}

void Recorder::begin(base::SampleTime at) {
  RecordingState state = last_;
  state.epoch_unix_ms = config_.epoch.unix_ms();
  state.start = at;
  state.start_unix_ms = config_.epoch.unix_ms() + at.samples() * 1000 / base::kSampleRate;
  state.is_continuation = is_continuation_;
  state.has_flac = config_.has_flac;
  // What has been marked until here is how things stand where it begins.
  while (!marks_.empty() && marks_.front().second.at <= at) {
    const auto& [number, mark] = marks_.front();
    if (number >= state.next_mark) {
      (void)note_mark(state, mark);
      state.next_mark = number + 1;
    }
    marks_.pop_front();
  }
  auto made = OpenRecording::create(config_.dir, state, config_.aac_config);
  if (!made) {
    last_ = state;
    return stop(made.error());
  }
  open_.emplace(std::move(*made));
  is_flac_broken_ = false;
  note_opened();
}

void Recorder::note_opened() {
  ++status_.recordings;
  const RecordingState& state = open_->state();
  // One that is longer already ends behind all that it has.
  const std::int64_t length =
      std::max({base::to_samples(config_.length_max), open_->aac_next() - state.start,
                open_->flac_next() - state.start});
  ends_at_ = state.start + (length + kFrame - 1) / kFrame * kFrame;
}

void Recorder::rotate() {
  if (open_->state().has_flac && !is_flac_broken_ && !fill_flac(ends_at_)) is_flac_broken_ = true;
  write_marks();
  // What can't be written now, it takes from the tape when it goes on.
  if (const auto written = open_->write(); !written) return stop(written.error());
  end();
  is_continuation_ = true;
  begin(ends_at_);
}

void Recorder::end() {
  if (!open_) return;
  // What has stopped it says more.
  const auto ended = open_->end();
  if (!ended && !is_stopped_) status_.detail = ended.error().message;
  last_ = open_->state();
  open_.reset();
}

bool Recorder::fill_aac(base::SampleTime until) {
  const base::SampleTime next = open_->aac_next();
  if (until == next) return true;
  if ((until - next) % kFrame != 0) return false;
  media::AacEncoder encoder;
  std::vector<float> frame(2 * static_cast<std::size_t>(kFrame));
  std::vector<media::AacPacket> filled;
  // What brings the last of them out.
  const base::SampleTime end = until + media::kAacDelayFrames * kFrame;
  for (base::SampleTime at = next - kWarmUpFrames * kFrame; at < end; at = at + kFrame) {
    std::fill(frame.begin(), frame.end(), 0.0F);
    // A frame can straddle the beginning of the show.
    const std::int64_t before = std::clamp<std::int64_t>(-at.samples(), 0, kFrame);
    const auto there = std::span(frame).subspan(2 * static_cast<std::size_t>(before));
    if (!there.empty() && !read_tape_(at + before, there)) return false;
    for (media::AacPacket& packet : encoder.encode(at, frame)) {
      if (packet.at >= next && packet.at < until) filled.push_back(std::move(packet));
    }
  }
  if (filled.empty() || filled.back().at + kFrame != until) return false;
  for (const media::AacPacket& packet : filled) open_->add(packet);
  return true;
}

bool Recorder::fill_flac(base::SampleTime until) {
  std::vector<float> part;
  while (open_->flac_next() < until) {
    const std::int64_t frames = std::min(until - open_->flac_next(), kFrame);
    part.resize(2 * static_cast<std::size_t>(frames));
    if (!read_tape_(open_->flac_next(), part)) return false;
    open_->add_samples(part);
  }
  return true;
}

void Recorder::write_marks() {
  while (!marks_.empty() && marks_.front().second.at <= open_->aac_next()) {
    const auto& [number, mark] = marks_.front();
    if (number >= open_->state().next_mark) open_->add(number, mark);
    marks_.pop_front();
  }
}

bool Recorder::has_room() {
  std::error_code failed;
  // The folder may not be there yet.
  const fs::path there = fs::exists(config_.dir, failed) ? config_.dir : config_.dir.parent_path();
  const auto space = look_for_room_(there);
  if (!space) return true;
  const std::uint64_t kept =
      is_stopped_ ? config_.reserve.to_go_on(space->capacity) : config_.reserve.of(space->capacity);
  return space->available >= std::max(kept, kNoRoom);
}

void Recorder::stop(base::Error error) {
  is_stopped_ = true;
  status_.is_open = false;
  status_.problem = has_room() ? "disk" : "disk_full";
  status_.detail = std::move(error.message);
}

void Recorder::flush(base::Instant now) {
  if (is_stopped_) {
    if (!stopped_since_) stopped_since_ = now;
    if (open_ && now - *stopped_since_ > kLetGoAfter) {
      end();
      is_continuation_ = true;
    }
    if (!retry_at_) retry_at_ = now + kRetryEvery;
    if (now < *retry_at_) return;
    retry_at_.reset();
    if (!has_room()) return;
    is_stopped_ = false;
    is_flac_broken_ = false;
    status_.problem.clear();
    status_.detail.clear();
  }
  if (!room_due_ || now >= *room_due_) {
    room_due_ = now + kRoomEvery;
    if (!has_room()) {
      return stop(
          {"the disk is nearly full: the recording has stopped, so that everything else "
           "goes on"});
    }
  }
  if (!open_) {
    stopped_since_.reset();
    return;
  }
  write_marks();
  const bool is_state_due = !state_due_ || now >= *state_due_;
  if (is_state_due) state_due_ = now + kStateEvery;
  const std::int64_t bytes = open_->state().aac_bytes;
  const auto written = is_state_due ? open_->write_with_state() : open_->write();
  if (!written) stop(written.error());
  // Where there was nothing to write, that says nothing of the disk.
  if (open_->state().aac_bytes > bytes) stopped_since_.reset();
  status_.is_open = open_ && !is_stopped_;
}

void Recorder::finish() {
  // One that comes when all has been written already brings to its end what another one has left.
  if (!has_taken_up_ && take_lock()) take_up(std::nullopt);
  has_taken_up_ = true;
  if (!open_) return;
  write_marks();
  end();
  status_.is_open = false;
}

}  // namespace shelcaster::output
