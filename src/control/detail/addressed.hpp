#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/detail/core.hpp"
#include "control/detail/owners.hpp"
#include "control/fields.hpp"

// What the handlers of every library of things (tracks, tracklists, …) do alike.
namespace shelcaster::control::detail {

inline constexpr std::size_t kTitleMax = 200;

/// The thing that the path's first parameter names, by one of the Core's find functions; 404 when
/// there is none, or none that the asker may see. `what` is its name for a person.
template <typename Id, typename Thing>
Thing addressed(Core& core, const Call& call, std::optional<Thing> (Core::*find)(const Id&),
                std::string_view what) {
  auto thing = (core.*find)(Id(call.params.at(0)));
  if (!thing || !may_see(call.who, thing->owner))
    refuse(404, "there is no such " + std::string(what));
  return std::move(*thing);
}

/// Of a body that has a title and nothing else.
inline std::string only_title(const Call& call) {
  Fields fields(call.body);
  const auto title = fields.text("title", 1, kTitleMax, Need::kRequired);
  fields.finish();
  return *title;
}

/// Of a body with a title or, from an admin, the owner: "station" or a show's id. Who may not
/// change the thing is refused.
template <typename Thing>
void change_by_body(Core& core, const Call& call, Thing& thing, std::string_view what) {
  require_change(call.who, thing.owner, what);
  Fields fields(call.body);
  const bool is_admin = call.who.scope == Scope::kAdmin;
  const auto owner = is_admin ? fields.text("owner", 1, 100) : std::nullopt;
  const auto title = fields.text("title", 1, kTitleMax, owner ? Need::kOptional : Need::kRequired);
  if (owner && *owner != "station" && !core.find_show(studio::ShowId(*owner))) {
    fields.wrong("owner", "must be \"station\" or the id of a show");
  }
  fields.finish();
  if (title) thing.title = *title;
  if (owner) thing.owner = studio::ShowId(*owner == "station" ? "" : *owner);
}

}  // namespace shelcaster::control::detail
