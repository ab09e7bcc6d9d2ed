#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "output/rtmp/amf0.hpp"
#include "output/rtmp/chunk_stream.hpp"
#include "output/rtmp/rtmp_address.hpp"
#include "output/rtmp/rtmp_failure.hpp"

namespace shelcaster::output {

/// What `onMetaData` tells of the stream.
struct RtmpMetadata {
  int width = 0, height = 0, frames_per_second = 0;
  int video_bps = 0, audio_bps = 0;
};

/// The publishing client's side of RTMP ("Real Time Messaging Protocol", Adobe 2012), sans-IO:
/// handshake, connect, createStream, publish, then media. Bytes in by handle_bytes(), bytes out by
/// take_output() after each mutating call. Knows Adobe's challenge for user and password
/// (authmod=adobe), which wants a new connection for each of its steps: see next_app().
class RtmpSession {
 public:
  /// `app`: what next_app() of the session before said; empty: the address' own.
  RtmpSession(RtmpAddress address, std::string app, base::Random& random);

  /// After a failure the session is dead.
  std::optional<RtmpFailure> handle_bytes(base::ByteSpan bytes);
  /// The server has closed the connection: what that means.
  [[nodiscard]] RtmpFailure closed() const;
  /// The server wants to be asked again by a new connection under this app; empty: it doesn't.
  [[nodiscard]] const std::string& next_app() const { return next_app_; }

  [[nodiscard]] bool is_live() const { return state_ == State::kLive; }
  /// Only while live. Times wrap at 2³² ms, as the protocol has it.
  void send_metadata(const RtmpMetadata& metadata);
  void send_audio(base::ByteSpan body, std::int64_t at_ms);
  void send_video(base::ByteSpan body, std::int64_t at_ms);
  /// Says goodbye.
  void finish();

  [[nodiscard]] base::Bytes take_output() { return std::move(out_); }

  /// Bytes that the server says it has received, counted from the connection's begin; nothing until
  /// it has said so often enough to be a measure (§5.4.3).
  [[nodiscard]] std::optional<std::uint64_t> acknowledged() const;

 private:
  enum class State { kHandshake, kConnecting, kCreating, kPublishing, kLive };

  std::optional<RtmpFailure> handle_message(const RtmpMessage& message);
  std::optional<RtmpFailure> handle_command(base::ByteSpan body);
  std::optional<RtmpFailure> handle_result(double transaction, const std::vector<AmfValue>& values);
  std::optional<RtmpFailure> handle_status(const AmfValue& status);
  RtmpFailure refused_connect(const AmfValue& info);
  void begin();
  void connect();
  void create_stream();
  void publish();
  void command(std::uint32_t stream_id, AmfWriter& arguments);
  void control(RtmpMessageType type, std::uint32_t value);
  void acknowledge(std::size_t bytes);
  void take_acknowledgement(std::uint32_t total);
  /// What the server says, if it can be repeated: it may have the key in it.
  [[nodiscard]] std::string quoted(std::string_view said) const;

  const RtmpAddress address_;
  std::string app_;
  std::string next_app_;
  State state_ = State::kHandshake;
  base::Bytes handshake_;  // of S0, S1, S2 as they come
  ChunkReader reader_;
  ChunkWriter writer_;
  base::Bytes out_;
  std::uint32_t stream_id_ = 1;

  std::uint64_t received_ = 0;
  std::uint64_t told_received_ = 0;
  std::uint32_t window_ = 0;  // the server's wish
  std::uint64_t acknowledged_ = 0;
  std::uint64_t acknowledged_step_max_ = 0;
  int acknowledgements_ = 0;
};

}  // namespace shelcaster::output
