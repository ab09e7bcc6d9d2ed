#include "commander.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;
namespace json = boost::json;

constexpr base::Duration kAgain = milliseconds(400);
constexpr int kEventsAtOnce = 500;

std::string text_of(const json::object& object, std::string_view key) {
  return std::string(object.at(key).as_string());
}

/// serve's disk fails, and with serve the change would be lost: who wants to be sure asks again.
bool is_in_memory(const control::Response& response) {
  return std::ranges::any_of(
      response.headers, [](const auto& header) { return header.first == "Shelcaster-Storage"; });
}

}  // namespace

Commander::Commander(Serve& serve, std::string show_id, std::string track_id, std::uint64_t seed)
    : serve_(serve), show_id_(std::move(show_id)), track_id_(std::move(track_id)), dice_(seed) {}

void Commander::add_seat(const std::string& participant, bool is_on_air) {
  seats_.push_back(participant);
  on_air_[participant] = is_on_air;
}

std::string Commander::next_key() { return fmt::format("key-{}", ++keys_); }

void Commander::send(base::Instant now, Waiting request) {
  request.again_at = now;
  waiting_.push_back(std::move(request));
  tick(now);
}

/// One after the other, as somebody at a desk waits for each.
void Commander::tick(base::Instant now) {
  while (!waiting_.empty() && waiting_.front().again_at <= now) {
    Waiting& request = waiting_.front();
    const auto response = serve_.ask(request.method, request.target, request.body, request.key);
    if (response && response->status == 503) ++refused_;
    if (response && is_in_memory(*response)) ++unsafe_;
    const bool is_known = response && response->status != 503 && !is_in_memory(*response);
    if (!is_known) {
      request.again_at = now + kAgain;
      return;
    }
    if (response->status / 100 == 2) {
      ++acknowledged_;
      const auto done = std::move(request.on_done);
      const json::object answer = json::parse(response->body).as_object();
      waiting_.pop_front();
      done(answer);
    } else {
      waiting_.pop_front();  // it makes no sense (any more), and was not acknowledged
    }
  }
}

void Commander::command(base::Instant now) {
  if (!waiting_.empty()) return;
  switch (dice_.below(8)) {
    case 0:
    case 1:
      return toggle(now);
    case 2:
    case 3:
      return move_fader(now);
    case 4:
      return add_to_queue(now);
    case 5:
      return give(now, "SKIP");
    case 6:
      return give(now, last_transport_ == "PLAY" ? "PAUSE" : "PLAY");
    default:
      return give(now, "SEEK", static_cast<std::int64_t>(dice_.below(59'000)));
  }
}

/// A bare toggle: done twice or not at all, it shows.
void Commander::toggle(base::Instant now) {
  if (seats_.empty()) return;
  const std::string& seat = seats_[dice_.below(seats_.size())];
  send(now, {.method = "POST",
             .target = fmt::format("/shows/{}/participants/{}/toggle-on-air", show_id_, seat),
             .body = "{}",
             .key = next_key(),
             .on_done =
                 [this, seat](const json::object& answer) {
                   ++toggles_;
                   on_air_[seat] = !on_air_[seat];
                   if (answer.at("isOnAir").as_bool() != on_air_[seat]) ++doubled_;
                 },
             .again_at = {}});
}

void Commander::move_fader(base::Instant now) {
  const auto volume = static_cast<std::int64_t>(60 + dice_.below(41));
  if (seats_.empty() || dice_.below(4) == 0) {
    send(now, {.method = "PUT",
               .target = "/shows/" + show_id_ + "/audio-routing",
               .body = fmt::format(R"({{"callersVolume":{}}})", volume),
               .key = next_key(),
               .on_done = [this, volume](const json::object&) { callers_volume_ = volume; },
               .again_at = {}});
    return;
  }
  const std::string& seat = seats_[dice_.below(seats_.size())];
  send(now, {.method = "PATCH",
             .target = fmt::format("/shows/{}/participants/{}", show_id_, seat),
             .body = fmt::format(R"({{"volume":{}}})", volume),
             .key = next_key(),
             .on_done = [this, seat, volume](const json::object&) { volumes_[seat] = volume; },
             .again_at = {}});
}

void Commander::add_to_queue(base::Instant now) {
  send(now,
       {.method = "POST",
        .target = "/shows/" + show_id_ + "/queue",
        .body = fmt::format(R"({{"trackId":"{}"}})", track_id_),
        .key = next_key(),
        .on_done =
            [this](const json::object& answer) {
              // The whole queue: what was added is its last.
              items_.insert(text_of(answer.at("items").as_array().back().as_object(), "itemId"));
            },
        .again_at = {}});
}

void Commander::fill_queue(base::Instant now, int items) {
  for (int i = 0; i < items; ++i) add_to_queue(now);
}

void Commander::give(base::Instant now, const std::string& deck_command, std::int64_t position_ms) {
  const std::string id = fmt::format("command-{}", ++keys_);
  json::object body{{"command", deck_command}, {"id", id}};
  if (deck_command == "SEEK") body["positionMs"] = position_ms;
  send(now, {.method = "POST",
             .target = "/shows/" + show_id_ + "/deck/commands",
             .body = json::serialize(body),
             .key = "",  // its id is one
             .on_done =
                 [this, id, deck_command](const json::object&) {
                   deck_commands_[id] = deck_command;
                   const bool is_transport = deck_command == "PLAY" || deck_command == "PAUSE";
                   if (is_transport) last_transport_ = deck_command;
                   // Whether it then plays is not this one's question.
                   if (!is_transport && last_transport_ != "PLAY") last_transport_.clear();
                 },
             .again_at = {}});
}

json::value Commander::look(const std::string& target) {
  const auto response = serve_.ask("GET", "/shows/" + show_id_ + target);
  if (!response || response->status != 200) return nullptr;
  return json::parse(response->body);
}

std::vector<std::string> Commander::breaches(const Outcome& outcome) {
  std::vector<std::string> found;
  if (!is_idle()) found.push_back("a command is still without an answer: " + waiting_.front().body);
  compare_seats(found);
  compare_mixer(outcome, found);
  compare_events(found);
  // serve may have been told of an end that the keeper's disk had no room for.
  std::set<std::string> all_ended = ends_told_;
  all_ended.insert(outcome.ended.begin(), outcome.ended.end());
  compare_queue(all_ended, found);
  if (const std::size_t waiting = serve_.commands_waiting(show_id_); waiting > 0) {
    found.push_back(fmt::format("{} commands are not acknowledged", waiting));
  }
  return found;
}

void Commander::compare_seats(std::vector<std::string>& found) {
  const json::value people = look("/participants");
  for (const json::value& value : people.as_array()) {
    const json::object& person = value.as_object();
    const std::string id = text_of(person, "participantId");
    if (volumes_.contains(id) && person.at("volume").as_int64() != volumes_.at(id)) {
      found.push_back(fmt::format("the fader of {} is not where it was put", id));
    }
    if (on_air_.contains(id) && person.at("isOnAir").as_bool() != on_air_.at(id)) {
      found.push_back(fmt::format("{} is on the air or not against what was said", id));
    }
  }
  if (callers_volume_ &&
      look("/audio-routing").as_object().at("callersVolume").as_int64() != *callers_volume_) {
    found.emplace_back("the callers' fader is not where it was put");
  }
}

void Commander::compare_mixer(const Outcome& outcome, std::vector<std::string>& found) const {
  const std::string wanted = last_transport_ == "PLAY" ? "PLAYING" : "PAUSED";
  if (!last_transport_.empty() && outcome.deck_state != wanted) {
    found.push_back(fmt::format("the deck is {} after {}", outcome.deck_state, last_transport_));
  }
  for (const auto& [id, seat] : outcome.seats) {
    const auto volume = volumes_.find(id);
    const auto on_air = on_air_.find(id);
    if ((volume != volumes_.end() && volume->second != seat.volume) ||
        (on_air != on_air_.end() && on_air->second != seat.is_on_air)) {
      found.push_back(fmt::format("the mixer doesn't know what was said of {}", id));
    }
  }
  if (callers_volume_ && *callers_volume_ != outcome.callers_volume) {
    found.emplace_back("the mixer doesn't know of the callers' fader");
  }
}

/// An event each, once, without a gap in their numbers.
void Commander::compare_events(std::vector<std::string>& found) {
  std::map<std::string, int> times;
  std::map<std::string, int> ends;
  std::int64_t number = 0;
  std::int64_t toggled = 0;
  for (;;) {
    const json::value page = look(fmt::format("/events?after={}&limit={}", number, kEventsAtOnce));
    const json::array& events = page.as_object().at("events").as_array();
    if (events.empty()) break;
    for (const json::value& value : events) {
      const json::object& event = value.as_object();
      if (event.at("number").to_number<std::int64_t>() != ++number) {
        found.emplace_back("the events' numbers have a gap");
        return;
      }
      const std::string kind = text_of(event, "kind");
      const json::value* data = event.if_contains("data");
      if (kind == "participant_on_air" || kind == "participant_off_air") ++toggled;
      if (kind == "deck_command") ++times[text_of(data->as_object(), "id")];
      if (kind == "deck_item_ended" && text_of(data->as_object(), "reason") != "STOP") {
        ++ends[text_of(data->as_object(), "itemId")];
      }
      if (kind == "deck_command_failed") {
        found.push_back("a command has failed: " + json::serialize(*data));
      }
    }
  }
  if (toggled != toggles_ || doubled_ > 0) {
    found.push_back(fmt::format("{} toggles were done, and {} acknowledged", toggled, toggles_));
  }
  for (const auto& [id, name] : deck_commands_) {
    if (times[id] != 1)
      found.push_back(fmt::format("{} {} was taken {} times", name, id, times[id]));
  }
  for (const auto& [item, count] : ends) {
    ends_told_.insert(item);
    if (count > 1) found.push_back(fmt::format("{} has ended {} times", item, count));
  }
}

void Commander::compare_queue(const std::set<std::string>& ended, std::vector<std::string>& found) {
  std::set<std::string> queued;
  const json::value queue = look("/queue");
  for (const json::value& item : queue.as_object().at("items").as_array()) {
    queued.insert(text_of(item.as_object(), "itemId"));
  }
  for (const std::string& item : queued) {
    if (!items_.contains(item)) found.push_back(item + " is in the queue and nobody added it");
    if (ended.contains(item)) found.push_back(item + " has ended and is still in the queue");
  }
  for (const std::string& item : items_) {
    if (!queued.contains(item) && !ended.contains(item)) {
      found.push_back(item + " was added, has not ended and is not in the queue");
    }
  }
}

}  // namespace shelcaster::sim
