#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "studio/ids.hpp"

namespace shelcaster::control::detail {

/// The client's ICE user name fragment of each WebRTC session, to tell an ICE restart from trickled
/// candidates (RFC 8840). Clients that vanish tell nobody, so what is kept is bounded: beyond
/// `sessions_max` the oldest is forgotten.
class SessionBook {
 public:
  explicit SessionBook(std::size_t sessions_max) : sessions_max_(sessions_max) {}

  void put(const studio::ShowId& show, const std::string& session, std::string ufrag) {
    remove(session);
    if (entries_.size() >= sessions_max_) remove(by_age_.begin()->second);
    const std::uint64_t number = next_number_++;
    entries_[session] = {show, std::move(ufrag), number};
    by_age_[number] = session;
  }
  /// Empty when the session isn't known.
  [[nodiscard]] std::string ufrag(const std::string& session) const {
    const auto found = entries_.find(session);
    return found == entries_.end() ? std::string() : found->second.ufrag;
  }
  void remove(const std::string& session) {
    const auto found = entries_.find(session);
    if (found == entries_.end()) return;
    by_age_.erase(found->second.number);
    entries_.erase(found);
  }
  void remove_show(const studio::ShowId& show) { keep_only(show, {}); }
  /// Of the show's sessions.
  void keep_only(const studio::ShowId& show, const std::vector<std::string>& kept) {
    for (auto at = entries_.begin(); at != entries_.end();) {
      if (at->second.show == show && std::find(kept.begin(), kept.end(), at->first) == kept.end()) {
        by_age_.erase(at->second.number);
        at = entries_.erase(at);
      } else {
        ++at;
      }
    }
  }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    studio::ShowId show;
    std::string ufrag;
    std::uint64_t number = 0;
  };
  std::size_t sessions_max_;
  std::map<std::string, Entry> entries_;
  std::map<std::uint64_t, std::string> by_age_;
  std::uint64_t next_number_ = 0;
};

}  // namespace shelcaster::control::detail
