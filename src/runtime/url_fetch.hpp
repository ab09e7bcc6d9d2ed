#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "net/private_address.hpp"

namespace boost::asio {
class io_context;
}

namespace shelcaster::runtime {

struct UrlFetchOptions {
  std::string url;
  std::filesystem::path file;  // grows as the bytes come; empty before, or not there yet
  std::uint64_t bytes_max = std::uint64_t{1} << 30U;
  /// False: connecting to a private address is refused. Judged on the address that is connected to,
  /// so neither a name nor a redirect can get round it.
  bool allow_private = false;
  /// What counts as private.
  bool (*is_private)(const net::Endpoint&) = &net::is_private;
};

/// One download over http or https (5 redirects at most, certificates verified), on a thread of its
/// own. A server that sends mostly what isn't the file (header fields, trailers, chunk extensions,
/// bodies of redirects), or hardly anything of it for 20 s, fails it. Belongs to the thread of
/// `io`, where `on_done` is called once; destroying it cancels.
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
