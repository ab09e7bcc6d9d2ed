#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/mix/lines/switchboard.hpp"

namespace shelcaster::app {

struct Switchboard::CheckedAddress {
  net::Endpoint at;
  base::Instant since;
};

struct Switchboard::Session {
  std::string id;
  std::string participant_id;
  int seat = kNoSeat;
  std::string source;  // of a listener
  SessionKind kind = SessionKind::kWhip;
  int line = -1;
  std::uint64_t number = 0;  // larger is newer

  std::unique_ptr<rtc::Transport> transport;
  rtc::IceCredentials local_ice;
  rtc::IceCredentials remote_ice;
  rtc::MediaConfig media;
  std::string etag;
  bool is_offered = false;    // by us
  bool is_restarted = false;  // ICE, at least once
  net::Endpoint remote;       // where media goes to
  /// That have passed a check; as many as the transport keeps.
  std::vector<CheckedAddress> addresses;
  base::Instant checked_at;  // the last time

  bool is_line_open = false;
  bool is_over = false;  // to be swept
  bool is_publishing = false;
  std::uint64_t packets_received = 0;
  std::uint64_t packets_heard = 0;
  base::Instant opened_at;
  base::Instant seat_told_at;
  base::Instant timeout_at = base::Instant::never();
  base::Instant checked_by = base::Instant::never();  // else it is over
};

}  // namespace shelcaster::app
