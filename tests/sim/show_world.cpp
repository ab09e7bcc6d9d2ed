#include "show_world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <ranges>
#include <stdexcept>
#include <utility>

#include "base/allocation_counter_for_tests.hpp"
#include "base/log.hpp"
#include "rtc/dtls/openssl_clock_for_tests.hpp"
#include "rtc/peer/demux.hpp"
#include "show_setting.hpp"
#include "torn_memory.hpp"
#include "witness.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Instant kStart = base::Instant::from_nanoseconds(1'000'000'000);
constexpr std::int64_t kUnixMsAtStart = 1'763'760'000'000;
constexpr base::Duration kTick = milliseconds(10);
constexpr std::int64_t kTicksPerSecond = 100;
constexpr std::int64_t kListenEveryTicks = 300;

template <typename T>
T must(base::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

}  // namespace

ShowWorld::ShowWorld(std::uint64_t seed, int tape_seconds)
    : random_(seed), now_(kStart), network_(seed + 1), tape_seconds_(tape_seconds) {
  static const bool is_quiet = (base::log::start("sim", base::log::Level::kOff), true);
  (void)is_quiet;
  rtc::set_openssl_clock(now_);
  begin_programme();
  deck_source_ = invariants_.add_source("the deck", kDeckToneHz, /*is_person=*/false);
  invariants_.set_speech(deck_source_, now_, true);
  send_desired();
}

ShowWorld::~ShowWorld() = default;

base::WallTime ShowWorld::wall() const {
  const base::Duration since = now_ - kStart + wall_step_;
  return base::WallTime::from_unix_ms(kUnixMsAtStart + since / milliseconds(1));
}

void ShowWorld::begin_programme() {
  epoch_ = now_;
  next_ = {};
  tape_memory_ = must(tape::create_tape(tape_seconds_, {.monotonic = epoch_, .wall = wall()}));
  tape_writer_ = must(tape::TapeWriter::attach(tape_memory_->fd()));
  tape_reader_ = must(tape::TapeReader::attach(tape_memory_->fd()));
  checkpoint_ = must(tape::Checkpoint::create());
  start_mixer();
}

void ShowWorld::start_mixer() {
  mixer_ = std::make_unique<Mixer>();
  mixer_->floor =
      std::make_unique<app::Floor>(mixer_->feed, *tape_writer_, *checkpoint_, mixer_->outbox);
  mixer_->stage = std::make_unique<app::Stage>(
      app::SwitchboardConfig{.certificate = &certificate(), .host_candidates = {kServerAt}},
      mixer_->playlist, random_, static_cast<app::StageSink&>(*this));
}

void ShowWorld::remember(std::string_view record) {
  if (is_dead_in_record_) return;
  const auto share = std::exchange(last_record_share_, std::nullopt);
  std::optional<TornMemory> memory;
  if (share) memory.emplace(checkpoint_->fd());
  if (!checkpoint_->write_stage(base::as_bytes(record))) throw std::runtime_error("too long");
  if (!share) return;
  witness(now_, "mixer dies in its stage record");
  memory->tear(*share, sabotage_ == Sabotage::kBelievedTornRecord, /*wipes_former=*/true);
  is_dead_in_record_ = true;
}

/// As app/mix/mix_role does it, and its audio loop: the ticks that were left out are rendered at
/// once, the returns that are too old are not sent.
void ShowWorld::crash_mixer(base::Duration down) {
  if (is_mixer_down_) return;
  const base::Instant died_at = now_;
  witness(now_, "mixer dies");
  invariants_.note_crash(died_at);
  is_mixer_down_ = true;
  is_dead_in_record_ = false;
  last_record_share_.reset();
  mixer_.reset();
  while (now_ < died_at + down) {
    step_until(now_ + kTick);
    for (const auto& person : people_) note_speech(*person);
    each_tick_(now_);
  }
  if (keeper_ != nullptr && !keeper_->is_up()) return;  // until crash_everything()
  is_mixer_down_ = false;
  take_over(died_at);
}

void ShowWorld::take_over(base::Instant died_at) {
  witness(now_, "mixer takes over");
  start_mixer();
  checkpoint_->clear_starts();
  checkpoint_->note_start();
  auto inheritance = app::read_inheritance(*checkpoint_);
  if (sabotage_ == Sabotage::kForgottenCheckpoint) inheritance.reset();
  if (sabotage_ == Sabotage::kLostPackets && inheritance) inheritance->packets.clear();
  if (sabotage_ == Sabotage::kLostPackets) waiting_.clear();
  std::optional<app::SoundMemory> sound;
  if (inheritance) {
    sound = inheritance->sound;
    if (!mixer_->floor->restore(*sound)) throw std::runtime_error("the sound can't be restored");
    mixer_->stage->inherit(*std::move(inheritance));
  }
  if (keeper_ != nullptr) {
    keeper_->handle_mixer_started();
  } else {
    mixer_->stage->handle_link(now_, desired_);
  }
  if (sound) mixer_->floor->finish_restore(*sound);
  reopen_lost_pages();
  next_feed_at_ = now_;
  for (ImpairedNetwork::Arrival& arrival : waiting_) receive(arrival);
  waiting_.clear();
  drain_outbox();
  // The last frame of before is perhaps rendered again: the tape has it already.
  const base::SampleTime reached = next_;
  if (sound) next_ = sound->next;
  invariants_.expect(next_ <= reached, now_, "the checkpoint is ahead of the programme");
  const auto blocks_down = (now_ - died_at) / kTick;
  const base::SampleTime until = reached + blocks_down * audio::kBlockFrames;
  for (; next_ < until; next_ = next_ + audio::kBlockFrames) {
    const base::Instant at = epoch_ + kTick + base::to_duration(next_.samples());
    if (sabotage_ != Sabotage::kLateDeck) feed_deck();
    mixer_->floor->tick(next_, at);
    constexpr base::Duration kWorthSending = milliseconds(60);
    if (now_ - at < kWorthSending) {
      for (const net::Transmit& datagram : mixer_->floor->transmits()) transmit(datagram);
    }
    if (next_ >= reached) check_programme(at, next_);
    drain_outbox();
  }
}

/// The new mixer says which sessions it has, serve tells the others' pages. Who was in the middle
/// of the handshake has none.
void ShowWorld::reopen_lost_pages() {
  const std::vector<std::string> kept = mixer_->stage->sessions().ids;
  for (const auto& person : people_) {
    const bool is_lost = std::ranges::find(kept, person->session_id) == kept.end();
    if (person->wants_in && is_lost && person->reopen_at.is_never()) {
      person->reopen_at = now_ + kPageNotices;
    }
  }
}

void ShowWorld::crash_mixer_in_tick(bool in_record, double share, base::Duration down) {
  if (is_mixer_down_) return;
  step_until(now_ + kTick);
  feed_deck();
  std::optional<TornMemory> memory;
  if (in_record) memory.emplace(checkpoint_->fd());
  mixer_->floor->tick(next_, now_);
  if (memory) {
    memory->tear(share, sabotage_ == Sabotage::kBelievedTornRecord, /*wipes_former=*/false);
  }
  const auto transmits = mixer_->floor->transmits();
  const auto sent = static_cast<std::size_t>(share * static_cast<double>(transmits.size()));
  if (!in_record) {
    for (const net::Transmit& datagram : transmits.first(sent)) transmit(datagram);
  }
  check_programme(now_, next_);
  next_ = next_ + audio::kBlockFrames;
  ++ticks_;
  each_tick_(now_);
  crash_mixer(down);
}

void ShowWorld::crash_mixer_in_stage_record(double share, base::Duration down) {
  last_record_share_ = share;
  down_after_record_ = down;
}

void ShowWorld::to_floor(app::FloorCommand&& command) {
  if (is_dead_in_record_) return;
  // The feeder is called when the deck wants something else.
  if (std::holds_alternative<app::NumberedDeckCommand>(command)) next_feed_at_ = now_;
  const std::int64_t before = testing::allocation_count();
  mixer_->floor->apply(std::move(command));
  floor_allocations_ += testing::allocation_count() - before;
}

void ShowWorld::to_link(link::MixToKeeper message) {
  if (is_dead_in_record_ || std::holds_alternative<link::Levels>(message)) return;
  if (const auto* answer = std::get_if<link::Answer>(&message)) {
    answers_[answer->request_id] = answer->sdp;
    return;
  }
  if (const auto* offer = std::get_if<link::OfferMade>(&message)) {
    answers_[offer->request_id] = offer->sdp;
    return;
  }
  if (const auto* taken = std::get_if<link::AnswerTaken>(&message)) {
    answers_[taken->request_id] = "";
    return;
  }
  if (const auto* refused = std::get_if<link::Refuse>(&message)) {
    answers_[refused->request_id] = std::nullopt;
    return;
  }
  const boost::json::object sent = link::to_json(message);
  witness(now_, "mixer to keeper", boost::json::serialize(sent));
  trace(boost::json::serialize(sent));
  if (const auto* seat = std::get_if<link::SeatReport>(&message)) note_seat(*seat);
  const auto* deck = std::get_if<link::DeckReport>(&message);
  if (keeper_ != nullptr) {
    if (deck != nullptr) note_deck(*deck);
    const bool has_begun = std::holds_alternative<link::DeadAirStarted>(message);
    if (has_begun || std::holds_alternative<link::DeadAirEnded>(message)) note_fallback(has_begun);
    keeper_->handle_mixer_message(sent);
    return;
  }
  if (deck != nullptr && !deck->item_id.empty()) {
    deck_item_ = deck->item_id;
    deck_position_ms_ = deck->position_ms;
  }
  const auto* ended = std::get_if<link::DeckItemEnded>(&message);
  if (ended != nullptr && ended->reason != "STOP") {
    has_queue_moved_ = std::erase(queue_, ended->item_id) > 0;
  }
  // The end of the queue; the deck's own tests are about when that is.
  if (deck != nullptr && deck->state == "STOPPED") {
    invariants_.set_gate(deck_source_, now_, false, 0);
  }
}

void ShowWorld::transmit(const net::Transmit& datagram) {
  if (is_dead_in_record_) return;
  network_.send_down(now_, datagram.remote, datagram.bytes);
}

std::optional<std::string> ShowWorld::ask(const std::string& request_id,
                                          const link::KeeperToMix& request) {
  mixer_->stage->handle_link(now_, request);
  // Nobody else asks, so that what the lane has is this.
  mixer_->stage->answer_next_offer(std::max(now_, mixer_->stage->next_offer()));
  const auto answer = answers_.extract(request_id);
  return answer.empty() ? std::nullopt : answer.mapped();
}

void ShowWorld::run(base::Duration length) {
  const base::Instant until = now_ + length;
  while (now_ < until) {
    step_until(now_ + kTick);
    if (is_dead_in_record_) crash_mixer(down_after_record_);
    if (mixer_) tick();
    each_tick_(now_);
  }
}

/// Everything that happens before `until`, each at its own time.
void ShowWorld::step_until(base::Instant until) {
  for (;;) {
    base::Instant next = network_.next_arrival();
    if (mixer_) next = std::min(next, mixer_->stage->next_timeout());
    for (const auto& person : people_) next = std::min(next, person->client->next_event());
    if (next > until) break;
    now_ = std::max(now_, next);
    rtc::set_openssl_clock(now_);
    while (ImpairedNetwork::Arrival* arrival = network_.take(now_)) deliver(*arrival);
    for (const auto& person : people_) {
      if (person->client->next_event() <= now_) person->client->advance(now_);
    }
    if (mixer_ && mixer_->stage->next_timeout() <= now_) mixer_->stage->handle_timeout(now_);
  }
  now_ = until;
}

void ShowWorld::deliver(ImpairedNetwork::Arrival& arrival) {
  const std::span bytes = std::span(arrival.bytes).first(arrival.size);
  if (!arrival.is_up) {
    people_[static_cast<std::size_t>(arrival.client)]->client->handle_datagram(
        now_, arrival.sent_at, bytes);
    return;
  }
  if (sabotage_ == Sabotage::kDeafMixer && of(sabotaged_).path == arrival.client &&
      rtc::is_rtp_or_rtcp(bytes)) {
    return;
  }
  if (has_no_socket_) return;
  if (is_mixer_down_) {
    waiting_.push_back(arrival);
    waiting_.back().at = now_;
    return;
  }
  arrival.at = now_;
  receive(arrival);
  drain_outbox();
}

void ShowWorld::receive(const ImpairedNetwork::Arrival& arrival) {
  auto bytes = arrival.bytes;  // they are opened in their place
  const std::int64_t before = testing::allocation_count();
  (void)mixer_->floor->handle_datagram(
      arrival.at, {.remote = arrival.address, .bytes = std::span(bytes).first(arrival.size)});
  floor_allocations_ += testing::allocation_count() - before;
}

void ShowWorld::tick() {
  if (std::exchange(has_queue_moved_, false)) send_desired();
  feed_deck();
  const std::int64_t before = testing::allocation_count();
  mixer_->floor->tick(next_, now_);
  floor_allocations_ += testing::allocation_count() - before;
  if (sabotage_ == Sabotage::kAllocation) ++floor_allocations_;
  for (const net::Transmit& datagram : mixer_->floor->transmits()) transmit(datagram);
  check_programme(now_, next_);
  next_ = next_ + audio::kBlockFrames;
  drain_outbox();
  ++ticks_;
  look_after_people();
  if (ticks_ % kTicksPerSecond == 0) check_each_second();
}

void ShowWorld::check_programme(base::Instant at, base::SampleTime written) {
  audio::StereoBlock programme = mixer_->floor->rendered().programme;
  trace_samples(programme);
  audio::StereoBlock taped{};
  const bool is_taped = tape_reader_->head() == written + audio::kBlockFrames &&
                        tape_reader_->read(written, taped) == tape::ReadResult::kOk;
  invariants_.expect(is_taped, at, "the tape's head is not at the programme's");
  if (sabotage_ == Sabotage::kTornTape) taped[17] += 0.5F;
  if (sabotage_ == Sabotage::kClick) programme[200] += 0.01F;
  if (sabotage_ == Sabotage::kNotANumber) {
    programme[200] = taped[200] = std::numeric_limits<float>::quiet_NaN();
  }
  invariants_.check_block(at, programme, taped);
}

std::vector<float> ShowWorld::programme(base::Duration length) const {
  const std::int64_t frames = base::to_samples(length);
  std::vector<float> samples(2 * static_cast<std::size_t>(frames));
  if (tape_reader_->read(tape_reader_->head() - frames, samples) != tape::ReadResult::kOk) {
    throw std::runtime_error("the tape is shorter");
  }
  return samples;
}

void ShowWorld::feed_deck() {
  // Idle, it waits to be called.
  constexpr base::Duration kNapMax = milliseconds(300);
  while (next_feed_at_ <= now_) {
    next_feed_at_ = next_feed_at_ + std::min(mixer_->feeder.run_once(now_), kNapMax);
  }
}

void ShowWorld::drain_outbox() {
  while (auto retired = mixer_->outbox.retired.try_pop()) retired.reset();
  while (auto datagram = mixer_->outbox.datagrams.try_pop()) {
    mixer_->stage->handle_datagram(now_, datagram->sorted());
  }
  while (auto report = mixer_->outbox.reports.try_pop())
    mixer_->stage->handle_report(now_, *report);
  while (auto levels = mixer_->outbox.levels.try_pop()) mixer_->stage->handle_levels(*levels);
}

void ShowWorld::look_after_people() {
  for (std::size_t i = 0; i < people_.size(); ++i) {
    Participant& person = *people_[i];
    Person& client = *person.client;
    if (auto heard = client.take_heard()) invariants_.check_return(person.source, *heard);
    if ((ticks_ + static_cast<std::int64_t>(i) * 31) % kListenEveryTicks == 0) client.listen(now_);
    note_speech(person);
    if (ticks_ % 10 == 0) note_health(person);
    if (client.was_closed() && person.wants_in && person.reopen_at.is_never()) {
      person.reopen_at = now_ + seconds(1);
    }
    if (person.reopen_at <= now_) open_page(person);
  }
}

void ShowWorld::note_speech(const Participant& person) {
  const Person& client = *person.client;
  invariants_.set_speech(person.source, now_, client.is_connected() && client.is_speaking());
}

void ShowWorld::note_health(Participant& person) {
  const Person& client = *person.client;
  note_speech(person);
  if (!person.is_path_good) {
    person.good_since = base::Instant::never();
  } else if (person.good_since.is_never()) {
    person.good_since = now_;
  }
  // Who was kicked in an outage doesn't know it yet.
  if (person.good_since.is_never() || !client.is_connected() || !person.is_seated) {
    invariants_.set_due(person.source, base::Instant::never());
    return;
  }
  base::Instant due = std::max({client.connected_at() + kConnectionCarries,
                                person.good_since + kRecovers, person.disturbed_at + kRecovers});
  if (person.moved_at > client.connected_at()) {
    due = std::max(due, std::max(person.moved_at, person.good_since) + kFollowsAMove);
  }
  invariants_.set_due(person.source, due);
}

void ShowWorld::note_seat(const link::SeatReport& seat) {
  if (seat.connection != "connected" || !seat.stats) return;
  for (const auto& person : people_) {
    if (person->id != seat.participant_id) continue;
    const base::Instant due = invariants_.due(person->source);
    const bool is_calm = !due.is_never() && now_ - due >= kDelayReturns &&
                         person->client->is_speaking() &&
                         now_ - person->client->speaking_changed_at() >= kDelayReturns;
    if (is_calm) invariants_.check_delay(now_, person->source, seat.stats->delay_ms);
  }
}

void ShowWorld::check_each_second() {
  if (sabotage_ == Sabotage::kPhantoms) offer_phantom();
  invariants_.expect(floor_allocations_ == 0, now_, "the audio thread has allocated");
  floor_allocations_ = 0;
  invariants_.expect(session_count() <= sessions_allowed(), now_,
                     fmt::format("there are {} sessions", session_count()));
  for (const auto& person : people_) {
    Person& client = *person->client;
    const std::uint64_t heard = client.packets_heard() - person->packets_heard;
    person->packets_heard = client.packets_heard();
    const base::Instant due = invariants_.due(person->source);
    const bool is_due = !due.is_never() && now_ - due > seconds(1);
    invariants_.expect(!is_due || heard >= kReturnPacketsMin, now_,
                       fmt::format("{} got only {} packets of the return", person->id, heard));
    const bool should_be_in = person->wants_in && person->is_seated &&
                              !person->good_since.is_never() &&
                              now_ - person->good_since > kConnects;
    const bool has_had_time =
        !person->offered_at.empty() && now_ - person->offered_at.back() > kConnects;
    invariants_.expect(!should_be_in || !has_had_time || client.is_connected(), now_,
                       fmt::format("{} can't connect", person->id));
  }
}

/// One for everybody who is in, and those that were given up in the last minute, whether for
/// another or without a word: they may still be there, however old they are.
std::size_t ShowWorld::sessions_allowed() const {
  std::size_t count = 0;
  for (const auto& person : people_) {
    if (!person->is_seated) continue;
    const auto& offers = person->offered_at;
    const auto given_up =
        std::count_if(offers.begin() + (offers.empty() ? 0 : 1), offers.end(),
                      [&](base::Instant next) { return now_ - next < kSessionIsForgotten; });
    count += 1 + static_cast<std::size_t>(given_up);
  }
  return count;
}

void ShowWorld::trace(std::string_view text) {
  for (const char c : text) {
    trace_hash_ = (trace_hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
}

void ShowWorld::trace_samples(std::span<const float> samples) {
  for (std::size_t i = 0; i < samples.size(); i += 2) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &samples[i], sizeof(bits));
    trace_hash_ = (trace_hash_ ^ bits) * 0x100000001b3U;
  }
}

}  // namespace shelcaster::sim
