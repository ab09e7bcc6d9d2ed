#include "output/rtmp/rtmp_failure.hpp"

namespace shelcaster::output {

std::string_view to_string(RtmpProblem problem) {
  switch (problem) {
    case RtmpProblem::kNone:
      return "";
    case RtmpProblem::kAddress:
      return "address";
    case RtmpProblem::kPrivateAddress:
      return "private_address";
    case RtmpProblem::kUnknownHost:
      return "unknown_host";
    case RtmpProblem::kUnreachable:
      return "unreachable";
    case RtmpProblem::kCertificate:
      return "certificate";
    case RtmpProblem::kRefused:
      return "refused";
    case RtmpProblem::kKeyRefused:
      return "key_refused";
    case RtmpProblem::kKeyInUse:
      return "key_in_use";
    case RtmpProblem::kTimedOut:
      return "timed_out";
    case RtmpProblem::kBroken:
      return "broken";
    case RtmpProblem::kTooSlow:
      return "too_slow";
  }
  return "";
}

}  // namespace shelcaster::output
