#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "runtime/http_types.hpp"

namespace shelcaster::runtime {

/// The reverse proxies whose X-Forwarded-For, -Proto and -Host are believed. Anybody can send these
/// headers, so from everybody else they are ignored.
class ProxyList {
 public:
  /// Addresses ("127.0.0.1", "::1") and networks ("10.0.0.0/8"). The error names the wrong entry.
  static base::Result<ProxyList> parse(const std::vector<std::string>& entries);

  [[nodiscard]] bool contains(std::string_view address) const;

  /// The address of the client that a proxy at `peer` speaks for: the last in X-Forwarded-For that
  /// isn't a trusted proxy itself. `peer` when it is no trusted proxy or names nobody.
  [[nodiscard]] std::string client_of(std::string_view peer, const HttpHeaders& headers) const;
  /// "https" or "http" as the client sees it; `own` when no trusted proxy says otherwise.
  [[nodiscard]] std::string scheme_of(std::string_view peer, const HttpHeaders& headers,
                                      std::string_view own) const;
  /// The same for the host and port.
  [[nodiscard]] std::string host_of(std::string_view peer, const HttpHeaders& headers,
                                    std::string_view own) const;

 private:
  struct Network {
    bool is_v4 = true;
    std::array<std::uint8_t, 16> bytes{};
    int prefix_bits = 0;
  };
  std::vector<Network> networks_;
};

}  // namespace shelcaster::runtime
