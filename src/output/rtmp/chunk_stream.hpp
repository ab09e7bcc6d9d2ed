#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"

// RTMP's chunk stream ("Real Time Messaging Protocol", Adobe 2012, §5.3): messages, cut into chunks
// of at most the announced size. The header of one that begins a message:
//
//    0 1 2 3 4 5 6 7
//   +-+-+-+-+-+-+-+-+-------------------+-----------------+-----------+----------------------+
//   |fmt|   cs id   | timestamp (3)     | length (3)      | type (1)  | message stream id (4)|
//   +-+-+-+-+-+-+-+-+-------------------+-----------------+-----------+----------------------+
//   fmt 0: all of it; 1: without the stream id, a difference of time; 2: the difference alone;
//   3: nothing. A timestamp of 0xffffff is followed by 4 bytes that hold it.
namespace shelcaster::output {

enum class RtmpMessageType : std::uint8_t {
  kSetChunkSize = 1,
  kAbort = 2,
  kAcknowledgement = 3,
  kUserControl = 4,
  kWindowSize = 5,
  kPeerBandwidth = 6,
  kAudio = 8,
  kVideo = 9,
  kData = 18,
  kCommandAmf3 = 17,
  kCommand = 20
};

struct RtmpMessage {
  std::uint8_t type = 0;
  std::uint32_t stream_id = 0;
  std::uint32_t timestamp_ms = 0;  // wraps
  base::Bytes body;
};

/// From a server: commands and control messages, so at most 64 KiB each.
class ChunkReader {
 public:
  void feed(base::ByteSpan bytes) { waiting_.insert(waiting_.end(), bytes.begin(), bytes.end()); }
  /// The next whole message; nothing while there is none. After an error the connection is dead.
  base::Result<std::optional<RtmpMessage>> next();

 private:
  struct Stream {
    RtmpMessage message;  // in the making
    std::uint32_t length = 0;
    std::uint32_t delta_ms = 0;
    bool is_extended = false;
    bool is_begun = false;
  };
  enum class Step { kChunk, kMessage, kNeedsMore };
  base::Result<Step> read_chunk();
  base::Result<void> obey(const RtmpMessage& message);

  base::Bytes waiting_;
  std::size_t taken_ = 0;  // of waiting_
  std::map<std::uint32_t, Stream> streams_;
  std::uint32_t finished_ = 0;  // the stream whose message is whole
  std::size_t chunk_bytes_ = 128;
};

/// Every message begins with a whole header, so that none depends on one before it.
class ChunkWriter {
 public:
  /// §5.4.1; to be told to the server by a message first.
  void set_chunk_size(std::size_t bytes) { chunk_bytes_ = bytes; }
  /// Appends to `out`.
  void write(RtmpMessageType type, std::uint32_t stream_id, std::uint32_t timestamp_ms,
             base::ByteSpan body, base::Bytes& out) const;

 private:
  std::size_t chunk_bytes_ = 128;
};

}  // namespace shelcaster::output
