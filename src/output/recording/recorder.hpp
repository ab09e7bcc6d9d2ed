#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "base/unique_fd.hpp"
#include "media/aac_encoder.hpp"
#include "output/recording/open_recording.hpp"
#include "output/recording/recording_reserve.hpp"
#include "tape/tape.hpp"

namespace shelcaster::output {

struct RecorderConfig {
  std::filesystem::path dir;  // of the show: each recording is a folder in it
  base::Bytes aac_config;     // AudioSpecificConfig of the packets
  base::WallTime epoch;       // of sample 0, by which a programme is known again
  bool has_flac = true;
  RecordingReserve reserve = {};
  /// A recording that is so long ends at the next packet, and another goes on from there: what has
  /// ended can be removed, whatever is still on the air.
  base::Duration length_max = std::chrono::hours(6);
};

/// Keeps the programme as it was on the air on the disk, in recordings: unbroken stretches. A
/// recorder that comes after one that died goes on with its recording, without a lost or doubled
/// sample, as long as the tape still has what is missing; else it begins the next recording, which
/// says that it is a continuation. The same holds for what was not added in time, and for a disk
/// that couldn't be written for a while: after a minute its files are let go. One that has its full
/// length is followed by another, which begins with the sample after its last.
///
/// One owner, whose thread waits for the disk. No clock: flush() is told the time.
class Recorder {
 public:
  /// The programme from `at` on as the tape has it; false if it hasn't.
  using ReadTape = std::function<bool(base::SampleTime at, std::span<float> interleaved)>;

  /// Where the room isn't known, that is no reason to stop.
  Recorder(RecorderConfig config, ReadTape read_tape, LookForRoom look_for_room = room_of_disk);

  void add(const media::AacPacket& packet);
  /// Interleaved; empty: so many frames of silence.
  void add(base::SampleTime at, std::int64_t frames, std::span<const float> interleaved);
  /// Numbered as on the tape, from 0 or from any number that hasn't been added.
  void add(std::uint64_t number, const tape::Mark& mark);

  /// Brings what was added to the disk.
  void flush(base::Instant now);
  /// The programme has ended.
  void finish();

  struct Status {
    std::string problem;               // "disk_full" | "disk"; empty: none
    std::string detail;                // for a person
    std::uint64_t recordings = 0;      // begun or gone on with
    std::uint64_t packets_missed = 0;  // that are in no recording
    bool is_open = false;
  };
  [[nodiscard]] const Status& status() const { return status_; }
  /// Of the recording that is being written; empty: none is.
  [[nodiscard]] std::string id() const { return open_ ? open_->id() : std::string(); }

 private:
  void open_at(base::SampleTime at);
  /// Looks for what the recorder before has left: goes on with it where `at` follows, or brings it
  /// to its end.
  void take_up(std::optional<base::SampleTime> at);
  [[nodiscard]] bool may_go_on(const RecordingState& state, base::SampleTime at) const;
  void begin(base::SampleTime at);
  void end();
  void note_opened();
  /// Ends the one that is complete as far as ends_at_, and goes on in another.
  void rotate();
  /// False while another recorder still has the show's folder: one that was cut loose in the middle
  /// of a write.
  [[nodiscard]] bool take_lock();
  /// False if the tape hasn't got what is missing.
  [[nodiscard]] bool fill_aac(base::SampleTime until);
  [[nodiscard]] bool fill_flac(base::SampleTime until);
  void write_marks();
  [[nodiscard]] bool has_room();
  void stop(base::Error error);

  const RecorderConfig config_;
  const ReadTape read_tape_;
  const LookForRoom look_for_room_;
  base::UniqueFd lock_;  // held for as long as anything is written
  std::optional<OpenRecording> open_;
  base::SampleTime ends_at_;  // of open_, at the latest; a whole number of packets behind its start
  /// Where the one ended that a recorder before this one has left complete.
  std::optional<base::SampleTime> recorded_until_;
  RecordingState last_;  // of the one before: what plays and who is on the air goes on
  bool has_taken_up_ = false;
  bool is_continuation_ = false;
  bool is_flac_broken_ = false;
  bool is_stopped_ = false;
  std::optional<base::Instant> retry_at_;
  std::optional<base::Instant> stopped_since_;  // nothing could be written from then on
  std::optional<base::Instant> state_due_;
  std::optional<base::Instant> room_due_;
  std::deque<std::pair<std::uint64_t, tape::Mark>> marks_;  // whose time hasn't come
  Status status_;
};

}  // namespace shelcaster::output
