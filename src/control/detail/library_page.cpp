#include "control/detail/library_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace shelcaster::control::detail {

namespace {

constexpr std::size_t kLimitDefault = 500;
constexpr std::size_t kLimitMax = 1'000;
/// Some 5 ms of work. A page is held in memory until a client has read it, too. A list of 2,000
/// tracks is 60 KiB.
constexpr std::size_t kPageBytes = std::size_t{128} * 1024;
constexpr std::size_t kIdMax = 200;

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stopped == end;
}

/// Ours have letters, digits and "-" alone; another program's may have whatever else.
std::string encoded(std::string_view id) {
  std::string text;
  for (const char c : id) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_';
    text += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return text;
}

/// "<created, Unix ms>.<id>", so that a page goes on although the last one of the page before was
/// deleted since.
std::string text_of(const LibraryIndex::Place& place) {
  return fmt::format("{}.{}", place.created_ms, encoded(place.id));
}

LibraryIndex::Place place_of(std::string_view text) {
  LibraryIndex::Place place;
  const std::size_t dot = std::min(text.find('.'), text.size());
  place.id = text.substr(std::min(dot + 1, text.size()));
  const bool is_id = !place.id.empty() && place.id.size() <= kIdMax;
  if (!is_id || !read_number(text.substr(0, dot), place.created_ms)) {
    refuse(422, "?after= must be as the Link of the page before has it");
  }
  return place;
}

}  // namespace

std::size_t fetch_ahead(Core& core, const Identity& who, store::Collection collection,
                        LibraryIndex::Entries::const_iterator from,
                        LibraryIndex::Entries::const_iterator end, std::size_t most) {
  // Of a document without its list, and of one in that.
  constexpr std::size_t kBytesOfOne = 512;
  constexpr std::size_t kBytesOfATrack = 32;
  constexpr std::size_t kAtOnce = 100;
  store::Reading wanted;
  std::size_t bytes = 0;
  for (auto at = from; at != end && wanted.keys.size() < std::min(kAtOnce, most); ++at) {
    if (!may_see(who, at->second.owner)) continue;
    bytes += kBytesOfOne + kBytesOfATrack * at->second.tracks;
    if (!wanted.keys.empty() && bytes > kPageBytes) break;
    wanted.keys.push_back({collection, "", at->first.id});
  }
  const std::size_t count = wanted.keys.size();
  core.fetch(std::move(wanted));
  return count;
}

PageQuery page_query(const Call& call) {
  PageQuery query;
  query.limit = kLimitDefault;
  if (const auto after = call.query.find("after"); after != call.query.end()) {
    query.after = place_of(after->second);
  }
  const auto limit = call.query.find("limit");
  query.has_limit = limit != call.query.end();
  if (query.has_limit && (!read_number(std::string_view(limit->second), query.limit) ||
                          query.limit == 0 || query.limit > kLimitMax)) {
    refuse(422, fmt::format("?limit= must be a whole number from 1 to {}", kLimitMax));
  }
  return query;
}

LibraryPage::LibraryPage(std::string_view name, const PageQuery& query,
                         const boost::json::object& head)
    : query_(query), body_("{") {
  for (const auto& [key, value] : head) {
    body_ += fmt::format("\"{}\":{},", std::string_view(key), boost::json::serialize(value));
  }
  body_ += fmt::format("\"{}\":[", name);
}

bool LibraryPage::add(const LibraryIndex::Place& place, const boost::json::value& view) {
  const std::string text = boost::json::serialize(view);
  if (count_ > 0 && body_.size() + text.size() > kPageBytes) return false;
  if (count_++ > 0) body_ += ',';
  body_ += text;
  last_ = place;
  return true;
}

Response LibraryPage::response(const Call& call, bool has_more) && {
  body_ += "]}";
  Response response{
      200, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, std::move(body_)};
  if (has_more) {
    const std::string limit = query_.has_limit ? fmt::format("&limit={}", query_.limit) : "";
    response.headers.emplace_back(
        "Link", fmt::format("<{}?after={}{}>; rel=\"next\"", call.request.target_path,
                            text_of(last_), limit));
  }
  return response;
}

}  // namespace shelcaster::control::detail
