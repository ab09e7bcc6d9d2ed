#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "runtime/http_types.hpp"

namespace shelcaster::runtime::detail {

/// Looks at the bytes of a request's head as they come, before they are parsed, and takes only what
/// every server and proxy reads alike (RFC 9112): what two of them understand differently hides one
/// request within another. Each byte is looked at once.
class RequestHead {
 public:
  enum class State { kMore, kDone, kBad, kTooMany };

  /// The bytes that follow those of the last call. After kDone, bytes() of all are the head and
  /// what is left belongs to the body.
  State feed(std::string_view bytes);
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Why it is kBad.
  [[nodiscard]] std::string_view fault() const { return fault_; }

  static constexpr std::size_t kFieldsMax = 128;

 private:
  State take(char c);
  State end_line();
  State bad(std::string_view fault);

  std::size_t bytes_ = 0;
  std::size_t lines_ = 0;
  std::size_t line_bytes_ = 0;
  bool is_after_cr_ = false;
  std::string_view fault_;
};

/// What is wrong with the fields that say where a request ends and whom it is for; nothing when
/// they are unambiguous.
[[nodiscard]] std::optional<std::string_view> framing_fault(const HttpHeaders& headers,
                                                            bool is_http_1_1);

}  // namespace shelcaster::runtime::detail
