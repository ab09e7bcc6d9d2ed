#include "control/detail/handlers.hpp"
#include "control/fields.hpp"

namespace shelcaster::control::detail {

namespace {

/// Longer than a minute of silence or a prayer; what is meant to last is for the configuration.
constexpr std::int64_t kSilenceSecondsMax = 3'600;

}  // namespace

/// Declares that the programme is silent on purpose, from now on; it replaces what was declared.
Answered silence_declare(Desk& desk, Call& call) {
  const studio::ShowId show = desk.core.show(call.show_id()).id;
  Fields fields(call.body);
  const auto seconds = fields.integer("seconds", 0, kSilenceSecondsMax, Need::kRequired);
  fields.finish();
  Change change = desk.core.change(call.who);
  const std::int64_t until_ms = *seconds == 0 ? 0 : change.at().unix_ms() + *seconds * 1'000;
  // Whatever was declared before: the last word holds.
  change.overwrite({store::Collection::kRouting, show.str(), "SILENCE"}, {{"untilMs", until_ms}});
  change.desire(show);
  const boost::json::object body{
      {"silenceUntil", until_ms == 0 ? boost::json::value() : boost::json::value(until_ms)}};
  change.event(show, "silence_declared", body);
  return desk.core.reply(call, change, 200, body);
}

}  // namespace shelcaster::control::detail
