#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "app/mix/line.hpp"
#include "base/result.hpp"
#include "net/endpoint.hpp"
#include "rtc/media/media_session.hpp"
#include "rtc/peer/transport.hpp"

namespace shelcaster::app {

/// What the next process needs of a connected session, beside what its line puts into the sound
/// record. Holds keys and passwords: for the checkpoint's memory only.
struct SessionMemory {
  std::string id;
  std::string participant_id;
  int seat = kNoSeat;
  bool is_whep = false;
  int line = -1;
  std::uint64_t number = 0;
  std::string etag;
  rtc::TransportMemory transport;
  rtc::MediaConfig media;
  std::vector<net::Endpoint> addresses;
  net::Endpoint remote;
};

boost::json::object to_json(const SessionMemory& session);
base::Result<SessionMemory> parse_session_memory(const boost::json::object& memory);

}  // namespace shelcaster::app
