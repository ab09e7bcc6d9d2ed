#pragma once

#include <string_view>
#include <variant>

#include "control/detail/desk.hpp"
#include "control/routes.hpp"

namespace shelcaster::control::detail {

/// Every endpoint: checks who asks and for what, reads the store, commits one change, which rings
/// whom it concerns, and answers. It keeps nothing between two calls: each could be another
/// Front's.
class Front {
 public:
  explicit Front(const Desk& desk) : desk_(desk) {}

  // As the Api's, which see.
  std::variant<BodyPolicy, Response> body_policy(const Request& head);
  /// `respond` may be called when this Front is no more.
  void handle(Request, Respond respond);
  std::variant<SubscriptionId, Response> subscribe(Subscribe);
  [[nodiscard]] bool is_expected_on_air(const studio::ShowId&);

 private:
  std::optional<Response> answer(Call&, const RouteMatch&);
  std::optional<Response> answer_once(Call&, const RouteMatch&);

  Desk desk_;
};

}  // namespace shelcaster::control::detail
