#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace shelcaster::output {

/// Where an RTMP URL leads, taken apart as OBS and FFmpeg do.
struct RtmpAddress {
  bool is_tls = false;
  std::string host;  // without the brackets of an IPv6 address
  std::uint16_t port = 0;
  std::string user;      // percent-decoded; empty: none
  std::string password;  // secret
  std::string app;       // "live", "app/instance"
  std::string key;       // secret: the name under which is published, with its query
  /// The `tcUrl` of `connect`: the address without user, password and key.
  [[nodiscard]] std::string base_url() const;
};

/// `rtmp[s]://[user:password@]host[:port]/app/key`, at most 2048 bytes. The key begins at byte
/// `key_at` of the URL; where that isn't told, behind the last slash before a query. The error
/// never contains a part of the URL: it has a key in it.
base::Result<RtmpAddress> parse_rtmp_url(std::string_view url,
                                         std::optional<std::size_t> key_at = std::nullopt);

}  // namespace shelcaster::output
