#include "app/publish/recording_destination.hpp"

#include <memory>
#include <utility>

#include "base/overloaded.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::app {
namespace {

/// Packets and blocks of about as much as the shortest tape in use has, 12 s.
constexpr std::size_t kQueueUnits = 1'024;

}  // namespace

RecordingDestination::RecordingDestination(output::RecorderConfig config, tape::TapeReader tape)
    : has_flac_(config.has_flac),
      tape_(std::move(tape)),
      recorder_(std::move(config),
                [this](base::SampleTime at, std::span<float> interleaved) {
                  return at >= base::SampleTime(0) &&
                         tape_.read(at, interleaved) == tape::ReadResult::kOk;
                }),
      queue_(kQueueUnits) {}

void RecordingDestination::push(const ProgrammeUnit& unit) {
  // One that isn't taken leaves a gap, which the recorder finds and counts if it can't fill it.
  (void)queue_.try_push(unit);
}

void RecordingDestination::take_queued() {
  while (const auto unit = queue_.try_pop()) {
    std::visit(base::Overloaded{
                   [this](const std::shared_ptr<const media::AacPacket>& packet) {
                     recorder_.add(*packet);
                   },
                   [this](const std::shared_ptr<const PcmBlock>& block) {
                     recorder_.add(block->at, block->frames, block->interleaved);
                   },
                   [this](const std::shared_ptr<const ProgrammeMark>& mark) {
                     recorder_.add(mark->number, mark->mark);
                   },
               },
               *unit);
  }
}

void RecordingDestination::work() {
  is_idle_ = queue_.size() == 0;
  take_queued();
  recorder_.flush(runtime::SystemClock::now());
  note_status();
}

bool RecordingDestination::finish() {
  take_queued();
  recorder_.finish();
  note_status();
  return true;
}

void RecordingDestination::note_status() {
  const std::lock_guard lock(status_mutex_);
  status_ = recorder_.status();
}

DestinationStatus RecordingDestination::status() const {
  const std::lock_guard lock(status_mutex_);
  const bool is_good = status_.problem.empty();
  DestinationStatus status;
  status.state = !is_good ? "retrying" : status_.is_open ? "live" : "connecting";
  status.problem = status_.problem;
  status.detail = status_.detail;
  status.connections = status_.recordings;
  status.frames_dropped = status_.packets_missed;
  return status;
}

}  // namespace shelcaster::app
