#include "app/mix/floor/returns.hpp"

#include <algorithm>

namespace shelcaster::app {

void Returns::take(bool is_second_half, const mixer::Rendered& rendered, const Roster& roster,
                   base::Instant now, Outgoing& out) noexcept {
  gather(is_second_half, rendered, roster);
  if (!is_second_half) return;
  programme_payload_.size = 0;
  for (const int at : roster.seats.taken()) roster.seats.at(at).payload.size = 0;
  for (const int at : roster.lines.taken()) {
    Line& line = roster.lines.at(at);
    if (!line.sends) continue;
    Seat* seat = roster.seats.find(line.seat);
    const bool hears_own = seat != nullptr && seat->hears_own_return;
    const base::ByteSpan payload = hears_own ? own_payload(*seat) : programme_payload();
    out.add(line, line.send(now, payload));
  }
}

void Returns::gather(bool is_second_half, const mixer::Rendered& rendered,
                     const Roster& roster) noexcept {
  copy(rendered.programme, is_second_half, programme_pcm_);
  for (const int at : roster.seats.taken()) {
    Seat& seat = roster.seats.at(at);
    const auto strip = static_cast<std::size_t>(at);
    const bool has_own = rendered.has_own_return[strip];
    if (!is_second_half) seat.hears_own_return = has_own;
    if (!seat.hears_own_return) continue;
    copy(has_own ? rendered.mix_minus[strip] : rendered.programme, is_second_half, seat.pcm);
  }
}

void Returns::copy(const audio::StereoBlock& block, bool is_second_half,
                   FramePcm& to) const noexcept {
  if (channels_ == audio::kChannels) {
    std::ranges::copy(block, to.begin() + (is_second_half ? block.size() : 0));
    return;
  }
  float* mono = to.data() + (is_second_half ? audio::kBlockFrames : 0);
  for (std::size_t i = 0; i < block.size(); i += 2) mono[i / 2] = 0.5F * (block[i] + block[i + 1]);
}

base::ByteSpan Returns::programme_payload() noexcept {
  if (programme_payload_.size == 0) {
    programme_payload_.size =
        programme_encoder_.encode(frame_of(programme_pcm_), programme_payload_.bytes);
  }
  return programme_payload_.span();
}

base::ByteSpan Returns::own_payload(Seat& seat) const noexcept {
  if (seat.payload.size == 0) {
    seat.payload.size = seat.encoder.encode(frame_of(seat.pcm), seat.payload.bytes);
  }
  return seat.payload.span();
}

}  // namespace shelcaster::app
