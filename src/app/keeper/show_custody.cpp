#include "app/keeper/show_custody.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>

#include "base/log.hpp"
#include "link/messages.hpp"

namespace shelcaster::app {

namespace json = boost::json;
using link::type_of;

namespace {

// How far a new keeper's deck may lie behind the one that was killed.
constexpr base::Duration kNotePeriod = std::chrono::milliseconds(500);

/// What serve knows of the deck.
json::object hint_of(const json::object& desired) {
  const json::value* deck = desired.if_contains("deck");
  return deck != nullptr && deck->is_object() ? deck->get_object() : json::object();
}

/// Of a report of the deck, or of serve's hint of it.
std::int64_t number_of(const json::object& deck) {
  const json::value* number = deck.if_contains("number");
  return number != nullptr && number->is_int64() ? number->get_int64() : 0;
}

/// By an end, whatever it was: a mixer that plays the last moments again may be told to skip them.
bool has_left_queue(const json::object& ended) {
  const auto parsed = link::parse_deck_item_ended(ended);
  return parsed && parsed->reason != "STOP";
}

json::object positive_ack(const std::string& id) {
  return link::to_json(link::Ack{.id = id, .is_ok = true, .error = {}});
}

}  // namespace

ShowCustody::ShowCustody(CustodyPorts& ports, ShowNote note)
    : ports_(ports),
      note_(std::move(note)),
      deck_(note_.deck),
      deck_reports_(deck_ ? number_of(*deck_) : 0) {}

json::value ShowCustody::desired_version() const {
  const json::value* version = desired_ ? desired_->if_contains("version") : nullptr;
  return version != nullptr ? *version : json::value(0);
}

void ShowCustody::greet() {
  commands_.drop_unanswered();
  // The keeper before this one had perhaps no time to tell it, or a serve died before it had stored
  // what it was told.
  for (json::object message : note_.ended) {
    message["isRepeated"] = true;
    ports_.to_serve(message);
  }
  // After these, so that the queue begins with what the deck plays.
  if (deck_) ports_.to_serve(*deck_);
}

bool ShowCustody::handle_serve(json::object message) {
  const std::string_view type = type_of(message);
  if (type == "desired") {
    desired_ = std::move(message);
    deck_reports_ = std::max(deck_reports_, number_of(hint_of(*desired_)));
    set_deck_hint();
    (void)ports_.to_mix(*desired_);
    ports_.to_publish(*desired_);
  } else if (type == "watch") {
    watch_ = std::move(message);
    (void)ports_.to_mix(*watch_);
  } else if (type == "offer" || type == "ice_restart") {
    if (!ports_.to_mix(message)) refuse(message);
  } else if (type == "command") {
    pass_command(message);
  } else if (type == "close_session") {
    (void)ports_.to_mix(message);  // one that is over is found silent
  } else {
    return false;
  }
  return true;
}

void ShowCustody::refuse(const json::object& offer) {
  const json::value* id = offer.if_contains("requestId");
  ports_.to_serve({{"type", "refuse"},
                   {"requestId", id != nullptr ? *id : json::value(nullptr)},
                   {"status", 503},
                   {"detail", "the mixer is being restarted; try again in a second"}});
}

void ShowCustody::handle_mix_started() {
  is_first_end_ = true;
  if (watch_) (void)ports_.to_mix(*watch_);
  if (!desired_) return;
  set_deck_hint();
  (void)ports_.to_mix(*desired_);
  for (const json::object& command : commands_.unsettled()) (void)ports_.to_mix(command);
  give_commands();
}

void ShowCustody::handle_publish_started() {
  if (desired_) ports_.to_publish(*desired_);
}

/// serve's hint is as old as the last report that it got; what mix reported is newer. A note is as
/// new, unless the disk was full since.
void ShowCustody::set_deck_hint() {
  if (is_deck_noted_ && deck_ && is_note_outdated()) deck_.reset();
  const auto deck = lasting_deck();
  if (!deck) return;
  json::object hint;
  for (const char* key : {"itemId", "positionMs", "state", "number"}) {
    if (const json::value* value = deck->if_contains(key)) hint[key] = *value;
  }
  (*desired_)["deck"] = std::move(hint);
}

bool ShowCustody::is_note_outdated() const {
  return number_of(*deck_) < number_of(hint_of(*desired_)) || !is_queued(*deck_);
}

/// By the desired state.
bool ShowCustody::is_queued(const json::object& deck) const {
  const json::value* item = deck.if_contains("itemId");
  const json::value* queue = desired_->if_contains("queue");
  if (item == nullptr || !item->is_string() || queue == nullptr || !queue->is_array()) return true;
  return std::ranges::any_of(queue->get_array(), [item](const json::value& queued) {
    const json::object* object = queued.if_object();
    const json::value* id = object != nullptr ? object->if_contains("itemId") : nullptr;
    return id != nullptr && *id == *item;
  });
}

void ShowCustody::handle_mix(base::Instant now, base::SampleTime head, json::object message) {
  const std::string_view type = type_of(message);
  if (type == "ack") {
    take_ack(now, std::move(message));
  } else if (type == "deck_item_ended") {
    tell_ended(now, head, std::move(message));
  } else if (type == "sessions" || type == "dead_air" || type == "dead_air_ended") {
    take_dead_air(message);
    ports_.to_serve_or_keep(std::move(message));
  } else if (type == "deck") {
    message["number"] = ++deck_reports_;
    ports_.to_serve(message);
    take_deck(now, head, std::move(message));
  } else {
    ports_.to_serve(message);
  }
}

void ShowCustody::handle_mix_ended() {
  deck_head_ = -1;
  const auto given_up = commands_.handle_mixer_ended();
  if (!given_up) return;
  base::log::error("keeper", "the deck command {} is given up: no mixer outlives it", *given_up);
  ports_.to_serve_or_keep(link::to_json(link::Ack{
      .id = *given_up, .is_ok = false, .error = "each mixer that was given it has ended"}));
}

/// Or what a mixer says of the one before it, from which it may have learnt nothing.
void ShowCustody::take_dead_air(const json::object& message) {
  const auto sessions = link::parse_sessions(message);
  const bool is_new_deck = type_of(message) == "sessions" && sessions && !sessions->is_deck_kept;
  if (type_of(message) == "dead_air_ended" || is_new_deck) state_before_fallback_.reset();
  const json::value* started = message.if_contains("started");
  if (type_of(message) != "dead_air" || started == nullptr || *started != json::value("queue"))
    return;
  const auto report = deck_ ? link::parse_deck_report(*deck_) : link::DeckReport{};
  state_before_fallback_ = report && report->state == "PAUSED" ? "PAUSED" : "STOPPED";
}

/// A mixer tells ends before it remembers that it did: one that died in between had told what the
/// next one tells again. What left the queue by its end can't end once more, what was stopped can.
void ShowCustody::tell_ended(base::Instant now, base::SampleTime head, json::object message) {
  const bool is_as_the_last =
      std::exchange(is_first_end_, false) && !note_.ended.empty() && note_.ended.back() == message;
  const bool is_told_again =
      is_as_the_last ||
      (has_left_queue(message) && std::ranges::any_of(note_.ended, [&](auto& end) {
         return has_left_queue(end) && end.at("itemId") == message.at("itemId");
       }));
  if (is_told_again) {
    message["isRepeated"] = true;
  } else {
    note_.add_ended(message);
    write_note(now, head);
  }
  ports_.to_serve_or_keep(std::move(message));
}

void ShowCustody::pass_command(const json::object& message) {
  const auto command = link::parse_command(message);
  if (!command) {
    (void)ports_.to_mix(message);
  } else if (note_.has_done(command->id)) {
    ports_.to_serve_or_keep(positive_ack(command->id));
  } else {
    commands_.take(*command);
    give_commands();
  }
}

/// One at a time: its answer calls for the next.
void ShowCustody::give_commands() {
  const auto command = commands_.next();
  if (command && !ports_.to_mix(link::to_json(*command))) commands_.put_back(command->id);
}

void ShowCustody::take_ack(base::Instant now, json::object message) {
  const auto ack = link::parse_ack(message);
  const bool is_ok = ack && ack->is_ok;
  if (is_ok) commands_.handle_ack(now, ack->id);
  if (ack && !is_ok) commands_.drop(ack->id);
  if (!is_ok) ports_.to_serve_or_keep(std::move(message));
  give_commands();
}

void ShowCustody::take_deck(base::Instant now, base::SampleTime head, json::object message) {
  const auto report = link::parse_deck_report(message);
  const auto before = deck_ ? link::parse_deck_report(*deck_) : report;
  deck_ = std::move(message);
  is_deck_noted_ = false;
  deck_head_ = head.samples();
  if (!report) return;
  const auto settled = commands_.handle_report(now, *report);
  acknowledge(now, head, settled);
  const bool is_changed =
      !before || before->item_id != report->item_id || before->state != report->state;
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
    const json::value& position = (*deck_)["positionMs"];
    const std::int64_t since = head.samples() - deck_head_;
    (*note_.deck)["positionMs"] =
        (position.is_int64() ? position.get_int64() : 0) + since * 1000 / base::kSampleRate;
  }
  return ports_.write_note(note_);
}

std::optional<json::object> ShowCustody::lasting_deck() const {
  auto deck = deck_;
  if (!deck || !state_before_fallback_) return deck;
  (*deck)["state"] = *state_before_fallback_;
  if (*state_before_fallback_ == "STOPPED") (*deck)["itemId"] = nullptr;
  return deck;
}

/// Because somebody wants it: it plays, by the word of the mixer that runs now.
bool ShowCustody::deck_moves() const {
  const json::value* state = deck_ ? deck_->if_contains("state") : nullptr;
  return deck_head_ >= 0 && !state_before_fallback_ && state != nullptr &&
         *state == json::value("PLAYING");
}

}  // namespace shelcaster::app
