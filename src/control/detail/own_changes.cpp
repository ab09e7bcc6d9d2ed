#include "control/detail/own_changes.hpp"

#include <string>

#include "control/source.hpp"
#include "net/loopback.hpp"

namespace shelcaster::control::detail {

namespace {

bool is_counted(const Call& call) { return call.who.scope == Scope::kCaller && !call.is_again; }

/// By the address of who asks; nothing is counted of this machine where it is trusted.
bool take_at_address(Desk& desk, const Call& call, RateLimit& limit) {
  const std::string& address = call.request.remote_address;
  if (desk.core.config.trusts_loopback && net::is_loopback(address)) return true;
  return limit.take(source_of(address), desk.core.ports.clock.now());
}

}  // namespace

bool may_change_own(Desk& desk, const Call& call) {
  if (!is_counted(call)) return true;
  const std::string person = call.who.participant_id.str();
  return desk.limits.own_changes.take(person, desk.core.ports.clock.now()) &&
         take_at_address(desk, call, desk.limits.own_changes_at);
}

void require_own_change(Desk& desk, const Call& call) {
  if (may_change_own(desk, call)) return;
  throw Refusal{{429,
                 "you, or others at your address, change too much in a minute: wait",
                 {},
                 {},
                 {{"Retry-After", "2"}}}};
}

void require_own_offer(Desk& desk, const Call& call, bool is_whip) {
  if (!is_counted(call)) return;
  const std::string person = call.who.participant_id.str();
  if (desk.limits.offers.take(person, desk.core.ports.clock.now()) &&
      (!is_whip || take_at_address(desk, call, desk.limits.offers_at))) {
    return;
  }
  throw Refusal{{429,
                 "you, or others at your address, connect too often: wait",
                 {},
                 {},
                 {{"Retry-After", "2"}}}};
}

}  // namespace shelcaster::control::detail
