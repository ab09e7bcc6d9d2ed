#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "media/aac_encoder.hpp"
#include "media/card_encoder.hpp"

namespace shelcaster::media {

struct RtmpTarget {
  std::string url;      // rtmp:// or rtmps://, with the stream key: never logged
  std::string ca_file;  // for rtmps; empty: the system's
};

/// One connection to an RTMP server, by libavformat: FLV with H.264 and AAC. Every call may block
/// for as long as `is_aborted` stays false (it is asked about every 100 ms of waiting), so it
/// belongs on a thread of its own. The certificate of an rtmps server is verified.
class RtmpConnection {
 public:
  using IsAborted = std::function<bool()>;

  /// Errors never contain the URL.
  static base::Result<RtmpConnection> open(const RtmpTarget& target, base::ByteSpan aac_config,
                                           base::ByteSpan h264_config, IsAborted is_aborted);

  RtmpConnection(RtmpConnection&&) noexcept;
  RtmpConnection& operator=(RtmpConnection&&) noexcept;
  ~RtmpConnection();

  /// `at_ms` since the connection's first packet. After an error the connection is dead.
  base::Result<void> send_audio(const AacPacket& packet, std::int64_t at_ms);
  base::Result<void> send_video(const VideoPacket& packet, std::int64_t at_ms);
  /// Ends the sequence for players, after the last packet. The destructor says goodbye to the
  /// server.
  void finish();

 private:
  struct State;
  explicit RtmpConnection(std::unique_ptr<State> state);
  base::Result<void> send(int stream, base::ByteSpan bytes, bool is_key, std::int64_t at_ms);

  std::unique_ptr<State> state_;
};

}  // namespace shelcaster::media
