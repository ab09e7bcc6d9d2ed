#include "app/publish/rtmp_destination.hpp"

#include <utility>

#include "runtime/system_clock.hpp"

namespace shelcaster::app {

RtmpDestination::RtmpDestination(output::RtmpPublisherConfig config, output::RtmpConnect connect)
    : publisher_(std::move(config), std::move(connect), random_,
                 [] { return runtime::SystemClock::now(); }) {}

void RtmpDestination::push(const ProgrammeUnit& unit) {
  if (const auto* packet = std::get_if<std::shared_ptr<const media::AacPacket>>(&unit)) {
    publisher_.push(*packet);
  }
}

DestinationStatus RtmpDestination::status() const {
  output::RtmpStatus status = publisher_.status();
  return {.state = std::string(to_string(status.state)),
          .problem = std::string(to_string(status.problem)),
          .detail = std::move(status.detail),
          .connections = status.connections,
          .frames_dropped = status.frames_dropped,
          .delay_ms = status.delay_ms,
          .bitrate_bps = status.bitrate_bps};
}

}  // namespace shelcaster::app
