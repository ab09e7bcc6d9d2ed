#include "app/keeper/show_custody.hpp"

#include <algorithm>
#include <string_view>
#include <variant>

#include "base/log.hpp"
#include "base/overloaded.hpp"

namespace shelcaster::app {
namespace {

// How far a new keeper's deck may lie behind the one that was killed.
constexpr base::Duration kNotePeriod = std::chrono::milliseconds(500);

/// By an end, whatever it was: a mixer that plays the last moments again may be told to skip them.
bool has_left_queue(const link::DeckItemEnded& ended) { return ended.reason != "STOP"; }

link::Ack positive_ack(const std::string& id) { return {.id = id, .is_ok = true, .error = {}}; }

}  // namespace

ShowCustody::ShowCustody(CustodyPorts& ports, ShowNote note)
    : ports_(ports),
      note_(std::move(note)),
      deck_(note_.deck),
      deck_reports_(deck_ ? deck_->number.value_or(0) : 0) {}

std::int64_t ShowCustody::desired_version() const { return desired_ ? desired_->version : 0; }

void ShowCustody::greet() {
  commands_.drop_unanswered();
  // The keeper before this one had perhaps no time to tell it, or a serve died before it had stored
  // what it was told.
  for (link::DeckItemEnded ended : note_.ended) {
    ended.is_repeated = true;
    ports_.to_serve(std::move(ended));
  }
  // After these, so that the queue begins with what the deck plays.
  if (deck_) ports_.to_serve(*deck_);
}

void ShowCustody::handle_serve(link::ServeToKeeper message) {
  std::visit(base::Overloaded{
                 [this](link::Desired& desired) { take(std::move(desired)); },
                 [this](const link::Watch& watch) { take(watch); },
                 [this](const link::Command& command) { pass_command(command); },
                 [](const link::Offer&) {},
                 [](const link::IceRestart&) {},
                 [](const link::CloseSession&) {},
                 [](const link::Stop&) {},
             },
             message);
}

void ShowCustody::take(link::Desired desired) {
  desired_ = std::move(desired);
  deck_reports_ = std::max(deck_reports_, desired_->deck.number);
  set_deck_hint();
  desire_of_mix();
  desire_of_publish();
}

void ShowCustody::take(link::Watch watch) {
  watch_ = watch;
  (void)ports_.to_mix(watch);
}

/// All but the destinations: their keys are no matter of a process that parses what strangers send.
void ShowCustody::desire_of_mix() {
  link::Desired desired = *desired_;
  desired.outputs.clear();
  (void)ports_.to_mix(std::move(desired));
}

void ShowCustody::desire_of_publish() {
  ports_.to_publish(link::DesiredOutputs{
      .version = desired_->version, .show_id = desired_->show_id, .outputs = desired_->outputs});
}

void ShowCustody::handle_mix_started() {
  is_first_end_ = true;
  if (watch_) (void)ports_.to_mix(*watch_);
  if (!desired_) return;
  set_deck_hint();
  desire_of_mix();
  for (const link::Command& command : commands_.unsettled()) (void)ports_.to_mix(command);
  give_commands();
}

void ShowCustody::handle_publish_started() {
  if (desired_) desire_of_publish();
}

/// serve's hint is as old as the last report that it got; what mix reported is newer. A note is as
/// new, unless the disk was full since.
void ShowCustody::set_deck_hint() {
  if (is_deck_noted_ && deck_ && is_note_outdated()) deck_.reset();
  const auto deck = lasting_deck();
  if (!deck) return;
  desired_->deck = {.item_id = deck->item_id,
                    .position_ms = deck->position_ms,
                    .state = deck->state,
                    .number = deck->number.value_or(0)};
}

bool ShowCustody::is_note_outdated() const {
  return deck_->number.value_or(0) < desired_->deck.number || !is_queued(*deck_);
}

/// By the desired state.
bool ShowCustody::is_queued(const link::DeckReport& deck) const {
  if (deck.item_id.empty()) return true;
  return std::ranges::find(desired_->queue, deck.item_id, &link::QueueItem::item_id) !=
         desired_->queue.end();
}

void ShowCustody::handle_mix(base::Instant now, base::SampleTime head, link::MixToKeeper message) {
  std::visit(base::Overloaded{
                 [&](const link::Ack& ack) { take_ack(now, ack); },
                 [&](link::DeckItemEnded& ended) { tell_ended(now, head, std::move(ended)); },
                 [&](link::Sessions& sessions) {
                   // What it says of the mixer before it, from which it may have learnt nothing.
                   if (!sessions.is_deck_kept) state_before_fallback_.reset();
                   ports_.to_serve_or_keep(std::move(sessions));
                 },
                 [&](link::DeadAirStarted& started) {
                   note_fallback(started);
                   ports_.to_serve_or_keep(std::move(started));
                 },
                 [&](link::DeadAirEnded& ended) {
                   state_before_fallback_.reset();
                   ports_.to_serve_or_keep(std::move(ended));
                 },
                 [&](link::DeckReport& report) {
                   report.number = ++deck_reports_;
                   ports_.to_serve(report);
                   take_deck(now, head, report);
                 },
                 [](const link::Answer&) {},
                 [](const link::Refuse&) {},
                 [](const link::SeatReport&) {},
                 [](const link::Listens&) {},
                 [](const link::OfferMade&) {},
                 [](const link::AnswerTaken&) {},
                 [](const link::SessionClosed&) {},
                 [](const link::Levels&) {},
                 [](const link::MixStatus&) {},
             },
             message);
}

void ShowCustody::handle_mix_ended() {
  deck_head_ = -1;
  const auto given_up = commands_.handle_mixer_ended();
  if (!given_up) return;
  base::log::error("keeper", "the deck command {} is given up: no mixer outlives it", *given_up);
  ports_.to_serve_or_keep(link::Ack{
      .id = *given_up, .is_ok = false, .error = "each mixer that was given it has ended"});
}

void ShowCustody::note_fallback(const link::DeadAirStarted& started) {
  if (started.started != "queue") return;
  state_before_fallback_ = deck_ && deck_->state == "PAUSED" ? "PAUSED" : "STOPPED";
}

/// A mixer tells ends before it remembers that it did: one that died in between had told what the
/// next one tells again. What left the queue by its end can't end once more, what was stopped can.
void ShowCustody::tell_ended(base::Instant now, base::SampleTime head, link::DeckItemEnded ended) {
  const bool is_as_the_last =
      std::exchange(is_first_end_, false) && !note_.ended.empty() && note_.ended.back() == ended;
  const bool is_told_again =
      is_as_the_last ||
      (has_left_queue(ended) && std::ranges::any_of(note_.ended, [&](const auto& end) {
         return has_left_queue(end) && end.item_id == ended.item_id;
       }));
  if (is_told_again) {
    ended.is_repeated = true;
  } else {
    note_.add_ended(ended);
    write_note(now, head);
  }
  ports_.to_serve_or_keep(std::move(ended));
}

void ShowCustody::pass_command(const link::Command& command) {
  if (note_.has_done(command.id)) return ports_.to_serve_or_keep(positive_ack(command.id));
  commands_.take(command);
  give_commands();
}

/// One at a time: its answer calls for the next.
void ShowCustody::give_commands() {
  const auto command = commands_.next();
  if (command && !ports_.to_mix(*command)) commands_.put_back(command->id);
}

void ShowCustody::take_ack(base::Instant now, const link::Ack& ack) {
  if (ack.is_ok) {
    commands_.handle_ack(now, ack.id);
  } else {
    commands_.drop(ack.id);
    ports_.to_serve_or_keep(ack);
  }
  give_commands();
}

void ShowCustody::take_deck(base::Instant now, base::SampleTime head,
                            const link::DeckReport& report) {
  const link::DeckReport before = deck_.value_or(report);
  deck_ = report;
  is_deck_noted_ = false;
  deck_head_ = head.samples();
  const auto settled = commands_.handle_report(now, report);
  acknowledge(now, head, settled);
  const bool is_changed = before.item_id != report.item_id || before.state != report.state;
  if (is_changed && settled.empty()) write_note(now, head);
}

void ShowCustody::acknowledge(base::Instant now, base::SampleTime head,
                              const std::vector<std::string>& ids) {
  if (ids.empty()) return;
  for (const std::string& id : ids) note_.add_command(id);
  const std::uint64_t number = write_note(now, head);
  for (const std::string& id : ids) due_acks_.emplace_back(number, id);
}

void ShowCustody::handle_note_written(std::uint64_t number) {
  while (!due_acks_.empty() && due_acks_.front().first <= number) {
    ports_.to_serve_or_keep(positive_ack(due_acks_.front().second));
    due_acks_.pop_front();
  }
}

void ShowCustody::handle_timeout(base::Instant now, base::SampleTime head) {
  acknowledge(now, head, commands_.handle_timeout(now));
  give_commands();
  if (deck_moves() && now >= note_due_) write_note(now, head);
}

std::uint64_t ShowCustody::write_note(base::Instant now, base::SampleTime head) {
  note_due_ = now + kNotePeriod;
  note_.deck = lasting_deck();
  if (deck_ && deck_moves()) {
    const std::int64_t since = head.samples() - deck_head_;
    note_.deck->position_ms = deck_->position_ms + since * 1000 / base::kSampleRate;
  }
  return ports_.write_note(note_);
}

std::optional<link::DeckReport> ShowCustody::lasting_deck() const {
  auto deck = deck_;
  if (!deck || !state_before_fallback_) return deck;
  deck->state = *state_before_fallback_;
  if (deck->state == "STOPPED") deck->item_id.clear();
  return deck;
}

/// Because somebody wants it: it plays, by the word of the mixer that runs now.
bool ShowCustody::deck_moves() const {
  return deck_ && deck_head_ >= 0 && !state_before_fallback_ && deck_->state == "PLAYING";
}

}  // namespace shelcaster::app
