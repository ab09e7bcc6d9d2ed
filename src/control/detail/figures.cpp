#include "control/detail/figures.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

const json::object* part_of(const json::object& from, std::string_view name) {
  const json::value* part = from.if_contains(name);
  return part != nullptr && part->is_object() ? &part->get_object() : nullptr;
}

void copy_numbers(const json::object& from, std::initializer_list<std::string_view> names,
                  json::object& to) {
  for (const std::string_view name : names) {
    const json::value* value = from.if_contains(name);
    to[name] = value != nullptr && value->is_number() ? *value : json::value(nullptr);
  }
}

/// "droppedStrayMedia" → "strayMedia"; empty for a count of something else.
std::string cause_of_drop(std::string_view name) {
  constexpr std::string_view kDropped = "dropped";
  if (!name.starts_with(kDropped) || name.size() == kDropped.size()) return {};
  std::string cause(name.substr(kDropped.size()));
  if (cause[0] >= 'A' && cause[0] <= 'Z') cause[0] = static_cast<char>(cause[0] - 'A' + 'a');
  return cause;
}

json::object child_json(const json::object& child) {
  const json::value* state = child.if_contains("state");
  json::object out;
  out["state"] = state != nullptr && state->is_string() ? *state : json::value(nullptr);
  copy_numbers(child, {"restarts"}, out);
  return out;
}

}  // namespace

json::value mixer_json(const json::object& status) {
  const json::object* mix = part_of(status, "mix");
  if (mix == nullptr) return nullptr;
  json::object out = child_json(*mix);
  copy_numbers(*mix, {"ticks", "lateTicks", "missedTicks", "sessions"}, out);
  json::object drops;
  if (const json::object* datagrams = part_of(*mix, "datagrams")) {
    for (const auto& count : *datagrams) {
      const std::string cause = cause_of_drop(count.key());
      if (!cause.empty() && count.value().is_number()) drops[cause] = count.value();
    }
  }
  out["drops"] = std::move(drops);
  return out;
}

json::value publisher_json(const json::object& status) {
  const json::object* publish = part_of(status, "publish");
  if (publish == nullptr) return nullptr;
  json::object out = child_json(*publish);
  copy_numbers(*publish, {"lagMs", "overruns", "writeErrors"}, out);
  const json::object* hls = part_of(*publish, "hls");
  copy_numbers(hls != nullptr ? *hls : json::object(), {"lastSegment", "lastSegmentUnixMs"}, out);
  return out;
}

}  // namespace shelcaster::control::detail
