#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace boost::asio {
class io_context;
}

namespace shelcaster::runtime {

/// 4 or 16 bytes of an address that only a neighbour has, or none at all.
[[nodiscard]] bool is_private_address(const std::uint8_t* bytes, std::size_t size);

struct UrlFetchOptions {
  std::string url;
  std::filesystem::path file;  // grows as the bytes come; must not exist yet
  std::uint64_t bytes_max = std::uint64_t{1} << 30U;
  /// False: connecting to a private, loopback, link-local, shared (RFC 6598), multicast or reserved
  /// address is refused. Judged on the address that is connected to, so neither a name nor a
  /// redirect can get round it.
  bool allow_private = false;
  /// What counts as private.
  bool (*is_private)(const std::uint8_t* bytes, std::size_t size) = &is_private_address;
};

/// One download over http or https (5 redirects at most, certificates verified), on a thread of its
/// own. Belongs to the thread of `io`, where `on_done` is called once; destroying it cancels.
class UrlFetch {
 public:
  UrlFetch(boost::asio::io_context& io, const UrlFetchOptions& options,
           std::function<void(base::Result<void>)> on_done);
  ~UrlFetch();

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace shelcaster::runtime
