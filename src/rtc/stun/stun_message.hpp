#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "net/endpoint.hpp"

namespace shelcaster::rtc {

enum class StunClass : std::uint8_t { kRequest, kIndication, kSuccess, kError };
using StunTransactionId = std::array<std::byte, 12>;

inline constexpr std::uint16_t kStunBinding = 1;
inline constexpr int kStunBadRequest = 400;
inline constexpr int kStunUnauthenticated = 401;
inline constexpr int kStunUnknownAttribute = 420;
inline constexpr int kStunRoleConflict = 487;

/// A parsed STUN message (RFC 8489) with the attributes that ICE uses (RFC 8445 section 16.1).
/// `username` and `raw` point into the parsed bytes. Attributes behind MESSAGE-INTEGRITY are
/// ignored, as section 14.5 demands, except FINGERPRINT.
struct StunMessage {
  StunClass message_class = StunClass::kRequest;
  std::uint16_t method = kStunBinding;
  StunTransactionId transaction{};

  std::optional<std::string_view> username;
  std::optional<std::uint32_t> priority;
  bool use_candidate = false;
  std::optional<std::uint64_t> ice_controlling;
  std::optional<std::uint64_t> ice_controlled;
  std::optional<net::Endpoint> mapped_address;
  std::optional<int> error_code;
  /// The first attribute that a receiver must understand and we don't; 0 if there is none.
  std::uint16_t unknown_attribute = 0;
  bool has_fingerprint = false;

  base::ByteSpan raw;
  /// Offset of the MESSAGE-INTEGRITY attribute in `raw`; 0 if there is none.
  std::size_t integrity_at = 0;

  /// Refuses anything that is not exactly one well-formed message, and a wrong FINGERPRINT.
  static base::Result<StunMessage> parse(base::ByteSpan bytes);

  /// Whether MESSAGE-INTEGRITY is there and right for `key` (short-term: the password). Compares in
  /// constant time.
  [[nodiscard]] bool verify_integrity(std::string_view key) const;
};

/// Writes one message. Attributes go out in the order of the calls; finish() adds MESSAGE-INTEGRITY
/// (with a key) and FINGERPRINT. Aborts when more is written than an ICE message can need.
class StunBuilder {
 public:
  StunBuilder(StunClass message_class, const StunTransactionId& transaction);

  StunBuilder& username(std::string_view name);
  StunBuilder& priority(std::uint32_t priority);
  StunBuilder& use_candidate();
  StunBuilder& ice_controlling(std::uint64_t tie_breaker);
  StunBuilder& ice_controlled(std::uint64_t tie_breaker);
  StunBuilder& xor_mapped_address(const net::Endpoint& endpoint);
  StunBuilder& error_code(int code, std::string_view reason);
  StunBuilder& unknown_attribute(std::uint16_t type);

  /// Without a key there is no MESSAGE-INTEGRITY (error 400 and 401 to a stranger).
  [[nodiscard]] base::Bytes finish(std::optional<std::string_view> key);

 private:
  void attribute(std::uint16_t type, base::ByteSpan value);
  void set_length(std::size_t attributes_bytes);

  // The longest message: a request with a 513-byte user name (RFC 8489 section 14.3).
  std::array<std::byte, 768> memory_{};
  base::ByteWriter writer_;
};

}  // namespace shelcaster::rtc
