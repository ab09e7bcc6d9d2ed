#pragma once

#include <memory>
#include <string>

#include "output/rtmp/rtmp_publisher.hpp"

namespace shelcaster::app {

/// An RTMP publisher with its worker thread. Nothing here waits for the destination, not even the
/// destructor: a worker that hangs in a name lookup, say, is cut loose and ends by itself.
class RtmpOutput {
 public:
  RtmpOutput(std::string id, output::RtmpPublisherConfig config);
  RtmpOutput(const RtmpOutput&) = delete;
  RtmpOutput& operator=(const RtmpOutput&) = delete;
  ~RtmpOutput();

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] output::RtmpStatus status() const;
  void push(std::shared_ptr<const media::AacPacket> packet);

  /// Sends what is queued and says goodbye, in at most `wait`.
  void finish(base::Duration wait);

 private:
  struct Shared;
  static void run(Shared& shared);

  const std::string id_;
  const std::string url_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace shelcaster::app
