#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace shelcaster::control {

/// The client's ICE user name fragment in an SDP or an sdpfrag (RFC 8839 section 5.4); empty: there
/// is none.
std::string ice_ufrag_of(std::string_view sdp);

/// The client's ICE user name fragment of each WebRTC session of a show, to tell an ICE restart
/// from trickled candidates (RFC 8840). Clients that vanish tell nobody, so what is kept is
/// bounded: beyond `sessions_max` the oldest is forgotten.
class SessionBook {
 public:
  void put(const std::string& session, std::string ufrag, std::size_t sessions_max);
  /// Empty when the session isn't known.
  [[nodiscard]] std::string ufrag(const std::string& session) const;
  void remove(const std::string& session);
  void keep_only(const std::vector<std::string>& kept);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string ufrag;
    std::uint64_t number = 0;
  };
  std::map<std::string, Entry> entries_;
  std::map<std::uint64_t, std::string> by_age_;
  std::uint64_t next_number_ = 0;
};

}  // namespace shelcaster::control
