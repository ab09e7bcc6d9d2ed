#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/detail/core.hpp"
#include "control/fields.hpp"

// What the handlers of every library of things (tracks, tracklists, …) do alike.
namespace shelcaster::control::detail {

inline constexpr std::size_t kTitleMax = 200;

/// The thing that the path's first parameter names, by one of the Core's find functions; 404 when
/// there is none. `what` is its name for a person.
template <typename Id, typename Thing>
Thing addressed(Core& core, const Call& call, std::optional<Thing> (Core::*find)(const Id&),
                std::string_view what) {
  auto thing = (core.*find)(Id(call.params.at(0)));
  if (!thing) refuse(404, "there is no such " + std::string(what));
  return std::move(*thing);
}

/// Of a body that has a title and nothing else.
inline std::string only_title(const Call& call) {
  Fields fields(call.body);
  const auto title = fields.text("title", 1, kTitleMax, Need::kRequired);
  fields.finish();
  return *title;
}

/// 200 {name: [view of each thing]}.
template <typename Thing, typename View>
Response list_response(std::string_view name, const std::vector<Thing>& things, View view) {
  boost::json::array views;
  for (const Thing& thing : things) views.push_back(view(thing));
  return json_response(200, {{name, std::move(views)}});
}

}  // namespace shelcaster::control::detail
