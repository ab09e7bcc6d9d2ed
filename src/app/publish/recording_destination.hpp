#pragma once

#include <mutex>

#include "app/publish/destination.hpp"
#include "base/spsc_queue.hpp"
#include "output/recording/recorder.hpp"
#include "tape/tape.hpp"

namespace shelcaster::app {

/// The programme as it was on the air, kept on this machine's disk.
///
/// What doesn't fit into its queue, since the disk is slow, is dropped here and read from the tape
/// again when the disk has come back, if the tape still has it.
class RecordingDestination final : public Destination {
 public:
  RecordingDestination(output::RecorderConfig config, tape::TapeReader tape);

  void push(const ProgrammeUnit& unit) override;
  void work() override;
  bool finish() override;
  /// Its recording has ended, though the programme goes on.
  void leave() override { (void)finish(); }
  [[nodiscard]] DestinationStatus status() const override;
  /// With the publisher's own lag, less than a second of the programme isn't on the disk yet.
  [[nodiscard]] base::Duration period() const override {
    return is_idle_ ? std::chrono::seconds(1) : std::chrono::milliseconds(250);
  }
  [[nodiscard]] bool wants_pcm() const override { return has_flac_; }

 private:
  void take_queued();
  void note_status();

  const bool has_flac_;
  const tape::TapeReader tape_;
  output::Recorder recorder_;
  base::SpscQueue<ProgrammeUnit> queue_;
  bool is_idle_ = false;             // nothing has come since the last work(): the worker's own
  mutable std::mutex status_mutex_;  // never held while the disk is waited for
  output::Recorder::Status status_;
};

}  // namespace shelcaster::app
