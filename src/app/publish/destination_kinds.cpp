#include "app/publish/destination_kinds.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "app/publish/recording_destination.hpp"
#include "app/publish/rtmp_connect.hpp"
#include "app/publish/rtmp_destination.hpp"

namespace shelcaster::app {
namespace {

using Made = base::Result<std::unique_ptr<Destination>>;

/// A server of RTMP likes an even flow.
constexpr base::Duration kReadPeriodForRtmp = std::chrono::milliseconds(40);

Made make_rtmp(const link::OutputTarget& target, const DestinationContext& context) {
  std::optional<std::size_t> key_at;
  if (target.key_at) key_at = static_cast<std::size_t>(*target.key_at);
  auto address = output::parse_rtmp_url(target.url, key_at);
  if (!address) return tl::unexpected(address.error());
  output::RtmpPublisherConfig config;
  config.address = std::move(*address);
  config.aac_config = context.aac_config;
  config.is_constant_rate = target.is_constant_rate;
  return std::make_unique<RtmpDestination>(
      std::move(config), make_rtmp_connect(context.ca_file, target.allow_private));
}

Made make_recording(const link::OutputTarget& target, const DestinationContext& context) {
  auto tape = tape::TapeReader::attach(context.tape_fd);
  if (!tape) return tl::unexpected(tape.error());
  const link::RecordingRules rules = target.recording.value_or(link::RecordingRules());
  output::RecorderConfig config;
  config.dir = context.recordings_dir;
  config.aac_config = context.aac_config;
  config.epoch = context.epoch;
  config.has_flac = rules.has_flac;
  const auto bytes = [](std::int64_t mib) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, mib)) << 20U;
  };
  config.reserve = {.bytes = bytes(rules.reserve_mib), .bytes_min = bytes(rules.reserve_mib_min)};
  return std::make_unique<RecordingDestination>(std::move(config), std::move(*tape));
}

}  // namespace

std::span<const DestinationKind> destination_kinds() {
  static const std::array kKinds{
      DestinationKind{"rtmp", make_rtmp, kReadPeriodForRtmp},
      DestinationKind{"recording", make_recording, std::nullopt},
  };
  return kKinds;
}

}  // namespace shelcaster::app
