#include "rtc/media/reception.hpp"

#include "rtc/media/detail/reception_state.hpp"

namespace shelcaster::rtc {

Reception::Reception(const SrtpKeys& keys, std::uint32_t ssrc, Kind kind,
                     const ReceptionConfig& config)
    : state_(std::make_unique<State>(keys, ssrc, config)) {
  if (kind == Kind::kRtcpOnly) return;
  state_->playout = std::make_unique<Playout>(
      JitterConfig{.delay_ms_min = config.delay_ms_min, .delay_ms_max = config.delay_ms_max});
}

Reception::~Reception() = default;

std::uint32_t Reception::ssrc() const noexcept { return state_->ssrc; }

Reception::Kind Reception::kind() const noexcept {
  return state_->playout ? Kind::kMedia : Kind::kRtcpOnly;
}

std::unique_ptr<Reception> make_reception(const SrtpKeys& keys, base::ByteSpan packet,
                                          const ReceptionConfig& config) {
  const auto source = InboundProbe(keys).authenticate(packet);
  if (!source) return nullptr;
  const auto kind = source->is_rtcp ? Reception::Kind::kRtcpOnly : Reception::Kind::kMedia;
  return std::make_unique<Reception>(keys, source->ssrc, kind, config);
}

}  // namespace shelcaster::rtc
