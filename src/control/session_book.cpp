#include "control/session_book.hpp"

#include <algorithm>
#include <utility>

namespace shelcaster::control {

std::string ice_ufrag_of(std::string_view sdp) {
  constexpr std::string_view kStart = "a=ice-ufrag:";
  std::size_t at = 0;
  while (at < sdp.size()) {
    std::size_t end = sdp.find('\n', at);
    if (end == std::string_view::npos) end = sdp.size();
    std::string_view line = sdp.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with(kStart)) return std::string(line.substr(kStart.size()));
    at = end + 1;
  }
  return {};
}

void SessionBook::put(const std::string& session, std::string ufrag, std::size_t sessions_max) {
  remove(session);
  if (entries_.size() >= sessions_max && !by_age_.empty()) {
    remove(std::string(by_age_.begin()->second));
  }
  const std::uint64_t number = next_number_++;
  entries_[session] = {std::move(ufrag), number};
  by_age_[number] = session;
}

std::string SessionBook::ufrag(const std::string& session) const {
  const auto found = entries_.find(session);
  return found == entries_.end() ? std::string() : found->second.ufrag;
}

void SessionBook::remove(const std::string& session) {
  const auto found = entries_.find(session);
  if (found == entries_.end()) return;
  by_age_.erase(found->second.number);
  entries_.erase(found);
}

void SessionBook::keep_only(const std::vector<std::string>& kept) {
  std::erase_if(entries_, [&](const auto& entry) {
    if (std::find(kept.begin(), kept.end(), entry.first) != kept.end()) return false;
    by_age_.erase(entry.second.number);
    return true;
  });
}

}  // namespace shelcaster::control
