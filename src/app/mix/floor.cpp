#include "app/mix/floor.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "rtc/peer/demux.hpp"

namespace shelcaster::app {
namespace {

constexpr int kReturnFrames = codec::kOpusEncodeFrames;
constexpr std::int64_t kLevelsEveryBlocks = 7;  // 14.3 a second
constexpr std::int64_t kStatsEveryBlocks = 100;
constexpr std::int64_t kDeckStatusEveryBlocks = 10;

std::int64_t block_number(base::SampleTime at) { return at.samples() / audio::kBlockFrames; }

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

}  // namespace

codec::OpusEncoderConfig return_encoder_config() {
  return {.channels = 2,
          .bitrate_bps = 96'000,
          .complexity = 5,
          .fec = true,
          .expected_loss_percent = 5,
          .speech = false};
}

Floor::Floor(mixer::DeckFeed& feed, tape::TapeWriter& tape, FloorOutbox& outbox)
    : tape_(tape),
      outbox_(outbox),
      engine_({.strips_max = kStripsMax}),
      deck_(feed),
      programme_encoder_(return_encoder_config()) {
  engine_.apply(mixer::AddStrip{kDeckStrip, mixer::StripKind::kDeck});
}

void Floor::apply(FloorCommand&& command) noexcept {
  std::visit(Overloaded{
                 [](std::monostate) {},
                 [this](OpenSeat& open) { open_seat(std::move(open)); },
                 [this](CloseSeat& close) { close_seat(close.seat); },
                 [this](OpenLine& open) { open_line(std::move(open)); },
                 [this](CloseLine& close) { close_line(close.line); },
                 [this](MoveLine& move) {
                   if (Line* line = lines_[static_cast<std::size_t>(move.line)].get()) {
                     line->remote = move.remote;
                     rebuild_addresses();
                   }
                 },
                 [this](AdoptReception& adopt) {
                   if (Line* line = lines_[static_cast<std::size_t>(adopt.line)].get()) {
                     retire(line->media.adopt(std::move(adopt.reception)));
                   } else {
                     retire(std::move(adopt.reception));
                   }
                 },
                 [this](mixer::Command& engine_command) { engine_.apply(engine_command); },
                 [this](mixer::DeckCommand& deck_command) {
                   deck_.apply(deck_command);
                   report_deck_events();
                 },
             },
             command);
}

void Floor::open_seat(OpenSeat&& open) noexcept {
  auto& slot = seats_[static_cast<std::size_t>(open.seat)];
  if (slot) retire(std::move(slot));
  slot = std::move(open.state);
  engine_.apply(mixer::AddStrip{{open.seat}, open.kind});
}

void Floor::close_seat(int seat) noexcept {
  auto& slot = seats_[static_cast<std::size_t>(seat)];
  if (!slot) return;
  engine_.apply(mixer::RemoveStrip{{seat}});
  retire(std::move(slot));
}

void Floor::open_line(OpenLine&& open) noexcept {
  auto& slot = lines_[static_cast<std::size_t>(open.line)];
  if (slot) retire(std::move(slot));
  slot = std::move(open.state);
  if (slot->receives && slot->seat != kNoSeat) {
    if (Seat* seat = seats_[static_cast<std::size_t>(slot->seat)].get()) {
      seat->microphone = open.line;
    }
  }
  rebuild_addresses();
}

void Floor::close_line(int line) noexcept {
  auto& slot = lines_[static_cast<std::size_t>(line)];
  if (!slot) return;
  if (slot->seat != kNoSeat) {
    Seat* seat = seats_[static_cast<std::size_t>(slot->seat)].get();
    if (seat != nullptr && seat->microphone == line) seat->microphone = -1;
  }
  retire(std::move(slot));
  rebuild_addresses();
}

void Floor::rebuild_addresses() noexcept {
  addresses_.clear();
  for (int i = 0; i < kLinesMax; ++i) {
    if (const Line* line = lines_[static_cast<std::size_t>(i)].get()) {
      addresses_.add(line->remote, i);
    }
  }
}

void Floor::retire(Retired&& object) noexcept {
  const bool is_empty = std::visit([](const auto& held) { return held == nullptr; }, object);
  if (is_empty) return;
  // Fewer objects can exist than the queue holds: the stage thread frees before it builds.
  if (!outbox_.retired.try_push(std::move(object))) std::abort();
}

Floor::Taken Floor::handle_datagram(base::Instant arrival, const net::Datagram& datagram) noexcept {
  if (rtc::is_rtp_or_rtcp(datagram.bytes)) {
    if (const int found = addresses_.find(datagram.remote); found >= 0) {
      Line& line = *lines_[static_cast<std::size_t>(found)];
      if (line.media.handle_packet(arrival, datagram.bytes) !=
          rtc::MediaSession::Handled::kUnknownSsrc) {
        return Taken::kYes;
      }
    }
  }
  StageDatagram copy;
  if (datagram.bytes.size() > copy.bytes.size()) {
    ++dropped_datagrams_;
    return Taken::kYes;
  }
  copy.remote = datagram.remote;
  copy.size = datagram.bytes.size();
  std::memcpy(copy.bytes.data(), datagram.bytes.data(), copy.size);
  if (!outbox_.datagrams.try_push(std::move(copy))) ++dropped_datagrams_;
  return Taken::kForStage;
}

void Floor::tick(base::SampleTime at, base::Instant now) noexcept {
  transmit_count_ = 0;
  gather_inputs(now);
  engine_.render(at, inputs_, rendered_);
  tape_.write(at, rendered_.programme);
  send_returns(at, now);
  send_rtcp(now);
  report(at);
}

void Floor::gather_inputs(base::Instant now) noexcept {
  inputs_.fill({});
  for (int i = 0; i < kLinesMax; ++i) {
    Line* line = lines_[static_cast<std::size_t>(i)].get();
    if (line == nullptr || !line->receives || line->seat == kNoSeat) continue;
    const auto seat_index = static_cast<std::size_t>(line->seat);
    const Seat* seat = seats_[seat_index].get();
    // A line that was replaced is not drawn from: its buffer stays bounded by itself.
    if (seat == nullptr || seat->microphone != i) continue;
    audio::StereoBlock& block = input_blocks_[seat_index];
    if (line->media.pull(now, block)) inputs_[seat_index].samples = &block;
  }
  audio::StereoBlock& deck_block = input_blocks_[kSeatsMax];
  if (deck_.render(deck_block)) inputs_[kSeatsMax].samples = &deck_block;
  report_deck_events();
}

void Floor::report_deck_events() noexcept {
  while (const auto event = deck_.poll_event()) {
    (void)outbox_.reports.try_push(FloorReport(*event));
    (void)outbox_.reports.try_push(FloorReport(DeckReport{deck_.status()}));
  }
}

void Floor::gather_returns(bool second_half) noexcept {
  const std::size_t offset = second_half ? audio::kBlockSamples : 0;
  std::ranges::copy(rendered_.programme,
                    programme_pcm_.begin() + static_cast<std::ptrdiff_t>(offset));
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    Seat* seat = seats_[i].get();
    if (seat == nullptr) continue;
    const bool has_own = rendered_.has_own_return[i];
    if (!second_half) seat->hears_own_return = has_own;
    if (!seat->hears_own_return) continue;
    const audio::StereoBlock& block = has_own ? rendered_.mix_minus[i] : rendered_.programme;
    std::ranges::copy(block, seat->pcm.begin() + static_cast<std::ptrdiff_t>(offset));
  }
}

void Floor::send_returns(base::SampleTime at, base::Instant now) noexcept {
  const bool second_half = block_number(at) % 2 != 0;
  gather_returns(second_half);
  if (!second_half) return;
  programme_size_ = 0;
  for (auto& slot : lines_) {
    if (Line* line = slot.get(); line != nullptr && line->sends) {
      const Seat* seat =
          line->seat == kNoSeat ? nullptr : seats_[static_cast<std::size_t>(line->seat)].get();
      if (seat == nullptr || !seat->hears_own_return) send_to_line(*line, programme_payload(), now);
    }
  }
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    Seat* seat = seats_[i].get();
    if (seat == nullptr || !seat->hears_own_return) continue;
    std::size_t size = 0;
    for (auto& slot : lines_) {
      Line* line = slot.get();
      if (line == nullptr || !line->sends || line->seat != static_cast<int>(i)) continue;
      if (size == 0) size = seat->encoder.encode(seat->pcm, return_bytes_);
      send_to_line(*line, base::ByteSpan(return_bytes_).first(size), now);
    }
  }
}

base::ByteSpan Floor::programme_payload() noexcept {
  if (programme_size_ == 0) {
    programme_size_ = programme_encoder_.encode(programme_pcm_, programme_bytes_);
  }
  return base::ByteSpan(programme_bytes_).first(programme_size_);
}

void Floor::send_to_line(Line& line, base::ByteSpan payload, base::Instant now) noexcept {
  transmit(line, line.media.make_rtp(now, payload, kReturnFrames, line.rtp));
}

void Floor::send_rtcp(base::Instant now) noexcept {
  for (auto& slot : lines_) {
    if (Line* line = slot.get()) transmit(*line, line->media.poll_rtcp(now, line->rtcp));
  }
}

void Floor::transmit(const Line& line, base::ByteSpan bytes) noexcept {
  if (bytes.empty() || transmit_count_ == transmits_.size()) return;
  transmits_[transmit_count_++] = {.remote = line.remote, .bytes = bytes};
}

void Floor::report(base::SampleTime at) noexcept {
  const std::int64_t block = block_number(at);
  if (block % kLevelsEveryBlocks == 0) report_levels(at);
  if (block % kDeckStatusEveryBlocks == 0) {
    (void)outbox_.reports.try_push(FloorReport(DeckReport{deck_.status()}));
  }
  for (auto i = static_cast<std::size_t>(block % kStatsEveryBlocks); i < lines_.size();
       i += kStatsEveryBlocks) {
    if (const Line* line = lines_[i].get()) {
      (void)outbox_.reports.try_push(
          FloorReport(LineReport{static_cast<int>(i), line->media.stats()}));
    }
  }
}

void Floor::report_levels(base::SampleTime at) noexcept {
  LevelsReport levels;
  levels.at = at;
  levels.master = rendered_.master;
  levels.momentary_lufs = rendered_.momentary_lufs;
  levels.deck = rendered_.strip_levels[kSeatsMax];
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    if (!seats_[i]) continue;
    levels.occupied.set(i);
    levels.seats[i] = rendered_.strip_levels[i];
  }
  (void)outbox_.levels.try_push(std::move(levels));
}

}  // namespace shelcaster::app
