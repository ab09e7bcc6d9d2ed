#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

/// A page is held in memory until a client has read it, however slow it is.
constexpr std::size_t kPageBytes = 128 * 1024;
constexpr std::size_t kWordsMax = 50;

std::uint64_t query_number(const Call& call, const std::string& name, std::uint64_t otherwise,
                           std::uint64_t max) {
  const auto found = call.query.find(name);
  if (found == call.query.end()) return otherwise;
  std::uint64_t value = 0;
  const char* end = found->second.data() + found->second.size();
  const auto [stopped, error] = std::from_chars(found->second.data(), end, value);
  if (error != std::errc() || stopped != end || value > max) {
    refuse(422, "?" + name + "= must be a whole number up to " + std::to_string(max));
  }
  return value;
}

/// "a,b" → a, b
std::vector<std::string> query_words(const Call& call, const std::string& name) {
  std::vector<std::string> words;
  const auto found = call.query.find(name);
  if (found == call.query.end()) return words;
  std::string_view rest = found->second;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    if (end > 0) words.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (words.size() > kWordsMax) {
    refuse(422, "?" + name + "= may have at most " + std::to_string(kWordsMax) + " words");
  }
  return words;
}

}  // namespace

Answered events_list(Desk& desk, Call& call) {
  const studio::ShowId show = desk.core.show(call.show_id()).id;
  store::EventQuery query{.show_id = show.str(),
                          .after = query_number(call, "after", 0, INT64_MAX),
                          .limit = query_number(call, "limit", 1000, 10'000),
                          .bytes_max = kPageBytes,
                          .seen_by = EventHub::seen_by(call.who),
                          .kinds = query_words(call, "types")};
  json::array out;
  const store::EventRange range = desk.core.event_range(show);
  std::uint64_t next = query.after;
  if (query.limit > 0) {
    const auto page = desk.core.ports.store.events(query);
    if (!page) refuse(503, "the event log can't be read now");
    for (const store::Event& event : page->events) out.push_back(event_json(event));
    next = page->is_last ? std::max(page->next, range.last) : page->next;
  }
  return json_response(
      200,
      {{"events", std::move(out)}, {"next", next}, {"oldest", range.oldest}, {"last", range.last}});
}

}  // namespace shelcaster::control::detail
