#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace shelcaster::output {

/// Why a destination isn't reached, or isn't reached in time. `to_string` is what clients see.
enum class RtmpProblem : std::uint8_t {
  kNone,
  kAddress,         // the URL can't be used
  kPrivateAddress,  // leads into a private network, which isn't allowed
  kUnknownHost,     // the name doesn't exist
  kUnreachable,     // nobody answers there
  kCertificate,     // not who the name says
  kRefused,         // it speaks RTMP and wants no stream
  kKeyRefused,      // it doesn't know the stream key
  kKeyInUse,        // somebody else publishes under it
  kTimedOut,        // it stopped answering, or taking what is sent
  kBroken,          // the connection ended
  kTooSlow          // connected, and takes less than the programme
};
[[nodiscard]] std::string_view to_string(RtmpProblem problem);

struct RtmpFailure {
  RtmpProblem problem = RtmpProblem::kNone;
  std::string detail;  // a sentence for a person; no address, no key
};

}  // namespace shelcaster::output
