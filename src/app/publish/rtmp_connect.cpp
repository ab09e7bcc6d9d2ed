#include "app/publish/rtmp_connect.hpp"

#include <fmt/format.h>

#include <utility>

#include "runtime/outbound_stream.hpp"

namespace shelcaster::app {
namespace {

using output::RtmpFailure;
using output::RtmpProblem;
using output::RtmpTransport;
using runtime::OutboundFailure;
using runtime::OutboundProblem;

RtmpFailure failure_of(const OutboundFailure& from) {
  const auto problem_of = [](OutboundProblem problem) {
    switch (problem) {
      case OutboundProblem::kPrivateAddress:
        return RtmpProblem::kPrivateAddress;
      case OutboundProblem::kUnknownHost:
        return RtmpProblem::kUnknownHost;
      case OutboundProblem::kUnreachable:
        return RtmpProblem::kUnreachable;
      case OutboundProblem::kCertificate:
        return RtmpProblem::kCertificate;
      case OutboundProblem::kTimedOut:
        return RtmpProblem::kTimedOut;
      case OutboundProblem::kBroken:
        return RtmpProblem::kBroken;
    }
    return RtmpProblem::kBroken;
  };
  return {problem_of(from.problem), fmt::format("the destination can't be used: {}", from.detail)};
}

class StreamTransport final : public RtmpTransport {
 public:
  explicit StreamTransport(std::unique_ptr<runtime::OutboundStream> stream)
      : stream_(std::move(stream)) {}

  Outcome<std::size_t> send(base::ByteSpan bytes) override {
    return stream_->send(bytes).map_error(failure_of);
  }
  Outcome<std::size_t> receive(std::span<std::byte> out) override {
    return stream_->receive(out).map_error(failure_of);
  }
  [[nodiscard]] bool is_closed_by_peer() const override { return stream_->is_closed_by_peer(); }
  [[nodiscard]] std::size_t unacknowledged() const override { return stream_->unacknowledged(); }

 private:
  std::unique_ptr<runtime::OutboundStream> stream_;
};

}  // namespace

output::RtmpConnect make_rtmp_connect(std::string ca_file, bool is_private_allowed) {
  return [ca_file = std::move(ca_file), is_private_allowed](const output::RtmpAddress& address,
                                                            const std::function<bool()>& is_aborted)
             -> RtmpTransport::Outcome<std::unique_ptr<RtmpTransport>> {
    runtime::OutboundTarget target;
    target.host = address.host;
    target.port = address.port;
    target.is_tls = address.is_tls;
    target.ca_file = ca_file;
    target.is_private_allowed = is_private_allowed;
    auto stream = runtime::OutboundStream::open(target, is_aborted);
    if (!stream) return tl::unexpected(failure_of(stream.error()));
    return std::make_unique<StreamTransport>(std::move(*stream));
  };
}

}  // namespace shelcaster::app
