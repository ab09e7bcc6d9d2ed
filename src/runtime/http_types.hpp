#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace shelcaster::runtime {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// The first header of that name (any case), or empty.
[[nodiscard]] std::string_view find_header(const HttpHeaders& headers, std::string_view name);

struct HttpRequest {
  std::string method;       // HEAD arrives as GET: the server leaves the body out
  std::string target_path;  // as sent, percent-encoded, begins with '/'
  std::string query;        // as sent, without '?'
  HttpHeaders headers;      // names as sent
  std::string body;
  /// The body when it went to a file. The server deletes it after the response unless somebody has
  /// moved it away.
  std::filesystem::path body_file;
  std::string body_file_sha256;  // in hex, of a body_file whose request has an Idempotency-Key
  std::string remote_address;    // without port
  std::string base_url;          // scheme://host[:port] as the client sees us
};

/// A part of an open file.
struct FileSlice {
  std::shared_ptr<base::UniqueFd> fd;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// Content-Length, Date and Connection are the server's to add.
struct HttpResponse {
  int status = 200;
  HttpHeaders headers;
  std::string body;
  std::optional<FileSlice> file;  // instead of body
};

struct BodyPlan {
  std::uint64_t bytes_max = 0;
  bool to_file = false;
  /// Of a file: how its name begins.
  std::string file_prefix = {};
  /// Of a file: whether it may go on to grow, asked each MiB on a server's thread; the error is the
  /// detail of a 507.
  std::function<base::Result<void>()> has_room = {};
};
/// Take the body so, or answer at once without reading it.
using HeadDecision = std::variant<BodyPlan, HttpResponse>;

/// Each may be called from any thread, once; further calls are ignored.
using HttpRespond = std::function<void(HttpResponse)>;
using HttpDecide = std::function<void(HeadDecision)>;

/// A name or address with or without port, as in a Host header.
[[nodiscard]] bool is_host(std::string_view text);

/// "%2e" → "."; nothing for a broken escape or a NUL.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

[[nodiscard]] std::string_view http_reason(int status);

/// An RFC 9457 problem document.
[[nodiscard]] HttpResponse problem_response(int status, std::string_view detail);

}  // namespace shelcaster::runtime
