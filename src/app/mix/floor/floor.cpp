#include "app/mix/floor/floor.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "audio/db.hpp"
#include "audio/level_meter.hpp"
#include "base/overloaded.hpp"

namespace shelcaster::app {
namespace {

/// All that is told regularly is told in the same ticks, so that the stage thread wakes up 14.3
/// times a second at most.
constexpr std::int64_t kReportEveryBlocks = 7;
/// Each line's figures come with every 14th report: 0.98 s.
constexpr int kReportsPerLineReport = 14;
/// Lines that share a report, so that those of a small show wake nobody twice.
constexpr int kLinesPerReport = 4;
/// How far the deck is, as long as it plays on or waits for sound.
constexpr std::int64_t kReportDeckEveryBlocks = kReportsPerLineReport * kReportEveryBlocks;
constexpr std::int64_t kReportEveryBlocksAtRest = 100;

// What the floor remembers of its lines has room beside the engine and the deck.
constexpr std::size_t kLinesBytesMax =
    std::size_t{kLinesMax} * (Line::kStateBytesMax + 2 * sizeof(std::uint32_t));
static_assert(kLinesBytesMax + (std::size_t{512} << 10U) <= tape::Checkpoint::kSoundBytesMax);

std::int64_t block_number(base::SampleTime at) { return at.samples() / audio::kBlockFrames; }

}  // namespace

Floor::Floor(mixer::DeckFeed& feed, tape::TapeWriter& tape, tape::Checkpoint& checkpoint,
             FloorOutbox& outbox, std::uint64_t gate_seed, const ShowSettings& settings)
    : tape_(tape),
      checkpoint_(checkpoint),
      outbox_(outbox),
      engine_({.strips_max = kStripsMax}),
      deck_(feed),
      seam_(tape),
      gate_(gate_seed),
      returns_(settings) {
  engine_.apply(mixer::AddStrip{kDeckStrip, mixer::StripKind::kDeck});
}

void Floor::apply(FloorCommand&& command) noexcept {
  quiet_blocks_ = 0;
  std::visit(
      base::Overloaded{
          [](std::monostate) {},
          [this](OpenSeat& open) { open_seat(std::move(open)); },
          [this](CloseSeat& close) { close_seat(close.seat); },
          [this](OpenLine& open) { open_line(std::move(open)); },
          [this](CloseLine& close) { close_line(close.line); },
          [this](MoveLine& move) {
            if (Line* line = roster_.lines.find(move.line)) {
              line->remote = move.remote;
            }
          },
          [this](ExpectUser& expect) { gate_.expect(expect.line, expect.user, expect.asks); },
          [this](KnowAddress& know) { gate_.know(know.at, know.line, know.remote); },
          [this](ForgetSession& forget) { gate_.forget(forget.line); },
          [this](WatchLevels& watch) { is_watched_ = watch.is_on; },
          [this](WatchAir& watch) { air_every_blocks_ = watch.every_blocks; },
          [this](mixer::Command& engine_command) {
            note_fader(engine_command);
            engine_.apply(engine_command);
          },
          [this](NumberedDeckCommand& deck_command) {
            deck_commands_done_ = deck_command.number;
            deck_.apply(deck_command.command);
            calls_feeder_ = true;
            report_deck_events();
          },
      },
      command);
}

void Floor::note_fader(const mixer::Command& command) noexcept {
  const auto* set = std::get_if<mixer::SetStrip>(&command);
  Seat* seat = set != nullptr ? roster_.seats.find(set->strip.index) : nullptr;
  if (seat == nullptr) return;
  seat->is_muted = set->controls.is_muted;
  seat->is_faded_out = set->controls.gain <= 0.0F;
}

void Floor::open_seat(OpenSeat&& open) noexcept {
  retire(roster_.seats.exchange(open.seat, std::move(open.state)));
  if (open.keeps_strip && engine_.has_strip({open.seat})) return;
  engine_.apply(mixer::AddStrip{{open.seat}, open.kind});
}

void Floor::close_seat(int seat) noexcept {
  if (roster_.seats.find(seat) == nullptr) return;
  engine_.apply(mixer::RemoveStrip{{seat}});
  retire(roster_.seats.exchange(seat, nullptr));
}

void Floor::open_line(OpenLine&& open) noexcept {
  retire(roster_.lines.exchange(open.line, std::move(open.state)));
  Line& line = roster_.lines.at(open.line);
  line.begin(checkpoint_.journal(), open.line);
  if (Seat* seat = roster_.seats.find(line.seat); seat != nullptr && line.receives) {
    seat->microphone = open.line;
  }
}

void Floor::close_line(int at) noexcept {
  const Line* line = roster_.lines.find(at);
  if (line == nullptr) return;
  Seat* seat = roster_.seats.find(line->seat);
  if (seat != nullptr && seat->microphone == at) seat->microphone = -1;
  retire(roster_.lines.exchange(at, nullptr));
}

void Floor::retire(Retired&& object) noexcept {
  const bool is_empty = std::visit([](const auto& held) { return held == nullptr; }, object);
  if (is_empty) return;
  // No command retires more than one object, and none is applied when may_retire() says no.
  if (!outbox_.retired.try_push(std::move(object))) std::abort();
}

Floor::Taken Floor::handle_datagram(base::Instant arrival, const net::Datagram& datagram) noexcept {
  const rtc::SortedDatagram sorted(datagram);
  if (sorted.kind() == rtc::PacketKind::kRtpOrRtcp) {
    take_media(arrival, datagram);
    return Taken::kYes;
  }
  if (!gate_.admit(arrival, sorted)) return Taken::kYes;
  StageDatagram copy;
  if (datagram.bytes.size() > copy.bytes.size()) return Taken::kYes;
  copy.kind = sorted.kind();
  copy.remote = datagram.remote;
  copy.size = datagram.bytes.size();
  std::memcpy(copy.bytes.data(), datagram.bytes.data(), copy.size);
  if (!outbox_.datagrams.try_push(std::move(copy))) gate_.note_queue_full();
  return Taken::kForStage;
}

// Its tag says whose a packet is, among those who claim the address. Each try may spoil the bytes.
void Floor::take_media(base::Instant arrival, const net::Datagram& datagram) noexcept {
  const auto claimants = gate_.claimants(datagram.remote);
  std::array<std::byte, Line::kPacketBytesMax> copy;
  const std::size_t size = datagram.bytes.size();
  const bool is_shared = claimants.size() > 1;
  if (size > copy.size()) return gate_.note_stray_media();
  if (is_shared) std::memcpy(copy.data(), datagram.bytes.data(), size);
  bool is_first = true;
  for (const AddressBook::Claim& claim : claimants) {
    Line* line = roster_.lines.find(claim.line);
    if (line == nullptr) continue;
    if (!std::exchange(is_first, false)) std::memcpy(datagram.bytes.data(), copy.data(), size);
    if (line->take(arrival, datagram.bytes)) {
      return note_heard(arrival, claim.line, datagram.remote);
    }
  }
  gate_.note_stray_media();
}

void Floor::note_heard(base::Instant arrival, int at, const net::Endpoint& from) noexcept {
  constexpr auto kSilentFor = std::chrono::milliseconds(500);
  constexpr auto kTellEvery = std::chrono::milliseconds(200);
  gate_.prove(at, from);
  Line& line = roster_.lines.at(at);
  line.heard_from = from;
  ++line.packets_heard;
  if (from == line.remote) {
    line.remote_heard_at = arrival;
  } else if (arrival - line.remote_heard_at >= kSilentFor &&
             arrival - line.elsewhere_told_at >= kTellEvery) {
    line.elsewhere_told_at = arrival;
    (void)outbox_.reports.try_push(FloorReport(HeardElsewhere{at, from}));
  }
}

void Floor::tick(base::SampleTime at, base::Instant now) noexcept {
  outgoing_.clear();
  gather_inputs(now);
  engine_.render(at, inputs_, rendered_);
  seam_.smooth(at, rendered_.programme);
  tape_.write(at, rendered_.programme);
  returns_.take(block_number(at) % 2 != 0, rendered_, roster_, now, outgoing_);
  send_reports(now);
  listen_to_air();
  report(at);
  // A frame of the returns is not cut in two: the next process begins with a whole one.
  if (block_number(at) % 2 != 0) remember(at + audio::kBlockFrames);
  quiet_blocks_ = is_quiet() ? std::min(quiet_blocks_ + 1, kRestAfterBlocks) : 0;
}

void Floor::remember(base::SampleTime next) noexcept {
  base::StateWriter to(checkpoint_.begin_sound());
  to.put(SoundMemory::kLayout);
  to.put(next);
  to.put(last_frame_of(rendered_.programme));
  to.put(deck_commands_done_);
  to.put(deck_.status().item);
  to.put_section([this](base::StateWriter& section) { engine_.save(section); });
  to.put_section([this](base::StateWriter& section) { deck_.save(section); });
  save_people(to);
  if (to.ok()) checkpoint_.commit_sound(to.size());
}

void Floor::save_people(base::StateWriter& to) const noexcept {
  to.put(static_cast<std::uint32_t>(roster_.seats.taken().size()));
  for (const int i : roster_.seats.taken()) {
    const Seat& seat = roster_.seats.at(i);
    to.put(SoundMemory::SeatState{.seat = i,
                                  .microphone = seat.microphone,
                                  .unheard_blocks = seat.unheard_blocks,
                                  .hears_own_return = seat.hears_own_return});
  }
  to.put(static_cast<std::uint32_t>(roster_.lines.taken().size()));
  for (const int i : roster_.lines.taken()) {
    to.put(static_cast<std::int32_t>(i));
    to.put_section([&](base::StateWriter& section) { roster_.lines.at(i).save(section); });
  }
}

bool Floor::restore(const SoundMemory& memory) {
  base::StateReader engine(memory.engine);
  base::StateReader deck(memory.deck);
  if (!engine_.restore(engine) || !engine_.has_strip(kDeckStrip)) return false;
  deck_.restore(deck);
  deck_commands_done_ = memory.deck_commands_done;
  seam_.note_rendered(memory.last_frame);
  calls_feeder_ = true;
  return deck.ok();
}

void Floor::finish_restore(const SoundMemory& memory) {
  for (const SoundMemory::SeatState& was : memory.seats) {
    Seat* seat = roster_.seats.find(was.seat);
    if (seat == nullptr) continue;
    seat->unheard_blocks = was.unheard_blocks;
    seat->hears_own_return = was.hears_own_return;
    const Line* microphone = roster_.lines.find(was.microphone);
    if (microphone != nullptr && microphone->seat == was.seat) seat->microphone = was.microphone;
  }
  // Whoever sat down or left at the very last is not in both memories.
  for (int i = 0; i < kSeatsMax; ++i) {
    if (roster_.seats.find(i) == nullptr) engine_.apply(mixer::RemoveStrip{{i}});
  }
}

bool Floor::is_quiet() const noexcept {
  const auto is_silent = [this](int strip) {
    return rendered_.strip_levels[static_cast<std::size_t>(strip)].peak_db <= audio::kSilenceDb;
  };
  return roster_.lines.taken().empty() && inputs_[kSeatsMax].samples == nullptr &&
         deck_.status().state != mixer::DeckState::kPlaying &&
         rendered_.master.peak_db <= audio::kSilenceDb &&
         rendered_.momentary_lufs <= audio::kSilenceDb && is_silent(kSeatsMax) &&
         std::ranges::all_of(roster_.seats.taken(), is_silent) &&
         std::ranges::all_of(rendered_.programme, [](float sample) { return sample == 0.0F; });
}

void Floor::rest(base::SampleTime until) noexcept {
  const std::int64_t before = block_number(tape_.head()) / kReportEveryBlocksAtRest;
  tape_.write_silence_until(until);
  remember(until);
  if (block_number(until) / kReportEveryBlocksAtRest == before) return;
  report_levels(until);
  if (air_every_blocks_ > 0) report_air();
}

void Floor::gather_inputs(base::Instant now) noexcept {
  inputs_.fill({});
  for (const int i : roster_.seats.taken()) {
    // A line that was replaced is not drawn from: its buffer stays bounded by itself.
    Line* line = roster_.lines.find(roster_.seats.at(i).microphone);
    if (line == nullptr) continue;
    const auto strip = static_cast<std::size_t>(i);
    audio::StereoBlock& block = input_blocks_[strip];
    line->set_heard(is_heard(roster_.seats.at(i), strip));
    if (line->pull(now, block)) inputs_[strip].samples = &block;
  }
  audio::StereoBlock& deck_block = input_blocks_[kSeatsMax];
  if (deck_.render(deck_block)) inputs_[kSeatsMax].samples = &deck_block;
  report_deck_events();
}

bool Floor::is_heard(Seat& seat, std::size_t strip) const noexcept {
  constexpr int kFadeBlocks = 6;  // longer than the engine's ramps
  const bool is_on_air = strip < rendered_.has_own_return.size() && rendered_.has_own_return[strip];
  seat.unheard_blocks =
      is_on_air && !seat.is_muted ? 0 : std::min(seat.unheard_blocks + 1, kFadeBlocks);
  return seat.unheard_blocks < kFadeBlocks;
}

void Floor::report_deck_events() noexcept {
  while (const auto event = deck_.poll_event()) {
    const auto* started = std::get_if<mixer::ItemStarted>(&*event);
    const auto* ended = std::get_if<mixer::ItemEnded>(&*event);
    // The head is where the block belongs that is being rendered.
    (void)outbox_.reports.try_push(
        FloorReport(TrackMoment{.item = started != nullptr ? started->item : ended->item,
                                .is_start = started != nullptr,
                                .at = tape_.head()}));
    (void)outbox_.reports.try_push(FloorReport(*event));
    (void)outbox_.reports.try_push(FloorReport(DeckReport{deck_.status()}));
  }
}

void Floor::send_reports(base::Instant now) noexcept {
  for (const int i : roster_.lines.taken()) {
    Line& line = roster_.lines.at(i);
    outgoing_.add(line, line.poll_report(now));
  }
}

void Floor::report(base::SampleTime at) noexcept {
  const std::int64_t block = block_number(at);
  if (block % kReportEveryBlocks != 0) return;
  report_levels(at);
  report_deck(block);
  report_lines(block / kReportEveryBlocks);
  if (air_every_blocks_ > 0 && block % air_every_blocks_ == 0) report_air();
}

void Floor::report_deck(std::int64_t block) noexcept {
  const mixer::DeckStatus status = deck_.status();
  if (status == reported_deck_) return;
  const std::int64_t passed = block - deck_reported_at_;
  const std::int64_t moved = status.position - reported_deck_.position;
  const bool plays = status.state == mixer::DeckState::kPlaying;
  const bool has_jumped = moved < 0 || moved > (plays ? passed * audio::kBlockFrames : 0);
  mixer::DeckStatus but_for_position = status;
  but_for_position.position = reported_deck_.position;
  const bool is_due = passed >= kReportDeckEveryBlocks;
  if (but_for_position == reported_deck_ && !has_jumped && !is_due) return;
  reported_deck_ = status;
  deck_reported_at_ = block;
  (void)outbox_.reports.try_push(FloorReport(DeckReport{status}));
}

void Floor::report_lines(std::int64_t report_number) noexcept {
  const auto turn = static_cast<int>(report_number % kReportsPerLineReport);
  for (const int i : roster_.lines.taken()) {
    if (i / kLinesPerReport % kReportsPerLineReport != turn) continue;
    const Line& line = roster_.lines.at(i);
    (void)outbox_.reports.try_push(
        FloorReport(LineReport{i, line.stats(), line.packets_heard, line.heard_from}));
  }
}

void Floor::listen_to_air() noexcept {
  if (air_every_blocks_ == 0) return;
  air_peak_ = std::max(air_peak_, audio::measure(rendered_.programme).peak);
}

void Floor::report_air() noexcept {
  AirReport air;
  air.programme_peak_db = audio::linear_to_db(std::exchange(air_peak_, 0.0F));
  for (const int i : roster_.seats.taken()) {
    const auto strip = static_cast<std::size_t>(i);
    const Seat& seat = roster_.seats.at(i);
    if (!rendered_.has_own_return[strip] || seat.is_muted || seat.is_faded_out) continue;
    air.voice_db = std::max(air.voice_db, rendered_.strip_levels[strip].rms_db);
  }
  (void)outbox_.reports.try_push(FloorReport(air));
}

void Floor::report_levels(base::SampleTime at) noexcept {
  if (!is_watched_) return;
  LevelsReport levels;
  levels.at = at;
  levels.master = rendered_.master;
  levels.momentary_lufs = rendered_.momentary_lufs;
  levels.deck = rendered_.strip_levels[kSeatsMax];
  for (const int i : roster_.seats.taken()) {
    const auto strip = static_cast<std::size_t>(i);
    levels.occupied.set(strip);
    levels.seats[strip] = rendered_.strip_levels[strip];
    // Of a microphone that is not decoded we know what its sender says.
    const Line* line = roster_.lines.find(roster_.seats.at(i).microphone);
    if (line != nullptr && !line->is_decoding()) {
      const float level_db = line->stats().sender_level_db;
      levels.seats[strip] = {.peak_db = level_db, .rms_db = level_db};
    }
  }
  (void)outbox_.levels.try_push(std::move(levels));
}

}  // namespace shelcaster::app
