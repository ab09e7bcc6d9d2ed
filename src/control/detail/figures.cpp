#include "control/detail/figures.hpp"

#include <initializer_list>
#include <string_view>

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
  if (const json::object* by_cause = part_of(*mix, "drops")) {
    for (const auto& cause : *by_cause) {
      if (cause.value().is_number()) drops[cause.key()] = cause.value();
    }
  }
  // Datagrams for the stage thread that found its queue full.
  if (const json::value* stage = mix->if_contains("stageDrops");
      stage != nullptr && stage->is_number() && !drops.contains("stage")) {
    drops["stage"] = *stage;
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
