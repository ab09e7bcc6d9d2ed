#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/slot_file.hpp"
#include "base/time.hpp"
#include "media/aac_encoder.hpp"
#include "media/flac_encoder.hpp"
#include "output/recording/detail/append_file.hpp"
#include "output/recording/recording_state.hpp"
#include "tape/tape.hpp"

namespace shelcaster::output {

/// The recording that is being written: one unbroken stretch of the programme. What is added is
/// gathered in memory until write(). A process that dies leaves files whose beginning, as far as
/// the state says, is right; what stands behind it is right too but for a torn last frame.
/// One owner; waits for the disk in write(), end() and where it is opened.
class OpenRecording {
 public:
  /// `dir`: of the show. A new one, from `state.start` on: its id is the first that is free.
  static base::Result<OpenRecording> create(const std::filesystem::path& dir,
                                            const RecordingState& state, base::ByteSpan aac_config);
  /// Goes on where `state` ends; what stands behind that is cut off.
  static base::Result<OpenRecording> resume(const std::filesystem::path& dir, const std::string& id,
                                            const RecordingState& state, base::ByteSpan aac_config);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const RecordingState& state() const { return state_; }
  /// Where the next packet, and the next sample of the FLAC, belongs.
  [[nodiscard]] base::SampleTime aac_next() const { return aac_next_; }
  [[nodiscard]] base::SampleTime flac_next() const {
    return flac_encoded_ + static_cast<std::int64_t>(samples_.size() / 2);
  }

  /// `packet.at` is aac_next().
  void add(const media::AacPacket& packet);
  /// Interleaved, from flac_next() on.
  void add_samples(std::span<const float> interleaved);
  void add_silence(std::int64_t frames);
  void add(std::uint64_t mark_number, const tape::Mark& mark);

  /// Everything that was added, but for samples that don't fill a FLAC frame. An error loses what
  /// hasn't been written: aac_next() and flac_next() are then where the files end.
  base::Result<void> write();
  /// The same, and how far it has come if that has changed; to be called now and then.
  base::Result<void> write_with_state();
  /// Completes the files. Nothing may be added any more. An error may lose what hasn't been
  /// written; that it has ended is noted all the same, if that can be written.
  base::Result<void> end();

 private:
  OpenRecording(std::filesystem::path folder, std::string id, const RecordingState& state,
                base::ByteSpan aac_config);
  base::Result<void> open_files();
  void encode(std::span<const float> interleaved);
  void forget_pending();

  std::filesystem::path folder_;
  std::string id_;
  RecordingState state_;  // of what is on the disk; its marks are as far as they were added
  base::Bytes aac_config_;
  base::SlotFile state_file_;
  std::string told_state_;  // as it was last written

  detail::AppendFile aac_;
  base::Bytes aac_pending_;
  base::SampleTime aac_next_;

  detail::AppendFile flac_;
  std::optional<media::FlacEncoder> flac_encoder_;
  base::Bytes flac_pending_;
  base::SampleTime flac_encoded_;
  std::int64_t flac_frames_ = 0;
  std::vector<float> samples_;  // that don't fill a frame yet

  detail::AppendFile marks_;
  std::string marks_pending_;
};

/// What stands in a recording's state file; an error if there is none that can be read.
base::Result<RecordingState> read_recording_state(const std::filesystem::path& folder);

/// Brings a recording to its end that a recorder has left which died: its state counts what is
/// really there, and its cue sheet is made.
base::Result<void> seal_recording(const std::filesystem::path& folder, RecordingState state);

}  // namespace shelcaster::output
