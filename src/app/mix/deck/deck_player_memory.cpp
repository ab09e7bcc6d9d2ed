// What a DeckPlayer leaves to the next process: what was asked of the deck, and the last commands,
// of which the floor may have died before it did them.
#include <algorithm>
#include <stdexcept>

#include "app/mix/deck/deck_player.hpp"
#include "base/overloaded.hpp"

namespace shelcaster::app {

namespace json = boost::json;

namespace {

json::object to_json(const NumberedDeckCommand& command) {
  json::object out = std::visit(
      base::Overloaded{
          [](const mixer::DeckPlay& c) -> json::object {
            return {
                {"is", "play"}, {"item", c.item}, {"position", c.position}, {"paused", c.paused}};
          },
          [](const mixer::DeckResume&) -> json::object {
            return {{"is", "resume"}};
          },
          [](const mixer::DeckPause&) -> json::object {
            return {{"is", "pause"}};
          },
          [](const mixer::DeckStop&) -> json::object {
            return {{"is", "stop"}};
          },
          [](const mixer::DeckSkip& c) -> json::object {
            return {{"is", "skip"}, {"next", c.next}, {"position", c.position}};
          },
          [](const mixer::DeckSeek& c) -> json::object {
            return {{"is", "seek"}, {"position", c.position}};
          }},
      command.command);
  out["number"] = command.number;
  return out;
}

mixer::DeckCommand parse_deck_command(const json::object& in) {
  const std::string_view is = in.at("is").as_string();
  if (is == "play") {
    return mixer::DeckPlay{.item = in.at("item").to_number<mixer::DeckItem>(),
                           .position = in.at("position").to_number<std::int64_t>(),
                           .paused = in.at("paused").as_bool()};
  }
  if (is == "resume") return mixer::DeckResume{};
  if (is == "pause") return mixer::DeckPause{};
  if (is == "stop") return mixer::DeckStop{};
  if (is == "skip") {
    return mixer::DeckSkip{.next = in.at("next").to_number<mixer::DeckItem>(),
                           .position = in.at("position").to_number<std::int64_t>()};
  }
  if (is == "seek") return mixer::DeckSeek{in.at("position").to_number<std::int64_t>()};
  throw std::invalid_argument("unknown command");
}

}  // namespace

json::object DeckPlayer::memory() const {
  json::array commands;
  for (const NumberedDeckCommand& command : commands_) commands.push_back(to_json(command));
  return {{"asked", asked_},
          {"askedState", static_cast<int>(asked_state_)},
          {"commands", std::move(commands)},
          {"lastNumber", last_number_},
          {"stateBefore", state_before_ ? json::value(static_cast<int>(*state_before_)) : nullptr},
          {"hasBed", has_bed_},
          {"setAside", set_aside_},
          {"setAsideAt", set_aside_at_}};
}

base::Result<void> DeckPlayer::restore(const json::object& memory, std::uint64_t done,
                                       mixer::DeckItem playing) try {
  asked_ = memory.at("asked").to_number<mixer::DeckItem>();
  asked_state_ = static_cast<mixer::DeckState>(memory.at("askedState").to_number<int>());
  for (const json::value& value : memory.at("commands").as_array()) {
    const json::object& in = value.as_object();
    commands_.push_back({in.at("number").to_number<std::uint64_t>(), parse_deck_command(in)});
  }
  last_number_ = memory.at("lastNumber").to_number<std::uint64_t>();
  sent_ = std::min(done, last_number_);
  if (const json::value& before = memory.at("stateBefore"); !before.is_null()) {
    state_before_ = static_cast<mixer::DeckState>(before.to_number<int>());
  }
  has_bed_ = memory.at("hasBed").as_bool();
  set_aside_ = memory.at("setAside").to_number<mixer::DeckItem>();
  set_aside_at_ = memory.at("setAsideAt").to_number<std::int64_t>();
  // It went on to the next item by itself, and nobody had the time to say so.
  if (playing > asked_ && !playlist_.find(playing)) (void)playlist_.follow(asked_);
  return {};
} catch (const std::exception& error) {
  return base::fail(std::string("deck: ") + error.what());
}

}  // namespace shelcaster::app
