#include "control/detail/stream_places.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "control/source.hpp"
#include "net/loopback.hpp"

namespace shelcaster::control::detail {

namespace {

constexpr int kTryAgainLater = 1013;  // RFC 6455's registry of close codes

enum class Worth { kNotInTheShow, kCameNever, kWasHere };

using Worths = std::map<studio::ParticipantId, Worth>;

Worths worths_of(Desk& desk, const studio::ShowId& show) {
  Worths worths;
  for (const studio::Participant& person : desk.core.participants(show)) {
    if (person.is_kicked) continue;
    const bool was_here = person.has_been_connected || person.has_been_on_air;
    worths[person.id] = was_here ? Worth::kWasHere : Worth::kCameNever;
  }
  return worths;
}

Worth worth_of(const Worths& worths, const studio::ParticipantId& id) {
  const auto found = worths.find(id);
  return found != worths.end() ? found->second : Worth::kNotInTheShow;
}

[[noreturn]] void refuse_stream(std::string_view why) {
  throw Refusal{{503, std::string(why), {}, {}, {{"Retry-After", "10"}}}};
}

/// A caller's streams of one show, and those from each network.
class Callers {
 public:
  Callers(EventHub& hub, const studio::ShowId& show) : hub_(hub) {
    for (const auto& [id, client] : hub.clients()) {
      if (client.show_id != show || EventHub::is_desk(client.who)) continue;
      streams_.push_back(id);
      ++of_source_[client.source];
    }
  }
  [[nodiscard]] std::size_t from(const std::string& source) const {
    const auto found = of_source_.find(source);
    return found != of_source_.end() ? found->second : 0;
  }
  /// Ends the one that is worth least, when it is worth less than who comes. `only_from`: of that
  /// network alone.
  bool end_one(const Worths& worths, const Identity& who, const std::string& source,
               const std::optional<std::string>& only_from) {
    const Worth own = worth_of(worths, who.participant_id);
    std::optional<std::tuple<Worth, std::ptrdiff_t, SubscriptionId>> least;
    for (const SubscriptionId id : streams_) {
      const EventHub::Client& client = hub_.clients().at(id);
      if (only_from && client.source != *only_from) continue;
      const Worth worth = worth_of(worths, client.who.participant_id);
      const std::size_t crowd = from(client.source);
      const bool is_of_larger_crowd =
          worth == own && worth != Worth::kWasHere && crowd > from(source) + 1;
      if (worth >= own && !is_of_larger_crowd) continue;
      const std::tuple rank{worth, -static_cast<std::ptrdiff_t>(crowd), id};
      if (!least || rank < *least) least = rank;
    }
    if (!least) return false;
    hub_.close(std::get<SubscriptionId>(*least), kTryAgainLater, "others need the place");
    return true;
  }

 private:
  EventHub& hub_;
  std::vector<SubscriptionId> streams_;
  std::map<std::string, std::size_t> of_source_;
};

}  // namespace

void require_stream_place(Desk& desk, const studio::ShowId& show, const Identity& who,
                          std::string_view address) {
  EventHub& hub = desk.fan_out.hub;
  const bool is_desk = EventHub::is_desk(who);
  const std::size_t of_one_max = is_desk ? kStreamsOfHostMax : kStreamsOfCallerMax;
  if (!who.participant_id.empty() && hub.size(show, who.participant_id) >= of_one_max) {
    refuse_stream("too many event streams of this person are open");
  }
  const std::size_t places = desk.core.config.subscriptions_max;
  const std::size_t for_callers = places - places / 10;
  if (is_desk) {
    if (hub.size(show) >= places) refuse_stream("too many event streams of this show are open");
    return;
  }
  const std::string source = source_of(address);
  Callers callers(hub, show);
  // What this machine's own clients are is known to whoever trusts them.
  const bool is_trusted = desk.core.config.trusts_loopback && net::is_loopback(address);
  const bool is_network_full =
      !is_trusted && callers.from(source) >= std::max<std::size_t>(for_callers / 4, 1);
  if (!is_network_full && hub.size(show) < for_callers) return;
  const auto only_from = is_network_full ? std::optional(source) : std::nullopt;
  if (callers.end_one(worths_of(desk, show), who, source, only_from)) return;
  refuse_stream(is_network_full ? "too many event streams are open at this address"
                                : "too many event streams of this show are open");
}

}  // namespace shelcaster::control::detail
