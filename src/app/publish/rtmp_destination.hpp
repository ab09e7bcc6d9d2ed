#pragma once

#include "app/publish/destination.hpp"
#include "output/rtmp/rtmp_publisher.hpp"
#include "runtime/system_random.hpp"

namespace shelcaster::app {

/// The programme's AAC with a still card on an RTMP server.
class RtmpDestination final : public Destination {
 public:
  RtmpDestination(output::RtmpPublisherConfig config, output::RtmpConnect connect);

  void push(const ProgrammeUnit& unit) override;
  void work() override { publisher_.work(); }
  bool finish() override { return publisher_.finish(); }
  void abort() override { publisher_.abort(); }
  [[nodiscard]] DestinationStatus status() const override;

 private:
  runtime::SystemRandom random_;
  output::RtmpPublisher publisher_;
};

}  // namespace shelcaster::app
